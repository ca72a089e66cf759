"""Example quotes: what customers wrote, personal data masked, shortened, otherwise as written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeVar

import pandas as pd
import yaml

from kehu.i18n import Translator
from kehu.voice.text import language_of

LONGEST = 120
"""Width of a quote at most: a Latin letter is 1 wide, a Chinese character 2."""

KINDS = ("email", "link", "account", "identity", "phone", "card", "number", "address", "name")
"""Kinds of personal data that are masked."""

CANDIDATES = 60
"""Texts of a topic that quotes are chosen from, those it is strongest in."""

ALIKE = 0.4
"""Share of pairs of signs in common from which two quotes say the same."""

LEAST_NAME = 2
"""Letters of the shortest name on the customer list that is looked for."""

_PLAIN = {0xFF01 + i: chr(0x21 + i) for i in range(94)} | {0x3000: " "}
"""Full-width signs to plain ones, one for one, so that places in the text stay the same."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_LATIN = re.compile(r"[^\W\d_\u4e00-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff·]+")
_END = re.compile(r"[。！？!?；;，,\s]")
Span = tuple[int, int, str]
Name = TypeVar("Name", str, tuple[str, ...])


@dataclass(frozen=True)
class Mask:
    """Takes personal data out of texts: call it with one.

    Parameters
    ----------
    names : iterable of str
        Names of the customers; looked for wherever they stand.
    ids : iterable of str
        Customer numbers; those of four signs or more are looked for as whole tokens.

    Notes
    -----
    Telephone, identity-card, passport, bank-card, order and customer numbers, e-mail and street
    addresses, links, accounts of messengers, names of the customer list and names that give
    themselves away ("我叫…", "王先生", "Mr Smith") become a word in brackets in the language of the
    text. Names of people who are on no list and carry no title can pass: a quote is read before it
    is handed out.
    """

    names: Iterable[str] = ()
    ids: Iterable[str] = ()
    _han: dict[int, frozenset[str]] = field(init=False, repr=False, compare=False)
    _latin: dict[int, frozenset[tuple[str, ...]]] = field(init=False, repr=False, compare=False)
    _ids: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        clean = {name.translate(_PLAIN).strip() for name in self.names}
        han = {n for n in clean if len(n) >= LEAST_NAME and _HAN.fullmatch(n)}
        latin = {tuple(_LATIN.findall(n.lower())) for n in clean - han if len(n) > LEAST_NAME}
        object.__setattr__(self, "_han", _by_length(han))
        object.__setattr__(self, "_latin", _by_length(latin - {()}))
        object.__setattr__(self, "_ids", frozenset(i.lower() for i in self.ids if len(i) >= 4))

    def __call__(self, text: str) -> str:
        """Return the text with personal data replaced."""
        plain = text.translate(_PLAIN)
        say = Translator(language_of(text) or "zh", "CNY")
        made, at = [], 0
        for start, end, kind in _apart([*_patterns(plain), *self._named(plain)]):
            made += [text[at:start], f"[{say(f'mask.{kind}')}]"]
            at = end
        return "".join([*made, text[at:]])

    def _named(self, plain: str) -> Iterable[Span]:
        """Find the customers' names and numbers."""
        for run in _HAN.finditer(plain):
            for size, names in self._han.items():
                for i in range(run.start(), run.end() - size + 1):
                    if plain[i : i + size] in names:
                        yield i, i + size, "name"
        tokens = [(m.start(), m.end(), m[0].lower()) for m in _LATIN.finditer(plain)]
        for size, known in self._latin.items():
            for i in range(len(tokens) - size + 1):
                part = tokens[i : i + size]
                if tuple(word for _, _, word in part) in known:
                    yield part[0][0], part[-1][1], "name"
        for token in _TOKEN.finditer(plain):
            if token[0].lower() in self._ids:
                yield token.start(), token.end(), "number"


