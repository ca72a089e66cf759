"""Real files of other tables, loaded by params alone: counts and means as published."""

from pathlib import Path

import pandas as pd
import pytest

from kehu import engine
from kehu.prepare import inputs, sources
from kehu.store import Run

PUBLISHED = pd.read_csv(Path(__file__).with_name("survey_sfo.csv"), dtype={"value": str})
SFO = {
    2014: "2014_SFO_Customer_Survey_20250817.csv",
    2015: "2015_SFO_Customer_Survey_20250817.csv",
    2016: "2016_SFO_Customer_Survey_20250817.csv.gz",
    2017: "2017_SFO_Customer_Survey_20250817.csv.gz",
}
OVERALL = {"question": "Q7ALL", "scale": "csat", "low": 1, "high": 5, "blank": [0, 6, "Blank"]}
ORDERS = {"path": "o.csv", "columns": {"customer_id": "id", "date": "day", "amount": "sum"}}


def loaded(folder, table, *specs, analysis_date="2020-12-31"):
    """Clean the files of one table, with a file of orders beside them."""
    (folder / "o.csv").write_text("id,day,sum\n1,1994-01-02,1\n", encoding="utf-8")
    listed = sources.listed({"transactions": [ORDERS], table: list(specs)}, folder)
    run = Run(folder / "run")
    raws = sources.read_all(run, engine.connect(run), listed)
    [found] = inputs.clean(raws, analysis_date=analysis_date)
    return found, found.table.execute()


def survey(shared_data, year):
    """Describe one year's file; the heading of its first column was overwritten in 2016."""
    first = "*RESPNUM" if year == 2016 else "RESPNUM"
    questions = [{**OVERALL, "column": "Q7ALL"}]
    if year == 2017:
        questions.append({"column": "NETPRO", "question": "NETPRO", "scale": "nps", "blank": [11]})
    return {
        "path": str(shared_data / "survey_sfo" / SFO[year]),
        "columns": {"customer_id": first, "survey_weight": "WEIGHT"},
        "questions": questions,
    }


@pytest.fixture(scope="module")
def sfo(tmp_path_factory, shared_data):
    specs = [survey(shared_data, year) for year in SFO]
    return loaded(tmp_path_factory.mktemp("sfo"), "surveys", *specs)


def of(rows, year, question):
    return rows[rows["source"].str.startswith(str(year)) & (rows["question"] == question)].dropna(
        subset="answer"
    )


def measured(rows, item, year):
    answers = of(rows, year, item)
    promoter, detractor = answers["answer"] >= 9, answers["answer"] <= 6
    weight = answers["survey_weight"]
    return {
        "answers": len(answers),
        "promoters": promoter.sum(),
        "passives": (~promoter & ~detractor).sum(),
        "detractors": detractor.sum(),
        "nps": 100 * (promoter.mean() - detractor.mean()),
        "nps_weighted": 100 * (weight[promoter].sum() - weight[detractor].sum()) / weight.sum(),
        "mean": answers["answer"].mean(),
    }


@pytest.mark.parametrize(
    "row", list(PUBLISHED.itertuples()), ids=lambda r: f"{r.source} {r.quantity}"
)
def test_the_airport_s_survey_gives_the_published_figures(sfo, row):
    found = measured(sfo[1], row.item, row.source.split()[-1])[row.quantity]
    assert found == pytest.approx(float(row.value), abs=0.5 * 10**-row.digits)


def test_every_respondent_of_the_survey_is_kept(sfo):
    found, rows = sfo
    books = found.ledger.groupby("source")
    assert books["rows_in"].first().tolist() == books["rows_kept"].last().tolist()
    assert len(rows) == 2818 + 2958 + 3087 + 2 * 2831
    assert rows["survey_weight"].notna().all()
    assert rows["survey_weight"].min() < 0.3 < rows["survey_weight"].max()


def test_the_code_for_no_answer_has_to_be_declared(tmp_path, shared_data):
    spec = survey(shared_data, 2017)
    spec["questions"][1]["blank"] = []
    with pytest.raises(Exception, match="84 of 2,831 answers in `NETPRO` are not on 0 to 10: “11”"):
        loaded(tmp_path, "surveys", spec)


def test_loans_of_a_bank_are_holdings(tmp_path, shared_data):
    spec = {
        "path": str(shared_data / "bank_berka" / "loan.csv"),
        "columns": {"customer_id": "account_id", "start": "date", "balance": "amount",
                    "fee": "payments", "status": "status"},
        "constants": {"product": "loan"},
    }  # fmt: skip
    found, rows = loaded(tmp_path, "holdings", spec)
    raw = pd.read_csv(spec["path"])
    assert rows["status"].value_counts().to_dict() == {"C": 403, "A": 203, "D": 45, "B": 31}
    assert rows["balance"].sum() == int(raw["amount"].sum())
    assert float(rows["fee"].sum()) == pytest.approx(raw["payments"].sum())
    assert rows["start"].min() == pd.Timestamp(raw["date"].min())
    assert set(rows["product"]) == {"loan"}
    assert found.ledger["rows_quarantined"].sum() == 0


def test_policies_of_an_insurer_are_holdings_with_american_dates(tmp_path, shared_data):
    spec = {
        "path": str(next((shared_data / "insurance_ibm_clv").glob("*.csv.gz"))),
        "columns": {"customer_id": "Customer", "product": "Policy", "category": "Policy_Type",
                    "end": "Effective_To_Date", "fee": "Monthly_Premium_Auto",
                    "claims": "Total_Claim_Amount"},
    }  # fmt: skip
    found, rows = loaded(tmp_path, "holdings", spec)
    assert len(rows) == 9134
    assert rows["fee"].astype(float).mean() == pytest.approx(93.22, abs=0.005)
    assert rows["end"].max() == pd.Timestamp("2011-02-28"), "2/28/2011 is month first"
    noisy = found.ledger.set_index("rule").loc["amount_rounded", "rows_repaired"]
    claims = pd.read_csv(spec["path"], dtype=str)["Total_Claim_Amount"]
    assert noisy == claims.str.contains(r"\.\d{4}\d*[1-9]").sum() > 5_000, "six decimals"


def test_redemptions_of_coupons_are_contacts_that_responded(tmp_path, shared_data):
    spec = {
        "path": str(shared_data / "complete_journey" / "coupon_redemptions.csv.gz"),
        "columns": {"campaign": "campaign_id", "customer_id": "household_id",
                    "date": "redemption_date"},
        "constants": {"responded": "yes", "channel": "coupon"},
    }  # fmt: skip
    _, rows = loaded(tmp_path, "campaigns", spec)
    assert len(rows) == 2102
    assert rows["responded"].all()
    assert rows["campaign"].nunique() == pd.read_csv(spec["path"])["campaign_id"].nunique()
