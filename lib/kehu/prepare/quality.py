"""Data quality in counts: complete, valid, unique, consistent, timely, per column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from ibis.expr.types import Table

from kehu.prepare import particulars, records
from kehu.prepare.clean import Cleaned
from kehu.prepare.customers import CustomerBase
from kehu.prepare.quality_inputs import Count, is_not, known, of_table
from kehu.prepare.records import Records
from kehu.prepare.sources import Raw

_TEXTS = (
    "product_id", "product", "category", "channel", "name", "city", "level", "gender",
    "occupation", "plan", "email", "phone", "address", "id_number", "tax_id", "manager",
)  # fmt: skip
_MONEY = {"goods_cost", "discount", "coupon"}


def assess(
    raws: Sequence[Raw], cleaned: Cleaned, base: CustomerBase, others: Sequence[Records] = ()
) -> pd.DataFrame:
    """Measure the quality of the client's data as delivered, before any rule took a row away.

    Parameters
    ----------
    raws : sequence of Raw
        The files, for the columns that are mapped.
    cleaned : Cleaned
        Purchases and refunds.
    base : CustomerBase
        Customers.
    others : sequence of Records
        The client's other tables; see `quality_inputs.of_table` for what is measured of them.

    Returns
    -------
    pandas.DataFrame
        The `quality` table: `table`, `column`, `measure`, `passed`, `rows`, `share`. Completeness
        counts cells that are filled; validity, cells that can be read; uniqueness, rows
        that are no repeat; consistency, buyers found in the customer list, amounts not above
        quantity times price, signs and customers' details that do not contradict themselves;
        timeliness, rows up to the analysis date.
    """
    parts = [_measured("transactions", cleaned.rows, _of_transactions(cleaned.rows, raws))]
    if base.rows is not None:
        parts.append(_measured("customers", base.rows, _of_customers(base.rows, raws)))
        parts.append(_measured("transactions", base.customers, _of_buyers(base.customers)))
    for one in others:
        rows = known(one, base.customers)
        parts.append(_measured(one.name, rows, of_table(rows, one.name, raws)))
    return pd.concat(parts, ignore_index=True)


def score(quality: pd.DataFrame) -> float:
    """Return the mean share of all measures, 0 to 100."""
    return round(100 * float(quality["share"].mean()), 1)


def _measured(table: str, rows: Table, counts: Iterator[Count]) -> pd.DataFrame:
    """Count all measures in one pass; a measure that applies to no row is left out."""
    asked = list(counts)
    sums = {}
    for i, (_, _, applies, passes) in enumerate(asked):
        sums[f"n{i}"] = applies.sum().fill_null(0)
        sums[f"p{i}"] = (applies & passes).sum().fill_null(0)
    found = rows.aggregate(**sums).execute().iloc[0]
    frame = pd.DataFrame(
        [
            {"table": table, "column": c, "measure": m, "passed": found[f"p{i}"]}
            | {"rows": found[f"n{i}"]}
            for i, (c, m, _, _) in enumerate(asked)
        ]
    ).astype({"passed": "int64", "rows": "int64"})
    frame = frame[frame["rows"] > 0]
    return frame.assign(share=frame["passed"] / frame["rows"])


def _mapped(raws: Sequence[Raw], table: str) -> set[str]:
    return {name for raw in raws if raw.file.table == table for name in raw.file.mapped}


def _of_transactions(t: Table, raws: Sequence[Raw]) -> Iterator[Count]:
    proper = records.proper(t)
    mapped = _mapped(raws, "transactions")
    yield "row", "validity", t["_blank"].notnull(), t.malformed.isnull()
    yield "customer_id", "completeness", proper, t.customer_id.notnull()
    yield "customer_id", "validity", proper & t.customer_id.notnull(), ~t.shortened
    yield "date", "completeness", proper, t.date_text.strip() != ""
    yield "date", "validity", proper & (t.date_text.strip() != ""), t.date.notnull()
    yield "date", "timeliness", proper & t.date.notnull(), is_not(t, "after_analysis_date")
    yield "amount", "validity", proper, t.amount.notnull()
    if "order_id" in mapped:
        yield "order_id", "completeness", proper, ~t.order_filled
    if "quantity" in mapped:
        yield "quantity", "validity", proper, ~t.quantity_blank
        readable = proper & t.quantity.notnull() & t.amount.notnull()
        yield "quantity", "consistency", readable, ~((t.quantity < 0) & (t.amount > 0))
    for name in sorted(_MONEY & mapped):
        given = t[name].notnull() | t[f"{name}_blank"]
        yield name, "completeness", proper, given
        yield name, "validity", proper & given, ~t[f"{name}_blank"]
    if {"amount", "quantity", "unit_price"} <= mapped:
        yield "amount", "consistency", proper & t.overpaid.notnull(), t.overpaid <= 0.01
    for name in _TEXTS:
        if name in mapped:
            yield name, "completeness", proper, t[name].notnull()
    yield "row", "uniqueness", proper, ~t.is_repeat


def _of_customers(t: Table, raws: Sequence[Raw]) -> Iterator[Count]:
    proper = records.proper(t)
    mapped = _mapped(raws, "customers")
    yield "row", "validity", t["_blank"].notnull(), t.malformed.isnull()
    yield "customer_id", "completeness", proper, t.customer_id.notnull()
    yield "customer_id", "validity", proper & t.customer_id.notnull(), ~t.shortened
    yield (
        "customer_id",
        "uniqueness",
        proper & t.customer_id.notnull(),
        is_not(t, "duplicate_customer"),
    )
    yield "customer_id", "consistency", proper & t.customer_id.notnull(), ~t.conflict_settled
    for name in sorted({"joined", "birth_date"} & mapped):
        given = t[name].notnull() | t[f"{name}_blank"]
        yield name, "completeness", proper, given
        yield name, "validity", proper & given, ~t[f"{name}_blank"]
    for name, rule in particulars.INVALID.items():
        if name in mapped:
            yield name, "validity", proper & (t[name].notnull() | t[rule]), ~t[rule]
    for name in _TEXTS:
        if name in mapped:
            yield name, "completeness", proper, t[name].notnull()
    if "consent" in mapped:
        yield "consent", "completeness", proper, t.consent.notnull()


def _of_buyers(customers: Table) -> Iterator[Count]:
    yield "customer_id", "consistency", customers.has_purchases, customers.in_customer_list
