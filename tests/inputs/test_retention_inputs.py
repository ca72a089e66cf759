"""Wrong input to the discrete-time and contract models gives the right error, and says where."""

from __future__ import annotations

import math

import pytest

from kehu.errors import KehuError
from kehu.value.clv import bdw, bgbb, sbg
from kehu.value.clv.beta_geometric import discounted_lifetime as closed_form
from kehu.value.clv.bgbb_purchases import (
    discounted_purchases,
    discounted_residual,
    expected_new,
    expected_purchases,
    residual_purchases,
    simulate_purchases,
)
from kehu.value.clv.contract_lifetimes import (
    curve,
    discounted_at_renewal,
    expected_residual,
    retention,
    survival,
)
from kehu.value.clv.contract_lifetimes import discounted_residual as rest

DONORS = bgbb.BgBb(1.2, 0.75, 0.66, 2.8, (0.0,) * 4, 0.0, 0.0, 1, "year", True, True, "")
PLAIN = sbg.Sbg(0.7, 1.2, (0.0, 0.0), 0.0, 0.0, 1, "year", True, True, "")
ONE = ([1.0], [2.0], [3.0])


@pytest.mark.parametrize(
    ("x", "t_x", "T", "message"),
    [
        ([1, -1], [2, 2], [3, 3], "x must be a whole number.* 1 of 2 rows, first at 1"),
        ([1], [1.5], [3], "t_x and T must be whole periods: 1 of 1 rows, first at 0"),
        ([0, 1], [0, 1], [2, 3.2], "t_x and T must be whole periods: 1 of 2 rows, first at 1"),
        (
            [3, 1],
            [2, 1],
            [5, 5],
            "x must not exceed t_x.*: 1 of 2 rows, first at 0: x=3",
        ),
        ([1], [4], [3], "t_x must lie between 0 and T"),
        ([math.nan], [0], [3], "missing or infinite"),
    ],
)
def test_patterns_that_cannot_be(x, t_x, T, message) -> None:
    with pytest.raises(ValueError, match=message):
        bgbb.fit(x, t_x, T, time_unit="year")
    with pytest.raises(ValueError, match=message):
        bgbb.p_alive(DONORS, x, t_x, T)
    with pytest.raises(ValueError, match=message):
        expected_purchases(DONORS, 5, x, t_x, T)


@pytest.mark.parametrize("horizon", [-1, 1.5, math.nan, math.inf])
def test_horizons_that_are_no_whole_periods(horizon) -> None:
    with pytest.raises(ValueError, match="t must be"):
        expected_purchases(DONORS, horizon, *ONE)
    with pytest.raises(ValueError, match="t must be whole periods"):
        expected_new(DONORS, [horizon])
    with pytest.raises(ValueError, match="horizon must be"):
        discounted_purchases(DONORS, horizon, 0.1, *ONE)
    with pytest.raises(ValueError, match="horizon must be"):
        simulate_purchases(DONORS, None, 10, horizon, *ONE)
    with pytest.raises(ValueError, match="horizon must be"):
        expected_residual(PLAIN, [1], horizon)


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan])
def test_no_horizon_and_no_discount_has_no_end(rate) -> None:
    with pytest.raises(ValueError, match="rate must be"):
        discounted_residual(DONORS, rate, *ONE)
    with pytest.raises(ValueError, match="rate must be"):
        residual_purchases(DONORS, rate, *ONE)
    with pytest.raises(ValueError, match="rate must be"):
        closed_form(1.0, 2.0, rate)
    tired = bdw.Bdw(0.7, 1.2, 1.3, (0.0,) * 3, 0.0, 0.0, 1, "year", True, True, "")
    for model in (PLAIN, tired):
        with pytest.raises(ValueError, match="rate must be"):
            rest(model, [1], rate)


def test_a_negative_discount_is_refused() -> None:
    with pytest.raises(ValueError, match="rate_per_unit must be 0 or more"):
        discounted_purchases(DONORS, 5, -0.1, *ONE)
    with pytest.raises(ValueError, match="rate must be 0 or more"):
        rest(PLAIN, [1], -0.1, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: survival(PLAIN, [1.5]), "t must be whole numbers, 0 or more"),
        (lambda: retention(PLAIN, [0]), "t must be whole numbers, 1 or more"),
        (lambda: expected_residual(PLAIN, [-1], 3), "tenure must be whole numbers"),
        (lambda: discounted_at_renewal(PLAIN, [0], 0.1), "payments must be whole numbers, 1"),
        (lambda: curve(PLAIN, 0), "periods must be whole numbers, 1 or more"),
    ],
)
def test_periods_that_cannot_be(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"duration": [1, 2.5], "ended": [True, False]},
            "duration is no whole number.* first at 1",
        ),
        ({"duration": [1, -2], "ended": [True, False]}, "duration is no whole number"),
        ({"duration": [0, 2], "ended": [True, False]}, "left must have been there .* first at 0"),
        (
            {"duration": [2, 3], "ended": [True, False], "entered": [2, 0]},
            "left must have been there",
        ),
        (
            {"duration": [2, 3], "ended": [True, False], "entered": [0, 4]},
            "entered exceeds the duration",
        ),
        ({"duration": [2, 3], "ended": [True, False], "entered": [0.5, 0]}, "entered is no whole"),
        (
            {"duration": [2, 3], "ended": [True, False], "counts": [1, 0]},
            "counts must be finite and above",
        ),
        ({"duration": [2, 3], "ended": [1, 0]}, "ended must be true or false, got int64"),
        ({"duration": [2, 3], "ended": [True]}, "differ in shape"),
    ],
)
def test_contracts_that_cannot_be(given, message) -> None:
    for fit in (sbg.fit, bdw.fit):
        with pytest.raises(ValueError, match=message):
            fit(**given, time_unit="year")


def test_unknown_time_unit() -> None:
    for fit, given in ((sbg.fit, ([1], [True])), (bdw.fit, ([1], [True])), (bgbb.fit, ONE)):
        with pytest.raises(ValueError, match=r"time_unit must be one of .*got 'fortnight'"):
            fit(*given, time_unit="fortnight")


@pytest.mark.parametrize(
    ("duration", "ended", "message"),
    [
        ([3, 4], [False, False], "none of 7,000 renewals that came up was declined: nobody left"),
        ([1, 1], [True, True], "all of 2,000 renewals that came up were declined: nobody stayed"),
        ([1, 1], [True, False], "seen in 1 different periods of their contracts, and 2 are needed"),
    ],
)
def test_contracts_that_say_nothing(duration, ended, message) -> None:
    with pytest.raises(KehuError, match=f"KH-D11 holdings: .*{message}"):
        sbg.fit(duration, ended, [1000, 1000], time_unit="year")


def test_dependence_needs_three_periods() -> None:
    duration, ended = [1, 2, 2], [True, True, False]
    assert sbg.fit(duration, ended, [30, 20, 50], time_unit="year").converged
    with pytest.raises(KehuError, match=r"seen in 2 different periods .* 3 are needed"):
        bdw.fit(duration, ended, [30, 20, 50], time_unit="year")


def test_all_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(KehuError) as error:
        sbg.fit([1], [False], time_unit="year")
    assert [p.code for p in error.value.problems] == ["KH-D11", "KH-D11"]


def test_nobody_bought_twice() -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: none of 1,200 customers bought on a sec"):
        bgbb.fit([0, 0], [0, 0], [4, 5], [700, 500], time_unit="year")
