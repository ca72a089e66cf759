"""Ways to tell who will leave: two rules of thumb and two learners, all giving probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Array = NDArray[np.float64]

FORECAST = "forecast"
"""Purchases that the lifetime-value model expects in the window: known at the test only, as the
model has no earlier one."""

LEARNERS = ("logistic", "boosting")

FOLDS = 5
CATEGORY_FROM = 20
"""Rows a category must have to be told apart from the rare ones."""


@dataclass(frozen=True)
class Method:
    """A way to tell who will leave.

    Parameters
    ----------
    name : str
        `recency`, `rhythm`, `logistic`, `boosting` or `forecast`.
    numeric, categorical : tuple of str
        Columns it reads.
    estimator : scikit-learn estimator
        Not fitted.
    """

    name: str
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    estimator: Any

    @property
    def columns(self) -> list[str]:
        """Columns it reads, numbers first."""
        return [*self.numeric, *self.categorical]

    def fitted(self, frame: pd.DataFrame, label: NDArray[np.bool_]) -> Fitted:
        """Fit it to rows whose outcome is known."""
        with threadpool_limits(1):  # sums in one order, whatever the machine
            return Fitted(self, clone(self.estimator).fit(frame[self.columns], label))

    def crossed(self, frame: pd.DataFrame, label: NDArray[np.bool_], seed: int) -> Array:
        """Return each row's probability, fitted to the other four fifths of the rows."""
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        with threadpool_limits(1):
            told = cross_val_predict(
                clone(self.estimator), frame[self.columns], label, cv=folds, method="predict_proba"
            )
        return np.asarray(told[:, 1])


@dataclass(frozen=True)
class Fitted:
    """A method fitted to rows whose outcome is known."""

    method: Method
    model: Any

    def probability(self, frame: pd.DataFrame) -> Array:
        """Return each row's probability, 0…1."""
        with threadpool_limits(1):
            return np.asarray(self.model.predict_proba(frame[self.method.columns])[:, 1])


def usable(frame: pd.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that tell rows apart: known for some, and not the same for all."""
    known = (n for n in names if n in frame)
    return tuple(n for n in known if frame[n].notna().any() and frame[n].nunique() > 1)


def learners(
    numeric: Sequence[str], categorical: Sequence[str] = (), seed: int = 0
) -> dict[str, Method]:
    """Return the two learners over all columns.

    Parameters
    ----------
    numeric, categorical : sequence of str
        Columns to learn from; blanks are allowed in both.
    seed : int
        Start of the random folds.

    Returns
    -------
    dict
        `logistic`: logistic regression on symmetric logs, blanks at the median and marked, one
        column per category. `boosting`: gradient boosting of histograms, calibrated on folds it
        has not seen.
    """
    chosen = (tuple(numeric), tuple(categorical))
    return {
        "logistic": Method("logistic", *chosen, _logistic(*chosen)),
        "boosting": Method("boosting", *chosen, _boosting(*chosen, seed)),
    }


def rules_of_thumb(available: Sequence[str]) -> dict[str, Method]:
    """Return the methods that look at one figure: the last purchase, or how late the next is."""
    looked_at: Mapping[str, str] = {"recency": "days_since_last", "rhythm": "overdue"}
    return {
        name: Method(name, (column,), (), _logistic((column,), ()))
        for name, column in looked_at.items()
        if column in available
    }


def forecasts(available: Sequence[str]) -> dict[str, Method]:
    """Return the method that turns the lifetime-value model's forecast into a probability."""
    return {n: Method(n, (n,), (), _logistic((n,), ())) for n in available if n == FORECAST}


def _logistic(numeric: tuple[str, ...], categorical: tuple[str, ...]) -> Pipeline:
    figures = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        FunctionTransformer(_symmetric_log),
        StandardScaler(),
    )
    return make_pipeline(
        make_column_transformer((figures, list(numeric)), (_one_column_each(), list(categorical))),
        LogisticRegression(max_iter=2000),
    )


def _boosting(
    numeric: tuple[str, ...], categorical: tuple[str, ...], seed: int
) -> CalibratedClassifierCV:
    learner = make_pipeline(
        make_column_transformer(
            ("passthrough", list(numeric)), (_one_column_each(), list(categorical))
        ),
        HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=30,
            l2_regularization=1.0, early_stopping=False, random_state=seed,
        ),
    )  # fmt: skip
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return CalibratedClassifierCV(learner, method="sigmoid", cv=folds)


def _one_column_each() -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value=""),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=CATEGORY_FROM, sparse_output=False
        ),
    )


def _symmetric_log(values: Array) -> Array:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))
