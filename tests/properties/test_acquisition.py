"""Acquisition cost against what new customers bring; payback, judged by those old enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table
from tests.properties.event_tables import event_table, members, sales, shuffled

from kehu import tables
from kehu.score.acquisition import Acquisition, acquisition
from kehu.score.acquisition_facts import facts
from kehu.score.payback import MONTH, curve, payback
from kehu.score.profit import profit
from kehu.value.summary import summary

END = "2026-06-30"


def spend(day: str, amount: Any, channel: str | None = None, **more: Any) -> dict[str, Any]:
    return {"date": day, "cost": "acquisition", "amount": str(amount), "channel": channel, **more}


def monthly(customer: str, first: str, orders: int, amount: str = "20.00") -> list[Any]:
    """An order on the first day and every 30 days, so that one falls into each month of age."""
    start = date.fromisoformat(first)
    days = (start + timedelta(days=30 * k) for k in range(orders))
    return [(customer, f"{customer}{k}", str(day), amount) for k, day in enumerate(days)]


def won(
    lines: Table,
    costs: Iterable[Mapping[str, Any]],
    channels: Mapping[str, str],
    *,
    ahead: float | None = 10.0,
    refunds: str = "net",
    end: str = END,
    **how: Any,
) -> Acquisition:
    customers = summary(lines, end, "week", refunds)
    clv = customers[["customer_id"]].assign(clv=ahead)
    made = acquisition(
        lines, event_table("costs", costs), members(list(channels), channel=channels), customers,
        clv if ahead is not None else clv.head(0), how=how, analysis_date=end, refunds=refunds,
        margin=0.5,
    )  # fmt: skip
    tables.check("acquisition", made.table)
    assert_conserved(made)
    return made


def assert_conserved(made: Acquisition) -> None:
    """Spend and customers add up over channels and over quarters, and to the total."""
    single = made.table[made.table["cohort"] != "all"]
    per_channel = made.table[made.table["cohort"] == "all"].set_index("channel")
    per_quarter = made.overall.set_index("cohort")
    for column in ("acquisition_cost", "new_customers"):
        over_quarters = single.groupby("channel")[column].sum()
        over_channels = single.groupby("cohort")[column].sum()
        assert over_quarters.to_dict() == pytest.approx(per_channel[column].to_dict())
        told = per_quarter[column].to_dict()
        assert told.pop("all") == pytest.approx(single[column].sum())
        assert over_channels.to_dict() == pytest.approx(told)


def row(made: Acquisition, channel: str, cohort: str = "all") -> dict[str, Any]:
    """Return a row of the table, blank as None."""
    found = made.table.set_index(["channel", "cohort"]).loc[(channel, cohort)]
    return {name: None if pd.isna(value) else value for name, value in found.items()}


LINES = sales(
    [
        *monthly("a", "2025-01-10", 12), *monthly("b", "2025-02-10", 12),
        *monthly("c", "2025-04-10", 12), *monthly("d", "2025-05-01", 1, "90.00"),
        *monthly("old", "2024-01-10", 2),
    ]
)  # fmt: skip
CHANNELS = {"a": "web", "b": "web", "c": "web", "d": "shop", "old": "web"}
COSTS = [spend("2025-01-01", 80, "web"), spend("2025-04-01", 60, "web"),
         spend("2025-04-01", 33, "fair")]  # fmt: skip


def test_a_worked_example() -> None:
    """Web: 140 for three customers who earn 10 on the first day and 10 a month after it."""
    made = won(LINES, COSTS, CHANNELS)
    web = row(made, "web")
    assert web["acquisition_cost"] == 140
    assert web["new_customers"] == 3
    assert web["cac"] == pytest.approx(140 / 3)
    assert web["value_to_date"] == pytest.approx(120)
    assert web["value_ahead"] == pytest.approx(10)
    assert web["value_to_cac"] == pytest.approx(130 * 3 / 140)
    assert web["payback_months"] == 4  # 10 x (1 + 4) = 50 >= 46.67
    assert row(made, "web", "2025Q1")["cac"] == 40
    assert row(made, "web", "2025Q1")["payback_months"] == 3
    assert row(made, "web", "2025Q2")["payback_months"] == 5


def test_channels_with_spend_alone_and_customers_alone_are_shown() -> None:
    made = won(LINES, COSTS, CHANNELS)
    fair, shop = row(made, "fair"), row(made, "shop")
    assert (fair["acquisition_cost"], fair["new_customers"], fair["cac"]) == (33, 0, None)
    assert {fair[c] for c in ("value_to_date", "value_ahead", "payback_months")} == {None}
    assert (shop["acquisition_cost"], shop["cac"], shop["value_to_cac"]) == (0, 0, None)
    assert (shop["value_to_date"], shop["payback_months"]) == (45, 0)


def test_customers_won_before_the_books_begin_have_no_cost() -> None:
    made = won(LINES, COSTS, CHANNELS)
    assert (made.since, made.last_spend) == (date(2025, 1, 1), date(2025, 4, 1))
    assert (made.before, made.table["cohort"].min()) == (1, "2025Q1")
    later = won(LINES, COSTS, CHANNELS, acquisition_since="2025-03-01")
    assert (later.before, later.spend_before) == (3, 80)
    assert row(later, "web")["cac"] == 60
    mid = won(LINES, [spend("2025-02-28", 80, "web")], CHANNELS)
    assert (mid.since, mid.before) == (date(2025, 2, 1), 2)


def test_without_such_costs_there_is_no_cac() -> None:
    made = won(LINES, [{**COSTS[0], "cost": "service"}], CHANNELS)
    assert made.since is made.last_spend is None
    assert made.before == 0
    assert made.table[["cac", "value_to_cac", "payback_months"]].isna().all(axis=None)
    assert row(made, "web")["new_customers"] == 4
    assert row(made, "web")["value_to_date"] == pytest.approx((3 * 120 + 20) / 4)


def test_costs_after_the_analysis_date_are_not_looked_at() -> None:
    later = [*COSTS, spend("2026-07-01", 999, "web")]
    pd.testing.assert_frame_equal(
        won(LINES, later, CHANNELS).table, won(LINES, COSTS, CHANNELS).table
    )


def test_marketing_without_a_customer_may_count() -> None:
    more = [*COSTS, {**spend("2025-01-05", 40, "web"), "cost": "marketing"},
            {**spend("2025-01-05", 7, customer_id="a"), "cost": "marketing"}]  # fmt: skip
    plain = won(LINES, more, CHANNELS)
    assert row(plain, "web")["acquisition_cost"] == 140
    wide = won(LINES, more, CHANNELS, acquisition_includes_marketing=True)
    assert row(wide, "web")["acquisition_cost"] == 180


def test_spend_without_a_channel_goes_to_the_customers_or_to_none() -> None:
    more = [*COSTS, spend("2025-01-05", 12, customer_id="d"), spend("2025-01-05", 5)]
    made = won(LINES, more, CHANNELS)
    assert row(made, "shop")["acquisition_cost"] == 12
    assert (row(made, "unknown")["acquisition_cost"], row(made, "unknown")["cac"]) == (5, None)
    assert row(made, "shop", "2025Q1")["new_customers"] == 0


def test_a_net_credit_is_no_cac() -> None:
    made = won(LINES, [*COSTS, spend("2025-05-01", -100, "web")], CHANNELS)
    assert row(made, "web", "2025Q2")["acquisition_cost"] == -40
    assert row(made, "web", "2025Q2")["cac"] is None
    assert row(made, "web")["cac"] == pytest.approx(40 / 3)


def test_the_channel_is_the_lists_else_the_first_orders() -> None:
    day = "2025-01-01"
    rows = [
        {"customer_id": c, "order_id": o, "date": d, "amount": "10", "is_refund": False,
         "channel": ch}
        for c, o, d, ch in [
            ("listed", "1", day + "T10:00", "app"), ("walk-in", "3", "2025-02-01", "shop"),
            ("walk-in", "2", day + "T12:00", "web"), ("walk-in", "2", day + "T11:00", "tel"),
            ("silent", "4", day, None), ("silent", "5", "2025-02-01", "web"),
        ]
    ]  # fmt: skip
    lines = event_table("transactions", rows)
    made = won(lines, [spend("2025-01-01", 1, "app")], {"listed": "friends"})
    assert made.assigned == {"list": 1, "order": 1, "unknown": 1}
    channels = made.table[made.table["cohort"] == "all"].set_index("channel")["new_customers"]
    assert channels.to_dict() == {"app": 0, "friends": 1, "tel": 1, "unknown": 1}


def test_refunds_lower_what_customers_brought() -> None:
    lines = sales([*monthly("a", "2025-01-10", 2), ("a", "a1", "2025-03-10", "-20")])
    costs = [spend("2025-01-01", 15, "web")]
    net, drop = (won(lines, costs, {"a": "web"}, refunds=r) for r in ("net", "drop"))
    assert (row(net, "web")["value_to_date"], row(drop, "web")["value_to_date"]) == (10, 20)
    assert net.curves.query("channel == 'web'")["contribution"].tolist()[:3] == [10, 20, 10]


def test_no_forecast_no_value_ahead() -> None:
    made = won(LINES, COSTS, CHANNELS, ahead=None)
    assert made.table[["value_ahead", "value_to_cac"]].isna().all(axis=None)
    assert row(made, "web")["payback_months"] == 4


# --- payback ----------------------------------------------------------------------------------


def test_a_month_counts_those_only_who_have_completed_it() -> None:
    """Of four customers two are a month old, and one is three: months 0 and 1 are shown."""
    observed = pd.Series([3, 1, 0, 0])
    cells = pd.DataFrame(
        [(3, 0, 40_000), (3, 1, 40_000), (3, 2, 40_000), (3, 3, 40_000), (1, 0, 40_000),
         (1, 1, 80_000), (1, 2, 990_000), (0, 0, 80_000), (0, 1, 990_000)],
        columns=["observed", "month", "revenue"],
    )  # fmt: skip
    found = curve(cells, observed)
    assert found["month"].tolist() == [0, 1]
    assert found["customers"].tolist() == [4, 2]
    assert found["revenue"].tolist() == [4.0, 10.0]


def test_a_young_cohort_has_not_paid_back_yet() -> None:
    """What the last 20 days brought is not over and counts for nobody; then it does."""
    lines = sales(monthly("a", "2026-05-01", 3))
    costs = [spend("2026-05-01", 20, "web")]
    young = won(lines, costs, {"a": "web"}, end="2026-05-31")
    assert row(young, "web")["value_to_date"] == 20
    assert row(young, "web")["payback_months"] is None
    assert young.curves["month"].max() == 0
    assert row(won(lines, costs, {"a": "web"}, end="2026-06-01"), "web")["payback_months"] == 1


@pytest.mark.parametrize(
    ("cac", "months"), [(0.0, 0), (5.0, 0), (5.01, 1), (9.0, 1), (9.1, None), (None, None)]
)
def test_the_first_month_that_reaches_the_cost(cac, months) -> None:
    assert payback(pd.Series([5.0, 9.0, 8.0]), cac) == months


def test_equality_is_met_in_spite_of_floats() -> None:
    assert payback(pd.Series(np.cumsum([0.1] * 3)), 0.3) == 2
    assert payback(pd.Series([0.1 * 3]), 0.3) == payback(pd.Series([0.3]), 0.1 * 3) == 0


def test_the_ends_of_months_of_age() -> None:
    """487 days are sixteen months exactly; the day after is in the seventeenth."""
    assert 487 / MONTH == 16
    first = date(2025, 1, 1)
    for days, month in ((0, 0), (1, 1), (30, 1), (31, 2), (487, 16), (488, 17)):
        day = str(first + timedelta(days=days))
        lines = sales([("a", "1", str(first), "2"), ("a", "2", day, "40")])
        made = won(lines, [spend("2025-01-01", 21, "web")], {"a": "web"}, end="2026-12-31")
        assert row(made, "web")["payback_months"] == month, days


# --- properties and simulation ----------------------------------------------------------------

orders_ = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 700), st.integers(1, 9_000)),
    min_size=1, max_size=20,
)  # fmt: skip
spend_ = st.lists(
    st.tuples(st.integers(0, 700), st.integers(-500, 9_000), st.sampled_from(["x", "y", None]),
              st.sampled_from([None, None, "a", "z"])),
    max_size=6,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(orders_, spend_, st.integers(0, 99))
def test_spend_and_customers_are_conserved_in_any_order(orders, spent, seed) -> None:
    start = date(2024, 6, 1)
    lines = sales(
        (c, str(i), str(start + timedelta(days=d)), f"{a / 100:.2f}")
        for i, (c, d, a) in enumerate(orders)
    )
    costs = [
        spend(str(start + timedelta(days=d)), f"{a / 100:.2f}", ch, customer_id=c)
        for d, a, ch, c in spent
    ]
    channels = {"a": "x", "b": "y", "c": "x"}
    made = won(lines, costs, channels)
    total = made.overall.set_index("cohort").loc["all"]
    assert total["acquisition_cost"] == pytest.approx(sum(a for _, a, _, _ in spent) / 100)
    assert total["new_customers"] + made.before == len({c for c, _, _ in orders})
    other = won(shuffled(lines, seed), costs[::-1], dict(reversed(channels.items())))
    pd.testing.assert_frame_equal(made.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(made.curves, other.curves, check_exact=True)


def simulated(n: int, rate: float, mean: float, rng: np.random.Generator, prefix: str) -> list[Any]:
    """Draw n customers over a year who order at a Poisson rate per month for two years."""
    rows = []
    for i in range(n):
        first = date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 366)))
        gaps = np.cumsum(rng.exponential(MONTH / rate, 120))
        days = [0, *np.floor(gaps).astype(int)]
        kept = [first + timedelta(days=int(d)) for d in days]
        amounts = rng.gamma(4, mean / 4, len(kept)).round(2)
        rows += [
            (f"{prefix}{i}", f"{prefix}{i}-{k}", str(day), f"{amount:.2f}")
            for k, (day, amount) in enumerate(zip(kept, amounts, strict=True))
            if day <= date(2026, 6, 30)
        ]
    return rows


def test_the_truth_of_a_simulated_shop_is_found() -> None:
    """Per head: first order m, then rate x m a month, half of it contribution; CAC is known."""
    rng, lines, costs, channels = np.random.default_rng(7), [], [], {}
    truth = {"web": (0.5, 40.0, 90.0), "app": (0.25, 80.0, 75.0)}  # orders a month, amount, CAC
    for channel, (rate, mean, cac) in truth.items():
        lines += simulated(800, rate, mean, rng, channel)
        channels |= {f"{channel}{i}": channel for i in range(800)}
        costs += [spend(f"2024-{m:02}-01", cac * 800 / 12, channel) for m in range(1, 13)]
    made = won(
        sales(lines), [{**c, "amount": f"{float(c['amount']):.2f}"} for c in costs], channels
    )
    for channel, (rate, mean, cac) in truth.items():
        found = row(made, channel)
        assert found["cac"] == pytest.approx(cac, rel=1e-3)
        own = made.curves[made.curves["channel"] == channel].set_index("month")["contribution"]
        expected = 0.5 * mean * (1 + rate * own.index.to_numpy())
        assert own.to_numpy() == pytest.approx(expected, rel=0.06)
        months = (cac / (0.5 * mean) - 1) / rate  # 7 and 3.5
        assert abs(found["payback_months"] - np.ceil(months)) <= 1


def test_facts_quote_the_table() -> None:
    made = won(LINES, COSTS, CHANNELS)
    costs = [{**COSTS[0], "cost": "service", "date": "2026-01-05"}]
    costed = profit(
        LINES, event_table("costs", costs), event_table("interactions", []),
        event_table("campaigns", []), CHANNELS, how={}, analysis_date=END, refunds="net",
        margin=0.5, currency_digits=2,
    )  # fmt: skip
    found = facts(made, costed, {"value_to_cac_target": 2.5}, 0.5)
    total = made.overall.set_index("cohort").loc["all"]
    assert found["cac"] == pytest.approx(173 / 4)
    assert found["cac_ratio"] == pytest.approx(total["value_to_cac"])
    assert found["cac_ratio_costed"] == pytest.approx(found["cac_ratio"] * costed.rate / 0.5)
    assert (found["cac_channels"], found["cac_channels_reached"], found["cac_free"]) == (1, 1, 1)
    assert (found["cac_best"], found["cac_weakest"]) == ("web", "web")
    assert (found["cac_lost_channels"], found["cac_lost_spend"]) == (1, 33)
    assert (found["cac_before"], found["cac_known"]) == (1, "yes")
    assert (found["channel_from_list"], found["cac_payback"]) == (5, total["payback_months"])
