"""Means, top boxes and missing answers of survey questions, overall, by group and over time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import t as student

from kehu.voice.nps import Z

TOP_POINTS = 2
"""Best points of a scale that count as its top box, where the scale has five points or more."""

MOST_POINTS = 11
"""Points of the longest scale that has a top box; a finer one (0 to 100) has none."""

FIGURES = ("mean_answer", "mean_low", "mean_high", "weighted_mean", "top_box", "top_box_low",
           "top_box_high")  # fmt: skip
"""Columns that are blank for a group too small to be shown."""


def satisfaction_table(
    cells: pd.DataFrame, questions: pd.DataFrame, min_group: int, ces_easy_end: str = "high"
) -> pd.DataFrame:
    """Describe every question: who answered, the mean, the share of the best answers.

    Parameters
    ----------
    cells : pandas.DataFrame
        See `kehu.voice.surveys.cells`.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`.
    min_group : int
        A group with fewer answers is named and counted, and its figures are blank; overall figures
        are always there.
    ces_easy_end : {'high', 'low'}
        End of a CES scale that means little effort, so that its top box is the best one.

    Returns
    -------
    pandas.DataFrame
        Contract `satisfaction`.

    Raises
    ------
    ValueError
        `ces_easy_end` is neither end.
    """
    if ces_easy_end not in ("high", "low"):
        raise ValueError(f"ces_easy_end must be 'high' or 'low', got {ces_easy_end!r}")
    kinds = questions.drop(columns=["asked", "answers"])
    rows = []
    for key, part in cells.groupby(["question", "breakdown", "bucket"]):
        kind = kinds[kinds["question"] == key[0]].iloc[0]
        given = part[part["answer"].notna()]
        n, enough = int(given["n"].sum()), key[1] == "all"
        shown = n > 0 and (enough or n >= min_group)
        row = {**kind.to_dict(), "breakdown": key[1], "bucket": key[2], "is_shown": shown}
        row |= {"asked": int(part["n"].sum()), "answers": n}
        row |= _figures(given, kind, ces_easy_end) if shown else dict.fromkeys(FIGURES)
        rows.append(row)
    columns = ["question", "scale", "scale_low", "scale_high", "computed", "breakdown", "bucket",
               "asked", "answers", "is_shown", *FIGURES]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _figures(given: pd.DataFrame, kind: pd.Series, ces_easy_end: str) -> dict[str, float]:
    mean = mean_interval(given["answer"], given["n"])
    low_is_best = kind["computed"] == "ces" and ces_easy_end == "low"
    top = (math.nan,) * 3
    if kind["scale_high"] - kind["scale_low"] <= MOST_POINTS - 1:
        best = in_top_box(given["answer"], kind["scale_low"], kind["scale_high"], low_is_best)
        top = proportion_interval(int(given.loc[best, "n"].sum()), int(given["n"].sum()))
    mass = given["n"] * given["survey_weight"]
    total = math.fsum(mass)
    weighted = math.fsum(mass * given["answer"]) / total if total else math.nan
    return dict(zip(FIGURES, (*mean, weighted, *top), strict=True))


def in_top_box(answer: pd.Series, low: float, high: float, low_is_best: bool = False) -> pd.Series:
    """Mark the answers in the best two points of a scale, or the best one of a short scale.

    Parameters
    ----------
    answer : pandas.Series of float, shape (n,)
        Points of the scale.
    low, high : float
        Ends of the scale.
    low_is_best : bool
        True where the low end is the good one.

    Returns
    -------
    pandas.Series of bool, shape (n,)
    """
    reach = TOP_POINTS - 1 if high - low >= 4 else 0
    return answer <= low + reach if low_is_best else answer >= high - reach


def mean_interval(answers: pd.Series, counts: pd.Series) -> tuple[float, float, float]:
    """Return the mean of answers with its 95 % interval.

    Parameters
    ----------
    answers : pandas.Series of float, shape (n,)
    counts : pandas.Series of int, shape (n,)
        How often each was given.

    Returns
    -------
    tuple of float
        Mean, low, high in points; the ends are nan for a single answer.

    Notes
    -----
    Student's t with n - 1 degrees of freedom; sums are exact (`fsum`).
    """
    x, n = answers.to_numpy(dtype=float), counts.to_numpy(dtype=float)
    total = math.fsum(n)
    mean = math.fsum(n * x) / total
    if total < 2:
        return mean, math.nan, math.nan
    error = math.sqrt(math.fsum(n * (x - mean) ** 2) / (total - 1) / total)
    half = float(student.ppf(0.975, total - 1)) * error
    return mean, mean - half, mean + half


def proportion_interval(hits: int, n: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval by Wilson, which also holds at 0 and 1.

    Parameters
    ----------
    hits, n : int
        0 <= hits <= n, n at least 1.

    Returns
    -------
    tuple of float
        Share, low, high, 0…1.

    References
    ----------
    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    JASA 22.
    """
    p = hits / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return p, max(centre - half, 0.0), min(centre + half, 1.0)


def performance(mean: float, low: float, high: float, low_is_best: bool = False) -> float:
    """Put a mean on a scale from 0 (worst) to 100 (best), so that questions can be compared."""
    share = (mean - low) / (high - low)
    return float(np.clip(100 * (1 - share if low_is_best else share), 0.0, 100.0))
