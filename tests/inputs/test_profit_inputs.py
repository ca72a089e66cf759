"""Wrong input to costing and acquisition: refused in words, and nothing guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from tests.properties.event_tables import event_table, members, sales

from kehu.errors import KehuError
from kehu.params import contradictions
from kehu.params_costs import Costing
from kehu.score.acquisition import acquisition
from kehu.score.allocate import allocate
from kehu.score.profit import profit
from kehu.value.summary import summary

END = "2026-09-30"
LINES = sales([("A", "1", "2026-03-01", 5), ("B", "2", "2026-03-01", 5)])
SUMMARY = summary(LINES, END, "week")
CLV = SUMMARY[["customer_id"]].assign(clv=1.0)
EMPTY = {name: event_table(name, []) for name in ("costs", "interactions", "campaigns")}


def costed(customers: Any = "AB", **changed: Any) -> Any:
    given = {"how": {}, "refunds": "net", "margin": 0.3, "currency_digits": 2, **changed}
    return profit(LINES, *EMPTY.values(), customers, analysis_date=END, **given)


def won(customers: pd.DataFrame = SUMMARY, clv: pd.DataFrame = CLV, **changed: Any) -> Any:
    given = {"how": {}, "refunds": "net", "margin": 0.3, **changed}
    people = members("AB")
    return acquisition(LINES, EMPTY["costs"], people, customers, clv, analysis_date=END, **given)


@pytest.mark.parametrize("make", [costed, won])
def test_the_input_here_is_right_otherwise(make) -> None:
    assert len(make().table) == 2


def test_nobody_to_cost_and_nobody_won() -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: there are no customers to cost"):
        costed([])
    with pytest.raises(KehuError, match="KH-D11 summary: there are no customers who were won"):
        won(SUMMARY.head(0))


@pytest.mark.parametrize("make", [costed, won])
@pytest.mark.parametrize(
    ("changed", "words"),
    [({"margin": 1.2}, "margin must be 0…1"), ({"margin": -0.1}, "margin must be 0…1"),
     ({"margin": float("nan")}, "margin must be 0…1"), ({"refunds": "some"}, "refunds must be one"),
     ({"how": {"month": 12}}, "month"), ({"how": {"months": 0}}, "months"),
     ({"how": {"service_driver": "weight"}}, "service_driver")],
)  # fmt: skip
def test_values_out_of_range(make, changed, words) -> None:
    with pytest.raises(ValueError, match=words):
        make(**changed)


def test_a_customer_twice_and_coins_that_no_currency_has() -> None:
    with pytest.raises(ValueError, match="customer A is given twice"):
        costed("ABA")
    with pytest.raises(ValueError, match="currency_digits must be 0…4"):
        costed(currency_digits=5)


def test_values_of_other_customers() -> None:
    with pytest.raises(ValueError, match="different customers"):
        won(clv=CLV.head(1))


@pytest.mark.parametrize(
    ("amount", "weights", "digits", "words"),
    [("1.00", {"a": 0, "b": 0}, 2, "no weight is above 0"), ("1.00", {}, 2, "no weight is above 0"),
     ("1.00", {"a": 1, "b": -1}, 2, "0 or more"), ("1.00", {"a": 0.5}, 2, "whole numbers"),
     ("1.001", {"a": 1}, 2, "1.001 is finer than 2 decimals"), ("0.5", {"a": 1}, 0, "finer"),
     ("1", {"a": 1}, -1, "digits must be 0…4")],
)  # fmt: skip
def test_what_cannot_be_allocated(amount, weights, digits, words) -> None:
    with pytest.raises(ValueError, match=words):
        allocate(Decimal(amount), pd.Series(weights), digits)


def test_a_customer_number_twice_cannot_be_allocated_to() -> None:
    with pytest.raises(ValueError, match="repeated"):
        allocate(Decimal(1), pd.Series([1, 2], index=["a", "a"]), 2)


def test_a_half_given_parameter_takes_its_defaults() -> None:
    assert Costing.of({"months": 6}) == Costing(months=6)
    assert Costing.of({}).value_to_cac_target == 3


def test_books_of_acquisition_cannot_begin_after_the_analysis_date() -> None:
    late = {"costing": {"acquisition_since": "2026-10-01"}, "analysis_date": END}
    assert list(contradictions(late)) == [
        ("costing", "`costing.acquisition_since` must not be after `analysis_date`")
    ]
    for since in (END, None):
        fine = {"costing": {"acquisition_since": since}, "analysis_date": END}
        assert list(contradictions(fine)) == []
    assert list(contradictions({"costing": {}, "analysis_date": END})) == []
