"""A customer's own rhythm: the gap to expect between purchases, and how far it is overdue."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table


def typical_gap(summary: pd.DataFrame) -> float:
    """Return the mean over customers who came back of their mean days between purchases.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.

    Returns
    -------
    float
        Days; nan where nobody came back.
    """
    back = summary[summary["frequency"] > 0]
    return float((span(back) / back["frequency"]).mean())


def rhythm(summary: pd.DataFrame, typical_gaps: float) -> pd.DataFrame:
    """Estimate each customer's gap between purchases, and how far the next one is overdue.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    typical_gaps : float
        Gaps of a typical customer mixed into each one's own, above 0.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `expected_gap` (days), `overdue` (days since the last purchase over the
        expected gap, 0 or more); both nan where nobody ever came back.

    Notes
    -----
    With x gaps that span d days, a typical gap g and a weight of k gaps, the expected gap is
    (k g + d) / (k + x): the posterior mean of an exponential gap's mean whose prior is inverse
    gamma with mean g and shape k + 1. Who bought once is taken to be typical; who bought often is
    judged by what they did. If purchases come at random, a customer who stays exceeds three
    expected gaps with a chance of e^-3 = 5 %, six with e^-6 = 0.25 %.

    References
    ----------
    Allenby, Leone and Jen (1999), A dynamic model of purchase timing with application to direct
    marketing, JASA 94: a customer is judged against the own interpurchase time.
    """
    gap = typical_gap(summary)
    expected = (typical_gaps * gap + span(summary)) / (typical_gaps + summary["frequency"])
    expected = expected.clip(lower=1.0)
    return pd.DataFrame(
        {
            "customer_id": summary["customer_id"],
            "expected_gap": expected.astype(float),
            "overdue": (summary["days_since_last"] / expected).astype(float),
        }
    )


def span(summary: pd.DataFrame) -> pd.Series:
    """Return the days from the first to the last purchase."""
    first, last = (pd.to_datetime(summary[c]) for c in ("first_date", "last_date"))
    return (last - first).dt.days


def windows(
    transactions: Table, rhythm: pd.DataFrame, trend_gaps: float, analysis_date: str
) -> pd.DataFrame:
    """Count purchases in the last of two equal windows and in the one before, by own rhythm.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    rhythm : pandas.DataFrame
        See `rhythm`.
    trend_gaps : float
        Length of a window in the customer's expected gaps.
    analysis_date : str
        Last day observed, inclusive, ISO.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `recent`, `before` (days with net spend above 0 in each window), as many
        rows as `rhythm` and in its order.
    """
    lengths = rhythm["expected_gap"].fillna(0.0) * trend_gaps
    given = pd.DataFrame({"customer_id": rhythm["customer_id"], "window": lengths.astype(float)})
    end = ibis.literal(date.fromisoformat(analysis_date))
    lines = transactions.select("customer_id", "amount", day=transactions.date.date())
    days = lines.group_by("customer_id", "day").aggregate(spend=lines.amount.sum())
    days = days.filter(days.spend > 0).mutate(age=end.delta(days.day, unit="day"))
    both = days.filter(days.age >= 0).inner_join(ibis.memtable(given), "customer_id")
    counts = both.group_by("customer_id").aggregate(
        recent=(both.age < both.window).sum(),
        before=((both.age >= both.window) & (both.age < 2 * both.window)).sum(),
    )
    found = given[["customer_id"]].merge(counts.execute(), on="customer_id", how="left")
    return found.fillna({"recent": 0, "before": 0}).astype({"recent": np.int64, "before": np.int64})
