"""A few rules that tell a client who is in which cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

RULES = 5
SMALLEST = 0.02
"""Share of customers that a rule is about at least."""


@dataclass(frozen=True)
class Tree:
    """Rules, and how far they can be relied on.

    Parameters
    ----------
    rules : pandas.DataFrame
        A row per rule, the largest first: `cluster, customers, purity` (share of them who are in
        it), and `conditions`, a list of (feature, above, up to), open ends infinite.
    fidelity : float
        Share of all customers whom the rules put into their cluster, 0…1.
    """

    rules: pd.DataFrame
    fidelity: float


def explained(frame: pd.DataFrame, features: tuple[str, ...], clusters: pd.Series) -> Tree:
    """Explain clusters by at most five rules on the features in their own units.

    Parameters
    ----------
    frame : pandas.DataFrame
        Features, one row per customer.
    features : tuple of str
    clusters : pandas.Series of str
        Cluster of each row.

    Returns
    -------
    Tree
        Where there are more than five clusters, as many rules as clusters.
    """
    x = frame[list(features)].to_numpy(dtype=float)
    y = clusters.to_numpy(dtype=str)
    leaves = max(RULES, len(set(y)))
    least = max(1, int(SMALLEST * len(x)))
    model = DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=least, random_state=0)
    tree = model.fit(x, y).tree_
    at = model.apply(x)
    rows = []
    for leaf, conditions in _paths(tree, features):
        own = y[at == leaf]
        names, counts = np.unique(own, return_counts=True)
        best = int(np.argmax(counts))
        rows.append((str(names[best]), len(own), counts[best] / len(own), conditions))
    rules = pd.DataFrame(rows, columns=["cluster", "customers", "purity", "conditions"])
    ordered = rules.sort_values(
        ["customers", "cluster"], ascending=[False, True], ignore_index=True
    )
    return Tree(ordered, float((model.predict(x) == y).mean()))


def _paths(
    tree: object, features: tuple[str, ...]
) -> list[tuple[int, list[tuple[str, float, float]]]]:
    """Collect for each leaf the interval of each feature that leads to it."""
    found = []
    todo = [(0, {})]  # type: ignore[var-annotated]
    while todo:
        node, limits = todo.pop()
        left, right = tree.children_left[node], tree.children_right[node]  # type: ignore[attr-defined]
        if left == right:
            found.append((node, [(f, *limits[f]) for f in features if f in limits]))
            continue
        name = features[tree.feature[node]]  # type: ignore[attr-defined]
        cut = float(tree.threshold[node])  # type: ignore[attr-defined]
        low, high = limits.get(name, (-np.inf, np.inf))
        todo.append((right, {**limits, name: (max(low, cut), high)}))
        todo.append((left, {**limits, name: (low, min(high, cut))}))
    return found
