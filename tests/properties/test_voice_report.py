"""The chapter's numbers, sentences, figures and tables, for full, poor and awkward clients."""

import re
from datetime import datetime
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from voice_client import END, client, nothing, put, segments, surveys

from kehu import tables
from kehu.i18n import Translator, catalogue
from kehu.report import charts_complaints, charts_drivers, charts_voice, listings_voice
from kehu.report.style import house_style
from kehu.voice.benchmark import compare, own_figures
from kehu.voice.complaints import bases, complaint_table
from kehu.voice.control import control_table, months
from kehu.voice.drivers import drivers
from kehu.voice.facts import benchmark_facts, driver_facts, nps_facts, survey_facts
from kehu.voice.facts_complaints import complaint_facts, loop_facts
from kehu.voice.feedback import Limits, feedback, unknown_words
from kehu.voice.loop import adopted, loop_table, waiting
from kehu.voice.nps_groups import nps_table
from kehu.voice.outcomes import overall_question, samples
from kehu.voice.period import recent
from kehu.voice.resolution import durations, kaplan_meier, resolution, time_to
from kehu.voice.scores import satisfaction_table
from kehu.voice.story import SECTIONS, story
from kehu.voice.surveys import cells, distribution, questions

LEAST, DAYS = 30, 365
PEERS = [
    {"indicator": "nps", "figure": 50.0, "peer": "甲公司", "origin": "年报",
     "date": datetime(2025, 12, 31)},
    {"indicator": "complaints_per_1000_orders", "figure": 12.0, "peer": "行业"},
    {"indicator": "settled_in_time_share", "figure": 0.2, "peer": "行业"},
    {"indicator": "unheard_of", "figure": 1.0},
]  # fmt: skip


def chapter(made: dict, classes=None, peers=(), registered: int = 0) -> SimpleNamespace:
    """Compute the whole chapter, as its notebook does."""
    asked, orders = made["surveys"], made["transactions"]
    kinds, matters = questions(asked), feedback(made["interactions"], END, Limits())
    counted = cells(asked, END, DAYS, classes)
    complaints = matters.filter(matters.interaction == "complaint")
    overall = overall_question(kinds)
    found = SimpleNamespace(
        overall=overall, kinds=kinds, matters=matters, cells=counted,
        nps=nps_table(counted, kinds, LEAST),
        satisfaction=satisfaction_table(counted, kinds, LEAST),
        distribution=distribution(counted, kinds),
        bases=bases(orders, complaints, END, DAYS, classes, registered),
        took=resolution(durations(recent(complaints, END, DAYS))),
        control=control_table(months(matters, orders, END), 12),
        loop=loop_table(matters, END, DAYS), words=unknown_words(matters),
        drivers=drivers(
            samples(asked, orders, matters, kinds, classes, analysis_date=END, outcome_days=180,
                    overall=overall, ces_easy_end="high"), kinds, overall, 1),
    )  # fmt: skip
    found.complaints = complaint_table(matters, found.bases, END, DAYS, classes)
    own = own_figures(found.nps, found.satisfaction, found.complaints, overall)
    found.compared = compare(put("benchmarks", peers), own)
    found.facts = {
        **survey_facts(counted, kinds, found.satisfaction, DAYS),
        **nps_facts(found.nps, overall, LEAST),
        **complaint_facts(found.complaints, found.bases, found.took, found.control, 72.0),
        **driver_facts(found.drivers),
        **benchmark_facts(found.compared),
        **loop_facts(found.loop, found.words),
    }
    return found


@cache
def full() -> SimpleNamespace:
    return chapter(client(), segments(), PEERS)


@cache
def empty() -> SimpleNamespace:
    return chapter({n: nothing(n) for n in ("surveys", "transactions", "interactions")})


def told(found: SimpleNamespace, language: str) -> dict[str, list[str]]:
    say = Translator(language, "CNY")
    facts = {f"voice.{name}": value for name, value in found.facts.items()}
    return {
        section: [say(key, facts) for key in keys] for section, keys in story(found.facts).items()
    }


# --- sentences ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en", "zh-Hant"])
@pytest.mark.parametrize("which", [full, empty])
def test_every_section_speaks_and_no_number_is_missing(which, language) -> None:
    said = told(which(), language)
    assert tuple(said) == SECTIONS
    for section, sentences in said.items():
        assert sentences, section
        for text in sentences:
            assert "—" not in text, text
            assert "nan" not in text, text
            assert "None" not in text, text


