"""What must hold of BG/NBD whatever the data, checked by generated cases and by simulation."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import gammaln, hyp2f1

from kehu.value.clv import bgnbd, likelihood
from kehu.value.clv.bgnbd_purchases import (
    discounted_purchases,
    expected_new,
    expected_purchases,
    simulate_purchases,
)
from kehu.value.clv.identification import LEAVING_GAIN
from kehu.value.clv.sample import sample


def cases(*strategies):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=50, derandomize=True)(
        given(*strategies)(test)
    )


def model_of(r: float, alpha: float, a: float, b: float, time_unit: str = "week") -> bgnbd.BgNbd:
    return bgnbd.BgNbd(
        r,
        alpha,
        a,
        b,
        (0.0,) * 4,
        0.0,
        0.0,
        1,
        time_unit,
        converged=True,
        identified=True,
        message="",
    )


CDNOW = model_of(0.2426, 4.4136, 0.7929, 2.4259)

models = st.builds(
    model_of, st.floats(0.05, 5), st.floats(0.1, 50), st.floats(0.01, 6), st.floats(0.02, 30)
)


@st.composite
def histories(draw: st.DrawFn, size: int = 8, most: int = 200) -> tuple[NDArray, NDArray, NDArray]:
    x = np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)), float)
    T = np.array(draw(st.lists(st.floats(0.5, 300), min_size=size, max_size=size)))
    share = np.array(draw(st.lists(st.floats(0.001, 1), min_size=size, max_size=size)))
    return x, np.where(x > 0, share * T, 0.0), T


def population(
    seed: int, n: int, theta: tuple[float, float, float, float], T: NDArray, ahead: float = 0.0
) -> tuple[NDArray, NDArray, NDArray]:
    """Customers bought and left as the model's story says: x, t_x, purchases in `ahead` after T."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = theta
    rate, leaving = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, now, later = (np.zeros(n) for _ in range(4))
    here = np.arange(n)
    while here.size:
        now[here] += rng.exponential(1 / np.maximum(rate[here], 1e-300))
        here = here[now[here] <= T[here] + ahead]
        seen = now[here] <= T[here]
        x[here[seen]] += 1
        t_x[here[seen]] = now[here[seen]]
        later[here[~seen]] += 1
        here = here[rng.random(here.size) >= leaving[here]]
    return x, t_x, later


@pytest.fixture(scope="module")
def shop() -> tuple[NDArray, NDArray, NDArray]:
    """3,000 customers of known parameters, observed 30 to 60 weeks, in whole days."""
    T = np.random.default_rng(7).integers(210, 420, 3000) / 7
    x, t_x, _ = population(8, 3000, (0.6, 6.0, 0.7, 2.0), T)
    return x, np.where(x > 0, np.clip(np.ceil(t_x * 7) / 7, 1 / 7, T), 0.0), T


@cases(models, histories())
def test_zero_horizon_is_zero_purchases(model, customers) -> None:
    assert (expected_purchases(model, 0, *customers) == 0).all()
    assert (discounted_purchases(model, 0, 0.01, *customers) == 0).all()
    assert expected_new(model, 0)[0] == 0


@cases(models, histories(), st.floats(0, 100), st.floats(0.1, 100))
def test_purchases_grow_with_the_horizon(model, customers, t, more) -> None:
    near = expected_purchases(model, t, *customers)
    far = expected_purchases(model, t + more, *customers)
    assert (far >= near - 1e-9 * (1 + near)).all()
    assert (near >= 0).all()


@cases(models, histories(), st.floats(0.1, 200))
def test_no_more_purchases_than_if_nobody_left(model, customers, t) -> None:
    x, _, T = customers
    ceiling = (model.r + x) * t / (model.alpha + T)
    assert (expected_purchases(model, t, *customers) <= ceiling * (1 + 1e-9)).all()


@cases(models, histories(most=40), st.floats(0.1, 100))
def test_same_as_the_closed_form_where_that_is_safe(model, customers, t) -> None:
    """Equation 10 after Euler's transformation: no overflow, but 0/0 at a = 1 and a + b + x = 1."""
    (x, _, T), (r, alpha, a, b) = customers, (model.r, model.alpha, model.a, model.b)
    assume(abs(a - 1) > 0.01 and abs(a + b - 1) > 0.01)
    z, c = t / (alpha + T + t), a + b + x - 1
    assume(z.max() < 0.85)
    closed = c / (a - 1) * (1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, z))
    found = expected_purchases(model, t, *customers)
    assert found == pytest.approx(bgnbd.p_alive(model, *customers) * closed, rel=1e-6, abs=1e-12)


@cases(models, histories(most=40), st.floats(1, 100))
def test_nothing_happens_at_a_equal_to_one(model, customers, t) -> None:
    at, below, above = (
        expected_purchases(dataclasses.replace(model, a=a), t, *customers)
        for a in (1.0, 1 - 1e-5, 1 + 1e-5)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-7)


