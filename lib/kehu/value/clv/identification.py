"""What a fit of purchases says about itself: do the data tell when customers leave?"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from kehu.value.clv.optimise import Optimum
from kehu.value.clv.sample import Array, Sample

LEAVING_GAIN = 4.605
"""Twice the log-likelihood that leaving must add to be believed: 5 %, half chi-square(2)."""


class Outcome(TypedDict):
    """All that a fitted model of purchases carries beside its parameters."""

    standard_errors: tuple[float, float, float, float]
    log_likelihood: float
    log_likelihood_nbd: float
    n: int
    time_unit: str
    converged: bool
    identified: bool
    message: str
    log_covariance: Array


def outcome(
    best: Optimum, stay: Optimum, population: Sample, scale: Array, time_unit: str
) -> Outcome:
    """Return what a fit found beside its parameters, in the caller's time unit.

    Parameters
    ----------
    best : Optimum
        Of the model with four parameters, found with time divided by the longest `T`.
    stay : Optimum
        Of the model in which nobody ever leaves (NBD), found likewise.
    population : Sample
        The customers, times in the caller's unit.
    scale : ndarray, shape (4,)
        Factors from the parameters found to those in the caller's unit.
    time_unit : str
        The caller's unit.

    Returns
    -------
    Outcome
        Errors, log-likelihoods, and what to know before using the model.

    Notes
    -----
    Standard errors are those of the logarithms times the parameters (delta method). A model with
    leaving always fits at least as well as the NBD, its limit; that it fits better by chance is
    judged by the likelihood ratio. The NBD lies at the boundary, so the ratio is a mixture of
    chi-squares, and half of chi-square(2) is the cautious choice.

    References
    ----------
    Self, Liang (1987), "Asymptotic properties of maximum likelihood estimators and likelihood
    ratio tests under nonstandard conditions", JASA 82.
    """
    errors = [float(v) for v in best.log_errors * best.theta * scale]
    shift = float(population.purchases * np.log(population.T.max()))
    return Outcome(
        standard_errors=(errors[0], errors[1], errors[2], errors[3]),
        log_likelihood=best.value - shift,
        log_likelihood_nbd=stay.value - shift,
        n=round(population.n),
        time_unit=time_unit,
        converged=best.converged,
        identified=tells(best, stay),
        message=message(best, stay, population.x),
        log_covariance=best.log_covariance,
    )


def unknown(k: int) -> Array:
    """Return the log-covariance of k parameters about whose errors nothing is known."""
    return np.full((k, k), np.nan)


def tells(best: Optimum, stay: Optimum) -> bool:
    """Whether the data tell when customers leave.

    Parameters
    ----------
    best, stay : Optimum
        Of the model with leaving, and of the one in which nobody ever leaves.

    Returns
    -------
    bool
        The optimum is a point inside the range of the parameters, and leaving adds enough to the
        likelihood; see `outcome`.
    """
    is_point = best.curved and not best.at_bound
    return best.converged and is_point and _gain(best, stay) >= LEAVING_GAIN


def message(best: Optimum, stay: Optimum, x: ArrayLike) -> str:
    """Return sentences on all that is wrong with a fit.

    Parameters
    ----------
    best, stay : Optimum
        As for `tells`.
    x : array_like, shape (k,)
        Repeat purchases of the customers.

    Returns
    -------
    str
        Empty when all is well.
    """
    found = {
        "The search did not end at an optimum.": not best.converged,
        "A parameter ran to the end of its range.": best.at_bound,
        "The likelihood is flat in some direction.": not best.curved,
        "No customer bought only once: were they left out? All customers belong in the fit.": (
            np.min(x) > 0
        ),
        f"The data do not tell when customers leave: leaving adds {_gain(best, stay) / 2:.2f} to "
        f"the log-likelihood, {LEAVING_GAIN / 2:.2f} is needed. P(alive) says nothing here.": (
            _gain(best, stay) < LEAVING_GAIN
        ),
    }
    return " ".join(sentence for sentence, applies in found.items() if applies)


def _gain(best: Optimum, stay: Optimum) -> float:
    """Twice the log-likelihood that leaving adds."""
    return max(2.0 * (best.value - stay.value), 0.0)
