"""What each customer said last, and what is open with them: for satisfaction, risk and actions."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.voice.nps import PASSIVE, PROMOTER
from kehu.voice.period import observed

COUNTS = ("complaints", "open_complaints", "overdue_complaints", "returned", "suggestions")


def customer_voice(
    surveys: Table, feedback: Table, questions: pd.DataFrame, analysis_date: str
) -> Table:
    """Put a customer's latest willingness to recommend beside their complaints and suggestions.

    Parameters
    ----------
    surveys, feedback : ibis Table
        Contracts of those names.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`; questions computed as NPS count.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    ibis Table
        Contract `customer_voice`: a row for each customer who answered an NPS question or has a
        complaint or suggestion on record, over the whole history.

    Notes
    -----
    Of several answers on the latest day the lowest counts. Answers without a date are older than
    those with one.
    """
    said = _latest(observed(surveys, analysis_date), questions)
    matters = _matters(feedback)
    both = said.outer_join(matters, "customer_id")
    counts = {c: both[c].fill_null(0) for c in COUNTS}
    return both.mutate(
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right), **counts
    ).drop("customer_id_right")


def _latest(surveys: Table, questions: pd.DataFrame) -> Table:
    """One row per customer who answered an NPS question: the latest answer and its class."""
    asked = list(questions.loc[questions["computed"] == "nps", "question"])
    t = surveys.filter(surveys.customer_id.notnull() & surveys.answer.notnull())
    t = t.filter(t.question.isin(asked)).mutate(answered_on=t.date.date())
    days = t.group_by("customer_id", "answered_on").aggregate(nps_answer=t.answer.min())
    newest = ibis.window(
        group_by=days.customer_id, order_by=[days.answered_on.desc(nulls_first=False)]
    )
    last = days.mutate(place=ibis.row_number().over(newest)).filter(lambda d: d.place == 0)
    kind = ibis.cases(
        (last.nps_answer >= PROMOTER, "promoter"),
        (last.nps_answer >= PASSIVE, "passive"),
        else_="detractor",
    )
    return last.mutate(nps_class=kind).drop("place")


def _matters(feedback: Table) -> Table:
    """One row per customer with complaints or suggestions: how many, how many open and late."""
    t = feedback.filter(feedback.customer_id.notnull())
    is_complaint = t.interaction == "complaint"
    is_open = is_complaint & t.is_open
    return t.group_by("customer_id").aggregate(
        complaints=is_complaint.sum(),
        open_complaints=is_open.sum(),
        overdue_complaints=(is_open & (t.sla_state == "missed")).sum(),
        returned=(is_complaint & t.came_back).sum(),
        suggestions=(t.interaction == "suggestion").sum(),
        last_complaint=t.date.date().max(where=is_complaint),
    )
