"""A credit scorecard: whole points per class, added up, each direction as one would explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from kehu.risk.bins import Bins, of_numbers, of_words
from kehu.risk.measures import Array

SAME = 0.95
"""Correlation of two features' weights of evidence from which the less informative is left out."""

LEAST_INFORMATION = 0.02
"""Information value below which a feature is left out (Siddiqi 2006: not predictive)."""


@dataclass(frozen=True)
class Points:
    """How odds become points.

    Parameters
    ----------
    base : int
        Points at `odds` goods per bad.
    odds : float
    double : int
        Points that double the odds.
    """

    base: int = 600
    odds: float = 20.0
    double: int = 20

    @property
    def factor(self) -> float:
        """Points per unit of log odds."""
        return self.double / float(np.log(2))

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return self.base - self.factor * float(np.log(self.odds))


@dataclass(frozen=True)
class Scorecard:
    """Classes, points, and what they mean.

    Parameters
    ----------
    bins : tuple of Bins
        Features used, the most informative first.
    table : pandas.DataFrame
        A row per class: `feature, label, customers, bads, bad_share, woe, points`.
    points : Points
    start : int
        Points everybody begins with.
    dropped : tuple of str
        Features left out: they told too little, nothing of their own, or beside others the
        contrary.
    """

    bins: tuple[Bins, ...]
    table: pd.DataFrame
    points: Points
    start: int
    dropped: tuple[str, ...]

    def score(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Add up each row's points."""
        total = np.full(len(frame), self.start, dtype=np.int64)
        for one in self.bins:
            of_class = self.table.loc[self.table["feature"] == one.feature, "points"].to_numpy()
            total += of_class[one.place(frame[one.feature])]
        return total

    def probability(self, frame: pd.DataFrame) -> Array:
        """Return each row's probability of default, 0…1, as its points say."""
        odds = np.exp((self.score(frame) - self.points.offset) / self.points.factor)
        return np.asarray(1 / (1 + odds))


def fit(
    frame: pd.DataFrame,
    bad: NDArray[np.bool_],
    numeric: Sequence[str],
    categorical: Sequence[str] = (),
    points: Points | None = None,
) -> Scorecard:
    """Build a scorecard from customers whose outcome is known.

    Parameters
    ----------
    frame : pandas.DataFrame
        Features, a row per customer; blanks are a class.
    bad : ndarray of bool, shape (n,)
        Both outcomes occur.
    numeric, categorical : sequence of str
        Features to choose from.
    points : Points, optional

    Returns
    -------
    Scorecard

    Notes
    -----
    Features are cut into classes (`kehu.risk.bins`), classes become weights of evidence, and these
    the inputs of a logistic regression. A feature whose coefficient turns against its own direction
    is dropped and the rest fitted anew, so that more points always mean fewer bads in the class.

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, chapters 6 and 7.
    """
    scale = points or Points()
    found = [of_numbers(frame[n], bad) for n in numeric]
    found += [of_words(frame[n], bad) for n in categorical]
    ranked = sorted(found, key=lambda b: (-b.information_value, b.feature))
    used = _distinct([b for b in ranked if b.information_value >= LEAST_INFORMATION], frame)
    used, weights, start = _one_direction(used, frame, bad)
    rows = [_rows(b, w, scale) for b, w in zip(used, weights, strict=True)]
    columns = ["feature", "label", "customers", "bads", "bad_share", "woe", "points"]
    table = pd.concat(rows)[columns] if rows else pd.DataFrame(columns=columns)
    names = {b.feature for b in used}
    dropped = tuple(n for n in (*numeric, *categorical) if n not in names)
    begin = round(scale.offset + scale.factor * start)
    return Scorecard(tuple(used), table.reset_index(drop=True), scale, begin, dropped)


def _distinct(ranked: list[Bins], frame: pd.DataFrame) -> list[Bins]:
    """Leave out the features that say what a more informative one says already."""
    used: list[Bins] = []
    for one in ranked:
        inputs = [_woe(b, frame) for b in (one, *used)]
        if not used or np.abs(np.atleast_2d(np.corrcoef(inputs))[0, 1:]).max() < SAME:
            used.append(one)
    return used


def _one_direction(
    used: list[Bins], frame: pd.DataFrame, bad: NDArray[np.bool_]
) -> tuple[list[Bins], Array, float]:
    """Fit, and drop the feature most against its direction, until none is."""
    while used:
        inputs = np.column_stack([_woe(b, frame) for b in used])
        model = LogisticRegression(C=1e6, max_iter=2000).fit(inputs, ~bad)
        weights = model.coef_[0]
        if weights.min() > 0:
            return used, weights, float(model.intercept_[0])
        used = [b for i, b in enumerate(used) if i != int(np.argmin(weights))]
    share = bad.mean()
    return [], np.empty(0), float(np.log((1 - share) / share))


def _woe(bins: Bins, frame: pd.DataFrame) -> Array:
    return np.asarray(bins.table["woe"].to_numpy()[bins.place(frame[bins.feature])])


def _rows(bins: Bins, weight: float, scale: Points) -> pd.DataFrame:
    table = bins.table
    return table.assign(
        feature=bins.feature,
        bad_share=table["bads"] / table["customers"],
        points=(scale.factor * weight * table["woe"]).round().astype("int64"),
    )
