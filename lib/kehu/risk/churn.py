"""The early warning: who may leave, why, what is lost with them, and whom it pays to contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu.params_risk import Churn
from kehu.risk import labelled, measures, population
from kehu.risk.features import FEATURES, features
from kehu.risk.labelled import Assessment
from kehu.risk.measures import Array
from kehu.risk.population import Events
from kehu.risk.windows import Windows
from kehu.tables import contract

BANDS = ("act", "next", "watch", "calm", "lost")
"""Contact now; would pay, but beyond capacity; likely to leave, but contact does not pay; calm;
silent for a whole window, and so lost already."""

LATE = 2.0
"""Own gaps since the last purchase from which a customer is watched where nothing can be learnt."""

MOST_REASONS = 2
TELLING = 0.02
"""Rise of the probability from which a feature is a reason."""


@dataclass(frozen=True)
class Warned:
    """An early warning.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `churn`, one row per customer.
    assessment : Assessment or None
        How well it is known to work; None where nothing could be learnt.
    windows : Windows
    base_rate : float
        Share of those at risk who left in the last window, 0…1; nan where nobody was at risk.
    """

    table: pd.DataFrame
    assessment: Assessment | None
    windows: Windows
    base_rate: float

    @property
    def method(self) -> str:
        """The method used; `late` for the rule without probabilities."""
        return self.assessment.chosen.name if self.assessment else "late"


def warn(
    events: Events, windows: Windows, value: pd.DataFrame, holdout: pd.DataFrame,
    churn: Churn | Mapping[str, Any], *, margin: float, horizon_days: float, seed: int,
    may_contact: pd.Series | None = None,
) -> Warned:  # fmt: skip
    """Learn on one window, prove on the next, warn about the coming one.

    Parameters
    ----------
    events : Events
    windows : Windows
    value : pandas.DataFrame
        Contract `value`: every customer, with `expected_purchases`.
    holdout : pandas.DataFrame
        Contract `holdout`: what lifetime value forecast for the test window; empty where its
        hold-out is another window.
    churn : Churn or mapping
        See `kehu.params_risk.Churn`.
    margin : float
        Share of spend that is contribution, 0…1.
    horizon_days : float
        Days that `expected_purchases` of `value` is for.
    seed : int
    may_contact : pandas.Series of bool, optional
        By customer number; who may not be contacted is watched at most. Left out: everybody may.

    Returns
    -------
    Warned

    Notes
    -----
    Learning sees features up to `windows.learn` and who had left by `windows.test`; the proof is on
    features up to `windows.test` and who had left by the analysis date; the warning is made by the
    chosen method fitted anew to the latter. No feature is younger than the day it describes.
    """
    spec = Churn.of(churn)
    learn, test = (features(events, windows, cut) for cut in (windows.learn, windows.test))
    learnt, happened = (
        population.left(events, windows, cut)["left"].to_numpy(dtype=bool)
        for cut in (windows.learn, windows.test)
    )
    now = features(events, windows, windows.now)
    test = test.assign(forecast=_looked_up(test, holdout, "model"))
    scaled = value["expected_purchases"] * windows.days / horizon_days
    now = now.assign(forecast=_looked_up(now, value.assign(model=scaled), "model"))
    base = float(happened.mean()) if len(happened) else np.nan
    assessment = None
    if labelled.enough(learnt, happened):
        assessment = labelled.assess(
            learn, learnt, test, happened, FEATURES, capacity=spec.capacity, seed=seed,
            method=spec.method,
        )  # fmt: skip
    known = _warned(now, assessment, test, happened)
    may = known["customer_id"].map(may_contact) if may_contact is not None else True
    table = _banded(known.assign(may=may).astype({"may": bool}), spec, margin, base).drop(
        columns="may"
    )
    return Warned(_complete(table, value["customer_id"]), assessment, windows, base)


def _looked_up(frame: pd.DataFrame, table: pd.DataFrame, column: str) -> Array:
    found = table.set_index("customer_id")[column]
    return found.reindex(frame["customer_id"]).to_numpy(dtype=float)


def _warned(
    now: pd.DataFrame, assessment: Assessment | None, test: pd.DataFrame, happened: Any
) -> pd.DataFrame:
    """Add each customer's probability and the reasons for it.

    Reasons come from the better of the two learners, whichever method gives the probability: a rule
    of thumb has but one. A feature is a reason only where it points the way it does by itself among
    all customers: that somebody spends much is none, whatever a model makes of it beside others.
    """
    if assessment is None or now.empty:
        late = now["overdue"] >= LATE
        reasons = late.map({True: "overdue_high", False: ""})
        return now.assign(churn_probability=np.nan, churn_reasons=reasons)
    learner = assessment.learner
    names = learner.columns
    usual = test[names].median()
    effects = labelled.drivers(learner.fitted(test, happened), now, usual)
    high = now[names] > usual
    towards = test[names].corrwith(pd.Series(happened, dtype=float), method="spearman")
    fitted = assessment.chosen.fitted(test, happened)
    return now.assign(
        churn_probability=fitted.probability(now),
        churn_reasons=_strongest(effects.where(high.eq(towards > 0, axis=1), 0.0), high),
    )


def _strongest(effects: pd.DataFrame, high: pd.DataFrame) -> pd.Series:
    """Name what raises each customer's probability most: the feature, and low or high of it."""
    ends = np.where(high.to_numpy(), "high", "low").astype(object)
    named = effects.columns.to_numpy(dtype=object) + "_" + ends
    order = np.argsort(-effects.to_numpy(), axis=1, kind="stable")[:, :MOST_REASONS]
    strength = np.take_along_axis(effects.to_numpy(), order, axis=1)
    codes = np.where(strength >= TELLING, np.take_along_axis(named, order, axis=1), "")
    return pd.Series([",".join(filter(None, row)) for row in codes], index=effects.index)


