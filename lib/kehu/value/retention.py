"""Customer lifetime value under contract: prove on the past, fit, score with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value.billing import MONTHS
from kehu.value.clv.contract_lifetimes import (
    DRAWS,
    ContractModel,
    discounted_residual,
    expected_residual,
    residual_survival,
)
from kehu.value.clv.families import drawn
from kehu.value.clv.sample import Array
from kehu.value.contracts import Tenures
from kehu.value.retention_backtest import Proof, prove
from kehu.value.retention_models import Models, curves, fit

__all__ = ["BaseValue", "Models", "Proof", "base_value", "curves", "fit", "prove", "score"]

ENDS = {"clv_low_95": 0.025, "clv_low": 0.1, "clv_high": 0.9, "clv_high_95": 0.975}
"""Ends of the intervals, as shares of the futures below."""


@dataclass(frozen=True)
class BaseValue:
    """Lifetime value of all customers under contract together.

    Parameters
    ----------
    total : float
        Expected, in currency.
    low, high : float
        80 % interval: chance and the uncertainty of the parameters.
    customers : int
        Customers under contract.
    """

    total: float
    low: float
    high: float
    customers: int


def score(
    models: Models,
    tenures: Tenures,
    *,
    spent: pd.Series,
    horizon: int,
    discount_rate: float,
    margin: float,
    seed: int,
) -> pd.DataFrame:
    """Score every customer's lifetime value under contract over the horizon.

    Parameters
    ----------
    models : Models
        Fitted to these tenures.
    tenures : Tenures
    spent : pandas.Series
        Currency a customer has paid so far, by `customer_id`; who is not in it has paid nothing.
    horizon : int
        Billing periods ahead, 0 or more.
    discount_rate : float
        Per year, 0...1; the fee of the k-th period ahead is discounted as if paid at its end.
    margin : float
        Share of the fee that is contribution, 0...1.
    seed : int
        Start of the draws of the parameters.

    Returns
    -------
    pandas.DataFrame
        Contract `clv`, by customer number: `p_alive` 1 for who is under contract, 0 for who has
        left; `expected_purchases`, periods expected to be paid for; `expected_spend`, the fee;
        `clv`, margin x fee x discounted periods; `clv_past`, margin x what was paid so far. Of the
        futures possible one in ten lies below `clv_low` and one in ten above `clv_high`, one in
        forty below `clv_low_95` and above `clv_high_95`.

    Raises
    ------
    KehuError
        KH-D11: customers under contract without a fee.
    ValueError
        The models are of another billing period or of other plans.

    Notes
    -----
    The period that runs is taken as paid for, so only renewals count; fees stay as they are. The
    interval holds what may happen to a customer and the uncertainty of the parameters: the chances
    of renewal are averaged over draws of the parameters, and the number of renewals taken where
    their distribution passes the ends of the interval. Draws of customers would add chance only.
    """
    _require(models, tenures)
    customers, rate = tenures.customers, _rate(discount_rate, tenures.period)
    found = np.zeros((len(customers), 2 + len(ENDS)))
    rng = np.random.default_rng(seed)
    running = ~customers["ended"].to_numpy()
    groups = customers["plan"].map(models.group_of).to_numpy()
    for group in sorted(models.by_group):
        here = np.flatnonzero(running & (groups == group))
        tenure, where = np.unique(customers["tenure"].to_numpy()[here], return_inverse=True)
        found[here] = _paid(models.by_group[group].used, rng, tenure, horizon, rate)[where]
    fee = customers["fee"].to_numpy(dtype=float)
    money = (margin * fee)[:, None] * found[:, 1:]
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "p_alive": running.astype(float),
            "expected_purchases": found[:, 0],
            "expected_spend": fee,
            "clv": money[:, 0],
            **dict(zip(ENDS, money[:, 1:].T, strict=True)),
            "clv_past": margin * customers["customer_id"].map(spent).fillna(0.0).astype(float),
            "clv_residual": np.nan,
        }
    )


def base_value(
    models: Models,
    tenures: Tenures,
    *,
    horizon: int,
    discount_rate: float,
    margin: float,
    seed: int,
) -> BaseValue:
    """Value all customers under contract together, with the interval of the sum.

    Parameters
    ----------
    models, tenures, horizon, discount_rate, margin, seed
        As for `score`.

    Returns
    -------
    BaseValue
        Customers' own intervals do not add up: chance evens out between them, and the uncertainty
        of the parameters does not.

    Raises
    ------
    KehuError, ValueError
        As for `score`.
    """
    _require(models, tenures)
    running = tenures.customers[~tenures.customers["ended"]]
    rate, rng = _rate(discount_rate, tenures.period), np.random.default_rng(seed)
    total, mean, variance = 0.0, np.zeros(DRAWS), np.zeros(DRAWS)
    for group in sorted(models.by_group):
        here = running[running["plan"].map(models.group_of) == group]
        money = margin * here["fee"].astype(float)
        by_tenure = pd.DataFrame({"sum": money, "squares": money**2}).groupby(here["tenure"]).sum()
        model, tenure = models.by_group[group].used, by_tenure.index.to_numpy()
        periods = discounted_residual(model, tenure, rate, horizon)
        total += float((by_tenure["sum"].to_numpy() * periods).sum())
        means, variances = _moments(drawn(model, rng, DRAWS), tenure, horizon, rate)
        mean += (means * by_tenure["sum"].to_numpy()).sum(axis=1)
        variance += (variances * by_tenure["squares"].to_numpy()).sum(axis=1)
    sums = mean + np.sqrt(variance) * rng.standard_normal(DRAWS)
    low, high = np.quantile(np.maximum(sums, 0.0), [0.1, 0.9])
    return BaseValue(total, float(low), float(high), len(running))


def _paid(
    model: ContractModel, rng: np.random.Generator, tenure: Array, horizon: int, rate: float
) -> Array:
    """Periods expected, discounted, and discounted at the interval's ends; shape (k, 6)."""
    there = residual_survival(drawn(model, rng, DRAWS), tenure, horizon).mean(axis=0)
    value = np.concatenate([[0.0], np.cumsum((1.0 + rate) ** -np.arange(1.0, horizon + 1))])
    # Renewals reach the point where no more than 1 - q of the futures have one more.
    ends = [value[(there > 1.0 - q).sum(axis=1)] for q in ENDS.values()]
    plain = expected_residual(model, tenure, horizon)
    return np.column_stack([plain, discounted_residual(model, tenure, rate, horizon), *ends])


