"""The graph of who referred whom: reach with damping, cycles, self-referrals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from kehu.score.scale import Array

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """Distinct referrals between customers, without those to oneself.

    Parameters
    ----------
    ids : pandas.Index
        Customers who refer or are referred, ascending; position is the code.
    start : ndarray of int, shape (n + 1,)
        Where the referrals of each code begin in `referred`.
    referred : ndarray of int, shape (m,)
        Codes referred, by referrer and code.
    self_referrals : int
        Rows left out because they name the same customer twice.
    """

    ids: pd.Index
    start: Codes
    referred: Codes
    self_referrals: int

    @property
    def direct(self) -> Codes:
        """Different customers referred directly, by code."""
        return np.diff(self.start)

    def in_cycles(self) -> int:
        """Count the customers who refer themselves through others."""
        ones = np.ones(len(self.referred), dtype=np.int8)
        shape = (len(self.ids), len(self.ids))
        matrix = csr_array((ones, self.referred, self.start), shape=shape)
        _, part = connected_components(matrix, directed=True, connection="strong")
        size = np.bincount(part)
        return int(size[size > 1].sum())


def graph(pairs: pd.DataFrame) -> Graph:
    """Build the graph of referrals.

    Parameters
    ----------
    pairs : pandas.DataFrame
        `customer_id` (who refers), `referred_id`, `rows` (how often the pair is there).

    Returns
    -------
    Graph
    """
    own = pairs["customer_id"] == pairs["referred_id"]
    kept = pairs[~own]
    ids = pd.Index(np.unique(np.concatenate([kept["customer_id"], kept["referred_id"]])))
    edges = np.column_stack([ids.get_indexer(kept[c]) for c in ("customer_id", "referred_id")])
    edges = np.unique(edges.astype(np.int64), axis=0)
    start = np.searchsorted(edges[:, 0], np.arange(len(ids) + 1))
    return Graph(ids, start.astype(np.int64), edges[:, 1], int(pairs.loc[own, "rows"].sum()))


def reach(made: Graph, value: Array, damping: float, levels: int) -> Array:
    """Add up the value of everyone a customer brought, directly and through others.

    Parameters
    ----------
    made : Graph
    value : ndarray, shape (n,)
        Value of each customer by code, 0 or more, in currency.
    damping : float
        Factor per step beyond the first, 0…1.
    levels : int
        Steps followed, 1 or more.

    Returns
    -------
    ndarray, shape (n,)
        Sum over the customers reached of damping^(steps - 1) x value, in currency.

    Notes
    -----
    Breadth first from all customers at once: each customer reached counts once, at the least number
    of steps, and never for himself, so cycles end by themselves. One more referral never lowers
    the sum, and raises nobody's more than that of the one who referred.
    """
    n = len(made.ids)
    total = np.zeros(n)
    seen: Codes = np.flatnonzero(made.direct) * (n + 1)
    front = seen
    for step in range(levels):
        front = np.setdiff1d(_next(made, front, n), seen, assume_unique=True)
        if not front.size:
            break
        root, node = np.divmod(front, n)
        total += damping**step * np.bincount(root, weights=value[node], minlength=n)
        seen = np.union1d(seen, front)
    return total


def _next(made: Graph, front: Codes, n: int) -> Codes:
    """Follow one step from pairs (root, node), coded root x n + node, ascending."""
    root, node = np.divmod(front, n)
    degree = made.direct[node]
    first = np.repeat(made.start[node] - np.cumsum(degree) + degree, degree)
    places = first + np.arange(degree.sum())
    return np.unique(np.repeat(root, degree) * n + made.referred[places])
