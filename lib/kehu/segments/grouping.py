"""Finding groups: the same whatever the order of the rows, from one optimum and not by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, silhouette_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Array = NDArray[np.float64]
Assign = Callable[[Array], NDArray[np.int64]]

STARTS = 10
MIXTURE_STARTS = 3
FIT_ROWS = 200_000
"""Rows that groups are fitted to; further customers go to the nearest centre."""

WARD_ROWS = 3_000
SCORE_ROWS = 2_000
RESAMPLES = 10


@dataclass(frozen=True)
class Grouping:
    """Groups of rows.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        0 … k − 1, in the order of the rows.
    centres : ndarray, shape (k, p)
        Means of the groups, in the space they were found in.
    inertia : float
        Sum of squared distances to the own centre.
    assign : callable
        From rows of the same space to a number per row, as the method would group them; not the
        numbers of `labels`.
    """

    labels: NDArray[np.int64]
    centres: Array
    inertia: float
    assign: Assign


def group(
    x: Array, k: int, method: str = "kmeans", seed: int = 0, starts: int = STARTS
) -> Grouping:
    """Find k groups.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Scaled features, n at least k.
    k : int
    method : {'kmeans', 'gmm', 'ward'}
        k-means from ten starts to convergence; Gaussian mixture with full covariances; Ward's
        hierarchy on a sample of at most 3,000 rows.
    seed : int
    starts : int

    Returns
    -------
    Grouping
        The same for rows in any order: rows are sorted by their values before anything is drawn.
    """
    order = np.lexsort(x.T[::-1])
    rows = _sample(x[order], FIT_ROWS if method != "ward" else WARD_ROWS, seed)
    with threadpool_limits(1):  # sums in one order, whatever the machine
        return _grouping(x, _fitted(rows, k, method, seed, starts), k)


def _fitted(rows: Array, k: int, method: str, seed: int, starts: int) -> Assign:
    if method == "gmm":
        few = min(starts, MIXTURE_STARTS)
        model = GaussianMixture(k, n_init=few, tol=1e-5, max_iter=500, random_state=seed)
        return model.fit(rows).predict
    if method == "ward":
        found = AgglomerativeClustering(k).fit_predict(rows)
        return partial(nearest, np.array([rows[found == i].mean(axis=0) for i in range(k)]))
    means = KMeans(k, n_init=starts, tol=1e-8, max_iter=3000, random_state=seed)
    return partial(nearest, means.fit(rows).cluster_centers_)


def nearest(centres: Array, x: Array) -> NDArray[np.int64]:
    """Return the place of the nearest centre for each row."""
    far = [((x - centre) ** 2).sum(axis=1) for centre in centres]
    return np.argmin(far, axis=0).astype(np.int64)


def compared(x: Array, counts: list[int], method: str, seed: int) -> pd.DataFrame:
    """Compare numbers of groups by how far apart and how stable they are.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    counts : list of int
        Numbers of groups.
    method : str
    seed : int

    Returns
    -------
    pandas.DataFrame
        `k, silhouette` (−1…1, Rousseeuw 1987), `calinski_harabasz`, `inertia`, `stability`
        (adjusted Rand, Hubert and Arabie 1985, between the groups and those of resampled rows, mean
        of ten; 1 is the same, 0 by chance), on at most 2,000 rows.
    """
    order = np.lexsort(x.T[::-1])
    rows = _sample(x[order], SCORE_ROWS, seed)
    found = []
    for k in counts:
        one = group(rows, k, method, seed)
        if len(set(one.labels)) < 2:
            continue
        found.append(
            (
                k,
                float(silhouette_score(rows, one.labels)),
                float(calinski_harabasz_score(rows, one.labels)),
                one.inertia,
                _stability(rows, one, k, method, seed),
            )
        )
    names = ["k", "silhouette", "calinski_harabasz", "inertia", "stability"]
    return pd.DataFrame(found, columns=names)


def _stability(rows: Array, one: Grouping, k: int, method: str, seed: int) -> float:
    rng = np.random.default_rng(seed)
    agreed = []
    for _ in range(RESAMPLES):
        drawn = rows[np.sort(rng.integers(0, len(rows), len(rows)))]
        again = group(drawn, k, method, seed, starts=3)
        agreed.append(adjusted_rand_score(one.labels, again.assign(rows)))
    return float(np.mean(agreed))


def _grouping(x: Array, assign: Assign, k: int) -> Grouping:
    """Give the largest group the first number, and measure them all."""
    labels = np.asarray(assign(x), dtype=np.int64)
    sizes = np.bincount(labels, minlength=k)
    kept = [i for i in np.argsort(-sizes, kind="stable") if sizes[i]]
    place = np.full(k, -1)
    place[kept] = np.arange(len(kept))
    own = place[labels]
    centres = np.array([x[own == i].mean(axis=0) for i in range(len(kept))])
    return Grouping(own, centres, float(((x - centres[own]) ** 2).sum()), assign)


def _sample(rows: Array, most: int, seed: int) -> Array:
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(seed).choice(len(rows), most, replace=False)
    return rows[np.sort(chosen)]
