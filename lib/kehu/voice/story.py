"""Which sentences the chapter says, by what the data hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kehu.voice.benchmark import BETTER
from kehu.voice.drivers import LEAST_EXPLAINED
from kehu.voice.facts import LEVEL
from kehu.voice.outcomes import OUTCOMES

DISPERSED = 2.0
"""Times more than chance that months vary, above which the control chart carries a warning."""

SECTIONS = ("surveys", "nps", "complaints", "drivers", "benchmark", "loop")


def story(facts: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Choose the sentences of each section.

    Parameters
    ----------
    facts : mapping
        Everything of `kehu.voice.facts` and `kehu.voice.facts_complaints`, without the stage's
        name.

    Returns
    -------
    dict
        Section (of `SECTIONS`) to keys of the catalogue, in the order of reading; every section has
        at least one sentence, and none quotes a number that the data do not give.
    """
    tellers = (_surveys, _nps, _complaints, _drivers, _benchmark, _loop)
    return {name: tuple(tell(facts)) for name, tell in zip(SECTIONS, tellers, strict=True)}


def _key(name: str) -> str:
    return f"voice.{name}"


def _missing(value: Any) -> bool:
    return value is None or value != value


def _surveys(facts: Mapping[str, Any]) -> Iterator[str]:
    if not facts["answers"]:
        yield _key("surveys_none")
        return
    yield _key("surveys")
    if facts["undated"]:
        yield _key("surveys_undated")
    if facts["n_csat"] > 1:
        yield _key("csat_ends")
    elif facts["n_csat"]:
        yield _key("csat_one")


def _nps(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["not_ten"]:
        yield _key("nps_not_ten")
    if not facts["n_nps"]:
        yield _key("nps_none")
        return
    yield _key("nps_flat" if _missing(facts["nps_low"]) else "nps")
    if abs(facts["effective_answers"] - facts["nps_answers"]) > 1e-6 * facts["nps_answers"]:
        yield _key("nps_weighted")
    yield from _groups(facts)
    if facts["quarters"] > 1:
        yield _trend(facts)


def _groups(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["groups_differ"]:
        classes = ("tier", "rfm_segment")
        kind = facts["far_breakdown"] if facts["far_breakdown"] in classes else "named"
        yield f"voice.nps_far_{kind}"
    elif facts["groups_compared"]:
        yield _key("nps_alike")
    if facts["groups_hidden"]:
        yield _key("nps_hidden")


def _trend(facts: Mapping[str, Any]) -> str:
    clear = not _missing(facts["last_change_p"]) and facts["last_change_p"] < LEVEL
    if not clear:
        return _key("nps_steady")
    return _key("nps_rose" if facts["last_change"] > 0 else "nps_fell")


def _complaints(facts: Mapping[str, Any]) -> Iterator[str]:
    if not facts["complaints"]:
        yield _key("complaints_none")
        return
    rated = [n for n in ("orders", "customers") if facts[f"{n}_base"]]
    yield f"voice.complaints_per_{rated[0]}" if rated else _key("complaints_count")
    if facts["n_topics"] > 1:
        yield _key("complaints_topics")
    yield from _settlement(facts)
    yield _key("returned" if facts["returned"] else "returned_none")
    if not facts["chart_months"]:
        yield _key("control_none")
        return
    yield _key("control_special" if facts["special_months"] else "control_calm")
    if not _missing(facts["dispersion"]) and facts["dispersion"] > DISPERSED:
        yield _key("control_dispersed")


def _settlement(facts: Mapping[str, Any]) -> Iterator[str]:
    if _missing(facts["median_hours"]):
        yield _key("settlement_unknown")
    elif _missing(facts["p90_hours"]):
        yield _key("settlement_median")
    else:
        yield _key("settlement")
    yield _key("sla" if facts["sla_judged"] else "sla_unknown")


def _drivers(facts: Mapping[str, Any]) -> Iterator[str]:
    looked_at = [name for name in OUTCOMES if not facts[f"{name}_skipped"]]
    for name in OUTCOMES:
        if name not in looked_at:
            reason = facts[f"{name}_skipped"]
            yield f"voice.skipped_{name}.{reason}"
            continue
        yield f"voice.drivers_{name}"
        if facts[f"{name}_improve"]:
            yield f"voice.improve_{name}"
        if facts[f"{name}_complained_clear"]:
            yield f"voice.complained_{name}"
        if facts[f"{name}_tied"]:
            yield f"voice.tied_{name}"
        if facts[f"{name}_explained"] < LEAST_EXPLAINED or facts[f"{name}_power"] <= 0:
            yield f"voice.weak_{name}"
    if looked_at:
        yield _key("drivers_caution")


def _benchmark(facts: Mapping[str, Any]) -> Iterator[str]:
    unmatched = [n for n in ("unknown_indicators", "without_own") if facts[n]]
    if not facts["compared"] and not unmatched:
        yield _key("benchmark_none")
    if facts["compared"]:
        yield _key("benchmark")
        if facts["peers_worse"]:
            named = facts["widest_indicator"] in BETTER
            yield _key("benchmark_widest" if named else "benchmark_widest_mean")
        if facts["without_origin"]:
            yield _key("benchmark_without_origin")
    yield from (f"voice.benchmark_{name}" for name in unmatched)


def _loop(facts: Mapping[str, Any]) -> Iterator[str]:
    kinds = [k for k in ("complaint", "suggestion") if facts[f"{k}_matters"]]
    if not kinds:
        yield _key("loop_none")
        return
    for kind in kinds:
        yield f"voice.loop_{kind}"
    if facts["suggestion_matters"]:
        told = facts["suggestion_told_share"]
        yield _key("told_unknown" if _missing(told) else "told")
    if facts["unknown_words"]:
        yield _key("loop_unknown_words")
