"""When each customer first reached each stage of the journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from importlib.resources import files
from typing import Any

import ibis
import pandas as pd
import yaml
from ibis.expr.types import Table

from kehu.voice.period import observed

Stage = Mapping[str, Any]


@lru_cache
def _built_in() -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load(files("kehu.voice").joinpath("journey.yml").read_text("utf-8")))


def stages(given: Sequence[Stage] = ()) -> list[dict[str, Any]]:
    """Return the stages of the journey in order.

    Parameters
    ----------
    given : sequence of mapping
        The parameter `journey_stages`; the built-in five stages where empty.

    Returns
    -------
    list of dict
        `code, zh, en, optional, registered, orders, kept, interactions, touchpoints` each.
    """
    blank: dict[str, Any] = {"optional": False, "registered": False, "orders": None, "kept": False,
             "interactions": [], "touchpoints": []}  # fmt: skip
    return [{**blank, **stage} for stage in (given or _built_in())]


def reached(
    listed: Sequence[Stage],
    customers: Table,
    transactions: Table,
    interactions: Table,
    analysis_date: str,
) -> pd.DataFrame:
    """Find the first day on which each customer is known to have reached each stage.

    Parameters
    ----------
    listed : sequence of mapping
        See `stages`.
    customers, transactions, interactions : ibis Table
        Contracts of those names, possibly empty.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        One row per customer of any of the tables, by number: `customer_id`, a date column `s0, s1,
        …` per stage (blank where not reached), and a truth `r0, r1, …` (reached, if on an unknown
        day).

    Notes
    -----
    A stage that is not optional has been passed by whoever reached a later such stage: who buys has
    known, though nobody saw it. Its first day is then that of the later stage at the latest.
    """
    found = _evidence(listed, customers, transactions, interactions, analysis_date)
    wide = found.group_by("customer_id").aggregate(
        **{f"s{i}": found.day.min(where=found.place == i) for i in range(len(listed))},
        **{f"r{i}": (found.place == i).any() for i in range(len(listed))},
    )
    frame = wide.execute().sort_values("customer_id", ignore_index=True)
    return _passed(frame, [i for i, stage in enumerate(listed) if not stage["optional"]])


def _evidence(
    listed: Sequence[Stage], customers: Table, transactions: Table, interactions: Table, end: str
) -> Table:
    """List what shows that a customer reached a stage: `customer_id, place, day`."""
    lines = observed(transactions, end)
    contacts = observed(interactions, end)
    known = [
        customers.mutate(day=customers.joined.cast("date")),
        lines.mutate(day=lines.date.date()),
        contacts.mutate(day=contacts.date.date()),
    ]
    parts = [t.select("customer_id", "day").mutate(place=ibis.literal(-1)) for t in known]
    for i, stage in enumerate(listed):
        ways = []
        if stage["registered"]:
            ways.append(known[0])
        if stage["interactions"]:
            ways.append(known[2].filter(contacts.interaction.isin(stage["interactions"])))
        if stage["orders"]:
            ways.append(_bought(lines, int(stage["orders"])))
        if stage["kept"]:
            ways.append(_kept(lines))
        parts += [t.select("customer_id", "day").mutate(place=ibis.literal(i)) for t in ways]
    kinds = {"customer_id": "string", "day": "date", "place": "int64"}
    typed = [t.select(*kinds).cast(kinds) for t in parts]
    whole = reduce(lambda a, b: a.union(b), typed)
    return whole.filter(whole.customer_id.notnull())


def _bought(lines: Table, days: int) -> Table:
    """Each customer's n-th day with a purchase."""
    real = lines.filter(~lines.is_refund)
    dated = real.select(customer_id=real.customer_id, day=real.date.date()).distinct()
    order = ibis.window(group_by=dated.customer_id, order_by=dated.day)
    return dated.mutate(place=ibis.row_number().over(order)).filter(lambda t: t.place == days - 1)


def _kept(lines: Table) -> Table:
    """Orders that were not wholly refunded, on the day of the purchase."""
    real = lines.date.date()
    orders = lines.group_by("customer_id", "order_id").aggregate(
        left=lines.amount.sum(), day=real.min(where=~lines.is_refund)
    )
    return orders.filter((orders.left > 0) & orders.day.notnull())


def _passed(frame: pd.DataFrame, milestones: Sequence[int]) -> pd.DataFrame:
    """Let who reached a later milestone have passed the earlier ones, no later than then."""
    made = frame.copy()
    for i in made.columns[made.columns.str.match(r"s\d+$")]:
        made[i] = pd.to_datetime(made[i])
        made["r" + i[1:]] = made["r" + i[1:]].astype(bool)
    for before, after in zip(milestones[-2::-1], milestones[:0:-1], strict=True):
        made[f"r{before}"] |= made[f"r{after}"]
        made[f"s{before}"] = made[[f"s{before}", f"s{after}"]].min(axis=1)
    return made
