"""The numbers that the report's sentences on weights and ranking quote."""

from __future__ import annotations

from math import sqrt
from typing import Any

from kehu.score.stability import CONCENTRATION, RANKED, Stability
from kehu.score.weights import Weighting


def facts(weighting: Weighting, aggregate: str, stability: Stability) -> dict[str, Any]:
    """Name the numbers on weights, judgements and stability.

    Parameters
    ----------
    weighting : Weighting
        See `kehu.score.weights.derive`.
    aggregate : {'weighted_sum', 'topsis'}
    stability : Stability
        See `kehu.score.stability.assess`, with its usual concentration.

    Returns
    -------
    dict
        Name to number or text; of equally heavy criteria the first of
        `kehu.params_weights.CRITERIA` is named.
    """
    return {
        "weighting": weighting.method,
        "aggregate": aggregate,
        **_weights(weighting),
        **_judgements(weighting),
        "in_top": stability.in_top,
        "draws": stability.draws,
        "ranked": min(RANKED, stability.draws),
        **_draws(stability),
        **_single(stability),
    }


def _weights(weighting: Weighting) -> dict[str, Any]:
    first = str(weighting.used.idxmax())
    weight = float(weighting.used[first])
    with_data = len(weighting.used) - len(weighting.left_out)
    filled = sum(weighting.filled.values())
    kinds = {(True, True): "both", (True, False): "left_out", (False, True): "filled"}
    return {
        "weighed": int((weighting.used > 0).sum()),
        "first": first,
        "first_weight": weight,
        "first_swing": 100 * sqrt(weight * (1 - weight) / (CONCENTRATION + 1)),
        "blanks": kinds.get((bool(weighting.left_out), filled > 0), "none"),
        "left_out": len(weighting.left_out),
        "constant": len(weighting.constant),
        "filled": filled,
        "filled_share": filled / (weighting.n_customers * with_data),
    }


def _judgements(weighting: Weighting) -> dict[str, Any]:
    judged = weighting.ahp
    n = len(judged.criteria) if judged else 0
    return {
        "ahp_used": "yes" if judged else "no",
        "ahp_criteria": n,
        "ahp_pairs": n * (n - 1) // 2,
        "ahp_lambda": judged.lambda_max if judged else None,
        "ahp_random": judged.random_index if judged else None,
        "ahp_ratio": judged.consistency_ratio if judged else None,
    }


def _draws(stability: Stability) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in stability.spread.to_dict("records"):
        kind = row["draws"]
        found |= {
            f"kept_{kind}": row["kept"],
            f"kept_{kind}_share": row["kept"] / stability.in_top,
            f"stayed_{kind}": row["stayed"],
            f"spearman_{kind}": row["spearman"],
        }
    return found


def _single(stability: Stability) -> dict[str, Any]:
    single = stability.single
    worst = single.loc[single["turnover"].idxmax()] if len(single) else None
    return {
        "changes": "none" if worst is None else "yes" if worst["turnover"] > 0 else "no",
        "turnover": None if worst is None else float(worst["turnover"]),
        "turnover_criterion": None if worst is None else str(worst["criterion"]),
        "turnover_spearman": None if worst is None else float(worst["spearman"]),
    }
