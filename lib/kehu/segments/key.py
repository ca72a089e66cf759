"""Key customers: who meets the stated criteria, and for which reasons."""

from __future__ import annotations

import math

import pandas as pd

CRITERIA = {"contribution": "total_spend", "potential": "clv", "frequency": "n_orders"}
"""Criterion to the measure whose top share meets it: past money, future value, closeness."""


def criteria(value: pd.DataFrame, top_share: float) -> pd.DataFrame:
    """Tell which key-customer criteria each customer meets.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    top_share : float
        Share of all customers that may meet a criterion, 0…1, rounded up to whole customers.

    Returns
    -------
    pandas.DataFrame of bool
        A column per criterion, index of `value`.

    Notes
    -----
    Equal values are in or out together, and out where they do not all fit: one order is nothing
    special where nearly everybody has one.
    """
    places = math.ceil(len(value) * top_share - 1e-9)
    ranks = {c: value[m].rank(method="max", ascending=False) for c, m in CRITERIA.items()}
    return pd.DataFrame({c: rank <= places for c, rank in ranks.items()})


def cut_offs(value: pd.DataFrame, top_share: float) -> dict[str, float]:
    """Return the smallest value that meets each criterion, in its own unit; nan if none does."""
    met = criteria(value, top_share)
    return {c: float(value.loc[met[c], m].min()) for c, m in CRITERIA.items()}


def key_customers(value: pd.DataFrame, top_share: float, min_criteria: int) -> pd.DataFrame:
    """Mark the key customers with their reasons.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    top_share : float
        See `criteria`.
    min_criteria : int
        Criteria a key customer meets, 1…3.

    Returns
    -------
    pandas.DataFrame
        `customer_id, key_criteria_met, is_key, key_reasons` (criteria met, comma separated, blank
        for none). A near miss has `key_criteria_met == min_criteria - 1`.
    """
    met = criteria(value, top_share)
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
