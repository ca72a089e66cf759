"""What must hold of BG/BB whatever the data, checked by generated cases and by simulation."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from scipy.special import beta as beta_function

from kehu.value.clv import bgbb, bgbb_likelihood
from kehu.value.clv.bgbb_purchases import (
    discounted_purchases,
    discounted_residual,
    expected_new,
    expected_purchases,
    residual_purchases,
    simulate_purchases,
)
from kehu.value.clv.families import drawn


def cases(*strategies):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=40, derandomize=True)(
        given(*strategies)(test)
    )


def model_of(alpha: float, beta: float, gamma: float, delta: float) -> bgbb.BgBb:
    return bgbb.BgBb(alpha, beta, gamma, delta, (0.0,) * 4, 0.0, 0.0, 1, "year", True, True, "")


DONORS = model_of(1.2035, 0.7497, 0.6567, 2.7834)
models = st.builds(
    model_of, st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0.05, 60)
)


@st.composite
def histories(draw: st.DrawFn, size: int = 8, most: int = 40) -> tuple[NDArray, NDArray, NDArray]:
    """Patterns as purchases in whole periods leave them."""
    rows = []
    for _ in range(size):
        n = draw(st.integers(1, most))
        t_x = draw(st.integers(0, n))
        rows.append((draw(st.integers(1, t_x)) if t_x else 0, t_x, n))
    x, t_x, n = np.array(rows, float).T
    return x, t_x, n


def population(
    rng: np.random.Generator, theta: tuple[float, ...], n: NDArray, ahead: int = 0
) -> tuple[NDArray, NDArray, NDArray]:
    """Customers bought and left as the model's story says: x, t_x, purchases in `ahead` after n."""
    alpha, beta, gamma, delta = theta
    chance, leaving = rng.beta(alpha, beta, n.size), rng.beta(gamma, delta, n.size)
    last = rng.geometric(np.maximum(leaving, 1e-15)) - 1
    periods = np.arange(1, n.max() + ahead + 1)
    bought = rng.random((n.size, periods.size)) < chance[:, None]
    bought &= periods <= last[:, None]
    seen = bought & (periods <= n[:, None])
    later = bought & (periods > n[:, None]) & (periods <= n[:, None] + ahead)
    return seen.sum(axis=1), (seen * periods).max(axis=1), later.sum(axis=1)


def by_the_paper(theta: tuple[float, ...], x: int, t_x: int, n: int) -> tuple[float, float]:
    """Equation 5, summand by summand: likelihood, and its share "still a customer"."""
    alpha, beta, gamma, delta = theta
    both = beta_function(alpha, beta) * beta_function(gamma, delta)
    here = beta_function(alpha + x, beta + n - x) * beta_function(gamma, delta + n) / both
    i = np.arange(n - t_x)
    left = beta_function(alpha + x, beta + t_x - x + i) * beta_function(gamma + 1, delta + t_x + i)
    whole = here + left.sum() / both
    return whole, here / whole


@cases(models, histories(most=25))
def test_likelihood_and_p_alive_are_the_papers_sum(model, customers) -> None:
    theta = np.array([getattr(model, k) for k in model.PARAMETERS])
    x, t_x, n = customers
    for row in zip(x, t_x, n, strict=True):
        whole, alive = by_the_paper(tuple(theta), *(int(v) for v in row))
        alone = bgbb_likelihood.Patterns(*(np.array([int(v)]) for v in row), np.ones(1))
        assert bgbb_likelihood.bgbb(theta, alone)[0] == pytest.approx(np.log(whole), rel=1e-9)
        assert bgbb.p_alive(model, *row)[0] == pytest.approx(alive, rel=1e-9)


@cases(st.tuples(*[st.floats(0.1, 10)] * 4), st.integers(1, 7))
def test_the_likelihood_is_a_distribution(theta, n) -> None:
    """Over every way to use or miss n opportunities the probabilities sum to 1."""
    total = 0.0
    for used in product((0, 1), repeat=n):
        t_x = max((i + 1 for i, u in enumerate(used) if u), default=0)
        total += by_the_paper(theta, sum(used), t_x, n)[0]
    assert total == pytest.approx(1, abs=1e-12)


@cases(models, histories())
def test_gradients_equal_finite_differences(model, customers) -> None:
    assume(customers[0].sum() > 0)
    counts = np.arange(1.0, customers[0].size + 1)
    whole = bgbb_likelihood.patterns(*customers, counts)
    theta = np.array([getattr(model, k) for k in model.PARAMETERS])
    for f, point in ((bgbb_likelihood.bgbb, theta), (bgbb_likelihood.beta_binomial, theta[:2])):

        def in_logs(u, f=f):
            return f(np.exp(u), whole)[0]

        analytic = f(point, whole)[1] * point
        rough = approx_fprime(np.log(point), in_logs, 1e-6)
        assert analytic == pytest.approx(
            rough, rel=1e-3, abs=1e-5 * (1 + abs(in_logs(np.log(point))))
        )


