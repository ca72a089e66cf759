"""Forecasts of purchases from the calibration table alone: models, look-up, naive baseline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kehu.value.clv import lookup
from kehu.value.clv.families import Family, PurchaseModel, has_uncertainty, scenarios
from kehu.value.clv.sample import Array

BAND_DRAWS = 60
"""Parameter sets behind the band of the tracking."""


@dataclass(frozen=True)
class Forecast:
    """What a model says about the hold-out before seeing it.

    Parameters
    ----------
    expected : ndarray, shape (n,)
        Purchases expected of each customer in the hold-out, in the order of the calibration table.
    cumulative : ndarray, shape (u,)
        Repeat purchases expected of all customers by the end of time unit 1...u, counted from the
        earliest first purchase through calibration and hold-out; nan where the method says nothing.
    low, high : ndarray, shape (u,)
        Band around it that holds 80 % of what the uncertainty of the parameters allows; nan where
        nothing is known of it.
    usable : bool
        Whether the fit converged and the data identify the model.
    message : str
        What the fit says about itself.
    """

    expected: Array
    cumulative: Array
    low: Array
    high: Array
    usable: bool
    message: str


Forecaster = Callable[[pd.DataFrame, int], Forecast]
"""Takes the calibration table and the horizon in time units: all that a forecast may rest on."""


def forecast_family(
    calibration: pd.DataFrame, horizon: int, *, family: Family, time_unit: str
) -> Forecast:
    """Fit a model of purchases on the calibration table and forecast the hold-out.

    Parameters
    ----------
    calibration : DataFrame
        frequency, recency, T, one row per customer.
    horizon : int
        Time units ahead.
    family : Family
        Of `kehu.value.clv.families`.
    time_unit : str
        Unit of recency, T and horizon.

    Returns
    -------
    Forecast
        Expected purchases, expected tracking with its band, and whether the fit may be used.
    """
    history = calibration[["frequency", "recency", "T"]]
    triples = history.value_counts(sort=False).sort_index().reset_index()
    model = family.fit(*triples.to_numpy(dtype=float).T, time_unit=time_unit)
    x, t_x, T = history.to_numpy(dtype=float).T
    low, high = _band(family, model, T, horizon)
    return Forecast(
        expected=family.expected_purchases(model, horizon, x, t_x, T),
        cumulative=_tracking(family, model, T, horizon),
        low=low,
        high=high,
        usable=model.converged and model.identified,
        message=model.message,
    )


def forecast_lookup(calibration: pd.DataFrame, horizon: int, *, model: lookup.Lookup) -> Forecast:
    """Forecast the hold-out by what customers of a like past did in an earlier span.

    Parameters
    ----------
    calibration : DataFrame
        frequency, recency, T, one row per customer.
    horizon : int
        Time units ahead.
    model : Lookup
        Counted on a span that ended with the calibration.

    Returns
    -------
    Forecast
        Without tracking before the hold-out, which counting does not describe, and without band.
    """
    x, t_x, T = calibration[["frequency", "recency", "T"]].to_numpy(dtype=float).T
    expected = lookup.expected_purchases(model, horizon, x, t_x, T)
    units = np.arange(1.0, math.ceil(T.max() + horizon) + 1)
    share = np.minimum((units - T.max()) / horizon, 1.0)
    ahead = np.where(share >= 0, x.sum() + expected.sum() * share, np.nan)
    blank = np.full_like(ahead, np.nan)
    return Forecast(expected, ahead, blank, blank, usable=True, message="")


def _tracking(family: Family, model: PurchaseModel, T: Array, horizon: int) -> Array:
    """Cumulative repeat purchases expected of all customers by the end of each unit."""
    end = T.max() + horizon
    observed, customers = np.unique(T, return_counts=True)
    times = np.minimum(np.arange(1.0, math.ceil(end) + 1), end)
    ages = np.maximum(times[:, None] - (T.max() - observed), 0.0)
    distinct, where = np.unique(ages, return_inverse=True)
    expected = family.expected_new(model, distinct)[where].reshape(ages.shape)
    return np.asarray((expected * customers).sum(axis=1))


def _band(family: Family, model: PurchaseModel, T: Array, horizon: int) -> tuple[Array, Array]:
    """Return the ends of the 80 % band of the tracking; blank where no uncertainty is known."""
    if not has_uncertainty(model):
        blank = np.full(math.ceil(T.max() + horizon), np.nan)
        return blank, blank
    drawn = [_tracking(family, one, T, horizon) for one in scenarios(model, BAND_DRAWS)]
    low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
    return np.asarray(low), np.asarray(high)


def estimate_retention(calibration: pd.DataFrame) -> float:
    """Return the share of the first half's buyers who bought again in the second half.

    Parameters
    ----------
    calibration : DataFrame
        recency and T, one row per customer; the halves are of the longest T.

    Returns
    -------
    float
        0...1, from the calibration period alone.
    """
    length = float(calibration["T"].max())
    birth = length - calibration["T"].to_numpy(dtype=float)
    last = birth + calibration["recency"].to_numpy(dtype=float)
    return float((last[birth <= length / 2] > length / 2).mean())


def naive_purchases(calibration: pd.DataFrame, horizon: float, retention: float) -> Array:
    """Return the baseline's forecast: each customer's own rate, times the horizon, times retention.

    Parameters
    ----------
    calibration : DataFrame
        frequency and T, one row per customer.
    horizon : float
        Time units ahead.
    retention : float
        Share of purchases that retention leaves, 0...1.

    Returns
    -------
    ndarray, shape (n,)
        Purchases; 0 for customers who came on the last day, whose rate is unknown.
    """
    if not 0.0 <= retention <= 1.0:
        raise ValueError(f"retention must lie in 0...1, got {retention}")
    x, T = (calibration[c].to_numpy(dtype=float) for c in ("frequency", "T"))
    rate = np.divide(x, T, out=np.zeros_like(x), where=T > 0)
    return np.asarray(rate * horizon * retention)
