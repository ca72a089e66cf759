"""The client's words for the codes of a contract: known ones read, unknown ones told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import ibis
import yaml
from ibis.expr.types import StringValue, Table
from rapidfuzz import process

from kehu.errors import Problem
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled, narrow, plain

SET_ASIDE = "none"
"""What a word means whose rows are to be set aside."""

_MOST_SHOWN = 10


@lru_cache(maxsize=1)
def _built_in() -> dict[str, dict[str, str]]:
    """Return, per column, the words known in every client's file and what they mean."""
    text = files("kehu.prepare").joinpath("words.yml").read_text(encoding="utf-8")
    return {
        column: {plain(word): code for code, words in codes.items() for word in [code, *words]}
        for column, codes in yaml.safe_load(text).items()
    }


def meanings(raw: Raw, column: str) -> dict[str, str]:
    """Return the words known in a column of a file, and their codes.

    Parameters
    ----------
    raw : Raw
        Its own `values` go before the words known everywhere.
    column : str
        `interaction`, `cost` or `responded`; the codes of the last are `yes` and `no`.

    Returns
    -------
    dict
        Word as `plain` writes it, to code.
    """
    given: Mapping[str, str | bool] = raw.file.values.get("values", {}).get(column, {})
    own = {plain(word): _code(code) for word, code in given.items()}
    return built_in(column) | own


def built_in(column: str) -> dict[str, str]:
    """Return the words known in every client's file, as `plain` writes them, and their codes."""
    return _built_in()[column]


def _code(code: str | bool) -> str:
    return code if isinstance(code, str) else {True: "yes", False: "no"}[code]


def compared(text: StringValue) -> StringValue:
    """Write a column of words as they are compared; see `plain`."""
    return narrow(filled(text)).lower()


def read(bare: StringValue, known: Mapping[str, str]) -> StringValue:
    """Read words as codes; blank where a word is not known."""
    return ibis.map(dict(known)).get(bare)


def problems(rows: Table, raws: Sequence[Raw], columns: Sequence[str]) -> Iterator[Problem]:
    """Name, per file, the words nobody has explained.

    Parameters
    ----------
    rows : ibis Table
        Every row of every file, with `<column>_text` and `<column>_unread`.
    raws : sequence of Raw
        The files.
    columns : sequence of str
        Columns of codes.

    Yields
    ------
    Problem
        KH-D10: the words with their rows, the likeliest meaning of each, how to explain them.
    """
    for column in columns:
        bad = rows.filter(rows[f"{column}_unread"])
        word = filled(bad[f"{column}_text"])
        counted = bad.group_by("source", word=word).aggregate(n=bad.count()).execute()
        counted = counted.sort_values(["n", "word"], ascending=[False, True])
        for raw in raws:
            here = counted[counted["source"] == raw.file.name]
            if len(here):
                found = list(zip(here["word"], here["n"], strict=True))
                yield _problem(raw, column, found)


def _problem(raw: Raw, column: str, found: Sequence[tuple[str, int]]) -> Problem:
    known = meanings(raw, column)
    shown = [f"“{word}” {n:,} rows{_meant(word, known)}" for word, n in found[:_MOST_SHOWN]]
    more = f" and {len(found) - _MOST_SHOWN} more words" if len(found) > _MOST_SHOWN else ""
    where = raw.file.mapped.get(column, column)
    what = f"{len(found)} words in `{where}` are not known: {'; '.join(shown)}{more}."
    codes = ", ".join(dict.fromkeys(known.values()))
    word = found[0][0]
    remedy = f"Say what each means: `values: {{{column}: {{{word}: …}}}}`, one of {codes}."
    return Problem("KH-D10", raw.file.name, what, remedy)


def _meant(word: str, known: Mapping[str, str]) -> str:
    near = process.extractOne(plain(word), known.keys(), score_cutoff=60)
    return f" (did you mean `{known[near[0]]}`, as “{near[0]}”?)" if near else ""
