"""Whether a client's data are enough for a forecast: a gate with stated limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

LIMITS = {"customers": 500, "days": 180, "recent_days": 30, "with_three_orders": 1}
"""Limits where the parameters give none."""


@dataclass(frozen=True)
class Gate:
    """The limits beside what the data hold.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per limit: `limit` (a key of `LIMITS`), `needed`, `found` (whole numbers), `passed`.
    """

    table: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Whether every limit is kept."""
        return bool(self.table["passed"].all())


def gate(summary: pd.DataFrame, limits: Mapping[str, int]) -> Gate:
    """Compare a client's history with what a forecast needs at least.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    limits : mapping
        `customers` at least; `days` of history at least, from the first purchase to the analysis
        date; `recent_days` at most since the last purchase of all; customers `with_three_orders`
        or more, at least.

    Returns
    -------
    Gate

    Notes
    -----
    The defaults are those that commercial tools state for predicted lifetime value (500 buyers,
    180 days, an order in the last 30 days, some customers with three orders).
    """
    age = summary["days_since_last"] + (summary["last_date"] - summary["first_date"]).dt.days
    found = {
        "customers": len(summary),
        "days": int(age.max()),
        "recent_days": int(summary["days_since_last"].min()),
        "with_three_orders": int((summary["n_orders"] >= 3).sum()),
    }
    table = pd.DataFrame(
        {"limit": list(LIMITS), "needed": [int(limits[k]) for k in LIMITS]}
    ).assign(found=lambda t: t["limit"].map(found))
    at_most = table["limit"] == "recent_days"
    kept = (table["found"] >= table["needed"]).mask(at_most, table["found"] <= table["needed"])
    return Gate(table.assign(passed=kept))
