"""One representation per contract type: what is another type is refused, never converted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

Series: TypeAlias = "pd.Series[Any]"

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "money": pa.decimal128(18, 4),
}
"""Contract type to stored type."""

_CENT = Decimal("0.0001")
_LARGEST = Decimal(10) ** 14
_MICROSECONDS = "datetime64[us]"
_EMPTY = {
    "text": "str", "int": "int64", "float": "float64", "bool": "bool",
    "date": _MICROSECONDS, "time": _MICROSECONDS, "money": "object",
}  # fmt: skip
_BLANK = {**_EMPTY, "int": "Int64", "bool": "boolean"}


def typed(values: Series, kind: str) -> Series:
    """Give a column the representation of its contract type, without changing a value.

    Parameters
    ----------
    values : pandas.Series
        Of length n.
    kind : str
        A key of `ARROW`.

    Returns
    -------
    pandas.Series
        `str`, `int64`, `float64`, `bool`, `datetime64[us]`, or objects of Decimal; with blanks,
        whole numbers are `Int64` and truths `boolean`.

    Raises
    ------
    ValueError
        Some values are of another type; says which and how many.
    """
    if values.isna().all():
        blank = _BLANK if len(values) else _EMPTY
        return pd.Series([None] * len(values), index=values.index, dtype=blank[kind])
    return _CONVERTERS[kind](values)


def _refuse(values: Series, fits: Series, words: str) -> None:
    wrong = values[~(fits | values.isna())]
    if len(wrong):
        share = f"{len(wrong):,} of {len(values):,} rows"
        first = wrong.iloc[0]
        shown = repr(first) if isinstance(first, str) else str(first)
        raise ValueError(f"not {words} in {share} (e.g. {shown:.60})")


def _each(values: Series, fits: Callable[[Any], bool]) -> Series:
    return values.astype(object).map(fits).astype(bool)


def _text(values: Series) -> Series:
    if values.dtype != "str":
        _refuse(values, _each(values, lambda v: isinstance(v, str)), "text")
    return values.astype("str")


def _is_number(value: Any) -> bool:
    kinds = (int, float, Decimal, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)


def _float(values: Series) -> Series:
    if values.dtype.kind not in "iuf":
        _refuse(values, _each(values, _is_number), "a number")
    return values.astype("float64")


def _int(values: Series) -> Series:
    if values.dtype.kind not in "iu":
        whole = _each(values, lambda v: _is_number(v) and v == v and abs(v) < 2**53 and v % 1 == 0)
        _refuse(values, whole, "a whole number")
    if values.dtype.kind == "u":
        _refuse(values, values <= np.iinfo("int64").max, "a whole number of 64 bits")
    return values.astype("Int64" if values.isna().any() else "int64")


def _bool(values: Series) -> Series:
    if values.dtype.kind != "b":
        _refuse(values, _each(values, lambda v: isinstance(v, bool | np.bool_)), "true or false")
    return values.astype("boolean" if values.isna().any() else "bool")


def _time(values: Series) -> Series:
    if values.dtype.kind != "M":
        _refuse(values, _each(values, lambda v: isinstance(v, date)), "a date")
    times = pd.to_datetime(values)
    if getattr(times.dtype, "tz", None) is not None:
        raise ValueError("times with a time zone; make them local first")
    stored = times.astype(_MICROSECONDS)
    _refuse(values, stored == times, "a time in whole microseconds")
    return stored


def _date(values: Series) -> Series:
    days = _time(values)
    _refuse(values, days == days.dt.normalize(), "a date without time of day")
    return days


def _fits_money(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return False
    exact = Decimal(value)
    return exact.is_finite() and abs(exact) < _LARGEST and exact == exact.quantize(_CENT)


def _money(values: Series) -> Series:
    _refuse(values, _each(values, _fits_money), "a decimal of at most 14 digits and 4 decimals")
    exact = [None if pd.isna(v) else Decimal(v).quantize(_CENT) for v in values]
    return pd.Series(exact, index=values.index, dtype=object)


_CONVERTERS: dict[str, Callable[[Series], Series]] = {
    "text": _text, "int": _int, "float": _float, "bool": _bool,
    "date": _date, "time": _time, "money": _money,
}  # fmt: skip
