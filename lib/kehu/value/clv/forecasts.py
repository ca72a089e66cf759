"""Forecasts of purchases from the calibration table alone: the model's and the naive baseline's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kehu.value.clv import bgnbd, bgnbd_purchases
from kehu.value.clv.sample import Array


@dataclass(frozen=True)
class Forecast:
    """What a model says about the hold-out before seeing it.

    Parameters
    ----------
    expected : ndarray, shape (n,)
        Purchases expected of each customer in the hold-out, in the order of the calibration table.
    cumulative : ndarray, shape (u,)
        Repeat purchases expected of all customers by the end of time unit 1...u, counted from the
        earliest first purchase through calibration and hold-out.
    usable : bool
        Whether the fit converged and the data identify the model.
    message : str
        What the fit says about itself.
    """

    expected: Array
    cumulative: Array
    usable: bool
    message: str


Forecaster = Callable[[pd.DataFrame, int], Forecast]
"""Takes the calibration table and the horizon in time units: all that a forecast may rest on."""


def forecast_bgnbd(calibration: pd.DataFrame, horizon: int, *, time_unit: str) -> Forecast:
    """Fit BG/NBD on the calibration table and forecast the hold-out.

    Parameters
    ----------
    calibration : DataFrame
        frequency, recency, T, one row per customer.
    horizon : int
        Time units ahead.
    time_unit : str
        Unit of recency, T and horizon.

    Returns
    -------
    Forecast
        Expected purchases, expected tracking, and whether the fit may be used.
    """
    history = calibration[["frequency", "recency", "T"]]
    triples = history.value_counts(sort=False).reset_index()
    model = bgnbd.fit(*triples.to_numpy(dtype=float).T, time_unit=time_unit)
    x, t_x, T = history.to_numpy(dtype=float).T
    return Forecast(
        expected=bgnbd_purchases.expected_purchases(model, horizon, x, t_x, T),
        cumulative=_tracking(model, T, horizon),
        usable=model.converged and model.identified,
        message=model.message,
    )


def _tracking(model: bgnbd.BgNbd, T: Array, horizon: int) -> Array:
    """Cumulative repeat purchases expected of all customers by the end of each unit."""
    end = T.max() + horizon
    observed, customers = np.unique(T, return_counts=True)
    times = np.minimum(np.arange(1.0, math.ceil(end) + 1), end)
    ages = np.maximum(times[:, None] - (T.max() - observed), 0.0)
    expected = bgnbd_purchases.expected_new(model, ages.ravel()).reshape(ages.shape)
    return np.asarray((expected * customers).sum(axis=1))


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
