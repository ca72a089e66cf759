"""What the industry indicators are computed from, each query made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from ibis.expr.types import Scalar, Table

from kehu.score.holdings import running
from kehu.score.purchases import YEAR, aged, orders


class Figure(NamedTuple):
    """An indicator's value, None where there is nothing to divide by, and what it is based on."""

    value: float | None
    population: int


def ratio(above: float, below: float, population: float | None = None) -> Figure:
    """Divide, and give the divisor as what the figure is based on unless told another."""
    base = below if population is None else population
    return Figure(float(above) / float(below) if below > 0 else None, int(base))


def scalars(table: Table, **expressions: Scalar) -> dict[str, float]:
    """Compute figures of a table in one query; sums over nothing are 0."""
    made = {name: e.fill_null(0).cast("float64") for name, e in expressions.items()}
    row = table.aggregate(**made).execute().iloc[0]
    return {name: float(row[name]) for name in expressions}


@dataclass(frozen=True)
class Data:
    """The client's tables on the analysis date.

    Parameters
    ----------
    tables : mapping
        Name to ibis Table; those the client has not are without rows.
    analysis_date : str
        Last day observed, inclusive, ISO.
    """

    tables: Mapping[str, Table]
    analysis_date: str

    def day(self, before: int = 0) -> date:
        """Return the day so many days before the analysis date."""
        return date.fromisoformat(self.analysis_date) - timedelta(days=before)

    def recent(self, name: str, days: int = YEAR) -> Table:
        """Return the rows of an event table dated within the last days, with their `age`."""
        made = aged(self.tables[name], self.analysis_date)
        return made.filter(made.age < days)

    def running(self, before: int = 0) -> Table:
        """Return the holdings running so many days before the analysis date."""
        return running(self.tables["holdings"], self.day(before))

    @cached_property
    def orders(self) -> Table:
        """The orders that stand, with `age` and `amount`."""
        return orders(self.tables["transactions"], self.analysis_date)

    @cached_property
    def buying(self) -> dict[str, float]:
        """Orders, their amount, and customers by when they ordered.

        `orders, amount` of the last year; `buyers` of it, `repeaters` with two orders or more in
        it, `new` with the first order in it; `before` customers of the year before, `kept` of them
        with an order in the last year.
        """
        made = self.orders
        year, before = made.age < YEAR, (made.age >= YEAR) & (made.age < 2 * YEAR)
        each = made.group_by("customer_id").aggregate(
            orders=year.sum(),
            amount=made.amount.sum(where=year),
            before=before.any(),
            first=made.age.max(),
        )
        bought = each.orders > 0
        return scalars(
            each, orders=each.orders.sum(), amount=each.amount.sum(), buyers=bought.sum(),
            repeaters=(each.orders > 1).sum(), new=(bought & (each["first"] < YEAR)).sum(),
            before=each.before.sum(), kept=(each.before & bought).sum(),
        )  # fmt: skip

    @cached_property
    def revenue(self) -> dict[str, float]:
        """Money of the last year: `net`, `sold`, `refunded`, `volume` (in and out), and `lines`."""
        made = self.recent("transactions")
        return scalars(
            made, net=made.amount.sum(), sold=made.amount.sum(where=~made.is_refund),
            refunded=-made.amount.sum(where=made.is_refund), volume=made.amount.abs().sum(),
            lines=made.count(), sales=(~made.is_refund).sum(),
        )  # fmt: skip
