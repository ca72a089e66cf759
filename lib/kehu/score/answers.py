"""Survey answers and interactions per customer, as several indices use them."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import pandas as pd
from ibis.expr.types import Table, Value

from kehu.errors import Problem
from kehu.score.purchases import aged
from kehu.score.scale import UNITS


def scale_problems(table: Table, name: str, value: str) -> Iterator[Problem]:
    """Find points outside the scale that their row declares.

    Parameters
    ----------
    table : ibis Table
        With `scale_low, scale_high`.
    name : str
        The table's name, for the message.
    value : str
        Its column of points, blank where none were given.
    """
    low, high, points = table.scale_low, table.scale_high, table[value]
    flat = high <= low
    outside = ((points < low) | (points > high)) & ~flat
    found = table.aggregate(
        rows=table.count(),
        flat=flat.sum().fill_null(0),
        outside=outside.sum().fill_null(0),
        at=high.min(where=flat),
        example=points.min(where=outside),
    )
    row = found.execute().iloc[0]
    rows, flats, wrong = (int(row[name_]) for name_ in ("rows", "flat", "outside"))
    remedy = "Mend the scale or the points of these rows where 10_prepare reads them."
    if flats:
        what = f"the scale ends where it starts or before in {flats:,} of {rows:,} rows "
        yield Problem("KH-T01", f"{name}.scale_high", f"{what}(e.g. at {row['at']:g}).", remedy)
    if wrong:
        what = f"outside the scale of its row in {wrong:,} of {rows:,} rows "
        yield Problem("KH-T01", f"{name}.{value}", f"{what}(e.g. {row['example']:g}).", remedy)


def answered(surveys: Table, analysis_date: str, answer_days: int) -> Table:
    """Return the answers that count: given, by a known customer, not too old.

    Parameters
    ----------
    surveys : ibis Table
        Contract `surveys`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    answer_days : int
        Days after which an answer no longer counts; an undated one counts as that old.

    Returns
    -------
    ibis Table
        With `age` in days and `place` on the declared scale, 0…1.
    """
    made = aged(surveys, analysis_date)
    made = made.filter(made.customer_id.notnull(), made.answer.notnull())
    made = made.mutate(
        age=made.age.fill_null(answer_days),
        place=(made.answer - made.scale_low) / (made.scale_high - made.scale_low),
    )
    return made.filter(made.age <= answer_days)


def weighed(answers: Table, half_life: int) -> pd.DataFrame:
    """Add up each customer's answers by kind of question, an answer halving with its age.

    Parameters
    ----------
    answers : ibis Table
        See `answered`.
    half_life : int
        Days after which an answer weighs half of a fresh one.

    Returns
    -------
    pandas.DataFrame
        By `customer_id` and `scale`: `total` (sum of weight x place), `weight` (sum of weights),
        `answers`, `undated` (counts).
    """
    weight = ibis.literal(2.0).pow(-answers.age / half_life)
    sums = answers.group_by("customer_id", "scale").aggregate(
        total=_exact_sum(weight * answers.place),
        weight=_exact_sum(weight),
        answers=answers.count(),
        undated=answers.date.isnull().sum(),
    )
    return sums.execute().set_index(["customer_id", "scale"])


def _exact_sum(values: Value) -> Value:
    """Add up fractions as whole billionths, which make the same sum in any order."""
    return (values * UNITS).round().cast("int64").sum().cast("float64") / UNITS


def counted(
    interactions: Table, analysis_date: str, kinds: tuple[str, ...], days: int
) -> pd.DataFrame:
    """Count interactions of some kinds by customer.

    Parameters
    ----------
    interactions : ibis Table
        Contract `interactions`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    kinds : tuple of str
        Values of `interaction`.
    days : int
        Length of the window that ends with the analysis date.

    Returns
    -------
    pandas.DataFrame
        `customer_id` (blank where the row names none), `interaction`, `recent` (count within the
        window, 0 where all are older); no rows for kinds that the client does not keep.
    """
    made = aged(interactions, analysis_date)
    made = made.filter(made.interaction.isin(kinds))
    sums = made.group_by("customer_id", "interaction").aggregate(recent=(made.age < days).sum())
    return sums.execute().astype({"recent": float})
