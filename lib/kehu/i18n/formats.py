"""Numbers, money, shares and dates as a reader of each language expects them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

LOCALES = {"zh": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en_US"}
"""Language of a report to Babel locale."""

MISSING = "—"
"""How a value that does not exist is printed."""

_STEPS = {
    "zh": ((1e8, "亿"), (1e4, "万")),
    "zh-Hant": ((1e8, "億"), (1e4, "萬")),
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
}


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def number(value: float | None, language: str, digits: int = 0) -> str:
    """Format a number with thousands separators and a fixed number of decimals."""
    if value is None or _is_missing(value):
        return MISSING
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=LOCALES[language])


def percent(value: float | None, language: str, digits: int = 1) -> str:
    """Format a share (0…1) as per cent."""
    if value is None or _is_missing(value):
        return MISSING
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(value, format=pattern, locale=LOCALES[language])


def chance(value: float | None, language: str) -> str:
    """Format a probability as per cent; what rounds to 0 or 100 prints as <1% or >99%."""
    if value is not None and 0 < value < 0.01:
        return "<" + percent(0.01, language, 0)
    if value is not None and 0.99 < value < 1:
        return ">" + percent(0.99, language, 0)
    return percent(value, language, 0)


def money(value: float | None, language: str, currency: str, digits: int = 0) -> str:
    """Format an amount with its currency sign."""
    if value is None or _is_missing(value):
        return MISSING
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    return format_currency(
        value, currency, format=pattern, locale=LOCALES[language], currency_digits=False
    )


def compact(value: float | None, language: str) -> str:
    """Shorten a large number: 万 and 亿, or K, M and B, to three significant digits.

    Babel's own short form prints 99,999,999 as 10000万; the step is therefore chosen here, after
    rounding.
    """
    if value is None or _is_missing(value):
        return MISSING
    steps = _STEPS[language]
    for position, (size, sign) in enumerate(steps):
        if abs(value) >= size:
            scaled = _three_digits(value / size)
            if position and abs(scaled) * size >= steps[position - 1][0]:
                size, sign = steps[position - 1]
                scaled = _three_digits(value / size)
            return format_decimal(scaled, format="#,##0.##", locale=LOCALES[language]) + sign
    return number(value, language, 0 if float(value).is_integer() else 2)


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def compact_money(value: float | None, language: str, currency: str) -> str:
    """Shorten a large amount and put the currency sign before it."""
    if value is None or _is_missing(value):
        return MISSING
    sign = "-" if value < 0 else ""
    symbol = get_currency_symbol(currency, LOCALES[language])
    return f"{sign}{symbol}{compact(abs(value), language)}"


def day(value: Any, language: str) -> str:
    """Format a date: 2026年9月30日, September 30, 2026."""
    if value is None or _is_missing(value):
        return MISSING
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        value = value.date()
    return format_date(value, format="long", locale=LOCALES[language])
