"""Costs charged to customers: to the cent, by the driver, whatever the order; nothing is lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table
from tests.properties.event_tables import event_table, sales, shuffled

from kehu import tables
from kehu.score.allocate import allocate, currency_digits
from kehu.score.charges import estimated
from kehu.score.contribution import by_class, counted, facts, loss_makers, whale
from kehu.score.costing import period
from kehu.score.profit import SHARES, Profit, profit

END = "2026-09-30"
DAY = "2026-03-01"
ZERO = Decimal(0)

# --- allocation -------------------------------------------------------------------------------

numbers = st.text("ABCD0123456789", min_size=1, max_size=4)
drivers = st.dictionaries(numbers, st.integers(0, 10**9), min_size=1, max_size=30).filter(
    lambda d: sum(d.values()) > 0
)
amounts = st.integers(-(10**15), 10**15)


def shares(cents: int, weights: dict[str, int], digits: int = 2) -> dict[str, int]:
    made = allocate(Decimal(cents).scaleb(-digits), pd.Series(weights), digits)
    return {str(key): int(value) for key, value in made.items()}


def test_allocation_by_hand() -> None:
    assert shares(10000, {"C": 1, "B": 1, "A": 1}) == {"A": 3334, "B": 3333, "C": 3333}
    assert shares(-10000, {"C": 1, "B": 1, "A": 1}) == {"A": -3334, "B": -3333, "C": -3333}
    # quotas 0.5, 0.5 and 9.0: the one unit left goes to the lower number
    assert shares(10, {"x": 18, "b": 1, "a": 1}) == {"a": 1, "b": 0, "x": 9}
    # 6.25, 2.5, 1.25: the largest remainder, not the largest weight, gets the unit left
    assert shares(10, {"a": 5, "b": 2, "c": 1}) == {"a": 6, "b": 3, "c": 1}
    assert shares(100, {"only": 7}, digits=0) == {"only": 100}
    assert shares(0, {"a": 0, "b": 0}) == {"a": 0, "b": 0}


@given(amounts, drivers, st.sampled_from([0, 2, 3]))
def test_shares_add_up_and_are_within_a_coin_of_their_part(cents, weights, digits) -> None:
    made = shares(cents, weights, digits)
    assert sum(made.values()) == cents
    total = sum(weights.values())
    for customer, share in made.items():
        assert abs(share - Fraction(cents * weights[customer], total)) < 1
    assert all(made[c] == 0 for c, w in weights.items() if w == 0)


@given(amounts, drivers, st.randoms(use_true_random=False))
def test_shares_do_not_depend_on_the_order_of_rows(cents, weights, random) -> None:
    other = dict(random.sample(list(weights.items()), len(weights)))
    assert shares(cents, other) == shares(cents, weights)
    assert shares(-cents, weights) == {c: -s for c, s in shares(cents, weights).items()}


@given(drivers, st.integers(1, 10**6), st.integers(2, 50))
def test_only_the_proportions_of_a_driver_matter(weights, cents, times) -> None:
    assert shares(cents, {c: times * w for c, w in weights.items()}) == shares(cents, weights)


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3)])
def test_decimals_of_currencies(currency, digits) -> None:
    assert currency_digits(currency) == digits


# --- a shop by hand ---------------------------------------------------------------------------


def cost(kind: str, amount: Any, customer: str | None = None, day: str = DAY) -> dict[str, Any]:
    return {"date": day, "cost": kind, "amount": str(amount), "customer_id": customer}


def contact(customer: str | None, kind: str = "service", day: str = DAY) -> dict[str, Any]:
    return {"customer_id": customer, "date": day, "interaction": kind}


def campaign(customer: str, amount: Any = None, day: str = DAY) -> dict[str, Any]:
    return {"campaign": "618", "customer_id": customer, "date": day,
            "amount": None if amount is None else str(amount)}  # fmt: skip


LINES = sales(
    [
        ("A", "1", DAY, "600.00"), ("A", "2", DAY, "300.00"), ("A", "3", "2024-01-01", "99"),
        ("B", "4", DAY, "100.00"), ("B", "4", DAY, "-20.00"),
        ("C", "5", "2024-01-01", "50.00"),
        ("Z", "6", DAY, "-7.00"),
    ]
)  # fmt: skip
"""A bought twice, B gave a part back, C bought before the period, Z has a refund only."""


def costed(
    costs: Iterable[dict[str, Any]] = (),
    contacts: Iterable[dict[str, Any]] = (),
    campaigns: Iterable[dict[str, Any]] = (),
    *,
    lines: Table = LINES,
    customers: Iterable[str] = "ABC",
    digits: int = 2,
    margin: float = 0.4,
    refunds: str = "net",
    **how: Any,
) -> Profit:
    made = profit(
        lines, event_table("costs", costs), event_table("interactions", contacts),
        event_table("campaigns", campaigns), customers, how=how, analysis_date=END,
        refunds=refunds, margin=margin, currency_digits=digits,
    )  # fmt: skip
    tables.check("profit", made.table)
    assert_balanced(made)
    return made


def exact(values: Iterable[float]) -> Decimal:
    """Add up money of a table exactly: floats of four decimals back to what they were."""
    return sum((Decimal(f"{v:.4f}") for v in values), ZERO)


def assert_balanced(made: Profit) -> None:
    """Every kind: the books are what customers bear, what nobody bears and what is set aside."""
    books, table = made.books.set_index("cost"), made.table
    parts = books[["direct", "allocated", "unallocated", "set_aside"]].sum(axis=1)
    assert (parts == books["amount"]).all()
    for kind in ("revenue", *SHARES):
        column = kind if kind == "revenue" else f"{kind}_share"
        assert exact(table[column]) == books.loc[kind, "direct"] + books.loc[kind, "allocated"]
    for row in table.itertuples():
        costs = exact([row.goods_share, row.service_share, row.marketing_share, row.other_share])
        assert exact([row.contribution]) == exact([row.revenue]) - costs


@pytest.mark.parametrize("kind", SHARES)
def test_a_lost_cent_is_found_where_it_was_lost(kind: str) -> None:
    costs = [cost(k, "10.01") for k in ("goods", "service", "marketing", "other")]
    made, given = costed(costs), event_table("costs", costs)
    assert not any(made.unaccounted(given).values())
    column = f"{kind}_share"
    wrong = made.table.assign(**{column: made.table[column] - [0.01, 0, 0]})
    found = dataclasses.replace(made, table=wrong).unaccounted(given)
    assert {k: v for k, v in found.items() if v} == {kind: Decimal("0.01")}


def test_costs_that_never_reached_the_books_are_found() -> None:
    costs = [cost("service", "10.01"), cost("other", "4.00")]
    found = costed(costs).unaccounted(event_table("costs", costs[:1] * 2))
    assert {k: v for k, v in found.items() if v} == {
        "costs: service": Decimal("10.01"), "costs: other": Decimal("-4.00"),
    }  # fmt: skip


def borne(made: Profit, kind: str) -> list[float]:
    return made.table[f"{kind}_share"].tolist()


def entry(made: Profit, kind: str) -> dict[str, Any]:
    return made.books.set_index("cost").loc[kind].to_dict()


def notes(made: Profit, kind: str) -> list[str]:
    found = entry(made, kind)["notes"]
    return found.split(",") if isinstance(found, str) else []


COSTS = [
    cost("service", "30.00"), cost("service", "5.00", "C"),
    cost("marketing", "12.00"), cost("other", "9.80"),
    cost("acquisition", "400.00"), cost("service", "77", day="2025-09-30"),
    cost("other", "1.5", day="2026-10-01"),
]  # fmt: skip
CONTACTS = [
    contact("A"), contact("B", "complaint"), contact("B", "visit"), contact("C", "browse"),
    contact("B", day="2025-09-30"),
]  # fmt: skip
CAMPAIGNS = [campaign("C"), campaign("C"), campaign("A")]


def test_a_shop_by_hand() -> None:
    """Service 30 by contacts 1:2:0, marketing 12 by 1:0:2, other 9.80 by revenue 900:80."""
    made = costed(COSTS, CONTACTS, CAMPAIGNS)
    expected = pd.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            "revenue": [900.0, 80.0, 0.0],
            "goods_share": [540.0, 48.0, 0.0],
            "service_share": [10.0, 20.0, 5.0],
            "marketing_share": [4.0, 0.0, 8.0],
            "other_share": [9.0, 0.8, 0.0],
            "contribution": [337.0, 11.2, -13.0],
        }
    )
    pd.testing.assert_frame_equal(made.table, expected, check_dtype=False, check_exact=True)
    assert made.activity["orders"].tolist() == [2, 1, 0]
    assert made.activity["contacts"].tolist() == [1, 2, 0]
    assert made.activity["campaign_contacts"].tolist() == [1, 0, 2]
    assert made.activity["refunded"].tolist() == [0, 20, 0]
    assert (made.outside_rows, made.outside_amount) == (2, Decimal("78.5"))
    assert made.rate == pytest.approx(335.2 / 980)
    assert made.costs_given


def test_acquisition_is_set_aside_and_charged_to_nobody() -> None:
    made = costed(COSTS, CONTACTS, CAMPAIGNS)
    assert entry(made, "acquisition")["set_aside"] == entry(made, "acquisition")["amount"] == 400
    without = costed([c for c in COSTS if c["cost"] != "acquisition"], CONTACTS, CAMPAIGNS)
    pd.testing.assert_frame_equal(made.table, without.table)


def test_refunds_without_a_purchase_belong_to_no_customer() -> None:
    made = costed()
    assert entry(made, "revenue")["amount"] == Decimal(973)
    assert entry(made, "revenue")["unallocated"] == Decimal(-7)
    alone = costed([cost("service", 3)], lines=sales([("B", "4", DAY, "-20")]), customers="B")
    assert alone.table[["revenue", "goods_share", "contribution"]].values.tolist() == [
        [-20, -12, -11]
    ]


def test_refunds_are_left_out_where_they_are_dropped() -> None:
    made = costed(refunds="drop")
    assert made.table["revenue"].tolist() == [900, 100, 0]
    assert made.activity["refunded"].tolist() == [0, 0, 0]


def test_without_costs_contribution_is_the_margin() -> None:
    made = costed()
    assert not made.costs_given
    assert made.table["contribution"].tolist() == [360, 32, 0]
    assert notes(made, "goods") == ["goods_margin"]
    assert costed(margin=0.0).table["contribution"].tolist() == [0, 0, 0]
    assert not costed([cost("acquisition", 5)]).costs_given


def test_one_customer_bears_all() -> None:
    made = costed(COSTS, CONTACTS, lines=sales([("A", "1", DAY, "0.03")]), customers="A")
    assert borne(made, "service") == [10.0]  # of 30 by three contacts, two are of others
    assert entry(made, "service")["unallocated"] == Decimal(25)  # and 5 is C's, who is nobody here
    assert borne(made, "other") == [9.8]


# --- drivers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("driver", "expected"),
    [("contacts", [10.0, 20.0, 0.0]), ("orders", [20.0, 10.0, 0.0]), ("lines", [12.0, 12.0, 0.0]),
     ("revenue", [27.55, 2.45, 0.0]), ("customers", [10.0, 10.0, 0.0])],
)  # fmt: skip
def test_each_driver(driver, expected) -> None:
    """Z's refund line takes part in lines and customers: its share belongs to no customer."""
    made = costed([cost("service", 30)], CONTACTS, service_driver=driver)
    assert borne(made, "service") == expected
    assert entry(made, "service")["unallocated"] == 30 - exact(expected)
    assert entry(made, "service")["driver_used"] == driver


