"""The contracts of the tables that pass between stages, and their check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pandera.errors import SchemaErrors

from kehu.errors import KehuError, Problem, raise_all

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "money": pa.decimal128(18, 4),
}
"""Contract type to stored type."""

PANDAS = {"text": "str", "int": "int64", "float": "float64", "bool": "bool"}
_TIMES = {"date", "time"}


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
    text = files("kehu").joinpath("contracts.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


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
        A table of `contracts.yml`.
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
    _check_columns(spec, frame)
    typed = pd.DataFrame({c: _typed(name, column(c), frame[c]) for c in spec.columns})
    raise_all(_breaches(spec, typed))
    return typed.sort_values(list(spec.key), kind="stable").reset_index(drop=True)


def _check_columns(spec: Contract, frame: pd.DataFrame) -> None:
    missing = [c for c in spec.columns if c not in frame.columns]
    extra = [str(c) for c in frame.columns if c not in spec.columns]
    problems = []
    if missing:
        problems.append(Problem("KH-T01", spec.name, f"lacks the columns {', '.join(missing)}."))
    if extra:
        what = f"has columns outside its contract: {', '.join(extra)}."
        problems.append(Problem("KH-T01", spec.name, what))
    raise_all(problems)


def _typed(table: str, spec: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    try:
        if spec.type in _TIMES:
            return pd.to_datetime(values).astype("datetime64[us]")
        if spec.type == "money":
            return values.astype(object)
        if spec.type == "int" and values.notna().all():
            whole = values.astype("int64")
            if not (whole == values).all():
                raise ValueError("fractions")
            return whole
        if spec.type == "text" and not values.dropna().map(lambda v: isinstance(v, str)).all():
            raise ValueError("not text")
        return values.astype(PANDAS[spec.type])
    except (ValueError, TypeError) as error:
        what = f"must hold {spec.type}, and holds {values.dtype} ({error})."
        raise KehuError(Problem("KH-T01", f"{table}.{spec.name}", what)) from None


@lru_cache
def _schema(name: str) -> pandera.DataFrameSchema:
    """Build the pandera schema of a table: blanks, ranges, allowed values, key."""
    spec = contract(name)
    columns = {
        c: pandera.Column(nullable=c not in spec.required, checks=_checks(column(c)))
        for c in spec.columns
    }
    return pandera.DataFrameSchema(columns, unique=list(spec.key))


def _checks(col: Column) -> list[pandera.Check]:
    checks = []
    if col.min is not None:
        checks.append(pandera.Check.ge(col.min, error=f"are below {col.min:g}"))
    if col.max is not None:
        checks.append(pandera.Check.le(col.max, error=f"are above {col.max:g}"))
    if col.isin is not None:
        checks.append(pandera.Check.isin(col.isin, error=f"are none of {', '.join(col.isin)}"))
    return checks


def _breaches(spec: Contract, frame: pd.DataFrame) -> Iterator[Problem]:
    try:
        _schema(spec.name).validate(frame, lazy=True)
    except SchemaErrors as error:
        for (name, rule), cases in error.failure_cases.groupby(["column", "check"], dropna=False):
            where = spec.name if "unique" in str(rule) else f"{spec.name}.{name}"
            first = cases["failure_case"].iloc[0]
            yield Problem("KH-T01", where, f"{len(cases):,} rows {_said(str(rule), spec, first)}.")


def _said(rule: str, spec: Contract, first: object) -> str:
    if rule == "not_nullable":
        return "are blank"
    if "unique" in rule:
        return f"repeat the key {', '.join(spec.key)} (first: {first})"
    return f"{rule} (first: {first})"


def to_arrow_file(frame: pd.DataFrame, name: str, path: Path) -> None:
    """Write a checked table as Parquet, the same bytes for the same values."""
    schema = contract(name).arrow_schema()
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path)
