"""Who brings the money: ABC, the 80/20 curve, Gini and the value matrix."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.value.concentration import abc_classes, gini, lorenz, top_share, value_matrix

CUTS = [0.8, 0.95]
spends = st.lists(st.integers(-2000, 100_000).map(lambda c: c / 100), min_size=1, max_size=50)


def test_abc_by_hand() -> None:
    """70 + 20 = 90 %, then 6, 3, 1: the customer who crosses a line is in the better class."""
    assert "".join(abc_classes([70, 20, 6, 3, 1], CUTS)) == "AABCC"


def test_abc_of_one_who_brings_all() -> None:
    assert "".join(abc_classes([0, 5, -3, 0], CUTS)) == "CACC"


def test_a_cut_met_exactly_ends_the_class_in_spite_of_floats() -> None:
    """.7 + .1 is .7999999999999999 in floats: the third customer starts at exactly 80 %."""
    assert "".join(abc_classes([80, 15, 5], CUTS)) == "ABC"
    assert "".join(abc_classes([0.7, 0.1, 0.09, 0.06, 0.05], CUTS)) == "AABBC"


def test_equal_spend_gets_an_equal_class() -> None:
    assert "".join(abc_classes([1] * 10, CUTS)) == "A" * 10
    assert "".join(abc_classes([50, 10, 10, 10, 10, 10], CUTS)) == "A" * 6
    assert "".join(abc_classes([90, 2, 2, 2, 2, 2], CUTS)) == "ABBBBB"


@settings(max_examples=50, deadline=None)
@given(spends, st.randoms(use_true_random=False))
def test_abc_is_monotone_complete_and_blind_to_order(spend, random) -> None:
    classes = abc_classes(spend, CUTS)
    ordered = [c for _, c in sorted(zip(spend, classes, strict=True), key=lambda p: -p[0])]
    assert ordered == sorted(ordered)
    assert set(classes) <= set("ABC")
    assert len({(s, c) for s, c in zip(spend, classes, strict=True)}) == len(set(spend))
    places = random.sample(range(len(spend)), len(spend))
    assert list(abc_classes([spend[p] for p in places], CUTS)) == [classes[p] for p in places]
    if max(spend) > 0:
        assert classes[int(np.argmax(spend))] == "A"
        money = np.clip(spend, 0, None)
        assert money[classes == "A"].sum() >= 0.8 * money.sum() - 1e-6


def test_lorenz_by_hand() -> None:
    curve = lorenz([10, 60, 30, 0])
    assert curve["customers_share"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve["spend_share"].to_numpy() == pytest.approx([0, 0.6, 0.9, 1, 1])
    assert top_share([10, 60, 30, 0], 0.25) == pytest.approx(0.6)
    assert top_share([10, 60, 30, 0], 0.375) == pytest.approx(0.75)


def gini_of_pairs(spend: list[float]) -> float:
    """Mean absolute difference of all pairs over twice the mean: the textbook definition."""
    money = np.clip(spend, 0, None)
    return float(np.abs(money[:, None] - money).mean() / (2 * money.mean()))


def test_gini_by_hand() -> None:
    assert gini([1, 1, 1, 1]) == 0
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([1, 3]) == pytest.approx(0.25)


@settings(max_examples=50, deadline=None)
@given(spends.filter(lambda s: max(s) > 0))
def test_gini_agrees_with_the_mean_difference_of_pairs(spend) -> None:
    assert gini(spend) == pytest.approx(gini_of_pairs(spend), abs=1e-9)
    assert 0 <= gini(spend) <= 1 - 1 / len(spend) + 1e-12
    assert gini([1e9 * s for s in spend]) == pytest.approx(gini(spend), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(spends, st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_top_share_rises_and_lies_above_the_diagonal(spend, shares) -> None:
    found = [top_share(spend, s) for s in sorted(shares)]
    assert all(a <= b + 1e-12 for a, b in pairwise(found))
    assert all(f >= s - 1e-9 for f, s in zip(found, sorted(shares), strict=True))
    assert top_share(spend, 0) == 0
    assert top_share(spend, 1) == pytest.approx(1)


def test_where_nobody_spent_nobody_spends_more() -> None:
    for spend in ([0], [0.0, -5.0, 0.0]):
        assert gini(spend) == 0
        assert top_share(spend, 0.2) == pytest.approx(0.2)
        assert set(abc_classes(spend, CUTS)) == {"C"}


def test_value_matrix_by_hand() -> None:
    """Means 2 orders and 25: on the line is not above it."""
    found = value_matrix([3, 3, 1, 1, 2], [40, 10, 40, 10, 25])
    assert list(found) == ["best", "frequent", "spender", "uncertain", "uncertain"]


@pytest.mark.parametrize("amount", [0.1, 0.3, 19.99, 1e-3, 1e12 + 0.1])
def test_where_all_are_equal_nobody_is_above_the_mean(amount) -> None:
    for n in (1, 3, 7, 49, 1000):
        assert set(value_matrix([2] * n, [amount] * n)) == {"uncertain"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(-500, 90_000)), min_size=1))
def test_quadrants_are_the_four_combinations(rows) -> None:
    orders, cents = np.array(rows).T
    found = value_matrix(orders, cents / 100)
    often = orders * len(rows) > orders.sum()
    much = cents * len(rows) > cents.sum()
    names = {(True, True): "best", (True, False): "frequent", (False, True): "spender"}
    assert list(found) == [
        names.get(pair, "uncertain") for pair in zip(often.tolist(), much.tolist(), strict=True)
    ]
