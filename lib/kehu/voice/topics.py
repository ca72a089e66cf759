"""What customers write about: topics with size, share and feeling, key terms and quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kehu.voice import key_terms, topic_model
from kehu.voice.corpus import Corpus, tones
from kehu.voice.quotes import Mask, quotes
from kehu.voice.scores import proportion_interval
from kehu.voice.sentiment import Labelled, Sentiment, sentiment
from kehu.voice.text import LANGUAGES, available, words
from kehu.voice.topic_model import TopicModel

COLUMNS = ["text_language", "topic_place", "topic_terms", "texts", "text_share", "judged_texts",
           "negative_share", "negative_low", "negative_high", "complaint_texts", "recorded_topic",
           "recorded_share"]  # fmt: skip
QUOTE_COLUMNS = ["text_language", "topic_place", "quote_place", "quote"]
ASKS = ("enquiry", "suggestion")
"""Kinds of interaction that ask or propose: their words are not judged for feeling."""

NAMED = 3
"""Leading terms that a topic is called by."""


@dataclass(frozen=True)
class Settings:
    """What the topics depend on.

    Parameters
    ----------
    most_topics : int
        Topics of a language at most.
    min_group : int
        Texts below which a group has no key terms.
    seed : int
    known, skipped : collection of str
        The client's own words, and words to leave out.
    """

    most_topics: int
    min_group: int
    seed: int
    known: Collection[str] = ()
    skipped: Collection[str] = ()


@dataclass(frozen=True)
class Topics:
    """The topics of the period's texts.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `topics`: for each language its topics, the largest first, and in place 0 the texts
        that fit none; languages add up to all their texts.
    terms : pandas.DataFrame
        Contract `key_terms`.
    quotes : pandas.DataFrame
        Contract `topic_quotes`.
    sentiment : Sentiment
        Of every text, in the order of the corpus.
    texts : dict
        Language to number of texts; the empty one has no letters.
    skipped : dict
        Language to why it has no topics: `no_extra` (the extra `text` is not installed),
        `few_texts`.
    stability : dict
        Language to overlap of the topics with those of subsamples, 0…1.
    """

    table: pd.DataFrame
    terms: pd.DataFrame
    quotes: pd.DataFrame
    sentiment: Sentiment
    texts: dict[str, int]
    skipped: dict[str, str]
    stability: dict[str, float]

    def main(self) -> tuple[pd.DataFrame, str, str, int]:
        """Return the table, the language with most texts, why it has no topics, and its texts."""
        language = max(LANGUAGES, key=lambda x: self.texts.get(x, 0))
        n = self.texts.get(language, 0)
        return self.table, language, self.skipped.get(language, ""), n

    def shown(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the arguments of each table, none where there is nothing to show."""
        known = set(self.terms["breakdown"])
        kinds = [b for b in ("tier", "rfm_segment", "topic") if b in known]
        return {
            "table": [(self.table,)] if len(self.table) else [],
            "quotes": [(self.quotes, self.table)] if len(self.quotes) else [],
            "terms": [(self.terms, kinds[0])] if kinds else [],
        }


def topics(corpus: Corpus, mask: Mask, settings: Settings, named: Labelled | None = None) -> Topics:
    """Find what customers write about, how they feel about it, and words to quote.

    Parameters
    ----------
    corpus : Corpus
        See `kehu.voice.corpus.corpus`.
    mask : Mask
        Takes personal data out of the quotes.
    settings : Settings
    named : Labelled, optional
        Labelled texts for the sentiment; without them the records are learned from.

    Returns
    -------
    Topics

    Notes
    -----
    Chinese and English texts have topics of their own: they share no words, so that one
    factorisation of both would only find the languages. Names of products are kept whole and are no
    terms of a topic: which product is meant is on record already. A text is negative where the
    probability that it is good is below a half; enquiries and suggestions are not judged.
    """
    feeling = sentiment(list(corpus.table["text"]), tones(corpus), settings.seed, named)
    asks = corpus.table["interaction"].isin(ASKS).to_numpy()
    feeling = replace(feeling, positive=np.where(asks, np.nan, feeling.positive))
    languages = corpus.table["text_language"].value_counts()
    parts: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
    skipped, stability = {}, {}
    for language in (x for x in LANGUAGES if languages.get(x, 0)):
        if language == "zh" and not available():
            skipped[language] = "no_extra"
            continue
        texts = corpus.of(language)
        products = sorted(set(texts["product"].dropna()))
        cut = words(list(texts["text"]), language, [*settings.known, *products], settings.skipped)
        tags = [tag if isinstance(tag, str) else None for tag in texts["topic"]]
        model = topic_model.fit(_without(cut, products), settings.most_topics, settings.seed, tags)
        terms = key_terms.key_terms(texts, cut, settings.min_group)
        if model is None:
            skipped[language] = "few_texts"
            parts.append((_nothing(COLUMNS), terms, _nothing(QUOTE_COLUMNS)))
            continue
        own = feeling.positive[(corpus.table["text_language"] == language).to_numpy()]
        stability[language] = model.stability[topic_model.chosen(model.stability)]
        parts.append((_described(texts, model, own, language), terms,
                      _quoted(texts, model, mask, language)))  # fmt: skip
    parts.append((_nothing(COLUMNS), _nothing(key_terms.COLUMNS), _nothing(QUOTE_COLUMNS)))
    table, terms, quoted = (_joined(part) for part in zip(*parts, strict=True))
    counts = {str(k): int(v) for k, v in languages.items()}
    return Topics(table, terms, quoted, feeling, counts, skipped, stability)


def _without(cut: list[list[str]], products: Iterable[str]) -> list[list[str]]:
    """Take the names of products out of the words of each text."""
    names = {p.lower() for p in products}
    return [[w for w in line if w not in names] for line in cut]


def _nothing(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=columns)


def _joined(parts: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _described(
    texts: pd.DataFrame, model: TopicModel, positive: np.ndarray, language: str
) -> pd.DataFrame:
    """Count the texts of each topic, how many of them are negative, what the records call them."""
    frame = texts.assign(place=model.topic + 1, negative=positive < 0.5, judged=~np.isnan(positive))
    rows = []
    for place, part in frame.groupby("place"):
        judged = part[part["judged"]]
        negative = (np.nan,) * 3
        if len(judged):
            negative = proportion_interval(int(judged["negative"].sum()), len(judged))
        recorded = part["topic"].value_counts().sort_index().sort_values(
            ascending=False, kind="stable")  # fmt: skip
        terms = ", ".join(model.terms[int(place) - 1]) if place else None
        rows.append((language, int(place), terms, len(part), len(part) / len(frame), len(judged),
                     *negative, int((part["interaction"] == "complaint").sum()),
                     recorded.index[0] if len(recorded) else None,
                     recorded.iloc[0] / len(part) if len(recorded) else np.nan))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _quoted(texts: pd.DataFrame, model: TopicModel, mask: Mask, language: str) -> pd.DataFrame:
    place = pd.Series(model.topic + 1, index=texts.index)
    weight = pd.Series(model.weight, index=texts.index)
    return quotes(texts, place, weight, mask).assign(text_language=language)[QUOTE_COLUMNS]


def name_of(terms: str | None) -> str:
    """Call a topic by its leading terms; empty for the texts that fit none."""
    return " · ".join(terms.split(", ")[:NAMED]) if isinstance(terms, str) else ""
