"""Billing periods by the calendar: months, quarters and years from a customer's first day."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Days: TypeAlias = NDArray[np.datetime64]

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Length of a billing period in months."""

GRACE_DAYS = {"month": 7, "quarter": 15, "year": 31}
"""How late a renewal may usually come and still be one."""

SLACK_DAYS = 1
"""How late the end of a contract may be written: in some files it is the first day without."""


def require_period(period: str) -> None:
    """Refuse a billing period that the kit does not know (ValueError)."""
    if period not in MONTHS:
        raise ValueError(f"period must be one of {tuple(MONTHS)}, got {period!r}")


def renewals(started: Days, until: Days, period: str, days: int) -> NDArray[np.int64]:
    """Return how many renewals lie between two days.

    Parameters
    ----------
    started, until : ndarray of datetime64[D], shape (k,)
        First day of a contract; the day looked at, itself included.
    period : {'month', 'quarter', 'year'}
        Billing period.
    days : int
        A renewal counts once the new period has lasted this many days, 0 or more.

    Returns
    -------
    ndarray of int, shape (k,)
        0 or more: whole periods from `started` to `days` before `until`.

    Notes
    -----
    By the calendar: a contract from 31 January renews on the last day of February. The count never
    falls from one day to the next.
    """
    shifted = (until - np.timedelta64(days, "D")).astype("datetime64[D]")
    first, last = started.astype("datetime64[M]"), shifted.astype("datetime64[M]")
    months = (last - first).astype(np.int64)
    early = (shifted - last.astype("datetime64[D]")) < (started - first.astype("datetime64[D]"))
    months = months - (early & ~_is_month_end(shifted))
    return np.maximum(months, 0) // MONTHS[period]


def later(day: np.datetime64, periods: int, period: str) -> np.datetime64:
    """Return a day by which every contract has renewed so many times since `day`, or once more.

    Parameters
    ----------
    day : datetime64[D]
    periods : int
        Periods ahead, or, negative, back.
    period : {'month', 'quarter', 'year'}
        Billing period.

    Returns
    -------
    datetime64[D]
        The same day of a later month; its last day where the month is shorter, or where `day` is
        the last of its own.
    """
    month = day.astype("datetime64[M]")
    goal = month + np.timedelta64(periods * MONTHS[period], "M")
    end = (goal + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    if _is_month_end(np.array([day]))[0]:
        return end
    return min(goal.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), end)


def earlier(day: np.datetime64, periods: int, period: str) -> np.datetime64:
    """Return the last day but one or two from which `later` leads to `day` or before.

    Parameters
    ----------
    day : datetime64[D]
    periods : int
        Periods back.
    period : {'month', 'quarter', 'year'}
        Billing period.

    Returns
    -------
    datetime64[D]
    """
    found = later(day, -periods, period)
    beyond = later(found, periods, period) > day
    return found - np.timedelta64(1, "D") if beyond else found


def _is_month_end(days: Days) -> NDArray[np.bool_]:
    """Whether a day is the last of its month."""
    return (days + np.timedelta64(1, "D")).astype("datetime64[M]") != days.astype("datetime64[M]")
