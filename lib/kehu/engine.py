"""The engine: Ibis on an embedded DuckDB that sees only the run's sources and folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from kehu import tables
from kehu.errors import KehuError, Problem, raise_all
from kehu.store import Run, published

ROWS_PER_GROUP = 100_000


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def connect(run: Run, sources: Iterable[Path] = (), memory_gb: float = 2.0) -> Backend:
    """Start an engine that can touch the run's folder and its source files, and nothing else.

    Parameters
    ----------
    run : Run
        Its folder may be read and written; what spills goes to its private scratch folder.
    sources : iterable of Path
        Files the engine may read.
    memory_gb : float
        Memory limit in GB; beyond it the engine spills to disk.

    Returns
    -------
    ibis.backends.duckdb.Backend
        In memory; no network, no extension download, configuration locked.
    """
    backend: Backend = ibis.duckdb.connect()
    paths = ", ".join(_quoted(str(p)) for p in sources)
    settings = {
        "temp_directory": _quoted(str(run.scratch)),
        "memory_limit": f"'{memory_gb * 1000:.0f}MB'",
        "TimeZone": "'UTC'",
        "preserve_insertion_order": "true",
        "allowed_paths": f"[{paths}]",
        "allowed_directories": f"[{_quoted(str(run.folder))}]",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        backend.raw_sql(f"SET {name} = {value}")
    return backend


def read_table(run: Run, backend: Backend, name: str) -> Table:
    """Open a stored table of the run inside the engine, without loading it into pandas.

    Raises
    ------
    KehuError
        KH-T02 when no stage has written it yet.
    """
    return backend.read_parquet(run.existing(name), table_name=name)


def write_table(run: Run, backend: Backend, name: str, table: Table) -> None:
    """Check an engine table's columns, keys and blanks, and stream it to the run's folder.

    Raises
    ------
    KehuError
        KH-T01: the contract is broken, with the count and one example per column.
    """
    contract = tables.contract(name)
    missing = [c for c in contract.columns if c not in table.columns]
    if missing:
        raise KehuError(Problem("KH-T01", name, f"lacks the columns {', '.join(missing)}."))
    ordered = table.select(*contract.columns).order_by(list(contract.key))
    _check_in_engine(name, ordered)
    schema = contract.arrow_schema()
    with published(run.table_path(name)) as temporary, pq.ParquetWriter(temporary, schema) as out:
        for batch in backend.to_pyarrow_batches(ordered, chunk_size=ROWS_PER_GROUP):
            out.write_batch(batch.cast(schema), row_group_size=ROWS_PER_GROUP)


def _check_in_engine(name: str, table: Table) -> None:
    contract = tables.contract(name)
    blanks = {c: table[c].isnull().sum().fill_null(0) for c in contract.required}
    counts = table.aggregate(rows_=table.count(), **blanks).execute().iloc[0]
    problems = [
        Problem("KH-T01", f"{name}.{c}", f"{int(counts[c]):,} rows are blank.")
        for c in contract.required
        if counts[c]
    ]
    repeated = int(counts["rows_"]) - table.select(*contract.key).distinct().count().execute()
    if repeated:
        what = f"{repeated:,} rows repeat a key ({', '.join(contract.key)})."
        problems.append(Problem("KH-T01", name, what))
    raise_all(problems)
