"""The dirt of the members' club: rows added or written in another way, counted by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

Row = dict[str, str]
Change = Callable[[Row], Row]

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Kind:
    """One kind of dirt.

    Parameters
    ----------
    every : int
        It befalls the rows whose place, counted from 0, leaves this remainder ...
    of : int
        ... on division by this.
    change : callable
        Makes the dirty row of a clean one.
    added : bool
        Whether the dirty row stands after the clean one, or in its place.
    """

    every: int
    of: int
    change: Change
    added: bool = False


@dataclass(frozen=True)
class Soiled:
    """A file's rows with their dirt.

    Parameters
    ----------
    rows : list of dict
        Column to text, in the order of the file.
    counts : dict
        `rows`, and the number of rows of each kind.
    """

    rows: list[Row]
    counts: dict[str, int]


def soiled(rows: list[Row], kinds: Mapping[str, Kind]) -> Soiled:
    """Put dirt among the rows of a file; a row has one kind at most.

    Parameters
    ----------
    rows : list of dict
        Clean rows.
    kinds : mapping
        Name to `Kind`, the first that fits a row counts.

    Returns
    -------
    Soiled
    """
    found: list[Row] = []
    counts = dict.fromkeys(kinds, 0)
    for place, row in enumerate(rows):
        name = next((n for n, kind in kinds.items() if place % kind.of == kind.every), None)
        kind = kinds[name] if name else None
        if kind is None or kind.added:
            found.append(row)
        if name and kind:
            found.append(kind.change(dict(row)))
            counts[name] += 1
    return Soiled(found, {"rows": len(found), **counts})


def _put(**cells: str) -> Change:
    """Replace cells."""
    return lambda row: row | cells


def _written(form: str, *columns: str) -> Change:
    """Write days as 2014/1/8 or 2014年1月8日."""

    def change(row: Row) -> Row:
        days = {name: date.fromisoformat(row[name]) for name in columns if row[name]}
        return row | {n: form.format(y=d.year, m=d.month, d=d.day) for n, d in days.items()}

    return change


def _padded(row: Row) -> Row:
    return row | {"会员号": f" {row['会员号']}\u3000"}


def _in_yuan(column: str) -> Change:
    return lambda row: row | {column: f"¥{int(row[column]):,}.00"}


def _wide(column: str) -> Change:
    return lambda row: row | {column: row[column].translate(_FULL_WIDTH)}


HOLDINGS = {
    "duplicate": Kind(11, 401, lambda row: row, added=True),
    "no_member": Kind(57, 997, _put(会员号=""), added=True),
    "unreadable_start": Kind(33, 701, _put(会员号="099001", 开始日期="待确认"), added=True),
    "blanks": Kind(5, 61, _padded),
    "slashed": Kind(2, 7, _written("{y}/{m}/{d}", "开始日期", "结束日期")),
    "chinese": Kind(4, 7, _written("{y}年{m}月{d}日", "开始日期", "结束日期")),
    "yuan_sign": Kind(6, 7, _in_yuan("年费")),
    "full_width": Kind(3, 53, _wide("年费")),
}
"""Dirt of the contracts. Without a first day there are three cards of one member, 099001."""

PAYMENTS = {
    "duplicate": Kind(101, 1009, lambda row: row, added=True),
    "no_member": Kind(57, 997, _put(会员号="", 流水号=""), added=True),
    "unreadable_date": Kind(77, 2999, _put(缴费日期="0000-00-00"), added=True),
    "blanks": Kind(5, 83, _padded),
    "chinese": Kind(3, 9, _written("{y}年{m}月{d}日", "缴费日期")),
    "yuan_sign": Kind(7, 9, _in_yuan("金额")),
}
"""Dirt of the payments."""

MEMBERS = {
    "duplicate": Kind(9, 301, lambda row: row, added=True),
    "moved": Kind(20, 499, _put(城市="北京"), added=True),
    "no_join_date": Kind(13, 149, _put(入会日期="")),
}
"""Dirt of the member list."""
