"""The texts that customers wrote: one row each, with what the client recorded beside them."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.voice.period import recent, with_classes
from kehu.voice.text import language_of

MOST = 50_000
"""Texts read at most, the latest; more would not change a topic."""

COLUMNS = ["text", "origin_table", "interaction", "customer_id", "date", "topic", "product",
           "tier", "rfm_segment", "tone"]  # fmt: skip
KINDS_OF_COLUMNS = {c: "timestamp(6)" if c == "date" else "string" for c in
                    ("text", "origin_table", "interaction", "customer_id", "date", "topic",
                     "product", "tone")}  # fmt: skip
TONES = {"complaint": "bad", "praise": "good"}
"""Kinds of interaction whose texts say how the customer feels."""


@dataclass(frozen=True)
class Corpus:
    """The period's texts.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per text, in canonical order: `text, origin_table` (interactions or surveys),
        `interaction, customer_id, date, topic, product, tier, rfm_segment, tone` (good or bad by
        kind or score, blank where neither says), `text_language` (zh, en, blank without letters).
    left_out : int
        Older texts beyond `MOST`.
    """

    table: pd.DataFrame
    left_out: int

    def of(self, language: str) -> pd.DataFrame:
        """Return the texts of one language."""
        return self.table[self.table["text_language"] == language].reset_index(drop=True)


def corpus(
    interactions: Table,
    surveys: Table,
    analysis_date: str,
    days: int,
    segments: pd.DataFrame | None = None,
    most: int = MOST,
) -> Corpus:
    """Collect what customers wrote in the period.

    Parameters
    ----------
    interactions, surveys : ibis Table
        Contracts of those names; a text of spaces is none.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int
        Length of the period.
    segments : pandas.DataFrame, optional
        Contract `segments`.
    most : int
        Texts read at most, the latest.

    Returns
    -------
    Corpus

    Notes
    -----
    The tone is that of the record, not of the words: a complaint is bad and praise good; so is an
    answer of 0 to 6 and of 9 or 10 on a 0 to 10 scale of recommendation, and elsewhere an answer in
    the lowest and the highest quarter of its scale. Everything else has none.
    """
    parts = (_of_interactions(interactions), _of_surveys(surveys))
    rows = ibis.union(*(part.cast(KINDS_OF_COLUMNS) for part in parts))
    rows = recent(rows, analysis_date, days)
    rows = rows.filter((rows.text.strip() != "").fill_null(False))
    rows = with_classes(rows, segments)
    total = int(rows.count().execute())
    by = [rows.date.desc(nulls_first=False), rows.text, rows.customer_id, rows.origin_table]
    frame = rows.order_by(by).limit(most).execute()
    frame = frame.reindex(columns=COLUMNS)
    frame["text_language"] = [language_of(text) for text in frame["text"]]
    frame = frame.sort_values([*COLUMNS, "text_language"], ignore_index=True)
    return Corpus(frame, total - len(frame))


def _of_interactions(interactions: Table) -> Table:
    tone = interactions.interaction.cases(*TONES.items(), else_=ibis.null("string"))
    chosen = interactions.mutate(origin_table=ibis.literal("interactions"), tone=tone)
    return chosen.select("text", "origin_table", "interaction", "customer_id", "date", "topic",
                         "product", "tone")  # fmt: skip


def _of_surveys(surveys: Table) -> Table:
    """Take the open answers; those that stand at several questions of a row count once."""
    t = surveys.filter(surveys.text.notnull())
    reach = t.scale_high - t.scale_low
    share = ibis.ifelse(reach > 0, (t.answer - t.scale_low) / reach, ibis.null("float64"))
    is_nps = t.scale == "nps"
    bad = ibis.ifelse(is_nps, t.answer <= 6, share <= 0.25).fill_null(False)
    good = ibis.ifelse(is_nps, t.answer >= 9, share >= 0.75).fill_null(False)
    usable = t.scale.isin(("nps", "csat"))
    tone = ibis.cases((usable & bad, "bad"), (usable & good, "good"), else_=ibis.null("string"))
    blank = ibis.null("string")
    chosen = t.mutate(origin_table=ibis.literal("surveys"), interaction=blank, topic=t.touchpoint,
                      product=blank, tone=tone)  # fmt: skip
    first = ibis.window(group_by=[t.source, t.row, t.text], order_by=[~is_nps, t.question])
    chosen = chosen.mutate(place=ibis.row_number().over(first)).filter(lambda c: c.place == 0)
    return chosen.select("text", "origin_table", "interaction", "customer_id", "date", "topic",
                         "product", "tone")  # fmt: skip


def tones(corpus: Corpus) -> pd.Series:
    """Return what the records say of each text: 1 good, 0 bad, nan neither."""
    return corpus.table["tone"].map({"good": 1.0, "bad": 0.0}).astype(np.float64)
