"""Whether a workbook can be opened without filling the memory, told before it is."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO

from kehu.errors import KehuError
from kehu.prepare import files
from kehu.prepare.places import Location

MOST_CELLS = 60_000_000
"""Cells that a sheet may span: it is held in memory from A1 to its last cell."""
MOST_BYTES = 4 << 30
_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,9})"')
_FAR = re.compile(rb'\br="([A-Z]{2,3})\d')
_NARROW = 26
_CHUNK = 4 << 20
_OVERLAP = 256


def check(path: Location) -> None:
    """Refuse a workbook that is larger than it looks.

    Parameters
    ----------
    path : Path or zipfile.Path
        .xlsx and .xlsm are looked into; the other kinds are limited by their format.

    Raises
    ------
    KehuError
        KH-D16: a cell far away from the others, or more than `MOST_BYTES` unpacked.
    """
    if files.suffix(path) not in (".xlsx", ".xlsm"):
        return
    try:
        with files.opened(path) as file, zipfile.ZipFile(file) as book:
            _check(path, book)
    except (zipfile.BadZipFile, RuntimeError, OSError):
        return  # what is damaged or locked is told by the reader


def _check(path: Location, book: zipfile.ZipFile) -> None:
    size = sum(info.file_size for info in book.infolist())
    if size > MOST_BYTES:
        raise KehuError(files.too_large(path, f"unpacks to {size:,} bytes"))
    for info in book.infolist():
        if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
            with book.open(info) as sheet:
                rows, columns = _extent(sheet)
            if rows * columns > MOST_CELLS:
                what = f"has a sheet of {rows:,} rows and {columns:,} columns, most of it empty"
                raise KehuError(files.too_large(path, what))


def _extent(sheet: IO[bytes]) -> tuple[int, int]:
    """Return the last row and the last column of a sheet; columns up to Z count as Z."""
    rows, columns = 0, _NARROW
    for piece in _pieces(sheet):
        rows = max(rows, *map(int, _ROW.findall(piece)), 0)
        for letters in set(_FAR.findall(piece)):
            columns = max(columns, _number(letters))
    return rows, columns


def _pieces(sheet: IO[bytes]) -> Iterator[bytes]:
    before = b""
    while chunk := sheet.read(_CHUNK):
        yield before + chunk
        before = chunk[-_OVERLAP:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _NARROW + letter - ord("A") + 1
    return number
