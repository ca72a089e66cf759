"""What a consultant sees when something is wrong: a sentence, an exit code, no half file."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from tests.conftest import called, kehu

from kehu.store import PROJECT, Run

HEADER = "会员号,下单时间,订单号,实付金额\n"
GOOD = "".join(f"{c},2026-0{m}-1{c},{c}{m},{m}0.5\n" for c in range(1, 7) for m in range(1, 9))
PARAMS = """
client: acme
title: {{zh: 甲公司, en: Acme}}
currency: CNY
period: 2026Q3
analysis_date: "2026-09-30"
sources:
  transactions:
    - path: {path}
      columns: {{customer_id: 会员号, date: 下单时间, order_id: 订单号, amount: 实付金额}}
{more}
"""


@pytest.fixture
def client(tmp_path: Path):
    """A client's folder: write the orders and the params, call the kit, give back what it said."""

    def call(
        orders: str | bytes = HEADER + GOOD,
        path: str = "orders.csv",
        more: str = "",
        old: str = "",
        new: str = "",
        command: str = "run",
        arguments: tuple[str, ...] = (),
    ):
        file = tmp_path / "orders.csv"
        file.write_bytes(orders if isinstance(orders, bytes) else orders.encode())
        text = PARAMS.format(path=path, more=more).replace(old, new)
        (tmp_path / "acme.yml").write_text(text, encoding="utf-8")
        params = str(tmp_path / "acme.yml")
        return called(command, params, *arguments, reports=tmp_path / "reports")

    return call


