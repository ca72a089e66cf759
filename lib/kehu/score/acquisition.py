"""What winning a customer costs, what the customer brings, and when the cost is earned back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.params_costs import Costing
from kehu.score.channels import acquisition_spend, channels_of, quarters
from kehu.score.costing import SCALE, Period, counted, in_units
from kehu.score.payback import curve, months_observed, payback, revenue_by_age

ALL = "all"
"""The cohort of every period, and the channel of every channel in `Acquisition.overall`."""


@dataclass(frozen=True)
class Acquisition:
    """Cost of acquisition and what it bought, by channel and period.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `acquisition`: each channel by quarter of the first purchase, and `all` of them.
    overall : pandas.DataFrame
        The same over all channels, `channel` being `all`; the last row is `all` cohorts.
    curves : pandas.DataFrame
        `channel` (and `all`), `month` of age, `customers` old enough, `contribution` per head
        cumulated up to the end of the month, in currency.
    since : datetime.date or None
        First day the books of acquisition cover; None: no such cost is given.
    last_spend : datetime.date or None
        Day of the last such cost.
    before : int
        Customers won before `since`: no cost is known of them, and they are in none of the tables.
    spend_before : float
        Such costs before `since`, in currency, not used.
    assigned : dict
        Customers by where their channel comes from: `list`, `order`, `unknown`.
    """

    table: pd.DataFrame
    overall: pd.DataFrame
    curves: pd.DataFrame
    since: date | None
    last_spend: date | None
    before: int
    spend_before: float
    assigned: dict[str, int]


def acquisition(
    transactions: Table,
    costs: Table,
    customers: Table,
    summary: pd.DataFrame,
    clv: pd.DataFrame,
    *,
    how: Mapping[str, Any],
    analysis_date: str,
    refunds: str,
    margin: float,
) -> Acquisition:
    """Set the cost of acquisition against what new customers have brought and are expected to.

    Parameters
    ----------
    transactions, costs, customers : ibis Table
        Contracts of those names; `costs` may be empty.
    summary, clv : pandas.DataFrame
        Contracts of those names, the same customers; `clv` may be empty: no value ahead then.
    how : mapping
        Parameter `costing`; what is left out takes its default.
    analysis_date : str
        Last day observed, inclusive, ISO.
    refunds : {'net', 'drop', 'keep'}
        As in `profit`.
    margin : float
        Share of spend that is contribution, 0…1: the one behind `clv`, so that value so far and
        value ahead are of one kind.

    Returns
    -------
    Acquisition

    Raises
    ------
    KehuError
        KH-D11: there are no customers.
    ValueError
        A parameter out of its range, or `summary` and `clv` hold different customers.

    Notes
    -----
    A new customer counts where and when the first purchase falls. CAC is spend over new customers
    of the same channel and period; blank where nobody was won or no spend is on the books, 0 where
    customers came by a channel without spend. Spend booked to a customer goes to that customer's
    channel. Spend and customers add up to the totals over channels and over periods.

    The value of a customer is contribution so far and lifetime value ahead; three times CAC is the
    usual mark. Payback is the first month of age at whose end contribution per head, over
    customers old enough, reaches CAC; blank where it has not within the months observed.

    References
    ----------
    Blattberg, Deighton (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
    Review 74(4).
    """
    _require(summary, clv, margin)
    spec, last = Costing.of(how), date.fromisoformat(analysis_date)
    origin = channels_of(customers, transactions, summary)
    spent = acquisition_spend(costs, spec, last, origin.channels)
    people = _people(summary, clv, origin.channels, last)
    won = people if spent.since is None else people[people["first_date"] >= str(spent.since)]
    lines = counted(Period(date.min, last).of(transactions), refunds)
    groups = won[["group", "channel", "cohort"]].drop_duplicates()
    cells = revenue_by_age(lines, won).merge(groups, on="group", validate="m:1")
    books = _Books(won, spent.rows, cells, spent.since is not None, margin, not clv.empty)
    quarterly, whole = _measured(books, "channel", "cohort"), _measured(books, "channel")
    overall, total = _measured(books, "cohort"), _measured(books)
    return Acquisition(
        table=_rows([*quarterly, *whole]),
        overall=_rows([*overall, *total]),
        curves=pd.concat([shown for _, shown in (*total, *whole)], ignore_index=True),
        since=spent.since,
        last_spend=spent.last,
        before=len(people) - len(won),
        spend_before=spent.before / SCALE,
        assigned=origin.assigned,
    )


@dataclass(frozen=True)
class _Books:
    """New customers, spend on them and their revenue by age, each with channel and cohort."""

    people: pd.DataFrame
    spend: pd.DataFrame
    cells: pd.DataFrame
    spend_known: bool
    margin: float
    ahead_known: bool


def _require(summary: pd.DataFrame, clv: pd.DataFrame, margin: float) -> None:
    if summary.empty:
        raise KehuError(Problem("KH-D11", "summary", "there are no customers who were won."))
    if not 0 <= margin <= 1:
        raise ValueError(f"margin must be 0…1, got {margin}")
    ids, valued = (pd.Index(f["customer_id"]).sort_values() for f in (summary, clv))
    if not clv.empty and not ids.equals(valued):
        raise ValueError("summary and clv hold different customers")


def _people(
    summary: pd.DataFrame, clv: pd.DataFrame, channels: pd.Series, last: date
) -> pd.DataFrame:
    """Return each customer's channel, cohort, months observed, spend and value ahead."""
    people = summary[["customer_id", "first_date", "total_spend"]].assign(
        channel=summary["customer_id"].map(channels),
        cohort=quarters(summary["first_date"]),
        observed=months_observed(summary["first_date"], last),
        clv=summary["customer_id"].map(clv.set_index("customer_id")["clv"]),
    )
    return people.assign(group=people.groupby(["channel", "cohort"]).ngroup())


def _measured(books: _Books, *by: str) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """Measure each group of the columns named, and `ALL` in the others."""
    both = ["channel", "cohort"]
    others = {column: ALL for column in both if column not in by}
    frames = [f.assign(**others) for f in (books.people, books.spend, books.cells)]
    groups = [dict(iter(frame.groupby(both))) for frame in frames]
    keys = sorted({*groups[0], *groups[1]}) or [(ALL, ALL)][len(by) :]
    found = []
    for key in keys:
        parts = (g.get(key, f.iloc[:0]) for g, f in zip(groups, frames, strict=True))
        found.append(_row(books, key, *parts))
    return found


def _row(
    books: _Books,
    key: tuple[str, str],
    people: pd.DataFrame,
    spend: pd.DataFrame,
    cells: pd.DataFrame,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Measure one group; return its row of the contract and its curve."""
    n, cost = len(people), int(spend["spend"].sum()) / SCALE
    cac = cost / n if n and books.spend_known and cost >= 0 else None
    by_age = curve(cells, people["observed"])
    earned = by_age["revenue"] * books.margin
    revenue = int(in_units(people["total_spend"]).sum()) / SCALE
    to_date = books.margin * revenue / n if n else None
    ahead = math.fsum(people["clv"]) / n if n and books.ahead_known else None
    whole = to_date + ahead if to_date is not None and ahead is not None else None
    row = {
        "channel": key[0],
        "cohort": key[1],
        "acquisition_cost": cost,
        "new_customers": n,
        "cac": cac,
        "value_to_date": to_date,
        "value_ahead": ahead,
        "value_to_cac": whole / cac if cac and whole is not None else None,
        "payback_months": payback(earned, cac),
    }
    shown = by_age[["month", "customers"]].assign(contribution=earned)
    shown.insert(0, "channel", key[0])
    return row, shown


def _rows(found: list[tuple[dict[str, Any], pd.DataFrame]]) -> pd.DataFrame:
    floats = ("acquisition_cost", "cac", "value_to_date", "value_ahead", "value_to_cac",
              "payback_months")  # fmt: skip
    table = pd.DataFrame([row for row, _ in found])
    ordered = table.astype({"new_customers": "int64", **dict.fromkeys(floats, "float64")})
    return ordered.sort_values(["channel", "cohort"], ignore_index=True)
