"""The stage's numbers by name, and the table of sources."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.prepare import ledger, quality
from kehu.prepare.clean import Cleaned
from kehu.prepare.customers import CustomerBase
from kehu.prepare.records import Records
from kehu.prepare.sources import Raw

OVERVIEW = {
    "table": "code:table", "files": "int", "rows_in": "int", "rows_kept": "int",
    "rows_merged": "int", "rows_quarantined": "int", "records": "int", "customers": "int",
    "strangers": "int",
}  # fmt: skip
"""Columns of an overview with their formats."""


def profile(raws: Sequence[Raw], *records: Records) -> pd.DataFrame:
    """Describe every source: rows, encoding, separator, date forms, span, unused columns.

    Parameters
    ----------
    raws : sequence of Raw
        The files.
    *records : Records
        What was made of them.

    Returns
    -------
    pandas.DataFrame
        The `profile` table, one row per file.
    """
    files = pd.DataFrame([raw.profile for raw in raws])
    spans = pd.concat([r.dates for r in records if len(r.dates)], ignore_index=True)
    spans = spans.assign(
        first_date=pd.to_datetime(spans["first_date"]).dt.normalize(),
        last_date=pd.to_datetime(spans["last_date"]).dt.normalize(),
    )
    files = files.assign(header_row=files["header_row"].astype("Int64"))
    return files.merge(spans, on="source", how="left")


def books(*records: Records) -> pd.DataFrame:
    """Join the books of all tables into the `ledger` table."""
    return pd.concat([r.ledger for r in records if len(r.ledger)], ignore_index=True)


def quarantine(*records: Records) -> Table:
    """Join the rows set aside from all tables into one."""
    return ibis.union(*(r.quarantine for r in records if r.quarantine is not None))


def overview(others: Sequence[Records], base: CustomerBase) -> pd.DataFrame:
    """Count rows and customers of the client's other tables.

    Parameters
    ----------
    others : sequence of Records
        As `inputs.clean` returns them.
    base : CustomerBase
        Customers.

    Returns
    -------
    pandas.DataFrame
        One row per table: `table`, `files`, `rows_in`, `rows_kept`, `rows_merged`,
        `rows_quarantined`, `records` (rows of the table made: a survey has one per answer),
        `customers` it names and `strangers`, those of them who are not in the customer base;
        blank where the table names no customers.
    """
    found = [_counted(one, base.customers) for one in others]
    columns = ["table", "files", *ledger.COUNTS[:-1], "records", "customers", "strangers"]
    whole = {"customers": "Int64", "strangers": "Int64"}
    return pd.DataFrame(found, columns=columns).astype(whole)


def _counted(one: Records, customers: Table) -> dict[str, Any]:
    counts = {k: v for k, v in ledger.totals(one.ledger).items() if k.startswith("rows")}
    made = {"table": one.name, "files": one.ledger["source"].nunique(), **counts}
    made["records"] = int(one.table.count().execute())
    if "customer_id" not in one.table.columns:
        return made
    named = one.table.select("customer_id").filter(one.table.customer_id.notnull()).distinct()
    known = named.mutate(known=named.customer_id.isin(customers.customer_id))
    found = known.aggregate(customers=known.count(), strangers=(~known.known).sum()).execute()
    counts = found.iloc[0].to_dict()
    return made | (counts if counts["customers"] else {})


def shown(counted: pd.DataFrame) -> list[pd.DataFrame]:
    """Return an overview to be shown, or nothing where it has no rows."""
    return [counted] if len(counted) else []


def inputs(counted: pd.DataFrame) -> dict[str, Any]:
    """Return what the report says of the client's other tables, from their `overview`.

    Returns
    -------
    dict
        `has_inputs` yes or no, `n_inputs` tables, `inputs_rows_in`, `inputs_rows_kept`,
        `inputs_strangers` (customers not in the base, counted per table), and per table
        `<table>_rows`.
    """
    return {
        "has_inputs": "yes" if len(counted) else "no",
        "n_inputs": len(counted),
        "inputs_rows_in": int(counted["rows_in"].sum()),
        "inputs_rows_kept": int(counted["rows_kept"].sum()),
        "inputs_strangers": int(counted["strangers"].sum()),
        **{f"{row.table}_rows": int(row.records) for row in counted.itertuples()},
    }


def facts(
    raws: Sequence[Raw], cleaned: Cleaned, base: CustomerBase, assessed: pd.DataFrame
) -> dict[str, Any]:
    """Count what the report says about the data.

    Parameters
    ----------
    raws : sequence of Raw
        The files.
    cleaned : Cleaned
        Purchases and refunds.
    base : CustomerBase
        Customers.
    assessed : pandas.DataFrame
        The `quality` table.

    Returns
    -------
    dict
        Rows (`rows_…` of the transactions' books), customers, orders, lines, money in the
        currency of the params, dates as text, `quality_score` 0 to 100.
    """
    t, c = cleaned.transactions, base.customers
    sold = ~t.is_refund
    money = t.aggregate(
        n_lines=t.count(),
        n_buyers=t.customer_id.nunique(where=sold),
        n_orders=t.order_id.nunique(where=sold),
        n_products=t.product_id.nunique(),
        n_refund_lines=t.is_refund.sum().fill_null(0),
        total_amount=t.amount.sum(),
        gross_amount=t.amount.sum(where=sold).fill_null(0),
        refunds_amount=t.amount.sum(where=t.is_refund).fill_null(0),
        first_date=t.date.min().date().cast("string"),
        last_date=t.date.max().date().cast("string"),
    ).execute()
    people = c.aggregate(
        n_customers=c.count(),
        n_without_purchases=(~c.has_purchases).sum(),
        n_not_listed=(~c.in_customer_list).sum(),
    ).execute()
    counted = money.iloc[0].to_dict() | people.iloc[0].to_dict()
    found = {k: float(v) if isinstance(v, Decimal) else v for k, v in counted.items()}
    return {
        **ledger.totals(cleaned.ledger),
        **found,
        "n_sources": len(raws),
        "rows_repaired": int(cleaned.ledger["rows_repaired"].sum()),
        "has_customer_list": base.rows is not None,
        "quality_score": quality.score(assessed),
        "quality_lowest": float(assessed["share"].min()),
    }
