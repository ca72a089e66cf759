"""Whoever runs a notebook, wrong parameters stop it in its first call, told in sentences."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import kehu
from kehu.errors import CODES, KehuError
from kehu.notebook import REQUIRED
from kehu.store import PROJECT


@pytest.fixture(autouse=True)
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEHU_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setattr("kehu.cases.demo_shop.ensure", lambda folder: False)
    return tmp_path / "reports"


def namespace(**more: Any) -> dict[str, Any]:
    """Return what `globals()` holds after the parameters cell of 20_value."""
    return {
        "client": "demo", "period": "2026Q3", "languages": ["zh", "en"], "currency": "CNY",
        "analysis_date": "2026-09-30", "time_unit": "week", "horizon": 52, "discount_rate": 0.1,
        "calibration_end": None, "rfm_cuts": None, "kehu": kehu, "In": ["", "import kehu"], **more,
    }  # fmt: skip


def refused(**more: Any) -> list[str]:
    with pytest.raises(KehuError) as error:
        kehu.begin("20_value", namespace(**more))
    assert error.value.is_usage
    return [str(p) for p in error.value.problems]


def injected(source: str, **values: Any) -> dict[str, Any]:
    """Return what papermill's cell adds to the namespace."""
    return {"In": ["", "horizon = 52", f"# Parameters\n{source}\n", "import kehu"], **values}


def test_a_session_opens_without_touching_the_disk(reports: Path) -> None:
    run = kehu.begin("20_value", namespace())
    assert run.folder == reports / "demo" / "2026Q3"
    assert (run.name, run.stage) == ("demo/2026Q3", "20_value")
    assert run.languages == ("zh", "en")
    assert [say.language for say in run.translators()] == ["zh", "en"]
    assert run.params_dir == PROJECT / "params"
    assert run.resolve("../data/x.csv") == PROJECT / "data" / "x.csv"
    assert not reports.exists()
    run.save(n=1)
    assert run.facts() == {"value.n": 1}


def test_a_misspelt_injected_name() -> None:
    found = refused(**injected("horizn = 26", horizn=26))
    assert found == [
        "KH-P02 20_value.ipynb: unknown parameter `horizn`. Did you mean `horizon`? Known here: "
        + found[0].partition("Known here: ")[2]
    ]


def test_names_of_the_notebook_itself_are_no_parameters() -> None:
    kehu.begin("20_value", namespace(lines=1, horizn=26, _i="x"))
    kehu.begin("20_value", namespace(**injected("horizon = 26", horizon=26)))


def test_a_list_with_inner_names_injects_one_name() -> None:
    source = "abc_cuts = [0.7, 0.9]\nrfm_cuts = {'recency': [x for x in range(4)]}"
    kehu.begin("20_value", namespace(**injected(source, abc_cuts=[0.7, 0.9])))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"horizon": "52"}, "KH-P04 20_value.ipynb: `horizon` must be a whole number, and is text `52`"),
        ({"horizon": 12.5}, "KH-P04 20_value.ipynb: `horizon` must be a whole number, and is a number"),
        ({"horizon": True}, "`horizon` must be a whole number, and is true/false `True`"),
        ({"horizon": -1}, "KH-P05 20_value.ipynb: `horizon: -1` is not allowed: it must be at least 1"),
        ({"client": 7}, 'KH-P04 20_value.ipynb: `client` must be text, and is a number `7`. Put it in quotes: "7"'),
        ({"client": None}, "`client` must be text, and is empty."),
        ({"client": "../../x"}, "KH-P05 20_value.ipynb: `client: ../../x` is not allowed"),
        ({"languages": "zh"}, "`languages` must be a list, and is text `zh`. Write a list: [zh]."),
        ({"languages": ["zh", "de"]}, "`languages[2]: de` is not allowed: use one of zh, zh-Hant, en."),
        ({"analysis_date": "today"}, "`analysis_date: today` is not allowed: write a date as"),
        ({"params_dir": 3}, "`params_dir` must be text, and is a number `3`."),
        ({"calibration_end": "2026-09-30"}, "KH-P06 20_value.ipynb: `calibration_end` must be before `analysis_date`."),
        ({"rfm_cuts": {"recency": [1, 2, 3]}}, "`rfm_cuts.recency: ` is not allowed: it has 3 values and needs at least 4."),
        ({"sources": {"transactions": [{"path": "x.csv", "columns": {"customer_id": "a", "date": "b"}}]}}, "KH-P06 20_value.ipynb: `columns` of transactions: give `amount`, or both"),
    ],
    ids=ascii,
)  # fmt: skip
def test_wrong_values(values: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(**values)[0]


def test_all_problems_at_once() -> None:
    found = refused(**injected("horizn = 26", horizn=26), client=7, currency="RMB",
                    calibration_end="2027-01-01")  # fmt: skip
    assert sorted(f[:6] for f in found) == ["KH-P02", "KH-P04", "KH-P05", "KH-P06"]


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_names(name: str) -> None:
    values = namespace()
    del values[name]
    with pytest.raises(
        KehuError, match=rf"^KH-P03 20_value\.ipynb: `{name}` is missing\. It means"
    ):
        kehu.begin("20_value", values)


def test_sources_left_empty_stand_for_those_of_the_params_file() -> None:
    run = kehu.begin("10_prepare", namespace(sources={}))
    assert run.sources({})["transactions"][0]["path"].endswith("orders_2023_2024.csv")
    assert run.sources({"transactions": []}) == {"transactions": []}


def test_in_a_notebook_the_sentences_stand_alone(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.run_cell("horizon = '52'; client = 'demo'; period = '2026Q3'; languages = ['zh']")
    shell.run_cell("currency = 'RMB'; analysis_date = '2026-09-30'")
    capsys.readouterr()
    result = shell.run_cell("import kehu\nrun = kehu.begin('20_value', globals())")
    assert isinstance(result.error_in_exec, KehuError)
    printed = capsys.readouterr()
    lines = [line for line in (printed.out + printed.err).splitlines() if line.strip()]
    assert [re.sub(r" .*", "", line) for line in lines] == ["KH-P05", "KH-P04"]
    assert "Traceback" not in printed.out + printed.err


# --- codes ------------------------------------------------------------------------------------


def test_every_code_is_defined_and_used() -> None:
    files = [p for p in (PROJECT / "lib" / "kehu").rglob("*.py") if p.name != "errors.py"]
    text = "\n".join(p.read_text(encoding="utf-8") for p in files)
    used = set(re.findall(r"Problem\(\s*\"(KH-[A-Z]\d\d)\"", text))
    named = set(re.findall(r"KH-[A-Z]\d\d", text))
    assert named <= set(CODES), "used and not defined"
    assert set(CODES) <= named, "defined and not used"
    assert len(used) > 15
