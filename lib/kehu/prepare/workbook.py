"""Excel and OpenDocument sheets as rows of exact text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError
from rapidfuzz import process

from kehu.errors import KehuError, Problem
from kehu.prepare import files, header, workbook_size
from kehu.prepare.header import Header
from kehu.prepare.places import Location
from kehu.prepare.stored import RowWriter, Written

_BATCH = 50_000
_EXACT_DIGITS = 15
_HEAD_ROWS = 200


def sheet_rows(path: Location, sheet: str | None) -> Iterator[list[str]]:
    """Give all rows of a sheet, every cell as exact text.

    Parameters
    ----------
    path : Path or zipfile.Path
        .xlsx, .xlsm, .xls, .xlsb or .ods.
    sheet : str, optional
        Its name; the first sheet if left out.

    Yields
    ------
    list of str

    Raises
    ------
    KehuError
        KH-D01 no such sheet, KH-D03 locked or damaged workbook, KH-D16 too large.
    """
    workbook_size.check(path)
    try:
        found = files.seekable(path)
        book = CalamineWorkbook.from_object(str(found) if isinstance(found, Path) else found)
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
    return ([cell_text(cell) for cell in row] for row in rows)


def _no_sheet(path: Location, sheet: str, names: list[str]) -> Problem:
    near = process.extractOne(sheet, names, score_cutoff=60)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    remedy = f"{meant}Sheets: {', '.join(names)}."
    return Problem("KH-D01", path.name, f"there is no sheet `{sheet}`.", remedy)


def find_header(
    rows: Iterator[list[str]], wanted: Sequence[str], given: Sequence[int] | None
) -> Header | None:
    """Find the column names among the first rows of a sheet; None for a sheet without cells."""
    first = list(islice(rows, _HEAD_ROWS))
    if not any(cell.strip() for row in first for cell in row):
        return None
    return header.find(first, wanted, given)


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
