"""BG/NBD and MBG/NBD: how often customers buy, and whether one is still a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from kehu.value.clv import likelihood
from kehu.value.clv.estimation import estimate
from kehu.value.clv.identification import unknown
from kehu.value.clv.sample import Array, Sample, histories, require_unit, sample


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float
        Purchase rates differ between customers as Gamma(r, rate alpha); alpha in `time_unit`.
    a, b : float
        The chance to leave after a purchase differs as Beta(a, b).
    standard_errors : tuple of float, length 4
        Of r, alpha, a, b; nan where the likelihood does not tell.
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
        Covariance of log r, log alpha, log a, log b; nan where the likelihood does not tell.

    Notes
    -----
    In a model from `families.drawn` the parameters are arrays of shape (n_draws, 1).
    """

    FAMILY: ClassVar[str] = "bgnbd"
    FIRST: ClassVar[int] = 0
    """Chances to leave at the first purchase."""
    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    r: float
    alpha: float
    a: float
    b: float
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
) -> BgNbd:
    """Fit the purchases of a population of customers without contract, by maximum likelihood.

    Use it where customers can leave unnoticed and may buy at any time. All customers belong in,
    above all those who bought once.

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
    BgNbd
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no purchase history can have.
    KehuError
        KH-D11 when nobody bought a second time.

    References
    ----------
    Fader, Hardie, Lee (2005), "Counting your customers the easy way: an alternative to the
    Pareto/NBD model", Marketing Science 24, equation 6.

    Examples
    --------
    >>> model = fit([0, 2, 1], [0, 30.43, 1.71], [38.86] * 3, [1411, 500, 446], time_unit="week")
    >>> model.n
    2357
    """
    return fitted(BgNbd, x, t_x, T, counts, time_unit)


M = TypeVar("M", bound=BgNbd)


def fitted(
    kind: type[M],
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    counts: ArrayLike | None,
    time_unit: str,
) -> M:
    """Fit BG/NBD or MBG/NBD, as `kind` says; see `fit`."""
    require_unit(time_unit)

    def log_likelihood(theta: Array, population: Sample) -> tuple[float, Array]:
        return likelihood.bgnbd(theta, population, kind.FIRST)

    starts = [[1.0, 2.0], [1.0, 1.0, 0.1, 2.0], [0.3, 0.1, 2.0, 2.0]]
    times = [False, True, False, False]
    theta, found = estimate(log_likelihood, starts, times, sample(x, t_x, T, counts), time_unit)
    r, alpha, a, b = theta
    return kind(r=r, alpha=alpha, a=a, b=b, **found)


def p_alive(model: BgNbd, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return the probability that a customer has not left by the end of observation.

    Parameters
    ----------
    model : BgNbd
        Fitted model, BG/NBD or MBG/NBD.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        0...1; in BG/NBD exactly 1 for a customer without repeat purchase, who in that model cannot
        leave. Shape (n_draws, k) where the model is one of `families.drawn`.

    References
    ----------
    Fader, Hardie (2008), "Computing P(alive) using the BG/NBD model", note 021; with x + 1 chances
    to leave instead of x for MBG/NBD.
    """
    x, t_x, T = histories(x, t_x, T)
    chances = x + model.FIRST
    odds = np.log(model.a) - np.log(np.where(chances > 0, model.b + (chances - 1), 1.0))
    silence = np.log1p((T - t_x) / (model.alpha + t_x))
    return np.where(chances > 0, expit(-odds - (model.r + x) * silence), 1.0)
