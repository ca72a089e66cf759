"""What must hold of Gamma-Gamma whatever the data, checked by generated cases and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from kehu.errors import KehuError
from kehu.value.clv import gamma_gamma, likelihood


def cases(*strategies):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=50, derandomize=True)(
        given(*strategies)(test)
    )


def model_of(p: float, q: float, gamma: float) -> gamma_gamma.GammaGamma:
    return gamma_gamma.GammaGamma(
        p, q, gamma, (0.0,) * 3, 0.0, 1, 0.0, converged=True, identified=True, message=""
    )


CDNOW = model_of(6.25, 3.74, 15.44)
models = st.builds(model_of, st.floats(0.3, 20), st.floats(1.05, 10), st.floats(0.5, 500))
spends = st.lists(st.tuples(st.integers(1, 60), st.floats(0.5, 2000)), min_size=2, max_size=12)


def population(seed: int, n: int, p: float, q: float, gamma: float) -> tuple[NDArray, NDArray]:
    """Repeat buyers who spend as the model's story says: frequency and mean spend."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 12, n).astype(float)
    return x, rng.gamma(p * x) / rng.gamma(q, 1 / gamma, n) / x


@cases(models, spends)
def test_expected_spend_lies_between_own_mean_and_population_mean(model, rows) -> None:
    x, m = np.array(rows, float).T
    found, mean = gamma_gamma.expected_spend(model, x, m), model.population_mean
    low, high = np.minimum(m, mean), np.maximum(m, mean)
    assert ((found >= low * (1 - 1e-9)) & (found <= high * (1 + 1e-9))).all()


@cases(models, st.floats(1, 1000))
def test_the_more_purchases_the_closer_to_the_own_mean(model, m) -> None:
    found = gamma_gamma.expected_spend(model, [1, 5, 25, 125], [m] * 4)
    distance = np.abs(found - m)
    assert (np.diff(distance) <= 1e-9 * m).all()


@cases(models)
def test_without_repeat_purchase_it_is_the_population_mean(model) -> None:
    found = gamma_gamma.expected_spend(model, [0, 0], [math.nan, 0.0])
    assert found == pytest.approx([model.population_mean] * 2, rel=1e-12)


@cases(models, spends)
def test_gradient_equals_finite_differences(model, rows) -> None:
    x, m = np.array(rows, float).T
    theta, counts = np.array([model.p, model.q, model.gamma]), np.ones_like(x)

    def in_logs(u: NDArray) -> float:
        return likelihood.gamma_gamma(np.exp(u), x, m, counts)[0]

    analytic = likelihood.gamma_gamma(theta, x, m, counts)[1] * theta
    rough = approx_fprime(np.log(theta), in_logs, 1e-6)
    assert analytic == pytest.approx(rough, rel=1e-3, abs=1e-5 * (1 + abs(in_logs(np.log(theta)))))


@pytest.mark.parametrize("x", [1.0, 4.0])
def test_the_likelihood_is_a_density_of_mean_spend(x) -> None:
    theta, one = np.array([2.0, 3.0, 10.0]), np.ones(1)

    def density(m: float) -> float:
        return math.exp(likelihood.gamma_gamma(theta, np.array([x]), np.array([m]), one)[0])

    assert quad(density, 0, np.inf)[0] == pytest.approx(1, abs=1e-7)


def test_true_parameters_are_recovered() -> None:
    theta = (4.0, 3.5, 20.0)
    model = gamma_gamma.fit(*population(1, 20_000, *theta))
    found, errors = np.array([model.p, model.q, model.gamma]), np.array(model.standard_errors)
    assert model.identified
    assert (np.abs(found - theta) < 3.5 * errors).all()
    assert (errors < 0.1 * np.array(theta)).all()
    assert abs(model.correlation) < 0.03


def test_counts_are_repeated_rows_and_order_does_not_matter() -> None:
    x, m = population(2, 400, 4.0, 3.5, 20.0)
    counts = np.random.default_rng(3).integers(1, 4, 400)
    grouped = gamma_gamma.fit(x, m, counts)
    order = np.random.default_rng(4).permutation(counts.sum())
    single = gamma_gamma.fit(np.repeat(x, counts)[order], np.repeat(m, counts)[order])
    assert grouped.n == single.n == counts.sum()
    names = ("p", "q", "gamma", "log_likelihood", "correlation")
    found = [[getattr(model, k) for k in names] for model in (grouped, single)]
    assert found[0] == pytest.approx(found[1], rel=1e-3)
    assert found[0][:4] == pytest.approx(found[1][:4], rel=1e-6)


def test_cents_or_dollars_are_the_same_spend() -> None:
    x, m = population(5, 800, 4.0, 3.5, 20.0)
    dollars, cents = gamma_gamma.fit(x, m), gamma_gamma.fit(x, m * 100)
    assert (cents.p, cents.q) == pytest.approx((dollars.p, dollars.q), rel=1e-6)
    assert cents.gamma == pytest.approx(100 * dollars.gamma, rel=1e-6)
    assert cents.log_likelihood + 800 * math.log(100) == pytest.approx(
        dollars.log_likelihood, abs=1e-6
    )


def test_customers_without_repeat_purchase_do_not_count() -> None:
    x, m = population(6, 500, 4.0, 3.5, 20.0)
    alone = gamma_gamma.fit(x, m)
    among = gamma_gamma.fit(np.append(x, [0.0, 0.0]), np.append(m, [math.nan, 0.0]))
    assert among == alone


def test_draws_average_to_purchases_times_expected_spend() -> None:
    purchases = np.tile([0, 1, 5, 2], (60_000, 1))
    x, m = [3, 0, 10, 1], [20.0, math.nan, 80.0, 5.0]
    draws = gamma_gamma.simulate_spend(CDNOW, np.random.default_rng(7), purchases, x, m)
    expected = gamma_gamma.expected_spend(CDNOW, x, m) * purchases[0]
    assert draws.shape == purchases.shape
    assert (draws[:, 0] == 0).all()
    assert (np.abs(draws.mean(0) - expected) <= 4 * draws.std(0) / math.sqrt(60_000)).all()


def test_draws_spread_as_purchases_and_customers_do() -> None:
    """N purchases vary less than N times one purchase: var = E[p N / v^2] + var[p N / v]."""
    x, m, n = 10, 80.0, 5
    draws = gamma_gamma.simulate_spend(
        CDNOW, np.random.default_rng(9), np.full((100_000, 1), n), [x], [m]
    )
    shape, rate = CDNOW.p * x + CDNOW.q, CDNOW.gamma + m * x
    mean, square = rate / (shape - 1), rate**2 / ((shape - 1) * (shape - 2))
    variance = CDNOW.p * n * square + (CDNOW.p * n) ** 2 * (square - mean**2)
    assert draws.var() == pytest.approx(variance, rel=0.03)


def test_spend_without_finite_mean_is_said() -> None:
    model = gamma_gamma.fit(*population(8, 4000, 3.0, 0.7, 5.0))
    assert model.q < 1
    assert model.population_mean == math.inf
    assert "no finite mean" in model.message
    with pytest.raises(KehuError, match=r"KH-D11 .*2 customers have no finite"):
        gamma_gamma.expected_spend(model, [0, 0, 3], [0, 0, 10.0])
