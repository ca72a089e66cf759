"""The closed loop: what became of complaints and suggestions, and what customers were told."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, IntegerValue, Table

from kehu.voice.feedback import KINDS
from kehu.voice.handling import STATES, UNKNOWN
from kehu.voice.period import recent, start_of

ANSWERED = ("adopted", "done", "refused")
"""States in which the customer's matter has been decided."""

Masked = Callable[[str], str]
"""Takes personal data out of a text."""


def loop_table(feedback: Table, analysis_date: str, days: int) -> pd.DataFrame:
    """Count the period's complaints and suggestions by what became of them.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period; matters opened in it count.

    Returns
    -------
    pandas.DataFrame
        A row each for complaint and suggestion: `interaction, matters`, a column per state of
        handling (they add up to `matters`), `open, overdue, answered` (adopted, done or refused),
        `told` (decided, with a reply on record), and of all matters `answered_share,
        adopted_share`, of the decided ones `told_share`. A share of nothing is nan; so is
        `told_share` where no reply is on record at all, which says that replies are not recorded.
    """
    rows = recent(feedback, analysis_date, days)
    answered, replied = rows.handling.isin(ANSWERED), (rows.reply.strip() != "").fill_null(False)
    states = {s: _count(rows.handling == s) for s in (*STATES, UNKNOWN)}
    counts = rows.group_by("interaction").aggregate(
        matters=rows.count(),
        **states,
        open=_count(rows.is_open),
        overdue=_count(rows.is_open & (rows.sla_state == "missed")),
        answered=_count(answered),
        told=_count(answered & replied),
        replies=_count(replied),
    )
    found = counts.execute().set_index("interaction").reindex(list(KINDS), fill_value=0)
    found = found.astype("int64").rename_axis("interaction").reset_index()
    matters = found["matters"].where(found["matters"] > 0)
    decided = found["answered"].where((found["answered"] > 0) & (found["replies"] > 0))
    return found.assign(
        answered_share=found["answered"] / matters,
        adopted_share=found["adopted"] / matters,
        told_share=found["told"] / decided,
    ).drop(columns="replies")


def _count(condition: BooleanValue) -> IntegerValue:
    return condition.sum().fill_null(0)


def adopted(feedback: Table, analysis_date: str, days: int, mask: Masked) -> pd.DataFrame:
    """List the suggestions adopted, with what the customers were told: the 采纳榜.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period; suggestions opened or closed in it are listed.
    mask : callable
        Takes personal data out of the customer's words and of the reply.

    Returns
    -------
    pandas.DataFrame
        `date, customer_id, topic, product, text, closed, reply`, the latest first.
    """
    start = ibis.literal(start_of(analysis_date, days))
    late = (feedback.date >= start) | (feedback.closed >= start).fill_null(False)
    is_adopted = (feedback.interaction == "suggestion") & (feedback.handling == "adopted")
    names = ["date", "customer_id", "topic", "product", "text", "closed", "reply"]
    frame = feedback.filter(is_adopted & late).select(*names).execute()
    frame = frame.sort_values(["date", *names[1:]], ascending=[False] + [True] * 6)
    masked = {c: frame[c].map(mask, na_action="ignore") for c in ("text", "reply")}
    return frame.assign(**masked).reset_index(drop=True)


def waiting(feedback: Table) -> pd.DataFrame:
    """List the complaints and suggestions that are open, the longest overdue first.

    Parameters
    ----------
    feedback : ibis Table
        Contract `feedback`; whenever opened.

    Returns
    -------
    pandas.DataFrame
        `date, interaction, customer_id, topic, product, handling, hours_taken, allowed_hours,
        hours_over` (negative while not due).
    """
    rows = feedback.filter(feedback.is_open)
    rows = rows.mutate(hours_over=rows.hours_taken - rows.allowed_hours)
    by = [
        rows.hours_over.desc(nulls_first=False),
        rows.date,
        rows.customer_id,
        rows.topic,
        rows.product,
    ]
    names = ["date", "interaction", "customer_id", "topic", "product", "handling", "hours_taken",
             "allowed_hours", "hours_over"]  # fmt: skip
    return rows.order_by(by).select(*names).execute()
