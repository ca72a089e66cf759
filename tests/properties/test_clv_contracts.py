"""What must hold of contract lifetimes: life table, sBG, beta-discrete-Weibull, value to come."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from scipy.special import betaln

from kehu.value.clv import bdw, contract_likelihood, sbg
from kehu.value.clv.beta_geometric import discounted_lifetime as closed_form
from kehu.value.clv.contract_lifetimes import (
    TOLERANCE,
    curve,
    discounted_at_renewal,
    discounted_lifetime,
    discounted_residual,
    expected_residual,
    residual_survival,
    retention,
    survival,
)
from kehu.value.clv.families import drawn
from kehu.value.clv.life_table import life_table


def cases(*strategies):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=50, derandomize=True)(
        given(*strategies)(test)
    )


def sbg_of(alpha: float, beta: float) -> sbg.Sbg:
    return sbg.Sbg(alpha, beta, (0.0, 0.0), 0.0, 0.0, 1, "year", True, True, "")


def bdw_of(alpha: float, beta: float, c: float) -> bdw.Bdw:
    return bdw.Bdw(alpha, beta, c, (0.0,) * 3, 0.0, 0.0, 1, "year", True, True, "")


shapes = (st.floats(0.05, 30), st.floats(0.05, 80))
plain_models = st.builds(sbg_of, *shapes)
models = st.one_of(plain_models, st.builds(bdw_of, *shapes, st.floats(0.4, 2.5)))
tenures = st.lists(st.integers(0, 40), min_size=1, max_size=6)


@st.composite
def contracts(draw: st.DrawFn, size: int = 12) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Durations, ends, customers and periods before observation, as files have them."""
    rows = []
    for _ in range(size):
        ended = draw(st.booleans())
        duration = draw(st.integers(1 if ended else 0, 15))
        entered = draw(st.integers(0, duration - 1 if ended else duration))
        rows.append((duration, ended, draw(st.integers(1, 9)), entered))
    duration, ended, counts, entered = (np.array(column) for column in zip(*rows, strict=True))
    return duration, ended, counts, entered


def lifetimes(rng: np.random.Generator, n: int, theta: tuple[float, ...]) -> NDArray:
    """Periods in which customers leave, by the models' story: 1, 2, ..."""
    alpha, beta, c = (*theta, 1.0)[:3]
    leaving = np.minimum(rng.beta(alpha, beta, n), 1 - 1e-15)
    reach = np.log(rng.random(n)) / np.log1p(-np.maximum(leaving, 1e-15))
    return np.maximum(np.ceil(np.minimum(reach, 1e12) ** (1 / c)), 1)