def _banded(known: pd.DataFrame, churn: Churn, margin: float, base: float) -> pd.DataFrame:
    """Add what is at risk, what a contact brings, and the band."""
    stays = known["spend"].fillna(0.0).clip(lower=0) * margin
    lost = known["churn_probability"] * stays
    gain = lost * churn.save_rate - churn.contact_cost
    pays = (gain > 0) & known["may"]
    place = gain.where(pays).rank(method="first", ascending=False)
    likely = known["churn_probability"] > base
    late = known["churn_probability"].isna() & (known["overdue"] >= LATE)
    band = np.select(
        [place <= churn.capacity, pays, likely | late], ["act", "next", "watch"], "calm"
    )
    return known.assign(
        value_if_stays=stays, value_at_risk=lost, contact_gain=gain, churn_band=band
    )


def _complete(table: pd.DataFrame, everyone: pd.Series) -> pd.DataFrame:
    """Add the customers who are lost already; order by customer."""
    ids = pd.Index(sorted({*everyone, *table["customer_id"]}), name="customer_id")
    full = table.set_index("customer_id").reindex(ids)
    reasons = full["churn_reasons"]
    whole = {"days_since_last": "Int64", "complaints": "Int64"}
    named = full.astype(whole).rename(columns={"complaints": "recent_complaints"})
    told = named.assign(
        at_risk=ids.isin(table["customer_id"]),
        churn_band=full["churn_band"].fillna("lost"),
        churn_reasons=reasons.where(reasons != ""),
    )
    return told.reset_index()[list(contract("churn").columns)]


def proofs(warned: Warned) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return what the proof shows: gains with those of the last purchase alone, and calibration.

    Parameters
    ----------
    warned : Warned

    Returns
    -------
    list of tuple
        One pair, or none where nothing could be proved.
    """
    if warned.assessment is None:
        return []
    left, told = warned.assessment.left, warned.assessment.probabilities
    simple = measures.gains(left, told.iloc[:, 0].to_numpy())["caught"]
    gains = measures.gains(left, warned.assessment.probability).assign(simple=simple)
    return [(gains, measures.calibration(left, warned.assessment.probability))]


def assessments(warned: Warned) -> list[Assessment]:
    """Return the comparison of methods; none where nothing could be learnt."""
    return [warned.assessment] if warned.assessment else []
