"""The client's figures beside those of peers: like with like, with origin and date."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from ibis.expr.types import Table

BETTER = {
    "nps": "high",
    "csat_top_box": "high",
    "complaints_per_100_customers": "low",
    "complaints_per_1000_orders": "low",
    "settled_median_hours": "low",
    "settled_in_time_share": "high",
}
"""Indicators of this stage to the end that is good. Means have their scale in the code, such as
`csat_mean_1_5`; those of CSAT are good high, those of CES differ from survey to survey."""


@dataclass(frozen=True)
class Comparison:
    """Benchmarks beside own figures.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `benchmark_gaps`: every benchmark whose indicator the client has a figure for.
    unknown : tuple of str
        Indicator codes of benchmarks that nothing of the client's is called by.
    without_own : tuple of str
        Codes that are known, but for which the client's data give no figure.
    """

    table: pd.DataFrame
    unknown: tuple[str, ...]
    without_own: tuple[str, ...]


def own_figures(
    nps: pd.DataFrame,
    satisfaction: pd.DataFrame,
    complaints: pd.DataFrame,
    overall: str,
    indicators: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List the client's figures under the codes that benchmarks use.

    Parameters
    ----------
    nps, satisfaction, complaints : pandas.DataFrame
        Contracts of those names.
    overall : str
        The question that stands for all; of several NPS or CSAT questions it is the one compared,
        else the one with most answers.
    indicators : pandas.DataFrame, optional
        Contract `indicators`, figures of other stages.

    Returns
    -------
    pandas.DataFrame
        `indicator, own_figure, own_low, own_high` (95 % interval, nan where unknown), one row per
        code. A code of this stage comes before the same code of another stage.
    """
    rows = [*_of_surveys(nps, satisfaction, overall), *_of_complaints(complaints)]
    if indicators is not None:
        rows += [(r.indicator, r.figure, math.nan, math.nan) for r in indicators.itertuples()]
    frame = pd.DataFrame(rows, columns=["indicator", "own_figure", "own_low", "own_high"])
    frame = frame.astype(dict.fromkeys(("own_figure", "own_low", "own_high"), float))
    return frame.drop_duplicates("indicator", ignore_index=True)


def _of_surveys(
    nps: pd.DataFrame, satisfaction: pd.DataFrame, overall: str
) -> list[tuple[str, float, float, float]]:
    rows = []
    score = _chosen(nps[nps["breakdown"] == "all"], overall)
    if score is not None:
        names = ("weighted_nps", "weighted_nps_low", "weighted_nps_high")
        rows.append(("nps", *(score[n] for n in names)))
    whole = satisfaction[(satisfaction["breakdown"] == "all") & satisfaction["is_shown"]]
    for kind in ("csat", "ces"):
        asked = _chosen(whole[whole["computed"] == kind], overall)
        if asked is None:
            continue
        mean = f"{kind}_mean_{asked['scale_low']:g}_{asked['scale_high']:g}"
        rows.append((mean, *(asked[n] for n in ("mean_answer", "mean_low", "mean_high"))))
        if kind == "csat":
            top = ("top_box", "top_box_low", "top_box_high")
            rows.append(("csat_top_box", *(asked[n] for n in top)))
    return rows


def _chosen(rows: pd.DataFrame, overall: str) -> pd.Series | None:
    """Take the overall question, else the one with most answers."""
    if rows.empty:
        return None
    ordered = rows.assign(other=rows["question"] != overall)
    by = ["other", "answers", "question"]
    return ordered.sort_values(by, ascending=[True, False, True]).iloc[0]


def _of_complaints(complaints: pd.DataFrame) -> list[tuple[str, float, float, float]]:
    whole = complaints[complaints["breakdown"] == "all"].iloc[0]
    if not whole["complaints"]:
        return []
    none = (math.nan, math.nan)
    orders = ("per_1000_orders", "per_1000_low", "per_1000_high")
    return [
        ("complaints_per_100_customers", whole["per_100_customers"], *none),
        ("complaints_per_1000_orders", *(whole[n] for n in orders)),
        ("settled_median_hours", whole["median_hours"], *none),
        ("settled_in_time_share", whole["sla_share"], *none),
    ]


def compare(benchmarks: Table, own: pd.DataFrame) -> Comparison:
    """Put every benchmark beside the client's figure of the same code.

    Parameters
    ----------
    benchmarks : ibis Table
        Contract `benchmarks`, possibly empty.
    own : pandas.DataFrame
        See `own_figures`.

    Returns
    -------
    Comparison

    Notes
    -----
    The verdict is `level` where the peer's figure lies in the client's interval; otherwise better
    or worse where it is known which end is good, and only above or below where it is not. The
    peer's own error is not known, so a gap just outside the interval is weak evidence.
    """
    peers = benchmarks.order_by(["source", "row"]).execute()
    known = {*own["indicator"], *BETTER}
    codes = set(peers["indicator"])
    merged = peers.merge(own, on="indicator", validate="m:1").dropna(subset="own_figure")
    merged = merged.assign(peer_gap=merged["own_figure"] - merged["figure"])
    table = merged.assign(gap_verdict=[_verdict(r) for r in merged.to_dict("records")])
    return Comparison(
        table=table,
        unknown=tuple(sorted(codes - known)),
        without_own=tuple(sorted((codes & known) - set(merged["indicator"]))),
    )


def _verdict(row: dict[str, float | str]) -> str:
    gap, figure = float(row["peer_gap"]), float(row["figure"])
    low, high = float(row["own_low"]), float(row["own_high"])
    if np.isclose(gap, 0, atol=1e-9 * max(abs(figure), 1)) or low <= figure <= high:
        return "level"
    code = str(row["indicator"])
    good = "high" if code.startswith("csat_mean_") else BETTER.get(code)
    if good is None:
        return "above" if gap > 0 else "below"
    return "better" if (gap > 0) == (good == "high") else "worse"
