"""The look-up forecast: counted by hand, conserved, true where the future repeats the past."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.value.clv import lookup

WEEKS = 40.0

history = st.integers(0, 12).flatmap(
    lambda x: st.tuples(
        st.just(x), st.floats(0, 40) if x else st.just(0.0), st.floats(40, 80), st.integers(0, 9)
    )
)


def fitted(rows: list[tuple], span: float = WEEKS) -> lookup.Lookup:
    x, t_x, T, later = (np.array(column) for column in zip(*rows, strict=True))
    return lookup.fit(x, t_x, T, later, span, time_unit="week")


def test_a_large_group_gets_its_own_mean() -> None:
    """10,000 one-time buyers of last week made half a purchase each: the prior hardly shows."""
    n = 10_000
    model = lookup.fit(
        np.zeros(n), np.zeros(n), np.ones(n), np.arange(n) % 2, WEEKS, time_unit="week"
    )
    ahead = lookup.expected_purchases(model, WEEKS, 0, 0.0, 1.0)
    assert ahead == pytest.approx([0.5])
    assert model.customers.sum() == n


def test_a_small_group_is_drawn_to_its_wider_one_by_hand() -> None:
    """One buyer made 10, 20 others none: (10 + 20 row) / 21, and row = (10 + 20 x 10/21) / 21."""
    rows = [(0, 0.0, 1.0, 0)] * 20 + [(9, 39.0, 40.0, 10)]
    ahead = lookup.expected_purchases(fitted(rows), WEEKS, [9], [39.0], [40.0])
    row = (10 + 20 * 10 / 21) / 21
    assert ahead == pytest.approx([(10 + 20 * row) / 21])


@settings(max_examples=60, deadline=None)
@given(st.lists(history, min_size=1, max_size=60), st.integers(0, 99))
def test_shares_sum_to_one_and_order_does_not_matter(rows, seed) -> None:
    model = fitted(rows)
    assert model.later.sum(axis=2) == pytest.approx(1.0)
    assert model.customers.sum() == len(rows)
    again = fitted([rows[i] for i in np.random.default_rng(seed).permutation(len(rows))])
    assert (model.later == again.later).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(history, min_size=1, max_size=40), st.floats(0, 100))
def test_the_forecast_grows_in_proportion_and_is_never_negative(rows, t) -> None:
    model = fitted(rows)
    x, t_x, T, _ = (np.array(column) for column in zip(*rows, strict=True))
    once = lookup.expected_purchases(model, WEEKS, x, t_x, T)
    assert (once >= 0).all()
    assert lookup.expected_purchases(model, t, x, t_x, T) == pytest.approx(once * t / WEEKS)
    plain = lookup.discounted_purchases(model, 40, 0.0, x, t_x, T)
    assert plain == pytest.approx(once)
    assert (lookup.discounted_purchases(model, 40, 0.01, x, t_x, T) <= plain + 1e-12).all()


def test_draws_have_the_expected_mean_at_any_horizon() -> None:
    rng = np.random.default_rng(3)
    rows = [(int(x), 20.0 if x else 0.0, 41.0, int(rng.poisson(0.4 * x + 0.2)))
            for x in rng.integers(0, 9, 400)]  # fmt: skip
    model, some = fitted(rows), [(0, 0.0, 41.0), (3, 20.0, 41.0), (8, 20.0, 41.0)]
    x, t_x, T = (np.array(column) for column in zip(*some, strict=True))
    for horizon in (10.0, 40.0, 52.0):
        drawn = lookup.simulate_purchases(model, rng, 40_000, horizon, x, t_x, T)
        expected = lookup.expected_purchases(model, horizon, x, t_x, T)
        assert drawn.mean(axis=0) == pytest.approx(expected, rel=0.03)


def test_who_fell_silent_is_expected_to_buy_less() -> None:
    """5,000 customers, half of whom stopped: silence tells, without any model."""
    rng = np.random.default_rng(1)
    lost = rng.random(5_000) < 0.5
    t_x = np.where(lost, rng.uniform(5, 20, 5_000), rng.uniform(36, 40, 5_000))
    later = np.where(lost, 0, rng.poisson(4, 5_000))
    model = lookup.fit(np.full(5_000, 4), t_x, np.full(5_000, 40.0), later, 40.0, time_unit="week")
    silent, busy = lookup.expected_purchases(model, 40, [4, 4], [10.0, 39.0], [40.0, 40.0])
    assert silent < 0.2
    assert busy == pytest.approx(4, rel=0.05)


def test_a_longer_history_does_not_make_the_same_customers_look_busier() -> None:
    """Steady buyers counted after 24 weeks and scored after 36: their rates are the same, and the
    forecast is within a tenth; by number of purchases it would be about a third too high."""
    rng = np.random.default_rng(4)
    rate = rng.gamma(0.8, 0.25, 20_000)

    def seen(weeks: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = rng.poisson(rate * weeks)
        t_x = np.where(x > 0, weeks * rng.random(20_000) ** (1 / np.maximum(x, 1)), 0.0)
        return x, t_x, np.full(20_000, weeks)

    model = lookup.fit(*seen(24.0), rng.poisson(rate * 12), 12.0, time_unit="week")
    ahead = lookup.expected_purchases(model, 12.0, *seen(36.0)).sum()
    assert ahead == pytest.approx(rate.sum() * 12, rel=0.1)


def test_an_empty_group_of_silence_expects_no_more_than_the_less_silent() -> None:
    rows = [(2, 39.0, 40.0, 4)] * 500 + [(2, 25.0, 40.0, 1)] * 500
    model = fitted(rows, span=10.0)
    quiet = lookup.expected_purchases(model, 10, [2, 2, 2], [39.0, 25.0, 5.0], [40.0] * 3)
    assert quiet[2] <= quiet[1] < quiet[0]


def test_nobody_is_called_alive_or_gone() -> None:
    assert np.isnan(
        lookup.p_alive(fitted([(0, 0.0, 40.0, 1)]), [0, 1], [0.0, 3.0], [9.0, 9.0])
    ).all()


@pytest.mark.parametrize(
    ("later", "span", "said"),
    [
        ([-1], 4.0, "0 or more"),
        ([2.7], 4.0, "whole number"),
        ([np.nan], 4.0, "whole number"),
        ([1, 2], 4.0, "each history"),
        ([1], 0.0, "span must be above 0"),
    ],
)
def test_what_cannot_be_is_refused(later, span, said) -> None:
    with pytest.raises(ValueError, match=said):
        lookup.fit([0], [0.0], [5.0], later, span, time_unit="week")


def test_units_and_horizons_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="time_unit must be one of"):
        lookup.fit([0], [0.0], [5.0], [1], 4.0, time_unit="fortnight")
    model, one = fitted([(0, 0.0, 40.0, 1)]), ([0], [0.0], [9.0])
    with pytest.raises(ValueError, match="t must be 0 or more"):
        lookup.simulate_purchases(model, np.random.default_rng(1), 3, -1.0, *one)
    with pytest.raises(ValueError, match="horizon must be a whole number"):
        lookup.discounted_purchases(model, 2.5, 0.1, *one)
    with pytest.raises(ValueError, match="rate_per_unit must be 0 or more"):
        lookup.discounted_purchases(model, 2, -0.1, *one)


def test_units_are_discounted_one_by_one() -> None:
    model, one = fitted([(0, 0.0, 40.0, 4)] * 50), ([0], [0.0], [9.0])
    each = lookup.expected_purchases(model, 1.0, *one)
    for rate in (0.0, 0.02):
        by_hand = each * sum((1 + rate) ** -k for k in range(1, 14))
        assert lookup.discounted_purchases(model, 13, rate, *one) == pytest.approx(by_hand)
