"""The uncertainty of the parameters: covariance, draws from it, and intervals that hold it."""

import dataclasses

import numpy as np
import pytest
from clv_models import NAMES, TRUTH, model_of, population, shop, theta_of

from kehu.value.clv import gamma_gamma
from kehu.value.clv.families import FAMILIES, drawn, has_uncertainty, scenarios

each = pytest.mark.parametrize("name", NAMES)
SOME = ([0, 2, 26, 10], [0, 30.43, 30.857, 25], [38.86, 38.86, 31, 39])


@pytest.fixture(scope="module", params=NAMES)
def small(request):
    """A model fitted to few customers, whose parameters are known badly."""
    T = np.random.default_rng(3).uniform(30, 78, 600)
    x, t_x, _ = population(request.param, 4, 600, TRUTH[request.param], T)
    return FAMILIES[request.param].fit(x, t_x, T, time_unit="week")


def test_draws_have_the_covariance_of_the_fit(small) -> None:
    wide = drawn(small, np.random.default_rng(1), 100_000)
    assert type(wide) is type(small)
    logs = np.log(np.hstack([getattr(wide, k) for k in small.PARAMETERS]))
    assert logs.mean(axis=0) == pytest.approx(np.log(theta_of(small)), abs=0.02)
    assert np.cov(logs.T) == pytest.approx(small.log_covariance, rel=0.05, abs=0.005)


def test_draws_take_one_row_for_each_set_of_parameters(small) -> None:
    family, wide = FAMILIES[small.FAMILY], drawn(small, np.random.default_rng(1), 300)
    assert wide.r.shape == (300, 1)
    assert family.p_alive(wide, *SOME).shape == (300, 4)
    alone = [family.p_alive(one, *SOME) for one in scenarios(small, 5)]
    together = family.p_alive(drawn(small, np.random.default_rng(5), 5), *SOME)
    assert together == pytest.approx(np.array(alone), rel=1e-12)
    draws = family.simulate_purchases(wide, np.random.default_rng(2), 300, 39, *SOME)
    assert draws.shape == (300, 4)


def test_draws_average_over_the_parameters_too(small) -> None:
    family, n = FAMILIES[small.FAMILY], 10_000
    rng = np.random.default_rng(6)
    draws = family.simulate_purchases(drawn(small, rng, n), rng, n, 39, *SOME)
    means = [family.expected_purchases(one, 39, *SOME) for one in scenarios(small, 400)]
    error = np.hypot(draws.std(axis=0) / n**0.5, np.std(means, axis=0) / 400**0.5)
    assert (np.abs(draws.mean(axis=0) - np.mean(means, axis=0)) < 4 * error).all()


def test_uncertain_parameters_widen_the_interval_of_a_sum(small) -> None:
    """One customer's chance hides it; the sum of 1,000 alike does not."""
    family, many = FAMILIES[small.FAMILY], ([2] * 1000, [20.0] * 1000, [30.0] * 1000)
    rng = np.random.default_rng(7)
    point = family.simulate_purchases(small, rng, 300, 39, *many).sum(axis=1)
    wide = family.simulate_purchases(drawn(small, rng, 300), rng, 300, 39, *many).sum(axis=1)
    assert wide.std() > 1.5 * point.std()


def test_same_seed_same_parameters(small) -> None:
    one, two = (drawn(small, np.random.default_rng(9), 4) for _ in range(2))
    assert all((getattr(one, k) == getattr(two, k)).all() for k in small.PARAMETERS)
    assert theta_of(scenarios(small, 3)[2]) == pytest.approx(theta_of(scenarios(small, 3)[2]))


