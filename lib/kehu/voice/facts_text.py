"""The numbers that the chapter's sentences quote about texts, journey and causes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kehu.voice.corpus import Corpus, tones
from kehu.voice.facts import first
from kehu.voice.journey import moment
from kehu.voice.topics import Topics, name_of


def text_facts(corpus: Corpus, found: Topics) -> dict[str, Any]:
    """Count texts and topics, and take the accuracy of the sentiment.

    Parameters
    ----------
    corpus : Corpus
    found : Topics

    Returns
    -------
    dict
        Name to number or text; what does not exist is None or nan.
    """
    languages: dict[str, Any] = {}
    for language in ("zh", "en"):
        languages |= _language(found, language)
    return {
        "texts": len(corpus.table),
        "texts_left_out": corpus.left_out,
        **languages,
        **_worst(found.table),
        **_accuracy(found),
        **_agreement(corpus, found),
    }


def _language(found: Topics, language: str) -> dict[str, Any]:
    rows = found.table[found.table["text_language"] == language]
    named = rows[rows["topic_place"] > 0].sort_values("topic_place")
    rest = rows.loc[rows["topic_place"] == 0, "text_share"].sum() if len(rows) else None
    figures = {
        "texts": found.texts.get(language, 0),
        "topics": len(named),
        "first": name_of(first(named, "topic_terms")),
        "first_share": first(named, "text_share"),
        "rest_share": rest,
        "stability": found.stability.get(language),
        "skipped": found.skipped.get(language),
    }
    return {f"{name}_{language}": value for name, value in figures.items()}


def _worst(table: pd.DataFrame) -> dict[str, Any]:
    """Find the topic with most negative texts."""
    rows = table[(table["topic_place"] > 0) & (table["judged_texts"] > 0)]
    bad = (rows["negative_share"] * rows["judged_texts"]).astype(float).round()
    rows = rows.assign(bad=bad)[bad > 0]
    rows = rows.sort_values(["bad", "text_language", "topic_place"], ascending=[False, True, True])
    return {
        "topic_worst": name_of(first(rows, "topic_terms")) or None,
        "topic_worst_judged": first(rows, "judged_texts"),
        "topic_worst_share": first(rows, "negative_share"),
    }


def _accuracy(found: Topics) -> dict[str, Any]:
    made = found.sentiment.accuracy
    names = ("accuracy", "low", "high", "guess", "texts", "brier", "balanced")
    values = [getattr(made, name, None) for name in names]
    told = ("text_accuracy", "text_accuracy_low", "text_accuracy_high", "text_guess",
            "text_labels", "text_brier", "text_balanced")  # fmt: skip
    return {**dict(zip(told, values, strict=True)), "text_learned": found.sentiment.labels}


def _agreement(corpus: Corpus, found: Topics) -> dict[str, Any]:
    """Hold a model of named labels against the client's own records."""
    recorded, positive = tones(corpus).to_numpy(), found.sentiment.positive
    both = ~np.isnan(recorded) & ~np.isnan(positive)
    if found.sentiment.labels != "named" or not both.any():
        return {"agreement_texts": 0, "agreement": None}
    right = (positive[both] >= 0.5) == (recorded[both] == 1)
    return {"agreement_texts": int(both.sum()), "agreement": float(right.mean())}


def journey_facts(journey: pd.DataFrame, unplaced: int, days: int) -> dict[str, Any]:
    """Take the stage where most is lost, the best and the worst, and what an optional one tells.

    Parameters
    ----------
    journey : pandas.DataFrame
        Contract `journey`.
    unplaced : int
        Complaints that belong to no stage.
    days : int
        Days in which a customer may still go on.

    Returns
    -------
    dict
        Name to number; places count from 1.
    """
    rows = journey[journey["breakdown"] == "all"].sort_values("stage_place")
    own = rows[~rows["is_optional"].astype(bool)]
    stake = own[own["journey_stage"] == moment(journey)]
    scored = rows[rows["stage_score"].notna()].sort_values(["stage_score", "stage_place"])
    said = rows[rows["complainant_share"].fillna(0) > 0]
    said = said.sort_values(["complainant_share", "stage_place"], ascending=[False, True])
    optional = rows[rows["onward_with"].notna()]
    last = rows["reached"].iloc[-1] if len(rows) else 0
    base = rows["customers"].iloc[0] if len(rows) else 0
    return {
        "journey_base": int(base),
        "journey_days": days,
        "last_reached": int(last),
        "last_share": last / base if base else None,
        "on_the_way_all": int(own["on_the_way"].fillna(0).sum()),
        "moment_place": first(stake, "stage_place"),
        "left_all": int(own["left"].fillna(0).sum()),
        "undated_all": int(own["undated"].fillna(0).sum()),
        "moment_left": first(stake, "left"),
        "moment_drop": first(stake, "drop_share"),
        "moment_stake": first(stake, "spend_at_stake"),
        "stages_scored": len(scored),
        "worst_place": first(scored, "stage_place"),
        "worst_score": first(scored, "stage_score"),
        "best_place": first(scored[::-1], "stage_place"),
        "best_score": first(scored[::-1], "stage_score"),
        "complained_place": first(said, "stage_place"),
        "complained_share": first(said, "complainant_share"),
        "unplaced": unplaced,
        "optional_place": first(optional, "stage_place"),
        "onward_with": first(optional, "onward_with"),
        "onward_without": first(optional, "onward_without"),
    }


def cause_facts(causes: pd.DataFrame, unknown: tuple[str, ...]) -> dict[str, Any]:
    """Count causes and records, and how far the measures are.

    Parameters
    ----------
    causes : pandas.DataFrame
        Contract `causes`.
    unknown : tuple of str
        Topics named as evidence that no complaint has.

    Returns
    -------
    dict
        Name to number or text.
    """
    bones = causes[causes["cause_kind"] == "fishbone"]
    whys = causes[causes["cause_kind"] == "five_whys"]
    return {
        "cause_count": len(bones),
        "cause_categories": int(bones["cause_category"].nunique()),
        "cause_backed": int((bones["evidence_complaints"].fillna(0) > 0).sum()),
        "why_records": len(whys),
        "why_done": int((whys["progress"] == "done").sum()),
        "why_overdue": int(whys["is_overdue"].fillna(False).astype(bool).sum()),
        "unknown_topics": ", ".join(unknown) or None,
    }