def test_an_empty_client_is_told_what_is_missing() -> None:
    keys = story(empty().facts)
    assert keys["surveys"] == ("voice.surveys_none",)
    assert keys["nps"] == ("voice.nps_none",)
    assert keys["complaints"] == ("voice.complaints_none",)
    assert keys["benchmark"] == ("voice.benchmark_none",)
    assert keys["loop"] == ("voice.loop_none",)
    assert keys["drivers"] == tuple(
        f"voice.skipped_{outcome}.no_outcome" for outcome in ("satisfaction", "churn", "spend")
    )


def test_every_fact_that_is_printed_exists() -> None:
    texts = [t for language in ("zh", "en") for k, t in catalogue(language).items()
             if k.startswith("voice.")]  # fmt: skip
    printed = {n for text in texts for n in re.findall(r"\{voice\.(\w+)", text)}
    assert printed - set(full().facts) == set()


def test_facts_are_plain_and_agree_with_the_tables() -> None:
    facts, found = full().facts, full()
    whole = found.complaints.query("breakdown == 'all'").iloc[0]
    assert facts["complaints"] == whole["complaints"] == 85
    assert facts["vital_share"] >= 0.8
    topics = found.complaints.query("breakdown == 'topic'").nlargest(facts["vital_topics"],
                                                                     "complaints")  # fmt: skip
    assert topics["complaint_share"].sum() == pytest.approx(facts["vital_share"])
    score = found.nps.query("breakdown == 'all'").iloc[0]
    assert (facts["nps"], facts["nps_answers"]) == (score["nps"], score["answers"])
    assert facts["satisfaction_improve_first"] == "配送速度"
    assert (facts["special_months"], facts["last_special"]) == (1, "2026-03")
    assert (facts["peers_worse"], facts["peers_better"], facts["unknown_codes"]) == (
        2,
        1,
        "unheard_of",
    )
    assert facts["unknown_word"] == "灰度中"


def altered(**changes) -> dict:
    return {**full().facts, **changes}


@pytest.mark.parametrize(
    ("section", "changes", "key"),
    [
        ("surveys", {"undated": 3}, "surveys_undated"),
        ("surveys", {"n_csat": 1}, "csat_one"),
        ("nps", {"nps_low": None}, "nps_flat"),
        ("nps", {"not_ten": 1, "not_ten_question": "甲"}, "nps_not_ten"),
        ("nps", {"effective_answers": 300.0}, "nps_weighted"),
        ("nps", {"groups_differ": 1, "far_breakdown": "tier", "far_bucket": "top"}, "nps_far_tier"),
        ("nps", {"groups_differ": 1, "far_breakdown": "rfm_segment", "far_bucket": "keep"},
         "nps_far_rfm_segment"),
        ("nps", {"groups_differ": 1, "far_breakdown": "channel", "far_bucket": "甲"},
         "nps_far_named"),
        ("nps", {"groups_hidden": 2}, "nps_hidden"),
        ("nps", {"last_change": 9.0, "last_change_p": 0.01}, "nps_rose"),
        ("nps", {"last_change": -9.0, "last_change_p": 0.01}, "nps_fell"),
        ("complaints", {"orders_base": 0}, "complaints_per_customers"),
        ("complaints", {"orders_base": 0, "customers_base": 0}, "complaints_count"),
        ("complaints", {"p90_hours": None}, "settlement_median"),
        ("complaints", {"median_hours": None}, "settlement_unknown"),
        ("complaints", {"sla_judged": 0}, "sla_unknown"),
        ("complaints", {"returned": 4}, "returned"),
        ("complaints", {"special_months": 0}, "control_calm"),
        ("complaints", {"chart_months": 0}, "control_none"),
        ("complaints", {"dispersion": 3.0}, "control_dispersed"),
        ("drivers", {"satisfaction_power": 0.0}, "weak_satisfaction"),
        ("drivers", {"churn_tied": 2}, "tied_churn"),
        ("drivers", {"spend_skipped": "few_respondents"}, "skipped_spend.few_respondents"),
        ("benchmark", {"widest_indicator": "csat_mean_1_5"}, "benchmark_widest_mean"),
        ("benchmark", {"without_own": 1, "without_own_codes": "nps"}, "benchmark_without_own"),
        ("loop", {"suggestion_told_share": 0.5}, "told"),
        ("loop", {"suggestion_matters": 0}, "loop_complaint"),
    ],
)  # fmt: skip
def test_each_turn_of_the_story_has_its_sentence(section, changes, key) -> None:
    facts = altered(**changes)
    keys = story(facts)[section]
    assert f"voice.{key}" in keys
    for language in ("zh", "en"):
        say = Translator(language, "CNY")
        values = {f"voice.{name}": value for name, value in facts.items()}
        for k in keys:
            say(k, values)


