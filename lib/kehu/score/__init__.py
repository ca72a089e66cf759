"""Overall assessment: profit, acquisition, indices, weights, ranking."""

from kehu.score import (
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
