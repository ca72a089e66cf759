"""Simulated futures: what customers may spend in the horizon, and how well the total is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.value import spend as spending
from kehu.value.clv.families import drawn, has_uncertainty, scenarios
from kehu.value.clv.sample import Array
from kehu.value.spend import Spend

DRAWS = 400
"""Simulated futures per purchase history."""

BLOCK = 2_000
"""Histories simulated at a time; bounds the memory."""

PARAMETER_SETS = 100
"""Sets of parameters behind the interval of the total."""

SAMPLED = 2_000
"""Histories at most on which the total's dependence on the parameters is measured."""

MANY = 50_000
"""Distinct histories above which like ones share their futures."""

STEP, PARTS = 0.05, 32
"""Like histories: of one number of purchases, lengths within 5 %, last purchase in one 32nd."""

LEVELS = (0.025, 0.1, 0.9, 0.975)
"""Ends of the 95 % and the 80 % interval."""

NORMAL_80 = 1.2815516
"""Standard deviations from the middle to the ends of an 80 % interval."""


def simulated(
    family: Any, model: Any, spend: Spend, summary: pd.DataFrame, horizon: int, seed: int
) -> tuple[Array, Array]:
    """Simulate each customer's spend within the horizon.

    Parameters
    ----------
    family : Family, or the module of the look-up
        Functions of the model of purchases.
    model : fitted model
    spend : Spend
    summary : pandas.DataFrame
        Contract `summary`, n customers, in the model's time unit.
    horizon : int
        Time units ahead.
    seed : int
        Start of the random draws.

    Returns
    -------
    ends : ndarray, shape (4, n)
        2.5 %, 10 %, 90 % and 97.5 % points of a customer's spend, in currency, undiscounted.
    variance : ndarray, shape (n,)
        Variance of the customer's spend over the futures.

    Notes
    -----
    Every future has parameters of its own, drawn from what the data leave possible (see
    `kehu.value.clv.families.drawn`), so the interval holds chance and the parameters' uncertainty.
    Customers of equal history share their futures, money apart, which only scales them; histories
    are drawn in ascending order, whatever the order of customers. Above `MANY` histories, like ones
    share them too: the points then move about as much as they do between two seeds.
    """
    known, scale = spending.keys(spend, summary)
    told = np.column_stack([summary[["frequency", "recency", "T"]].to_numpy(dtype=float), known])
    distinct, where = _distinct(told)
    if len(distinct) > MANY:
        distinct, where = _distinct(_like(told))
    rng = np.random.default_rng(seed)
    wide = drawn(model, rng, DRAWS) if hasattr(model, "log_covariance") else model
    points = []
    for block in np.array_split(distinct, len(distinct) // BLOCK + 1):
        bought = family.simulate_purchases(wide, rng, DRAWS, horizon, *block[:, :3].T)
        spent = spending.simulate(spend, rng, bought, block[:, 3:])
        points.append(np.vstack([np.quantile(spent, LEVELS, axis=0), spent.var(axis=0)]))
    found = np.concatenate(points, axis=1)[:, where]
    return found[:4] * scale, found[4] * scale**2


def _distinct(rows: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return the distinct rows in ascending order, and the place of each row among them."""
    frame = pd.DataFrame(rows)
    groups = frame.groupby(list(frame.columns))
    return groups.size().index.to_frame().to_numpy(dtype=float), groups.ngroup().to_numpy()


def _like(told: Array) -> Array:
    """Round the times of histories, lengths by ratio, last purchases by share of the length."""
    t_x, T = told[:, 1], told[:, 2]
    unit = T[T > 0].min(initial=np.inf)
    length = unit * np.expm1(np.round(np.log1p(T / unit) / STEP) * STEP)
    share = np.round(np.divide(t_x, T, out=np.zeros_like(T), where=T > 0) * PARTS) / PARTS
    rough = told.copy()
    rough[:, 1], rough[:, 2] = np.minimum(share * length, length), length
    return rough


def total_interval(
    family: Any, model: Any, each: Array, summary: pd.DataFrame, horizon: int, variance: Array
) -> tuple[float, float]:
    """Return the 80 % interval of what all customers together will spend, as factors of the mean.

    Parameters
    ----------
    family : Family
    model : fitted model
    each : ndarray, shape (n,)
        Spend expected per purchase, in currency.
    summary : pandas.DataFrame
        Contract `summary`, n customers.
    horizon : int
        Time units ahead.
    variance : ndarray, shape (n,)
        As from `simulated`.

    Returns
    -------
    low, high : float
        Factors of the expected total; nan where the parameters' uncertainty is unknown.

    Notes
    -----
    The total varies with the parameters, which err for all customers alike (measured on at most
    `SAMPLED` histories, spread evenly over all by value), and with each customer's own chance.
    The uncertainty of the parameters of spend is not in it.
    """
    if not (hasattr(model, "log_covariance") and has_uncertainty(model)):
        return float("nan"), float("nan")
    history = summary[["frequency", "recency", "T"]].assign(each=each)
    order = history.sort_values(list(history.columns))
    shown = order.iloc[np.unique(np.linspace(0, len(order) - 1, SAMPLED).round().astype(int))]
    x, t_x, T, money = shown.to_numpy(dtype=float).T
    totals = [
        float((family.expected_purchases(one, horizon, x, t_x, T) * money).sum())
        for one in (model, *scenarios(model, PARAMETER_SETS))
    ]
    whole = float((family.expected_purchases(model, horizon, *_columns(summary)) * each).sum())
    if not totals[0] or not whole:
        return float("nan"), float("nan")
    common = np.std(np.array(totals[1:]) / totals[0])
    width = NORMAL_80 * float(np.hypot(common, np.sqrt(variance.sum()) / whole))
    return max(1 - width, 0.0), 1 + width


def _columns(summary: pd.DataFrame) -> Array:
    return np.asarray(summary[["frequency", "recency", "T"]].to_numpy(dtype=float).T)
