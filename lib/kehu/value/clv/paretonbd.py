"""Pareto/NBD: how often customers buy, and whether one is still a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from kehu.value.clv.estimation import estimate
from kehu.value.clv.identification import unknown
from kehu.value.clv.leaving_times import leaving
from kehu.value.clv.paretonbd_likelihood import paretonbd
from kehu.value.clv.sample import Array, histories, require_unit, sample


@dataclass(frozen=True)
class ParetoNbd:
    """A fitted Pareto/NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float
        Purchase rates differ between customers as Gamma(r, rate alpha); alpha in `time_unit`.
    s, beta : float
        Rates of leaving, at any time, differ as Gamma(s, rate beta); beta in `time_unit`.
    standard_errors : tuple of float, length 4
        Of r, alpha, s, beta; nan where the likelihood does not tell.
    log_likelihood : float
        At the optimum.
    log_likelihood_nbd : float
        Of the best model in which nobody ever leaves.
    n : int
        Customers.
    time_unit : str
        Unit of every time given to or taken from the model.
    converged : bool
        Whether the search ended at an optimum.
    identified : bool
        Whether the data tell when customers leave. If not, P(alive) is an artefact.
    message : str
        What to know before using the model; empty when all is well.
    log_covariance : ndarray, shape (4, 4)
        Covariance of log r, log alpha, log s, log beta; nan where the likelihood does not tell.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    FAMILY: ClassVar[str] = "paretonbd"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    r: float
    alpha: float
    s: float
    beta: float
    standard_errors: tuple[float, float, float, float]
    log_likelihood: float
    log_likelihood_nbd: float
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
) -> ParetoNbd:
    """Fit the purchases of customers who may leave at any time, by maximum likelihood.

    Use it where customers leave without an occasion; BG/NBD lets them leave at purchases only.

    Parameters
    ----------
    x : array_like, shape (k,)
        Repeat purchase days, 0 or more.
    t_x : array_like, shape (k,)
        First to last purchase, in `time_unit`; 0 where `x` is 0.
    T : array_like, shape (k,)
        First purchase to analysis date, in `time_unit`.
    counts : array_like, shape (k,), optional
        Customers who share the triple (x, t_x, T); 1 each when left out.
    time_unit : {"day", "week", "month", "quarter", "year"}
        Unit of `t_x` and `T`.

    Returns
    -------
    ParetoNbd
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no purchase history can have.
    KehuError
        KH-D11 when nobody bought a second time.

    References
    ----------
    Schmittlein, Morrison, Colombo (1987), "Counting your customers: who are they and what will
    they do next?", Management Science 33. Fader, Hardie (2005), "Implementing the Pareto/NBD model
    given interval-censored data" and "A note on deriving the Pareto/NBD model", notes 011 and 009.

    Examples
    --------
    >>> model = fit([0, 2, 1], [0, 30.43, 1.71], [38.86] * 3, [1411, 500, 446], time_unit="week")
    >>> model.n
    2357
    """
    require_unit(time_unit)
    population = sample(x, t_x, T, counts)
    starts = [[0.5, 0.5], [1.0, 1.0, 1.0, 1.0], [0.3, 0.1, 2.0, 5.0]]
    times = [False, True, False, True]
    (r, alpha, s, beta), found = estimate(paretonbd, starts, times, population, time_unit)
    return ParetoNbd(r=r, alpha=alpha, s=s, beta=beta, **found)


def p_alive(model: ParetoNbd, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return the probability that a customer has not left by the end of observation.

    Parameters
    ----------
    model : ParetoNbd
        Fitted model.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        0...1. Shape (n_draws, k) where the model is one of `families.drawn`.

    References
    ----------
    Fader, Hardie (2005), note 009, equation 23; the integral is that of `leaving`.
    """
    x, t_x, T = histories(x, t_x, T)
    alpha, beta, n, s, t_x, T = np.broadcast_arrays(
        model.alpha, model.beta, model.r + x, model.s, t_x, T
    )
    gone = leaving(*(np.ravel(v) for v in (alpha, beta, n, s, t_x, T)))
    stay = -n * np.log(alpha + T) - s * np.log(beta + T)
    return np.asarray(expit(stay - np.log(s) - gone.log_integral.reshape(stay.shape)))
