"""The value table and its facts: nothing lost on the way, every fact that is printed exists."""

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
from kehu.value import assess, concentration, holdout, lifetime, rfm, summary

END, HORIZON, CUTS = "2025-12-29", 26, [0.8, 0.95]


@cache
def stage() -> SimpleNamespace:
    """All that notebook 20_value computes, for a small simulated shop of two years."""
    lines = shop()
    s = summary.summary(lines, END, "week")
    scores = rfm.rfm(s)
    split = holdout.split(lines, END, "week")
    proof, earlier = lifetime.prove(split, "week"), lifetime.fit(split.calibration, "week")
    models = lifetime.fit(s, "week")
    clv = lifetime.score(models, s, horizon=HORIZON, discount_rate=0.1, margin=0.3, seed=1)
    value = assess.value_table(s, scores.table, clv, CUTS)
    told_from = (s, value, scores, models, split, earlier, proof, HORIZON)
    return SimpleNamespace(
        lines=lines, summary=s, scores=scores, clv=clv, value=value, proof=proof,
        told_from=told_from, facts=assess.facts(*told_from),
    )  # fmt: skip


def placeholders(stage_name: str) -> set[str]:
    """Names of a stage's facts that the sentences of any language quote."""
    texts = (text for language in ("zh", "en") for text in catalogue(language).values())
    found = (re.findall(rf"\{{{stage_name}\.(\w+)", text) for text in texts)
    return {name for names in found for name in names}


def test_all_tables_keep_their_contracts() -> None:
    found = stage()
    for name in ("summary", "clv", "value"):
        tables.check(name, getattr(found, name))
    tables.check("rfm", found.scores.table)
    tables.check("backtest", found.proof.table)


def test_every_fact_that_is_printed_exists() -> None:
    assert placeholders("value") - set(stage().facts) == set()
    assert len(placeholders("value")) > 20


def test_money_and_customers_are_conserved_from_lines_to_value() -> None:
    found = stage()
    total = float(found.lines.amount.sum().execute())
    bought = set(found.summary["customer_id"])
    lost = found.lines.filter(~found.lines.customer_id.isin(sorted(bought)))
    rest = float(lost.amount.sum().execute() or 0)
    for table in (found.summary, found.value, found.scores.table):
        assert table["customer_id"].is_unique
        assert table["total_spend"].sum() + rest == pytest.approx(total, abs=1e-6)
    assert rest == pytest.approx(0, abs=1e-9), "who is left out cancelled all on the day"
    assert found.value["spend_share"].sum() == pytest.approx(1)
    assert found.summary["total_spend"].sum() == pytest.approx(
        summary.monthly(found.lines)["spend"].sum()
    )


def test_facts_agree_with_the_tables() -> None:
    f, value = stage().facts, stage().value
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
    total = stage().proof.table.query("kind == 'total'").iloc[0]
    assert f["holdout_actual"] == total["actual"]
    assert f["holdout_error"] == pytest.approx(total["model"] / total["actual"] - 1)
    for name in ("rating_history", "rating_model", "rating_identified", "rating_independence"):
        assert f[name] in {"green", "amber", "red"}
    assert all(not isinstance(v, float) or math.isfinite(v) for v in f.values())


def test_facts_do_not_rest_on_the_order_of_rows() -> None:
    found = stage()
    s, _, *others = found.told_from
    mixed = found.value.sample(frac=1, random_state=2)
    assert assess.facts(s, mixed, *others) == pytest.approx(found.facts)


def test_rank_and_score_follow_lifetime_value() -> None:
    value = stage().value.sort_values("clv", ascending=False)
    assert value["rank"].iloc[0] == 1
    assert value["rank"].is_monotonic_increasing
    assert value["score"].is_monotonic_decreasing
    assert value["score"].between(0, 100).all()
    assert (value.groupby("clv")["rank"].nunique() == 1).all()
    assert list(value["mean_order_value"] * value["n_orders"]) == pytest.approx(
        list(value["total_spend"])
    )


@pytest.mark.parametrize("spend", [0.0, -10.0])
def test_a_total_of_nothing_is_said(spend) -> None:
    found = stage()
    poor = found.summary.assign(total_spend=spend)
    with pytest.raises(KehuError, match=r"KH-D11 summary\.total_spend: the spend of all"):
        assess.value_table(poor, found.scores.table, found.clv, CUTS)


def test_tables_of_different_customers_are_refused() -> None:
    found = stage()
    with pytest.raises(ValueError, match="different customers"):
        assess.value_table(found.summary, found.scores.table, found.clv.head(50), CUTS)


def test_independence_that_cannot_be_told_is_amber() -> None:
    rated = [assess._independence(c) for c in (0.1, -0.1, 0.2, -0.5, math.nan)]
    assert rated == ["green", "green", "amber", "red", "amber"]


def test_one_customer_has_a_value() -> None:
    one = pd.DataFrame({"customer_id": ["7"], "n_orders": [1], "days_since_last": [3],
                        "total_spend": [9.5]})  # fmt: skip
    clv = stage().clv.head(1).assign(customer_id="7")
    found = assess.value_table(one, rfm.rfm(one).table, clv, CUTS).iloc[0]
    assert (found["rank"], found["abc_class"], found["matrix_class"]) == (1, "A", "uncertain")
    assert found["spend_share"] == 1
