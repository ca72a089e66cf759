"""Chinese and English say the same, in figures a reader of each expects; no sentence is lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu import tables
from kehu.i18n import LANGUAGES, Translator, catalogue, formats, slots, traditional
from kehu.store import PROJECT

ZH, HANT, EN = (Translator(language, "CNY") for language in LANGUAGES)
NUMBER_KINDS = ("int", "dec1", "dec2", "dec3", "percent", "percent0", "percent2", "money", "money2",
                "short", "short_money", "date", "chance")  # fmt: skip

# --- the two catalogues -----------------------------------------------------------------------


def test_the_catalogues_have_the_same_keys() -> None:
    assert set(catalogue("zh")) == set(catalogue("en")) == set(catalogue("zh-Hant"))


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_catalogues_have_the_same_slots(language: str) -> None:
    for key, text in catalogue("zh").items():
        assert set(slots(text)) == set(slots(catalogue(language)[key])), key


def test_no_sentence_is_empty_and_each_is_in_its_language() -> None:
    for key, text in catalogue("en").items():
        assert text.strip(), key
        assert not re.search(r"[\u4e00-\u9fff]", text), key
    for key, text in catalogue("zh").items():
        assert text.strip(), key


def test_every_brace_is_a_slot_and_every_kind_is_known() -> None:
    sections = {key.rpartition(".")[0] for key in catalogue("zh")}
    for language in ("zh", "en"):
        for key, text in catalogue(language).items():
            assert text.count("{") == text.count("}") == len(slots(text)), key
            for _, kind in slots(text):
                assert kind in ("", *NUMBER_KINDS) or kind in sections, (key, kind)


# --- no key without use, no use without key ---------------------------------------------------


def notebooks() -> Iterator[str]:
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                yield cell.source


@cache
def code() -> tuple[ast.AST, ...]:
    """Parse the library, without the catalogue's own reader, and the notebooks' cells."""
    files = sorted((PROJECT / "lib" / "kehu").rglob("*.py"))
    texts = [p.read_text(encoding="utf-8") for p in files if p.parent.name != "i18n"]
    return tuple(ast.parse(text) for text in (*texts, *notebooks()))


def nodes(kind: type[Any]) -> Iterator[Any]:
    return (n for tree in code() for n in ast.walk(tree) if isinstance(n, kind))


@cache
def words() -> frozenset[str]:
    """Collect every word the code can put into a key: names, and parts of texts."""
    texts = [n.value for n in nodes(ast.Constant) if isinstance(n.value, str)]
    texts += [n.arg for n in nodes(ast.keyword) if n.arg]
    texts += [n.name for n in nodes(ast.FunctionDef)] + [n.id for n in nodes(ast.Name)]
    texts += tables._catalogue()["columns"]
    texts += [v for c in tables._catalogue()["columns"] for v in tables.column(c).isin or ()]
    return frozenset(w for text in texts for w in re.findall(r"\w+", text)) | {"True", "False"}


def template(node: ast.expr) -> str | None:
    """Return a text of the code with `{}` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{[^}]*\}", "{}", node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (template(v) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        return "".join(part or "" for part in parts)
    return None


WRAPPED = {"tiles": ("label", "value", "note"), "findings": ("head", "text"), "decisions": ("",)}


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


@cache
def asked() -> frozenset[str]:
    """Collect the keys, or templates of keys, that the code asks for."""
    found = set()
    for call in nodes(ast.Call):
        if called(call) in ("say", "tell", "sentence", "_text", "has"):
            found |= {template(a) for a in call.args}
        if called(call) in WRAPPED and len(call.args) == 2:
            keys = [template(n) for n in ast.walk(call.args[1]) if isinstance(n, ast.Constant)]
            found |= {
                ".".join(filter(None, (called(call), k, part)))
                for k in keys
                for part in WRAPPED[called(call)]
            }
    sections = {key.split(".")[0] for key in catalogue("zh")}
    return frozenset(t for t in found if t and "." in t and t.split(".")[0] in sections)


