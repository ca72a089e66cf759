"""Tables that break their contract are told by kind; those that keep it come back the same."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kehu import engine, tables
from kehu.errors import KehuError
from kehu.store import Run
from kehu.tables_types import ARROW

ROWS = 5
STORED = {"text": "str", "int": "int64", "float": "float64", "bool": "bool",
          "date": "datetime64[us]", "time": "datetime64[us]", "money": "object"}  # fmt: skip


def column_of(spec: tables.Column, rows: int = ROWS) -> list[Any]:
    """Make values that keep a column's promises, no two alike where there is room."""
    low = spec.min if spec.min is not None else 0
    high = spec.max if spec.max is not None else low + rows
    if spec.isin is not None:
        return [spec.isin[i % len(spec.isin)] for i in range(rows)]
    makers: dict[str, Callable[[int], Any]] = {
        "text": lambda i: f"{spec.name} 客 {i:03}",
        "int": lambda i: int(low + i % (high - low + 1)),
        "float": lambda i: low + (high - low) * i / rows,
        "bool": lambda i: i % 2 == 0,
        "date": lambda i: pd.Timestamp("2026-01-01") + pd.Timedelta(days=i),
        "time": lambda i: pd.Timestamp("2026-01-01 08:30:00.5") + pd.Timedelta(minutes=i),
        "money": lambda i: Decimal(i) + Decimal("0.0125"),
    }
    return [makers[spec.type](i) for i in range(rows)]


def frame_of(name: str, rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame(
        {c: column_of(tables.column(c), rows) for c in tables.contract(name).columns}
    )


def told(name: str, frame: pd.DataFrame) -> list[str]:
    with pytest.raises(KehuError) as error:
        tables.check(name, frame)
    assert {p.code for p in error.value.problems} == {"KH-T01"}
    return [str(p) for p in error.value.problems]


# --- the catalogue itself ---------------------------------------------------------------------


def test_every_column_is_defined_and_used() -> None:
    used = {c for name in tables.names() for c in tables.contract(name).columns}
    defined = set(tables._catalogue()["columns"])
    assert used - defined == set(), "used and not defined"
    assert defined - used == set(), "defined and not used"


@pytest.mark.parametrize("name", tables.names())
def test_a_contract_is_sound(name: str) -> None:
    spec = tables.contract(name)
    assert len(set(spec.columns)) == len(spec.columns)
    assert set(spec.key) <= set(spec.required), "a key is never blank"
    assert spec.zh
    assert spec.en
    assert spec.stage[:2].isdigit()
    for c in map(tables.column, spec.columns):
        assert c.type in ARROW
        assert all((c.zh, c.en, c.about_zh, c.about_en))
        assert (c.min is None) | (c.max is None) or c.min < c.max  # type: ignore[operator]


def test_no_such_table() -> None:
    with pytest.raises(
        KehuError,
        match=r"KH-T02 valu: is no table of the kit\. Tables: .*, clv, .*, value, weights",
    ):
        tables.contract("valu")


# --- what keeps its contract ------------------------------------------------------------------


@pytest.mark.parametrize("name", tables.names())
def test_round_trip(tmp_path: Path, name: str) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    frame = frame_of(name)
    written = run.write(name, frame.iloc[::-1][sorted(frame.columns)])
    read = run.read(name)
    pd.testing.assert_frame_equal(written, read)
    assert list(read.columns) == list(tables.contract(name).columns)
    for c in read.columns:
        assert read[c].dtype == STORED[tables.column(c).type], c
    key = list(tables.contract(name).key)
    for row in frame.to_dict("records"):
        same = read[(read[key] == [row[k] for k in key]).all(axis=1)]
        assert same.iloc[0].to_dict() == row


@pytest.mark.parametrize("name", tables.names())
def test_blanks_where_they_are_allowed(tmp_path: Path, name: str) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    spec = tables.contract(name)
    optional = [c for c in spec.columns if c not in spec.required]
    for blank in (slice(0, 2), slice(None)):
        frame = frame_of(name)
        for c in optional:
            frame[c] = frame[c].astype(object)
            frame.loc[frame.index[blank], c] = None
        written = run.write(name, frame)
        read = run.read(name)
        pd.testing.assert_frame_equal(written, read)
        assert read[optional].isna().sum().sum() == len(optional) * len(frame.index[blank])


@pytest.mark.parametrize("name", tables.names())
def test_no_rows_at_all(tmp_path: Path, name: str) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    run.write(name, frame_of(name).head(0))
    read = run.read(name)
    assert len(read) == run.rows(name) == 0
    assert {c: str(d) for c, d in read.dtypes.items()} == {
        c: STORED[tables.column(c).type] for c in tables.contract(name).columns
    }


@pytest.mark.parametrize("name", tables.names())
def test_same_values_same_bytes_and_the_stored_schema(tmp_path: Path, name: str) -> None:
    paths = []
    for folder, frame in (("a", frame_of(name)), ("b", frame_of(name).sample(frac=1))):
        run = Run(tmp_path / folder / "2026Q3")
        run.write(name, frame)
        paths.append(run.table_path(name))
    digests = {hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    assert len(digests) == 1
    assert pq.read_schema(paths[0]).equals(tables.contract(name).arrow_schema())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("quantity", [1, 2, 3, 4, 5]),
        ("quantity", [Decimal("1.5"), Decimal("-2"), None, Decimal(0), Decimal("1E+3")]),
        ("row", np.arange(1, 6, dtype="int32")),
        ("row", np.arange(1, 6, dtype="uint8")),
        ("row", [1.0, 2.0, 3.0, 4.0, 5.0]),
        ("is_refund", np.array([True] * 5)),
        ("is_refund", pd.array([True] * 5, dtype="boolean")),
        ("channel", pd.Categorical(["网店"] * 5)),
        ("channel", [np.nan] * 5),
        ("date", pd.date_range("2026-01-01", periods=5).astype("datetime64[ns]")),
        ("date", [pd.Timestamp("2026-01-01").date()] * 5),
    ],
)
def test_other_forms_of_the_same_value_are_taken(column: str, values: Any) -> None:
    made = tables.check("transactions", frame_of("transactions").assign(**{column: values}))
    assert made[column].notna().sum() == pd.Series(values).notna().sum()


