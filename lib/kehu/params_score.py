"""Parameters of the overall assessment: costs, indices, weights."""

from __future__ import annotations

from kehu import params_costs, params_weights
from kehu.params_costs import Costing
from kehu.params_types import Rule, Strict, described
from kehu.params_weights import Weights


class ScoreParams(Strict):
    """What the overall assessment depends on."""

    costing: Costing = described(
        Costing(), en="how costs are charged to customers and to acquisition",
        zh="成本如何分摊到客户、获客成本如何计算",
    )  # fmt: skip
    weights: Weights = described(
        Weights(), en="how the indices become one score and one ranking",
        zh="各项指数如何合成综合得分与排名",
    )  # fmt: skip
    index_weights: dict[str, float] = described(
        {}, en="own weights of the ingredients of the indices", zh="指数各组成指标的自定权重"
    )
    judgement_days: int = described(
        730, en="days for which a strategic judgement is valid", zh="战略判断的有效天数",
        ge=1, le=3650,
    )  # fmt: skip


RULES: tuple[Rule, ...] = (*params_costs.RULES, *params_weights.RULES)
"""Parameters, what of them contradicts, how to say it."""
