"""Parameters of the texts, the customer journey and the causes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kehu.params_inputs import Interaction
from kehu.params_types import Line, Rule, Strict, described

Word = Annotated[Line, Field(min_length=1, max_length=40)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class SentimentTraining(Strict):
    """Labelled texts to learn the sentiment from."""

    path: Line = described(
        en="CSV file with labelled texts, relative to the params file",
        zh="带标注的文本文件（CSV），相对于参数文件",
    )
    text: Line = described("text", en="column of the texts", zh="文本所在列")
    label: Line = described("label", en="column of the labels", zh="标注所在列")
    good: Line = described("1", en="label of a good text", zh="正面的标注")
    bad: Line = described("0", en="label of a bad text", zh="负面的标注")
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = described(
        "utf-8", en="encoding of the file", zh="文件编码"
    )


class JourneyStage(Strict):
    """One stage of the customer journey, and what counts as reaching it."""

    code: Code = described(
        en="short name: letters, digits, _", zh="阶段代码：小写字母、数字、下划线"
    )
    zh: Word = described(en="name in Chinese", zh="中文名称")
    en: Word = described(en="name in English", zh="英文名称")
    optional: bool = described(
        False, en="customers may go on without it, as with service",
        zh="是否可以跳过（如客服：没有问题就不会经过）",
    )  # fmt: skip
    registered: bool = described(
        False, en="who is in the customer list has reached it", zh="在客户名单中即视为到达"
    )
    orders: int | None = described(
        None, en="days with a purchase that reach it", zh="有购买的天数达到几天即视为到达",
        ge=1, le=100,
    )  # fmt: skip
    kept: bool = described(
        False, en="an order that was not wholly refunded reaches it",
        zh="有一笔未全额退款的订单即视为到达",
    )  # fmt: skip
    interactions: list[Interaction] = described(
        [], en="kinds of interaction that reach it", zh="哪些互动类型视为到达"
    )
    touchpoints: list[Word] = described(
        [], en="touchpoints of surveys and topics of complaints that belong to it",
        zh="属于本阶段的问卷触点与投诉主题",
    )  # fmt: skip


class JourneyParams(Strict):
    """What texts, journey and causes depend on."""

    most_topics: int = described(
        12, en="topics of a language at most", zh="每种语言最多提取几个主题", ge=2, le=30
    )
    text_words: list[Word] = described(
        [], en="the client's own words, kept whole when Chinese is cut into words",
        zh="客户的专有词汇，分词时保持完整",
    )  # fmt: skip
    text_skipped: list[Word] = described(
        [], en="words that are no terms of a topic", zh="不作为主题词的词语"
    )
    sentiment_training: SentimentTraining | None = described(
        None, en="labelled texts to learn the sentiment from; left out: scores and kinds instead",
        zh="用于训练情感模型的标注文本；省略时用评分与记录类型代替",
    )  # fmt: skip
    journey_stages: list[JourneyStage] = described(
        [], en="stages of the customer journey in order; left out: the built-in five",
        zh="客户旅程的阶段，按先后排列；省略时用内置的五个阶段", max_length=8,
    )  # fmt: skip
    journey_days: int = described(
        180, en="days after reaching a stage in which a customer may still go on",
        zh="到达某阶段后多少天内视为仍在途中", ge=7, le=1460,
    )  # fmt: skip
    causes_file: Line | None = described(
        None, en="YAML file with the team's fishbone and five whys; see params/causes/demo.yml",
        zh="团队填写的鱼骨图与五问法（YAML），见 params/causes/demo.yml",
    )  # fmt: skip


def _codes(stages: list[dict[str, object]]) -> bool:
    codes = [stage.get("code") for stage in stages]
    return len(set(codes)) < len(codes)


def _unreached(stages: list[dict[str, object]]) -> bool:
    ways = ("registered", "orders", "kept", "interactions")
    return any(not any(stage.get(way) for way in ways) for stage in stages)


def _touchpoints(stages: list[dict[str, object]]) -> bool:
    named = [str(t).strip().casefold() for s in stages for t in s.get("touchpoints") or []]  # type: ignore[attr-defined]
    return len(set(named)) < len(named)


def _ends(stages: list[dict[str, object]]) -> bool:
    milestones = [not stage.get("optional") for stage in stages]
    return bool(stages) and (sum(milestones) < 2 or not milestones[0] or not milestones[-1])


RULES: tuple[Rule, ...] = (
    (("journey_stages",), _codes, "`journey_stages` must give each stage a `code` of its own"),
    (
        ("journey_stages",),
        _unreached,
        "`journey_stages`: each stage needs a way to reach it: registered, orders, kept or "
        "interactions",
    ),
    (
        ("journey_stages",),
        _touchpoints,
        "`journey_stages` must name each touchpoint once, in one stage",
    ),
    (
        ("journey_stages",),
        _ends,
        "`journey_stages` must begin and end with stages that are not optional",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
