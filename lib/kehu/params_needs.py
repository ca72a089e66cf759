"""Parameters of need and scenario segments: conditions on what is known of a customer."""

from __future__ import annotations

from pydantic import field_validator

from kehu import expression
from kehu.params_types import Line, Strict, described

NUMBERS = (
    "age", "tenure", "days_since_last", "n_orders", "total_spend", "mean_order_value", "clv",
    "p_alive", "contribution", "score", "discount_share", "promo_share", "coupon_share",
    "expected_gap", "overdue",
)  # fmt: skip
TEXTS = (
    "city", "channel", "level", "gender", "occupation", "plan", "customer_type", "behaviour",
    "lifecycle_stage", "tier", "abc_class", "rfm_segment", "rfm_named",
)  # fmt: skip
KINDS = {**dict.fromkeys(NUMBERS, "number"), **dict.fromkeys(TEXTS, "text")}
"""What a condition may look at."""


class Need(Strict):
    """One need segment; the first whose condition holds is the customer's."""

    name: Line = described(
        en="short name, unique", zh="简称，不可重复", min_length=1, max_length=40
    )
    zh: Line = described(en="name in Chinese", zh="中文名称", min_length=1, max_length=40)
    en: Line = described(en="name in English", zh="英文名称", min_length=1, max_length=60)
    when: str = described(
        en="condition, e.g. age >= 60 and city in ['Paris', 'Rome']",
        zh="条件，如 age >= 60 and city in ['北京', '上海']",
    )

    @field_validator("when")
    @classmethod
    def _readable(cls, text: str) -> str:
        expression.parse(text, KINDS)
        return text
