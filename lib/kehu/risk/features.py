"""What is known of a customer up to a day, and of nothing after it."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.risk.population import HELD, Events, at_risk, within
from kehu.risk.windows import Windows

COUNTS = ("purchases", "breadth", "complaints", "contacts", "overdue_payments")
TYPICAL_GAPS = 2.0
"""Gaps of a typical customer that are mixed into each one's own."""

FEATURES = (
    "days_since_last", "overdue", "tenure_days", "purchases", "spend", "recent_share",
    "mean_order", "breadth", "refund_share", "complaints", "contacts", "overdue_payments",
    "contract_days", "renewals", "fee",
)  # fmt: skip
"""Features of a customer; those of tables the client did not give are blank and left out."""


def features(events: Events, windows: Windows, cut: date) -> pd.DataFrame:
    """Describe everyone who could leave at a day, by what had happened up to it.

    Parameters
    ----------
    events : Events
    windows : Windows
    cut : date
        Last day that is seen: no row after it is read.

    Returns
    -------
    pandas.DataFrame
        `customer_id` and `FEATURES`, by customer. `overdue` is days since the last purchase over
        the customer's own gap (`rhythm`); `spend`, `purchases`, `breadth` (products), `complaints`,
        `contacts` and `overdue_payments` are of the last window; `recent_share` is the share of its
        spend that falls in its second half, 0…1; `contract_days`, `renewals` and `fee` are of
        contracts running on the day.
    """
    table = at_risk(events, windows, cut)
    for part in _parts(events, windows, cut):
        joined = table.left_join(part, "customer_id")
        table = joined.drop("customer_id_right")
    found = table.order_by("customer_id").execute()
    counted = [c for c in COUNTS if c in found and found[c].notna().any()]
    found[counted] = found[counted].fillna(0)
    made = rhythm(found).reindex(columns=["customer_id", *FEATURES])
    return made.astype(dict.fromkeys(FEATURES, "float64"))


def rhythm(found: pd.DataFrame) -> pd.DataFrame:
    """Add how late each customer is by the own rhythm.

    Parameters
    ----------
    found : pandas.DataFrame
        `days_since_last, active_days` (first to last purchase), `all_purchases` (purchase days).

    Returns
    -------
    pandas.DataFrame
        With `overdue`, days since the last purchase over the customer's own mean gap.

    Notes
    -----
    As the life-cycle stage has it (`kehu.segments.rhythm`): with x gaps that span d days and a
    typical gap g, the own gap is (2 g + d) / (2 + x), g the mean over customers who came twice of
    their own mean gaps. Blank where nobody came twice.
    """
    if "all_purchases" not in found:
        return found.assign(overdue=np.nan)
    gaps = found["all_purchases"] - 1
    usual = (found["active_days"] / gaps.where(gaps > 0)).mean()
    own = (TYPICAL_GAPS * usual + found["active_days"]) / (TYPICAL_GAPS + gaps)
    return found.assign(overdue=found["days_since_last"] / own.clip(lower=1))


def _parts(events: Events, windows: Windows, cut: date) -> list[Table]:
    since = windows.since(cut)
    parts = [_bought(events.transactions, since, cut)]
    parts.append(_said(events.interactions, since, cut))
    parts.append(_owed(events.payments, since, cut))
    if events.relationship == HELD:
        parts.append(_contracts(events.holdings, cut))
    return parts


def _bought(transactions: Table, since: date, cut: date) -> Table:
    last = ibis.literal(cut)
    lines = transactions.filter(transactions.date.date() <= last)
    lines = lines.mutate(day=lines.date.date())
    middle = since + timedelta(days=(cut - since).days // 2)
    sold = ~lines.is_refund
    recent, later = within(lines.day, since, cut), within(lines.day, middle, cut)
    made = lines.group_by("customer_id").aggregate(
        first=lines.day.min(where=sold),
        last=lines.day.max(where=sold),
        all_purchases=lines.day.nunique(where=sold).cast("float64"),
        purchases=lines.day.nunique(where=sold & recent).cast("float64"),
        spend=lines.amount.sum(where=recent).fill_null(0).cast("float64"),
        sold=lines.amount.sum(where=recent & sold).fill_null(0).cast("float64"),
        later=lines.amount.sum(where=later & sold).fill_null(0).cast("float64"),
        breadth=lines.product_id.nunique(where=recent & sold).cast("float64"),
    )
    return made.select(
        "customer_id",
        "all_purchases",
        "purchases",
        "spend",
        "breadth",
        days_since_last=last.delta(made["last"], unit="day").cast("float64"),
        tenure_days=last.delta(made["first"], unit="day").cast("float64"),
        active_days=made["last"].delta(made["first"], unit="day").cast("float64"),
        recent_share=(made.later / made.sold.nullif(0)),
        mean_order=(made.sold / made.purchases.nullif(0)),
        refund_share=(1 - made.spend / made.sold.nullif(0)),
    )


def _said(interactions: Table, since: date, cut: date) -> Table:
    recent = interactions.filter(within(interactions.date.date(), since, cut))
    recent = recent.filter(recent.customer_id.notnull())
    complaint = recent.interaction == "complaint"
    return recent.group_by("customer_id").aggregate(
        complaints=complaint.sum().cast("float64"),
        contacts=(~complaint).sum().cast("float64"),
    )


def _owed(payments: Table, since: date, cut: date) -> Table:
    """Count the dues of the window that were not paid by their day, as known on the cut."""
    recent = payments.filter(within(payments.due.cast("date"), since, cut))
    late = recent.paid.isnull() | (recent.paid.cast("date") > recent.due.cast("date"))
    return recent.group_by("customer_id").aggregate(overdue_payments=late.sum().cast("float64"))


def _contracts(holdings: Table, cut: date) -> Table:
    last = ibis.literal(cut)
    known = holdings.filter(holdings.start.cast("date") <= last)
    running = known.end.isnull() | (known.end.cast("date") > last)
    made = known.group_by("customer_id").aggregate(
        start=known.start.cast("date").min(where=running),
        renewals=(~running).sum().cast("float64"),
        fee=known.fee.cast("float64").sum(where=running),
    )
    return made.select(
        "customer_id",
        "renewals",
        "fee",
        contract_days=last.delta(made.start, unit="day").cast("float64"),
    )
