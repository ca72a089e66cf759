"""From contracts to tenures: what counts as a renewal, a loss, a relationship; and leakage."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from contract_log import holdings, month_later, simulated
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.errors import KehuError
from kehu.value.billing import MONTHS, later, renewals
from kehu.value.clv import sbg
from kehu.value.contracts import Tenures, tenures


def cases(*strategies):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=200, derandomize=True)(
        given(*strategies)(test)
    )


days = st.dates(date(2011, 1, 1), date(2024, 12, 31))
periods = st.sampled_from(list(MONTHS))


def count(start: date, until: date, period: str, grace: int = 0) -> int:
    one = (np.array([np.datetime64(d, "D")]) for d in (start, until))
    return int(renewals(*one, period, grace)[0])


def one(*rows, as_of: str = "2021-06-30", **options) -> pd.Series:
    """The only customer of some contracts."""
    found = tenures(holdings(*rows), as_of, **options).customers
    assert len(found) == 1
    return found.iloc[0]


def lifetimes(found: Tenures) -> list[tuple[int, bool, int, int]]:
    frame = found.lifetimes[["duration", "ended", "entered", "count"]]
    return list(frame.itertuples(index=False, name=None))


@cases(days, st.integers(0, 40), periods)
def test_renewals_come_on_the_day_of_the_month(start, n, period) -> None:
    start = start.replace(day=min(start.day, 28))
    day = month_later(start, n * MONTHS[period])
    assert count(start, day, period) == n
    assert count(start, day - timedelta(days=1), period) == max(n - 1, 0)


@cases(days, days, st.integers(1, 90), periods, st.integers(0, 31))
def test_renewals_never_fall_and_come_one_at_a_time(start, day, more, period, grace) -> None:
    counts = [count(start, day + timedelta(days=i), period, grace) for i in range(more)]
    assert set(np.diff(counts)) <= {0, 1}
    assert counts[0] >= 0


@pytest.mark.parametrize(
    ("start", "day", "n"),
    [("2023-01-31", "2023-02-27", 0), ("2023-01-31", "2023-02-28", 1),
     ("2023-01-31", "2023-03-30", 1), ("2023-01-31", "2023-03-31", 2),
     ("2024-02-29", "2025-02-28", 12), ("2024-01-30", "2024-02-29", 1)],
)  # fmt: skip
def test_months_of_different_length(start, day, n) -> None:
    assert count(date.fromisoformat(start), date.fromisoformat(day), "month") == n


@cases(days, days, st.integers(1, 13), periods, st.integers(0, 31))
def test_every_contract_renews_by_the_day_named(start, day, n, period, grace) -> None:
    """What makes a hold-out whole: as many renewals for everyone, one more at most."""
    goal = later(np.datetime64(day, "D"), n, period).astype(date)
    made = count(start, goal, period) - count(start, day, period)
    if start <= day:
        assert n <= made <= n + 1


def test_the_usual_contract() -> None:
    found = one(("7", "gold", "2018-03-15", None, 500))
    assert found["tenure"] == 3
    assert not found["ended"]
    assert pd.isna(found["ended_on"])
    assert (found["fee"], found["plan"], found["relationships"]) == (500.0, "gold", 1)


def test_one_row_a_term_is_one_relationship() -> None:
    terms = [("7", "gold", f"{y}-03-15", f"{y + 1}-03-14", 500) for y in (2018, 2019, 2020)]
    found = one(*terms, as_of="2020-12-31")
    assert (found["tenure"], found["ended"], found["relationships"]) == (2, False, 1)
    assert found["started"] == pd.Timestamp("2018-03-15")


def test_a_late_renewal_is_a_renewal_and_a_later_one_a_new_beginning() -> None:
    rows = [("7", "gold", "2018-03-15", "2019-03-14", 500), ("7", "gold", "2019-04-10", None, 500)]
    assert one(*rows)["tenure"] == 3
    again = one(*rows, grace_days=5)
    assert (again["tenure"], again["relationships"]) == (2, 2)
    assert again["started"] == pd.Timestamp("2019-04-10")
    both = lifetimes(tenures(holdings(*rows), "2021-06-30", grace_days=5))
    assert both == [(1, True, 0, 1), (2, False, 0, 1)]


def test_a_customer_is_there_while_any_contract_runs() -> None:
    found = one(
        ("7", "card", "2018-03-15", "2020-01-01", 100),
        ("7", "family", "2019-06-01", None, 40),
        ("7", "lounge", "2020-06-01", None, 60.5),
        ("7", "spa", "2020-06-01", "2021-06-30", 900),
    )
    assert (found["tenure"], found["ended"], found["fee"]) == (3, False, 100.5)
    assert found["plan"] == "card"


def test_plan_is_what_the_relationship_began_with() -> None:
    """The dearest of the first day; upgrades belong to those who stayed and would tell on them."""
    found = one(
        ("7", "basic", "2018-03-15", "2019-03-14", 10),
        ("7", "plus", "2018-03-15", None, 30),
        ("7", "gold", "2019-03-15", None, 90),
    )
    assert found["plan"] == "plus"
    assert one(("7", None, "2018-03-15", None, 10))["plan"] == ""


@pytest.mark.parametrize(
    ("end", "duration"),
    [("2019-03-14", 1), ("2019-03-15", 1), ("2019-03-16", 2), ("2018-07-01", 1), ("2019-08-01", 2),
     ("2020-03-14", 2)],
)  # fmt: skip
def test_who_leaves_in_a_period_leaves_at_its_end(end, duration) -> None:
    """Whether the file has the last day or the anniversary."""
    found = tenures(holdings(("7", "gold", "2018-03-15", end, 500)), "2022-12-31")
    assert lifetimes(found) == [(duration, True, 0, 1)]
    assert found.customers.loc[0, "tenure"] == duration - 1
    assert found.customers.loc[0, "fee"] == 0


def test_losses_that_are_booked_late_belong_to_the_period_before() -> None:
    rows = ("7", "gold", "2018-03-15", "2019-03-30", 500)
    found = tenures(holdings(rows), "2022-12-31", slack_days=20)
    assert lifetimes(found) == [(1, True, 0, 1)]


def test_who_may_still_renew_late_has_not_decided() -> None:
    """Ten days after the end of a year, whether the card runs out or runs on."""
    rows = [("1", "a", "2019-06-21", "2020-06-20", 5), ("2", "a", "2019-06-21", None, 5)]
    found = tenures(holdings(*rows), "2020-06-30")
    assert found.lifetimes.empty
    assert found.customers["ended"].tolist() == [True, False]
    assert found.customers["tenure"].tolist() == [0, 1]
    sure = tenures(holdings(*rows), "2020-06-30", grace_days=5)
    assert lifetimes(sure) == [(1, False, 0, 1), (1, True, 0, 1)]


def test_a_contract_that_ends_later_runs_and_one_that_starts_later_is_not_there() -> None:
    rows = [("7", "gold", "2018-03-15", "2021-09-14", 500), ("8", "gold", "2021-08-01", None, 1)]
    assert not one(*rows)["ended"]
    assert one(*rows)["tenure"] == 3
    last_day = one(rows[0], as_of="2021-09-14")
    assert last_day["ended"]
    assert last_day["ended_on"] == pd.Timestamp("2021-09-14")


def test_what_happens_after_the_day_changes_nothing() -> None:
    """Leakage: the file of today, read as of then, says what the file of then said."""
    full = simulated(1, 400, 0.7, 1.5)
    day = "2014-06-30"
    then = [
        (c, p, start, end if end <= day else None, fee)
        for c, p, start, end, fee in full if start <= day
    ]  # fmt: skip
    now, before = (tenures(holdings(*rows), day) for rows in (full, then))
    pd.testing.assert_frame_equal(now.customers, before.customers)
    pd.testing.assert_frame_equal(now.lifetimes, before.lifetimes)


def test_order_of_rows_changes_nothing() -> None:
    rows = simulated(2, 300, 0.7, 1.5)
    rows += [(c, "extra", start, None, 7) for c, _, start, _, _ in rows[::5]]
    order = np.random.default_rng(3).permutation(len(rows))
    one_way, other = (
        tenures(holdings(*part), "2016-06-30") for part in (rows, [rows[i] for i in order])
    )
    pd.testing.assert_frame_equal(one_way.customers, other.customers)
    pd.testing.assert_frame_equal(one_way.lifetimes, other.lifetimes)


def test_shifting_all_dates_shifts_all_dates() -> None:
    """Four years, a whole number of calendars: 29 February stays itself."""
    rows = simulated(4, 300, 0.7, 1.5)
    moved = [
        (c, p, *(f"{int(d[:4]) + 4}{d[4:]}" for d in (start, end)), fee)
        for c, p, start, end, fee in rows
    ]
    here, there = tenures(holdings(*rows), "2015-06-30"), tenures(holdings(*moved), "2019-06-30")
    pd.testing.assert_frame_equal(here.lifetimes, there.lifetimes)


def test_every_row_is_used_or_counted() -> None:
    found = tenures(
        holdings(
            ("1", "a", "2018-01-01", None, 5),
            ("2", "a", None, None, 5),
            ("1", "a", None, None, 5),
            ("3", "a", "2019-01-01", "2018-01-01", 5),
            ("4", "a", "2030-01-01", None, 5),
            ("2", "a", None, "2019-01-01", 5),
        ),
        "2021-06-30",
    )
    books = found.books
    assert (books.rows, books.without_start, books.reversed, books.not_begun) == (6, 3, 1, 1)
    assert books.first_without_start == "contracts.csv:2"
    assert (books.customers, books.customers_without_start) == (4, 1)
    assert found.customers["customer_id"].tolist() == ["1"]


def test_a_missing_fee_is_not_a_fee_of_nothing() -> None:
    assert pd.isna(one(("7", "a", "2018-01-01", None, None))["fee"])
    both = one(("7", "a", "2018-01-01", None, 10), ("7", "b", "2018-01-01", None, None))
    assert pd.isna(both["fee"])
    over = one(("7", "a", "2018-01-01", None, 10), ("7", "b", "2018-01-01", "2019-01-01", None))
    assert over["fee"] == 10


def test_a_period_that_still_runs_is_not_used() -> None:
    """Its losses are in the file already, its renewals not yet."""
    found = tenures(
        holdings(
            ("1", "a", "2020-03-01", "2021-05-01", 5), ("2", "a", "2020-03-01", None, 5),
            ("3", "a", "2020-03-01", "2021-02-28", 5),
        ),
        "2021-06-30",
    )  # fmt: skip
    assert lifetimes(found) == [(1, False, 0, 2), (1, True, 0, 1)]
    assert found.customers["ended"].tolist() == [True, False, True]


def test_observation_that_began_late_is_said_by_period() -> None:
    rows = [("1", "a", "2015-03-01", None, 5), ("2", "a", "2019-03-01", None, 5),
            ("3", "a", "2016-03-01", "2019-02-28", 5),
            ("4", "a", "2015-05-01", "2017-04-30", 5)]  # fmt: skip
    found = tenures(holdings(*rows), "2021-06-30", observed_since="2018-01-01")
    assert found.customers["entered"].tolist() == [3, 0, 2, 3]
    assert lifetimes(found) == [(2, False, 0, 1), (3, True, 2, 1), (6, False, 3, 1)]


@pytest.mark.parametrize("months", [1, 12])
def test_losses_before_observation_bias_nothing_when_it_is_said(months) -> None:
    """From contracts to the truth: a file that forgot everybody who left before its first day."""
    period = {1: "month", 12: "year"}[months]
    rows = simulated(5, 20_000, 0.8, 2.4, months=months, join_days=250 * months)
    since, day = ("2016-01-01", "2019-12-31") if months == 12 else ("2010-07-01", "2011-03-31")
    kept = [row for row in rows if row[3] >= since]
    assert len(kept) < 0.75 * len(rows)
    said, unsaid = (
        tenures(holdings(*kept), day, period, observed_since=given_) for given_ in (since, None)
    )
    right, wrong = (
        sbg.fit(
            *(t.lifetimes[c] for c in ("duration", "ended", "count", "entered")), time_unit=period
        )
        for t in (said, unsaid)
    )
    assert abs(right.alpha - 0.8) < 3.5 * right.standard_errors[0]
    assert abs(right.beta - 2.4) < 3.5 * right.standard_errors[1]
    first_loss = [m.alpha / (m.alpha + m.beta) for m in (right, wrong)]
    assert first_loss[0] == pytest.approx(0.25, abs=0.02)
    assert first_loss[1] < 0.16


def test_nothing_has_begun() -> None:
    rows = holdings(("1", "a", "2030-01-01", None, 5), ("2", "a", None, None, 5))
    with pytest.raises(
        KehuError, match=r"KH-D11 holdings\.start: none of 2 rows has a first day up"
    ):
        tenures(rows, "2021-06-30")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period": "week"}, "period must be one of"),
        ({"slack_days": -1}, "slack_days must lie in"),
        ({"slack_days": 20, "grace_days": 10}, "slack_days must lie in"),
    ],
)
def test_options_that_cannot_be(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        tenures(holdings(("1", "a", "2018-01-01", None, 5)), "2021-06-30", **options)
