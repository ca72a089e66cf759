"""Tables of texts, journey and causes: topics, quotes, key terms, stages, fishbone, five whys."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.charts_journey import stage_names, worded
from kehu.report.charts_topics import topic_name
from kehu.report.charts_voice import bucket_label
from kehu.report.listings import listing
from kehu.report.show import Listing

TERMS = 5
"""Terms of a topic that its row shows."""


def topic_rows(say: Translator, topics: pd.DataFrame) -> Listing:
    """List the topics with size, share, feeling and what the client recorded.

    Parameters
    ----------
    say : Translator
    topics : pandas.DataFrame
        Contract `topics`.
    """
    rows = topics.assign(last=topics["topic_place"] == 0)
    rows = rows.sort_values(["text_language", "last", "topic_place"], ascending=[False, True, True])
    ends = rows[["negative_share", "negative_low", "negative_high"]].astype(float)
    rows = rows.assign(
        topic_terms=[topic_name(t, TERMS) if isinstance(t, str) else say("voice_text.no_topic")
                     for t in rows["topic_terms"]],
        negative_interval=[
            None if share != share else f"{say.format(share, 'percent0')} "
            f"({say.format(low, 'percent0')} – {say.format(high, 'percent0')})"
            for share, low, high in ends.itertuples(index=False)
        ],
    )  # fmt: skip
    columns = {"text_language": "code:text_language", "topic_terms": "", "texts": "int",
               "text_share": "percent0", "complaint_texts": "int", "negative_interval": "figure",
               "recorded_topic": "", "recorded_share": "percent0"}  # fmt: skip
    several = rows["text_language"].nunique() > 1
    shown = {c: k for c, k in columns.items() if several or c != "text_language"}
    return listing(say, rows, shown, "topics")


def topic_quotes(say: Translator, quotes: pd.DataFrame, topics: pd.DataFrame) -> Listing:
    """List the quotes of each topic, personal data masked, each in the language it was written in.

    Parameters
    ----------
    say : Translator
    quotes : pandas.DataFrame
        Contract `topic_quotes`.
    topics : pandas.DataFrame
        Contract `topics`.
    """
    keys = ["text_language", "topic_place"]
    rows = quotes.merge(topics[[*keys, "topic_terms"]], on=keys, validate="m:1")
    rows = rows.sort_values([*keys, "quote_place"], ascending=[False, True, True])
    names = [topic_name(t) if first else "" for t, first in
             zip(rows["topic_terms"], rows["quote_place"] == 1, strict=True)]  # fmt: skip
    rows = rows.assign(topic_terms=names)
    return listing(say, rows, {"topic_terms": "", "quote": ""}, "topic_quotes")


def key_terms(say: Translator, terms: pd.DataFrame, breakdown: str) -> Listing:
    """List for each group the words that it uses more than the others.

    Parameters
    ----------
    say : Translator
    terms : pandas.DataFrame
        Contract `key_terms`.
    breakdown : {'tier', 'rfm_segment', 'topic'}
    """
    own = terms[terms["breakdown"] == breakdown]
    own = own.sort_values(["text_language", "bucket", "term_place"], ascending=[False, True, True])
    rows = [
        {"bucket": bucket_label(say, breakdown, str(bucket)),
         "terms_list": say("report.list_separator").join(part["term"])}
        for (_, bucket), part in own.groupby(["text_language", "bucket"], sort=False)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["bucket", "terms_list"])
    columns = {"bucket": "", "terms_list": ""}
    return listing(say, frame, columns, "key_terms", breakdown=breakdown)


def journey_stages(say: Translator, journey: pd.DataFrame, days: int) -> Listing:
    """List the stages of the journey with customers, drop-off, satisfaction and complaints.

    Parameters
    ----------
    say : Translator
    journey : pandas.DataFrame
        Contract `journey`.
    days : int
        Days in which a customer may still go on.
    """
    rows = journey[journey["breakdown"] == "all"].sort_values("stage_place")
    names = [say("charts.journey_path.optional", stage=name) if optional else name
             for name, optional in zip(stage_names(say, rows), rows["is_optional"],
                                       strict=True)]  # fmt: skip
    rows = rows.assign(journey_stage=names)
    columns = {"journey_stage": "", "reached": "int", "went_on": "int", "on_the_way": "int",
               "left": "int", "drop_share": "percent0", "stage_score": "int",
               "complainant_share": "percent", "spend_at_stake": "short_money"}  # fmt: skip
    return listing(say, rows, columns, "journey", days=days)


def journey_groups(say: Translator, journey: pd.DataFrame, stage: str, breakdown: str) -> Listing:
    """List one stage by group.

    Parameters
    ----------
    say : Translator
    journey : pandas.DataFrame
        Contract `journey`.
    stage : str
        Its code.
    breakdown : {'channel', 'tier'}
    """
    own = journey[journey["journey_stage"] == stage]
    rows = own[own["breakdown"] == breakdown]
    rows = rows.sort_values(["drop_share", "bucket"], ascending=[False, True])
    rows = rows.assign(bucket=[bucket_label(say, breakdown, b) for b in rows["bucket"]])
    columns = {"bucket": "", "reached": "int", "left": "int", "drop_share": "percent0",
               "stage_score": "int", "complainant_share": "percent",
               "spend_at_stake": "short_money"}  # fmt: skip
    [name] = set(stage_names(say, own))
    return listing(say, rows, columns, "journey_groups", stage=name, breakdown=breakdown)


def causes(say: Translator, table: pd.DataFrame) -> Listing:
    """List the causes of the fishbone with their evidence, category by category.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `causes`.
    """
    rows = table[table["cause_kind"] == "fishbone"].sort_values("cause_place")
    rows = _worded(say, rows, ("category", "cause", "evidence"))
    first = ~rows["cause_category"].duplicated()
    rows = rows.assign(category_told=rows["category_told"].where(first, ""))
    columns = {"category_told": "", "cause_told": "", "evidence_topics": "",
               "evidence_complaints": "int", "evidence_share": "percent0",
               "evidence_told": ""}  # fmt: skip
    return listing(say, rows, columns, "causes")


def whys(say: Translator, table: pd.DataFrame) -> Listing:
    """List the records of five whys: problem, answers from the symptom down, root cause.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `causes`.
    """
    rows = table[table["cause_kind"] == "five_whys"].sort_values("cause_place")
    rows = _worded(say, rows, ("problem", "whys", "cause"))
    columns = {"problem_told": "", "whys_told": "", "cause_told": "",
               "evidence_complaints": "int"}  # fmt: skip
    return listing(say, rows, columns, "whys")


def measures(say: Translator, table: pd.DataFrame) -> Listing:
    """List what is done about the root causes: measure, owner, due date, state.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `causes`.
    """
    rows = table[table["cause_kind"] == "five_whys"].sort_values(["measure_due", "cause_place"])
    rows = _worded(say, rows, ("cause", "measure"))
    states = rows["progress"].where(~rows["is_overdue"].astype(bool), "overdue")
    rows = rows.assign(progress_told=[say(f"progress.{s}") for s in states])
    columns = {"measure_told": "", "cause_told": "", "measure_owner": "", "measure_due": "date",
               "progress_told": ""}  # fmt: skip
    return listing(say, rows, columns, "measures")


def _worded(say: Translator, rows: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Add for each text that stands in both languages the one of the reader."""
    made: dict[str, list[Any]] = {}
    for name in names:
        pairs = zip(rows[f"{name}_zh"], rows[f"{name}_en"], strict=True)
        made[f"{name}_told"] = [
            worded(say, zh, en) if isinstance(zh, str) else None for zh, en in pairs
        ]
    return rows.assign(**made)
