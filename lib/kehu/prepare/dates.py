"""Dates as clients write them; day and month are told apart by the data or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import BooleanValue, StringValue, TimestampValue

from kehu.errors import Problem
from kehu.prepare.text import narrow, trim

_CLOCK = r"( \d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?)?$"
_YEAR_FIRST = r"^\d{4}-\d{1,2}-\d{1,2}" + _CLOCK
_COMPACT = r"^\d{8}" + _CLOCK + r"|^\d{14}$"
_YEAR_LAST = r"^\d{1,2}-\d{1,2}-\d{4}" + _CLOCK
_COARSE = r"^(\d{4})(?:[-/](\d{1,2})|(\d{2}))?[-/]?$"
_NEVER = r"^(0000|2999|9999)(-\d{1,2}-\d{1,2}|\d{4})( |$)"
_SERIAL = r"^\d{5}(\.\d+)?$"
_EPOCH = r"^\s*(\d{10}|\d{13})\s*$"
_OFFSET = r"\d:\d{2}(:\d{2}([.,]\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)$"
_SERIALS = (18_264.0, 73_415.0)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %I:%M:%S%p", " %I:%M%p")
_YEARS = (1900, 2100)
_WORDS = "年月日号时時点分秒T"
_SIGNS = "--  ::::  "
_EDGES = " \t\r\n:\u00a0\u3000"

ORDERS = {"dmy": "%d-%m-%Y", "mdy": "%m-%d-%Y"}
"""How a date with the year last may be read."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def try_strptime(text: str, formats: list[str]) -> datetime:  # type: ignore[empty-body]
    """Read a time by the first format that fits; blank when none does."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def in_zone(zone: str, moment: dt.Timestamp("UTC")) -> datetime:  # type: ignore[empty-body,valid-type]
    """Return the clock time of a moment in a zone."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def make_timestamp(microseconds: int) -> datetime:  # type: ignore[empty-body]
    """Return the clock time so many microseconds after 1970 began."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def make_timestamptz(microseconds: int) -> dt.Timestamp("UTC"):  # type: ignore[valid-type]
    """Return the moment so many microseconds after 1970 began in Greenwich."""


def _formats(*bases: str) -> list[str]:
    return [base + clock for base in bases for clock in _CLOCKS]


_ALWAYS = [*_formats("%Y-%m-%d", "%Y%m%d"), "%Y%m%d%H%M%S"]


def plain(text: StringValue) -> StringValue:
    """Bring a date's text to digits, `-` and `:` without changing what it says.

    Chinese words become signs (2024年5月18日 14时03分), `/` and `.` become `-`, fractions of a
    second and a time zone are left off: without a `timezone` in the params, the clock time stays
    as it was written.
    """
    signs = trim(narrow(text).translate(_WORDS, _SIGNS), _EDGES).replace("  ", " ")
    parted = signs.re_replace(r"^(\d+)[-/.](\d{1,2})[-/.](\d+)", r"\1-\2-\3")
    return parted.re_replace(r"(:\d{2})([.,]\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)?$", r"\1")


def parsed(
    text: StringValue, normal: StringValue, order: str | None, zone: str | None = None
) -> TimestampValue:
    """Read dates in the engine; blank where the text is no date.

    Parameters
    ----------
    text : ibis text column
    normal : ibis text column
        The same as `plain` gives it.
    order : str or None
        `dmy` or `mdy` for dates with the year last; anything else leaves those blank.
    zone : str, optional
        Zone whose clock counts for times with an offset and for seconds or milliseconds since
        1970; without it the latter are blank.

    Returns
    -------
    ibis time column
        Years 1900 to 2100; 31 February is blank, not 2 March.
    """
    usual = try_strptime(text, ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"])
    formats = _ALWAYS + (_formats(ORDERS[order]) if order in ORDERS else [])
    shaped = normal.re_search(f"{_YEAR_FIRST}|{_COMPACT}|{_YEAR_LAST}")
    slow = ibis.ifelse(shaped, try_strptime(normal, formats), ibis.null("timestamp"))
    moment = [_moments(text, zone)] if zone else []
    value = ibis.coalesce(*moment, usual, slow, _serials(normal))
    return ibis.ifelse(value.year().between(*_YEARS), value, ibis.null("timestamp"))


def _moments(text: StringValue, zone: str) -> TimestampValue:
    """Read times with an offset, and seconds or milliseconds since 1970, by a zone's clock."""
    bare = trim(narrow(text), _EDGES)
    number = bare.re_extract(_EPOCH, 1).try_cast("int64")
    epoch = make_timestamptz(number * ibis.ifelse(number > 10**11, 10**3, 10**6))
    colon = bare.re_replace(r"([+-]\d{2})(\d{2})$", r"\1:\2").replace(",", ".")
    written = ibis.ifelse(bare.re_search(_OFFSET), colon, ibis.null("string"))
    return in_zone(zone, ibis.coalesce(epoch, written.try_cast(dt.Timestamp("UTC"))))


