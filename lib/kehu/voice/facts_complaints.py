"""The numbers that the chapter's sentences quote about complaints and what became of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.voice.complaints import Bases
from kehu.voice.control import Control
from kehu.voice.facts import first
from kehu.voice.period import NO_GROUP
from kehu.voice.resolution import Resolution, settled_within

VITAL = 0.8
"""Share of complaints that the vital few topics reach together."""


def complaint_facts(
    complaints: pd.DataFrame, bases: Bases, took: Resolution, control: Control, sla_hours: float
) -> dict[str, Any]:
    """Take the rate, the vital few topics, the time to settlement and the months that stand out.

    Parameters
    ----------
    complaints : pandas.DataFrame
        Contract `complaints`.
    bases : Bases
        What the rates are per.
    took : Resolution
        Of the period's complaints.
    control : Control
    sla_hours : float
        Limit for complaints without one of their topic.

    Returns
    -------
    dict
        Name to number or text.
    """
    whole = complaints[complaints["breakdown"] == "all"].iloc[0]
    topics = complaints[(complaints["breakdown"] == "topic") & (complaints["bucket"] != NO_GROUP)]
    topics = topics.sort_values(["complaints", "bucket"], ascending=[False, True])
    reach = topics["cumulated_share"] >= VITAL
    vital = int(reach.to_numpy().argmax()) + 1 if reach.any() else len(topics)
    names = ("complaints", "complainants", "customers_base", "orders_base", "per_100_customers",
             "per_1000_orders", "per_1000_low", "per_1000_high", "open_complaints", "median_hours",
             "p90_hours", "sla_judged", "sla_share", "returned")  # fmt: skip
    total = max(int(whole["complaints"]), 1)
    return {
        **{n: whole[n] for n in names},
        "per_buyer": bases.buyers,
        "own_channels": bases.own_channels,
        "returned_share": whole["returned"] / total,
        "n_topics": len(topics),
        "top_topic": first(topics, "bucket"),
        "top_topic_share": first(topics, "complaint_share"),
        "vital_topics": vital,
        "vital_share": topics["cumulated_share"].iloc[vital - 1] if vital else float("nan"),
        "sla_hours": sla_hours,
        "within_sla": settled_within(took.curve, sla_hours),
        **_control(control),
    }


def _control(control: Control) -> dict[str, Any]:
    table = control.table
    marked = table[table["signals"].notna()]
    base = table[table["is_baseline"].astype(bool)]
    high = marked[marked["per_1000_orders"] > marked["centre"]]
    return {
        "chart_months": len(table),
        "baseline_from": first(base, "bucket"),
        "baseline_to": first(base[::-1], "bucket"),
        "centre": first(table, "centre"),
        "special_months": len(marked),
        "special_high": len(high),
        "last_special": first(marked[::-1], "bucket"),
        "last_special_rate": first(marked[::-1], "per_1000_orders"),
        "dispersion": control.dispersion,
    }


def loop_facts(loop: pd.DataFrame, unknown: pd.DataFrame) -> dict[str, Any]:
    """Take what became of suggestions and complaints.

    Parameters
    ----------
    loop : pandas.DataFrame
        See `kehu.voice.loop.loop_table`.
    unknown : pandas.DataFrame
        See `kehu.voice.feedback.unknown_words`.

    Returns
    -------
    dict
        Name to number or text, per kind of matter.
    """
    names = ("matters", "open", "overdue", "answered", "adopted", "refused", "told",
             "answered_share", "adopted_share", "told_share")  # fmt: skip
    facts = {
        f"{row.interaction}_{name}": getattr(row, name)
        for row in loop.itertuples()
        for name in names
    }
    return {
        **facts,
        "unknown_words": len(unknown),
        "unknown_word": first(unknown, "status"),
        "unknown_rows": int(unknown["rows"].sum()),
    }
