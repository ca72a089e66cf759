"""The split of a history for a back-test: what the model may see, and what happened after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.value.summary import buying_days, summary, unit_days

SHORT_MONTH = 0.1
"""Time units that a hold-out may lack to count as whole: calendar months vary by up to .08."""


@dataclass(frozen=True)
class Split:
    """A history cut in two.

    Parameters
    ----------
    calibration : pandas.DataFrame
        Contract `summary` as of `calibration_end`.
    holdout : pandas.DataFrame
        `customer_id, holdout_purchases`: purchase days of the same customers in the hold-out.
    repeats_by_unit : pandas.Series
        Repeat purchases of these customers in time unit 1, 2, … since the first purchase of all;
        unit k holds times in (k - 1, k].
    calibration_end : str
        Last day the model may see, ISO.
    units : int
        Length of the hold-out in whole time units.
    cut : float
        Time unit of the cut, counted from the first purchase of all.
    """

    calibration: pd.DataFrame
    holdout: pd.DataFrame
    repeats_by_unit: pd.Series
    calibration_end: str
    units: int
    cut: float


def split(
    transactions: Table,
    analysis_date: str,
    time_unit: str,
    refunds: str = "net",
    calibration_end: str | None = None,
) -> Split:
    """Cut a history into calibration and hold-out.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`; lines after `analysis_date` are not looked at.
    analysis_date : str
        Last day observed, inclusive, ISO.
    time_unit, refunds : str
        As in `kehu.value.summary.summary`.
    calibration_end : str, optional
        Last day the model may see, ISO; left out, two thirds of the history, so that the hold-out
        is a whole number of time units.

    Returns
    -------
    Split
        The hold-out is cut to whole time units.

    Raises
    ------
    KehuError
        KH-D11: nobody bought anything, the history is too short for a hold-out of one time unit,
        or nobody bought before the calibration's end.
    """
    unit = unit_days(time_unit)
    bought = buying_days(transactions, refunds, analysis_date)
    first = _first_day(transactions, analysis_date, refunds)
    end = date.fromisoformat(analysis_date)
    cut, units = _cut(first, end, unit, calibration_end)
    last = min(cut + timedelta(days=int(units * unit)), end)
    calibration = summary(transactions, cut.isoformat(), time_unit, refunds)
    held = bought.filter((bought.day > ibis.literal(cut)) & (bought.day <= ibis.literal(last)))
    counts = held.group_by("customer_id").aggregate(holdout_purchases=held.count()).execute()
    later = calibration[["customer_id"]].merge(counts, on="customer_id", how="left")
    later["holdout_purchases"] = later["holdout_purchases"].fillna(0).astype("int64")
    repeats = _repeats(bought, cut, last, first, unit)
    return Split(calibration, later, repeats, cut.isoformat(), units, (cut - first).days / unit)


def _first_day(transactions: Table, analysis_date: str, refunds: str) -> date:
    """Return the first day on which anyone bought; most often it is the day of the first line."""
    earliest = pd.Timestamp(transactions.date.min().execute())
    if earliest is not pd.NaT:
        for last in (min(str(earliest.date()), analysis_date), analysis_date):
            first = pd.Timestamp(buying_days(transactions, refunds, last).day.min().execute())
            if first is not pd.NaT:
                return first.date()
    raise _too_short(f"nobody bought anything up to {analysis_date}.", "Check the dates.")


def _cut(first: date, end: date, unit: float, given: str | None) -> tuple[date, int]:
    """Return the last day of the calibration, and the whole time units after it."""
    if given is None:
        units = int((end - first).days / 3 / unit)
        cut = end - timedelta(days=int(units * unit))
    else:
        cut = date.fromisoformat(given)
        units = int((end - cut).days / unit + SHORT_MONTH)
    if units < 1:
        since = f"the history from {first} to" if given is None else f"calibration_end {cut} and"
        remedy = "Use a longer history, a shorter `time_unit`, or an earlier `calibration_end`."
        raise _too_short(f"{since} {end} leave no hold-out of one time unit.", remedy)
    if cut <= first:
        what = f"calibration_end {cut} is not after the first purchase, {first}."
        raise _too_short(what, "Choose a later `calibration_end`, or leave it out.")
    return cut, units


def _too_short(what: str, remedy: str) -> KehuError:
    return KehuError(Problem("KH-D11", "transactions", what, remedy))


def _repeats(bought: Table, cut: date, last: date, origin: date, unit: float) -> pd.Series[int]:
    """Count repeat purchases by time unit, of customers whose first purchase is by the cut."""
    first = bought.group_by("customer_id").aggregate(first_date=bought.day.min())
    cohort = first.filter(first.first_date <= ibis.literal(cut))
    days = bought.inner_join(cohort, "customer_id")
    days = days.filter((days.day > days.first_date) & (days.day <= ibis.literal(last)))
    counted = days.group_by("day").aggregate(n=days.count()).execute()
    age = (pd.to_datetime(counted["day"]) - pd.Timestamp(origin)).dt.days / unit
    units = np.ceil(age).astype("int64")
    return counted["n"].groupby(units).sum().sort_index().rename_axis(None)
