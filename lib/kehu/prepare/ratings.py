"""How far the data can be trusted: what was lost in reading, what belongs to nobody."""

from __future__ import annotations

from typing import Any

import pandas as pd

UNREADABLE = ("malformed_row", "unreadable_date", "unreadable_amount")
"""Rules that take rows because the file could not be understood."""


def ratings(ledger: pd.DataFrame, gross_amount: float) -> dict[str, Any]:
    """Rate reading and customer numbers green, amber or red.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Contract `ledger`; rows of the transactions are looked at.
    gross_amount : float
        Money on the purchases kept, refunds not deducted, in currency.

    Returns
    -------
    dict
        `unreadable_share` of rows, `missing_customer_rows`, `has_missing` (whether there are any,
        yes or no), `missing_customer_amount`, `missing_customer_share` of all purchase money,
        `rating_reading` (green up to 0.1 % of rows, amber up to 1 %), `rating_ids` (green up to
        2 % of money, amber up to 10 %).
    """
    books = ledger[ledger["table"] == "transactions"]
    taken = books.groupby("rule")[["rows_quarantined", "amount_removed"]].sum()
    rows_in = books.sort_values("step").groupby("source")["rows_in"].first().sum()
    unreadable = taken["rows_quarantined"].reindex(UNREADABLE, fill_value=0).sum() / rows_in
    nobody = float(taken["amount_removed"].get("missing_customer", 0))
    share = nobody / (nobody + gross_amount) if nobody + gross_amount else 0.0
    return {
        "unreadable_share": float(unreadable),
        "missing_customer_rows": int(taken["rows_quarantined"].get("missing_customer", 0)),
        "has_missing": "yes" if taken["rows_quarantined"].get("missing_customer", 0) else "no",
        "missing_customer_amount": nobody,
        "missing_customer_share": share,
        "rating_reading": _rated(float(unreadable), 0.001, 0.01),
        "rating_ids": _rated(share, 0.02, 0.10),
    }


def _rated(value: float, green: float, amber: float) -> str:
    return "green" if value <= green else "amber" if value <= amber else "red"
