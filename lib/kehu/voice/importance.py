"""Permutation importance: what a forecast loses when one experience is shuffled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Array = NDArray[np.float64]

HOLDOUT = 0.3
"""Share of respondents that the forecast does not see."""

REPEATS = 30
"""Times each experience is shuffled."""

MOST_ROWS = 20_000
"""Respondents drawn at most; more would change nothing but the time it takes."""

LEAST = 20
"""Hold-out rows of each kind below which a yes-or-no outcome is not forecast."""


@dataclass(frozen=True)
class Importance:
    """Loss of predictive power on the hold-out.

    Parameters
    ----------
    loss, low, high : ndarray, shape (k,)
        Mean loss over the shuffles and its 2.5 % and 97.5 % quantiles; nan where nothing could be
        forecast.
    power : float
        Predictive power before shuffling: R² of the hold-out, or for a yes-or-no outcome 2·AUC - 1;
        0 is chance. nan where nothing could be forecast.
    """

    loss: Array
    low: Array
    high: Array
    power: float


def importance(y: Array, x: Array, binary: bool, seed: int) -> Importance:
    """Forecast an outcome from all columns and shuffle one after the other on the hold-out.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Outcome; 0 and 1 where `binary`.
    x : ndarray, shape (n, k)
        Experiences and what is adjusted for; nan where not known.
    binary : bool
        Whether the outcome is yes or no.
    seed : int
        Of the split, the forecast and the shuffles.

    Returns
    -------
    Importance

    Notes
    -----
    Gradient-boosted trees of depth 3, which take curves, combinations and missing answers as they
    come. The interval shows how much the loss varies between shuffles of the same hold-out, not
    between samples of respondents. Of two columns that say the same, either can stand in for the
    other, and both may look dispensable: read it beside the shares of variance. Where `power` is
    not above 0 the losses say nothing.

    References
    ----------
    Breiman, L. (2001), "Random forests", Machine Learning 45, section 10.
    """
    unknown = np.full(x.shape[1], math.nan)
    if binary and min((y == 0).sum(), (y == 1).sum()) * HOLDOUT < LEAST:
        return Importance(unknown, unknown, unknown, math.nan)
    if len(y) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(seed).choice(len(y), MOST_ROWS, replace=False))
        x, y = x[drawn], y[drawn]
    parts = train_test_split(
        x, y, test_size=HOLDOUT, random_state=seed, stratify=y if binary else None
    )
    x_seen, x_kept, y_seen, y_kept = parts
    kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
    model = kind(max_iter=80, max_depth=3, early_stopping=False, random_state=seed)
    scoring = _twice_auc if binary else _r2
    with threadpool_limits(limits=1):  # hundreds of small forecasts: threads would wait, not work
        model.fit(x_seen, y_seen)
        shuffled = permutation_importance(
            model, x_kept, y_kept, scoring=scoring, n_repeats=REPEATS, random_state=seed
        ).importances
        power = scoring(model, x_kept, y_kept)
    low, high = np.quantile(shuffled, [0.025, 0.975], axis=1)
    return Importance(shuffled.mean(axis=1), low, high, power)


def _twice_auc(model: HistGradientBoostingClassifier, x: Array, y: Array) -> float:
    return float(2 * roc_auc_score(y, model.predict_proba(x)[:, 1]) - 1)


def _r2(model: HistGradientBoostingRegressor, x: Array, y: Array) -> float:
    return float(r2_score(y, model.predict(x)))
