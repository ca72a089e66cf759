"""One row per respondent: what they answered, what they had experienced, what they did later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.voice.period import end_of, observed, with_classes

BEFORE_DAYS = 365
"""Days before the answer that past purchases and complaints are looked at."""

HISTORY = ("spend_before", "orders_before", "tenure_days", "days_since_last")
AFTER = ("orders_after", "spend_after")
COMPLAINTS = ("complained", "settled_late")
"""Experiences of a customer that no question asks for."""


def responses(surveys: Table, analysis_date: str, questions: Sequence[str]) -> Table:
    """Lay a survey out with one row per respondent.

    Parameters
    ----------
    surveys : ibis Table
        Contract `surveys`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    questions : sequence of str
        Questions that become columns.

    Returns
    -------
    ibis Table
        `respondent, customer_id, day, channel`, and columns `q0, q1, …` in the order of
        `questions`, blank where not answered.

    Notes
    -----
    Answers of one customer on one day are one respondent; without a customer number the row of the
    file is. Who answers a question twice on a day has the mean of both.
    """
    t = observed(surveys, analysis_date).filter(lambda s: s.question.isin(list(questions)))
    t = t.mutate(day=t.date.date())
    by_row = t.source + "|" + t.row.cast("string")
    by_day = t.customer_id + "|" + t.day.cast("string").fill_null("")
    t = t.mutate(respondent=ibis.ifelse(t.customer_id.isnull(), "r|" + by_row, "c|" + by_day))
    answers = {f"q{i}": t.answer.mean(where=t.question == q) for i, q in enumerate(questions)}
    return t.group_by("respondent").aggregate(
        customer_id=t.customer_id.min(), day=t.day.min(), channel=t.channel.min(), **answers
    )


def with_history(
    respondents: Table,
    transactions: Table,
    feedback: Table,
    segments: pd.DataFrame | None,
    after_days: int,
) -> Table:
    """Add what each respondent had bought and complained of before, and bought after.

    Parameters
    ----------
    respondents : ibis Table
        See `responses`.
    transactions, feedback : ibis Table
        Contracts of those names.
    segments : pandas.DataFrame, optional
        Contract `segments`.
    after_days : int
        Days after the answer in which purchases are looked at.

    Returns
    -------
    ibis Table
        With `spend_before, orders_before` (of `BEFORE_DAYS` days before the answer),
        `tenure_days` (first purchase to answer), `days_since_last` (last purchase to answer),
        `orders_after, spend_after` (of `after_days` days after it), `complained` and
        `settled_late` (0 or 1: any complaint before it, any that missed its limit), and the
        customer's classes. Blank where customer or day is not known, and where there are no
        transactions; a purchase on the day itself counts as before.
    """
    lines = transactions.select("customer_id", "order_id", "date", "amount", "is_refund")
    both = respondents.select("respondent", "customer_id", "day").inner_join(lines, "customer_id")
    bought = both.date.date()
    past, later = bought <= both.day, bought > both.day
    near = past & (bought > both.day - ibis.interval(days=BEFORE_DAYS))
    soon = later & (bought <= both.day + ibis.interval(days=after_days))
    real = ~both.is_refund
    history = both.group_by("respondent").aggregate(
        spend_before=both.amount.sum(where=near).cast("float64"),
        orders_before=both.order_id.nunique(where=near & real),
        first_day=bought.min(where=past & real),
        last_day=bought.max(where=past & real),
        orders_after=both.order_id.nunique(where=soon & real),
        spend_after=both.amount.sum(where=soon).cast("float64"),
    )
    joined = _left(respondents, history)
    known = joined.customer_id.notnull() & joined.day.notnull()
    recorded = known & ibis.literal(bool(transactions.count().execute()))
    counted = ("spend_before", "orders_before", *AFTER)
    joined = joined.mutate(
        **{c: ibis.ifelse(recorded, joined[c].fill_null(0), ibis.null("float64")) for c in counted},
        tenure_days=joined.day.delta(joined.first_day, unit="day"),
        days_since_last=joined.day.delta(joined.last_day, unit="day"),
    ).drop("first_day", "last_day")
    return with_classes(_left(joined, _complained(respondents, feedback)), segments)


def _complained(respondents: Table, feedback: Table) -> Table:
    """Tell for each respondent whether they complained before, and whether one was late."""
    rows = feedback.filter(feedback.interaction == "complaint")
    rows = rows.select("customer_id", "date", "sla_state")
    both = respondents.select("respondent", "customer_id", "day").inner_join(rows, "customer_id")
    opened = both.date.date()
    before = (opened <= both.day) & (opened > both.day - ibis.interval(days=BEFORE_DAYS))
    near = both.filter(before)
    found = near.group_by("respondent").aggregate(
        complained=near.count().sign().cast("float64"),
        settled_late=(near.sla_state == "missed").any().cast("float64"),
    )
    joined = _left(respondents.select("respondent", "customer_id", "day"), found)
    known = joined.customer_id.notnull() & joined.day.notnull()
    filled = {
        c: ibis.ifelse(known, joined[c].fill_null(0), ibis.null("float64")) for c in COMPLAINTS
    }
    return joined.mutate(**filled).drop("customer_id", "day")


def _left(table: Table, more: Table) -> Table:
    """Join columns to each respondent who has them."""
    return table.left_join(more, "respondent").drop("respondent_right")


def one_each(respondents: Table, last_day: str | None = None) -> pd.DataFrame:
    """Keep one response per customer, the latest, and every response without a customer.

    Parameters
    ----------
    respondents : ibis Table
        See `with_history`.
    last_day : str, optional
        Latest day of an answer that is looked at, ISO; answers without a day are then left out.

    Returns
    -------
    pandas.DataFrame
        In an order that depends on what was answered only, not on the rows of the file; without
        `respondent` and `day`.
    """
    rows = respondents
    if last_day is not None:
        rows = rows.filter(rows.day <= ibis.date(last_day))
    person = ibis.coalesce(rows.customer_id, rows.respondent)
    newest = ibis.window(group_by=person, order_by=[rows.day.desc(nulls_first=False)])
    latest = rows.mutate(place=ibis.row_number().over(newest)).filter(lambda t: t.place == 0)
    frame = latest.drop("place", "respondent", "day").execute()
    columns = sorted(c for c in frame.columns if c != "customer_id")
    return frame.sort_values([*columns, "customer_id"], ignore_index=True)


def latest_day(analysis_date: str, after_days: int) -> str:
    """Return the last day of an answer whose time after it is wholly observed, ISO."""
    return str((end_of(analysis_date) - timedelta(days=after_days + 1)).date())
