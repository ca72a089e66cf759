"""What is known of each key customer, put together from all stages for one page each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu import trend
from kehu.actions.action_list import SLIPPING_REASONS, reasons
from kehu.actions.playbook import Playbook

PRODUCTS = 3
CONTACTS = 2


def chosen(value: pd.DataFrame, segments: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the first key customers by lifetime value, with their classes.

    Parameters
    ----------
    value, segments : pandas.DataFrame
        Contracts of those names.
    most : int
        Pages at most.

    Returns
    -------
    pandas.DataFrame
        Columns of both tables, the largest lifetime value first, equal ones by customer.
    """
    new = [c for c in segments.columns if c == "customer_id" or c not in value.columns]
    both = value.merge(segments[new], on="customer_id", validate="1:1")
    keys = both[both["is_key"]]
    return keys.sort_values(["clv", "customer_id"], ascending=[False, True]).head(most)


def pages(
    first: pd.DataFrame, customers: pd.DataFrame, churn: pd.DataFrame, voices: pd.DataFrame,
    transactions: Table, interactions: Table, analysis_date: str, playbook: Playbook,
) -> pd.DataFrame:  # fmt: skip
    """Put together what is known of each key customer.

    Parameters
    ----------
    first : pandas.DataFrame
        See `chosen`.
    customers, churn, voices : pandas.DataFrame
        Contracts `customers`, `churn` and `customer_voice`.
    transactions, interactions : ibis Table
        Contracts of those names; only the rows of these customers are read.
    analysis_date : str
        Last day observed, inclusive, ISO.
    playbook : Playbook
        Has the service strategies.

    Returns
    -------
    pandas.DataFrame
        Columns of `first`, with `name` and `manager`; `months` (spend of the last twelve months,
        oldest first), `products` (most spend in these months) and `contacts` (date, kind, topic,
        the latest first), as lists; the columns of `churn` and `customer_voice`; `strategy`, the
        segment of
        the playbook, or `slipping`. What is not known is blank.
    """
    ids = list(first["customer_id"])
    table = first.merge(customers[["customer_id", "name", "manager"]], on="customer_id", how="left")
    for more in (churn, voices):
        new = [c for c in more.columns if c == "customer_id" or c not in table.columns]
        table = table.merge(more[new], on="customer_id", how="left")
    lines = trend.lines_of(transactions, ids, analysis_date)
    return table.assign(
        months=_listed(ids, trend.months(lines, analysis_date)),
        products=_listed(ids, _products(lines)),
        contacts=_listed(ids, _contacts(interactions, ids, analysis_date)),
        strategy=_strategies(table, playbook),
    )


def _products(lines: pd.DataFrame) -> dict[str, list[str]]:
    sums = lines.groupby(["customer_id", "product"])["amount"].sum().reset_index()
    order = sums.sort_values(["amount", "product"], ascending=[False, True])
    first = order.groupby("customer_id").head(PRODUCTS)
    return {str(name): list(rows["product"]) for name, rows in first.groupby("customer_id")}


def _contacts(
    interactions: Table, ids: Sequence[str], until: str
) -> dict[str, list[tuple[pd.Timestamp, str, str | None]]]:
    rows = interactions.filter(
        interactions.customer_id.isin(ids)
        & (interactions.date.date() <= ibis.literal(date.fromisoformat(until)))
    )
    found = rows.select("customer_id", "date", "interaction", "topic", "source", "row").execute()
    order = found.sort_values(["date", "source", "row"], ascending=[False, True, True])
    first = order.groupby("customer_id").head(CONTACTS)
    return {
        str(name): list(zip(r["date"], r["interaction"], r["topic"], strict=True))
        for name, r in first.groupby("customer_id")
    }


def _listed(ids: Sequence[str], found: dict[str, list]) -> list[list]:  # type: ignore[type-arg]
    return [found.get(one, []) for one in ids]


def _strategies(table: pd.DataFrame, playbook: Playbook) -> pd.Series:
    slipping = np.isin(reasons(table, table), SLIPPING_REASONS)
    known = table["rfm_segment"].where(table["rfm_segment"].isin(playbook.strategies))
    return known.mask(slipping, "slipping")