# --- what breaks it ---------------------------------------------------------------------------


def test_columns_missing_extra_and_repeated_are_told_together() -> None:
    frame = frame_of("rfm").rename(columns={"m_score": "M", "n_orders": "orders"})
    assert told("rfm", frame) == [
        "KH-T01 rfm: lacks the columns n_orders, m_score. Change the cell that makes the table.",
        "KH-T01 rfm: has columns outside its contract: orders, M. Change the cell that makes the "
        "table.",
    ]
    twice = pd.concat([frame_of("rfm"), frame_of("rfm")[["r_score"]]], axis=1)
    assert "has more than one column r_score." in told("rfm", twice)[0]


@pytest.mark.parametrize(
    ("table", "column", "values", "sentence"),
    [
        ("rfm", "r_score", [1, 2, 3, 4, 6], "rfm.r_score: above 5 in 1 of 5 rows (e.g. 6)"),
        ("rfm", "r_score", [0, 2, 3, 4, -1], "rfm.r_score: below 1 in 2 of 5 rows (e.g. 0)"),
        ("rfm", "r_score", [1, 2, 3, 4, None], "rfm.r_score: blank in 1 of 5 rows."),
        ("rfm", "r_score", [1, 2, 3, 4, 4.5], "not a whole number in 1 of 5 rows (e.g. 4.5)"),
        ("rfm", "r_score", [1, 2, 3, 4, np.inf], "not a whole number in 1 of 5 rows (e.g. inf)"),
        ("rfm", "r_score", ["1", "2", "3", "4", "5"], "not a whole number in 5 of 5 rows (e.g. '1')"),
        ("rfm", "r_score", [True] * 5, "not a whole number in 5 of 5 rows (e.g. True)"),
        ("rfm", "total_spend", ["1.5"] * 5, "total_spend: not a number in 5 of 5 rows (e.g. '1.5')"),
        ("rfm", "total_spend", [1.0, 2, 3, 4, np.inf], "rfm.total_spend: not finite in 1 of 5 rows"),
        ("rfm", "total_spend", [1.0, 2, 3, 4, np.nan], "rfm.total_spend: blank in 1 of 5 rows."),
        ("rfm", "customer_id", [1, 2, 3, 4, 5], "rfm.customer_id: not text in 5 of 5 rows (e.g. 1)"),
        ("rfm", "customer_id", list("aabcc"), "rfm: the key (customer_id) is repeated in 2 of 5 rows (e.g. a)"),
        ("segments", "tier", ["top", "Top", "long_tail", "x", "top"], "segments.tier: none of top, potential, long_tail in 2 of 5 rows (e.g. Top)"),
        ("segments", "is_key", ["no"] * 5, "segments.is_key: not true or false in 5 of 5 rows (e.g. 'no')"),
        ("segments", "is_key", [1, 0, 1, 0, 1], "segments.is_key: not true or false in 5 of 5 rows"),
        ("segments", "is_key", [True, None, True, True, True], "segments.is_key: blank in 1 of 5 rows."),
        ("summary", "first_date", ["2026-01-01"] * 5, "summary.first_date: not a date in 5 of 5 rows (e.g. '2026-01-01')"),
        ("summary", "first_date", [20260101] * 5, "summary.first_date: not a date in 5 of 5 rows (e.g. 20260101)"),
        ("summary", "first_date", pd.date_range("2026-01-01 08:00", periods=5), "not a date without time of day in 5 of 5 rows"),
        ("summary", "first_date", pd.date_range("2026-01-01", periods=5, tz="UTC"), "times with a time zone"),
        ("transactions", "date", pd.date_range("2026-01-01", periods=5) + pd.Timedelta(1, "ns"), "not a time in whole microseconds"),
        ("transactions", "amount", [1.5] * 5, "transactions.amount: not a decimal of at most 14 digits and 4 decimals in 5 of 5 rows (e.g. 1.5)"),
        ("transactions", "amount", [Decimal("0.00001")] * 5, "not a decimal"),
        ("transactions", "amount", [Decimal(10) ** 14] * 5, "not a decimal"),
        ("transactions", "amount", [Decimal("Infinity")] * 5, "not a decimal"),
    ],
)  # fmt: skip
def test_a_wrong_value(table: str, column: str, values: Any, sentence: str) -> None:
    [found] = told(table, frame_of(table).assign(**{column: values}))
    assert sentence in found


