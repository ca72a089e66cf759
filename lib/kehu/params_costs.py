"""Parameters of costing: the period, the drivers of allocation, acquisition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kehu.params_types import IsoDate, Rule, Strict, described

Driver = Literal["contacts", "orders", "lines", "revenue", "customers"]
GoodsDriver = Literal["orders", "lines", "revenue"]

_DRIVERS = (
    "contacts, orders, lines, revenue or customers (who bought in the period)",
    "contacts 联系次数、orders 订单数、lines 明细行数、revenue 收入、customers 按期内客户均摊",
)


class Costing(Strict):
    """How costs are charged to customers, and what winning a customer is measured against."""

    months: int = described(
        12, en="costing period in months, up to the analysis date",
        zh="核算期的月数，截至分析日", ge=1, le=120,
    )  # fmt: skip
    service_driver: Driver = described(
        "contacts", en=f"driver of service cost: {_DRIVERS[0]}", zh=f"服务成本的动因：{_DRIVERS[1]}"
    )
    marketing_driver: Driver = described(
        "contacts", en=f"driver of marketing cost (contacts: of campaigns): {_DRIVERS[0]}",
        zh=f"营销成本的动因（contacts 指活动触达次数）：{_DRIVERS[1]}",
    )  # fmt: skip
    other_driver: Driver = described(
        "revenue", en=f"driver of other cost: {_DRIVERS[0]}", zh=f"其他成本的动因：{_DRIVERS[1]}"
    )
    goods_driver: GoodsDriver = described(
        "revenue", en="driver of goods cost, where lines do not give it: orders, lines, revenue",
        zh="商品成本的动因（明细行未给成本时）：orders 订单数、lines 明细行数、revenue 收入",
    )  # fmt: skip
    acquisition_includes_marketing: bool = described(
        False, en="count marketing cost without a customer number as acquisition",
        zh="未指明客户的营销成本是否计入获客成本",
    )  # fmt: skip
    acquisition_since: IsoDate | None = described(
        None, en="first day the books of acquisition cover; left out: month of the first such cost",
        zh="获客成本账的起始日；省略时取首笔获客成本所在月的1日",
    )  # fmt: skip
    value_to_cac_target: float = described(
        3.0, en="target of customer value to acquisition cost", zh="客户价值与获客成本之比的目标",
        gt=0, le=100,
    )  # fmt: skip

    @classmethod
    def of(cls, how: Mapping[str, Any]) -> Costing:
        """Return the parameter `costing` of a notebook with all its defaults.

        Parameters
        ----------
        how : mapping
            Some or all of the fields.

        Raises
        ------
        ValueError
            A name or a value that the schema does not know.
        """
        return cls.model_validate(dict(how))


def _starts_after(costs: Mapping[str, Any], analysis_date: str) -> bool:
    since: str | None = costs.get("acquisition_since")
    return since is not None and since > analysis_date


RULES: tuple[Rule, ...] = (
    (
        ("costing", "analysis_date"),
        _starts_after,
        "`costing.acquisition_since` must not be after `analysis_date`",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
