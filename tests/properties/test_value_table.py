"""Measures of value and their facts: nothing lost on the way, every printed fact exists."""

import math
import re
from functools import cache
from types import SimpleNamespace

import pandas as pd
import pytest
from purchase_log import shop

from kehu import tables
from kehu.errors import KehuError
from kehu.i18n import catalogue
from kehu.value import (
    assess,
    candidates,
    concentration,
    history,
    lifetime,
    rfm,
    scoring,
    summary,
    told,
)  # fmt: skip

END, CUTS = "2025-12-29", [0.8, 0.95]
TERMS = scoring.Terms("week", 26, 0.1, 0.3, 1)


@cache
def stage(method: str = "auto", customers: int = 100) -> SimpleNamespace:
    """All that notebook 20_value computes, for a small simulated shop of two years."""
    lines = shop()
    past = history.history(lines, history.Span(END, "week"))
    scores = rfm.rfm(past.summary)
    enough = {"customers": customers, "days": 180, "recent_days": 30, "with_three_orders": 1}
    future = lifetime.assess(past, TERMS, clv_model=method, enough=enough)
    measures = assess.measures(past.summary, scores.table, future.clv, CUTS)
    return SimpleNamespace(
        lines=lines, summary=past.summary, scores=scores, future=future, clv=future.clv,
        measures=measures, models=future.choice.table,
        backtest=candidates.backtest_table(future.choice),
        facts={**assess.facts(past.summary, measures, scores),
               **told.facts(future, measures, TERMS), "refunds": "net"},
    )  # fmt: skip


def placeholders(stage_name: str) -> set[str]:
    """Names of a stage's facts that the sentences of any language quote."""
    texts = (text for language in ("zh", "en") for text in catalogue(language).values())
    found = (re.findall(rf"\{{{stage_name}\.(\w+)", text) for text in texts)
    return {name for names in found for name in names}


def test_all_tables_keep_their_contracts() -> None:
    found = stage()
    for name in ("summary", "clv", "measures", "models", "backtest"):
        tables.check(name, getattr(found, name))
    tables.check("rfm", found.scores.table)


@pytest.mark.parametrize("method", ["past", "lookup", "mbgnbd"])
def test_every_method_fills_the_same_tables_and_facts(method) -> None:
    found = stage(method)
    assert found.facts["method"] == method
    for name in ("clv", "measures", "models", "backtest"):
        tables.check(name, getattr(found, name))
    assert placeholders("value") - set(found.facts) == set()


def test_too_few_customers_get_no_forecast_and_are_told_why() -> None:
    found = stage("auto", 10_000)
    told_why = [found.facts[k] for k in ("method", "method_reason", "trust", "usable", "enough")]
    assert told_why == ["past", "not_enough_data", "past", "no", "no"]
    assert found.facts["holdout_model"] is None, "no other method's figures under this one's name"
    assert len(found.models) == 4, "what the others did is still listed"


def test_a_history_that_cannot_be_cut_gets_no_forecast_and_is_told_why() -> None:
    lines = shop().filter(lambda t: t.date < "2024-01-08")
    past = history.history(lines, history.Span("2024-01-07", "week"))
    limits = {"customers": 1, "days": 1, "recent_days": 30, "with_three_orders": 0}
    future = lifetime.assess(past, TERMS, enough=limits)
    measures = assess.measures(past.summary, rfm.rfm(past.summary).table, future.clv, CUTS)
    found = told.facts(future, measures, TERMS)
    assert (found["method"], found["method_reason"], found["proved"]) == (
        "past",
        "no_hold_out",
        "no",
    )
    assert found["holdout_problem"]
    tables.check("backtest", candidates.backtest_table(future.choice))
    tables.check("models", future.choice.table)


def test_every_fact_that_is_printed_exists() -> None:
    assert placeholders("value") - set(stage().facts) == set()
    assert len(placeholders("value")) > 20