def _moments(model: ContractModel, tenure: Array, horizon: int, rate: float) -> tuple[Array, Array]:
    """Mean and variance of a customer's discounted periods, each shape (n_draws, k)."""
    there = residual_survival(model, tenure, horizon)
    factors = (1.0 + rate) ** -np.arange(1.0, horizon + 1)
    mean = (there * factors).sum(axis=-1)
    # The square of a sum of nested events: each with all before it, and itself.
    pairs = factors * (2.0 * np.cumsum(factors) - factors)
    return mean, np.maximum((there * pairs).sum(axis=-1) - mean**2, 0.0)


def _rate(discount_rate: float, period: str) -> float:
    """Discount rate per billing period."""
    if not (np.isfinite(discount_rate) and discount_rate >= 0):
        raise ValueError(f"discount_rate must be 0 or more, got {discount_rate}")
    return float((1.0 + discount_rate) ** (MONTHS[period] / 12) - 1.0)


def _require(models: Models, tenures: Tenures) -> None:
    """Refuse models of another kind, and customers under contract without a fee."""
    if models.period != tenures.period:
        raise ValueError(f"models are by {models.period}, the tenures by {tenures.period}")
    unknown = set(tenures.customers["plan"]) - models.group_of.keys()
    if unknown:
        raise ValueError(f"the models were fitted without the plans {sorted(unknown)}")
    running = tenures.customers[~tenures.customers["ended"]]
    lacking = running[running["fee"].isna()]
    if len(lacking):
        what = (
            f"{len(lacking):,} of {len(running):,} customers under contract have a contract "
            f"without a fee (e.g. {lacking['customer_id'].iloc[0]})."
        )
        remedy = "Map `fee` in sources.holdings and fill it in, 0 where nothing is charged."
        raise KehuError(Problem("KH-D11", "holdings.fee", what, remedy))
