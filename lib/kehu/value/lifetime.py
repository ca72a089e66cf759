"""Customer lifetime value: fit, prove on the past, then score every customer with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from kehu.value.clv import bgnbd, bgnbd_purchases, gamma_gamma
from kehu.value.clv.backtest import Backtest, backtest
from kehu.value.clv.bgnbd import BgNbd
from kehu.value.clv.forecasts import forecast_bgnbd
from kehu.value.clv.gamma_gamma import GammaGamma
from kehu.value.holdout import Split
from kehu.value.summary import UNITS_PER_YEAR

DRAWS = 400
"""Simulated futures per customer behind `clv_low` and `clv_high`."""


@dataclass(frozen=True)
class Models:
    """The two models behind lifetime value.

    Parameters
    ----------
    purchases : BgNbd
        How often and how long customers buy.
    spend : GammaGamma
        How much they spend per purchase day.
    without_spend : int
        Repeat buyers with a mean spend of 0 or less, left out of the spend model; they get its
        population mean.
    """

    purchases: BgNbd
    spend: GammaGamma
    without_spend: int


def prove(split: Split, time_unit: str) -> Backtest:
    """Fit on the calibration, forecast the hold-out, compare with a naive baseline.

    Parameters
    ----------
    split : Split
    time_unit : {'day', 'week', 'month'}

    Returns
    -------
    Backtest
        With the verdict A (clearly better than the baseline), B (no worse) or C (do not use).
    """
    return backtest(
        split.calibration,
        split.holdout,
        horizon=split.units,
        forecast=partial(forecast_bgnbd, time_unit=time_unit),
        repeats_by_unit=split.repeats_by_unit,
    )


def fit(summary: pd.DataFrame, time_unit: str) -> Models:
    """Fit BG/NBD to the purchases and Gamma-Gamma to the spend of all customers.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    time_unit : {'day', 'week', 'month'}
        Unit of its `recency` and `T`.

    Returns
    -------
    Models

    Raises
    ------
    KehuError
        KH-D11: nobody bought twice, or fewer than two repeat buyers spent anything.
    """
    triples = summary[["frequency", "recency", "T"]].value_counts(sort=False).reset_index()
    purchases = bgnbd.fit(*triples.to_numpy(dtype=float).T, time_unit=time_unit)
    usable = (summary["frequency"] > 0) & (summary["monetary_value"] > 0)
    paying = summary[usable]
    spend = gamma_gamma.fit(paying["frequency"], paying["monetary_value"])
    return Models(purchases, spend, int((summary["frequency"] > 0).sum() - usable.sum()))


def score(
    models: Models,
    summary: pd.DataFrame,
    *,
    horizon: int,
    discount_rate: float,
    margin: float,
    seed: int,
) -> pd.DataFrame:
    """Score every customer's lifetime value over the horizon.

    Parameters
    ----------
    models : Models
    summary : pandas.DataFrame
        Contract `summary`, in the models' time unit.
    horizon : int
        Time units ahead.
    discount_rate : float
        Per year, 0…1; what is bought in time unit k is discounted as if paid at its end.
    margin : float
        Share of spend that is contribution, 0…1.
    seed : int
        Start of the simulation behind the interval.

    Returns
    -------
    pandas.DataFrame
        Contract `clv`. `clv` is margin x expected spend x discounted expected purchases;
        `clv_low` and `clv_high` hold 80 % of simulated futures of the customer (what may happen,
        given the fitted models; the models' own uncertainty is not in it).
    """
    x, t_x, T = (summary[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    money = summary["monetary_value"].to_numpy(dtype=float)
    known = np.where(money > 0, x, 0.0)
    per_unit = (1 + discount_rate) ** (1 / UNITS_PER_YEAR[models.purchases.time_unit]) - 1
    plain = bgnbd_purchases.expected_purchases(models.purchases, horizon, x, t_x, T)
    present = bgnbd_purchases.discounted_purchases(models.purchases, horizon, per_unit, x, t_x, T)
    spend = gamma_gamma.expected_spend(models.spend, known, money)
    discount = np.divide(present, plain, out=np.ones_like(plain), where=plain > 0)
    low, high = _interval(models, (x, t_x, T), known, money, horizon, seed)
    return pd.DataFrame(
        {
            "customer_id": summary["customer_id"],
            "p_alive": bgnbd_purchases.p_alive(models.purchases, x, t_x, T),
            "expected_purchases": plain,
            "expected_spend": spend,
            "clv": margin * spend * present,
            "clv_low": margin * discount * low,
            "clv_high": margin * discount * high,
        }
    )


def _interval(
    models: Models,
    history: tuple[np.ndarray, ...],
    known: np.ndarray,
    money: np.ndarray,
    horizon: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate spend within the horizon, block by block, and return its 10 % and 90 % points."""
    rng = np.random.default_rng(seed)
    blocks = np.array_split(np.arange(len(known)), max(1, len(known) // 20_000))
    ends = []
    for block in blocks:
        triple = [part[block] for part in history]
        bought = bgnbd_purchases.simulate_purchases(models.purchases, rng, DRAWS, horizon, *triple)
        spent = gamma_gamma.simulate_spend(models.spend, rng, bought, known[block], money[block])
        ends.append(np.quantile(spent, [0.1, 0.9], axis=0))
    low, high = np.concatenate(ends, axis=1)
    return low, high