def observed(
    left_in: NDArray, entered: NDArray, until: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """Keep who was there when observation began; duration, ended, entered as `fit` takes them."""
    here = (left_in > entered) & (until > entered)
    left_in, entered, until = left_in[here], entered[here], until[here]
    return np.minimum(left_in, until), left_in <= until, entered


def by_hand(model: sbg.Sbg | bdw.Bdw, t: NDArray) -> NDArray:
    """S(t) = B(alpha, beta + t^c) / B(alpha, beta), as the papers have it."""
    reach = np.asarray(t, float) ** getattr(model, "c", 1.0)
    return np.exp(betaln(model.alpha, model.beta + reach) - betaln(model.alpha, model.beta))


@cases(models, st.integers(1, 30))
def test_survival_and_retention_are_the_papers(model, last) -> None:
    t = np.arange(0, last + 1)
    expected = by_hand(model, t)
    assert survival(model, t) == pytest.approx(expected, rel=1e-9)
    assert survival(model, 0)[0] == 1
    assert retention(model, t[1:]) == pytest.approx(expected[1:] / expected[:-1], rel=1e-7)


@cases(models, tenures, st.integers(0, 30))
def test_survival_falls_and_stays_a_share(model, tenure, horizon) -> None:
    there = residual_survival(model, tenure, horizon)
    assert there.shape == (len(tenure), horizon)
    assert ((there >= 0) & (there <= 1)).all()
    assert (np.diff(there, axis=1) <= 1e-12).all()
    plain = by_hand(model, np.array(tenure)[:, None] + np.arange(1, horizon + 1))
    assert there * by_hand(model, np.array(tenure))[:, None] == pytest.approx(plain, rel=1e-6)


@cases(plain_models, st.integers(1, 40))
def test_retention_of_the_sbg_rises_with_tenure(model, last) -> None:
    assert (np.diff(retention(model, np.arange(1, last + 2))) > 0).all()


@cases(models, tenures)
def test_zero_horizon_is_nothing_to_come(model, tenure) -> None:
    assert (expected_residual(model, tenure, 0) == 0).all()
    assert (discounted_residual(model, tenure, 0.1, 0) == 0).all()


@cases(models, tenures, st.integers(0, 30), st.integers(1, 30), st.floats(0.001, 0.5))
def test_more_periods_are_worth_more_and_money_later_less(model, tenure, near, more, rate) -> None:
    far = near + more
    assert (expected_residual(model, tenure, far) >= expected_residual(model, tenure, near)).all()
    plain, discounted = (discounted_residual(model, tenure, d, far) for d in (0.0, rate))
    assert (discounted <= plain).all()
    assert (plain == expected_residual(model, tenure, far)).all()
    assert (plain <= far).all()


@cases(models, tenures, st.floats(0.02, 1))
def test_without_horizon_is_a_long_horizon(model, tenure, rate) -> None:
    """In closed form for the sBG, summed for the BdW: the same as a thousand periods and more."""
    far = discounted_residual(model, tenure, rate, 1500)
    assert discounted_residual(model, tenure, rate) == pytest.approx(far, rel=1e-8, abs=TOLERANCE)


@cases(st.floats(0.05, 30), st.floats(0.05, 80), tenures, st.floats(0.02, 1))
def test_bdw_without_dependence_is_the_sbg(alpha, beta, tenure, rate) -> None:
    one, other = sbg_of(alpha, beta), bdw_of(alpha, beta, 1.0)
    for of in (residual_survival, expected_residual):
        assert of(other, tenure, 12) == pytest.approx(of(one, tenure, 12), rel=1e-7)
    lasting = (discounted_residual(m, tenure, rate) for m in (one, other))
    assert next(lasting) == pytest.approx(next(lasting), rel=1e-7, abs=2 * TOLERANCE)


@cases(models, st.floats(0.02, 1))
def test_lifetime_and_its_rest_fit_together(model, rate) -> None:
    """A new customer's lifetime is the first period and, a period later, the renewal of it."""
    first = 1 + discounted_at_renewal(model, 1, rate)[0] / (1 + rate)
    assert discounted_lifetime(model, rate) == pytest.approx(first, rel=1e-12)


@cases(st.floats(0.001, 5000), st.floats(0.001, 5000), st.floats(0.01, 2))
def test_closed_form_is_the_sum_where_library_routines_fail(a, b, rate) -> None:
    t = np.arange(4000.0)
    terms = np.exp(np.cumsum(np.log((b + t) / (a + b + t) / (1 + rate))))
    assert closed_form(a, b, rate)[0] == pytest.approx(1 + terms.sum(), rel=1e-8)


@cases(contracts())
def test_life_table_counts_every_renewal_once(given_) -> None:
    duration, ended, counts, entered = given_
    table = life_table(duration, ended, counts, entered)
    assert table.left.sum() == counts[ended].sum()
    assert table.at_risk.sum() == (counts * (duration - entered)).sum()
    assert table.renewed.sum() == (counts * (duration - ended - entered)).sum()
    for t in table.period:
        here = (entered < t) & (duration >= t)
        assert table.at_risk[int(t) - 1] == counts[here].sum()
    assert (table.left <= table.at_risk).all()
    assert table.customers == counts[duration > entered].sum()


@cases(contracts(), st.permutations(range(12)))
def test_order_and_grouping_change_no_digit(given_, order) -> None:
    duration, ended, counts, entered = given_
    table = life_table(*given_)
    shuffled = life_table(*(column[list(order)] for column in given_))
    single = life_table(
        np.repeat(duration, counts), np.repeat(ended, counts), None, np.repeat(entered, counts)
    )
    for other in (shuffled, single):
        for name in ("at_risk", "left"):
            assert (getattr(other, name) == getattr(table, name)).all()


@cases(contracts(), st.tuples(*shapes, st.floats(0.3, 3)))
def test_likelihood_is_the_product_over_customers(given_, theta) -> None:
    duration, ended, counts, entered = given_
    model, table = bdw_of(*theta), life_table(*given_)
    there, before = by_hand(model, duration), by_hand(model, np.maximum(duration - 1, 0))
    each = np.where(ended, before - there, there) / by_hand(model, entered)
    expected = (counts * np.log(each)).sum()
    found = contract_likelihood.bdw(np.array(theta), table)[0]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@cases(contracts(), st.tuples(*shapes))
def test_likelihoods_are_nested(given_, theta) -> None:
    table = life_table(*given_)
    value, gradient = contract_likelihood.sbg(np.array(theta), table)
    wide, slopes = contract_likelihood.bdw(np.array([*theta, 1.0]), table)
    assert wide == pytest.approx(value, rel=1e-9, abs=1e-9)
    scale = np.abs(gradient).max() + 1
    assert slopes[:2] == pytest.approx(gradient, rel=1e-6, abs=1e-7 * scale)


@cases(contracts(), st.tuples(*shapes, st.floats(0.3, 3)))
def test_gradients_equal_finite_differences(given_, theta) -> None:
    table = life_table(*given_)
    for f, point in (
        (contract_likelihood.sbg, np.array(theta[:2])),
        (contract_likelihood.bdw, np.array(theta)),
    ):

        def in_logs(u, f=f):
            return f(np.exp(u), table)[0]

        analytic = f(point, table)[1] * point
        rough = approx_fprime(np.log(point), in_logs, 1e-6)
        scale = 1 + abs(in_logs(np.log(point)))
        assert analytic == pytest.approx(rough, rel=1e-3, abs=1e-5 * scale)


@cases(st.floats(1e-5, 1e4), st.floats(1e-5, 1e4), st.floats(1e-5, 1e4))
def test_no_overflow_anywhere_the_search_may_go(alpha, beta, c) -> None:
    table = life_table([1, 5, 60, 120], [True, True, True, False], [9, 9, 9, 9])
    value, gradient = contract_likelihood.bdw(np.array([alpha, beta, c]), table)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


TRUE = {"sbg": (0.7, 1.2), "bdw": (0.5, 2.0, 1.4)}
FIT = {"sbg": sbg.fit, "bdw": bdw.fit}


def cohort(seed: int, n: int, theta: tuple[float, ...]) -> tuple[NDArray, NDArray, NDArray]:
    """Customers of every age when observation begins, followed for up to six periods."""
    rng = np.random.default_rng(seed)
    entered = np.where(rng.random(n) < 0.5, rng.integers(0, 9, n), 0)
    return observed(lifetimes(rng, n, theta), entered, entered + rng.integers(1, 7, n))


@pytest.mark.parametrize("name", ["sbg", "bdw"])
def test_true_parameters_are_recovered_of_truncated_lifetimes(name) -> None:
    duration, ended, entered = cohort(1, 60_000, TRUE[name])
    model = FIT[name](duration, ended, entered=entered, time_unit="year")
    found = np.array([getattr(model, k) for k in model.PARAMETERS])
    assert model.identified
    assert model.message == ""
    assert (np.abs(found - TRUE[name]) < 3.5 * np.array(model.standard_errors)).all()
    assert (np.array(model.standard_errors) < 0.2 * np.array(TRUE[name])).all()
    assert model.n == duration.size


def test_taking_a_snapshot_for_a_cohort_finds_far_too_few_who_leave() -> None:
    """The classic mistake: of old customers only the loyal are in the file."""
    duration, ended, entered = cohort(2, 60_000, TRUE["sbg"])
    right = sbg.fit(duration, ended, entered=entered, time_unit="year")
    wrong = sbg.fit(duration, ended, time_unit="year")
    truth = survival(sbg_of(*TRUE["sbg"]), [1, 5])
    assert survival(right, [1, 5]) == pytest.approx(truth, abs=0.02)
    assert (survival(wrong, [1, 5]) > truth + 0.06).all()
    assert wrong.alpha < 0.7 - 10 * wrong.standard_errors[0]
    assert abs(right.alpha - 0.7) < 3 * right.standard_errors[0]


def test_counts_and_order_change_no_digit_of_a_fit() -> None:
    duration, ended, entered = cohort(3, 3000, TRUE["bdw"])
    rows, counts = np.unique(
        np.column_stack([duration, ended, entered]), axis=0, return_counts=True
    )
    order = np.random.default_rng(4).permutation(duration.size)
    for fit in FIT.values():
        single = fit(duration, ended, entered=entered, time_unit="year")
        grouped = fit(rows[:, 0], rows[:, 1].astype(bool), counts, rows[:, 2], time_unit="year")
        shuffled = fit(duration[order], ended[order], None, entered[order], time_unit="year")
        assert single == grouped == shuffled


def test_unfinished_customers_of_period_zero_say_nothing() -> None:
    duration, ended, entered = cohort(5, 2000, TRUE["sbg"])
    more = np.zeros(500)
    model = sbg.fit(duration, ended, entered=entered, time_unit="year")
    padded = sbg.fit(
        np.append(duration, more), np.append(ended, more > 0),
        entered=np.append(entered, more), time_unit="year",
    )  # fmt: skip
    assert padded == model


def test_likelihood_ratio_finds_dependence_and_says_which() -> None:
    for c, word in ((1.6, "rising"), (0.6, "falling")):
        duration, ended, entered = cohort(6, 20_000, (0.8, 3.0, c))
        model = bdw.fit(duration, ended, entered=entered, time_unit="month")
        found = bdw.dependence(model)
        assert found.change == word
        assert word in found.sentence
        assert found.p_value < 0.01
        assert model.log_likelihood >= model.log_likelihood_sbg


def test_customers_who_are_all_alike_are_no_obstacle() -> None:
    """alpha and beta run away at a fixed ratio; the retention rate is as certain as ever."""
    left, there = [], 10_000
    for _ in range(6):
        left.append(there // 10)
        there -= there // 10
    duration, ended = [*range(1, 7), 6], [True] * 6 + [False]
    model = sbg.fit(duration, ended, [*left, there], time_unit="month")
    assert model.identified
    assert "hardly differ" in model.message
    table = curve(model, 24)
    assert table["retention"].to_numpy() == pytest.approx(0.9, abs=2e-3)
    width = table["retention_high"] - table["retention_low"]
    assert (width > 0).all()
    assert (width < 0.02).all()


@pytest.mark.parametrize("left", [[10, 20, 30, 40, 50], [1, 1, 1, 1, 400], [0, 0, 0, 0, 1]])
def test_losses_that_rise_with_tenure_leave_one_rate_for_all(left) -> None:
    """No mixture of customers can do that: the sBG's best is its limit, and the BdW's is not."""
    there, kept = 1000 - sum(left), [n for n in left if n]
    duration = [*(t for t, n in enumerate(left, 1) if n), len(left)]
    given_ = (duration, [True] * len(kept) + [False], [*kept, there])
    plain, wide = (fit(*given_, time_unit="year") for fit in (sbg.fit, bdw.fit))
    table = life_table(*given_)
    share = table.renewed.sum() / table.at_risk.sum()
    assert plain.identified
    assert retention(plain, [1, 5, 20]) == pytest.approx(share, abs=1e-3)
    assert plain.log_likelihood == plain.log_likelihood_constant
    if sum(left) > 100:
        assert wide.log_likelihood > plain.log_likelihood + 3


def test_interval_of_the_curve_is_around_it_and_wider_later() -> None:
    duration, ended, entered = cohort(7, 1500, TRUE["sbg"])
    for fit in FIT.values():
        table = curve(fit(duration, ended, entered=entered, time_unit="year"), 20)
        assert table["period"].tolist() == list(range(1, 21))
        for name in ("survival", "retention"):
            assert (table[f"{name}_low"] < table[name]).all()
            assert (table[name] < table[f"{name}_high"]).all()
        relative = (table["survival_high"] - table["survival_low"]) / table["survival"]
        assert relative.iloc[-1] > relative.iloc[0]


def test_the_curve_has_no_interval_where_the_data_tell_none() -> None:
    table = curve(dataclasses.replace(sbg_of(1.0, 2.0), identified=False), 5)
    assert table[["survival_low", "retention_high"]].isna().all(axis=None)


def test_drawn_models_answer_for_every_draw() -> None:
    duration, ended, entered = cohort(8, 3000, TRUE["bdw"])
    for fit in FIT.values():
        model = fit(duration, ended, entered=entered, time_unit="year")
        wide = drawn(model, np.random.default_rng(1), 200)
        assert survival(wide, [0, 1, 7]).shape == (200, 3)
        assert residual_survival(wide, [0, 4], 5).shape == (200, 2, 5)
        middle = np.median(residual_survival(wide, [0, 4], 5), axis=0)
        assert middle == pytest.approx(residual_survival(model, [0, 4], 5), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sbg", "bdw"])
def test_intervals_cover_the_truth_as_often_as_they_say(name) -> None:
    """300 populations of 3,000: 95 % intervals hold each parameter 95 times in 100 (+- 4)."""
    hits = np.zeros(len(TRUE[name]))
    for seed in range(300):
        duration, ended, entered = cohort(100 + seed, 3000, TRUE[name])
        model = FIT[name](duration, ended, entered=entered, time_unit="year")
        assert model.identified
        logs = np.log([getattr(model, k) for k in model.PARAMETERS])
        errors = np.sqrt(np.diag(model.log_covariance))
        hits += np.abs(logs - np.log(TRUE[name])) < 1.96 * errors
    assert hits / 300 == pytest.approx(0.95, abs=0.04)


@pytest.mark.slow
def test_no_dependence_is_found_one_time_in_twenty() -> None:
    found = 0
    for seed in range(300):
        duration, ended, entered = cohort(500 + seed, 3000, TRUE["sbg"])
        model = bdw.fit(duration, ended, entered=entered, time_unit="year")
        found += bdw.dependence(model).change != "none"
    assert found / 300 == pytest.approx(0.05, abs=0.035)
