"""Key-customer pages: figures of the client's own tables, and nothing where nothing is known."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from kehu import tables
from kehu.actions import key_pages, playbook
from kehu.i18n import Translator
from kehu.report import key_pages as shown
from kehu.report.style import house_style

BOOK = playbook.load(playbook.built_in("general"))
LAST = "2026-09-30"


def table(name: str, rows: pd.DataFrame | None) -> ibis.Table:
    if rows is None:
        return ibis.memtable(tables.contract(name).arrow_schema().empty_table())
    backend = ibis.duckdb.connect()
    backend.con.register(name, rows)
    return backend.table(name)


@pytest.fixture(scope="module")
def client():
    rng = np.random.default_rng(1)
    ids = [f"K{i}" for i in range(6)]
    n = 400
    lines = pd.DataFrame(
        {
            "customer_id": rng.choice(ids, n),
            "date": pd.Timestamp("2024-10-01") + pd.to_timedelta(rng.integers(0, 730, n), "D"),
            "amount": rng.gamma(2, 50, n).round(2),
            "product": rng.choice(["茶", "咖啡", "杯子", "<b>糖</b>"], n),
        }
    )
    value = pd.DataFrame(
        {
            "customer_id": ids, "clv": [60.0, 50, 50, 40, 30, 20], "clv_low": 1.0, "clv_high": 99.0,
            "total_spend": 5000.0, "n_orders": 20, "mean_order_value": 250.0, "rank": 1,
            "days_since_last": 5, "p_alive": [0.9, 0.9, 0.9, 0.2, 0.9, 0.9],
            "satisfaction_index": [np.nan, *[70.0] * 5],
        }
    )  # fmt: skip
    segments = pd.DataFrame(
        {
            "customer_id": ids, "is_key": [True, True, True, True, False, False], "tier": "top",
            "rfm_segment": "champion", "key_reasons": "contribution,potential",
        }
    )  # fmt: skip
    churn = pd.DataFrame(
        {
            "customer_id": ids, "churn_probability": [0.4, *[np.nan] * 5], "value_at_risk": 9.0,
            "churn_band": "watch", "churn_reasons": ["overdue_high", *[None] * 5], "overdue": 2.5,
        }
    )  # fmt: skip
    voices = pd.DataFrame({"customer_id": ["K1"], "open_complaints": [2], "nps_answer": [9.0]})
    names = pd.DataFrame({"customer_id": ids, "name": ["<i>王</i>", *[None] * 5]})
    names = names.assign(manager=["李经理", *[None] * 5])
    said = pd.DataFrame(
        {
            "customer_id": "K0", "date": pd.to_datetime(["2026-09-01", "2026-09-09", "2026-12-01"]),
            "interaction": "complaint", "topic": ["a", "b", "c"], "source": "s", "row": [1, 2, 3],
        }
    )  # fmt: skip
    return lines, value, segments, churn, voices, names, said


def made(client, most=3, with_contacts=True):
    lines, value, segments, churn, voices, names, said = client
    first = key_pages.chosen(value, segments, most)
    contacts = table("interactions", said if with_contacts else None)
    return key_pages.pages(
        first, names, churn, voices, table("transactions", lines), contacts, LAST, BOOK
    ).set_index("customer_id", drop=False)


def test_the_first_by_lifetime_value_and_equal_ones_by_number(client):
    assert list(made(client)["customer_id"]) == ["K0", "K1", "K2"]
    assert len(made(client, most=60)) == 4


def test_months_and_products_are_those_of_the_last_year(client):
    pages, lines = made(client, most=4), client[0]
    year = lines[lines["date"] > pd.Timestamp("2025-09-30")]
    for name, page in pages.iterrows():
        own = year[year["customer_id"] == name]
        assert len(page["months"]) == 12
        assert sum(page["months"]) == pytest.approx(own["amount"].sum())
        september = own["date"] > pd.Timestamp("2026-08-30")
        assert page["months"][-1] == pytest.approx(own.loc[september, "amount"].sum())
        best = own.groupby("product")["amount"].sum().nlargest(3)
        assert page["products"] == list(best.index)


def test_contacts_are_the_latest_up_to_the_analysis_date(client):
    pages = made(client)
    assert [topic for _, _, topic in pages.loc["K0", "contacts"]] == ["b", "a"]
    assert pages.loc["K1", "contacts"] == []


def test_who_is_slipping_away_is_served_as_such(client):
    assert made(client, most=4)["strategy"].to_dict() == {
        "K0": "champion", "K1": "champion", "K2": "champion", "K3": "slipping",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_says_what_is_known_and_leaves_out_what_is_not(client, language):
    say = Translator(language, "CNY")
    limits = pd.DataFrame(
        {
            "key_criterion": ["contribution", "potential"], "key_limit": [900.0, 45.0],
            "key_measure": ["total_spend", "clv"],
        }
    )  # fmt: skip
    pages = made(client).to_dict("records")
    with house_style("zh"):
        first, second = (shown._card(say, row, limits, BOOK) for row in pages[:2])
    for part in ("risk", "contacts", "products", "trend"):
        assert f"<dt>{say(f'card_part.{part}')}</dt>" in first
    assert f"<dt>{say('card_part.voice')}</dt>" not in first
    assert "李经理" in first
    assert f"<dt>{say('card_part.manager')}</dt>" not in second
    assert f"<dt>{say('card_part.contacts')}</dt>" not in second
    assert say("card.complaints", open_complaints=2) in second
    assert "&lt;i&gt;王" in first
    assert "nan" not in first.lower().replace("finance", "")
    assert "<b>" not in first + second


def test_without_interactions_and_key_customers_there_are_no_pages(client):
    assert made(client, with_contacts=False)["contacts"].map(len).sum() == 0
    lines, value, segments, churn, voices, names, _ = client
    none = key_pages.chosen(value, segments.assign(is_key=False), 5)
    tables_ = table("transactions", lines), table("interactions", None)
    assert key_pages.pages(none, names, churn, voices, *tables_, LAST, BOOK).empty
