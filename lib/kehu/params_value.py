"""Parameters of value assessment: time, money, models, RFM and ABC."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from kehu.params_types import IsoDate, Rule, Share, Strict, TimeUnit, described


class RfmCuts(Strict):
    """Fixed cut points, four each, ascending; they may repeat; a value above one is in the next."""

    recency: list[float] = described(
        en="days since the last order", zh="距上次购买的天数", min_length=4, max_length=4
    )
    frequency: list[float] = described(en="orders", zh="订单数", min_length=4, max_length=4)
    monetary: list[float] = described(en="total spend", zh="累计消费", min_length=4, max_length=4)

    @field_validator("*")
    @classmethod
    def _ascending(cls, cuts: list[float]) -> list[float]:
        if sorted(cuts) != cuts:
            raise ValueError("give four numbers in ascending order; they may repeat")
        return cuts


class RfmWeights(Strict):
    """Weights of the three scores; only their ratios matter."""

    recency: float = described(1.0, en="weight of recency", zh="近度的权重", ge=0)
    frequency: float = described(1.0, en="weight of frequency", zh="频度的权重", ge=0)
    monetary: float = described(1.0, en="weight of monetary value", zh="额度的权重", ge=0)


class Enough(Strict):
    """What a history must hold before a forecast is made."""

    customers: int = described(500, en="customers, at least", zh="至少多少位客户", ge=0)
    days: int = described(
        180, en="days from the first purchase, at least", zh="首笔交易至今至少多少天", ge=0
    )
    recent_days: int = described(
        30, en="days since the last purchase of all, at most", zh="距最近一笔交易至多多少天", ge=0
    )
    with_three_orders: int = described(
        1,
        en="customers with three orders or more, at least",
        zh="至少多少位客户有三笔以上订单",
        ge=0,
    )


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
    relationship: Literal["noncontractual", "occasions", "contractual"] = described(
        "noncontractual",
        en="noncontractual: customers buy at any time and leave unnoticed; occasions: at most once "
        "per time unit, such as yearly donations; contractual: leaving is seen in `holdings`",
        zh="客户关系：noncontractual 随时购买、悄然离开；occasions 每个时间单位至多一次，"
        "如年度捐赠；"
        "contractual 合同制，何时离开见 `holdings`",
    )
    clv_model: Literal[
        "auto", "bgnbd", "mbgnbd", "paretonbd", "bgbb", "sbg", "bdw", "lookup", "past"
    ] = described(
        "auto",
        en="method of lifetime value; auto: chosen by the hold-out, alternatives shown",
        zh="生命周期价值的方法；auto 由留出期回测选定，并列出其他方法",
    )
    enough: Enough = described(
        Enough(),
        en="data a forecast needs; with less, the past is carried on and said so",
        zh="作预测至少需要的数据；不足时沿用过去的水平并说明",
    )
    contracts_since: IsoDate | None = described(
        None, en="first day from which `holdings` has ended contracts; left out: it always has",
        zh="`holdings` 从哪一天起含有已终止的合同；省略表示一直都有",
    )  # fmt: skip
    rfm_method: Literal["quantile", "fixed", "kmeans"] = described(
        "quantile", en="how scores are cut; kmeans: where the values cluster",
        zh="RFM得分：quantile 按分位数，fixed 按固定切点，kmeans 按聚类",
    )  # fmt: skip
    rfm_cuts: RfmCuts | None = described(
        None, en="cut points for `rfm_method: fixed`", zh="`rfm_method: fixed` 时的切点"
    )
    rfm_weights: RfmWeights = described(
        RfmWeights(),
        en="weights of R, F and M in the one RFM score",
        zh="R、F、M 在RFM总分中的权重",
    )
    abc_cuts: list[Share] = described(
        [0.8, 0.95], en="cumulated spend that ends class A, B", zh="累计消费占比到此为 A 类、B 类",
        min_length=2, max_length=2,
    )  # fmt: skip


CONTRACT_MODELS = ("auto", "sbg", "bdw")
OCCASION_MODELS = ("auto", "bgbb", "lookup", "past")
OPEN_MODELS = ("auto", "bgnbd", "mbgnbd", "paretonbd", "lookup", "past")


def _unfit(relationship: str, method: str) -> bool:
    fit = {"contractual": CONTRACT_MODELS, "occasions": OCCASION_MODELS}
    return method not in fit.get(relationship, OPEN_MODELS)


def _without_contracts(relationship: str, sources: Any) -> bool:
    given = sources if isinstance(sources, dict) else {}
    return relationship == "contractual" and not given.get("holdings")


def _no_rfm_weight(weights: Any) -> bool:
    given = weights if isinstance(weights, dict) else weights.model_dump()
    return not any({**RfmWeights().model_dump(), **given}.values())


RULES: tuple[Rule, ...] = (
    (("rfm_weights",), _no_rfm_weight, "`rfm_weights` must give one score a weight above 0"),
    (
        ("relationship", "clv_model"),
        _unfit,
        "`clv_model` must fit `relationship`: contractual takes auto, sbg, bdw; occasions auto, "
        "bgbb, lookup, past; noncontractual auto, bgnbd, mbgnbd, paretonbd, lookup, past",
    ),
    (
        ("relationship", "time_unit"),
        lambda relationship, unit: relationship == "contractual" and unit in ("day", "week"),
        "`relationship: contractual` needs the billing period as `time_unit`: month, quarter, year",
    ),
    (
        ("relationship", "sources"),
        _without_contracts,
        "`relationship: contractual` needs the contracts in `sources.holdings`",
    ),
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
