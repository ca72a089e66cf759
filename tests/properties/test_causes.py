"""Root causes: the demo's file as a table, complaints beside causes, drawing without overlap."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu import tables
from kehu.i18n import Translator
from kehu.report import charts_causes, listings_topics
from kehu.report.show import Card
from kehu.report.style import house_style
from kehu.store import PROJECT
from kehu.voice.causes import causes_table, chosen, load, unknown_topics
from kehu.voice.facts_text import cause_facts
from kehu.voice.story_text import story

DEMO = PROJECT / "params" / "causes" / "demo.yml"
COMPLAINTS = pd.DataFrame(
    [("all", "all", 100), ("topic", "物流", 40), ("topic", "商品", 30), ("topic", "客服", 10),
     ("topic", "网站", 10), ("topic", "价格", 0), ("topic", "—", 10)],
    columns=["breakdown", "bucket", "complaints"],
)  # fmt: skip


def demo() -> pd.DataFrame:
    return tables.check("causes", causes_table(load(DEMO), COMPLAINTS, "2026-09-30"))


def test_the_demo_s_causes_are_a_table_with_complaints_beside_them() -> None:
    table = demo()
    bones, whys = (table[table["cause_kind"] == kind] for kind in ("fishbone", "five_whys"))
    assert (len(bones), bones["cause_category"].nunique(), len(whys)) == (13, 6, 3)
    rows = bones.set_index("cause_zh")
    assert rows.loc["大促前不预排发货", "evidence_complaints"] == 40
    assert rows.loc["物流状态更新延迟", "evidence_complaints"] == 50, "two topics"
    assert rows.loc["无降价补差规则", "evidence_complaints"] == 0, "a topic nobody complained about"
    assert pd.isna(rows.loc["投诉办结后不回访", "evidence_complaints"]), "no topic named"
    assert rows.loc["大促前不预排发货", "evidence_share"] == pytest.approx(0.4)
    assert list(whys["is_overdue"]) == [False, True, False], "done is never overdue"
    assert list(whys["whys"]) == [5, 4, 3]


def test_topics_that_no_complaint_has_are_told() -> None:
    assert unknown_topics(load(DEMO), COMPLAINTS) == ("售后",)
    facts = cause_facts(demo(), ("售后",))
    assert facts["why_overdue"] == 1
    told = story({**facts, "texts": 0, "journey_base": 0})["causes"]
    assert "told_causes.unknown" in told


def test_without_a_file_nothing_is_drawn_and_it_says_why(tmp_path) -> None:
    assert chosen(None, tmp_path) is None
    empty = causes_table(None, COMPLAINTS, "2026-09-30")
    tables.check("causes", empty)
    assert unknown_topics(None, COMPLAINTS) == ()
    facts = cause_facts(empty, ())
    assert story({**facts, "texts": 0, "journey_base": 0})["causes"] == ("told_causes.none",)
    assert isinstance(charts_causes.fishbone(Translator("zh", "CNY"), empty), Card)


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
@pytest.mark.parametrize("bones", [1, 4, 5, 6, 8])
def test_no_text_of_the_fishbone_lies_on_another_or_leaves_the_page(language, bones) -> None:
    row = demo().iloc[3].to_dict()
    rows = [
        {**row, "cause_category": f"c{b}", "cause_place": 4 * b + i + 1,
         "evidence_complaints": (12345, None, 0, 3)[i],
         "cause_zh": ("仓库一天只能处理平日三倍的订单", "缺人")[i % 2],
         "cause_en": ("The warehouse handles three times a normal day at most", "Too few")[i % 2]}
        for b in range(bones) for i in range(4)
    ]  # fmt: skip
    with house_style(language):
        chart = charts_causes.fishbone(Translator(language, "CNY"), pd.DataFrame(rows))
        figure = chart.figure
        figure.canvas.draw()
        [ax] = figure.axes
        boxes = [t.get_window_extent() for t in ax.texts if t.get_text()]
    for i, one in enumerate(boxes):
        assert figure.bbox.x0 - 2 <= one.x0
        assert one.x1 <= figure.bbox.x1 + 2
        for other in boxes[:i]:
            wide = min(one.x1, other.x1) - max(one.x0, other.x0)
            high = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert wide < 3 or high < 3, "two texts overlap"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60),
       st.integers(4, 40))  # fmt: skip
def test_wrapped_lines_keep_every_sign_and_fit(text: str, units: int) -> None:
    lines = charts_causes.wrapped(text, units)
    assert "".join(lines) == text
    for line in lines:
        assert sum(2 if ord(c) > 0x2E7F else 1 for c in line) <= units


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_three_tables_of_causes_are_printed(language: str) -> None:
    say, table = Translator(language, "CNY"), demo()
    printed = "".join(
        make(say, table).table.as_raw_html()
        for make in (listings_topics.causes, listings_topics.whys, listings_topics.measures)
    )
    assert "仓储经理" in printed
    assert {"zh": "逾期", "en": "overdue"}[language] in printed
    assert ("大促日历" in printed) == (language == "zh")
