"""What experiences are held against: overall satisfaction, leaving, spend; one row a respondent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.voice.design import Array
from kehu.voice.responses import latest_day, one_each, responses, with_history

OUTCOMES = ("satisfaction", "churn", "spend")


@dataclass(frozen=True)
class Sample:
    """Respondents with an outcome.

    Parameters
    ----------
    name : {'satisfaction', 'churn', 'spend'}
    frame : pandas.DataFrame
        One row per respondent: a column per question, the complaint experiences, the confounders.
    y : ndarray, shape (n,)
        Points of the overall question; 1 for no purchase in the days after the answer, else 0;
        logarithm of 1 + spend in those days.
    """

    name: str
    frame: pd.DataFrame
    y: Array

    @property
    def binary(self) -> bool:
        """Whether the outcome is yes or no."""
        return self.name == "churn"


def overall_question(questions: pd.DataFrame, named: str | None = None) -> str:
    """Choose the question that stands for overall satisfaction.

    Parameters
    ----------
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`.
    named : str, optional
        The question to take; the NPS question with most answers where left out.

    Returns
    -------
    str
        Its name; empty where none is named and none is NPS.

    Raises
    ------
    KehuError
        KH-P05: there are surveys, and the question named is not in them.
    """
    known = sorted(questions["question"])
    if named is not None and known and named not in known:
        what = f"`{named}` is no question of the surveys."
        remedy = f"Questions: {', '.join(known)}."
        raise KehuError(Problem("KH-P05", "overall_question", what, remedy))
    if named is not None:
        return named if known else ""
    nps = questions[questions["computed"] == "nps"]
    first = nps.sort_values(["answers", "question"], ascending=[False, True])
    return str(first["question"].iloc[0]) if len(first) else ""


def samples(
    surveys: Table,
    transactions: Table,
    feedback: Table,
    questions: pd.DataFrame,
    segments: pd.DataFrame | None,
    *,
    analysis_date: str,
    outcome_days: int,
    overall: str,
    ces_easy_end: str,
) -> Iterator[Sample]:
    """Lay out the respondents of each outcome, possibly none.

    Parameters
    ----------
    surveys, transactions, feedback : ibis Table
        Contracts of those names.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`.
    segments : pandas.DataFrame, optional
        Contract `segments`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    outcome_days : int
        Days after an answer in which purchases are looked at.
    overall : str
        See `overall_question`.
    ces_easy_end : {'high', 'low'}
        CES scales whose low end is easy are turned round, so that more is better everywhere.

    Yields
    ------
    Sample
        Of satisfaction: everybody who answered the overall question. Of churn and spend: who
        bought in the year before an answer whose days after it are over. One response a customer,
        the latest that qualifies.
    """
    names = list(questions["question"])
    laid = with_history(
        responses(surveys, analysis_date, names), transactions, feedback, segments, outcome_days
    )
    turned = _turned(questions, ces_easy_end)
    now = _named(one_each(laid), names, turned)
    if overall:
        now = now[now[overall].notna()]
    y = now[overall].to_numpy(dtype=float) if overall else np.empty(0)
    yield Sample("satisfaction", now if overall else now.head(0), y)
    then = _named(one_each(laid, latest_day(analysis_date, outcome_days)), names, turned)
    then = then[then["orders_before"].fillna(0) > 0]
    yield Sample("churn", then, (then["orders_after"] == 0).to_numpy(dtype=float))
    spend = np.clip(then["spend_after"].to_numpy(dtype=float), 0, None)
    yield Sample("spend", then, np.log1p(spend))


def _turned(questions: pd.DataFrame, ces_easy_end: str) -> dict[str, float]:
    """List the questions whose low end is good, with the sum that turns an answer round."""
    ces = questions[questions["computed"] == "ces"] if ces_easy_end == "low" else questions.head(0)
    sums = ces["scale_low"] + ces["scale_high"]
    return dict(zip(ces["question"], sums, strict=True))


def _named(frame: pd.DataFrame, names: list[str], turned: dict[str, float]) -> pd.DataFrame:
    """Give the columns of answers the names of their questions, more being better."""
    named = frame.rename(columns={f"q{i}": name for i, name in enumerate(names)})
    return named.assign(**{q: total - named[q] for q, total in turned.items()})
