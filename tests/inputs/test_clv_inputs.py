"""Wrong input to the lifetime-value models gives the right error, and says where it is."""

import math

import numpy as np
import pandas as pd
import pytest

from kehu.errors import KehuError
from kehu.value.clv import bgbb, bgnbd, gamma_gamma, mbgnbd, paretonbd
from kehu.value.clv.backtest import backtest
from kehu.value.clv.families import FAMILIES, drawn
from kehu.value.clv.forecasts import Forecast, naive_purchases
from kehu.value.scoring import Models, Terms, score

REST = ((0.0,) * 4, 0.0, 0.0, 1, "week", True, True, "")
MODELS = {
    "bgnbd": bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426, *REST),
    "mbgnbd": mbgnbd.MbgNbd(0.525, 6.183, 0.891, 1.614, *REST),
    "paretonbd": paretonbd.ParetoNbd(0.553, 10.578, 0.606, 11.669, *REST),
}
ONE = ([1.0], [2.0], [3.0])


@pytest.fixture(params=MODELS)
def name(request) -> str:
    return request.param


@pytest.mark.parametrize(
    ("x", "t_x", "T", "message"),
    [
        ([1, -1], [2, 2], [3, 3], "x must be a whole number.* 1 of 2 rows, first at 1"),
        ([1.5], [2], [3], "x must be a whole number"),
        ([1, 1], [4, 2], [3, 3], "t_x must lie between 0 and T: 1 of 2 rows, first at 0"),
        ([1], [-1], [3], "t_x must lie between"),
        ([0], [1], [3], "t_x must be 0 where x is 0"),
        ([math.nan], [0], [3], "missing or infinite"),
        ([1], [1], [math.inf], "missing or infinite"),
    ],
)
def test_histories_that_cannot_be(name, x, t_x, T, message) -> None:
    family, model, rng = FAMILIES[name], MODELS[name], np.random.default_rng(1)
    with pytest.raises(ValueError, match=message):
        family.fit(x, t_x, T, time_unit="week")
    with pytest.raises(ValueError, match=message):
        family.p_alive(model, x, t_x, T)
    with pytest.raises(ValueError, match=message):
        family.expected_purchases(model, 10, x, t_x, T)
    with pytest.raises(ValueError, match=message):
        family.discounted_purchases(model, 10, 0.01, x, t_x, T)
    with pytest.raises(ValueError, match=message):
        family.residual_purchases(model, 0.01, x, t_x, T)
    with pytest.raises(ValueError, match=message):
        family.simulate_purchases(model, rng, 5, 10, x, t_x, T)


def test_columns_of_different_length(name) -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        FAMILIES[name].fit([1, 2], [1.0], [2.0], time_unit="week")


@pytest.mark.parametrize("counts", [[0], [-1], [math.nan]])
def test_counts_that_cannot_be(name, counts) -> None:
    with pytest.raises(ValueError, match="counts must be finite and above 0"):
        FAMILIES[name].fit(*ONE, counts, time_unit="week")


def test_unknown_time_unit(name) -> None:
    with pytest.raises(ValueError, match=r"time_unit must be one of .*'week'.* got 'fortnight'"):
        FAMILIES[name].fit(*ONE, time_unit="fortnight")


def test_a_fit_refuses_a_table_in_another_unit(name) -> None:
    models, terms = Models(name, MODELS[name], None), Terms("day", 10, 0.1, 0.3, 1)
    with pytest.raises(ValueError, match="fitted in weeks, the table has days"):
        score(models, pd.DataFrame(), terms)


def test_nobody_bought_twice(name) -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: none of 1,200 customers bought on a sec"):
        FAMILIES[name].fit([0, 0], [0, 0], [10, 20], [700, 500], time_unit="week")


@pytest.mark.parametrize("t", [-1, math.nan, math.inf])
def test_horizons_that_cannot_be(name, t) -> None:
    with pytest.raises(ValueError, match="t must be 0 or more"):
        FAMILIES[name].expected_purchases(MODELS[name], t, *ONE)
    with pytest.raises(ValueError, match="t must be 0 or more"):
        FAMILIES[name].expected_new(MODELS[name], t)
    with pytest.raises(ValueError, match="t must be 0 or more"):
        FAMILIES[name].simulate_purchases(MODELS[name], np.random.default_rng(1), 5, t, *ONE)


@pytest.mark.parametrize(
    ("horizon", "rate", "message"),
    [(1.5, 0.0, "horizon"), (-1, 0.0, "horizon"), (5, -0.1, "rate"), (5, math.nan, "rate")],
)
def test_discounting_that_cannot_be(name, horizon, rate, message) -> None:
    with pytest.raises(ValueError, match=message):
        FAMILIES[name].discounted_purchases(MODELS[name], horizon, rate, *ONE)


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan, math.inf])
def test_for_ever_needs_a_discount(name, rate) -> None:
    with pytest.raises(ValueError, match="rate must be above 0"):
        FAMILIES[name].residual_purchases(MODELS[name], rate, *ONE)


