"""Survey answers: which question is computed as what, and how often each answer was given."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import Problem, raise_all
from kehu.voice.period import CLASSES, NO_GROUP, observed, recent, with_classes

CELL = ["question", "breakdown", "bucket", "answer", "survey_weight"]
NPS_SCALE = (0.0, 10.0)
"""The only scale on which a net promoter score is defined."""

_MEND = "Correct the scale of the question in the params, or name its codes for no answer there."


def questions(surveys: Table) -> pd.DataFrame:
    """Say for each question what it is computed as.

    Parameters
    ----------
    surveys : ibis Table
        Contract `surveys`.

    Returns
    -------
    pandas.DataFrame
        One row per question, by name: `question, scale, scale_low, scale_high, asked, answers,
        computed` (nps, csat, ces or mean). A question declared as NPS on another scale than 0 to
        10 is computed as a mean; so is every question of scale `other`.

    Raises
    ------
    KehuError
        KH-T01, all at once: a question with two scales, answers outside their scale, NPS answers
        that are no whole number.
    """
    t = surveys
    outside = (t.answer < t.scale_low) | (t.answer > t.scale_high)
    found = t.group_by("question", "scale", "scale_low", "scale_high").aggregate(
        asked=t.count(),
        answers=t.answer.count(),
        outside=outside.sum().fill_null(0),
        odd=t.answer.max(where=outside),
        broken=(t.answer != t.answer.floor()).sum().fill_null(0),
        part=t.answer.max(where=t.answer != t.answer.floor()),
    )
    frame = found.order_by("question", "scale", "scale_low", "scale_high").execute()
    frame["computed"] = [_computed(r.scale, r.scale_low, r.scale_high) for r in frame.itertuples()]
    raise_all(_problems(frame))
    counts = frame.astype({"asked": "int64", "answers": "int64"})
    return counts.drop(columns=["outside", "odd", "broken", "part"])


def _computed(scale: str, low: float, high: float) -> str:
    if scale == "nps":
        return "nps" if (low, high) == NPS_SCALE else "mean"
    return scale if scale in ("csat", "ces") else "mean"


def _problems(frame: pd.DataFrame) -> Iterator[Problem]:
    for question, rows in frame.groupby("question"):
        if len(rows) > 1:
            scales = "; ".join(
                f"{r.scale} {r.scale_low:g} to {r.scale_high:g}" for r in rows.itertuples()
            )
            what = f"has {len(rows)} scales ({scales}), whose answers cannot be averaged."
            remedy = "Give the question one scale, or one name per scale."
            yield Problem("KH-T01", f"surveys.{question}", what, remedy)
    for r in frame[frame["outside"] > 0].itertuples():
        what = (
            f"{r.outside:,} of {r.answers:,} answers lie outside the scale {r.scale_low:g} to "
            f"{r.scale_high:g} (e.g. {r.odd:g})."
        )
        yield Problem("KH-T01", f"surveys.{r.question}", what, _MEND)
    for r in frame[(frame["broken"] > 0) & (frame["computed"] == "nps")].itertuples():
        what = f"{r.broken:,} of {r.answers:,} NPS answers are no whole number (e.g. {r.part:g})."
        yield Problem("KH-T01", f"surveys.{r.question}", what, _MEND)


def cells(
    surveys: Table, analysis_date: str, days: int, segments: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Count how often each answer was given, overall and by group.

    Parameters
    ----------
    surveys : ibis Table
        Contract `surveys`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Days up to the analysis date that count; quarters have the whole history. Answers without
        a date count as recent and belong to no quarter.
    segments : pandas.DataFrame, optional
        Contract `segments`; gives the breakdowns by tier and RFM segment.

    Returns
    -------
    pandas.DataFrame
        `question, breakdown, bucket, answer` (points, blank where none was given),
        `survey_weight, n` (rows), in canonical order. What names no group is in the bucket
        `NO_GROUP`, so every breakdown but `quarter` adds up to `all`; a question's breakdown of
        which nothing names a group is left out.
    """
    lately = with_classes(recent(surveys, analysis_date, days), segments)
    ever = observed(surveys, analysis_date)
    quarter = ever.date.year().cast("string") + "Q" + ever.date.quarter().cast("string")
    parts = [_counted(lately.mutate(bucket=ibis.literal("all")), "all")]
    for name in (*CLASSES, "channel", "touchpoint"):
        if name in lately.columns:
            parts.append(_counted(lately.mutate(bucket=lately[name]), name))
    parts.append(_counted(ever.mutate(bucket=quarter), "quarter"))
    found = pd.concat(parts, ignore_index=True)
    named = (found["bucket"] != NO_GROUP).groupby([found["question"], found["breakdown"]])
    return found[named.transform("any").astype(bool)].sort_values(CELL, ignore_index=True)


def _counted(table: Table, breakdown: str) -> pd.DataFrame:
    t = table.mutate(bucket=table.bucket.fill_null(NO_GROUP))
    rows = t.group_by("question", "bucket", "answer", "survey_weight").aggregate(n=t.count())
    frame = rows.execute().astype({"n": "int64", "answer": float, "survey_weight": float})
    return frame.assign(breakdown=breakdown)[[*CELL, "n"]]


def distribution(cells: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Show how the answers to each question spread over its points.

    Parameters
    ----------
    cells : pandas.DataFrame
        See `cells`.
    questions : pandas.DataFrame
        See `questions`.

    Returns
    -------
    pandas.DataFrame
        `question, computed, scale_low, scale_high, point, answers, point_share` (of the
        question's answers, adding up to 1), by question and point; points nobody chose are there
        with 0 where the scale has whole points, and questions nobody answered are left out.
    """
    given = cells[(cells["breakdown"] == "all") & cells["answer"].notna()]
    counts = given.groupby(["question", "answer"])["n"].sum()
    rows = []
    for q in questions.itertuples():
        if q.question not in counts.index.get_level_values(0):
            continue
        found = counts[q.question]
        points = sorted({*found.index, *_points(q.scale_low, q.scale_high)})
        answers = found.reindex(points, fill_value=0)
        part = pd.DataFrame({"point": points, "answers": answers.to_numpy()})
        part["point_share"] = part["answers"] / part["answers"].sum()
        rows.append(
            part.assign(
                question=q.question, computed=q.computed, scale_low=q.scale_low,
                scale_high=q.scale_high,
            )
        )  # fmt: skip
    columns = ["question", "computed", "scale_low", "scale_high", "point", "answers", "point_share"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def _points(low: float, high: float) -> list[float]:
    """List the whole points of a scale of at most eleven; a finer scale has none."""
    if low % 1 or high % 1 or high - low > 10:
        return []
    return [float(p) for p in range(int(low), int(high) + 1)]
