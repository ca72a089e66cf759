"""The stage's numbers by name, and the table of sources."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.prepare import ledger, quality
from kehu.prepare.clean import Cleaned
from kehu.prepare.customers import CustomerBase
from kehu.prepare.sources import Raw


def profile(raws: Sequence[Raw], cleaned: Cleaned, base: CustomerBase) -> pd.DataFrame:
    """Describe every source: rows, encoding, separator, date forms, span, unused columns.

    Returns
    -------
    pandas.DataFrame
        The `profile` table, one row per file.
    """
    files = pd.DataFrame([raw.profile for raw in raws])
    spans = pd.concat([d for d in (cleaned.dates, base.dates) if len(d)], ignore_index=True)
    spans = spans.assign(
        first_date=pd.to_datetime(spans["first_date"]).dt.normalize(),
        last_date=pd.to_datetime(spans["last_date"]).dt.normalize(),
    )
    return files.merge(spans, on="source", how="left")


def books(cleaned: Cleaned, base: CustomerBase) -> pd.DataFrame:
    """Join the books of transactions and customers into the `ledger` table."""
    return pd.concat([f for f in (cleaned.ledger, base.ledger) if len(f)], ignore_index=True)


def quarantine(cleaned: Cleaned, base: CustomerBase) -> Table:
    """Join the rows set aside from transactions and customer lists into one table."""
    if base.quarantine is None:
        return cleaned.quarantine
    return cleaned.quarantine.union(base.quarantine)


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
