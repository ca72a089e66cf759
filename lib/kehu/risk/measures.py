"""How good a warning is: does it rank, are its probabilities true, what does a short list catch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, rankdata
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

Array = NDArray[np.float64]

GROUPS = 10


@dataclass(frozen=True)
class Quality:
    """A warning compared with what happened.

    Parameters
    ----------
    customers, left : int
        Rows, and those who left.
    auc : float
        Chance that one who left was warned of before one who stayed, 0…1, .5 by chance.
    gini : float
        2 AUC − 1.
    ks : float
        Largest distance between the two cumulated distributions, 0…1.
    brier, log_loss : float
        Errors of the probabilities; lower is better.
    calibration_error : float
        Mean distance of forecast and actual share over ten groups of equal size, 0…1.
    base_rate : float
        Share who left.
    capacity : int
        Length of the list looked at.
    precision : float
        Share of the list who left.
    lift : float
        `precision` over `base_rate`.
    caught : float
        Share of those who left that the list holds.
    """

    customers: int
    left: int
    auc: float
    gini: float
    ks: float
    brier: float
    log_loss: float
    calibration_error: float
    base_rate: float
    capacity: int
    precision: float
    lift: float
    caught: float


def quality(left: NDArray[np.bool_], probability: Array, capacity: int) -> Quality:
    """Compare a warning with what happened.

    Parameters
    ----------
    left : ndarray of bool, shape (n,)
        Both values occur.
    probability : ndarray of float, shape (n,)
        0…1.
    capacity : int
        Customers that can be contacted; more than there are is all of them.

    Returns
    -------
    Quality
        On a list that cuts through equal probabilities, those take part by their share.
    """
    base = float(left.mean())
    taken = min(capacity, len(left))
    hits = _hits(left, probability, taken)
    auc = float(roc_auc_score(left, probability))
    groups = calibration(left, probability)
    gap = (groups["forecast"] - groups["actual"]).abs()
    return Quality(
        customers=len(left),
        left=int(left.sum()),
        auc=auc,
        gini=2 * auc - 1,
        ks=ks(left, probability),
        brier=float(brier_score_loss(left, probability)),
        log_loss=float(log_loss(left, probability)),
        calibration_error=float(np.average(gap, weights=groups["customers"])),
        base_rate=base,
        capacity=taken,
        precision=hits / taken,
        lift=hits / taken / base,
        caught=hits / float(left.sum()),
    )


def ks(bad: NDArray[np.bool_], score: Array) -> float:
    """Return the Kolmogorov-Smirnov distance between the scores of the two classes, 0…1."""
    order = np.argsort(score, kind="stable")
    ends = np.append(np.diff(score[order]) > 0, True)
    of_bad = np.cumsum(bad[order]) / bad.sum()
    of_good = np.cumsum(~bad[order]) / (~bad).sum()
    return float(np.abs(of_bad - of_good)[ends].max())


def calibration(left: NDArray[np.bool_], probability: Array) -> pd.DataFrame:
    """Compare forecast and actual share in up to ten groups of equal size.

    Parameters
    ----------
    left : ndarray of bool, shape (n,)
    probability : ndarray of float, shape (n,)

    Returns
    -------
    pandas.DataFrame
        `group` (1 lowest), `customers, forecast, actual` (shares), `low, high` (95 % interval of
        the actual share, Wilson 1927). Equal probabilities are in one group.
    """
    place = (rankdata(probability, method="average") - 0.5) / len(probability)
    group = np.minimum((place * GROUPS).astype(int) + 1, GROUPS)
    table = pd.DataFrame({"group": group, "forecast": probability, "actual": left.astype(float)})
    sums = table.groupby("group").agg(
        customers=("actual", "size"), forecast=("forecast", "mean"), actual=("actual", "mean")
    )
    ends = [
        binomtest(round(share * n), n).proportion_ci(method="wilson")
        for share, n in zip(sums["actual"], sums["customers"], strict=True)
    ]
    low, high = zip(*((e.low, e.high) for e in ends), strict=True)
    return sums.assign(low=low, high=high).reset_index()


def gains(left: NDArray[np.bool_], probability: Array, points: int = 101) -> pd.DataFrame:
    """Return what share of those who left a list of a given length holds.

    Parameters
    ----------
    left : ndarray of bool, shape (n,)
    probability : ndarray of float, shape (n,)
    points : int
        Lengths looked at, from nobody to everybody.

    Returns
    -------
    pandas.DataFrame
        `contacted` (share of customers), `caught` (share of those who left).
    """
    contacted = np.linspace(0, 1, points)
    caught = [_hits(left, probability, share * len(left)) / left.sum() for share in contacted]
    return pd.DataFrame({"contacted": contacted, "caught": caught})


def _hits(left: NDArray[np.bool_], probability: Array, taken: float) -> float:
    """Count those who left among the `taken` most probable; ties count by their share."""
    table = pd.DataFrame({"p": probability, "left": left}).groupby("p")["left"]
    sums = table.agg(["size", "sum"]).iloc[::-1]
    ends = np.concatenate([[0.0], np.cumsum(sums["size"].to_numpy(dtype=float))])
    hits = np.concatenate([[0.0], np.cumsum(sums["sum"].to_numpy(dtype=float))])
    return float(np.interp(taken, ends, hits))
