"""Topics of texts by non-negative matrix factorisation: as many as come back in subsamples."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Array = NDArray[np.float64]

LEAST_WORDS = 20
"""Different words below which there is nothing to factorise."""

PER_TOPIC, WORDS_PER_TOPIC = 30, 5
"""Texts and different words needed for each topic."""

MOST_WORDS = 2_000
"""Words of the vocabulary, the most frequent."""

TOP_TERMS = 10
"""Leading terms by which a topic is recognised again."""

RETURNS = 0.6
"""Mean overlap (Jaccard) of leading terms from which topics count as found again."""

SUBSAMPLES, SUBSAMPLE = 4, 0.8
"""How many subsamples are drawn, and how large a share of the texts each is."""

SEARCHED = 5_000
"""Texts that the number of topics is chosen on, spread evenly, where there are more."""

FAINT = 0.05
"""Strength of its strongest topic below which a text fits none."""

MARK, TAG_WORDS = "\t", 2
"""How a recorded tag stands among the words of a text, and how many words it is worth."""

N_INIT = 5
"""Starts of the final fit; the one that leaves the least error is kept."""


@dataclass(frozen=True)
class TopicModel:
    """Topics of n texts, the largest first.

    Parameters
    ----------
    terms : tuple of tuple of str
        The leading terms of each topic.
    topic : ndarray of int, shape (n,)
        Topic of each text; -1 for a text that fits none.
    weight : ndarray of float, shape (n,)
        How strongly its topic is in each text: length of the topic's part, the text's being 1.
    stability : dict
        Number of topics to the overlap of their leading terms with those of subsamples, 0…1, for
        the numbers tried.
    """

    terms: tuple[tuple[str, ...], ...]
    topic: NDArray[np.int64]
    weight: Array
    stability: dict[int, float]


def fit(
    words: Sequence[Sequence[str]],
    most_topics: int,
    seed: int,
    tags: Sequence[str | None] | None = None,
) -> TopicModel | None:
    """Find the topics of texts.

    Parameters
    ----------
    words : sequence of n sequences of str
        The words of each text, in canonical order of the texts.
    most_topics : int
        Topics at most, 2 or more.
    seed : int
        Of the starts and the subsamples.
    tags : sequence of n str or None, optional
        What the client recorded each text to be about, None where nothing.

    Returns
    -------
    TopicModel or None
        None where there are too few words or texts for two topics.

    Raises
    ------
    ValueError
        `most_topics` is below 2.

    Notes
    -----
    tf-idf of the words (each counts once a text), factorised with the squared error. The number of
    topics is the largest that comes back: topics are fitted to all texts and to subsamples of 80 %,
    paired so that their ten leading terms overlap most, and the mean overlap (Jaccard) is 0.6 or
    more. Where no number does, the most stable is taken. A text belongs to the topic that explains
    most of it.

    A recorded tag counts as two words of its text: short texts share few words, and the records
    tell which belong together. Texts without a tag follow their words alone.

    References
    ----------
    Lee, D. D. & Seung, H. S. (1999), "Learning the parts of objects by non-negative matrix
    factorization", Nature 401. Greene, D., O'Callaghan, D. & Cunningham, P. (2014), "How many
    topics? Stability analysis for topic models", ECML PKDD.
    """
    if most_topics < 2:
        raise ValueError(f"most_topics must be 2 or more, got {most_topics}")
    counted = _counted(_tagged(words, tags) if tags is not None else words)
    if counted is None:
        return None
    counts, names = counted
    spoken = np.flatnonzero(np.asarray(counts.sum(axis=1)).ravel() > 0)
    most = min(most_topics, spoken.size // PER_TOPIC, len(names) // WORDS_PER_TOPIC)
    if most < 2:
        return None
    weighted = TfidfTransformer().fit_transform(counts[spoken])
    with threadpool_limits(limits=1):  # the last digit must not depend on the number of cores
        stability = _searched(weighted, most, seed)
        parts, terms = _factorised(weighted, chosen(stability), seed)
    return _model(parts, terms, names, spoken, counts.shape[0], stability)


def _tagged(words: Sequence[Sequence[str]], tags: Sequence[str | None]) -> list[list[str]]:
    """Put the recorded tag behind the words of each text."""
    return [[*line, *([f"{MARK}{tag}{i}" for i in range(TAG_WORDS)] if tag else [])]
            for line, tag in zip(words, tags, strict=True)]  # fmt: skip


def _counted(words: Sequence[Sequence[str]]) -> tuple[sparse.csr_matrix, NDArray[np.str_]] | None:
    """Mark which words each text has; words of very few texts are left out."""
    least = max(3, len(words) // 500)
    vectoriser = CountVectorizer(
        analyzer=lambda line: line, binary=True, min_df=least, max_df=0.5, max_features=MOST_WORDS
    )
    try:
        counts = vectoriser.fit_transform(words)
    except ValueError:  # no word is left
        return None
    names = vectoriser.get_feature_names_out()
    return (counts.tocsr(), names) if len(names) >= LEAST_WORDS else None


def _searched(weighted: sparse.csr_matrix, most: int, seed: int) -> dict[int, float]:
    """Measure how well each number of topics comes back in subsamples."""
    step = max(1, -(-weighted.shape[0] // SEARCHED))
    rows = weighted[::step]
    size = round(SUBSAMPLE * rows.shape[0])
    draws = np.random.default_rng(seed)
    parts = [rows[np.sort(draws.permutation(rows.shape[0])[:size])] for _ in range(SUBSAMPLES)]
    found = {}
    for k in range(2, most + 1):
        whole = _leading(_once(rows, k, "nndsvda", seed)[1])
        again = (_leading(_once(part, k, "nndsvda", seed)[1]) for part in parts)
        found[k] = float(np.mean([_overlap(whole, other) for other in again]))
    return found


def chosen(stability: dict[int, float]) -> int:
    """Return the largest number of topics that comes back, else the most stable one.

    Parameters
    ----------
    stability : dict
        Number of topics to overlap, 0…1; not empty.
    """
    stable = [k for k, value in stability.items() if value >= RETURNS]
    return max(stable) if stable else max(stability, key=lambda k: (stability[k], -k))


def _leading(terms: Array) -> list[frozenset[int]]:
    places = np.argsort(-terms, axis=1, kind="stable")[:, :TOP_TERMS]
    return [frozenset(int(j) for j in row) for row in places]


def _overlap(one: list[frozenset[int]], other: list[frozenset[int]]) -> float:
    """Mean overlap of the topics of two fits, paired as well as they can be."""
    table = np.array([[len(a & b) / len(a | b) for b in other] for a in one])
    i, j = linear_sum_assignment(-table)
    return float(table[i, j].mean())


def _once(weighted: sparse.csr_matrix, k: int, start: str, seed: int) -> tuple[Array, Array, float]:
    model = NMF(k, init=start, random_state=seed, max_iter=400, tol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a little short of it is near enough
        parts = model.fit_transform(weighted)
    return parts, model.components_, float(model.reconstruction_err_)


def _factorised(weighted: sparse.csr_matrix, k: int, seed: int) -> tuple[Array, Array]:
    """Factorise from several starts and keep the one that leaves the least error."""
    fits = [_once(weighted, k, "nndsvda", seed)]
    fits += [_once(weighted, k, "random", seed + i) for i in range(1, N_INIT)]
    parts, terms, _ = min(fits, key=lambda made: made[2])
    return parts, terms


def _model(
    parts: Array,
    terms: Array,
    names: NDArray[np.str_],
    spoken: NDArray[np.int64],
    n: int,
    stability: dict[int, float],
) -> TopicModel:
    """Give each text its topic and put the topics in order of size, then of terms."""
    strength = parts * np.linalg.norm(terms, axis=1)
    most = strength.max(axis=1)
    own = np.where(most >= FAINT, strength.argmax(axis=1), -1)
    spelt = np.array([not name.startswith(MARK) for name in names])
    leading = [_named(row, names, spelt) for row in terms]
    sizes = np.bincount(own[own >= 0], minlength=len(leading))
    order = sorted(range(len(leading)), key=lambda j: (-sizes[j], leading[j]))
    order = [j for j in order if sizes[j]]
    place = {j: i for i, j in enumerate(order)} | {-1: -1}
    topic, weight = np.full(n, -1, dtype=np.int64), np.zeros(n)
    topic[spoken] = [place[int(j)] for j in own]
    weight[spoken] = most
    return TopicModel(tuple(leading[j] for j in order), topic, weight, stability)


def _named(row: Array, names: NDArray[np.str_], spelt: NDArray[np.bool_]) -> tuple[str, ...]:
    """List a topic's leading terms, without recorded tags and words that it does not have."""
    order = [j for j in np.argsort(-row, kind="stable") if spelt[j] and row[j] > 0]
    return tuple(str(names[j]) for j in order[:TOP_TERMS])
