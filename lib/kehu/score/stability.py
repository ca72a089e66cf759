"""How much of a ranking is the choice of weights: draws around them, all weights, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from kehu.score.criteria import Array, canonical_order, complete
from kehu.score.rank import Scorer, scorer
from kehu.score.weights import Weighting

TOP = 0.2
"""Share of customers whose membership is watched."""

DRAWS = 1000
"""Weightings drawn in each of the two ways."""

CONCENTRATION = 50.0
"""Sum of the Dirichlet parameters around the chosen weights: a weight w varies by about
sqrt(w (1 - w) / 51), which is 7 points for a weight of 40 % and 3 points for one of 5 %."""

RANKED = 100
"""Of the draws, those whose whole ranking is compared with the chosen one; sorting is dear."""

CHANGE = 0.5
"""By which part each weight is raised and lowered when one is changed at a time."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Stability:
    """How the top 20 % and the ranking fare when weights change.

    Parameters
    ----------
    customers : pandas.DataFrame
        `customer_id`; `in_top`, under the chosen weights; `top_share`, share of the draws around
        them under which the customer is in the top 20 %; `top_share_any`, the same over all
        possible weights. In the order of the indices.
    spread : pandas.DataFrame
        A row for each way of drawing (`draws`: near, any): of the customers in the top 20 % under
        the chosen weights those who are `kept` in every draw, and those who `may_leave`; of the
        others those who `may_enter` in some draw, and those who `never` do; `stayed`, the mean
        share of the chosen top 20 % that a draw keeps; `spearman`, mean rank correlation with the
        chosen ranking, and `spearman_low`, its 5 % quantile, not-a-number where there is none.
    single : pandas.DataFrame
        A row for each weight and direction: `criterion`, `change` (-0.5, 0.5), `weight`,
        `weight_new`; `spearman` and `kendall` (tau-b) with the chosen ranking; `entered` and `left`
        the top 20 %; `turnover`, those who left as a share of the chosen top 20 %. Empty where one
        criterion has all the weight.
    in_top : int
        Customers in the top 20 % under the chosen weights; more than 20 % where scores tie.
    draws : int
        Weightings in each way of drawing.
    """

    customers: pd.DataFrame
    spread: pd.DataFrame
    single: pd.DataFrame
    in_top: int
    draws: int


def assess(
    indices: pd.DataFrame,
    weighting: Weighting,
    aggregate: str = "weighted_sum",
    *,
    seed: int,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
) -> Stability:
    """Ask how the ranking would be under other weights.

    Parameters
    ----------
    indices : pandas.DataFrame
        Contract `indices`.
    weighting : Weighting
        Criteria of weight 0 stay out of all draws: they were decided against, or have no data.
    aggregate : {'weighted_sum', 'topsis'}
    seed : int
        Start of the draws.
    draws : int
        Weightings in each of the two ways of drawing.
    concentration : float
        Above 0; the higher, the closer the draws to the chosen weights.

    Returns
    -------
    Stability

    Raises
    ------
    KehuError
        KH-D11: see `kehu.score.criteria.complete`.
    ValueError
        `draws` or `concentration` is not above 0, or the aggregate is unknown.

    Notes
    -----
    Around the chosen weights w: Dirichlet(concentration x w), whose mean is w; over all weights:
    Dirichlet(1, …, 1), uniform on the simplex. One draw at a time is scored, so memory grows with
    the customers only. A customer is in the top 20 % if fewer than a fifth of all customers score
    higher: ties are all in or all out.

    References
    ----------
    Butler, J., Jia, J., Dyer, J. (1997), "Simulation techniques for the sensitivity analysis of
    multi-criteria decision models", European Journal of Operational Research 103(3), 531-546.
    """
    if draws < 1 or not concentration > 0:
        raise ValueError("draws and concentration must be above 0")
    data = complete(indices)
    weights = weighting.used[list(data.names)].to_numpy()
    weighed = weights > 0
    values, weights = data.values[:, weighed], weights[weighed]
    order = canonical_order(values)
    score = scorer(values[order], aggregate)
    rng = np.random.default_rng(seed)
    kinds = {
        "near": rng.dirichlet(concentration * weights, draws),
        "any": rng.dirichlet(np.ones_like(weights), draws),
    }
    chosen = score(weights)
    inside = top(chosen)
    found = {kind: _drawn(score, chosen, inside, drawn) for kind, drawn in kinds.items()}
    customers = pd.DataFrame(
        {
            "customer_id": indices["customer_id"].to_numpy(),
            "in_top": _back(inside, order),
            "top_share": _back(found["near"][0] / draws, order),
            "top_share_any": _back(found["any"][0] / draws, order),
        }
    )
    spread = pd.DataFrame([{"draws": kind, **row} for kind, (_, row) in found.items()])
    names = [name for name, is_weighed in zip(data.names, weighed, strict=True) if is_weighed]
    single = _one_at_a_time(score, chosen, names, weights)
    return Stability(customers, spread, single, int(inside.sum()), draws)


