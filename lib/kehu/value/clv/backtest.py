"""Back-test of a lifetime-value model: forecast from the past alone, then compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kehu.errors import Problem, raise_all
from kehu.value.clv.forecasts import Forecast, Forecaster, estimate_retention, naive_purchases
from kehu.value.clv.sample import Array
from kehu.value.clv.scores import Scores, Verdict, judge, scores, squared_error_gain

CALIBRATION = ["customer_id", "frequency", "recency", "T"]
TABLE = ["kind", "bucket", "customers", "actual", "model", "model_low", "model_high", "naive"]


@dataclass(frozen=True)
class Backtest:
    """A model compared with the hold-out and with a naive baseline.

    Parameters
    ----------
    table : DataFrame
        Contract `backtest`. Kinds: `bucket` (by repeat purchases
        in the calibration, means per customer), `total` (sums), `decile` (by the model's forecast,
        1 lowest, means per customer), `tracking` (by time unit, cumulative repeat purchases,
        with the band that the uncertainty of the parameters leaves).
    customers : DataFrame
        Columns customer_id, actual, model, naive: purchases in the hold-out.
    model, naive : Scores
        Errors.
    gain : tuple of float
        Mean squared error of the baseline minus the model's: low, middle, high (95 %).
    retention : float
        Share used in the baseline, 0...1.
    horizon : int
        Hold-out length, time units.
    verdict : {"A", "B", "C"}
        A, clearly better than the baseline; B, no worse; C, do not use.
    reasons : tuple of str
        Keys of `kehu.value.clv.scores.judge`.
    message : str
        What the fit says about itself; empty when all is well.
    """

    table: pd.DataFrame
    customers: pd.DataFrame
    model: Scores
    naive: Scores
    gain: tuple[float, float, float]
    retention: float
    horizon: int
    verdict: Verdict
    reasons: tuple[str, ...]
    message: str


def backtest(
    calibration: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    horizon: int,
    forecast: Forecaster,
    repeats_by_unit: pd.Series | None = None,
    retention: float | None = None,
) -> Backtest:
    """Forecast each customer's purchases from the calibration period and compare with the hold-out.

    The forecast is made by a function that is given the calibration columns only, before the
    hold-out is joined: what happened later cannot leak into it.

    Parameters
    ----------
    calibration : DataFrame
        One row per customer: customer_id, frequency, recency, T (one time unit for both), and
        optionally monetary_value. Other columns are not shown to the forecast.
    holdout : DataFrame
        customer_id, holdout_purchases: purchase days in the hold-out; who is not listed made none.
    horizon : int
        Length of the hold-out in time units, 1 or more.
    forecast : callable
        For example `forecast_family` with its family and time unit filled in.
    repeats_by_unit : Series, optional
        Repeat purchases of all customers in time unit 1, 2, ... (the index) since the earliest
        first purchase: unit k holds times in (k - 1, k]. Without it, no `tracking` rows.
    retention : float, optional
        Share of the baseline's purchases that retention leaves, 0...1; estimated by
        `estimate_retention` when left out.

    Returns
    -------
    Backtest
        Table, errors, verdict.

    Raises
    ------
    ValueError
        Missing columns, repeated or unknown customers, values out of range.
    KehuError
        KH-D11 when nobody bought in the hold-out, or the calibration has no length.

    References
    ----------
    Fader, Hardie, Lee (2005), figures 2-4, for buckets and tracking.
    """
    actual = _actual(calibration, holdout)
    _require_enough(calibration, actual, horizon)
    known = [c for c in (*CALIBRATION, "monetary_value") if c in calibration]
    said = forecast(calibration[known].copy(), horizon)
    share = estimate_retention(calibration) if retention is None else retention
    naive = naive_purchases(calibration, horizon, share)
    sides = pd.DataFrame(
        {"actual": actual, "model": np.asarray(said.expected, dtype=float), "naive": naive}
    )
    gain = squared_error_gain(actual, said.expected, naive)
    of_model, of_naive = scores(actual, said.expected), scores(actual, naive)
    verdict, reasons = judge(said.usable, gain, of_model, of_naive)
    return Backtest(
        table=_table(calibration, sides, said, repeats_by_unit, horizon),
        customers=sides.assign(customer_id=calibration["customer_id"].to_numpy())[
            ["customer_id", *sides.columns]
        ],
        model=of_model,
        naive=of_naive,
        gain=gain,
        retention=share,
        horizon=horizon,
        verdict=verdict,
        reasons=reasons,
        message=said.message,
    )


def _actual(calibration: pd.DataFrame, holdout: pd.DataFrame) -> Array:
    """Hold-out purchases in the order of the calibration table."""
    _require_customers(calibration, CALIBRATION, "calibration")
    _require_customers(holdout, ["customer_id", "holdout_purchases"], "holdout")
    unknown = ~holdout["customer_id"].isin(calibration["customer_id"])
    if unknown.any():
        raise ValueError(
            f"{int(unknown.sum())} hold-out customers are not in the calibration table"
        )
    bought = holdout.set_index("customer_id")["holdout_purchases"]
    found = bought.reindex(calibration["customer_id"], fill_value=0).to_numpy(dtype=float)
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError("holdout_purchases must be finite, 0 or more")
    return np.asarray(found)


def _require_customers(frame: pd.DataFrame, columns: list[str], name: str) -> None:
    """Refuse a table without its columns or with a customer twice."""
    missing = [c for c in columns if c not in frame]
    if missing:
        raise ValueError(f"{name} lacks the columns {missing}")
    if frame["customer_id"].duplicated().any():
        raise ValueError(f"{name} has more than one row for a customer")


def _require_enough(calibration: pd.DataFrame, actual: Array, horizon: int) -> None:
    """Refuse a comparison that cannot say anything."""
    if horizon != int(horizon) or horizon < 1:
        raise ValueError(f"horizon must be a whole number, 1 or more, got {horizon}")
    what = {
        "the calibration period has no length.": len(actual) < 2 or calibration["T"].max() <= 0,
        f"none of {len(actual):,} customers bought in the hold-out.": actual.sum() == 0,
    }
    raise_all(
        Problem(
            "KH-D11",
            "summary",
            text,
            "Set `calibration_end` to an earlier day, or correct `analysis_date`.",
        )
        for text, applies in what.items()
        if applies
    )


def _table(
    calibration: pd.DataFrame,
    sides: pd.DataFrame,
    said: Forecast,
    repeats_by_unit: pd.Series | None,
    horizon: int,
) -> pd.DataFrame:
    """All comparisons below each other."""
    n, seen = len(sides), calibration["frequency"].to_numpy()
    bucket = pd.Series(np.minimum(seen, 7)).astype(int).astype(str).replace("7", "7+")
    total = sides.sum().to_frame().T.assign(bucket="all", customers=n)
    parts = [
        _means(sides, bucket).assign(kind="bucket"),
        total.assign(kind="total"),
        deciles(sides),
    ]
    if repeats_by_unit is not None:
        growth = _tracking(calibration, sides["naive"].sum(), said, repeats_by_unit, horizon)
        parts.append(growth.assign(kind="tracking", customers=n))
    table = pd.concat(parts, ignore_index=True).reindex(columns=TABLE)
    return table.assign(bucket=table["bucket"].astype(str))


def deciles(sides: pd.DataFrame) -> pd.DataFrame:
    """Average ten groups of customers, from the lowest to the highest forecast of the model.

    Parameters
    ----------
    sides : DataFrame
        Columns actual, model, naive: one row per customer.

    Returns
    -------
    DataFrame
        kind (`decile`), bucket (1...10), customers, actual, model, naive; equal forecasts share
        their mean place.
    """
    group = pd.Series(np.ceil(sides["model"].rank().to_numpy() / len(sides) * 10)).astype(int)
    return _means(sides[["actual", "model", "naive"]], group).assign(kind="decile")


def _means(sides: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """Count customers and average their purchases by group, groups in order."""
    grouped = sides.groupby(group.to_numpy(), sort=True)
    return grouped.mean().assign(customers=grouped.size()).rename_axis("bucket").reset_index()


def _tracking(
    calibration: pd.DataFrame,
    naive_total: float,
    said: Forecast,
    repeats_by_unit: pd.Series,
    horizon: int,
) -> pd.DataFrame:
    """Cumulative repeat purchases by unit; the baseline starts where the calibration ends."""
    units = np.arange(1, len(said.cumulative) + 1)
    if not repeats_by_unit.index.isin(units).all():
        raise ValueError(f"repeats_by_unit must be indexed by time units 1...{units[-1]}")
    length, before = float(calibration["T"].max()), float(calibration["frequency"].sum())
    share = np.minimum((units - length) / horizon, 1.0)
    return pd.DataFrame(
        {
            "bucket": units,
            "actual": repeats_by_unit.reindex(units, fill_value=0).cumsum().to_numpy(dtype=float),
            "model": said.cumulative,
            "model_low": said.low,
            "model_high": said.high,
            "naive": np.where(share >= 0, before + naive_total * share, np.nan),
        }
    )
