"""What must hold of BG/NBD and MBG/NBD in particular; what holds of all is in test_clv_families."""

import dataclasses

import numpy as np
import pytest
from clv_models import CDNOW, cases, histories, log_likelihood, model_of, models, shop
from hypothesis import assume
from hypothesis import strategies as st
from scipy.special import hyp2f1

from kehu.value.clv import bgnbd
from kehu.value.clv.bgnbd_alive import purchases_if_alive
from kehu.value.clv.bgnbd_purchases import expected_new, expected_purchases
from kehu.value.clv.families import FAMILIES
from kehu.value.clv.sample import sample

one_of_both = st.one_of(models("bgnbd"), models("mbgnbd"))


@cases(one_of_both, histories(most=40), st.floats(0.1, 100))
def test_same_as_the_closed_form_where_that_is_safe(model, customers, t) -> None:
    """Equation 10 after Euler's transformation: no overflow, but 0/0 at a = 1 and a + b + x = 1."""
    (x, _, T), (r, alpha, a) = customers, (model.r, model.alpha, model.a)
    b = model.b + model.FIRST
    assume(abs(a - 1) > 0.01 and abs(a + b - 1) > 0.01)
    z, c = t / (alpha + T + t), a + b + x - 1
    assume(z.max() < 0.85)
    closed = c / (a - 1) * (1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, z))
    found = expected_purchases(model, t, *customers)
    assert found == pytest.approx(bgnbd.p_alive(model, *customers) * closed, rel=1e-6, abs=1e-12)


@cases(models("bgnbd"), histories(most=40), st.floats(1, 100))
def test_nothing_happens_at_a_equal_to_one(model, customers, t) -> None:
    at, below, above = (
        expected_purchases(dataclasses.replace(model, a=a), t, *customers)
        for a in (1.0, 1 - 1e-5, 1 + 1e-5)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-7)


@cases(one_of_both, histories(), st.floats(0.1, 500))
def test_interpolation_in_time_costs_nothing(model, customers, t) -> None:
    x, _, T = customers
    direct = [
        purchases_if_alive(model, np.array([t / (model.alpha + T_)]), np.array([x_]))[0, 0]
        for x_, T_ in zip(x, T, strict=True)
    ]
    found = expected_purchases(model, t, *customers)
    assert found == pytest.approx(bgnbd.p_alive(model, *customers) * direct, rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("t", [1, 52, 5000])
def test_no_overflow_for_heavy_buyers_who_are_sure_to_leave(t) -> None:
    for x in (200, 500, 2000):
        found = expected_purchases(model_of("bgnbd", (0.2, 4.4, 3.0, 20.0)), t, [x], [100], [100])
        assert np.isfinite(found).all()


def test_who_never_came_back_is_alive_in_one_model_and_in_doubt_in_the_other() -> None:
    once = ([0.0, 0.0], [0.0, 0.0], [1.0, 300.0])
    assert (bgnbd.p_alive(model_of("bgnbd", CDNOW["bgnbd"]), *once) == 1).all()
    early, late = bgnbd.p_alive(model_of("mbgnbd", CDNOW["mbgnbd"]), *once)
    assert 0 < late < early < 1


@cases(models("mbgnbd"), histories(most=60))
def test_who_came_back_did_not_leave_at_once(model, customers) -> None:
    """MBG/NBD is b / (a + b) times BG/NBD with b + 1, for every customer with a repeat purchase."""
    x, t_x, T = (column[customers[0] > 0] for column in customers)
    assume(x.size > 0)
    other = model_of("bgnbd", (model.r, model.alpha, model.a, model.b + 1))
    stayed = x.size * np.log(model.b / (model.a + model.b))
    value, people = log_likelihood(other, sample(x, t_x, T))[0], sample(x, t_x, T)
    assert log_likelihood(model, people)[0] == pytest.approx(value + stayed, rel=1e-9, abs=1e-9)
    assert bgnbd.p_alive(model, x, t_x, T) == pytest.approx(bgnbd.p_alive(other, x, t_x, T))


def test_nobody_returns_at_once_where_all_leave_at_once() -> None:
    model = model_of("mbgnbd", (1.0, 1.0, 1e6, 1e-3))
    assert expected_new(model, 52)[0] < 1e-6


@pytest.mark.parametrize(("mine", "other"), [("bgnbd", "mbgnbd"), ("mbgnbd", "bgnbd")])
def test_each_model_fits_its_own_customers_best(mine, other) -> None:
    customers = shop(mine, 20_000)
    own, foreign = (FAMILIES[name].fit(*customers, time_unit="week") for name in (mine, other))
    assert own.log_likelihood > foreign.log_likelihood + 3