def test_a_driver_without_data_is_replaced_in_the_open() -> None:
    made = costed([cost("service", 30)])
    assert (entry(made, "service")["driver"], entry(made, "service")["driver_used"]) == (
        "contacts", "orders",
    )  # fmt: skip
    assert notes(made, "service") == ["driver_empty"]
    assert borne(made, "service") == [20.0, 10.0, 0.0]
    returns = sales([("A", "1", DAY, "-1"), ("B", "2", DAY, "-5")])
    only = costed([cost("other", 3)], lines=returns, customers="AB")
    assert entry(only, "other")["driver_used"] == "customers"
    assert borne(only, "other") == [1.5, 1.5]


def test_where_nobody_is_there_nothing_is_allocated() -> None:
    made = costed([cost("service", 30)], lines=sales([("C", "5", "2024-01-01", "50")]))
    assert notes(made, "service") == ["nobody"]
    assert entry(made, "service")["unallocated"] == 30
    assert borne(made, "service") == [0, 0, 0]


def test_what_others_cause_belongs_to_no_customer() -> None:
    """Prospects' contacts carry their share; contacts of nobody known carry none."""
    contacts = [contact("A"), contact("prospect"), contact("prospect"), contact(None)]
    made = costed([cost("service", "10.00"), cost("service", "2", "prospect")], contacts)
    assert borne(made, "service") == [3.33, 0, 0]
    assert entry(made, "service")["unallocated"] == Decimal("8.67")


