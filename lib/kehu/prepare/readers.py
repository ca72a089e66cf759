"""One way to read every kind of source: look at it, show its first rows, store it as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from kehu.errors import KehuError, Problem
from kehu.params_files import Source
from kehu.prepare import (
    database,
    files,
    json_file,
    parquet_file,
    text_file,
    text_layout,
    workbook,
)
from kehu.prepare.database import Database
from kehu.prepare.places import Location
from kehu.prepare.stored import Written

Place = Location | Database


@dataclass(frozen=True)
class Shape:
    """What a source holds, found without reading all of it.

    Parameters
    ----------
    columns : tuple of str
        Names in the source's order.
    text : text_layout.Layout, optional
        Encoding and separator of a text file.
    header_row : int, optional
        The line or sheet row with the names, 1-based; None for a source without.
    data_row : int
        Rows above the first data row, of a sheet.
    """

    columns: tuple[str, ...]
    text: text_layout.Layout | None = None
    header_row: int | None = None
    data_row: int = 0


@dataclass(frozen=True)
class How:
    """What the params say of how a source is read; see `Source`."""

    sheet: str | None = None
    names: tuple[str, ...] | None = None
    encoding: str | None = None
    separator: str | None = None
    header: tuple[int, ...] | None = None

    @classmethod
    def of(cls, spec: Source) -> How:
        """Take it from a source's entry in the params."""
        names, rows = spec.names, spec.header
        return cls(
            spec.sheet,
            tuple(names) if names else None,
            spec.encoding,
            spec.separator,
            tuple(rows) if rows else None,
        )


class Reader(Protocol):
    """Reads one kind of source."""

    def shape(self, wanted: Iterable[str]) -> Shape:
        """Find the columns; those of the mapping help to find the header."""

    def first_rows(self, shape: Shape, count: int) -> list[list[str]]:
        """Return the first data rows, as text."""

    def store(self, shape: Shape, target: Path) -> Written:
        """Write all data rows as text to the kit's own storage."""


@dataclass(frozen=True)
class _Text:
    path: Location
    how: How

    def shape(self, wanted: Iterable[str]) -> Shape:
        how = self.how
        found = text_layout.layout(
            self.path, wanted, how.names, how.encoding, how.separator, how.header
        )
        return Shape(found.columns, found, found.header_row)

    def first_rows(self, shape: Shape, count: int) -> list[list[str]]:
        assert shape.text
        return text_layout.first_rows(self.path, shape.text, count)

    def store(self, shape: Shape, target: Path) -> Written:
        assert shape.text
        return text_file.store(self.path, shape.text, target)


@dataclass(frozen=True)
class _Sheet:
    path: Location
    how: How

    def shape(self, wanted: Iterable[str]) -> Shape:
        rows = workbook.sheet_rows(self.path, self.how.sheet)
        found = workbook.find_header(rows, list(wanted), self.how.header)
        if found is None:
            remedy = "Choose another `sheet:`."
            raise KehuError(Problem("KH-D02", self.path.name, "the sheet is empty.", remedy))
        if self.how.names:
            return Shape(self.how.names, data_row=found.blank)
        return Shape(found.names, header_row=found.first + 1, data_row=found.end)

    def _rows(self, shape: Shape) -> Iterable[list[str]]:
        return islice(workbook.sheet_rows(self.path, self.how.sheet), shape.data_row, None)

    def first_rows(self, shape: Shape, count: int) -> list[list[str]]:
        return list(islice(self._rows(shape), count))

    def store(self, shape: Shape, target: Path) -> Written:
        return workbook.store_sheet(iter(self._rows(shape)), len(shape.columns), target)


@dataclass(frozen=True)
class _Parquet:
    path: Location

    def shape(self, _wanted: Iterable[str]) -> Shape:
        return Shape(parquet_file.columns(self.path))

    def first_rows(self, _shape: Shape, count: int) -> list[list[str]]:
        return parquet_file.first_rows(self.path, count)

    def store(self, shape: Shape, target: Path) -> Written:
        return parquet_file.store(self.path, len(shape.columns), target)


@dataclass(frozen=True)
class _Json:
    path: Location
    encoding: str | None

    def shape(self, _wanted: Iterable[str]) -> Shape:
        return Shape(json_file.columns(self.path, self.encoding))

    def first_rows(self, shape: Shape, count: int) -> list[list[str]]:
        return json_file.first_rows(self.path, shape.columns, count)

    def store(self, shape: Shape, target: Path) -> Written:
        return json_file.store(self.path, shape.columns, self.encoding, target)


@dataclass(frozen=True)
class _Table:
    place: Database

    def shape(self, _wanted: Iterable[str]) -> Shape:
        return Shape(self.place.columns())

    def first_rows(self, _shape: Shape, count: int) -> list[list[str]]:
        return self.place.first_rows(count)

    def store(self, _shape: Shape, target: Path) -> Written:
        return self.place.store(target)


def reader(place: Place, how: How) -> Reader:
    """Choose the reader of a source that has no `problem`."""
    if isinstance(place, Database):
        return _Table(place)
    kind = files.kind(place)
    if kind == "json":
        return _Json(place, how.encoding)
    if kind == "parquet":
        return _Parquet(place)
    return _Sheet(place, how) if kind == "workbook" else _Text(place, how)


def problem(place: Place) -> Problem | None:
    """Find what keeps a source from being read at all: KH-D01 to KH-D04, KH-D16."""
    return place.problem() if isinstance(place, Database) else files.problem(place)


def same(place: Place) -> str:
    """Return what two sources share when they are one: the bytes, or the database's table."""
    if isinstance(place, Database):
        return f"{place.address} {place.table} {place.query}"
    return files.sha256(place)


def checksum(place: Place, stored: Path) -> str:
    """Return the SHA-256 of a file, or of the rows that a database gave."""
    return database.checksum(stored) if isinstance(place, Database) else files.sha256(place)


def exists(place: Place) -> bool:
    """Whether the source can be looked at."""
    return isinstance(place, Database) or place.is_file()
