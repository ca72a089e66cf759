"""The eight classical RFM segments (重要/一般 x 价值/发展/保持/挽留)."""

from __future__ import annotations

import pandas as pd

RULES: dict[tuple[bool, bool, bool], str] = {
    (True, True, True): "champion",
    (True, False, True): "develop",
    (False, True, True): "keep",
    (False, False, True): "win_back",
    (True, True, False): "regular_value",
    (True, False, False): "regular_develop",
    (False, True, False): "regular_keep",
    (False, False, False): "regular_win_back",
}
"""(R high, F high, M high) to segment: every combination once, so no gap and no overlap."""

SEGMENTS = tuple(RULES.values())


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
    return {c: float(rfm[c].mean()) for c in ("r_score", "f_score", "m_score")}


def rfm_segments(rfm: pd.DataFrame) -> pd.Series:
    """Name each customer's RFM segment.

    Parameters
    ----------
    rfm : pandas.DataFrame
        Columns `r_score, f_score, m_score`, 1…5.

    Returns
    -------
    pandas.Series of str
        Of `SEGMENTS`, index of `rfm`.
    """
    high = [rfm[c] > limit for c, limit in thresholds(rfm).items()]
    named = pd.Series("", index=rfm.index, name="rfm_segment", dtype="str")
    for (r, f, m), segment in RULES.items():
        named[(high[0] == r) & (high[1] == f) & (high[2] == m)] = segment
    return named


def rule_table(rfm: pd.DataFrame, spend: pd.Series, clv: pd.Series) -> pd.DataFrame:
    """Show each rule beside what it catches.

    Parameters
    ----------
    rfm : pandas.DataFrame
        Columns `r_score, f_score, m_score`.
    spend, clv : pandas.Series
        Of the same customers, in currency.

    Returns
    -------
    pandas.DataFrame
        Eight rows: `rfm_segment, r_high, f_high, m_high, customers, customers_share, spend,
        spend_share, clv`; a segment nobody falls in has 0 customers. Shares of a total of 0 are 0.
    """
    named, total = rfm_segments(rfm), float(spend.sum())
    money = pd.DataFrame({"segment": named, "spend": spend, "clv": clv})
    sums = money.groupby("segment").agg(
        customers=("spend", "size"), spend=("spend", "sum"), clv=("clv", "sum")
    )
    rules = [(*key, name) for key, name in RULES.items()]
    table = pd.DataFrame(rules, columns=["r_high", "f_high", "m_high", "rfm_segment"])
    table = table.join(sums.reindex(SEGMENTS).fillna(0), on="rfm_segment")
    return table.assign(
        customers=table["customers"].astype("int64"),
        customers_share=table["customers"] / len(rfm),
        spend_share=table["spend"] / total if total else 0.0,
    )
