"""Text as typed by people: blanks around it, full-width signs, words that mean nothing."""

from __future__ import annotations

import ibis
from ibis.expr.types import StringValue

_BLANKS = " \t\n\r\v\f\u00a0\u2007\u202f\u3000\ufeff"
_SIGNS = range(ord("!"), ord("~") + 1)
_WIDE = "".join(chr(sign + 0xFEE0) for sign in _SIGNS) + "￥　−"
_NARROW = "".join(map(chr, _SIGNS)) + "¥ -"
_NOTHING = ("null", "nan", "none", "n/a", "#n/a", "<na>", "nat")


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def trim(text: str, signs: str) -> str:  # type: ignore[empty-body]
    """Take any of the signs off both ends."""


def trimmed(text: StringValue) -> StringValue:
    """Take blanks of every kind off both ends."""
    return trim(text, _BLANKS)


def filled(text: StringValue) -> StringValue:
    """Trim, and make blank text, `NULL`, `nan` and the like truly blank."""
    bare = trimmed(text)
    nothing = (bare == "") | bare.lower().isin(_NOTHING)
    return ibis.ifelse(nothing, ibis.null("string"), bare)


def narrow(text: StringValue) -> StringValue:
    """Turn full-width letters, digits and signs into the usual ones."""
    return text.translate(_WIDE, _NARROW)


def plain(word: str) -> str:
    """Write one word as `filled`, `narrow` and lower case write a column of words."""
    return word.strip(_BLANKS).translate(str.maketrans(_WIDE, _NARROW)).lower()


def is_number(text: str) -> bool:
    """Whether a text is a plain number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
