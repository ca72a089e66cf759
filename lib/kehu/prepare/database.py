"""A client's database, read where it is and never written: PostgreSQL, DuckDB, SQLite."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import ibis
import pyarrow.parquet as pq
from ibis.common.exceptions import IbisError
from ibis.expr.types import Table
from rapidfuzz import process

from kehu.errors import KehuError, Problem
from kehu.prepare.parquet_file import as_text
from kehu.prepare.stored import RowWriter, Written

POSTGRES = ("postgres", "postgresql")
_BATCH = 50_000
_MAGIC = {b"SQLite format 3\x00": "sqlite", b"DUCK": "duckdb"}
_READ_ONLY = "-c default_transaction_read_only=on -c TimeZone=UTC"


@dataclass(frozen=True)
class Database:
    """A table, a view or a query of a database.

    Parameters
    ----------
    address : str or Path
        `postgresql://user@host:port/name`, or a DuckDB or SQLite file.
    table : str, optional
        A table or view, `schema.table` where it is not in the usual schema.
    query : str, optional
        SQL of the database, in place of a table.
    """

    address: str | Path
    table: str | None = None
    query: str | None = None

    @property
    def name(self) -> str:
        """What the books call it: the table, or the database and a mark of the query."""
        mark = hashlib.sha256((self.query or "").encode()).hexdigest()[:6]
        return self.table or f"{self.where} (query {mark})"

    @property
    def where(self) -> str:
        """The database, as messages name it: never with a user or a password."""
        if isinstance(self.address, Path):
            return self.address.name
        parts = urlsplit(self.address)
        return f"{parts.hostname or 'localhost'}{parts.path}"

    def problem(self) -> Problem | None:
        """Find what keeps the database from being read: KH-D01, KH-D03, KH-D04."""
        try:
            with self.opened() as rows:
                return None if rows.columns else self._no_table("holds no column")
        except KehuError as error:
            return error.problems[0]

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        with self.opened() as rows:
            return tuple(rows.columns)

    def first_rows(self, count: int) -> list[list[str]]:
        """Return some rows, as text."""
        with self.opened() as rows:
            found = rows.limit(count).to_pyarrow()
        cells = [as_text(c.combine_chunks()).to_pylist() for c in found.columns]
        return [list(row) for row in zip(*cells, strict=True)]

    def store(self, target: Path) -> Written:
        """Write all rows as text to the kit's own storage, sorted: a table has no order of its own.

        Rows are streamed; what does not fit into memory while sorting spills beside the target.
        """
        unsorted = target.with_suffix(".unsorted.parquet")
        with self.opened() as rows, RowWriter(unsorted, len(rows.columns)) as out:
            for batch in rows.to_pyarrow_batches(chunk_size=_BATCH):
                if batch.num_rows:
                    out.write([as_text(column) for column in batch.columns])
        _sort(unsorted, target, out.columns)
        unsorted.unlink()
        return Written(out.rows, 0)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Table]:
        """Open the database for reading, and close it again.

        Raises
        ------
        KehuError
            KH-D01 no such file, or no answer; KH-D03 another kind of file; KH-D04 no such table,
            or a query that does not run. No message repeats an address with its user.
        """
        backend = self._connected()
        try:
            yield self._relation(backend)
        except (IbisError, duckdb.Error) as error:
            raise KehuError(self._no_table(_first_line(error))) from None
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("psycopg", "sqlite3", "sqlglot"):
                raise
            raise KehuError(self._no_table(_first_line(error))) from None
        finally:
            backend.disconnect()

    def _relation(self, backend: Any) -> Table:
        if self.query:
            return _queried(backend, self.query)
        schema, _, table = str(self.table).rpartition(".")
        known = backend.list_tables(database=schema or None)
        if table not in known:
            near = [n for n, _, _ in process.extract(table, known, limit=5)]
            what = f"there is no table or view `{self.table}`."
            raise KehuError(Problem("KH-D01", self.where, what, f"Nearest: {', '.join(near)}."))
        return backend.table(table, database=schema or None)

    def _connected(self) -> Any:
        if isinstance(self.address, Path):
            return self._file(self.address)
        try:
            return ibis.connect(self.address, options=_READ_ONLY)
        except ModuleNotFoundError:
            remedy = 'pip install "kehu[postgres]"'
            what = "needs a library that is not installed."
            raise KehuError(Problem("KH-D01", self.where, what, remedy)) from None
        except Exception as error:
            what = f"the database does not answer: {_first_line(error)}."
            remedy = "Check address, network and password (PGPASSWORD, or a line in ~/.pgpass)."
            raise KehuError(Problem("KH-D01", self.where, what, remedy)) from None

    def _file(self, path: Path) -> Any:
        if not path.is_file():
            raise KehuError(Problem("KH-D01", str(path), "there is no such file."))
        kind = kind_of(path)
        try:
            if kind == "sqlite":
                return ibis.sqlite.connect(path)
            if kind == "duckdb":
                return _confined(ibis.duckdb.connect(path, read_only=True))
        except Exception as error:
            what = f"cannot be opened: {_first_line(error)}."
            raise KehuError(Problem("KH-D03", path.name, what, "Close it elsewhere.")) from None
        what = "is no database that is read: DuckDB and SQLite files are."
        raise KehuError(Problem("KH-D03", path.name, what))

    def _no_table(self, why: str) -> Problem:
        what = f"{'the query' if self.query else f'`{self.table}`'} cannot be read: {why}."
        return Problem("KH-D04", self.where, what, "Try it in the database's own client.")


def kind_of(path: Path) -> str | None:
    """Tell `sqlite` or `duckdb` by a file's first bytes, None for any other file."""
    with path.open("rb") as file:
        head = file.read(16)
    return next((k for m, k in _MAGIC.items() if head.startswith(m) or head[8:12] == m), None)


def _confined(backend: Any) -> Any:
    """Keep views and queries of a DuckDB file from reading other files or the network."""
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        backend.raw_sql(f"SET {setting}")
    return backend


def _queried(backend: Any, query: str) -> Table:
    """Open a query; on PostgreSQL as text, for finding its types would create a view there."""
    if backend.name != "postgres":
        return backend.sql(query)
    inner = f"({query.strip().rstrip(';')}) as asked"
    with contextlib.closing(backend.raw_sql(f"select * from {inner} limit 0")) as cursor:  # noqa: S608
        names = [column.name for column in cursor.description]
    cells = ", ".join(f"{quoted}::text as {quoted}" for quoted in map(_quoted, names))
    return backend.sql(f"select {cells} from {inner}", schema=dict.fromkeys(names, "string"))  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    """Return an error's first line, without what follows an `@` sign's user."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"\S+@", "…@", lines[0]).rstrip(". ")[:160]


def _sort(source: Path, target: Path, columns: list[str]) -> None:
    with duckdb.connect() as engine:
        engine.execute(f"SET temp_directory = '{str(target.parent).replace(chr(39), chr(39) * 2)}'")
        ordered = ", ".join(columns)
        rows = engine.read_parquet(str(source)).order(ordered)
        numbered = rows.project(
            f"(row_number() over (order by {ordered}))::bigint as row, malformed, {ordered}"
        )
        numbered.order("row").write_parquet(str(target), compression="zstd")


def checksum(stored: Path) -> str:
    """Return the SHA-256 of stored rows: of their text, whatever the file's format says."""
    digest = hashlib.sha256()
    for batch in pq.ParquetFile(stored).iter_batches(_BATCH):
        for row in zip(*(c.to_pylist() for c in batch.columns[2:]), strict=True):
            digest.update("\x1f".join(row).encode() + b"\x1e")
    return digest.hexdigest()
