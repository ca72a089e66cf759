"""Key terms: the words that a group of customers uses more than the others do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

PRIOR = 500.0
"""Words that the prior is worth: the larger, the less a rare word counts."""

CLEAR = 1.96
"""z from which a word is a key term."""

BREAKDOWNS = ("tier", "rfm_segment", "topic")
COLUMNS = ["text_language", "breakdown", "bucket", "term_place", "term", "term_texts", "term_z"]


def log_odds(own: ArrayLike, others: ArrayLike, prior: float = PRIOR) -> NDArray[np.float64]:
    """Compare how often two groups use each word, rare words being trusted less.

    Parameters
    ----------
    own, others : array-like of int, shape (w,)
        How often each word is used by the group and by all others.
    prior : float
        Words that the prior is worth, above 0.

    Returns
    -------
    ndarray of float, shape (w,)
        z: log-odds ratio over its standard error; 0 for a word nobody uses, above 0 for a word of
        the group.

    Raises
    ------
    ValueError
        The counts differ in length, are negative, or the prior is not above 0.

    Notes
    -----
    With counts y and Dirichlet prior α_w = α_0·share of the word in both groups together,
    δ = log((y_1+α_w)/(n_1+α_0-y_1-α_w)) - log((y_2+α_w)/(n_2+α_0-y_2-α_w)),
    z = δ / √(1/(y_1+α_w) + 1/(y_2+α_w)).

    References
    ----------
    Monroe, B. L., Colaresi, M. P. & Quinn, K. M. (2008), "Fightin' words: lexical feature selection
    and evaluation for identifying the content of political conflict", Political Analysis 16,
    equations 16 and 19 to 22.
    """
    a, b = np.asarray(own, dtype=float), np.asarray(others, dtype=float)
    if a.shape != b.shape or (a < 0).any() or (b < 0).any() or not prior > 0:
        raise ValueError("counts must be of one length and 0 or more, the prior above 0")
    total = a.sum() + b.sum()
    used = a + b > 0
    if not total:
        return np.zeros(a.shape)
    alpha = np.where(used, prior * (a + b) / total, 1.0)
    # where one word is all that is said, there is nothing to compare it with
    rest = [np.where((a + b < total) & used, y.sum() + prior - y - alpha, 1.0) for y in (a, b)]
    delta = np.log((a + alpha) / rest[0]) - np.log((b + alpha) / rest[1])
    z = delta / np.sqrt(1 / (a + alpha) + 1 / (b + alpha))
    return np.where(used & (a + b < total), z, 0.0)


def key_terms(
    texts: pd.DataFrame, words: Sequence[Sequence[str]], min_group: int, most: int = 8
) -> pd.DataFrame:
    """List for each tier, RFM segment and recorded topic the words it uses more than the others.

    Parameters
    ----------
    texts : pandas.DataFrame
        Rows of `Corpus.table` of one language, n of them.
    words : sequence of n sequences of str
        The words of each; a word counts once a text.
    min_group : int
        Texts below which a group has no terms.
    most : int
        Terms of a group at most.

    Returns
    -------
    pandas.DataFrame
        Contract `key_terms`: only words of z 1.96 or more, the clearest first.
    """
    language = str(texts["text_language"].iloc[0]) if len(texts) else ""
    sets = [frozenset(line) for line in words]
    whole = Counter(w for line in sets for w in line)
    names = sorted(whole)
    every = np.array([whole[w] for w in names])
    rows = []
    for breakdown in BREAKDOWNS:
        groups = texts.groupby(breakdown).indices if breakdown in texts else {}
        for bucket, places in sorted(groups.items()):
            if len(places) < min_group or len(places) == len(texts):
                continue
            mine = Counter(w for i in places for w in sets[i])
            own = np.array([mine[w] for w in names])
            z = log_odds(own, every - own)
            order = np.argsort(-z, kind="stable")[:most]
            rows += [(language, breakdown, bucket, i + 1, names[j], int(own[j]), float(z[j]))
                     for i, j in enumerate(order) if z[j] >= CLEAR]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
