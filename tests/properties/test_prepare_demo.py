"""The demo shop's files, read and cleaned, against the truth they were made from."""

import json

import pytest
import yaml

from kehu import engine
from kehu.cases import demo_shop
from kehu.prepare import audit, clean, customers, facts, inputs, quality, sources
from kehu.store import PROJECT, Run

INPUTS = ("interactions", "surveys", "referrals", "costs", "campaigns", "benchmarks", "judgements")
KINDS = {
    "duplicate": "duplicate_row",
    "blanks": "id_trimmed",
    "unreadable_date": "unreadable_date",
    "unreadable_amount": "unreadable_amount",
    "sum_row": "total_row",
    "after_analysis_date": "after_analysis_date",
    "out_of_scale": "out_of_scale",
    "closed_early": "closed_early",
    "closed_later": "closed_later",
    "amount_blank": "amount_blank",
    "no_referrer": "missing_customer",
    "self_referral": "self_referral",
    "no_author": "missing_author",
}
"""Kind of dirt in the further files to the rule that should meet it."""

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
    others = inputs.clean(raws, analysis_date=given["analysis_date"])
    truth = json.loads((home / "data/raw/demo/truth/truth.json").read_text(encoding="utf-8"))
    return run, backend, raws, found, base, others, truth


def test_each_kind_of_dirt_is_found_to_the_row_and_the_cent(shop):
    _, _, _, found, _, _, truth = shop
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
    _, _, raws, found, base, _, truth = shop
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
    _, _, _, _, base, _, truth = shop
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
    run, backend, raws, found, base, others, _ = shop
    every = (found, base, *others)
    inputs.write(run, backend, others)
    for name, table in (
        ("transactions", found.transactions),
        ("customers", base.customers),
        ("quarantine", facts.quarantine(*every)),
        *((one.name, one.table) for one in others),
    ):
        engine.write_table(run, backend, name, table)
        assert len(run.read(name)) > 0
    stored = run.write("ledger", facts.books(*every))
    assert len(stored) == sum(len(one.ledger) for one in every)
    assert run.rows("quarantine") == stored["rows_quarantined"].sum()
    measured = audit.compared(quality.assess(raws, found, base, others), None)
    assessed = run.write("quality", measured)
    assert assessed["share"].between(0, 1).all()
    profile = run.write("profile", facts.profile(raws, *every)).set_index("source")
    read_as = profile[["encoding", "separator"]].dropna()
    assert [tuple(row) for row in read_as.sort_index().to_numpy()] == [
        ("utf-8-sig", "comma"), ("utf-8", "tab"), ("utf-8-sig", "comma"),
        ("utf-8-sig", "semicolon"), ("gb18030", "comma"), ("utf-8-sig", "semicolon"),
        ("utf-8", "comma"), ("gb18030", "comma"),
    ]  # fmt: skip
    assert profile.loc["costs.csv", "date_formats"] == "yyyy-mm"


def test_quality_measures_are_the_counts_of_the_truth(shop):
    _, _, raws, found, base, _, truth = shop
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


# --- the further tables -------------------------------------------------------------------------


def kept(others, name):
    [one] = [one for one in others if one.name == name]
    return one.table.execute()


def test_each_further_table_is_there(shop):
    assert [one.name for one in shop[5]] == list(INPUTS)


def test_each_kind_of_dirt_in_the_further_files_is_found_to_the_row(shop):
    *_, others, truth = shop
    books = facts.books(*others)
    for source, told in truth["inputs"].items():
        steps = books[books["source"] == source].set_index("rule")
        assert steps["rows_in"].iloc[0] == told["rows"], source
        assert steps["rows_kept"].iloc[-1] == told["kept"], source
        met = steps["rows_merged"] + steps["rows_quarantined"] + steps["rows_repaired"]
        expected = {}
        for kind, n in told["kinds"].items():
            if kind in KINDS:
                expected[KINDS[kind]] = expected.get(KINDS[kind], 0) + n
        assert met[met > 0].to_dict() == expected, source


def test_interactions_are_those_of_the_truth(shop):
    *_, others, truth = shop
    found = kept(others, "interactions")
    desk = found[found["source"] == "service.csv"]["interaction"].value_counts().to_dict()
    words = {"投诉": "complaint", "咨询": "enquiry", "退换货": "service", "建议": "suggestion",
             "表扬": "praise"}  # fmt: skip
    told = truth["inputs"]["service.csv"]["kept_by_type"]
    assert desk == {words[word]: n for word, n in told.items()}
    desk = found[found["source"] == "service.csv"]
    ideas = desk.loc[desk["interaction"] == "suggestion", "status"].value_counts().to_dict()
    assert ideas == truth["inputs"]["service.csv"]["kept_ideas"]
    assert {"已采纳", "未采纳"} <= set(ideas)
    assert desk["reply"].notna().sum() == truth["inputs"]["service.csv"]["kept_replies"]
    log = found[found["source"] == "browse.csv"]["interaction"].value_counts()
    told = truth["inputs"]["browse.csv"]["kept_by_type"]
    assert log["search"] == told["搜索"]
    assert log["browse"] == told["浏览"] + told["加购"]


