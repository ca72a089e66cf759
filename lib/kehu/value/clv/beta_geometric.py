"""Lifetimes counted in whole periods, of customers who differ in their chance to leave."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from kehu.value.clv.sample import Array


def survivors(a: ArrayLike, b: ArrayLike, periods: int) -> Array:
    """Return the share of customers who outlive period 1, 2, ..., `periods`.

    Parameters
    ----------
    a, b : array_like, shape (k,) or scalar
        The chance to leave at the end of a period differs between customers as Beta(a, b); both
        above 0. Of customers who have outlived n periods already, b is larger by n.
    periods : int
        0 or more.

    Returns
    -------
    ndarray, shape (k, periods)
        0...1, falling from period to period.

    Notes
    -----
    S(t) = B(a, b + t) / B(a, b), as the product of the retention rates (b + t - 1) / (a + b + t -
    1): no special function, no overflow.

    References
    ----------
    Fader, Hardie (2007), "How to project customer retention", J. Interactive Marketing 21, eq. 6-8.
    """
    a, b = (np.atleast_1d(np.asarray(v, dtype=float))[..., None] for v in (a, b))
    t = np.arange(float(periods))
    return np.asarray(np.cumprod((b + t) / (a + b + t), axis=-1))


def discounted_lifetime(a: ArrayLike, b: ArrayLike, rate: float) -> Array:
    """Return the periods that customers stay, each discounted to the beginning of the first.

    Parameters
    ----------
    a, b : array_like, shape (k,) or scalar
        As for `survivors`.
    rate : float
        Discount rate per period, above 0.

    Returns
    -------
    ndarray, shape (k,)
        Sum over t = 0, 1, 2, ... without end of S(t) / (1 + rate)**t; 1...(1 + rate) / rate.

    Raises
    ------
    ValueError
        `rate` is not above 0: the sum may then have no end.

    Notes
    -----
    The closed form is 2F1(1, b; a + b; 1 / (1 + rate)). It is computed by Gauss's continued
    fraction from its far end, with nine digits at least for rates from .0001; library routines of
    the function fail where b is large and the rate small.

    References
    ----------
    Fader, Hardie (2010), "Customer-base valuation in a contractual setting: the perils of ignoring
    heterogeneity", Marketing Science 29, equation 5.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be above 0 where there is no horizon, got {rate}")
    a, b = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in (a, b)))
    z, c = 1.0 / (1.0 + rate), a + b - 1.0
    value = np.ones_like(a)
    for n in range(50 + math.ceil(25.0 / math.sqrt(1.0 - z)), 0, -1):
        value = 1.0 - z * n * (a + n - 1.0) / ((c + 2 * n - 1.0) * (c + 2 * n)) / value
        if n > 1:
            odd = (b + n - 1.0) * (c + n - 1.0) / ((c + 2 * n - 2.0) * (c + 2 * n - 1.0))
            value = 1.0 - z * odd / value
    return np.asarray(1.0 / (1.0 - z * b / (a + b) / value))
