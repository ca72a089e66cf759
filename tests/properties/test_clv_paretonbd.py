"""What must hold of Pareto/NBD in particular; what holds of all is in test_clv_families."""

import dataclasses

import mpmath
import numpy as np
import pytest
from clv_models import CDNOW, cases, histories, model_of, models
from hypothesis import assume
from hypothesis import strategies as st
from scipy.special import hyp2f1

from kehu.value.clv.leaving_times import leaving
from kehu.value.clv.paretonbd import p_alive
from kehu.value.clv.paretonbd_purchases import (
    expected_new,
    expected_purchases,
    residual_purchases,
    simulate_purchases,
)


@pytest.mark.parametrize(("alpha", "beta"), [(10.0, 12.0), (12.0, 10.0), (11.0, 11.0), (2.0, 40.0)])
def test_p_alive_is_that_of_the_hypergeometric_form(alpha, beta) -> None:
    """Fader, Hardie, note 009: Gaussian hypergeometric functions, larger parameter in front."""
    r, s = 0.55, 0.6
    x, t_x, T = np.array([0.0, 1, 3, 10]), np.array([0.0, 5, 30, 20]), np.full(4, 39.0)
    total = r + s + x
    larger, second = max(alpha, beta), (s + 1 if alpha >= beta else r + x)

    def term(t):
        z = abs(alpha - beta) / (larger + t)
        return hyp2f1(total, second, total + 1, z) / (larger + t) ** total

    share = (alpha + T) ** (r + x) * (beta + T) ** s * s / total * (term(t_x) - term(T))
    found = p_alive(model_of("paretonbd", (r, alpha, s, beta)), x, t_x, T)
    assert found == pytest.approx(1 / (1 + share), rel=1e-10)


def test_no_silence_no_leaving() -> None:
    gone = leaving(10.0, 12.0, np.array([3.5]), 0.6, np.array([30.0]), np.array([30.0]))
    assert gone.log_integral[0] == -np.inf
    assert gone.per_alpha[0] == pytest.approx(1 / 40)
    model = model_of("paretonbd", CDNOW["paretonbd"])
    assert p_alive(model, [3], [30], [30])[0] == 1


@cases(models("paretonbd"), histories(most=40), st.floats(1, 100))
def test_nothing_happens_at_s_equal_to_one(model, customers, t) -> None:
    at, below, above = (
        expected_purchases(dataclasses.replace(model, s=s), t, *customers)
        for s in (1.0, 1 - 1e-6, 1 + 1e-6)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-9)


@cases(models("paretonbd"), st.floats(0.1, 300))
def test_new_customers_buy_as_the_closed_form_says(model, t) -> None:
    r, alpha, s, beta = model.r, model.alpha, model.s, model.beta
    assume(abs(s - 1) > 0.01)
    closed = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1))
    assert expected_new(model, t)[0] == pytest.approx(closed, rel=1e-9)


@cases(models("paretonbd"), histories(most=40), st.floats(0.001, 0.1))
def test_residual_purchases_are_those_of_tricomis_function(model, customers, rate) -> None:
    """Fader, Hardie, Lee 2005, equation 2; the function of mpmath, as SciPy's loses digits."""
    (x, _, T), s = customers, model.s
    z = rate * (model.beta + T)
    psi = np.array([float(mpmath.hyperu(s, s, at)) for at in z])
    closed = (model.r + x) / (model.alpha + T) * z**s / rate * psi
    found = residual_purchases(model, rate, *customers)
    assert found == pytest.approx(p_alive(model, *customers) * closed, rel=1e-9, abs=0)


def test_draws_follow_the_posterior_of_both_rates() -> None:
    """Against customers simulated from the population who happen to have this very history."""
    theta, n, T = (1.2, 6.0, 1.1, 20.0), 3_000_000, 12.0
    rng = np.random.default_rng(8)
    rate, leave = rng.gamma(theta[0], 1 / theta[1], n), rng.gamma(theta[2], 1 / theta[3], n)
    life = rng.standard_exponential(n) / leave
    x = rng.poisson(rate * np.minimum(life, T))
    last = np.minimum(life, T) * rng.random(n) ** (1 / np.maximum(x, 1))
    like = (x == 2) & (np.abs(last - 8.0) < 0.1)
    ahead = rng.poisson(rate * np.clip(life - T, 0, 10.0))[like]
    draws = simulate_purchases(model_of("paretonbd", theta), rng, 200_000, 10.0, [2.0], [8.0], [T])[
        :, 0
    ]
    for times in range(5):
        share = (draws == times).mean()
        error = np.sqrt(share * (1 - share) / like.sum())
        assert (ahead == times).mean() == pytest.approx(share, abs=4.5 * error)
