"""Wrong params files: the right code, the right line, all at once, and what to do."""

# ruff: noqa: E501 (one case a line)
from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from kehu import tables
from kehu.errors import KehuError
from kehu.params import Params, contradictions, field_defaults, json_schema
from kehu.params_check import MOST_SHOWN, check_values, load_params
from kehu.params_scales import Question
from kehu.params_sources import source_models
from kehu.params_types import meaning
from kehu.store import PROJECT
from kehu.yaml_file import MAX_BYTES

DEMO = (PROJECT / "params" / "demo.yml").read_text(encoding="utf-8")


def edited(*changes: tuple[str, str]) -> str:
    """Return the demo's file with parts replaced, each of which must be there once or more."""
    text = DEMO
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if line.startswith(part))


def refused(folder: Path, content: str | bytes) -> list[str]:
    """Load a file that must be refused; return the sentences printed."""
    path = folder / "acme.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KehuError) as error:
        load_params(path)
    assert error.value.is_usage
    assert all("\n" not in str(p) for p in error.value.problems)
    return [str(p) for p in error.value.problems]


# One wrong value: what is changed, then the beginning and a part of the sentence.
ONE = {
    "misspelt": ("horizon: 52", "horizn: 52", "KH-P02", "unknown parameter `horizn`. Did you mean `horizon`? Known here: abc_cuts, "),
    "unknown": ("horizon: 52", "horizon: 52\ncolour: red", "KH-P02", "unknown parameter `colour`. Known here: abc_cuts, "),
    "case": ("horizon: 52", "Horizon: 52", "KH-P02", "Did you mean `horizon`?"),
    "unknown in title": ("en: Demo shop}", "en: Demo shop, de: Laden}", "KH-P02", "unknown parameter `de` in `title`. Known here: en, zh."),
    "unknown in columns": ("        unit_price: 单价", "        unit_prise: 单价", "KH-P02", "unknown parameter `unit_prise` in `sources.transactions[1].columns`. Did you mean `unit_price`?"),
    "name read as false": ("en: Demo shop}", "en: Demo shop, no: Butikk}", "KH-P02", "unknown parameter `no` in `title`"),
    "missing": ("currency: CNY\n", "", "KH-P03", "`currency` is missing. It means: ISO 4217 code"),
    "missing in title": (", en: Demo shop}", "}", "KH-P03", "`title.en` is missing. It means: title in English"),
    "missing column": ("        customer_id: 会员号\n", "", "KH-P03", "`sources.transactions[1].columns.customer_id` is missing"),
    "number for text": ("client: demo", "client: 007", "KH-P04", '`client` must be text, and is a number `007`. Put it in quotes: "007"'),
    "truth for text": ("currency: CNY", "currency: NO", "KH-P04", '`currency` must be text, and is true/false `NO`. YAML reads NO, yes, on … as true or false: put text in quotes, "NO".'),
    "date for text": ('analysis_date: "2026-09-30"', "analysis_date: 2026-09-30", "KH-P04", '`analysis_date` must be text, and is a date `2026-09-30`. Put it in quotes: "2026-09-30".'),
    "list for text": ("client: demo", "client: [demo]", "KH-P04", "`client` must be text, and is a list."),
    "text for whole": ("horizon: 52", 'horizon: "52"', "KH-P04", "`horizon` must be a whole number, and is text `52`. Write plain digits, without quotes"),
    "unit": ("horizon: 52", "horizon: 52 周", "KH-P04", "is text `52 周`. Write plain digits, without quotes and without a unit."),
    "full width": ("horizon: 52", "horizon: ５２", "KH-P04", "is text `５２`"),
    "fraction for whole": ("max_actions: 200", "max_actions: 12.5", "KH-P04", "`max_actions` must be a whole number, and is a number `12.5`."),
    "truth for whole": ("horizon: 52", "horizon: yes", "KH-P04", "must be a whole number, and is true/false `yes`."),
    "percent for number": ("margin: 0.30", "margin: 30%", "KH-P04", "`margin` must be a number, and is text `30%`."),
    "text for list": ("languages: [zh, en]", "languages: zh", "KH-P04", "`languages` must be a list, and is text `zh`. Write a list: [zh]."),
    "lines for list": ("  transactions:\n", "  transactions: {path: x}\n  spare:\n", "KH-P04", "`sources.transactions` must be a list, and is `name: value` lines."),
    "text for lines": ("title: {zh: 示例商城, en: Demo shop}", "title: Demo", "KH-P04", "`title` must be `name: value` lines, and is text `Demo`."),
    "empty": ("horizon: 52", "horizon:", "KH-P04", "`horizon` must be a whole number, and is empty. Write a value after the colon."),
    "leading zeros": ("seed: 20260930", "seed: 0012", "KH-P05", '`seed: 0012` would be read as another number. Write plain digits, or put text in quotes: "0012".'),
    "base 60": ("horizon: 52", "horizon: 1:30", "KH-P05", "`horizon: 1:30` would be read as another number."),
    "base 16": ("horizon: 52", "horizon: 0x1A", "KH-P05", "`horizon: 0x1A` would be read as another number."),
    "choice": ("time_unit: week", "time_unit: weeks", "KH-P05", "`time_unit: weeks` is not allowed: use one of day, week, month, quarter, year. Did you mean `week`?"),
    "truth for choice": ("refunds: net", "refunds: NO", "KH-P05", "`refunds: NO` is not allowed: use one of net, drop, keep."),
    "too large": ("margin: 0.30", "margin: 30", "KH-P05", "`margin: 30` is not allowed: it must be at most 1"),
    "negative": ("horizon: 52", "horizon: -52", "KH-P05", "`horizon: -52` is not allowed: it must be at least 1."),
    "zero": ("total_spend, top_share: 0.05", "total_spend, top_share: 0.0", "KH-P05", "it must be above 0"),
    "not finite": ("memory_gb: 2.0", "memory_gb: .inf", "KH-P05", "it must be finite"),
    "not a number": ("margin: 0.30", "margin: .nan", "KH-P05", "`margin: .nan` is not allowed"),
    "one of two": ("abc_cuts: [0.8, 0.95]", "abc_cuts: [0.8]", "KH-P05", "it has 1 values and needs at least 2"),
    "none": ("languages: [zh, en]", "languages: []", "KH-P05", "it has 0 values and needs at least 1"),
    "twice the language": ("languages: [zh, en]", "languages: [zh, zh]", "KH-P05", "name each language once"),
    "no currency": ("currency: CNY", "currency: RMB", "KH-P05", "`currency: RMB` is not allowed: use a three-letter ISO 4217 code"),
    "no such day": ('"2026-09-30"', '"2026-02-30"', "KH-P05", "day is out of range for month"),
    "other date": ('"2026-09-30"', '"30.9.2026"', "KH-P05", 'write a date as "2026-09-30"'),
    "empty text": ("zh: 示例商城", 'zh: ""', "KH-P05", "it is empty"),
    "long text": ("prepared_by: kehu", f"prepared_by: {'x' * 81}", "KH-P05", "it is longer than 80 characters"),
    "control character": ("zh: 示例商城", r'zh: "示\e[31m"', "KH-P05", "it holds a control character"),
    "direction character": ("en: Demo shop", r'en: "Demo\u202Epohs"', "KH-P05", "it holds a control character"),
    "twice": ("horizon: 52", "horizon: 52\nhorizon: 26", "KH-P05", f"`horizon` is given twice, first in line {line_of(DEMO, 'horizon:')}. Keep one of the two."),
    "twice inside": ("en: Demo shop}", "en: Demo shop, en: Shop}", "KH-P05", "`en` is given twice"),
    "back-test after the end": ('# calibration_end: "2025-09-30"', 'calibration_end: "2026-09-30"', "KH-P06", "`calibration_end` must be before `analysis_date`."),
    "fixed without cuts": ("rfm_method: quantile", "rfm_method: fixed", "KH-P06", "`rfm_method: fixed` and `rfm_cuts` go together."),
    "no weight": ("horizon: 52", "rfm_weights: {recency: 0, frequency: 0, monetary: 0}", "KH-P06", "`rfm_weights` must give one score a weight above 0"),
    "cuts without fixed": ("# rfm_cuts:", "rfm_cuts:", "KH-P06", "`rfm_method: fixed` and `rfm_cuts` go together."),
    "descending": ("abc_cuts: [0.8, 0.95]", "abc_cuts: [0.95, 0.8]", "KH-P06", "ascending order"),
    "no tail": ("tier_shares: [0.2, 0.3]", "tier_shares: [0.6, 0.4]", "KH-P06", "sum below 1"),
    "itself": ("# previous: 2026Q2", "previous: 2026Q3", "KH-P06", "`previous` must be another period than `period`."),
    "no money": ("        amount: 实付金额\n        quantity: 数量\n", "", "KH-P06", "give `amount`, or both `quantity` and `unit_price`."),
}  # fmt: skip


