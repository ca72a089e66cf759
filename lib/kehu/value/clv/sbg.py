"""sBG: how long customers under contract stay, when they differ in their chance to leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kehu.value.clv import contract_likelihood
from kehu.value.clv.identification import unknown
from kehu.value.clv.life_table import LifeTable, life_table, require_enough
from kehu.value.clv.optimise import UPPER, Optimum
from kehu.value.clv.sample import Array, require_unit

DIFFERENCE_GAIN = 2.706
"""Twice the log-likelihood that differences between customers must add to be believed: 5 %, half
chi-square(1), for customers who are all alike lie at the end of the range."""


@dataclass(frozen=True)
class Sbg:
    """A fitted shifted-beta-geometric model of contract lifetimes.

    Parameters
    ----------
    alpha, beta : float
        The chance to leave at the end of a period differs between customers as Beta(alpha, beta),
        and stays the same for each of them. Retention rates rise with tenure all the same: those
        who leave easily leave first.
    standard_errors : tuple of float, length 2
        Of alpha, beta; nan where the likelihood does not tell.
    log_likelihood : float
        At the optimum.
    log_likelihood_constant : float
        Of the best model in which all customers have the same retention rate.
    n : int
        Customers who were under observation for a renewal.
    time_unit : str
        Billing period.
    converged : bool
        Whether the search ended at an optimum.
    identified : bool
        Whether the data fix the retention rates. Customers who are all alike are no obstacle: alpha
        and beta then grow without bound at a fixed ratio, and the rates are as certain as ever.
    message : str
        What to know before using the model; empty when all is well.
    log_covariance : ndarray, shape (2, 2)
        Covariance of the logarithms of alpha and beta, for intervals, see
        `contract_likelihood.bounded`; nan where unknown.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    FAMILY: ClassVar[str] = "sbg"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    alpha: float
    beta: float
    standard_errors: tuple[float, float]
    log_likelihood: float
    log_likelihood_constant: float
    n: int
    time_unit: str
    converged: bool
    identified: bool
    message: str
    log_covariance: Array = field(default_factory=lambda: unknown(2), repr=False, compare=False)


def fit(
    duration: ArrayLike,
    ended: ArrayLike,
    counts: ArrayLike | None = None,
    entered: ArrayLike | None = None,
    *,
    time_unit: str,
) -> Sbg:
    """Fit how long customers under contract stay, by maximum likelihood.

    Use it where the end of a relationship is seen, and can only come at the end of a billing
    period: subscriptions, memberships, plans, policies. Use `bdw.fit` beside it to learn whether a
    customer's own chance to leave changes with tenure.

    Parameters
    ----------
    duration : array_like of int, shape (k,)
        Who left at the end of period t has t (who never renewed has 1). Who is still there has the
        periods outlived so far, that is the renewals made, 0 or more.
    ended : array_like of bool, shape (k,)
        Whether the customer left; the others are right-censored.
    counts : array_like, shape (k,), optional
        Customers of this kind; 1 each when left out.
    entered : array_like of int, shape (k,), optional
        Periods that lay before observation began; 0 when left out. Give it wherever customers lost
        earlier are not in the data: of old customers only the loyal are left to be seen, and a fit
        that takes them for a fresh cohort finds far too few who leave.
    time_unit : {"day", "week", "month", "quarter", "year"}
        Billing period.

    Returns
    -------
    Sbg
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no contract can have.
    KehuError
        KH-D11 when nobody left, nobody stayed, or only one period of contract was seen.

    References
    ----------
    Fader, Hardie (2007), "How to project customer retention", J. Interactive Marketing 21, eq. 5-8.

    Examples
    --------
    >>> model = fit([1, 2, 3, 3], [True] * 3 + [False], [369, 163, 86, 382], time_unit="year")
    >>> model.n
    1000
    """
    require_unit(time_unit)
    return fit_table(life_table(duration, ended, counts, entered), time_unit)


def fit_table(table: LifeTable, time_unit: str) -> Sbg:
    """Fit customers counted by period already; see `fit`.

    Parameters
    ----------
    table : LifeTable
    time_unit : str
        Billing period.

    Returns
    -------
    Sbg

    Raises
    ------
    KehuError
        KH-D11, as for `fit`.
    """
    require_enough(table, periods=2)
    alike = contract_likelihood.constant(table)
    best = _best(table, alike)
    alpha, beta = (float(v) for v in best.theta)
    errors = [float(v) for v in best.log_errors * best.theta]
    return Sbg(
        alpha=alpha,
        beta=beta,
        standard_errors=(errors[0], errors[1]),
        log_likelihood=best.value,
        log_likelihood_constant=alike,
        n=round(table.customers),
        time_unit=time_unit,
        converged=best.converged,
        identified=best.converged and best.curved,
        message=_message(best, alike),
        log_covariance=contract_likelihood.bounded(best.log_covariance),
    )


def _best(table: LifeTable, alike: float) -> Optimum:
    """Search inside the range; where customers who differ fit no better, take the end of it."""

    def objective(theta: Array) -> tuple[float, Array]:
        return contract_likelihood.sbg(theta, table)

    starts = [[1.0, 3.0], [0.3, 0.3], [10.0, 100.0]]
    best = contract_likelihood.fitted(objective, starts, table.decisions)
    return best if best.value > alike else _alike(table, alike)


def _alike(table: LifeTable, value: float) -> Optimum:
    """Describe customers who all have the same retention rate, alpha / beta being its odds."""
    sides = np.array([table.left.sum(), table.renewed.sum()])
    free = np.arange(2) == sides.argmin()
    variance = np.where(free, (1.0 / sides).sum(), contract_likelihood.HELD)
    return Optimum(
        theta=sides / sides.max() * UPPER,
        log_covariance=np.diag(variance),
        value=value,
        converged=True,
        at_bound=True,
        curved=True,
    )


def _message(best: Optimum, alike: float) -> str:
    """Sentences on all that is worth knowing about a fit."""
    gain = max(best.value - alike, 0.0)
    found = {
        "The search did not end at an optimum.": not best.converged,
        "The likelihood is flat in some direction.": not best.curved,
        f"Customers hardly differ in their chance to leave: differences add {gain:.2f} to the "
        f"log-likelihood, {DIFFERENCE_GAIN / 2:.2f} is needed. Retention is about the same at "
        "every tenure.": 2.0 * gain < DIFFERENCE_GAIN,
    }
    return " ".join(sentence for sentence, applies in found.items() if applies)
