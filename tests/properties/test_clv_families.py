"""What must hold of every model of purchases without contract, whatever the data."""

import dataclasses
import math

import numpy as np
import pytest
from clv_models import (
    CDNOW,
    NAMES,
    TRUTH,
    any_model,
    cases,
    histories,
    log_likelihood,
    log_likelihood_at,
    model_of,
    population,
    shop,
    theta_of,
)
from hypothesis import assume
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import gammaln

from kehu.value.clv import likelihood
from kehu.value.clv.families import FAMILIES, family_of
from kehu.value.clv.identification import LEAVING_GAIN, outcome
from kehu.value.clv.optimise import Optimum
from kehu.value.clv.sample import sample

each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module", params=NAMES)
def fit_of_shop(request):
    """A family's name, 3,000 of its customers, and the model fitted to them."""
    customers = shop(request.param)
    return request.param, customers, FAMILIES[request.param].fit(*customers, time_unit="week")


def test_every_family_is_found_by_its_model() -> None:
    for name in NAMES:
        model = model_of(name, TRUTH[name])
        assert family_of(model) is FAMILIES[name]
        assert FAMILIES[name].name == name
        assert FAMILIES[name].parameters == model.PARAMETERS


@cases(any_model, histories())
def test_zero_horizon_is_zero_purchases(model, customers) -> None:
    family = family_of(model)
    assert (family.expected_purchases(model, 0, *customers) == 0).all()
    assert (family.discounted_purchases(model, 0, 0.01, *customers) == 0).all()
    assert family.expected_new(model, 0)[0] == 0
    draws = family.simulate_purchases(model, np.random.default_rng(1), 3, 0.0, *customers)
    assert (draws == 0).all()


@each
def test_no_customers_no_figures(name) -> None:
    family, model, nobody = FAMILIES[name], model_of(name, TRUTH[name]), ([], [], [])
    rng = np.random.default_rng(1)
    assert family.p_alive(model, *nobody).shape == (0,)
    assert family.expected_purchases(model, 10, *nobody).shape == (0,)
    assert family.discounted_purchases(model, 10, 0.01, *nobody).shape == (0,)
    assert family.residual_purchases(model, 0.01, *nobody).shape == (0,)
    assert family.expected_new(model, []).shape == (0,)
    assert family.simulate_purchases(model, rng, 7, 10.0, *nobody).shape == (7, 0)


@cases(any_model, histories(), st.floats(0, 100), st.floats(0.1, 100))
def test_purchases_grow_with_the_horizon(model, customers, t, more) -> None:
    expected = family_of(model).expected_purchases
    near, far = (expected(model, until, *customers) for until in (t, t + more))
    assert (far >= near - 1e-9 * (1 + near)).all()
    assert (near >= 0).all()


@cases(any_model, histories(), st.floats(0.1, 200))
def test_no_more_purchases_than_if_nobody_left(model, customers, t) -> None:
    x, _, T = customers
    ceiling = (model.r + x) * t / (model.alpha + T)
    found = family_of(model).expected_purchases(model, t, *customers)
    assert (found <= ceiling * (1 + 1e-9)).all()


@cases(any_model, histories())
def test_the_later_the_last_purchase_the_likelier_still_a_customer(model, customers) -> None:
    x, t_x, T = customers
    alive = [family_of(model).p_alive(model, x, t_x * share, T) for share in (0.3, 0.7, 1.0)]
    assert ((alive[0] >= 0) & (alive[2] <= 1)).all()
    assert (np.diff(alive, axis=0) >= -1e-12).all()


@cases(any_model, histories(), st.integers(0, 30), st.floats(0, 0.05))
def test_discounted_purchases_are_the_sum_unit_by_unit(model, customers, horizon, rate) -> None:
    family = family_of(model)
    until = [family.expected_purchases(model, k, *customers) for k in range(horizon + 1)]
    plain = sum((until[k] - until[k - 1]) / (1 + rate) ** k for k in range(1, horizon + 1))
    found = family.discounted_purchases(model, horizon, rate, *customers)
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-12)
    assert (found <= until[-1] * (1 + 1e-12)).all()


@cases(any_model, histories(), st.integers(1, 60))
def test_discount_zero_is_the_plain_expectation(model, customers, horizon) -> None:
    family = family_of(model)
    discounted = family.discounted_purchases(model, horizon, 0.0, *customers)
    assert (discounted == family.expected_purchases(model, horizon, *customers)).all()


