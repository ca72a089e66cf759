"""The whole chapter: everything computed once, and what there is to show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.voice import complaints as rates
from kehu.voice import facts, facts_complaints
from kehu.voice.benchmark import Comparison, compare, own_figures
from kehu.voice.control import Control, control_table, months
from kehu.voice.drivers import Drivers, drivers
from kehu.voice.feedback import feedback, unknown_words
from kehu.voice.journey import moment
from kehu.voice.loop import adopted, loop_table, waiting
from kehu.voice.nps_groups import nps_table
from kehu.voice.outcomes import overall_question, samples
from kehu.voice.period import NO_GROUP, recent
from kehu.voice.quotes import Mask
from kehu.voice.resolution import Resolution, durations, resolution
from kehu.voice.scores import satisfaction_table
from kehu.voice.surveys import cells, distribution, questions


@dataclass(frozen=True)
class Surveys:
    """What surveys say.

    Parameters
    ----------
    questions, nps, satisfaction, spread : pandas.DataFrame
        See `kehu.voice.surveys`, `nps_groups`, `scores`.
    overall : str
        The question that stands for all, or empty.
    facts : dict
        For the sentences.
    """

    questions: pd.DataFrame
    nps: pd.DataFrame
    satisfaction: pd.DataFrame
    spread: pd.DataFrame
    overall: str
    facts: dict[str, Any]

    def shown(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the arguments of each display, none where there is nothing to show."""
        question = self.facts.get("nps_question")
        own = self.nps[(self.nps["question"] == question) & self.nps["is_shown"].astype(bool)]
        named = own[own["bucket"] != NO_GROUP]
        kinds = [b for b in ("tier", "channel", "rfm_segment") if (named["breakdown"] == b).any()]
        quarters = (named["breakdown"] == "quarter").sum()
        return {
            "groups": [(self.nps, question, kinds[0], self.facts["min_group"])] if kinds else [],
            "trend": [(self.nps, question)] if quarters > 1 else [],
            "nps_table": [(self.nps, question)] if question else [],
            "spread": [(self.spread,)] if len(self.spread) else [],
            "questions": [(self.satisfaction,)] if len(self.satisfaction) else [],
        }


def surveys(
    asked: Table, segments: pd.DataFrame, analysis_date: str, settings: Mapping[str, Any]
) -> Surveys:
    """Compute the surveys' part.

    Parameters
    ----------
    asked : ibis Table
        Contract `surveys`, possibly empty.
    segments : pandas.DataFrame
        Contract `segments`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    settings : mapping
        `days, min_group, overall, ces_easy_end`, of the parameters.

    Returns
    -------
    Surveys
    """
    kinds, days, least = questions(asked), settings["days"], settings["min_group"]
    counted = cells(asked, analysis_date, days, segments)
    overall = overall_question(kinds, settings["overall"])
    nps = nps_table(counted, kinds, least)
    satisfaction = satisfaction_table(counted, kinds, least, settings["ces_easy_end"])
    told = {
        **facts.survey_facts(counted, kinds, satisfaction, days),
        **facts.nps_facts(nps, overall, least),
    }
    return Surveys(kinds, nps, satisfaction, distribution(counted, kinds), overall, told)


