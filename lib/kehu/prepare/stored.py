"""The raw rows of a source as the run keeps them: text as read, numbered, in the file's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Written:
    """What was stored.

    Parameters
    ----------
    rows : int
        Data rows of the file, malformed ones included.
    malformed : int
        Rows with the wrong number of fields.
    """

    rows: int
    malformed: int


class RowWriter:
    """Writes columns `c0, c1, …` of text with the row's number, 1-based, to Parquet.

    Parameters
    ----------
    target : Path
        The file to write.
    width : int
        Number of columns.
    """

    def __init__(self, target: Path, width: int) -> None:
        self.columns = [f"c{i}" for i in range(width)]
        self.rows = 0
        fields = [pa.field("row", pa.int64()), pa.field("malformed", pa.string())]
        self._schema = pa.schema([*fields, *(pa.field(c, pa.string()) for c in self.columns)])
        self._out = pq.ParquetWriter(target, self._schema, compression="zstd", compression_level=1)
        self._spoilt = 0

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.close()

    def write(self, columns: Sequence[Any], malformed: Sequence[tuple[int, str]] = ()) -> None:
        """Append well-formed rows; numbers taken by `malformed` rows are left out."""
        count = len(columns[0])
        taken = np.array([number for number, _ in malformed[self._spoilt :]], dtype="int64")
        numbers = self._next_numbers(count, taken)
        arrays = [pa.array(numbers), pa.nulls(count, pa.string()), *columns]
        self._out.write_table(pa.table(arrays, schema=self._schema))

    def _next_numbers(self, count: int, taken: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        start = self.rows + 1
        if not count:
            return np.empty(0, dtype="int64")
        window = np.arange(start, start + count + len(taken))
        numbers = np.setdiff1d(window, taken, assume_unique=True)[:count]
        self.rows = int(numbers[-1])
        self._spoilt += int((taken <= self.rows).sum())
        return numbers

    def finish(self, malformed: Sequence[tuple[int, str]]) -> None:
        """Append the malformed rows, with their text."""
        if not malformed:
            return
        self.rows = max(self.rows, malformed[-1][0])
        blank = pa.nulls(len(malformed), pa.string())
        numbers = pa.array([number for number, _ in malformed], pa.int64())
        texts = pa.array([text for _, text in malformed], pa.string())
        arrays = [numbers, texts, *(blank for _ in self.columns)]
        self._out.write_table(pa.table(arrays, schema=self._schema))
