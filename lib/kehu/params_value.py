"""Parameters of value assessment: time, money, models, RFM and ABC."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from kehu.params_types import IsoDate, Rule, Share, Strict, TimeUnit, described


class RfmCuts(Strict):
    """Fixed cut points, four each, ascending; a value above a cut is in the next class."""

    recency: list[float] = described(
        en="days since the last order", zh="距上次购买的天数", min_length=4, max_length=4
    )
    frequency: list[float] = described(en="orders", zh="订单数", min_length=4, max_length=4)
    monetary: list[float] = described(en="total spend", zh="累计消费", min_length=4, max_length=4)

    @field_validator("*")
    @classmethod
    def _ascending(cls, cuts: list[float]) -> list[float]:
        if sorted(set(cuts)) != cuts:
            raise ValueError("give four different numbers in ascending order")
        return cuts


class ValueParams(Strict):
    """What value assessment depends on."""

    time_unit: TimeUnit = described(
        "week", en="unit of recency, T and horizon", zh="首末购间隔、客户年龄与预测期的时间单位"
    )
    horizon: int = described(
        52, en="time units ahead for lifetime value", zh="预测多少个时间单位的生命周期价值",
        ge=1, le=520,
    )  # fmt: skip
    discount_rate: float = described(0.10, en="per year", zh="年折现率", ge=0, le=1)
    margin: Share = described(
        0.30, en="share of spend that is contribution", zh="贡献率：消费中属于边际贡献的比例"
    )
    calibration_end: IsoDate | None = described(
        None, en="last day the back-test may see; left out: two thirds of the history",
        zh="回测只能看到这一天为止的数据；省略时取历史的前三分之二",
    )  # fmt: skip
    seed: int = described(
        20260930, en="start of every random draw", zh="随机数起点；相同则结果相同",
        ge=0, le=2**32 - 1,
    )  # fmt: skip
    rfm_method: Literal["quantile", "fixed"] = described(
        "quantile", en="how scores are cut", zh="RFM得分：quantile 按分位数，fixed 按固定切点"
    )
    rfm_cuts: RfmCuts | None = described(
        None, en="cut points for `rfm_method: fixed`", zh="`rfm_method: fixed` 时的切点"
    )
    abc_cuts: list[Share] = described(
        [0.8, 0.95], en="cumulated spend that ends class A, B", zh="累计消费占比到此为 A 类、B 类",
        min_length=2, max_length=2,
    )  # fmt: skip


RULES: tuple[Rule, ...] = (
    (
        ("calibration_end", "analysis_date"),
        lambda end, last: bool(end) and end >= last,
        "`calibration_end` must be before `analysis_date`",
    ),
    (
        ("rfm_method", "rfm_cuts"),
        lambda method, cuts: (method == "fixed") != (cuts is not None),
        "`rfm_method: fixed` and `rfm_cuts` go together",
    ),
    (
        ("abc_cuts",),
        lambda cuts: not cuts[0] < cuts[1],
        "`abc_cuts` must be two different shares in ascending order",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
