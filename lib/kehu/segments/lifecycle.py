"""Life-cycle stage of a customer, told by the own rhythm and not by one number of days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.params_behaviour import Lifecycle
from kehu.segments.rhythm import rhythm, span, typical_gap, windows

STAGES = ("acquired", "growing", "mature", "declining", "dormant", "lost", "unknown")


def lifecycle(
    summary: pd.DataFrame,
    transactions: Table,
    how: Lifecycle | Mapping[str, Any],
    analysis_date: str,
) -> pd.DataFrame:
    """Put every customer into a stage of the life cycle.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    transactions : ibis Table
        Contract `transactions`, in the engine.
    how : Lifecycle or mapping
        The parameter `lifecycle`.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        A row per customer of `summary`: `customer_id`, `expected_gap` (days), `overdue` (in
        expected gaps), `lifecycle_stage` (of `STAGES`).

    Notes
    -----
    The first that applies: lost, dormant (silent for more than so many own gaps), acquired (one
    purchase so far), growing (known for less than two windows, or more purchases in the last
    window than in the one before by `trend_change`), declining (fewer by as much), mature. Where
    nobody ever bought twice there is no rhythm, and the stage is unknown.

    References
    ----------
    Dwyer, Schurr and Oh (1987), Developing buyer-seller relationships, Journal of Marketing 51:
    exploration, expansion, commitment, dissolution. 陈明亮 (2002), 客户生命周期模式研究, 浙江大学
    学报（人文社会科学版）32(6): 考察期, 形成期, 稳定期, 退化期.
    """
    spec = how if isinstance(how, Lifecycle) else Lifecycle.of(how)
    own = rhythm(summary, spec.typical_gaps)
    seen = windows(transactions, own, spec.trend_gaps, analysis_date)
    known_for = summary["days_since_last"] + span(summary)
    recent, before = seen["recent"].to_numpy(), seen["before"].to_numpy()
    cases: dict[str, Any] = {
        "unknown": own["expected_gap"].isna(),
        "lost": own["overdue"] > spec.lost_after,
        "dormant": own["overdue"] > spec.dormant_after,
        "acquired": summary["frequency"] == 0,
        "growing": (known_for < 2 * spec.trend_gaps * own["expected_gap"])
        | ((recent > before) & (recent >= before * (1 + spec.trend_change))),
        "declining": (recent < before) & (recent <= before * (1 - spec.trend_change)),
    }
    chosen = np.select([np.asarray(c) for c in cases.values()], list(cases), "mature")
    return own.assign(lifecycle_stage=chosen)


def facts(summary: pd.DataFrame, segments: pd.DataFrame, value: pd.DataFrame) -> dict[str, Any]:
    """Name the numbers of the life cycle that sentences quote.

    Parameters
    ----------
    summary, segments, value : pandas.DataFrame
        Contracts of those names.
    """
    stages = segments["lifecycle_stage"]
    spend = value.set_index("customer_id")["total_spend"].reindex(segments["customer_id"])
    away = stages.isin(["dormant", "lost"]).to_numpy()
    total = float(spend.sum())
    return {
        "typical_gap": typical_gap(summary),
        **{f"n_stage_{s}": int((stages == s).sum()) for s in STAGES},
        "away_share": float(away.mean()),
        "away_spend_share": float(spend[away].sum()) / total if total else 0.0,
    }
