"""Overall assessment: profit, acquisition, indices, weights, ranking."""

from kehu.score import (
    ahp_form,
    assess,
    contribution,
    indicators,
    indices,
    ingredients,
    rank,
    settings,
    stability,
    telling,
    weights,
)

__all__ = [
    "ahp_form",
    "assess",
    "contribution",
    "indicators",
    "indices",
    "ingredients",
    "rank",
    "settings",
    "stability",
    "telling",
    "weights",
]
