"""From purchase lines to one row per customer: the figures every later measure starts from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

DAYS_PER_UNIT = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
"""Length of a time unit in days."""

UNITS_PER_YEAR = {unit: 365.25 / days for unit, days in DAYS_PER_UNIT.items()}


def purchase_days(transactions: Table, refunds: str) -> Table:
    """Add up a customer's lines of one day into one purchase.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    refunds : {'net', 'drop', 'keep'}
        With `net`, a day that holds a refund and nets to nothing or less is no purchase; its money
        still counts in `total_spend`.

    Returns
    -------
    ibis Table
        `customer_id, day, orders` (distinct order numbers), `spend` (exact decimals), `bought`.
    """
    days = transactions.group_by("customer_id", day=transactions.date.date()).aggregate(
        orders=transactions.order_id.nunique(where=~transactions.is_refund),
        spend=transactions.amount.sum(),
        refunded=transactions.is_refund.any(),
        sold=(~transactions.is_refund).any(),
    )
    if refunds == "keep":
        return days.mutate(bought=ibis.literal(True), orders=ibis.greatest(days.orders, 1))
    return days.mutate(bought=days.sold & (~days.refunded | (days.spend > 0)))


def summary(
    transactions: Table, analysis_date: str, time_unit: str, refunds: str = "net"
) -> pd.DataFrame:
    """Summarise every customer with at least one purchase up to the analysis date.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`; lines after `analysis_date` are not looked at.
    analysis_date : str
        Last day observed, inclusive, ISO.
    time_unit : {'day', 'week', 'month'}
        Unit of `recency` and `T`. Time is *measured* in the unit, never rounded to it; purchases
        are merged by day only.
    refunds : {'net', 'drop', 'keep'}
        See `purchase_days`.

    Returns
    -------
    pandas.DataFrame
        Contract `summary`, one row per customer.

    References
    ----------
    Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", section 2.
    """
    end = date.fromisoformat(analysis_date)
    lines = transactions.filter(transactions.date < ibis.literal(end + timedelta(days=1)))
    days = purchase_days(lines, refunds)
    bought = days.filter(days.bought)
    first = bought.group_by("customer_id").aggregate(first_date=bought.day.min())
    dated = days.inner_join(first, "customer_id")
    repeat = dated.bought & (dated.day > dated.first_date)
    table = dated.group_by("customer_id").aggregate(
        first_date=dated.first_date.min(),
        last_date=dated.day.max(where=dated.bought),
        n_orders=dated.orders.sum(where=dated.bought),
        total_spend=dated.spend.sum(),
        frequency=repeat.sum(),
        repeat_spend=dated.spend.sum(where=repeat),
    )
    return _measured(table.order_by("customer_id").execute(), end, DAYS_PER_UNIT[time_unit])


def _measured(frame: pd.DataFrame, end: date, unit: float) -> pd.DataFrame:
    first, last = (pd.to_datetime(frame[c]) for c in ("first_date", "last_date"))
    repeats = frame["frequency"].astype("int64")
    spend = frame["repeat_spend"].fillna(0).astype(float)
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "first_date": first,
            "last_date": last,
            "n_orders": frame["n_orders"].astype("int64"),
            "days_since_last": (pd.Timestamp(end) - last).dt.days,
            "total_spend": frame["total_spend"].astype(float),
            "frequency": repeats,
            "recency": (last - first).dt.days / unit,
            "T": (pd.Timestamp(end) - first).dt.days / unit,
            "monetary_value": (spend / repeats.where(repeats > 0)).fillna(0.0),
        }
    )


def monthly(transactions: Table) -> pd.DataFrame:
    """Add up spend and count buying customers per calendar month.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.

    Returns
    -------
    pandas.DataFrame
        `month` (its first day), `spend` in currency, refunds deducted, `customers`; every month
        from the first to the last, 0 where nobody bought.
    """
    month = transactions.date.truncate("M").name("month")
    sums = transactions.group_by(month).aggregate(
        spend=transactions.amount.sum(),
        customers=transactions.customer_id.nunique(where=~transactions.is_refund),
    )
    frame = sums.order_by("month").execute()
    by_month = frame[["spend", "customers"]].astype(float).set_axis(pd.to_datetime(frame["month"]))
    full = pd.date_range(by_month.index.min(), by_month.index.max(), freq="MS")
    return by_month.reindex(full, fill_value=0.0).rename_axis("month").reset_index()