# One wrong thing in a source of a further table: the source's YAML after its table, code, sentence.
SOURCE = {
    "unknown table": ("interaction: [{path: x, columns: {}}]", "KH-P02", "unknown parameter `interaction` in `sources`. Did you mean `interactions`?"),
    "unknown column": ("referrals: [{path: x, columns: {customer_id: a, refered_id: b, referred_id: c}}]", "KH-P02", "unknown parameter `refered_id` in `sources.referrals[1].columns`. Did you mean `referred_id`?"),
    "missing number": ("payments: [{path: x, columns: {due: a, amount: b}}]", "KH-P03", "`sources.payments[1].columns.customer_id` is missing. It means: column of the customer number."),
    "missing date": ("costs: [{path: x, columns: {cost: a, amount: b}}]", "KH-P03", "`sources.costs[1].columns.date` is missing. It means: column of the day or month of the cost. The same in every row? `constants: {date: …}`."),
    "unknown constant": ("costs: [{path: x, columns: {date: a, amount: b}, constants: {cost: goods, chanel: x}}]", "KH-P02", "unknown parameter `chanel` in `sources.costs[1].constants`. Did you mean `channel`? Known here: amount, channel, cost, date."),
    "constant number": ("campaigns: [{path: x, columns: {campaign: c, date: a, customer_id: b}, constants: {customer_id: x}}]", "KH-P02", "unknown parameter `customer_id` in `sources.campaigns[1].constants`."),
    "constant and column": ("costs: [{path: x, columns: {date: a, amount: b, cost: c}, constants: {cost: goods}}]", "KH-P06", "`cost` is in `columns` and in `constants`. Keep one of the two."),
    "constant of a number": ("costs: [{path: x, columns: {date: a, amount: b}, constants: {cost: 7}}]", "KH-P04", "`sources.costs[1].constants.cost` must be text, and is a number `7`."),
    "meaning of a word": ("interactions: [{path: x, columns: {date: a, interaction: b}, values: {interaction: {投诉: complain}}}]", "KH-P05", "`sources.interactions[1].values.interaction.投诉: complain` is not allowed: use one of contact, visit, browse, search, enquiry, service, complaint, suggestion, praise, other, none. Did you mean `complaint`?"),
    "meaning that is no truth": ("campaigns: [{path: x, columns: {campaign: c, date: a, customer_id: b}, values: {responded: {点击: maybe}}}]", "KH-P04", "`sources.campaigns[1].values.responded.点击` must be true or false, and is text `maybe`."),
    "points that are no number": ("surveys: [{path: x, columns: {question: q, answer: b}, scale: nps, values: {answer: {好: high}}}]", "KH-P04", "`sources.surveys[1].values.answer.好` must be a number, and is text `high`."),
    "no question": ("surveys: [{path: x, columns: {customer_id: a, answer: b}, scale: nps}]", "KH-P03", "`sources.surveys[1].columns.question` is missing."),
    "no scale": ("surveys: [{path: x, columns: {question: q, answer: b}}]", "KH-P03", "`sources.surveys[1].scale` is missing. It means: kind of question: nps (0 to 10), csat, ces, other."),
    "unknown scale": ("surveys: [{path: x, columns: {question: q, answer: b}, scale: NPS}]", "KH-P05", "`sources.surveys[1].scale: NPS` is not allowed: use one of nps, csat, ces, other. Did you mean `nps`?"),
    "nps from one": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: nps, low: 1, high: 10}]}]", "KH-P06", "nps is asked on 0 to 10, and this question on 1 to 10. Call it `csat` or `other`, with its own `low` and `high`."),
    "nps of a file from one": ("surveys: [{path: x, columns: {question: q, answer: b}, scale: nps, low: 1}]", "KH-P06", "nps is asked on 0 to 10, and this question on 1 to 10."),
    "no end": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: csat, low: 1}]}]", "KH-P03", "`sources.surveys[1].questions[1].high` is missing. It means: highest answer possible; nps: 10."),
    "upside down": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: csat, low: 5, high: 1}]}]", "KH-P06", "`low` (5) must be below `high` (1)."),
    "blank that is an answer": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: csat, low: 1, high: 5, blank: [9, 5, x]}]}]", "KH-P06", "`blank` names 5, which is an answer on 1 to 5."),
    "wide and long": ("surveys: [{path: x, columns: {question: q}, questions: [{column: c, question: q, scale: nps}]}]", "KH-P06", "`questions` names columns of answers, and `columns` has `question`. A file has a column per question or a row per answer."),
    "scale given twice": ("surveys: [{path: x, columns: {}, scale: nps, questions: [{column: c, question: q, scale: nps}]}]", "KH-P06", "`scale` of the file, and `questions` with a scale each. Give the scale once."),
    "question twice": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: nps}, {column: d, question: q, scale: nps}]}]", "KH-P06", "`questions` has `question: q` more than once."),
    "question without column": ("surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: nps}, {question: r, scale: nps}]}]", "KH-P03", "`sources.surveys[1].questions[2].column` is missing."),
    "judge unnamed": ("judgements: [{path: x, columns: {customer_id: a, criterion: k, mark: m, date: d}, low: 1, high: 5}]", "KH-P03", "`sources.judgements[1].columns.author` is missing. It means: column of who judged."),
    "no highest mark": ("judgements: [{path: x, columns: {customer_id: a, criterion: k, mark: m, date: d, author: w}, low: 1}]", "KH-P03", "`sources.judgements[1].high` is missing. It means: highest mark possible."),
    "no criterion": ("judgements: [{path: x, columns: {customer_id: a, mark: m, date: d, author: w}, low: 1, high: 5}]", "KH-P03", "`sources.judgements[1].columns.criterion` is missing. It means: column of the criterion, in files with a row per mark. Or list a column per criterion: `criteria: [{column: …, criterion: …}]`."),
}  # fmt: skip