def test_credits_are_allocated_like_charges() -> None:
    made = costed([cost("service", "-10.00")], CONTACTS)
    assert borne(made, "service") == [-3.33, -6.67, 0]
    back = costed([cost("service", "10.00"), cost("service", "-10.00")], CONTACTS)
    assert borne(back, "service") == [0, 0, 0]


@pytest.mark.parametrize(
    ("digits", "amount", "expected"),
    [(0, "100", [33.0, 67.0]), (2, "100", [33.33, 66.67]), (3, "100", [33.333, 66.667]),
     (0, "100.5", [33.5, 67.0]), (2, "0.0002", [0.0001, 0.0001])],
)  # fmt: skip
def test_coins_of_currencies_and_amounts_finer_than_a_coin(digits, amount, expected) -> None:
    made = costed([cost("service", amount)], CONTACTS, digits=digits)
    assert borne(made, "service")[:2] == expected


# --- goods ------------------------------------------------------------------------------------


def goods_lines(*costs: str | None) -> Table:
    rows = [("A", "1", "100"), ("A", "2", "50"), ("B", "3", "30"), ("B", "3", "-30")]
    return event_table(
        "transactions",
        ({"customer_id": c, "order_id": o, "date": DAY, "amount": a, "goods_cost": g,
          "is_refund": a.startswith("-")} for (c, o, a), g in zip(rows, costs, strict=True)),
    )  # fmt: skip


