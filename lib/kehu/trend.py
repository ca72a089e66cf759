"""Spend by month of a few customers, for a small picture of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

MONTHS = 12


def lines_of(transactions: Table, ids: Sequence[str], analysis_date: str) -> pd.DataFrame:
    """Return the lines of some customers in the last twelve months.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    ids : sequence of str
        Customers; only their rows are read.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        `customer_id, date, amount` (currency), `product`.
    """
    last = date.fromisoformat(analysis_date)
    since = (pd.Timestamp(last) - pd.DateOffset(months=MONTHS)).date()
    day = transactions.date.date()
    inside = (day > ibis.literal(since)) & (day <= ibis.literal(last))
    rows = transactions.filter(transactions.customer_id.isin(list(ids)) & inside)
    found = rows.select("customer_id", "date", "amount", "product").execute()
    return found.assign(amount=found["amount"].astype(float))


def months(lines: pd.DataFrame, analysis_date: str) -> dict[str, list[float]]:
    """Sum up spend by months counted back from the analysis date.

    Parameters
    ----------
    lines : pandas.DataFrame
        See `lines_of`.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    dict
        Customer to twelve sums, oldest first; who bought nothing is not in it.
    """
    last = pd.Timestamp(analysis_date)
    starts = [last - pd.DateOffset(months=m) for m in range(MONTHS, 0, -1)]
    place = np.searchsorted(np.array(starts, "datetime64[us]"), lines["date"].dt.normalize()) - 1
    sums = lines["amount"].groupby([lines["customer_id"], place]).sum().unstack(fill_value=0.0)
    full = sums.reindex(columns=range(MONTHS), fill_value=0.0)
    return {str(name): row.tolist() for name, row in full.iterrows()}
