"""How customers feel, by a small model of their words whose accuracy is measured and stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from kehu.voice.scores import proportion_interval
from kehu.voice.text import language_of

Array = NDArray[np.float64]

LEAST_OF_CLASS = 60
"""Different good and bad texts each below which no model is fitted, and no language is judged."""

FOLDS = 5
MOST_TRAINING = 20_000
"""Texts trained on at most, spread evenly over the labelled ones; more would change nothing."""


@dataclass(frozen=True)
class Accuracy:
    """How well a model tells good from bad texts that it has not seen.

    Parameters
    ----------
    texts : int
        Labelled texts.
    good : int
        Of them good ones.
    accuracy, low, high : float
        Share told right by cross-validation with its 95 % interval (Wilson).
    balanced : float
        Mean of the shares told right among the good and among the bad ones.
    guess : float
        Share told right by naming everything after the more frequent class.
    brier : float
        Mean squared error of the probabilities; 0.25 for a model that says a half.
    """

    texts: int
    good: int
    accuracy: float
    low: float
    high: float
    balanced: float
    guess: float
    brier: float


@dataclass(frozen=True)
class Sentiment:
    """What a model says of texts.

    Parameters
    ----------
    positive : ndarray of float, shape (n,)
        Probability that each text is good, 0…1; nan where its language was not learned.
    accuracy : Accuracy or None
        None where no model was fitted.
    languages : tuple of str
        Languages learned.
    labels : str
        What it was learned from: `named` (labelled texts of the params) or `records` (the scores
        and kinds of the same texts).
    skipped : str
        Why no model was fitted, or empty: `few_labels`.
    """

    positive: Array
    accuracy: Accuracy | None
    languages: tuple[str, ...] = ()
    labels: str = "records"
    skipped: str = ""


@dataclass(frozen=True)
class Labelled:
    """Texts of known feeling: parallel `texts` and `good` (1 good, 0 bad)."""

    texts: tuple[str, ...]
    good: tuple[int, ...]


def model(seed: int) -> CalibratedClassifierCV:
    """Build the classifier: tf-idf of 1 to 3 characters, logistic regression, calibrated.

    Parameters
    ----------
    seed : int

    Returns
    -------
    sklearn CalibratedClassifierCV
        Unfitted; probabilities by Platt's sigmoid on folds of their own.

    References
    ----------
    Platt, J. (1999), "Probabilistic outputs for support vector machines", Advances in Large Margin
    Classifiers.
    """
    steps = [
        ("words", TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2,
                                  sublinear_tf=True, max_features=100_000)),
        ("fit", LogisticRegression(C=8.0, solver="liblinear", random_state=seed)),
    ]  # fmt: skip
    return CalibratedClassifierCV(Pipeline(steps), method="sigmoid", cv=3)


def cross_validated(texts: Sequence[str], good: ArrayLike, seed: int) -> Array:
    """Forecast each labelled text by a model that has not seen it.

    Parameters
    ----------
    texts : sequence of n str
    good : array-like of int, shape (n,)
        1 good, 0 bad; both are there.
    seed : int

    Returns
    -------
    ndarray of float, shape (n,)
        Probability of good.

    Notes
    -----
    Five folds with the same share of good texts each. A text that is there twice is in one fold
    only: it must not be forecast from itself.
    """
    y = np.asarray(good, dtype=int)
    order, back = _canonical(texts, y)
    x, y = np.array(texts, dtype=object)[order], y[order]
    positive = np.empty(len(x))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with threadpool_limits(limits=1):
        for learned, held in folds.split(x, y, np.unique(x, return_inverse=True)[1]):
            fitted = model(seed).fit(x[learned], y[learned])
            positive[held] = fitted.predict_proba(x[held])[:, 1]
    return positive[back]


def _canonical(texts: Sequence[str], y: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Order by text and label, so that the order of rows does not matter; and the way back."""
    order = np.array(sorted(range(len(texts)), key=lambda i: (texts[i], y[i])), dtype=np.int64)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return order, back


