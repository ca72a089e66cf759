"""Look-up forecast: what customers of a like past did next, counted and carried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.value.clv import horizon as horizons
from kehu.value.clv.sample import Array, histories, require_unit

FREQUENCY = (0.0, 1e-9, 0.5, 1.0, 2.0, 4.0)
"""Fewest repeat purchase days per span of each group; who never came back is a group alone."""

SILENCE = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Shortest time since the last purchase of each group, as a multiple of the span looked at."""

PRIOR = 20.0
"""Customers' worth of the wider group that a group's counts are mixed with."""


@dataclass(frozen=True)
class Lookup:
    """Purchases that groups of customers made in a past span of time.

    Parameters
    ----------
    later : ndarray, shape (frequency groups, silence groups, most + 1)
        Share of the group's customers who made 0, 1, 2, … purchases in the span; groups with few
        customers are mixed with wider ones (see `fit`).
    customers : ndarray of int, shape (frequency groups, silence groups)
        Customers counted.
    span : float
        Length of the span, in time units.
    n : int
        Customers in all.
    time_unit : str
        Unit of every time given.
    """

    later: Array
    customers: NDArray[np.int64]
    span: float
    n: int
    time_unit: str

    @property
    def mean(self) -> Array:
        """Purchases per customer in the span, by group."""
        return np.asarray((self.later * np.arange(self.later.shape[2])).sum(axis=2))


def fit(
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike, later: ArrayLike, span: float, *, time_unit: str
) -> Lookup:
    """Count what customers did in a span of time, by how often and how lately they had bought.

    Use it where no model of purchases can be believed. It assumes nothing but that the next span
    will be like the one looked at.

    Parameters
    ----------
    x, t_x, T : array_like, shape (k,)
        Purchase histories at the start of the span.
    later : array_like of int, shape (k,)
        Purchase days in the span.
    span : float
        Its length, above 0, in time units.
    time_unit : str
        Unit of the times.

    Returns
    -------
    Lookup

    Raises
    ------
    ValueError
        Shapes differ, or a value no history can have.

    Notes
    -----
    Customers are grouped by their rate, not by their number of purchases, which grows with the
    length of the history. The shares of a group are mixed with those of the next less silent one,
    as if `PRIOR` more customers had been seen there, the least silent with those of its frequency
    group, and those in turn with the shares of all customers.
    """
    x, t_x, T = histories(x, t_x, T)
    require_unit(time_unit)
    given = np.atleast_1d(np.asarray(later, dtype=float))
    whole = np.isfinite(given) & (given >= 0) & (given == np.floor(given))
    if given.shape != x.shape or not whole.all():
        raise ValueError("later must hold one whole number, 0 or more, for each history")
    if not (np.isfinite(span) and span > 0):
        raise ValueError(f"span must be above 0, got {span}")
    bought = given.astype(np.int64)
    shape = (len(FREQUENCY), len(SILENCE), int(bought.max(initial=0)) + 1)
    place = np.ravel_multi_index((*_group(x, t_x, T, span), bought), shape)
    counts = np.bincount(place, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    everybody = _mixed(counts.sum(axis=(0, 1)), np.full(shape[2], 1 / shape[2]), 0.0)
    rows = _mixed(counts.sum(axis=1), everybody, PRIOR)
    cells = np.empty_like(counts)
    for s in range(shape[1]):
        cells[:, s] = _mixed(counts[:, s], cells[:, s - 1] if s else rows, PRIOR)
    return Lookup(cells, counts.sum(axis=2).astype(np.int64), float(span), x.size, time_unit)


def p_alive(model: Lookup, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return not-a-number for every customer: counting does not tell who has left."""
    return np.full(histories(x, t_x, T)[0].shape, np.nan)


def expected_purchases(
    model: Lookup, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return the purchases expected in the next `t` time units, in proportion to the span.

    Parameters
    ----------
    model : Lookup
    t : float
        Horizon, 0 or more, in time units. Beyond the span looked at the forecast grows in
        proportion, although customers leave: the longer, the more it is too high.
    x, t_x, T : array_like, shape (k,)
        Purchase histories today.

    Returns
    -------
    ndarray, shape (k,)
    """
    times, _ = horizons.until(t)
    x, t_x, T = histories(x, t_x, T)
    return np.asarray(model.mean[_group(x, t_x, T, model.span)] * (times[0] / model.span))


def discounted_purchases(
    model: Lookup, horizon: int, rate_per_unit: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return the expected purchases of the coming time units, spread evenly and discounted.

    Parameters
    ----------
    model : Lookup
    horizon : int
        Whole time units ahead.
    rate_per_unit : float
        Discount rate per time unit, 0 or more.
    x, t_x, T : array_like, shape (k,)
        Purchase histories today.

    Returns
    -------
    ndarray, shape (k,)
    """
    times, weights = horizons.by_unit(horizon, rate_per_unit)
    return expected_purchases(model, 1.0, x, t_x, T) * float(times @ weights)


def simulate_purchases(
    model: Lookup,
    rng: np.random.Generator,
    n_draws: int,
    horizon: float,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> NDArray[np.int64]:
    """Draw purchases from what the customer's group did, for intervals around CLV.

    Parameters
    ----------
    model : Lookup
    rng : numpy.random.Generator
        Seeded by the caller.
    n_draws : int
        Draws per customer.
    horizon : float
        Time ahead, in time units; where it differs from the span, drawn numbers are scaled and
        rounded at random so that their mean is right.
    x, t_x, T : array_like, shape (k,)
        Purchase histories today.

    Returns
    -------
    ndarray of int, shape (n_draws, k)
    """
    times, _ = horizons.until(horizon)
    x, t_x, T = histories(x, t_x, T)
    rows, columns = _group(x, t_x, T, model.span)
    level, drawn = rng.random((n_draws, x.size)), np.zeros((n_draws, x.size))
    for f, s in sorted(set(zip(rows.tolist(), columns.tolist(), strict=True))):
        here = (rows == f) & (columns == s)
        below = np.cumsum(model.later[f, s])[:-1]
        drawn[:, here] = np.searchsorted(below, level[:, here], side="right")
    scaled = drawn * (times[0] / model.span)
    return np.floor(scaled + rng.random(scaled.shape)).astype(np.int64)


def _group(
    x: Array, t_x: Array, T: Array, span: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place each history in its frequency group and its silence group."""
    rate = x * span / np.maximum(T, span)
    by_frequency = np.searchsorted(FREQUENCY, rate, side="right") - 1
    return by_frequency, np.searchsorted(SILENCE, (T - t_x) / span, side="right") - 1


def _mixed(counts: Array, wider: Array, prior: float) -> Array:
    """Turn counts into shares along the last axis, mixed with the wider group's shares."""
    n = counts.sum(axis=-1, keepdims=True) + prior
    return np.divide(
        counts + prior * wider, n, out=np.broadcast_to(wider, counts.shape).copy(), where=n > 0
    )
