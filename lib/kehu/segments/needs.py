"""Need and scenario segments: the first condition that holds names the customer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kehu import expression
from kehu.params_needs import KINDS, TEXTS, Need

UNMATCHED = "unmatched"

Given = Sequence[Need | Mapping[str, Any]]


def known(customers: pd.DataFrame, *tables: pd.DataFrame, analysis_date: str) -> pd.DataFrame:
    """Put together what conditions can look at, one row per customer of the first of `tables`.

    Parameters
    ----------
    customers : pandas.DataFrame
        Contract `customers`.
    *tables : pandas.DataFrame
        Each with one row per customer; columns that were there before are not taken again.
    analysis_date : str
        The day that `age`, in full years, is told at.

    Returns
    -------
    pandas.DataFrame
        `customer_id` and the columns of `kehu.params_needs.KINDS`; blank where nothing is known.
    """
    frame = tables[0]
    for table in (*tables[1:], customers):
        new = [c for c in table.columns if c == "customer_id" or c not in frame.columns]
        frame = frame.merge(table[new], on="customer_id", how="left", validate="1:1")
    last = pd.Timestamp(analysis_date)
    born = pd.to_datetime(frame["birth_date"])
    before = (born.dt.month * 100 + born.dt.day) > last.month * 100 + last.day
    frame = frame.assign(age=last.year - born.dt.year - before.where(born.notna()).astype(float))
    found = frame.reindex(columns=["customer_id", *KINDS])
    texts = {name: found[name].astype("str") for name in TEXTS}
    return found.assign(**{n: t.where(found[n].notna()) for n, t in texts.items()})


def needs(frame: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Name each customer's need segment.

    Parameters
    ----------
    frame : pandas.DataFrame
        See `known`.
    given : sequence of Need or mapping
        See `kehu.params_needs.Need`.

    Returns
    -------
    pandas.DataFrame
        `customer_id, need_segment`: the name of the first need whose condition holds, `unmatched`
        where none does; blank for all where no needs are given.
    """
    spec = [one if isinstance(one, Need) else Need(**one) for one in given]
    if not spec:
        return pd.DataFrame({"customer_id": frame["customer_id"], "need_segment": None})
    chosen = pd.Series(UNMATCHED, index=frame.index, dtype="str")
    free = pd.Series(True, index=frame.index)
    for one in spec:
        met = free & expression.holds(expression.parse(one.when, KINDS), frame)
        chosen = chosen.mask(met, one.name)
        free = free & ~met
    return pd.DataFrame({"customer_id": frame["customer_id"], "need_segment": chosen})


def need_table(value: pd.DataFrame, segments: pd.DataFrame, given: Given) -> list[pd.DataFrame]:
    """Show what each need segment holds, in the order of the conditions, unmatched last.

    Returns
    -------
    list of pandas.DataFrame
        One with `need_segment, zh, en, when, customers, customers_share, spend_share`; none where
        no needs are given.
    """
    spec = [one if isinstance(one, Need) else Need(**one) for one in given]
    if not spec:
        return []
    both = value[["customer_id", "total_spend"]].merge(
        segments[["customer_id", "need_segment"]], on="customer_id"
    )
    sums = both.groupby("need_segment")["total_spend"].agg(["size", "sum"])
    total = float(both["total_spend"].sum())
    rows = [(one.name, one.zh, one.en, one.when) for one in spec]
    rows.append((UNMATCHED, "未匹配", "unmatched", ""))
    table = pd.DataFrame(rows, columns=["need_segment", "zh", "en", "when"])
    found = sums.reindex(table["need_segment"]).fillna(0.0).reset_index(drop=True)
    return [
        table.assign(
            customers=found["size"].astype("int64"),
            customers_share=found["size"] / len(both),
            spend_share=found["sum"] / total if total else 0.0,
        )
    ]
