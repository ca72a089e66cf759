"""浏览记录: on which days the demo shop's customers look around, and for what."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kehu.cases import demo_dirt, demo_sheet
from kehu.cases.demo_dirt import Made, Picker

FROM = date(2025, 10, 1)
"""The log begins here: older visits were not kept."""

_KINDS, _SHARES = ["浏览", "搜索", "加购"], [0.72, 0.20, 0.08]
_PLACES, _PLACE_SHARES = ["小程序", "网站", "App"], [0.6, 0.15, 0.25]
_GONE = ("duplicate", "unreadable_date", "after_analysis_date")


def browse(
    people: pd.DataFrame,
    lines: pd.DataFrame,
    traits: pd.DataFrame,
    last_day: date,
    rng: np.random.Generator,
) -> Made:
    """Write the log of visits: one row per customer, day and kind.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `first_time`, `alive`, `favourite`.
    lines : pandas.DataFrame
        What was sold; who has left does not come back after the last order.
    traits : pandas.DataFrame
        As `demo_traits.traits` returns them, with `visit_rate`.
    last_day : date
        The analysis date.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `browse.csv`, UTF-8, tab-separated, dates as 20260518.
    """
    start, days = pd.Timestamp(FROM), (last_day - FROM).days + 1
    last_order = lines.groupby("customer_id")["time"].max().reindex(people["customer_id"])
    begins = ((people["first_time"] - start).dt.days - 7).clip(lower=0).to_numpy()
    leaves = (last_order.reset_index(drop=True) - start).dt.days.clip(lower=-1).to_numpy() + 3
    ends = np.where(people["alive"], days, np.minimum(leaves, days))
    weeks = np.maximum(ends - begins, 0) / 7
    visits = rng.poisson(traits["visit_rate"].to_numpy() * weeks)
    owner = np.repeat(np.arange(len(people)), visits)
    span = np.maximum(ends - begins, 1)[owner]
    day = begins[owner] + np.floor(rng.random(len(owner)) * span).astype(np.int64)
    liked = people["favourite"].to_numpy()
    other = rng.choice(np.unique(liked), len(owner))
    rows = pd.DataFrame(
        {
            "会员号": people["customer_id"].to_numpy()[owner],
            "日期": (start + pd.to_timedelta(day, unit="D")).strftime("%Y%m%d"),
            "行为": rng.choice(_KINDS, len(owner), p=_SHARES),
            "次数": rng.geometric(0.4, len(owner)),
            "品类": np.where(rng.random(len(owner)) < 0.6, liked[owner], other),
            "端": rng.choice(_PLACES, len(owner), p=_PLACE_SHARES),
            "kind": "clean",
        }
    )
    rows = rows.drop_duplicates(["会员号", "日期", "行为"])
    rows = rows.sort_values(["日期", "会员号", "行为"], ignore_index=True)
    rows.insert(0, "记录号", np.arange(1, len(rows) + 1))
    true = rows.groupby("行为").size().to_dict()
    rows = _dirty(rows, last_day, rng)
    counts = demo_dirt.counted(rows, _GONE)
    kept = rows.loc[~rows["kind"].isin(_GONE), "行为"]
    counts |= {"true_by_type": true, "kept_by_type": kept.value_counts().sort_index().to_dict()}
    return Made(demo_sheet.text(rows.drop(columns="kind"), "utf-8", separator="\t"), counts)


def _dirty(rows: pd.DataFrame, last_day: date, rng: np.random.Generator) -> pd.DataFrame:
    picker = Picker(rows, rng)
    demo_dirt.written(rows, "会员号", picker.take(0.02), [""], "no_member")
    demo_dirt.padded(rows, "会员号", picker.take(0.001))
    unknown = picker.take(0.001)
    demo_dirt.written(
        rows, "会员号", unknown, demo_dirt.strangers(len(unknown), rng), "not_in_base"
    )
    demo_dirt.written(rows, "日期", picker.take(0.0005), ["00000000", "null"], "unreadable_date")
    after = picker.take(0.0003)
    day = pd.Timestamp(last_day) + pd.Timedelta(days=1)
    demo_dirt.written(rows, "日期", after, [f"{day:%Y%m%d}"], "after_analysis_date")
    return demo_dirt.with_duplicates(rows, picker.take(0.001), "记录号")
