"""Holdings (accounts, plans, policies) that run on a day."""

from __future__ import annotations

from datetime import date

import ibis
from ibis.expr.types import Table


def running(holdings: Table, day: date | str) -> Table:
    """Return the holdings that run on a day; one without start or end runs from or for ever.

    Parameters
    ----------
    holdings : ibis Table
        Contract `holdings`.
    day : date or str
        The day, ISO where text; the last day of a holding counts as running.

    Returns
    -------
    ibis Table
        The contract's columns.
    """
    on = ibis.literal(date.fromisoformat(day) if isinstance(day, str) else day)
    begun = holdings.start.isnull() | (holdings.start <= on)
    return holdings.filter(begun, holdings.end.isnull() | (holdings.end >= on))
