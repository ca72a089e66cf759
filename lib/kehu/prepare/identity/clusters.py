"""Links to persons: who hangs together, and which groups look wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

CONTRADICTED = ("tax_id", "id_number", "birth_date")
"""Particulars of which one person or firm has one."""
_CHECKED = re.compile(r"[0-9A-Z]{17}[0-9A-Z]")
"""A Chinese number with a check digit, which no slip of typing survives."""
SLIP = 2
"""Signs in which two writings of one number or date may differ: more is no slip of typing."""


def members(ids: pd.Index, links: pd.DataFrame) -> pd.Series:
    """Join customers that links connect, directly or through others.

    Parameters
    ----------
    ids : pandas.Index
        All customer numbers, sorted.
    links : pandas.DataFrame
        `customer_a`, `customer_b`, accepted ones only.

    Returns
    -------
    pandas.Series
        By customer number: the smallest number of the group.
    """
    a, b = ids.get_indexer(links["customer_a"]), ids.get_indexer(links["customer_b"])
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(ids), len(ids)))
    _, group = connected_components(graph, directed=False)
    first = pd.Series(ids, index=ids).groupby(group).transform("first")
    return first.rename("person")


def wrong(
    records: pd.DataFrame, persons: pd.Series, apart: pd.DataFrame, max_cluster: int
) -> pd.DataFrame:
    """List the groups that look wrong.

    Parameters
    ----------
    records : pandas.DataFrame
        As `compared` gives it, indexed by customer number.
    persons : pandas.Series
        As `members` gives it.
    apart : pandas.DataFrame
        Pairs that people decided to be different.
    max_cluster : int
        Numbers that one person may have.

    Returns
    -------
    pandas.DataFrame
        `person`, `review_reason`, `parts`: a group once per reason. `too_many`, `kept_apart` and
        two numbers with check digits (`two_tax_id`, `two_id_number`) part a group; two numbers
        without, and two birth dates (`two_birth_date`) that differ by more than a slip, are for
        review only.
    """
    size = persons.groupby(persons).size()
    found = {("too_many", True): size.index[size > max_cluster]}
    for name in CONTRADICTED:
        several = records[name].groupby(persons).unique()
        checked = several.map(_contradict_for_sure)
        found[f"two_{name}", True] = several.index[checked]
        found[f"two_{name}", False] = several.index[several.map(contradict) & ~checked]
    one = persons.reindex(apart["customer_a"]).to_numpy()
    two = persons.reindex(apart["customer_b"]).to_numpy()
    found["kept_apart", True] = pd.Index(one[one == two])
    rows = [
        (person, reason, parts)
        for (reason, parts), group in found.items()
        for person in sorted(set(group))
    ]
    return pd.DataFrame(rows, columns=["person", "review_reason", "parts"])


def _contradict_for_sure(values: np.ndarray[Any, Any]) -> bool:
    """Whether two different values have a check digit."""
    return sum(isinstance(v, str) and bool(_CHECKED.fullmatch(v)) for v in values) > 1


def contradict(values: Iterable[object]) -> bool:
    """Whether two of the values differ by more than a slip."""
    texts = [value for value in values if isinstance(value, str)]
    return any(Levenshtein.distance(a, b) > SLIP for a, b in combinations(texts, 2))
