"""When too many dates, numbers or ids of a file cannot be read, the run stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ibis.expr.types import BooleanValue, Table

from kehu.errors import Problem
from kehu.prepare import fields
from kehu.prepare.fields import Field
from kehu.prepare.records import proper
from kehu.prepare.sources import Raw

_LONGEST = 60


@dataclass(frozen=True)
class _Check:
    code: str
    column: str
    text: str
    bad: BooleanValue
    what: str
    remedy: str


def problems(
    rows: Table, raws: Sequence[Raw], columns: Sequence[Field], max_unreadable: float
) -> Iterator[Problem]:
    """Name every file in which more rows than allowed are unreadable.

    Parameters
    ----------
    rows : ibis Table
        Typed rows of all files with the texts they come from.
    raws : sequence of Raw
        The files.
    columns : sequence of Field
        What was read.
    max_unreadable : float
        Share of a file's well-formed rows, 0 to 1.

    Yields
    ------
    Problem
        KH-D09 dates, KH-D10 numbers, KH-D15 shortened numbers of customers and orders: count,
        first row, example.
    """
    good = rows.filter(proper(rows))
    checks = list(_checks(good, columns))
    sums = {f"n{i}": check.bad.sum() for i, check in enumerate(checks)}
    counted = good.group_by("source").aggregate(n=good.count(), **sums).execute()
    by_source = counted.set_index("source")
    for raw in raws:
        if raw.file.name not in by_source.index:
            continue
        counts = by_source.loc[raw.file.name]
        for i, check in enumerate(checks):
            if counts[f"n{i}"] > max_unreadable * counts["n"]:
                here = good.filter(check.bad & (good.source == raw.file.name))
                yield _problem(here, check, raw, int(counts[f"n{i}"]), int(counts["n"]))


def _checks(rows: Table, columns: Sequence[Field]) -> Iterator[_Check]:
    for field in columns:
        name = field.name
        if not field.limited or field.kind not in (*fields.DATES, *fields.NUMBERS):
            continue
        dated = field.kind in fields.DATES
        bad = rows[name].isnull() if field.required else rows[f"{name}_unread"]
        wanted = "date" if dated else ("amount" if field.kind != "number" else "number")
        example = "2024-05-18" if dated else "1234.50"
        yield _Check(
            code="KH-D09" if dated else "KH-D10",
            column=name,
            text=f"{name}_text",
            bad=bad,
            what=f"have no {wanted} that can be read",
            remedy=f"Write {wanted}s as {example}, map another column, or raise `max_unreadable`.",
        )
    yield _Check(
        code="KH-D15",
        column="customer_id",
        text="id_text",
        bad=rows.shortened,
        what="have a customer or order number in the form 4.20106E+17, its last digits lost",
        remedy="Export again with the column as text, and do not save the file from a spreadsheet.",
    )


def _problem(bad: Table, check: _Check, raw: Raw, count: int, rows: int) -> Problem:
    first = bad.order_by("row").limit(1).select("row", check.text).execute().iloc[0]
    example = first[check.text] if isinstance(first[check.text], str) else ""
    column = raw.file.mapped.get(check.column)
    where = f" in `{column}`" if column and check.code != "KH-D15" else ""
    what = (
        f"{count:,} of {rows:,} rows {check.what}{where} "
        f"(first: data row {first['row']}, “{example[:_LONGEST]}”)."
    )
    return Problem(check.code, raw.file.name, what, check.remedy)
