"""Which rows count: what was known on the analysis date, and what is recent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

NO_GROUP = "—"
"""Bucket of what names no group: a blank channel, a customer without a segment."""

CLASSES = ("tier", "rfm_segment")
"""Columns of `segments` that the voice is broken down by."""


def end_of(analysis_date: str) -> datetime:
    """Return the first moment after the last day observed."""
    return datetime.combine(date.fromisoformat(analysis_date) + timedelta(days=1), time())


def start_of(analysis_date: str, days: int) -> datetime:
    """Return the first moment of the period; a period below 1 day is a ValueError."""
    if days < 1:
        raise ValueError(f"days must be 1 or more, got {days}")
    return end_of(analysis_date) - timedelta(days=days)


def observed(table: Table, analysis_date: str) -> Table:
    """Return the rows up to the analysis date, inclusive, and those without a date.

    Parameters
    ----------
    table : ibis Table
        Has a column `date`.
    analysis_date : str
        Last day observed, ISO.
    """
    return table.filter(table.date.isnull() | (table.date < ibis.literal(end_of(analysis_date))))


def recent(table: Table, analysis_date: str, days: int) -> Table:
    """Return the rows of the last days up to the analysis date, and those without a date.

    Parameters
    ----------
    table : ibis Table
        Has a column `date`.
    analysis_date : str
        Last day observed, ISO.
    days : int
        Length of the period, the analysis date included.

    Raises
    ------
    ValueError
        `days` is below 1.
    """
    start = ibis.literal(start_of(analysis_date, days))
    seen = observed(table, analysis_date)
    return seen.filter(seen.date.isnull() | (seen.date >= start))


def with_classes(table: Table, segments: pd.DataFrame | None) -> Table:
    """Add the customer's classes to rows that name a customer.

    Parameters
    ----------
    table : ibis Table
        Has a column `customer_id`.
    segments : pandas.DataFrame, optional
        Contract `segments`.

    Returns
    -------
    ibis Table
        With the columns of `CLASSES`, blank where the customer is in no segment; unchanged where
        there are no segments.
    """
    if segments is None or segments.empty:
        return table
    classes = ibis.memtable(segments[["customer_id", *CLASSES]].astype("str"))
    return table.left_join(classes, "customer_id").drop("customer_id_right")
