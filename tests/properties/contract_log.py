"""Contracts for tests: a holdings table of plain rows, and a club whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table

from kehu import tables


def holdings(*rows: tuple[Any, ...]) -> Table:
    """Rows of customer, product, first day, last day, fee; days as ISO text or None."""

    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    listed = [
        {
            "customer_id": customer,
            "product": product,
            "start": day(start),
            "end": day(end),
            "fee": None if fee is None else Decimal(str(fee)),
            "source": "contracts.csv",
            "row": i,
        }
        for i, (customer, product, start, end, fee) in enumerate(rows, 1)
    ]
    schema = tables.contract("holdings").arrow_schema()
    return ibis.memtable(pa.Table.from_pylist(listed, schema=schema))


def month_later(day: date, months: int) -> date:
    """The same day some months later; days up to 28 only."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, day.day)


def simulated(
    seed: int, n: int, alpha: float, beta: float, *, months: int = 12, plan: str = "A",
    fee: float = 100.0, first: date = date(2010, 1, 1), join_days: int = 3000,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Contracts of customers who join over time and leave as the sBG says, at period ends."""
    rng = np.random.default_rng(seed)
    leaving = np.maximum(rng.beta(alpha, beta, n), 1e-12)
    stay = np.minimum(rng.geometric(leaving), 400)
    rows = []
    for i in range(n):
        start = first + timedelta(days=int(rng.integers(join_days)))
        start = start.replace(day=min(start.day, 28))
        end = month_later(start, int(stay[i]) * months) - timedelta(days=1)
        rows.append((f"{plan}{i:05d}", plan, start.isoformat(), end.isoformat(), fee))
    return rows
