"""A client whose customers leave and pay as a known law says."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd

from kehu import tables
from kehu.risk.population import Events

FIRST, LAST = pd.Timestamp("2023-10-01"), pd.Timestamp("2026-09-30")
DAYS = (LAST - FIRST).days


def shop(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate purchases: rates differ, and after each day a customer leaves with some chance.

    Returns the lines, and per customer the rate (per day) and the day of leaving.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 1 / 45, n)
    first = rng.integers(0, DAYS - 30, n)
    gone = first + rng.exponential(1 / rng.gamma(1.5, 1 / 450, n)).astype(int)
    rows = []
    for i in range(n):
        days = first[i] + np.concatenate([[0.0], np.cumsum(rng.exponential(1 / rate[i], 200))])
        days = np.unique(days[(days <= min(gone[i], DAYS))].astype(int))
        rows.append(pd.DataFrame({"i": i, "day": days}))
    found = pd.concat(rows, ignore_index=True)
    amount = np.exp(rng.normal(3.5, 0.6, len(found))).round(2)
    ids = [f"C{i:05d}" for i in range(n)]
    lines = pd.DataFrame(
        {
            "customer_id": np.array(ids)[found["i"]],
            "date": FIRST + pd.to_timedelta(found["day"], "D"),
            "amount": amount,
            "product_id": rng.integers(0, 30, len(found)).astype(str),
            "is_refund": False,
        }
    )
    truth = pd.DataFrame({"customer_id": ids, "rate": rate, "gone": gone, "first": first})
    return lines, truth


def dues(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate monthly dues: each customer pays very late with an own, lasting chance."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(0.6, 6, n)
    ids = np.array([f"C{i:05d}" for i in range(n)])
    rows = []
    for due in pd.date_range("2023-10-15", "2026-09-15", freq="30D"):
        very = rng.random(n) < chance
        days = np.where(very, rng.exponential(50, n), rng.exponential(8, n) * (rng.random(n) < 0.2))
        rows.append(pd.DataFrame({"customer_id": ids, "due": due, "days": days.round()}))
    found = pd.concat(rows, ignore_index=True)
    paid = found["due"] + pd.to_timedelta(found["days"], "D")
    made = found.assign(paid=paid.where(paid <= LAST), amount=100.0).drop(columns="days")
    return made, pd.DataFrame({"customer_id": ids, "chance": chance})


def events(
    lines: pd.DataFrame, payments: pd.DataFrame | None = None, held: pd.DataFrame | None = None
) -> Events:
    """Put tables into an engine of their own."""
    backend = ibis.duckdb.connect()

    def table(name: str, rows: pd.DataFrame | None) -> ibis.Table:
        if rows is None:
            return ibis.memtable(tables.contract(name).arrow_schema().empty_table())
        whole = rows.copy()
        for column in set(whole) & {"due", "paid", "start", "end"}:
            whole[column] = pd.to_datetime(whole[column]).dt.date
        backend.con.register(name, whole)
        made = backend.table(name)
        return made.mutate(amount=made.amount.cast("decimal(18, 4)")) if "amount" in whole else made

    relationship = "noncontractual" if held is None else "contractual"
    return Events(
        table("transactions", lines), table("interactions", None), table("payments", payments),
        table("holdings", held), relationship,
    )  # fmt: skip


def day(text: str) -> date:
    return date.fromisoformat(text)
