"""Key customers: who meets the stated criteria, and for which reasons."""

from __future__ import annotations

import pandas as pd

from kehu.segments.tiers import share_above

CRITERIA = {"contribution": "total_spend", "potential": "clv", "frequency": "n_orders"}
"""Criterion to the measure whose top share meets it: past money, future value, closeness."""


def criteria(value: pd.DataFrame, top_share: float) -> pd.DataFrame:
    """Tell which key-customer criteria each customer meets.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    top_share : float
        A criterion is met by customers with fewer than this share of all customers above them,
        0…1.

    Returns
    -------
    pandas.DataFrame of bool
        A column per criterion, index of `value`.
    """
    return pd.DataFrame({c: share_above(value[m]) < top_share for c, m in CRITERIA.items()})


def cut_offs(value: pd.DataFrame, top_share: float) -> dict[str, float]:
    """Return the smallest value that meets each criterion, in the measure's own unit."""
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
    names = met.apply(lambda row: ",".join(c for c in met.columns if row[c]), axis=1)
    return pd.DataFrame(
        {
            "customer_id": value["customer_id"],
            "key_criteria_met": count,
            "is_key": count >= min_criteria,
            "key_reasons": names.astype("str").where(count > 0),
        }
    )
