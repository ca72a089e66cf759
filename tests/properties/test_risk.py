"""Early warning and credit: nothing leaks or is lost, and the truth of a simulation is met."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import risk_client as client
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from kehu import tables
from kehu.errors import KehuError
from kehu.i18n import Translator
from kehu.params_risk import Churn, Credit
from kehu.report import charts_risk, listings_risk
from kehu.report.style import house_style
from kehu.risk import bins, churn, credit, facts, labelled, leakage, measures, payments, scorecard
from kehu.risk.features import FEATURES, features
from kehu.risk.population import at_risk, left
from kehu.risk.windows import windows

ANALYSIS = "2026-09-30"
SPANS = windows(client.FIRST.date(), ANALYSIS, 300)
CHURN, CREDIT = Churn().model_dump(), Credit().model_dump()
NOTHING = pd.DataFrame(columns=["customer_id", "actual", "model", "naive"])


@pytest.fixture(scope="module")
def shop():
    lines, truth = client.shop(3000, 7)
    return lines, truth


def warned_of(lines, held=None, **more):
    ids = sorted(set(lines["customer_id"]) | (set() if held is None else set(held["customer_id"])))
    value = pd.DataFrame({"customer_id": ids, "expected_purchases": 1.0})
    chosen = {**CHURN, **more}
    return churn.warn(
        client.events(lines, None, held), SPANS, value, NOTHING, chosen,
        margin=0.3, horizon_days=365, seed=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def warned(shop):
    return warned_of(shop[0])


def test_who_refused_takes_no_place_of_the_contacts(shop, warned):
    table = warned.table
    refused = table.loc[table["churn_band"] == "act", "customer_id"].iloc[::2]
    may = pd.Series(~table["customer_id"].isin(refused).to_numpy(), index=table["customer_id"])
    ids = sorted(set(shop[0]["customer_id"]))
    value = pd.DataFrame({"customer_id": ids, "expected_purchases": 1.0})
    again = churn.warn(
        client.events(shop[0]), SPANS, value, NOTHING, CHURN,
        margin=0.3, horizon_days=365, seed=1, may_contact=may,
    ).table.set_index("customer_id")  # fmt: skip
    assert len(refused) > 1
    assert set(again.loc[refused, "churn_band"]) <= {"watch", "calm"}
    acting = (again["churn_band"] == "act").sum()
    assert 0 < acting <= CHURN["capacity"]


# --- windows ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(3, 4000), st.one_of(st.none(), st.integers(1, 1000)))
def test_windows_stand_back_to_back_and_inside_the_history(history, holdout):
    first = client.LAST.date() - pd.Timedelta(days=history).to_pytimedelta()
    cut = windows(first, ANALYSIS, None, holdout)
    assert cut.until(cut.learn) == cut.test
    assert cut.until(cut.test) == cut.now
    assert cut.since(cut.learn) >= first
    assert cut.days <= 365


def test_a_history_of_two_days_is_too_short():
    with pytest.raises(KehuError, match="KH-D11"):
        windows(client.day("2026-09-28"), ANALYSIS)


# --- no leak ----------------------------------------------------------------------------------


def test_nothing_after_the_day_changes_a_feature(shop):
    lines, _ = shop
    cut = SPANS.test
    later = lines["date"] > pd.Timestamp(cut)
    assert later.any()
    before = features(client.events(lines[~later]), SPANS, cut)
    changed = lines.assign(amount=lines["amount"].where(~later, 9999.0))
    pd.testing.assert_frame_equal(before, features(client.events(changed), SPANS, cut))


def test_features_are_what_a_plain_reading_gives(shop):
    lines, _ = shop
    cut, since = pd.Timestamp(SPANS.test), pd.Timestamp(SPANS.since(SPANS.test))
    found = features(client.events(lines), SPANS, SPANS.test).set_index("customer_id")
    past = lines[lines["date"] <= cut]
    recent = past[past["date"] > since]
    assert set(found.index) == set(recent["customer_id"])
    for name, one in list(past.groupby("customer_id"))[:40]:
        if name not in found.index:
            assert one["date"].max() <= since
            continue
        row, now = found.loc[name], one[one["date"] > since]
        assert row["days_since_last"] == (cut - one["date"].max()).days
        assert row["purchases"] == now["date"].nunique()
        assert row["spend"] == pytest.approx(now["amount"].sum())
        assert row["breadth"] == now["product_id"].nunique()


def test_who_is_at_risk_bought_within_the_window_and_who_left_did_not_come_again(shop):
    lines, _ = shop
    events, cut = client.events(lines), SPANS.test
    told = left(events, SPANS, cut)
    at = set(at_risk(events, SPANS, cut).execute()["customer_id"])
    after = lines[(lines["date"] > pd.Timestamp(cut)) & (lines["date"] <= pd.Timestamp(SPANS.now))]
    assert set(told["customer_id"]) == at
    assert set(told.loc[~told["left"], "customer_id"]) == at & set(after["customer_id"])


def test_under_contract_leaving_is_the_end_of_the_last_contract():
    held = pd.DataFrame(
        [
            ("a", "2024-01-01", None),
            ("b", "2024-01-01", "2026-06-30"),
            ("c", "2024-01-01", "2025-10-31"),
            ("c", "2025-11-01", None),
            ("d", "2024-01-01", "2025-01-01"),
            ("e", "2026-09-01", None),
        ],
        columns=["customer_id", "start", "end"],
    ).assign(fee=100.0)
    lines = client.shop(5, 1)[0]
    told = left(client.events(lines, None, held), SPANS, SPANS.test).set_index("customer_id")
    assert told["left"].to_dict() == {"a": False, "b": True, "c": False}


def test_a_feature_that_knows_the_outcome_is_left_out_until_a_person_vouches_for_it():
    rng = np.random.default_rng(3)
    bad = rng.random(4000) < 0.3
    frame = pd.DataFrame({f"x{i}": rng.normal(bad * 0.3, 1) for i in range(4)})
    frame["after"] = np.where(bad, rng.exponential(3, 4000), rng.exponential(0.5, 4000))
    a, b = slice(0, 2000), slice(2000, 4000)
    parts = (frame[a], bad[a], frame[b].reset_index(drop=True), bad[b], list(frame))
    found = labelled.assess(*parts, capacity=100)
    assert list(found.suspects["feature"]) == ["after"]
    assert "after" not in found.chosen.columns
    kept = labelled.assess(*parts, capacity=100, known_before=["after"])
    assert kept.suspects.empty
    assert "after" in kept.chosen.columns
    assert kept.tried["auc"].max() > found.tried["auc"].max() + 0.1


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=8))
def test_at_most_one_feature_stands_apart(aucs):
    table = pd.DataFrame(
        {"feature": [f"f{i}" for i in range(len(aucs))], "auc": sorted(aucs)[::-1]}
    )
    found = leakage.suspects(table)
    assert (found["auc"] >= leakage.LIMIT).all()
    assert found.empty or found["feature"].iloc[0] == "f0" or table["auc"].iloc[0] >= 0.75


# --- the early warning ------------------------------------------------------------------------


def test_every_customer_has_one_level_and_money_adds_up(warned, shop):
    table = warned.table
    assert sorted(table["customer_id"]) == sorted(set(shop[0]["customer_id"]))
    assert set(table.loc[~table["at_risk"], "churn_band"]) == {"lost"}
    at = table[table["at_risk"]]
    assert at["churn_probability"].between(0, 1).all()
    loss = at["churn_probability"] * at["value_if_stays"]
    assert np.allclose(at["value_at_risk"], loss)
    gain = at["value_at_risk"] * CHURN["save_rate"] - CHURN["contact_cost"]
    assert np.allclose(at["contact_gain"], gain)
    since = pd.Timestamp(SPANS.since(SPANS.now))
    lines = shop[0]
    recent = lines.loc[lines["date"] > since, "amount"].sum()
    assert at["value_if_stays"].sum() == pytest.approx(0.3 * recent)
    tables.check("churn", table)


@pytest.mark.parametrize("capacity", [7, pytest.param(100_000, marks=pytest.mark.slow)])
def test_no_more_are_contacted_than_can_be_and_the_best_first(shop, capacity):
    table = warned_of(shop[0], capacity=capacity, method="logistic").table
    act, rest = (table[table["churn_band"] == b]["contact_gain"] for b in ("act", "next"))
    assert len(act) == min(capacity, int((table["contact_gain"] > 0).sum()))
    assert (act > 0).all()
    assert rest.empty or act.min() >= rest.max()


def test_rows_in_another_order_change_nothing(warned, shop):
    mixed = shop[0].sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(warned_of(mixed).table, warned.table)


@pytest.mark.slow
def test_customers_under_other_names_get_the_same_warning(warned, shop):
    lines, _ = shop
    named = warned_of(lines.assign(customer_id="X" + lines["customer_id"])).table
    named["customer_id"] = named["customer_id"].str[1:]
    pd.testing.assert_frame_equal(named, warned.table)


def test_the_warning_comes_close_to_the_best_that_can_be(warned, shop):
    """Who knew the law would rank by the chance that no purchase follows; AUC .04 below is near."""
    _, truth = shop
    told = left(client.events(shop[0]), SPANS, SPANS.test).merge(truth, on="customer_id")
    cut = (pd.Timestamp(SPANS.test) - client.FIRST).days
    alive = told["gone"] > cut
    left_days = np.minimum(told["gone"] - cut, SPANS.days).clip(lower=0)
    none = np.where(alive, np.exp(-told["rate"] * left_days), 1.0)
    best = measures.quality(told["left"].to_numpy(bool), none, 200).auc
    found = warned.assessment.tried.set_index("method").loc[warned.method]
    assert best > 0.9
    assert found["auc"] > 0.75
    assert found["auc"] >= warned.assessment.tried["auc"].iloc[0]
    assert found["calibration_error"] < 0.06


def test_with_few_leavers_no_probability_is_given_and_it_is_said():
    lines, _ = client.shop(60, 2)
    found = warned_of(lines)
    assert found.assessment is None
    assert found.table["churn_probability"].isna().all()
    assert set(found.table["churn_band"]) <= {"watch", "calm", "lost"}
    told = facts.facts(found, no_credit(), CHURN, "noncontractual")
    assert told["proved"] == "no"
    assert told["n_watch"] == (found.table["overdue"] >= churn.LATE).sum()
    assert churn.proofs(found) == churn.assessments(found) == []


def test_reasons_point_the_way_they_do_among_all(warned):
    codes = warned.table["churn_reasons"].dropna().str.split(",").explode()
    assert {c.rpartition("_")[0] for c in codes} <= set(FEATURES)
    assert "overdue_low" not in set(codes)
    assert "purchases_high" not in set(codes)


@pytest.mark.slow
def test_parameters_choose_the_method(shop):
    assert warned_of(shop[0], method="recency").method == "recency"


# --- measures ---------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_measures_agree_with_other_libraries(seed):
    rng = np.random.default_rng(seed)
    p = rng.random(200).round(1)
    bad = rng.random(200) < p
    if bad.all() or not bad.any():
        bad[0] = ~bad[0]
    found = measures.quality(bad, p, 50)
    assert found.ks == pytest.approx(ks_2samp(p[bad], p[~bad]).statistic)
    assert found.caught * bad.sum() == pytest.approx(found.precision * 50)
    table = measures.calibration(bad, p)
    assert ((table["low"] <= table["actual"]) & (table["actual"] <= table["high"])).all()
    assert table["customers"].sum() == 200
    assert (table["actual"] * table["customers"]).sum() == pytest.approx(bad.sum())
    gains = measures.gains(bad, p)
    assert gains["caught"].iloc[0] == 0
    assert gains["caught"].iloc[-1] == pytest.approx(1)
    assert gains["caught"].is_monotonic_increasing


# --- credit -----------------------------------------------------------------------------------


def no_credit():
    empty = client.events(client.shop(3, 1)[0]).payments
    return credit.assess(empty, SPANS, pd.Series(dtype=float), CREDIT, 100)


@pytest.fixture(scope="module")
def owed():
    rows, truth = client.dues(2000, 1)
    table = client.events(client.shop(3, 1)[0], rows).payments
    return credit.assess(table, SPANS, pd.Series(dtype=float), CREDIT, 200), rows, truth, table


def test_what_was_paid_later_was_open_on_the_day(owed):
    _, rows, _, table = owed
    cut = pd.Timestamp(SPANS.test)
    found = payments.behaviour(table, SPANS, SPANS.test).set_index("customer_id")
    known = rows[rows["due"] <= cut]
    still = known["paid"].isna() | (known["paid"] > cut)
    open_now = known[still].groupby("customer_id")["amount"].sum()
    assert found["exposure"].sum() == pytest.approx(open_now.sum())
    oldest = known[still].groupby("customer_id")["due"].min()
    assert (found.loc[oldest.index, "days_past_due"] == (cut - oldest).dt.days).all()
    hidden = rows.assign(paid=rows["paid"].where(rows["paid"] <= cut))
    again = client.events(client.shop(3, 1)[0], hidden[hidden["due"] <= cut]).payments
    pd.testing.assert_frame_equal(found.reset_index(), payments.behaviour(again, SPANS, SPANS.test))


def test_the_scorecard_comes_close_to_the_best_that_can_be(owed):
    """Who knew each customer's chance would reach the AUC that the chance itself has."""
    found, _, truth, table = owed
    told = payments.turned_bad(table, SPANS, SPANS.test, CREDIT["bad_days"])
    both = told.merge(truth, on="customer_id")
    best = measures.quality(both["bad"].to_numpy(bool), both["chance"].to_numpy(), 200).auc
    assert found.method == "scorecard"
    assert found.quality.auc > best - 0.1
    assert found.quality.gini == pytest.approx(2 * found.quality.auc - 1)
    tables.check("credit", found.table)


