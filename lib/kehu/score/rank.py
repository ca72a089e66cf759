"""One score of all criteria, 0 to 100, and the ranking by it: weighted sum or TOPSIS."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kehu.score.criteria import Array, complete
from kehu.score.weights import Weighting

Aggregate = Literal["weighted_sum", "topsis"]

DIGITS = 9
"""Decimals of a score; what differs behind them is rounding, and shares a place."""

BLOCK = 8192
"""Customers added up at a time: as many as a processor keeps at hand."""

Scorer = Callable[[ArrayLike], Array]
"""Takes weights, shape (m,), sum 1; returns scores 0…100, shape (n,)."""


def weighted_sum(values: ArrayLike) -> Scorer:
    """Add the criteria up by weight: a weakness in one is made good by strength in another.

    Parameters
    ----------
    values : array-like, shape (n, m)
        Customers by criteria, 0…100, more is better.

    Returns
    -------
    callable
        Weights to scores.

    Notes
    -----
    Criteria are added one after the other, so that equal customers have equal scores wherever they
    stand; a matrix product does not promise that.

    References
    ----------
    Fishburn, P. C. (1967), "Additive utilities with incomplete product sets", Operations Research
    15(3), 537-542.
    """
    columns = _columns(values)

    def score(weights: ArrayLike) -> Array:
        return np.round(_added(columns, np.asarray(weights, dtype=float)), DIGITS)

    return score


def topsis(values: ArrayLike, costs: Collection[int] = ()) -> Scorer:
    """Measure how near a customer is to the best and how far from the worst in every criterion.

    Use it where an even profile should count for more than the weighted sum says. The ideal is the
    best found among these customers, so scores of two clients cannot be compared, and a new
    customer may change the order of others.

    Parameters
    ----------
    values : array-like, shape (n, m)
        Customers by criteria, any units.
    costs : collection of int
        Columns of which less is better.

    Returns
    -------
    callable
        Weights to scores: 100 times the relative closeness to the ideal. Where all customers are
        equal in every weighted criterion, best and worst are the same and all score 50.

    Notes
    -----
    r_ij = x_ij / sqrt(sum_i x_ij²), v_ij = w_j r_ij; D+ and D- are the Euclidean distances of v_i
    from the best and the worst of each column, and the closeness is D- / (D+ + D-).

    References
    ----------
    Hwang, C. L., Yoon, K. (1981), "Multiple Attribute Decision Making", Springer, pp. 128-134.
    """
    best, worst = [], []
    for j, column in enumerate(_columns(values)):
        length = np.sqrt((np.sort(np.abs(column)) ** 2).sum())
        scaled = column / length if length > 0 else column
        ends = (scaled.min(), scaled.max()) if j in set(costs) else (scaled.max(), scaled.min())
        best.append((scaled - ends[0]) ** 2)
        worst.append((scaled - ends[1]) ** 2)

    def score(weights: ArrayLike) -> Array:
        squares = np.asarray(weights, dtype=float) ** 2
        to_best, to_worst = np.sqrt(_added(best, squares)), np.sqrt(_added(worst, squares))
        whole = to_best + to_worst
        closeness = np.divide(to_worst, whole, out=np.full_like(whole, 0.5), where=whole > 0)
        return np.round(100 * closeness, DIGITS)

    return score


SCORERS: dict[str, Callable[[ArrayLike], Scorer]] = {"weighted_sum": weighted_sum, "topsis": topsis}
"""Name of the aggregate to the function that prepares it."""


def assess(
    indices: pd.DataFrame, weighting: Weighting, aggregate: Aggregate = "weighted_sum"
) -> pd.DataFrame:
    """Score and rank every customer by the weights in use.

    Parameters
    ----------
    indices : pandas.DataFrame
        Contract `indices`, the customers the weighting was derived from.
    weighting : Weighting
        See `kehu.score.weights.derive`.
    aggregate : {'weighted_sum', 'topsis'}

    Returns
    -------
    pandas.DataFrame
        `customer_id`; `score`, 0…100; `rank`, 1 the best, equal scores share the better place. In
        the order of `indices`.

    Raises
    ------
    KehuError
        KH-D11: see `kehu.score.criteria.complete`.
    ValueError
        Unknown aggregate, or an index out of range.
    """
    data = complete(indices)
    score = scorer(data.values, aggregate)(weighting.used[list(data.names)])
    ranks = pd.Series(score).rank(method="min", ascending=False).astype("int64")
    return pd.DataFrame(
        {
            "customer_id": indices["customer_id"].to_numpy(),
            "score": score,
            "rank": ranks.to_numpy(),
        }
    )


def scorer(values: ArrayLike, aggregate: str) -> Scorer:
    """Prepare an aggregate by its name."""
    if aggregate not in SCORERS:
        raise ValueError(f"aggregate must be one of {', '.join(SCORERS)}, got {aggregate!r}")
    return SCORERS[aggregate](values)


def _columns(values: ArrayLike) -> list[Array]:
    """Return the criteria one by one, each in one piece of memory."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError("values must be customers by criteria, finite, without blanks")
    return list(np.ascontiguousarray(x.T))


def _added(columns: list[Array], weights: Array) -> Array:
    """Add up weighted columns in their order."""
    if weights.shape != (len(columns),):
        raise ValueError(f"{len(columns)} criteria need as many weights, got {weights.shape}")
    total = np.empty_like(columns[0])
    scratch = np.empty(min(BLOCK, len(total)))
    for start in range(0, len(total), BLOCK):
        part = total[start : start + BLOCK]
        product = scratch[: len(part)]
        np.multiply(columns[0][start : start + BLOCK], weights[0], out=part)
        for weight, column in zip(weights[1:], columns[1:], strict=True):
            part += np.multiply(column[start : start + BLOCK], weight, out=product)
    return total
