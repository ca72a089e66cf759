"""Histories in whole periods, of customers who buy at most once in each: yearly donors, say."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr.types import IntegerColumn, Table

from kehu.errors import KehuError, Problem
from kehu.value.holdout import Split
from kehu.value.summary import purchase_days, summary

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of the periods that are counted by the calendar."""


def period_of(day: date, time_unit: str) -> int:
    """Return the number of the calendar period a day belongs to; weeks begin on Monday."""
    if time_unit in MONTHS:
        return (day.year * 12 + day.month - 1) // MONTHS[time_unit]
    return (day.toordinal() - 1) // {"day": 1, "week": 7}[time_unit]


def last_day(period: int, time_unit: str) -> date:
    """Return the last day of a calendar period; see `period_of`."""
    if time_unit in MONTHS:
        years, month = divmod((period + 1) * MONTHS[time_unit], 12)
        return date(years, month + 1, 1) - timedelta(days=1)
    return date.fromordinal((period + 1) * {"day": 1, "week": 7}[time_unit])


def last_whole(day: date, time_unit: str) -> int:
    """Return the last period that is over by the end of a day."""
    period = period_of(day, time_unit)
    return period if last_day(period, time_unit) == day else period - 1


def occasions(transactions: Table, time_unit: str, refunds: str, until: date) -> pd.DataFrame:
    """List the periods in which each customer bought.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    time_unit : {'day', 'week', 'month', 'quarter', 'year'}
        Length of a period; periods follow the calendar.
    refunds : {'net', 'drop', 'keep'}
        See `kehu.value.summary.purchase_days`.
    until : date
        Last day looked at; a period that is not over by then is left out.

    Returns
    -------
    pandas.DataFrame
        `customer_id, period, spend` (currency), one row per customer and period, in that order.
    """
    days = purchase_days(transactions, refunds, until.isoformat())
    bought = days.filter(days.bought)
    numbered = bought.mutate(period=_period(bought, time_unit))
    whole = numbered.filter(numbered.period <= last_whole(until, time_unit))
    found = whole.group_by("customer_id", "period").aggregate(spend=whole.spend.sum())
    frame: pd.DataFrame = found.order_by("customer_id", "period").execute()
    if frame.empty:
        what = f"nobody bought in a whole {time_unit} that was over by {until}."
        remedy = "Use a shorter `time_unit`, or a later `analysis_date`."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))
    return frame.astype({"period": "int64", "spend": float})


def _period(days: Table, time_unit: str) -> IntegerColumn:
    """Return the number of each day's calendar period, in the engine, as `period_of` does."""
    if time_unit in MONTHS:
        months = days.day.year() * 12 + days.day.month() - 1
        return (months / MONTHS[time_unit]).floor().cast("int64")
    since = days.day.delta(ibis.literal(date(1, 1, 1)), unit="day")
    return (since / {"day": 1, "week": 7}[time_unit]).floor().cast("int64")


def in_periods(
    transactions: Table, bought: pd.DataFrame, time_unit: str, refunds: str, until: date
) -> pd.DataFrame:
    """Summarise every customer in whole periods.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    bought : pandas.DataFrame
        See `occasions`, of all periods up to `until` or beyond.
    time_unit, refunds
        As there.
    until : date
        Last day looked at.

    Returns
    -------
    pandas.DataFrame
        Contract `summary`; `frequency`, `recency` and `T` count periods after the first one, and
        `monetary_value` is the mean of the periods bought in. Who has bought in the period that is
        not over only has not been observed for any period: all three are 0.
    """
    end = last_whole(until, time_unit)
    seen = bought[bought["period"] <= end]
    periods = seen.groupby("customer_id")["period"].agg(["min", "max", "size"])
    repeat = seen[seen["customer_id"].duplicated()]
    mean = repeat.groupby("customer_id")["spend"].mean().reindex(periods.index, fill_value=0.0)
    counted = pd.DataFrame(
        {
            "frequency": periods["size"].astype("int64") - 1,
            "recency": (periods["max"] - periods["min"]).astype(float),
            "T": (end - periods["min"]).astype(float),
            "monetary_value": mean,
        }
    ).reset_index()
    whole = summary(transactions, until.isoformat(), time_unit, refunds)
    kept = whole.drop(columns=["frequency", "recency", "T", "monetary_value"])
    joined = kept.merge(counted, on="customer_id", how="left", validate="1:1")
    new = joined["frequency"].isna()
    joined.loc[new, list(counted.columns[1:])] = 0.0
    joined = joined.astype({"frequency": "int64"})
    return joined[list(whole.columns)]


def split(
    transactions: Table,
    bought: pd.DataFrame,
    time_unit: str,
    refunds: str,
    until: date,
    calibration_end: str | None = None,
) -> Split:
    """Cut a history in periods into calibration and hold-out.

    Parameters
    ----------
    transactions, bought, time_unit, refunds, until
        See `in_periods`.
    calibration_end : str, optional
        Last day the model may see, ISO; left out, two thirds of the periods.

    Returns
    -------
    Split
        `holdout_purchases` are periods bought in.

    Raises
    ------
    KehuError
        KH-D11: no period is left on either side of the cut.
    """
    first, end = int(bought["period"].min()), last_whole(until, time_unit)
    cut = end - (end - first + 1) // 3
    if calibration_end is not None:
        cut = last_whole(date.fromisoformat(calibration_end), time_unit)
    if not first < cut < end:
        what = f"{end - first + 1:,} whole periods leave no calibration and hold-out."
        remedy = "Use a longer history, a shorter `time_unit`, or another `calibration_end`."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))
    day = last_day(cut, time_unit)
    calibration = in_periods(transactions, bought, time_unit, refunds, day)
    later = bought[bought["period"].between(cut + 1, end)].groupby("customer_id").size()
    held = later.reindex(calibration["customer_id"], fill_value=0)
    holdout = held.rename("holdout_purchases").astype("int64").reset_index()
    repeats = bought[bought["customer_id"].isin(calibration["customer_id"])]
    repeats = repeats[repeats["customer_id"].duplicated() & (repeats["period"] <= end)]
    by_unit = repeats.groupby(repeats["period"] - first).size().rename_axis(None)
    return Split(calibration, holdout, by_unit, day.isoformat(), end - cut, float(cut - first))