def test_more_points_mean_fewer_bads_in_every_feature(owed):
    card = owed[0].card
    for feature, rows in card.table.groupby("feature"):
        kept = rows[rows["label"] != bins.BLANK]
        shares = kept.sort_values(["points", "bad_share"], ascending=[True, False])[
            "bad_share"
        ].to_numpy()
        assert (np.diff(shares) <= 1e-9).all(), feature
        steps = np.diff(kept["points"])
        assert (steps >= 0).all() or (steps <= 0).all(), feature


def test_points_are_odds(owed):
    card = owed[0].card
    frame = payments.behaviour(owed[3], SPANS, SPANS.now)
    points, chance = card.score(frame), card.probability(frame)
    odds = (1 - chance) / chance
    assert np.allclose(odds, CREDIT["base_odds"] * 2 ** ((points - 600) / 20))


def test_without_outcomes_the_expert_score_ranks_and_gives_no_probability():
    rows, _ = client.dues(30, 2)
    table = client.events(client.shop(3, 1)[0], rows).payments
    found = credit.assess(table, SPANS, pd.Series(dtype=float), CREDIT, 10)
    assert found.method == "expert"
    assert found.table["credit_pd"].isna().all()
    assert found.table["credit_score"].between(0, 100).all()
    assert credit.experts(found)
    assert not credit.cards(found)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(credit.expert_points())), st.floats(0, 1), st.floats(0, 1))
