"""Cleaning purchases and refunds: named rules in a stated order, every row in the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem, raise_all
from kehu.prepare import ledger, reading, unreadable
from kehu.prepare.ledger import Rule
from kehu.prepare.reading import Reading
from kehu.prepare.sources import Raw

TABLE = "transactions"
RULES = (
    Rule("malformed_row", "quarantine"),
    Rule("blank_row", "quarantine"),
    Rule("unreadable_date", "quarantine"),
    Rule("unreadable_amount", "quarantine"),
    Rule("missing_customer", "quarantine"),
    Rule("shortened_id", "quarantine"),
    Rule("id_trimmed", "repair"),
    Rule("id_decimal", "repair"),
    Rule("order_filled", "repair"),
    Rule("amount_rounded", "repair"),
    Rule("quantity_blank", "repair"),
    Rule("after_analysis_date", "quarantine"),
    Rule("duplicate_row", "merge"),
    Rule("sign_conflict", "quarantine"),
    Rule("refund", "quarantine"),
    Rule("zero_amount", "quarantine"),
)
"""Every rule for transactions; a row leaves at the first that takes it."""

REPAIRS = tuple(rule.name for rule in RULES if rule.effect == "repair")


@dataclass(frozen=True)
class Cleaned:
    """Purchases and refunds after cleaning.

    Parameters
    ----------
    transactions : ibis Table
        The `transactions` table, in the engine.
    quarantine : ibis Table
        Rows set aside, with their rule and what the file said.
    ledger : pandas.DataFrame
        Rows of the `ledger` table.
    rows : ibis Table
        Every row of every file with its rule (blank when kept), for the quality measures.
    dates : pandas.DataFrame
        Per source: `date_formats`, `first_date`, `last_date` of the rows kept.
    """

    transactions: Table
    quarantine: Table
    ledger: pd.DataFrame
    rows: Table
    dates: pd.DataFrame


def transactions(
    raws: Sequence[Raw],
    *,
    analysis_date: str,
    refunds: Literal["net", "drop", "keep"] = "net",
    duplicates: Literal["drop", "keep"] = "drop",
    zero_amounts: Literal["keep", "drop"] = "keep",
    max_unreadable: float = 0.01,
) -> Cleaned:
    """Clean all files of purchases and refunds by the rules of `RULES`.

    Parameters
    ----------
    raws : sequence of Raw
        As read; files of other tables are left alone.
    analysis_date : str
        Last day observed, inclusive, "2026-09-30".
    refunds, duplicates, zero_amounts : str
        As in the params. With `refunds: net` refunds stay, as negative lines.
    max_unreadable : float
        Share of a file's rows, 0 to 1, that may have an unreadable date or amount.

    Returns
    -------
    Cleaned

    Raises
    ------
    KehuError
        KH-D06 dates of two readings, KH-D07 no row left, KH-D08 books that do not balance,
        KH-D09 and KH-D10 too many unreadable dates or amounts, KH-D14 several currencies,
        KH-D15 shortened ids. All files' problems at once.

    Notes
    -----
    A row equal in every column to an earlier one, of the same file or of another file with the
    same columns, is a duplicate. A line is a refund when its amount or quantity is negative; one
    with a negative quantity and a positive amount contradicts itself and is set aside.
    """
    raws = [raw for raw in raws if raw.file.table == TABLE]
    readings = decided(raws, "date", max_unreadable)
    pairs = enumerate(zip(raws, readings, strict=True))
    typed = ibis.union(*(reading.transactions(raw, how, i) for i, (raw, how) in pairs))
    off = {"refund": refunds != "drop", "zero_amount": zero_amounts != "drop"}
    off["duplicate_row"] = duplicates != "drop"
    rules = [rule for rule in RULES if not off.get(rule.name, False)]
    marked = _marked(typed, _repeats(raws, readings))
    ruled = _ruled(marked, {rule.name for rule in rules}, analysis_date)
    rows = kept_aside(ruled, raws[0].stored.parent, TABLE)
    raise_all(unreadable.problems(rows, raws, max_unreadable, "date"))
    groups = _groups(rows)
    files = {raw.file.name: raw.rows for raw in raws}
    books = ledger.build(TABLE, files, rules, groups)
    _refuse_nothing_left(books)
    kept, aside = _kept(rows), _set_aside(rows, rules)
    ledger.check_balance(books, files, rows_by_source(kept), rows_by_source(aside))
    return Cleaned(kept, aside, books, rows, dates(kept, "date", rows))


def decided(raws: Sequence[Raw], date_column: str, max_unreadable: float) -> list[Reading]:
    """Decide how each file is to be read.

    Raises
    ------
    KehuError
        KH-D06, KH-D14: all files' problems at once.
    """
    found = [reading.decide(raw, date_column, max_unreadable) for raw in raws]
    raise_all(problem for _, problems in found for problem in problems)
    return [read for read, _ in found]


def _repeats(raws: Sequence[Raw], readings: Sequence[Reading]) -> Table:
    """Find the rows equal in every column, and read the same way, to an earlier row."""
    keys = [
        raw.table.select("source", "row", "_all", file=ibis.literal(i), way=ibis.literal(how.way))
        for i, (raw, how) in enumerate(zip(raws, readings, strict=True))
    ]
    rows = reading.computed_once(ibis.union(*keys), "row_keys")
    place = ibis.row_number().over(
        group_by=[rows["_all"], rows.way], order_by=[rows.file, rows.row]
    )
    return rows.mutate(place=place).filter(lambda t: t.place > 0).select("source", "row")


def _marked(typed: Table, repeats: Table) -> Table:
    """Add `is_repeat` and `is_refund`."""
    again = repeats.rename(again="source", again_row="row")
    keys = (typed.source == again.again, typed.row == again.again_row)
    joined = typed.left_join(again, keys)
    negative = (joined.amount < 0) | (joined.quantity < 0).fill_null(False)
    marked = joined.mutate(is_repeat=joined.again.notnull(), is_refund=negative.fill_null(False))
    return marked.drop("again", "again_row")


def _ruled(typed: Table, on: set[str], analysis_date: str) -> Table:
    """Add `rule`: the first that takes the row, blank for rows kept."""
    end = date.fromisoformat(analysis_date) + timedelta(days=1)
    t = reading.computed_once(typed, "marked_rows")
    cases = [
        (t.malformed.notnull(), "malformed_row"),
        (t["_blank"], "blank_row"),
        (t.date.isnull(), "unreadable_date"),
        (t.amount.isnull(), "unreadable_amount"),
        (t.customer_id.isnull(), "missing_customer"),
        (t.shortened, "shortened_id"),
        (t.date >= ibis.timestamp(end.isoformat()), "after_analysis_date"),
        (t.is_repeat, "duplicate_row"),
        ((t.quantity < 0) & (t.amount > 0), "sign_conflict"),
        (t.is_refund, "refund"),
        (t.amount == 0, "zero_amount"),
    ]
    chosen = [(met, name) for met, name in cases if name in on]
    return t.mutate(rule=ibis.cases(*chosen, else_=ibis.null("string")))


def kept_aside(table: Table, folder: Path, name: str) -> Table:
    """Write an engine table to the scratch folder once, and read it from there ever after."""
    backend = table.get_backend()
    path = folder / f"{name}.parquet"
    backend.to_parquet(table, path)
    return backend.read_parquet(path, table_name=f"prepared_{name}")


def _groups(rows: Table) -> pd.DataFrame:
    repairs = {name: rows[name].sum() for name in REPAIRS}
    grouped = rows.group_by("source", "rule")
    counts = grouped.aggregate(n=rows.count(), money=rows.amount.sum(), **repairs)
    found: pd.DataFrame = counts.execute()
    return found


def _kept(rows: Table) -> Table:
    kept = rows.filter(rows.rule.isnull())
    return kept.select(
        "customer_id", "order_id", "date", "amount", "quantity", "product_id", "product",
        "category", "channel", "is_refund", "source", "row",
    )  # fmt: skip


def _set_aside(rows: Table, rules: Sequence[Rule]) -> Table:
    names = [rule.name for rule in rules if rule.effect == "quarantine"]
    gone = rows.filter(rows.rule.isin(names))
    return gone.select(
        "source", "row", "rule", "order_id", "date_text", "amount_text", "amount",
        table=ibis.literal(TABLE),
        customer_text=ibis.coalesce(gone.customer_text, gone.malformed),
    )  # fmt: skip


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


def _refuse_nothing_left(books: pd.DataFrame) -> None:
    if ledger.totals(books)["rows_kept"]:
        return
    gone = books["rows_quarantined"] + books["rows_merged"]
    by_rule = gone.groupby(books["rule"], sort=False).sum()
    reasons = ", ".join(f"{rule} {n:,}" for rule, n in by_rule.items() if n)
    what = f"no row is left of {ledger.totals(books)['rows_in']:,}: {reasons}."
    remedy = "Check `columns`, `analysis_date` and the files."
    raise KehuError(Problem("KH-D07", TABLE, what, remedy))


def rows_by_source(table: Table) -> dict[str, int]:
    """Count a table's rows per source."""
    counted: Any = table.group_by("source").aggregate(n=table.count()).execute()
    return dict(zip(counted["source"], counted["n"].astype(int), strict=True))
