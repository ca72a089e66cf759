"""The demo shop's member list: made-up people, with the gaps and doubles real lists have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from kehu.cases import demo_sheet
from kehu.cases.demo_goods import CHANNEL_SHARES, CHANNELS

SHEET = "会员"
HEADER = ["会员号", "姓名", "注册日期", "城市", "来源渠道", "会员等级"]

_SURNAMES = [*"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹", "欧阳", "司马"]
_GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰萍鹏辉玲梅琳宇欣怡子轩雨桐佳慧")
_CITIES = [
    *("上海", "北京", "深圳", "广州", "杭州", "成都", "重庆", "武汉", "苏州", "南京"),
    *("西安", "长沙", "天津", "郑州", "青岛", "宁波", "合肥", "厦门", "昆明", "沈阳"),
]
_LEVELS = ["普通", "银卡", "金卡", "钻石"]
_LEVEL_FROM = [1_000, 3_000, 10_000]
"""Spend in CNY from which the shop gives 银卡, 金卡, 钻石."""


@dataclass(frozen=True)
class Members:
    """The member list as a client would send it.

    Parameters
    ----------
    workbook : bytes
        An xlsx file with the sheet 会员.
    counts : dict
        `rows`; `members` (different ids); `never_bought` and `buyers_missing` (ids);
        `duplicate_rows` (equal in every column); `conflicting_rows` (same id, another city);
        `no_join_date` (rows).
    """

    workbook: bytes
    counts: dict[str, int]


def member_ids(n: int, rng: np.random.Generator) -> list[str]:
    """Draw n different member numbers, ascending: eight digits with leading zeros."""
    numbers = np.sort(rng.choice(np.arange(10_000, 10_000 + 8 * n), n, replace=False))
    return [f"{number:08d}" for number in numbers]


def member_list(
    people: pd.DataFrame, lines: pd.DataFrame, first_day: date, rng: np.random.Generator
) -> Members:
    """Write the member list of the shop.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `first_time`, `channel`.
    lines : pandas.DataFrame
        What they bought: `customer_id`, `amount` in cents; decides the level.
    first_day : date
        Nobody joined before it.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Members
    """
    buyers = _buyers(people, lines, first_day, rng)
    n_missing, n_never = round(0.02 * len(buyers)), round(0.06 * len(buyers))
    listed = buyers.drop(rng.choice(buyers.index, n_missing, replace=False))
    members = pd.concat([listed, _never_bought(buyers, n_never, rng)], ignore_index=True)
    members.insert(1, "姓名", _names(len(members), rng))
    members["城市"] = rng.choice(_CITIES, len(members), p=_falling(len(_CITIES)))
    undated = rng.choice(len(members), max(1, round(0.01 * len(members))), replace=False)
    members.loc[undated, "注册日期"] = pd.NaT
    doubles = _doubles(members, rng)
    table = pd.concat([members, doubles]).sort_values("会员号", kind="stable", ignore_index=True)
    counts = {
        "rows": len(table),
        "members": len(members),
        "never_bought": n_never,
        "buyers_missing": n_missing,
        "duplicate_rows": int(table.duplicated().sum()),
        "conflicting_rows": len(doubles) - int(table.duplicated().sum()),
        "no_join_date": int(table["注册日期"].isna().sum()),
    }
    return Members(demo_sheet.workbook(table[HEADER], SHEET), counts)


def _buyers(
    people: pd.DataFrame, lines: pd.DataFrame, first_day: date, rng: np.random.Generator
) -> pd.DataFrame:
    spend = lines.groupby("customer_id")["amount"].sum() / 100
    level = np.searchsorted(_LEVEL_FROM, spend.reindex(people["customer_id"]), side="right")
    ahead = pd.to_timedelta(np.floor(rng.exponential(5, len(people))), unit="D")
    joined = (people["first_time"].dt.normalize() - ahead).clip(lower=pd.Timestamp(first_day))
    return pd.DataFrame(
        {
            "会员号": people["customer_id"],
            "注册日期": joined,
            "来源渠道": people["channel"],
            "会员等级": np.array(_LEVELS)[level],
        }
    )


def _never_bought(buyers: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make members who joined and have not ordered yet, with numbers no buyer has."""
    numbers = np.arange(10_000, 10_000 + 8 * len(buyers))
    free = np.setdiff1d(numbers, buyers["会员号"].astype(int))
    return pd.DataFrame(
        {
            "会员号": [f"{number:08d}" for number in np.sort(rng.choice(free, n, replace=False))],
            "注册日期": np.sort(rng.choice(buyers["注册日期"], n)),
            "来源渠道": rng.choice(CHANNELS, n, p=CHANNEL_SHARES),
            "会员等级": _LEVELS[0],
        }
    )


def _doubles(members: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Repeat a few members: as they are, or after a move to another city."""
    n = max(1, round(0.002 * len(members)))
    again = members.loc[rng.choice(members.index, 3 * n, replace=False)].copy()
    moved = again.index[:n]
    again.loc[moved, "城市"] = again.loc[moved, "城市"].map(
        lambda c: "上海" if c != "上海" else "杭州"
    )
    return again


def _names(n: int, rng: np.random.Generator) -> list[str]:
    first = rng.choice(_SURNAMES, n, p=_falling(len(_SURNAMES)))
    given = rng.choice(_GIVEN, (n, 2))
    two = rng.random(n) < 0.75
    return [f + a + (b if t else "") for f, (a, b), t in zip(first, given, two, strict=True)]


def _falling(n: int) -> npt.NDArray[np.float64]:
    weight = 1 / (np.arange(n) + 5)
    return np.asarray(weight / weight.sum(), dtype=np.float64)
