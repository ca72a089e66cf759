"""客服工单: enquiries, complaints, ideas and thanks of the demo shop's customers."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from kehu.cases import demo_dirt, demo_sheet, demo_texts
from kehu.cases.demo_dirt import Made, Picker

ENQUIRY, SERVICE, SUGGESTION, PRAISE = 0.05, 0.02, 0.006, 0.012
"""Chances that an order brings an enquiry, a return, an idea, thanks (the last two: at most)."""

SLA_HOURS = 48
SLOW_FROM = date(2026, 7, 1)
"""From here the service team is short of people, and everything takes twice as long."""

STILL_OPEN = 0.05
"""Share of the tickets since then that nobody has settled yet."""

REOPENED = 0.06
OUTCOMES = {"已采纳": 0.35, "未采纳": 0.40, "已办结": 0.25}
"""What becomes of ideas that are settled."""

TOLD = {"已采纳": 0.9, "未采纳": 0.8, "已办结": 0.6, "投诉": 0.85}
"""Share of the settled ideas, by outcome, and of the settled complaints that got a reply."""

FESTIVAL = 3.0
"""How many times as likely a complaint is about delivery in the weeks after 双11."""

_EXPORTED = datetime(2026, 10, 8)
_KINDS = ["投诉", "咨询", "退换货", "建议", "表扬"]
_CHANNELS, _CHANNEL_SHARES = ["在线客服", "电话", "小程序", "邮件"], [0.5, 0.25, 0.2, 0.05]
_ABOUT = ["物流", "商品", "客服", "网站", "价格", "售后"]
_SHARES = np.array([0.30, 0.28, 0.12, 0.08, 0.10, 0.12])
_HOURS = {"物流": 26.0, "商品": 20.0, "客服": 10.0, "网站": 14.0, "价格": 8.0, "售后": 30.0}
_TAKES_AWAY = ("duplicate", "unreadable_date", "after_analysis_date")


def tickets(
    lines: pd.DataFrame, traits: pd.DataFrame, last_day: date, rng: np.random.Generator
) -> Made:
    """Write the service desk's tickets.

    Parameters
    ----------
    lines : pandas.DataFrame
        What was sold, as `demo_goods.baskets` returns it.
    traits : pandas.DataFrame
        As `demo_traits.traits` returns them.
    last_day : date
        The analysis date.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `service.csv`, GB18030; `truth` has one row per ticket: `customer_id`, `order_id`, `time`,
        `kind`, `topic`, `hours` to settle it, `reopened`, `status`.

    Notes
    -----
    A complaint follows an order with the customer's own `complaint_rate`, and is the more likely
    about a touchpoint the worse the customer's experience with it.
    """
    orders = lines.drop_duplicates("order_id").merge(traits, on="customer_id", how="left")
    true = _drawn(orders, pd.Timestamp(last_day), rng)
    rows = _rows(true, rng)
    complaints = true["kind"] == "投诉"
    late = true["closed"].isna() | (true["hours"] > SLA_HOURS)
    rows, gone = _dirty(rows, pd.Timestamp(last_day), rng)
    counts = demo_dirt.counted(rows, gone)
    kept = rows[~rows["kind"].isin(gone)]
    counts |= {
        "kept_by_type": kept["类型"].replace("客诉", "投诉").value_counts().sort_index().to_dict(),
        "kinds_of_ticket": true["kind"].value_counts().sort_index().to_dict(),
        "complaints": int(complaints.sum()),
        "complaints_over_sla": int((complaints & late).sum()),
        "reopened": int(true["reopened"].sum()),
        "open": int(true["closed"].isna().sum()),
        "kept_ideas": kept.loc[kept["类型"] == "建议", "状态"]
        .value_counts()
        .sort_index()
        .to_dict(),
        "kept_replies": int((kept["答复"] != "").sum()),
        "topics_of_complaints": true.loc[complaints, "topic"].value_counts().to_dict(),
    }
    columns = [c for c in rows.columns if c not in ("kind", "time")]
    told = true[["customer_id", "order_id", "time", "kind", "topic", "hours", "reopened", "status"]]
    return Made(demo_sheet.text(rows[columns], "gb18030"), counts, told)


def _drawn(orders: pd.DataFrame, last_day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Draw which orders bring a ticket, when, about what, and how long it takes."""
    u = ndtr(orders["satisfaction"].to_numpy())
    chances = np.column_stack(
        [
            orders["complaint_rate"],
            np.full(len(orders), ENQUIRY),
            np.full(len(orders), SERVICE),
            SUGGESTION * u,
            PRAISE * u,
        ]
    )
    place = (rng.random(len(orders))[:, None] >= chances.cumsum(axis=1)).sum(axis=1)
    made = orders[place < len(_KINDS)].reset_index(drop=True)
    kind = np.array(_KINDS)[place[place < len(_KINDS)]]
    lag = np.where(kind == "咨询", -rng.exponential(1, len(made)), rng.exponential(3, len(made)))
    time = (made["time"] + pd.to_timedelta(lag, unit="D")).dt.floor("min")
    made = made.assign(kind=kind, time=time)
    inside = (time <= last_day + pd.Timedelta(hours=23)) & (
        time >= orders["time"].min().normalize()
    )
    made = made[inside].reset_index(drop=True)
    return _answered(_settled(made.assign(topic=_topics(made, rng)), rng), rng.spawn(1)[0])


