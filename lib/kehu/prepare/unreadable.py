"""When too many dates, amounts or ids of a file cannot be read, the run stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ibis.expr.types import BooleanValue, Table

from kehu.errors import Problem
from kehu.prepare.sources import Raw


@dataclass(frozen=True)
class _Kind:
    code: str
    column: str
    text: str
    what: str
    remedy: str


_KINDS = (
    _Kind(
        "KH-D09",
        "date",
        "date_text",
        "have no date that can be read",
        "Write dates as 2024-05-18, map another column, or raise `max_unreadable`.",
    ),
    _Kind(
        "KH-D10",
        "amount",
        "amount_text",
        "have no amount that can be read",
        "Write amounts as 1234.50, map another column, or raise `max_unreadable`.",
    ),
    _Kind(
        "KH-D15",
        "shortened",
        "customer_text",
        "have a customer or order number in the form 4.20106E+17, its last digits lost",
        "Export again with the column as text, and do not save the file from a spreadsheet.",
    ),
)


def problems(
    rows: Table, raws: Sequence[Raw], max_unreadable: float, date: str
) -> Iterator[Problem]:
    """Name every file in which more rows than allowed are unreadable.

    Parameters
    ----------
    rows : ibis Table
        Typed rows with the texts they come from.
    raws : sequence of Raw
        The files.
    max_unreadable : float
        Share of a file's well-formed rows, 0 to 1.
    date : str
        Name of the date column.

    Yields
    ------
    Problem
        KH-D09, KH-D10, KH-D15: count, first row, example.
    """
    proper = rows.filter(rows.malformed.isnull() & ~rows["_blank"])
    bad = {k.code: _is_bad(proper, k, date) for k in _KINDS if _applies(proper, k)}
    sums = {code: flag.sum() for code, flag in bad.items()}
    counted = proper.group_by("source").aggregate(n=proper.count(), **sums).execute()
    by_source = counted.set_index("source")
    for raw in raws:
        if raw.file.name not in by_source.index:
            continue
        count = by_source.loc[raw.file.name]
        for kind in _KINDS:
            if kind.code in bad and count[kind.code] > max_unreadable * count["n"]:
                here = proper.filter(bad[kind.code] & (proper.source == raw.file.name))
                yield _problem(here, kind, raw.file.name, int(count[kind.code]), int(count["n"]))


def _applies(rows: Table, kind: _Kind) -> bool:
    return kind.text in rows.columns


def _is_bad(rows: Table, kind: _Kind, date: str) -> BooleanValue:
    if kind.column == "shortened":
        return rows.shortened
    if date == "joined" and kind.column == "date":
        return rows.joined_blank
    return rows[kind.column].isnull()


def _problem(bad: Table, kind: _Kind, source: str, count: int, rows: int) -> Problem:
    first = bad.order_by("row").limit(1).select("row", kind.text).execute().iloc[0]
    example = first[kind.text] if isinstance(first[kind.text], str) else ""
    what = f"{count:,} of {rows:,} rows {kind.what} (first: data row {first['row']}, “{example}”)."
    remedy = kind.remedy
    if kind.column == "date" and example[:5].isdecimal() and len(example) == 5:
        remedy = "They look like Excel's day numbers: format the column as a date. " + remedy
    return Problem(kind.code, source, what, remedy)
