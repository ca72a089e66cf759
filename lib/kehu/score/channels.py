"""By which channel each customer came, and what each channel cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.params_costs import Costing
from kehu.score.costing import Period, is_acquisition, money

UNKNOWN = "unknown"
"""Channel of customers and of spend of which none is told."""


@dataclass(frozen=True)
class Origin:
    """The channel each customer came by.

    Parameters
    ----------
    channels : pandas.Series of str
        By customer number: those of the summary, and those of the client's list.
    assigned : dict
        Customers of the summary by source: `list`, `order` (the channel of the first order, where
        the list has none), `unknown`.
    """

    channels: pd.Series
    assigned: dict[str, int]


@dataclass(frozen=True)
class Spend:
    """Spend on acquisition from the day its books begin.

    Parameters
    ----------
    rows : pandas.DataFrame
        `channel, cohort` (quarter of the cost), `spend` in ten-thousandths; a pair may be repeated.
    since : datetime.date or None
        First day the books cover; None where they hold nothing.
    last : datetime.date or None
        Day of the last cost.
    before : int
        Spend before `since`, not in `rows`.
    """

    rows: pd.DataFrame
    since: date | None
    last: date | None
    before: int


def channels_of(customers: Table, transactions: Table, summary: pd.DataFrame) -> Origin:
    """Find the channel each customer came by.

    Parameters
    ----------
    customers, transactions : ibis Table
        Contracts of those names.
    summary : pandas.DataFrame
        Contract `summary`.

    Returns
    -------
    Origin
    """
    told = customers.filter(customers.channel.notnull()).select("customer_id", "channel")
    listed = told.execute().set_index("customer_id")["channel"].astype("str")
    ids = pd.Index(summary["customer_id"])
    by_list = listed.reindex(ids)
    first = _first_order(transactions, summary[by_list.isna().to_numpy()])
    by_order = first.reindex(ids).where(by_list.isna())
    own = by_list.fillna(by_order).fillna(UNKNOWN)
    known = pd.concat([own, listed])
    counts = {"list": by_list.notna(), "order": by_order.notna()}
    assigned = {name: int(found.sum()) for name, found in counts.items()}
    assigned["unknown"] = len(ids) - sum(assigned.values())
    return Origin(known[~known.index.duplicated()], assigned)


def _first_order(transactions: Table, summary: pd.DataFrame) -> pd.Series:
    """Return the channel of the first line sold on the day of the first purchase, where given."""
    known = ibis.memtable(summary[["customer_id", "first_date"]])
    lines = transactions.filter(~transactions.is_refund).inner_join(known, "customer_id")
    lines = lines.filter(lines.date.date() == lines.first_date.date())
    order = [lines.date, lines.order_id, lines.source, lines.row]
    channel = lines.channel.first(order_by=order, include_null=True)
    found = lines.group_by("customer_id").aggregate(channel=channel).execute()
    return found.dropna().set_index("customer_id")["channel"].astype("str")


def acquisition_spend(costs: Table, spec: Costing, last: date, channels: pd.Series) -> Spend:
    """Add up spend on acquisition by channel and quarter.

    Parameters
    ----------
    costs : ibis Table
        Contract `costs`.
    spec : Costing
        Says whether common marketing cost is acquisition, and from when the books cover.
    last : datetime.date
        Last day looked at, inclusive.
    channels : pandas.Series
        Channel by customer number: where a cost names a customer and no channel, it is the
        customer's; where it names neither, it is `UNKNOWN`.

    Returns
    -------
    Spend
    """
    spent = costs.filter(is_acquisition(costs, spec.acquisition_includes_marketing))
    rows = Period(date.min, last).of(spent)
    ends = rows.aggregate(first=rows.date.min(), last=rows.date.max()).execute().iloc[0]
    if pd.isna(ends["first"]):
        return Spend(_by_quarter(rows, channels), None, None, 0)
    told = spec.acquisition_since
    since = date.fromisoformat(told) if told else ends["first"].date().replace(day=1)
    inside = Period(since, last).of(rows)
    earlier = Period(date.min, since - timedelta(days=1)).of(rows)
    before = earlier.aggregate(spend=money(earlier)).execute().iloc[0]["spend"]
    return Spend(_by_quarter(inside, channels), since, ends["last"].date(), int(before))


def quarters(dates: pd.Series) -> pd.Series:
    """Name the quarter of each date: 2026Q3."""
    return dates.dt.year.astype("str") + "Q" + dates.dt.quarter.astype("str")


def _by_quarter(rows: Table, channels: pd.Series) -> pd.DataFrame:
    rows = rows.mutate(quarter=rows.date.truncate("Q"))
    sums = rows.group_by("channel", "customer_id", "quarter").aggregate(spend=money(rows))
    frame = sums.order_by("channel", "customer_id", "quarter").execute()
    customers = channels.reindex(frame["customer_id"]).set_axis(frame.index)
    return pd.DataFrame(
        {
            "channel": frame["channel"].astype("str").fillna(customers).fillna(UNKNOWN),
            "cohort": quarters(pd.to_datetime(frame["quarter"])),
            "spend": frame["spend"].astype("int64"),
        }
    )
