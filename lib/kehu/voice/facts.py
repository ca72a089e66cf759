"""The numbers that the chapter's sentences quote, by name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.voice.benchmark import Comparison
from kehu.voice.drivers import Drivers
from kehu.voice.period import NO_GROUP
from kehu.voice.responses import COMPLAINTS

LEVEL = 0.05
"""Adjusted p-value below which a difference is called one."""

COLLINEAR = 5.0
"""Variance inflation above which an experience can hardly be told from the others."""


def survey_facts(
    cells: pd.DataFrame, questions: pd.DataFrame, satisfaction: pd.DataFrame, days: int
) -> dict[str, Any]:
    """Count questions and answers, and find the best and the worst CSAT question.

    Parameters
    ----------
    cells, questions : pandas.DataFrame
        See `kehu.voice.surveys`.
    satisfaction : pandas.DataFrame
        Contract `satisfaction`.
    days : int
        Length of the period.

    Returns
    -------
    dict
        Name to number or text; shares and means are nan without answers.
    """
    whole = satisfaction[satisfaction["breakdown"] == "all"]
    answers, asked = int(whole["answers"].sum()), int(whole["asked"].sum())
    least = whole.assign(share=whole["answers"] / whole["asked"]).sort_values(["share", "question"])
    wrong = questions[(questions["scale"] == "nps") & (questions["computed"] != "nps")]
    return {
        "days": days,
        "n_questions": len(whole),
        "answers": answers,
        "answered_share": answers / asked if asked else float("nan"),
        "undated": _undated(cells),
        "least_answered": first(least, "question"),
        "least_answered_share": first(least, "share"),
        "not_ten": len(wrong),
        "not_ten_question": first(wrong, "question"),
        "hidden": int((~satisfaction.loc[satisfaction["breakdown"] != "all", "is_shown"]).sum()),
        **_csat(whole),
    }


def first(rows: pd.DataFrame, column: str) -> Any:
    """Return a column's value in the first row; None where there are no rows."""
    return rows[column].iloc[0] if len(rows) else None


def _undated(cells: pd.DataFrame) -> int:
    """Count the answers without a date; a question of which none has one is in no quarter."""
    given = cells[cells["answer"].notna()]
    quarters = given[given["breakdown"] == "quarter"]
    whole = given[given["breakdown"] == "all"]
    never = whole[~whole["question"].isin(quarters["question"])]
    return int(quarters.loc[quarters["bucket"] == NO_GROUP, "n"].sum() + never["n"].sum())


def _csat(whole: pd.DataFrame) -> dict[str, Any]:
    """Name the CSAT questions of the highest and lowest share of satisfied answers."""
    asked = whole[(whole["computed"] == "csat") & whole["top_box"].notna()]
    ordered = asked.sort_values(["top_box", "question"], ascending=[False, True])
    ends = (("best", ordered), ("worst", ordered[::-1]))
    names = {f"csat_{end}": first(rows, "question") for end, rows in ends}
    tops = {f"csat_{end}_top": first(rows, "top_box") for end, rows in ends}
    means = {f"csat_{end}_mean": first(rows, "mean_answer") for end, rows in ends}
    high = {"csat_worst_high": first(ordered[::-1], "scale_high")}
    return {"n_csat": len(asked), **names, **tops, **means, **high}


def nps_facts(nps: pd.DataFrame, overall: str, min_group: int) -> dict[str, Any]:
    """Take the headline score, the group that differs most, and the last change.

    Parameters
    ----------
    nps : pandas.DataFrame
        Contract `nps`.
    overall : str
        The question that stands for all; of several NPS questions it is the headline, else the one
        with most answers.
    min_group : int
        Answers below which a group is not shown.

    Returns
    -------
    dict
        Name to number or text; only `n_nps` and `min_group` where there is no score.
    """
    known = {"min_group": min_group}
    heads = nps[(nps["breakdown"] == "all") & (nps["answers"] > 0)]
    if heads.empty:
        return {"n_nps": 0, **known}
    ordered = heads.assign(other=heads["question"] != overall)
    head = ordered.sort_values(
        ["other", "answers", "question"], ascending=[True, False, True]
    ).iloc[0]
    own = nps[nps["question"] == head["question"]]
    groups = own[~own["breakdown"].isin(["all", "quarter"]) & (own["bucket"] != NO_GROUP)]
    names = ("answers", "promoters", "passives", "detractors", "nps", "nps_low", "nps_high",
             "weighted_nps", "weighted_nps_low", "weighted_nps_high",
             "effective_answers")  # fmt: skip
    return {
        "n_nps": int(heads["question"].nunique()),
        **known,
        "nps_question": head["question"],
        **{n if n.startswith(("nps", "weighted", "eff")) else f"nps_{n}": head[n] for n in names},
        **_far(groups),
        **_change(own[own["breakdown"] == "quarter"]),
    }


