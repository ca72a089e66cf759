"""Small purchase logs for tests, as tables of the engine that keep their contract."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from kehu import tables
from kehu.cases.demo_shop import Model

Line = tuple[str, str, str, str]
"""Customer, order, time (ISO), amount; a negative amount is a refund."""


def engine_table(lines: Iterable[Line]) -> Table:
    """Put lines into the engine as the table `transactions`."""
    schema = tables.contract("transactions").arrow_schema()
    rows = [
        {
            "customer_id": customer,
            "order_id": order,
            "date": datetime.fromisoformat(time),
            "amount": Decimal(amount),
            "is_refund": Decimal(amount).is_signed(),
            "source": "test.csv",
            "row": place,
        }
        for place, (customer, order, time, amount) in enumerate(lines, 1)
    ]
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    return ibis.memtable(pa.Table.from_pylist([empty | row for row in rows], schema=schema))


def simulated(n: int, weeks: float, seed: int, model: Model | None = None) -> pd.DataFrame:
    """Draw purchases of n customers who start in the first third of the weeks.

    Returns customer (0...n - 1), week (since the start of all), amount: BG/NBD and Gamma-Gamma.
    """
    m, rng = model or Model(), np.random.default_rng(seed)
    rate, leaving = rng.gamma(m.r, 1 / m.alpha, n), rng.beta(m.a, m.b, n)
    level = m.p * rng.gamma(m.q, 1 / m.gamma, n) ** -1.0
    now, active = rng.random(n) * weeks / 3, np.arange(n)
    parts = []
    while active.size:
        amount = rng.gamma(m.p, level[active] / m.p)
        parts.append(pd.DataFrame({"customer": active, "week": now[active], "amount": amount}))
        stays = (rng.random(active.size) >= leaving[active]) if len(parts) > 1 else True
        active = active[np.broadcast_to(stays, active.shape)]
        now[active] += rng.exponential(size=active.size) / np.maximum(rate[active], 1e-12)
        active = active[now[active] < weeks]
    return pd.concat(parts, ignore_index=True)


def shop(n: int = 400, weeks: int = 104, seed: int = 5) -> Table:
    """Simulate a shop from 2024-01-01 as engine table; amounts to the cent, a few refunds."""
    log = simulated(n, weeks, seed)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.floor(log["week"] * 7), unit="D")
    cents = np.maximum(np.round(log["amount"] * 100), 1).astype(int)
    lines = [
        (f"{customer:05d}", f"N{place}", when.isoformat(), str(Decimal(int(c)) / 100))
        for place, (customer, when, c) in enumerate(zip(log["customer"], day, cents, strict=True))
    ]
    back = [(c, o, t, f"-{a}") for c, o, t, a in lines[::40]]
    return engine_table([*lines, *back])
