"""BG/BB: purchases at regular opportunities, and whether one is still a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kehu.value.clv import bgbb_likelihood
from kehu.value.clv.bgbb_likelihood import Patterns, patterns, whole_periods
from kehu.value.clv.identification import message, tells, unknown
from kehu.value.clv.optimise import maximise
from kehu.value.clv.sample import Array, histories, require_unit


@dataclass(frozen=True)
class BgBb:
    """A fitted BG/BB model of purchases at regular opportunities.

    Parameters
    ----------
    alpha, beta : float
        The chance to use an opportunity differs between customers as Beta(alpha, beta).
    gamma, delta : float
        The chance to leave before an opportunity differs as Beta(gamma, delta).
    standard_errors : tuple of float, length 4
        Of alpha, beta, gamma, delta; nan where the likelihood does not tell.
    log_likelihood : float
        At the optimum.
    log_likelihood_bb : float
        Of the best model in which nobody ever leaves (beta-binomial).
    n : int
        Customers.
    time_unit : str
        Distance between two opportunities.
    converged : bool
        Whether the search ended at an optimum.
    identified : bool
        Whether the data tell when customers leave. If not, P(alive) is an artefact.
    message : str
        What to know before using the model; empty when all is well.
    log_covariance : ndarray, shape (4, 4)
        Covariance of the logarithms of alpha, beta, gamma, delta; nan where unknown.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    FAMILY: ClassVar[str] = "bgbb"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    alpha: float
    beta: float
    gamma: float
    delta: float
    standard_errors: tuple[float, float, float, float]
    log_likelihood: float
    log_likelihood_bb: float
    n: int
    time_unit: str
    converged: bool
    identified: bool
    message: str
    log_covariance: Array = field(default_factory=lambda: unknown(4), repr=False, compare=False)


def fit(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    counts: ArrayLike | None = None,
    *,
    time_unit: str,
) -> BgBb:
    """Fit customers without contract who can buy once in every period, by maximum likelihood.

    Use it where purchases come at regular opportunities: a yearly donation, a season, an event; or
    where only "bought in this period or not" is known. All customers belong in, above all those
    who bought once. `kehu.value.opportunities` counts the periods.

    Parameters
    ----------
    x : array_like, shape (k,)
        Periods with a purchase after the period of the first, 0 or more.
    t_x : array_like, shape (k,)
        The last of these periods, counted from the first purchase; whole, `x` or more, 0 where `x`
        is 0.
    T : array_like, shape (k,)
        Periods since the period of the first purchase; whole, `t_x` or more.
    counts : array_like, shape (k,), optional
        Customers who share the triple (x, t_x, T); 1 each when left out.
    time_unit : {"day", "week", "month", "quarter", "year"}
        Distance between two opportunities.

    Returns
    -------
    BgBb
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no pattern can have; times that are not whole periods.
    KehuError
        KH-D11 when nobody bought a second time.

    References
    ----------
    Fader, Hardie, Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting",
    Marketing Science 29, equation 5.

    Examples
    --------
    >>> model = fit([0, 2, 1, 3], [0, 2, 1, 3], [3] * 4, [500, 60, 300, 140], time_unit="year")
    >>> model.n
    1000
    """
    require_unit(time_unit)
    population = patterns(x, t_x, T, counts)
    n = population.customers
    stay = maximise(lambda v: bgbb_likelihood.beta_binomial(v, population), [[1.0, 1.0]], n)
    starts = [[*stay.theta, 0.5, 2.0], [1.0, 1.0, 0.2, 5.0], [0.5, 0.5, 2.0, 2.0]]
    best = maximise(lambda v: bgbb_likelihood.bgbb(v, population), starts, n)
    alpha, beta, gamma, delta = (float(v) for v in best.theta)
    errors = [float(v) for v in best.log_errors * best.theta]
    return BgBb(
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        delta=delta,
        standard_errors=(errors[0], errors[1], errors[2], errors[3]),
        log_likelihood=best.value,
        log_likelihood_bb=stay.value,
        n=round(n),
        time_unit=time_unit,
        converged=best.converged,
        identified=tells(best, stay),
        message=message(best, stay, population.x),
        log_covariance=best.log_covariance,
    )


def p_alive(model: BgBb, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return the probability that a customer has not left by the end of observation.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods, as for `fit`.

    Returns
    -------
    ndarray, shape (k,)
        0...1. Shape (n_draws, k) where the model is one of `families.drawn`.

    Notes
    -----
    At the end of period T, before the customer decides on the next: who bought in period T has 1.
    The paper asks for still being there at opportunity n + 1, which is this times
    (delta + n) / (gamma + delta + n).

    References
    ----------
    Fader, Hardie, Shang (2010), section 3: last summand of equation 5 over the whole.
    """
    given = opportunities(x, t_x, T)
    distinct, where = np.unique(np.column_stack(given), axis=0, return_inverse=True)
    if not len(distinct):
        return np.empty((*np.shape(np.squeeze(model.alpha)), 0))
    whole = distinct.astype(np.int64).T
    asked = Patterns(whole[0], whole[1], whole[2], np.ones(len(distinct)))
    thetas = np.column_stack([np.ravel(getattr(model, name)) for name in model.PARAMETERS])
    logs = np.array([bgbb_likelihood.log_likelihoods(theta, asked)[1] for theta in thetas])
    found = np.exp(logs)[:, where.ravel()]
    return found if np.ndim(model.alpha) else found[0]


def opportunities(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> tuple[Array, Array, Array]:
    """Return checked purchase patterns as arrays of one shape.

    Parameters
    ----------
    x, t_x, T : array_like, shape (k,) or scalar
        Purchase patterns, as for `fit`.

    Returns
    -------
    x, t_x, T : ndarray, shape (k,)
        As floats.

    Raises
    ------
    ValueError
        A value that no pattern can have; times that are not whole periods.
    """
    found = histories(x, t_x, T)
    whole_periods(*found)
    return found