def test_answers_are_those_of_the_truth(shop):
    *_, others, truth = shop
    found, told = kept(others, "surveys"), truth["inputs"]["survey.xlsx"]
    assert len(found) == 5 * told["kept"]
    nps = found[found["question"] == "推荐意愿"]["answer"].dropna()
    assert len(nps) == told["nps"]["answers"]
    assert (nps >= 9).sum() == told["nps"]["promoters"]
    assert (nps <= 6).sum() == told["nps"]["detractors"]
    assert found["text"].notna().sum() == told["comments"]
    assert set(found["scale"]) == {"nps", "csat"}
    assert (found["survey_weight"] == 1).all()
    by = found.groupby("question")["touchpoint"].first()
    assert by["物流满意度"] == "物流"


def test_costs_are_those_of_the_truth_to_the_cent(shop):
    *_, others, truth = shop
    sums = kept(others, "costs").groupby("cost")["amount"].sum().astype(float)
    told = truth["inputs"]["costs.csv"]["kept_money"]
    assert sums.to_dict() == pytest.approx(told, abs=1e-9)
    assert kept(others, "costs")["date"].dt.day.eq(1).all()


def test_contacts_and_referrals_and_marks_are_those_of_the_truth(shop):
    *_, others, truth = shop
    contacts, told = kept(others, "campaigns"), truth["inputs"]["campaigns.csv"]
    assert contacts["responded"].sum() == told["responded"]
    assert contacts["responded"].isna().sum() == told["kinds"]["no_response_known"]
    assert float(contacts["amount"].dropna().sum()) == pytest.approx(told["cost"], abs=1e-9)
    brought = kept(others, "referrals")
    assert brought["customer_id"].nunique() == truth["inputs"]["referrals.csv"]["referrers"]
    marks, told = kept(others, "judgements"), truth["inputs"]["judgements.xlsx"]
    assert len(marks) == told["kept_marks"]
    assert marks["mark"].sum() == told["sum_of_marks"]
    peers = kept(others, "benchmarks")
    assert len(peers) == truth["inputs"]["benchmarks.csv"]["kept"]
    assert peers.loc[peers["indicator"] == "csat_top_box", "figure"].tolist() == [0.24, 0.38]
    assert set(marks["criterion"]) == {"market_position", "technology", "reference_value"}


def test_customers_of_another_system_are_kept_and_counted(shop):
    _, _, raws, found, base, others, truth = shop
    seen = facts.overview(others, base).set_index("table")
    strange = {name: seen.loc[name, "strangers"] for name in ("surveys", "campaigns")}
    inputs_ = truth["inputs"]
    assert strange["surveys"] == inputs_["survey.xlsx"]["kinds"]["not_in_base"]
    assert strange["campaigns"] == inputs_["campaigns.csv"]["kinds"]["not_in_base"]
    assert seen.loc["costs", ["customers", "strangers"]].isna().all()
    assessed = quality.assess(raws, found, base, others).set_index(["table", "column", "measure"])
    failed = assessed["rows"] - assessed["passed"]
    told = sum(inputs_[f]["kinds"]["not_in_base"] for f in ("service.csv", "browse.csv"))
    assert failed["interactions", "customer_id", "consistency"] == told
    assert (
        failed["referrals", "row", "consistency"]
        == (inputs_["referrals.csv"]["kinds"]["self_referral"])
    )
    assert (
        failed["surveys", "answer", "validity"] == inputs_["survey.xlsx"]["kinds"]["out_of_scale"]
    )
    assert (
        failed["interactions", "closed", "consistency"]
        == (inputs_["service.csv"]["kinds"]["closed_early"])
    )


def test_a_table_whose_source_is_gone_vanishes(shop):
    run, backend, *_, others, _ = shop
    inputs.write(run, backend, others)
    assert all(run.has(name) for name in INPUTS)
    inputs.write(run, backend, others[:1])
    assert [name for name in INPUTS if run.has(name)] == ["interactions"]
    assert engine.given(run, backend, "surveys").count().execute() == 0
