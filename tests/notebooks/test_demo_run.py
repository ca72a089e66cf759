"""The demo end to end: what a consultant hands over, and what proves it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pypdf
import pytest

from kehu import tables
from kehu.i18n import Translator
from kehu.run import plan
from kehu.store import PROJECT, Run

TRUTH = PROJECT / "data" / "raw" / "demo" / "truth" / "truth.json"
LANGUAGES = ("zh", "en")
NOT_GIVEN = {"payments", "holdings", "identity", "identity_links", "identity_review"}
"""Tables for which the demo shop has no source, or that it does not ask for."""

WRITTEN = [
    n for n in tables.names() if tables.contract(n).stage in plan.STAGES and n not in NOT_GIVEN
]


def html(run: Run, language: str) -> str:
    return (run.folder / f"report-{language}.html").read_text(encoding="utf-8")


def shown(run: Run, language: str) -> str:
    """The page's text, tags and images taken out."""
    page = re.sub(r"<(script|style).*?</\1>", "", html(run, language), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def pdf_text(run: Run, language: str) -> str:
    reader = pypdf.PdfReader(run.folder / f"report-{language}.pdf")
    return "\n".join(page.extract_text() for page in reader.pages)


def test_the_run_holds_what_is_handed_over_and_what_proves_it(demo_run: Run) -> None:
    names = {p.name for p in demo_run.folder.iterdir() if not p.name.startswith(".")}
    reports = {f"report-{lang}.{kind}" for lang in LANGUAGES for kind in ("html", "pdf")}
    proof = {"tables", "facts", "notebooks", "facts.json", "state", "manifest.json"}
    assert names == reports | {"corrections.xlsx"} | proof
    assert not list(demo_run.folder.glob(".*")), "scratch, lock or half files are left"


EMPTY = ("credit", "migration")
"""The demo has no dues, and its first run no period before."""


@pytest.mark.parametrize("name", WRITTEN)
def test_every_table_is_written_and_keeps_its_contract(demo_run: Run, name: str) -> None:
    rows = demo_run.rows(name)
    assert len(demo_run.read(name)) == rows
    assert (rows == 0) == (name in EMPTY)


def test_tables_agree_with_the_simulators_own_books(demo_run: Run) -> None:
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))["after_cleaning"]
    facts = demo_run.facts()
    lines = demo_run.read("transactions")
    assert len(lines) == facts["prepare.rows_kept"] == truth["rows"]
    assert lines["order_id"].nunique() == truth["orders"]
    assert lines["customer_id"].nunique() == truth["customers"]
    assert float(lines["amount"].sum()) == pytest.approx(truth["money"], abs=0.005)


def test_the_ledger_balances_to_the_row(demo_run: Run) -> None:
    ledger = demo_run.read("ledger")
    out = ledger[["rows_kept", "rows_merged", "rows_quarantined"]].sum(axis=1)
    assert (ledger["rows_in"] == out).all()
    books = ledger[ledger["table"] == "transactions"].sort_values("step").groupby("source")
    assert books["rows_in"].first().sum() == demo_run.facts()["prepare.rows_in"]
    assert ledger["rows_quarantined"].sum() == demo_run.rows("quarantine")


def test_money_is_conserved_from_the_file_to_the_report(demo_run: Run) -> None:
    lines, value = demo_run.read("transactions"), demo_run.read("value")
    in_value = set(value["customer_id"])
    net = lines[lines["customer_id"].isin(in_value)]["amount"].sum()
    assert value["total_spend"].sum() == pytest.approx(float(net), abs=0.01)
    for language in LANGUAGES:
        total = Translator(language, "CNY").format(demo_run.facts()["value.total_spend"], "money")
        assert total in shown(demo_run, language)


def test_segments_and_actions_cover_the_customers(demo_run: Run) -> None:
    value, segments = demo_run.read("value"), demo_run.read("segments")
    assert set(value["customer_id"]) == set(segments["customer_id"])
    keys = segments[segments["is_key"]]
    assert 0 < len(keys) < len(segments) / 5
    assert keys["key_reasons"].notna().all()
    assert set(demo_run.read("actions")["customer_id"]) <= set(value["customer_id"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_one_file_without_code_paths_or_network(demo_run: Run, language: str) -> None:
    page = html(demo_run, language)
    assert len(page) < 3_000_000
    assert not re.search(r"""<[^>]*\s(?:src|href)=(?!["'](?:data:|#))""", page)
    assert not re.search(r"url\((?![\"']?data:)", page)
    assert "default-src 'none'" in page
    text = shown(demo_run, language)
    for code in ("kehu.begin", "import ", "show.show", "run.read", "globals()"):
        assert code not in text
    for path in (str(PROJECT), str(Path.home()), str(demo_run.folder), "/tmp/"):
        assert path not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_speaks_one_language(demo_run: Run, language: str) -> None:
    text = shown(demo_run, language)
    other = {"zh": "The bottom line", "en": "本章要点"}[language]
    assert other not in text
    for word in {
        "zh": ["五点发现", "台账", "重要客户", "行动清单", "假设与评级"],
        "en": ["Five findings", "Ledger", "Key customers", "Action list"],
    }[language]:
        assert word in text


def test_the_pdf_says_the_same_in_chinese_with_embedded_fonts(demo_run: Run) -> None:
    text = re.sub(r"\s", "", pdf_text(demo_run, "zh"))
    for words in ("客户价值报告", "五点发现", "请您决定的三件事", "重要价值客户", "数据台账"):
        assert words in text
    reader = pypdf.PdfReader(demo_run.folder / "report-zh.pdf")
    fonts = {str(f) for page in reader.pages for f in embedded(page)}
    assert any("CJK" in name or "Hei" in name or "Song" in name for name in fonts), fonts
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"] is not None
    assert reader.trailer["/Root"]["/Lang"].startswith("zh")


def embedded(page: pypdf.PageObject) -> list[str]:
    """Names of the page's fonts; a font that is not embedded fails the test."""
    names = []
    for font in page["/Resources"].get("/Font", {}).values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        descriptor = inner["/FontDescriptor"].get_object()
        assert any(key in descriptor for key in ("/FontFile2", "/FontFile3"))
        names.append(str(descriptor["/FontName"]))
    return names


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_lacks_a_figure(demo_run: Run, language: str) -> None:
    text = shown(demo_run, language)
    assert not re.search(r"\{[\w.]+(:\w+)?\}", text)
    assert not re.search(r"\bnan\b|\bNone\b|\bNaN\b", text)


def test_executed_notebooks_are_kept_whole(demo_run: Run) -> None:
    for path in sorted((demo_run.folder / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        errors = [
            o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"
        ]
        assert not errors
        assert any("injected-parameters" in c.metadata.get("tags", []) for c in notebook.cells)


def test_the_manifest_names_sources_tables_and_outputs_without_paths(demo_run: Run) -> None:
    text = (demo_run.folder / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert str(PROJECT) not in text
    assert set(manifest["tables"]) == set(WRITTEN)
    assert {s["file"] for s in manifest["sources"]} == {
        "orders_2023_2024.csv", "orders_2025_2026.csv", "members.xlsx", "service.csv",
        "browse.csv", "survey.xlsx", "costs.csv", "campaigns.csv", "referrals.csv",
        "judgements.xlsx", "benchmarks.csv",
    }  # fmt: skip
    for table, described in manifest["tables"].items():
        assert described["rows"] == len(pd.read_parquet(demo_run.table_path(table)))
