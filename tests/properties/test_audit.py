"""The audit: what to mend first, and what moved since the period before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import called

from kehu.errors import KehuError
from kehu.prepare import audit
from kehu.store import Run

LEDGER = ["table", "source", "step", "rule", "rows_quarantined", "amount_removed"]
MEASURES = [("transactions", f"c{i}", "validity") for i in range(6)]


def measures(shares: list[float], first: int = 0) -> pd.DataFrame:
    keys = MEASURES[first : first + len(shares)]
    shares = shares[: len(keys)]
    rows = [
        (*key, round(1000 * s), 1000, round(1000 * s) / 1000)
        for key, s in zip(keys, shares, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*audit.KEY, "passed", "rows", "share"])


def books(*lines: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame([(t, "f", i, *rest) for i, (t, *rest) in enumerate(lines)], columns=LEDGER)


def moved(now: pd.DataFrame, before: pd.DataFrame | None) -> dict[str, Any]:
    return audit.facts(audit.compared(now, before), before, books(), 1.0)


def mend(gross: float, *lines: tuple[Any, ...]) -> dict[str, Any]:
    return audit.facts(audit.compared(measures([1.0]), None), None, books(*lines), gross)


def test_the_rule_with_most_money_behind_it_comes_first() -> None:
    told = mend(
        160.0,
        ("transactions", "unreadable_date", 900, 10.0),
        ("transactions", "missing_customer", 3, 40.0),
        ("transactions", "refund", 5000, 9e9),
        ("costs", "unreadable_amount", 4, 1e6),
    )
    assert (told["mend"], told["mend_rule"]) == ("money", "missing_customer")
    assert (told["mend_rows"], told["mend_amount"]) == (3, 40)
    assert told["mend_share"] == pytest.approx(0.2)


def test_money_of_one_rule_is_that_of_all_files() -> None:
    lines = [("transactions", "missing_customer", 1, 15.0)] * 3
    told = mend(1.0, *lines, ("transactions", "unreadable_date", 1, 40.0))
    assert told["mend_rule"] == "missing_customer"
    assert (told["mend_rows"], told["mend_amount"]) == (3, 45)


def test_without_money_rows_decide_and_without_rows_nothing() -> None:
    told = mend(1.0, ("surveys", "out_of_scale", 4, None), ("costs", "missing_cost", 9, 5.0))
    assert (told["mend"], told["mend_table"], told["mend_rows"]) == ("rows", "costs", 9)
    assert mend(1.0, ("surveys", "blank_row", 4, None)) == {"mend": "nothing", "has_before": "no"}


def test_no_earlier_period_is_said() -> None:
    assert moved(measures([0.5]), None)["has_before"] == "no"
    assert audit.compared(measures([0.5]), None)["share_before"].isna().all()


def test_what_rose_fell_came_and_went() -> None:
    told = moved(measures([0.9, 0.8, 0.7, 1.0]), measures([0.8, 0.9, 0.705, 0.6, 0.5], first=0))
    assert (told["n_better"], told["n_worse"], told["n_new"], told["n_gone"]) == (2, 2, 0, 1)
    assert (told["fall_from"], told["fall_to"]) == (0.9, 0.8)
    told = moved(measures([0.9, 0.8], first=1), measures([0.9, 0.9]))
    assert (told["has_before"], told["n_new"], told["n_gone"]) == ("no_worse", 1, 1)


@given(
    now=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    before=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    first=st.integers(0, 5),
)
def test_every_measure_of_either_period_is_counted_once(
    now: list[float], before: list[float], first: int
) -> None:
    mine, old = measures(now), measures(before, first)
    compared = audit.compared(mine, old)
    assert compared[mine.columns].equals(mine)
    told = moved(mine, old)
    both = compared["share_before"].notna().sum()
    assert told["n_better"] + told["n_worse"] <= both
    assert both + told["n_new"] == len(mine)
    assert both + told["n_gone"] == len(old)


def test_a_previous_run_that_is_not_there_stops_with_a_sentence(tmp_path: Path) -> None:
    run = Run(tmp_path / "acme" / "2026Q3")
    assert audit.before(run, None) is None
    with pytest.raises(KehuError, match=r"KH-R02 acme/2026Q2: .*Run 2026Q2 first"):
        audit.before(run, "2026Q2")


def test_the_check_finds_it_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("id,day,sum\n1,2026-01-02,10.00\n", "utf-8")
    params = tmp_path / "acme.yml"
    params.write_text(
        "client: acme\ntitle: {zh: 甲, en: A}\ncurrency: CNY\nperiod: 2026Q3\nprevious: 2026Q2\n"
        'analysis_date: "2026-09-30"\nsources:\n  transactions:\n    - path: o.csv\n'
        "      columns: {customer_id: id, date: day, amount: sum}\n",
        "utf-8",
    )
    done = called("check", str(params), reports=tmp_path / "reports")
    assert done.exit_code == 1
    assert "KH-R02 acme/2026Q2" in done.output
