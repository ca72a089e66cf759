"""Tables of weights, pairwise judgements, sensitivity and the ranking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.i18n.formats import MISSING
from kehu.params_weights import CRITERIA
from kehu.report.charts_weights import METHODS
from kehu.report.listings import listing
from kehu.report.show import Listing


def weights_by_method(tell: Translator, weights: pd.DataFrame, method: str) -> Listing:
    """List the weight of each criterion by each method there is, and the one in use.

    Parameters
    ----------
    tell : Translator
    weights : pandas.DataFrame
        Contract `weights`.
    method : str
        The one in use.
    """
    table = weights.pivot(index="criterion", columns="weighting", values="weight")
    table = table.loc[[c for c in CRITERIA if c in table.index]]
    with_data = table.drop(columns="used").max(axis=1) > 0
    rows = table[with_data].sort_values("used", ascending=False, kind="stable").reset_index()
    shown = {name: "percent" for name in (*METHODS, "used") if name in rows}
    made = listing(tell, rows, {"criterion": "code:criterion", **shown}, "weights_by_method",
                   method=method)  # fmt: skip
    if with_data.all():
        return made
    names = tell("report.list_separator").join(
        tell(f"criterion.{c}") for c in table.index[~with_data]
    )
    note = tell("listings.weights_by_method.left_out", names=names)
    return replace(made, subtitle=f"{made.subtitle} · {note}")


def ahp_judgements(tell: Translator, weighting: Any) -> Listing:
    """List the pairwise judgements, the most doubtful first, with what the others imply.

    Parameters
    ----------
    tell : Translator
    weighting : Weighting
        See `kehu.score.weights.derive`; where nobody judged, the title says so above no rows.
    """
    columns = {"first": "code:criterion", "meaning_words": "", "second": "code:criterion",
               "judgement": "figure", "implied": "figure", "suggested": "figure",
               "ratio_after": "dec3"}  # fmt: skip
    if weighting.judgements is None:
        return listing(tell, pd.DataFrame(columns=list(columns)), columns, "ahp_judgements_none")
    rows = weighting.judgements
    turned = rows["judgement"] < 1
    rows.loc[turned, ["first", "second"]] = rows.loc[turned, ["second", "first"]].to_numpy()
    scales = ["judgement", "implied", "suggested"]
    rows.loc[turned, scales] = 1 / rows.loc[turned, scales]
    steps = rows["judgement"].round().astype(int)
    rows["meaning_words"] = [tell(f"saaty.step{step}") for step in steps]
    for column in scales:
        rows[column] = [scale(tell, value) for value in rows[column]]
    ratio = weighting.ahp.consistency_ratio
    return listing(tell, rows, columns, "ahp_judgements", ratio=ratio)


def weight_sensitivity(tell: Translator, single: pd.DataFrame) -> Listing:
    """List what becomes of the ranking when one weight is lowered or raised by half.

    Parameters
    ----------
    tell : Translator
    single : pandas.DataFrame
        See `kehu.score.stability.Stability`.
    """
    rows = single.assign(change=[_signed(tell, c) for c in single["change"]])
    columns = {"criterion": "code:criterion", "weight": "percent", "change": "figure",
               "weight_new": "percent", "spearman": "dec3", "kendall": "dec3", "entered": "int",
               "left": "int", "turnover": "percent"}  # fmt: skip
    return listing(tell, rows, columns, "weight_sensitivity")


def ranking(tell: Translator, value: pd.DataFrame, most: int = 20) -> Listing:
    """List the best customers with score, indices, and how firm their place is.

    Parameters
    ----------
    tell : Translator
    value : pandas.DataFrame
        `customer_id, rank, score, top_share` and the indices; see contract `value`.
    most : int
        Rows shown.
    """
    rows = value.sort_values(["rank", "customer_id"])
    indices = {f"{c}_index": "int" for c in CRITERIA if value[f"{c}_index"].notna().any()}
    columns = {"rank": "int", "customer_id": "", "score": "dec1", **indices, "top_share": "chance"}
    firm = int((rows["top_share"].head(most) == 1).sum())
    return listing(tell, rows, columns, "ranking", most=most, firm=firm)


def scale(tell: Translator, value: float) -> str:
    """Write a place on Saaty's scale: 3, 2.5, 1/3; a dash where there is none."""
    if value != value:
        return MISSING
    whole = value if value >= 1 else 1 / value
    shown = tell.format(whole, "int" if abs(whole - round(whole)) < 1e-9 else "dec1")
    return shown if value >= 1 else f"1/{shown}"


def _signed(tell: Translator, change: float) -> str:
    return ("+" if change > 0 else "") + tell.format(change, "percent0")
