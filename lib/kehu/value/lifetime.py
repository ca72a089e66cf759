"""Customer lifetime value: fit, prove on the past, then score every customer with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value.clv import bgnbd, bgnbd_purchases, gamma_gamma
from kehu.value.clv.backtest import Backtest, backtest
from kehu.value.clv.bgnbd import BgNbd
from kehu.value.clv.forecasts import forecast_bgnbd
from kehu.value.clv.gamma_gamma import GammaGamma
from kehu.value.clv.sample import Array
from kehu.value.holdout import Split
from kehu.value.summary import UNITS_PER_YEAR

DRAWS = 400
"""Simulated futures per purchase history behind `clv_low` and `clv_high`."""

BLOCK = 2_000
"""Histories simulated at a time; bounds the memory."""


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
        KH-D11: nobody bought on a second day, or fewer than two repeat buyers spent anything.

    Notes
    -----
    Customers of equal history are fitted as one with a weight, in the order of their figures: the
    order of rows changes nothing, not even the last digit.
    """
    usable = (summary["frequency"] > 0) & (summary["monetary_value"] > 0)
    repeat = int((summary["frequency"] > 0).sum())
    triples = _counted(summary[["frequency", "recency", "T"]])
    purchases = bgnbd.fit(*triples, time_unit=time_unit)
    _require_spend(int(usable.sum()), repeat)
    spend = gamma_gamma.fit(*_counted(summary.loc[usable, ["frequency", "monetary_value"]]))
    return Models(purchases, spend, repeat - int(usable.sum()))


def _counted(frame: pd.DataFrame) -> Array:
    """Return the distinct rows in ascending order, one array per column, and their counts."""
    counts = frame.groupby(list(frame.columns)).size().reset_index()
    return np.asarray(counts.to_numpy(dtype=float).T)


def _require_spend(usable: int, repeat: int) -> None:
    if usable < 2:
        what = f"{usable:,} of {repeat:,} customers who came back spent more than 0 a purchase day."
        remedy = "At least 2 are needed: use a longer history, or check the amounts."
        raise KehuError(Problem("KH-D11", "summary.monetary_value", what, remedy))


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
        Contract `clv`. `clv`, a mean, is margin x expected spend x discounted expected purchases.
        Of simulated futures of the customer, one in ten lies below `clv_low` and one in ten above
        `clv_high` (fewer below where buying nothing is likelier than that: then `clv_low` is 0).

    Raises
    ------
    KehuError
        KH-D11: spend is so uneven that some customers have no finite expected spend.

    Notes
    -----
    The interval tells what may happen, given the fitted models; the models' own uncertainty is not
    in it. A customer who has probably left may have a mean above `clv_high`: most futures then hold
    nothing, few hold much.
    """
    x, t_x, T = (summary[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    money = summary["monetary_value"].to_numpy(dtype=float)
    known = np.where(money > 0, x, 0.0)
    per_unit = (1 + discount_rate) ** (1 / UNITS_PER_YEAR[models.purchases.time_unit]) - 1
    plain = bgnbd_purchases.expected_purchases(models.purchases, horizon, x, t_x, T)
    present = bgnbd_purchases.discounted_purchases(models.purchases, horizon, per_unit, x, t_x, T)
    spend = gamma_gamma.expected_spend(models.spend, known, money)
    discount = np.divide(present, plain, out=np.ones_like(plain), where=plain > 0)
    low, high = _interval(models, np.column_stack([x, t_x, T, known]), money, horizon, seed)
    return pd.DataFrame(
        {
            "customer_id": summary["customer_id"],
            "p_alive": bgnbd.p_alive(models.purchases, x, t_x, T),
            "expected_purchases": plain,
            "expected_spend": spend,
            "clv": margin * spend * present,
            "clv_low": margin * discount * low,
            "clv_high": margin * discount * high,
        }
    )


def _interval(
    models: Models, histories: Array, money: Array, horizon: int, seed: int
) -> tuple[Array, Array]:
    """Simulate spend within the horizon, and return its 10 % and 90 % points per customer.

    Spend scales with gamma + x m, so customers who differ in money alone share their futures;
    distinct histories are drawn in ascending order, whatever the order of customers.
    """
    distinct, where = np.unique(histories, axis=0, return_inverse=True)
    rng = np.random.default_rng(seed)
    ends = []
    for block in np.array_split(distinct, len(distinct) // BLOCK + 1):
        x, t_x, T, known = block.T
        bought = bgnbd_purchases.simulate_purchases(
            models.purchases, rng, DRAWS, horizon, x, t_x, T
        )
        spent = gamma_gamma.simulate_spend(models.spend, rng, bought, known, np.zeros_like(known))
        ends.append(np.quantile(spent, [0.1, 0.9], axis=0))
    low, high = np.concatenate(ends, axis=1)[:, where]
    scale = 1 + histories[:, 3] * money / models.spend.gamma
    return low * scale, high * scale
