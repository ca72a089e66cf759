"""Which sentences of contribution and acquisition hold for a run's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]

_CURVES = {"whale": "curve_whale", "even": "curve_even", "deficit": "curve_deficit"}


def contribution(facts: Facts) -> tuple[str, ...]:
    """Choose the sentences on contribution.

    Parameters
    ----------
    facts : mapping
        Of `kehu.score.contribution.facts`, stored as `score.…`.

    Returns
    -------
    tuple of str
        Keys of the catalogue, in the order they are told.
    """
    rate, outcome = facts["score.contribution_rate"], facts["score.contribution_total"]
    total = "total_none" if rate is None else "total_gain" if outcome >= 0 else "total_loss"
    chosen = {
        total: True,
        facts["score.goods_source"]: True,
        "costs_none": facts["score.costs_given"] == "no",
        "allocated": bool(facts["score.costs_allocated"] or facts["score.costs_direct"]),
        "unallocated": bool(facts["score.costs_unallocated"]),
        "refunds_only": bool(facts["score.revenue_unallocated"]),
        "drivers_empty": bool(facts["score.drivers_empty"]),
        "acquisition_apart": bool(facts["score.acquisition_apart"]),
        "outside": facts["score.costs_outside"] > 0,
    }
    return tuple(f"profit.{name}" for name, holds in chosen.items() if holds)


def losses(facts: Facts) -> tuple[str, ...]:
    """Choose the sentences on the whale curve, loss-making customers and classes."""
    rates = (facts["score.a_contribution_rate"], facts["score.c_contribution_rate"])
    chosen = {
        _CURVES[facts["score.whale_shape"]]: facts["score.counted"] > 0,
        "losing": facts["score.loss_customers"] > 0,
        "idle": facts["score.idle_losses"] > 0 and facts["score.loss_reason"] != "no_revenue",
        "classes": None not in rates,
    }
    return tuple(f"profit.{name}" for name, holds in chosen.items() if holds)


def acquisition(facts: Facts) -> tuple[str, ...]:
    """Choose the sentences on the cost of acquisition.

    Parameters
    ----------
    facts : mapping
        Of `kehu.score.acquisition_facts.facts`, stored as `score.…`, and `value.usable`.

    Returns
    -------
    tuple of str
        Keys of the catalogue, in the order they are told.
    """
    if facts["score.cac_known"] == "no":
        return ("acquisition.unknown", "acquisition.assigned")
    usable, ratio = facts["value.usable"] == "yes", facts["score.cac_ratio"]
    rated, target = usable and ratio is not None, facts["score.cac_target"]
    chosen = {
        "cost" if facts["score.cac"] is not None else "cost_none": True,
        "marketing": facts["score.cac_marketing"] == "yes",
        "before": facts["score.cac_before"] > 0,
        "spend_before": facts["score.cac_spend_before"] != 0,
        "ratio_reached" if rated and ratio >= target else "ratio_below": rated,
        "ratio_costed": rated and facts["score.cac_ratio_costed"] is not None,
        "ratio_so_far": not usable and facts["score.cac_ratio_so_far"] is not None,
        **_paid_back(facts),
        "channels": usable and facts["score.cac_channels_named"] > 1,
        "lost": facts["score.cac_lost_channels"] > 0,
        "free": facts["score.cac_free"] > 0,
        "assigned": True,
    }
    return tuple(f"acquisition.{name}" for name, holds in chosen.items() if holds)


def _paid_back(facts: Facts) -> dict[str, bool]:
    """Choose how payback is told: with the first order, after months, or not yet."""
    priced, months = bool(facts["score.cac"]), facts["score.cac_payback"]
    return {
        "payback_first": priced and months == 0,
        "payback": priced and bool(months),
        "payback_not_yet": priced and months is None,
    }
