"""Complaints and suggestions, one row each: state of handling, time taken, come back or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, FloatingValue, StringValue, Table

from kehu.tables import contract
from kehu.voice.handling import AGAIN, OPEN, UNKNOWN, states_of
from kehu.voice.period import end_of, observed

KINDS = ("complaint", "suggestion")
"""Interactions that are matters to be handled."""


@dataclass(frozen=True)
class Limits:
    """Hours within which matters are to be settled, and when one counts as come back.

    Parameters
    ----------
    complaint, suggestion : float
        Hours from the opening to the settlement.
    topics : mapping of str to float
        Hours for complaints of single topics.
    reopen_days : int
        Days after a complaint in which the same customer's same topic means that it came back.
    """

    complaint: float = 72.0
    suggestion: float = 240.0
    topics: Mapping[str, float] = field(default_factory=dict)
    reopen_days: int = 30


def feedback(
    interactions: Table,
    analysis_date: str,
    limits: Limits,
    words: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """Judge every complaint and suggestion as it stood at the end of the analysis date.

    Parameters
    ----------
    interactions : ibis Table
        Contract `interactions`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    limits : Limits
    words : mapping, optional
        The client's own status words; see `kehu.voice.handling.states_of`.

    Returns
    -------
    ibis Table
        Contract `feedback`. A settlement after the analysis date is not known yet.

    Notes
    -----
    Time is measured in whole minutes of the calendar, nights and weekends included; where the
    client gives days only, in days. A settlement before the opening gives no time. A matter with
    a closing time is settled unless its status says reopened; without one it is open while its
    status is received, in progress, reopened or unknown. A blank status means done with a closing
    time and received without.

    A complaint came back if its status says so, or if the same customer complained about the same
    topic again, no later than `reopen_days` after it (after its settlement, where that is known).
    Complaints without customer or topic cannot be followed.
    """
    end = ibis.literal(end_of(analysis_date))
    rows = observed(interactions, analysis_date)
    rows = rows.filter(rows.interaction.isin(KINDS))
    state, not_yet = _state(rows, words), (rows.closed >= end).fill_null(False)
    handling = ibis.ifelse(state == AGAIN, "done", state)
    rows = rows.mutate(
        again=state.isin(("reopened", AGAIN)),
        handling=ibis.ifelse(not_yet & (handling != UNKNOWN), "in_progress", handling),
        closed=ibis.ifelse(rows.closed < end, rows.closed, ibis.null(rows.closed.type())),
    )
    settled = rows.closed.notnull()
    rows = rows.mutate(
        is_open=ibis.ifelse(settled, rows.handling == "reopened", rows.handling.isin(OPEN)),
        came_back=_came_back(rows, limits.reopen_days),
        allowed_hours=_allowed(rows, limits),
    )
    return _judged(rows, end).select(*contract("feedback").columns)


def _state(rows: Table, words: Mapping[str, Sequence[str]] | None) -> StringValue:
    """Read the status words; only the distinct ones leave the engine."""
    distinct = rows.filter(rows.status.notnull()).select("status").distinct()
    states = states_of(sorted(distinct.execute()["status"]), words)
    blank = ibis.ifelse(rows.closed.notnull(), "done", "received")
    read = rows.status.cases(*states.items(), else_=blank) if states else blank
    return ibis.ifelse(rows.status.isnull(), blank, read)


def _came_back(rows: Table, days: int) -> BooleanValue:
    """Mark complaints that were reopened or followed by the same customer's same topic."""
    same = ibis.window(
        group_by=[rows.interaction, rows.customer_id, rows.topic],
        order_by=[rows.date, rows.closed],
    )
    later = rows.date.lead().over(same)
    from_ = ibis.ifelse(rows.closed > rows.date, rows.closed, rows.date).fill_null(rows.date)
    followed = (later <= from_ + ibis.interval(days=days)).fill_null(False)
    known = rows.customer_id.notnull() & rows.topic.notnull() & (rows.interaction == "complaint")
    return rows.again | (known & followed)


def _allowed(rows: Table, limits: Limits) -> FloatingValue:
    """Hours within which each matter is to be settled."""
    topics = [(topic, float(hours)) for topic, hours in sorted(limits.topics.items())]
    plain = ibis.literal(float(limits.complaint))
    by_topic = rows.topic.cases(*topics, else_=plain) if topics else plain
    complaint = ibis.coalesce(by_topic, plain)
    return ibis.ifelse(rows.interaction == "complaint", complaint, float(limits.suggestion))


def _judged(rows: Table, end: ibis.Value) -> Table:
    """Measure hours, to the settlement or so far, and judge them by the limit."""
    until = ibis.ifelse(rows.is_open, end, rows.closed)
    minutes = (until.epoch_seconds() - rows.date.epoch_seconds()) // 60
    hours = ibis.ifelse(minutes >= 0, minutes / 60, ibis.null("float64")).cast("float64")
    rows = rows.mutate(hours_taken=hours)
    late = rows.hours_taken > rows.allowed_hours
    in_time = ibis.ifelse(rows.is_open, "pending", "met")
    state = ibis.ifelse(late, "missed", in_time)
    return rows.mutate(sla_state=ibis.ifelse(rows.hours_taken.isnull(), "unknown", state))


def unknown_words(feedback: Table) -> pd.DataFrame:
    """List the status words that say nothing to the kit, for the params to name.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`.

    Returns
    -------
    pandas.DataFrame
        `status, rows`, most frequent first, equal ones by name.
    """
    odd = feedback.filter(feedback.handling == UNKNOWN)
    counts = odd.group_by("status").aggregate(rows=odd.count()).execute()
    return counts.sort_values(["rows", "status"], ascending=[False, True], ignore_index=True)