def accuracy(good: ArrayLike, positive: ArrayLike) -> Accuracy:
    """Measure forecasts of labelled texts.

    Parameters
    ----------
    good : array-like of int, shape (n,)
        1 good, 0 bad.
    positive : array-like of float, shape (n,)
        Forecast probability of good, of a model that has not seen the text.

    Returns
    -------
    Accuracy
    """
    y, p = np.asarray(good, dtype=int), np.asarray(positive, dtype=float)
    right = (p >= 0.5) == (y == 1)
    share, low, high = proportion_interval(int(right.sum()), len(y))
    return Accuracy(
        texts=len(y),
        good=int(y.sum()),
        accuracy=share,
        low=low,
        high=high,
        balanced=float(np.mean([right[y == c].mean() for c in (0, 1)])),
        guess=float(max(y.mean(), 1 - y.mean())),
        brier=float(np.mean((p - y) ** 2)),
    )


def sentiment(
    texts: Sequence[str], recorded: ArrayLike, seed: int, named: Labelled | None = None
) -> Sentiment:
    """Judge texts by a model learned from labelled texts, or from the records beside them.

    Parameters
    ----------
    texts : sequence of n str
        To be judged.
    recorded : array-like of float, shape (n,)
        What the records say of each: 1 good, 0 bad, nan neither; see `kehu.voice.corpus.tones`.
    seed : int
    named : Labelled, optional
        Labelled texts the user names; without them the records are learned from.

    Returns
    -------
    Sentiment
        Blank throughout where there are fewer than `LEAST_OF_CLASS` different good or bad texts: a
        feeling is never guessed.

    Notes
    -----
    A text that was learned from is judged by the model of the folds that left it out. Labels from
    the records teach how texts that come with bad scores are written, which is not quite the same
    as how bad feelings are.
    """
    tones = np.asarray(recorded, dtype=float)
    own = [i for i, tone in enumerate(tones) if tone == tone] if named is None else []
    learned = list(named.texts) if named else [texts[i] for i in own]
    labels = np.array(named.good, dtype=int) if named else tones[own].astype(int)
    kind = "named" if named else "records"
    languages = _languages(learned, labels)
    if not languages:
        return Sentiment(np.full(len(texts), np.nan), None, labels=kind, skipped="few_labels")
    judged = [i for i, text in enumerate(learned) if language_of(text) in languages]
    used = np.array(judged)[_spread([learned[i] for i in judged], labels[judged])]
    x, y = [learned[i] for i in used], labels[used]
    held = cross_validated(x, y, seed)
    order, _ = _canonical(x, y)
    with threadpool_limits(limits=1):
        fitted = model(seed).fit([x[i] for i in order], y[order])
        positive = fitted.predict_proba(list(texts))[:, 1] if len(texts) else np.empty(0)
    unseen = dict(zip(x, held, strict=True))  # equal texts share a fold
    positive = np.array([unseen.get(t, p) for t, p in zip(texts, positive, strict=True)])
    known = np.array([language_of(text) in languages for text in texts], dtype=bool)
    return Sentiment(np.where(known, positive, np.nan), accuracy(y, held), languages, kind)


def _languages(texts: Sequence[str], good: NDArray[np.int64]) -> tuple[str, ...]:
    """List the languages in which enough different good and bad texts are labelled."""
    pairs = {(language_of(t), int(g), t) for t, g in zip(texts, good, strict=True)}
    counts = {(lang, g): sum(1 for p in pairs if p[:2] == (lang, g))
              for lang in ("zh", "en") for g in (0, 1)}  # fmt: skip
    return tuple(
        lang for lang in ("zh", "en") if min(counts[lang, 0], counts[lang, 1]) >= LEAST_OF_CLASS
    )


def _spread(texts: Sequence[str], good: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose at most `MOST_TRAINING` texts, spread evenly over the ordered ones."""
    order, _ = _canonical(texts, good)
    step = max(1, -(-len(order) // MOST_TRAINING))
    return np.sort(order[::step])