@cases(models, histories())
def test_nobody_leaving_is_the_limit(model, customers) -> None:
    """gamma towards 0: the beta-binomial, and everybody alive."""
    assume(customers[0].sum() > 0)
    whole = bgbb_likelihood.patterns(*customers)
    stay = dataclasses.replace(model, gamma=1e-250)
    theta = np.array([getattr(stay, k) for k in stay.PARAMETERS])
    limit = bgbb_likelihood.beta_binomial(theta[:2], whole)[0]
    assert bgbb_likelihood.bgbb(theta, whole)[0] == pytest.approx(limit, rel=1e-9)
    assert bgbb.p_alive(stay, *customers) == pytest.approx(1, abs=1e-9)


@cases(models, histories())
def test_p_alive_is_a_probability_and_one_for_who_bought_last(model, customers) -> None:
    found = bgbb.p_alive(model, *customers)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    latest = customers[1] == customers[2]
    assert found[latest] == pytest.approx(1)


@cases(models, st.integers(1, 20), st.integers(0, 20), st.integers(1, 10))
def test_silence_lowers_p_alive(model, x, silence, more) -> None:
    short, long = (bgbb.p_alive(model, x, x, x + s)[0] for s in (silence, silence + more))
    assert long < short


@cases(models, histories(), st.integers(0, 40), st.integers(1, 40))
def test_purchases_grow_with_the_horizon_and_never_exceed_it(model, customers, t, more) -> None:
    near, far = (expected_purchases(model, h, *customers) for h in (t, t + more))
    assert (near >= 0).all()
    assert (far >= near).all()
    assert (far <= t + more).all()


@cases(models, histories())
def test_zero_horizon_is_zero_purchases(model, customers) -> None:
    assert (expected_purchases(model, 0, *customers) == 0).all()
    assert (discounted_purchases(model, 0, 0.1, *customers) == 0).all()
    assert expected_new(model, [0])[0] == 0


@cases(models, histories(), st.integers(1, 60))
def test_discount_zero_is_the_plain_expectation(model, customers, horizon) -> None:
    plain = expected_purchases(model, horizon, *customers)
    assert (discounted_purchases(model, horizon, 0.0, *customers) == plain).all()


@cases(models, histories(), st.integers(1, 30), st.floats(0, 0.5))
def test_discounting_is_the_sum_over_periods(model, customers, horizon, rate) -> None:
    until = [expected_purchases(model, k, *customers) for k in range(horizon + 1)]
    plain = sum((until[k] - until[k - 1]) / (1 + rate) ** k for k in range(1, horizon + 1))
    found = discounted_purchases(model, horizon, rate, *customers)
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-12)


@cases(models, histories(), st.floats(0.02, 1))
def test_without_horizon_is_a_long_horizon(model, customers, rate) -> None:
    far = discounted_purchases(model, 2000, rate, *customers)
    assert discounted_residual(model, rate, *customers) == pytest.approx(far, rel=1e-8)
    continuous = residual_purchases(model, np.log1p(rate), *customers)
    assert continuous == pytest.approx(far, rel=1e-8)


@cases(models, histories(), st.permutations(range(8)))
def test_predictions_follow_the_order_of_rows(model, customers, order) -> None:
    shuffled = [column[list(order)] for column in customers]
    straight = expected_purchases(model, 10, *customers)[list(order)]
    assert (expected_purchases(model, 10, *shuffled) == straight).all()


@cases(models, st.integers(1, 20))
def test_a_new_customer_is_one_without_any_opportunity_yet(model, t) -> None:
    fresh = expected_purchases(model, t, [0], [0], [0])[0]
    assert expected_new(model, [t])[0] == pytest.approx(fresh, rel=1e-12)


@pytest.fixture(scope="module")
def donors() -> tuple[NDArray, NDArray, NDArray]:
    rng = np.random.default_rng(1)
    n = rng.integers(3, 11, 4000)
    return (*population(rng, (1.2, 0.75, 0.66, 2.8), n)[:2], n)


def test_counts_are_repeated_rows_to_the_last_digit(donors) -> None:
    patterns, counts = np.unique(np.column_stack(donors), axis=0, return_counts=True)
    grouped = bgbb.fit(*patterns.T, counts, time_unit="year")
    assert grouped == bgbb.fit(*donors, time_unit="year")
    assert counts.max() > 1


def test_order_of_rows_changes_no_digit(donors) -> None:
    order = np.random.default_rng(2).permutation(donors[0].size)
    shuffled = bgbb.fit(*(column[order] for column in donors), time_unit="year")
    assert shuffled == bgbb.fit(*donors, time_unit="year")