@cache
def composed() -> frozenset[str]:
    """Collect what names a part of the catalogue otherwise: prefixes, `code:PART`, slots."""
    facts = {id(n.slice) for n in nodes(ast.Subscript)}
    prefixes = {template(n) for n in nodes(ast.JoinedStr) if id(n) not in facts}
    kinds = {kind for text in catalogue("zh").values() for _, kind in slots(text)}
    kinds |= {n.value.removeprefix("code:") for n in nodes(ast.Constant)
              if isinstance(n.value, str) and n.value.startswith("code:")}  # fmt: skip
    kinds -= {"", *NUMBER_KINDS}
    return frozenset(t for t in prefixes if t and re.match(r"\w+\.", t)) | {
        f"{k}.{{}}" for k in kinds
    }


def fits(key: str, asked_for: str) -> bool:
    """Whether a template can become a key, all its gaps being words of the code."""
    pattern = re.escape(asked_for).replace(r"\{\}", r"(\w+)") + r"(?:\.(\w+))?"
    match = re.fullmatch(pattern, key)
    return match is not None and all(g in words() for g in match.groups() if g)


def test_every_key_asked_for_is_there() -> None:
    assert len(asked()) > 40, "the search must find the calls"
    lost = {t for t in asked() if not any(fits(key, t) for key in catalogue("zh"))}
    assert lost == set()


def test_every_key_is_used() -> None:
    known = asked() | composed()
    unused = {key for key in catalogue("zh") if not any(fits(key, t) for t in known)}
    assert unused == set()


def test_the_search_tells_a_key_nobody_uses() -> None:
    known = asked() | composed()
    for key in ("charts.pie.title", "findings.luck.head", "reason.bored", "value.nothing"):
        assert not any(fits(key, t) for t in known), key


def test_every_figure_of_a_sentence_is_named_in_the_code() -> None:
    names = {name.split(".")[-1] for text in catalogue("zh").values() for name, _ in slots(text)}
    pieces = {piece for word in words() for piece in word.lower().split("_")}
    lost = {n for n in names - words() if not set(n.split("_")) <= pieces}
    assert lost == set()


# --- figures ----------------------------------------------------------------------------------

COMPACT: list[tuple[Any, str, str]] = [
    (0, "0", "0"), (-0.0, "0", "0"), (0.001, "0", "0"), (1, "1", "1"), (-1, "-1", "-1"),
    (0.5, "0.50", "0.50"), (12.3, "12.30", "12.30"), (999, "999", "999"),
    (999.99, "999.99", "999.99"), (999.996, "1,000", "1K"), (1_000, "1,000", "1K"),
    (1_234, "1,234", "1.23K"), (1_234.5, "1,234.50", "1.23K"), (5_000, "5,000", "5K"),
    (9_990, "9,990", "9.99K"), (9_999, "9,999", "10K"), (9_999.994, "9,999.99", "10K"),
    (9_999.996, "1万", "10K"), (10_000, "1万", "10K"), (10_049, "1万", "10K"),
    (10_051, "1.01万", "10.1K"), (12_345, "1.23万", "12.3K"), (99_949, "9.99万", "99.9K"),
    (99_951, "10万", "100K"), (99_995, "10万", "100K"), (100_000, "10万", "100K"),
    (123_456, "12.3万", "123K"), (999_499, "99.9万", "999K"), (999_500, "100万", "1M"),
    (999_999, "100万", "1M"), (1_000_000, "100万", "1M"), (1_234_567, "123万", "1.23M"),
    (9_876_543, "988万", "9.88M"), (10_000_000, "1,000万", "10M"),
    (12_346_000, "1,235万", "12.3M"), (99_990_000, "9,999万", "100M"),
    (99_994_999, "9,999万", "100M"), (99_995_001, "1亿", "100M"), (99_999_999, "1亿", "100M"),
    (100_000_000, "1亿", "100M"), (123_456_789, "1.23亿", "123M"),
    (999_499_999, "9.99亿", "999M"), (999_999_999, "10亿", "1B"), (1_000_000_000, "10亿", "1B"),
    (12_345_678_900, "123亿", "12.3B"), (100_000_000_000, "1,000亿", "100B"),
    (999_949_000_000, "9,999亿", "1T"), (999_999_999_999, "1万亿", "1T"),
    (1_230_000_000_000, "1.23万亿", "1.23T"),
    (-9_999, "-9,999", "-10K"), (-99_995, "-10万", "-100K"), (-99_999_999, "-1亿", "-100M"),
    (-12_345, "-1.23万", "-12.3K"), (-0.004, "0", "0"), (-0.5, "-0.50", "-0.50"),
    (Decimal("12345.6700"), "1.23万", "12.3K"), (np.int64(12_345), "1.23万", "12.3K"),
    (np.float32(20_000), "2万", "20K"), (True, "1", "1"),
    (None, "—", "—"), (float("nan"), "—", "—"), (np.nan, "—", "—"), (pd.NA, "—", "—"),
    (pd.NaT, "—", "—"), (float("inf"), "—", "—"), (-np.inf, "—", "—"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "zh", "en"), COMPACT, ids=lambda v: str(v))
