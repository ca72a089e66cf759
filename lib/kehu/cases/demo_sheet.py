"""Files as a client would send them; the same rows give the same bytes."""

from __future__ import annotations

import io
from datetime import datetime

import pandas as pd
import xlsxwriter

_MADE = datetime(2026, 9, 30)


def workbook(table: pd.DataFrame, sheet: str, *, wide: int = 12) -> bytes:
    """Write one sheet: texts as text, days as dates, a fixed creation time.

    Parameters
    ----------
    table : pandas.DataFrame
        Texts, numbers, days; what is missing becomes an empty cell.
    sheet : str
        Name of the sheet.
    wide : int
        Width of every column, in characters.

    Returns
    -------
    bytes
        An xlsx file.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": _MADE})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet(sheet)
        page.write_row(0, 0, list(table.columns))
        page.set_column(0, len(table.columns) - 1, wide)
        for r, row in enumerate(table.itertuples(index=False), start=1):
            for c, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(r, c, value)
                elif isinstance(value, pd.Timestamp):
                    page.write_datetime(r, c, value.to_pydatetime(), day)
                elif not pd.isna(value):
                    page.write_number(r, c, value)
    return buffer.getvalue()


def text(table: pd.DataFrame, encoding: str, *, separator: str = ",") -> bytes:
    """Write delimited text with a header and Windows line ends."""
    written = table.to_csv(index=False, sep=separator, lineterminator="\r\n")
    return str(written).encode(encoding)
