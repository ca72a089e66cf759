"""What the indices are made of: ingredients with weight, rule and missing-data rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import pandas as pd
from pydantic import Field
from rapidfuzz import process

from kehu.errors import Problem, raise_all
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
    KehuError
        KH-P05: unknown ingredients, weights below 0, indices without any weight; all at once.
    """
    own = dict(given or {})
    raise_all([*_unknown(own), *_negative(own)])
    weights = {code: own.get(code, made.weight) for code, made in ingredients().items()}
    totals = {index: sum(weights[c] for c in of_index(index)) for index in INDICES}
    raise_all(_weightless(index) for index, total in totals.items() if total == 0)
    return {code: w / totals[ingredients()[code].index] for code, w in weights.items()}


def _unknown(own: Mapping[str, float]) -> Iterator[Problem]:
    known = list(ingredients())
    for code in own:
        if code not in known:
            near = process.extractOne(code, known, score_cutoff=60)
            meant = f" Did you mean {near[0]}?" if near else ""
            what = f"there is no ingredient of this name.{meant}"
            remedy = f"Known are: {', '.join(known)}."
            yield Problem("KH-P05", f"index_weights.{code}", what, remedy)


def _negative(own: Mapping[str, float]) -> Iterator[Problem]:
    for code, weight in own.items():
        if not 0 <= weight < float("inf"):
            what = f"a weight must be 0 or more, got {weight:g}."
            yield Problem("KH-P05", f"index_weights.{code}", what, "Only proportions matter.")


def _weightless(index: str) -> Problem:
    codes = ", ".join(of_index(index))
    what = f"the index {index} is left without any weight: {codes} are all 0."
    return Problem("KH-P05", "index_weights", what, "Give one of them a weight above 0.")