def test_short_numbers(value: Any, zh: str, en: str) -> None:
    assert ZH.format(value, "short") == zh
    assert EN.format(value, "short") == en
    hant = zh.replace("万亿", "兆").replace("万", "萬").replace("亿", "億")
    assert HANT.format(value, "short") == hant


def test_sixty_values_are_tried() -> None:
    assert len(COMPACT) >= 60


SIZES = {"万亿": 1e12, "亿": 1e8, "万": 1e4, "T": 1e12, "B": 1e9, "M": 1e6, "K": 1e3, "": 1}


@given(st.floats(-1e14, 1e14))
def test_a_short_number_is_near_its_value_and_the_languages_agree(value: float) -> None:
    for say in (ZH, EN):
        match = re.fullmatch(r"(-?[\d,]+(?:\.\d+)?)(\D*)", say.format(value, "short"))
        assert match is not None
        read = float(match[1].replace(",", "")) * SIZES[match[2]]
        assert read == pytest.approx(value, rel=0.0051, abs=0.0051)
        assert abs(float(match[1].replace(",", ""))) < 10_000 or match[2] in ("万亿", "T")


@given(st.floats(0, 1e13), st.floats(0, 1e13))
def test_a_larger_number_is_never_shown_as_smaller(a: float, b: float) -> None:
    def read(value: float) -> float:
        match = re.fullmatch(r"([\d,.]+)(\D*)", ZH.format(value, "short"))
        assert match is not None
        return float(match[1].replace(",", "")) * SIZES[match[2]]

    assert read(min(a, b)) <= read(max(a, b))


