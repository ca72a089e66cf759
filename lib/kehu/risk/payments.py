"""What payments say of a customer up to a day, and who paid very late in the window after it."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.risk.population import within
from kehu.risk.windows import Windows

FEATURES = (
    "dues", "late_share", "mean_days_late", "worst_days_late", "days_past_due", "exposure",
    "overdue_amount", "overdue_part", "late_trend",
)  # fmt: skip
"""Features of payment behaviour, numbers all; see `behaviour`."""


def behaviour(payments: Table, windows: Windows, cut: date) -> pd.DataFrame:
    """Describe how each customer has paid, as known on a day.

    Parameters
    ----------
    payments : ibis Table
        Contract `payments`.
    windows : Windows
    cut : date
        Last day that is seen: a due paid later was open on it, and later dues are not read.

    Returns
    -------
    pandas.DataFrame
        One row per customer with a due, by customer: `customer_id`; `dues`, their number;
        `late_share` paid or open after their day, 0…1; `mean_days_late` (0 where paid in time) and
        `worst_days_late`; `days_past_due` of the oldest open due; `exposure`, what is open,
        `overdue_amount`, what of it is past its day, in currency, and `overdue_part`, its share,
        0…1; `late_trend`, the late share of the last window less that of all dues.
    """
    last = ibis.literal(cut)
    known = payments.filter(payments.due.cast("date") <= last)
    due, paid = known.due.cast("date"), known.paid.cast("date")
    is_open = paid.isnull() | (paid > last)
    settled = ibis.ifelse(is_open, last, paid)
    days = settled.delta(due, unit="day").cast("float64").clip(lower=0)
    rows = known.mutate(days=days, open=is_open, recent=within(due, windows.since(cut), cut))
    late = rows.days > 0
    made = rows.group_by("customer_id").aggregate(
        dues=rows.count().cast("float64"),
        late_share=late.mean(),
        total_days=rows.days.sum(),
        worst_days_late=rows.days.max(),
        days_past_due=rows.days.max(where=rows.open).fill_null(0.0),
        exposure=rows.amount.sum(where=rows.open).fill_null(0).cast("float64"),
        overdue_amount=rows.amount.sum(where=rows.open & late).fill_null(0).cast("float64"),
        late_recently=late.mean(where=rows.recent),
    )
    told = made.order_by("customer_id").execute()
    told = told.assign(
        mean_days_late=told["total_days"] / told["dues"],
        overdue_part=(told["overdue_amount"] / told["exposure"]).where(told["exposure"] > 0, 0.0),
        late_trend=(told["late_recently"] - told["late_share"]).fillna(0.0),
    )
    return told[["customer_id", *FEATURES]].astype(dict.fromkeys(FEATURES, "float64"))


def turned_bad(payments: Table, windows: Windows, cut: date, bad_days: int) -> pd.DataFrame:
    """Tell who paid very late in the window after a day.

    Parameters
    ----------
    payments : ibis Table
        Contract `payments`.
    windows : Windows
    cut : date
        Day before the window.
    bad_days : int
        Days overdue from which a customer counts as bad.

    Returns
    -------
    pandas.DataFrame
        `customer_id, bad`, by customer, of those whose outcome can be known: with a due early
        enough in the window to be overdue by `bad_days` at its end. A due that was past its day on
        the cut already is not one of the window.
    """
    end = windows.until(cut)
    judged = within(payments.due.cast("date"), cut, end - timedelta(days=bad_days))
    rows = payments.filter(judged)
    due, paid = rows.due.cast("date"), rows.paid.cast("date")
    until = ibis.ifelse(paid.isnull() | (paid > ibis.literal(end)), ibis.literal(end), paid)
    bad = until.delta(due, unit="day") >= bad_days
    told = rows.mutate(bad=bad).group_by("customer_id").aggregate(bad=ibis._.bad.any())
    return told.order_by("customer_id").execute()
