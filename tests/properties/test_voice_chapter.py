"""The chapter shows what there is, and nothing where the client has nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from voice_client import END, client, nothing, put, segments

from kehu.i18n import Translator
from kehu.report import charts_complaints, charts_voice, listings_voice
from kehu.report.style import house_style
from kehu.voice import chapter
from kehu.voice.causes import causes_table
from kehu.voice.feedback import Limits
from kehu.voice.quotes import Mask

SURVEYS = {"days": 365, "min_group": 30, "overall": None, "ces_easy_end": "high"}
COMPLAINTS = {"days": 365, "limits": Limits(), "words": {}, "control_months": 12}
MAKES = {
    "groups": charts_voice.nps_by_group, "trend": charts_voice.nps_trend,
    "spread": charts_voice.answer_spread, "questions": listings_voice.questions,
    "nps_table": listings_voice.nps_groups, "pareto": charts_complaints.complaint_pareto,
    "control": charts_complaints.control_chart, "curve": charts_complaints.settlement_curve,
    "topics": listings_voice.complaint_groups, "loop": listings_voice.closed_loop,
    "adopted": listings_voice.adopted, "waiting": listings_voice.waiting,
    "words": listings_voice.unknown_words,
}  # fmt: skip


def parts(made, classes):
    asked = chapter.surveys(made["surveys"], classes, END, SURVEYS)
    rated = chapter.complaints(
        made["interactions"], made["transactions"], classes, 0, Mask(), END, COMPLAINTS
    )
    return asked, rated


def test_nothing_is_shown_of_nothing() -> None:
    empty = {n: nothing(n) for n in ("surveys", "transactions", "interactions")}
    asked, rated = parts(empty, segments().head(0))
    shown = {**asked.shown(), **rated.shown()}
    assert set(shown) == set(MAKES)
    assert not any(shown.values())
    peers = chapter.compared(nothing("benchmarks"), asked, rated, None)
    path = pd.DataFrame(columns=["breakdown", "bucket", "stage_place", "journey_stage",
                                 "is_optional", "customers", "spend_at_stake"])  # fmt: skip
    causes = causes_table(None, rated.table, END)
    assert not any(chapter.shown_rest(path, causes, peers).values())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whatever_is_shown_can_be_drawn(language: str) -> None:
    asked, rated = parts(client(), segments())
    shown = {**asked.shown(), **rated.shown()}
    assert all(shown.values()), "the client has everything"
    say = Translator(language, "CNY")
    with house_style(language):
        for name, given in shown.items():
            for arguments in given:
                assert MAKES[name](say, *arguments).title


def test_suggestions_are_shown_masked() -> None:
    rows = [{"customer_id": "1", "date": pd.Timestamp("2026-05-01"), "interaction": "suggestion",
             "status": "已采纳", "text": "王小明建议改包装，13800138000"}]  # fmt: skip
    rated = chapter.complaints(
        put("interactions", rows), nothing("transactions"), segments().head(0), 1,
        Mask(["王小明"]), END, COMPLAINTS,
    )  # fmt: skip
    assert list(rated.adopted["text"]) == ["[姓名]建议改包装，[电话]"]
