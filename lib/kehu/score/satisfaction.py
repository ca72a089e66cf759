"""Satisfaction: what customers answer, how often they complain and praise."""

from __future__ import annotations

from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.score.answers import answered, counted, weighed
from kehu.score.ingredients import Measures
from kehu.score.purchases import YEAR
from kehu.score.scale import drawn

PRIOR_ANSWERS = 1.0
"""Fresh answers that the mean answer counts for in a customer's own."""

PRIOR_ORDERS = 5.0
"""Orders that the mean rate of complaint or praise counts for in a customer's own."""

EVENTS = {"complaints": "complaint", "praise": "praise"}
"""Ingredient to the kind of interaction it counts."""

SCALES = {"csat": "csat", "recommend": "nps"}
"""Ingredient to the kind of question it is taken from; the others have no agreed direction."""


def measures(
    purchases: pd.DataFrame,
    surveys: Table,
    interactions: Table,
    analysis_date: str,
    answer_days: int,
    half_life: int,
) -> Measures:
    """Measure satisfaction and recommendation answers, complaint rate and praise rate.

    Parameters
    ----------
    purchases : pandas.DataFrame
        See `kehu.score.purchases.per_customer`; all customers of the indices.
    surveys, interactions : ibis Table
        Contracts of those names.
    analysis_date : str
        Last day observed, inclusive, ISO.
    answer_days, half_life : int
        See `kehu.score.answers.answered` and `weighed`.

    Returns
    -------
    Measures
        `csat`, `recommend` (0…1 of the declared scale), `complaints`, `praise` (per order of the
        last year), each drawn to the mean of all.

    Notes
    -----
    Who neither answered, ordered, complained nor praised within the windows is unknown, not
    satisfied. But where the client keeps complaints at all, each order of the last year was an
    occasion to complain: an order without complaint is information, a little for one order, more
    for many. Who answered without ordering has the mean rate, so that a first complaint lowers the
    index and never raises it by making one more ingredient known.
    """
    sums = weighed(answered(surveys, analysis_date, answer_days), half_life)
    own = {name: _of_scale(sums, kind).reindex(purchases.index) for name, kind in SCALES.items()}
    values = {name: drawn(o["total"], o["weight"], PRIOR_ANSWERS) for name, o in own.items()}
    made = pd.DataFrame(values, index=purchases.index)
    answering = made.notna().any(axis=1)
    told = counted(interactions, analysis_date, tuple(EVENTS.values()), YEAR)
    counts = {name: _of_kind(told, kind, purchases.index) for name, kind in EVENTS.items()}
    orders = purchases["orders_year"].fillna(0.0)
    seen = (orders > 0) | answering | (pd.DataFrame(counts) > 0).any(axis=1)
    kept = {name: bool((told["interaction"] == kind).any()) for name, kind in EVENTS.items()}
    for name, events in counts.items():
        made[name] = drawn(events.where(seen & kept[name]), orders, PRIOR_ORDERS)
    nameless = told["customer_id"].isna() & (told["interaction"] == "complaint")
    facts = {
        **_answer_facts(sums),
        "n_answerers": int(answering.sum()),
        "orders_year": int(orders.sum()),
        "n_anonymous_complaints": int(told.loc[nameless, "recent"].sum()),
        **{f"{name}_kept": kept[name] for name in EVENTS},
        **{f"n_{name}": int(counts[name].sum()) for name in EVENTS},
    }
    return Measures(made[["csat", "complaints", "recommend", "praise"]], facts)


def _of_scale(sums: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Take the sums of one kind of question, by customer."""
    return sums[sums.index.get_level_values("scale") == scale].droplevel("scale")


def _of_kind(told: pd.DataFrame, kind: str, customers: pd.Index) -> pd.Series:
    """Take each customer's count of one kind of interaction, 0 without any."""
    own = told[(told["interaction"] == kind) & told["customer_id"].notna()]
    return own.set_index("customer_id")["recent"].reindex(customers).fillna(0.0)


def _answer_facts(sums: pd.DataFrame) -> dict[str, Any]:
    """Count the answers used, and those left out or taken as old."""
    used = sums.index.get_level_values("scale").isin(list(SCALES.values()))
    return {
        "n_answers": int(sums.loc[used, "answers"].sum()),
        "n_undated_answers": int(sums.loc[used, "undated"].sum()),
        "n_other_scales": int(sums.loc[~used, "answers"].sum()),
    }
