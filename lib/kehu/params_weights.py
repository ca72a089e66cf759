"""Parameters of weighting and ranking: which method, whose judgement, how scores are added up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from kehu.params_types import Rule, Strict, described

STRONGEST = 9
"""Top of Saaty's scale: extremely more important; its reverse is 1/9."""

_RATIO = re.compile(r"\s*([1-9])\s*(?:/\s*([1-9]))?\s*")


def ratio(given: Any) -> Any:
    """Read a judgement written as the text `3` or `1/3`; anything else is left as it is."""
    match = _RATIO.fullmatch(given) if isinstance(given, str) else None
    return int(match[1]) / int(match[2] or 1) if match else given


def on_scale(value: float) -> bool:
    """Whether a judgement lies on Saaty's scale, 1/9 to 9; decimals between its steps do."""
    return bool(1 / STRONGEST * (1 - 1e-9) <= value <= STRONGEST * (1 + 1e-9))


def _saaty(value: float) -> float:
    if not on_scale(value):
        raise ValueError("write a number from 1 to 9, or the reverse, 1/2 to 1/9")
    return value


Judgement = Annotated[
    float,
    BeforeValidator(ratio),
    AfterValidator(_saaty),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 1 / STRONGEST, "maximum": STRONGEST},
                {"type": "string", "pattern": r"^\s*[1-9]\s*(/\s*[1-9])?\s*$"},
            ]
        }
    ),
]


class ManualWeights(Strict):
    """Points per criterion on any scale; their sum counts as 100 %; one left out gets 0."""

    value: float = described(0.0, en="weight of the value index", zh="价值指数的权重", ge=0)
    loyalty: float = described(0.0, en="weight of the loyalty index", zh="忠诚度指数的权重", ge=0)
    satisfaction: float = described(
        0.0, en="weight of the satisfaction index", zh="满意度指数的权重", ge=0
    )
    potential: float = described(0.0, en="weight of the potential index", zh="潜力指数的权重", ge=0)
    influence: float = described(
        0.0, en="weight of the influence index", zh="影响力指数的权重", ge=0
    )
    strategic: float = described(
        0.0, en="weight of the strategic index", zh="战略意义指数的权重", ge=0
    )


CRITERIA: tuple[str, ...] = tuple(ManualWeights.model_fields)
"""Criteria of the overall assessment; the index of each is the column `CRITERION_index`."""


class Weights(Strict):
    """How the criteria are weighted and added up to one score.

    Judgements of the analytic hierarchy process are written one pair a line, the first criterion
    of the pair against the second, each pair once::

        weights:
          method: ahp
          judgements:
            value/loyalty: 3      # value is moderately more important than loyalty
            value/potential: 2
            loyalty/potential: 1/2
    """

    method: Literal["manual", "ahp", "entropy", "critic", "combined"] = described(
        "manual", en="where the weights come from: your own, pairwise judgement (ahp), the data "
        "(entropy, critic), or judgement times data (combined)",
        zh="权重来源：manual 人工设定，ahp 层次分析法，entropy 熵权法，critic CRITIC法，"
        "combined 组合赋权",
    )  # fmt: skip
    manual: ManualWeights = described(
        ManualWeights(
            value=0.4, loyalty=0.2, satisfaction=0.1, potential=0.2, influence=0.05, strategic=0.05
        ),
        en="your own weights; only their proportions matter", zh="人工设定的权重，只看比例",
    )  # fmt: skip
    judgements: dict[str, Judgement] | None = described(
        None, en="pairs for AHP as `value/loyalty: 3`, 1 equal to 9 extreme, reverse 1/9",
        zh="层次分析法的两两比较，如 `value/loyalty: 3`；1 同等重要，9 极端重要，反之为 1/9",
    )  # fmt: skip
    subjective: Literal["manual", "ahp"] = described(
        "manual", en="judgement in `method: combined`", zh="`method: combined` 时的主观权重"
    )
    objective: Literal["entropy", "critic"] = described(
        "critic", en="data in `method: combined`", zh="`method: combined` 时的客观权重"
    )
    aggregate: Literal["weighted_sum", "topsis"] = described(
        "weighted_sum", en="how the indices become one score",
        zh="综合得分的算法：weighted_sum 加权求和，topsis 逼近理想解排序法",
    )  # fmt: skip


def needs(how: Mapping[str, Any]) -> str:
    """Return the subjective weighting that a method needs: `manual`, `ahp`, or nothing."""
    method = how.get("method", "manual")
    if method == "combined":
        return str(how.get("subjective", "manual"))
    return str(method) if method in ("manual", "ahp") else ""


def _no_judgements(how: Mapping[str, Any]) -> bool:
    return needs(how) == "ahp" and not how.get("judgements")


def _no_weight(how: Mapping[str, Any]) -> bool:
    given = how.get("manual")
    return needs(how) == "manual" and given is not None and not any(given.values())


RULES: tuple[Rule, ...] = (
    (
        ("weights",),
        _no_judgements,
        "`weights.method: ahp`, or combined with `subjective: ahp`, needs `weights.judgements`",
    ),
    (("weights",), _no_weight, "`weights.manual` must give one criterion a weight above 0"),
)
"""Parameters, what of them contradicts, how to say it."""