@pytest.mark.parametrize("name", [*MODELS, "bgbb"])
def test_expectations_take_one_set_of_parameters(name) -> None:
    model = {**MODELS, "bgbb": bgbb.BgBb(1.2, 0.75, 0.66, 2.78, *REST)}[name]
    family, wide = FAMILIES[name], drawn(model, np.random.default_rng(1), 3)
    for ask in (
        lambda: family.expected_purchases(wide, 10, *ONE),
        lambda: family.discounted_purchases(wide, 10, 0.01, *ONE),
        lambda: family.residual_purchases(wide, 0.01, *ONE),
        lambda: family.expected_new(wide, 10),
    ):
        with pytest.raises(ValueError, match="one set of parameters at a time"):
            ask()


def test_no_time_has_passed(name) -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: no time has passed"):
        FAMILIES[name].fit([0, 1], [0, 0], [0, 0], time_unit="week")


def test_repeat_buyers_without_positive_spend() -> None:
    with pytest.raises(
        KehuError, match=r"KH-D11 .*: 3 of 6 repeat buyers spent 0 or less .*-2\.50"
    ):
        gamma_gamma.fit([1, 2, 3, 0], [-2.5, 0.0, 10.0, -9.0], [2, 1, 3, 1])


def test_all_problems_of_spend_at_once() -> None:
    with pytest.raises(KehuError) as error:
        gamma_gamma.fit([1, 0], [-1.0, 5.0])
    assert [p.code for p in error.value.problems] == ["KH-D11", "KH-D11"]


def test_no_repeat_buyers_at_all() -> None:
    with pytest.raises(KehuError, match="0 customers bought on a second day"):
        gamma_gamma.fit([0, 0], [math.nan, math.nan])


@pytest.mark.parametrize(
    ("x", "m"), [([-1], [5.0]), ([math.nan], [5.0]), ([1, 1], [math.nan, 5.0]), ([1], [5.0, 6.0])]
)
def test_spend_that_cannot_be(x, m) -> None:
    with pytest.raises(ValueError, match=r"frequency|repeat buyers"):
        gamma_gamma.fit(x, m)


def calibration(**changes) -> pd.DataFrame:
    columns = {
        "customer_id": ["01", "02", "03"],
        "frequency": [0, 1, 2],
        "recency": [0.0, 3.0, 9.0],
        "T": [10.0, 10.0, 10.0],
    }
    return pd.DataFrame(columns | changes)


def holdout(ids=("02",), purchases=(1,)) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(ids), "holdout_purchases": list(purchases)})


def ones(table: pd.DataFrame, horizon: int) -> Forecast:
    return Forecast(np.ones(len(table)), *[np.arange(1.0, 16.0)] * 3, True, "")


@pytest.mark.parametrize(
    ("table", "later", "horizon", "message"),
    [
        (calibration().drop(columns="T"), holdout(), 5, r"calibration lacks the columns \['T'\]"),
        (calibration(), holdout().drop(columns="holdout_purchases"), 5, "holdout lacks"),
        (calibration(customer_id=["01", "01", "02"]), holdout(), 5, "calibration has more than"),
        (calibration(), holdout(["02", "02"], [1, 1]), 5, "holdout has more than one row"),
        (calibration(), holdout(["02", "99"], [1, 1]), 5, "1 hold-out customers are not in"),
        (calibration(), holdout(purchases=[-1]), 5, "holdout_purchases must be"),
        (calibration(), holdout(), 0, "horizon must be"),
        (calibration(), holdout(), 2.5, "horizon must be"),
    ],
)
def test_back_test_tables_that_cannot_be(table, later, horizon, message) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(table, later, horizon=horizon, forecast=ones)


def test_back_test_without_purchases_or_length() -> None:
    with pytest.raises(KehuError) as error:
        backtest(calibration(T=[0.0] * 3), holdout([], []), horizon=5, forecast=ones)
    assert [p.code for p in error.value.problems] == ["KH-D11", "KH-D11"]
    assert "none of 3 customers bought in the hold-out" in str(error.value)


def test_tracking_outside_the_window() -> None:
    weeks = pd.Series({1: 2, 99: 1})
    with pytest.raises(ValueError, match=r"time units 1\.\.\.15"):
        backtest(calibration(), holdout(), horizon=5, forecast=ones, repeats_by_unit=weeks)


@pytest.mark.parametrize("retention", [-0.1, 1.1, math.nan])
def test_retention_that_cannot_be(retention) -> None:
    with pytest.raises(ValueError, match="retention must lie in"):
        naive_purchases(calibration(), 5, retention)
