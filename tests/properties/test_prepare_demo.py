"""The demo shop's files, read and cleaned, against the truth they were made from."""

import json

import pytest
import yaml

from kehu import engine
from kehu.cases import demo_shop
from kehu.prepare import clean, customers, facts, quality, sources
from kehu.store import PROJECT, Run

RULE = {
    "no_member": "missing_customer",
    "duplicate": "duplicate_row",
    "unreadable_date": "unreadable_date",
    "unreadable_amount": "unreadable_amount",
    "after_analysis_date": "after_analysis_date",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Prepare a small demo shop as notebook 10_prepare does."""
    home = tmp_path_factory.mktemp("shop")
    demo_shop.generate(home / "data/raw/demo", customers=400, seed=11)
    given = yaml.safe_load((PROJECT / "params/demo.yml").read_text(encoding="utf-8"))
    run = Run(home / "run")
    backend = engine.connect(run)
    raws = sources.read_all(run, backend, sources.listed(given["sources"], home / "params"))
    found = clean.transactions(raws, analysis_date=given["analysis_date"])
    base = customers.build(raws, found.transactions)
    truth = json.loads((home / "data/raw/demo/truth/truth.json").read_text(encoding="utf-8"))
    return run, backend, raws, found, base, truth


def test_each_kind_of_dirt_is_found_to_the_row_and_the_cent(shop):
    _, _, _, found, _, truth = shop
    books = found.ledger.set_index(["source", "rule"])
    for source, told in truth["files"].items():
        assert books.loc[source]["rows_in"].iloc[0] == told["rows"]
        for kind, rule in RULE.items():
            line = books.loc[(source, rule)]
            assert line["rows_quarantined"] + line["rows_merged"] == told["kinds"].get(
                kind, {}
            ).get("rows", 0)
            if rule != "unreadable_amount":
                money = told["kinds"].get(kind, {}).get("money", 0)
                assert float(line["amount_removed"]) == pytest.approx(money, abs=1e-9)
        blanks = told["kinds"]["blanks"]["rows"]
        assert books.loc[(source, "id_trimmed"), "rows_repaired"] == blanks


def test_what_is_left_is_the_truth(shop):
    _, _, raws, found, base, truth = shop
    counted = facts.facts(raws, found, base, quality.assess(raws, found, base))
    told = truth["after_cleaning"]
    assert counted["n_lines"] == told["rows"]
    assert counted["n_buyers"] == told["customers"]
    assert counted["n_orders"] == told["orders"]
    assert counted["total_amount"] == pytest.approx(told["money"], abs=1e-9)
    assert counted["rows_in"] == sum(
        counted[k] for k in ("rows_kept", "rows_merged", "rows_quarantined")
    )


def test_customers_are_the_members_and_the_buyers_missing(shop):
    _, _, _, _, base, truth = shop
    told, table = truth["members"], base.customers
    assert table.in_customer_list.sum().execute() == told["members"]
    assert (~table.in_customer_list).sum().execute() == told["buyers_missing"]
    lost = truth["clean"]["customers"] - truth["after_cleaning"]["customers"]
    assert (~table.has_purchases).sum().execute() == told["never_bought"] + lost
    books = base.ledger.set_index("rule")
    merged = books.loc["duplicate_customer", "rows_merged"]
    assert merged == told["duplicate_rows"] + told["conflicting_rows"]
    assert books.loc["conflict_settled", "rows_repaired"] == told["conflicting_rows"]


def test_all_tables_keep_their_contracts(shop):
    run, backend, raws, found, base, _ = shop
    aside = found.quarantine.union(base.quarantine.select(found.quarantine.columns))
    for name, table in (
        ("transactions", found.transactions),
        ("customers", base.customers),
        ("quarantine", aside),
    ):
        engine.write_table(run, backend, name, table)
        assert len(run.read(name)) > 0
    assert len(run.write("ledger", facts.books(found, base))) == len(found.ledger) + len(
        base.ledger
    )
    assessed = run.write("quality", quality.assess(raws, found, base))
    profile = run.write("profile", facts.profile(raws, found, base))
    assert profile["encoding"].dropna().tolist() == ["gb18030", "utf-8-sig"]
    assert profile["separator"].dropna().tolist() == ["comma", "semicolon"]
    assert assessed["share"].between(0, 1).all()


def test_quality_measures_are_the_counts_of_the_truth(shop):
    _, _, raws, found, base, truth = shop
    assessed = quality.assess(raws, found, base).set_index(["table", "column", "measure"])
    kinds = [f["kinds"] for f in truth["files"].values()]
    failed = assessed["rows"] - assessed["passed"]

    def told(kind):
        return sum(k.get(kind, {"rows": 0})["rows"] for k in kinds)

    at = failed["transactions"]
    assert at["customer_id", "completeness"] == told("no_member")
    assert at["date", "validity"] == told("unreadable_date")
    assert at["amount", "validity"] == told("unreadable_amount")
    assert at["date", "timeliness"] == told("after_analysis_date")
    assert at["row", "uniqueness"] == told("duplicate")
    assert at["customer_id", "consistency"] == truth["members"]["buyers_missing"]
