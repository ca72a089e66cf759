"""Scoring customers: what a fitted method expects of each, in money, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu.value import futures, spend
from kehu.value.clv import lookup
from kehu.value.clv.families import FAMILIES, PurchaseModel
from kehu.value.clv.sample import require_same_unit
from kehu.value.spend import Spend
from kehu.value.summary import UNITS_PER_YEAR

INTERVALS = ("clv_low_95", "clv_low", "clv_high", "clv_high_95")
"""Columns of the points that `kehu.value.futures.simulated` gives, in its order."""


@dataclass(frozen=True)
class Terms:
    """What lifetime value is asked for.

    Parameters
    ----------
    time_unit : {'day', 'week', 'month', 'quarter', 'year'}
    horizon : int
        Time units ahead.
    discount_rate : float
        Per year, 0…1; what is bought in time unit k is discounted as if paid at its end.
    margin : float
        Share of spend that is contribution, 0…1.
    seed : int
        Start of the simulation behind the intervals.
    """

    time_unit: str
    horizon: int
    discount_rate: float
    margin: float
    seed: int

    @property
    def rate_per_unit(self) -> float:
        """Discount rate of one time unit."""
        return float((1 + self.discount_rate) ** (1 / UNITS_PER_YEAR[self.time_unit]) - 1)


@dataclass(frozen=True)
class Models:
    """The method behind lifetime value, fitted to one table.

    Parameters
    ----------
    method : str
        A model of purchases, `lookup` or `past`.
    purchases : PurchaseModel, Lookup or None
        How often and how long customers buy; None for `past`.
    spend : Spend
        How much they spend per purchase day.
    """

    method: str
    purchases: PurchaseModel | lookup.Lookup | None
    spend: Spend


def score(
    models: Models, summary: pd.DataFrame, terms: Terms
) -> tuple[pd.DataFrame, tuple[float, float, float]]:
    """Score every customer's lifetime value over the horizon.

    Parameters
    ----------
    models : Models
    summary : pandas.DataFrame
        Contract `summary`, in the models' time unit.
    terms : Terms

    Returns
    -------
    clv : pandas.DataFrame
        Contract `clv`. `clv`, a mean, is margin x expected spend x discounted expected purchases.
        Of simulated futures of the customer, one in ten lies below `clv_low` and one in ten above
        `clv_high` (fewer below where buying nothing is likelier than that: then `clv_low` is 0).
    total : tuple of float
        CLV of all customers: low, expected, high (80 %).

    Raises
    ------
    ValueError
        The model was fitted in another time unit.

    Notes
    -----
    The interval holds what may happen to the customer and how well the parameters are known. A
    customer who has probably left may have a mean above `clv_high`: most futures then hold nothing,
    few hold much. `past` carries on what the customer brought per time unit, over at least one
    horizon; it knows no interval and is not discounted.
    """
    if models.purchases is None:
        return _carried_on(summary, terms)
    require_same_unit(models.purchases.time_unit, terms.time_unit)
    family: Any = FAMILIES.get(models.method, lookup)
    model, horizon = models.purchases, terms.horizon
    x, t_x, T = (summary[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    plain = family.expected_purchases(model, horizon, x, t_x, T)
    present = family.discounted_purchases(model, horizon, terms.rate_per_unit, x, t_x, T)
    each = spend.expected(models.spend, summary)
    factor = terms.margin * np.divide(present, plain, out=np.ones_like(plain), where=plain > 0)
    ends, variance = futures.simulated(family, model, models.spend, summary, horizon, terms.seed)
    clv = pd.DataFrame(
        {
            "customer_id": summary["customer_id"],
            "p_alive": family.p_alive(model, x, t_x, T),
            "expected_purchases": plain,
            "expected_spend": each,
            "clv": terms.margin * each * present,
            **dict(zip(INTERVALS, factor * ends, strict=True)),
            "clv_past": terms.margin * summary["total_spend"],
            "clv_residual": terms.margin * each * _residual(family, model, terms, (x, t_x, T)),
        }
    )
    whole = math.fsum(clv["clv"])
    low, high = futures.total_interval(family, model, each, summary, horizon, variance)
    return clv, (low * whole, whole, high * whole)


def _residual(family: Any, model: Any, terms: Terms, histories: tuple[Any, ...]) -> Any:
    """Purchases still to come without limit, discounted; blank where there is no end to the sum."""
    if not hasattr(family, "residual_purchases") or not terms.discount_rate:
        return np.nan
    return family.residual_purchases(model, np.log1p(terms.rate_per_unit), *histories)


def _carried_on(
    summary: pd.DataFrame, terms: Terms
) -> tuple[pd.DataFrame, tuple[float, float, float]]:
    """Carry the past on: what a customer brought per time unit, times the horizon."""
    length = summary["T"].clip(lower=terms.horizon)
    days = (summary["frequency"] + 1) * terms.horizon / length
    each = (summary["total_spend"] / (summary["frequency"] + 1)).clip(lower=0.0)
    blank = dict.fromkeys(("p_alive", *INTERVALS, "clv_residual"), np.nan)
    clv = summary[["customer_id"]].assign(
        expected_purchases=days,
        expected_spend=each,
        clv=terms.margin * each * days,
        clv_past=terms.margin * summary["total_spend"],
        **blank,
    )
    return clv, (float("nan"), math.fsum(clv["clv"]), float("nan"))
