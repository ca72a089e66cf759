"""Which table a file feeds, told from its headings and first rows; what is not clear is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kehu.prepare import guess, words
from kehu.prepare.text import is_number, plain

_NPS = re.compile(r"nps|推荐(?!人|日|时)|recommend", re.IGNORECASE)
_RATED = re.compile(r"满意|satisf|csat|rating|评价得分", re.IGNORECASE)
_EFFORT = re.compile(r"费力|ces\b|effort", re.IGNORECASE)
_CODES = ("88", "98", "99", "998", "999")
"""Answers that by custom mean none."""

_CRITERIA = {
    "market_position": r"市场|地位|market|position",
    "technology": r"技术|创新|technolog|innovat",
    "reference_value": r"示范|标杆|品牌|口碑|referen|brand",
}
_ENDS = (5.0, 7.0, 10.0, 100.0)
_MOST = 0.95
"""Share of the answers that tell the scale."""


@dataclass(frozen=True)
class Guess:
    """A question or criterion that a column seems to hold.

    Parameters
    ----------
    column : str
        The file's column.
    name : str
        Scale of a question, or code of a criterion.
    low, high : float
        Ends of the scale, from the values seen.
    blank : tuple of str
        Codes among them that usually mean no answer.
    """

    column: str
    name: str
    low: float
    high: float
    blank: tuple[str, ...] = ()


def table_of(columns: Sequence[str], samples: Mapping[str, Sequence[str]]) -> str | None:
    """Tell which table a file feeds; None where nothing is clear.

    Parameters
    ----------
    columns : sequence of str
        The file's columns.
    samples : mapping
        Column to its first values, as text.

    Returns
    -------
    str or None
        A table of `Sources`. What has a date and money is purchases, unless a heading that only
        another table has says otherwise; what has a customer number and nothing else that is
        known is the customer list.
    """

    def has(table: str, *names: str) -> bool:
        return all(guess.best(table, name, columns, samples) >= guess.ACCEPT for name in names)

    def near(table: str, name: str) -> str:
        return guess.nearest(table, name, columns, samples)

    priced = has("transactions", "quantity", "unit_price") or has("transactions", "amount")
    sold = has("transactions", "date") and priced
    held = ("end", "fee", "balance", "usage", "claims")
    signs = {
        "referrals": has("referrals", "customer_id", "referred_id")
        and len({near("referrals", n) for n in ("customer_id", "referred_id")}) == 2,
        "judgements": has("judgements", "customer_id", "author"),
        "costs": has("costs", "date", "cost", "amount")
        and _worded("costs", "cost", columns, samples),
        "campaigns": has("campaigns", "campaign", "customer_id", "date")
        and (has("campaigns", "responded") or not sold),
        "surveys": has("surveys", "question", "answer") or bool(questions(columns, samples)),
        "payments": has("payments", "customer_id", "due", "amount"),
        "transactions": sold,
        "interactions": has("interactions", "date", "interaction")
        and _worded("interactions", "interaction", columns, samples),
        "holdings": has("holdings", "customer_id", "start")
        and any(has("holdings", name) for name in held),
        "benchmarks": has("benchmarks", "indicator", "figure"),
        "customers": has("customers", "customer_id"),
    }
    return next((table for table, fits in signs.items() if fits), None)


def _worded(
    table: str, name: str, columns: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> bool:
    """Whether most values of the column that would hold codes are words the kit knows."""
    column = guess.nearest(table, name, columns, samples)
    seen = [v for v in samples.get(column, ()) if v.strip()]
    return bool(seen) and 2 * len(unknown_words(name, seen)) <= len(set(map(plain, seen)))


def unknown_words(name: str, values: Sequence[str]) -> list[str]:
    """List the values that stand for no code the kit knows, each once, in their order."""
    known = words.built_in(name)
    return [v for v in dict.fromkeys(v.strip() for v in values) if v and plain(v) not in known]


def questions(columns: Sequence[str], samples: Mapping[str, Sequence[str]]) -> list[Guess]:
    """List the columns that look like answers on a scale: recommendation, satisfaction, effort."""
    kinds = (("nps", _NPS), ("ces", _EFFORT), ("csat", _RATED))
    found = []
    for column in columns:
        scale = next((name for name, sign in kinds if sign.search(column)), None)
        seen = _scale(samples.get(column, ())) if scale else None
        if scale and seen:
            low, high, blank = seen
            is_nps = scale == "nps" and high <= 10
            scale = "other" if scale == "nps" and not is_nps else scale
            found.append(Guess(column, scale, *((0.0, 10.0) if is_nps else (low, high)), blank))
    return found


def criteria(columns: Sequence[str], samples: Mapping[str, Sequence[str]]) -> list[Guess]:
    """List the columns of a file of judgements that look like marks."""
    found = []
    for column in columns:
        seen = _scale(samples.get(column, ()))
        named = (code for code, sign in _CRITERIA.items() if re.search(sign, column, re.IGNORECASE))
        if seen:
            found.append(Guess(column, next(named, column), seen[0], seen[1]))
    return found


def _scale(values: Sequence[str]) -> tuple[float, float, tuple[str, ...]] | None:
    """Tell the ends of a scale from answers; None where they are none.

    A few answers beyond an end are mistakes of typing, or codes, and do not move it.
    """
    filled = [v.strip() for v in values if v.strip()]
    numbers = [float(v) for v in filled if is_number(v)]
    if not numbers or len(numbers) < _MOST * len(filled) or min(numbers) < 0:
        return None
    answers = [float(v) for v in filled if is_number(v) and v not in _CODES]
    fitting = (end for end in _ENDS if sum(n <= end for n in answers) >= _MOST * len(answers))
    top = next(fitting, None)
    if top is None or not answers:
        return None
    low = 0.0 if sum(n < 1 for n in answers) > (1 - _MOST) * len(answers) else 1.0
    return low, top, tuple(code for code in _CODES if code in filled and float(code) > top)
