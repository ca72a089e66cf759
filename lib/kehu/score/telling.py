"""Which sentences of the catalogue hold for a client's indices and indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def index_sentences(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose the sentences on the indices: what they rest on here, and what is missing.

    Parameters
    ----------
    facts : mapping
        `Indices.facts`.

    Returns
    -------
    tuple of str
        Keys of the catalogue; their figures are the facts of stage `score`.
    """
    names = ["scale", "value_both" if facts["clv_used"] else "value_past"]
    names += ["loyalty_new" if facts["repeat_rate"] is None else "loyalty"]
    names += [*_satisfaction(facts), *_potential(facts), *_influence(facts), *_strategic(facts)]
    return tuple(f"indices.{name}" for name in names)


def indicator_sentences(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose the sentence on the industry indicators; facts of `indicators.facts`."""
    name = "indicators_lacking" if facts["n_indicators_lacking"] else "indicators_full"
    return (f"indices.{name}",)


def _satisfaction(facts: Mapping[str, Any]) -> list[str]:
    if not facts["satisfaction_known"]:
        return ["satisfaction_absent"]
    names = ["satisfaction_answers" if facts["n_answerers"] else "satisfaction_silent"]
    names += ["satisfaction_undated"] if facts["n_undated_answers"] else []
    names += ["satisfaction_scales"] if facts["n_other_scales"] else []
    names += ["satisfaction_complaints"] if facts["complaints_kept"] else []
    return names + (["satisfaction_anonymous"] if facts["n_anonymous_complaints"] else [])


def _potential(facts: Mapping[str, Any]) -> list[str]:
    return ["potential_new" if facts["growing_share"] is None else "potential"]


def _influence(facts: Mapping[str, Any]) -> list[str]:
    if not facts["influence_known"]:
        return ["influence_absent"]
    left_out = ["influence_odd"] if facts["n_odd_nps"] else []
    if not facts["referrals_kept"]:
        return ["influence_answers", *left_out]
    odd = ("n_self_referrals", "n_in_cycles", "n_claimed_twice")
    checks = ["influence_checks"] if any(facts[name] for name in odd) else []
    return ["influence_referrals", *checks, *left_out]


def _strategic(facts: Mapping[str, Any]) -> list[str]:
    names = ["strategic_judged" if facts["n_judged"] else "strategic_absent"]
    names += ["strategic_outside"] if facts["n_judged_outside"] else []
    names += ["strategic_spread"] if facts["n_several_judges"] else []
    names += ["strategic_expired"] if facts["n_expired_marks"] else []
    return names + (["strategic_lapsed"] if facts["n_expired_only"] else [])
