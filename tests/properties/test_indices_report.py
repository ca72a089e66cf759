"""Sentences, figures and tables of the six indices, in Chinese and English."""

from __future__ import annotations

from typing import Any

import pytest
from tests.properties.event_tables import (
    sales,
)
from tests.properties.indexed_shop import assessed, world

from kehu.i18n import Translator, catalogue
from kehu.report import charts_indices, listings_indices
from kehu.report.style import house_style
from kehu.score import telling
from kehu.score.indices import Indices, explanation
from kehu.score.ingredients import INDICES, ingredients


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return world()


@pytest.fixture(scope="module")
def made(shop: dict[str, Any]) -> Indices:
    return assessed(shop)


def said(made_: Indices, language: str) -> str:
    say = Translator(language, "CNY")
    facts = {f"score.{name}": value for name, value in made_.facts.items()}
    return " ".join(say(key, facts) for key in telling.index_sentences(made_.facts))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_fit_what_is_there(shop: dict[str, Any], made: Indices, language: str) -> None:
    full, bare = (
        said(made, language),
        said(assessed({"transactions": shop["transactions"]}), language),
    )
    assert "—" not in full + bare
    zh = language == "zh"
    assert ("未知不等于满意" if zh else "unknown is not satisfied") in bare
    assert ("战略意义指数留空" if zh else "strategic index is blank") in bare
    assert ("位评委对" if zh else "Judges: 2") in full
    assert f"{made.facts['n_complaints']:,}" in full


def test_every_sentence_is_told_by_some_facts(made: Indices) -> None:
    """Each change of the facts brings one sentence in; together they are the whole catalogue."""
    full = {**made.facts, "n_undated_answers": 1, "n_anonymous_complaints": 1, "n_in_cycles": 2}
    full |= {"n_expired_only": 1, "n_other_scales": 0, "n_odd_nps": 0, "n_judged_outside": 0}
    changes: dict[str, dict[str, Any]] = {
        "value_past": {"clv_used": False},
        "loyalty_new": {"repeat_rate": None},
        "satisfaction_silent": {"n_answerers": 0},
        "satisfaction_absent": {"satisfaction_known": 0},
        "potential_new": {"growing_share": None},
        "satisfaction_scales": {"n_other_scales": 3},
        "influence_odd": {"n_odd_nps": 2},
        "strategic_outside": {"n_judged_outside": 1},
        "influence_answers": {"referrals_kept": False},
        "influence_absent": {"influence_known": 0},
        "strategic_absent": {"n_judged": 0},
    }
    told = set(telling.index_sentences(full))
    for name, change in changes.items():
        assert f"indices.{name}" not in told
        assert f"indices.{name}" in telling.index_sentences({**full, **change})
    for lacking in (0, 1):
        told |= set(telling.indicator_sentences({"n_indicators_lacking": lacking}))
    told |= {f"indices.{name}" for name in changes}
    assert told == {key for key in catalogue("zh") if key.startswith("indices.")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_figures_state_a_finding(made: Indices, language: str) -> None:
    say = Translator(language, "CNY")
    ids = list(made.table["customer_id"])
    with house_style(language):
        radar = charts_indices.index_radars(say, made.table, ids[:9], {ids[0]: "某" * 40})
        single = charts_indices.index_radars(say, made.table, ids[:1])
        spread = charts_indices.index_distributions(say, made.table)
        cover = charts_indices.index_coverage(say, made.coverage, ingredients())
    top = made.table.set_index("customer_id").loc[ids[:6]].mean()
    assert say.format(top.max(), "int") in radar.title
    assert "6" in radar.title
    assert ids[0] in single.title
    lows, highs = (made.table[[f"{i}_index" for i in INDICES]].quantile(q) for q in (0.1, 0.9))
    widest = (highs - lows).idxmax()
    assert say.format(highs[widest], "int") in spread.title
    assert str(int((made.coverage["known_share"] == 0).sum())) in cover.title
    for chart in (radar, single, spread, cover):
        assert chart.alt
        assert chart.subtitle


def test_figures_of_one_customer_and_of_no_data() -> None:
    alone = assessed({"transactions": sales([("a", "1", "2026-01-01", 5)])})
    say = Translator("en", "CNY")
    with house_style("en"):
        radar = charts_indices.index_radars(say, alone.table, ["a"])
        spread = charts_indices.index_distributions(say, alone.table)
    assert radar.title == "Customer a scores 50 on every index known"
    assert spread.title == "Customers score the same on each index (n = 1)"
    assert "3 indices have no data" in spread.alt
    with pytest.raises(ValueError, match="without indices"):
        charts_indices.index_radars(say, alone.table, ["b"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_have_a_row_per_ingredient_and_customer(made: Indices, language: str) -> None:
    say = Translator(language, "CNY")
    customer = made.judged.index[0]
    told = listings_indices.index_explanation(
        say, explanation(made, customer), ingredients(), customer
    )
    best = made.table.set_index("customer_id").loc[customer].max()
    assert say.format(best, "int") in told.title
    for shown in (
        listings_indices.index_ingredients(say, made.coverage, ingredients()),
        listings_indices.index_missing(say, made.coverage, ingredients()),
        told,
    ):
        assert shown.table.as_raw_html().count("<tr") == 1 + len(ingredients())
    judged = listings_indices.strategic_judgements(say, made.judged).table.as_raw_html()
    assert judged.count("<tr") == 1 + made.facts["n_judged"]
    assert "Li, 王" in judged
    chosen = list(made.table["customer_id"].iloc[[5, 2]])
    rows = listings_indices.customer_indices(say, made.table, chosen).table.as_raw_html()
    assert rows.index(chosen[0]) < rows.index(chosen[1])
