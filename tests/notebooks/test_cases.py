"""The published figures, from the client's file to the run's tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.conftest import kehu

from kehu.params_check import load_params
from kehu.store import PROJECT, Run

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, shared_data: Path):
    """Run a case once, with the public data in the tests' own folder."""
    reports, made = tmp_path_factory.mktemp("cases"), {}

    def run(name: str) -> Run:
        if name not in made:
            params = PROJECT / "params" / "cases" / f"{name}.yml"
            done = kehu("run", str(params), reports=reports, KEHU_SHARED_DATA=str(shared_data))
            assert done.returncode == 0, done.stderr
            made[name] = reports / load_params(params).params.run_name
        return Run(made[name])

    return run


@pytest.mark.slow
def test_cdnow_gives_the_published_models_and_hold_out(runs) -> None:
    run = runs("cdnow")
    rows = pd.read_csv(REFERENCE / "cdnow_run.csv", dtype={"value": str})
    facts, table = run.facts(), run.read("backtest")
    for row in rows.itertuples():
        kind, _, name = row.quantity.partition(":")
        if kind == "fact":
            found = facts[name]
        else:
            bucket, _, column = name.partition(".")
            found = table[(table["kind"] == kind) & (table["bucket"] == bucket)][column].iloc[0]
        assert found == pytest.approx(float(row.value), abs=0.5 * 10**-row.digits), row.quantity
    assert facts["value.verdict"] == "A"


@pytest.mark.slow
def test_online_retail_gives_the_published_clean_set(runs) -> None:
    run = runs("online_retail")
    lines, facts, ledger = run.read("transactions"), run.facts(), run.read("ledger")
    assert len(lines) == 397_884
    assert lines["customer_id"].nunique() == 4_338
    assert lines["order_id"].nunique() == 18_532
    assert float(lines["amount"].sum()) == pytest.approx(8_911_407.90, abs=0.005)
    out = ledger[["rows_kept", "rows_merged", "rows_quarantined"]].sum(axis=1)
    assert (ledger["rows_in"] == out).all()
    taken = ledger.set_index("rule")["rows_quarantined"]
    assert taken["missing_customer"] == 135_080
    assert facts["prepare.rows_in"] == 541_909
    models = run.read("models").set_index("candidate")
    assert models.loc["bgnbd", ["verdict", "why"]].tolist() == ["C", "fit_unusable"]
    assert models.index[models["chosen"]].tolist() == ["lookup"]
    assert facts["value.verdict"] == "B"
    assert facts["value.rating_identified"] == "red"
