"""Credit: a scorecard where outcomes are known, a stated expert score where they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import yaml
from ibis.expr.types import Table
from numpy.typing import NDArray

from kehu.params_risk import Credit as CreditParams
from kehu.risk import labelled, measures, scorecard
from kehu.risk.measures import Quality
from kehu.risk.payments import FEATURES, behaviour, turned_bad
from kehu.risk.scorecard import Points, Scorecard
from kehu.risk.windows import Windows
from kehu.tables import contract

GRADES = ("A", "B", "C", "D", "E")
PD_ENDS = (0.01, 0.03, 0.08, 0.20)
"""Probability of default from which a grade is the next worse."""

EXPERT_ENDS = (90, 75, 60, 40)
"""Points of the expert score below which a grade is the next worse."""


@dataclass(frozen=True)
class Credit:
    """Every customer's credit standing, and how it was found.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `credit`; no row where no dues are known.
    card : Scorecard or None
        Fitted to the last window; None for the expert score.
    quality : Quality or None
        Of a scorecard fitted to the window before, on the last one.
    """

    table: pd.DataFrame
    card: Scorecard | None
    quality: Quality | None

    @property
    def method(self) -> str:
        """`none`, `expert` or `scorecard`."""
        if self.table.empty:
            return "none"
        return "scorecard" if self.card else "expert"


def assess(
    payments: Table,
    windows: Windows,
    silent: pd.Series,
    credit: CreditParams | Mapping[str, Any],
    capacity: int,
) -> Credit:
    """Score every customer who owes or owed something.

    Parameters
    ----------
    payments : ibis Table
        Contract `payments`; may have no rows.
    windows : Windows
    silent : pandas.Series
        Customer to whether they have fallen silent: 1 for no purchase within the last window.
    credit : Credit or mapping
        See `kehu.params_risk.Credit`.
    capacity : int
        Length of the list of worst customers that the proof looks at.

    Returns
    -------
    Credit
        A scorecard where at least 50 customers turned bad, and 50 did not, in each of the last two
        windows; else the expert score of `expert.yml`, which is no probability.
    """
    spec = CreditParams.of(credit)
    now = behaviour(payments, windows, windows.now)
    (learn, learnt), (test, happened) = (
        _known(payments, windows, cut, spec.bad_days) for cut in (windows.learn, windows.test)
    )
    points = Points(spec.base_points, spec.base_odds, spec.points_to_double)
    card = quality = None
    if labelled.enough(learnt, happened):
        earlier = scorecard.fit(learn, learnt, FEATURES, (), points)
        quality = measures.quality(happened, earlier.probability(test), capacity)
        card = scorecard.fit(test, happened, FEATURES, (), points)
    table = _scored(now, card, silent)
    whole = ["dues", "worst_days_late", "days_past_due", "credit_score"]
    told = table.astype(dict.fromkeys(whole, "int64"))[list(contract("credit").columns)]
    return Credit(told, card, quality)


def _known(
    payments: Table, windows: Windows, cut: Any, bad_days: int
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the customers whose outcome in the window after a day is known, and it."""
    both = behaviour(payments, windows, cut).merge(
        turned_bad(payments, windows, cut, bad_days), on="customer_id"
    )
    return both, both["bad"].to_numpy(dtype=bool)


@cache
def expert_points() -> dict[str, list[tuple[float, int]]]:
    """Return the points that the expert score takes off: feature to (limit, points)."""
    text = (files("kehu.risk") / "expert.yml").read_text(encoding="utf-8")
    return {name: [(a, int(b)) for a, b in rows] for name, rows in yaml.safe_load(text).items()}


def expert_score(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the points each line of `expert.yml` takes off.

    Parameters
    ----------
    frame : pandas.DataFrame
        The features named there.

    Returns
    -------
    pandas.DataFrame of int
        A column per feature; 100 less their sum, at least 0, is the score.
    """
    off = {
        name: np.select([frame[name] >= limit for limit, _ in rows], [p for _, p in rows], 0)
        for name, rows in expert_points().items()
    }
    return pd.DataFrame(off, index=frame.index)


def _scored(now: pd.DataFrame, card: Scorecard | None, silent: pd.Series) -> pd.DataFrame:
    frame = now.assign(silence=now["customer_id"].map(silent).fillna(0.0).astype(float))
    if card is None:
        off = expert_score(frame)
        score = (100 - off.sum(axis=1)).clip(lower=0)
        grade = np.select([score >= end for end in EXPERT_ENDS], GRADES[:-1], GRADES[-1])
        return frame.assign(
            credit_score=score.astype("int64"),
            credit_pd=np.nan,
            credit_grade=grade,
            credit_reasons=_named(off),
        )
    chance = card.probability(frame)
    places = np.searchsorted(PD_ENDS, chance, side="right")
    return frame.assign(
        credit_score=card.score(frame),
        credit_pd=chance,
        credit_grade=np.array(GRADES)[places],
        credit_reasons=_named(_lost(card, frame)),
    )


def _lost(card: Scorecard, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the points each feature costs a customer against its best class."""
    lost = {}
    for one in card.bins:
        points = card.table.loc[card.table["feature"] == one.feature, "points"].to_numpy()
        lost[one.feature] = points.max() - points[one.place(frame[one.feature])]
    return pd.DataFrame(lost, index=frame.index)


def _named(off: pd.DataFrame) -> pd.Series:
    """Name the two features that cost most; blank where nothing does."""
    if off.columns.empty:
        return pd.Series(None, index=off.index, dtype="str")
    order = np.argsort(-off.to_numpy(), axis=1, kind="stable")[:, :2]
    lost = np.take_along_axis(off.to_numpy(), order, axis=1)
    names = np.where(lost > 0, off.columns.to_numpy(dtype=str)[order], "")
    joined = pd.Series([",".join(filter(None, row)) for row in names], index=off.index, dtype="str")
    return joined.where(joined != "")


def cards(credit: Credit) -> list[Scorecard]:
    """Return the scorecard; none for the expert score."""
    return [credit.card] if credit.card else []


def experts(credit: Credit) -> list[dict[str, list[tuple[float, int]]]]:
    """Return the points of the expert score where it was used."""
    return [expert_points()] if credit.method == "expert" else []


def tables(credit: Credit) -> list[pd.DataFrame]:
    """Return the scores where there are any."""
    return [] if credit.table.empty else [credit.table]
