"""When new customers have paid back what winning them cost: contribution by age, and the month."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import NDArray

from kehu.score.costing import SCALE

MONTH = 365.25 / 12
"""Days of a month of age."""

OBSERVED = 0.5
"""Share of a group's customers that must be old enough for a month to be shown."""

ROUNDING = 1e-9
"""Relative width within which a sum of floats counts as reaching the cost."""


def months_observed(first_date: pd.Series, last: date) -> pd.Series:
    """Return how many whole months of age are observed of each customer, 0 or more."""
    days = (pd.Timestamp(last) - first_date).dt.days
    return np.floor(days / MONTH).astype("int64")


def revenue_by_age(lines: Table, people: pd.DataFrame) -> pd.DataFrame:
    """Add up revenue by group, months observed and month of age, in the engine.

    Parameters
    ----------
    lines : ibis Table
        Contract `transactions`, those that count as revenue up to the last day.
    people : pandas.DataFrame
        `customer_id, first_date, group, observed`, one row per customer.

    Returns
    -------
    pandas.DataFrame
        `group, observed, month, revenue` (1/SCALE). Month 0 is the day of the first purchase,
        month k the days up to k times `MONTH` after it.
    """
    known = ibis.memtable(people[["customer_id", "first_date", "group", "observed"]])
    aged = lines.inner_join(known, "customer_id")
    days = aged.date.date().delta(aged.first_date.date(), unit="day")
    month = ibis.greatest((days / MONTH).ceil(), 0).cast("int64")
    aged = aged.mutate(month=month)
    sums = aged.group_by("group", "observed", "month").aggregate(
        revenue=(aged.amount.sum() * SCALE).cast("int64")
    )
    return sums.order_by("group", "observed", "month").execute().astype("int64")


def curve(cells: pd.DataFrame, observed: pd.Series) -> pd.DataFrame:
    """Cumulate revenue per customer by month of age, over customers old enough.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of `revenue_by_age` of the group.
    observed : pandas.Series of int, length n
        Months observed of each of its customers.

    Returns
    -------
    pandas.DataFrame
        `month` from 0; `customers` old enough for the month; `revenue` per head up to its end, in
        currency. It ends with the last month that at least `OBSERVED` of the customers have
        completed.

    Notes
    -----
    Customers are censored at their age: the revenue of a month is divided by those who have
    completed it and added to the months before. A month that is not over counts for nobody.
    """
    ages = np.bincount(observed, minlength=1)
    old_enough: NDArray[np.int64] = ages[::-1].cumsum()[::-1]
    shown = int((old_enough >= max(OBSERVED * len(observed), 1)).sum())
    inside = cells[(cells["month"] <= cells["observed"]) & (cells["month"] < shown)]
    revenue = inside.groupby("month")["revenue"].sum().reindex(range(shown), fill_value=0)
    per_head = revenue.to_numpy() / SCALE / old_enough[:shown]
    months = np.arange(shown)
    return pd.DataFrame(
        {"month": months, "customers": old_enough[:shown], "revenue": np.cumsum(per_head)}
    )


def payback(contribution: pd.Series, cac: float | None) -> float | None:
    """Return the first month at whose end contribution per head reaches the cost of acquisition.

    Parameters
    ----------
    contribution : pandas.Series
        Cumulated, per head, from month 0, in currency.
    cac : float or None
        Cost of acquisition per head.

    Returns
    -------
    float or None
        0: the first purchase pays; None: not reached in the months observed, or no cost known.
    """
    if cac is None:
        return None
    reached = contribution.to_numpy() >= cac - ROUNDING * abs(cac)
    return float(reached.argmax()) if reached.any() else None
