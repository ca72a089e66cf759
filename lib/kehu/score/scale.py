"""The common scale: percentiles within the client's customers, means drawn to the population's."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ROUNDING = 1e-9
"""Relative distance within which two values count as equal."""

UNITS = 1_000_000_000
"""Parts of 1 in which fractions are added up in the engine: whole numbers add up in any order."""


def percentile(values: ArrayLike, *, higher_is_better: bool = True) -> Array:
    """Return each customer's place among all with a known value, 0 to 100.

    Parameters
    ----------
    values : array-like, shape (n,)
        Any unit; not-a-number where unknown.
    higher_is_better : bool
        False where a high value is bad, such as a complaint rate.

    Returns
    -------
    ndarray, shape (n,)
        100 x (share of known values that are worse + half the share that are equal); between 0 and
        100, mean 50; 50 for all where all are equal, not-a-number where unknown.

    Notes
    -----
    The mid-rank percentile: a monotone change of unit, an outlier and the order of rows change
    nothing, and equal values (to nine digits) get equal places.
    """
    all_values = np.asarray(values, dtype=float)
    made = np.full(all_values.shape, np.nan)
    known = ~np.isnan(all_values)
    if known.any():
        given = all_values[known]
        made[known] = _mid_rank(given if higher_is_better else -given)
    return made


def _mid_rank(values: Array) -> Array:
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    steps = np.diff(ascending) > ROUNDING * np.abs(ascending[1:])
    group = np.concatenate([[0], np.cumsum(steps)])
    size = np.bincount(group)
    place = 100 * (np.cumsum(size) - size / 2) / len(values)
    made = np.empty(len(values))
    made[order] = place[group]
    return made


def drawn(total: ArrayLike, exposure: ArrayLike, prior: float) -> Array:
    """Return rates or means per customer, drawn to that of all the more, the less is known.

    Parameters
    ----------
    total : array-like, shape (n,)
        Sum of events or of weighted answers, 0 or more; not-a-number where unknown.
    exposure : array-like, shape (n,)
        What it is the sum over: orders, quarters, weights; same unit as `prior`.
    prior : float
        Exposure that the population's mean counts for, above 0.

    Returns
    -------
    ndarray, shape (n,)
        (total + prior x mean) / (exposure + prior), where the mean is sum of totals over sum of
        exposures of those known; not-a-number where unknown.

    Notes
    -----
    The posterior mean of a beta or gamma rate whose prior has the population's mean. More events of
    one customer never lower the customer's place among all. Sums are exact (`math.fsum`), so the
    order of customers changes nothing.

    References
    ----------
    Efron, Morris (1975), "Data analysis using Stein's estimator and its generalizations".
    """
    hits, base = np.asarray(total, dtype=float), np.asarray(exposure, dtype=float)
    known = ~np.isnan(hits) & ~np.isnan(base)
    exposed = math.fsum(base[known])
    mean = math.fsum(hits[known]) / exposed if exposed else 0.0
    return np.where(known, (hits + prior * mean) / (base + prior), np.nan)
