"""From purchase lines to what the indices need of a customer, added up in the engine."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis.expr.types import Table

YEAR = 365
"""Days of a year; the last year ends with the analysis date, inclusive."""

QUARTER = 91
"""Days of a quarter, counted back from the analysis date: all of them are over."""


def aged(table: Table, analysis_date: str) -> Table:
    """Add the age of each row in days at the analysis date, and leave out rows after it.

    Parameters
    ----------
    table : ibis Table
        With a column `date`, blank or not.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    ibis Table
        With `age` in days, 0 on the analysis date, blank where the date is.
    """
    end = ibis.literal(date.fromisoformat(analysis_date))
    made = table.mutate(age=end.delta(table.date.date(), unit="day"))
    return made.filter(made.age.isnull() | (made.age >= 0))


def orders(transactions: Table, analysis_date: str) -> Table:
    """Return the orders that stand, with the age of their first line.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    ibis Table
        `customer_id, order_id, age` (days), `amount` (currency, refunds of the order deducted).

    Notes
    -----
    An order refunded in full, whenever, is no order; nor is a refund under a number of its own.
    """
    lines = aged(transactions, analysis_date)
    sold = ~lines.is_refund
    found = lines.group_by("customer_id", "order_id").aggregate(
        age=lines.age.max(where=sold),
        amount=lines.amount.sum(),
        refunded=lines.is_refund.any(),
    )
    stands = found.age.notnull() & (~found.refunded | (found.amount > 0))
    return found.filter(stands).drop("refunded")


def per_customer(transactions: Table, analysis_date: str) -> pd.DataFrame:
    """Add up each customer's purchases by age.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        By `customer_id`: `orders_year` (orders of the last year), `quarters` (quarters after that
        of the first order), `quarters_bought` (of these, with an order), `spend_year`,
        `spend_before` (currency, refunds deducted: of the last year and of the year before).
    """
    made = orders(transactions, analysis_date)
    quarter = made.age // QUARTER
    counted = made.group_by("customer_id").aggregate(
        orders_year=(made.age < YEAR).sum(),
        quarters=quarter.max(),
        quarters_bought=quarter.nunique() - 1,
    )
    lines = aged(transactions, analysis_date)
    before = (lines.age >= YEAR) & (lines.age < 2 * YEAR)
    spent = lines.group_by("customer_id").aggregate(
        spend_year=lines.amount.sum(where=lines.age < YEAR).fill_null(0).cast("float64"),
        spend_before=lines.amount.sum(where=before).fill_null(0).cast("float64"),
    )
    found = spent.left_join(counted, "customer_id").drop("customer_id_right").execute()
    return found.set_index("customer_id").astype(float)