def test_goods_from_the_lines() -> None:
    made = costed(lines=goods_lines("61", "20.5", "25", "-25"), customers="AB")
    assert borne(made, "goods") == [81.5, 0]
    assert notes(made, "goods") == ["goods_lines"]
    assert made.costs_given


def test_goods_from_some_lines_and_the_margin_for_the_rest() -> None:
    made = costed(lines=goods_lines("61", None, None, "-25"), customers="AB")
    assert borne(made, "goods") == [91.0, -7.0]
    assert notes(made, "goods") == ["goods_lines", "goods_margin"]


def test_goods_in_the_books_yield_to_the_lines() -> None:
    made = costed([cost("goods", 99)], lines=goods_lines("61", "20.5", "25", "-25"), customers="AB")
    assert borne(made, "goods") == [81.5, 0]
    assert entry(made, "goods_ledger")["set_aside"] == 99
    assert notes(made, "goods_ledger") == ["goods_replaced"]


def test_goods_from_the_books() -> None:
    made = costed([cost("goods", "98.00"), cost("goods", 4, "B")])
    assert borne(made, "goods") == [90.0, 12.0, 0]
    assert notes(made, "goods") == ["goods_books"]


def test_a_table_without_the_column_has_no_cost_of_goods() -> None:
    made = costed(lines=LINES.drop("goods_cost"))
    pd.testing.assert_frame_equal(made.table, costed().table)


@given(st.integers(-(10**13), 10**13), st.integers(0, 100), st.sampled_from([1, 10, 100, 10**4]))
def test_the_margin_is_rounded_to_the_coin_alike_on_both_sides_of_zero(units, percent, coin):
    made = int(estimated(pd.Series([units]), percent / 100, coin).iloc[0])
    assert made % coin == 0
    assert 2 * abs(made - Fraction(units * (100 - percent), 100)) <= coin
    assert int(estimated(pd.Series([-units]), percent / 100, coin).iloc[0]) == -made


# --- marketing --------------------------------------------------------------------------------

SPENT = [campaign("A", "3.00"), campaign("C", "1.00"), campaign("Q", "1.00"), campaign("B")]


