"""From a client's contracts to how long each customer has stayed, and who has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.value.billing import GRACE_DAYS, SLACK_DAYS, Days, renewals, require_period

_RUNNING = date(9999, 12, 31)


@dataclass(frozen=True)
class Books:
    """What became of the rows of `holdings`.

    Parameters
    ----------
    rows : int
        Rows in all.
    without_start : int
        Without a first day: tenure is unknown, the row is not used.
    first_without_start : str
        The first of them, `file:row`; empty where there is none.
    reversed : int
        That end before they start; not used.
    not_begun : int
        That start after the analysis date; not used.
    customers : int
        Customers in all.
    customers_without_start : int
        Customers of whom no row can be used and at least one has no first day: they have no tenure,
        and no value can be given.
    """

    rows: int
    without_start: int
    first_without_start: str
    reversed: int
    not_begun: int
    customers: int
    customers_without_start: int


@dataclass(frozen=True)
class Tenures:
    """The customers under contract as known at the end of a day.

    Parameters
    ----------
    customers : pandas.DataFrame
        One row per customer, by number; the last relationship of each. `customer_id`; `plan`, text,
        the product the relationship began with; `started`, date; `tenure`, renewals made, that is
        whole billing periods completed and followed by another; `ended`, bool; `ended_on`, date,
        blank while running; `fee`, currency per billing period, the sum of all contracts that run
        on the day, 0 when ended, blank where the fee of one of them is missing; `entered`, billing
        periods begun before observation; `relationships`, how many the customer has had.
    spells : pandas.DataFrame
        The same for every relationship, earlier ones included; more than one row per customer.
    lifetimes : pandas.DataFrame
        What the models are fitted to: distinct `plan, duration, ended, entered` of all
        relationships and their number `count`; see `Notes` of `tenures`.
    books : Books
        What became of the rows.
    as_of : str
        The day, ISO.
    period : {'month', 'quarter', 'year'}
        Billing period.
    grace_days, slack_days : int
        How late a renewal may come, and the end of a contract be written.
    observed_since : str or None
        First day from which losses are in the data, ISO; None where they always were.
    """

    customers: pd.DataFrame
    spells: pd.DataFrame
    lifetimes: pd.DataFrame
    books: Books
    as_of: str
    period: str
    grace_days: int
    slack_days: int
    observed_since: str | None


def tenures(
    holdings: Table,
    as_of: str,
    period: str = "year",
    *,
    grace_days: int | None = None,
    slack_days: int = SLACK_DAYS,
    observed_since: str | None = None,
) -> Tenures:
    """Measure how long every customer has been under contract, as known at the end of a day.

    Parameters
    ----------
    holdings : ibis Table
        Contract `holdings`. Rows that start after `as_of` are not looked at, nor ends after it: a
        contract that ends later is still running then.
    as_of : str
        Last day observed, inclusive, ISO; a contract whose last day it is has ended.
    period : {'month', 'quarter', 'year'}
        Billing period, by the calendar: from the 31st of a month to the last day of the next.
    grace_days : int, optional
        How late a renewal may come and still be one; left out, 7 days for a month, 15 for a
        quarter, 31 for a year.
    slack_days : int
        How long after the end of a period the end of a contract may be written and still belong to
        that period: 1 for files that give the first day without contract, more where notices are
        booked late.
    observed_since : str, optional
        First day from which losses are in the data, ISO. Give it where the file holds only
        contracts that ran on that day or later; left out, losses are taken to be complete.

    Returns
    -------
    Tenures

    Raises
    ------
    KehuError
        KH-D11: no row has a first day up to `as_of`.
    ValueError
        Unknown `period`, negative days, or more slack than grace.

    Notes
    -----
    A customer is there while any contract runs. Contracts that overlap, or follow each other with
    at most `grace_days` between, are one relationship: a file with one row per term, a change of
    plan and a late renewal do not look like a loss. After a longer gap a new relationship begins,
    with tenure 0; both count in the fit, the last one in `customers`.

    A renewal is made when the next period has begun, and `slack_days` have passed. Who leaves in a
    period leaves at its end, whatever the day.

    In the fit only periods count that were observed from beginning to end, and `grace_days` more. A
    period that runs on the day would show its losses and not its renewals, which come only with its
    end; one that ran when observation began likewise; and of those who let their contract run out
    in the last days some will still renew.
    """
    require_period(period)
    grace = GRACE_DAYS[period] if grace_days is None else grace_days
    if not 0 <= slack_days <= max(grace, SLACK_DAYS):
        raise ValueError(f"slack_days must lie in 0...grace_days, got {slack_days} and {grace}")
    day = date.fromisoformat(as_of)
    books = _books(holdings, day)
    spells = _spells(holdings, day, grace)
    if spells.empty:
        what = f"none of {books.rows:,} rows has a first day up to {as_of}."
        remedy = "Map `start` in sources.holdings, or check `analysis_date`."
        raise KehuError(Problem("KH-D11", "holdings.start", what, remedy))
    since = None if observed_since is None else date.fromisoformat(observed_since)
    measured = _measured(spells, day, period, slack_days, since)
    last = measured["customer_id"].duplicated(keep="last")
    lifetimes = _lifetimes(measured, day, period, grace)
    customers = measured[~last].rename(columns={"spell": "relationships"}).reset_index(drop=True)
    return Tenures(
        customers, measured, lifetimes, books, as_of, period, grace, slack_days, observed_since
    )


def _books(holdings: Table, day: date) -> Books:
    start, end = holdings.start, holdings.end
    blank, late = start.isnull(), start > ibis.literal(day)
    backwards = (end < start).fill_null(False)
    usable = ~blank & ~late.fill_null(False) & ~backwards
    by_customer = holdings.group_by("customer_id").aggregate(
        lost=(blank.any() & ~usable.any()).cast("int64")
    )
    place = holdings.source + ":" + holdings.row.cast("string")
    counts = holdings.aggregate(
        rows=holdings.count(),
        without_start=blank.sum().fill_null(0),
        first_without_start=place.first(where=blank, order_by=[holdings.source, holdings.row]),
        reversed=backwards.sum().fill_null(0),
        not_begun=(late & ~backwards).sum().fill_null(0),
        customers=holdings.customer_id.nunique(),
    )
    found = counts.execute().iloc[0].to_dict()
    first = found.pop("first_without_start")
    lost = int(by_customer.lost.sum().fill_null(0).execute())
    numbers = {name: int(value) for name, value in found.items()}
    return Books(
        **numbers, first_without_start="" if pd.isna(first) else str(first),
        customers_without_start=lost,
    )  # fmt: skip


def _spells(holdings: Table, day: date, grace: int) -> pd.DataFrame:
    """Join contracts into relationships, in the engine; one row each, by customer and beginning."""
    begun = holdings.start <= ibis.literal(day)
    rows = holdings.filter(begun & (holdings.end.isnull() | (holdings.end >= holdings.start)))
    over = rows.end.notnull() & (rows.end <= ibis.literal(day))
    rows = rows.mutate(last_day=ibis.ifelse(over, rows.end, ibis.literal(_RUNNING)))
    order = {"group_by": "customer_id", "order_by": ["start", "last_day", "source", "row"]}
    before = rows.last_day.max().over(ibis.window(**order, preceding=(None, 1)))
    gap = rows.start.delta(before, unit="day") - 1
    rows = rows.mutate(new=(before.isnull() | (gap > grace)).cast("int64"))
    number = rows.new.sum().over(ibis.window(**order, preceding=None, following=0))
    rows = rows.mutate(spell=number, here=rows.last_day > ibis.literal(day))
    cheapest_last = [rows.start, ibis.desc(rows.fee), rows["product"]]
    table = rows.group_by("customer_id", "spell").aggregate(
        plan=rows["product"].fill_null("").first(order_by=cheapest_last),
        started=rows.start.min(),
        ended_on=ibis.ifelse(rows.here.any(), ibis.null("date"), rows.last_day.max()),
        fee=rows.fee.sum(where=rows.here),
        unpriced=(rows.here & rows.fee.isnull()).sum(),
    )
    return table.order_by("customer_id", "spell").execute()


def _measured(
    spells: pd.DataFrame, day: date, period: str, slack: int, since: date | None
) -> pd.DataFrame:
    """Add tenure, what lay before observation, and the fee as a number."""
    started, until = _days(spells["started"]), _days(spells["ended_on"])
    ended = ~np.isnat(until)
    until = np.where(ended, until, np.datetime64(day, "D"))
    fee = spells["fee"].astype(float).where(spells["unpriced"] == 0).mask(ended, 0.0)
    entered = np.zeros(len(spells), dtype=np.int64)
    if since is not None:
        earlier = started < np.datetime64(since, "D")
        eve = np.full(len(spells), np.datetime64(since - timedelta(days=1), "D"))
        entered = np.where(earlier, renewals(started, eve, period, 0) + 1, 0)
    return pd.DataFrame(
        {
            "customer_id": spells["customer_id"],
            "plan": spells["plan"],
            "started": pd.to_datetime(spells["started"]),
            "tenure": renewals(started, until, period, slack),
            "ended": ended,
            "ended_on": pd.to_datetime(spells["ended_on"]),
            "fee": fee,
            "entered": entered,
            "spell": spells["spell"].astype("int64"),
        }
    )


def _lifetimes(spells: pd.DataFrame, day: date, period: str, grace: int) -> pd.DataFrame:
    """Count distinct lifetimes, of periods observed from beginning to end alone."""
    started = _days(spells["started"])
    today = np.full(len(spells), np.datetime64(day, "D"))
    decided = renewals(started, today, period, grace)
    tenure = spells["tenure"].to_numpy()
    left = spells["ended"].to_numpy() & (tenure < decided)
    frame = pd.DataFrame(
        {
            "plan": spells["plan"],
            "duration": np.minimum(tenure + left, decided),
            "ended": left,
            "entered": spells["entered"],
        }
    )
    told = frame[frame["duration"] > frame["entered"]]
    return told.groupby(list(frame.columns)).size().rename("count").reset_index()


def _days(dates: pd.Series) -> Days:
    return pd.to_datetime(dates).to_numpy().astype("datetime64[D]")
