"""The contracts of the tables that pass between stages, and their check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pandera.errors import SchemaErrors

from kehu.errors import KehuError, Problem, raise_all
from kehu.tables_types import ARROW, typed

_MEND = "Change the cell that makes the table."


@dataclass(frozen=True)
class Column:
    """What a column's name means, wherever it appears."""

    name: str
    type: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    isin: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Contract:
    """A table's promise: its columns in order, its key, which of them may be blank."""

    name: str
    stage: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    required: tuple[str, ...]

    def arrow_schema(self) -> pa.Schema:
        """Return the stored schema."""
        fields = [
            pa.field(c, ARROW[column(c).type], nullable=c not in self.required)
            for c in self.columns
        ]
        return pa.schema(fields)


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, Any]:
    """Join the contracts of all stages; a name that stands in two of them is a mistake."""
    joined: dict[str, Any] = {"columns": {}, "tables": {}}
    folder = files("kehu").joinpath("contracts")
    for file in sorted((f for f in folder.iterdir()), key=lambda f: f.name):
        for part, entries in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            if twice := joined[part].keys() & entries.keys():
                raise ValueError(f"{file.name} repeats the {part} {sorted(twice)}")
            joined[part] |= entries
    return joined


@lru_cache
def column(name: str) -> Column:
    """Return the meaning of a column name."""
    spec = dict(_catalogue()["columns"][name])
    if "isin" in spec:
        spec["isin"] = tuple(spec["isin"])
    return Column(name=name, **spec)


@lru_cache
def contract(name: str) -> Contract:
    """Return the contract of a table.

    Raises
    ------
    KehuError
        KH-T02: no table has this name.
    """
    known = _catalogue()["tables"]
    if name not in known:
        remedy = f"Tables: {', '.join(sorted(known))}."
        raise KehuError(Problem("KH-T02", name, "is no table of the kit.", remedy))
    spec = known[name]
    listed: list[str] = spec["columns"].split()
    return Contract(
        name=name,
        stage=spec["stage"],
        zh=spec["zh"],
        en=spec["en"],
        key=tuple(spec["key"]),
        columns=tuple(c.removesuffix("?") for c in listed),
        required=tuple(c for c in listed if not c.endswith("?")),
    )


def names() -> list[str]:
    """List all tables that have a contract."""
    return list(_catalogue()["tables"])


def check(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Check a table against its contract and return it in the contract's order and types.

    Only the representation is made uniform (column order, 32-bit to 64-bit, dates to
    timestamps); a value is never changed.

    Parameters
    ----------
    name : str
        A table of the folder `contracts`.
    frame : pandas.DataFrame
        The columns of the contract, in any order.

    Returns
    -------
    pandas.DataFrame
        Sorted by key, index 0..n-1.

    Raises
    ------
    KehuError
        KH-T01: all breaches at once, each with a count and one example.
    """
    spec = contract(name)
    raise_all(column_problems(spec, list(frame.columns)))
    made, problems = _typed(spec, frame)
    raise_all([*problems, *_breaches(spec, made)])
    return made.sort_values(list(spec.key), kind="stable").reset_index(drop=True)


def column_problems(spec: Contract, columns: Sequence[str]) -> Iterator[Problem]:
    """Compare the names of a table's columns with its contract."""
    repeated = sorted({str(c) for c in columns if list(columns).count(c) > 1})
    sets = {
        "lacks the columns": [c for c in spec.columns if c not in columns],
        "has columns outside its contract:": [str(c) for c in columns if c not in spec.columns],
        "has more than one column": repeated,
    }
    for words, names_ in sets.items():
        if names_:
            yield Problem("KH-T01", spec.name, f"{words} {', '.join(names_)}.", _MEND)


def breach(
    table: str, column: str, said: str, count: int, total: int, example: Any = None
) -> Problem:
    """Describe rows that break a promise of a contract, with a count and one example."""
    where = f"{table}.{column}" if column else table
    shown = "" if pd.isna(example) else f" (e.g. {example!s:.60})"
    return Problem("KH-T01", where, f"{said} in {count:,} of {total:,} rows{shown}.", _MEND)


def _typed(spec: Contract, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Give each column its representation; leave out those that hold another type."""
    made, problems = {}, []
    for c in spec.columns:
        try:
            made[c] = typed(frame[c], column(c).type)
        except (ValueError, TypeError, OverflowError) as error:
            problems.append(Problem("KH-T01", f"{spec.name}.{c}", f"{error}.", _MEND))
    return pd.DataFrame(made, index=frame.index), problems


@lru_cache
def _schema(name: str) -> pandera.DataFrameSchema:
    """Build the pandera schema of a table: blanks, ranges, allowed values."""
    spec = contract(name)
    columns = {
        c: pandera.Column(nullable=c not in spec.required, checks=_checks(column(c)))
        for c in spec.columns
    }
    return pandera.DataFrameSchema(columns)


def _checks(col: Column) -> list[pandera.Check]:
    checks = []
    if col.type == "float":
        checks.append(pandera.Check(lambda v: ~np.isinf(v), error="not finite"))
    if col.min is not None:
        checks.append(pandera.Check.ge(col.min, error=f"below {col.min:g}"))
    if col.max is not None:
        checks.append(pandera.Check.le(col.max, error=f"above {col.max:g}"))
    if col.isin is not None:
        checks.append(pandera.Check.isin(col.isin, error=f"none of {', '.join(col.isin)}"))
    return checks


def _breaches(spec: Contract, frame: pd.DataFrame) -> Iterator[Problem]:
    schema = _schema(spec.name)
    try:
        schema.select_columns(list(frame.columns)).validate(frame, lazy=True)
    except SchemaErrors as error:
        for (name, rule), cases in error.failure_cases.groupby(["column", "check"], sort=False):
            blank = rule == "not_nullable"
            first = None if blank else cases["failure_case"].iloc[0]
            said = "blank" if blank else str(rule)
            yield breach(spec.name, str(name), said, len(cases), len(frame), first)
    if set(spec.key) <= set(frame.columns):
        repeated = frame[frame.duplicated(list(spec.key))]
        if len(repeated):
            first = ", ".join(str(repeated.iloc[0][k]) for k in spec.key)
            yield breach(spec.name, "", repeats(spec), len(repeated), len(frame), first)


def repeats(spec: Contract) -> str:
    """Say that a key is there more than once."""
    return f"the key ({', '.join(spec.key)}) is repeated"


def to_arrow_file(frame: pd.DataFrame, name: str, path: Path) -> None:
    """Write a checked table as Parquet, the same bytes for the same values."""
    schema = contract(name).arrow_schema()
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path)
