"""Parquet, and any typed column, as exact text."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kehu.errors import KehuError, Problem
from kehu.prepare import files
from kehu.prepare.places import Location
from kehu.prepare.stored import RowWriter, Written

_BATCH = 50_000


def columns(path: Location) -> tuple[str, ...]:
    """Return the column names of a Parquet file.

    Raises
    ------
    KehuError
        KH-D03 damaged.
    """
    return tuple(_opened(path).schema_arrow.names)


def _opened(path: Location) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(files.seekable(path))
    except (pa.ArrowInvalid, OSError) as error:
        what = f"the Parquet file is damaged ({str(error)[:80]})."
        raise KehuError(Problem("KH-D03", path.name, what, "Write it again.")) from None


def first_rows(path: Location, rows: int) -> list[list[str]]:
    """Return the first rows of a Parquet file, as text."""
    batch = next(_opened(path).iter_batches(rows), None)
    cells = [as_text(column).to_pylist() for column in batch.columns] if batch else []
    return [list(row) for row in zip(*cells, strict=True)]


def store(path: Location, width: int, target: Path) -> Written:
    """Write a Parquet file's rows as text to the kit's own storage."""
    with RowWriter(target, width) as out:
        for batch in _opened(path).iter_batches(_BATCH):
            out.write([as_text(column) for column in batch.columns])
    return Written(out.rows, 0)


def as_text(column: pa.Array) -> pa.Array:
    """Write typed values as text: plain digits, ISO dates, blank for none.

    Parameters
    ----------
    column : pyarrow.Array
        Of any type. Times with a zone are written in it, with their offset.

    Returns
    -------
    pyarrow.Array of text
        A number is written out in full (1e+20 as 100000000000000000000), exact to its type.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        text = column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        values = [None if v is None else str(v) for v in column.to_pylist()]
        text = pa.array(values, pa.string())
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        text = _written_out(text)
    return pc.fill_null(text, "")


def _written_out(numbers: pa.Array) -> pa.Array:
    powers = pc.fill_null(pc.match_substring_regex(numbers, r"\d[eE][+-]?\d"), False)
    if not pc.any(powers).as_py():
        return numbers
    plain = [f"{Decimal(n.as_py()):f}" for n in numbers.filter(powers)]
    return pc.replace_with_mask(numbers, powers, pa.array(plain, pa.string()))
