"""成本: what the demo shop spends, month by month, on what and for which channel."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kehu.cases import demo_dirt, demo_sheet
from kehu.cases.demo_dirt import Made, Picker
from kehu.cases.demo_goods import CHANNELS

COST_PER_CUSTOMER = {"小程序": 38, "天猫": 62, "京东": 58, "抖音": 85, "线下门店": 45}
"""CNY that a new customer costs, by the channel that brings him."""

MARKETING_SHARE = 0.03
"""Marketing to customers the shop has, as a share of the month's revenue."""

GOODS_SHARE = {
    "食品零食": 0.55, "家居日用": 0.50, "美妆个护": 0.38, "母婴玩具": 0.52, "服饰鞋包": 0.42,
    "数码家电": 0.72,
}  # fmt: skip
"""Cost of the goods as a share of what is paid for them, by category."""

PER_TICKET, SERVICE_FIXED, OTHER = 14, 2_600, 5_800
"""CNY a service ticket, and a month of service desk and of everything else."""

_WORDS = {"acquisition": "获客费用", "marketing": "推广费", "service": "客服成本",
          "goods": "采购成本", "other": "平台佣金及其他"}  # fmt: skip
_GONE = ("duplicate", "sum_row", "unreadable_amount")


def costs(
    people: pd.DataFrame, lines: pd.DataFrame, tickets: pd.DataFrame, rng: np.random.Generator
) -> Made:
    """Write the shop's costs.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `first_time`, `channel`.
    lines : pandas.DataFrame
        What was sold: `time`, `category`, `channel`, `amount` in cents.
    tickets : pandas.DataFrame
        Service tickets: `time`.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `costs.csv`; `truth` has one row per month, kind and channel: `month`, `cost`, `channel`
        (blank where the cost is for all), `amount` in CNY.
    """
    true = _true(people, lines, tickets, rng)
    rows = _dirty(true, rng)
    counts = demo_dirt.counted(rows, _GONE)
    kept = rows[~rows["kind"].isin(_GONE)]
    sums = kept.groupby("cost")["cents"].sum()
    counts["kept_money"] = {str(kind): int(cents) / 100 for kind, cents in sums.items()}
    whole = true.groupby("cost")["cents"].sum()
    counts["true_money"] = {str(kind): int(cents) / 100 for kind, cents in whole.items()}
    table = rows[["月份", "成本类型", "渠道", "金额"]]
    told = true.assign(amount=true["cents"] / 100).drop(columns="cents")
    return Made(demo_sheet.text(table, "utf-8-sig", separator=";"), counts, told)


def _true(
    people: pd.DataFrame, lines: pd.DataFrame, tickets: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Work the costs out from what happened, in whole cents."""
    months = pd.period_range(lines["time"].min(), lines["time"].max(), freq="M")
    new = _by_month(people["first_time"], people["channel"], 1, months)
    revenue = _by_month(lines["time"], lines["channel"], lines["amount"], months)
    price = pd.Series(COST_PER_CUSTOMER)
    season = pd.Series(rng.normal(1, 0.04, len(months)).clip(0.85, 1.15), months)
    parts = {
        "acquisition": 100 * new.mul(price, axis=1).mul(season, axis=0),
        "marketing": MARKETING_SHARE * revenue,
    }
    named = [_long(kind, frame) for kind, frame in parts.items()]
    ratio = lines["category"].map(GOODS_SHARE).to_numpy()
    goods = (lines["amount"] * ratio).groupby(lines["time"].dt.to_period("M")).sum()
    served = tickets["time"].dt.to_period("M").value_counts().reindex(months, fill_value=0)
    whole = pd.DataFrame(
        {
            "service": 100 * (SERVICE_FIXED + PER_TICKET * served),
            "goods": goods.reindex(months, fill_value=0),
            "other": 100 * OTHER * pd.Series(rng.normal(1, 0.05, len(months)), months),
        }
    )
    named += [_long(kind, whole[[kind]].set_axis([""], axis=1)) for kind in whole]
    true = pd.concat(named, ignore_index=True)
    true["cents"] = true["cents"].round().astype("int64")
    return true[true["cents"] > 0].sort_values(["month", "cost", "channel"], ignore_index=True)


def _by_month(
    time: pd.Series, channel: pd.Series, value: pd.Series | int, months: pd.PeriodIndex
) -> pd.DataFrame:
    """Sum a value by month and channel."""
    frame = pd.DataFrame({"month": time.dt.to_period("M"), "channel": channel, "value": value})
    table = frame.pivot_table(index="month", columns="channel", values="value", aggfunc="sum")
    return table.reindex(index=months, columns=CHANNELS).fillna(0)


def _long(kind: str, table: pd.DataFrame) -> pd.DataFrame:
    long = table.rename_axis(index="month", columns="channel").stack().rename("cents")
    frame = long.reset_index().assign(cost=kind)
    return frame.assign(month=frame["month"].astype(str))[["month", "cost", "channel", "cents"]]


def _dirty(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the costs as the finance department does, a sum at the foot."""
    month = true["month"].str.split("-", expand=True)
    chinese = month[0] + "年" + month[1].str.lstrip("0") + "月"
    rows = true.assign(
        月份=np.where(true["month"] < "2025-01", true["month"], chinese),
        成本类型=true["cost"].map(_WORDS),
        渠道=true["channel"],
        金额=[f"¥{cents / 100:,.2f}" for cents in true["cents"]],
        kind="clean",
        order=np.arange(len(true)),
    )
    picker = Picker(rows, rng)
    demo_dirt.written(rows, "金额", picker.take(0.004), ["待对账"], "unreadable_amount")
    rows = demo_dirt.with_duplicates(rows, picker.take(0.006), "order")
    total = f"¥{true['cents'].sum() / 100:,.2f}"
    foot = {"月份": "合计", "成本类型": "其他", "渠道": "", "金额": total, "kind": "sum_row",
            "cost": "other", "cents": 0}  # fmt: skip
    return pd.concat([rows, pd.DataFrame([foot])], ignore_index=True)
