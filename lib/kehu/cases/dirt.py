"""The dirt real files have, put into the demo shop's order lines and counted to the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

FIRST_FILE, SECOND_FILE = "orders_2023_2024.csv", "orders_2025_2026.csv"
HEADER = {
    "order_id": "订单号",
    "customer_id": "会员号",
    "time": "下单时间",
    "product_id": "商品编码",
    "product": "商品名称",
    "category": "品类",
    "quantity": "数量",
    "unit_price": "单价",
    "amount": "实付金额",
    "channel": "渠道",
}
NO_DATE, NO_AMOUNT = ["0000-00-00", "待确认"], ["—", "见备注"]
KEPT = ["clean", "blanks", "gift", "cancelled", "returned"]
"""Kinds of rows that remain under the rules of `params/demo.yml`."""

_FULL_WIDTH = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
_PADDING = [" {}", "{} ", "  {} ", "\u3000{}"]


@dataclass(frozen=True)
class DirtyOrders:
    """The order files as a client would send them, and what is in them.

    Parameters
    ----------
    files : dict
        File name to bytes.
    counts : dict
        File name to `rows`, `money` (CNY, sum of the readable amounts) and `kinds`: for each kind
        of row its `rows` and `money` (for unreadable amounts: the money that is lost).
    kept : dict
        `rows`, `orders`, `customers` and `money` (CNY, net) that cleaning should leave.
    """

    files: dict[str, bytes]
    counts: dict[str, Any]
    kept: dict[str, Any]


def soil(lines: pd.DataFrame, last_day: date, rng: np.random.Generator) -> DirtyOrders:
    """Turn clean order lines into the two files a client would send.

    Parameters
    ----------
    lines : pandas.DataFrame
        One row per line sold, money in cents, as `demo_goods.baskets` returns it.
    last_day : date
        The analysis date; a few rows are dated after it.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    DirtyOrders

    Notes
    -----
    Every row has exactly one kind. Orders without a member id are sales to people outside the
    simulation, so they take nothing from the truth; unreadable dates and amounts do.
    """
    rows = _rows(lines, pd.Timestamp(last_day), rng)
    early = rows["time"] < pd.Timestamp(2025, 1, 1)
    parts = {FIRST_FILE: rows[early], SECOND_FILE: rows[~early]}
    files = {
        FIRST_FILE: _csv(parts[FIRST_FILE], _slashed, _plain, ",").encode("gb18030"),
        SECOND_FILE: _csv(parts[SECOND_FILE], _mixed_date, _mixed_amount, ";").encode("utf-8-sig"),
    }
    return DirtyOrders(files, {name: _counts(part) for name, part in parts.items()}, _kept(rows))


def in_yuan(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with `unit_price` and `amount` in CNY instead of cents."""
    money = ["unit_price", "amount"]
    return lines.assign(**{name: lines[name] / 100 for name in money})