@dataclass(frozen=True)
class Complaints:
    """What complaints and suggestions say.

    Parameters
    ----------
    matters : ibis Table
        Contract `feedback`.
    table, loop, adopted, waiting, words : pandas.DataFrame
        See `kehu.voice.complaints`, `loop`, `feedback`.
    control : Control
    took : Resolution
    facts : dict
        For the sentences.
    """

    matters: Table
    table: pd.DataFrame
    loop: pd.DataFrame
    adopted: pd.DataFrame
    waiting: pd.DataFrame
    words: pd.DataFrame
    control: Control
    took: Resolution
    facts: dict[str, Any]

    def shown(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the arguments of each display, none where there is nothing to show."""
        by_topic = self.table[self.table["breakdown"] == "topic"]
        hours, took = self.facts["sla_hours"], self.took
        months_ = self.control.table
        return {
            "pareto": [(self.table,)] if len(by_topic) else [],
            "topics": [(self.table, "topic", self.facts["days"])] if len(by_topic) else [],
            "control": [(months_,)] if len(months_) else [],
            "curve": [(took.curve, hours, took.median, took.open)] if took.settled else [],
            "loop": [(self.loop,)] if self.loop["matters"].sum() else [],
            "adopted": [(self.adopted,)] if len(self.adopted) else [],
            "waiting": [(self.waiting,)] if len(self.waiting) else [],
            "words": [(self.words,)] if len(self.words) else [],
        }


def complaints(
    interactions: Table,
    transactions: Table,
    segments: pd.DataFrame,
    registered: int,
    mask: Mask,
    analysis_date: str,
    settings: Mapping[str, Any],
) -> Complaints:
    """Compute the part of complaints and the closed loop.

    Parameters
    ----------
    interactions, transactions : ibis Table
        Contracts of those names, possibly empty.
    segments : pandas.DataFrame
        Contract `segments`.
    registered : int
        Customers of the client's register.
    mask : Mask
        Takes personal data out of suggestions and replies.
    analysis_date : str
        Last day observed, inclusive, ISO.
    settings : mapping
        `days, limits` (a `Limits`), `words, control_months`, of the parameters.

    Returns
    -------
    Complaints
    """
    end, days, limits = analysis_date, settings["days"], settings["limits"]
    matters = feedback(interactions, end, limits, settings["words"])
    own = matters.filter(matters.interaction == "complaint")
    bases = rates.bases(transactions, own, end, days, segments, registered)
    table = rates.complaint_table(matters, bases, end, days, segments)
    took = resolution(durations(recent(own, end, days)))
    control = control_table(months(matters, transactions, end), settings["control_months"])
    loop, words = loop_table(matters, end, days), unknown_words(matters)
    told = {
        **facts_complaints.complaint_facts(table, bases, took, control, limits.complaint),
        **facts_complaints.loop_facts(loop, words),
        "days": days,
    }
    return Complaints(
        matters, table, loop, adopted(matters, end, days, mask), waiting(matters),
        words, control, took, told,
    )  # fmt: skip


def driven(
    asked: Table,
    transactions: Table,
    matters: Table,
    made: Surveys,
    segments: pd.DataFrame,
    analysis_date: str,
    settings: Mapping[str, Any],
) -> Drivers:
    """Look for the experiences that move together with satisfaction, leaving and spend.

    Parameters
    ----------
    asked, transactions, matters : ibis Table
        Contracts `surveys`, `transactions`, `feedback`.
    made : Surveys
    segments : pandas.DataFrame
        Contract `segments`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    settings : mapping
        `outcome_days, ces_easy_end, seed`, of the parameters.

    Returns
    -------
    Drivers
    """
    found = samples(
        asked, transactions, matters, made.questions, segments, analysis_date=analysis_date,
        outcome_days=settings["outcome_days"], overall=made.overall,
        ces_easy_end=settings["ces_easy_end"],
    )  # fmt: skip
    return drivers(found, made.questions, made.overall, settings["seed"])


def shown_drivers(found: Drivers) -> dict[str, list[tuple[Any, ...]]]:
    """Return the arguments of the drivers' displays: of the first outcome that has any."""
    rows = found.table
    first = next((o.name for o in found.outcomes if (rows["driver_outcome"] == o.name).any()), None)
    mapped = rows[rows["quadrant"].notna()]
    on_map = next(
        (o.name for o in found.outcomes if (mapped["driver_outcome"] == o.name).any()), None
    )
    return {
        "forest": [(rows, first)] if first else [],
        "table": [(rows, first)] if first else [],
        "map": [(rows, on_map)] if on_map else [],
    }


def compared(
    benchmarks: Table, made: Surveys, rated: Complaints, indicators: pd.DataFrame | None
) -> Comparison:
    """Put the client's figures beside those of peers; see `kehu.voice.benchmark.compare`."""
    own = own_figures(made.nps, made.satisfaction, rated.table, made.overall, indicators)
    return compare(benchmarks, own)


def shown_rest(
    path: pd.DataFrame, causes: pd.DataFrame, peers: Comparison
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the arguments of the tables of journey, causes and peers, none where empty.

    Parameters
    ----------
    path, causes : pandas.DataFrame
        Contracts `journey` and `causes`.
    peers : Comparison

    Returns
    -------
    dict
        `path` is drawn for one customer or more; `journey` is by channel, of the stage where most
        is at stake, none where nothing is.
    """
    stage, anybody = moment(path), path["customers"].sum() > 0
    channels = bool((path["breakdown"] == "channel").any())
    kinds = set(causes["cause_kind"])
    return {
        "path": [(path, stage)] if anybody else [],
        "journey": [(path, stage, "channel")] if stage and channels else [],
        "bones": [(causes,)] if "fishbone" in kinds else [],
        "whys": [(causes,)] if "five_whys" in kinds else [],
        "peers": [(peers.table,)] if len(peers.table) else [],
    }
