"""Which sentences the chapter says about texts, journey and causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SECTIONS = ("texts", "journey", "causes")


def story(facts: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Choose the sentences of each section.

    Parameters
    ----------
    facts : mapping
        Everything of `kehu.voice.facts_text`, without the stage's name.

    Returns
    -------
    dict
        Section (of `SECTIONS`) to keys of the catalogue, in the order of reading; every section has
        at least one sentence, and none quotes a number that the data do not give.
    """
    tellers = (_texts, _journey, _causes)
    return {name: tuple(tell(facts)) for name, tell in zip(SECTIONS, tellers, strict=True)}


def bottom(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose the sentences of this half for the chapter's beginning."""
    moment = (_stage("moment"),) if facts["moment_place"] is not None else ()
    worst = (_text("worst"),) if facts["topic_worst"] else ()
    return (*worst, *moment)


def _text(name: str) -> str:
    return f"voice_text.{name}"


def _stage(name: str) -> str:
    return f"told_journey.{name}"


def _cause(name: str) -> str:
    return f"told_causes.{name}"


def _texts(facts: Mapping[str, Any]) -> Iterator[str]:
    if not facts["texts"]:
        yield _text("none")
        return
    yield _text("texts")
    if facts["texts_left_out"]:
        yield _text("left_out")
    for language in ("zh", "en"):
        if facts[f"topics_{language}"]:
            yield f"voice_text.topics_{language}"
        elif facts[f"skipped_{language}"] == "no_extra":
            yield _text("no_extra")
        elif facts[f"texts_{language}"]:
            yield f"voice_text.few_{language}"
    if facts["text_accuracy"] is None:
        yield _text("not_judged")
        return
    yield f"voice_text.judged_{facts['text_learned']}"
    if facts["agreement_texts"]:
        yield _text("agreement")
    if facts["topic_worst"]:
        yield _text("worst")


def _journey(facts: Mapping[str, Any]) -> Iterator[str]:
    if not facts["journey_base"]:
        yield _stage("none")
        return
    yield _stage("reach")
    if facts["moment_place"] is not None:
        yield _stage("moment")
    else:
        yield _stage("stopped" if facts["left_all"] else "calm")
    if facts["undated_all"]:
        yield _stage("undated")
    if facts["stages_scored"] > 1:
        yield _stage("satisfaction")
    if facts["complained_place"] is not None:
        yield _stage("complaints")
    if facts["optional_place"] is not None:
        yield _stage("optional")
    if facts["unplaced"]:
        yield _stage("unplaced")


def _causes(facts: Mapping[str, Any]) -> Iterator[str]:
    if not facts["cause_count"]:
        yield _cause("none")
        return
    yield _cause("fishbone")
    if facts["why_records"]:
        yield _cause("whys")
    if facts["unknown_topics"]:
        yield _cause("unknown")
    yield _cause("caution")
