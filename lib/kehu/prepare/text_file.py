"""Delimited text: its separator, its header, and its rows as stored text."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kehu.errors import KehuError, Problem
from kehu.prepare import encoding, files
from kehu.prepare.stored import RowWriter, Written

WHITESPACE = "whitespace"
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", WHITESPACE: WHITESPACE}
_BLOCK = 4 << 20
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
    has_header : bool
        Whether the first row holds the names.
    """

    encoding: str
    separator: str
    columns: tuple[str, ...]
    has_header: bool


def layout(
    path: Path,
    wanted: Iterable[str] = (),
    names: Sequence[str] | None = None,
    given_encoding: str | None = None,
    separator: str | None = None,
) -> Layout:
    """Find encoding, separator and columns of a text file.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.
    wanted : iterable of str
        Columns of the mapping; a separator that yields them all is the right one.
    names : sequence of str, optional
        Column names of a file without a header.
    given_encoding, separator : str, optional
        As named in the params.

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
    if not lines:
        problem = Problem("KH-D02", path.name, "the file holds no rows.", "Export it again.")
        raise KehuError(problem)
    if separator is not None:
        separator = "\t" if separator in ("\\t", "tab") else separator
        if separator != WHITESPACE and len(separator) != 1:
            what = f"`separator: {separator}` is more than one character."
            remedy = "Give one character, `tab` or `whitespace`."
            raise KehuError(Problem("KH-D05", path.name, what, remedy))
    else:
        separator = _separator(path, lines, wanted, names)
    first = tuple(cell.strip() for cell in _split(lines, separator)[0])
    return Layout(found, separator, tuple(names) if names else first, names is None)


def _head(path: Path, name: str) -> list[str]:
    lines: list[str] = []
    with _text(path, name) as file:
        for line in file:
            if line.strip():
                lines.append(line)
            if len(lines) == _HEAD_ROWS:
                break
    return lines


def _text(path: Path, name: str) -> IO[str]:
    raw = files.opened(path)
    return io.TextIOWrapper(raw, encoding=name, errors="strict", newline="")


def _split(lines: list[str], separator: str) -> list[list[str]]:
    if separator == WHITESPACE:
        return [line.split() for line in lines]
    return [row for row in csv.reader(lines, delimiter=separator) if row]


def _separator(path: Path, lines: list[str], wanted: set[str], names: Sequence[str] | None) -> str:
    """Choose the separator that finds the mapped columns, else the one that splits alike."""
    fitting = {}
    for separator in SEPARATORS:
        rows = _split(lines, separator)
        first = {cell.strip() for cell in rows[0]}
        width, share = _usual_width(rows)
        if (not names and wanted and wanted <= first) or (names and len(names) == width):
            return separator
        if width > 1 and share >= _AGREE and (names or len(rows[0]) == width):
            fitting[separator] = width
    named = [s for s in fitting if s != WHITESPACE] or list(fitting)
    if len(named) == 1:
        return named[0]
    what = f"the separator cannot be decided: the first row is “{lines[0].strip()[:60]}”."
    if names:
        what = f"no separator gives the {len(names)} columns of `names`: {what}"
    remedy = "Set `separator:` for this source (one character, `tab` or `whitespace`)."
    raise KehuError(Problem("KH-D05", path.name, what, remedy))


def _usual_width(rows: list[list[str]]) -> tuple[int, float]:
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    return width, count / len(rows)


def first_rows(path: Path, shape: Layout, count: int) -> list[list[str]]:
    """Return the first data rows of a text file, as text."""
    rows = _split(_head(path, shape.encoding), shape.separator)
    return rows[int(shape.has_header) :][:count]


def store(path: Path, shape: Layout, target: Path) -> Written:
    """Write the data rows of a text file to the kit's own storage, in the file's order.

    Parameters
    ----------
    path : Path
        The file.
    shape : Layout
        As found by `layout`.
    target : Path
        Parquet file to write.

    Returns
    -------
    Written
        Rows in the file, malformed ones among them; those are stored with their text.

    Raises
    ------
    KehuError
        KH-D12: a quotation mark is opened and not closed, so rows cannot be told apart.
    """
    malformed: list[tuple[int, str]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        malformed.append((row.number - shape.has_header, row.text))
        return "skip"

    try:
        with _bytes(path, shape, target) as file, RowWriter(target, len(shape.columns)) as out:
            reader = pa_csv.open_csv(
                file,
                read_options=_read_options(shape),
                parse_options=pa_csv.ParseOptions(
                    delimiter="\t" if shape.separator == WHITESPACE else shape.separator,
                    newlines_in_values=True,
                    invalid_row_handler=keep,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(out.columns, pa.string()), strings_can_be_null=False
                ),
            )
            for batch in reader:
                _refuse_swallowed_rows(path, batch, shape, out.rows)
                out.write(batch.columns, malformed)
            out.finish(malformed)
    except pa.ArrowInvalid as error:
        raise KehuError(_not_split(path, str(error))) from None
    _refuse_open_quotes(path, malformed)
    return Written(out.rows, len(malformed))


def _read_options(shape: Layout) -> pa_csv.ReadOptions:
    squeezed = shape.separator == WHITESPACE
    plain = squeezed or shape.encoding in ("utf-8", "utf-8-sig")
    return pa_csv.ReadOptions(
        use_threads=False,
        block_size=_BLOCK,
        column_names=[f"c{i}" for i in range(len(shape.columns))],
        skip_rows_after_names=int(shape.has_header),
        encoding="utf8" if plain else shape.encoding,
    )


def _bytes(path: Path, shape: Layout, target: Path) -> IO[bytes]:
    """Open the file; blanks between fields become single tabs in a copy in the scratch folder."""
    if shape.separator != WHITESPACE:
        return files.opened(path)
    copy = target.with_suffix(".tsv")
    with _text(path, shape.encoding) as source, copy.open("w", encoding="utf-8") as out:
        out.writelines("\t".join(line.split()) + "\n" for line in source)
    return copy.open("rb")


def _not_split(path: Path, message: str) -> Problem:
    what = f"the rows cannot be told apart ({message.splitlines()[0][:120]})."
    remedy = 'Look for a quotation mark (") that is not closed.'
    return Problem("KH-D12", path.name, what, remedy)


def _refuse_swallowed_rows(path: Path, batch: pa.RecordBatch, shape: Layout, before: int) -> None:
    """Refuse a cell that holds whole rows of the file: a quotation mark was left open there."""
    for cells in batch.columns:
        several = pc.match_substring(cells, "\n")
        if not pc.any(several).as_py():
            continue
        for place in pc.indices_nonzero(several).to_pylist():
            lines = cells[place].as_py().splitlines()[1:]
            widths = {len(row) for row in _split(lines, shape.separator)}
            if len(shape.columns) > 1 and len(shape.columns) in widths:
                what = (
                    f"a quotation mark in or after data row {before + place + 1} is not closed "
                    f"(“{lines[0][:40]}…” was taken for part of a cell)."
                )
                remedy = "Close or remove the quotation mark in that row."
                raise KehuError(Problem("KH-D12", path.name, what, remedy))


def _refuse_open_quotes(path: Path, malformed: list[tuple[int, str]]) -> None:
    for number, text in malformed:
        spanned = text.strip("\r\n").count("\n")
        if spanned:
            what = (
                f"data row {number} runs over {spanned + 1:,} lines and has the wrong number of "
                f"fields: a quotation mark is not closed (“{text[:40].splitlines()[0]}…”)."
            )
            remedy = "Close or remove the quotation mark in that row."
            raise KehuError(Problem("KH-D12", path.name, what, remedy))