def _by_length(names: set[Name]) -> dict[int, frozenset[Name]]:
    sizes = sorted({len(n) for n in names}, reverse=True)
    return {size: frozenset(n for n in names if len(n) == size) for size in sizes}


@lru_cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    listed = yaml.safe_load(files("kehu.voice").joinpath("masks.yml").read_text("utf-8"))
    return tuple((entry["kind"], re.compile(entry["pattern"])) for entry in listed)


def _patterns(plain: str) -> Iterable[Span]:
    for kind, pattern in _compiled():
        for found in pattern.finditer(plain):
            yield found.start(), found.end(), kind


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Keep spans that do not overlap: of those that do the first, over all they cover."""
    kept: list[Span] = []
    for start, end, kind in sorted(spans, key=lambda s: (s[0], -s[1])):
        if kept and start < kept[-1][1]:
            first = kept[-1]
            kept[-1] = (first[0], max(first[1], end), first[2])
        else:
            kept.append((start, end, kind))
    return kept


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut a text after a sentence or clause, never inside a masked word.

    Parameters
    ----------
    text : str
        Masked already.
    longest : int
        Width at most: a Latin letter is 1 wide, a Chinese character 2.

    Returns
    -------
    str
        On one line; ends with … where it was cut.
    """
    line = " ".join(text.split())
    width, cut = 0, len(line)
    for i, sign in enumerate(line):
        width += 2 if ord(sign) > 0x2E7F else 1
        if width > longest:
            cut = i
            break
    if cut == len(line):
        return line
    ends = [m.end() for m in _END.finditer(line[:cut])]
    at = ends[-1] if ends and ends[-1] > cut // 2 else cut
    opened = line.rfind("[", 0, at)
    if opened >= 0 and line.find("]", opened, at) < 0 and line.find("]", at) >= 0:
        at = opened
    return line[:at].rstrip("，,；; ") + "…"


def quotes(texts: pd.DataFrame, place: pd.Series, weight: pd.Series, mask: Mask, most: int = 2
           ) -> pd.DataFrame:  # fmt: skip
    """Choose the texts that stand for each topic, masked and shortened.

    Parameters
    ----------
    texts : pandas.DataFrame
        Rows of `Corpus.table`.
    place : pandas.Series of int, shape (n,)
        Topic of each text, from 1; 0 for a text that fits none.
    weight : pandas.Series of float, shape (n,)
        How strongly the topic is in it.
    mask : Mask
    most : int
        Quotes of a topic at most, each of another customer and in other words.

    Returns
    -------
    pandas.DataFrame
        `topic_place, quote_place, quote`, the strongest first, equal ones by their words.
    """
    rows = texts.assign(topic_place=place, weight=weight)
    rows = rows[rows["topic_place"] > 0]
    rows = rows.sort_values(["topic_place", "weight", "text", "customer_id"],
                            ascending=[True, False, True, True])  # fmt: skip
    rows = rows.drop_duplicates(["topic_place", "text"])
    known = rows["customer_id"].notna()
    rows = rows[~known | ~rows.duplicated(["topic_place", "customer_id"])]
    made = []
    for place, part in rows.groupby("topic_place"):
        candidates = [shortened(mask(text)) for text in part["text"].head(CANDIDATES)]
        chosen = _unlike(candidates, most)
        made += [(int(place), i, quote) for i, quote in enumerate(chosen, 1)]
    return pd.DataFrame(made, columns=["topic_place", "quote_place", "quote"])


def _unlike(candidates: list[str], most: int) -> list[str]:
    """Take the first quotes that do not say the same as those taken before."""
    taken: list[tuple[str, frozenset[str]]] = []
    for quote in candidates:
        pairs = frozenset(a + b for a, b in pairwise(quote))
        if pairs and all(len(pairs & p) < ALIKE * len(pairs | p) for _, p in taken):
            taken.append((quote, pairs))
    return [quote for quote, _ in taken[:most]]