SMALL = """client: acme
title: {zh: 甲公司, en: Acme}
currency: CNY
period: 2026Q3
analysis_date: "2026-09-30"
sources:
  transactions: [{path: x, columns: {customer_id: a, date: b, amount: c}}]
"""


@pytest.mark.parametrize("case", SOURCE)
def test_one_wrong_thing_in_a_further_table(tmp_path: Path, case: str) -> None:
    source, code, sentence = SOURCE[case]
    [found] = refused(tmp_path, f"{SMALL}  {source}\n")
    assert found.startswith(f"{code} acme.yml:{SMALL.count(chr(10)) + 1}: ")
    assert sentence in found


def test_everything_wrong_with_the_further_tables_comes_at_once(tmp_path: Path) -> None:
    by_table: dict[str, list[str]] = {}
    for case in SOURCE:
        table, _, listed = SOURCE[case][0].partition(": ")
        by_table.setdefault(table, []).append(listed.removeprefix("[").removesuffix("]"))
    lines = [f"  {table}: [{', '.join(listed)}]\n" for table, listed in by_table.items()]
    assert len(refused(tmp_path, SMALL + "".join(lines))) == len(SOURCE)


@pytest.mark.parametrize(
    "source",
    [
        "interactions: [{path: x, columns: {date: a}, constants: {interaction: 投诉}}]",
        "surveys: [{path: x, columns: {}, questions: [{column: c, question: q, scale: nps, low: 0, high: 10, blank: [11, 99, 无]}]}]",
        "surveys: [{path: x, columns: {answer: b}, constants: {question: q}, scale: csat, low: 1, high: 5}]",
        "surveys: [{path: x, columns: {question: q, answer: b}, questions: [{question: n, scale: nps}, {question: c, scale: ces, low: 1, high: 7}]}]",
        "judgements: [{path: x, columns: {customer_id: a}, constants: {author: 王, date: '2026-10-01'}, criteria: [{column: c, criterion: technology}], low: 1, high: 5}]",
        "holdings: [{path: x, columns: {customer_id: a}}]",
        "campaigns: [{path: x, columns: {customer_id: a}, constants: {campaign: '618', date: '2026-06-10', amount: '0.05'}, values: {responded: {点击: true}}}]",
    ],
)
def test_right_sources_of_further_tables(tmp_path: Path, source: str) -> None:
    path = tmp_path / "acme.yml"
    path.write_text(f"{SMALL}  {source}\n", encoding="utf-8")
    loaded = load_params(path)
    again = Params.model_validate(loaded.params.model_dump())
    assert again == loaded.params, "what a notebook gets means the same"
    jsonschema.Draft202012Validator(json_schema()).validate(loaded.raw)