@pytest.mark.parametrize(
    ("costs", "expected", "nobody", "note"),
    [
        # 3 and 1 as spent, 1 on somebody else; 10 more by four contacts
        ([cost("marketing", 15)], [5.5, 2.5, 3.5], "3.5", ["campaigns_direct"]),
        ([cost("marketing", 5)], [3.0, 0, 1.0], "1", ["campaigns_direct"]),
        ([cost("marketing", "2.50")], [1.5, 0, 0.5], "0.5", ["campaigns_scaled"]),
        ([], [3.0, 0, 1.0], "1", ["campaigns_only"]),
        ([cost("marketing", 2, "B")], [0, 2.0, 0], "0", ["campaigns_unused"]),
    ],
)  # fmt: skip
def test_what_campaigns_spent_and_what_the_books_hold(costs, expected, nobody, note) -> None:
    made = costed(costs, campaigns=SPENT)
    assert borne(made, "marketing") == expected
    assert entry(made, "marketing")["unallocated"] == Decimal(nobody)
    assert notes(made, "marketing") == note


def test_marketing_may_count_as_acquisition() -> None:
    costs = [
        cost("marketing", 15),
        cost("marketing", 2, "B"),
        cost("marketing", 9, day="2020-01-01"),
    ]
    made = costed(costs, campaigns=SPENT, acquisition_includes_marketing=True)
    assert borne(made, "marketing") == [0, 2.0, 0]
    assert entry(made, "marketing")["set_aside"] == 15
    assert notes(made, "marketing") == ["marketing_to_cac"]
    assert made.outside_rows == 0


# --- properties -------------------------------------------------------------------------------

people = st.sampled_from("ABCDE")
cents = st.integers(-20_000, 90_000).map(lambda c: Decimal(c).scaleb(-2))
days_ = st.sampled_from([DAY, "2025-10-01", "2024-05-05"])
lines_ = st.lists(
    st.tuples(people, st.integers(0, 6).map(str), days_, cents), min_size=1, max_size=15
)
kinds = st.sampled_from(["service", "marketing", "other", "goods", "acquisition"])
costs_ = st.lists(
    st.builds(cost, kinds, cents, st.none() | people, st.sampled_from([DAY, END, "2025-09-30"])),
    max_size=8,
)
contacts_ = st.lists(st.builds(contact, st.none() | people), max_size=8)
campaigns_ = st.lists(st.builds(campaign, people, st.none() | cents), max_size=6)
choice = st.sampled_from(["contacts", "orders", "lines", "revenue", "customers"])


@settings(max_examples=15, deadline=None)
@given(lines_, costs_, contacts_, campaigns_, choice, st.sampled_from([0, 2, 3]),
       st.sampled_from(["net", "drop", "keep"]))  # fmt: skip
def test_whatever_the_costs_the_books_balance(
    rows, costs, contacts, campaigns, driver, digits, refunds
) -> None:
    made = costed(
        costs, contacts, campaigns, lines=sales(rows), digits=digits, refunds=refunds,
        service_driver=driver, marketing_driver=driver, other_driver=driver,
    )  # fmt: skip
    inside = [c for c in costs if "2025-10-01" <= c["date"] <= END]
    for kind in ("service", "other", "acquisition"):
        assert entry(made, kind)["amount"] == sum(
            (Decimal(c["amount"]) for c in inside if c["cost"] == kind), ZERO
        )
    served = [c for c in costs if c["cost"] != "acquisition"]
    assert made.outside_rows == len([c for c in served if c["date"] < "2025-10-01"])
    revenue = [a for _, _, day, a in rows if day >= "2025-10-01" and (refunds != "drop" or a >= 0)]
    assert entry(made, "revenue")["amount"] == sum(revenue, ZERO)