@pytest.mark.parametrize("theta", [(1.2, 0.75, 0.66, 2.8), (0.5, 4.0, 0.4, 6.0)])
def test_true_parameters_are_recovered(theta) -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(4, 16, 30_000)
    x, t_x, _ = population(rng, theta, n)
    model = bgbb.fit(x, t_x, n, time_unit="quarter")
    found = np.array([getattr(model, k) for k in model.PARAMETERS])
    assert model.identified
    assert (np.abs(found - theta) < 3.5 * np.array(model.standard_errors)).all()
    assert (np.array(model.standard_errors) < 0.3 * np.array(theta)).all()


@pytest.mark.parametrize("bucket", [0, 1, 3, 6])
def test_expectation_is_what_simulated_customers_do(bucket) -> None:
    """By the model's own story, simulated to the end of a hold-out that the formula never sees."""
    theta, n = (1.2, 0.75, 0.66, 2.8), np.full(60_000, 8)
    x, t_x, later = population(np.random.default_rng(4), theta, n, ahead=6)
    model, chosen = model_of(*theta), x == bucket
    customers = (x[chosen], t_x[chosen], n[chosen])
    expected = expected_purchases(model, 6, *customers)
    error = later[chosen].std() / np.sqrt(chosen.sum())
    assert later[chosen].mean() == pytest.approx(expected.mean(), abs=4 * error)
    draws = simulate_purchases(model, np.random.default_rng(5), 3, 6, *customers)
    for k in range(7):
        share = (later[chosen] == k).mean()
        error = np.sqrt(share * (1 - share) / chosen.sum())
        assert (draws == k).mean() == pytest.approx(share, abs=5 * error + 1e-3)
    assert x.mean() == pytest.approx(expected_new(model, [8])[0], abs=4 * x.std() / np.sqrt(n.size))


def test_draws_average_to_the_expectation() -> None:
    customers = ([0, 2, 6, 3, 1], [0, 4, 6, 3, 6], [6, 6, 6, 12, 6])
    draws = simulate_purchases(DONORS, np.random.default_rng(6), 40_000, 5, *customers)
    expected = expected_purchases(DONORS, 5, *customers)
    error = draws.std(axis=0) / np.sqrt(40_000)
    assert (np.abs(draws.mean(axis=0) - expected) < 4 * error + 1e-9).all()
    assert draws.max() <= 5


def test_parameters_vary_in_the_draws_of_a_fitted_model(donors) -> None:
    model = bgbb.fit(*donors, time_unit="year")
    rng = np.random.default_rng(7)
    wide = drawn(model, rng, 500)
    alive = bgbb.p_alive(wide, [2, 0], [4, 0], [8, 5])
    assert alive.shape == (500, 2)
    assert alive.std(axis=0).min() > 0
    assert alive.mean(axis=0) == pytest.approx(
        bgbb.p_alive(model, [2, 0], [4, 0], [8, 5]), abs=0.02
    )
    assert simulate_purchases(wide, rng, 500, 4, [2, 0], [4, 0], [8, 5]).shape == (500, 2)


def test_nobody_asked_is_nobody_answered() -> None:
    assert expected_purchases(DONORS, 5, [], [], []).shape == (0,)
    wide = dataclasses.replace(DONORS, **{k: np.ones((9, 1)) for k in DONORS.PARAMETERS})
    assert bgbb.p_alive(wide, [], [], []).shape == (9, 0)


def test_a_population_nobody_leaves_is_flagged() -> None:
    rng = np.random.default_rng(8)
    n = rng.integers(3, 12, 3000)
    x, t_x, _ = population(rng, (1.0, 2.0, 1e-4, 10.0), n)
    model = bgbb.fit(x, t_x, n, time_unit="year")
    assert not model.identified
    assert "do not tell when customers leave" in model.message


def test_customers_without_repeat_left_out_are_missed(donors) -> None:
    repeat = donors[0] > 0
    model = bgbb.fit(*(column[repeat] for column in donors), time_unit="year")
    assert "bought only once" in model.message


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """200 populations of 3,000: 95 % intervals hold each parameter 95 times in 100 (+- 5)."""
    rng, theta = np.random.default_rng(9), np.array([1.2, 0.75, 0.66, 2.8])
    hits = np.zeros(4)
    for _ in range(200):
        n = rng.integers(4, 13, 3000)
        x, t_x, _ = population(rng, tuple(theta), n)
        model = bgbb.fit(x, t_x, n, time_unit="year")
        assert model.identified
        logs = np.log([getattr(model, k) for k in model.PARAMETERS])
        hits += np.abs(logs - np.log(theta)) < 1.96 * np.sqrt(np.diag(model.log_covariance))
    assert hits / 200 == pytest.approx(0.95, abs=0.05)