def test_codes_for_no_answer_may_be_numbers_or_text() -> None:
    values = {"column": "c", "question": "q", "scale": "nps", "blank": [11, "99", 9.5e9]}
    assert Question.model_validate(values).blank == ["11", "99", "9500000000.0"]
    with pytest.raises(ValueError, match="string"):
        Question.model_validate({**values, "blank": [True]})


KIT = {"source", "row", "scale", "scale_low", "scale_high", "is_refund", "has_purchases",
       "in_customer_list", "province"}  # fmt: skip
"""Columns of a table that the kit makes."""


def test_columns_are_named_as_in_the_contracts() -> None:
    for table, model in source_models().items():
        contract = tables.contract(table)
        columns = model.columns_model()
        more = {"unit_price", "transaction_type"} if table == "transactions" else set()
        assert set(columns.model_fields) == set(contract.columns) - KIT | more, table
        asked = {"answer", "mark", "question", "criterion", "survey_weight", "order_id", "amount"}
        assert set(contract.required) - KIT - asked <= set(columns.needs()), table
        assert set(columns.required) <= set(columns.may_be_constant()), table


@pytest.mark.parametrize("case", ONE)
def test_one_wrong_value(tmp_path: Path, case: str) -> None:
    old, new, code, sentence = ONE[case]
    found = refused(tmp_path, edited((old, new)))
    assert found[0].startswith(f"{code} acme.yml:")
    assert sentence in found[0]
    assert case == "lines for list" or len(found) == 1, found