def test_a_repeated_key_of_two_columns_is_one_problem() -> None:
    frame = frame_of("transactions").assign(source="a.csv", row=[1, 1, 2, 3, 3])
    [found] = told("transactions", frame)
    assert "the key (source, row) is repeated in 2 of 5 rows (e.g. a.csv, 1)" in found


def test_all_breaches_at_once() -> None:
    frame = frame_of("rfm").assign(
        customer_id=list("aabcd"), r_score=9, f_score=["x"] * 5, total_spend=np.inf, n_orders=0
    )
    found = told("rfm", frame)
    assert [f.split(":")[0] for f in found] == [
        "KH-T01 rfm.f_score", "KH-T01 rfm.n_orders", "KH-T01 rfm.total_spend",
        "KH-T01 rfm.r_score", "KH-T01 rfm",
    ]  # fmt: skip


def test_a_table_not_written_yet_names_its_notebook(tmp_path: Path) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    with pytest.raises(KehuError, match=r"KH-T02 demo/2026Q3: table value: .*25_score writes it"):
        run.read("value")
    with pytest.raises(KehuError, match="KH-T02"):
        run.read("../../secret")
    assert not run.has("value")


def test_a_damaged_table_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    run.write("rfm", frame_of("rfm"))
    path = run.table_path("rfm")
    for data in (b"", b"PAR1", path.read_bytes()[:-200], b"x" * 1000):
        path.write_bytes(data)
        with pytest.raises(KehuError, match=r"KH-T01 demo/2026Q3: table rfm: cannot be read"):
            run.read("rfm")
        with pytest.raises(KehuError, match=r"KH-T01 demo/2026Q3: table rfm: cannot be read"):
            run.rows("rfm")


# --- the same promises inside the engine ------------------------------------------------------


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return engine.connect(Run(tmp_path_factory.mktemp("engine") / "demo" / "2026Q3"))


def in_engine(name: str, frame: pd.DataFrame) -> ibis.Table:
    schema = {c: _IBIS[tables.column(c).type] for c in frame.columns}
    return ibis.memtable(frame, schema=ibis.schema(schema))


_IBIS = {"text": "string", "int": "int64", "float": "float64", "bool": "boolean", "date": "date",
         "time": "timestamp", "money": "decimal(18, 4)"}  # fmt: skip


