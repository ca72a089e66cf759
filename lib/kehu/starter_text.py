"""The params file that `kehu init` writes, with a comment wherever a person has to look."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from kehu.params_sources import source_models
from kehu.prepare import words
from kehu.presets import Preset
from kehu.starter_seen import WORDS, Seen

SIGNS = {"¥": "CNY", "￥": "CNY", "元": "CNY", "€": "EUR", "£": "GBP", "$": "USD"}
UNDECIDED = "?"
"""Stands where a person has to choose; `kehu check` refuses it with the columns of the file."""

_HAN = re.compile(r"[\u4e00-\u9fff]")


def text(name: str, seen: Sequence[Seen], last: date | None, base: Path) -> str:
    """Write out the params file.

    Parameters
    ----------
    name : str
        The client's short name.
    seen : sequence of Seen
        The files; those that were not recognised stand in a comment.
    last : date, optional
        Last day with a purchase.
    base : Path
        Folder of the params file.
    """
    currency = _currency(seen)
    period = f"{last.year}Q{(last.month + 2) // 3}" if last else UNDECIDED
    lines = [
        "# Written by `kehu init`; look over every line marked `check`. 请核对标有 check 的各行。",
        "# All parameters and their meaning: `kehu params`. 全部参数及含义：kehu params",
        f"client: {json.dumps(name, ensure_ascii=False)}  # short name, names the folder 客户简称",
        f"title: {{zh: {_quoted(name)}, en: {_quoted(name)}}}  # check: client's name 客户名称",
        "industry: general  # check: bank | ecommerce | telecom | insurance | general 行业",
        "languages: [zh, en]",
        f"currency: {_quoted(currency)}  # check: three letters, e.g. CNY, USD 币种",
        f"period: {_quoted(period)}  # check: names the run 期间",
        f'analysis_date: "{last or UNDECIDED}"  # check: last day the files cover 数据截止日',
        "margin: 0.30  # check: contribution as a share of spend 贡献率",
        "sources:",
    ]
    for table in source_models():
        mine = [s for s in seen if s.table == table]
        lines += [f"  {table}:"] * bool(mine)
        lines += [line for s in mine for line in _source_lines(s, base)]
    for one in (s for s in seen if s.table is None):
        lines.append(f"  # left out, not recognised 未识别，未使用: {_comment(one.path.name)}")
    return "\n".join(lines) + "\n"


def _source_lines(seen: Seen, base: Path) -> Iterator[str]:
    yield f"    - path: {_quoted(os.path.relpath(seen.path.resolve(), base))}"
    if seen.preset:
        yield from _preset_lines(seen, seen.preset)
        return
    yield "      columns:"
    for name in seen.model.model_fields:
        choices = [p for p in seen.proposals if p.name == name]
        if name in seen.mapped:
            chosen = next(p for p in choices if p.accepted)
            example = ", ".join(chosen.samples)
            yield f"        {name}: {_quoted(chosen.column)}  # {_comment(example)}"
        elif name in seen.required():
            options = " | ".join(p.column for p in choices) or " | ".join(seen.columns)
            yield f'        {name}: "{UNDECIDED}"  # choose: {_comment(options)}'
        elif choices:
            options = " | ".join(p.column for p in choices)
            yield f"        # {name}:   # perhaps: {_comment(options)}"
    if seen.timezone:
        zone = _quoted(seen.timezone)
        yield f"      timezone: {zone}  # check: the place whose clock counts 时区"
    yield from _question_lines(seen)
    yield from _word_lines(seen)
    if seen.ignored:
        yield f"      # not used: {_comment(', '.join(seen.ignored))}"


def _preset_lines(seen: Seen, preset: Preset) -> Iterator[str]:
    """Name the preset, and show what it takes from which column, with values."""
    named = " / ".join(preset.name.values())
    yield f"      preset: {preset.key}  # check: {_comment(named)}"
    for language in ("zh", "en"):
        if language in preset.note:
            yield f"      # {_comment(preset.note[language], 240)}"
    for name, column in seen.mapped.items():
        example = ", ".join(v for v in seen.samples[column][:3] if v)
        yield f"      # {name}: {_comment(column)}  e.g. {_comment(example)}"
    if seen.ignored:
        yield f"      # not used: {_comment(', '.join(seen.ignored))}"


def _question_lines(seen: Seen) -> Iterator[str]:
    """Write the questions of a survey, the criteria of judges, or the scale of a long file."""
    if seen.table == "judgements":
        if seen.scaled:
            yield "      criteria:  # check: the code of each 各准则的代码"
        for one in seen.scaled:
            column, code = _quoted(one.column), _quoted(one.name)
            yield f"        - {{column: {column}, criterion: {code}}}"
        low = min((one.low for one in seen.scaled), default=1)
        high = max((one.high for one in seen.scaled), default=5)
        yield f"      low: {low:g}  # check: lowest mark 最低分"
        yield f"      high: {high:g}  # check: highest mark 最高分"
    elif seen.table == "surveys" and not seen.scaled:
        yield f'      scale: "{UNDECIDED}"  # choose: nps (0 to 10) | csat | ces | other'
        yield "      # low: 1   high: 5   # for every scale but nps 除 nps 外须给出最低分与最高分"
    elif seen.table == "surveys":
        yield "      questions:  # check: scale and its two ends 量表及最低分、最高分"
        for one in seen.scaled:
            column = _quoted(one.column)
            parts = [f"column: {column}", f"question: {column}", f"scale: {one.name}"]
            if one.name != "nps":
                parts += [f"low: {one.low:g}", f"high: {one.high:g}"]
            if one.blank:
                parts.append(f"blank: [{', '.join(one.blank)}]")
            yield f"        - {{{', '.join(parts)}}}"


def _word_lines(seen: Seen) -> Iterator[str]:
    """Leave a place for the meaning of every word the kit does not know."""
    if seen.unknown:
        name = WORDS[str(seen.table)]
        codes = " | ".join(dict.fromkeys(words.built_in(name).values()))
        yield f"      values:  # choose: {codes} | {words.SET_ASIDE}"
        yield f"        {name}:"
        for word in seen.unknown:
            yield f'          {_quoted(word)}: "{UNDECIDED}"'


def _comment(said: str, most: int = 160) -> str:
    return " ".join(said.split())[:most]


def _quoted(said: str) -> str:
    return json.dumps(said, ensure_ascii=False)


def _currency(seen: Sequence[Seen]) -> str:
    """Return the currency whose sign the amounts carry, CNY for Chinese headings, else `?`."""
    money = [
        s.samples[c] for s in seen for n, c in s.mapped.items() if n in ("amount", "unit_price")
    ]
    values = " ".join(v for column in money for v in column)
    found = {code for sign, code in SIGNS.items() if sign in values}
    if len(found) == 1:
        return found.pop()
    headings = " ".join(c for s in seen for c in s.columns)
    return "CNY" if not found and _HAN.search(headings) else UNDECIDED
