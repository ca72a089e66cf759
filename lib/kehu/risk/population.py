"""Who could leave at a given day, and who did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis.expr.types import BooleanValue, Table

from kehu.risk.windows import Windows

BOUGHT, HELD = "noncontractual", "contractual"


@dataclass(frozen=True)
class Events:
    """What the client's tables say over time, in the engine.

    Parameters
    ----------
    transactions, interactions, payments, holdings : ibis Table
        Contracts of those names; a table the client did not give has no rows.
    relationship : {'noncontractual', 'contractual'}
        Leaving is seen in the purchases that stop, or in the contracts that end.
    """

    transactions: Table
    interactions: Table
    payments: Table
    holdings: Table
    relationship: str = BOUGHT


def at_risk(events: Events, windows: Windows, cut: date) -> Table:
    """Return the customers who can still be lost at a day.

    Parameters
    ----------
    events : Events
    windows : Windows
    cut : date
        Last day that may be seen.

    Returns
    -------
    ibis Table
        `customer_id`, one row each: who bought within the window that ends with `cut`, or who has
        a contract running on it. Who has been silent for a whole window is lost, not at risk.
    """
    if events.relationship == HELD:
        return _held(events.holdings, cut)
    return _bought(events.transactions, windows.since(cut), cut)


def left(events: Events, windows: Windows, cut: date) -> pd.DataFrame:
    """Tell who of those at risk was lost in the window after a day.

    Parameters
    ----------
    events, windows, cut
        As in `at_risk`.

    Returns
    -------
    pandas.DataFrame
        `customer_id, left` (bool), by customer: no purchase in the window, or no contract running
        at its end.
    """
    at = at_risk(events, windows, cut)
    end = windows.until(cut)
    stayed = (
        _held(events.holdings, end)
        if events.relationship == HELD
        else _bought(events.transactions, cut, end)
    )
    marked = at.left_join(stayed, "customer_id")
    told = marked.select("customer_id", left=marked["customer_id_right"].isnull())
    return told.order_by("customer_id").execute()


def purchases(transactions: Table) -> Table:
    """Return the lines that sell something, with their day.

    A purchase that is refunded later was a purchase: what is known of a day never depends on later
    ones.
    """
    sold = transactions.filter(~transactions.is_refund)
    return sold.mutate(day=sold.date.date())


def within(day: BooleanValue, after: date, until: date) -> BooleanValue:
    """Whether a day lies after one date and not after another."""
    return (day > ibis.literal(after)) & (day <= ibis.literal(until))


def _bought(transactions: Table, after: date, until: date) -> Table:
    lines = purchases(transactions)
    return lines.filter(within(lines.day, after, until)).select("customer_id").distinct()


def _held(holdings: Table, day: date) -> Table:
    last = ibis.literal(day)
    begun, over = holdings.start.cast("date"), holdings.end.cast("date")
    running = holdings.filter((begun <= last) & (over.isnull() | (over > last)))
    return running.select("customer_id").distinct()
