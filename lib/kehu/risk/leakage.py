"""Features that know the outcome: found before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

BINS = 20
SHRINK = 20
"""Rows of the average customer added to each bin, so that a small one says little."""

LIMIT = 0.75
"""AUC of one feature alone from which it is looked at."""

FACTOR = 1.5
"""Times by which a leak tells more than the next feature: (AUC − .5) over the next's."""


def alone(
    learn: pd.DataFrame, learnt: NDArray[np.bool_], test: pd.DataFrame, happened: NDArray[np.bool_],
    numeric: Sequence[str], categorical: Sequence[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """Tell how well each feature alone tells who left.

    Parameters
    ----------
    learn, test : pandas.DataFrame
        Rows to learn from and to try on, with all features.
    learnt, happened : ndarray of bool
        Their outcomes.
    numeric, categorical : sequence of str
        Features; numbers are cut into up to 20 groups of equal size, blanks are a group.

    Returns
    -------
    pandas.DataFrame
        `feature, auc` (0…1, on `test`), the best first, equal ones by name.
    """
    rows = []
    for name in (*numeric, *categorical):
        of_learn, of_test = _groups(learn[name], test[name], name in categorical)
        sums = pd.Series(learnt).groupby(of_learn).agg(["sum", "size"])
        rate = (sums["sum"] + SHRINK * learnt.mean()) / (sums["size"] + SHRINK)
        score = pd.Series(of_test).map(rate).fillna(learnt.mean())
        rows.append((name, float(roc_auc_score(happened, score))))
    found = pd.DataFrame(rows, columns=["feature", "auc"])
    return found.sort_values(["auc", "feature"], ascending=[False, True], ignore_index=True)


def suspects(strength: pd.DataFrame, known_before: Collection[str] = ()) -> pd.DataFrame:
    """Name the features that probably are known only once the outcome is.

    Parameters
    ----------
    strength : pandas.DataFrame
        See `alone`.
    known_before : collection of str
        Features a person vouches for.

    Returns
    -------
    pandas.DataFrame
        Rows of `strength`, with `next_auc`.

    Notes
    -----
    Data cannot tell when a value was known. What they can tell is that one feature stands apart:
    alone it has an AUC of at least .75, and its distance from chance is 1.5 times that of the next.
    Such a feature is left out until a person says that it was known before. Several leaks that say
    the same hide each other, and a weak leak is not seen: the test is a guard, not a proof.
    """
    left = strength[~strength["feature"].isin(known_before)].reset_index(drop=True)
    following = left["auc"].shift(-1).fillna(0.5)
    apart = (left["auc"] - 0.5) >= FACTOR * (following - 0.5).clip(lower=0)
    found = (left["auc"] >= LIMIT) & apart
    return left.assign(next_auc=following)[found].reset_index(drop=True)


def _groups(learn: pd.Series, test: pd.Series, is_word: bool) -> list[NDArray[np.str_]]:
    """Put the values of both into groups; those of `test` into the groups of `learn`."""
    if is_word:
        return [s.fillna("").astype(str).to_numpy() for s in (learn, test)]
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(learn.dropna().quantile(shares).to_numpy())
    return [
        np.where(s.isna(), "", np.searchsorted(edges, s.fillna(0), side="left").astype(str))
        for s in (learn, test)
    ]
