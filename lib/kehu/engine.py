"""The engine: Ibis on an embedded DuckDB that sees only the run's sources and folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import BooleanValue, Column, Scalar, Table

from kehu import tables
from kehu.errors import KehuError, Problem, raise_all
from kehu.store import Run, published

ROWS_PER_GROUP = 100_000
Rule = tuple[str, BooleanValue, str]

_TYPES: dict[str, Any] = {
    "text": dt.String,
    "int": dt.Integer,
    "float": dt.Floating,
    "bool": dt.Boolean,
    "date": dt.Date,
    "time": dt.Timestamp,
    "money": dt.Decimal,
}


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


def given(run: Run, backend: Backend, name: str) -> Table:
    """Open a table that a client need not have; without a source it has no rows.

    Parameters
    ----------
    run : Run
    backend : ibis.backends.duckdb.Backend
    name : str
        A table of the contracts.

    Returns
    -------
    ibis Table
        The contract's columns, in the engine.
    """
    if run.has(name):
        return read_table(run, backend, name)
    return ibis.memtable(tables.contract(name).arrow_schema().empty_table())


def write_table(run: Run, backend: Backend, name: str, table: Table) -> None:
    """Check an engine table against its contract, and stream it to the run's folder.

    Raises
    ------
    KehuError
        KH-T01: the contract is broken, with the count and one example per column.
    """
    contract = tables.contract(name)
    raise_all(_column_problems(contract, table))
    chosen = table.select(*contract.columns)
    raise_all(_row_problems(contract, chosen))
    ordered = chosen.order_by(list(contract.key))
    schema = contract.arrow_schema()
    run.unfinish()
    with published(run.table_path(name)) as temporary, pq.ParquetWriter(temporary, schema) as out:
        for batch in backend.to_pyarrow_batches(ordered, chunk_size=ROWS_PER_GROUP):
            out.write_batch(_fitted(batch, contract.name, schema), row_group_size=ROWS_PER_GROUP)


def _column_problems(contract: tables.Contract, table: Table) -> Iterator[Problem]:
    yield from tables.column_problems(contract, list(table.columns))
    for name in set(contract.columns) & set(table.columns):
        found, wanted = table[name].type(), tables.column(name).type
        if not isinstance(found, _TYPES[wanted] | dt.Null):
            what = f"must hold {wanted}, and holds {str(found).lower()}."
            yield Problem("KH-T01", f"{contract.name}.{name}", what)


def _row_problems(contract: tables.Contract, table: Table) -> list[Problem]:
    rules = [rule for name in contract.columns for rule in _rules(contract, name, table[name])]
    counts = {f"n{i}": broken.sum().fill_null(0) for i, (_, broken, _) in enumerate(rules)}
    firsts = {f"x{i}": _first(rules[i], table) for i in range(len(rules))}
    found = table.aggregate(total=table.count(), **counts, **firsts).execute().iloc[0]
    total = int(found["total"])
    problems = [
        tables.breach(contract.name, name, said, int(found[f"n{i}"]), total, found[f"x{i}"])
        for i, (name, _, said) in enumerate(rules)
        if found[f"n{i}"]
    ]
    distinct = int(table.select(*contract.key).distinct().count().execute())
    if distinct < total:
        said = tables.repeats(contract)
        problems.append(tables.breach(contract.name, "", said, total - distinct, total))
    return problems


def _rules(contract: tables.Contract, name: str, values: Column) -> Iterator[Rule]:
    """List a column's promises: name, expression that is true where it is broken, words."""
    spec = tables.column(name)
    if name in contract.required:
        yield name, values.isnull(), "blank"
    if spec.type == "float":
        yield name, values.isinf() | values.isnan(), "not finite"
    if spec.min is not None:
        yield name, values < spec.min, f"below {spec.min:g}"
    if spec.max is not None:
        yield name, values > spec.max, f"above {spec.max:g}"
    if spec.isin is not None:
        yield name, values.notin(spec.isin), f"none of {', '.join(spec.isin)}"


def _first(rule: Rule, table: Table) -> Scalar:
    name, broken, _ = rule
    return table[name].cast("string").min(where=broken)


def _fitted(batch: pa.RecordBatch, name: str, schema: pa.Schema) -> pa.RecordBatch:
    try:
        return batch.cast(schema)
    except pa.ArrowInvalid as error:
        raise KehuError(Problem("KH-T01", name, f"does not fit its types: {error}.")) from None
