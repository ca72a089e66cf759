"""The split of a history for a back-test: what the model may see, and what happened after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.value.summary import DAYS_PER_UNIT, purchase_days, summary


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
        Contract `transactions`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    time_unit, refunds : str
        As in `kehu.value.summary.summary`.
    calibration_end : str, optional
        Last day the model may see; left out, two thirds of the history, so that the hold-out is a
        whole number of time units.

    Returns
    -------
    Split
        The hold-out is cut to whole time units.

    Raises
    ------
    KehuError
        KH-D11: the history is too short for a hold-out of one time unit.
    """
    days = purchase_days(transactions, refunds)
    bought = days.filter(days.bought)
    first, end = bought.day.min().execute(), date.fromisoformat(analysis_date)
    cut_day, units = _cut(_as_date(first), end, DAYS_PER_UNIT[time_unit], calibration_end)
    calibration = summary(transactions, cut_day.isoformat(), time_unit, refunds)
    last = cut_day + timedelta(days=round(units * DAYS_PER_UNIT[time_unit]))
    held = bought.filter((bought.day > ibis.literal(cut_day)) & (bought.day <= ibis.literal(last)))
    counts = held.group_by("customer_id").aggregate(holdout_purchases=held.count()).execute()
    later = calibration[["customer_id"]].merge(counts, on="customer_id", how="left")
    later["holdout_purchases"] = later["holdout_purchases"].fillna(0).astype("int64")
    span = (cut_day - _as_date(first)).days / DAYS_PER_UNIT[time_unit]
    repeats = _repeats(bought, cut_day, last, _as_date(first), DAYS_PER_UNIT[time_unit])
    return Split(calibration, later, repeats, cut_day.isoformat(), units, span)


def _as_date(value: object) -> date:
    return pd.Timestamp(value).date()  # type: ignore[arg-type]


def _cut(first: date, end: date, unit: float, given: str | None) -> tuple[date, int]:
    if given is not None:
        units = int((end - date.fromisoformat(given)).days / unit)
        cut = date.fromisoformat(given)
    else:
        units = int((end - first).days / 3 / unit)
        cut = end - timedelta(days=round(units * unit))
    if units < 1 or cut <= first:
        what = f"the history from {first} to {end} leaves no hold-out of one time unit."
        remedy = "Use a longer history, a shorter `time_unit`, or an earlier `calibration_end`."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))
    return cut, units


def _repeats(bought: Table, cut: date, last: date, origin: date, unit: float) -> pd.Series:
    first = bought.group_by("customer_id").aggregate(first_date=bought.day.min())
    cohort = first.filter(first.first_date <= ibis.literal(cut))
    days = bought.inner_join(cohort, "customer_id")
    days = days.filter((days.day > days.first_date) & (days.day <= ibis.literal(last)))
    counted = days.group_by("day").aggregate(n=days.count()).execute()
    age = (pd.to_datetime(counted["day"]) - pd.Timestamp(origin)).dt.days / unit
    units = age.map(lambda t: int(-(-t // 1)))
    return counted["n"].groupby(units).sum().sort_index().rename_axis(None)