def test_a_client_of_one_question_and_no_orders() -> None:
    """Ninety answers of one class, complaints, a register of customers, nothing else."""
    asked = surveys([{"customer_id": f"{i}", "answer": 9.0} for i in range(90)])
    rows = [{"interaction": "complaint", "date": datetime(2026, 6, i + 1), "customer_id": f"{i}"}
            for i in range(5)]  # fmt: skip
    found = chapter({"surveys": asked, "transactions": nothing("transactions"),
                     "interactions": put("interactions", rows)}, registered=200)  # fmt: skip
    keys = [k for section in story(found.facts).values() for k in section]
    names = ("nps_flat", "complaints_per_customers", "control_none", "settlement_unknown",
             "skipped_satisfaction.no_variation")  # fmt: skip
    assert {f"voice.{name}" for name in names} <= set(keys)
    assert found.facts["per_100_customers"] == 2.5
    told(found, "zh")


# --- figures ------------------------------------------------------------------------------------


def drawn(make, *data, **options) -> dict[str, object]:
    """Draw in both languages; a missing glyph is an error of the style."""
    made = {}
    for language in ("zh", "en"):
        with house_style(language):
            made[language] = make(Translator(language, "CNY"), *data, **options)
            made[language].figure.draw_without_rendering()
    for chart in made.values():
        assert re.search(r"\d", chart.title), chart.title
        assert chart.alt
        assert "{" not in chart.title + chart.subtitle + chart.alt
    return made


def test_every_figure_of_the_full_client() -> None:
    found = full()
    drawn(charts_voice.nps_by_group, found.nps, found.overall, "tier", LEAST)
    drawn(charts_voice.nps_trend, found.nps, found.overall)
    drawn(charts_voice.score_trend, found.satisfaction, "配送速度")
    drawn(charts_voice.answer_spread, found.distribution)
    drawn(charts_complaints.complaint_pareto, found.complaints)
    drawn(charts_complaints.control_chart, found.control.table)
    drawn(charts_complaints.settlement_curve, found.took.curve, 72.0, found.took.median, 7)
    drawn(charts_drivers.driver_forest, found.drivers.table, "churn")
    chart = drawn(charts_drivers.priority_map, found.drivers.table, "satisfaction")["zh"]
    assert "配送速度" in chart.title


LONG = ["一个名字特别特别长的线下体验门店（上海浦东新区陆家嘴）",
        "Flagship store, Nanjing Road East, Shanghai"]  # fmt: skip


def test_groups_with_long_names_small_groups_and_one_group() -> None:
    sizes = {LONG[0]: 80, LONG[1]: 120, "小店": 12, None: 40}
    rows = [
        {"channel": name, "answer": float(i * 7 % 11)}
        for name, n in sizes.items()
        for i in range(n)
    ]
    asked = surveys(rows)
    made = nps_table(cells(asked, END, DAYS), questions(asked), LEAST)
    charts = drawn(charts_voice.nps_by_group, made, "推荐意愿", "channel", LEAST)
    note = charts["zh"].figure.get_supxlabel()
    assert "小店 12" in note
    assert "30" in note
    assert len(charts["en"].title) < 130
    one = surveys([{"channel": "甲", "answer": 9.0}] * 40)
    flat = nps_table(cells(one, END, DAYS), questions(one), LEAST)
    chart = drawn(charts_voice.nps_by_group, flat, "推荐意愿", "channel", LEAST)["zh"]
    assert max(chart.figure.axes[0].get_xticks()) <= 100


