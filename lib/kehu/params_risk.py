"""Parameters of risk: early warning of churn, and credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kehu.params_alerts import DEFAULTS, Alert
from kehu.params_types import Rule, Share, Strict, described


class Churn(Strict):
    """How customers about to leave are found, and when it pays to contact them."""

    window_days: int | None = described(
        None,
        en="days within which leaving is forecast; left out: the hold-out of lifetime value, at "
        "most a third of the history and a year",
        zh="预测多少天内流失；省略时与价值预测的留出期相同，至多为历史的三分之一且不超过一年",
        ge=1,
        le=1830,
    )
    method: Literal["auto", "recency", "rhythm", "logistic", "boosting", "forecast"] = described(
        "auto",
        en="how the probability is found; auto: the best on a window not seen before; forecast: "
        "from the lifetime-value model",
        zh="流失概率的方法；auto 由未见过的时段检验选定；forecast 来自生命周期价值模型",
    )
    contact_cost: float = described(
        5.0, en="cost of one rescue contact, in currency", zh="一次挽留联系的成本（金额）", ge=0
    )
    save_rate: Share = described(
        0.10,
        en="share of contacted leavers who stay: assumed until measured",
        zh="被联系的流失客户中挽留成功的比例；实测之前为假设",
    )
    capacity: int = described(
        200, en="customers that can be contacted in the period", zh="本期最多能联系多少位客户", ge=1
    )

    @classmethod
    def of(cls, given: Churn | Mapping[str, Any]) -> Churn:
        """Return the settings of a notebook's `churn`, defaults where it names none."""
        return given if isinstance(given, Churn) else cls(**given)


class Credit(Strict):
    """How payment behaviour becomes a credit score."""

    bad_days: int = described(
        60, en="days overdue from which a customer counts as bad", zh="逾期多少天起视为坏客户",
        ge=1, le=720,
    )  # fmt: skip
    base_points: int = described(
        600, en="points at the base odds", zh="基准好坏比对应的分数", ge=0, le=2000
    )
    base_odds: float = described(
        20.0, en="goods per bad at the base points", zh="基准分数对应的好坏比", gt=0
    )
    points_to_double: int = described(
        20, en="points that double the odds", zh="好坏比翻倍所需的分数", ge=1, le=500
    )

    @classmethod
    def of(cls, given: Credit | Mapping[str, Any]) -> Credit:
        """Return the settings of a notebook's `credit`, defaults where it names none."""
        return given if isinstance(given, Credit) else cls(**given)


class RiskParams(Strict):
    """What early warning depends on."""

    churn: Churn = described(
        Churn(), en="early warning of customers about to leave", zh="客户流失预警"
    )
    credit: Credit = described(
        Credit(), en="credit score from payment behaviour", zh="由付款行为得出的信用评分"
    )
    alerts: list[Alert] = described(
        DEFAULTS, en="alerts: a measure, whom it is looked at for, and the limit",
        zh="预警：指标、对象与界限",
    )  # fmt: skip


def _repeated(alerts: list[Alert | Mapping[str, Any]]) -> bool:
    names = [one.name if isinstance(one, Alert) else one["name"] for one in alerts]
    return len(set(names)) < len(names)


RULES: tuple[Rule, ...] = ((("alerts",), _repeated, "`alerts` must each have a name of its own"),)
"""Parameters, what of them contradicts, how to say it."""