def _far(groups: pd.DataFrame) -> dict[str, Any]:
    """Find the group that differs most from the others, among those that clearly do."""
    differ = groups[groups["nps_p_value"] < LEVEL]
    size = differ["nps_difference"].abs()
    far = differ.assign(size=size).sort_values(
        ["size", "breakdown", "bucket"], ascending=[False, True, True]
    )
    found = {f"far_{n}": first(far, n) for n in ("breakdown", "bucket", "answers")}
    return {
        "groups_compared": int(groups["nps_p_value"].notna().sum()),
        "groups_hidden": int((~groups["is_shown"]).sum()),
        "groups_differ": len(differ),
        **found,
        "far_nps": first(far, "weighted_nps"),
        "far_difference": first(far, "nps_difference"),
        "far_p_value": first(far, "nps_p_value"),
    }


def _change(quarters: pd.DataFrame) -> dict[str, Any]:
    """Take the last quarter shown and its change."""
    dated = quarters[quarters["is_shown"] & (quarters["bucket"] != NO_GROUP)]
    last = dated.sort_values("bucket", ascending=False)
    return {
        "quarters": len(dated),
        "last_quarter": first(last, "bucket"),
        "last_quarter_nps": first(last, "weighted_nps"),
        "last_change": first(last, "nps_difference"),
        "last_change_p": first(last, "nps_p_value"),
    }


def driver_facts(found: Drivers) -> dict[str, Any]:
    """Say for each outcome who was looked at, how much goes together, and what to improve first.

    Parameters
    ----------
    found : Drivers

    Returns
    -------
    dict
        Name to number or text, per outcome.
    """
    facts: dict[str, Any] = {"overall_question": found.overall or None}
    for outcome in found.outcomes:
        rows = found.table[found.table["driver_outcome"] == outcome.name]
        asked = rows[~rows["driver"].isin(COMPLAINTS)]
        ordered = asked.sort_values(["explained_share", "driver"], ascending=[False, True])
        improve = ordered[ordered["quadrant"] == "improve"]
        tied = rows["vif"].isna() | (rows["vif"] > COLLINEAR)
        figures = {
            "skipped": outcome.skipped or None,
            "respondents": outcome.respondents,
            "experiences": len(rows),
            "explained": outcome.r2 - outcome.r2_adjusting,
            "adjusted": len(outcome.confounders),
            "power": outcome.power,
            "strongest": first(ordered, "driver"),
            "strongest_share": first(ordered, "explained_share"),
            "improve": len(improve),
            "improve_first": first(improve, "driver"),
            "improve_score": first(improve, "performance_score"),
            "tied": int(tied.sum()),
            "rare": len(set(outcome.left_out) - set(COMPLAINTS)),
            **_after_complaint(rows),
        }
        facts |= {f"{outcome.name}_{name}": value for name, value in figures.items()}
    return facts


def _after_complaint(rows: pd.DataFrame) -> dict[str, Any]:
    """Difference of the outcome between who had complained and who had not, if one is known."""
    row = rows[rows["driver"] == "complained"]
    ends = row[["association_low", "association_high"]].to_numpy(dtype=float)
    return {
        "complained": first(row, "per_point"),
        "complained_points": first(100 * row[["per_point"]], "per_point"),
        "complained_clear": bool(((ends[:, 0] > 0) | (ends[:, 1] < 0)).any()),
    }


def benchmark_facts(compared: Comparison) -> dict[str, Any]:
    """Count the gaps by what they mean, and the codes nothing could be compared with.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    dict
        Name to number or text.
    """
    table = compared.table
    counts = table["gap_verdict"].value_counts()
    worse = table[table["gap_verdict"] == "worse"]
    relative = (worse["peer_gap"] / worse["figure"].where(worse["figure"] != 0)).abs()
    widest = worse.assign(size=relative).sort_values(["size", "source", "row"], ascending=False)
    return {
        "compared": len(table),
        "peers": int(table["peer"].nunique()),
        **{f"peers_{v}": int(counts.get(v, 0)) for v in ("better", "worse", "level")},
        "peers_other": int(counts.reindex(["above", "below"]).sum()),
        "without_origin": int(table["origin"].isna().sum()),
        "unknown_indicators": len(compared.unknown),
        "unknown_codes": ", ".join(compared.unknown),
        "without_own": len(compared.without_own),
        "without_own_codes": ", ".join(compared.without_own),
        "widest_indicator": first(widest, "indicator"),
        "widest_peer": first(widest, "peer"),
        "widest_figure": first(widest, "figure"),
        "widest_own": first(widest, "own_figure"),
    }
