"""The clean set of Online Retail and the totals of CDNOW, as published, with balanced books."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from kehu import engine
from kehu.params_check import load_params
from kehu.prepare import clean, customers, ledger, sources
from kehu.store import PROJECT, Run

DATA = Path(os.environ.get("KEHU_SHARED_DATA") or PROJECT.parent / "shared/data")
KEYS = ("analysis_date", "refunds", "duplicates", "zero_amounts", "max_unreadable")


def cleaned(case, folder):
    """Clean one case by its params file, with its data where this machine has them."""
    file = load_params(PROJECT / f"params/cases/{case}.yml")
    inner = file.params.sources.transactions[0].path.split("data/public/")[1]
    if not (DATA / inner).is_file():
        pytest.skip(f"{DATA / inner} is not there")
    spec = file.params.sources.transactions[0].model_copy(update={"path": str(DATA / inner)})
    listed = sources.listed({"transactions": [spec]}, folder)
    run = Run(folder)
    backend = engine.connect(run)
    raws = sources.read_all(run, backend, listed)
    rules = {key: getattr(file.params, key) for key in KEYS}
    return raws, clean.transactions(raws, **rules)


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory):
    return cleaned("online_retail", tmp_path_factory.mktemp("retail"))


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory):
    return cleaned("cdnow", tmp_path_factory.mktemp("cdnow"))


def totals(table):
    found = table.aggregate(
        lines=table.count(),
        customers=table.customer_id.nunique(),
        orders=table.order_id.nunique(),
        amount=table.amount.sum(),
    )
    return found.execute().iloc[0].to_dict()


def test_online_retail_clean_set_is_the_published_one(online_retail):
    found = totals(online_retail[1].transactions)
    assert round(found.pop("amount"), 2) == Decimal("8911407.90")
    assert found == {"lines": 397_884, "customers": 4_338, "orders": 18_532}


def test_online_retail_ledger_names_the_rows_of_each_rule(online_retail):
    books = online_retail[1].ledger.set_index("rule")
    assert books["rows_in"].iloc[0] == 541_909
    gone = books["rows_quarantined"]
    assert gone[gone > 0].to_dict() == {
        "missing_customer": 135_080,
        "refund": 8_905,
        "zero_amount": 40,
    }
    assert books["rows_repaired"][books["rows_repaired"] > 0].to_dict() == {"id_decimal": 406_829}
    assert "duplicate_row" not in books.index
    ledger.check_balance(online_retail[1].ledger)


def test_online_retail_repeats_are_counted_though_they_are_kept(online_retail):
    rows = online_retail[1].rows
    assert rows.is_repeat.sum().execute() == 5_268


def test_online_retail_ids_lose_the_decimal_and_nothing_else(online_retail):
    ids = online_retail[1].transactions.customer_id
    assert ids.re_search(r"^\d{5}$").all().execute()


def test_customers_without_a_list_are_the_buyers(online_retail):
    raws, found = online_retail
    base = customers.build(raws, found.transactions)
    assert base.customers.count().execute() == 4_338
    assert base.ledger.empty
    assert not base.customers.in_customer_list.any().execute()


def test_cdnow_totals_are_the_published_ones(cdnow):
    found = totals(cdnow[1].transactions)
    assert (found["lines"], found["customers"]) == (6_919, 2_357)
    assert found["amount"] == Decimal("244091.94")


def test_cdnow_keeps_leading_zeros_and_orders_of_nothing(cdnow):
    table = cdnow[1].transactions
    first = table.order_by("row").limit(1).execute().iloc[0]
    assert (first["customer_id"], str(first["date"])[:10]) == ("0001", "1997-01-01")
    assert (table.amount == 0).sum().execute() == 8
