"""Errors a user can act on: code, place, what is wrong, what to do."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

CODES: dict[str, str] = {
    "KH-P01": "the params file cannot be read or is not YAML",
    "KH-P02": "unknown parameter",
    "KH-P03": "missing parameter",
    "KH-P04": "a value of the wrong type",
    "KH-P05": "a value that is not allowed",
    "KH-P06": "two parameters contradict each other",
    "KH-P07": "a notebook's parameters differ from the schema",
    "KH-D01": "a source file is missing or cannot be opened",
    "KH-D02": "a source file is empty or has no data rows",
    "KH-D03": "a source file is not what its name says",
    "KH-D04": "a mapped column is not in the file",
    "KH-D05": "the text encoding or the separator cannot be decided",
    "KH-D06": "dates that can be read in two ways",
    "KH-D07": "no row is left after the cleaning rules",
    "KH-D08": "the books of a source do not balance",
    "KH-D09": "dates that cannot be read in more rows than allowed",
    "KH-D10": "amounts, words or answers that cannot be read in more rows than allowed",
    "KH-D11": "too few customers or too short a history for an analysis",
    "KH-D12": "a quotation mark is opened and not closed",
    "KH-D13": "the same file is given twice",
    "KH-D14": "amounts in more than one currency",
    "KH-D15": "customer numbers that a spreadsheet has shortened",
    "KH-D16": "a source file too large to be unpacked or opened",
    "KH-D17": "decisions on identity that contradict each other or name strangers",
    "KH-T01": "a table does not keep its contract",
    "KH-T02": "a table of an earlier stage is missing",
    "KH-S01": "a file cannot be written",
    "KH-S02": "another run is writing the same folder",
    "KH-S03": "a path leaves the run's folder",
    "KH-R01": "a stage failed",
    "KH-R02": "the run's folder holds no finished run",
    "KH-R03": "a program or package that is needed is not installed",
    "KH-R04": "the run has no such number",
    "KH-V01": "the file of causes has gaps or mistakes",
    "KH-B01": "the playbook has gaps or mistakes",
    "KH-G01": "an RFM rule table has gaps, overlaps or mistakes",
    "KH-F01": "no Chinese font was found",
    "KH-F02": "a character has no glyph in the fonts found",
}
"""Every code the kit may print, with its meaning in a few words."""


_SPACES = {"\u00a0", "\u3000"}


def visible(text: str) -> str:
    """Write control and direction characters out, so that a file's text cannot act in a terminal.

    Parameters
    ----------
    text : str
        Text that may come from a client's file.

    Returns
    -------
    str
        One line; U+202E prints as six characters, a line break as two.
    """
    return "".join(c if c.isprintable() or c in _SPACES else repr(c)[1:-1] for c in text)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    code : str
        A key of `CODES`.
    where : str
        Place: a table, a file, `file:line`, a parameter.
    what : str
        What is wrong, with count and one example.
    remedy : str
        What the reader can do now.
    """

    code: str
    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        parts = (f"{self.code} {self.where}:", self.what, self.remedy)
        return visible(" ".join(part for part in parts if part))


class KehuError(Exception):
    """One or more problems the user can mend; printed without a traceback.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        All problems found, so that nobody has to mend them one by one.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = found
        super().__init__(found)

    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)

    @property
    def is_usage(self) -> bool:
        """Whether the call itself was wrong (exit code 2), not the data (exit code 1)."""
        return all(p.code.startswith("KH-P") for p in self.problems)

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to print the sentences instead of a traceback, unless KEHU_DEBUG is set."""
        if os.environ.get("KEHU_DEBUG"):
            return traceback.format_exception(self)
        return [str(p) for p in self.problems]


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise one `KehuError` with all problems, or do nothing when there are none.

    Raises
    ------
    KehuError
        When `problems` is not empty.
    """
    found = tuple(problems)
    if found:
        raise KehuError(found)
