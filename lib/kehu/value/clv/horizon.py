"""Horizons: the times at which purchases to come are counted, and what they weigh today."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kehu.value.clv.sample import Array


def until(t: float) -> tuple[Array, Array]:
    """Return the one time that a plain expectation needs.

    Parameters
    ----------
    t : float
        Horizon, 0 or more.

    Returns
    -------
    times, weights : ndarray, shape (1,)

    Raises
    ------
    ValueError
        When `t` is negative or not finite.
    """
    if not (np.isfinite(t) and t >= 0):
        raise ValueError(f"t must be 0 or more, got {t}")
    return np.array([float(t)]), np.ones(1)


def ages(t: ArrayLike) -> Array:
    """Return checked times since the first purchase.

    Parameters
    ----------
    t : array_like, shape (k,) or scalar
        0 or more.

    Returns
    -------
    ndarray, shape (k,)

    Raises
    ------
    ValueError
        When one is negative or not finite.
    """
    times = np.atleast_1d(np.asarray(t, dtype=float))
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("t must be 0 or more")
    return times


def by_unit(horizon: int, rate_per_unit: float) -> tuple[Array, Array]:
    """Return times and weights that discount each coming time unit to today.

    Parameters
    ----------
    horizon : int
        Whole time units ahead, 0 or more.
    rate_per_unit : float
        Discount rate per time unit, 0 or more.

    Returns
    -------
    times, weights : ndarray, shape (k,)
        With E(t) the purchases until t, sum(weights * E(times)) is the sum over units of
        purchases in unit k / (1 + rate_per_unit)**k.

    Raises
    ------
    ValueError
        A horizon that is not a whole number, or a negative horizon or rate.

    Notes
    -----
    Summed by parts: purchases until k enter with the difference of two discount factors, so that
    a rate of 0 leaves the horizon alone, with weight 1.
    """
    if horizon != int(horizon) or horizon < 0:
        raise ValueError(f"horizon must be a whole number, 0 or more, got {horizon}")
    if not (np.isfinite(rate_per_unit) and rate_per_unit >= 0):
        raise ValueError(f"rate_per_unit must be 0 or more, got {rate_per_unit}")
    units = np.arange(1.0, horizon + 1)
    factors = (1.0 + rate_per_unit) ** -units
    weights = factors - np.append(factors[1:], 0.0)
    return units[weights != 0], weights[weights != 0]


def for_ever(rate: float) -> tuple[Array, Array]:
    """Return times and weights that discount all purchases to come, continuously.

    Parameters
    ----------
    rate : float
        Continuous discount rate per time unit, above 0: log(1 + d) for a yearly rate d.

    Returns
    -------
    times, weights : ndarray, shape (k,)
        With E(t) the purchases until t, sum(weights * E(times)) is the integral over t > 0 of
        exp(-rate t) dE(t).

    Raises
    ------
    ValueError
        When `rate` is 0 or less: undiscounted purchases may have no finite sum.

    Notes
    -----
    By parts, the integral over y > 0 of exp(-y) E(y / rate); y = exp(u - exp(-u)), trapezoidal in
    u (double exponential): ten digits for every E that is smooth in log t.

    References
    ----------
    Takahasi, Mori (1974), "Double exponential formulas for numerical integration", Publications of
    RIMS 9.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be above 0, got {rate}")
    u = np.linspace(-3.2, 4.0, 91)
    y = np.exp(u - np.exp(-u))
    return y / rate, (u[1] - u[0]) * (1.0 + np.exp(-u)) * y * np.exp(-y)
