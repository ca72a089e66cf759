"""Parameters of the voice of the customer: surveys, complaints, drivers, closed loop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kehu.params_types import Line, Rule, Strict, described

Handling = Literal[
    "received", "in_progress", "adopted", "done", "refused", "reopened", "done_again"
]
Hours = Annotated[float, Field(gt=0, le=8760)]


class VoiceParams(Strict):
    """What the voice of the customer depends on."""

    voice_days: int = described(
        365, en="days up to the analysis date that answers and complaints are counted for",
        zh="统计问卷与投诉的天数，截至分析日", ge=28, le=3660,
    )  # fmt: skip
    voice_min_group: int = described(
        30, en="answers below which a group's figures are not shown",
        zh="回答数少于此数的分组不列数值", ge=2, le=10_000,
    )  # fmt: skip
    overall_question: Line | None = described(
        None, en="question that drivers explain; left out: the NPS question with most answers",
        zh="驱动分析所解释的总体问题；省略时取回答最多的NPS问题",
    )  # fmt: skip
    ces_easy_end: Literal["high", "low"] = described(
        "high", en="end of a CES scale that means little effort", zh="CES量表中代表“省力”的一端"
    )
    sla_hours: Hours = described(
        72.0, en="hours within which a complaint is to be settled", zh="投诉应办结的时限（小时）"
    )
    sla_topic_hours: dict[Line, Hours] = described(
        {}, en="hours for single topics, where they differ", zh="个别主题的办结时限（小时）"
    )
    suggestion_hours: Hours = described(
        240.0, en="hours within which a suggestion is to be answered",
        zh="建议应答复的时限（小时）",
    )  # fmt: skip
    reopen_days: int = described(
        30, en="days in which the same customer's same topic counts as come back",
        zh="同一客户同一主题在多少天内再次投诉视为反复", ge=1, le=365,
    )  # fmt: skip
    feedback_words: dict[Handling, list[Line]] = described(
        {}, en="the client's own words for the states of a complaint or suggestion",
        zh="客户系统中处理状态的用词，按状态列出",
    )  # fmt: skip
    control_months: int = described(
        12, en="first whole months that set the limits of the control chart",
        zh="控制图以最初多少个整月为基准期", ge=6, le=60,
    )  # fmt: skip
    outcome_days: int = described(
        180, en="days after an answer in which buying again is looked at",
        zh="回答之后观察购买的天数", ge=28, le=730,
    )  # fmt: skip


def _repeated(words: dict[str, list[str]]) -> bool:
    given = [word.strip().casefold() for state in words.values() for word in state]
    return len(set(given)) < len(given)


RULES: tuple[Rule, ...] = (
    (
        ("feedback_words",),
        _repeated,
        "`feedback_words` must name each word once, under one state",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
