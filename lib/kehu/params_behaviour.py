"""Parameters of the life-cycle stage and of the behaviour types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from kehu.params_types import Rule, Share, Strict, described


class _Group(Strict):
    """A group of parameters that a notebook hands over as a mapping."""

    @classmethod
    def of(cls, how: Mapping[str, Any]) -> Self:
        """Return the group with all its defaults; a ValueError names what is wrong."""
        return cls.model_validate(dict(how))


class Lifecycle(_Group):
    """When a customer is called dormant or lost, and when growing or declining."""

    typical_gaps: float = described(
        2.0, en="gaps between purchases of a typical customer that are mixed into each one's own",
        zh="估计个人购买间隔时，混入多少个典型客户的间隔", gt=0, le=100,
    )  # fmt: skip
    dormant_after: float = described(
        3.0, en="dormant when silent for more than this many expected gaps",
        zh="静默超过几个预期间隔即为休眠", gt=0, le=100,
    )  # fmt: skip
    lost_after: float = described(
        6.0, en="lost when silent for more than this many expected gaps",
        zh="静默超过几个预期间隔即为流失", gt=0, le=1000,
    )  # fmt: skip
    trend_gaps: float = described(
        4.0, en="expected gaps in each of the two windows that are compared",
        zh="比较趋势的前后两个窗口，各含几个预期间隔", ge=1, le=100,
    )  # fmt: skip
    trend_change: Share = described(
        0.5, en="change between the windows from which a customer is growing or declining",
        zh="前后窗口的购买次数变化达到多少，视为成长或衰退",
    )  # fmt: skip


class Behaviour(_Group):
    """When a customer is called new, price-sensitive or loyal."""

    new_days: int = described(
        60, en="new within so many days of the first purchase", zh="首购后多少天内算新客户", ge=1
    )
    min_orders: int = described(
        2,
        en="orders from which price sensitivity can be told",
        zh="至少几笔订单才判断价格敏感",
        ge=1,
    )
    discount_share: Share = described(
        0.2, en="discounts over the price before them from which price-sensitive",
        zh="优惠占原价的比例达到多少算价格敏感",
    )  # fmt: skip
    promo_share: Share = described(
        0.8, en="share of orders on promotion from which price-sensitive",
        zh="促销订单占比达到多少算价格敏感",
    )  # fmt: skip
    coupon_share: Share = described(
        0.3, en="share of orders with a coupon from which price-sensitive",
        zh="用券订单占比达到多少算价格敏感",
    )  # fmt: skip
    loyal_orders: int = described(
        4, en="orders from which a customer is loyal", zh="几笔订单起算忠诚客户", ge=2
    )


def _out_of_order(lifecycle: Mapping[str, Any]) -> bool:
    how = {**Lifecycle().model_dump(), **lifecycle}
    return bool(how["lost_after"] <= how["dormant_after"])


RULES: tuple[Rule, ...] = (
    (
        ("lifecycle",),
        _out_of_order,
        "`lifecycle.lost_after` must be above `lifecycle.dormant_after`",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
