"""Delimited text: its rows as stored text."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kehu.errors import KehuError, Problem
from kehu.prepare import files
from kehu.prepare.places import Location
from kehu.prepare.stored import RowWriter, Written
from kehu.prepare.text_layout import WHITESPACE, Layout, split, text

_BLOCK = 4 << 20


def store(path: Location, shape: Layout, target: Path) -> Written:
    """Write the data rows of a text file to the kit's own storage, in the file's order.

    Parameters
    ----------
    path : Path or zipfile.Path
        The file.
    shape : Layout
        As found by `text_layout.layout`.
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
        malformed.append((row.number - shape.above - shape.depth, row.text))
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
        skip_rows=shape.above,
        skip_rows_after_names=shape.depth,
        encoding="utf8" if plain else shape.encoding,
    )


def _bytes(path: Location, shape: Layout, target: Path) -> IO[bytes]:
    """Open the file; blanks between fields become single tabs in a copy in the scratch folder."""
    if shape.separator != WHITESPACE:
        return files.opened(path)
    copy = target.with_suffix(".tsv")
    with text(path, shape.encoding) as source, copy.open("w", encoding="utf-8") as out:
        out.writelines("\t".join(line.split()) + "\n" for line in source)
    return copy.open("rb")


def _not_split(path: Location, message: str) -> Problem:
    what = f"the rows cannot be told apart ({message.splitlines()[0][:120]})."
    remedy = 'Look for a quotation mark (") that is not closed.'
    return Problem("KH-D12", path.name, what, remedy)


def _refuse_swallowed_rows(
    path: Location, batch: pa.RecordBatch, shape: Layout, before: int
) -> None:
    """Refuse a cell that holds whole rows of the file: a quotation mark was left open there."""
    for cells in batch.columns:
        several = pc.match_substring(cells, "\n")
        if not pc.any(several).as_py():
            continue
        for place in pc.indices_nonzero(several).to_pylist():
            lines = cells[place].as_py().splitlines()[1:]
            widths = {len(row) for row in split(lines, shape.separator)}
            if len(shape.columns) > 1 and len(shape.columns) in widths:
                what = (
                    f"a quotation mark in or after data row {before + place + 1} is not closed "
                    f"(“{lines[0][:40]}…” was taken for part of a cell)."
                )
                remedy = "Close or remove the quotation mark in that row."
                raise KehuError(Problem("KH-D12", path.name, what, remedy))


def _refuse_open_quotes(path: Location, malformed: list[tuple[int, str]]) -> None:
    for number, said in malformed:
        spanned = said.strip("\r\n").count("\n")
        if spanned:
            what = (
                f"data row {number} runs over {spanned + 1:,} lines and has the wrong number of "
                f"fields: a quotation mark is not closed (“{said[:40].splitlines()[0]}…”)."
            )
            remedy = "Close or remove the quotation mark in that row."
            raise KehuError(Problem("KH-D12", path.name, what, remedy))
