"""Parameters of alerts: which measure of whom, beyond which limit."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from pydantic import model_validator

from kehu.params_types import Line, Strict, described

CUSTOMER_MEASURES = (
    "total_spend", "n_orders", "days_since_last", "p_alive", "clv", "contribution", "score",
    "loyalty_index", "satisfaction_index", "potential_index", "influence_index",
    "strategic_index", "churn_probability", "overdue", "value_at_risk", "recent_share",
    "recent_complaints", "days_past_due", "exposure", "credit_score", "credit_pd",
)  # fmt: skip
SEGMENT_MEASURES = (
    "customers", "customers_share", "spend", "spend_share", "clv", "mean_clv", "mean_p_alive",
    "mean_churn_probability", "value_at_risk",
)  # fmt: skip


class Alert(Strict):
    """One alert: who is looked at, which figure, and the limit it must not cross."""

    name: Line = described(
        en="short name, unique", zh="简称，不可重复", min_length=1, max_length=40
    )
    zh: Line = described(en="wording in Chinese", zh="中文表述", min_length=1, max_length=80)
    en: Line = described(en="wording in English", zh="英文表述", min_length=1, max_length=80)
    level: Literal["customer", "segment"] = described(
        "customer", en="each customer, or each segment", zh="逐位客户，或逐个分群"
    )
    only_key: bool = described(
        False, en="customers: key customers only", zh="仅限重要客户（按客户预警时）"
    )
    by: Literal["tier", "abc_class", "rfm_segment", "rfm_named"] = described(
        "tier", en="segments: by which classes", zh="按哪种分群（按分群预警时）"
    )
    measure: str = described(en="figure looked at", zh="指标")
    when: Literal["above", "below", "drop"] = described(
        en="above or below the limit; drop: fallen by this share since the previous period",
        zh="above 高于界限，below 低于界限，drop 比上一期下降的比例达到界限",
    )
    limit: float = described(en="the limit, in the measure's own unit", zh="界限")

    @model_validator(mode="after")
    def _known(self) -> Alert:
        allowed = CUSTOMER_MEASURES if self.level == "customer" else SEGMENT_MEASURES
        if self.measure not in allowed:
            near = get_close_matches(self.measure, allowed, 1)
            meant = f"did you mean `{near[0]}`? " if near else ""
            raise ValueError(
                f"`{self.measure}` is no measure of a {self.level}: {meant}"
                f"choose one of {', '.join(allowed)}"
            )
        return self


DEFAULTS = [
    Alert(
        name="key_leaving",
        zh="重要客户流失概率过高",
        en="Key customer likely to leave",
        only_key=True,
        measure="churn_probability",
        when="above",
        limit=0.7,
    ),
    Alert(
        name="past_due",
        zh="逾期超过60天",
        en="More than 60 days past due",
        measure="days_past_due",
        when="above",
        limit=60.0,
    ),
    Alert(
        name="tier_shrinking",
        zh="该层客户的未来价值下降两成以上",
        en="Future value of the tier fell by a fifth or more",
        level="segment",
        measure="clv",
        when="drop",
        limit=0.2,
    ),
]
"""Alerts of a first run: few, and each worth a look."""
