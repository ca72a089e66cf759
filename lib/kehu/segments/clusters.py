"""Clusters of customers: features in the open, a number of groups for stated reasons, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu.params_clusters import Clusters
from kehu.segments import cluster_names, cluster_tree
from kehu.segments.cluster_tree import Tree
from kehu.segments.grouping import Array, Grouping, compared, group
from kehu.store import Run
from kehu.tables import contract


@dataclass(frozen=True)
class Clustered:
    """Groups of customers, and how they were found.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `clusters`, one row per customer; no row where there are none.
    profiles : pandas.DataFrame
        Contract `cluster_profiles`: a row per cluster and feature.
    compared : pandas.DataFrame
        See `kehu.segments.grouping.compared`, with `chosen`; no row where none was looked for.
    features : tuple of str
        Features used.
    dropped : tuple of str
        Features left out: the same for all, or unknown for some.
    reason : str
        `auto`, `by_hand`, `unstable` (no number of groups is stable, the best of them was taken),
        `too_few` or `alike` (nothing tells customers apart).
    """

    table: pd.DataFrame
    profiles: pd.DataFrame
    compared: pd.DataFrame
    features: tuple[str, ...]
    dropped: tuple[str, ...]
    reason: str

    @property
    def shown(self) -> list[Clustered]:
        """Itself where there are clusters to show, else nothing."""
        return [self] if self.found else []

    @property
    def found(self) -> bool:
        """Whether there are any clusters."""
        return not self.table.empty


def clusters(
    frame: pd.DataFrame, given: Clusters | Mapping[str, Any], seed: int,
    earlier: pd.DataFrame | None = None,
) -> Clustered:  # fmt: skip
    """Find clusters of customers.

    Parameters
    ----------
    frame : pandas.DataFrame
        `customer_id` and the features, one row per customer.
    given : Clusters or mapping
        See `kehu.params_clusters.Clusters`.
    seed : int
    earlier : pandas.DataFrame, optional
        Contract `cluster_profiles` of the run before: its names are kept for the same groups.

    Returns
    -------
    Clustered
        The same whatever the order of the rows or the customers' numbers.

    Notes
    -----
    Features are put through sign(x) ln(1 + |x|) where `transform` is log, and scaled to mean 0 and
    variance 1. Without `k`, of the numbers of groups whose stability reaches `stable_from` the one
    with the largest silhouette is taken.
    """
    spec = Clusters.of(given)
    known: list[str] = [
        f for f in spec.features if frame[f].notna().all() and frame[f].nunique() > 1
    ]
    dropped = tuple(f for f in spec.features if f not in known)
    if len(frame) < spec.min_customers or not known:
        return _none("too_few" if len(frame) < spec.min_customers else "alike", dropped)
    raw = frame[known].astype(float)
    x = scaled(raw, spec.transform)
    counts = sorted({*range(spec.k_min, spec.k_max + 1), *([spec.k] if spec.k else [])})
    table = compared(x, [k for k in counts if k < len(np.unique(x, axis=0))], spec.method, seed)
    if table.empty:
        return _none("alike", dropped)
    k, reason = _chosen(table, spec)
    one = group(x, k, spec.method, seed)
    before = None if earlier is None else _earlier(earlier, raw, spec.transform, known)
    middles = raw.groupby(one.labels).median()
    places = scaled(middles, spec.transform, raw)
    names = cluster_names.named(one.centres, known, places, before)
    return Clustered(
        _table(frame, x, one, names), _profiles(middles, one, names),
        table.assign(chosen=table["k"] == k), tuple(known), dropped, reason,
    )  # fmt: skip


def scaled(raw: pd.DataFrame, transform: str, like: pd.DataFrame | None = None) -> Array:
    """Transform and scale features; by the means and spreads of `like` where it is given."""
    x, base = (_curved(f, transform) for f in (raw, raw if like is None else like))
    return np.asarray((x - base.mean(axis=0)) / base.std(axis=0))


def _curved(frame: pd.DataFrame, transform: str) -> Array:
    values = frame.to_numpy(dtype=float)
    return np.sign(values) * np.log1p(np.abs(values)) if transform == "log" else values


def _chosen(table: pd.DataFrame, spec: Clusters) -> tuple[int, str]:
    if spec.k:
        return min(spec.k, int(table["k"].max())), "by_hand"
    stable = table[table["stability"] >= spec.stable_from]
    if stable.empty:
        return int(table.loc[table["stability"].idxmax(), "k"]), "unstable"
    return int(stable.loc[stable["silhouette"].idxmax(), "k"]), "auto"


def _earlier(
    profiles: pd.DataFrame, raw: pd.DataFrame, transform: str, features: list[str]
) -> pd.DataFrame | None:
    """Put the centres of the run before into this run's space; None where features differ."""
    wide = profiles.pivot(index="cluster", columns="cluster_feature", values="cluster_median")
    if sorted(wide.columns) != sorted(features):
        return None
    places = scaled(wide[features], transform, raw)
    return pd.DataFrame(places, index=wide.index)


