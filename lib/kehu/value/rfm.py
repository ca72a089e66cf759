"""RFM: how recently, how often, how much, each scored 1 to 5 with 5 best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from kehu.errors import KehuError, Problem
from kehu.value.kmeans import group_starts

BINS = 5
MEASURES = {"recency": "days_since_last", "frequency": "n_orders", "monetary": "total_spend"}
"""Measure to the column of `summary` that is scored."""

Method = Literal["quantile", "fixed", "kmeans"]
METHODS: tuple[Method, ...] = ("quantile", "fixed", "kmeans")
"""Ways to cut a measure into five: equal numbers of customers, given points, like with like."""


@dataclass(frozen=True)
class Rfm:
    """RFM scores with the cut points they come from.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `rfm`.
    cuts : pandas.DataFrame
        One row per measure and score: `measure, score, low, high` (inclusive ends of the values
        found), `customers`; a score nobody gets has 0 customers and blank ends.
    points : dict
        `recency, frequency, monetary` to the four cut points used: given to `rfm` as `cuts`, they
        score another period by the same measure.
    """

    table: pd.DataFrame
    cuts: pd.DataFrame
    points: dict[str, list[float]]

    @property
    def empty_bins(self) -> int:
        """How many of the fifteen scores nobody gets."""
        return int((self.cuts["customers"] == 0).sum())


def quantile_cuts(values: ArrayLike) -> NDArray[np.float64]:
    """Return the cut points that split values into five equal parts, as far as ties allow.

    Parameters
    ----------
    values : array-like, shape (n,)
        Any unit.

    Returns
    -------
    ndarray, shape (4,)
        Values found, ascending, possibly repeated. A value above a cut belongs to the next part.
    """
    shares = np.arange(1, BINS) / BINS
    return np.quantile(np.asarray(values, dtype=float), shares, method="inverted_cdf")


def kmeans_cuts(values: ArrayLike, *, by_ratio: bool = False) -> NDArray[np.float64]:
    """Return the cut points between the five groups of most similar values.

    Use them where customers fall into natural groups of very different size; quantiles force
    groups of one size upon them.

    Parameters
    ----------
    values : array-like, shape (n,)
        Any unit.
    by_ratio : bool
        True for counts and money, where twice as much is as far from once as once from half:
        compared are logarithms of 1 + value / median. Values below 0 count as 0.

    Returns
    -------
    ndarray, shape (4,)
        Ascending, each in the middle between the highest value of a group and the lowest of the
        next. With fewer than five different values cuts repeat: the lowest value is still in the
        first part and the highest in the fifth. With one value all cuts are that value.

    Notes
    -----
    The groups are the best there are, not those a random start happens to find (see `group_starts`
    in `kehu.value.kmeans`); currency and order of rows do not change them. The median is of the
    values above 0.
    """
    found = np.asarray(values, dtype=float)
    distinct, counts = np.unique(found.clip(0) if by_ratio else found, return_counts=True)
    groups = min(BINS, distinct.size)
    if groups == 1:
        return np.repeat(distinct, BINS - 1)
    compared = np.log1p(distinct / np.median(found[found > 0])) if by_ratio else distinct
    starts = group_starts(compared, counts, groups)[1:]
    middles = (distinct[starts - 1] + distinct[starts]) / 2
    return middles[np.linspace(0, groups - 2, BINS - 1).round().astype(int)]


def score(values: ArrayLike, cuts: ArrayLike, *, low_is_best: bool = False) -> NDArray[np.int64]:
    """Score values 1…5 by cut points; equal values always get equal scores.

    Parameters
    ----------
    values : array-like, shape (n,)
    cuts : array-like, shape (4,)
        Ascending.
    low_is_best : bool
        True for days since the last order.

    Returns
    -------
    ndarray of int, shape (n,)
        1…5, 5 best.

    Raises
    ------
    ValueError
        `cuts` are not four ascending numbers.
    """
    edges = np.asarray(cuts, dtype=float)
    if edges.shape != (BINS - 1,) or not (np.diff(edges) >= 0).all():
        raise ValueError(f"cuts must be {BINS - 1} ascending numbers, got {edges.tolist()}")
    part = np.searchsorted(edges, np.asarray(values, dtype=float), side="left") + 1
    return (BINS + 1 - part if low_is_best else part).astype(np.int64)


def rfm_score(scores: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.Series:
    """Return one score per customer, the weighted mean of the three.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `r_score, f_score, m_score`, 1…5.
    weights : mapping, optional
        `recency, frequency, monetary`, 0 or more, not all 0; only their ratios matter. Equal where
        left out.

    Returns
    -------
    pandas.Series
        1…5, 5 best, exactly 1 and 5 where all three are; index of `scores`.

    Raises
    ------
    ValueError
        `weights` are not three such numbers.
    """
    given = dict.fromkeys(MEASURES, 1.0) if weights is None else dict(weights)
    numbers = np.array([given.get(measure, np.nan) for measure in MEASURES], dtype=float)
    usable = set(given) == set(MEASURES) and np.isfinite(numbers).all() and (numbers >= 0).all()
    if not usable or not numbers.sum():
        raise ValueError(f"weights must be {tuple(MEASURES)}, 0 or more, not all 0, got {given}")
    above_1 = scores[["r_score", "f_score", "m_score"]].to_numpy(dtype=float) - 1
    mean = 1 + (above_1 * numbers).sum(axis=1) / numbers.sum()
    return pd.Series(mean, index=scores.index, name="rfm_score")


def rfm(
    summary: pd.DataFrame,
    cuts: Mapping[str, Sequence[float]] | None = None,
    method: Method | None = None,
    weights: Mapping[str, float] | None = None,
) -> Rfm:
    """Score every customer on recency, frequency and monetary value.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    cuts : mapping, optional
        `recency` (days since the last order), `frequency` (orders), `monetary` (total spend), four
        ascending cut points each, for `fixed`.
    method : {'quantile', 'fixed', 'kmeans'}, optional
        See `METHODS`; left out, `fixed` where there are `cuts`, else `quantile`.
    weights : mapping, optional
        See `rfm_score`.

    Returns
    -------
    Rfm

    Raises
    ------
    KehuError
        KH-D11: there are no customers.
    ValueError
        `method` is none of the three, `fixed` lacks `cuts` or another has them, or the weights are
        no weights.

    Notes
    -----
    Scores never depend on the order of rows, and equal values get equal scores. Where many
    customers share a value (one order), a part may stay empty; `Rfm.cuts` shows it. `kmeans`
    compares days as they are, orders and spend by their ratios.
    """
    if summary.empty:
        raise KehuError(Problem("KH-D11", "summary", "there are no customers to score."))
    chosen = _method(method, cuts)
    table = summary[["customer_id", *MEASURES.values()]].copy()
    points, rows = {}, []
    for measure, column in MEASURES.items():
        edges = _edges(measure, table[column], chosen, cuts)
        scored = f"{measure[0]}_score"
        table[scored] = score(table[column], edges, low_is_best=measure == "recency")
        points[measure] = [float(edge) for edge in edges]
        rows.append(_described(measure, table[column], table[scored]))
    table["rfm_score"] = rfm_score(table, weights)
    return Rfm(table, pd.concat(rows, ignore_index=True), points)


def _method(method: Method | None, cuts: Mapping[str, Sequence[float]] | None) -> Method:
    chosen: Method = method or ("quantile" if cuts is None else "fixed")
    if chosen not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}")
    if (chosen == "fixed") != (cuts is not None):
        raise ValueError(f"cuts belong to method 'fixed', got method {chosen!r} and cuts {cuts}")
    return chosen


def _edges(
    measure: str, values: pd.Series, method: Method, cuts: Mapping[str, Sequence[float]] | None
) -> NDArray[np.float64]:
    if cuts is not None:
        return np.asarray(cuts[measure], dtype=float)
    if method == "kmeans":
        return kmeans_cuts(values, by_ratio=measure != "recency")
    return quantile_cuts(values)


def _described(measure: str, values: pd.Series, scores: pd.Series) -> pd.DataFrame:
    found = values.groupby(scores).agg(["min", "max", "size"]).reindex(range(1, BINS + 1))
    found.columns = pd.Index(["low", "high", "customers"])
    found["customers"] = found["customers"].fillna(0).astype("int64")
    found = found.rename_axis("score").reset_index()
    found.insert(0, "measure", measure)
    return found


def grid(table: pd.DataFrame) -> pd.DataFrame:
    """Count customers and money in the 5 x 5 cells of recency and frequency scores.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `r_score, f_score, total_spend`.

    Returns
    -------
    pandas.DataFrame
        25 rows `r_score, f_score, customers, spend, spend_share`; shares are of all spend, 0 where
        there is none.
    """
    cells = pd.MultiIndex.from_product([range(1, 6), range(1, 6)], names=["r_score", "f_score"])
    by_spend = table.sort_values("total_spend")
    grouped = by_spend.groupby(["r_score", "f_score"])["total_spend"].agg(["size", "sum"])
    filled = grouped.reindex(cells, fill_value=0).reset_index()
    filled.columns = pd.Index(["r_score", "f_score", "customers", "spend"])
    total = filled["spend"].sum()
    return filled.assign(spend_share=filled["spend"] / total if total else 0.0)
