"""What the indices are made of: ingredients with weight, rule and missing-data rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from kehu.score.definitions import Strict, Words, entries

INDICES = ("value", "loyalty", "satisfaction", "potential", "influence", "strategic")
"""The six indices, in the order of tables and figures."""


class Ingredient(Strict):
    """One measure that an index is made of; see `ingredients.yml`."""

    index: Literal["value", "loyalty", "satisfaction", "potential", "influence", "strategic"]
    weight: float = Field(gt=0, le=1)
    scaling: Literal["percentile", "declared"]
    higher_is_better: bool
    kind: str
    name: Words
    rule: Words
    missing: Words


@dataclass(frozen=True)
class Measures:
    """The ingredients of one index as measured, before they are put on the common scale.

    Parameters
    ----------
    values : pandas.DataFrame
        One row per customer (index `customer_id`), one column per ingredient in its own unit,
        not-a-number where unknown.
    facts : dict
        Name to number: what was counted, and what was left out.
    """

    values: pd.DataFrame
    facts: dict[str, Any]


@lru_cache(maxsize=1)
def ingredients() -> Mapping[str, Ingredient]:
    """Return all ingredients, code to definition, in the order of the file."""
    return {
        code: Ingredient.model_validate(made) for code, made in entries("ingredients.yml").items()
    }


def of_index(index: str) -> list[str]:
    """List the codes of the ingredients of an index."""
    return [code for code, made in ingredients().items() if made.index == index]


def chosen_weights(given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the weight of every ingredient, the client's own where given.

    Parameters
    ----------
    given : mapping, optional
        Ingredient to weight, 0 or more; an ingredient left out keeps its weight of the table. Only
        the proportions within an index matter.

    Returns
    -------
    dict
        Ingredient to weight; the weights of an index add up to 1.

    Raises
    ------
    ValueError
        An unknown ingredient, a negative weight, or an index without any weight.
    """
    own = dict(given or {})
    if unknown := sorted(set(own) - set(ingredients())):
        raise ValueError(f"no such ingredients: {unknown}; known: {sorted(ingredients())}")
    if wrong := {code: w for code, w in own.items() if not 0 <= w < float("inf")}:
        raise ValueError(f"weights must be 0 or more, got {wrong}")
    weights = {code: own.get(code, made.weight) for code, made in ingredients().items()}
    totals = {index: sum(weights[c] for c in of_index(index)) for index in INDICES}
    if empty := [index for index, total in totals.items() if total == 0]:
        raise ValueError(f"indices without any weight: {empty}")
    return {code: w / totals[ingredients()[code].index] for code, w in weights.items()}
