"""Which experiences move together with satisfaction, leaving and spend, and what to do first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from kehu.voice.design import Design, design
from kehu.voice.importance import importance
from kehu.voice.outcomes import Sample
from kehu.voice.regression import regress
from kehu.voice.responses import COMPLAINTS
from kehu.voice.scores import performance

CONFOUNDERS = {
    "satisfaction": ("tier", "tenure_days", "channel", "spend_before"),
    "churn": ("tenure_days", "channel", "spend_before", "orders_before", "days_since_last"),
    "spend": ("tenure_days", "channel", "spend_before", "orders_before", "days_since_last"),
}
"""Outcome to what is held constant. Today's segment is made from purchases after the answer, so for
later purchases the respondent's recency, frequency and spend at the answer stand for it."""

PER_COLUMN = 10
"""Respondents needed for each column of the regression."""

LEAST = 50
"""Respondents below which nothing is regressed."""

LEAST_EXPLAINED = 0.02
"""Share of an outcome's variance below which the experiences are not ranked."""

LEAST_MAPPED = 3
"""Questions below which importance and performance are not compared."""

COLUMNS = ["driver_outcome", "driver", "respondents", "association", "association_low",
           "association_high", "per_point", "explained_share", "prediction_loss",
           "prediction_loss_low", "prediction_loss_high", "vif", "performance_score", "quadrant",
           "adjusted_for"]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How well the experiences go with an outcome.

    Parameters
    ----------
    name : {'satisfaction', 'churn', 'spend'}
    respondents : int
    r2, r2_adjusting : float
        Share of the outcome's variance that goes with experiences and confounders, and with
        confounders alone; nan where skipped.
    power : float
        Predictive power on the hold-out; see `kehu.voice.importance.Importance`.
    confounders : tuple of str
        What is held constant.
    left_out : dict
        Experience to why it is not looked at; see `kehu.voice.design.Design`.
    skipped : str
        Why the outcome is not analysed, or empty: `no_outcome` (nobody has it), `no_variation`
        (all have the same), `no_experience` (no experience varies), `few_respondents`.
    """

    name: str
    respondents: int = 0
    r2: float = float("nan")
    r2_adjusting: float = float("nan")
    power: float = float("nan")
    confounders: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    skipped: str = ""


@dataclass(frozen=True)
class Drivers:
    """The drivers of every outcome.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `drivers`.
    outcomes : tuple of Outcome
        In the order of the samples.
    overall : str
        Question whose answers are the satisfaction; empty where there is none.
    """

    table: pd.DataFrame
    outcomes: tuple[Outcome, ...]
    overall: str


def drivers(samples: Iterable[Sample], questions: pd.DataFrame, overall: str, seed: int) -> Drivers:
    """Look for the experiences that move together with each outcome.

    Parameters
    ----------
    samples : iterable of Sample
        See `kehu.voice.outcomes.samples`.
    questions : pandas.DataFrame
        See `kehu.voice.surveys.questions`.
    overall : str
        See `kehu.voice.outcomes.overall_question`. Neither it nor any NPS question is an
        experience; where there are no others, it is held against leaving and spend itself.
    seed : int
        Of every random draw.

    Returns
    -------
    Drivers

    Notes
    -----
    The figures are associations among the people who answered, with the listed confounders held
    constant; what nobody recorded may lie behind both the experience and the outcome. A question is
    important where it explains more than the average question and its association is above 0 (below
    0 for leaving) with 95 % confidence, or cannot be told from another's; it performs well where
    its score is above the average question's. Experiences that together explain next to nothing,
    and fewer than three questions, have no quadrants.
    """
    named = questions.loc[questions["computed"] != "nps", "question"]
    asked = [q for q in named if q != overall]
    found = []
    with threadpool_limits(limits=1):  # the last digit must not depend on the number of cores
        for sample in samples:
            alone = [overall] if overall and not asked and sample.name != "satisfaction" else []
            found.append(_analysed(sample, [*asked, *alone, *COMPLAINTS], seed))
    scales = questions.set_index("question")
    tables = [_mapped(rows, sample, scales) for sample, rows, _ in found if len(rows)]
    empty = pd.DataFrame(columns=COLUMNS)
    table = pd.concat(tables, ignore_index=True)[COLUMNS] if tables else empty
    return Drivers(table, tuple(outcome for _, _, outcome in found), overall)


def _analysed(
    sample: Sample, experiences: list[str], seed: int
) -> tuple[Sample, pd.DataFrame, Outcome]:
    """Regress and forecast one outcome, or say why not."""
    n = len(sample.y)
    made = design(sample.frame, experiences, CONFOUNDERS[sample.name])
    skipped = _skipped(sample, made)
    if skipped:
        outcome = Outcome(sample.name, n, left_out=made.left_out, skipped=skipped)
        return sample, pd.DataFrame(), outcome
    fit = regress(sample.y, made.x, made.adjusting, seed)
    columns = np.column_stack([made.raw, made.adjusting])
    lost = importance(sample.y, columns, sample.binary, seed)
    k = len(made.names)
    raw = fit.beta * sample.y.std(ddof=1) / made.x.std(axis=0, ddof=1)
    rows = pd.DataFrame(
        {
            "driver_outcome": sample.name, "driver": made.names, "respondents": n,
            "association": fit.beta, "association_low": fit.low, "association_high": fit.high,
            "per_point": np.expm1(raw) if sample.name == "spend" else raw,
            "explained_share": fit.shares, "prediction_loss": lost.loss[:k],
            "prediction_loss_low": lost.low[:k], "prediction_loss_high": lost.high[:k],
            "vif": np.where(np.isfinite(fit.vif), fit.vif, np.nan),
            "adjusted_for": ",".join(made.confounders) or None,
        }
    )  # fmt: skip
    outcome = Outcome(
        sample.name, n, fit.r2, fit.r2_adjusting, lost.power, made.confounders, made.left_out
    )
    return sample, rows, outcome


def _skipped(sample: Sample, made: Design) -> str:
    if not len(sample.y):
        return "no_outcome"
    if np.ptp(sample.y) == 0:
        return "no_variation"
    if not made.names:
        return "no_experience"
    columns = len(made.names) + made.adjusting.shape[1]
    return "few_respondents" if len(sample.y) < max(LEAST, PER_COLUMN * columns) else ""


def _mapped(rows: pd.DataFrame, sample: Sample, scales: pd.DataFrame) -> pd.DataFrame:
    """Add performance, and the quadrant of importance and performance, to the questions."""
    is_question = rows["driver"].isin(scales.index)
    scores = [
        performance(sample.frame[q].mean(), scales.loc[q, "scale_low"], scales.loc[q, "scale_high"])
        if q in scales.index else np.nan for q in rows["driver"]
    ]  # fmt: skip
    rows = rows.assign(performance_score=scores, quadrant=None)
    if is_question.sum() < LEAST_MAPPED or rows["explained_share"].sum() < LEAST_EXPLAINED:
        return rows
    asked = rows[is_question]
    end = -rows["association_high"] if sample.name == "churn" else rows["association_low"]
    telling = (end > 0) | rows["association"].isna()
    important = telling & (rows["explained_share"] > asked["explained_share"].mean())
    good = rows["performance_score"] > asked["performance_score"].mean()
    names = np.select(
        [important & ~good, important & good, ~good], ["improve", "keep", "watch"], "fine"
    )
    return rows.assign(quadrant=pd.Series(names, index=rows.index).where(is_question, None))
