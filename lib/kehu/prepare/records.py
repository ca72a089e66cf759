"""What all tables have in common: rules in a stated order, every row in the books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, StringValue, Table, TimestampScalar

from kehu.errors import raise_all
from kehu.prepare import ledger, reading
from kehu.prepare.amounts import MONEY
from kehu.prepare.fields import Field
from kehu.prepare.ledger import Rule
from kehu.prepare.reading import More, Reading
from kehu.prepare.sources import Raw

Case = tuple[BooleanValue, str]
"""A condition, and the rule that takes the rows it holds for."""

Read = tuple[Raw, Reading, Table]
"""A file, how its data said it is to be read, and its rows read so."""

_NO_DATES = ("source", "first_date", "last_date", "date_formats")


@dataclass(frozen=True)
class Records:
    """One table after cleaning.

    Parameters
    ----------
    name : str
        The table's name.
    table : ibis Table
        Its rows as the contract has them, in the engine.
    quarantine : ibis Table or None
        Rows set aside, with their rule and what the file said; None without a file.
    ledger : pandas.DataFrame
        Rows of the `ledger` table.
    rows : ibis Table or None
        Every row of every file with its rule (blank when kept), for the quality measures.
    dates : pandas.DataFrame
        Per source: `date_formats`, `first_date`, `last_date` of the rows kept.
    """

    name: str
    table: Table
    quarantine: Table | None
    ledger: pd.DataFrame
    rows: Table | None
    dates: pd.DataFrame


def no_dates() -> pd.DataFrame:
    """Return the `dates` of a table without files."""
    return pd.DataFrame(columns=_NO_DATES)


def typed(
    raws: Sequence[Raw], columns: Sequence[Field], max_unreadable: float, more: More | None = None
) -> list[Read]:
    """Decide how each file is to be read, and read it.

    Raises
    ------
    KehuError
        KH-D06, KH-D14: all files' problems at once.
    """
    found = [reading.decide(raw, columns, max_unreadable) for raw in raws]
    raise_all(problem for _, problems in found for problem in problems)
    return [
        (raw, how, reading.typed(raw, how, i, columns, more))
        for i, (raw, (how, _)) in enumerate(zip(raws, found, strict=True))
    ]


def with_repeats(rows: Table, read: Sequence[Read], name: str) -> Table:
    """Add `is_repeat`: equal in every column, and read the same way, to an earlier row.

    Parameters
    ----------
    rows : ibis Table
        Typed rows of all files.
    read : sequence of tuple
        As `typed` returns it.
    name : str
        The table's name.
    """
    keys = [
        raw.table.select("source", "row", "_all", file=ibis.literal(i), way=ibis.literal(how.way))
        for i, (raw, how, _) in enumerate(read)
    ]
    keyed = reading.computed_once(ibis.union(*keys), f"row_keys_{name}")
    place = ibis.row_number().over(
        group_by=[keyed["_all"], keyed.way], order_by=[keyed.file, keyed.row]
    )
    later = keyed.mutate(place=place).filter(lambda t: t.place > 0)
    again = later.select(again="source", again_row="row")
    joined = rows.left_join(again, (rows.source == again.again, rows.row == again.again_row))
    return joined.mutate(is_repeat=joined.again.notnull()).drop("again", "again_row")


def ruled(rows: Table, cases: Sequence[Case], on: Iterable[str]) -> Table:
    """Add `rule`: the first that takes the row, blank for rows kept."""
    chosen = [(met, name) for met, name in cases if name in set(on)]
    return rows.mutate(rule=ibis.cases(*chosen, else_=ibis.null("string")))


def proper(t: Table) -> BooleanValue:
    """Whether a row has the right number of fields, something in them, and is no total."""
    return t.malformed.isnull() & ~t["_blank"] & ~t["_total"]


def first_cases(t: Table) -> list[Case]:
    """List the conditions that every table begins with."""
    return [
        (t.malformed.notnull(), "malformed_row"),
        (t["_blank"], "blank_row"),
        (t["_total"], "total_row"),
    ]


def day_after(analysis_date: str) -> TimestampScalar:
    """Return the first moment that is not observed any more."""
    end = date.fromisoformat(analysis_date) + timedelta(days=1)
    return ibis.timestamp(end.isoformat())


def kept_aside(table: Table, raws: Sequence[Raw], name: str) -> Table:
    """Write an engine table to the scratch folder once, and read it from there ever after."""
    backend = table.get_backend()
    path: Path = raws[0].stored.parent / f"{name}.parquet"
    backend.to_parquet(table, path)
    return backend.read_parquet(path, table_name=f"prepared_{name}")


def books(
    name: str,
    raws: Sequence[Raw],
    rules: Sequence[Rule],
    rows: Table,
    aside: Table,
    *,
    money: bool,
) -> pd.DataFrame:
    """Write a table's books from its rows, and check that they balance.

    Parameters
    ----------
    name : str
        The table's name.
    raws : sequence of Raw
        The files; their readers counted the rows, too.
    rules : sequence of Rule
        In the order they act.
    rows : ibis Table
        Every row with its rule, and a flag per repair.
    aside : ibis Table
        Its part of the quarantine table.
    money : bool
        Whether rows have an `amount`.

    Returns
    -------
    pandas.DataFrame
        Rows of the `ledger` table.

    Raises
    ------
    KehuError
        KH-D08: every imbalance.
    """
    sums = {rule.name: rows[rule.name].sum() for rule in rules if rule.effect in ledger.TOUCHES}
    if money:
        sums["money"] = rows.amount.sum()
    groups = rows.group_by("source", "rule").aggregate(n=rows.count(), **sums).execute()
    groups = groups if money else groups.assign(money=None)
    files = {raw.file.name: raw.rows for raw in raws}
    made = ledger.build(name, files, rules, groups)
    kept = rows_by_source(rows.filter(rows.rule.isnull()))
    ledger.check_balance(made, files, kept, rows_by_source(aside))
    return made


def set_aside(
    name: str, rows: Table, rules: Sequence[Rule], texts: Mapping[str, StringValue]
) -> Table:
    """List the rows set aside, with what the file said.

    Parameters
    ----------
    name : str
        The table's name.
    rows : ibis Table
        Every row with its rule.
    rules : sequence of Rule
    texts : mapping
        Columns of the quarantine table, as expressions on `rows`; what is left out is blank.
    """
    names = [rule.name for rule in rules if rule.effect == "quarantine"]
    blank = {n: ibis.null("string") for n in ("customer_text", "order_id", "date_text",
                                              "amount_text", "cell_text")}  # fmt: skip
    said = {**blank, "amount": ibis.null(MONEY), **texts}
    said["customer_text"] = ibis.coalesce(said["customer_text"], rows.malformed)
    gone = rows.filter(rows.rule.isin(names))
    return gone.select("source", "row", "rule", table=ibis.literal(name), **said)


def dates(kept: Table, column: str, rows: Table) -> pd.DataFrame:
    """Tell per source the first and last date kept, and the date forms found.

    Returns
    -------
    pandas.DataFrame
        `source`, `first_date`, `last_date`, `date_formats`.
    """
    span = kept.group_by("source").aggregate(
        first_date=kept[column].min(), last_date=kept[column].max()
    )
    found: pd.DataFrame = span.execute()
    return found.merge(_date_formats(rows), on="source", how="outer")


def _date_formats(rows: Table) -> pd.DataFrame:
    """Name the date forms of every source, the most frequent first."""
    dated = rows.filter(rows.date_form.notnull())
    found = dated.group_by("source", "date_form").aggregate(n=dated.count()).execute()
    found = found.sort_values(["source", "n", "date_form"], ascending=[True, False, True])
    joined: pd.Series[str] = found.groupby("source")["date_form"].agg("; ".join)
    return joined.rename("date_formats").reset_index()


def rows_by_source(table: Table) -> dict[str, int]:
    """Count a table's rows per source."""
    counted: Any = table.group_by("source").aggregate(n=table.count()).execute()
    return dict(zip(counted["source"], counted["n"].astype(int), strict=True))
