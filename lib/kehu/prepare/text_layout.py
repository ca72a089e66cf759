"""How a file of delimited text is laid out: its separator and its header."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from kehu.errors import KehuError, Problem
from kehu.prepare import encoding, files, header
from kehu.prepare.header import Header
from kehu.prepare.places import Location

WHITESPACE = "whitespace"
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", WHITESPACE: WHITESPACE}
_HEAD_ROWS = 200
_AGREE = 0.9


@dataclass(frozen=True)
class Layout:
    """How a text file is to be read.

    Parameters
    ----------
    encoding : str
        Python's name of the encoding.
    separator : str
        One character, or `whitespace` for fields set apart by blanks.
    columns : tuple of str
        Names in the file's order, from the header or from `names`.
    above : int
        Lines above the names: titles, remarks, blank lines.
    depth : int
        Rows of names; 0 for a file without.
    """

    encoding: str
    separator: str
    columns: tuple[str, ...]
    above: int
    depth: int

    @property
    def header_row(self) -> int | None:
        """The line with the names, 1-based."""
        return self.above + 1 if self.depth else None


def layout(
    path: Location,
    wanted: Iterable[str] = (),
    names: Sequence[str] | None = None,
    given_encoding: str | None = None,
    separator: str | None = None,
    header_rows: Sequence[int] | None = None,
) -> Layout:
    """Find encoding, separator and columns of a text file.

    Parameters
    ----------
    path : Path or zipfile.Path
        The file, gzipped or not.
    wanted : iterable of str
        Columns of the mapping; a separator that yields them all is the right one.
    names : sequence of str, optional
        Column names of a file without a header.
    given_encoding, separator : str, optional
        As named in the params.
    header_rows : sequence of int, optional
        Lines of the column names as named in the params, 1-based.

    Returns
    -------
    Layout

    Raises
    ------
    KehuError
        KH-D02 no rows at all, KH-D05 undecidable encoding or separator.
    """
    wanted = set(wanted)
    found = encoding.decide(path, given_encoding, () if names else wanted)
    lines = _head(path, found)
    if not any(line.strip() for line in lines):
        problem = Problem("KH-D02", path.name, "the file holds no rows.", "Export it again.")
        raise KehuError(problem)
    chosen = _given(path, separator) or _separator(path, lines, wanted, names, header_rows)
    if names:
        return Layout(found, chosen, tuple(names), 0, 0)
    numbers, place = _header(lines, chosen, wanted, header_rows)
    return Layout(found, chosen, place.names, numbers[place.first], place.depth)


def _given(path: Location, separator: str | None) -> str | None:
    if separator is None:
        return None
    sign = "\t" if separator in ("\\t", "tab") else separator
    if sign != WHITESPACE and len(sign) != 1:
        what = f"`separator: {separator}` is more than one character."
        remedy = "Give one character, `tab` or `whitespace`."
        raise KehuError(Problem("KH-D05", path.name, what, remedy))
    return sign


def _header(
    lines: list[str], separator: str, wanted: Collection[str], given: Sequence[int] | None
) -> tuple[list[int], Header]:
    """Find the names; with them, for every row that is not blank, the lines above it.

    The lines named in the params count blank ones, the rows looked at do not.
    """
    numbers, rows = map(list, zip(*_numbered(lines, separator), strict=True))
    asked = [sum(n < line for n in numbers) or 1 for line in given] if given else None
    return numbers, header.find(rows, wanted, asked)


def _head(path: Location, name: str) -> list[str]:
    """Return the first lines, up to a number of lines that are not blank."""
    lines: list[str] = []
    left = _HEAD_ROWS
    with text(path, name) as file:
        for line in file:
            lines.append(line)
            left -= bool(line.strip())
            if not left:
                break
    return lines


def text(path: Location, name: str) -> IO[str]:
    """Open a file as text in an encoding, its line ends as they are."""
    raw = files.opened(path)
    return io.TextIOWrapper(raw, encoding=name, errors="strict", newline="")


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Lift the length that Python's reader allows a cell, for a moment."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _numbered(lines: list[str], separator: str) -> list[tuple[int, list[str]]]:
    """Split lines into rows that are not blank, each with the number of lines above it."""
    if separator == WHITESPACE:
        return [(i, line.split()) for i, line in enumerate(lines) if line.strip()]
    found = []
    with _cells_of_any_length():
        reader = csv.reader(lines, delimiter=separator)
        above = 0
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((above, row))
            above = reader.line_num
    return found


def split(lines: list[str], separator: str) -> list[list[str]]:
    """Split lines into rows that are not blank."""
    return [row for _, row in _numbered(lines, separator)]


def _separator(
    path: Location,
    lines: list[str],
    wanted: set[str],
    names: Sequence[str] | None,
    header_rows: Sequence[int] | None,
) -> str:
    """Choose the separator that finds the mapped columns, else the one that splits alike."""
    fitting = {}
    for separator in SEPARATORS:
        rows = split(lines, separator)
        width, share = _usual_width(rows)
        if names:
            if len(names) == width:
                return separator
        else:
            _, place = _header(lines, separator, wanted, header_rows)
            if wanted and wanted <= set(place.names):
                return separator
            share = _usual_width(rows[place.end :] or rows)[1]
            if len(place.names) != width:
                continue
        if width > 1 and share >= _AGREE:
            fitting[separator] = width
    named = [s for s in fitting if s != WHITESPACE] or list(fitting)
    if len(named) == 1:
        return named[0]
    raise KehuError(_undecided(path, lines, names))


def _undecided(path: Location, lines: list[str], names: Sequence[str] | None) -> Problem:
    first = next(line for line in lines if line.strip())
    what = f"the separator cannot be decided: the first row is “{first.strip()[:60]}”."
    if names:
        what = f"no separator gives the {len(names)} columns of `names`: {what}"
    remedy = "Set `separator:` for this source (one character, `tab` or `whitespace`)."
    return Problem("KH-D05", path.name, what, remedy)


def _usual_width(rows: list[list[str]]) -> tuple[int, float]:
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    return width, count / len(rows)


def first_rows(path: Location, shape: Layout, count: int) -> list[list[str]]:
    """Return the first data rows of a text file, as text."""
    lines = _head(path, shape.encoding)[shape.above :]
    return split(lines, shape.separator)[shape.depth :][:count]
