"""Coarse classes of a feature for a scorecard: few, large, and of one direction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.isotonic import IsotonicRegression

FINE = 20
SMALLEST = 0.05
"""Share of rows that a class has at least."""

HALF = 0.5
"""Rows added to the goods and to the bads of a class, so that an empty one has a weight."""

RARE = "(other)"
BLANK = "(blank)"


@dataclass(frozen=True)
class Bins:
    """The classes of one feature.

    Parameters
    ----------
    feature : str
    edges : ndarray of float, shape (k - 1,), or None
        Ends of the classes of a number, inclusive above; None for words.
    words : tuple of str
        Categories with a class of their own.
    table : pandas.DataFrame
        A row per class in their order: `label, customers, bads, woe`; for numbers the weight of
        evidence runs in one direction, but for the class of blanks.
    """

    feature: str
    edges: NDArray[np.float64] | None
    words: tuple[str, ...]
    table: pd.DataFrame

    @property
    def information_value(self) -> float:
        """Sum over classes of (share of goods − share of bads) × weight of evidence."""
        t = self.table
        goods = t["customers"] - t["bads"]
        share = goods / goods.sum() - t["bads"] / t["bads"].sum()
        return float((share * t["woe"]).sum())

    def place(self, values: pd.Series) -> NDArray[np.int64]:
        """Return the class of each value, as its place in `table`."""
        labels = list(self.table["label"])
        last = len(labels) - 1
        if self.edges is None:
            known = values.astype("str").where(values.notna(), BLANK)
            places = {label: i for i, label in enumerate(labels)}
            other = places.get(RARE, int(np.argmin(self.table["woe"].abs())))
            return known.map(places).fillna(other).to_numpy(dtype=np.int64)
        found = np.searchsorted(self.edges, values.fillna(0.0), side="left").astype(np.int64)
        blank = last if labels[last] == BLANK else int(np.argmin(self.table["woe"].abs()))
        return np.where(values.isna(), blank, found)


def of_numbers(values: pd.Series, bad: NDArray[np.bool_]) -> Bins:
    """Cut a number into few classes whose share of bads only rises or only falls.

    Parameters
    ----------
    values : pandas.Series
        Blanks are a class of their own.
    bad : ndarray of bool, shape (n,)

    Returns
    -------
    Bins

    Notes
    -----
    The direction is that of the rank correlation. Neighbouring values are pooled where they break
    it (Ayer et al. 1955), then until every class has 5 % of the rows and the weights of
    evidence, which add half a row to either side, run the same way.
    """
    known = values.notna().to_numpy()
    x, y = values[known].to_numpy(dtype=float), bad[known]
    shares = np.linspace(0, 1, FINE + 1)[1:-1]
    edges = np.unique(np.quantile(x, shares))
    fine = np.searchsorted(edges, x, side="left")
    rising = bool(spearmanr(fine, y).statistic >= 0) if len(np.unique(fine)) > 1 else True
    level = IsotonicRegression(increasing=rising).fit(fine, y).predict(np.arange(len(edges) + 1))
    kept = edges[np.abs(np.diff(level)) > 1e-12]
    kept = _large(kept, x, SMALLEST * len(values))
    table = _table(_labels(kept), kept, values, bad)
    while len(broken := _breaks(table, len(kept) + 1, rising)):
        kept = np.delete(kept, broken[0])
        table = _table(_labels(kept), kept, values, bad)
    return Bins(str(values.name), kept, (), table)


def of_words(values: pd.Series, bad: NDArray[np.bool_]) -> Bins:
    """Give each category with 5 % of the rows a class, and the others one together."""
    known = values.astype("str").where(values.notna(), BLANK)
    share = known.value_counts(normalize=True)
    words = tuple(sorted(share.index[share >= SMALLEST]))
    named = known.where(known.isin(words), RARE)
    counted = pd.DataFrame({"label": named, "bad": bad}).groupby("label")["bad"]
    table = counted.agg(customers="size", bads="sum").reset_index()
    return Bins(str(values.name), None, words, _weighed(table))


def _breaks(table: pd.DataFrame, known: int, rising: bool) -> NDArray[np.int64]:
    """Return the ends at which the weight of evidence turns, as half rows can make it do."""
    steps = np.diff(table["woe"].to_numpy()[:known])
    return np.flatnonzero(steps > 0 if rising else steps < 0)


def _large(
    edges: NDArray[np.float64], x: NDArray[np.float64], smallest: float
) -> NDArray[np.float64]:
    """Drop ends until every class is large enough, the smallest class first."""
    while len(edges):
        sizes = np.bincount(np.searchsorted(edges, x, side="left"), minlength=len(edges) + 1)
        small = int(np.argmin(sizes))
        if sizes[small] >= smallest:
            break
        left_is_smaller = small > 0 and (
            small == len(edges) or sizes[small - 1] <= sizes[small + 1]
        )
        edges = np.delete(edges, small - 1 if left_is_smaller else small)
    return edges


def _labels(edges: NDArray[np.float64]) -> list[str]:
    if not len(edges):
        return ["all"]
    between = [f"{a:g} – {b:g}" for a, b in pairwise(edges)]
    return [f"≤ {edges[0]:g}", *between, f"> {edges[-1]:g}"]


def _table(
    labels: list[str], edges: NDArray[np.float64], values: pd.Series, bad: NDArray[np.bool_]
) -> pd.DataFrame:
    place = np.searchsorted(edges, values.fillna(0.0), side="left")
    place = np.where(values.isna(), len(labels), place)
    sums = pd.DataFrame({"place": place, "bad": bad}).groupby("place")["bad"]
    counted = sums.agg(customers="size", bads="sum")
    named = [*labels, BLANK] if len(labels) in counted.index else labels
    full = counted.reindex(range(len(named)), fill_value=0)
    return _weighed(full.assign(label=named)[["label", "customers", "bads"]].reset_index(drop=True))


def _weighed(table: pd.DataFrame) -> pd.DataFrame:
    """Add the weight of evidence, ln(share of goods / share of bads): high is good."""
    bads = table["bads"].astype(float)
    goods = table["customers"] - bads
    of_good = (goods + HALF) / (goods.sum() + HALF * len(table))
    of_bad = (bads + HALF) / (bads.sum() + HALF * len(table))
    return table.assign(woe=np.log(of_good / of_bad))
