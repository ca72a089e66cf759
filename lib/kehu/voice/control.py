"""The control chart of complaints: which months differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import ArrayLike, NDArray

from kehu.voice.period import end_of, observed

SIGMAS = 3.0
"""Standard deviations between the centre line and a control limit."""

ROUNDING = 1e-9
"""Relative width within which a rate counts as lying on a line."""

RUN = 9
"""Points on one side of the centre line that are no chance (Nelson's second rule)."""

LEAST_MONTHS = 6
"""Whole months below which no limits are drawn."""

SIGNALS = ("beyond_limits", "run_of_nine", "two_of_three")
"""Rules: a point beyond three sigma; nine points on one side; two of three beyond two sigma."""


@dataclass(frozen=True)
class UChart:
    """Rates with control limits that vary with the exposure.

    Parameters
    ----------
    rate, low, high, sigma : ndarray, shape (n,)
        Events per unit of exposure, limits, one standard deviation; nan without exposure.
    centre : float
        Rate of the baseline.
    signals : tuple of str, length n
        Rules that fire at the point, comma separated.
    dispersion : float
        How many times more the baseline varies from point to point than chance alone would; nan
        below three points.
    """

    rate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    sigma: NDArray[np.float64]
    centre: float
    signals: tuple[str, ...]
    dispersion: float


def u_chart(events: ArrayLike, exposure: ArrayLike, baseline: int) -> UChart:
    """Draw limits around a rate from its first points and mark special causes.

    Parameters
    ----------
    events : array-like of int, shape (n,)
        Complaints, in order of time.
    exposure : array-like, shape (n,)
        Orders; a point without any has no rate, and rules pass over it.
    baseline : int
        First points that set the centre line and the limits.

    Returns
    -------
    UChart

    Raises
    ------
    ValueError
        Columns differ in length, are negative, or the baseline has no exposure.

    Notes
    -----
    Counts are Poisson: centre ū = Σc/Σn over the baseline, limits ū ± 3·√(ū/n), not below 0. Rules:
    Nelson's first (beyond the limits) and second (nine in a row on one side), and Western
    Electric's second (two of three in a row beyond two sigma on one side, marked at the later). All
    three together give about one false alarm in a hundred points. Where months vary by more than
    chance (`dispersion` well above 1: mean moving range of z over 1.128, after Laney), fewer of
    the marks mean something.

    References
    ----------
    Montgomery, D. (2013), Introduction to Statistical Quality Control, sections 5.3 and 7.3.
    Nelson, L. S. (1984), "The Shewhart control chart: tests for special causes", Journal of Quality
    Technology 16(4). Laney, D. B. (2002), "Improved control charts for attributes", Quality
    Engineering 14(4).
    """
    c, n = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    if c.shape != n.shape or not ((c >= 0).all() and (n >= 0).all()):
        raise ValueError("events and exposure must be of one length, 0 or more")
    base = slice(0, baseline)
    if not n[base].sum() > 0:
        raise ValueError("the baseline has no exposure")
    centre = float(c[base].sum() / n[base].sum())
    has = n > 0
    safe = np.where(has, n, 1.0)
    rate, sigma = np.where(has, c / safe, np.nan), np.where(has, np.sqrt(centre / safe), np.nan)
    return UChart(
        rate=rate,
        low=np.maximum(centre - SIGMAS * sigma, 0.0),
        high=centre + SIGMAS * sigma,
        sigma=sigma,
        centre=centre,
        signals=_signals(rate - centre, sigma, has, centre),
        dispersion=_dispersion((rate - centre)[base], sigma[base]),
    )


def _signals(
    off: NDArray[np.float64], sigma: NDArray[np.float64], has: NDArray[np.bool_], centre: float
) -> tuple[str, ...]:
    """List the rules that fire at each point."""
    place = np.flatnonzero(has)
    d, s = off[place], sigma[place] * (1 + ROUNDING)
    side = np.where(np.abs(d) > ROUNDING * centre, np.sign(d), 0.0)
    beyond = np.abs(d) > SIGMAS * s
    run = np.array([i >= RUN - 1 and abs(side[i - RUN + 1 : i + 1].sum()) == RUN
                    for i in range(d.size)], dtype=bool)  # fmt: skip
    far = np.where(np.abs(d) > 2 * s, side, 0.0)
    pair = np.array([far[i] != 0 and abs(far[max(i - 2, 0) : i + 1].sum()) >= 2
                     for i in range(d.size)], dtype=bool)  # fmt: skip
    found = [""] * off.size
    for i, fired in zip(place, zip(beyond, run, pair, strict=True), strict=True):
        found[i] = ",".join(name for name, hit in zip(SIGNALS, fired, strict=True) if hit)
    return tuple(found)


def _dispersion(off: NDArray[np.float64], sigma: NDArray[np.float64]) -> float:
    """Mean moving range of the standardised points over its expectation."""
    has = ~np.isnan(off) & (sigma > 0)
    z = off[has] / sigma[has]
    return float(np.abs(np.diff(z)).mean() / 1.128) if z.size >= 3 else math.nan


def months(feedback: Table, transactions: Table, analysis_date: str) -> pd.DataFrame:
    """Count complaints, orders and customers per calendar month that is over.

    Parameters
    ----------
    feedback, transactions : ibis Table
        Contracts of those names.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        `bucket` (2026-03), `complaints, customers_base, orders_base`; every month in which orders
        and complaints are both known of, from the first that has either to the last that is over.

    Notes
    -----
    The chart begins with the first month of the later of the two records: before it, a month
    without complaints would only be a month without a record. An order belongs to the month of its
    first line.
    """
    opened = observed(feedback.filter(feedback.interaction == "complaint"), analysis_date)
    complaints = opened.group_by(bucket=_month(opened.date)).aggregate(complaints=opened.count())
    lines = observed(transactions.filter(~transactions.is_refund), analysis_date)
    orders = lines.group_by("customer_id", "order_id").aggregate(date=lines.date.min())
    sold = orders.group_by(bucket=_month(orders.date)).aggregate(
        customers_base=orders.customer_id.nunique(), orders_base=orders.count()
    )
    found = (complaints.execute().set_index("bucket"), sold.execute().set_index("bucket"))
    last = pd.Timestamp(end_of(analysis_date)).to_period("M") - 1
    if any(f.empty for f in found):
        full = pd.Index([], name="bucket", dtype="str")
    else:
        first = max(f.index.min() for f in found)
        full = pd.period_range(first, last, freq="M").strftime("%Y-%m").rename("bucket")
    joined = pd.concat([f.reindex(full, fill_value=0) for f in found], axis=1)
    return joined.astype("int64").reset_index()


def _month(date: ibis.Value) -> ibis.Value:
    return date.strftime("%Y-%m")


@dataclass(frozen=True)
class Control:
    """The control chart as a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `complaint_months`; empty where there are too few months.
    dispersion : float
        See `UChart`.
    """

    table: pd.DataFrame
    dispersion: float


def control_table(months: pd.DataFrame, baseline: int) -> Control:
    """Put the monthly rate of complaints per 1,000 orders between control limits.

    Parameters
    ----------
    months : pandas.DataFrame
        See `months`.
    baseline : int
        First months that set the limits; all of them where there are fewer.

    Returns
    -------
    Control
        Without rows where fewer than `LEAST_MONTHS` months of the baseline have orders.
    """
    rates = ["per_100_customers", "per_1000_orders", "centre", "limit_low", "limit_high"]
    if (months["orders_base"].head(baseline) > 0).sum() < LEAST_MONTHS:
        columns = [*months.columns, *rates, "is_baseline", "signals"]
        return Control(pd.DataFrame(columns=columns), math.nan)
    chart = u_chart(months["complaints"], months["orders_base"], baseline)
    customers = months["customers_base"].where(months["customers_base"] > 0)
    table = months.assign(
        per_100_customers=100 * months["complaints"] / customers,
        per_1000_orders=1000 * chart.rate,
        centre=1000 * chart.centre,
        limit_low=1000 * chart.low,
        limit_high=1000 * chart.high,
        is_baseline=np.arange(len(months)) < baseline,
        signals=[s or None for s in chart.signals],
    )
    return Control(table, chart.dispersion)