def test_a_pareto_of_one_topic_and_of_many() -> None:
    many = pd.DataFrame({"breakdown": "topic", "bucket": [f"{LONG[i % 2]}{i}" for i in range(30)],
                         "complaints": np.arange(30, 0, -1)})  # fmt: skip
    chart = drawn(charts_complaints.complaint_pareto, many)["zh"]
    assert len(chart.figure.axes[0].get_yticks()) == 11
    one = drawn(charts_complaints.complaint_pareto, many.head(1))["en"]
    assert "100%" in one.title


def test_control_charts_of_zeros_gaps_and_calm_months() -> None:
    names = pd.period_range("2022-01", periods=40, freq="M").strftime("%Y-%m")
    table = pd.DataFrame({"bucket": names, "complaints": [0] * 12 + [2] * 28, "customers_base": 9,
                          "orders_base": [100] * 20 + [0] * 2 + [150] * 18})  # fmt: skip
    drawn(charts_complaints.control_chart, control_table(table, 12).table)
    calm = control_table(table.assign(complaints=3, orders_base=100), 12)
    assert "3" in drawn(charts_complaints.control_chart, calm.table)["en"].title


@pytest.mark.parametrize("ended", [[True] * 4, [True, False, False, False]])
def test_curves_with_everything_settled_and_with_most_open(ended) -> None:
    curve = kaplan_meier([0, 0, 24, 900], ended)
    drawn(charts_complaints.settlement_curve, curve, 72.0, time_to(curve, 0.5), 3)


def test_a_map_whose_points_lie_on_each_other() -> None:
    rows = pd.DataFrame({"driver_outcome": "satisfaction", "driver": [*LONG, "甲", "b"],
                         "respondents": 90, "performance_score": 50.0, "explained_share": 0.1,
                         "quadrant": "watch"})  # fmt: skip
    chart = drawn(charts_drivers.priority_map, rows, "satisfaction")["zh"]
    texts = [t for t in chart.figure.axes[0].texts if t.get_text()]
    boxes = [Text.get_window_extent(t) for t in texts]
    hit = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]
           if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1]  # fmt: skip
    assert len(texts) == 4
    assert not hit


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_table_of_the_full_and_of_the_empty_client(language) -> None:
    say = Translator(language, "CNY")
    for found in (full(), empty()):
        board = adopted(found.matters, END, DAYS, lambda text: text.replace("13800000000", "***"))
        made = [
            listings_voice.nps_groups(say, found.nps, found.overall),
            listings_voice.questions(say, found.satisfaction),
            listings_voice.complaint_groups(say, found.complaints, "all", DAYS),
            listings_voice.complaint_months(say, found.control.table),
            listings_voice.benchmark_gaps(say, found.compared.table),
            listings_voice.closed_loop(say, found.loop),
            listings_voice.adopted(say, board),
            listings_voice.waiting(say, waiting(found.matters)),
            listings_voice.unknown_words(say, found.words),
        ]
        if len(found.drivers.table):
            made.append(listings_voice.driver_rows(say, found.drivers.table, "satisfaction"))
        pages = [m.table.as_raw_html() for m in made]
        assert not any("138000" in page for page in pages)
        assert all(m.title and "{" not in m.title + m.subtitle for m in made)


def test_a_small_group_shows_its_answers_only() -> None:
    asked = surveys(
        [{"channel": "甲", "answer": 9.0}] * 40 + [{"channel": "乙", "answer": 2.0}] * 5
    )
    made = nps_table(cells(asked, END, DAYS), questions(asked), LEAST)
    page = listings_voice.nps_groups(Translator("zh", "CNY"), made, "推荐意愿").table.as_raw_html()
    [line] = [r for r in re.findall(r"<tr.*?</tr>", page, re.S) if ">乙<" in r]
    assert re.findall(r">([^<>]+)</td>", line) == ["渠道", "乙", "5", *["—"] * 6]


def test_all_tables_keep_their_contracts() -> None:
    for found in (full(), empty()):
        for name, table in (
            ("nps", found.nps), ("satisfaction", found.satisfaction),
            ("drivers", found.drivers.table),
            ("complaints", found.complaints), ("complaint_months", found.control.table),
            ("benchmark_gaps", found.compared.table), ("feedback", found.matters.execute()),
        ):  # fmt: skip
            tables.check(name, table)