@cases(any_model, histories(most=40), st.floats(0.02, 0.2), examples=30)
def test_all_purchases_to_come_lie_between_discounts_at_begin_and_end_of_units(
    model, customers, rate
) -> None:
    family, per_unit = family_of(model), math.exp(rate) - 1
    ends = family.discounted_purchases(model, math.ceil(40 / rate), per_unit, *customers)
    found = family.residual_purchases(model, rate, *customers)
    assert (found >= ends * (1 - 1e-9)).all()
    assert (found <= ends * math.exp(rate) * (1 + 1e-9)).all()


@each
def test_residual_is_the_integral_over_time(name) -> None:
    """By parts, against adaptive integration of the expectations."""
    model, family = model_of(name, CDNOW[name]), FAMILIES[name]
    customer = ([3.0], [20.0], [30.0])

    def later(t: float) -> float:
        return 0.01 * math.exp(-0.01 * t) * family.expected_purchases(model, t, *customer)[0]

    whole = quad(later, 0, 100, epsabs=1e-11)[0] + quad(later, 100, 4000, epsabs=1e-11)[0]
    assert family.residual_purchases(model, 0.01, *customer)[0] == pytest.approx(whole, rel=1e-8)


@cases(any_model, histories(), st.permutations(range(8)))
def test_predictions_follow_the_order_of_rows(model, customers, order) -> None:
    family, shuffled = family_of(model), [column[list(order)] for column in customers]
    for ask in (family.p_alive, family.discounted_purchases, family.residual_purchases):
        terms = {family.discounted_purchases: (10, 0.01), family.residual_purchases: (0.01,)}
        straight = ask(model, *terms.get(ask, ()), *customers)[list(order)]
        assert (ask(model, *terms.get(ask, ()), *shuffled) == straight).all()


@each
def test_a_customer_scores_the_same_whoever_else_is_scored(name) -> None:
    rng, model, family = np.random.default_rng(6), model_of(name, CDNOW[name]), FAMILIES[name]
    x, T = rng.integers(0, 30, 20_000).astype(float), rng.uniform(10, 60, 20_000)
    t_x, some = np.where(x > 0, T * rng.uniform(0.1, 1, 20_000), 0.0), slice(None, None, 997)
    found = family.discounted_purchases(model, 39, 0.01, x, t_x, T)[some]
    rows = zip(x[some], t_x[some], T[some], strict=True)
    alone = [family.discounted_purchases(model, 39, 0.01, *row)[0] for row in rows]
    assert found == pytest.approx(alone, rel=1e-13)


@cases(any_model, histories(), st.floats(0.1, 100))
def test_days_or_weeks_are_the_same_purchases(model, customers, t) -> None:
    (x, t_x, T), family = customers, family_of(model)
    times = {k: getattr(model, k) * 7 for k in ("alpha", "beta") if hasattr(model, k)}
    daily = dataclasses.replace(model, **times, time_unit="day")
    weeks = family.expected_purchases(model, t, x, t_x, T)
    assert family.expected_purchases(daily, 7 * t, x, 7 * t_x, 7 * T) == pytest.approx(
        weeks, rel=1e-9
    )
    assert family.p_alive(daily, x, 7 * t_x, 7 * T) == pytest.approx(
        family.p_alive(model, x, t_x, T), rel=1e-9
    )


@each
@pytest.mark.parametrize("x", [200, 500, 2000])
def test_no_overflow_for_heavy_buyers(name, x) -> None:
    family, model, T = FAMILIES[name], model_of(name, CDNOW[name]), 100.0
    with np.errstate(over="raise", invalid="raise"):
        for last in (0.5, 50.0, T):
            assert 0 <= family.p_alive(model, [x], [last], [T])[0] <= 1
        for t in (1, 52, 5000):
            found = family.expected_purchases(model, t, [x], [T], [T])[0]
            assert 0 < found <= (model.r + x) * t / (model.alpha + T)


@cases(any_model, histories())
def test_a_customer_of_today_is_a_new_one(model, customers) -> None:
    family, t = family_of(model), float(customers[2][0])
    today = family.expected_purchases(model, t, 0, 0, 0)
    assert family.expected_new(model, t) == pytest.approx(today, rel=1e-10)


@cases(any_model, histories(most=60))
def test_gradients_equal_finite_differences(model, customers) -> None:
    assume(customers[0].sum() > 0)
    people, point = sample(*customers), theta_of(model)

    def in_logs(u) -> float:
        return log_likelihood_at(model, np.exp(u), people)[0]

    analytic = log_likelihood(model, people)[1] * point
    rough = approx_fprime(np.log(point), in_logs, 1e-6)
    scale = 1 + abs(in_logs(np.log(point)))
    assert analytic == pytest.approx(rough, rel=1e-3, abs=1e-5 * scale)