@pytest.mark.parametrize("name", tables.names())
def test_the_engine_writes_what_pandas_writes(tmp_path: Path, backend: Any, name: str) -> None:
    by_engine, by_pandas = (Run(tmp_path / way / "2026Q3") for way in ("engine", "pandas"))
    frame = frame_of(name)
    engine.write_table(by_engine, backend, name, in_engine(name, frame.iloc[::-1]))
    by_pandas.write(name, frame)
    pd.testing.assert_frame_equal(by_engine.read(name), by_pandas.read(name))
    stored = pq.read_schema(by_engine.table_path(name))
    assert stored.equals(tables.contract(name).arrow_schema())


def test_the_engine_writes_the_same_bytes_whatever_the_order(tmp_path: Path, backend: Any) -> None:
    many = pd.DataFrame({"i": range(250_000)})
    digests = set()
    for folder, rows in (("a", many), ("b", many.iloc[::-1])):
        t = ibis.memtable(rows)
        table = t.select(
            customer_id=t.i.cast("string").lpad(7, "0"), days_since_last=t.i % 400,
            n_orders=t.i % 7 + 1, total_spend=t.i / 7, r_score=t.i % 5 + 1, f_score=t.i % 5 + 1,
            m_score=t.i % 5 + 1, rfm_score=(t.i % 5 + 1).cast("float64"),
        )  # fmt: skip
        run = Run(tmp_path / folder / "2026Q3")
        engine.write_table(run, backend, "rfm", table)
        digests.add(hashlib.sha256(run.table_path("rfm").read_bytes()).hexdigest())
    assert len(digests) == 1
    assert run.rows("rfm") == 250_000


@pytest.mark.parametrize(
    ("table", "change", "sentence"),
    [
        ("rfm", {"r_score": [9, 1, 2, 3, 7]}, "rfm.r_score: above 5 in 2 of 5 rows (e.g. 7)"),
        ("rfm", {"n_orders": [0, 1, 2, 3, 4]}, "rfm.n_orders: below 1 in 1 of 5 rows (e.g. 0)"),
        ("rfm", {"r_score": [1, 2, 3, 4, None]}, "rfm.r_score: blank in 1 of 5 rows."),
        ("rfm", {"total_spend": [1.0, 2, 3, 4, np.inf]}, "rfm.total_spend: not finite in 1 of 5"),
        ("rfm", {"customer_id": list("aabcc")}, "rfm: the key (customer_id) is repeated in 2 of 5"),
        ("segments", {"tier": ["top", "Top", "x", "top", "top"]}, "none of top, potential, long_tail in 2 of 5 rows (e.g. Top)"),
    ],
)  # fmt: skip
def test_the_engine_refuses_rows(
    tmp_path: Path, backend: Any, table: str, change: dict[str, Any], sentence: str
) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    with pytest.raises(KehuError) as error:
        engine.write_table(run, backend, table, in_engine(table, frame_of(table).assign(**change)))
    [problem] = error.value.problems
    assert problem.code == "KH-T01"
    assert sentence in str(problem)
    assert not run.has(table)


def test_the_engine_refuses_columns_and_types(tmp_path: Path, backend: Any) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    good = in_engine("rfm", frame_of("rfm"))
    wrong = good.mutate(
        customer_id=good.n_orders, r_score=good.r_score.cast("string"), n_orders=good.total_spend
    )
    cases = {
        "lacks the columns r_score": good.drop("r_score"),
        "has columns outside its contract: extra": good.mutate(extra=1),
        "rfm.customer_id: must hold text, and holds int64": wrong,
        "rfm.r_score: must hold int, and holds string": wrong,
        "rfm.n_orders: must hold int, and holds float64": wrong,
    }
    for sentence, table in cases.items():
        with pytest.raises(KehuError, match="KH-T01") as error:
            engine.write_table(run, backend, "rfm", table)
        assert sentence in str(error.value)
    assert not run.has("rfm")


def test_the_engine_refuses_money_that_does_not_fit(tmp_path: Path, backend: Any) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    good = in_engine("transactions", frame_of("transactions"))
    huge = good.mutate(amount=ibis.literal("123456789012345678.5").cast("decimal(38, 4)"))
    with pytest.raises(KehuError, match=r"KH-T01 transactions: does not fit its types"):
        engine.write_table(run, backend, "transactions", huge)
    assert list(run.folder.rglob("*.part")) == []


def test_the_engine_takes_blank_columns(tmp_path: Path, backend: Any) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    table = in_engine("transactions", frame_of("transactions"))
    engine.write_table(run, backend, "transactions", table.mutate(channel=ibis.null()))
    assert run.read("transactions")["channel"].isna().all()