@pytest.mark.parametrize("x", [200, 500, 2000])
@pytest.mark.parametrize("t", [1, 52, 5000])
def test_no_overflow_for_heavy_buyers(x, t) -> None:
    T = 100.0
    for model in (CDNOW, dataclasses.replace(CDNOW, a=3.0, b=20.0)):
        found = expected_purchases(model, t, [x], [T], [T])
        assert np.isfinite(found).all()
        assert 0 < found[0] <= (model.r + x) * t / (model.alpha + T)
        assert bgnbd.p_alive(model, [x], [1.0], [T])[0] == pytest.approx(0, abs=1e-12)


@cases(models, histories())
def test_p_alive_is_a_probability_and_one_without_repeat(model, customers) -> None:
    found = bgnbd.p_alive(model, *customers)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[customers[0] == 0] == 1).all()


@cases(models, st.integers(1, 200), st.floats(0.5, 50), st.floats(0, 50), st.floats(0.1, 50))
def test_silence_lowers_p_alive(model, x, t_x, silence, more) -> None:
    short, long = (bgnbd.p_alive(model, x, t_x, t_x + s)[0] for s in (silence, silence + more))
    assert long <= short


@cases(models, st.integers(0, 150), st.floats(1, 200), st.floats(1, 100))
def test_who_bought_more_and_today_will_buy_more(model, x, T, t) -> None:
    few, many = expected_purchases(model, t, [x + 1, x + 2], [T, T], [T, T])
    assert many > few


@cases(models, histories(most=50), st.integers(1, 30), st.floats(0, 0.05))
def test_discounting_is_the_sum_over_units(model, customers, horizon, rate) -> None:
    until = [expected_purchases(model, k, *customers) for k in range(horizon + 1)]
    plain = sum((until[k] - until[k - 1]) / (1 + rate) ** k for k in range(1, horizon + 1))
    found = discounted_purchases(model, horizon, rate, *customers)
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-12)
    assert (found <= until[-1] * (1 + 1e-12)).all()


@cases(models, histories(), st.integers(1, 60))
def test_discount_zero_is_the_plain_expectation(model, customers, horizon) -> None:
    discounted = discounted_purchases(model, horizon, 0.0, *customers)
    assert (discounted == expected_purchases(model, horizon, *customers)).all()


@cases(models, histories(), st.permutations(range(8)))
def test_predictions_follow_the_order_of_rows(model, customers, order) -> None:
    shuffled = [column[list(order)] for column in customers]
    straight = expected_purchases(model, 10, *customers)[list(order)]
    assert expected_purchases(model, 10, *shuffled) == pytest.approx(straight, rel=1e-12)


def test_many_distinct_customers_are_scored_one_by_one() -> None:
    rng = np.random.default_rng(6)
    x, T = rng.integers(0, 30, 20_000).astype(float), rng.uniform(10, 60, 20_000)
    t_x = np.where(x > 0, T * rng.uniform(0.1, 1, 20_000), 0.0)
    found, some = expected_purchases(CDNOW, 39, x, t_x, T), slice(None, None, 997)
    alone = [
        expected_purchases(CDNOW, 39, *row)[0]
        for row in zip(x[some], t_x[some], T[some], strict=True)
    ]
    assert found[some] == pytest.approx(alone, rel=1e-12)


@cases(models, histories(), st.floats(0.1, 100))
def test_days_or_weeks_are_the_same_purchases(model, customers, t) -> None:
    x, t_x, T = customers
    daily = dataclasses.replace(model, alpha=model.alpha * 7, time_unit="day")
    weeks = expected_purchases(model, t, x, t_x, T)
    assert expected_purchases(daily, 7 * t, x, 7 * t_x, 7 * T) == pytest.approx(weeks, rel=1e-9)


@cases(models, histories(most=60))
def test_gradients_equal_finite_differences(model, customers) -> None:
    assume(customers[0].sum() > 0)
    population_ = sample(*customers)
    theta = np.array([model.r, model.alpha, model.a, model.b])
    for f, point in ((likelihood.bgnbd, theta), (likelihood.nbd, theta[:2])):

        def in_logs(u, f=f):
            return f(np.exp(u), population_)[0]

        analytic = f(point, population_)[1] * point
        rough = approx_fprime(np.log(point), in_logs, 1e-6)
        scale = 1 + abs(in_logs(np.log(point)))
        assert analytic == pytest.approx(rough, rel=1e-3, abs=1e-5 * scale)


def test_the_likelihood_is_a_distribution() -> None:
    """Over 0, 1, 2 ... purchases and all times of the last: the probabilities sum to 1."""
    theta, T = np.array([0.8, 5.0, 0.6, 1.5]), 6.0

    def density(t_x: float, x: int) -> float:
        value = likelihood.bgnbd(theta, sample([x], [t_x], [T]))[0]
        return float(np.exp(value + (x - 1) * np.log(t_x) - gammaln(x)))

    rest = sum(quad(density, 0, T, args=(x,))[0] for x in range(1, 60))
    nobody = (theta[1] / (theta[1] + T)) ** theta[0]
    assert nobody + rest == pytest.approx(1, abs=1e-7)


