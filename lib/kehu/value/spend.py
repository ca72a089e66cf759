"""What a customer spends per purchase: Gamma-Gamma, grouped by frequency, or the own mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.value.clv import gamma_gamma
from kehu.value.clv.gamma_gamma import GammaGamma
from kehu.value.clv.sample import Array

Method = Literal["gamma_gamma", "grouped", "mean"]

DEPENDENT = 0.3
"""Correlation of frequency and spend, either sign, above which one Gamma-Gamma is not used."""

EDGES = (0, 1, 2, 4)
"""Fewest repeat purchases of each group of `grouped`."""

FEWEST = 100
"""Customers a group needs for a Gamma-Gamma of its own."""


@dataclass(frozen=True)
class Spend:
    """How spend per purchase day is expected.

    Parameters
    ----------
    method : {'gamma_gamma', 'grouped', 'mean'}
        One model for all; one for each group of frequency; or the customer's own mean.
    models : tuple of GammaGamma
        Empty for `mean`.
    edges : tuple of int
        Fewest repeat purchases of each model's customers, ascending, the first 0.
    reason : str
        Why not `gamma_gamma`: `dependent`, `not_fitted`; empty where it is.
    correlation : float
        Of frequency and mean spend over repeat buyers, -1…1; nan where it cannot be told.
    without_spend : int
        Repeat buyers with a mean spend of 0 or less: no model sees them.
    """

    method: Method
    models: tuple[GammaGamma, ...]
    edges: tuple[int, ...]
    reason: str
    correlation: float
    without_spend: int


def fit(summary: pd.DataFrame) -> Spend:
    """Choose and fit the model of spend that the data allow.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.

    Returns
    -------
    Spend
        `gamma_gamma` where it can be fitted and its assumption holds; `grouped` where frequency and
        spend are related; `mean` where neither can be fitted.

    Notes
    -----
    Gamma-Gamma takes the mean of repeat purchase days. The grouped models take the mean of all
    purchase days, the first included, so that customers who bought once have a group of their own;
    within a group, frequency hardly varies and the assumption of independence does little harm.
    """
    whole, without = _whole(summary)
    correlation = whole.correlation if whole else float("nan")
    dependent = whole is not None and abs(correlation) > DEPENDENT
    if whole is not None and not dependent and _sound(whole):
        return Spend("gamma_gamma", (whole,), (0,), "", correlation, without)
    reason = "dependent" if dependent else "not_fitted"
    models, edges = _grouped(summary) if dependent else ((), (0,))
    method: Method = "grouped" if models else "mean"
    return Spend(method, models, edges, reason, correlation, without)


def expected(spend: Spend, summary: pd.DataFrame) -> Array:
    """Return the spend expected per future purchase day of each customer, in currency.

    Parameters
    ----------
    spend : Spend
    summary : pandas.DataFrame
        Contract `summary`, n customers.

    Returns
    -------
    ndarray, shape (n,)
        0 or more.
    """
    which, seen, mean = _seen(spend, summary)
    found = mean.copy()
    for i, model in enumerate(spend.models):
        here = which == i
        found[here] = gamma_gamma.expected_spend(model, seen[here], mean[here])
    return found


def keys(spend: Spend, summary: pd.DataFrame) -> tuple[Array, Array]:
    """Return what tells customers' futures apart, money aside, and what their spend scales with.

    Parameters
    ----------
    spend : Spend
    summary : pandas.DataFrame
        Contract `summary`, n customers.

    Returns
    -------
    known : ndarray, shape (n, 2)
        Number of the model, and purchase days it has seen of the customer.
    scale : ndarray, shape (n,)
        Factor of a customer's spend against one of the same `known` without any money seen.
    """
    which, seen, mean = _seen(spend, summary)
    if not spend.models:
        return np.zeros((len(summary), 2)), mean
    gamma = np.array([model.gamma for model in spend.models])[which]
    return np.column_stack([which, seen]).astype(float), 1 + seen * mean / gamma


def simulate(
    spend: Spend, rng: np.random.Generator, purchases: NDArray[np.int64], known: Array
) -> Array:
    """Draw what customers spend on given numbers of purchases, before `keys`' scale.

    Parameters
    ----------
    spend : Spend
    rng : numpy.random.Generator
    purchases : ndarray of int, shape (n_draws, k)
    known : ndarray, shape (k, 2)
        As from `keys`.

    Returns
    -------
    ndarray, shape (n_draws, k)
        Currency for a customer of whom no money was seen; multiply by the customer's scale.
    """
    found = purchases.astype(float)
    for i, model in enumerate(spend.models):
        here = known[:, 0] == i
        seen = known[here, 1]
        found[:, here] = gamma_gamma.simulate_spend(
            model, rng, purchases[:, here], seen, np.zeros_like(seen)
        )
    return found


def _whole(summary: pd.DataFrame) -> tuple[GammaGamma | None, int]:
    """Fit one model to all repeat buyers; None where too few of them spent anything."""
    repeat = summary["frequency"] > 0
    usable = summary[repeat & (summary["monetary_value"] > 0)]
    without = int(repeat.sum()) - len(usable)
    model = _fitted(usable["frequency"], usable["monetary_value"]) if len(usable) > 1 else None
    return model, without


def _grouped(summary: pd.DataFrame) -> tuple[tuple[GammaGamma, ...], tuple[int, ...]]:
    """Fit a model to each group of frequency; none at all where one has no finite mean.

    A group's fit may end at the end of its range: its customers are then all alike, or their own
    means are all there is to know, and either is a fair estimate.
    """
    days, mean = summary["frequency"] + 1, _overall_mean(summary)
    edges = _edges(summary.loc[mean > 0, "frequency"])
    group = np.searchsorted(edges, summary["frequency"], side="right") - 1
    models = []
    for i in range(len(edges)):
        here = (group == i) & (mean > 0)
        model = _fitted(days[here], mean[here])
        if not model.q > 1:
            return (), (0,)
        models.append(model)
    return tuple(models), edges


def _edges(frequency: pd.Series) -> tuple[int, ...]:
    """Join groups until each has `FEWEST` customers."""
    edges: list[int] = []
    for edge in EDGES:
        above = int((frequency >= edge).sum())
        since = int(((frequency >= edges[-1]) & (frequency < edge)).sum()) if edges else FEWEST
        if since >= FEWEST and (above >= FEWEST or not edges):
            edges.append(edge)
    return tuple(edges)


def _fitted(days: pd.Series, mean: pd.Series) -> GammaGamma:
    """Fit customers of equal figures as one, in the order of their figures."""
    pairs = pd.DataFrame({"x": days, "m": mean}).groupby(["x", "m"]).size().reset_index()
    return gamma_gamma.fit(*pairs.to_numpy(dtype=float).T)


def _sound(model: GammaGamma) -> bool:
    """Whether a fit may be used: an optimum inside the range, every customer's mean finite."""
    return model.converged and model.identified and model.q > 1


def _seen(spend: Spend, summary: pd.DataFrame) -> tuple[NDArray[np.int64], Array, Array]:
    """Return each customer's model, purchase days seen by it, and their mean spend."""
    frequency = summary["frequency"].to_numpy()
    which = np.searchsorted(spend.edges, frequency, side="right") - 1
    if spend.method == "gamma_gamma":
        mean = summary["monetary_value"].to_numpy(dtype=float)
        return which, np.where(mean > 0, frequency, 0).astype(float), np.maximum(mean, 0.0)
    mean = _overall_mean(summary).to_numpy()
    return which, np.where(mean > 0, frequency + 1, 0).astype(float), mean


def _overall_mean(summary: pd.DataFrame) -> pd.Series:
    """Spend per purchase day, the first included and all refunds deducted; 0 where below."""
    return (summary["total_spend"] / (summary["frequency"] + 1)).clip(lower=0.0)
