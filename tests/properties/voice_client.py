"""A small client with known truth for tests of the voice: surveys, complaints, orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from kehu import tables

END = "2026-06-30"
"""Last day observed of the client."""

SCALES = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0), "other": (1.0, 10.0)}


def put(name: str, rows: Iterable[dict[str, Any]], **always: Any) -> Table:
    """Put rows into the engine as a table of the contracts; what is left out is blank."""
    schema = tables.contract(name).arrow_schema()
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    full = [
        {**empty, "source": "test.csv", "row": place, **always, **row}
        for place, row in enumerate(rows, 1)
    ]
    known = [{c: row[c] for c in schema.names} for row in full]
    return ibis.memtable(pa.Table.from_pylist(known, schema=schema))


def surveys(rows: Iterable[dict[str, Any]]) -> Table:
    """Put answers into the engine; scale `nps` and weight 1 unless said otherwise."""
    filled = []
    for row in rows:
        scale = row.get("scale", "nps")
        low, high = SCALES[scale]
        filled.append(
            {"question": "推荐意愿", "scale": scale, "scale_low": low, "scale_high": high,
             "survey_weight": 1.0, "date": datetime(2026, 6, 1), **row}
        )  # fmt: skip
    return put("surveys", filled)


def nothing(name: str) -> Table:
    """Make a table without rows."""
    return put(name, [])


def client(n: int = 600, seed: int = 7) -> dict[str, Table]:
    """Simulate n customers over two years: delivery decides satisfaction, complaints repel.

    Monthly orders with a chance of .35; a survey of a NPS question and four more in the second
    year; complaints about four topics at 30 per 1,000 orders, three times as many in March 2026.
    """
    rng = np.random.default_rng(seed)
    start = datetime(2024, 7, 1)
    lines, answers, matters = [], [], []
    topics = np.array(["物流", "质量", "售后", "价格"])
    for i in range(n):
        customer, channel = f"{i:04d}", ["网店", "小程序", "门店"][i % 3]
        speed, price, leaves = rng.normal(), rng.normal(), 99
        for month in range(24):
            if month >= leaves or rng.random() > 0.35:
                continue
            day = start + timedelta(days=30.4 * month + rng.random() * 28)
            amount = Decimal(int(rng.integers(2000, 20000))) / 100
            lines.append({"customer_id": customer, "order_id": f"N{len(lines)}", "date": day,
                          "amount": amount, "channel": channel, "product": f"商品{i % 4}",
                          "is_refund": False})  # fmt: skip
            if rng.random() < (0.09 if (day.year, day.month) == (2026, 3) else 0.03):
                hours = rng.exponential(40)
                closed = day + timedelta(hours=hours)
                matters.append(
                    {"customer_id": customer, "date": day, "interaction": "complaint",
                     "topic": str(rng.choice(topics, p=[0.5, 0.25, 0.15, 0.1])),
                     "channel": "电话", "product": f"商品{i % 4}",
                     "status": "已解决" if rng.random() < 0.9 else "处理中", "closed": closed}
                )  # fmt: skip
                if matters[-1]["status"] == "处理中":
                    matters[-1]["closed"] = None
                leaves = month + 1 if rng.random() < 0.5 else leaves
        if i % 5 < 4:
            asked = start + timedelta(days=365 + int(rng.integers(0, 330)))
            answers += _answers(rng, customer, channel, asked, speed, price)
        if i % 20 == 0:
            state = ["已采纳", "未采纳", "评估中", "灰度中"][i // 20 % 4]
            matters.append({"customer_id": customer, "date": start + timedelta(days=500 + i / 10),
                            "interaction": "suggestion", "topic": "包装", "status": state,
                            "text": f"建议{i}，请打电话 13800000000"})  # fmt: skip
    return {
        "transactions": put("transactions", lines),
        "interactions": put("interactions", matters),
        "surveys": surveys(answers),
    }


def _answers(
    rng: np.random.Generator, customer: str, channel: str, day: datetime, speed: float, price: float
) -> list[dict[str, Any]]:
    """Draw one respondent: the overall answer follows speed three times as much as price."""
    same = {"customer_id": customer, "channel": channel, "date": day}
    overall = 7.6 + 1.5 * speed + 0.5 * price + rng.normal() * 0.8
    parts = {
        "配送速度": 3.2 + speed,
        "配送完好": 3.8 + 0.8 * speed,
        "价格": 3.4 + price,
        "客服": 4.2,
    }
    rows = [{**same, "answer": float(np.clip(round(overall), 0, 10))}]
    for question, mean in parts.items():
        point = float(np.clip(round(mean + rng.normal() * 0.5), 1, 5))
        blank = question == "客服" and rng.random() < 0.3
        rows.append(
            {**same, "question": question, "scale": "csat", "answer": None if blank else point}
        )
    return rows


def segments(n: int = 600) -> pd.DataFrame:
    """Class the client's customers; every seventh is in no segment."""
    rows = [
        {"customer_id": f"{i:04d}", "tier": ("top", "potential", "long_tail")[i % 3],
         "rfm_segment": ("champion", "keep", "regular_keep", "win_back")[i % 4]}
        for i in range(n)
        if i % 7
    ]  # fmt: skip
    return pd.DataFrame(rows)
