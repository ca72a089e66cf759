"""The engine touches the run's folder and its sources, and nothing else."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from kehu import engine
from kehu.errors import KehuError
from kehu.store import Run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client's folder with one source that is given and one that is not, and a run."""
    place = tmp_path_factory.mktemp("place")
    run = place / "reports" / "demo" / "2026Q3"
    for folder in (place / "raw", run, place / "reports" / "demo" / "2026Q3-old"):
        folder.mkdir(parents=True)
        (folder / "orders.csv").write_text("a,b\n1,2\n")
        (folder / "other.csv").write_text("a,b\n3,4\n")
    (run / "link.csv").symlink_to(place / "raw" / "other.csv")
    (run / "door").symlink_to(place / "raw")
    return place


@pytest.fixture(scope="module")
def backend(place: Path) -> Any:
    run = Run(place / "reports" / "demo" / "2026Q3")
    return engine.connect(run, [place / "raw" / "orders.csv"], memory_gb=0.5)


ESCAPES = {
    "another file beside the source": "FROM read_csv('{raw}/other.csv')",
    "all files beside the source": "FROM read_csv('{raw}/*.csv')",
    "the system's users": "FROM read_text('/etc/passwd')",
    "the environment": "FROM read_blob('/proc/self/environ')",
    "standard input": "FROM read_csv('/dev/stdin')",
    "listing": "FROM glob('/etc/*')",
    "sniffing": "FROM sniff_csv('/etc/passwd')",
    "parent folder": "FROM read_csv('{run}/../../../raw/other.csv')",
    "sibling with the same beginning": "FROM read_csv('{run}-old/orders.csv')",
    "a link to a file": "FROM read_csv('{run}/link.csv')",
    "a link to a folder": "FROM read_csv('{run}/door/other.csv')",
    "http": "FROM read_csv('http://{server}/x.csv')",
    "https": "FROM read_parquet('https://{server}/x.parquet')",
    "s3": "FROM read_parquet('s3://bucket/x.parquet')",
    "write beside the source": "COPY (SELECT 1) TO '{raw}/out.csv'",
    "overwrite the source's folder": "COPY (SELECT 1 a, 2 b) TO '{raw}' (PARTITION_BY (a))",
    "write to the reports": "COPY (SELECT 1) TO '{run}/../out.csv'",
    "attach outside": "ATTACH '{raw}/x.db'",
    "attach over the network": "ATTACH 'http://{server}/x.db'",
    "export": "EXPORT DATABASE '{raw}/all'",
    "import": "IMPORT DATABASE '{raw}/all'",
    "install": "INSTALL httpfs",
    "install from elsewhere": "INSTALL httpfs FROM 'http://{server}'",
    "load": "LOAD httpfs",
    "load a file": "LOAD '{raw}/evil.duckdb_extension'",
    "secret": "CREATE PERSISTENT SECRET s (TYPE s3)",
    "access": "SET enable_external_access = true",
    "folders": "SET allowed_directories = ['/']",
    "paths": "SET allowed_paths = ['/etc/passwd']",
    "unlock": "SET lock_configuration = false",
    "memory": "SET memory_limit = '64GB'",
    "memory by pragma": "PRAGMA memory_limit = '64GB'",
    "temporary files": "SET temp_directory = '/tmp'",
    "temporary files reset": "RESET temp_directory",
    "home": "SET home_directory = '{raw}'",
    "search path": "SET file_search_path = '/etc'",
    "community": "SET allow_community_extensions = true",
    "unsigned": "SET allow_unsigned_extensions = true",
    "log to a file": "SET log_query_path = '{raw}/log.txt'",
}


@pytest.fixture(scope="module")
def server() -> Any:
    """A server on this machine that counts who calls."""
    calls: list[Any] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    ended = threading.Event()

    def count() -> None:
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            calls.append(connection.recv(100))
            connection.close()

    thread = threading.Thread(target=count)
    thread.start()
    yield f"127.0.0.1:{listening.getsockname()[1]}", calls
    ended.set()
    thread.join()
    listening.close()


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_way_out(place: Path, backend: Any, server: Any, escape: str) -> None:
    address, calls = server
    run = place / "reports" / "demo" / "2026Q3"
    before = sorted(p for p in place.rglob("*") if run not in p.parents)
    sql = ESCAPES[escape].format(raw=place / "raw", run=run, server=address)
    with pytest.raises(
        duckdb.Error, match=r"(?i)permission|cannot change|disabled|requires the extension"
    ):
        backend.raw_sql(sql).fetchall()
    assert sorted(p for p in place.rglob("*") if run not in p.parents) == before
    assert calls == []


def test_what_is_given_works(place: Path, backend: Any) -> None:
    run = place / "reports" / "demo" / "2026Q3"
    assert backend.read_csv(place / "raw" / "orders.csv").execute()["a"].tolist() == [1]
    backend.raw_sql(f"COPY (SELECT 7 AS n) TO '{run}/n.parquet' (FORMAT parquet)")
    assert backend.read_parquet(run / "n.parquet").execute()["n"].tolist() == [7]


def test_the_scratch_folder_is_private(place: Path, backend: Any) -> None:
    run = Run(place / "reports" / "demo" / "2026Q3")
    assert run.scratch.stat().st_mode & 0o777 == 0o700
    run.scratch.chmod(0o755)
    assert run.scratch.stat().st_mode & 0o777 == 0o700
    [setting] = backend.raw_sql("SELECT current_setting('temp_directory')").fetchall()
    assert setting == (str(run.scratch),)


def test_spilled_data_lie_in_the_scratch_folder(place: Path) -> None:
    """A sort larger than the memory spills, and only there."""
    run = Run(place / "reports" / "demo" / "spill")
    backend = engine.connect(run, memory_gb=0.1)
    seen: set[Path] = set()
    backend.raw_sql("CREATE TABLE big AS SELECT hash(range)::VARCHAR AS x FROM range(4_000_000)")
    seen |= set(place.rglob("*duckdb_temp*"))
    backend.raw_sql("SELECT count(*) FROM (SELECT x FROM big ORDER BY x LIMIT 2_000_000)")
    seen |= set(place.rglob("*duckdb_temp*"))
    assert seen, "the test must spill to show anything"
    assert {p.parent for p in seen} == {run.folder / ".scratch"}


@pytest.mark.parametrize("name", ["it's.csv", 'a"b.csv', "a;b.csv", "客户 (1).csv", "a%20b.csv"])
def test_names_of_sources_are_no_commands(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a\n5\n")
    backend = engine.connect(Run(tmp_path / "demo's" / "2026Q3"), [tmp_path / name])
    assert backend.read_csv(tmp_path / name).execute()["a"].tolist() == [5]


def test_without_sources_nothing_but_the_run_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n5\n")
    backend = engine.connect(Run(tmp_path / "demo" / "2026Q3"))
    with pytest.raises(duckdb.PermissionException):
        backend.read_csv(tmp_path / "x.csv")


def test_tables_are_read_by_name(tmp_path: Path) -> None:
    run = Run(tmp_path / "demo" / "2026Q3")
    backend = engine.connect(run)
    with pytest.raises(KehuError, match="KH-T02"):
        engine.read_table(run, backend, "backtest")
    row = {
        "kind": "bucket",
        "bucket": "1",
        "customers": 2,
        "actual": 1.0,
        "model": None,
        "naive": 1.5,
    }
    run.write("backtest", pd.DataFrame([row | {"model_low": None, "model_high": None}]))
    assert engine.read_table(run, backend, "backtest").count().execute() == 1