@pytest.mark.parametrize("case", [c for c in ONE if ONE[c][1] and "\n" not in ONE[c][1]])
def test_the_line_is_that_of_the_value(tmp_path: Path, case: str) -> None:
    old, new, code, _ = ONE[case]
    text = edited((old, new))
    place = re.match(rf"{code} acme\.yml:(\d+):", refused(tmp_path, text)[0])
    assert place is not None
    key = "rfm_method:" if case == "cuts without fixed" else new.split(":")[0]
    assert key.split("{")[-1] in text.splitlines()[int(place[1]) - 1]


def test_every_code_of_a_params_file_is_tried() -> None:
    assert {code for _, _, code, _ in ONE.values()} == {f"KH-P0{i}" for i in range(2, 7)}


def test_all_problems_at_once_sorted_by_line(tmp_path: Path) -> None:
    wrong = ("misspelt", "number for text", "choice", "percent for number", "twice inside",
             "no tail", "no money", "leading zeros", "missing")  # fmt: skip
    changes = [ONE[c][:2] for c in wrong]
    found = refused(tmp_path, edited(*changes))
    assert len(found) == len(wrong)
    assert {f[:6] for f in found} == {f"KH-P0{i}" for i in range(2, 7)}
    lines = [int(m[1]) for m in (re.search(r"acme\.yml:(\d+)", f) for f in found) if m]
    assert lines == sorted(lines)


def test_contradictions_are_told_beside_other_problems(tmp_path: Path) -> None:
    text = edited(("horizon: 52", "horizn: 52"), ("[0.8, 0.95]", "[0.95, 0.8]"),
                  ("[0.2, 0.3]", "[0.9, 0.3]"))  # fmt: skip
    assert [f[:6] for f in refused(tmp_path, text)] == ["KH-P02", "KH-P06", "KH-P06"]


def test_a_flood_of_problems_is_cut_short(tmp_path: Path) -> None:
    found = refused(tmp_path, DEMO + "\n".join(f"k{i}: {i}" for i in range(500)))
    assert len(found) == MOST_SHOWN + 1
    assert f"and {500 - MOST_SHOWN} more problems from here on." in found[-1]