def test_counts_are_repeated_rows(shop) -> None:
    triples, counts = np.unique(np.column_stack(shop).round(6), axis=0, return_counts=True)
    grouped = bgnbd.fit(*triples.T, counts, time_unit="week")
    single = bgnbd.fit(*np.repeat(triples, counts, axis=0).T, time_unit="week")
    assert counts.max() > 1
    assert_same_fit(grouped, single)


def test_order_of_rows_does_not_matter(shop) -> None:
    order = np.random.default_rng(1).permutation(shop[0].size)
    shuffled = bgnbd.fit(*(column[order] for column in shop), time_unit="week")
    assert_same_fit(bgnbd.fit(*shop, time_unit="week"), shuffled)


def test_the_unit_of_time_does_not_matter_to_the_fit(shop) -> None:
    x, t_x, T = shop
    weeks = bgnbd.fit(x, t_x, T, time_unit="week")
    days = bgnbd.fit(x, t_x * 7, T * 7, time_unit="day")
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-6)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-6)
    moved = days.log_likelihood + x.sum() * np.log(7)
    assert moved == pytest.approx(weeks.log_likelihood, abs=1e-6)


def assert_same_fit(one: bgnbd.BgNbd, other: bgnbd.BgNbd) -> None:
    pairs = [(getattr(one, k), getattr(other, k)) for k in ("r", "alpha", "a", "b", "n")]
    assert [p for p, _ in pairs] == pytest.approx([q for _, q in pairs], rel=1e-6)
    assert one.standard_errors == pytest.approx(other.standard_errors, rel=1e-4)


@pytest.mark.parametrize("theta", [(0.6, 6.0, 0.7, 2.0), (1.5, 10.0, 0.3, 3.0)])
def test_true_parameters_are_recovered(theta) -> None:
    T = np.random.default_rng(2).uniform(40, 80, 20_000)
    x, t_x, _ = population(3, 20_000, theta, T)
    model = bgnbd.fit(x, t_x, T, time_unit="week")
    found = np.array([model.r, model.alpha, model.a, model.b])
    assert model.identified
    assert (np.abs(found - theta) < 3.5 * np.array(model.standard_errors)).all()
    assert (np.array(model.standard_errors) < 0.1 * np.array(theta)).all()


@pytest.mark.parametrize("bucket", [0, 1, 2, 3, 5])
def test_conditional_expectation_is_what_simulated_customers_do(bucket) -> None:
    """By the model's own story, simulated to the end of a hold-out that the formula never sees."""
    theta, n = (0.8, 6.0, 0.6, 2.0), 60_000
    T = np.full(n, 40.0)
    x, t_x, later = population(11, n, theta, T, ahead=30.0)
    model, chosen = model_of(*theta), x == bucket
    expected = expected_purchases(model, 30, x[chosen], t_x[chosen], T[chosen])
    error = later[chosen].std() / np.sqrt(chosen.sum())
    assert later[chosen].mean() == pytest.approx(expected.mean(), abs=4 * error)
    draws = simulate_purchases(
        model, np.random.default_rng(12), 4, 30, x[chosen], t_x[chosen], T[chosen]
    )
    silent = (later[chosen] == 0).mean()
    error = np.sqrt(silent * (1 - silent) / chosen.sum())
    assert (draws == 0).mean() == pytest.approx(silent, abs=5 * error)
    new = expected_new(model, 40)[0]
    assert x.mean() == pytest.approx(new, abs=4 * x.std() / np.sqrt(n))


def test_draws_average_to_the_expectation() -> None:
    customers = ([0, 2, 26, 10, 100], [0, 30.43, 30.857, 5, 39.9], [38.86, 38.86, 31, 39, 40])
    draws = simulate_purchases(CDNOW, np.random.default_rng(4), 40_000, 39, *customers)
    assert draws.shape == (40_000, 5)
    expected = expected_purchases(CDNOW, 39, *customers)
    error = draws.std(axis=0) / np.sqrt(40_000)
    assert (np.abs(draws.mean(axis=0) - expected) < 4 * error + 1e-9).all()


def test_same_seed_same_draws() -> None:
    one, two = (
        simulate_purchases(CDNOW, np.random.default_rng(9), 50, 39, [2], [30.43], [38.86])
        for _ in range(2)
    )
    assert (one == two).all()


def test_a_population_nobody_leaves_is_flagged() -> None:
    rng = np.random.default_rng(5)
    T = rng.uniform(10, 53, 3000)
    x = rng.poisson(rng.gamma(0.8, 1 / 10, 3000) * T).astype(float)
    last = np.where(x > 0, T * rng.random(3000) ** (1 / np.maximum(x, 1)), 0.0)
    model = bgnbd.fit(x, last, T, time_unit="week")
    assert not model.identified
    assert "do not tell when customers leave" in model.message
    assert model.log_likelihood - model.log_likelihood_nbd < LEAVING_GAIN / 2


def test_a_population_with_leaving_is_not_flagged(shop) -> None:
    model = bgnbd.fit(*shop, time_unit="week")
    assert model.identified
    assert model.message == ""


def test_customers_without_repeat_left_out_are_missed(shop) -> None:
    repeat = shop[0] > 0
    model = bgnbd.fit(*(column[repeat] for column in shop), time_unit="week")
    assert "bought only once" in model.message