def top(scores: Array) -> Bools:
    """Tell who is in the top 20 %: at least one customer, and all who tie with the last of them."""
    n = len(scores)
    place = n - max(1, int(np.ceil(TOP * n - 1e-9)))
    return np.asarray(scores >= np.partition(scores, place)[place])


def _drawn(
    score: Scorer, chosen: Array, inside: Bools, drawn: Array
) -> tuple[NDArray[np.int64], dict[str, float]]:
    """Count for each customer the draws with a place in the top 20 %, and sum up over customers."""
    times = np.zeros(len(chosen), dtype=np.int64)
    places, similar = _places(chosen), []
    for i, weights in enumerate(drawn):
        scores = score(weights)
        times += top(scores)
        if i < RANKED:
            similar.append(_spearman(places, _places(scores)))
    always, ever = times == len(drawn), times > 0
    return times, {
        "kept": int((inside & always).sum()),
        "may_leave": int((inside & ~always).sum()),
        "may_enter": int((~inside & ever).sum()),
        "never": int((~inside & ~ever).sum()),
        "stayed": float(times[inside].sum() / (len(drawn) * inside.sum())),
        "spearman": float(np.mean(similar)),
        "spearman_low": float(np.quantile(similar, 0.05)),
    }


def _one_at_a_time(score: Scorer, chosen: Array, names: list[str], weights: Array) -> pd.DataFrame:
    """Raise and lower each weight by half, the others sharing what is left as before."""
    columns = ["criterion", "change", "weight", "weight_new", "spearman", "kendall", "entered",
               "left", "turnover"]  # fmt: skip
    inside, places = top(chosen), _places(chosen)
    rows = []
    for name, change, changed, weight, new in _changes(names, weights):
        scores = score(changed)
        now = top(scores)
        left = int((inside & ~now).sum())
        others = _places(scores)
        spearman, kendall = _spearman(places, others), _kendall(places, others)
        entered = int((now & ~inside).sum())
        turnover = left / int(inside.sum())
        rows.append((name, change, weight, new, spearman, kendall, entered, left, turnover))
    return pd.DataFrame(rows, columns=columns)


def _changes(names: list[str], weights: Array) -> Iterator[tuple[str, float, Array, float, float]]:
    """Yield the changed weightings: a weight never exceeds 1, and they always sum to 1."""
    if len(names) < 2:
        return
    for j, name in enumerate(names):
        for change in (-CHANGE, CHANGE):
            new = min(float(weights[j]) * (1 + change), 1.0)
            changed = weights * (1 - new) / (1 - weights[j])
            changed[j] = new
            yield name, change, changed, float(weights[j]), new


def _places(scores: Array) -> Array:
    """Rank scores from the lowest, 1, equal scores at the mean of their places."""
    order = np.argsort(scores)
    ascending = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] > ascending[:-1]]))
    sizes = np.diff(starts, append=len(scores))
    places = np.empty(len(scores))
    places[order] = np.repeat(starts + (sizes + 1) / 2, sizes)
    return places


def _spearman(places: Array, others: Array) -> float:
    """Correlate two rankings; not-a-number where one of them ranks nobody."""
    a, b = places - places.mean(), others - others.mean()
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale > 0 else float("nan")


def _kendall(places: Array, others: Array) -> float:
    """Correlate two rankings by pairs in the same order (tau-b); not-a-number as above."""
    if np.ptp(places) == 0 or np.ptp(others) == 0:
        return float("nan")
    return float(kendalltau(places, others).statistic)


def _back(values: Array | Bools, order: NDArray[np.intp]) -> Array | Bools:
    """Put values of customers in canonical order back where the customers stood."""
    back = np.empty_like(values)
    back[order] = values
    return back
