"""From purchase lines to one row per customer: the figures every later measure starts from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem

DAYS_PER_UNIT = {
    "day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25,
}  # fmt: skip
"""Length of a time unit in days."""

UNITS_PER_YEAR = {unit: 365.25 / days for unit, days in DAYS_PER_UNIT.items()}

REFUNDS = ("net", "drop", "keep")
"""Ways to treat refunds; see `purchase_days`."""


def unit_days(time_unit: str) -> float:
    """Return the length of a time unit in days, or refuse an unknown one (ValueError)."""
    if time_unit not in DAYS_PER_UNIT:
        raise ValueError(f"time_unit must be one of {tuple(DAYS_PER_UNIT)}, got {time_unit!r}")
    return DAYS_PER_UNIT[time_unit]


def purchase_days(
    transactions: Table, refunds: str = "net", analysis_date: str | None = None
) -> Table:
    """Add up a customer's lines of one day into one purchase.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    refunds : {'net', 'drop', 'keep'}
        `net`: refunds reduce spend (see Notes); `drop`: they are left out; `keep`: a refund is a
        line like any other, so a day of refunds alone is a purchase of negative money.
    analysis_date : str, optional
        Last day looked at, inclusive, ISO.

    Returns
    -------
    ibis Table
        `customer_id, day, orders` (that stand), `spend` (currency, exact decimals), `bought`
        (whether the day is a purchase).

    Raises
    ------
    ValueError
        `refunds` is none of the three.

    Notes
    -----
    With `net`, an order refunded in full on its own day is no order, and a day on which refunds
    reach what was sold is no purchase; a refund that names no order of that day counts against the
    day. On a later day a refund lowers that day's `spend` and leaves the purchase standing: what
    is known of a day never depends on later ones. A purchase of 0.00 is a purchase.
    """
    if refunds not in REFUNDS:
        raise ValueError(f"refunds must be one of {REFUNDS}, got {refunds!r}")
    lines = transactions if analysis_date is None else observed(transactions, analysis_date)
    lines = lines.filter(~lines.is_refund) if refunds == "drop" else lines
    lines = lines.mutate(back=lines.is_refund & ibis.literal(refunds == "net"))
    orders = lines.group_by("customer_id", "order_id", day=lines.date.date()).aggregate(
        spend=lines.amount.sum(), sold=(~lines.back).any(), refunded=lines.back.any()
    )
    orders = orders.mutate(stands=orders.sold & (~orders.refunded | (orders.spend > 0)))
    days = orders.group_by("customer_id", "day").aggregate(
        orders=orders.stands.sum(), spend=orders.spend.sum(), refunded=orders.refunded.any()
    )
    bought = (days.orders > 0) & (~days.refunded | (days.spend > 0))
    return days.mutate(bought=bought).drop("refunded")


def observed(transactions: Table, analysis_date: str) -> Table:
    """Return the lines up to the analysis date, inclusive."""
    after = date.fromisoformat(analysis_date) + timedelta(days=1)
    return transactions.filter(transactions.date < ibis.literal(after))


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
    time_unit : {'day', 'week', 'month', 'quarter', 'year'}
        Unit of `recency` and `T`. Time is *measured* in the unit, never rounded to it; purchases
        are merged by day only.
    refunds : {'net', 'drop', 'keep'}
        See `purchase_days`.

    Returns
    -------
    pandas.DataFrame
        Contract `summary`, one row per customer, by customer number. Who has refunds but no
        purchase has no row.

    Raises
    ------
    KehuError
        KH-D11: nobody bought anything up to the analysis date.

    Notes
    -----
    `total_spend` holds all lines of the customer, refunds of later days included; `monetary_value`
    holds the repeat purchase days as they stood at the end of the day.

    References
    ----------
    Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", section 2.
    """
    unit = unit_days(time_unit)
    days = purchase_days(transactions, refunds, analysis_date)
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
    frame = table.order_by("customer_id").execute()
    _require_rows(frame, f"nobody bought anything up to {analysis_date}.")
    return _measured(frame, date.fromisoformat(analysis_date), unit)


def _require_rows(frame: pd.DataFrame, what: str) -> None:
    if frame.empty:
        remedy = "Check `analysis_date`, `refunds` and the files."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))


def _measured(frame: pd.DataFrame, end: date, unit: float) -> pd.DataFrame:
    first, last = (pd.to_datetime(frame[c]) for c in ("first_date", "last_date"))
    repeats = frame["frequency"].astype("int64")
    spend = frame["repeat_spend"].astype(float)
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
            "monetary_value": (spend / repeats).where(repeats > 0, 0.0),
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

    Raises
    ------
    KehuError
        KH-D11: there are no lines.
    """
    month = transactions.date.truncate("M").name("month")
    sums = transactions.group_by(month).aggregate(
        spend=transactions.amount.sum(),
        customers=transactions.customer_id.nunique(where=~transactions.is_refund),
    )
    frame = sums.order_by("month").execute()
    _require_rows(frame, "there are no lines.")
    frame = frame.astype({"spend": float, "customers": "int64"})
    by_month = frame.set_index(pd.to_datetime(frame["month"]))[["spend", "customers"]]
    full = pd.date_range(by_month.index.min(), by_month.index.max(), freq="MS")
    return by_month.reindex(full, fill_value=0).rename_axis("month").reset_index()
