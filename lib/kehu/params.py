"""The parameters of a run: one schema for the params file, the notebooks and the runner."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, model_validator

from kehu import (
    params_journey,
    params_risk,
    params_score,
    params_segments,
    params_value,
    params_voice,
)
from kehu.params_actions import ActionParams
from kehu.params_journey import JourneyParams
from kehu.params_prepare import PrepareParams
from kehu.params_risk import RiskParams
from kehu.params_score import ScoreParams
from kehu.params_segments import SegmentParams
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
    Rule,
    Strict,
    described,
    meaning,
)
from kehu.params_value import RfmCuts, ValueParams
from kehu.params_voice import VoiceParams

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
    "described_fields",
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


class RunParams(Strict):
    """Who the report is for, of which data, up to when."""

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
        en="period of the run before this one, which data quality is compared with",
        zh="上一期的名称；数据质量与之比较",
    )
    prepared_by: Line = described("", en="who signs the report", zh="报告署名", max_length=80)
    sources: Sources = described(en="the client's files and their columns", zh="客户的文件及其列名")


class Params(
    ActionParams,
    JourneyParams,
    VoiceParams,
    RiskParams,
    SegmentParams,
    ScoreParams,
    ValueParams,
    PrepareParams,
    RunParams,
):
    """Everything one run of the kit depends on, besides the files themselves."""

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


_RULES: tuple[Rule, ...] = (
    (
        ("previous", "period"),
        lambda previous, period: previous == period,
        "`previous` must be another period than `period`",
    ),
    *params_value.RULES,
    *params_score.RULES,
    *params_segments.RULES,
    *params_risk.RULES,
    *params_voice.RULES,
    *params_journey.RULES,
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
    return dict(TypeAdapter(dict[str, Any]).dump_python(defaults))


def described_fields() -> Iterator[tuple[str, Any, dict[str, str]]]:
    """List every parameter with its default and meaning; groups are told by their parts.

    Yields
    ------
    name : str
        `horizon`, `enough.customers`.
    default : any
        Plain value; `...` for a required parameter.
    meaning : dict
        `zh` and `en`.
    """
    yield from _described("", Params, None)


def _described(
    prefix: str, model: type[BaseModel], defaults: BaseModel | None
) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Describe a group's parameters; a group within it is described by its own."""
    for name, field in model.model_fields.items():
        default = getattr(defaults, name) if defaults else field.default
        if isinstance(default, BaseModel):
            yield from _described(f"{prefix}{name}.", type(default), default)
        else:
            required = field.is_required() and not defaults
            plain = ... if required else TypeAdapter(Any).dump_python(default)
            yield f"{prefix}{name}", plain, meaning(field)


def source_path(params_dir: Path, path: str) -> Path:
    """Resolve a path of a params file against the folder of that file.

    What lies below `data/public` is looked up in the folder `KEHU_SHARED_DATA`, where that is set.
    """
    found = (params_dir / path).resolve()
    shared = os.environ.get("KEHU_SHARED_DATA")
    if shared and found.is_relative_to(PUBLIC_DATA):
        return Path(shared).resolve() / found.relative_to(PUBLIC_DATA)
    return found
