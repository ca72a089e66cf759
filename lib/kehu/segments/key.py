"""Key customers: who meets the stated criteria, for which reasons, and who nearly does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kehu.params_key import KeyCriteria, KeyCriterion
from kehu.tables import contract

Criteria = KeyCriteria | Mapping[str, Any]


def limits(value: pd.DataFrame, criteria: Criteria) -> pd.DataFrame:
    """State the criteria: which figure counts, from where on, and how many meet it.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    criteria : KeyCriteria or mapping
        See `kehu.params_key.KeyCriteria`.

    Returns
    -------
    pandas.DataFrame
        Contract `key_limits`, a row per criterion used: its measure, top share (blank for a fixed
        limit), limit (the smallest value that meets it, in the measure's own unit; blank where none
        does), how many are known, and how many meet it.

    Notes
    -----
    Equal values are in or out together, and out where they do not all fit into the top share: one
    order is nothing special where nearly everybody has one. Who is not known does not meet a
    criterion; a criterion of which nobody is known counts for nobody, and is told.
    """
    rows = []
    for name, one in KeyCriteria.of(criteria).used.items():
        figures = _figures(value, one)
        met = _met(figures, one)
        limit = one.at_least if one.at_least is not None else float(figures[met].min())
        known = int(figures.notna().sum())
        rows.append((name, one.measure, one.top_share, limit, known, int(met.sum())))
    table = pd.DataFrame(rows, columns=list(contract("key_limits").columns))
    return table.astype({"key_top_share": "float64"})


def meets(value: pd.DataFrame, criteria: Criteria) -> pd.DataFrame:
    """Tell which criteria each customer meets.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    criteria : KeyCriteria or mapping

    Returns
    -------
    pandas.DataFrame of bool
        A column per criterion used, index of `value`.
    """
    used = KeyCriteria.of(criteria).used
    met = {name: _met(_figures(value, one), one) for name, one in used.items()}
    return pd.DataFrame(met, index=value.index, dtype=bool)


def key_customers(value: pd.DataFrame, criteria: Criteria, min_criteria: int) -> pd.DataFrame:
    """Mark the key customers with their reasons.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    criteria : KeyCriteria or mapping
    min_criteria : int
        Criteria a key customer meets, 1 or more.

    Returns
    -------
    pandas.DataFrame
        `customer_id, key_criteria_met, is_key, key_reasons` (criteria met, comma separated, blank
        for none). A near miss has `key_criteria_met == min_criteria - 1`.
    """
    met = meets(value, criteria)
    count = met.sum(axis=1).astype("int64")
    reasons = pd.Series("", index=met.index, dtype="str")
    for criterion in met.columns:
        reasons += met[criterion].map({True: f",{criterion}", False: ""})
    return pd.DataFrame(
        {
            "customer_id": value["customer_id"],
            "key_criteria_met": count,
            "is_key": count >= min_criteria,
            "key_reasons": reasons.str[1:].where(count > 0),
        }
    )


def nearest(value: pd.DataFrame, criteria: Criteria) -> pd.DataFrame:
    """Tell which criterion each customer comes nearest to without meeting it.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    criteria : KeyCriteria or mapping

    Returns
    -------
    pandas.DataFrame
        `customer_id, missing` (criterion), `missing_figure` and `missing_limit` (in the measure's
        own unit), `reached` (figure over limit, 0…1); blank for who meets or lacks all.
    """
    stated = limits(value, criteria).set_index("key_criterion")
    used, met = KeyCriteria.of(criteria).used, meets(value, criteria)
    figures = pd.DataFrame({n: _figures(value, one) for n, one in used.items()}, index=value.index)
    ratio = (figures / stated["key_limit"]).where(~met).astype(float)
    place = ratio.fillna(-np.inf).to_numpy().argmax(axis=1)
    some = ratio.notna().any(axis=1)
    row = np.arange(len(value))
    return pd.DataFrame(
        {
            "customer_id": value["customer_id"],
            "missing": pd.Series(ratio.columns[place], index=value.index, dtype="str").where(some),
            "missing_figure": figures.to_numpy(dtype=float)[row, place],
            "missing_limit": stated["key_limit"].to_numpy(dtype=float)[place],
            "reached": ratio.to_numpy(dtype=float)[row, place],
        }
    )


def _figures(value: pd.DataFrame, one: KeyCriterion) -> pd.Series:
    return value[one.measure].astype(float)


def _met(figures: pd.Series, one: KeyCriterion) -> pd.Series:
    if one.top_share is None:
        return figures >= one.at_least
    places = math.ceil(figures.notna().sum() * one.top_share - 1e-9)
    return figures.rank(method="max", ascending=False) <= places
