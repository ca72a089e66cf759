"""The client's files: checked all at once, then read as text, every row in the books."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import Column, Table

from kehu.errors import KehuError, Problem, raise_all
from kehu.prepare import readers
from kehu.prepare.readers import Shape
from kehu.prepare.source_files import Inspected, SourceFile, inspected, listed
from kehu.prepare.text_layout import SEPARATORS
from kehu.store import Run

__all__ = ["Raw", "SourceFile", "check", "listed", "problems", "read", "read_all"]
_BETWEEN = "\x1f"
_TOTALS = (
    "合计", "小计", "总计", "本页合计", "本页小计", "本月合计", "累计",
    "total", "totals", "subtotal", "grandtotal",
)  # fmt: skip
_COUNTED = ("customer_id", "order_id", "date")


@dataclass(frozen=True)
class Raw:
    """One file as read: every cell text, every row numbered.

    Parameters
    ----------
    table : ibis Table
        `source`, `row` (data row, 1-based), `malformed` (text of a row with the wrong number of
        fields), `_blank`, `_total` (a row of totals), `_filled` (cells taken from above), `_all`
        (one text of every column, for exact duplicates) and one text column per mapped column or
        constant, under its canonical name.
    file : SourceFile
        What was read.
    shape : Shape
        Columns, encoding, separator.
    rows, malformed : int
        Data rows in the file; those with the wrong number of fields among them.
    sha256 : str
        Of the file on disk.
    stored : Path
        Where the rows are kept, in the run's scratch folder.
    """

    table: Table
    file: SourceFile
    shape: Shape
    rows: int
    malformed: int
    sha256: str
    stored: Path

    @property
    def profile(self) -> dict[str, Any]:
        """Facts of the file: rows, encoding, separator, unused columns, checksum."""
        text = self.shape.text
        used = set(self.file.mapped.values())
        return {
            "table": self.file.table,
            "source": self.file.name,
            "rows": self.rows,
            "encoding": text.encoding if text else None,
            "separator": SEPARATORS.get(text.separator, text.separator) if text else None,
            "header_row": self.shape.header_row,
            "ignored_columns": ", ".join(c for c in self.shape.columns if c not in used) or None,
            "sha256": self.sha256,
        }


def problems(found: Iterable[SourceFile]) -> list[Problem]:
    """List everything that keeps the files from being read, for all files at once.

    Parameters
    ----------
    found : iterable of SourceFile
        As given by `listed`.

    Returns
    -------
    list of Problem
        KH-D01 to KH-D05, KH-D13.
    """
    found = list(found)
    return [
        *chain.from_iterable(inspected(file).problems for file in found),
        *_given_twice(found),
    ]


def check(found: Iterable[SourceFile]) -> None:
    """Raise all problems of all files at once.

    Raises
    ------
    KehuError
        As listed by `problems`.
    """
    raise_all(problems(found))


def _given_twice(found: list[SourceFile]) -> list[Problem]:
    seen: dict[tuple[object, ...], str] = {}
    twice = []
    for file in found:
        if readers.exists(file.place):
            key = (file.table, readers.same(file.place), file.spec.sheet, file.another_part)
            first = seen.setdefault(key, file.name)
            if first != file.name:
                what = f"holds the same bytes as {first}: every row would count twice."
                remedy = "Remove one of the two from `sources`."
                twice.append(Problem("KH-D13", file.name, what, remedy))
    return twice


def read(run: Run, backend: Backend, file: SourceFile) -> Raw:
    """Read one file as text, in its own order, every row in the books.

    Parameters
    ----------
    run : Run
        Its scratch folder keeps the rows.
    backend : ibis.backends.duckdb.Backend
        The run's engine; it sees the stored rows, never the file itself.
    file : SourceFile
        As given by `listed`.

    Returns
    -------
    Raw

    Raises
    ------
    KehuError
        KH-D01 to KH-D05 as `problems` lists them, KH-D02 also for a header without rows, KH-D12.
    """
    looked = inspected(file)
    raise_all(looked.problems)
    return _read(run, backend, looked)


def _read(run: Run, backend: Backend, looked: Inspected) -> Raw:
    file, shape = looked.file, looked.shape
    label = hashlib.sha256(f"{file.table}/{file.name}".encode()).hexdigest()[:12]
    stored = run.scratch / f"raw-{label}.parquet"
    written = file.reader.store(shape, stored)
    if written.rows == 0:
        remedy = "Export it again, with rows."
        raise KehuError(Problem("KH-D02", file.name, "there is a header and no row.", remedy))
    rows = backend.read_parquet(stored, table_name=f"raw_{label}")
    table = _named(rows, file, shape.columns)
    checksum = readers.checksum(file.place, stored)
    return Raw(table, file, shape, written.rows, written.malformed, checksum, stored)


def read_all(run: Run, backend: Backend, found: Iterable[SourceFile]) -> list[Raw]:
    """Check all files, then read them one after the other.

    Raises
    ------
    KehuError
        As `problems` and `read`.
    """
    found = list(found)
    looked = [inspected(file) for file in found]
    raise_all([*chain.from_iterable(one.problems for one in looked), *_given_twice(found)])
    return [_read(run, backend, one) for one in looked]


def _named(rows: Table, file: SourceFile, columns: tuple[str, ...]) -> Table:
    """Give the stored columns their canonical names, and one text of every column."""
    cells = {name: rows[f"c{i}"] for i, name in enumerate(columns)}
    mapped = {canonical: cells[name] for canonical, name in file.mapped.items()}
    constants = {name: ibis.literal(text) for name, text in file.spec.constants.items()}
    named = rows.select(
        source=ibis.literal(file.name),
        row=rows.row,
        malformed=rows.malformed,
        _blank=_all_blank(rows, len(columns)),
        _total=_is_total(rows.c0, *(mapped[n] for n in _COUNTED if n in mapped)),
        _all=_whole_row(rows, columns),
        **constants,
        **mapped,
    )
    return _filled_down(named, [n for n in file.spec.fill_down if n in mapped])


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def arg_max(text: str, row: int) -> str:  # type: ignore[empty-body]
    """Return the text of the last row that has one."""


def _filled_down(rows: Table, names: Sequence[str]) -> Table:
    """Give blank cells the value above, but for rows of totals; `_filled` tells which rows.

    Two rows are then equal in every column only if what they took from above is equal, too.
    """
    if not names:
        return rows.mutate(_filled=False)
    within = rows.order_id if "order_id" in rows.columns and "order_id" not in names else None
    above = ibis.cumulative_window(order_by=rows.row, group_by=within)
    proper = ~rows["_blank"] & ~rows["_total"] & rows.malformed.isnull()
    if within is not None:
        proper &= within.strip() != ""
    blank = {n: proper & (rows[n].strip() == "") for n in names}
    there = {n: ibis.ifelse(proper, rows[n].strip().nullif(""), ibis.null("string")) for n in names}
    filled = {
        n: ibis.ifelse(blank[n], arg_max(there[n], rows.row).over(above), rows[n]) for n in names
    }
    changed = [blank[n] & filled[n].notnull() for n in names]
    whole = ibis.literal(_BETWEEN).join([rows["_all"], *(f.fill_null("") for f in filled.values())])
    return rows.mutate(_filled=ibis.or_(*changed), _all=whole, **filled)


def _is_total(*cells: Column) -> Column:
    """Whether a row is a total below the others: its first cell, or one of its numbers, says so."""
    words = [cell.re_replace(r"[\s:：]", "").lower().isin(_TOTALS) for cell in cells]
    return ibis.or_(*words).fill_null(False)


def _all_blank(rows: Table, width: int) -> Column:
    """Whether a row holds nothing; the other cells are looked at only where the first is blank."""
    joined = ibis.literal("").join([rows[f"c{i}"] for i in range(width)])
    return ibis.ifelse(rows["c0"].strip() == "", joined.strip() == "", False).fill_null(False)


def _whole_row(rows: Table, columns: tuple[str, ...]) -> Column:
    """Join every cell under the file's column names, so that files with equal columns compare."""
    names = ibis.literal(_BETWEEN.join(columns))
    return ibis.literal(_BETWEEN).join([names, *(rows[f"c{i}"] for i in range(len(columns)))])
