"""The files of the params: which they are, what columns they hold, what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from rapidfuzz import process

from kehu.errors import KehuError, Problem, raise_all
from kehu.params import Sources, source_path
from kehu.params_files import Source
from kehu.prepare import files, text_file, workbook


@dataclass(frozen=True)
class SourceFile:
    """One file of the params with the table it feeds.

    Parameters
    ----------
    table : str
        A table of `Sources`.
    name : str
        What the books call the file; no two files share it.
    spec : Source
        Its entry in the params.
    path : Path
        Where it lies.
    """

    table: str
    name: str
    spec: Source
    path: Path

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

    def place(self, name: str) -> str:
        """Say where in its entry a canonical name is mapped."""
        return self._spread[name][0] if name in self._spread else f"columns.{name}"


@dataclass(frozen=True)
class Shape:
    """What a file holds, found without reading all of it.

    Parameters
    ----------
    columns : tuple of str
        Names in the file's order.
    text : text_file.Layout, optional
        Encoding and separator of a text file.
    """

    columns: tuple[str, ...]
    text: text_file.Layout | None = None


def listed(sources: Sources | Mapping[str, Any], params_dir: str | Path) -> list[SourceFile]:
    """List the files of the params, each under a name of its own.

    Parameters
    ----------
    sources : Sources or mapping
        The `sources` parameter.
    params_dir : str or Path
        Folder that relative paths start from.

    Returns
    -------
    list of SourceFile
        Table by table, transactions first; within a table in the order of the params.
    """
    given = sources if isinstance(sources, Sources) else Sources.model_validate(sources)
    specs = [(table, s) for table in Sources.model_fields for s in getattr(given, table)]
    found = [(table, spec, source_path(Path(params_dir), spec.path)) for table, spec in specs]
    names = _distinct([(path, spec, table) for table, spec, path in found])
    return [SourceFile(t, n, s, p) for n, (t, s, p) in zip(names, found, strict=True)]


def _distinct(places: list[tuple[Path, Source, str]]) -> list[str]:
    """Name each file by the shortest of: its name, sheet, folder, table, … that nobody shares."""
    ways = (
        [path.name for path, _, _ in places],
        [f"{path.name}#{spec.sheet}" if spec.sheet else path.name for path, spec, _ in places],
        [f"{path.parent.name}/{path.name}" for path, _, _ in places],
        [f"{path.name} ({table})" for path, _, table in places],
        [" ".join([path.name, *spec.constants.values()]) for path, spec, _ in places],
        [f"{path.name} ({i})" for i, (path, _, _) in enumerate(places, 1)],
    )
    named: list[str] = []
    for i in range(len(places)):
        named.append(next(way[i] for way in ways if way.count(way[i]) == 1))
    return named


def inspected(file: SourceFile) -> tuple[Shape, list[Problem]]:
    """Look at one file without reading all of it: its shape and everything wrong with it.

    Returns
    -------
    Shape, list of Problem
        KH-D01 to KH-D05; the shape is empty where it could not be found.
    """
    problem = files.problem(file.path)
    if problem:
        return Shape(()), [problem]
    try:
        shape = shape_of(file)
    except KehuError as error:
        return Shape(()), list(error.problems)
    return shape, _column_problems(file, shape)


def shape_of(file: SourceFile) -> Shape:
    """Find the columns of a file, and encoding and separator of a text file.

    Raises
    ------
    KehuError
        KH-D01 no such sheet, KH-D02 no rows, KH-D03 damaged, KH-D05 undecidable.
    """
    spec = file.spec
    how = files.kind(file.path)
    if how == "text":
        wanted = file.mapped.values()
        found = text_file.layout(file.path, wanted, spec.names, spec.encoding, spec.separator)
        return Shape(found.columns, found)
    if how == "parquet":
        return Shape(workbook.parquet_columns(file.path))
    header = next(workbook.sheet_rows(file.path, spec.sheet), None)
    if header is None:
        problem = Problem("KH-D02", file.name, "the sheet is empty.", "Choose another `sheet:`.")
        raise KehuError(problem)
    return Shape(tuple(spec.names) if spec.names else tuple(cell.strip() for cell in header))


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
    what = f"the column `{name}` ({file.place(canonical)}) is not in the file."
    return Problem("KH-D04", file.name, what, f"{meant}Columns of the file: {shown}.")


def head(
    file_path: Path, sheet: str | None = None, rows: int = 50
) -> tuple[Shape, list[list[str]]]:
    """Show the columns and the first rows of a file nobody has mapped yet.

    Parameters
    ----------
    file_path : Path
        Any file the kit reads.
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
        KH-D01, KH-D02, KH-D03, KH-D05.
    """
    raise_all(filter(None, [files.problem(file_path)]))
    how = files.kind(file_path)
    if how == "text":
        found = text_file.layout(file_path)
        return Shape(found.columns, found), text_file.first_rows(file_path, found, rows)
    if how == "parquet":
        return Shape(workbook.parquet_columns(file_path)), workbook.parquet_head(file_path, rows)
    lines = workbook.sheet_rows(file_path, sheet)
    header = next(lines, [])
    return Shape(tuple(cell.strip() for cell in header)), list(islice(lines, rows))