@each
def test_the_likelihood_is_a_distribution(name) -> None:
    """Over 0, 1, 2 ... purchases and all times of the last: the probabilities sum to 1."""
    model, T = model_of(name, (0.8, 5.0, 0.6, 1.5)), 6.0

    def density(t_x: float, x: int) -> float:
        value = log_likelihood(model, sample([x], [t_x], [T]))[0]
        return float(np.exp(value + (x - 1) * np.log(t_x) - gammaln(x)))

    rest = sum(quad(density, 0, T, args=(x,))[0] for x in range(1, 36))
    assert probability_of_none(model, T) + rest == pytest.approx(1, abs=1e-7)


@each
def test_simulated_customers_buy_as_often_as_the_likelihood_says(name) -> None:
    n, T = 200_000, 20.0
    x, _, _ = population(name, 21, n, TRUTH[name], np.full(n, T))
    model = model_of(name, TRUTH[name])

    def once(t_x: float) -> float:
        return float(np.exp(log_likelihood(model, sample([1], [t_x], [T]))[0]))

    for times, share in ((0, probability_of_none(model, T)), (1, quad(once, 0, T)[0])):
        error = math.sqrt(share * (1 - share) / n)
        assert (x == times).mean() == pytest.approx(share, abs=4 * error)


def probability_of_none(model, T: float) -> float:
    """Probability of no repeat purchase; one customer who bought keeps the sample valid."""
    other = log_likelihood(model, sample([1], [1.0], [T]))[0]
    return math.exp(log_likelihood(model, sample([0, 1], [0.0, 1.0], [T, T]))[0] - other)


def test_counts_are_repeated_rows_and_order_is_nothing(fit_of_shop) -> None:
    """To the last digit."""
    name, customers, fitted = fit_of_shop
    order = np.random.default_rng(1).permutation(customers[0].size)
    triples, counts = np.unique(np.column_stack(customers), axis=0, return_counts=True)
    assert counts.max() > 1
    shuffled = FAMILIES[name].fit(*(column[order] for column in customers), time_unit="week")
    grouped = FAMILIES[name].fit(*triples.T, counts, time_unit="week")
    for other in (shuffled, grouped):
        assert other == fitted
        assert (other.log_covariance == fitted.log_covariance).all()


def test_the_unit_of_time_does_not_matter_to_the_fit(fit_of_shop) -> None:
    name, (x, t_x, T), weeks = fit_of_shop
    days = FAMILIES[name].fit(x, t_x * 7, T * 7, time_unit="day")
    seven = [7 if k in ("alpha", "beta") else 1 for k in weeks.PARAMETERS]
    assert theta_of(days) == pytest.approx(theta_of(weeks) * seven, rel=1e-6)
    assert days.log_covariance == pytest.approx(weeks.log_covariance, rel=1e-4)
    moved = days.log_likelihood + x.sum() * np.log(7)
    assert moved == pytest.approx(weeks.log_likelihood, abs=1e-6)


@each
def test_a_coarse_start_ends_where_a_patient_search_does(name, monkeypatch) -> None:
    customers = shop(name, 30_000)
    people = sample(*customers)
    assert people.coarse().x.size < people.x.size / 4
    quick = FAMILIES[name].fit(*customers, time_unit="week")
    monkeypatch.setattr("kehu.value.clv.sample.Sample.coarse", lambda self: self)
    patient = FAMILIES[name].fit(*customers, time_unit="week")
    assert theta_of(quick) == pytest.approx(theta_of(patient), rel=1e-6)


def test_standard_errors_are_those_of_the_covariance(fit_of_shop) -> None:
    _, _, fitted = fit_of_shop
    relative = np.sqrt(np.diag(fitted.log_covariance))
    assert fitted.standard_errors == pytest.approx(theta_of(fitted) * relative, rel=1e-9)


def test_a_population_with_leaving_is_identified(fit_of_shop) -> None:
    _, _, fitted = fit_of_shop
    assert fitted.identified
    assert fitted.message == ""
    assert 2 * (fitted.log_likelihood - fitted.log_likelihood_nbd) > LEAVING_GAIN


@each
def test_a_population_nobody_leaves_is_flagged(name) -> None:
    rng = np.random.default_rng(5)
    T = rng.uniform(10, 53, 3000)
    x = rng.poisson(rng.gamma(0.8, 1 / 10, 3000) * T).astype(float)
    last = np.where(x > 0, T * rng.random(3000) ** (1 / np.maximum(x, 1)), 0.0)
    model = FAMILIES[name].fit(x, last, T, time_unit="week")
    assert not model.identified
    assert "do not tell when customers leave" in model.message
    assert 2 * (model.log_likelihood - model.log_likelihood_nbd) < LEAVING_GAIN
    assert FAMILIES[name].p_alive(model, x, last, T).mean() > 0.9


