"""Strategic significance: judged by people, kept with author and date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.score.ingredients import Measures
from kehu.score.purchases import aged
from kehu.score.scale import UNITS


@dataclass(frozen=True)
class Judged:
    """Strategic judgements and how far the judges agree.

    Parameters
    ----------
    measures : Measures
        `judgement`, 0…100.
    table : pandas.DataFrame
        One row per customer judged, by `customer_id`: `judgement` (0…100), `judges` (names joined
        by ", "), `n_judges`, `n_criteria`, `spread` (mean over the criteria with several judges of
        highest less lowest mark, 0…100, blank with one judge), `last_judged` (date).
    """

    measures: Measures
    table: pd.DataFrame


def judged(customers: pd.Index, judgements: Table, analysis_date: str, valid_days: int) -> Judged:
    """Average the latest valid mark of each judge over judges, then over criteria.

    Parameters
    ----------
    customers : pandas.Index
        All customers of the indices.
    judgements : ibis Table
        Contract `judgements`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    valid_days : int
        Age in days beyond which a mark is out of date; it is counted and left out.

    Returns
    -------
    Judged

    Notes
    -----
    Marks become 0…100 on the scale their row declares. A judge's later mark on the same customer
    and criterion replaces the earlier one; marks of the same moment are averaged. Each criterion
    weighs the same, however many judged it. No percentile: the judges' scale means something.
    """
    dated = aged(judgements, analysis_date)
    valid = dated.filter(dated.age <= valid_days)
    marks = _latest(valid)
    table = _per_customer(marks)
    values = table[["judgement"]].reindex(customers)
    return Judged(Measures(values, _facts(dated, marks, table, customers, valid_days)), table)


def _latest(valid: Table) -> pd.DataFrame:
    """Return one mark (0…100) per customer, criterion and author, the latest."""
    keys = ["customer_id", "criterion", "author"]
    dated = valid.mutate(last=valid.date.max().over(group_by=keys))
    dated = dated.filter(dated.date == dated["last"])
    place = (dated.mark - dated.scale_low) / (dated.scale_high - dated.scale_low)
    sums = dated.group_by(keys).aggregate(
        total=(100 * place * UNITS).round().cast("int64").sum().cast("float64"),
        marks=dated.count(),
        date=dated.date.max(),
    )
    frame = sums.order_by(keys).execute()
    return frame.assign(mark=frame["total"] / frame["marks"] / UNITS)


def _per_customer(marks: pd.DataFrame) -> pd.DataFrame:
    """Average over judges, then over criteria; tell judges and spread."""
    by = marks.groupby(["customer_id", "criterion"])["mark"].agg(["mean", "min", "max", "size"])
    by["spread"] = (by["max"] - by["min"]).where(by["size"] > 1)
    means = by.groupby("customer_id").agg(
        judgement=("mean", "mean"), spread=("spread", "mean"), n_criteria=("mean", "size")
    )
    people = marks.groupby("customer_id").agg(
        judges=("author", lambda names: ", ".join(sorted(set(names)))),
        n_judges=("author", "nunique"),
        last_judged=("date", "max"),
    )
    return means.join(people)


def _facts(
    dated: Table, marks: pd.DataFrame, table: pd.DataFrame, customers: pd.Index, valid_days: int
) -> dict[str, Any]:
    """Count judges, marks, marks out of date, and how far judges differ."""
    old = dated.filter(dated.age > valid_days)
    ids = old.select("customer_id").distinct().execute()["customer_id"]
    several = table["spread"].dropna()
    # Looked up in the large index: `isin` would go through all of it.
    inside = customers.get_indexer(table.index) >= 0
    return {
        "n_judged": int(inside.sum()),
        "n_judged_outside": int((~inside).sum()),
        "n_judges": int(marks["author"].nunique()),
        "n_marks": len(marks),
        "n_expired_marks": int(old.count().execute()),
        "n_expired_only": int((~ids.isin(table.index)).sum()),
        "judgement_days": valid_days,
        "n_several_judges": len(several),
        "judge_spread": float(several.mean()) if len(several) else None,
        "judge_spread_most": float(several.max()) if len(several) else None,
    }
