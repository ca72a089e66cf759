"""The figures of acquisition that the report's sentences quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kehu.params_costs import Costing
from kehu.score.acquisition import ALL, Acquisition
from kehu.score.channels import UNKNOWN
from kehu.score.profit import Profit


def facts(
    found: Acquisition, made: Profit, how: Mapping[str, Any], margin: float
) -> dict[str, Any]:
    """Name the numbers of acquisition that the report's sentences quote.

    Parameters
    ----------
    found : Acquisition
    made : Profit
        Where it knows costs, the ratio is also told at the contribution found in them.
    how : mapping
        Parameter `costing`.
    margin : float
        The margin `found` was made with, 0…1.

    Returns
    -------
    dict
        Name to number or text.
    """
    total = found.overall[found.overall["cohort"] == ALL].iloc[0]
    rate = made.rate if made.costs_given else None
    target = Costing.of(how).value_to_cac_target
    ratio, so_far = (_number(v) for v in (total["value_to_cac"], _so_far(total)))
    return {
        "cac_known": "no" if found.since is None else "yes",
        "cac_since": found.since and found.since.isoformat(),
        "cac_last": found.last_spend and found.last_spend.isoformat(),
        "cac_spend": total["acquisition_cost"],
        "cac_spend_before": found.spend_before,
        "cac_new": int(total["new_customers"]),
        "cac_before": found.before,
        "cac": _number(total["cac"]),
        "cac_to_date": _number(total["value_to_date"]),
        "cac_ahead": _number(total["value_ahead"]),
        "cac_ratio": ratio,
        "cac_ratio_so_far": so_far,
        "cac_ratio_costed": ratio * rate / margin
        if ratio and rate is not None and margin
        else None,
        "cac_rate": rate,
        "cac_margin": margin,
        "cac_target": target,
        "cac_payback": _number(total["payback_months"]),
        "cac_observed": int(found.curves.loc[found.curves["channel"] == ALL, "month"].max()),
        "cac_marketing": "yes" if Costing.of(how).acquisition_includes_marketing else "no",
        **{f"channel_from_{name}": n for name, n in found.assigned.items()},
        **_channel_facts(found.table[found.table["cohort"] == ALL], target),
    }


def _so_far(row: pd.Series) -> float | None:
    return row["value_to_date"] / row["cac"] if row["cac"] > 0 else None


def _channel_facts(channels: pd.DataFrame, target: float) -> dict[str, Any]:
    """Count the channels that reach the target; tell the best and the weakest of those named."""
    rated = channels[channels["value_to_cac"].notna()]
    rated = rated.sort_values(["value_to_cac", "channel"], ascending=[False, True])
    named = rated[rated["channel"] != UNKNOWN]
    ends = named.iloc[[0, -1]].to_dict("records") if len(named) else [{}, {}]
    spent = channels["acquisition_cost"] != 0
    won = channels["new_customers"] > 0
    return {
        "cac_channels": len(rated),
        "cac_channels_named": len(named),
        "cac_channels_reached": int((rated["value_to_cac"] >= target).sum()),
        "cac_best": ends[0].get("channel"),
        "cac_best_ratio": ends[0].get("value_to_cac"),
        "cac_weakest": ends[1].get("channel"),
        "cac_weakest_ratio": ends[1].get("value_to_cac"),
        "cac_lost_spend": float(channels.loc[spent & ~won, "acquisition_cost"].sum()),
        "cac_lost_channels": int((spent & ~won).sum()),
        "cac_free": int(channels.loc[~spent, "new_customers"].sum()),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