# Files that are no params file at all: content and sentence.
UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "holds no `name: value` lines."),
    "comment only": ("# nothing\n", "holds no `name: value` lines."),
    "list": ("- a\n- b\n", "holds no `name: value` lines."),
    "one word": ("demo\n", "holds no `name: value` lines."),
    "open quote": ('client: "demo\n', "acme.yml:2: is not valid YAML"),
    "indentation": ("client: demo\n  period: 1\n", "acme.yml:2: is not valid YAML"),
    "tab": ("title:\n\tzh: x\n", "acme.yml:2: is not valid YAML"),
    "two documents": ("client: a\n---\nclient: b\n", "acme.yml:2: is not valid YAML"),
    "aliases": ("a: &x 1\nb: *x\n", "acme.yml:2: uses YAML aliases"),
    "merge": ("a: 1\n<<: {client: demo}\n", "acme.yml:2: holds a name that is not plain text"),
    "a list as name": ("? [a]\n: 1\n", "holds a name that is not plain text"),
    "python object": ("a: 1\nb: !!python/object/apply:os.system [true]\n", "acme.yml:2: uses YAML tags"),
    "binary tag": ("a: !!binary aGk=\n", "uses YAML tags"),
    "no such day": ("a: 1\nb: 2026-02-30\n", "acme.yml:2: is not valid YAML: day is out of range"),
    "endless number": (f"a: {'9' * 5000}\n", "acme.yml:1: is not valid YAML"),
    "NUL": ("a: 1\nb: \x00\n", "acme.yml:2: holds the control character U+0000"),
    "GBK": ("title: 示例商城\n".encode("gb18030"), "acme.yml:1: is not UTF-8 text. Save it as UTF-8."),
    "UTF-16": ("client: demo\n".encode("utf-16"), "is not UTF-8 text"),
    "10 MB": ("a: b\n" * 2_000_000, f"is larger than {MAX_BYTES:,} bytes"),
    "deep list": ("[" * (MAX_BYTES - 1), "is nested too deeply"),
    "deep block": ("- " * (MAX_BYTES // 2 - 1), "is nested too deeply"),
    "deep mapping": ("{a: " * (MAX_BYTES // 4 - 1), "is nested too deeply"),
    "deep names": ("? " * (MAX_BYTES // 2 - 1), "is nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_no_params_file(tmp_path: Path, case: str) -> None:
    content, sentence = UNREADABLE[case]
    start = time.monotonic()
    [found] = refused(tmp_path, content)
    assert found.startswith("KH-P01 acme.yml")
    assert sentence in found
    assert time.monotonic() - start < 5, "bounded: a bomb must not hold the machine"


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)
    )
    assert "uses YAML aliases" in refused(tmp_path, bomb)[0]


def test_a_large_flat_file_is_told_in_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    refused(tmp_path, "a: [1]\n" * (MAX_BYTES // 7))
    assert time.monotonic() - start < 10


def test_no_such_file_names_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(KehuError, match=r"there is no such file\. Write one with `kehu init"):
        load_params(tmp_path / "acme.yml")
    for name in ("demo.yml", "other.yaml"):
        (tmp_path / name).write_text("")
    with pytest.raises(KehuError, match=r"acme\.yml: .*Files there: demo\.yml, other\.yaml\."):
        load_params(tmp_path / "acme.yml")


def test_a_folder_and_a_name_too_long_are_told(tmp_path: Path) -> None:
    with pytest.raises(KehuError, match="is a folder"):
        load_params(tmp_path)
    with pytest.raises(KehuError, match=r"KH-P01 .*(cannot be read|no such file)"):
        load_params(tmp_path / ("x" * 300 + ".yml"))


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "acme.yml"
    path.write_bytes(b"\xef\xbb\xbf" + DEMO.replace("\n", "\r\n").encode())
    assert load_params(path).params == load_params(PROJECT / "params/demo.yml").params


HOSTILE = [
    "../../x", "..", ".", "", " ", "a/b", "a/../b", "/etc", "/etc/passwd", "~", "~root", "a\\b",
    "..\\x", "C:", "C:\\x", "\\\\host\\share", "CON", "con", "Con.txt", "NUL", "nul.tar.gz", "PRN",
    "AUX", "COM1", "com9.log", "LPT1", "x.", "x..y", ".hidden", "-rf", "--help", " demo", "demo ",
    "de mo", "a:b", "a*", "a?", "a<b", "a>b", "a|b", 'a"b', "a'b", "a;b", "a$b", "`id`", "${HOME}",
    "%APPDATA%", "x\u202ey", "\u202excod", "a\u200bb", "a\u00a0b", "ａｃｍｅ", "COM¹", "x" * 65,
    "x" * 300, "客" * 300, "a\nb", "a\tb", "a\x00b", "a\x1b[31mb", "\x7f", "demo\n", "templates",
    "Templates", "../reports2/demo", "demo/../../reports2", "😀", "e\u0301", "a​", "ﬁ",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("field", ["client", "period", "previous"])
def test_hostile_names_of_folders(field: str, name: str) -> None:
    values = {"client": "demo", "period": "2026Q3", field: name}
    with pytest.raises(KehuError) as error:
        check_values(values, "x.ipynb")
    [problem] = error.value.problems
    assert problem.code == "KH-P05"
    assert problem.what.startswith(f"`{field}: ")
    assert str(problem).isprintable() or "\u3000" in name or "\u00a0" in name


@pytest.mark.parametrize(
    "name", ["demo", "2026Q3", "招商银行", "a", "x" * 64, "a.b-c_d", "2026.09"]
)
def test_good_names_of_folders(name: str) -> None:
    check_values({"client": name, "period": name + "x" if len(name) < 64 else "2026"}, "x.ipynb")


def codes(values: dict[str, Any]) -> set[str]:
    """Return the codes of a notebook's values; anything but a `KehuError` is a failure."""
    try:
        check_values(values, "x.ipynb")
    except KehuError as error:
        return {p.code for p in error.problems}
    return set()


@given(st.text(max_size=80))
def test_any_text_is_one_folder_or_refused(name: str) -> None:
    if not codes({"client": name}):
        assert Path(name).name == name
        assert name not in (".", "..")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*Params.model_fields, "path", "zh", "x"]), inner)
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, dict))
)
def test_any_values_are_right_or_told(values: dict[str, Any]) -> None:
    assert codes(values) <= {f"KH-P0{i}" for i in range(2, 7)}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_to_the_demo_file_is_read_or_told(tmp_path_factory, data) -> None:  # type: ignore[no-untyped-def]
    at = data.draw(st.integers(0, len(DEMO)))
    junk = data.draw(st.sampled_from(["[", "{", "]", "}", ": ", "- ", "\n", "\t", "*", "&", "!", "|",
                                      ">", '"', "'", "#", "%", "@", "`", "? ", "0x", "~", "\x85"]))  # fmt: skip
    path = tmp_path_factory.mktemp("damage") / "acme.yml"
    path.write_text(DEMO[:at] + junk + DEMO[at:], encoding="utf-8")
    with suppress(KehuError):
        load_params(path)


def test_notebook_values_are_strict() -> None:
    with pytest.raises(KehuError) as error:
        check_values({"horizon": "52", "margin": 2, "horizn": 3, "params_dir": 5}, "20_value.ipynb")
    found = [str(p) for p in error.value.problems]
    assert len(found) == 4
    assert "KH-P04 20_value.ipynb: `params_dir` must be text, and is a number `5`." in found[0]
    assert any("`horizon` must be a whole number, and is text `52`." in f for f in found)
    assert any("Did you mean `horizon`? Known here: " in f and "params_dir" in f for f in found)


def test_required_names_are_asked_for() -> None:
    check_values({}, "x.ipynb")
    with pytest.raises(KehuError, match=r"KH-P03 x\.ipynb: `client` is missing"):
        check_values({"horizon": 3}, "x.ipynb", ["client", "horizon"])


def test_params_themselves_refuse_contradictions() -> None:
    values = {**yaml.safe_load(DEMO), "calibration_end": "2027-01-01", "tier_shares": [0.5, 0.5]}
    with pytest.raises(ValueError, match=r"`calibration_end` must be before .*; `tier_shares`"):
        Params.model_validate(values)


def test_defaults_contradict_nothing() -> None:
    assert list(contradictions(field_defaults())) == []


def test_values_are_those_papermill_reads(tmp_path: Path) -> None:
    for path in params_files():
        assert load_params(path).raw == yaml.safe_load(path.read_text(encoding="utf-8"))


def params_files() -> list[Path]:
    every = sorted((PROJECT / "params").rglob("*.yml"))
    return [p for p in every if p.parent.name != "causes"]


@pytest.mark.parametrize("path", params_files(), ids=lambda p: p.name)
def test_every_params_file_loads_and_keeps_the_json_schema(path: Path) -> None:
    load_params(path)
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(loaded)


def test_json_schema_is_one_and_refuses() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    wrong = {**yaml.safe_load(DEMO), "horizn": 3}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


def models(model: type[BaseModel] = Params) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from models(inner)


def test_every_parameter_has_a_meaning_in_both_languages() -> None:
    found = {(m.__name__, n): meaning(f) for m in models() for n, f in m.model_fields.items()}
    assert ("TransactionColumns", "amount") in found
    assert ("RfmCuts", "recency") in found
    for place, texts in found.items():
        assert texts["en"], place
        assert texts["en"].isascii() or "×" in texts["en"], place
        assert re.search(r"[\u4e00-\u9fff]", texts["zh"]), place
