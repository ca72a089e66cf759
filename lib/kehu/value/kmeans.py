"""k-means of one measure: the best groups there are, found without a random start."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]

POINTS = 1_000
"""Most places of the dynamic programme, whose memory grows with their square."""

REACH = 3
"""Places left and right of a border among which it is looked for more closely."""


def group_starts(values: ArrayLike, counts: ArrayLike, k: int) -> Places:
    """Return where the k groups of least squared distance to their means begin.

    Parameters
    ----------
    values : array-like, shape (n,)
        Ascending, any unit.
    counts : array-like, shape (n,)
        Customers with this value, above 0.
    k : int
        Groups, 1…n.

    Returns
    -------
    ndarray of int, shape (k,)
        Place of the first value of each group, ascending; the first is 0.

    Raises
    ------
    ValueError
        `values` do not ascend, a count is not above 0, or k is not in 1…n.

    Notes
    -----
    In one dimension the groups are intervals, and a dynamic programme finds the best: with D(j, g)
    the least sum of squares of the first j values in g groups,
    D(j, g) = min over i < j of D(i, g - 1) + squares(i, j). Sums of squares are differences of
    cumulated sums about the mean. Up to `POINTS` values the answer is the best there is. Among more
    it looks for borders between equal widths and equal numbers of values first, then again and
    again among the values around the borders found, until nothing moves.

    References
    ----------
    Wang, H., Song, M. (2011), "Ckmeans.1d.dp: optimal k-means clustering in one dimension by
    dynamic programming", The R Journal 3(2), 29-33.
    """
    points, weights = np.asarray(values, dtype=float), np.asarray(counts, dtype=float)
    if points.ndim != 1 or points.shape != weights.shape or not (np.diff(points) >= 0).all():
        raise ValueError("values must ascend, one count each")
    if not (weights > 0).all() or not 1 <= k <= points.size:
        raise ValueError(f"counts must be above 0 and k in 1…{points.size}, got k = {k}")
    sums = _cumulated(points, weights)
    places = _coarse(points)
    while True:
        ends = places[_best(sums[:, places], k)]
        finer = _finer(places, ends)
        if places.size > points.size or np.array_equal(finer, places):
            return ends[:-1]
        places = finer


def _cumulated(points: Array, weights: Array) -> Array:
    """Return sums of 1, x and x² before each place, x about the mean; shape (3, n + 1)."""
    about = points - (weights * points).sum() / weights.sum()
    sums = np.zeros((3, points.size + 1))
    for row, power in enumerate((np.ones_like(about), about, about**2)):
        np.cumsum(weights * power, out=sums[row, 1:])
    return sums


def _coarse(points: Array) -> Places:
    """Places where groups may begin or end: all of them, or `POINTS` spread over them."""
    n = points.size
    if n <= POINTS:
        return np.arange(n + 1)
    widths = np.linspace(points[0], points[-1], POINTS // 2 + 1)
    ranks = np.linspace(0, n, POINTS // 2 + 1).astype(np.int64)
    return np.union1d(ranks, np.searchsorted(points, widths[1:-1]))


def _finer(places: Places, ends: Places) -> Places:
    """Return the ends found, and more places around the inner ones than before."""
    at = np.searchsorted(places, ends[1:-1])
    low = places[np.maximum(at - REACH, 0)]
    high = places[np.minimum(at + REACH, places.size - 1)]
    numbers = np.minimum(high - low + 1, POINTS // ends.size)
    around = [
        np.linspace(*window).astype(np.int64) for window in zip(low, high, numbers, strict=True)
    ]
    return np.unique(np.concatenate([ends, *around]))


def _best(sums: Array, k: int) -> Places:
    """Columns of `sums` that bound the best k groups: k + 1, from the first to the last."""
    squares = _squares(sums)
    least, origins = squares[0], []
    for _ in range(k - 1):
        ways = least[:, None] + squares
        origins.append(ways.argmin(axis=0))
        least = ways.min(axis=0)
    ends = [sums.shape[1] - 1]
    for origin in reversed(origins):
        ends.append(int(origin[ends[-1]]))
    return np.array([0, *reversed(ends)])


def _squares(sums: Array) -> Array:
    """Squared distances to the mean of the values from column i to j; infinite where i >= j."""
    n, total, of_squares = sums[:, None, :] - sums[:, :, None]
    spread = of_squares - total**2 / np.where(n > 0, n, 1.0)
    return np.where(n > 0, np.maximum(spread, 0.0), np.inf)
