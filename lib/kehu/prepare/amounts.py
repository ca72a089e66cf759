"""Money and quantities as clients write them, read exactly or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
from ibis.expr.types import (
    BooleanValue,
    DecimalValue,
    FloatingValue,
    IntegerValue,
    StringValue,
)

from kehu.prepare.text import narrow

MONEY = "decimal(18, 4)"
EXACT = "decimal(18, 6)"
PRODUCT = "decimal(38, 6)"
"""What two exact numbers are multiplied as: 12 digits each, 12 decimals together."""
_CURRENCY = r"(?:CNY|RMB|USD|EUR|GBP|HKD|TWD|JPY|HK\$|NT\$|US\$|[¥$€£])"
_PLAIN = r"^-?\d+(\.\d+)?$"
_WHOLE = r"^-?\d+$"
_POWER = r"^-?\d+(\.\d+)?[eE][-+]?\d{1,2}$"
_TINY = r"^-?\d(\.\d+)?[eE]-\d+$"
_POINT = r"^(\d+|\d{1,3}(,\d{3})+|\d{1,3}(_\d{3})+)(\.\d*)?$|^\.\d+$"
_COMMA = r"^(\d+|\d{1,3}(\.\d{3})+|\d{1,3}(_\d{3})+)(,\d*)?$|^,\d+$"
_POINT_ONLY = r"^[\d_]*\.(\d{0,2}|\d{4,})$|^0\.\d+$|^\d+(,\d{3})+\.\d*$|^\d+(,\d{3}){2,}$"
_COMMA_ONLY = r"^[\d_]*,(\d{0,2}|\d{4,})$|^0,\d+$|^\d+(\.\d{3})+,\d*$|^\d+(\.\d{3}){2,}$"
_SPACES = "[\\s\u00a0\u202f\u2009]+"
_ONE_CURRENCY = {"RMB": "¥", "CNY": "¥", "USD": "$", "US$": "$", "EUR": "€", "GBP": "£"}


def bare(text: StringValue) -> StringValue:
    """Leave sign and number: no blanks, no currency, narrow digits."""
    grouped = narrow(text).re_replace(rf"(\d){_SPACES}(\d)", r"\1_\2")
    close = grouped.re_replace(_SPACES, "").upper()
    front = close.re_replace(f"^([-+(]?){_CURRENCY}", r"\1")
    short = front.re_replace(f"(?:元|圆|{_CURRENCY})([-)]?)$", r"\1")
    return ibis.ifelse(text.re_search(_PLAIN), text, short)


def _unsigned(text: StringValue) -> StringValue:
    """Take one sign off: `-1`, `+1`, `1-` or `(1)`; more than one stays and is refused."""
    core = text.re_replace(r"^\((.*)\)$|^[-+](.*[^-)])$|^([^-+(].*)-$", r"\1\2\3")
    return core.re_replace("[万亿]$", "")


def parsed(text: StringValue, short: StringValue, comma: bool = False) -> DecimalValue:
    """Read numbers in the engine; blank where the text is no number.

    Parameters
    ----------
    text : ibis text column
        `1,234.50`, `¥1,234.50`, `(12.00)`, `12-`, `１２３`, `1.2万`.
    short : ibis text column
        The same as `bare` gives it.
    comma : bool
        Whether the comma is the decimal sign (`1.234,50`), see `decimal_comma`.

    Returns
    -------
    ibis decimal column
        12 digits and 6 decimals. 4.4e-16 is float noise and becomes 0; 1.2E+05 is blank, since
        a spreadsheet that writes it has thrown digits away.
    """
    core, factor = _unsigned(short), _factor(short).cast("decimal(10, 0)")
    scaled = (_digits(core, comma).try_cast(EXACT) * factor).try_cast(EXACT)
    slow = ibis.ifelse(core.re_search(_COMMA if comma else _POINT), scaled, ibis.null(EXACT))
    simple = text.re_search(_WHOLE if comma else _PLAIN)
    tiny = text.try_cast("float64").try_cast(EXACT)
    return ibis.cases((simple, text.try_cast(EXACT)), (text.re_search(_TINY), tiny), else_=slow)


def real(text: StringValue, short: StringValue, comma: bool = False) -> FloatingValue:
    """Read numbers that are no money, all digits kept; blank where the text is no number.

    Parameters
    ----------
    text, short, comma
        As for `parsed`; 12.5% is 0.125, and 1.2E-05 a number.

    Returns
    -------
    ibis float column
    """
    core = _unsigned(short.re_replace("[%％]$", ""))
    share = ibis.ifelse(short.re_search("[%％]$"), 100.0, 1.0)
    scaled = _digits(core, comma).try_cast("float64") * _factor(short).cast("float64") / share
    slow = ibis.ifelse(core.re_search(_COMMA if comma else _POINT), scaled, ibis.null("float64"))
    simple = text.re_search(_WHOLE if comma else _PLAIN) | text.re_search(_POWER)
    return ibis.ifelse(simple, text.try_cast("float64"), slow)


def _digits(core: StringValue, comma: bool) -> StringValue:
    """Leave digits and decimal point."""
    group, point = (".", ",") if comma else (",", ".")
    return core.replace("_", "").replace(group, "").replace(point, ".")


def _factor(short: StringValue) -> IntegerValue:
    """Return what the digits are multiplied by: the sign, and 万 or 亿."""
    size = ibis.cases((short.contains("万"), 10_000), (short.contains("亿"), 100_000_000), else_=1)
    return size * ibis.ifelse(short.re_search(r"^[-(]|-$"), -1, 1)


def has_more_decimals(text: StringValue, comma: bool = False) -> BooleanValue:
    """Whether the text has more decimals than are kept, as a spreadsheet's float noise does."""
    many = text.re_search(rf"{',' if comma else '[.]'}\d{{4}}\d*[1-9]")
    return many | text.re_search(_TINY)


def evidence(text: StringValue) -> dict[str, Any]:
    """Build the counts that tell a decimal point from a decimal comma, and one currency from two.

    Returns
    -------
    dict of ibis scalars
        `point` and `comma`: rows that only this decimal sign explains; `signs`: different
        currency signs in the column.
    """
    core = _unsigned(bare(text))
    sign = narrow(text).upper().re_extract(f"({_CURRENCY})", 1).substitute(_ONE_CURRENCY)
    return {
        "point": core.re_search(_POINT_ONLY).sum().fill_null(0),
        "comma": core.re_search(_COMMA_ONLY).sum().fill_null(0),
        "signs": sign.collect(where=sign != "", distinct=True),
    }


def decimal_comma(found: Mapping[str, Any]) -> bool:
    """Whether a column uses the decimal comma: more of its rows need it than need the point."""
    return bool(found["comma"] > found["point"])
