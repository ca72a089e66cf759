"""Beta-discrete-Weibull: contract lifetimes when a customer's own chance to leave may change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from numpy.typing import ArrayLike
from scipy.stats import chi2

from kehu.value.clv import contract_likelihood, sbg
from kehu.value.clv.identification import unknown
from kehu.value.clv.life_table import LifeTable, life_table, require_enough
from kehu.value.clv.optimise import Optimum
from kehu.value.clv.sample import Array, require_unit
from kehu.value.clv.sbg import Sbg

Change = Literal["none", "rising", "falling"]

LEVEL = 0.05
"""Chance of finding a change of the own chance to leave where there is none."""


@dataclass(frozen=True)
class Bdw:
    """A fitted beta-discrete-Weibull model of contract lifetimes.

    Parameters
    ----------
    alpha, beta : float
        The chance to leave at the end of the first period differs between customers as
        Beta(alpha, beta).
    c : float
        How a customer's own chance to leave goes on: 1 as it began (this is the sBG), above 1 it
        rises with tenure, below 1 it falls.
    standard_errors : tuple of float, length 3
        Of alpha, beta, c; nan where the likelihood does not tell.
    log_likelihood : float
        At the optimum.
    log_likelihood_sbg : float
        Of the sBG on the same customers.
    n : int
        Customers who were under observation for a renewal.
    time_unit : str
        Billing period.
    converged : bool
        Whether the search ended at an optimum.
    identified : bool
        Whether the data fix the retention rates within the periods seen.
    message : str
        What to know before using the model; empty when all is well.
    log_covariance : ndarray, shape (3, 3)
        Covariance of the logarithms of alpha, beta, c, for intervals, see
        `contract_likelihood.bounded`; nan where unknown.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    FAMILY: ClassVar[str] = "bdw"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")

    alpha: float
    beta: float
    c: float
    standard_errors: tuple[float, float, float]
    log_likelihood: float
    log_likelihood_sbg: float
    n: int
    time_unit: str
    converged: bool
    identified: bool
    message: str
    log_covariance: Array = field(default_factory=lambda: unknown(3), repr=False, compare=False)


@dataclass(frozen=True)
class Dependence:
    """Whether a customer's own chance to leave changes with tenure.

    Parameters
    ----------
    statistic : float
        Likelihood ratio of BdW against sBG: twice the gain in log-likelihood, 0 or more.
    p_value : float
        Chance of so large a ratio where nothing changes (chi-square(1)), 0...1.
    c : float
        As estimated.
    change : {"none", "rising", "falling"}
        `none` where chance explains it (p above 5 %) or the fit may not be used; else what happens
        to a customer's own chance to leave.
    sentence : str
        The same in words, with the figures.
    """

    statistic: float
    p_value: float
    c: float
    change: Change
    sentence: str


def fit(
    duration: ArrayLike,
    ended: ArrayLike,
    counts: ArrayLike | None = None,
    entered: ArrayLike | None = None,
    *,
    time_unit: str,
) -> Bdw:
    """Fit contract lifetimes that may depend on tenure itself, by maximum likelihood.

    Use it beside `sbg.fit`, with many customers and at least five periods: with few, difference
    between customers and change within them can hardly be told apart.

    Parameters
    ----------
    duration, ended, counts, entered, time_unit
        As for `sbg.fit`.

    Returns
    -------
    Bdw
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no contract can have.
    KehuError
        KH-D11 when nobody left, nobody stayed, or fewer than three periods of contract were seen.

    References
    ----------
    Fader, Hardie, Liu, Davin, Steenburgh (2018), "How to project customer retention revisited: the
    role of duration dependence", J. Interactive Marketing 43.
    """
    require_unit(time_unit)
    return fit_table(life_table(duration, ended, counts, entered), time_unit)


def fit_table(table: LifeTable, time_unit: str) -> Bdw:
    """Fit customers counted by period already; see `fit`.

    Parameters
    ----------
    table : LifeTable
    time_unit : str
        Billing period.

    Returns
    -------
    Bdw

    Raises
    ------
    KehuError
        KH-D11, as for `fit`.
    """
    require_enough(table, periods=3)
    plain = sbg.fit_table(table, time_unit)
    best = _best(table, plain)
    alpha, beta, c = (float(v) for v in best.theta)
    errors = [float(v) for v in best.log_errors * best.theta]
    return Bdw(
        alpha=alpha,
        beta=beta,
        c=c,
        standard_errors=(errors[0], errors[1], errors[2]),
        log_likelihood=best.value,
        log_likelihood_sbg=plain.log_likelihood,
        n=plain.n,
        time_unit=time_unit,
        converged=best.converged,
        identified=best.converged and best.curved,
        message=_message(best),
        log_covariance=contract_likelihood.bounded(best.log_covariance),
    )


def dependence(model: Bdw) -> Dependence:
    """Say whether the data show that a customer's own chance to leave changes with tenure.

    Parameters
    ----------
    model : Bdw

    Returns
    -------
    Dependence
        Likelihood-ratio test of c = 1, with its meaning in words.
    """
    statistic = max(2.0 * (model.log_likelihood - model.log_likelihood_sbg), 0.0)
    p_value = float(chi2.sf(statistic, 1))
    found = p_value <= LEVEL and model.converged and model.identified
    change: Change = "none" if not found else "rising" if model.c > 1 else "falling"
    sentence = _words(change, statistic, p_value, model.c)
    return Dependence(statistic, p_value, model.c, change, sentence)


def _best(table: LifeTable, plain: Sbg) -> Optimum:
    """Search from several starts; below the sBG, which is a case of it, once more from there."""

    def objective(theta: Array) -> tuple[float, Array]:
        return contract_likelihood.bdw(theta, table)

    nested = [plain.alpha, plain.beta, 1.0]
    starts = [[plain.alpha / 2, plain.beta / 2, 1.3], [1.0, 1.0, 1.0], [2.0, 8.0, 0.8], nested]
    best = contract_likelihood.fitted(objective, starts, table.decisions)
    if best.value >= plain.log_likelihood:
        return best
    again = contract_likelihood.fitted(objective, [nested], table.decisions)
    return max(best, again, key=lambda found: found.value)


def _message(best: Optimum) -> str:
    """Sentences on all that is wrong with a fit."""
    found = {
        "The search did not end at an optimum.": not best.converged,
        "A parameter ran to the end of its range.": best.at_bound,
        "The likelihood is flat in some direction.": not best.curved,
    }
    return " ".join(sentence for sentence, applies in found.items() if applies)


def _words(change: Change, statistic: float, p_value: float, c: float) -> str:
    figures = f"(c = {c:.2f}, likelihood ratio {statistic:.2f}, p = {p_value:.3f})"
    if change == "none":
        return (
            f"Nothing shows that a customer's own chance to leave changes with tenure {figures}: "
            "that customers differ explains the retention rates."
        )
    return (
        f"A customer's own chance to leave is {change} with tenure {figures}, beside the "
        "differences between customers."
    )