@settings(max_examples=6, deadline=None)
@given(lines_, costs_, contacts_, campaigns_, st.integers(0, 99))
def test_the_order_of_rows_and_the_cutting_of_costs_change_nothing(
    rows, costs, contacts, campaigns, seed
) -> None:
    """The same books as one row a cost and as two, in any order, give the same table."""
    plain = costed(costs, contacts, campaigns, lines=sales(rows))
    cut = [
        {**c, "amount": str(part)}
        for c in costs
        for part in (Decimal("1.07"), Decimal(c["amount"]) - Decimal("1.07"))
    ]
    named = {"costs": cut, "interactions": contacts, "campaigns": campaigns}
    inputs = [(sales(rows), rows), *((event_table(n, found), found) for n, found in named.items())]
    other = profit(
        *(shuffled(table, seed) if found else table for table, found in inputs), list("CBA"),
        how={}, analysis_date=END, refunds="net", margin=0.4, currency_digits=2,
    )  # fmt: skip
    pd.testing.assert_frame_equal(other.table, plain.table, check_exact=True)
    columns = ["amount", "direct", "allocated", "unallocated", "set_aside"]
    pd.testing.assert_frame_equal(other.books[columns], plain.books[columns], check_exact=True)


@pytest.mark.parametrize(
    ("end", "months", "first"),
    [("2026-09-30", 12, "2025-10-01"), ("2026-09-30", 6, "2026-04-01"),
     ("2026-02-28", 12, "2025-03-01"), ("2024-02-29", 12, "2023-03-01"),
     ("2026-03-30", 1, "2026-02-28"), ("2011-12-09", 12, "2010-12-10")],
)  # fmt: skip
def test_a_period_is_whole_months(end, months, first) -> None:
    assert str(period(end, months).first) == first


# --- who brings it and who costs it -----------------------------------------------------------


def test_whale_curve_by_hand() -> None:
    curve = whale(pd.Series([-30.0, 60.0, 0.0, 70.0]))
    assert curve["customers_share"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve["contribution"].tolist() == [0, 70, 130, 130, 100]
    assert curve["contribution_share"].tolist() == [0, 0.7, 1.3, 1.3, 1]


def test_a_total_of_nothing_has_no_shares() -> None:
    assert whale(pd.Series([5.0, -5.0]))["contribution_share"].isna().all()
    assert whale(pd.Series([], dtype=float))["contribution"].tolist() == [0]


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=30), st.randoms())
def test_the_curve_ends_at_the_total_and_falls_by_the_losses(values, random) -> None:
    cents = pd.Series(values) / 100
    curve = whale(cents)["contribution"]
    assert round(curve.iloc[-1] * 100) == sum(values)
    assert round((curve.max() - curve.iloc[-1]) * 100) == -sum(v for v in values if v < 0)
    assert (curve.diff().diff().dropna() <= 1e-9).all()
    shuffled_ = pd.Series(random.sample(values, len(values))) / 100
    assert whale(shuffled_)["contribution"].tolist() == curve.tolist()


def test_reasons_of_losses() -> None:
    """Average rates: goods 60 %, service 10 %, so that 30 % is left."""
    rows = [("A", "1", DAY, "1000"), ("B", "2", DAY, "100"), ("D", "4", DAY, "50"),
            ("D", "4", DAY, "-30"), ("E", "5", DAY, "100")]  # fmt: skip
    goods = [cost("goods", 600, "A"), cost("goods", 60, "B"), cost("goods", 30, "D"),
             cost("goods", 110, "E")]  # fmt: skip
    service = [cost("service", 110, "A"), cost("service", 50, "B"), cost("service", 4, "C")]
    made = costed([*goods, *service], lines=sales(rows), customers="ABCDE")
    losing = loss_makers(made).set_index("customer_id")
    assert losing["reasons"].to_dict() == {
        "B": "high_service", "D": "refunds,low_margin", "E": "low_margin", "C": "no_revenue",
    }  # fmt: skip
    assert losing.index.tolist() == ["B", "D", "E", "C"]
    assert losing["contribution"].tolist() == [-10, -10, -10, -4]


def test_a_loss_without_one_cause() -> None:
    rows = [("A", "1", DAY, "1000"), ("B", "2", DAY, "100")]
    costs = [cost(k, a, "A") for k, a in (("goods", 300), ("service", 300), ("other", 300))]
    costs += [cost(k, 40, "B") for k in ("goods", "service", "other")]
    costs += [cost("marketing", 20, "B"), cost("marketing", 100, "A")]
    losing = loss_makers(costed(costs, lines=sales(rows), customers="AB"))
    assert losing["reasons"].tolist() == ["all_costs"]


