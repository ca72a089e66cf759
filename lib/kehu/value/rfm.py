"""RFM: how recently, how often, how much, each scored 1 to 5 with 5 best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from kehu.errors import KehuError, Problem

BINS = 5
MEASURES = {"recency": "days_since_last", "frequency": "n_orders", "monetary": "total_spend"}
"""Measure to the column of `summary` that is scored."""


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
    """

    table: pd.DataFrame
    cuts: pd.DataFrame

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


def rfm(summary: pd.DataFrame, cuts: Mapping[str, Sequence[float]] | None = None) -> Rfm:
    """Score every customer on recency, frequency and monetary value.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    cuts : mapping, optional
        `recency` (days since the last order), `frequency` (orders), `monetary` (total spend), four
        ascending cut points each; quantiles of the data where left out.

    Returns
    -------
    Rfm

    Raises
    ------
    KehuError
        KH-D11: there are no customers.

    Notes
    -----
    Scores never depend on the order of rows. Where many customers share a value (one order), a
    quantile part may stay empty; `Rfm.cuts` shows it.
    """
    if summary.empty:
        raise KehuError(Problem("KH-D11", "summary", "there are no customers to score."))
    table = summary[["customer_id", *MEASURES.values()]].copy()
    rows = []
    for measure, column in MEASURES.items():
        edges = quantile_cuts(table[column]) if cuts is None else np.asarray(cuts[measure])
        scored = f"{measure[0]}_score"
        table[scored] = score(table[column], edges, low_is_best=measure == "recency")
        rows.append(_described(measure, table[column], table[scored]))
    return Rfm(table, pd.concat(rows, ignore_index=True))


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
    grouped = table.groupby(["r_score", "f_score"])["total_spend"].agg(["size", "sum"])
    filled = grouped.reindex(cells, fill_value=0).reset_index()
    filled.columns = pd.Index(["r_score", "f_score", "customers", "spend"])
    total = filled["spend"].sum()
    return filled.assign(spend_share=filled["spend"] / total if total else 0.0)
