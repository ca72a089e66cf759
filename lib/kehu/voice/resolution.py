"""How long complaints take to be settled, those still open included."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import ArrayLike

from kehu.voice.nps import Z


@dataclass(frozen=True)
class Resolution:
    """Time to settlement of a group of complaints.

    Parameters
    ----------
    curve : pandas.DataFrame
        See `kaplan_meier`.
    settled, open : int
        Complaints settled with a known time, and still open.
    median, p90 : float
        Hours until half, and nine in ten, are settled; nan where that is not reached.
    """

    curve: pd.DataFrame
    settled: int
    open: int
    median: float
    p90: float


def kaplan_meier(
    hours: ArrayLike, ended: ArrayLike, counts: ArrayLike | None = None
) -> pd.DataFrame:
    """Estimate the share of complaints still open after a time, from settled and open ones.

    Parameters
    ----------
    hours : array-like, shape (n,)
        Hours to the settlement, or waited so far; 0 or more.
    ended : array-like of bool, shape (n,)
        Whether the complaint is settled.
    counts : array-like of int, shape (n,), optional
        How many complaints are alike; one where left out.

    Returns
    -------
    pandas.DataFrame
        One row per time at which something was settled, ascending, after a first row at 0:
        `hours, at_risk, settled, open_share` (0…1) with the 95 % interval `open_low, open_high`.

    Raises
    ------
    ValueError
        Columns differ in length, times are negative or missing.

    Notes
    -----
    S(t) = Π (1 - d/n) over the times up to t; who waits exactly t counts as waiting at t. Interval
    by Greenwood's variance on the scale log(-log S). Assumes that how long an open complaint
    has waited says nothing about how it will end; without open ones it is the plain distribution.

    References
    ----------
    Kaplan, E. L., Meier, P. (1958), "Nonparametric estimation from incomplete observations",
    JASA 53. Kalbfleisch, J. D., Prentice, R. L. (2002), The Statistical Analysis of Failure Time
    Data, section 1.4.
    """
    t, event = np.asarray(hours, dtype=float), np.asarray(ended, dtype=bool)
    n = np.ones(t.shape) if counts is None else np.asarray(counts, dtype=float)
    if not (t.shape == event.shape == n.shape):
        raise ValueError("hours, ended, counts differ in length")
    if t.size and not (t >= 0).all():
        raise ValueError("hours must be 0 or more, none missing")
    times, place = np.unique(t, return_inverse=True)
    settled = np.bincount(place, weights=n * event, minlength=times.size)
    leaving = np.bincount(place, weights=n, minlength=times.size)
    at_risk = n.sum() - np.concatenate([[0.0], np.cumsum(leaving)[:-1]])[: times.size]
    kept = settled > 0
    return _curve(times[kept], at_risk[kept], settled[kept], float(n.sum()))


def _curve(
    times: np.ndarray, at_risk: np.ndarray, settled: np.ndarray, total: float
) -> pd.DataFrame:
    share = np.cumprod(1 - settled / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.cumsum(settled / (at_risk * (at_risk - settled)))
        half = Z * np.sqrt(spread) / np.abs(np.log(share))
        low, high = share ** np.exp(half), share ** np.exp(-half)
    unknown = ~((share > 0) & (share < 1))
    table = pd.DataFrame(
        {
            "hours": np.concatenate([[0.0], times]),
            "at_risk": np.concatenate([[total], at_risk]).astype("int64"),
            "settled": np.concatenate([[0.0], settled]).astype("int64"),
            "open_share": np.concatenate([[1.0], share]),
            "open_low": np.concatenate([[1.0], np.where(unknown, share, low)]),
            "open_high": np.concatenate([[1.0], np.where(unknown, share, high)]),
        }
    )
    return table


def time_to(curve: pd.DataFrame, settled_share: float) -> float:
    """Return the hours until a share of complaints is settled.

    Parameters
    ----------
    curve : pandas.DataFrame
        See `kaplan_meier`.
    settled_share : float
        0…1, e.g. .5 for the median.

    Returns
    -------
    float
        Hours; nan where the curve does not reach the share.
    """
    reached = curve[curve["open_share"] <= 1 - settled_share + 1e-12]
    return float(reached["hours"].iloc[0]) if len(reached) else math.nan


def settled_within(curve: pd.DataFrame, hours: float) -> float:
    """Return the share of complaints settled within a time, 0…1."""
    return float(1 - curve.loc[curve["hours"] <= hours, "open_share"].iloc[-1])


def durations(feedback: Table, by: str | None = None) -> pd.DataFrame:
    """Count complaints of equal duration in the engine.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`; rows of complaints.
    by : str, optional
        A column to group by; `bucket` is `all` where left out.

    Returns
    -------
    pandas.DataFrame
        `bucket, hours_taken, is_open, n`, by these; complaints without a time are left out.
    """
    rows = feedback.filter(feedback.hours_taken.notnull())
    named = rows.mutate(bucket=rows[by] if by else ibis.literal("all"))
    counts = named.group_by("bucket", "hours_taken", "is_open").aggregate(n=named.count())
    frame = counts.execute()
    return frame.sort_values(["bucket", "hours_taken", "is_open"], ignore_index=True)


def resolution(durations: pd.DataFrame) -> Resolution:
    """Describe the time to settlement of complaints.

    Parameters
    ----------
    durations : pandas.DataFrame
        Rows of `durations`, of one bucket.

    Returns
    -------
    Resolution
    """
    settled = ~durations["is_open"].astype(bool)
    n = durations["n"]
    curve = kaplan_meier(durations["hours_taken"], settled, n)
    return Resolution(
        curve=curve,
        settled=int(n[settled].sum()),
        open=int(n[~settled].sum()),
        median=time_to(curve, 0.5),
        p90=time_to(curve, 0.9),
    )
