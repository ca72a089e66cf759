"""Influence: customers brought by referral, what they are worth, and willingness to recommend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.score.answers import answered
from kehu.score.ingredients import Measures
from kehu.score.purchases import aged
from kehu.score.referral_graph import graph, reach

PROMOTER, PASSIVE = 9, 7
"""Least points of an answer from 0 to 10 that make a promoter, a passive customer."""


def measures(
    contribution: pd.Series,
    referrals: Table,
    surveys: Table,
    analysis_date: str,
    answer_days: int,
    damping: float,
    levels: int,
) -> Measures:
    """Measure direct referrals, the value of the network, and promoters.

    Parameters
    ----------
    contribution : pandas.Series
        Profit contribution in currency by `customer_id`, of all customers of the indices; blank
        counts as nothing in a network.
    referrals, surveys : ibis Table
        Contracts of those names.
    analysis_date : str
        Last day observed, inclusive, ISO.
    answer_days : int
        See `kehu.score.answers.answered`.
    damping, levels
        See `kehu.score.referral_graph.reach`.

    Returns
    -------
    Measures
        `referrals` (customers), `network` (currency), `promoter` (1, 0, -1).

    Notes
    -----
    A customer whom two others claim counts for both: the index shows who carries the word, it
    shares out no money. How many are claimed twice is among the facts.
    """
    pairs = _pairs(referrals, analysis_date)
    made = graph(pairs)
    worth = contribution.clip(lower=0).reindex(made.ids).fillna(0.0).to_numpy()
    columns = {"referrals": made.direct, "network": reach(made, worth, damping, levels)}
    values = pd.DataFrame(columns, index=made.ids, dtype=float).reindex(contribution.index)
    values = values.fillna(0.0) if len(pairs) else values * np.nan
    values["promoter"], odd = promoters(surveys, analysis_date, answer_days, values.index)
    claims = np.bincount(made.referred) if made.referred.size else np.zeros(0)
    facts: dict[str, Any] = {
        "referrals_kept": len(pairs) > 0,
        "n_referrers": int((made.direct > 0).sum()),
        "n_referred": int((claims > 0).sum()),
        "n_claimed_twice": int((claims > 1).sum()),
        "n_self_referrals": made.self_referrals,
        "n_in_cycles": made.in_cycles(),
        "n_promoters": int((values["promoter"] == 1).sum()),
        "n_detractors": int((values["promoter"] == -1).sum()),
        "n_odd_nps": odd,
    }
    return Measures(values, facts)


def _pairs(referrals: Table, analysis_date: str) -> pd.DataFrame:
    """Return the distinct referrals up to the analysis date; undated ones are taken."""
    made = aged(referrals, analysis_date)
    counted = made.group_by("customer_id", "referred_id").aggregate(rows=made.count())
    return counted.execute().astype({"customer_id": object, "referred_id": object})


def promoters(
    surveys: Table, analysis_date: str, answer_days: int, customers: pd.Index
) -> tuple[pd.Series, int]:
    """Class each customer by the latest answer to an NPS question from 0 to 10.

    Parameters
    ----------
    surveys : ibis Table
        Contract `surveys`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    answer_days : int
        See `kehu.score.answers.answered`.
    customers : pandas.Index
        All customers of the indices.

    Returns
    -------
    promoter : pandas.Series
        1 promoter, 0 passive, -1 detractor, by the mean of the answers of the latest day;
        not-a-number without an answer.
    odd : int
        Answers to NPS questions on another scale, which no class is defined for.
    """
    made = answered(surveys, analysis_date, answer_days)
    nps = made.filter(made.scale == "nps")
    plain = (nps.scale_low == 0) & (nps.scale_high == 10)
    odd = int(nps.filter(~plain).count().execute())
    nps = nps.filter(plain)
    latest = nps.mutate(last=nps.age.min().over(group_by="customer_id"))
    latest = latest.filter(latest.age == latest["last"])
    points = latest.group_by("customer_id").aggregate(
        points=(latest.answer * 1000).round().cast("int64").sum().cast("float64") / 1000,
        answers=latest.count(),
    )
    frame = points.execute().set_index("customer_id").reindex(customers)
    mean = frame["points"] / frame["answers"]
    kind = np.select([mean >= PROMOTER, mean >= PASSIVE, mean.notna()], [1.0, 0.0, -1.0], np.nan)
    return pd.Series(kind, index=customers), odd
