"""Numbers, money, shares and dates as a reader of each language expects them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)

LOCALES = {"zh": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_US"}
"""Language of a report to Babel locale."""

MISSING = "—"
"""How a value that does not exist is printed."""

_STEPS = {
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
    "zh-Hant": ((1e12, "兆"), (1e8, "億"), (1e4, "萬")),
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")),
}


def _finite(value: Any) -> Any:
    """Return a number as it is, or None where there is none: None, not-a-number, NA, infinity."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value if math.isfinite(value) else None


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _unsigned_zero(text: str) -> str:
    """Take the minus off what rounds to zero."""
    return text if any(c in "123456789" for c in text) else text.replace("-", "")


def number(value: float | None, language: str, digits: int = 0) -> str:
    """Format a number with thousands separators and a fixed number of decimals."""
    exact = _finite(value)
    if exact is None:
        return MISSING
    text = format_decimal(exact, format=_pattern(digits), locale=LOCALES[language])
    return _unsigned_zero(text)


def percent(value: float | None, language: str, digits: int = 1) -> str:
    """Format a share (0…1) as per cent."""
    exact = _finite(value)
    if exact is None:
        return MISSING
    text = format_percent(exact, format=_pattern(digits) + "%", locale=LOCALES[language])
    return _unsigned_zero(text)


def chance(value: float | None, language: str) -> str:
    """Format a probability as per cent; what rounds to 0 or 100 prints as <1% or >99%."""
    exact = _finite(value)
    if exact is not None and 0 < exact < 0.01:
        return "<" + percent(0.01, language, 0)
    if exact is not None and 0.99 < exact < 1:
        return ">" + percent(0.99, language, 0)
    return percent(exact, language, 0)


def money(value: float | None, language: str, currency: str, digits: int = 0) -> str:
    """Format an amount with its currency sign."""
    exact = _finite(value)
    if exact is None:
        return MISSING
    pattern = "¤" + _pattern(min(digits, get_currency_precision(currency)))
    locale = LOCALES[language]
    text = format_currency(exact, currency, format=pattern, locale=locale, currency_digits=False)
    return _unsigned_zero(text)


def compact(value: float | None, language: str) -> str:
    """Shorten a large number: 万 and 亿, or K, M and B, to three significant digits.

    Babel's own short form prints 99,999,999 as 10000万; the step is therefore chosen here, after
    rounding.
    """
    if _finite(value) is None:
        return MISSING
    exact = round(float(value), 2)  # type: ignore[arg-type]
    steps = _STEPS[language]
    for position, (size, sign) in enumerate(steps):
        if abs(exact) >= size:
            scaled = _three_digits(exact / size)
            if position and abs(scaled) * size >= steps[position - 1][0]:
                size, sign = steps[position - 1]
                scaled = _three_digits(exact / size)
            return format_decimal(scaled, format="#,##0.##", locale=LOCALES[language]) + sign
    return number(exact, language, 0 if exact.is_integer() else 2)


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def compact_money(value: float | None, language: str, currency: str) -> str:
    """Shorten a large amount and put the currency sign before it."""
    exact = _finite(value)
    if exact is None:
        return MISSING
    exact = round(exact, get_currency_precision(currency))
    sign = "-" if exact < 0 else ""
    symbol = get_currency_symbol(currency, LOCALES[language])
    return f"{sign}{symbol}{compact(abs(exact), language)}"


def day(value: Any, language: str) -> str:
    """Format a date: 2026年9月30日, September 30, 2026."""
    stamp = pd.Timestamp(value[:10] if isinstance(value, str) else value)
    if stamp is pd.NaT:
        return MISSING
    return format_date(stamp.date(), format="long", locale=LOCALES[language])
