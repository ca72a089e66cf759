"""Simulated customers of known truth: histories for the models, purchase lines for the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kehu import tables

START = "2024-01-01"
DAYS = 730
END = "2025-12-30"
"""Last day simulated, the analysis date."""

TRUTH = {"r": 0.8, "alpha": 7.0, "a": 0.8, "b": 4.0, "p": 6.0, "q": 4.0, "gamma": 15.0}
"""BG/NBD in weeks and Gamma-Gamma in currency, in the papers' letters."""

BUSY = {"r": 1.2, "alpha": 3.05, "a": 0.6, "b": 8.0}
"""BG/NBD of the purchase lines: about 20 lines a customer."""

LINES_AN_ORDER = 1.6
REFUNDED = 0.02

Codes = NDArray[np.int64]


POPULATIONS = {"two years": (DAYS - 1, DAYS), "one quarter": (84, 273)}
"""Days in which customers first buy, and days observed: a shop with new customers every day, or the
customers of one quarter after nine months, as in CDNOW."""


def histories(n: int, population: str = "two years", seed: int = 1) -> pd.DataFrame:
    """Draw the purchase histories of n customers by BG/NBD and Gamma-Gamma (`TRUTH`).

    Parameters
    ----------
    n : int
        Customers.
    population : str
        Of `POPULATIONS`.
    seed : int

    Returns
    -------
    pandas.DataFrame
        `customer_id, frequency, recency, T, monetary_value` in weeks, whole days; purchases of one
        day are one.
    """
    rng, truth = np.random.default_rng(seed), TRUTH
    entry, days = POPULATIONS[population]
    observed = rng.integers(days - entry, days, n).astype(float)
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], n) / 7
    leaving = rng.beta(truth["a"], truth["b"], n)
    level = rng.gamma(truth["q"], 1 / truth["gamma"], n)
    found = {"frequency": np.zeros(n), "last": np.zeros(n), "spend": np.zeros(n)}
    active, now = np.arange(n), np.zeros(n)
    while active.size:
        now[active] += rng.exponential(size=active.size) / np.maximum(rate[active], 1e-12)
        active = active[now[active] < observed[active]]
        day = np.floor(now[active])
        repeat = active[day > found["last"][active]]
        found["frequency"][repeat] += 1
        found["last"][active] = day
        found["spend"][repeat] += rng.gamma(truth["p"], 1 / level[repeat])
        active = active[rng.random(active.size) >= leaving[active]]
    cents = np.round(100 * found["spend"] / np.maximum(found["frequency"], 1)) / 100
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:08d}" for i in range(n)],
            "frequency": found["frequency"],
            "recency": found["last"] / 7,
            "T": observed / 7,
            "monetary_value": cents,
        }
    )


def write_transactions(path: Path, customers: int, seed: int = 1) -> int:
    """Write purchase lines of two years in the order of time, and return how many.

    About 20 lines a customer in orders of one to several lines, 2 % of the lines given back on the
    same day or a week later. Contract `transactions`; a day at a time, so the memory does not
    depend on the number of lines.
    """
    schema = tables.contract("transactions").arrow_schema()
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as file:
        for day in _days(customers, np.random.default_rng(seed)):
            file.write_table(_table(day, rows, schema))
            rows += len(day["customer"])
    return rows


def _days(customers: int, rng: np.random.Generator) -> Iterator[dict[str, Codes]]:
    """Draw the lines of one day after the other; customers leave after a purchase or never."""
    first = rng.integers(0, DAYS - 30, customers, dtype=np.int16)
    rate = rng.gamma(BUSY["r"], 1 / BUSY["alpha"] / 7, customers)
    chance = (1 - np.exp(-rate)).astype(np.float32)
    leaving = rng.beta(BUSY["a"], BUSY["b"], customers).astype(np.float32)
    level = (15.0 / rng.gamma(4.0, size=customers)).astype(np.float32)
    here, orders = np.ones(customers, bool), 0
    later: deque[dict[str, Codes]] = deque(maxlen=7)
    for day in range(DAYS):
        repeat = (rng.random(customers, dtype=np.float32) < chance) & here & (first < day)
        buyers = rng.permutation(np.flatnonzero(repeat | (first == day)))
        gone = rng.random(buyers.size, dtype=np.float32) < leaving[buyers]
        here[buyers[gone & (first[buyers] < day)]] = False
        number = rng.geometric(1 / LINES_AN_ORDER, buyers.size)
        customer = np.repeat(buyers, number)
        order = np.repeat(np.arange(orders, orders + buyers.size), number)
        orders += buyers.size
        cents = np.maximum(100 * level[customer] * rng.gamma(2.0, size=customer.size), 1)
        sold = {"customer": customer, "order": order, "cents": cents.astype(np.int64)}
        back = rng.random(customer.size) < REFUNDED
        soon = back & (rng.random(customer.size) < 0.5)
        due = [later[0]] if len(later) == later.maxlen else []
        later.append(_refund(sold, back & ~soon))
        parts = [sold, _refund(sold, soon), *due]
        lines = {name: np.concatenate([part[name] for part in parts]) for name in sold}
        seconds = np.sort(rng.integers(0, 86_400, lines["cents"].size))
        yield lines | {"second": seconds + 86_400 * day}


def _refund(sold: dict[str, Codes], chosen: NDArray[np.bool_]) -> dict[str, Codes]:
    back = {name: values[chosen] for name, values in sold.items()}
    return back | {"cents": -back["cents"]}


def _table(day: dict[str, Codes], rows: int, schema: pa.Schema) -> pa.Table:
    """Put the lines of a day into the contract's columns."""
    n = day["cents"].size
    microseconds = np.datetime64(START, "us").astype(np.int64) + day["second"] * 1_000_000
    filled = {
        "customer_id": _numbered("C", day["customer"], 8),
        "order_id": _numbered("N", day["order"], 9),
        "date": pa.array(microseconds).cast(schema.field("date").type),
        "amount": _money(day["cents"]),
        "is_refund": pa.array(day["cents"] < 0),
        "source": pa.array(["lines.csv"]).take(pa.array(np.zeros(n, np.int32))),
        "row": pa.array(np.arange(rows + 1, rows + n + 1)),
    }
    empty = {f.name: pa.nulls(n, f.type) for f in schema if f.name not in filled}
    return pa.table(filled | empty).select(schema.names).cast(schema)


def _numbered(letter: str, codes: Codes, digits: int) -> pa.Array:
    return pc.binary_join_element_wise(
        letter, pc.utf8_lpad(pa.array(codes).cast(pa.string()), digits, "0"), ""
    )


def _money(cents: Codes) -> pa.Array:
    """Decimals with four places, built from their 128-bit integers."""
    words = np.empty((cents.size, 2), np.int64)
    words[:, 0] = cents * 100
    words[:, 1] = np.where(cents < 0, -1, 0)
    return pa.Array.from_buffers(pa.decimal128(18, 4), cents.size, [None, pa.py_buffer(words)])