def test_worse_behaviour_never_raises_the_expert_score(feature, a, b):
    scale = max(limit for limit, _ in credit.expert_points()[feature]) * 1.2
    frame = pd.DataFrame(0.0, index=[0, 1], columns=list(credit.expert_points()))
    frame[feature] = sorted([a * scale, b * scale])
    off = credit.expert_score(frame).sum(axis=1)
    assert off[0] <= off[1]


def test_without_payments_there_is_no_credit():
    found = no_credit()
    assert found.method == "none"
    assert credit.tables(found) == credit.cards(found) == credit.experts(found) == []
    tables.check("credit", found.table)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_classes_run_in_one_direction_and_hold_enough(seed, blanks):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=600).round(rng.integers(0, 3))
    bad = rng.random(600) < 1 / (1 + np.exp(-rng.normal() * x))
    bad[:2] = [True, False]
    values = pd.Series(np.where(blanks & (rng.random(600) < 0.1), np.nan, x), name="x")
    found = bins.of_numbers(values, bad)
    table = found.table
    assert table["customers"].sum() == 600
    assert table["bads"].sum() == bad.sum()
    known = table[table["label"] != bins.BLANK]
    assert len(known) == 1 or (known["customers"] >= 0.05 * 600 - 1e-9).all()
    steps = np.diff(known["woe"])
    assert (steps >= -1e-9).all() or (steps <= 1e-9).all()
    assert np.bincount(found.place(values), minlength=len(table)).tolist() == list(
        table["customers"]
    )