WRONG = {
    "unknown parameter": ({"more": "colour: red"}, 2, "KH-P02", "unknown parameter `colour`"),
    "misspelt parameter": ({"more": "horizn: 26"}, 2, "KH-P02", "Did you mean `horizon`?"),
    "wrong type": ({"more": 'horizon: "52"'}, 2, "KH-P04", "must be a whole number"),
    "hostile client": ({"old": ": acme", "new": ": ../../x"}, 2, "KH-P05", "../../x"),
    "missing file": ({"path": "order.csv"}, 1, "KH-D01", "orders.csv"),
    "missing column": ({"orders": HEADER.replace("会员号", "会员") + GOOD}, 1, "KH-D04", "会员"),
    "not what its name says": ({"orders": b"PK\x03\x04" + bytes(80)}, 1, "KH-D03", "orders.csv"),
    "empty file": ({"orders": ""}, 1, "KH-D02", "orders.csv"),
    "own playbook missing": ({"more": "playbook: mine.yml"}, 2, "KH-P01", "mine.yml"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_found_before_anything_runs(client, tmp_path: Path, name: str) -> None:
    given, code, error, words = WRONG[name]
    done = client(**given)
    assert done.exit_code == code, done.stderr
    assert error in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports").exists(), "something was written"


FOUND_WHILE_READING = {
    "all rows invalid": (HEADER + ",2026-01-01,1,5\n" * 9, "KH-D07"),
    "a date that cannot be read": (HEADER + GOOD + "7,soon,71,5\n", "KH-D09"),
    "an amount that cannot be read": (HEADER + GOOD + "7,2026-01-01,71,much\n", "KH-D10"),
    "dates of two readings": (HEADER + "1,05/06/2026,1,5\n2,07/08/2026,2,6\n", "KH-D06"),
}


@pytest.mark.parametrize("name", FOUND_WHILE_READING)
def test_a_stage_that_stops_is_kept_with_its_error(client, tmp_path: Path, name: str) -> None:
    orders, error = FOUND_WHILE_READING[name]
    done = client(orders)
    run = tmp_path / "reports" / "acme" / "2026Q3"
    assert done.exit_code == 1
    assert error in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    kept = nbformat.read(run / "notebooks" / "10_prepare.ipynb", as_version=4)
    assert any(o.output_type == "error" for c in kept.cells for o in c.get("outputs", []))
    page = (run / "FAILED.html").read_text(encoding="utf-8")
    assert error in page
    assert not (run / "manifest.json").exists()
    assert not list(run.glob("report-*"))
    assert not list(run.glob(".*"))


@pytest.mark.slow
def test_debug_tells_the_whole_story(client) -> None:
    done = client(FOUND_WHILE_READING["all rows invalid"][0], arguments=("--debug", "--cold"))
    assert "KH-D07" in done.stderr
    assert "Traceback" in done.stderr


def test_check_runs_nothing(client, tmp_path: Path) -> None:
    done = client(command="check")
    assert done.exit_code == 0, done.stderr
    assert "no problem found" in done.stdout
    assert not (tmp_path / "reports").exists()


@pytest.mark.slow
def test_one_customer_gets_a_report_without_a_forecast_that_says_why(client, tmp_path) -> None:
    """No table, figure or sentence may need more than one customer."""
    done = client(HEADER + GOOD[: GOOD.index("2,")])
    assert done.exit_code == 0, done.stderr
    run = tmp_path / "reports" / "acme" / "2026Q3"
    page = (run / "report-zh.html").read_text(encoding="utf-8")
    assert "本期不作预测" in page
    assert "数据还不足以作预测" in page
    facts = Run(run).facts()
    told = [facts[f"value.{name}"] for name in ("method", "method_reason", "usable", "n_customers")]
    assert told == ["past", "not_enough_data", "no", 1]


def test_render_needs_a_finished_run(tmp_path: Path) -> None:
    done = called("render", "acme/2026Q3", reports=tmp_path)
    assert done.exit_code == 1
    assert "KH-R02" in done.stderr


def test_import_prints_nothing_and_help_names_every_command(tmp_path: Path) -> None:
    done = kehu("--help", reports=tmp_path)  # in a process of its own
    for command in ("run", "check", "render", "demo", "init", "params", "lab"):
        assert command in done.stdout
    assert done.stderr == ""


def test_params_lists_every_parameter_in_both_languages(tmp_path: Path) -> None:
    done = called("params", reports=tmp_path)
    assert "horizon" in done.stdout
    assert "discount_rate" in done.stdout
    assert "每年" in done.stdout or "年" in done.stdout


def test_init_writes_params_that_pass_the_check(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + GOOD, encoding="gb18030")
    target = tmp_path / "acme.yml"
    first = called("init", str(orders), "--client", "acme", "--to", str(target), reports=tmp_path)
    assert first.exit_code == 0, first.stderr
    written = target.read_text(encoding="utf-8")
    assert 'customer_id: "会员号"' in written
    assert 'analysis_date: "2026-08-16"' in written
    assert called("check", str(target), reports=tmp_path).exit_code == 0
    again = called("init", str(orders), "--client", "acme", "--to", str(target), reports=tmp_path)
    assert again.exit_code == 1
    assert "KH-S01" in again.stderr
    assert target.read_text(encoding="utf-8") == written


def test_init_finds_the_last_day_of_files_in_different_folders(tmp_path: Path) -> None:
    for name, line in (("a", "1,2026-01-01,x,5\n"), ("b", "2,2026-08-20,y,6\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.csv").write_text(HEADER + GOOD + line, encoding="utf-8")
    files = [str(tmp_path / n / f"{n}.csv") for n in "ab"]
    target = tmp_path / "acme.yml"
    done = called("init", *files, "--client", "acme", "--to", str(target), reports=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert 'analysis_date: "2026-08-20"' in target.read_text(encoding="utf-8")


def test_init_says_why_it_found_no_last_day(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(HEADER + "1,05/06/2026,1,5\n2,07/08/2026,2,6\n", encoding="utf-8")
    target = tmp_path / "acme.yml"
    done = called("init", str(orders), "--client", "acme", "--to", str(target), reports=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert "the last day could not be found: KH-D06" in done.stdout
    assert 'analysis_date: "?"' in target.read_text(encoding="utf-8")


def test_the_kit_runs_from_any_folder(tmp_path: Path) -> None:
    done = called("check", str(PROJECT / "params" / "demo.yml"), reports=tmp_path)
    assert done.exit_code in (0, 1)
    assert "Traceback" not in done.stderr
