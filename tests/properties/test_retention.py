"""Contract value: what must hold of fits by plan, of the back-test, of every customer's value."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from contract_log import holdings, simulated

from kehu import tables
from kehu.errors import KehuError
from kehu.value import retention
from kehu.value.billing import renewals
from kehu.value.clv.contract_lifetimes import expected_residual, survival
from kehu.value.contracts import Tenures, tenures
from kehu.value.retention_holdout import renewals_made
from kehu.value.retention_models import ALL, PlanModel

DAY, CUT = "2019-02-28", "2015-12-31"
NOBODY = pd.Series(dtype=float)
USUAL = {"spent": NOBODY, "horizon": 5, "discount_rate": 0.1, "margin": 0.6, "seed": 1}


@pytest.fixture(scope="module")
def rows() -> list[tuple]:
    """Two plans of known truth, and one that is too small for a model of its own."""
    return [
        *simulated(1, 4000, 0.7, 1.2, plan="basic", fee=100),
        *simulated(2, 3000, 0.7, 3.8, plan="gold", fee=900),
        *simulated(3, 40, 1.0, 9.0, plan="rare", fee=5000),
    ]


@pytest.fixture(scope="module")
def now(rows) -> Tenures:
    return tenures(holdings(*rows), DAY)


@pytest.fixture(scope="module")
def models(now) -> retention.Models:
    return retention.fit(now, "sbg")


@pytest.fixture(scope="module")
def proof(rows) -> retention.Proof:
    return retention.prove(holdings(*rows), DAY, calibration_end=CUT)


@pytest.fixture(scope="module")
def scored(models, now) -> pd.DataFrame:
    return retention.score(models, now, **USUAL).set_index("customer_id")


def test_plans_have_their_own_models_and_the_small_one_that_of_all(models) -> None:
    assert sorted(models.by_group) == [ALL, "basic", "gold"]
    assert models.group_of == {"basic": "basic", "gold": "gold", "rare": ALL}
    for plan, truth in (("basic", (0.7, 1.2)), ("gold", (0.7, 3.8))):
        used = models.of(plan).used
        assert (
            np.abs(np.array([used.alpha, used.beta]) - truth) < 3.5 * np.array(used.standard_errors)
        ).all()
    assert models.of("rare").table.customers > models.of("gold").table.customers
    assert models.usable
    with pytest.raises(ValueError, match="without the plan 'new'"):
        models.of("new")


def test_method_left_to_the_fit_is_the_simpler_unless_dependence_shows(now) -> None:
    assert retention.fit(now).method == "sbg"
    assert retention.fit(now).reason == "simpler"
    assert retention.fit(now, "bdw").reason == "given"
    with pytest.raises(ValueError, match="method must be auto, sbg or bdw"):
        retention.fit(now, "weibull")


def test_curves_put_the_model_beside_what_was_seen(models, now) -> None:
    table = retention.curves(models, now, 12)
    for plan, truth in (("basic", (0.7, 1.2)), ("gold", (0.7, 3.8))):
        here = table[table["group"] == plan].set_index("period")
        assert here.index.tolist() == list(range(1, 13))
        early = here.loc[1:6]
        assert (early["observed"] - early["survival"]).abs().max() < 0.03
        assert here.loc[1, "observed_retention"] == pytest.approx(truth[1] / sum(truth), abs=0.03)
        assert here.loc[12, "at_risk"] == 0
        assert not here.loc[12, "seen"]
        assert (here["survival_low"] < here["survival_high"]).all()


def test_tables_keep_their_contracts(scored, proof) -> None:
    tables.check("clv", scored.reset_index())
    tables.check("backtest", proof.table)
    tables.check("models", proof.candidates)


def test_who_left_is_worth_nothing_and_who_stays_something(scored, now) -> None:
    ended = now.customers.set_index("customer_id")["ended"]
    assert (scored["p_alive"] == ~ended).all()
    money = ["clv", "clv_low", "clv_high", "expected_purchases", "expected_spend"]
    assert (scored.loc[ended, money] == 0).all(axis=None)
    assert (scored.loc[~ended, "clv"] > 0).all()
    assert len(scored) == 7040


def test_value_is_margin_times_fee_times_discounted_renewals(scored, models, now) -> None:
    running = now.customers[~now.customers["ended"]]
    some = running.groupby("plan").head(5)
    for row in some.itertuples():
        used = models.of(row.plan).used
        plain = expected_residual(used, row.tenure, 5)[0]
        there = survival(used, row.tenure + np.arange(1, 6)) / survival(used, row.tenure)
        value = 0.6 * row.fee * (there / 1.1 ** np.arange(1, 6)).sum()
        assert scored.loc[row.customer_id, "expected_purchases"] == pytest.approx(plain, rel=1e-12)
        assert scored.loc[row.customer_id, "clv"] == pytest.approx(value, rel=1e-9)


def test_horizon_zero_is_nothing_and_longer_is_never_less(models, now) -> None:
    ahead = [retention.score(models, now, **USUAL | {"horizon": h})["clv"] for h in (0, 1, 3, 10)]
    assert (ahead[0] == 0).all()
    for near, far in pairwise(ahead):
        assert (far >= near).all()


def test_discount_zero_is_the_plain_sum_and_more_discount_is_less(models, now) -> None:
    plain = retention.score(models, now, **USUAL | {"discount_rate": 0.0})
    expected = 0.6 * plain["expected_spend"] * plain["expected_purchases"]
    assert plain["clv"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)
    less = retention.score(models, now, **USUAL)["clv"]
    assert (less <= plain["clv"]).all()


def test_margin_and_currency_scale_everything(models, now) -> None:
    double = replace(now, customers=now.customers.assign(fee=now.customers["fee"] * 2))
    money = ["clv", "clv_low", "clv_high", "clv_low_95", "clv_high_95"]
    base = retention.score(models, now, **USUAL)[money].to_numpy()
    assert retention.score(models, double, **USUAL)[money].to_numpy() == pytest.approx(2 * base)
    margin = retention.score(models, now, **USUAL | {"margin": 0.3})[money].to_numpy()
    assert margin == pytest.approx(base / 2)


def test_what_was_paid_is_value_of_the_past(models, now) -> None:
    someone = now.customers["customer_id"].iloc[3]
    found = retention.score(models, now, **USUAL | {"spent": pd.Series({someone: 250.0})})
    past = found.set_index("customer_id")["clv_past"]
    assert past[someone] == 150
    assert past.drop(someone).eq(0).all()


def test_intervals_hold_the_mean_of_few_and_nest(scored) -> None:
    inner, outer = (
        scored["clv_high"] - scored["clv_low"],
        scored["clv_high_95"] - scored["clv_low_95"],
    )
    assert (outer >= inner).all()
    assert (scored["clv_low_95"] <= scored["clv_low"]).all()
    assert (scored["clv"] <= scored["clv_high_95"] + 1e-9).all()


def test_same_seed_same_value_and_order_of_rows_changes_no_digit(rows, models, now) -> None:
    order = np.random.default_rng(4).permutation(len(rows))
    other = tenures(holdings(*[rows[i] for i in order]), DAY)
    again = retention.score(retention.fit(other, "sbg"), other, **USUAL)
    pd.testing.assert_frame_equal(again, retention.score(models, now, **USUAL), check_exact=True)


def test_the_whole_is_the_sum_and_its_interval_is_far_narrower(models, now, scored) -> None:
    terms = {k: v for k, v in USUAL.items() if k != "spent"}
    whole = retention.base_value(models, now, **terms)
    assert whole.total == pytest.approx(scored["clv"].sum(), rel=1e-12)
    assert whole.customers == (scored["p_alive"] == 1).sum()
    assert whole.low < whole.total < whole.high
    assert whole.high - whole.low < 0.3 * (scored["clv_high"].sum() - scored["clv_low"].sum())


def test_a_fee_that_is_missing_stops_with_its_customer(rows) -> None:
    broken = [*rows[:3000], ("X1", "basic", "2017-01-01", None, None)]
    found = tenures(holdings(*broken), DAY)
    with pytest.raises(
        KehuError, match=r"KH-D11 holdings\.fee: 1 of .* without a fee \(e\.g\. X1\)"
    ):
        retention.score(retention.fit(found, "sbg"), found, **USUAL)


def test_models_of_another_kind_are_refused(models, rows) -> None:
    monthly = tenures(holdings(*rows[:50]), DAY, "month")
    with pytest.raises(ValueError, match="models are by year, the tenures by month"):
        retention.score(models, monthly, **USUAL)
    other = tenures(holdings(("1", "new", "2017-01-01", None, 5)), DAY)
    with pytest.raises(ValueError, match=r"without the plans \['new'\]"):
        retention.score(models, other, **USUAL)


def test_the_hold_out_is_what_happened(rows, proof) -> None:
    """Counted again from the rows: renewals of everyone under contract at the cut."""
    assert proof.periods == 3
    cut, end = np.datetime64(CUT), np.datetime64(DAY)
    starts, ends = (np.array([row[i] for row in rows], "datetime64[D]") for i in (2, 3))
    there = (starts <= cut) & (ends > cut)
    before, after = (
        renewals(starts[there], np.minimum(ends[there], day), "year", 1) for day in (cut, end)
    )
    actual = np.minimum(after - before, 3)
    total = proof.table[proof.table["kind"] == "total"].iloc[0]
    assert total["customers"] == there.sum() == len(proof.customers)
    assert total["actual"] == actual.sum()
    survivors = proof.table[proof.table["kind"] == "survivors"].set_index("bucket")["actual"]
    assert survivors.tolist() == [(actual >= k).sum() for k in (1, 2, 3)]


def test_views_of_the_back_test_agree(proof) -> None:
    kinds = dict(iter(proof.table.groupby("kind")))
    for side in ("actual", "model", "naive"):
        total = float(kinds["total"][side].iloc[0])
        assert kinds["tracking"][side].iloc[-1] == pytest.approx(total)
        assert kinds["survivors"][side].sum() == pytest.approx(total)
        buckets = kinds["bucket"]
        assert (buckets[side] * buckets["customers"]).sum() == pytest.approx(total)
        assert proof.customers[side].sum() == pytest.approx(total)
    tracking = kinds["tracking"]
    assert (tracking["model_low"] < tracking["model"]).all()
    assert (tracking["model"] < tracking["model_high"]).all()


def test_groups_of_tenure_sort_as_text(proof, rows) -> None:
    annual = proof.table.loc[proof.table["kind"] == "bucket", "bucket"].tolist()
    assert annual == sorted(annual)
    monthly = simulated(6, 2000, 0.7, 12.0, months=1, join_days=2500)
    found = retention.prove(holdings(*monthly), "2016-12-31", "month", calibration_end="2016-03-31")
    names = found.table.loc[found.table["kind"] == "bucket", "bucket"].tolist()
    assert names == sorted(names)
    assert names[:4] == ["00", "01", "02", "03-05"]
    assert names[-1] == "60+"


def test_the_model_beats_the_last_rate_where_customers_differ(proof) -> None:
    """Old and new customers renew at different rates; one rate for all must be wrong for both."""
    assert proof.verdict == "A"
    assert proof.reasons == ("better_than_baseline",)
    assert abs(proof.model.total_error) < 0.03
    assert proof.log_scores["sbg"] > proof.log_scores["naive"]
    assert proof.method == "sbg"
    chosen = proof.candidates.set_index("candidate")["chosen"]
    assert chosen.to_dict() == {"sbg": True, "bdw": False}


def test_nothing_after_the_cut_reaches_the_forecast(rows, proof) -> None:
    """Change what happened in the hold-out: the forecasts stay, digit for digit."""
    other = [
        (c, p, start, min(end, "2016-06-30") if end > CUT else end, fee)
        for c, p, start, end, fee in rows
    ]
    shorter = retention.prove(holdings(*other), DAY, calibration_end=CUT)
    sides = ["customer_id", "naive"]
    pd.testing.assert_frame_equal(
        shorter.customers[sides], proof.customers[sides], check_exact=True
    )
    assert shorter.customers["actual"].sum() < proof.customers["actual"].sum()
    same = replace(shorter, method="sbg") if shorter.method == proof.method else None
    assert same is not None
    assert (shorter.customers["model"] == proof.customers["model"]).all()


@pytest.mark.slow
def test_duration_dependence_is_chosen_by_the_hold_out() -> None:
    """Customers who tire: the first year nobody leaves, then more and more do."""
    rng, listed = np.random.default_rng(7), []
    for i, row in enumerate(simulated(8, 6000, 1.0, 1.0)):
        leaving = rng.beta(2.0, 60.0)
        years = int(np.ceil((np.log(rng.random()) / np.log1p(-leaving)) ** (1 / 2.2)))
        start = row[2]
        end = f"{int(start[:4]) + min(years, 60)}{start[4:]}"
        listed.append((f"{i:05d}", "A", start, end, 10))
    found = retention.prove(holdings(*listed), DAY, calibration_end=CUT)
    assert found.method == "bdw"
    errors = found.candidates.set_index("candidate")["total_error"].abs()
    assert errors["bdw"] < errors["sbg"]
    assert retention.fit(tenures(holdings(*listed), DAY)).reason == "likelihood_ratio"


@pytest.mark.slow
def test_the_cut_is_chosen_so_that_a_third_is_held_out(rows) -> None:
    found = retention.prove(holdings(*rows), DAY)
    assert (found.periods, found.calibration_end) == (3, "2016-01-29")
    late = retention.prove(holdings(*rows), DAY, observed_since="2014-06-01")
    assert (late.periods, late.calibration_end) == (1, "2018-01-29")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kept", "options", "reason"),
    [
        (lambda row: row[2] > "2017-06-30", {}, "no_holdout"),
        (lambda row: True, {"calibration_end": "2018-06-30"}, "no_holdout"),
        (lambda row: row[3] > DAY, {}, "not_fitted"),
        (lambda row: row[3] < "2016-01-01", {"calibration_end": CUT}, "no_renewals"),
        (lambda row: True, {"calibration_end": "2009-12-31"}, "not_fitted"),
    ],
)
def test_where_nothing_can_be_compared_the_reason_says_so(rows, kept, options, reason) -> None:
    """A young file, a late cut, a snapshot of who is still there, all gone, a cut too early."""
    found = retention.prove(holdings(*filter(kept, rows)), DAY, **options)
    assert (found.verdict, found.reasons, found.method) == ("C", (reason,), "auto")
    assert found.message
    tables.check("backtest", found.table)
    tables.check("models", found.candidates)
    assert found.model is None
    assert found.curves.empty
    assert "survival" in found.curves
    assert found.customers.empty


def test_renewals_that_are_not_decided_are_no_hold_out() -> None:
    rows = [("1", "a", "2017-01-15", None, 1), ("2", "a", "2017-11-20", None, 1),
            ("3", "a", "2017-11-20", "2018-11-19", 1),
            ("4", "a", "2018-01-31", None, 1)]  # fmt: skip
    then, soon, now = (
        tenures(holdings(*rows), day) for day in ("2018-01-31", "2018-11-20", "2019-01-31")
    )
    with pytest.raises(ValueError, match="not all have decided on 1 renewals"):
        renewals_made(then, soon, 1)
    made = renewals_made(then, now, 1)
    assert made.set_index("customer_id")["made"].to_dict() == {"1": 1, "2": 1, "3": 0}


@pytest.mark.slow
def test_intervals_of_value_hold_what_happens(models, now) -> None:
    """Futures drawn by the truth: four in five and a little more, for renewals are whole."""
    rng, hits, seen = np.random.default_rng(9), 0, 0
    scored = retention.score(models, now, **USUAL | {"discount_rate": 0.0})
    running = now.customers[~now.customers["ended"]].merge(scored, on="customer_id")
    for plan, (alpha, beta) in (("basic", (0.7, 1.2)), ("gold", (0.7, 3.8))):
        here = running[running["plan"] == plan]
        for _ in range(20):
            leaving = rng.beta(alpha, beta + here["tenure"].to_numpy())
            made = np.minimum(rng.geometric(np.maximum(leaving, 1e-12)) - 1, 5)
            value = 0.6 * here["fee"].to_numpy() * made
            low, high = here["clv_low"].to_numpy(), here["clv_high"].to_numpy()
            hits += int(((value >= low - 1e-6) & (value <= high + 1e-6)).sum())
            seen += len(here)
    assert 0.80 <= hits / seen <= 0.98


@pytest.mark.slow
def test_interval_of_the_whole_holds_what_happens() -> None:
    """60 clubs, fitted on the past and valued; the next five years' renewals are the truth."""
    hits = 0
    terms = {"horizon": 5, "discount_rate": 0.0, "margin": 1.0, "seed": 1}
    for seed in range(60):
        rows = simulated(200 + seed, 1500, 0.7, 2.0, fee=1)
        then, now = (tenures(holdings(*rows), day) for day in ("2015-12-31", "2021-03-31"))
        whole = retention.base_value(retention.fit(then, "sbg"), then, **terms)
        made = renewals_made(then, now, 5)["made"].sum()
        hits += whole.low <= made <= whole.high
    assert hits / 60 == pytest.approx(0.8, abs=0.15)


def test_a_model_in_use_that_failed_makes_the_whole_unusable(models) -> None:
    plain = models.of("gold").used
    failed = PlanModel("gold", replace(plain, converged=False, message="It failed."), plain, None,
                       models.of("gold").table)  # fmt: skip
    broken = replace(models, by_group={**models.by_group, "gold": failed})
    assert not broken.usable
    assert broken.message == "gold: It failed."
