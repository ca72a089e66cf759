"""Proposals for a column mapping: names first, then what the values look like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz import fuzz

ACCEPT = 80.0
"""Confidence, 0 to 100, below which a proposal is never accepted by itself."""

NEAR = 10.0
"""Two candidates within this distance are a choice for a person."""

_SHOW = 60.0
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}|月?$)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|(19|20)\d{6}$"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])?年?$|1\d{9}(\d{3})?$"
)
_NUMBER = re.compile(r"[-(]?[¥￥$€£]?\s*-?\d[\d,]*(\.\d+)?\)?$")
DATED = ("date", "joined", "birth_date", "due", "paid", "start", "end", "closed")
"""Names of columns that hold dates."""
_FITS = {
    **dict.fromkeys(DATED, _DATE),
    **dict.fromkeys(("amount", "quantity", "unit_price", "goods_cost",
                     "discount", "coupon", "balance", "fee", "usage",
                     "claims", "answer", "mark", "survey_weight"), _NUMBER),
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """One column of a file proposed for one canonical name.

    Parameters
    ----------
    name : str
        Canonical name, such as `customer_id`.
    column : str
        The file's column.
    confidence : float
        0 to 100.
    accepted : bool
        Whether it is clear: confident enough, and no other candidate near.
    samples : tuple of str
        Some of its values.
    """

    name: str
    column: str
    confidence: float
    accepted: bool
    samples: tuple[str, ...]


@lru_cache(maxsize=1)
def _aliases() -> dict[str, dict[str, list[str]]]:
    text = files("kehu.prepare").joinpath("aliases.yml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return loaded


def mapping(
    columns: Sequence[str], samples: Mapping[str, Sequence[str]], table: str
) -> list[Proposal]:
    """Propose which column of a file holds what.

    Parameters
    ----------
    columns : sequence of str
        The file's columns.
    samples : mapping
        Column to some of its values, as text.
    table : str
        What the file holds, see `recognise.table_of`.

    Returns
    -------
    list of Proposal
        Best first per canonical name. At most one per name is `accepted`, and a column is
        accepted for one name only; where two candidates are near, none is: a person chooses.
    """
    found = [
        (name, column, _confidence(name, column, aliases, samples.get(column, ())))
        for name, aliases in _aliases()[table].items()
        for column in columns
    ]
    found = [f for f in found if f[2] >= _SHOW]
    order = {name: i for i, name in enumerate(_aliases()[table])}
    found.sort(key=lambda f: (order[f[0]], -f[2]))
    return [
        Proposal(n, c, round(p, 1), _is_clear(n, c, p, found), tuple(samples.get(c, ())[:3]))
        for n, c, p in found
    ]


def names_in(header: str) -> list[str]:
    """List the Chinese column names the kit knows that stand in a file's first line."""
    known = {a for table in _aliases().values() for names in table.values() for a in names}
    return sorted(a for a in known if not a.isascii() and a in header)


def _is_clear(
    name: str, column: str, confidence: float, found: list[tuple[str, str, float]]
) -> bool:
    """Whether no other column is near for this name, and no other name nearer for this column."""
    rivals = [p for n, c, p in found if n == name and c != column]
    better = [p for n, c, p in found if c == column and n != name]
    return (
        confidence >= ACCEPT
        and all(confidence - p > NEAR for p in rivals)
        and all(confidence > p for p in better)
    )


def _confidence(name: str, column: str, aliases: Sequence[str], values: Sequence[str]) -> float:
    likeness = max(fuzz.ratio(_plain(column), _plain(alias)) for alias in [name, *aliases])
    form = _FITS.get(name)
    filled = [v.strip() for v in values if v.strip()]
    if form is None or not filled:
        return likeness
    fitting = sum(bool(form.match(v)) for v in filled) / len(filled)
    return likeness * (0.5 + 0.5 * fitting)


def _plain(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return re.sub(r"[\s_\-（）()]+", "", spaced).lower()


def best(
    table: str, name: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> float:
    """Return the confidence, 0 to 100, of the column that fits a canonical name best."""
    aliases = _aliases()[table][name]
    return max((_confidence(name, c, aliases, samples.get(c, ())) for c in columns), default=0.0)


def nearest(
    table: str, name: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> str:
    """Return the column that fits a canonical name best."""
    aliases = _aliases()[table][name]
    return max(columns, key=lambda c: _confidence(name, c, aliases, samples.get(c, ())))


def columns_of(proposals: Sequence[Proposal]) -> dict[str, Any]:
    """Return the accepted proposals as a `columns` entry of a params file."""
    return {p.name: p.column for p in proposals if p.accepted}