@pytest.mark.parametrize(("gain", "identified"), [(4.60, False), (4.61, True)])
def test_leaving_must_add_enough_to_be_believed(gain, identified) -> None:
    """An inner optimum, converged and curved, is not enough."""
    people = sample(*shop("bgnbd", 200))
    stay = Optimum(np.ones(2), np.eye(2), -100.0, converged=True, at_bound=False, curved=True)
    best = Optimum(np.ones(4), np.eye(4), -100 + gain / 2, True, False, True)
    found = outcome(best, stay, people, np.ones(4), "week")
    assert found["identified"] is identified
    assert ("P(alive) says nothing" in found["message"]) is not identified


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"converged": False}, "did not end at an optimum"),
        ({"at_bound": True}, "end of its range"),
        ({"curved": False}, "flat in some direction"),
    ],
)
def test_a_search_that_went_wrong_says_so(change, words) -> None:
    people = sample(*shop("bgnbd", 200))
    stay = Optimum(np.ones(2), np.eye(2), -100.0, converged=True, at_bound=False, curved=True)
    sound = Optimum(np.ones(4), np.eye(4), -50.0, True, False, True)
    found = outcome(dataclasses.replace(sound, **change), stay, people, np.ones(4), "week")
    assert not found["identified"]
    assert words in found["message"]


@each
def test_the_model_tends_to_the_nbd_where_nobody_leaves(name) -> None:
    theta = np.array([0.6, 6.0, 1e-9, 1.0])
    people = sample(*shop("bgnbd", 200))
    value = log_likelihood_at(model_of(name, theta), theta, people)[0]
    assert value == pytest.approx(likelihood.nbd(theta[:2], people)[0], rel=1e-6)


@each
def test_customers_without_repeat_left_out_are_missed(name) -> None:
    customers = shop(name)
    repeat = customers[0] > 0
    model = FAMILIES[name].fit(*(column[repeat] for column in customers), time_unit="week")
    assert "bought only once" in model.message


@each
def test_true_parameters_are_recovered(name) -> None:
    T = np.random.default_rng(2).uniform(40, 80, 20_000)
    x, t_x, _ = population(name, 3, 20_000, TRUTH[name], T)
    model = FAMILIES[name].fit(x, t_x, T, time_unit="week")
    errors = np.array(model.standard_errors)
    assert model.identified
    assert (np.abs(theta_of(model) - TRUTH[name]) < 3.5 * errors).all()
    assert (errors < 0.1 * np.array(TRUTH[name])).all()


@each
@pytest.mark.parametrize("bucket", [0, 1, 2, 3, 5])
def test_conditional_expectation_is_what_simulated_customers_do(name, bucket) -> None:
    """By the model's own story, simulated to the end of a hold-out that the formula never sees."""
    n, family, model = 60_000, FAMILIES[name], model_of(name, TRUTH[name])
    T = np.full(n, 40.0)
    x, t_x, later = population(name, 11, n, TRUTH[name], T, ahead=30.0)
    chosen = x == bucket
    customers = x[chosen], t_x[chosen], T[chosen]
    expected = family.expected_purchases(model, 30, *customers)
    error = later[chosen].std() / np.sqrt(chosen.sum())
    assert later[chosen].mean() == pytest.approx(expected.mean(), abs=4 * error)
    draws = family.simulate_purchases(model, np.random.default_rng(12), 4, 30, *customers)
    silent = (later[chosen] == 0).mean()
    error = np.sqrt(silent * (1 - silent) / chosen.sum())
    assert (draws == 0).mean() == pytest.approx(silent, abs=5 * error)
    new = family.expected_new(model, 40)[0]
    assert x.mean() == pytest.approx(new, abs=4 * x.std() / np.sqrt(n))


@each
def test_draws_average_to_the_expectation(name) -> None:
    family, model = FAMILIES[name], model_of(name, CDNOW[name])
    customers = ([0, 2, 26, 10, 100], [0, 30.43, 30.857, 5, 39.9], [38.86, 38.86, 31, 39, 40])
    draws = family.simulate_purchases(model, np.random.default_rng(4), 40_000, 39, *customers)
    assert draws.shape == (40_000, 5)
    expected = family.expected_purchases(model, 39, *customers)
    error = draws.std(axis=0) / np.sqrt(40_000)
    assert (np.abs(draws.mean(axis=0) - expected) < 4 * error + 1e-9).all()


@each
def test_same_seed_same_draws(name) -> None:
    one, two = (
        FAMILIES[name].simulate_purchases(
            model_of(name, CDNOW[name]), np.random.default_rng(9), 50, 39, [2], [30.43], [38.86]
        )
        for _ in range(2)
    )
    assert (one == two).all()