@pytest.mark.parametrize(
    ("value", "kind", "zh", "en"),
    [
        (1234567, "int", "1,234,567", "1,234,567"), (0.4, "int", "0", "0"),
        (-0.4, "int", "0", "0"), (-1234, "int", "-1,234", "-1,234"),
        (1234.5678, "dec1", "1,234.6", "1,234.6"), (1234.5678, "dec2", "1,234.57", "1,234.57"),
        (0.12345, "dec3", "0.123", "0.123"), (-0.0004, "dec3", "0.000", "0.000"),
        (0.1234, "percent", "12.3%", "12.3%"), (0.1254, "percent0", "13%", "13%"),
        (0.12345, "percent2", "12.34%", "12.34%"), (-0.0004, "percent", "0.0%", "0.0%"),
        (1.5, "percent0", "150%", "150%"), (-0.051, "percent", "-5.1%", "-5.1%"),
        (1234.5, "money", "¥1,234", "CN¥1,234"), (1234.5, "money2", "¥1,234.50", "CN¥1,234.50"),
        (-1234.5, "money2", "-¥1,234.50", "-CN¥1,234.50"), (-0.001, "money2", "¥0.00", "CN¥0.00"),
        (12345678, "short_money", "¥1,235万", "CN¥12.3M"), (0, "short_money", "¥0", "CN¥0"),
        (-99999999, "short_money", "-¥1亿", "-CN¥100M"), (-0.001, "short_money", "¥0", "CN¥0"),
        ("2026-09-30", "date", "2026年9月30日", "September 30, 2026"),
        (date(2026, 1, 2), "date", "2026年1月2日", "January 2, 2026"),
        (pd.Timestamp("2026-09-30 23:59"), "date", "2026年9月30日", "September 30, 2026"),
        (np.datetime64("2026-09-30"), "date", "2026年9月30日", "September 30, 2026"),
        (0.5, "chance", "50%", "50%"), (0, "chance", "0%", "0%"), (1, "chance", "100%", "100%"),
        (0.004, "chance", "<1%", "<1%"), (0.9995, "chance", ">99%", ">99%"),
        ("甲", "", "甲", "甲"), (7, "", "7", "7"),
        ("best", "matrix", "最佳客户", "Best"), ("week", "unit", "周", "weeks"),
    ],
)  # fmt: skip
def test_every_kind_of_format(value: Any, kind: str, zh: str, en: str) -> None:
    assert ZH.format(value, kind) == zh
    assert EN.format(value, kind) == en


@pytest.mark.parametrize("kind", [*NUMBER_KINDS, ""])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_missing_prints_as_a_dash(kind: str, language: str) -> None:
    assert Translator(language, "EUR").format(None, kind) == formats.MISSING
    if kind:
        assert Translator(language, "EUR").format(float("nan"), kind) == formats.MISSING


@pytest.mark.parametrize(("currency", "zh", "en"), [("USD", "US$5.00", "$5.00"),
                         ("GBP", "£5.00", "£5.00"), ("JPY", "JP¥5", "¥5")])  # fmt: skip
def test_other_currencies(currency: str, zh: str, en: str) -> None:
    assert Translator("zh", currency).format(5, "money2") == zh
    assert Translator("en", currency).format(5, "money2") == en


# --- sentences --------------------------------------------------------------------------------


def test_a_sentence_is_filled_in() -> None:
    values = {"value.n_customers": 12345, "name": "甲"}
    assert ZH("tiles.customers.value", values) == EN("tiles.customers.value", values) == "12,345"
    assert "甲" in ZH("report.source_line", date="2026-09-30", run="甲/2026Q3")


def test_values_stand_as_they_are() -> None:
    """A client's text is no template and is not converted."""
    odd = "{run} 软件\\1 \\g<0>"
    assert odd in HANT("report.source_line", date="2026-09-30", run=odd)


def test_unknown_keys_values_and_kinds() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        ZH("no.such.key")
    with pytest.raises(KeyError, match="run"):
        ZH("report.source_line", date="2026-09-30")
    with pytest.raises(KeyError, match="no_such_kind"):
        ZH.format(1, "no_such_kind")
    with pytest.raises(KeyError, match=r"rfm_segment\.boss"):
        ZH.format("boss", "rfm_segment")
    assert not ZH.has("no.such.key")
    assert ZH.has("report.subtitle")


def test_traditional_chinese_is_converted_by_character() -> None:
    assert traditional("客户价值评估：软件与数据") == "客戶價值評估：軟件與數據"
    assert HANT("rfm_segment.champion") == "重要價值客戶"
    assert HANT.pick(SimpleNamespace(zh="客户", en="Customer")) == "客戶"
    assert EN.pick(SimpleNamespace(zh="客户", en="Customer")) == "Customer"
    for key, text in catalogue("zh-Hant").items():
        assert not re.search("[户额据频过]", text), key
