"""战略评分: what the demo shop's own people think of its largest customers."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from kehu.cases import demo_dirt, demo_sheet
from kehu.cases.demo_dirt import Made, Picker

SHEET = "战略评分"
JUDGES = ["周敏（客户经理）", "李卓（运营总监）", "陈岚（外部顾问）"]
CRITERIA = {"市场地位": "market_position", "技术能力": "technology", "示范价值": "reference_value"}
JUDGED = 60
_NOTES = ["", "", "", "可做标杆案例", "采购集中，议价能力强", "愿意参与新品试用", "带动周边客户",
          "资料不足，暂按中等"]  # fmt: skip
_GONE = ("duplicate", "out_of_scale", "no_author")


def judgements(lines: pd.DataFrame, last_day: date, rng: np.random.Generator) -> Made:
    """Write the marks of two judges each for the customers who spend most.

    Parameters
    ----------
    lines : pandas.DataFrame
        What was sold: `customer_id`, `amount`.
    last_day : date
        The analysis date; people judge in the two weeks before it.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `judgements.xlsx`, one row per customer and judge; `truth` has the standing of each
        customer on each criterion, from which judges differ by chance.

    Notes
    -----
    Standing is standard normal, correlated .5 with the rank of spend for the market position and
    independent of it otherwise; a mark is 3 plus the standing, plus noise of 0.5, within 1 to 5.
    """
    spend = lines.groupby("customer_id")["amount"].sum()
    spend = spend.sort_values(ascending=False, kind="stable").head(min(JUDGED, len(spend) // 5))
    n = len(spend)
    rank = ndtri(1 - (np.arange(n) + 0.5) / n)
    standing = rng.standard_normal((n, len(CRITERIA)))
    standing[:, 0] = 0.5 * rank + np.sqrt(0.75) * standing[:, 0]
    codes = list(CRITERIA.values())
    true = pd.DataFrame(standing, columns=codes).assign(customer_id=spend.index.to_numpy())
    rows = _dirty(_rows(true, last_day, rng), rng)
    counts = demo_dirt.counted(rows, _GONE)
    marks = rows.loc[~rows["kind"].isin(_GONE), list(CRITERIA)]
    counts["kept_marks"] = int(marks.notna().sum().sum())
    counts["sum_of_marks"] = int(marks.sum().sum())
    return Made(demo_sheet.workbook(rows.drop(columns="kind"), SHEET), counts, true)


def _rows(true: pd.DataFrame, last_day: date, rng: np.random.Generator) -> pd.DataFrame:
    """Let two of the judges mark each customer; a few cells stay empty."""
    pairs = list(combinations(JUDGES, 2))
    made = []
    for place, row in enumerate(true.to_dict("records")):
        for judge in pairs[int(rng.integers(len(pairs)))]:
            felt = np.array([row[code] for code in CRITERIA.values()])
            marks = np.clip(np.round(3 + felt + rng.normal(0, 0.5, len(felt))), 1, 5)
            shown = [None if rng.random() < 0.02 else int(mark) for mark in marks]
            day = pd.Timestamp(last_day) - pd.Timedelta(days=int(rng.integers(5, 15)))
            note = _NOTES[int(rng.integers(len(_NOTES)))]
            made.append((place, row["customer_id"], judge, day, *shown, note))
    columns = ["order", "会员号", "评分人", "评分日期", *CRITERIA, "评分说明"]
    rows = pd.DataFrame(made, columns=columns).assign(kind="clean")
    return rows.astype(dict.fromkeys(CRITERIA, object))


def _dirty(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    picker = Picker(rows, rng)
    few = len(rows) // 101
    demo_dirt.written(rows, "技术能力", picker.take(0, few), [6], "out_of_scale")
    demo_dirt.written(rows, "评分人", picker.take(0, few), [""], "no_author")
    unknown = picker.take(0, few)
    demo_dirt.written(rows, "会员号", unknown, demo_dirt.strangers(few, rng), "not_in_base")
    return demo_dirt.with_duplicates(rows, picker.take(0, few), "order").drop(columns="order")
