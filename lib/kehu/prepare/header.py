"""Where a table begins: the row of its column names, below titles and remarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kehu.prepare.text import is_number

MOST_TITLES = 30
"""Rows looked at for the header."""
_WIDE = 0.6
"""Share of a table's usual width that a row of names fills."""


@dataclass(frozen=True)
class Header:
    """The rows of column names.

    Parameters
    ----------
    first : int
        Row of the names among the rows given, from 0; all rows above are titles.
    depth : int
        Rows of names: 2 where merged cells stand above finer ones, 0 for none.
    names : tuple of str
        One per column.
    blank : int
        Blank rows at the top.
    """

    first: int
    depth: int
    names: tuple[str, ...]
    blank: int = 0

    @property
    def end(self) -> int:
        """The first data row, from 0."""
        return self.first + self.depth


def find(
    rows: Sequence[Sequence[str]],
    wanted: Collection[str] = (),
    given: Sequence[int] | None = None,
) -> Header:
    """Find the row of column names.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of a file or sheet, at least one.
    wanted : collection of str
        Columns of the mapping.
    given : sequence of int, optional
        The one or two rows named in the params, 1-based.

    Returns
    -------
    Header
        As given; else the first row that holds all columns wanted; else the first two rows that
        hold them together; else the first row about as wide as the table, with words in it.
    """
    if given:
        depth = given[-1] - given[0] + 1
        return _at(rows, min(given[0] - 1, len(rows) - 1), depth)
    likely = _by_width(rows)
    for depth in (1, 2) if wanted else ():
        tried = (_at(rows, i, depth) for i in range(min(len(rows) - depth + 1, MOST_TITLES)))
        fitting = next((h for h in tried if set(wanted) <= set(h.names)), None)
        if fitting:
            return fitting
    return likely


def _at(rows: Sequence[Sequence[str]], first: int, depth: int) -> Header:
    names = _cells(rows[first])
    if depth == 2 and first + 1 < len(rows):
        names = _joined(names, _cells(rows[first + 1]))
    filled = (i for i, row in enumerate(rows) if any(cell.strip() for cell in row))
    return Header(first, depth, tuple(names), next(filled, 0))


def _cells(row: Sequence[str]) -> list[str]:
    return [" ".join(cell.split()) if "\n" in cell else cell.strip() for cell in row]


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Join two rows of names: a merged cell reaches over the blanks to its right."""
    width = max(len(above), len(below))
    upper = [*above, *[""] * (width - len(above))]
    lower = [*below, *[""] * (width - len(below))]
    joined, group = [], ""
    for top, bottom in zip(upper, lower, strict=True):
        group = top or (group if bottom else "")
        joined.append("/".join(dict.fromkeys(part for part in (group, bottom) if part)))
    return joined


def _by_width(rows: Sequence[Sequence[str]]) -> Header:
    """Take the first row that fills most of the table's width and is not made of numbers."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = Counter(w for w in widths if w).most_common(1)[0][0]
    for i, row in enumerate(rows[:MOST_TITLES]):
        numbers = sum(is_number(cell) for cell in row if cell.strip())
        if widths[i] >= max(_WIDE * usual, min(2, usual)) and 2 * numbers <= widths[i]:
            depth = 2 if _is_upper(rows, i, usual) else 1
            return _at(rows, i, depth)
    return _at(rows, 0, 1)


def _is_upper(rows: Sequence[Sequence[str]], i: int, usual: int) -> bool:
    """Whether a row of names has blanks under which the next row has words."""
    if i + 2 >= len(rows):
        return False
    above, below = _cells(rows[i]), _cells(rows[i + 1])
    finer = [b for a, b in zip(above, below, strict=False) if b and not a]
    words = [b for b in below if b and not is_number(b)]
    filled = sum(map(bool, above))
    return (
        bool(finer)
        and len(words) == sum(map(bool, below))
        and filled < usual
        and len(words) < usual
    )
