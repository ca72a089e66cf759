"""The measures of value side by side, and the figures of the customer base the report quotes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value.concentration import abc_classes, gini, top_share, value_matrix
from kehu.value.rfm import Rfm

QUIET_DAYS = 182
"""Days without a purchase after which a class A customer is named where no forecast may be used."""


def measures(
    summary: pd.DataFrame, rfm: pd.DataFrame, clv: pd.DataFrame, abc_cuts: list[float]
) -> pd.DataFrame:
    """Join all measures of value, one row per customer.

    Parameters
    ----------
    summary, rfm, clv : pandas.DataFrame
        Contracts of those names, the same customers.
    abc_cuts : [float, float]
        See `kehu.value.concentration.abc_classes`.

    Returns
    -------
    pandas.DataFrame
        Contract `measures`, in the order of `summary`.

    Raises
    ------
    KehuError
        KH-D11: after refunds the customers together spent nothing, so that shares mean nothing.
    ValueError
        The three tables hold different customers.
    """
    total = float(summary["total_spend"].sum())
    if total <= 0:
        what = f"the spend of all {len(summary):,} customers adds up to {total:,.2f}."
        raise KehuError(Problem("KH-D11", "summary.total_spend", what, "Check the amounts."))
    measures = summary[["customer_id", "n_orders", "days_since_last", "total_spend"]]
    scores = rfm[["customer_id", "r_score", "f_score", "m_score", "rfm_score"]]
    table = measures.merge(scores, on="customer_id", validate="1:1")
    table = table.merge(clv, on="customer_id", validate="1:1")
    if not len(table) == len(summary) == len(rfm) == len(clv):
        raise ValueError("summary, rfm and clv hold different customers")
    mean = table["total_spend"] / table["n_orders"]
    return table.assign(
        mean_order_value=mean,
        spend_share=table["total_spend"] / total,
        matrix_class=value_matrix(table["n_orders"], mean),
        abc_class=abc_classes(table["total_spend"], abc_cuts),
    ).drop(columns=["clv_low_95", "clv_high_95", "clv_past", "clv_residual"])


def facts(summary: pd.DataFrame, table: pd.DataFrame, scores: Rfm) -> dict[str, Any]:
    """Name the numbers of the customer base that the report's sentences quote.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    table : pandas.DataFrame
        Contract `measures`.
    scores : Rfm

    Returns
    -------
    dict
        Name to number or text.
    """
    return {
        **_population(summary, table),
        **_abc(table),
        **_quiet(table),
        "rfm_empty_bins": scores.empty_bins,
    }


def _quiet(value: pd.DataFrame) -> dict[str, Any]:
    """Count the class A customers without a purchase for half a year: a fact, not a forecast."""
    quiet = value[(value["abc_class"] == "A") & (value["days_since_last"] > QUIET_DAYS)]
    spend = float(quiet["total_spend"].sum())
    return {
        "quiet": len(quiet),
        "quiet_days": QUIET_DAYS,
        "quiet_spend": spend,
        "quiet_share": spend / float(value["total_spend"].sum()),
    }


def _population(summary: pd.DataFrame, value: pd.DataFrame) -> dict[str, Any]:
    spend, n = summary["total_spend"], len(summary)
    return {
        "n_customers": n,
        "n_orders": int(summary["n_orders"].sum()),
        "total_spend": float(spend.sum()),
        "mean_spend": float(spend.mean()),
        "median_spend": float(spend.median()),
        "mean_order": float(spend.sum() / summary["n_orders"].sum()),
        "repeat_share": float((summary["frequency"] > 0).mean()),
        "one_time": int((summary["n_orders"] == 1).sum()),
        "top20_share": top_share(spend, 0.2),
        "gini": gini(spend),
        "first_date": str(summary["first_date"].min().date()),
        "last_date": str(summary["last_date"].max().date()),
        "best_matrix": int((value["matrix_class"] == "best").sum()),
    }


def _abc(value: pd.DataFrame) -> dict[str, Any]:
    grouped = value.groupby("abc_class")["total_spend"].agg(["size", "sum"])
    grouped = grouped.reindex(["A", "B", "C"], fill_value=0)
    total = value["total_spend"].sum()
    return {
        f"{name.lower()}_{kind}": float(number)
        for name, row in grouped.iterrows()
        for kind, number in (
            ("customers", row["size"]),
            ("customers_share", row["size"] / len(value)),
            ("spend_share", row["sum"] / total),
        )
    }
