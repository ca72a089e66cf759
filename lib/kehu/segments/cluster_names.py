"""Names of clusters: what stands out in each, unique, and the same as in the run before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from kehu.segments.grouping import Array

OUT = 0.35
"""Standard deviations from the mean of all from which a feature stands out."""

WORDS = 2
"""Features in a name, more only where two clusters would be named alike."""

SAME = 1.0
"""Distance per feature, in standard deviations, up to which a cluster is that of the run before."""


def named(
    centres: Array, features: Sequence[str], places: Array, earlier: pd.DataFrame | None = None
) -> list[str]:
    """Name each cluster.

    Parameters
    ----------
    centres : ndarray, shape (k, p)
        Deviations from all customers, in standard deviations.
    features : sequence of str
        The p features.
    places : ndarray, shape (k, p)
        Medians of the clusters in the same space.
    earlier : pandas.DataFrame, optional
        Those of the run before, name by name: clusters are matched one to one
        with the least total distance (Hungarian method), and keep the name.

    Returns
    -------
    list of str
        Codes such as `n_orders_high+days_since_last_low`, each once; `average` where nothing stands
        out. A code in use twice gets further features, then a number.
    """
    kept = _matched(places, earlier)
    taken = set(kept.values())
    names = []
    for place, centre in enumerate(centres):
        name = kept.get(place) or _new(centre, features, taken)
        taken.add(name)
        names.append(name)
    return names


def _matched(places: Array, earlier: pd.DataFrame | None) -> dict[int, str]:
    if earlier is None or earlier.empty:
        return {}
    far = np.linalg.norm(places[:, None, :] - earlier.to_numpy()[None, :, :], axis=2)
    own, theirs = linear_sum_assignment(far)
    near = SAME * np.sqrt(places.shape[1])
    return {
        int(i): str(earlier.index[j]) for i, j in zip(own, theirs, strict=True) if far[i, j] <= near
    }


def _new(centre: Array, features: Sequence[str], taken: set[str]) -> str:
    order = np.argsort(-np.abs(centre), kind="stable")
    out = [int(i) for i in order if abs(centre[i]) >= OUT]
    words = [f"{features[i]}_{'high' if centre[i] > 0 else 'low'}" for i in out]
    for length in range(min(WORDS, len(words)), len(words) + 1):
        name = "+".join(words[:length]) or "average"
        if name not in taken:
            return name
    base = "+".join(words) or "average"
    return next(f"{base}#{n}" for n in range(2, 99) if f"{base}#{n}" not in taken)
