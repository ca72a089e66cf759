"""Sentences, figures and tables of contribution and acquisition, in Chinese and English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.properties.event_tables import event_table, members, sales

from kehu.i18n import Translator, catalogue
from kehu.report import charts_profit, listings_profit, story_profit
from kehu.report.show import Card, Chart, Listing
from kehu.report.style import house_style, svg
from kehu.score import acquisition_facts
from kehu.score.acquisition import acquisition
from kehu.score.contribution import by_class, counted, facts, loss_makers, whale
from kehu.score.profit import profit
from kehu.value.summary import summary

END = "2026-06-30"
PERIOD = (date(2025, 7, 1), date(2026, 6, 30))


def shop(costs: list[dict[str, Any]], margin: float = 0.5, **how: Any) -> dict[str, Any]:
    """Cost a small shop of 30 customers in three channels, and all that is told of it."""
    days = pd.date_range("2025-07-01", periods=30, freq="10D").strftime("%Y-%m-%d")
    ids = [f"{i:02}" for i in range(30)]
    rows = [(c, f"{c}-{k}", d, 10 + 7 * k) for c, d in zip(ids, days, strict=True)
            for k in range(1 + int(c) % 3)]  # fmt: skip
    lines = sales([*rows, ("29", "29-9", END, "-5"), ("nobody", "x", END, "-2")])
    found = summary(lines, END, "week")
    clv = found[["customer_id"]].assign(clv=4.0)
    contacts = [{"customer_id": c, "date": END, "interaction": "service"} for c in ids[:6]]
    books = event_table("costs", costs)
    made = profit(
        lines, books, event_table("interactions", contacts), event_table("campaigns", []),
        found["customer_id"], how=how, analysis_date=END, refunds="net", margin=margin,
        currency_digits=2,
    )  # fmt: skip
    channel = {c: ("网店", "门店", "朋友推荐")[int(c) % 3] for c in ids}
    won = acquisition(
        lines, books, members(ids, channel=channel), found, clv, how=how, analysis_date=END,
        refunds="net", margin=margin,
    )  # fmt: skip
    classes = found[["customer_id"]].assign(abc_class=["ABC"[i % 3] for i in range(len(found))])
    told = facts(made, classes, margin) | acquisition_facts.facts(won, made, how, margin)
    plain = {f"score.{k}": None if v != v else v for k, v in told.items()}
    return {"profit": made, "won": won, "classes": classes,
            "facts": plain | {"value.usable": "yes"}}  # fmt: skip


def cost(kind: str, amount: Any, channel: str | None = None, day: str = "2025-09-01") -> Any:
    return {"cost": kind, "amount": amount, "channel": channel, "date": day}


COSTS = [cost("service", 60), cost("marketing", 25), cost("other", 9), cost("goods", 200),
         cost("acquisition", 80, "网店"), cost("acquisition", 200, "门店"),
         cost("acquisition", 5, "展会"), cost("service", 3, day="2020-01-01")]  # fmt: skip


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    return shop(COSTS)


@pytest.fixture(scope="module")
def bare() -> dict[str, Any]:
    return shop([])


def chosen(facts_: dict[str, Any]) -> tuple[str, ...]:
    return (
        *story_profit.contribution(facts_),
        *story_profit.losses(facts_),
        *story_profit.acquisition(facts_),
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_fit_what_is_there(full, bare, language) -> None:
    say = Translator(language, "CNY")
    rich, poor = (" ".join(say(k, f["facts"]) for k in chosen(f["facts"])) for f in (full, bare))
    assert "—" not in rich + poor
    zh = language == "zh"
    assert ("未提供成本表" if zh else "No cost table was given") in poor
    assert ("无法计算CAC" if zh else "CAC cannot be computed") in poor
    assert ("低于 3 比1" if zh else "below the target of 3 to 1") in rich
    assert ("成本取自成本账" if zh else "cost of goods comes from the books") in rich


def test_every_sentence_is_told_by_some_facts(full, bare) -> None:
    rich = full["facts"]
    changes: list[dict[str, Any]] = [
        {"contribution_total": -5.0},
        {"contribution_rate": None},
        {"goods_source": "goods_lines"},
        {"goods_source": "goods_some"},
        {"costs_unallocated": 1.0},
        {"drivers_empty": 1},
        {"whale_shape": "even"},
        {"whale_shape": "deficit"},
        {"loss_customers": 3, "idle_losses": 1, "loss_reason": "low_margin"},
        {"cac": None},
        {"cac_marketing": "yes"},
        {"cac_before": 1},
        {"cac_spend_before": 1.0},
        {"cac_ratio": 9.0},
        {"cac_payback": 0.0},
        {"cac_payback": 3.0},
        {"cac_payback": None},
    ]
    told = {*chosen(rich), *chosen(bare["facts"]), *chosen(rich | {"value.usable": "no"})}
    for change in changes:
        told |= set(chosen(rich | {f"score.{name}": value for name, value in change.items()}))
    keys = {k for k in catalogue("zh") if k.startswith(("profit.", "acquisition."))}
    assert told == keys


def test_a_forecast_that_failed_is_not_held_against_the_target(full) -> None:
    keys = story_profit.acquisition(full["facts"] | {"value.usable": "no"})
    assert "acquisition.ratio_so_far" in keys
    assert not {"acquisition.ratio_below", "acquisition.ratio_costed", "acquisition.channels"} & {
        *keys
    }


# --- figures and tables -----------------------------------------------------------------------


def made(of: dict[str, Any], say: Translator, usable: str) -> list[Chart | Card]:
    table, books = of["won"].table, of["profit"].books
    curve = whale(counted(of["profit"].table)["contribution"])
    return [
        charts_profit.whale_curve(say, curve, *PERIOD),
        charts_profit.statement(say, books, *PERIOD),
        charts_profit.cac_by_channel(say, table, 3.0, usable),
        charts_profit.payback_curves(say, of["won"].curves, table),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("usable", ["yes", "no"])
def test_figures_state_a_finding_with_a_number(full, language, usable) -> None:
    with house_style(language):
        for chart in made(full, Translator(language, "CNY"), usable):
            assert isinstance(chart, Chart)
            assert svg(chart.figure).startswith(b"<?xml")
            for text in (chart.title, chart.subtitle, chart.alt):
                assert any(c.isdigit() for c in text)
                assert "—" not in text


def test_without_acquisition_a_card_says_what_is_missing(bare) -> None:
    with house_style("zh"):
        charts = made(bare, Translator("zh", "CNY"), "yes")
    assert [type(c) for c in charts] == [Chart, Chart, Card, Card]


def contributions(values: list[float]) -> Chart | Card:
    with house_style("en"):
        curve = whale(pd.Series(values, dtype=float))
        return charts_profit.whale_curve(Translator("en", "JPY"), curve, *PERIOD)


@pytest.mark.parametrize(
    ("values", "words"),
    [([5.0], "bring 20% of the profit, and none makes a loss"),
     ([60.0, 60.0, -20.0], "bring 36% of the profit; the worst 33% cost ¥20"),
     ([100.0] + 400 * [-0.1], "the worst >99% cost ¥40"),
     ([-5.0], "Profitable customers bring ¥0, 1 loss-making ones cost ¥5: -¥5 in all"),
     ([10.0, 0.0, -25.0], "bring ¥10, 1 loss-making ones cost ¥25: -¥15 in all")],
)  # fmt: skip
def test_titles_of_the_whale_curve(values, words) -> None:
    assert words in contributions(values).title


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_brought_and_nothing_lost_is_no_curve(values) -> None:
    assert isinstance(contributions(values), Card)


def test_a_long_curve_keeps_its_peak() -> None:
    """3,001 points are drawn as 600, and the peak is one of them."""
    chart = contributions([1000.0, 0.5] + 2_999 * [-0.1])
    assert isinstance(chart, Chart)
    drawn = chart.figure.axes[0].lines[0].get_ydata()
    assert len(drawn) <= charts_profit.POINTS + 1
    assert max(drawn) == pytest.approx(1000.5 / (1000.5 - 299.9))


@pytest.mark.parametrize(
    ("revenue", "cost_", "words"),
    [("100", "40", "60.0% is left"), ("100", "140", "does not cover its costs: ¥40 loss"),
     ("0", "40", "No net revenue"), ("-20", "40", "contribution is -¥60"), ("0", "0", None)],
)  # fmt: skip
def test_titles_of_the_statement(revenue, cost_, words) -> None:
    kinds = ["revenue", "goods", "service", "marketing", "other", "acquisition"]
    amounts = [Decimal(revenue), Decimal(0), Decimal(cost_), *[Decimal(0)] * 3]
    books = pd.DataFrame({"cost": kinds, "direct": amounts, "allocated": [Decimal(0)] * 6})
    with house_style("en"):
        chart = charts_profit.statement(Translator("en", "JPY"), books, *PERIOD)
    assert (words in chart.title) if words else isinstance(chart, Card)


def test_many_channels_with_long_names_are_cut_and_counted() -> None:
    table = pd.DataFrame(
        {
            "channel": [f"合作伙伴第{i}号信息流投放（华东）" for i in range(14)], "cohort": "all",
            "acquisition_cost": 100.0, "new_customers": 10, "cac": 10.0,
            "value_to_date": np.linspace(-3, 900, 14), "value_ahead": 5.0,
            "value_to_cac": np.linspace(0.2, 90.5, 14), "payback_months": [np.nan] * 13 + [0.0],
        }
    )  # fmt: skip
    curves = pd.concat(
        pd.DataFrame({"channel": c, "month": range(3), "contribution": [1.0, 2.0, 3.0]})
        for c in table["channel"]
    )
    say = Translator("zh", "CNY")
    with house_style("zh"):
        bars = charts_profit.cac_by_channel(say, table, 3.0, "yes")
        panels = charts_profit.payback_curves(say, curves, table)
    assert isinstance(bars, Chart)
    assert isinstance(panels, Chart)
    assert len(bars.figure.axes[0].get_yticks()) == charts_profit.CHANNELS
    assert "共 14 个渠道" in bars.subtitle
    assert "共 14 个" in panels.subtitle
    assert charts_profit.channel_name(say, "合作伙伴第1号信息流投放（华东）").endswith("…")
    assert charts_profit.channel_name(say, "unknown") == "渠道不明"
    assert charts_profit.channel_name(say, "朋友推荐（老带新）") == "朋友推荐（老带新）"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables(full, bare, language) -> None:
    say = Translator(language, "CNY")
    for of in (full, bare):
        losing, classes = loss_makers(of["profit"]), by_class(of["profit"].table, of["classes"])
        shown = [
            listings_profit.cost_books(say, of["profit"].books),
            listings_profit.loss_makers(say, losing),
            listings_profit.contribution_by_class(say, classes),
            listings_profit.channels(say, of["won"].table),
            listings_profit.acquisition_quarters(say, of["won"].overall),
        ]
        assert all(isinstance(listing, Listing) and listing.title for listing in shown)


def test_remarks_say_why_a_figure_is_blank(full, bare) -> None:
    say = Translator("zh", "CNY")
    rich, poor = (
        listings_profit.channels(say, of["won"].table).table.as_raw_html() for of in (full, bare)
    )
    assert "有支出，无新客户" in rich
    assert "账上无该渠道支出" in rich
    assert "观察期内尚未回本" in rich
    assert "账上无获客支出" in poor


def test_a_loss_names_its_reason(full) -> None:
    losing = loss_makers(full["profit"])
    assert len(losing)
    html = listings_profit.loss_makers(Translator("zh", "CNY"), losing).table.as_raw_html()
    assert "服务成本高" in html
