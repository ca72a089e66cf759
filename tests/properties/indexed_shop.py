"""A simulated shop with latent loyalty and satisfaction, and every table the indices read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import memtable
from ibis.expr.types import Table
from tests.properties.event_tables import event_table, members

from kehu import tables as contracts
from kehu.score.indices import Indices, indices
from kehu.value import summary as summaries

END = "2026-09-30"


def world(n: int = 120, seed: int = 3, money: int = 1, prefix: str = "C") -> dict[str, Any]:
    """Draw the tables of n customers: amounts times `money`, numbers that start with `prefix`."""
    rng = np.random.default_rng(seed)
    ids = [f"{prefix}{i:04d}" for i in range(n)]
    loyal, happy = rng.normal(size=(2, n))
    start = rng.integers(200, 1000, n)
    orders = 1 + rng.poisson(np.exp(0.9 + 0.7 * loyal) * start / 365)
    lines = []
    for i, customer in enumerate(ids):
        ages = np.concatenate([[start[i]], rng.integers(0, start[i], orders[i] - 1)])
        for age in ages:
            cents = int(np.exp(rng.normal(8 + 0.3 * loyal[i], 0.5))) * money
            kind = f"k{rng.integers(0, 6)}"
            lines.append((customer, f"N{len(lines)}", day(age), cents, kind, False))
            if rng.random() < 0.04:
                lines.append((customer, f"N{len(lines) - 1}", day(age), -cents, kind, True))
    made: dict[str, Any] = {"transactions": purchases(lines), "happy": happy, "loyal": loyal}
    made["customers"] = members(
        ids, level=dict(zip(ids, rng.choice(["gold", "basic"], n), strict=True))
    )
    made["interactions"] = event_table("interactions", _contacts(rng, ids, happy, orders))
    made["surveys"] = event_table("surveys", _answers(rng, ids, happy))
    pairs = rng.integers(0, n, (n // 2, 2))
    made["referrals"] = event_table(
        "referrals", [{"customer_id": ids[a], "referred_id": ids[b]} for a, b in pairs]
    )
    marks = [
        {"customer_id": ids[i], "criterion": c, "mark": int(rng.integers(1, 6)), "scale_low": 1,
         "scale_high": 5, "author": a, "date": day(int(rng.integers(0, 900)))}
        for i in range(0, n, 6) for c in ("market", "technology") for a in ("王", "Li")
    ]  # fmt: skip
    made["judgements"] = event_table("judgements", marks)
    return made


def day(age: int) -> str:
    """The day so many days before the analysis date."""
    return str((pd.Timestamp(END) - pd.Timedelta(int(age), "D")).date())


def purchases(lines: list[tuple[Any, ...]]) -> Table:
    """Transactions from (customer, order, day, cents, category, is it a refund)."""
    schema = contracts.contract("transactions").arrow_schema()
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    names = ("customer_id", "order_id", "date", "amount", "category", "is_refund")
    rows = [
        empty | dict(zip(names, line, strict=True)) | {"source": "test.csv", "row": place}
        for place, line in enumerate(lines, 1)
    ]
    for row in rows:
        row |= {"amount": Decimal(row["amount"]) / 100, "date": pd.Timestamp(row["date"])}
    return memtable(pa.Table.from_pylist(rows, schema=schema))


def _contacts(
    rng: np.random.Generator, ids: list[str], happy: Any, orders: Any
) -> list[dict[str, Any]]:
    rows = []
    for i, customer in enumerate(ids):
        for kind, mean in (
            ("complaint", 0.25 * orders[i] * np.exp(-1.2 * happy[i])),
            ("praise", 0.1 * orders[i] * np.exp(happy[i])),
            ("visit", 3.0),
        ):
            rows += [
                {"customer_id": customer, "date": day(rng.integers(0, 365)), "interaction": kind}
                for _ in range(min(rng.poisson(mean), 20))
            ]
    return rows


def _answers(rng: np.random.Generator, ids: list[str], happy: Any) -> list[dict[str, Any]]:
    rows = []
    for i, customer in enumerate(ids):
        for scale, low, high in (("csat", 1, 5), ("nps", 0, 10)):
            if rng.random() < 0.6:
                place = 0.6 + 0.22 * happy[i] + rng.normal(0, 0.12)
                answer = float(np.clip(round(low + place * (high - low)), low, high))
                rows.append(
                    {"customer_id": customer, "date": day(rng.integers(0, 700)), "question": scale,
                     "scale": scale, "scale_low": low, "scale_high": high, "answer": answer}
                )  # fmt: skip
    return rows


def assessed(made: dict[str, Any], **options: Any) -> Indices:
    """The indices of a world, contribution and lifetime value being shares of spend."""
    known = {k: v for k, v in made.items() if isinstance(v, Table)}
    summary = summaries.summary(known["transactions"], END, "week")
    profit = summary[["customer_id"]].assign(contribution=summary["total_spend"] * 0.3)
    clv = summary[["customer_id"]].assign(clv=summary["total_spend"] * 0.1)
    return indices(summary, clv, profit, known, END, **options)
