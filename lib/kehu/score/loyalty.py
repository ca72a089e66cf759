"""Loyalty: how often, how much, how long and how regularly a customer buys."""

from __future__ import annotations

import pandas as pd

from kehu.score.ingredients import Measures
from kehu.score.purchases import YEAR
from kehu.score.scale import drawn

PRIOR_QUARTERS = 2
"""Quarters that the mean repeat rate counts for in a customer's own."""


def measures(summary: pd.DataFrame, purchases: pd.DataFrame, analysis_date: str) -> Measures:
    """Measure frequency, average amount, tenure and repeat rate.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`, by `customer_id`.
    purchases : pandas.DataFrame
        See `kehu.score.purchases.per_customer`; the same customers.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    Measures
        `frequency` (orders per year), `average_amount` (currency per order), `tenure` (days),
        `repeat_rate` (0…1, drawn to the mean).

    Notes
    -----
    Tenure ends with the last purchase: a customer of three years ago who never came back has none.
    The repeat rate leaves out the quarter of the first purchase, in which everyone bought.
    """
    end = pd.Timestamp(analysis_date)
    years = ((end - summary["first_date"]).dt.days / YEAR).clip(lower=1)
    later = purchases["quarters"].where(purchases["quarters"] > 0)
    values = pd.DataFrame(
        {
            "frequency": summary["n_orders"] / years,
            "average_amount": summary["total_spend"] / summary["n_orders"],
            "tenure": (summary["last_date"] - summary["first_date"]).dt.days.astype(float),
            "repeat_rate": drawn(purchases["quarters_bought"], later, PRIOR_QUARTERS),
        }
    )
    possible = float(later.sum())
    rate = float(purchases["quarters_bought"][later.notna()].sum()) / possible if possible else None
    return Measures(
        values, {"repeat_rate": rate, "median_tenure": float(values["tenure"].median())}
    )
