"""Parameters of key customers: the stated criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from kehu.params_types import Strict, described

Measure = Literal[
    "total_spend", "spend_share", "mean_order_value", "n_orders", "clv", "contribution", "score",
    "value_index", "loyalty_index", "satisfaction_index", "potential_index", "influence_index",
    "strategic_index",
]  # fmt: skip


class KeyCriterion(Strict):
    """One criterion: a measure of the table `value`, and a limit; give exactly one limit."""

    measure: Measure = described(en="column of the table `value`", zh="表 `value` 中的一列")
    top_share: float | None = described(
        None, en="met in this top share of the customers whose measure is known",
        zh="在有该项数据的客户中进入前多少比例即达标", gt=0, le=0.5,
    )  # fmt: skip
    at_least: float | None = described(None, en="met from this value", zh="达到该值即达标")

    @model_validator(mode="after")
    def _one_limit(self) -> KeyCriterion:
        if (self.top_share is None) == (self.at_least is None):
            raise ValueError("give either `top_share` or `at_least`")
        return self


def _top(measure: Measure) -> KeyCriterion:
    return KeyCriterion(measure=measure, top_share=0.05)


class KeyCriteria(Strict):
    """The criteria of key customers; `null` leaves one out."""

    contribution: KeyCriterion | None = described(
        _top("total_spend"), en="what the customer has brought", zh="贡献：客户带来了多少"
    )
    potential: KeyCriterion | None = described(
        _top("clv"), en="what the customer may bring", zh="潜力：客户还能带来多少"
    )
    strategic: KeyCriterion | None = described(
        KeyCriterion(measure="strategic_index", at_least=70.0),
        en="strategic significance, as judged", zh="战略意义，由人判断",
    )  # fmt: skip
    influence: KeyCriterion | None = described(
        _top("influence_index"), en="influence on others", zh="影响力：带动他人"
    )
    frequency: KeyCriterion | None = described(
        _top("n_orders"), en="how close the tie is", zh="购买频率：关系有多紧密"
    )

    @classmethod
    def of(cls, given: KeyCriteria | Mapping[str, Any]) -> KeyCriteria:
        """Return the criteria of a notebook's `key_criteria`, defaults where it names none."""
        return given if isinstance(given, KeyCriteria) else cls.model_validate(given)

    @property
    def used(self) -> dict[str, KeyCriterion]:
        """Criterion by name, without those left out."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: one for name, one in named.items() if one is not None}
