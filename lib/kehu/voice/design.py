"""Columns of a regression on respondents: experiences, and what is held constant beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.voice.period import NO_GROUP

Array = NDArray[np.float64]

LEAST_ANSWERED = 0.5
"""Share of respondents that must have had an experience for it to be looked at."""

LEAST_OF_LEVEL = 10
"""Respondents below which channels or segments are put together."""

LEAST_YES = 20
"""Respondents that must have, and must lack, an experience that is yes or no."""

CLASSES_OF = ("channel", "tier")
"""Confounders that are names; the others are numbers, taken as logarithms."""


@dataclass(frozen=True)
class Design:
    """What a regression and a forecast are made from.

    Parameters
    ----------
    names : tuple of str, length k
        Experiences.
    x : ndarray, shape (n, k)
        Their values, blanks filled with the mean.
    raw : ndarray, shape (n, k)
        Their values, blanks as nan.
    adjusting : ndarray, shape (n, m)
        Confounders as columns, and a column per experience that not everybody had.
    confounders : tuple of str
        Those that vary and are therefore held constant.
    left_out : dict
        Experience to why it is not looked at: `rare` (too few had it), `constant`.
    """

    names: tuple[str, ...]
    x: Array
    raw: Array
    adjusting: Array
    confounders: tuple[str, ...]
    left_out: dict[str, str]


def design(frame: pd.DataFrame, names: Sequence[str], confounders: Sequence[str]) -> Design:
    """Lay out experiences and confounders of respondents.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per respondent.
    names : sequence of str
        Columns of experiences, as numbers.
    confounders : sequence of str
        Columns to hold constant, where the frame has them.

    Returns
    -------
    Design

    Notes
    -----
    A blank experience usually was not had (nobody rates a car park without a car). It gets the mean
    and a column of its own that is held constant, so the coefficient is that of those who had it;
    dropping every respondent with a blank would leave a few people who use everything.
    """
    reasons = {name: _reason(frame[name]) for name in names}
    kept = [name for name in names if not reasons[name]]
    raw = frame[kept].to_numpy(dtype=float).reshape(len(frame), len(kept))
    blank = np.isnan(raw)
    means = np.where(blank, 0.0, raw).sum(axis=0) / np.maximum((~blank).sum(axis=0), 1)
    made = {c: _confounder(frame[c], c) for c in confounders if c in frame.columns}
    used = {c: columns for c, columns in made.items() if columns.shape[1]}
    unanswered = blank[:, blank.any(axis=0)].astype(float)
    return Design(
        names=tuple(kept),
        x=np.where(blank, means, raw),
        raw=raw,
        adjusting=np.column_stack([np.zeros((len(frame), 0)), *used.values(), unanswered]),
        confounders=tuple(used),
        left_out={name: reason for name, reason in reasons.items() if reason},
    )


def _reason(values: pd.Series) -> str:
    """Say why an experience cannot be looked at; empty if it can."""
    given = values.dropna()
    if not len(values) or len(given) < LEAST_ANSWERED * len(values):
        return "rare"
    counts = given.value_counts()
    if len(counts) < 2:
        return "constant"
    yes_or_no = set(counts.index) <= {0.0, 1.0}
    return "rare" if yes_or_no and counts.min() < LEAST_YES else ""


def _confounder(values: pd.Series, name: str) -> Array:
    """Turn a confounder into columns; none where it does not vary."""
    if name in CLASSES_OF:
        return _levels(values.astype("str").where(values.notna(), NO_GROUP))
    known = values.notna().to_numpy()
    number = np.log1p(np.clip(values.to_numpy(dtype=float, na_value=np.nan), 0, None))
    if not known.any():
        return np.zeros((len(values), 0))
    filled = np.where(known, number, number[known].mean())
    columns = np.column_stack([filled, known.astype(float)])
    return columns[:, np.ptp(columns, axis=0) > 0]


def _levels(values: pd.Series) -> Array:
    """One column per level, small ones put together; none where all are in one."""
    sizes = values.map(values.value_counts())
    level = values.where(sizes >= LEAST_OF_LEVEL, "")
    names = sorted(level.unique())
    if len(names) < 2:
        return np.zeros((len(values), 0))
    return np.column_stack([(level == name).to_numpy(dtype=float) for name in names])
