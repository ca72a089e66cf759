"""RFM segments by rule table: the eight classical ones (重要 and 一般), or others."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kehu.segments import rule_check, rule_set
from kehu.segments.rule_set import LEVELS, RuleSet

SEGMENTS = (
    "champion", "develop", "keep", "win_back",
    "regular_value", "regular_develop", "regular_keep", "regular_win_back",
)  # fmt: skip
"""Keys of the classical eight, in the order of the report."""

_SCORES = ("r_score", "f_score", "m_score")


@lru_cache(maxsize=1)
def classical() -> RuleSet:
    """Return the rule table of the classical eight."""
    return rule_check.load(rule_set.chosen("classical", Path()))


def thresholds(rfm: pd.DataFrame) -> dict[str, float]:
    """Return the mean R, F and M score of all customers: a score above its mean is high.

    Parameters
    ----------
    rfm : pandas.DataFrame
        Columns `r_score, f_score, m_score`, 1…5.

    Returns
    -------
    dict
        `r_score, f_score, m_score` to mean.
    """
    return {c: float(rfm[c].mean()) for c in _SCORES}


def rfm_segments(rfm: pd.DataFrame, rules: RuleSet) -> pd.Series:
    """Name each customer's RFM segment.

    Parameters
    ----------
    rfm : pandas.DataFrame
        Columns `r_score, f_score, m_score`, 1…5.
    rules : RuleSet
        Covers every code once; see `kehu.segments.rule_check.load`.

    Returns
    -------
    pandas.Series of str
        Keys of `rules.segments`, index of `rfm`.
    """
    names = np.array([keys[0] for keys in rules.claims().values()])
    size = len(rules.values)
    if rules.by_level:
        limits = thresholds(rfm)
        digits = [(rfm[c] > limits[c]).to_numpy(int) * LEVELS.index("high") for c in _SCORES]
    else:
        digits = [rfm[c].to_numpy(int) - 1 for c in _SCORES]
    place = (digits[0] * size + digits[1]) * size + digits[2]
    return pd.Series(names[place], index=rfm.index, name="rfm_segment", dtype="str")


def rule_table(rfm: pd.DataFrame, spend: pd.Series, clv: pd.Series, rules: RuleSet) -> pd.DataFrame:
    """Show each rule beside what it catches.

    Parameters
    ----------
    rfm : pandas.DataFrame
        Columns `r_score, f_score, m_score`.
    spend, clv : pandas.Series
        Of the same customers, in currency.
    rules : RuleSet
        As in `rfm_segments`.

    Returns
    -------
    pandas.DataFrame
        A row per segment in the order of the rules: `rfm_segment, rule` (in short), `codes`
        (number of R-F-M codes), `customers, customers_share, spend, spend_share, clv`; a segment
        nobody falls in has 0 customers. Shares of a total of 0 are 0.
    """
    named, total = rfm_segments(rfm, rules), float(spend.sum())
    money = pd.DataFrame({"segment": named, "spend": spend, "clv": clv})
    sums = money.groupby("segment").agg(
        customers=("spend", "size"), spend=("spend", "sum"), clv=("clv", "sum")
    )
    keys = list(rules.segments)
    owners = pd.Series([k[0] for k in rules.claims().values()]).value_counts()
    table = sums.reindex(keys).fillna(0).rename_axis("rfm_segment").reset_index()
    return table.assign(
        rule=[rules.rule(k) for k in keys],
        codes=owners.reindex(keys).to_numpy(),
        customers=table["customers"].astype("int64"),
        customers_share=table["customers"] / len(rfm),
        spend_share=table["spend"] / total if total else 0.0,
    )


def named_facts(table: pd.DataFrame) -> dict[str, Any]:
    """Name the numbers of the named segments that sentences quote.

    Parameters
    ----------
    table : pandas.DataFrame
        See `rule_table`.
    """
    return {
        "named_segments": len(table),
        "named_codes": int(table["codes"].sum()),
        "named_empty": int((table["customers"] == 0).sum()),
    }
