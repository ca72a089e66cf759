"""The gate before a forecast: every limit at its edge."""

import pandas as pd
import pytest

from kehu.value.enough import LIMITS, gate


def summary(n: int = 500, days: int = 180, recent: int = 30, three: int = 1) -> pd.DataFrame:
    """n customers whose first purchase was `days` ago and whose last of all was `recent` ago."""
    end = pd.Timestamp("2026-09-30")
    first = end - pd.Timedelta(days=days)
    return pd.DataFrame(
        {"first_date": [first] * n, "last_date": [end - pd.Timedelta(days=recent)] * n,
         "days_since_last": [recent] * n, "n_orders": [3] * three + [1] * (n - three)}
    )  # fmt: skip


def test_just_enough_is_enough() -> None:
    found = gate(summary(), LIMITS)
    assert found.passed
    assert list(found.table["found"]) == [500, 180, 30, 1]


@pytest.mark.parametrize(
    ("change", "limit"),
    [({"n": 499}, "customers"), ({"days": 179}, "days"), ({"recent": 31}, "recent_days"),
     ({"three": 0}, "with_three_orders")],
)  # fmt: skip
def test_one_short_is_not_and_is_named(change, limit) -> None:
    found = gate(summary(**change), LIMITS)
    assert not found.passed
    assert list(found.table.loc[~found.table["passed"], "limit"]) == [limit]


def test_limits_can_be_set() -> None:
    assert gate(summary(n=20, days=40, recent=5, three=0), {
        "customers": 20, "days": 40, "recent_days": 5, "with_three_orders": 0}).passed  # fmt: skip
