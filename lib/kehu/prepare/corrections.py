"""Rows set aside, in a workbook that the client corrects and sends back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import xlsxwriter
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from xlsxwriter.worksheet import Worksheet

from kehu.notebook import Session
from kehu.prepare.sources import Raw
from kehu.store import published

NAME = "corrections.xlsx"
MOST_ROWS = 10_000
"""Rows of one file that the workbook takes; the table `quarantine` holds all."""
NOT_ASKED = (
    "blank_row",
    "total_row",
    "after_analysis_date",
    "refund",
    "zero_amount",
    "excluded_value",
)
"""Rules that set aside what the params ask for or nobody can correct."""
LONGEST = 32_767
"""Characters that a cell of Excel holds."""
_SHEET = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


class Sheet(NamedTuple):
    """The rows of one file that the client is asked about.

    Parameters
    ----------
    raw : Raw
        The file.
    asked : int
        Rows to correct.
    rows : pandas.DataFrame
        The first `MOST_ROWS` of them: `rule`, `row`, `malformed` and a column per column of the
        file, text as read.
    """

    raw: Raw
    asked: int
    rows: pd.DataFrame


def write(run: Session, backend: Backend, raws: Sequence[Raw], aside: Table) -> dict[str, Any]:
    """Write the rows set aside to `corrections.xlsx` in the run's folder, a sheet per file.

    A sheet has the file's own columns under their own names, so that the corrected workbook is
    given as one more source with the same `columns` and the sheet's name. Cells are text as read:
    nothing is a formula, leading zeros stay.

    Parameters
    ----------
    run : Session
    backend : ibis.backends.duckdb.Backend
        The engine that holds the rows.
    raws : sequence of Raw
        All files.
    aside : ibis Table
        The `quarantine` table; rows of the rules `NOT_ASKED` are left out.

    Returns
    -------
    dict
        `has_to_correct` yes or no, `n_to_correct` rows, `n_corrections` rows in the workbook.

    Raises
    ------
    KehuError
        KH-S01: it cannot be written.

    Notes
    -----
    Without a row to correct there is no workbook, and one of an earlier run is removed.
    """
    sheets = [s for s in (_sheet(backend, raw, aside) for raw in raws) if s.asked]
    path = run.folder / NAME
    if sheets:
        with published(path) as temporary:
            _write(temporary, run, sheets)
    else:
        path.unlink(missing_ok=True)
    return {
        "has_to_correct": "yes" if sheets else "no",
        "n_to_correct": sum(s.asked for s in sheets),
        "n_corrections": sum(len(s.rows) for s in sheets),
    }


def _sheet(backend: Backend, raw: Raw, aside: Table) -> Sheet:
    mine = aside.filter(aside.source == raw.file.name, aside.rule.notin(NOT_ASKED))
    stored = backend.read_parquet(raw.stored)
    joined = stored.join(mine.select("row", "rule"), "row").order_by("row")
    asked = int(mine.count().execute())
    rows = joined.limit(MOST_ROWS).execute() if asked else pd.DataFrame()
    return Sheet(raw, asked, rows)


def _write(path: Path, run: Session, sheets: Sequence[Sheet]) -> None:
    says = run.translators()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": datetime.fromisoformat(run.analysis_date)})
        bold = book.add_format({"bold": True, "bottom": 1})
        mark = book.add_format({"bg_color": "#FCE8CF"})
        names = list(_names(sheets))
        notes = book.add_worksheet("kehu")
        notes.set_column(0, 0, 100)
        for i, line in enumerate(_notes(says, sheets, names)):
            notes.write_string(i, 0, line)
        for name, sheet in zip(names, sheets, strict=True):
            _fill(book.add_worksheet(name), sheet, says, bold, mark)


def _names(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Name each sheet after its file: what Excel allows, each name once."""
    taken = {"kehu"}
    for sheet in sheets:
        stem = name = sheet.raw.file.name.translate(_SHEET)[-31:]
        n = 1
        while name.lower() in taken:
            n += 1
            name = f"{stem[: 28 - len(str(n))]} ({n})"
        taken.add(name.lower())
        yield name


def _notes(says: Sequence[Any], sheets: Sequence[Sheet], names: Sequence[str]) -> Iterator[str]:
    for say in says:
        yield from say("corrections.how").split("\n")
        for name, sheet in zip(names, sheets, strict=True):
            counts = {"sheet": name, "listed": len(sheet.rows), "asked": sheet.asked}
            yield say("corrections.sheet", counts)
        yield ""


def _fill(page: Worksheet, sheet: Sheet, says: Sequence[Any], bold: Any, mark: Any) -> None:
    """Write a header, and each row with the reason before the file's own cells."""
    own = [" / ".join(say(f"corrections.{n}") for say in says) for n in ("reason", "row")]
    columns = [*own, *sheet.raw.shape.columns]
    page.set_column(0, 0, 36)
    page.set_column(1, len(columns) - 1, 16)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, len(sheet.rows), len(columns) - 1)
    for c, name in enumerate(columns):
        page.write_string(0, c, name, bold)
    cells = [f"c{i}" for i in range(len(sheet.raw.shape.columns))]
    for r, row in enumerate(sheet.rows.to_dict("records"), start=1):
        reason = " / ".join(say(f"rule.{row['rule']}") for say in says)
        unread = f" | {row['malformed']}" if isinstance(row["malformed"], str) else ""
        page.write_string(r, 0, _fitting(reason + unread), mark)
        page.write_number(r, 1, row["row"])
        for c, cell in enumerate(cells, start=2):
            if isinstance(row[cell], str) and row[cell]:
                page.write_string(r, c, _fitting(row[cell]))


def _fitting(text: str) -> str:
    """Cut a text that is longer than a cell of Excel, with a mark."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
