"""`kehu init`: look at a client's files and write a commented params file for them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ValidationError

from kehu import engine
from kehu.errors import KehuError, Problem
from kehu.params import CustomerColumns, TransactionColumns
from kehu.prepare import clean, guess, source_files, sources
from kehu.prepare.guess import Proposal
from kehu.store import PROJECT, Run, publish_text

MODELS: dict[str, type[BaseModel]] = {
    "transactions": TransactionColumns,
    "customers": CustomerColumns,
}
SIGNS = {"¥": "CNY", "￥": "CNY", "元": "CNY", "€": "EUR", "£": "GBP", "$": "USD"}
UNDECIDED = "?"
"""Stands where a person has to choose; `kehu check` refuses it with the columns of the file."""

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Seen:
    """One file as it was looked at.

    Parameters
    ----------
    path : Path
        The file.
    table : str
        `transactions` or `customers`.
    columns : tuple of str
        All columns of the file.
    proposals : list of Proposal
        Which column may hold what.
    samples : dict
        Column to its first values.
    """

    path: Path
    table: str
    columns: tuple[str, ...]
    proposals: list[Proposal]
    samples: dict[str, list[str]]

    @property
    def mapped(self) -> dict[str, str]:
        """Canonical name to column, for what is clear."""
        return guess.columns_of(self.proposals)

    @property
    def ignored(self) -> list[str]:
        """Columns nothing is taken from."""
        return [c for c in self.columns if c not in self.mapped.values()]


def write(files: Sequence[Path], client: str, to: Path | None) -> tuple[Path, list[str]]:
    """Look at files and write a params file with the guessed column mapping.

    Parameters
    ----------
    files : sequence of Path
        The client's files; what each holds is found out.
    client : str
        Short name; taken from the first file's name if empty.
    to : Path, optional
        Params file to write; `params/clients/<client>.yml` if left out. An existing file is left
        as it is.

    Returns
    -------
    path : Path
        The params file.
    notes : list of str
        What was found, and what a person has to decide.

    Raises
    ------
    KehuError
        KH-D01 to KH-D05 for a file that cannot be read, KH-S01 when the params file exists.
    """
    name = client or re.sub(r"\W+", "_", files[0].stem).strip("_").lower() or "client"
    target = to or PROJECT / "params" / "clients" / f"{name}.yml"
    if target.exists():
        remedy = "Edit it, or choose another name with --client or --to."
        raise KehuError(Problem("KH-S01", str(target), "is there already; left as it is.", remedy))
    seen = [look(path) for path in files]
    last, unread = last_day(seen)
    publish_text(target, text(name, seen, last, target.resolve().parent))
    return target, [note for one in seen for note in notes(one)] + unread


def look(path: Path) -> Seen:
    """Look at the first rows of a file and guess which column holds what."""
    shape, rows = source_files.head(path, rows=200)
    samples = {c: [row[i] for row in rows] for i, c in enumerate(shape.columns)}
    table = guess.table_of(shape.columns, samples)
    proposals = guess.mapping(shape.columns, samples, table)
    return Seen(path, table, shape.columns, proposals, samples)


def last_day(seen: Sequence[Seen]) -> tuple[date | None, list[str]]:
    """Return the last day with a purchase, or else why the files cannot be read as guessed."""
    given = [_spec(s) for s in seen if s.table == "transactions"]
    with tempfile.TemporaryDirectory(prefix="kehu-") as folder:
        run = Run(Path(folder))
        try:
            found = sources.listed({"transactions": given}, Path(folder))
            raws = sources.read_all(run, engine.connect(run), found)
            cleaned = clean.transactions(raws, analysis_date="2999-12-31", max_unreadable=1.0)
            last: date = cleaned.transactions.date.max().execute().date()
        except ValidationError:
            return None, ["  the last day could not be found: a needed column is not mapped"]
        except KehuError as error:
            return None, [f"  the last day could not be found: {p}" for p in error.problems]
    return last, []


def _spec(seen: Seen) -> dict[str, object]:
    return {"path": str(seen.path.resolve()), "columns": seen.mapped}


def notes(seen: Seen) -> list[str]:
    """Say what a file seems to hold and what is left to decide."""
    lines = [f"{seen.path.name}: {seen.table}, {len(seen.mapped)} columns recognised"]
    for name in _required(seen):
        choices = [p for p in seen.proposals if p.name == name]
        shown = "; ".join(f"{p.column} (e.g. {', '.join(p.samples)})" for p in choices)
        lines.append(f"  choose `{name}`: {shown or 'no candidate; ' + ', '.join(seen.columns)}")
    if seen.ignored:
        lines.append(f"  not used: {', '.join(seen.ignored)}")
    return lines


def _required(seen: Seen) -> list[str]:
    """List the names that must be mapped and are not."""
    fields = MODELS[seen.table].model_fields
    missing = [n for n, f in fields.items() if f.is_required() and n not in seen.mapped]
    priced = {"quantity", "unit_price"} <= seen.mapped.keys() or "amount" in seen.mapped
    return missing + (["amount"] if seen.table == "transactions" and not priced else [])


def text(name: str, seen: Sequence[Seen], last: date | None, base: Path) -> str:
    """Write out the params file."""
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
    for table in MODELS:
        mine = [s for s in seen if s.table == table]
        lines += [f"  {table}:"] * bool(mine)
        lines += [line for s in mine for line in _source_lines(s, base)]
    return "\n".join(lines) + "\n"


def _source_lines(seen: Seen, base: Path) -> list[str]:
    lines = [f"    - path: {_quoted(os.path.relpath(seen.path.resolve(), base))}", "      columns:"]
    for name in MODELS[seen.table].model_fields:
        choices = [p for p in seen.proposals if p.name == name]
        if name in seen.mapped:
            chosen = next(p for p in choices if p.accepted)
            example = ", ".join(chosen.samples)
            lines.append(f"        {name}: {_quoted(chosen.column)}  # {_comment(example)}")
        elif name in _required(seen):
            options = " | ".join(p.column for p in choices) or " | ".join(seen.columns)
            lines.append(f'        {name}: "{UNDECIDED}"  # choose: {_comment(options)}')
        elif choices:
            options = " | ".join(p.column for p in choices)
            lines.append(f"        # {name}:   # perhaps: {_comment(options)}")
    if seen.ignored:
        lines.append(f"      # not used: {_comment(', '.join(seen.ignored))}")
    return lines


def _comment(words: str) -> str:
    return " ".join(words.split())[:160]


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


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
