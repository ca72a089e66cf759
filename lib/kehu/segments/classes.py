"""What the classes of customers hold: counts and money by any class of the segments table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pandas as pd


def joined(segments: pd.DataFrame, *classes: pd.DataFrame) -> pd.DataFrame:
    """Put further classes beside those of the segments table.

    Parameters
    ----------
    segments : pandas.DataFrame
        One row per `customer_id`.
    *classes : pandas.DataFrame
        Each with one row for every customer of `segments` and columns of its own.

    Raises
    ------
    ValueError
        A table has other customers, or a customer twice.
    """
    for table in classes:
        if sorted(table["customer_id"]) != sorted(segments["customer_id"]):
            raise ValueError("classes and segments are not about the same customers")
    return reduce(lambda a, b: a.merge(b, on="customer_id", validate="1:1"), classes, segments)


def class_table(
    value: pd.DataFrame, segments: pd.DataFrame, column: str, order: Sequence[str]
) -> pd.DataFrame:
    """Show what each class holds.

    Parameters
    ----------
    value, segments : pandas.DataFrame
        Contracts of those names.
    column : str
        Column of `segments` with the class.
    order : sequence of str
        All classes, in the order shown; one without customers has 0.

    Returns
    -------
    pandas.DataFrame
        A row per class: `group, customers, customers_share, spend, spend_share, clv, clv_share`.
        Shares of a total of 0 are 0.
    """
    table = value[["customer_id", "total_spend", "clv"]].merge(
        segments[["customer_id", column]], on="customer_id", validate="1:1"
    )
    sums = table.groupby(column).agg(
        customers=("clv", "size"), spend=("total_spend", "sum"), clv=("clv", "sum")
    )
    sums = sums.reindex(list(order), fill_value=0)
    shares = (sums / sums.sum()).fillna(0.0).add_suffix("_share")
    made = sums.join(shares).rename_axis("group").reset_index()
    return made.astype({"customers": "int64"})
