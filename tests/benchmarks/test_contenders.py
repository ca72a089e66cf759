"""The kit's own contenders still run and find the right thing; nobody is timed here."""

from pathlib import Path

import pytest

from tests.benchmarks import peers
from tests.benchmarks.population import END, TRUTH, histories, write_transactions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lines") / "transactions.parquet"
    assert write_transactions(path, 1_000) > 15_000
    return path


def test_the_summary_is_that_of_a_statement_by_hand(lines) -> None:
    own = peers.run("summary_kehu", lines, END, "drop", 1)["found"]
    by_hand = peers.run("summary_duckdb", lines, END, 1)["found"]
    pandas = peers.run("summary_pandas", lines, END)["found"]
    assert own["customers"] == by_hand["customers"] == 1_000
    for figure, value in own.items():
        assert by_hand[figure] == pytest.approx(value, rel=1e-12)
        assert pandas[figure] == pytest.approx(value, rel=1e-12)


def test_the_value_stage_runs_to_its_end(lines) -> None:
    run = peers.run("scale_kehu", lines, END, 1, "bgnbd")
    assert {"summary", "hold-out", "RFM, k-means", "measures and facts"} <= set(run["steps"])
    assert 950 < run["found"]["customers"] <= 1_000
    assert run["found"]["clv"] > 0


@pytest.mark.parametrize("family", ["bgnbd", "paretonbd"])
def test_lifetime_value_is_fitted_and_scored(family, tmp_path) -> None:
    path = tmp_path / "histories.parquet"
    histories(20_000, "two years").to_parquet(path)
    found = peers.run("clv_kehu", path, family, 52, 0.1)["found"]
    assert 0 < found["alive"] < 1
    for letter in ("r", "alpha", "a", "b", "p", "q", "gamma") if family == "bgnbd" else ():
        assert found[letter] == pytest.approx(TRUTH[letter], rel=0.15)
