"""Spend per purchase: which model is used, and that it recovers what was simulated."""

import numpy as np
import pandas as pd
import pytest

from kehu.value import spend


def simulated(n: int, power: float, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers whose true mean spend is 50 x (1 + frequency)^power, times their own level."""
    rng = np.random.default_rng(seed)
    frequency = rng.negative_binomial(0.8, 0.25, n)
    true = 50.0 * (1 + frequency) ** power * rng.gamma(8, 1 / 8, n)
    days = frequency + 1
    total = rng.gamma(5 * days, true / 5)
    first = total / days
    summary = pd.DataFrame(
        {"customer_id": [f"{i:05d}" for i in range(n)], "frequency": frequency,
         "monetary_value": np.where(frequency > 0, first, 0.0), "total_spend": total}
    )  # fmt: skip
    return summary, true


def test_unrelated_frequency_and_spend_take_one_model() -> None:
    summary, true = simulated(3_000, 0.0)
    found = spend.fit(summary)
    assert (found.method, found.reason, found.edges) == ("gamma_gamma", "", (0,))
    expected = spend.expected(found, summary)
    assert expected.mean() == pytest.approx(true.mean(), rel=0.03)


@pytest.mark.parametrize("power", [0.6, -0.6])
def test_related_frequency_and_spend_are_grouped_and_said(power) -> None:
    """One model would give one-time buyers the mean of all; the groups give them their own."""
    summary, true = simulated(4_000, power)
    found = spend.fit(summary)
    assert (found.method, found.reason) == ("grouped", "dependent")
    assert found.edges == (0, 1, 2, 4)
    expected = spend.expected(found, summary)
    once, often = summary["frequency"] == 0, summary["frequency"] >= 4
    for group in (once, often):
        assert expected[group].mean() == pytest.approx(true[group].mean(), rel=0.06)
    own = (summary["total_spend"] / (summary["frequency"] + 1)).to_numpy()
    assert ((expected - true) ** 2).mean() < ((own - true) ** 2).mean(), "shrinking must pay"


def test_small_groups_are_joined() -> None:
    assert spend._edges(pd.Series([0] * 150 + [1] * 60 + [2] * 50 + [5] * 90)) == (0, 1)
    assert spend._edges(pd.Series([0] * 10)) == (0,)
    assert spend._edges(pd.Series([0] * 150 + [1] * 150 + [3] * 150 + [9] * 150)) == (
        0, 1, 2, 4
    )  # fmt: skip


def test_simulated_spend_has_the_expected_mean_for_every_method() -> None:
    for power in (0.0, 0.6):
        summary, _ = simulated(2_000, power)
        found = spend.fit(summary)
        some = summary.iloc[[0, 5, 50, 500, 1500]]
        known, scale = spend.keys(found, some)
        bought = np.full((60_000, len(some)), 3)
        drawn = spend.simulate(found, np.random.default_rng(2), bought, known) * scale
        expected = 3 * spend.expected(found, some)
        assert drawn.mean(axis=0) == pytest.approx(expected, rel=0.03)


def test_order_of_rows_changes_nothing() -> None:
    summary, _ = simulated(1_500, 0.6)
    mixed = summary.sample(frac=1, random_state=3)
    one, other = spend.fit(summary), spend.fit(mixed)
    assert one == other
    expected = pd.Series(spend.expected(other, mixed), index=mixed.index).sort_index()
    assert (expected.to_numpy() == spend.expected(one, summary)).all()


def test_nothing_to_fit_leaves_the_own_mean() -> None:
    summary = pd.DataFrame({"frequency": [0, 0, 1], "monetary_value": [0.0, 0.0, 8.0],
                            "total_spend": [5.0, -3.0, 18.0]})  # fmt: skip
    found = spend.fit(summary)
    assert (found.method, found.without_spend) == ("mean", 0)
    assert list(spend.expected(found, summary)) == [5.0, 0.0, 9.0]
    known, scale = spend.keys(found, summary)
    drawn = spend.simulate(found, np.random.default_rng(1), np.full((2, 3), 2), known) * scale
    assert (drawn == [10.0, 0.0, 18.0]).all()