def _topics(made: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Choose a topic for each ticket: complaints by experience, the others at random."""
    weight = np.tile(_SHARES, (len(made), 1))
    for i, name in enumerate(_ABOUT[:4]):
        weight[:, i] *= np.exp(-0.5 * made[name].to_numpy())
    after = (made["time"].dt.month == 11) & (made["time"].dt.day >= 11)
    weight[after.to_numpy(), 0] *= FESTIVAL
    fitting = {
        "投诉": _ABOUT,
        "咨询": demo_texts.asks_about(),
        "退换货": ["售后"],
        "建议": demo_texts.ideas_about(),
        "表扬": _ABOUT,
    }
    for kind, topics in fitting.items():
        mine = (made["kind"] == kind).to_numpy()
        weight[np.ix_(mine, [name not in topics for name in _ABOUT])] = 0
    order = np.argsort(rng.exponential(size=weight.shape) / np.maximum(weight, 1e-12), axis=1)
    return np.array(_ABOUT, dtype=object)[order[:, 0]]


def _settled(made: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw how long each ticket takes; those still open at the export have no end."""
    hours = made["topic"].map(_HOURS).to_numpy() * rng.lognormal(-0.3, 0.8, len(made))
    slow = made["time"] >= pd.Timestamp(SLOW_FROM)
    again = (made["kind"] == "投诉") & (rng.random(len(made)) < REOPENED)
    hours = np.round(hours * np.where(slow, 2, 1) * np.where(again, 2.2, 1), 2)
    closed = (made["time"] + pd.to_timedelta(hours, unit="h")).dt.ceil("min")
    forgotten = slow & (rng.random(len(made)) < STILL_OPEN)
    closed = closed.where((closed <= pd.Timestamp(_EXPORTED)) & ~forgotten)
    return made.assign(hours=hours, reopened=again, closed=closed)


def _answered(made: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Decide on ideas, and tell customers what became of their matter."""
    idea, settled = made["kind"] == "建议", made["closed"].notna()
    decided = rng.choice(list(OUTCOMES), len(made), p=list(OUTCOMES.values()))
    done = np.where(idea, decided, np.where(made["reopened"], "重开后办结", "已办结"))
    status = np.where(settled, done, "处理中")
    outcome = np.where(idea, decided, made["kind"])
    chance = pd.Series(outcome).map(TOLD).fillna(0).to_numpy()
    told = settled & (rng.random(len(made)) < chance)
    replies = [
        demo_texts.reply(what, topic) if is_told else ""
        for what, topic, is_told in zip(outcome, made["topic"], told, strict=True)
    ]
    return made.assign(status=status, reply=replies)


def _rows(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the tickets as the desk's system does."""
    write = {
        "投诉": demo_texts.complaint, "咨询": demo_texts.enquiry, "建议": demo_texts.suggestion,
        "表扬": demo_texts.praise, "退换货": demo_texts.complaint,
    }  # fmt: skip
    texts = [write[row.kind](row.topic, row.product, rng) for row in true.itertuples(index=False)]
    closed = true["closed"]
    word = np.where((true["kind"] == "投诉") & (rng.random(len(true)) < 0.05), "客诉", true["kind"])
    rows = pd.DataFrame(
        {
            "会员号": true["customer_id"],
            "提交时间": true["time"].dt.strftime("%Y-%m-%d %H:%M"),
            "类型": word,
            "主题": true["topic"],
            "渠道": rng.choice(_CHANNELS, len(true), p=_CHANNEL_SHARES),
            "商品": true["product"],
            "订单号": true["order_id"],
            "状态": true["status"],
            "办结时间": closed.dt.strftime("%Y-%m-%d %H:%M").fillna(""),
            "内容": texts,
            "答复": true["reply"],
            "time": true["time"],
            "kind": "clean",
        }
    )
    later = closed > pd.Timestamp("2026-09-30 23:59:59")
    rows.loc[later, "kind"] = "closed_later"
    rows = rows.sort_values("time", kind="stable", ignore_index=True)
    numbers = [f"G{t:%Y%m}{i:05d}" for i, t in enumerate(rows["time"], start=1)]
    rows.insert(0, "工单号", numbers)
    return rows


def _dirty(
    rows: pd.DataFrame, last_day: pd.Timestamp, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    picker = Picker(rows, rng)
    demo_dirt.written(rows, "会员号", picker.take(0.04), [""], "no_member")
    demo_dirt.padded(rows, "会员号", picker.take(0.01))
    unknown = picker.take(0.004)
    names = demo_dirt.strangers(len(unknown), rng)
    demo_dirt.written(rows, "会员号", unknown, names, "not_in_base")
    demo_dirt.written(
        rows, "提交时间", picker.take(0.002), ["待补", "0000-00-00"], "unreadable_date"
    )
    early = [i for i in picker.take(0.006) if rows["办结时间"].iat[i]]
    before = [f"{rows['time'].iat[i] - pd.Timedelta(days=2):%Y-%m-%d %H:%M}" for i in early]
    demo_dirt.written(rows, "办结时间", early, before, "closed_early")
    after = picker.take(0.001)
    days = last_day + pd.to_timedelta(rng.integers(1, 8, len(after)), unit="D")
    texts = [f"{day:%Y-%m-%d} 09:{i:02d}" for i, day in enumerate(days)]
    demo_dirt.written(rows, "提交时间", after, texts, "after_analysis_date")
    for column, text in (("办结时间", ""), ("状态", "处理中"), ("答复", "")):
        rows.iloc[after, rows.columns.get_loc(column)] = text
    return demo_dirt.with_duplicates(rows, picker.take(0.004), "time"), _TAKES_AWAY
