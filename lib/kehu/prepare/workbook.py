"""Excel and OpenDocument sheets, and Parquet, as rows of exact text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError
from rapidfuzz import process

from kehu.errors import KehuError, Problem
from kehu.prepare.stored import RowWriter, Written

_BATCH = 50_000
_EXACT_DIGITS = 15


def sheet_rows(path: Path, sheet: str | None) -> Iterator[list[str]]:
    """Give the rows of a sheet, the header first, every cell as exact text.

    Parameters
    ----------
    path : Path
        .xlsx, .xlsm, .xls, .xlsb or .ods.
    sheet : str, optional
        Its name; the first sheet if left out.

    Yields
    ------
    list of str
        Blank rows above the header are left out.

    Raises
    ------
    KehuError
        KH-D01 no such sheet, KH-D03 locked or damaged workbook.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise KehuError(_no_sheet(path, sheet, names))
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except PasswordError:
        remedy = "Save it without a password."
        raise KehuError(Problem("KH-D03", path.name, "the workbook is locked.", remedy)) from None
    except (CalamineError, ZipError, OSError) as error:
        what = f"the workbook is damaged ({str(error)[:80]})."
        raise KehuError(Problem("KH-D03", path.name, what, "Save it again in Excel.")) from None
    texts = ([cell_text(cell) for cell in row] for row in rows)
    return _from_first_filled(texts)


def _no_sheet(path: Path, sheet: str, names: list[str]) -> Problem:
    near = process.extractOne(sheet, names, score_cutoff=60)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    remedy = f"{meant}Sheets: {', '.join(names)}."
    return Problem("KH-D01", path.name, f"there is no sheet `{sheet}`.", remedy)


def _from_first_filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    started = False
    for row in rows:
        started = started or any(cell.strip() for cell in row)
        if started:
            yield row


def cell_text(cell: Any) -> str:
    """Write a cell as text: ISO dates, whole numbers without `.0`, the shortest exact decimal.

    A whole number of more than 15 digits keeps the spreadsheet's power-of-ten form, so that
    nobody takes digits for real that Excel has thrown away.
    """
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float | int):
        return _number_text(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _number_text(number: float | int) -> str:
    exact = Decimal(repr(number))
    if exact == exact.to_integral_value():
        whole = int(exact)
        return str(whole) if len(str(abs(whole))) <= _EXACT_DIGITS else f"{exact:.14E}"
    return f"{exact:f}"


def store_sheet(rows: Iterator[list[str]], width: int, target: Path) -> Written:
    """Write a sheet's data rows, the header already taken off, to the kit's own storage."""
    with RowWriter(target, width) as out:
        while batch := list(islice(rows, _BATCH)):
            padded = (row[:width] + [""] * (width - len(row)) for row in batch)
            out.write([pa.array(c, pa.string()) for c in zip(*padded, strict=True)])
    return Written(out.rows, 0)


def parquet_columns(path: Path) -> tuple[str, ...]:
    """Return the column names of a Parquet file.

    Raises
    ------
    KehuError
        KH-D03: the file is damaged.
    """
    try:
        return tuple(pq.ParquetFile(path).schema_arrow.names)
    except (pa.ArrowInvalid, OSError) as error:
        what = f"the Parquet file is damaged ({str(error).splitlines()[0][:80]})."
        raise KehuError(Problem("KH-D03", path.name, what, "Export it again.")) from None


def parquet_head(path: Path, rows: int) -> list[list[str]]:
    """Return the first rows of a Parquet file, as text."""
    batch = next(pq.ParquetFile(path).iter_batches(rows), None)
    columns = [_as_text(column).to_pylist() for column in batch.columns] if batch else []
    return [list(row) for row in zip(*columns, strict=True)]


def store_parquet(path: Path, columns: Sequence[str], target: Path) -> Written:
    """Write a Parquet file's rows as text to the kit's own storage."""
    with RowWriter(target, len(columns)) as out:
        for batch in pq.ParquetFile(path).iter_batches(_BATCH):
            out.write([_as_text(column) for column in batch.columns])
    return Written(out.rows, 0)


def _as_text(column: pa.Array) -> pa.Array:
    try:
        text = column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        text = pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    return pc.fill_null(text, "")
