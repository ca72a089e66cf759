"""Potential: is the customer growing, what do peers spend more, how broad, how engaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.score.answers import counted
from kehu.score.holdings import running
from kehu.score.ingredients import Measures
from kehu.score.purchases import YEAR, aged
from kehu.score.scale import Array

ENGAGED = ("contact", "visit", "browse", "search", "enquiry", "suggestion")
"""Kinds of interaction by which a customer comes towards the client."""

HALF_YEAR = 182
"""Least relationship in the year before for a trend, in days."""

PEER_POINT = 0.75
"""Quantile of peers' spend that headroom is measured to."""

BREADTH = (
    ("transactions", "category"),
    ("transactions", "product_id"),
    ("transactions", "product"),
    ("holdings", "category"),
    ("holdings", "product"),
)
"""Where breadth is taken from: the first of these columns that holds anything."""


def measures(
    summary: pd.DataFrame,
    purchases: pd.DataFrame,
    tables: dict[str, Table],
    analysis_date: str,
    engagement_days: int,
    peer_columns: Sequence[str],
    peer_min: int,
) -> Measures:
    """Measure trend, headroom, breadth and engagement.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`, by `customer_id`: all customers of the indices.
    purchases : pandas.DataFrame
        See `kehu.score.purchases.per_customer`; the same customers.
    tables : dict
        `transactions, customers, interactions, holdings`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    engagement_days : int
        Window of engagement, ending with the analysis date.
    peer_columns, peer_min
        See `peer_groups`.

    Returns
    -------
    Measures
        `trend` (ratio), `headroom` (currency per year), `breadth` (0…1), `engagement` (count).

    Notes
    -----
    A customer who bought nothing in the last year has no headroom: what is missing there is the
    customer, and the trend says so. Every customer has the one or the other.
    """
    end = pd.Timestamp(analysis_date)
    age = (end - summary["first_date"]).dt.days
    bought = (end - summary["last_date"]).dt.days < YEAR
    groups = peer_groups(tables["customers"], purchases.index[bought], peer_columns, peer_min)
    width, facts = breadth(tables, analysis_date)
    told = counted(tables["interactions"], analysis_date, ENGAGED, engagement_days)
    engaged = told.groupby("customer_id")["recent"].sum().reindex(purchases.index).fillna(0.0)
    values = pd.DataFrame(
        {
            "trend": trend(age, purchases["spend_year"], purchases["spend_before"]),
            "headroom": headroom(purchases["spend_year"], groups),
            "breadth": width.reindex(purchases.index),
            "engagement": engaged if len(told) else np.nan,
        }
    )
    return Measures(values, {**facts, **_facts(bought, values["trend"], groups)})


def trend(age: pd.Series, year: pd.Series, year_before: pd.Series) -> pd.Series:
    """Return last year's spend over that of the year before, both raised by a typical year's spend.

    Parameters
    ----------
    age : pandas.Series
        Days since the first purchase, by customer.
    year, year_before : pandas.Series
        Spend of the last year and of the year before in currency, by customer.

    Returns
    -------
    pandas.Series
        Ratio above 0; not-a-number with less than half a year of relationship in the year before,
        unless nothing was spent since; the lowest of all where nothing was spent in either year.

    Notes
    -----
    The year before is grossed up to a whole year for those who came within it. The median yearly
    spend of those who spent anything is added above and below, so that small sums make no large
    ratios. Spend below 0 counts as 0.
    """
    now, earlier = year.clip(lower=0), year_before.clip(lower=0)
    days = (age - YEAR + 1).clip(upper=YEAR)
    before = (earlier * YEAR / days.where(days >= HALF_YEAR)).mask((now == 0) & (days > 0), earlier)
    spent = (now + earlier) > 0
    typical = float(((now + earlier) / 2)[spent].median()) if spent.any() else 0.0
    ratio = (now + typical) / (before + typical)
    lowest = ratio[spent].min()
    asleep = ~spent & before.notna()
    return ratio.mask(asleep, lowest if lowest < 1 else 1.0)


def peer_groups(
    customers: Table, members: pd.Index, columns: Sequence[str], least: int
) -> pd.Series:
    """Give each customer peers: those alike in as many columns as leave enough of them.

    Parameters
    ----------
    customers : ibis Table
        Contract `customers`.
    members : pandas.Index
        Customers compared, by `customer_id`.
    columns : sequence of str
        Columns of `customers`, the most important first.
    least : int
        Members a group has at least; where fewer are alike, the last column is given up, in the
        end all are peers.

    Returns
    -------
    pandas.Series
        Name of the group by customer: values joined by " · ", empty for all.

    Notes
    -----
    A column that is blank for all is passed over; a customer whose own is blank stays in the wider
    group. ABC classes are no peers, for they
    are made from spend itself.
    """
    wanted = ["customer_id", *columns]
    frame = customers.select(*wanted).execute().set_index("customer_id").reindex(members)
    group = pd.Series("", index=members, dtype="str")
    name = None
    for column in [c for c in columns if frame[c].notna().any()]:
        values = frame[column].astype("str")
        name = values if name is None else name + " · " + values
        group = group.mask(name.map(name.value_counts()) >= least, name)
    return group


def headroom(spend: pd.Series, groups: pd.Series) -> pd.Series:
    """Return how much more the upper quarter of a customer's peers spends.

    Parameters
    ----------
    spend : pandas.Series
        Spend of the last year in currency, by customer.
    groups : pandas.Series
        See `peer_groups`; who is not in it has no headroom.

    Returns
    -------
    pandas.Series
        Currency, 0 or more; not-a-number without a group.
    """
    compared = spend.reindex(groups.index)
    upper = compared.groupby(groups).quantile(PEER_POINT, interpolation="lower")
    return (groups.map(upper) - compared).clip(lower=0).reindex(spend.index)


def breadth(tables: dict[str, Table], analysis_date: str) -> tuple[pd.Series, dict[str, Any]]:
    """Return the share of what is on sale that each customer bought in the last year, or holds.

    Parameters
    ----------
    tables : dict
        `transactions, holdings`.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    share : pandas.Series
        0…1 by customer, of customers with any.
    facts : dict
        `breadth_by` (`table.column` used, None without), `breadth_available` (how many there are).
    """
    for name, column in BREADTH:
        lines = _current(tables[name], name, analysis_date)
        lines = lines.filter(lines[column].notnull())
        available = int(lines[column].nunique().execute())
        if available:
            own = lines.group_by("customer_id").aggregate(width=lines[column].nunique())
            share = own.execute().set_index("customer_id")["width"] / available
            return share, {"breadth_by": f"{name}.{column}", "breadth_available": available}
    none = pd.Series(dtype=float, index=pd.Index([], dtype="str", name="customer_id"))
    return none, {"breadth_by": None, "breadth_available": 0}


def _current(table: Table, name: str, analysis_date: str) -> Table:
    """Return the last year's purchase lines, or the holdings that run on the analysis date."""
    if name == "holdings":
        return running(table, analysis_date)
    lines = aged(table, analysis_date)
    return lines.filter(lines.age < YEAR, ~lines.is_refund)


def _facts(bought: pd.Series, trends: pd.Series, groups: pd.Series) -> dict[str, Any]:
    known: Array = trends.dropna().to_numpy()
    return {
        "growing_share": float((known > 1).mean()) if known.size else None,
        "n_peer_groups": int(groups.nunique()),
        "n_asleep": int((~bought).sum()),
    }
