"""The parameters of a run: one schema for the params file, the notebooks and the runner."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, field_validator, model_validator

from kehu.params_sources import (
    CustomerColumns,
    CustomerSource,
    Sources,
    TransactionColumns,
    TransactionSource,
)
from kehu.params_types import (
    Currency,
    FolderName,
    IsoDate,
    Languages,
    Line,
    Share,
    Strict,
    TimeUnit,
    described,
)

__all__ = [
    "CustomerColumns",
    "CustomerSource",
    "Params",
    "RfmCuts",
    "Sources",
    "Title",
    "TransactionColumns",
    "TransactionSource",
    "contradictions",
    "field_defaults",
    "json_schema",
    "source_path",
]

PUBLIC_DATA = Path(__file__).resolve().parents[2] / "data" / "public"
"""Where public data sets are put; their terms do not allow us to ship them."""


class Title(Strict):
    """The report's title, per language."""

    zh: Line = described(en="title in Chinese", zh="中文标题", min_length=1, max_length=80)
    en: Line = described(en="title in English", zh="英文标题", min_length=1, max_length=80)


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


class Params(Strict):
    """Everything one run of the kit depends on, besides the files themselves."""

    client: FolderName = described(
        en="short name of the client; names the folder", zh="客户简称，也是文件夹名"
    )
    title: Title = described(en="title of the report", zh="报告标题")
    industry: Literal["bank", "ecommerce", "telecom", "insurance", "general"] = described(
        "general",
        en="chooses the built-in playbook; so far ecommerce has its own, the others share general",
        zh="行业，决定采用哪套内置行动手册；目前电商有专用手册，其余共用通用手册",
    )
    languages: Languages = described(
        ["zh", "en"], en="one report for each", zh="每种语言一份报告", min_length=1
    )
    currency: Currency = described(en="ISO 4217 code, e.g. CNY", zh="币种，ISO 4217 代码，如 CNY")
    period: FolderName = described(en="names the run, e.g. 2026Q3", zh="本期名称，如 2026Q3")
    analysis_date: IsoDate = described(
        en="last day observed, inclusive", zh="观察期的最后一天（含当天）"
    )
    previous: FolderName | None = described(
        None,
        en="period of the run before this one; kept in the manifest, not yet compared with",
        zh="上一期的名称；记入清单，尚不作比较",
    )
    prepared_by: Line = described("", en="who signs the report", zh="报告署名", max_length=80)
    sources: Sources = described(en="the client's files and their columns", zh="客户的文件及其列名")

    refunds: Literal["net", "drop", "keep"] = described(
        "net", en="net: refunds reduce spend; drop: set aside; keep: as any other row",
        zh="退款：net 冲减消费，drop 移入隔离表，keep 与其他行同样处理",
    )  # fmt: skip
    duplicates: Literal["drop", "keep"] = described(
        "drop", en="rows equal in every column of the file to an earlier row",
        zh="与文件中较早一行各列完全相同的行：drop 合并，keep 保留",
    )  # fmt: skip
    zero_amounts: Literal["keep", "drop"] = described(
        "keep", en="whether a purchase of 0.00 counts as a purchase",
        zh="金额为 0.00 的购买：keep 计为购买，drop 移入隔离表",
    )  # fmt: skip
    max_unreadable: Share = described(
        0.01, en="share of a file's rows that may have an unreadable date or amount",
        zh="每个文件中日期或金额无法识别的行的最大占比",
    )  # fmt: skip
    memory_gb: float = described(
        2.0, en="memory limit of the engine, GB", zh="计算引擎的内存上限，单位 GB", ge=0.1, le=1024
    )

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
    tier_shares: list[Share] = described(
        [0.2, 0.3], en="share of customers in the top and in the potential tier",
        zh="高净值客户与潜力客户的占比，其余为长尾客户", min_length=2, max_length=2,
    )  # fmt: skip
    key_top_share: float = described(
        0.05, en="a key-customer criterion is met in this top share",
        zh="某项指标进入前多少比例即达到一项重要客户标准", gt=0, le=0.5,
    )  # fmt: skip
    key_min_criteria: int = described(
        2, en="criteria a key customer meets", zh="重要客户至少达到几项标准", ge=1, le=3
    )
    playbook: Line | None = described(
        None, en="own playbook file, relative to the params file; left out: built in",
        zh="自备的行动手册文件，相对于参数文件；省略时用内置的",
    )  # fmt: skip
    max_actions: int = described(
        200, en="customers on the action list", zh="行动清单的客户数上限", ge=1, le=100_000
    )

    @model_validator(mode="after")
    def _consistent(self) -> Params:
        found = [message for _, message in contradictions(self.model_dump())]
        if found:
            raise ValueError("; ".join(found))
        return self

    @property
    def run_name(self) -> str:
        """The run's place below the reports folder, `client/period`."""
        return f"{self.client}/{self.period}"


_RULES: tuple[tuple[tuple[str, ...], Callable[..., bool], str], ...] = (
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
    (
        ("tier_shares",),
        lambda shares: sum(shares) >= 1,
        "`tier_shares` must leave customers for the long tail: sum below 1",
    ),
    (
        ("previous", "period"),
        lambda previous, period: previous == period,
        "`previous` must be another period than `period`",
    ),
)
"""Parameters, what of them contradicts, how to say it."""


def contradictions(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find parameters that contradict each other.

    Parameters
    ----------
    values : mapping
        Parameters that are right one by one; a rule that needs one not given is left out.

    Yields
    ------
    tuple of str
        The parameter to change, and what is wrong.
    """
    for names, broken, message in _RULES:
        if all(name in values for name in names) and broken(*(values[name] for name in names)):
            yield names[0], message


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a params file, for editors that complete and check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Params.model_json_schema(),
    }


def field_defaults() -> dict[str, Any]:
    """Return the plain default of every parameter that has one."""
    defaults = {n: f.default for n, f in Params.model_fields.items() if not f.is_required()}
    return {n: v.model_dump() if isinstance(v, BaseModel) else v for n, v in defaults.items()}


def source_path(params_dir: Path, path: str) -> Path:
    """Resolve a path of a params file against the folder of that file.

    What lies below `data/public` is looked up in the folder `KEHU_SHARED_DATA`, where that is set.
    """
    found = (params_dir / path).resolve()
    shared = os.environ.get("KEHU_SHARED_DATA")
    if shared and found.is_relative_to(PUBLIC_DATA):
        return Path(shared).resolve() / found.relative_to(PUBLIC_DATA)
    return found