def _table(frame: pd.DataFrame, x: Array, one: Grouping, names: list[str]) -> pd.DataFrame:
    far = np.sqrt(((x - one.centres[one.labels]) ** 2).sum(axis=1))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(),
            "cluster": np.array(names)[one.labels],
            "cluster_distance": far,
        }
    )


def _profiles(middles: pd.DataFrame, one: Grouping, names: list[str]) -> pd.DataFrame:
    """Describe each cluster by its size, and each feature by median and deviation."""
    sizes = np.bincount(one.labels, minlength=len(names))
    rows = [
        (name, feature, int(sizes[i]), float(middles.iloc[i, j]), float(one.centres[i, j]))
        for i, name in enumerate(names)
        for j, feature in enumerate(middles.columns)
    ]
    return pd.DataFrame(rows, columns=list(contract("cluster_profiles").columns))


def _none(reason: str, dropped: tuple[str, ...]) -> Clustered:
    empty = pd.DataFrame(columns=list(contract("clusters").columns))
    profiles = pd.DataFrame(columns=list(contract("cluster_profiles").columns))
    compared_ = pd.DataFrame(
        columns=["k", "silhouette", "calinski_harabasz", "inertia", "stability", "chosen"]
    )
    return Clustered(empty, profiles, compared_, (), dropped, reason)


def features_of(value: pd.DataFrame, summary: pd.DataFrame, rhythm: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that clusters can be found by, one row per customer.

    Parameters
    ----------
    value, summary : pandas.DataFrame
        Contracts of those names.
    rhythm : pandas.DataFrame
        `customer_id, expected_gap`; see `kehu.segments.lifecycle`.

    Returns
    -------
    pandas.DataFrame
        Columns of `value`, with `tenure` (days since the first purchase) and `expected_gap`.
    """
    since = (summary["last_date"] - summary["first_date"]).dt.days + summary["days_since_last"]
    ages = pd.DataFrame({"customer_id": summary["customer_id"], "tenure": since})
    gaps = rhythm[["customer_id", "expected_gap"]]
    return value.merge(ages, on="customer_id").merge(gaps, on="customer_id")


def facts(found: Clustered, tree: Tree | None) -> dict[str, Any]:
    """Name the numbers of the clusters that sentences quote.

    Parameters
    ----------
    found : Clustered
    tree : Tree or None
        None where there are no clusters.

    Returns
    -------
    dict
        `clustered` is `yes`, `too_few` or `alike`; numbers only where it is yes.
    """
    told = {"clustered": "yes" if found.found else found.reason, "cluster_reason": found.reason}
    if not found.found or tree is None:
        return told
    row = found.compared[found.compared["chosen"]].iloc[0]
    best = found.compared.loc[found.compared["silhouette"].idxmax()]
    sizes = found.table["cluster"].value_counts()
    return {
        **told,
        "n_clusters": len(sizes),
        "cluster_silhouette": float(row["silhouette"]),
        "cluster_stability": float(row["stability"]),
        "cluster_best_k": int(best["k"]),
        "cluster_best_silhouette": float(best["silhouette"]),
        "cluster_fidelity": tree.fidelity,
        "cluster_rules": len(tree.rules),
        "cluster_dropped": len(found.dropped),
    }


def trees(found: Clustered, frame: pd.DataFrame) -> list[Tree]:
    """Return the rules that explain the clusters; none where there are no clusters."""
    if not found.found:
        return []
    return [cluster_tree.explained(frame, found.features, found.table["cluster"])]


def earlier_profiles(run: Run, period: str | None) -> pd.DataFrame | None:
    """Return the profiles of the run of the period before; None without any."""
    before = None if period is None else Run(run.folder.with_name(period))
    if before is None or not before.has("cluster_profiles"):
        return None
    return before.read("cluster_profiles")
