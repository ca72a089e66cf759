"""The files of the params: which they are, what columns they hold, what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rapidfuzz import process

from kehu import presets
from kehu.errors import KehuError, Problem, raise_all
from kehu.params import Sources, source_path
from kehu.params_files import Source
from kehu.prepare import places, readers
from kehu.prepare.database import Database
from kehu.prepare.readers import How, Place, Reader, Shape


@dataclass(frozen=True)
class SourceFile:
    """One file, or one table of a database, with the table of the kit that it feeds.

    Parameters
    ----------
    table : str
        A table of `Sources`.
    name : str
        What the books call the file; no two files share it.
    spec : Source
        Its entry in the params.
    place : Path, zipfile.Path or Database
        Where it lies.
    """

    table: str
    name: str
    spec: Source
    place: Place

    @property
    def reader(self) -> Reader:
        """What reads it."""
        return readers.reader(self.place, How.of(self.spec))

    @cached_property
    def mapped(self) -> dict[str, str]:
        """Canonical name to the file's column, for the columns that are mapped.

        The columns of a survey's questions, or of judges' criteria, are `answer_0, answer_1, …`.
        """
        columns = {k: v for k, v in self.values["columns"].items() if v is not None}
        return columns | {name: column for name, (_, column) in self._spread.items()}

    @cached_property
    def values(self) -> dict[str, Any]:
        """The entry in the params as plain values."""
        return self.spec.model_dump()

    @property
    def given(self) -> set[str]:
        """Canonical names that every row has: mapped columns and constants."""
        return {*self.mapped, *self.spec.constants}

    @cached_property
    def _spread(self) -> dict[str, tuple[str, str]]:
        """Canonical name to place in the params and column, for a column per question."""
        part = "criteria" if "criteria" in self.values else "questions"
        listed = [entry.get("column") for entry in self.values.get(part, [])]
        return {
            f"answer_{i}": (f"{part}[{i + 1}].column", column)
            for i, column in enumerate(listed)
            if column is not None
        }

    @property
    def another_part(self) -> str:
        """What of the file is used, where it may be given again for other columns of it.

        A sheet with a column per kind of cost is given once for each; orders and customers are
        one table each. Columns that a row may lack make no other part.
        """
        if self.table in ("transactions", "customers"):
            return ""
        needed = {*self.spec.columns_model().needs(), *self._spread}
        parts = [(n, c) for n, c in {**self.mapped, **self.spec.constants}.items() if n in needed]
        return str(sorted(parts))

    def where(self, name: str) -> str:
        """Say where in its entry a canonical name is mapped."""
        return self._spread[name][0] if name in self._spread else f"columns.{name}"


def listed(sources: Sources | Mapping[str, Any], params_dir: str | Path) -> list[SourceFile]:
    """List the files and tables of the params, each under a name of its own.

    Parameters
    ----------
    sources : Sources or mapping
        The `sources` parameter.
    params_dir : str or Path
        Folder that relative paths start from.

    Returns
    -------
    list of SourceFile
        Table by table, transactions first; within a table in the order of the params, and the
        files of one folder, pattern or archive by name.
    """
    given = sources if isinstance(sources, Sources) else Sources.model_validate(sources)
    specs = [(table, s) for table in Sources.model_fields for s in getattr(given, table)]
    found = [(t, s, place) for t, s in specs for place in _places(s, Path(params_dir))]
    names = _distinct([(place, spec, table) for table, spec, place in found])
    return [SourceFile(t, n, s, p) for n, (t, s, p) in zip(names, found, strict=True)]


def _places(spec: Source, params_dir: Path) -> Sequence[Place]:
    if spec.path is not None:
        return places.found(source_path(params_dir, spec.path))
    assert spec.database is not None
    address = spec.database if "://" in spec.database else source_path(params_dir, spec.database)
    return [Database(address, spec.table, spec.query)]


def _distinct(found: list[tuple[Place, Source, str]]) -> list[str]:
    """Name each file by the shortest of: its name, sheet, folder, table, … that nobody shares."""
    ways = (
        [place.name for place, _, _ in found],
        [f"{place.name}#{spec.sheet}" if spec.sheet else place.name for place, spec, _ in found],
        [f"{_above(place)}/{place.name}" for place, _, _ in found],
        [f"{place.name} ({table})" for place, _, table in found],
        [" ".join([place.name, *spec.constants.values()]) for place, spec, _ in found],
        [f"{place.name} ({i})" for i, (place, _, _) in enumerate(found, 1)],
    )
    named: list[str] = []
    for i in range(len(found)):
        named.append(next(way[i] for way in ways if way.count(way[i]) == 1))
    return named


def _above(place: Place) -> str:
    return place.where if isinstance(place, Database) else Path(str(place)).parent.name


@dataclass(frozen=True)
class Inspected:
    """One file as it was looked at.

    Parameters
    ----------
    file : SourceFile
        With the names chosen that the file has, where the params give several.
    shape : Shape
        Empty where it could not be found.
    problems : tuple of Problem
        Everything wrong with it.
    """

    file: SourceFile
    shape: Shape
    problems: tuple[Problem, ...]


def inspected(file: SourceFile) -> Inspected:
    """Look at one file without reading all of it.

    Returns
    -------
    Inspected
        Its problems are KH-D01 to KH-D05, KH-D16.
    """
    problem = readers.problem(file.place)
    if problem:
        return Inspected(file, Shape(()), (problem,))
    try:
        file = _chosen(file)
        shape = file.reader.shape(file.mapped.values())
    except KehuError as error:
        return Inspected(file, Shape(()), error.problems)
    return Inspected(file, shape, tuple(_column_problems(file, shape)))


def _chosen(file: SourceFile) -> SourceFile:
    """Choose the column of the file wherever the params give several names."""
    open_names = {k: v for k, v in file.mapped.items() if presets.OR in v}
    if not open_names:
        return file
    sure = [name for name in file.mapped.values() if presets.OR not in name]
    columns = file.reader.shape(sure).columns
    found = {k: presets.chosen(v, columns) for k, v in open_names.items()}
    needed = file.spec.columns_model().needs()
    found |= {k: open_names[k] for k, v in found.items() if v is None and k in needed}
    own = getattr(file.spec, "columns")  # noqa: B009
    return replace(
        file, spec=file.spec.model_copy(update={"columns": own.model_copy(update=found)})
    )


def _column_problems(file: SourceFile, shape: Shape) -> list[Problem]:
    wrong = []
    for canonical, name in file.mapped.items():
        count = shape.columns.count(name)
        if count == 0:
            wrong.append(_no_column(file, canonical, name, shape.columns))
        if count > 1:
            what = f"the column `{name}` is there {count} times."
            remedy = "Give each column a name of its own in the file."
            wrong.append(Problem("KH-D04", file.name, what, remedy))
    return wrong


def _no_column(file: SourceFile, canonical: str, name: str, columns: Sequence[str]) -> Problem:
    near = process.extractOne(name, columns, score_cutoff=50)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    shown = ", ".join(c for c in columns if c)
    what = f"the column `{name}` ({file.where(canonical)}) is not in the file."
    return Problem("KH-D04", file.name, what, f"{meant}Columns of the file: {shown}.")


def head(place: Place, sheet: str | None = None, rows: int = 50) -> tuple[Shape, list[list[str]]]:
    """Show the columns and the first rows of a file nobody has mapped yet.

    Parameters
    ----------
    place : Path, zipfile.Path or Database
        Anything the kit reads.
    sheet : str, optional
        Sheet of a workbook.
    rows : int
        How many data rows at most.

    Returns
    -------
    Shape, list of list of str

    Raises
    ------
    KehuError
        KH-D01 to KH-D05, KH-D16.
    """
    raise_all(filter(None, [readers.problem(place)]))
    reader = readers.reader(place, How(sheet=sheet))
    shape = reader.shape(())
    return shape, reader.first_rows(shape, rows)
