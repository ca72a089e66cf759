"""What a costing period holds: sales, contacts and costs per customer, exact, from the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, IntegerScalar, Table

from kehu.score.allocate import RESOLUTION

SCALE = 10**RESOLUTION
"""Money is counted in ten-thousandths, the resolution of the contracts, so that sums are exact."""

CONTACTS = ("contact", "visit", "enquiry", "service", "complaint")
"""Kinds of interaction that take the time of service staff."""

REFUNDS = ("net", "drop", "keep")
"""Ways to treat refunds, as in the parameter `refunds`."""


@dataclass(frozen=True)
class Period:
    """Days that are costed.

    Parameters
    ----------
    first, last : datetime.date
        Both inclusive.
    """

    first: date
    last: date

    def of(self, table: Table) -> Table:
        """Return the rows of a table with `date` in the period."""
        after = self.last + timedelta(days=1)
        return table.filter(
            table.date >= ibis.literal(self.first), table.date < ibis.literal(after)
        )


def period(analysis_date: str, months: int) -> Period:
    """Return the whole months up to the analysis date: twelve to 2026-09-30 start on 2025-10-01.

    Parameters
    ----------
    analysis_date : str
        Last day, inclusive, ISO.
    months : int
        1 or more.

    Returns
    -------
    Period
        Starts on the day of the month after `analysis_date`'s; on the last of a shorter month.
    """
    last = date.fromisoformat(analysis_date)
    first = pd.Timestamp(last + timedelta(days=1)) - pd.DateOffset(months=months)
    return Period(first.date(), last)


def money(table: Table, column: str = "amount", where: ibis.Value | None = None) -> IntegerScalar:
    """Add up a money column in ten-thousandths, exactly; 0 where there is none."""
    return (table[column].sum(where=where) * SCALE).cast("int64").fill_null(0)


def in_units(amounts: pd.Series) -> pd.Series:
    """Return money as whole ten-thousandths: floats of the tables back to what they came from."""
    return (amounts * SCALE).round().astype("int64")


def counted(transactions: Table, refunds: str) -> Table:
    """Return the lines that count as revenue; see the parameter `refunds`.

    Raises
    ------
    ValueError
        `refunds` is none of net, drop, keep.
    """
    if refunds not in REFUNDS:
        raise ValueError(f"refunds must be one of {REFUNDS}, got {refunds!r}")
    return transactions.filter(~transactions.is_refund) if refunds == "drop" else transactions


def sales(lines: Table) -> pd.DataFrame:
    """Add up the lines of each customer.

    Parameters
    ----------
    lines : ibis Table
        Contract `transactions`; its column `goods_cost`, the cost of a line's goods with the sign
        of its amount, is read where the table has it.

    Returns
    -------
    pandas.DataFrame
        By customer number: `revenue`, `sold` (before refunds), `goods` (cost where lines give
        it), `unpriced` (revenue of lines that do not), all in 1/SCALE; `orders` with a line sold,
        `lines`, `unpriced_lines`.

    Notes
    -----
    An order that was cancelled counts as an order: it costs as much to handle as another.
    """
    given = "goods_cost" in lines.columns
    cost = lines.goods_cost if given else ibis.null("decimal(18, 4)")
    lines = lines.mutate(goods=cost)
    frame = (
        lines.group_by("customer_id")
        .aggregate(
            revenue=money(lines),
            sold=money(lines, where=~lines.is_refund),
            goods=money(lines, "goods"),
            unpriced=money(lines, where=lines.goods.isnull()),
            orders=lines.order_id.nunique(where=~lines.is_refund),
            lines=lines.count(),
            unpriced_lines=lines.goods.isnull().sum(),
        )
        .execute()
    )
    return _by_customer(frame)


def contacts(interactions: Table) -> pd.DataFrame:
    """Count the interactions of each customer that take the time of service staff: `contacts`."""
    known = interactions.filter(
        interactions.interaction.isin(CONTACTS), interactions.customer_id.notnull()
    )
    frame = known.group_by("customer_id").aggregate(contacts=known.count()).execute()
    return _by_customer(frame)


def campaign_contacts(campaigns: Table) -> pd.DataFrame:
    """Count campaign contacts and add up their cost, `amount` in 1/SCALE, per customer."""
    sums = campaigns.group_by("customer_id").aggregate(
        contacts=campaigns.count(), amount=money(campaigns)
    )
    return _by_customer(sums.execute())


def cost_sums(costs: Table) -> pd.DataFrame:
    """Add up cost rows by kind and customer; without a customer number the cost is common.

    Parameters
    ----------
    costs : ibis Table
        Contract `costs`.

    Returns
    -------
    pandas.DataFrame
        `cost`, `customer_id` (blank: common cost), `amount` in 1/SCALE, `rows`.
    """
    sums = costs.group_by("cost", "customer_id").aggregate(amount=money(costs), rows=costs.count())
    frame = sums.order_by("cost", "customer_id").execute()
    return frame.astype({"amount": "int64", "rows": "int64"})


def is_acquisition(costs: Table, with_marketing: bool) -> BooleanValue:
    """Tell which rows of `costs` are spend on acquisition; see `acquisition_includes_marketing`."""
    found = costs.cost == "acquisition"
    common_marketing = (costs.cost == "marketing") & costs.customer_id.isnull()
    return found | common_marketing if with_marketing else found


def unused(costs: Table, days: Period) -> tuple[int, int]:
    """Count the rows of `costs` outside the period, and add them up in 1/SCALE."""
    before = costs.date < ibis.literal(days.first)
    after = costs.date >= ibis.literal(days.last + timedelta(days=1))
    outside = costs.filter(before | after)
    found = outside.aggregate(rows=outside.count(), amount=money(outside)).execute().iloc[0]
    return int(found["rows"]), int(found["amount"])


def _by_customer(frame: pd.DataFrame) -> pd.DataFrame:
    by_customer = frame.set_index("customer_id").sort_index()
    return by_customer.fillna(0).astype("int64")
