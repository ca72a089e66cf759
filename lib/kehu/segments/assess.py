"""The segments table: every class of a customer side by side, and the figures the report quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.segments.key import Criteria, key_customers, limits, nearest
from kehu.segments.rfm_rules import SEGMENTS, classical, rfm_segments, thresholds
from kehu.segments.rule_set import RuleSet
from kehu.segments.tiers import TIERS, tiers


def segments_table(
    value: pd.DataFrame,
    tier_shares: Sequence[float],
    rules: RuleSet,
    key_criteria: Criteria,
    key_min_criteria: int,
) -> pd.DataFrame:
    """Class every customer by tier, RFM segment and key-customer criteria.

    Parameters
    ----------
    value : pandas.DataFrame
        Contract `value`.
    tier_shares : (float, float)
        See `kehu.segments.tiers.tiers`; tiers are by lifetime value.
    rules : RuleSet
        Names the second set of RFM segments, `rfm_named`, beside the classical eight.
    key_criteria, key_min_criteria
        See `kehu.segments.key.key_customers`.

    Returns
    -------
    pandas.DataFrame
        Contract `segments`, one row per customer of `value`.

    Raises
    ------
    KehuError
        KH-D11: there are no customers.
    """
    if value.empty:
        raise KehuError(Problem("KH-D11", "value", "there are no customers to class."))
    classes = value[["customer_id", "abc_class"]].assign(
        tier=tiers(value["clv"], tier_shares),
        rfm_segment=rfm_segments(value, classical()),
        rfm_named=rfm_segments(value, rules),
    )
    keys = key_customers(value, key_criteria, key_min_criteria)
    return classes.merge(keys, on="customer_id", validate="1:1")


def tier_table(value: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Show what each tier holds.

    Parameters
    ----------
    value, segments : pandas.DataFrame
        Contracts of those names.

    Returns
    -------
    pandas.DataFrame
        A row per tier, best first: `tier, customers, customers_share, spend_share, clv_share`.
        Shares of a total of 0 are 0.
    """
    table = value[["customer_id", "total_spend", "clv"]].merge(
        segments[["customer_id", "tier"]], on="customer_id"
    )
    sums = table.groupby("tier").agg(
        customers=("clv", "size"), spend=("total_spend", "sum"), clv=("clv", "sum")
    )
    sums = sums.reindex(TIERS, fill_value=0)
    shares = (sums / sums.sum()).fillna(0.0)
    shares.columns = pd.Index(["customers_share", "spend_share", "clv_share"])
    return shares.assign(customers=sums["customers"].astype("int64")).reset_index()


def key_table(value: pd.DataFrame, segments: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """List the key customers with their figures and names, highest lifetime value first.

    Parameters
    ----------
    value, segments, customers : pandas.DataFrame
        Contracts of those names.

    Returns
    -------
    pandas.DataFrame
        Columns of `value`, plus `name, tier, rfm_segment, key_reasons`.
    """
    return _listed(value, segments[segments["is_key"]], customers)


def near_misses(
    value: pd.DataFrame, segments: pd.DataFrame, customers: pd.DataFrame, criteria: Criteria,
    min_criteria: int,
) -> pd.DataFrame:  # fmt: skip
    """List the customers one criterion short of being key, the nearest to it first.

    Parameters
    ----------
    value, segments, customers : pandas.DataFrame
        Contracts of those names.
    criteria, min_criteria
        See `kehu.segments.key.key_customers`.

    Returns
    -------
    pandas.DataFrame
        As `key_table`, with the columns of `kehu.segments.key.nearest`.
    """
    found = _listed(value, _near(segments, min_criteria), customers)
    both = found.merge(nearest(value, criteria), on="customer_id")
    return both.sort_values(["reached", "customer_id"], ascending=[False, True], ignore_index=True)


def _near(segments: pd.DataFrame, min_criteria: int) -> pd.DataFrame:
    met = segments["key_criteria_met"]
    return segments[(met > 0) & (met == min_criteria - 1)]


def _listed(value: pd.DataFrame, chosen: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    classes = chosen[["customer_id", "tier", "rfm_segment", "key_reasons"]]
    table = value.merge(classes, on="customer_id").merge(
        customers[["customer_id", "name"]], on="customer_id", how="left"
    )
    return table.sort_values(["clv", "customer_id"], ascending=[False, True], ignore_index=True)


def facts(
    value: pd.DataFrame, segments: pd.DataFrame, key_criteria: Criteria, key_min_criteria: int
) -> dict[str, Any]:
    """Name the numbers that the report's sentences quote.

    Parameters
    ----------
    value, segments : pandas.DataFrame
        Contracts of those names.
    key_criteria, key_min_criteria
        See `kehu.segments.key.key_customers`.

    Returns
    -------
    dict
        Name to number or text; the largest of equally large segments is the first of `SEGMENTS`.
    """
    held = tier_table(value, segments).iloc[0]
    means = thresholds(value)
    sizes = segments["rfm_segment"].value_counts().reindex(SEGMENTS, fill_value=0)
    stated = limits(value, key_criteria)
    unknown = int((stated["key_known"] == 0).sum())
    return {
        "n_top": int(held["customers"]),
        "top_share": float(held["customers_share"]),
        "top_clv_share": float(held["clv_share"]),
        "r_cut": means["r_score"],
        "f_cut": means["f_score"],
        "m_cut": means["m_score"],
        "largest": str(sizes.idxmax()),
        "largest_share": float(sizes.max() / len(segments)),
        **_key(value, segments),
        "min_criteria": key_min_criteria,
        "n_near": len(_near(segments, key_min_criteria)),
        "n_criteria": len(stated) - unknown,
        "n_unknown": unknown,
        "criteria_note": "unknown" if unknown else "known",
    }


def _key(value: pd.DataFrame, segments: pd.DataFrame) -> dict[str, Any]:
    is_key = value["customer_id"].isin(segments.loc[segments["is_key"], "customer_id"])
    money = value[["total_spend", "clv"]]
    held = (money[is_key].sum() / money.sum()).fillna(0.0)
    return {
        "n_key": int(is_key.sum()),
        "key_spend_share": float(held["total_spend"]),
        "key_clv_share": float(held["clv"]),
    }
