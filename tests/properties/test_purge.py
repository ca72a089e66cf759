"""Retention: a client's runs go whole, nobody else's, and only when asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import called

from kehu.run import lock


def made(reports: Path, *runs: str) -> None:
    for run in runs:
        folder = reports / run
        (folder / "tables").mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", "ascii")
        (folder / "tables" / "value.parquet").write_bytes(b"12345678")
        (folder / ".half.part").write_bytes(b"")


def left(reports: Path) -> set[str]:
    return {p.relative_to(reports).as_posix() for p in reports.glob("*/*") if p.is_dir()}


def test_all_runs_of_one_client_go_and_what_went_is_told(tmp_path: Path) -> None:
    made(tmp_path, "acme/2026Q2", "acme/2026Q3", "other/2026Q3")
    done = called("purge", "acme", "--yes", reports=tmp_path)
    assert done.exit_code == 0
    assert "acme/2026Q2: 3 files" in done.output
    assert "Deleted: 2 runs, 6 files." in done.output
    assert left(tmp_path) == {"other/2026Q3"}
    assert not (tmp_path / "acme").exists()


def test_one_period_only(tmp_path: Path) -> None:
    made(tmp_path, "acme/2026Q2", "acme/2026Q3")
    assert called("purge", "acme", "--period", "2026Q2", "--yes", reports=tmp_path).exit_code == 0
    assert left(tmp_path) == {"acme/2026Q3"}


def test_nothing_goes_without_a_yes(tmp_path: Path) -> None:
    made(tmp_path, "acme/2026Q3")
    assert called("purge", "acme", reports=tmp_path).exit_code == 1
    assert left(tmp_path) == {"acme/2026Q3"}


def test_nothing_goes_while_one_run_is_being_written(tmp_path: Path) -> None:
    made(tmp_path, "acme/2026Q2", "acme/2026Q3")
    with lock.locked(tmp_path / "acme" / "2026Q3"):
        done = called("purge", "acme", "--yes", reports=tmp_path)
    assert done.exit_code == 1
    assert "KH-S02" in done.output
    assert (tmp_path / "acme" / "2026Q2" / "tables" / "value.parquet").is_file()


@pytest.mark.parametrize(
    ("client", "code"), [("nobody", "KH-R02"), ("..", "KH-S03"), ("a/b", "KH-S03"), ("", "KH-S03")]
)
def test_a_wrong_name_is_refused_in_a_sentence(tmp_path: Path, client: str, code: str) -> None:
    made(tmp_path, "acme/2026Q3")
    done = called("purge", client, "--yes", reports=tmp_path)
    assert done.exit_code == 1
    assert code in done.output
    assert left(tmp_path) == {"acme/2026Q3"}


@pytest.mark.parametrize("place", ["acme", "acme/2026Q3"])
def test_a_link_to_another_place_is_not_followed(tmp_path: Path, place: str) -> None:
    reports, elsewhere = tmp_path / "reports", tmp_path / "elsewhere"
    made(elsewhere, "2026Q3" if place == "acme" else "")
    (reports / place).parent.mkdir(parents=True)
    try:
        (reports / place).symlink_to(elsewhere, target_is_directory=True)
    except OSError as error:
        pytest.skip(f"no links here: {error}")
    done = called("purge", "acme", "--yes", reports=reports)
    assert done.exit_code == 1
    assert "KH-S03" in done.output
    assert list(elsewhere.rglob("value.parquet"))
