"""From purchase lines to one row per customer: the figures every later measure starts from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, Scalar, Table

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
    lines = _lines(transactions, refunds, analysis_date)
    orders = lines.group_by("customer_id", "order_id", "day").aggregate(**_sums(lines))
    days = orders.group_by("customer_id", "day").aggregate(
        orders=orders.count(where=_stands(orders)),
        spend=orders.spend.sum(),
        back=orders.back.sum(),
    )
    bought = (days.orders > 0) & ((days.back == 0) | (days.spend > 0))
    return days.mutate(bought=bought).drop("back")


def buying_days(
    transactions: Table, refunds: str = "net", analysis_date: str | None = None
) -> Table:
    """Return the days on which customers bought: those of `purchase_days`, without what they hold.

    Parameters
    ----------
    transactions, refunds, analysis_date
        As in `purchase_days`.

    Returns
    -------
    ibis Table
        `customer_id, day`, one row per purchase.

    Raises
    ------
    ValueError
        `refunds` is none of the three.

    Notes
    -----
    Orders need not be told apart here, which takes a third of the time: a refund is a negative
    line, so where a day's spend is above 0 or nothing came back, some order of that day stands.
    """
    lines = _lines(transactions, refunds, analysis_date)
    days = lines.group_by("customer_id", "day").aggregate(**_sums(lines))
    return days.filter(_stands(days)).select("customer_id", "day")


def _lines(transactions: Table, refunds: str, analysis_date: str | None) -> Table:
    """Return the lines looked at, with their day and whether they take something back."""
    if refunds not in REFUNDS:
        raise ValueError(f"refunds must be one of {REFUNDS}, got {refunds!r}")
    lines = transactions if analysis_date is None else observed(transactions, analysis_date)
    lines = lines.filter(~lines.is_refund) if refunds == "drop" else lines
    back = lines.is_refund & ibis.literal(refunds == "net")
    return lines.select("customer_id", "order_id", "amount", day=lines.date.date(), back=back)


def _sums(lines: Table) -> dict[str, Scalar]:
    """Sum up money, lines sold and lines taken back."""
    return {
        "spend": lines.amount.sum(),
        "sold": lines.count(where=~lines.back),
        "back": lines.count(where=lines.back),
    }


def _stands(sums: Table) -> BooleanValue:
    """Whether something was sold, and not all of it taken back."""
    return (sums.sold > 0) & ((sums.back == 0) | (sums.spend > 0))


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
    unit, end = unit_days(time_unit), date.fromisoformat(analysis_date)
    days = purchase_days(transactions, refunds, analysis_date)
    bought = days.bought
    table = days.group_by("customer_id").aggregate(
        first_date=days.day.min(where=bought),
        last_date=days.day.max(where=bought),
        n_orders=days.orders.sum(where=bought),
        total_spend=days.spend.sum().cast("float64"),
        frequency=days.count(where=bought) - 1,
        repeat_spend=(
            days.spend.sum(where=bought) - days.spend.argmin(days.day, where=bought)
        ).cast("float64"),
    )
    frame = table.filter(table.frequency >= 0).order_by("customer_id").execute()
    _require_rows(frame, f"nobody bought anything up to {analysis_date}.")
    return _measured(frame, end, unit)


def _require_rows(frame: pd.DataFrame, what: str) -> None:
    if frame.empty:
        remedy = "Check `analysis_date`, `refunds` and the files."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))


def _measured(frame: pd.DataFrame, end: date, unit: float) -> pd.DataFrame:
    first, last = (pd.to_datetime(frame[c]) for c in ("first_date", "last_date"))
    repeats = frame["frequency"].astype("int64")
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "first_date": first,
            "last_date": last,
            "n_orders": frame["n_orders"].astype("int64"),
            "days_since_last": (pd.Timestamp(end) - last).dt.days,
            "total_spend": frame["total_spend"],
            "frequency": repeats,
            "recency": (last - first).dt.days / unit,
            "T": (pd.Timestamp(end) - first).dt.days / unit,
            "monetary_value": (frame["repeat_spend"] / repeats).where(repeats > 0, 0.0),
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
