"""Small tables of the engine that keep their contract, written as rows of Python values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from kehu import tables

_READ = {
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "money": lambda v: Decimal(str(v)),
}


def event_table(name: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    """Put rows into the engine as a table of the contracts; times and dates as ISO text."""
    schema = tables.contract(name).arrow_schema()
    whole = []
    for place, row in enumerate(rows, 1):
        unknown = set(row) - set(schema.names)
        assert not unknown, unknown
        known = {"source": "test.csv", "row": place} | dict(row)
        whole.append({c: _value(c, known.get(c)) for c in schema.names})
    return ibis.memtable(pa.Table.from_pylist(whole, schema=schema))


def _value(column: str, value: Any) -> Any:
    read = _READ.get(tables.column(column).type)
    return read(value) if read and isinstance(value, str | int | float) else value


def sales(rows: Iterable[tuple[Any, ...]]) -> Table:
    """Transactions from (customer, order, day, amount[, category]); refunds are negative."""
    return event_table(
        "transactions",
        (
            {
                "customer_id": row[0], "order_id": row[1], "date": row[2], "amount": row[3],
                "is_refund": Decimal(str(row[3])) < 0, "category": row[4] if len(row) > 4 else None,
            }
            for row in rows
        ),
    )  # fmt: skip


def members(ids: Iterable[str], **columns: Mapping[str, str]) -> Table:
    """The customer base: all ids, with columns such as `level={id: value}`."""
    given = [
        {"customer_id": i, "has_purchases": True, "in_customer_list": True}
        | {c: values.get(i) for c, values in columns.items()}
        for i in ids
    ]
    schema = tables.contract("customers").arrow_schema()
    rows = [dict.fromkeys(schema.names) | row for row in given]
    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema))


def shuffled(table: Table, seed: int) -> Table:
    """The same rows in another order."""
    frame = table.to_pyarrow()
    order = pd.Series(range(frame.num_rows)).sample(frac=1, random_state=seed)
    return ibis.memtable(frame.take(pa.array(order.to_numpy())))


def answers(*rows: tuple[Any, ...]) -> Table:
    """Survey answers from (customer, day, kind, low, high, answer)."""
    names = ("customer_id", "date", "scale", "scale_low", "scale_high", "answer")
    return event_table(
        "surveys", ({"question": "q"} | dict(zip(names, r, strict=True)) for r in rows)
    )


def contacts(*rows: tuple[Any, ...]) -> Table:
    """Interactions from (customer, day, kind)."""
    names = ("customer_id", "date", "interaction")
    return event_table("interactions", (dict(zip(names, r, strict=True)) for r in rows))


def referred(*pairs: str, **more: Any) -> Table:
    """Referrals from texts: the first letter referred the rest."""
    return event_table(
        "referrals", ({"customer_id": p[0], "referred_id": p[1:]} | more for p in pairs)
    )


def marks(*rows: tuple[Any, ...]) -> Table:
    """Judgements from (customer, criterion, author, day, mark) on a scale from 1 to 5."""
    names = ("customer_id", "criterion", "author", "date", "mark")
    return event_table(
        "judgements",
        ({"scale_low": 1, "scale_high": 5} | dict(zip(names, r, strict=True)) for r in rows),
    )