@each
def test_where_the_covariance_says_nothing_the_estimate_is_drawn(name) -> None:
    unknown = model_of(name, TRUTH[name])
    covariance = np.diag([0.01] * 4)
    known = dataclasses.replace(unknown, log_covariance=covariance)
    doubtful = dataclasses.replace(known, identified=False)
    vague = dataclasses.replace(known, log_covariance=covariance * 1000)
    assert has_uncertainty(known)
    for model in (unknown, doubtful, vague):
        assert not has_uncertainty(model)
        wide = drawn(model, np.random.default_rng(1), 3)
        assert np.hstack([getattr(wide, k) for k in model.PARAMETERS]) == pytest.approx(
            np.tile(TRUTH[name], (3, 1)), rel=1e-12
        )


def test_spend_takes_drawn_parameters_too() -> None:
    rng = np.random.default_rng(11)
    frequency = rng.integers(1, 8, 400)
    rate = rng.gamma(3.7, 1 / 15.4, 400)
    model = gamma_gamma.fit(frequency, rng.gamma(6.2 * frequency) / rate / frequency)
    assert has_uncertainty(model)
    assert model.standard_errors == pytest.approx(
        np.array([model.p, model.q, model.gamma]) * np.sqrt(np.diag(model.log_covariance))
    )
    wide, bought = drawn(model, rng, 20_000), np.full((20_000, 2), 3)
    spent = gamma_gamma.simulate_spend(wide, rng, bought, [2, 0], [30.0, 0.0])
    plain = gamma_gamma.simulate_spend(model, rng, bought, [2, 0], [30.0, 0.0])
    expected = 3 * gamma_gamma.expected_spend(model, [2, 0], [30.0, 0.0])
    assert spent.shape == (20_000, 2)
    assert plain.mean(axis=0) == pytest.approx(expected, rel=0.03)
    assert spent.mean(axis=0) == pytest.approx(expected, rel=0.1)
    assert (spent.std(axis=0) > plain.std(axis=0)).all()


@pytest.mark.slow
@each
def test_intervals_of_the_parameters_hold_the_truth_as_often_as_they_say(name) -> None:
    """200 populations of 1,000; four standard errors of the share allowed."""
    truth, scores = np.log(TRUTH[name]), []
    for seed in range(200):
        T = np.random.default_rng(seed).uniform(30, 78, 1000)
        x, t_x, _ = population(name, 1000 + seed, 1000, TRUTH[name], T)
        model = FAMILIES[name].fit(x, t_x, T, time_unit="week")
        errors = np.sqrt(np.diag(model.log_covariance))
        scores.append((np.log(theta_of(model)) - truth) / errors)
    for level, width in ((0.90, 1.645), (0.95, 1.960)):
        share = (np.abs(scores) < width).mean(axis=0)
        assert share == pytest.approx(level, abs=4 * (level * (1 - level) / 200) ** 0.5)


@pytest.mark.slow
@each
def test_intervals_of_purchases_hold_what_customers_do(name) -> None:
    """The sum over all 400 customers of the fit: nine in ten lie in the 90 % interval."""
    inside = []
    for seed in range(100):
        T = np.random.default_rng(seed).uniform(30, 78, 400)
        x, t_x, later = population(name, 2000 + seed, 400, TRUTH[name], T, ahead=39.0)
        family = FAMILIES[name]
        model = family.fit(x, t_x, T, time_unit="week")
        rng = np.random.default_rng(seed)
        draws = family.simulate_purchases(drawn(model, rng, 200), rng, 200, 39, x, t_x, T)
        low, high = np.quantile(draws.sum(axis=1), [0.05, 0.95])
        inside.append(low <= later.sum() <= high)
    assert np.mean(inside) == pytest.approx(0.9, abs=4 * (0.09 / 100) ** 0.5)


@each
def test_a_fit_of_many_knows_its_parameters_better(name) -> None:
    few, many = (FAMILIES[name].fit(*shop(name, n), time_unit="week") for n in (1000, 16_000))
    ratio = np.diag(few.log_covariance) / np.diag(many.log_covariance)
    assert ratio == pytest.approx(16, rel=0.6)
