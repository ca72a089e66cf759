"""The customer journey: who reaches each stage, who goes on, how it feels, what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.voice.journey_dates import Stage
from kehu.voice.period import NO_GROUP, recent
from kehu.voice.scores import mean_interval

COLUMNS = ["breakdown", "bucket", "stage_place", "journey_stage", "stage_zh", "stage_en",
           "is_optional", "customers", "reached", "went_on", "on_the_way", "left", "undated",
           "drop_share", "onward_with", "onward_without", "stage_answers", "stage_score",
           "stage_score_low", "stage_score_high", "stage_complaints", "stage_complainants",
           "complainant_share", "value_gap", "spend_at_stake"]  # fmt: skip

LANDMARK_DAYS = 30
"""Days after a stage in which passing an optional stage is looked at."""

LEAST_COMPARED = 30
"""Customers in each of two groups below which going on is not compared."""


@dataclass(frozen=True)
class Spoken:
    """What was said at the stages: answers and complaints of the period.

    Parameters
    ----------
    answers : pandas.DataFrame
        `stage_place, customer_id, score` (0…100), one row per answer.
    complaints : pandas.DataFrame
        `stage_place, customer_id`, one row per complaint; place -1 for those of no stage.
    """

    answers: pd.DataFrame
    complaints: pd.DataFrame


def spoken(
    listed: Sequence[Stage],
    surveys: Table,
    questions: pd.DataFrame,
    feedback: Table,
    analysis_date: str,
    days: int,
) -> Spoken:
    """Assign the period's answers and complaints to the stages of the journey.

    Parameters
    ----------
    listed : sequence of mapping
        See `kehu.voice.journey_dates.stages`.
    surveys, feedback : ibis Table
        Contracts of those names.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`; those computed as CSAT count.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period.

    Returns
    -------
    Spoken

    Notes
    -----
    An answer belongs to the stage that names its touchpoint or its question; a complaint to the
    stage that names its touchpoint, else its topic. Words are compared whole, without regard to
    case. Answers are put on a scale of 0 to 100.
    """
    places = {word.strip().casefold(): i for i, stage in enumerate(listed)
              for word in stage["touchpoints"]}  # fmt: skip
    csat = list(questions.loc[questions["computed"] == "csat", "question"])
    rows = recent(surveys, analysis_date, days)
    rows = rows.filter(rows.question.isin(csat) & rows.answer.notnull())
    given = rows.select(
        "touchpoint", "question", "customer_id",
        score=100 * (rows.answer - rows.scale_low) / (rows.scale_high - rows.scale_low),
    ).execute()  # fmt: skip
    matters = recent(feedback.filter(feedback.interaction == "complaint"), analysis_date, days)
    complaints = matters.select("touchpoint", "topic", "customer_id").execute()
    answers = given.assign(stage_place=_place(given, ("touchpoint", "question"), places))
    answers = answers[answers["stage_place"] >= 0]
    placed = _place(complaints, ("touchpoint", "topic"), places)
    return Spoken(
        answers[["stage_place", "customer_id", "score"]],
        complaints.assign(stage_place=placed)[["stage_place", "customer_id"]],
    )


def _place(frame: pd.DataFrame, columns: Sequence[str], places: Mapping[str, int]) -> pd.Series:
    """Find the stage of each row by the first of the columns that names one; -1 for none."""
    found = pd.Series(-1, index=frame.index, dtype="int64")
    for column in columns:
        words = frame[column].str.strip().str.casefold()
        own = words.map(places).fillna(-1).astype("int64")
        found = found.where(found >= 0, own)
    return found


def journey(
    listed: Sequence[Stage],
    dates: pd.DataFrame,
    said: Spoken,
    value: pd.Series,
    groups: Mapping[str, pd.Series],
    analysis_date: str,
    patience_days: int,
    min_group: int,
) -> pd.DataFrame:
    """Describe each stage of the journey, over all and by group.

    Parameters
    ----------
    listed : sequence of mapping
        See `kehu.voice.journey_dates.stages`.
    dates : pandas.DataFrame
        See `kehu.voice.journey_dates.reached`.
    said : Spoken
    value : pandas.Series
        Customer number to what the customer spent so far; who is not in it spent nothing.
    groups : mapping of str to pandas.Series
        Breakdown to customer number to group.
    analysis_date : str
        Last day observed, inclusive, ISO.
    patience_days : int
        Days after reaching a stage in which a customer may still go on.
    min_group : int
        Customers below which a group is left out, and answers below which it has no score.

    Returns
    -------
    pandas.DataFrame
        Contract `journey`. At every stage but the last,
        `went_on + on_the_way + left + undated = reached`.

    Notes
    -----
    Going on means reaching the next stage that is not optional. Who has not, and reached the stage
    less than `patience_days` ago, is on the way; on an unknown day, is neither on the way nor
    taken as lost; `drop_share` is left over went on and left. What
    is at stake is the customers who left times the difference between what those who went on and
    those who left have spent (0 where that is negative): an upper bound, for those who left
    are other people. The stage where most is at stake is the moment that matters.

    Passing an optional stage is judged from a landmark: of the customers who had not gone on 30
    days after the stage before and were observed for `patience_days` after it, `onward_with` is the
    share of those who had passed it by then that went on later, `onward_without` that of the
    others. Comparing all who ever passed with all who did not would be wrong: who stays longer has
    more occasions to pass.

    References
    ----------
    Anderson, J. R., Cain, K. C. & Gelber, R. D. (1983), "Analysis of survival by tumor response",
    Journal of Clinical Oncology 1(11): landmark comparison.
    """
    end = pd.Timestamp(analysis_date)
    frame = dates.assign(spent=dates["customer_id"].map(value).fillna(0.0).astype(float))
    for breakdown, group in groups.items():
        frame[breakdown] = frame["customer_id"].map(group).fillna(NO_GROUP)
    rows = list(_stages(listed, frame, said, end, patience_days, min_group, "all", "all"))
    for breakdown in groups:
        parts = [(bucket, part) for bucket, part in frame.groupby(breakdown)]
        if {bucket for bucket, _ in parts} == {NO_GROUP}:
            continue
        for bucket, part in parts:
            if len(part) >= min_group:
                own = _of(said, set(part["customer_id"]))
                rows += _stages(listed, part, own, end, patience_days, min_group, breakdown,
                                str(bucket))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _of(said: Spoken, customers: set[str]) -> Spoken:
    parts = (t[t["customer_id"].isin(customers)] for t in (said.answers, said.complaints))
    return Spoken(*parts)


def _stages(
    listed: Sequence[Stage], frame: pd.DataFrame, said: Spoken, end: pd.Timestamp, patience: int,
    min_group: int, breakdown: str, bucket: str,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    milestones = [i for i, stage in enumerate(listed) if not stage["optional"]]
    for i, stage in enumerate(listed):
        after = next((m for m in milestones if m > i), None)
        before = max((m for m in milestones if m < i), default=None)
        row = {"breakdown": breakdown, "bucket": bucket, "stage_place": i + 1,
               "journey_stage": stage["code"], "stage_zh": stage["zh"], "stage_en": stage["en"],
               "is_optional": bool(stage["optional"]), "customers": len(frame),
               "reached": int(frame[f"r{i}"].sum())}  # fmt: skip
        row |= _onward(frame, i, after, end, patience) if after is not None else {}
        if stage["optional"] and after is not None and before is not None:
            row |= _landmark(frame, i, before, after, end, patience)
        yield {**row, **_said(said, i, frame.loc[frame[f"r{i}"], "customer_id"], min_group)}


def _onward(
    frame: pd.DataFrame, i: int, after: int, end: pd.Timestamp, patience: int
) -> dict[str, Any]:
    """Count who went on, is on the way, left; and what those who left might have spent."""
    here = frame[frame[f"r{i}"]]
    on = here[f"r{after}"]
    since = (end - here[f"s{i}"]).dt.days
    way, left = ~on & (since < patience), ~on & (since >= patience)
    decided = int(on.sum() + left.sum())
    row = {"went_on": int(on.sum()), "on_the_way": int(way.sum()), "left": int(left.sum()),
           "undated": int((~on & since.isna()).sum()),
           "drop_share": int(left.sum()) / decided if decided else None}  # fmt: skip
    if on.any() and left.any():
        gap = _mean(here.loc[on, "spent"]) - _mean(here.loc[left, "spent"])
        row |= {"value_gap": gap, "spend_at_stake": max(gap, 0.0) * int(left.sum())}
    return row


def _mean(values: pd.Series) -> float:
    return float(np.sort(values.to_numpy(dtype=float)).mean())


def _landmark(
    frame: pd.DataFrame, i: int, before: int, after: int, end: pd.Timestamp, patience: int
) -> dict[str, Any]:
    """Compare who passed an optional stage early with who did not, from a landmark on."""
    if patience <= LANDMARK_DAYS:
        return {}
    dated = frame[f"s{after}"].notna() | ~frame[f"r{after}"]
    known = frame[frame[f"s{before}"].notna() & dated]
    mark = known[f"s{before}"] + pd.Timedelta(days=LANDMARK_DAYS)
    until = known[f"s{before}"] + pd.Timedelta(days=patience)
    undecided = ~(known[f"s{after}"] <= mark) & (until <= end)
    passed = known[f"s{i}"].between(known[f"s{before}"], mark)
    later = (known[f"s{after}"] > mark) & (known[f"s{after}"] <= until)
    with_, without = later[undecided & passed], later[undecided & ~passed]
    if min(len(with_), len(without)) < LEAST_COMPARED:
        return {}
    return {"onward_with": float(with_.mean()), "onward_without": float(without.mean())}


def _said(said: Spoken, i: int, here: pd.Series, min_group: int) -> dict[str, Any]:
    """Take the satisfaction and the complaints of one stage."""
    scores = np.sort(said.answers.loc[said.answers["stage_place"] == i, "score"].to_numpy())
    complaints = said.complaints[said.complaints["stage_place"] == i]
    by = set(complaints["customer_id"].dropna()) & set(here)
    row = {"stage_answers": len(scores), "stage_complaints": len(complaints),
           "stage_complainants": len(by),
           "complainant_share": len(by) / len(here) if len(here) else None}  # fmt: skip
    if len(scores) and len(scores) >= min_group:
        ends = mean_interval(pd.Series(scores), pd.Series(np.ones(len(scores))))
        row |= dict(zip(("stage_score", "stage_score_low", "stage_score_high"), ends, strict=True))
    return row


def moment(path: pd.DataFrame) -> str | None:
    """Return the code of the stage where most is at stake, the first of equals; None if none is.

    Parameters
    ----------
    path : pandas.DataFrame
        Contract `journey`.
    """
    own = path[(path["breakdown"] == "all") & ~path["is_optional"].astype(bool)]
    own = own[own["spend_at_stake"].fillna(0.0) > 0]
    order = own.sort_values(["spend_at_stake", "stage_place"], ascending=[False, True])
    return str(order["journey_stage"].iloc[0]) if len(order) else None


def unplaced(said: Spoken) -> int:
    """Count the complaints that belong to no stage."""
    return int((said.complaints["stage_place"] < 0).sum())


def group_columns(customers: Table, segments: pd.DataFrame | None) -> dict[str, pd.Series]:
    """List what the journey is broken down by: the channel that customers came by, their tier.

    Parameters
    ----------
    customers : ibis Table
        Contract `customers`.
    segments : pandas.DataFrame, optional
        Contract `segments`.

    Returns
    -------
    dict
        Breakdown to a Series of customer number to group.
    """
    named = customers.filter(customers.channel.notnull())
    frame = named.select("customer_id", "channel").execute()
    found = {"channel": frame.set_index("customer_id")["channel"]}
    if segments is not None and len(segments):
        found["tier"] = segments.set_index("customer_id")["tier"]
    return found
