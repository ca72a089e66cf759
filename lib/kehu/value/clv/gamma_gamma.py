"""Gamma-Gamma: what a customer spends per purchase, from the mean of the purchases seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kehu.errors import KehuError, Problem
from kehu.value.clv import likelihood
from kehu.value.clv.identification import unknown
from kehu.value.clv.optimise import Optimum, maximise
from kehu.value.clv.sample import Array


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model of spend per purchase day.

    Parameters
    ----------
    p : float
        Shape of one customer's purchases: the higher, the more alike they are.
    q, gamma : float
        Customers differ as Gamma(q, rate gamma); gamma in currency.
    standard_errors : tuple of float, length 3
        Of p, q, gamma; nan where the likelihood does not tell.
    log_likelihood : float
        At the optimum.
    n : int
        Repeat buyers.
    correlation : float
        Between frequency and value over repeat buyers, -1...1; the model assumes none.
    converged : bool
        Whether the search ended at an optimum.
    identified : bool
        Whether that optimum is a point inside the range of the parameters.
    message : str
        What to know before using the model; empty when all is well.
    log_covariance : ndarray, shape (3, 3)
        Covariance of log p, log q, log gamma; nan where the likelihood does not tell.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    p: float
    q: float
    gamma: float
    standard_errors: tuple[float, float, float]
    log_likelihood: float
    n: int
    correlation: float
    converged: bool
    identified: bool
    message: str
    log_covariance: Array = field(default_factory=lambda: unknown(3), repr=False, compare=False)

    @property
    def population_mean(self) -> float:
        """Mean spend per purchase of a customer about whom nothing is known; inf where q <= 1."""
        return self.p * self.gamma / (self.q - 1.0) if self.q > 1.0 else math.inf


def fit(
    frequency: ArrayLike, monetary_value: ArrayLike, counts: ArrayLike | None = None
) -> GammaGamma:
    """Fit the spend per purchase day of repeat buyers, by maximum likelihood.

    Use it where frequency and value are about uncorrelated; see `correlation`.

    Parameters
    ----------
    frequency : array_like, shape (k,)
        Repeat purchase days; customers with 0 carry no information and are not counted in `n`.
    monetary_value : array_like, shape (k,)
        Mean spend per repeat purchase day, in currency, above 0; ignored where `frequency` is 0.
    counts : array_like, shape (k,), optional
        Customers who share the pair; 1 each when left out.

    Returns
    -------
    GammaGamma
        The fitted model.

    Raises
    ------
    ValueError
        Shapes differ, or a value is missing.
    KehuError
        KH-D11 when fewer than two repeat buyers are left, or some have a mean spend of 0 or less:
        whether to leave those out is the caller's decision, to be stated in the report.

    References
    ----------
    Fader, Hardie (2013), "The Gamma-Gamma model of monetary value", note 025.

    Examples
    --------
    >>> model = fit([2, 1, 7, 3, 5], [22.35, 11.77, 73.74, 30.1, 18.5])
    >>> model.n
    5
    """
    x, m, weights = _repeat_buyers(frequency, monetary_value, counts)
    unit, n = float(np.average(m, weights=weights)), float(weights.sum())
    starts = [[5.0, 4.0, 0.5], [1.0, 2.0, 1.0], [20.0, 3.0, 0.1]]
    best = maximise(lambda theta: likelihood.gamma_gamma(theta, x, m / unit, weights), starts, n)
    p, q, gamma = (float(v) for v in best.theta * [1.0, 1.0, unit])
    errors = [float(v) for v in best.log_errors * [p, q, gamma]]
    return GammaGamma(
        p=p,
        q=q,
        gamma=gamma,
        standard_errors=(errors[0], errors[1], errors[2]),
        log_likelihood=best.value - n * math.log(unit),
        n=round(n),
        correlation=_correlation(x, m, weights),
        converged=best.converged,
        identified=best.converged and best.curved and not best.at_bound,
        message=_message(best, q),
        log_covariance=best.log_covariance,
    )


def expected_spend(model: GammaGamma, frequency: ArrayLike, monetary_value: ArrayLike) -> Array:
    """Return the spend expected per future purchase of each customer.

    Parameters
    ----------
    model : GammaGamma
        Fitted model.
    frequency : array_like, shape (k,)
        Repeat purchase days, 0 or more.
    monetary_value : array_like, shape (k,)
        Mean spend per repeat purchase day, in currency; ignored where `frequency` is 0.

    Returns
    -------
    ndarray, shape (k,)
        Currency per purchase day: the own mean, drawn towards the population's, which customers
        without repeat purchases get.

    Raises
    ------
    KehuError
        KH-D11 when the model gives some customers an infinite mean (q + p x <= 1).

    References
    ----------
    Fader, Hardie (2013), equation 5.
    """
    x, total = _totals(frequency, monetary_value)
    below = model.p * x + model.q - 1.0
    if (below <= 0).any():
        raise KehuError(
            Problem(
                "KH-D11",
                "summary",
                f"spend is so uneven (q = {model.q:.2f}) that {int((below <= 0).sum()):,} "
                "customers have no finite expected spend.",
                "Leave lifetime value in money out, or look at the largest orders.",
            )
        )
    return np.asarray(model.p * (model.gamma + total) / below)


def simulate_spend(
    model: GammaGamma,
    rng: np.random.Generator,
    purchases: ArrayLike,
    frequency: ArrayLike,
    monetary_value: ArrayLike,
) -> Array:
    """Draw what customers may spend in all on given numbers of future purchases.

    Parameters
    ----------
    model : GammaGamma
        Fitted model; one of `families.drawn` puts the uncertainty of its parameters into the draws.
    rng : numpy.random.Generator
        Seeded by the caller.
    purchases : array_like of int, shape (n_draws, k)
        Numbers of purchases, as from `bgnbd.simulate_purchases`.
    frequency : array_like, shape (k,)
        Repeat purchase days seen.
    monetary_value : array_like, shape (k,)
        Mean spend per repeat purchase day seen; ignored where `frequency` is 0.

    Returns
    -------
    ndarray, shape (n_draws, k)
        Currency; 0 where there is no purchase.

    Notes
    -----
    A customer's rate is Gamma(q + p x, rate gamma + x m); N purchases sum to Gamma(p N, that rate).
    """
    x, total = _totals(frequency, monetary_value)
    numbers = np.atleast_2d(np.asarray(purchases, dtype=float))
    rate = rng.gamma(model.p * x + model.q, 1.0 / (model.gamma + total), numbers.shape)
    return np.asarray(rng.gamma(model.p * numbers) / np.maximum(rate, np.finfo(float).tiny))


def _repeat_buyers(
    frequency: ArrayLike, monetary_value: ArrayLike, counts: ArrayLike | None
) -> tuple[Array, Array, Array]:
    """Check and return frequencies above 0, their mean spends, and customers."""
    x, m = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (frequency, monetary_value))
    weights = np.ones_like(x) if counts is None else np.atleast_1d(counts).astype(float)
    if not x.shape == m.shape == weights.shape or x.ndim != 1:
        raise ValueError("frequency, monetary_value and counts differ in shape")
    _require_frequencies(x)
    repeat = x > 0
    x, m, weights = x[repeat], m[repeat], weights[repeat]
    if not np.isfinite(m).all() or not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("repeat buyers need finite values, and counts above 0")
    _require_spend(m, weights)
    return x, m, weights


def _require_spend(m: Array, weights: Array) -> None:
    """Refuse repeat buyers without positive spend, and fewer than two of them."""
    problems = []
    if weights.sum() < 2:
        what = f"{weights.sum():,.0f} customers bought on a second day; at least 2 are needed."
        problems.append(Problem("KH-D11", "summary.monetary_value", what, "Use a longer history."))
    if (m <= 0).any():
        what = (
            f"{weights[m <= 0].sum():,.0f} of {weights.sum():,.0f} repeat buyers spent 0 or less "
            f"per purchase day (for example {m[m <= 0][0]:,.2f})."
        )
        remedy = "Check refunds and free orders, or leave these customers out and say so."
        problems.append(Problem("KH-D11", "summary.monetary_value", what, remedy))
    if problems:
        raise KehuError(problems)


def _require_frequencies(x: Array) -> None:
    """Refuse numbers of purchases that cannot be."""
    if not (np.isfinite(x) & (x >= 0)).all():
        raise ValueError("frequency must be finite, 0 or more")


def _totals(frequency: ArrayLike, monetary_value: ArrayLike) -> tuple[Array, Array]:
    """Return repeat purchase days, and the money spent on them in all."""
    x, m = np.broadcast_arrays(
        np.atleast_1d(np.asarray(frequency, dtype=float)), np.asarray(monetary_value, dtype=float)
    )
    _require_frequencies(x)
    total = np.where(x > 0, x * np.where(x > 0, m, 0.0), 0.0)
    if not (np.isfinite(total) & (total >= 0)).all():
        raise ValueError("monetary_value must be finite, 0 or more, where frequency is above 0")
    return x, total


def _correlation(x: Array, m: Array, weights: Array) -> float:
    """Pearson's correlation of frequency and value; nan where one of them does not vary."""
    cov = np.cov(np.vstack([x, m]), aweights=weights)
    scale = math.sqrt(cov[0, 0] * cov[1, 1])
    return float(cov[0, 1] / scale) if scale > 0 else math.nan


def _message(best: Optimum, q: float) -> str:
    """Sentences on all that is wrong with a fit."""
    found = {
        "The search did not end at an optimum.": not best.converged,
        "A parameter ran to the end of its range.": best.at_bound,
        "The likelihood is flat in some direction.": not best.curved,
        f"Spend is so uneven (q = {q:.2f}) that the population has no finite mean.": q <= 1.0,
    }
    return " ".join(sentence for sentence, applies in found.items() if applies)
