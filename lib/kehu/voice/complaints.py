"""Complaints: how many per customer and order, about what, settled in time or not."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from kehu.voice.period import CLASSES, NO_GROUP, recent, with_classes
from kehu.voice.resolution import durations, resolution

BREAKDOWNS = ("topic", "channel", "product", "touchpoint", *CLASSES)
COUNTS = ["complaints", "complainants", "open_complaints", "sla_judged", "in_time", "returned"]


@dataclass(frozen=True)
class Bases:
    """What complaint rates are per.

    Parameters
    ----------
    table : pandas.DataFrame
        `breakdown, bucket, customers_base, orders_base`: customers and orders of the period, over
        all and by the groups that have customers and orders of their own.
    own_channels : bool
        Whether complaints name the channels that orders name, so that a channel's complaints are
        per its own orders; otherwise they are per all orders.
    buyers : bool
        Whether customers are those who bought in the period; without transactions they are those
        of the client's register, and there are no orders.
    """

    table: pd.DataFrame
    own_channels: bool
    buyers: bool


def bases(
    transactions: Table,
    complaints: Table,
    analysis_date: str,
    days: int,
    segments: pd.DataFrame | None = None,
    registered: int = 0,
) -> Bases:
    """Count the customers and orders that complaint rates are per.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`, possibly empty.
    complaints : ibis Table
        Rows of `feedback`; their channels are compared with those of the orders.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period.
    segments : pandas.DataFrame, optional
        Contract `segments`.
    registered : int
        Customers of the client's register, for a client without transactions.

    Returns
    -------
    Bases

    Notes
    -----
    An order is a customer's order number with a purchase line in the period, refunded later or
    not: it could be complained about. Topics and touchpoints have no orders of their own; their
    rates are per all orders and add up to the overall rate.
    """
    lines = recent(transactions, analysis_date, days)
    lines = with_classes(lines.filter(~lines.is_refund), segments)
    parts = [_base(lines.mutate(bucket=ibis.literal("all")), "all")]
    buyers = bool(parts[0]["orders_base"].sum())
    if not buyers:
        parts[0] = _base_of("all", "all", registered, 0)
    for name in ("product", "channel", *CLASSES):
        if name in lines.columns:
            named = lines.filter(lines[name].notnull())
            parts.append(_base(named.mutate(bucket=named[name]), name))
    table = pd.concat(parts, ignore_index=True)
    sold = set(table.loc[table["breakdown"] == "channel", "bucket"])
    lately = recent(complaints, analysis_date, days)
    used = set(lately.select("channel").distinct().execute()["channel"].dropna())
    return Bases(table, bool(used) and used <= sold, buyers)


def _base(lines: Table, breakdown: str) -> pd.DataFrame:
    orders = lines.select("customer_id", "order_id", "bucket").distinct()
    counts = orders.group_by("bucket").aggregate(
        customers_base=orders.customer_id.nunique(), orders_base=orders.count()
    )
    return counts.execute().assign(breakdown=breakdown)


def _base_of(breakdown: str, bucket: str, customers: int, orders: int) -> pd.DataFrame:
    row = {"bucket": bucket, "customers_base": customers, "orders_base": orders}
    return pd.DataFrame([{**row, "breakdown": breakdown}])


def poisson_interval(
    events: ArrayLike,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact 95 % interval of the mean of a Poisson count.

    Parameters
    ----------
    events : array-like of int, shape (n,)
        Counts.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Low and high.

    References
    ----------
    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28.
    """
    k = np.asarray(events, dtype=float)
    low = np.where(k > 0, chi2.ppf(0.025, 2 * np.maximum(k, 1)) / 2, 0.0)
    return low, chi2.ppf(0.975, 2 * (k + 1)) / 2


def complaint_table(
    feedback: Table,
    bases: Bases,
    analysis_date: str,
    days: int,
    segments: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Describe the period's complaints, over all and by group.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`.
    bases : Bases
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period; complaints opened in it count.
    segments : pandas.DataFrame, optional
        Contract `segments`.

    Returns
    -------
    pandas.DataFrame
        Contract `complaints`; the row `all` is always there. Topics have a cumulated share, ties
        together. A breakdown of which nothing names a group is left out; every other adds up to
        `all`.
    """
    rows = recent(feedback.filter(feedback.interaction == "complaint"), analysis_date, days)
    rows = with_classes(rows, segments)
    parts = [_described(rows.mutate(bucket=ibis.literal("all")), "all")]
    for name in (b for b in BREAKDOWNS if b in rows.columns):
        part = _described(rows.mutate(bucket=rows[name].fill_null(NO_GROUP)), name)
        if (part["bucket"] != NO_GROUP).any():
            parts.append(part)
    if parts[0].empty:
        parts[0] = _nothing()
    table = pd.concat(parts, ignore_index=True)
    return _rated(_pareto(table), bases)


def _nothing() -> pd.DataFrame:
    row = {"breakdown": "all", "bucket": "all", **dict.fromkeys(COUNTS, 0)}
    return pd.DataFrame([row]).assign(median_hours=np.nan, p90_hours=np.nan)


def _described(rows: Table, breakdown: str) -> pd.DataFrame:
    judged = rows.sla_state.isin(("met", "missed"))
    counts = rows.group_by("bucket").aggregate(
        complaints=rows.count(),
        complainants=rows.customer_id.nunique(),
        open_complaints=rows.is_open.sum(),
        sla_judged=judged.sum(),
        in_time=(rows.sla_state == "met").sum(),
        returned=rows.came_back.sum(),
    )
    frame = counts.execute().astype(dict.fromkeys(COUNTS, "int64")).assign(breakdown=breakdown)
    found = {b: resolution(d) for b, d in durations(rows, "bucket").groupby("bucket")}
    medians = {b: r.median for b, r in found.items()}
    nineties = {b: r.p90 for b, r in found.items()}
    return frame.assign(
        median_hours=frame["bucket"].map(medians).astype(float),
        p90_hours=frame["bucket"].map(nineties).astype(float),
    )


def _pareto(table: pd.DataFrame) -> pd.DataFrame:
    """Add shares of all complaints, cumulated over topics from the largest down."""
    total = int(table.loc[table["breakdown"] == "all", "complaints"].iloc[0])
    counts = table["complaints"]
    topics = counts[table["breakdown"] == "topic"]
    cumulated = {n: int(topics[topics >= n].sum()) / max(total, 1) for n in set(topics)}
    return table.assign(
        complaint_share=counts / max(total, 1),
        cumulated_share=counts.map(cumulated).where(table["breakdown"] == "topic"),
    )


def _rated(table: pd.DataFrame, bases: Bases) -> pd.DataFrame:
    """Put the counts in relation to customers and orders."""
    whole = bases.table[bases.table["breakdown"] == "all"].iloc[0]
    own = {"product", *CLASSES, *(["channel"] if bases.own_channels else [])}
    if not bases.buyers:
        own = set()
    merged = table.merge(bases.table, how="left", on=["breakdown", "bucket"], validate="1:1")
    for column in ("customers_base", "orders_base"):
        has_own = table["breakdown"].isin(own)
        found = merged[column].fillna(0).where(has_own, whole[column])
        table = table.assign(**{column: found.to_numpy(dtype="int64")})
    customers = table["customers_base"].where(table["customers_base"] > 0)
    orders = table["orders_base"].where(table["orders_base"] > 0)
    low, high = poisson_interval(table["complaints"])
    return table.assign(
        per_100_customers=100 * table["complaints"] / customers,
        per_1000_orders=1000 * table["complaints"] / orders,
        per_1000_low=1000 * low / orders,
        per_1000_high=1000 * high / orders,
        sla_share=table["in_time"] / table["sla_judged"].where(table["sla_judged"] > 0),
    ).drop(columns="in_time")