def _rows(lines: pd.DataFrame, last_day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Put every kind of dirt among the lines, in order of time."""
    rows = lines.assign(kind="clean", style=rng.random(len(lines)))
    refunds = _refunds(rows, last_day, rng)
    free = rng.permutation(rows.index[~rows["order_id"].isin(refunds["order_id"])])
    n = {"date": 0.001, "amount": 0.001, "blanks": 0.01, "twice": 0.006, "guest": 0.015}
    sizes = [max(2, round(share * len(rows))) for share in n.values()]
    no_date, no_amount, blanks, twice, guests = np.split(free[: sum(sizes)], np.cumsum(sizes)[:-1])
    rows.loc[no_date, "kind"] = "unreadable_date"
    rows.loc[no_amount, "kind"] = "unreadable_amount"
    _pad_ids(rows, blanks)
    added = [
        refunds,
        _gifts(rows.loc[free[-max(2, round(0.002 * len(rows))) :]]),
        _guests(rows.loc[guests]),
        _after(rows.loc[rng.choice(free[sum(sizes) :], 8, replace=False)], last_day, rng),
        rows.loc[twice].assign(kind="duplicate"),
    ]
    return pd.concat([rows, *added]).sort_values("time", kind="stable", ignore_index=True)


def _refunds(rows: pd.DataFrame, last_day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Refund 2 % of the orders: a third cancelled within the day, the others returned later."""
    orders = rows.loc[rows["time"] < last_day - pd.Timedelta(days=20), "order_id"].unique()
    chosen = rng.choice(orders, max(6, round(0.02 * len(orders))), replace=False)
    cancelled = np.isin(rows["order_id"], chosen[: len(chosen) // 3])
    later = np.isin(rows["order_id"], chosen[len(chosen) // 3 :])
    wait = pd.to_timedelta(rng.integers(3, 15, len(rows)), unit="D")
    minutes = pd.to_timedelta(rng.integers(5, 240, len(rows)), unit="min")
    end = rows["time"].dt.normalize() + pd.Timedelta(hours=23, minutes=59)
    same_day = (rows["time"] + minutes).clip(upper=end)
    time = same_day.where(cancelled, rows["time"] + wait)
    back = rows.assign(time=time, quantity=-rows["quantity"], amount=-rows["amount"])
    # A return may cover one line of the order only, and always covers at least the first.
    partial = rows["order_id"].duplicated() & (rng.random(len(rows)) < 0.5)
    return pd.concat(
        [back[cancelled].assign(kind="cancelled"), back[later & ~partial].assign(kind="returned")]
    )


def _pad_ids(rows: pd.DataFrame, chosen: np.ndarray) -> None:
    """Put blanks around the member id, or in every fourth row around the order number."""
    rows.loc[chosen, "kind"] = "blanks"
    for i, row in enumerate(chosen):
        column = "order_id" if i % 4 == 3 else "customer_id"
        padding = _PADDING[i // 4 % len(_PADDING)]
        rows.loc[row, column] = padding.format(rows.loc[row, column])


def _gifts(rows: pd.DataFrame) -> pd.DataFrame:
    """Add a free sample to the orders of these lines, one to an order."""
    gift = {"product_id": "G001", "product": "赠品小样", "category": "赠品"}
    one = rows.drop_duplicates("order_id")
    return one.assign(**gift, quantity=1, unit_price=0, amount=0, kind="gift")


def _guests(rows: pd.DataFrame) -> pd.DataFrame:
    """Make sales at the counter to people without a member card, some with a blank for an id."""
    number = pd.Series([f"9{i:05d}" for i in range(len(rows))], rows.index)
    day = rows["time"].dt.strftime("%Y%m%d")
    card = np.where(np.arange(len(rows)) % 5 == 4, "  ", "")
    return rows.assign(
        order_id=day + number, customer_id=card, channel="线下门店", kind="no_member"
    )


def _after(rows: pd.DataFrame, last_day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Make orders dated up to three weeks after the analysis date."""
    time = last_day + pd.to_timedelta(rng.integers(1, 22, len(rows)) * 86_400 + 40_000, unit="s")
    ids = [f"{t:%Y%m%d}8{i:05d}" for i, t in enumerate(time)]
    return rows.assign(time=time, order_id=ids, kind="after_analysis_date")


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    kinds = rows.groupby("kind")["amount"].agg(["size", "sum"])
    readable = rows.loc[rows["kind"] != "unreadable_amount", "amount"]
    return {
        "rows": len(rows),
        "money": int(readable.sum()) / 100,
        "kinds": {
            str(kind): {"rows": int(size), "money": int(cents) / 100}
            for kind, size, cents in kinds.itertuples()
        },
    }


def _kept(rows: pd.DataFrame) -> dict[str, Any]:
    kept = rows[rows["kind"].isin(KEPT)]
    return {
        "rows": len(kept),
        "orders": kept["order_id"].str.strip().nunique(),
        "customers": kept["customer_id"].str.strip().nunique(),
        "money": int(kept["amount"].sum()) / 100,
    }


def _csv(
    rows: pd.DataFrame,
    date_text: Callable[[pd.DataFrame], list[str]],
    amount_text: Callable[[pd.DataFrame], list[str]],
    separator: str,
) -> str:
    """Render rows as the text of a file; unreadable cells get their token last."""
    table = rows[list(HEADER)].assign(
        time=_with_tokens(date_text(rows), rows["kind"] == "unreadable_date", NO_DATE),
        amount=_with_tokens(amount_text(rows), rows["kind"] == "unreadable_amount", NO_AMOUNT),
        unit_price=[f"{cents / 100:.2f}" for cents in rows["unit_price"]],
    )
    text = table.rename(columns=HEADER).to_csv(index=False, sep=separator, lineterminator="\r\n")
    return str(text)


def _with_tokens(texts: list[str], bad: pd.Series[bool], tokens: list[str]) -> list[str]:
    found = iter(range(len(texts)))
    return [tokens[next(found) % 2] if b else t for t, b in zip(texts, bad, strict=True)]


def _slashed(rows: pd.DataFrame) -> list[str]:
    return [f"{t.year}/{t.month}/{t.day} {t.hour}:{t.minute:02d}" for t in rows["time"]]


def _mixed_date(rows: pd.DataFrame) -> list[str]:
    """Write dates as each channel's system does: 20250518, 2025年5月18日 or ISO."""
    return [
        f"{t:%Y%m%d}"
        if channel == "线下门店"
        else f"{t.year}年{t.month}月{t.day}日"
        if channel == "抖音"
        else f"{t:%Y-%m-%d %H:%M:%S}"
        for t, channel in zip(rows["time"], rows["channel"], strict=True)
    ]


def _plain(rows: pd.DataFrame) -> list[str]:
    return [f"{cents / 100:.2f}" for cents in rows["amount"]]


def _mixed_amount(rows: pd.DataFrame) -> list[str]:
    """Write amounts as ¥1,234.50, 1234.5 or １２３４．５０, by the row's style."""
    texts = []
    for cents, style in zip(rows["amount"], rows["style"], strict=True):
        sign, yuan = "-" if cents < 0 else "", abs(cents) / 100
        if style < 0.40:
            texts.append(f"{sign}¥{yuan:,.2f}")
        elif style < 0.95:
            texts.append(f"{sign}{yuan:.12g}")
        else:
            texts.append(f"{sign}{yuan:.2f}".translate(_FULL_WIDTH))
    return texts
