"""Customer numbers: text, digits untouched, damage by spreadsheets named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibis.expr.types import BooleanValue, StringValue

from kehu.prepare.text import filled

_DECIMAL = r"^\d+\.0+$"
_NUMERIC = r"^\d+(\.\d*)?$"
_POWER = r"^\d(\.\d+)?[eE]\+\d+$"


def evidence(text: StringValue) -> dict[str, Any]:
    """Build the counts that tell whether a column of ids was once read as decimal numbers."""
    bare = filled(text)
    return {
        "decimal": bare.re_search(_DECIMAL).sum().fill_null(0),
        "numeric": bare.re_search(_NUMERIC).sum().fill_null(0),
    }


def has_decimals(found: Mapping[str, Any]) -> bool:
    """Whether every numeric id of the column ends in `.0`, as 17850 does after a float column."""
    return bool(found["decimal"]) and bool(found["decimal"] == found["numeric"])


def parsed(bare: StringValue, decimals: bool) -> StringValue:
    """Read ids: `.0` off where `decimals`, leading zeros kept.

    Parameters
    ----------
    bare : ibis text column
        Blanks around the id already off.
    decimals : bool
        As told by `has_decimals`.

    Returns
    -------
    ibis text column
    """
    return bare.re_replace(r"^(\d+)\.0+$", r"\1") if decimals else bare


def differs(read: StringValue, text: StringValue) -> BooleanValue:
    """Whether an id that is there was changed on the way."""
    return (read != text).fill_null(False)


def is_shortened(bare: StringValue) -> BooleanValue:
    """Whether a spreadsheet wrote the id as 4.20106E+17 and threw its last digits away."""
    return bare.re_search(_POWER).fill_null(False)
