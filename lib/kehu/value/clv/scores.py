"""How far forecasts were from what happened, customer by customer and in total; and the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import rankdata

from kehu.value.clv.sample import Array

Verdict = Literal["A", "B", "C"]

TOTAL_GOOD = 0.25
"""Largest error of the total, as a share, with verdict A."""

TOTAL_USABLE = 0.50
"""Largest error of the total, as a share, with verdict B."""


@dataclass(frozen=True)
class Scores:
    """Errors of one forecast of purchases in the hold-out.

    Parameters
    ----------
    mae : float
        Mean absolute error, purchases per customer. It favours forecasts of 0 where most
        customers buy nothing, so the verdict does not rest on it.
    rmse : float
        Root of the mean squared error, purchases per customer; lowest for the true expectation.
    total_error : float
        Forecast total over actual total, minus 1: -.12 is 12 % too low.
    gini : float
        Normalised Gini: 1 when the forecast ranks customers as the hold-out does, 0 for chance.
    spearman : float
        Rank correlation with the hold-out, -1...1; nan where the forecast is the same for all.
    """

    mae: float
    rmse: float
    total_error: float
    gini: float
    spearman: float


def scores(actual: Array, forecast: Array) -> Scores:
    """Compare a forecast with what happened.

    Parameters
    ----------
    actual, forecast : ndarray, shape (n,)
        Purchases per customer in the hold-out; at least one in all.

    Returns
    -------
    Scores
        Errors and rank agreement; ties share their mean rank, so the order of rows is irrelevant.
    """
    error = forecast - actual
    ranks, ideal = rankdata(forecast), rankdata(actual)
    varied = ranks.std() > 0 and ideal.std() > 0
    return Scores(
        mae=float(np.abs(error).mean()),
        rmse=math.sqrt(float((error**2).mean())),
        total_error=float(forecast.sum() / actual.sum() - 1.0),
        gini=float(np.cov(actual, ranks)[0, 1] / np.cov(actual, ideal)[0, 1]) if varied else 0.0,
        spearman=float(np.corrcoef(ideal, ranks)[0, 1]) if varied else math.nan,
    )


def squared_error_gain(actual: Array, model: Array, naive: Array) -> tuple[float, float, float]:
    """Return by how much the model's mean squared error is below the baseline's, with its range.

    Parameters
    ----------
    actual, model, naive : ndarray, shape (n,)
        Purchases per customer.

    Returns
    -------
    low, gain, high : float
        Purchases squared per customer: mean of the paired differences and its 95 % interval
        (normal; a bootstrap agrees and is not needed at these numbers of customers).
    """
    paired = (naive - actual) ** 2 - (model - actual) ** 2
    gain = float(paired.mean())
    margin = 1.959964 * float(paired.std(ddof=1)) / math.sqrt(paired.size)
    return gain - margin, gain, gain + margin


def judge(
    usable: bool, gain: tuple[float, float, float], model: Scores, naive: Scores
) -> tuple[Verdict, tuple[str, ...]]:
    """Give the verdict on a model, with its reasons.

    Parameters
    ----------
    usable : bool
        Whether the fit converged and the data identify the model.
    gain : tuple of float
        As from `squared_error_gain`.
    model, naive : Scores
        Errors of both forecasts.

    Returns
    -------
    verdict : {"A", "B", "C"}
        A, clearly better than the baseline; B, no worse; C, do not use.
    reasons : tuple of str
        Keys among fit_unusable, worse_than_baseline, total_far_off (C); no_clear_gain,
        total_off, total_worse_than_baseline (B); better_than_baseline (A).

    Notes
    -----
    C when the fit is unusable, or the 95 % interval of the gain lies below 0, or the total is off
    by more than half. A when the interval lies above 0, and the total is off by no more than a
    quarter and no more than the baseline's. B otherwise.
    """
    off, naive_off = abs(model.total_error), abs(naive.total_error)
    stops = {
        "fit_unusable": not usable,
        "worse_than_baseline": gain[2] < 0,
        "total_far_off": off > TOTAL_USABLE,
    }
    doubts = {
        "no_clear_gain": gain[0] <= 0,
        "total_off": off > TOTAL_GOOD,
        "total_worse_than_baseline": off > naive_off,
    }
    if any(stops.values()):
        return "C", tuple(key for key, applies in stops.items() if applies)
    if any(doubts.values()):
        return "B", tuple(key for key, applies in doubts.items() if applies)
    return "A", ("better_than_baseline",)
