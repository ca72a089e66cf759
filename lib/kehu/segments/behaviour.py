"""Behaviour types: lapsed, new, price-sensitive, loyal, regular."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.params_behaviour import Behaviour

TYPES = ("loyal", "regular", "price_sensitive", "new", "lapsed")


def discounts(transactions: Table, analysis_date: str) -> pd.DataFrame:
    """Return how much of each customer's buying hangs on discounts and coupons.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`; refunds are not looked at.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        `customer_id`; `discount_share`, discounts and coupons over the price before them, 0…1;
        `promo_share` and `coupon_share`, share of orders with a discount or coupon, and with a
        coupon. Blank where the files of the customer's lines have no such column.
    """
    last = ibis.literal(date.fromisoformat(analysis_date))
    lines = transactions.filter(~transactions.is_refund & (transactions.date.date() <= last))
    off, coupon = lines.discount.abs(), lines.coupon.abs()
    marked = lines.mutate(
        told=lines.discount.notnull() | lines.coupon.notnull(),
        off=off.fill_null(0) + coupon.fill_null(0),
        by_coupon=coupon.fill_null(0) > 0,
    )
    orders = marked.group_by("customer_id", "order_id").aggregate(
        paid=marked.amount.sum(),
        off=marked.off.sum(),
        told=marked.told.any(),
        by_coupon=marked.by_coupon.any(),
    )
    made = orders.group_by("customer_id").aggregate(
        paid=orders.paid.sum().cast("float64"),
        off=orders.off.sum().cast("float64"),
        told=orders.told.any(),
        promo_share=(orders.off > 0).mean(),
        coupon_share=orders.by_coupon.mean(),
    )
    found = made.order_by("customer_id").execute()
    whole = found["paid"] + found["off"]
    share = (found["off"] / whole).where(whole > 0, 0.0)
    shares = {"discount_share": share, **{n: found[n] for n in ("promo_share", "coupon_share")}}
    told = {name: values.astype(float).where(found["told"]) for name, values in shares.items()}
    return pd.DataFrame({"customer_id": found["customer_id"], **told})


def behaviour(
    summary: pd.DataFrame, stages: pd.DataFrame, shares: pd.DataFrame,
    how: Behaviour | Mapping[str, Any],
) -> pd.DataFrame:  # fmt: skip
    """Put every customer into a behaviour type.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    stages : pandas.DataFrame
        See `kehu.segments.lifecycle.lifecycle`.
    shares : pandas.DataFrame
        See `discounts`.
    how : Behaviour or mapping
        The parameter `behaviour`.

    Returns
    -------
    pandas.DataFrame
        `customer_id, behaviour` (of `TYPES`), and the shares.

    Notes
    -----
    The first that applies: lapsed (dormant or lost by the own rhythm), new (first purchase within
    `new_days`), price-sensitive (with `min_orders` or more, and a share of discounts, of orders on
    promotion or with a coupon that reaches its limit), loyal (`loyal_orders` or more), regular.
    Where no discounts are known nobody is called price-sensitive, and the report says so.
    """
    spec = how if isinstance(how, Behaviour) else Behaviour.of(how)
    table = summary.merge(stages[["customer_id", "lifecycle_stage"]], on="customer_id")
    table = table.merge(shares, on="customer_id", how="left")
    since = (table["last_date"] - table["first_date"]).dt.days + table["days_since_last"]
    sensitive = (
        (table["discount_share"] >= spec.discount_share)
        | (table["promo_share"] >= spec.promo_share)
        | (table["coupon_share"] >= spec.coupon_share)
    )
    cases = {
        "lapsed": table["lifecycle_stage"].isin(["dormant", "lost"]),
        "new": since <= spec.new_days,
        "price_sensitive": sensitive & (table["n_orders"] >= spec.min_orders),
        "loyal": table["n_orders"] >= spec.loyal_orders,
    }
    chosen = np.select([np.asarray(c) for c in cases.values()], list(cases), "regular")
    columns = ["customer_id", "behaviour", "discount_share", "promo_share", "coupon_share"]
    return table.assign(behaviour=chosen)[columns]


def facts(table: pd.DataFrame) -> dict[str, Any]:
    """Name the numbers of behaviour that sentences quote."""
    known = table["discount_share"].notna()
    return {
        **{f"n_{t}": int((table["behaviour"] == t).sum()) for t in TYPES if t != "new"},
        "n_new_customers": int((table["behaviour"] == "new").sum()),
        "discounts": "known" if known.any() else "unknown",
        "mean_discount_share": float(table.loc[known, "discount_share"].mean())
        if known.any()
        else None,
    }