def test_a_word_never_seen_counts_as_rare_or_neutral():
    bad = np.array([True, False] * 100)
    seen = pd.Series(["a", "b", "c", "d"] * 50, name="w")
    found = bins.of_words(seen, bad)
    place = found.place(pd.Series(["zzz", "a"]))
    assert abs(found.table["woe"].iloc[place[0]]) == found.table["woe"].abs().min()


def test_a_scorecard_of_noise_gives_everybody_the_same():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"noise": np.ones(300)})
    bad = rng.random(300) < 0.2
    card = scorecard.fit(frame, bad, ["noise"])
    assert card.dropped == ("noise",)
    assert set(card.score(frame)) == {card.start}
    assert card.probability(frame)[0] == pytest.approx(bad.mean(), abs=0.005)


# --- what is shown ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_and_table_can_be_shown(warned, owed, language):
    say = Translator(language, "CNY")
    names = pd.DataFrame({"customer_id": warned.table["customer_id"], "name": "王小明"})
    told = facts.facts(warned, owed[0], CHURN, "noncontractual")
    gains, calibration = churn.proofs(warned)[0]
    with house_style("zh"):
        figures = [
            charts_risk.proof(say, gains, calibration, told),
            charts_risk.proof(say, gains, calibration, {**told, "auc": told["naive_auc"]}),
            charts_risk.bands(say, warned.table),
            charts_risk.grades(say, owed[0].table),
        ]
    assert len({f.title for f in figures}) == 4
    card = owed[0].card
    shown = [
        listings_risk.methods(say, warned.assessment.tried),
        listings_risk.contacts(say, warned.table, names),
        listings_risk.strength(say, warned.assessment.strength),
        listings_risk.credit(say, owed[0].table, names),
        listings_risk.scorecard(say, card.table, card.start),
        listings_risk.expert(say, credit.expert_points()),
    ]
    for one in shown:
        page = one.table.as_raw_html()
        assert "<td" in page
        assert "nan" not in page
    assert asdict(owed[0].quality)["auc"] == told["credit_auc"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_has_its_words(language):
    say = Translator(language, "CNY")
    row = {"days_since_last": 9, "overdue": 2.5, "recent_share": 0.2, "recent_complaints": 1}
    for feature in (*FEATURES, "forecast"):
        for end in ("high", "low"):
            assert say(f"churn_reason.{feature}.{end}", row)
    for feature in {*payments.FEATURES, *credit.expert_points()}:
        assert say(f"risk_feature.{feature}")
