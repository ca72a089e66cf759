"""Net promoter scores by group and quarter, and the test of who differs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from kehu.voice.nps import Nps, Score, nps, p_value
from kehu.voice.period import NO_GROUP

FIGURES = ("promoters", "passives", "detractors", "nps", "nps_low", "nps_high", "weighted_nps",
           "weighted_nps_low", "weighted_nps_high", "effective_answers")  # fmt: skip
"""Columns that are blank for a group too small to be shown."""


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for the number of tests made, so that one false alarm stays at its level.

    Parameters
    ----------
    p_values : array-like, shape (k,)
        nan for a test that could not be made; it stays nan and does not count.

    Returns
    -------
    ndarray, shape (k,)
        Adjusted, at most 1.

    References
    ----------
    Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6(2).
    """
    p = np.asarray(p_values, dtype=float)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return adjusted


def nps_table(cells: pd.DataFrame, questions: pd.DataFrame, min_group: int) -> pd.DataFrame:
    """Score every NPS question, overall and by group, and test who differs.

    Parameters
    ----------
    cells : pandas.DataFrame
        See `kehu.voice.surveys.cells`.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`.
    min_group : int
        A group with fewer answers is named and counted, and its figures are blank.

    Returns
    -------
    pandas.DataFrame
        Contract `nps`.

    Notes
    -----
    A group is tested against all other answers to the question that name a group, if they are
    enough to be shown; two groups are one test. A quarter is tested against the quarter shown
    before it. P-values are adjusted by Holm within a question and breakdown. Tests use the weighted
    scores, which without weights are the plain ones.
    """
    asked = questions.loc[questions["computed"] == "nps", "question"]
    given = cells[cells["question"].isin(asked) & cells["answer"].notna()]
    rows: list[dict[str, object]] = []
    for (question, breakdown), part in given.groupby(["question", "breakdown"]):
        groups = {str(b): _score(g) for b, g in part.groupby("bucket")}
        shown = [b for b, s in groups.items() if s.n >= min_group]
        tests = _tests(part, {b: groups[b] for b in shown}, str(breakdown), min_group)
        for bucket, made in groups.items():
            key = {"question": question, "breakdown": breakdown, "bucket": bucket}
            figures = _figures(made) if bucket in shown else dict.fromkeys(FIGURES)
            difference, p = tests.get(bucket, (None, None))
            rows.append(
                {**key, "answers": made.n, "is_shown": bucket in shown, **figures,
                 "nps_difference": difference, "nps_p_value": p}
            )  # fmt: skip
    columns = ["question", "breakdown", "bucket", "answers", "is_shown", *FIGURES,
               "nps_difference", "nps_p_value"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _score(cells: pd.DataFrame) -> Nps:
    return nps(cells["answer"], cells["n"], cells["survey_weight"])


def _figures(made: Nps) -> dict[str, object]:
    plain, weighted = made.plain, made.weighted
    values = (made.promoters, made.passives, made.detractors, plain.value, plain.low, plain.high,
              weighted.value, weighted.low, weighted.high, made.effective)  # fmt: skip
    return dict(zip(FIGURES, values, strict=True))


def _tests(
    part: pd.DataFrame, shown: dict[str, Nps], breakdown: str, min_group: int
) -> dict[str, tuple[float, float]]:
    """Difference and adjusted p-value of each group that has something to be compared with."""
    pairs = list(_pairs(part, shown, breakdown, min_group))
    raw = np.array([p_value(a, b) for _, a, b in pairs])
    names = set(part["bucket"]) - {NO_GROUP}
    one_test = len(pairs) == len(names) == 2 and breakdown != "quarter"
    adjusted = raw if one_test else holm(raw)
    return {
        bucket: (a.value - b.value, float(p))
        for (bucket, a, b), p in zip(pairs, adjusted, strict=True)
    }


def _pairs(
    part: pd.DataFrame, shown: dict[str, Nps], breakdown: str, min_group: int
) -> Iterator[tuple[str, Score, Score]]:
    """Yield each group's score with the one it is compared with."""
    named = [b for b in shown if b != NO_GROUP]
    if breakdown == "quarter":
        for before, bucket in pairwise(named):
            yield bucket, shown[bucket].weighted, shown[before].weighted
    elif breakdown != "all":
        for bucket in named:
            others = _score(part[~part["bucket"].isin([bucket, NO_GROUP])])
            if others.n >= min_group:
                yield bucket, shown[bucket].weighted, others.weighted
