"""Parameters of segmentation: tiers and key customers."""

from __future__ import annotations

from kehu.params_types import Line, Rule, Share, Strict, described


class SegmentParams(Strict):
    """What segmentation depends on."""

    tier_shares: list[Share] = described(
        [0.2, 0.3], en="share of customers in the top and in the potential tier",
        zh="高净值客户与潜力客户的占比，其余为长尾客户", min_length=2, max_length=2,
    )  # fmt: skip
    rfm_rules: Line = described(
        "eleven", en="rule table of the named RFM segments: eleven, classical, or an own file",
        zh="RFM命名分群的规则表：eleven 十一类、classical 经典八类，或自备文件", min_length=1,
    )  # fmt: skip
    key_top_share: float = described(
        0.05, en="a key-customer criterion is met in this top share",
        zh="某项指标进入前多少比例即达到一项重要客户标准", gt=0, le=0.5,
    )  # fmt: skip
    key_min_criteria: int = described(
        2, en="criteria a key customer meets", zh="重要客户至少达到几项标准", ge=1, le=3
    )


RULES: tuple[Rule, ...] = (
    (
        ("tier_shares",),
        lambda shares: sum(shares) >= 1,
        "`tier_shares` must leave customers for the long tail: sum below 1",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
