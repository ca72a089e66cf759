"""营销活动 and 推荐: whom the demo shop wrote to and who answered, and who brought whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from kehu.cases import demo_dirt, demo_sheet
from kehu.cases.demo_dirt import Made, Picker

CAMPAIGNS = {
    "年货节": date(2026, 1, 12),
    "春日焕新": date(2026, 4, 8),
    "618大促": date(2026, 6, 10),
    "中秋礼遇": date(2026, 9, 14),
}
"""Name of each campaign and the day it was sent."""

REACHED = 0.3
COST = {"短信": 0.05, "企业微信": 0.15, "邮件": 0.01}
"""CNY a contact, by channel."""

RESPONSE = {"短信": -3.0, "企业微信": -2.0, "邮件": -3.6}
RESPONSE_SATISFACTION = 0.6
"""Log-odds of a response: the channel's, plus this per standard deviation of satisfaction."""

REFERRED = 0.08
"""Share of the buyers who came because another one recommended the shop."""

_YES_NO = (("是", "否"), ("Y", "N"), ("1", "0"))
_CAMPAIGN_GONE = ("duplicate", "after_analysis_date")
_REFERRAL_GONE = ("duplicate", "no_referrer", "self_referral")


def campaigns(
    people: pd.DataFrame, traits: pd.DataFrame, last_day: date, rng: np.random.Generator
) -> Made:
    """Write the contacts of four campaigns.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `first_time`.
    traits : pandas.DataFrame
        As `demo_traits.traits` returns them.
    last_day : date
        The analysis date.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `campaigns.csv`; each campaign reaches buyers drawn at random, so that those it does not
        reach are a control group.
    """
    buyers = people.merge(traits, on="customer_id")
    true = pd.concat([_sent(buyers, *c, rng) for c in CAMPAIGNS.items()], ignore_index=True)
    rows, gone = _dirty_contacts(_contacts(true, rng), last_day, rng)
    counts = demo_dirt.counted(rows, gone)
    kept = rows[~rows["kind"].isin(gone)]
    cost = pd.to_numeric(kept["触达成本"], errors="coerce")
    yes = kept["是否响应"].isin([pair[0] for pair in _YES_NO])
    counts |= {
        "cost": round(float(cost.sum()), 2),
        "responded": int(yes.sum()),
        "responded_by_channel": yes.groupby(kept["渠道"]).sum().to_dict(),
    }
    table = rows.drop(columns=["kind", "time"])
    return Made(demo_sheet.text(table, "utf-8-sig"), counts, true)


def _sent(buyers: pd.DataFrame, name: str, day: date, rng: np.random.Generator) -> pd.DataFrame:
    there = buyers[buyers["first_time"] < pd.Timestamp(day)]
    chosen = np.sort(rng.choice(len(there), round(REACHED * len(there)), replace=False))
    who = there.iloc[chosen]
    channel = rng.choice(list(COST), len(who), p=[0.5, 0.35, 0.15])
    odds = pd.Series(channel).map(RESPONSE).to_numpy()
    odds = odds + RESPONSE_SATISFACTION * who["satisfaction"].to_numpy()
    clock = pd.to_timedelta(rng.integers(9 * 60, 18 * 60, len(who)), unit="min")
    return pd.DataFrame(
        {
            "campaign": name,
            "customer_id": who["customer_id"].to_numpy(),
            "time": pd.Timestamp(day) + clock,
            "channel": channel,
            "responded": rng.random(len(who)) < expit(odds),
        }
    )


def _contacts(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write contacts as three systems do, each with its own yes and no."""
    system = rng.integers(len(_YES_NO), size=len(true))
    words = np.array(_YES_NO, dtype=object)
    rows = pd.DataFrame(
        {
            "活动": true["campaign"],
            "会员号": true["customer_id"],
            "触达时间": true["time"].dt.strftime("%Y/%m/%d %H:%M"),
            "渠道": true["channel"],
            "触达成本": true["channel"].map(COST).map("{:.2f}".format),
            "是否响应": words[system, 1 - true["responded"].to_numpy().astype(int)],
            "time": true["time"],
            "kind": "clean",
        }
    )
    return rows.sort_values(["time", "会员号"], kind="stable", ignore_index=True)


def _dirty_contacts(
    rows: pd.DataFrame, last_day: date, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    picker = Picker(rows, rng)
    demo_dirt.padded(rows, "会员号", picker.take(0.005))
    unknown = picker.take(0.003)
    names = demo_dirt.strangers(len(unknown), rng)
    demo_dirt.written(rows, "会员号", unknown, names, "not_in_base")
    demo_dirt.written(rows, "触达成本", picker.take(0.001), ["—"], "amount_blank")
    demo_dirt.written(rows, "是否响应", picker.take(0.01), [""], "no_response_known")
    planned = picker.take(0.002)
    day = pd.Timestamp(last_day) + pd.Timedelta(days=12)
    text = f"{day:%Y/%m/%d} 10:00"
    demo_dirt.written(rows, "触达时间", planned, [text], "after_analysis_date")
    return demo_dirt.with_duplicates(rows, picker.take(0.003), "time"), _CAMPAIGN_GONE


def referrals(people: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator) -> Made:
    """Write who brought whom.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer in order of their first order: `customer_id`, `first_time`.
    traits : pandas.DataFrame
        As `demo_traits.traits` returns them; the satisfied bring more.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `referrals.csv`; `truth` has one row per referral.
    """
    n = len(people)
    brought = np.sort(rng.choice(np.arange(n // 10, n), max(4, round(REFERRED * n)), replace=False))
    weight = traits["referral_weight"].to_numpy()
    ids, first = people["customer_id"].to_numpy(), people["first_time"]
    by = [int(rng.choice(i, p=weight[:i] / weight[:i].sum())) for i in brought]
    day = first.iloc[brought].dt.normalize() - pd.to_timedelta(
        rng.integers(0, 8, len(brought)), unit="D"
    )
    true = pd.DataFrame({"customer_id": ids[by], "referred_id": ids[brought],
                         "date": day.to_numpy()})  # fmt: skip
    rows = _dirty_referrals(true, rng)
    counts: dict[str, Any] = demo_dirt.counted(rows, _REFERRAL_GONE)
    kept = rows[~rows["kind"].isin(_REFERRAL_GONE)]
    counts["referrers"] = int(kept["推荐人"].str.strip().nunique())
    return Made(demo_sheet.text(rows.drop(columns="kind"), "utf-8"), counts, true)


def _dirty_referrals(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "推荐人": true["customer_id"],
            "被推荐人": true["referred_id"],
            "推荐日期": [f"{d.year}年{d.month}月{d.day}日" for d in true["date"]],
            "kind": "clean",
        }
    )
    picker = Picker(rows, rng)
    demo_dirt.padded(rows, "推荐人", picker.take(0.01))
    demo_dirt.written(rows, "推荐人", picker.take(0.01), [""], "no_referrer")
    unknown = picker.take(0.01)
    names = demo_dirt.strangers(len(unknown), rng)
    demo_dirt.written(rows, "被推荐人", unknown, names, "not_in_base")
    for place in picker.take(0.008):
        demo_dirt.written(rows, "被推荐人", [place], [rows["推荐人"].iat[place]], "self_referral")
    rows["order"] = np.arange(len(rows))
    return demo_dirt.with_duplicates(rows, picker.take(0.01), "order").drop(columns="order")
