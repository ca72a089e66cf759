"""Figures of texts: what customers write about, and how they feel about it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kehu.i18n import Translator
from kehu.report.charts import canvas, finished, ticks
from kehu.report.charts_voice import shortened
from kehu.report.show import Card, Chart
from kehu.report.style import HOUSE

LOST, PALE, GREY = HOUSE.series[3], "#9dc1c9", HOUSE.line
NAMED = 3
"""Leading terms that a topic is called by."""


def topic_name(terms: str, most: int = NAMED) -> str:
    """Call a topic by its leading terms."""
    return " · ".join(terms.split(", ")[:most])


def topic_bars(
    say: Translator, topics: pd.DataFrame, language: str, skipped: str = "", n: int = 0
) -> Chart | Card:
    """Draw the topics of one language by number of texts, split by feeling.

    Parameters
    ----------
    say : Translator
    topics : pandas.DataFrame
        Contract `topics`.
    language : {'zh', 'en'}
        Of the texts.
    skipped : str
        Why there are no topics, or empty; see `kehu.voice.topics.Topics`.
    n : int
        Texts in the language.
    """
    rows = topics[(topics["text_language"] == language) & (topics["topic_place"] > 0)]
    if rows.empty:
        reason = skipped or "no_texts"
        spoken = say(f"text_language.{language}")
        return Card(say("charts.topic_bars.none", spoken=spoken),
                    say(f"topic_skipped.{reason}", n=n))  # fmt: skip
    rows = rows.sort_values("topic_place")
    texts = rows["texts"].to_numpy(dtype=float)
    judged = rows["judged_texts"].to_numpy(dtype=float)
    bad = np.nan_to_num(rows["negative_share"].to_numpy(dtype=float)) * judged
    y = np.arange(len(rows))
    figure, ax = canvas(height=1.0 + 0.29 * len(rows))
    left = np.zeros(len(rows))
    parts = (("bad", bad, LOST), ("good", judged - bad, PALE), ("unjudged", texts - judged, GREY))
    for key, width, colour in parts:
        if width.sum() > 0:
            ax.barh(y, width, left=left, color=colour, height=0.62,
                    label=say(f"charts.topic_bars.{key}"))  # fmt: skip
        left += width
    for i, row in enumerate(rows.itertuples()):
        share = row.negative_share
        kind = "bare" if share != share else "note"
        note = say(f"charts.topic_bars.{kind}", n=row.texts, share=share)
        ax.annotate(note, (row.texts, i), (4, 0), va="center", textcoords="offset points",
                    fontsize=8, color=HOUSE.ink)  # fmt: skip
    ax.set_yticks(y, [shortened(topic_name(t), 30) for t in rows["topic_terms"]])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, texts.max() * 1.3))
    ticks(ax.xaxis, say, "int")
    ax.grid(visible=False)
    ax.legend(loc="lower right", handlelength=1, borderaxespad=0.2)
    return _finding(say, figure, topics, rows, language)


def _finding(
    say: Translator, figure: Figure, topics: pd.DataFrame, rows: pd.DataFrame, language: str
) -> Chart:
    """Name the largest topic and the one with most negative texts, where there are any."""
    whole = int(topics.loc[topics["text_language"] == language, "texts"].sum())
    big = rows.iloc[0]
    known = rows[rows["judged_texts"] > 0]
    known = known.assign(bad=known["negative_share"] * known["judged_texts"])
    values = {"n": whole, "topics": len(rows), "first": topic_name(big["topic_terms"]),
              "first_share": big["text_share"],
              "spoken": say(f"text_language.{language}")}  # fmt: skip
    if known.empty:
        return finished(say, "topic_bars_unjudged", figure, **values)
    if known["bad"].max() == 0:
        return finished(say, "topic_bars_calm", figure, **values)
    worst = known.sort_values(["bad", "topic_place"], ascending=[False, True]).iloc[0]
    name = "topic_bars_same" if worst["topic_place"] == big["topic_place"] else "topic_bars"
    return finished(
        say, name, figure, **values, worst=topic_name(worst["topic_terms"]),
        worst_texts=round(worst["bad"]), worst_share=worst["negative_share"],
    )  # fmt: skip