def test_classes_by_hand() -> None:
    made = costed(COSTS, CONTACTS, CAMPAIGNS)
    classes = pd.DataFrame({"customer_id": ["C", "A", "B"], "abc_class": ["C", "A", "A"]})
    found = by_class(made.table, classes).set_index("abc_class")
    assert found["customers"].tolist() == [2, 0, 1]
    assert found.loc["A", "contribution"] == 348.2
    assert found.loc["A", "contribution_rate"] == pytest.approx(348.2 / 980)
    assert found.loc["A", "cost_to_serve_rate"] == pytest.approx(43.8 / 980)
    assert found["contribution_rate"].isna().tolist() == [False, True, True]
    assert found["loss_customers"].tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="no ABC class"):
        by_class(made.table, classes.head(2))


def test_facts_agree_with_the_table() -> None:
    made = costed(COSTS, CONTACTS, CAMPAIGNS)
    classes = pd.DataFrame({"customer_id": list("ABC"), "abc_class": list("ABC")})
    found = facts(made, classes, 0.4)
    assert found["contribution_total"] == 335.2
    assert found["contribution_rate"] == pytest.approx(made.rate)
    assert (found["loss_customers"], found["loss_amount"], found["loss_share"]) == (1, 13, 1 / 3)
    assert found["whale_peak_share"] == pytest.approx(348.2 / 335.2)
    assert found["whale_peak_customers"] == pytest.approx(2 / 3)
    assert (found["costs_direct"], found["costs_allocated"]) == (5, 51.8)
    assert (found["goods_source"], found["costs_given"]) == ("goods_margin", "yes")
    assert found["acquisition_apart"] == 400
    assert found["whale_shape"] == "whale"


@pytest.mark.parametrize(
    ("costs", "shape"), [([], "even"), ([cost("service", 5000, "A")], "deficit")]
)
def test_shapes_of_the_curve(costs, shape) -> None:
    made = costed(costs)
    classes = pd.DataFrame({"customer_id": list("ABC"), "abc_class": list("ABC")})
    found = facts(made, classes, 0.4)
    assert found["whale_shape"] == shape
    assert (found["whale_peak_share"] is None) == (shape == "deficit")
    assert found["counted"] == len(counted(made.table)) == 2


# --- real sales -------------------------------------------------------------------------------


def test_households_of_the_complete_journey_bear_invented_costs_to_the_cent(
    shared_data: Path,
) -> None:
    folder = shared_data / "complete_journey"
    read = pd.read_csv(folder / "transactions_sample.csv.gz", dtype=str)
    rows = [
        (r.household_id, r.basket_id, r.transaction_timestamp, f"{float(r.sales_value):.2f}")
        for r in read.itertuples()
    ]
    told = pd.read_csv(folder / "campaigns.csv.gz", dtype=str)
    dates = pd.read_csv(folder / "campaign_descriptions.csv.gz", dtype=str)
    told = told.merge(dates, on="campaign_id")
    campaigns = [campaign(r.household_id, "0.35", r.start_date) for r in told.itertuples()]
    buyers = sorted(set(read["household_id"]))
    contacts = [contact(c, day="2017-05-05") for c in buyers[::3] for _ in range(int(c) % 5)]
    days = [f"2017-{m:02}-01" for m in range(1, 13)]
    costs = [cost(k, a, day=d) for d in days
             for k, a in (("goods", "13456.78"), ("service", "1999.99"), ("marketing", "777.77"),
                          ("other", "333.33"))]  # fmt: skip
    made = profit(
        sales(rows), event_table("costs", costs), event_table("interactions", contacts),
        event_table("campaigns", campaigns), buyers, how={}, analysis_date="2017-12-31",
        refunds="net", margin=0.3, currency_digits=2,
    )  # fmt: skip
    assert_balanced(made)
    assert entry(made, "revenue")["direct"] == Decimal("233935.24") - sum(
        (Decimal(r[3]) for r in rows if r[2] > "2018"), ZERO
    )
    for kind, month in (("goods", "13456.78"), ("service", "1999.99"), ("other", "333.33")):
        assert exact(made.table[f"{kind}_share"]) == 12 * Decimal(month)
    whole = entry(made, "marketing")
    assert whole["amount"] == 12 * Decimal("777.77")
    assert whole["unallocated"] > 0, "some households of the campaigns are not in the sample"
    assert loss_makers(made)["contribution"].is_monotonic_increasing