def test_money_and_customers_are_conserved_from_lines_to_value() -> None:
    found = stage()
    total = float(found.lines.amount.sum().execute())
    bought = set(found.summary["customer_id"])
    lost = found.lines.filter(~found.lines.customer_id.isin(sorted(bought)))
    rest = float(lost.amount.sum().execute() or 0)
    for table in (found.summary, found.measures, found.scores.table):
        assert table["customer_id"].is_unique
        assert table["total_spend"].sum() + rest == pytest.approx(total, abs=1e-6)
    assert rest == pytest.approx(0, abs=1e-9), "who is left out cancelled all on the day"
    assert found.measures["spend_share"].sum() == pytest.approx(1)
    assert found.summary["total_spend"].sum() == pytest.approx(
        summary.monthly(found.lines)["spend"].sum()
    )


def test_facts_agree_with_the_tables() -> None:
    f, value = stage().facts, stage().measures
    assert f["n_customers"] == len(value) == f["a_customers"] + f["b_customers"] + f["c_customers"]
    shares = [f[f"{c}_{kind}"] for c in "abc" for kind in ("customers_share", "spend_share")]
    assert sum(shares) == pytest.approx(2)
    assert f["total_spend"] == pytest.approx(value["total_spend"].sum())
    assert f["clv_total"] == pytest.approx(value["clv"].sum())
    assert f["gini"] == pytest.approx(concentration.gini(value["total_spend"]))
    assert f["one_time"] == (value["n_orders"] == 1).sum()
    assert f["best_matrix"] == (value["matrix_class"] == "best").sum()
    repeat = value.set_index("customer_id")["p_alive"][
        list(stage().summary.query("frequency > 0")["customer_id"])
    ]
    assert f["repeat_active"] == pytest.approx(repeat.sum())
    assert f["repeat_active_share"] == pytest.approx(repeat.mean())
    total = stage().backtest.query("kind == 'total'").iloc[0]
    assert f["holdout_actual"] == total["actual"]
    assert f["holdout_error"] == pytest.approx(total["model"] / total["actual"] - 1)
    for name in ("rating_history", "rating_model", "rating_identified", "rating_independence"):
        assert f[name] in {"green", "amber", "red"}
    known = [v for v in f.values() if isinstance(v, float)]
    assert all(map(math.isfinite, known))


def test_facts_do_not_rest_on_the_order_of_rows() -> None:
    found = stage()
    mixed = found.measures.sample(frac=1, random_state=2)
    again = told.facts(found.future, mixed, TERMS)
    for name, value in again.items():
        assert value == pytest.approx(found.facts[name]), name


def test_spend_is_orders_times_their_mean() -> None:
    value = stage().measures
    assert list(value["mean_order_value"] * value["n_orders"]) == pytest.approx(
        list(value["total_spend"])
    )


@pytest.mark.parametrize("spend", [0.0, -10.0])
def test_a_total_of_nothing_is_said(spend) -> None:
    found = stage()
    poor = found.summary.assign(total_spend=spend)
    with pytest.raises(KehuError, match=r"KH-D11 summary\.total_spend: the spend of all"):
        assess.measures(poor, found.scores.table, found.clv, CUTS)


def test_tables_of_different_customers_are_refused() -> None:
    found = stage()
    with pytest.raises(ValueError, match="different customers"):
        assess.measures(found.summary, found.scores.table, found.clv.head(50), CUTS)


def test_independence_that_cannot_be_told_is_amber() -> None:
    rated = [told.independence(c) for c in (0.1, -0.1, 0.2, -0.5, math.nan)]
    assert rated == ["green", "green", "amber", "red", "amber"]


def test_one_customer_has_measures() -> None:
    one = pd.DataFrame({"customer_id": ["7"], "n_orders": [1], "days_since_last": [3],
                        "total_spend": [9.5]})  # fmt: skip
    clv = stage().clv.head(1).assign(customer_id="7")
    found = assess.measures(one, rfm.rfm(one).table, clv, CUTS).iloc[0]
    assert (found["abc_class"], found["matrix_class"]) == ("A", "uncertain")
    assert found["spend_share"] == 1
