"""Industry indicators: each by hand, with the data it lacks named, in every language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from ibis.expr.types import Table
from tests.properties.event_tables import contacts, event_table, members, sales, shuffled

from kehu import tables as contracts
from kehu.i18n import Translator
from kehu.report import listings_indices
from kehu.score import telling
from kehu.score.indicators import (
    INDUSTRIES,
    TABLES,
    computed,
    definitions,
    facts,
    indicators,
    of_industry,
)

END = "2026-09-30"
LOG = sales(
    [
        # a: three orders in the year (one refunded whole), one before. b: new, one order.
        ("a", "1", "2026-01-10", 100), ("a", "2", "2026-01-30", 50), ("a", "3", "2026-03-01", 30),
        ("a", "3", "2026-03-05", -30), ("a", "0", "2025-06-01", 70),
        ("b", "4", "2026-08-31", 40), ("b", "R", "2026-09-02", -10),
        # c: only in the year before. d: after the analysis date.
        ("c", "5", "2025-01-01", 500), ("d", "6", "2026-10-01", 999),
    ]
)  # fmt: skip


def held(*rows: dict[str, Any]) -> Table:
    return event_table("holdings", rows)


HOLDINGS = held(
    # a: two products, one of them twice; a card since 2025-09-30.
    {"customer_id": "a", "product": "current", "start": "2020-01-01", "balance": "100.25",
     "fee": 10, "usage": 1.5, "claims": 30},
    {"customer_id": "a", "product": "current", "start": "2025-09-30", "balance": 50, "fee": 20},
    {"customer_id": "a", "product": "card", "balance": -20},
    # b: a plan that ended on the analysis date still runs on it.
    {"customer_id": "b", "product": "current", "start": "2025-10-01", "end": END, "fee": 6,
     "usage": 2.5, "claims": 20},
    # c: left within the month; d: left within the year, unknown start.
    {"customer_id": "c", "product": "loan", "start": "2025-01-01", "end": "2026-09-10", "fee": 7,
     "balance": 1000},
    {"customer_id": "d", "product": "loan", "end": "2026-03-01", "fee": 8},
    # e: begins after the analysis date.
    {"customer_id": "e", "product": "loan", "start": "2026-10-01", "fee": 9, "balance": 77},
)  # fmt: skip


def figures(industry: str, **tables: Table) -> pd.DataFrame:
    made = indicators({"transactions": LOG, **tables}, END, industry)
    return made.set_index("indicator")


def expect(frame: pd.DataFrame, expected: dict[str, tuple[float, int]]) -> None:
    for name, (figure, population) in expected.items():
        row = frame.loc[name]
        assert row["figure"] == pytest.approx(figure), name
        assert row["population"] == population, name
        assert pd.isna(row["lacking"])


def test_general_indicators_by_hand() -> None:
    expected = {
        "buying_customers": (2, 2),
        "revenue_year": (100 + 50 + 40 - 10, 6),
        "revenue_per_customer": (90, 2),
        "customer_return_rate": (0.5, 2),
        "new_customer_share": (0.5, 2),
    }
    expect(figures("general"), expected)
    assert len(figures("general")) == len(expected)


def test_ecommerce_indicators_by_hand() -> None:
    told = contacts(
        ("a", "2026-01-10", "visit"), ("a", "2026-01-10", "browse"), ("a", "2026-01-11", "search"),
        ("a", "2026-01-11", "search"), ("b", "2026-08-30", "browse"), (None, "2026-08-31", "visit"),
        ("b", "2025-01-01", "search"), ("c", "2026-02-01", "search"),
        ("b", "2026-08-31", "complaint"),
    )  # fmt: skip
    frame = figures("ecommerce", interactions=told)
    expect(
        frame,
        {
            "purchases_per_customer": (3 / 2, 2),
            "average_order_value": ((100 + 50 + 40) / 3, 3),
            "repeat_purchase_rate": (0.5, 2),
            "browse_to_buy": (1 / 4, 4),
            "searches_per_customer": (3 / 2, 2),
            "refund_rate": ((30 + 10) / 220, 4),
            # 223 days from 2025-06-01 to 2026-01-10, then 20.
            "purchase_interval": ((223 + 20) / 2, 2),
        },
    )
    assert set(frame["industry"]) == {"ecommerce", "general"}


def test_bank_indicators_by_hand() -> None:
    due = event_table(
        "payments",
        [
            {"customer_id": "a", "due": "2026-01-01", "paid": "2026-01-01", "amount": 10},
            {"customer_id": "a", "due": "2026-02-01", "paid": "2026-02-11", "amount": 20},
            {"customer_id": "b", "due": "2026-09-20", "amount": 30},
            {"customer_id": "b", "due": "2026-09-25", "paid": "2026-10-05", "amount": 40},
            {"customer_id": "b", "due": "2025-09-30", "amount": 50},
            {"customer_id": "b", "due": "2026-10-01", "amount": 60},
        ],
    )
    frame = figures(
        "bank", holdings=HOLDINGS, payments=due, customers=members("abcde"),
        interactions=contacts(("c", "2026-09-01", "service"), ("zz", END, "visit")),
    )  # fmt: skip
    expect(
        frame,
        {
            "total_assets": (130.25, 3),
            "assets_per_customer": (130.25, 1),
            "transaction_volume": (100 + 50 + 30 + 30 + 40 + 10, 2),
            "transaction_count": (5, 2),
            "products_per_customer": (3 / 2, 2),
            "on_time_share": (1 / 4, 4),
            "days_past_due": ((0 + 10 + 10 + 5) / 4, 4),
            "overdue_share": (70 / 100, 4),
            # b by an order and c by a service contact.
            "active_share": (2 / 5, 5),
        },
    )


def test_a_new_plan_replaces_the_last_one_and_never_itself() -> None:
    moved = held(
        # A day's plan follows nothing; the next follows the one that ended last, which cost more.
        {"customer_id": "u", "product": "S", "start": "2026-01-31", "end": "2026-01-31", "fee": 9},
        {"customer_id": "u", "product": "M", "start": "2025-01-01", "end": "2026-01-20", "fee": 5},
        {"customer_id": "u", "product": "L", "start": "2026-02-01", "fee": 7},
    )
    # Changes: M to S (dearer), S to L (cheaper).
    expect(figures("telecom", holdings=moved), {"upgrade_share": (0.5, 2)})


def test_telecom_indicators_by_hand() -> None:
    moved = held(
        {"customer_id": "u", "product": "S", "start": "2025-01-01", "end": "2026-01-31", "fee": 5},
        {"customer_id": "u", "product": "L", "start": "2026-02-01", "fee": 9},
        {"customer_id": "v", "product": "L", "start": "2025-01-01", "end": "2026-01-31", "fee": 9},
        {"customer_id": "v", "product": "S", "start": "2026-03-04", "fee": 5},
        {"customer_id": "w", "product": "L", "start": "2025-01-01", "end": "2025-02-01", "fee": 9},
        {"customer_id": "w", "product": "S", "start": "2025-02-02", "fee": 99},
    )
    # v changed plan 32 days after the end of the old one: too late to be a change.
    expect(figures("telecom", holdings=moved), {"upgrade_share": (1.0, 1), "churn_month": (0, 3)})
    months = (
        (pd.Timestamp(END) - pd.Timestamp("2020-01-01")).days
        + (pd.Timestamp(END) - pd.Timestamp("2025-10-01")).days
    ) / (365.25 / 12)
    expect(
        figures("telecom", holdings=HOLDINGS),
        {
            "arpu": ((10 + 20 + 6) / 2, 2),
            # Bills in January and August; March's is refunded, but was a bill.
            "arpu_billed": (180 / 3, 3),
            "usage_per_customer": (2.0, 2),
            "top_plan_share": (1.0, 2),
            "contract_tenure": (months / 2, 2),
            # 30 days ago a, b and c were customers.
            "churn_month": (1 / 3, 3),
        },
    )


def test_insurance_indicators_by_hand() -> None:
    sent = event_table(
        "campaigns",
        [{"campaign": "x", "customer_id": "a", "date": d, "responded": r} for d, r in
         (("2026-01-01", True), ("2026-01-02", False), ("2026-01-03", None), ("2024-01-01", True))],
    )  # fmt: skip
    expect(
        figures("insurance", holdings=HOLDINGS, campaigns=sent),
        {
            "premium_per_policy": ((10 + 20 + 6) / 3, 3),
            "policies_per_customer": (4 / 2, 2),
            # 365 days ago: a, c and d; a is left.
            "customer_retention": (1 / 3, 3),
            "conversion_rate": (1 / 2, 2),
            "claims_ratio": (50 / (100 + 50 + 40 - 10 + 70 + 500), 2),
        },
    )


def test_renewals_by_hand() -> None:
    """Renewed in time, too late, another product, overlapping, and ended too lately to tell."""
    rows = [
        ("a", "car", "2025-01-01", "2025-12-31"), ("a", "car", "2026-01-30", None),
        ("b", "car", "2025-01-01", "2025-12-31"), ("b", "car", "2026-01-31", None),
        ("c", "car", "2025-01-01", "2025-12-31"), ("c", "home", "2026-01-01", None),
        ("d", "car", "2025-01-01", "2025-12-31"), ("d", "car", "2025-12-01", "2026-11-30"),
        ("e", "car", "2025-01-01", "2026-09-01"),
        ("f", "car", "2025-01-01", "2026-08-31"),
    ]  # fmt: skip
    names = ("customer_id", "product", "start", "end")
    made = held(*(dict(zip(names, row, strict=True)) for row in rows))
    expect(figures("insurance", holdings=made), {"renewal_rate": (2 / 5, 5)})


@pytest.mark.parametrize("industry", INDUSTRIES)
def test_what_is_lacking_is_named_and_never_dropped(industry: str) -> None:
    frame = figures(industry)
    assert list(frame.index) == sorted(of_industry(industry), key=lambda c: (
        definitions()[c].industry, c))  # fmt: skip
    for code, row in frame.iterrows():
        needs = [n for n in definitions()[str(code)].needs if not n.startswith("transactions.")]
        if needs:
            assert row["lacking"] == ",".join(needs)
            assert np.isnan(row["figure"])
            assert row["population"] == 0
        else:
            assert pd.isna(row["lacking"])
            assert row["population"] > 0


def test_a_table_with_an_empty_column_lacks_the_column_alone() -> None:
    bare = held({"customer_id": "a", "product": "current", "start": "2020-01-01"})
    frame = figures("telecom", holdings=bare)
    assert frame.loc["arpu", "lacking"] == "holdings.fee"
    assert frame.loc["upgrade_share", "lacking"] == "holdings.end,holdings.fee"
    expect(frame, {"top_plan_share": (1.0, 1)})


def test_nothing_to_divide_by_is_blank_with_no_basis() -> None:
    frame = figures("ecommerce", interactions=contacts(("a", END, "complaint")))
    row = frame.loc["searches_per_customer"]
    assert np.isnan(row["figure"])
    assert row["population"] == 0
    assert pd.isna(row["lacking"])


def test_the_order_of_rows_changes_nothing() -> None:
    for industry in ("bank", "telecom", "insurance"):
        made = [
            indicators({"transactions": t(LOG), "holdings": t(HOLDINGS)}, END, industry)
            for t in (lambda table: table, lambda table: shuffled(table, 2))
        ]
        pd.testing.assert_frame_equal(*made, check_exact=True)


def test_definitions_are_sound() -> None:
    say = Translator("zh", "CNY")
    for code, made in definitions().items():
        assert callable(computed(code)), code
        assert say.format(1.5, made.kind)
        for need in made.needs:
            table, _, column = need.partition(".")
            assert table in TABLES, need
            assert column in contracts.contract(table).columns, need


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("industry", INDUSTRIES)
def test_the_table_of_indicators_names_what_is_lacking(language: str, industry: str) -> None:
    say = Translator(language, "CNY")
    made = indicators({"transactions": LOG}, END, industry)
    shown = listings_indices.industry_indicators(say, made, definitions())
    html = shown.table.as_raw_html()
    assert html.count("<tr") == 1 + len(made)
    counts = facts(made)
    assert str(counts["n_indicators_lacking"]) in shown.title
    own = say.pick(next(iter(of_industry(industry).values())).name)
    last = say.pick(list(of_industry("general").values())[-1].name)
    assert html.index(own) < html.index(last)
    if industry == "bank":
        assert (
            "持有（账户、套餐、保单）: 余额" if language == "zh" else "policies): Balance"
        ) in html
    [key] = telling.indicator_sentences(counts)
    text = say(key, {f"score.{name}": n for name, n in counts.items()})
    assert str(counts["n_indicators"]) in text