def _serials(normal: StringValue) -> TimestampValue:
    """Read the day numbers in which Excel keeps dates, 45430 for 2024-05-18 (1900 system)."""
    days = ibis.ifelse(normal.re_search(_SERIAL), normal, ibis.null("string")).try_cast("float64")
    days = ibis.ifelse(days.between(*_SERIALS), days, ibis.null("float64"))
    return make_timestamp(((days - 25_569) * 86_400).round().cast("int64") * 10**6)


def first_days(normal: StringValue) -> TimestampValue:
    """Read months and years (2026-09, 2026年9月, 202609, 2025) as their first day."""
    year = normal.re_extract(_COARSE, 1)
    month = ibis.coalesce(
        normal.re_extract(_COARSE, 2).nullif(""), normal.re_extract(_COARSE, 3).nullif(""), "1"
    )
    value = try_strptime(year + "-" + month + "-1", ["%Y-%m-%d"])
    return ibis.ifelse(value.year().between(*_YEARS), value, ibis.null("timestamp"))


def is_never(normal: StringValue) -> BooleanValue:
    """Whether a date stands for none: 9999-12-31, 2999-12-31, 0000-00-00."""
    return normal.re_search(_NEVER).fill_null(False)


def form(text: StringValue, normal: StringValue, order: str | None) -> StringValue:
    """Name the form a date is written in, as the data profile shows it."""
    last = {"dmy": "dd/mm/yyyy", "mdy": "mm/dd/yyyy"}.get(order or "", "?/?/yyyy")
    day = ibis.cases(
        (normal.re_search(_COARSE), ibis.ifelse(normal.length() < 6, "yyyy", "yyyy-mm")),
        (text.contains("年"), "yyyy年mm月dd日"),
        (normal.re_search(_YEAR_FIRST), "yyyy-mm-dd"),
        (normal.re_search(_COMPACT), "yyyymmdd"),
        (normal.re_search(_YEAR_LAST), last),
        (normal.re_search(_SERIAL), "Excel 12345"),
        (normal.re_search(_EPOCH), "1970 +"),
        else_=ibis.null("string"),
    )
    timed = normal.contains(":") | normal.re_search(r"^\d{14}$")
    named = ibis.ifelse(timed, day + " hh:mm", day)
    usual = text.re_search(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$")
    return ibis.ifelse(usual, "yyyy-mm-dd hh:mm", named)


def evidence(text: StringValue) -> dict[str, Any]:
    """Build the counts that tell day from month in a column of dates with the year last.

    Returns
    -------
    dict of ibis scalars
        `year_last` rows of that shape, `dmy` rows that only day first explains, `mdy` rows that
        only month first explains, `either` rows with two different readings, `example` of those,
        `epochs` rows with seconds or milliseconds since 1970, `epoch` an example.
    """
    epochs = text.re_search(_EPOCH)
    normal = ibis.ifelse(text.re_search(r"^\s*\d{4}"), "", plain(text))
    parts = normal.re_search(_YEAR_LAST)
    first = normal.re_extract(r"^(\d{1,2})-", 1).try_cast("int64")
    second = normal.re_extract(r"^\d{1,2}-(\d{1,2})-", 1).try_cast("int64")
    either: BooleanValue = parts & (first <= 12) & (second <= 12) & (first != second)
    return {
        "year_last": parts.sum().fill_null(0),
        "dmy": (parts & (first > 12) & (second <= 12)).sum().fill_null(0),
        "mdy": (parts & (second > 12) & (first <= 12)).sum().fill_null(0),
        "either": either.sum().fill_null(0),
        "example": text.min(where=either),
        "epochs": epochs.sum().fill_null(0),
        "epoch": text.min(where=epochs),
    }


def joined(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up the evidence of several columns of a file: they are written in one order."""
    if not found:
        return {}
    counts = ("year_last", "dmy", "mdy", "either")
    examples = [one["example"] for one in found if one["either"]]
    return {n: sum(int(one[n]) for one in found) for n in counts} | {
        "example": examples[0] if examples else None
    }


def decided(found: Mapping[str, Any], given: str | None) -> str | None:
    """Choose how dates with the year last are read: as given, else as the data say.

    Returns
    -------
    str or None
        `dmy`, `mdy`, or None when there are no such dates.
    """
    if given is not None:
        return given
    if not found["year_last"]:
        return None
    return "mdy" if found["mdy"] > found["dmy"] else "dmy"


def ambiguity(
    where: str, column: str, found: Mapping[str, Any], given: str | None, allowed: float
) -> Problem | None:
    """Refuse a column whose dates can be read in two ways.

    Parameters
    ----------
    where, column : str
        File and column, for the message.
    found : mapping
        Counts of `evidence`.
    given : str or None
        The source's `date_order`.
    allowed : float
        Rows that may contradict the rest.

    Returns
    -------
    Problem or None
        KH-D06.
    """
    if given is not None:
        return None
    counts = f"{int(found['dmy']):,} rows are day first and {int(found['mdy']):,} month first"
    if min(found["dmy"], found["mdy"]) > allowed:
        what = f"the column `{column}` mixes two orders: {counts}."
        remedy = "Export the dates as 2024-05-18, or split the file and set `date_order:` for each."
        return Problem("KH-D06", where, what, remedy)
    if found["either"] and not (found["dmy"] or found["mdy"]):
        what = (
            f"all {int(found['year_last']):,} dates like “{found['example']}” in `{column}` can be "
            f"read in two ways: {_both(str(found['example']))}."
        )
        return Problem("KH-D06", where, what, "Set `date_order: dmy` or `date_order: mdy`.")
    return None


def _both(example: str) -> str:
    digits = "".join(c if c.isdecimal() else " " for c in example).split()
    first, second, year = (int(d) for d in digits[:3])
    return f"{year}-{second:02d}-{first:02d} (dmy) or {year}-{first:02d}-{second:02d} (mdy)"


def without_zone(
    where: str, column: str, found: Mapping[str, Any], zone: str | None
) -> Problem | None:
    """Refuse seconds or milliseconds since 1970 of which nobody knows the clock.

    Parameters
    ----------
    where, column : str
        File and column, for the message.
    found : mapping
        Counts of `evidence`.
    zone : str or None
        The source's `timezone`.

    Returns
    -------
    Problem or None
        KH-D06.
    """
    if zone is not None or not found["epochs"]:
        return None
    example = str(found["epoch"]).strip()
    moment = datetime.fromtimestamp(int(example[:10]), UTC)
    china = moment.astimezone(ZoneInfo("Asia/Shanghai"))
    both = f"{moment:%Y-%m-%d %H:%M} (UTC) or {china:%Y-%m-%d %H:%M} (Asia/Shanghai)"
    what = (
        f"{int(found['epochs']):,} values like “{example}” in `{column}` count time since 1970, "
        f"and the day depends on the place: {both}."
    )
    return Problem("KH-D06", where, what, "Set `timezone: Asia/Shanghai`, or another place.")
