"""The net promoter score: who would recommend, how sure we are, and who differs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

PROMOTER, PASSIVE = 9, 7
"""Lowest answers of a promoter and of a passive, on 0…10."""

Z = float(norm.ppf(0.975))
"""Standard errors on either side of a 95 % interval."""


@dataclass(frozen=True)
class Score:
    """A share of promoters less a share of detractors, with its interval.

    Parameters
    ----------
    value : float
        -100…100; nan without answers.
    low, high : float
        95 % interval, cut at -100 and 100; nan where all answers are of one class, which says
        nothing about spread.
    variance : float
        Squared standard error; 0 where all answers are of one class.
    """

    value: float
    low: float
    high: float
    variance: float


@dataclass(frozen=True)
class Nps:
    """The net promoter score of a group of answers.

    Parameters
    ----------
    promoters, passives, detractors : int
        Answers of 9-10, 7-8 and 0-6.
    plain : Score
        Every answer counts one.
    weighted : Score
        Every answer counts its weight; the interval uses `effective`.
    effective : float
        Kish's effective number of answers.
    """

    promoters: int
    passives: int
    detractors: int
    plain: Score
    weighted: Score
    effective: float

    @property
    def n(self) -> int:
        """Number of answers."""
        return self.promoters + self.passives + self.detractors


def score(p: float, d: float, n: float) -> Score:
    """Return the net promoter score of shares, with its 95 % interval.

    Parameters
    ----------
    p, d : float
        Shares of promoters and detractors, 0…1.
    n : float
        Number of answers, or effective number.

    Returns
    -------
    Score

    Notes
    -----
    Each answer is 100, 0 or -100; the variance of their mean is 100²·(p + d - (p - d)²)/n, and the
    interval is 1.96 standard errors on either side.
    """
    value = 100 * (p - d)
    variance = 100**2 * max(p + d - (p - d) ** 2, 0.0) / n
    if variance == 0:
        return Score(value, math.nan, math.nan, 0.0)
    half = Z * math.sqrt(variance)
    return Score(value, max(value - half, -100.0), min(value + half, 100.0), variance)


def nps(
    answers: ArrayLike, counts: ArrayLike | None = None, weights: ArrayLike | None = None
) -> Nps:
    """Score answers from 0 to 10.

    Parameters
    ----------
    answers : array-like, shape (n,)
        Whole points 0…10, none blank.
    counts : array-like of int, shape (n,), optional
        How often each answer was given; once where left out.
    weights : array-like, shape (n,), optional
        Survey weight of each such answer, 0 or more; 1 where left out.

    Returns
    -------
    Nps
        Scores are nan without answers, weighted scores where all weights are 0.

    Raises
    ------
    ValueError
        An answer is not a whole number from 0 to 10, a count or weight is negative.

    Notes
    -----
    Effective number of answers: (Σw)²/Σw². Weights are added exactly (`fsum`), so neither the
    order of answers nor their split into files changes a digit.

    References
    ----------
    Reichheld, F. (2003), "The One Number You Need to Grow", Harvard Business Review 81(12).
    Kish, L. (1965), Survey Sampling, section 11.7.
    """
    points = np.asarray(answers, dtype=float)
    n = np.ones(points.shape) if counts is None else np.asarray(counts, dtype=float)
    w = np.ones(points.shape) if weights is None else np.asarray(weights, dtype=float)
    _check(points, n, w)
    of_class = (points >= PROMOTER, (points >= PASSIVE) & (points < PROMOTER), points < PASSIVE)
    sizes = [int(n[c].sum()) for c in of_class]
    mass = [math.fsum((w * n)[c]) for c in of_class]
    squares = math.fsum(w * w * n)
    effective = sum(mass) ** 2 / squares if squares else 0.0
    weighted = _of_three(mass, effective)
    plain = _of_three([float(s) for s in sizes], float(sum(sizes)))
    return Nps(sizes[0], sizes[1], sizes[2], plain, weighted, effective)


def _check(points: NDArray[np.float64], n: NDArray[np.float64], w: NDArray[np.float64]) -> None:
    if not (points.shape == n.shape == w.shape):
        raise ValueError(f"answers, counts, weights differ in shape: {points.shape}, {n.shape}, "
                         f"{w.shape}")  # fmt: skip
    whole = (points >= 0) & (points <= 10) & (points % 1 == 0)
    if not whole.all():
        raise ValueError(f"answers must be whole numbers 0…10, got {points[~whole][0]}")
    if not ((n >= 0).all() and (w >= 0).all()):
        raise ValueError("counts and weights must be 0 or more")


def _of_three(mass: list[float], n: float) -> Score:
    total = math.fsum(mass)
    if total <= 0:
        return Score(math.nan, math.nan, math.nan, math.nan)
    return score(mass[0] / total, mass[2] / total, n)


def p_value(a: Score, b: Score) -> float:
    """Test whether two independent net promoter scores differ.

    Parameters
    ----------
    a, b : Score

    Returns
    -------
    float
        Two-sided, by the normal distribution; nan where neither score has any spread.

    Notes
    -----
    z = (a - b)/√(var a + var b).
    """
    variance = a.variance + b.variance
    if not variance > 0:
        return math.nan
    return float(2 * norm.sf(abs(a.value - b.value) / math.sqrt(variance)))
