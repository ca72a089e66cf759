"""The members' club: its files and truth, and the published figures from file to forecast."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

from kehu import engine, tables
from kehu.cases import built_in, club
from kehu.errors import KehuError
from kehu.params_check import load_params
from kehu.prepare import clean, customers, inputs, sources
from kehu.store import PROJECT, Run
from kehu.value import retention
from kehu.value.contracts import tenures

PARAMS = PROJECT / "params" / "cases" / "club.yml"
CUT, DAY = club.CALIBRATION_END.isoformat(), club.ANALYSIS_DATE.isoformat()
PUBLISHED = {
    "普通会员": ((0.704, 1.182), -1680.3, (22.0, 20.4, 19.1, 18.0, 17.0)),
    "尊享会员": ((0.668, 3.806), -1611.2, (46.0, 43.6, 41.4, 39.5, 37.8)),
}
"""Fader, Hardie (2007): parameters and log-likelihood on seven renewals, survival in years 8-12."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The club's files, read and cleaned as notebook 10_prepare does."""
    home = tmp_path_factory.mktemp("club")
    truth = club.generate(home / "data/raw/club")
    given = load_params(PARAMS).params
    run = Run(home / "run")
    backend = engine.connect(run)
    raws = sources.read_all(
        run, backend, sources.listed(given.sources.model_dump(), home / "params/cases")
    )
    bought = clean.transactions(raws, analysis_date=DAY)
    base = customers.build(raws, bought.transactions)
    (held,) = inputs.clean(raws, analysis_date=DAY)
    return SimpleNamespace(
        home=home / "data/raw/club", truth=truth, params=given, run=run, backend=backend,
        bought=bought, base=base, held=held, holdings=held.table,
    )  # fmt: skip


@pytest.fixture(scope="module")
def proof(made) -> retention.Proof:
    return retention.prove(made.holdings, DAY, "year", calibration_end=CUT)


def taken(ledger: pd.DataFrame, rule: str) -> int:
    line = ledger.set_index("rule").loc[rule]
    return int(line[["rows_merged", "rows_quarantined", "rows_repaired"]].sum())


def test_members_last_as_in_the_published_table(made) -> None:
    for plan, survivors in club.SURVIVORS.items():
        paid = [member.paid for member in made.truth.members if member.plan == plan]
        assert tuple(sum(p > year for p in paid) for year in range(13)) == survivors
    assert len({member.number for member in made.truth.members}) == 2000


def test_every_member_has_seven_renewals_by_the_cut_and_twelve_by_the_end(made) -> None:
    for day, renewals in ((CUT, 7), (DAY, 12)):
        found = tenures(made.holdings, day).customers
        assert set(found.loc[~found["ended"], "tenure"]) == {renewals}


def test_the_same_files_every_time(made, tmp_path: Path) -> None:
    assert club.ensure(tmp_path)
    assert not club.ensure(tmp_path)
    for name in ("contracts.csv", "payments.csv", "members.xlsx", "truth/truth.json"):
        assert (tmp_path / name).read_bytes() == (made.home / name).read_bytes()
    (tmp_path / "payments.csv").write_bytes(b"")
    assert club.ensure(tmp_path)
    (tmp_path / "_complete.json").write_text('["older"]')
    assert club.ensure(tmp_path)


def test_files_are_what_a_client_would_send(made) -> None:
    cards = (made.home / "contracts.csv").read_bytes().decode("gb18030").splitlines()
    fees = (made.home / "payments.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert cards[0] == "会员号,会籍,开始日期,结束日期,年费"
    assert fees[0] == "流水号,会员号,缴费日期,金额"
    book = openpyxl.load_workbook(BytesIO((made.home / "members.xlsx").read_bytes()))
    assert [cell.value for cell in book["会员"][1]] == [
        "会员号",
        "姓名",
        "入会日期",
        "城市",
        "会员等级",
    ]
    told = json.loads((made.home / "truth/truth.json").read_text(encoding="utf-8"))
    assert told == made.truth.summary
    assert len(cards) - 1 == told["files"]["contracts.csv"]["rows"]
    assert len(fees) - 1 == told["files"]["payments.csv"]["rows"]
    assert book["会员"].max_row - 1 == told["files"]["members.xlsx"]["rows"]


def test_the_dirt_is_found_to_the_row_and_takes_nothing_from_the_truth(made) -> None:
    told = made.truth.summary["files"]
    for records, name in ((made.held, "contracts.csv"), (made.bought, "payments.csv")):
        counts = told[name]
        assert counts["duplicate"] == taken(records.ledger, "duplicate_row") > 0
        assert counts["no_member"] == taken(records.ledger, "missing_customer") > 0
        assert counts["blanks"] == taken(records.ledger, "id_trimmed") > 0
    assert told["contracts.csv"]["unreadable_start"] == taken(made.held.ledger, "start_blank") > 0
    assert told["payments.csv"]["unreadable_date"] == taken(made.bought.ledger, "unreadable_date")
    assert float(made.bought.transactions.amount.sum().execute()) == made.truth.summary["paid"]
    assert made.base.customers.in_customer_list.sum().execute() == 2000


def test_tables_keep_their_contracts(made) -> None:
    for name, table in (("transactions", made.bought.transactions), ("holdings", made.holdings)):
        engine.write_table(made.run, made.backend, name, table)


def test_cards_without_a_first_day_are_counted(made) -> None:
    books = tenures(made.holdings, DAY).books
    assert books.without_start == made.truth.summary["files"]["contracts.csv"]["unreadable_start"]
    assert books.first_without_start.startswith("contracts.csv:")
    assert books.customers == 2001
    assert books.customers_without_start == 1


def test_late_renewals_and_family_cards_are_the_same_membership(made) -> None:
    members = {member.number: member for member in made.truth.members}
    found = tenures(made.holdings, DAY).customers.set_index("customer_id")
    assert len(found) == 2000
    assert (found["relationships"] == 1).all()
    assert sum(m.late > 0 and m.paid > 3 for m in members.values()) > 30
    for number, row in found.iterrows():
        member = members[str(number)]
        assert (row["plan"], row["ended"], row["tenure"]) == (
            member.plan,
            member.left,
            member.paid - 1,
        )
        extra = club.FAMILY_FEE if member.family else 0
        assert row["fee"] == (0 if member.left else club.FEES[member.plan] + extra)


@pytest.mark.parametrize("plan", list(PUBLISHED))
def test_the_published_fit_comes_out_of_the_clients_files(made, plan) -> None:
    (alpha, beta), value, _ = PUBLISHED[plan]
    model = retention.fit(tenures(made.holdings, CUT), "sbg").of(plan).used
    assert model.alpha == pytest.approx(alpha, abs=5e-4)
    assert model.beta == pytest.approx(beta, abs=5e-4)
    assert model.log_likelihood == pytest.approx(value, abs=0.05)
    assert model.n == 1000


@pytest.mark.parametrize("plan", list(PUBLISHED))
def test_the_published_projection_stands_beside_what_happened(proof, plan) -> None:
    curve = proof.curves[proof.curves["group"] == plan].set_index("period")
    assert curve["observed"].tolist() == pytest.approx([n / 1000 for n in club.SURVIVORS[plan][1:]])
    assert curve.index[~curve["seen"]].tolist() == [8, 9, 10, 11, 12]
    projected = 100 * curve.loc[8:12, "survival"]
    assert projected.tolist() == pytest.approx(list(PUBLISHED[plan][2]), abs=0.05)


def test_the_back_test_is_the_published_one(proof) -> None:
    """Renewals 8 to 12 of 732 members; the verdict owns up that the last rate does as well."""
    total = proof.table[proof.table["kind"] == "total"].iloc[0]
    later = [sum(survivors[8:13]) for survivors in club.SURVIVORS.values()]
    projected = [sum(PUBLISHED[plan][2]) * 10 * club.SURVIVORS[plan][7] for plan in PUBLISHED]
    assert (total["customers"], total["actual"]) == (732, sum(later))
    fitted = proof.curves[proof.curves["period"] == 7].set_index("group")["survival"] * 1000
    expected = sum(p / fitted[plan] for p, plan in zip(projected, PUBLISHED, strict=True))
    assert total["model"] == pytest.approx(expected, abs=0.05 * 10 * 5 * 2)
    assert proof.periods == 5
    assert proof.method == "sbg"
    assert (proof.verdict, proof.reasons) == ("B", ("no_clear_gain",))
    assert abs(proof.model.total_error) < abs(proof.naive.total_error) < 0.025
    survivors = proof.table[proof.table["kind"] == "survivors"].set_index("bucket")["actual"]
    assert survivors["5"] == made_running()


def made_running() -> int:
    return sum(survivors[12] for survivors in club.SURVIVORS.values())


def test_value_of_the_members(made, proof) -> None:
    now = tenures(made.holdings, DAY)
    models = retention.fit(now, proof.method)
    paid = made.bought.transactions.group_by("customer_id").aggregate(
        spent=lambda t: t.amount.sum()
    )
    spent = paid.execute().set_index("customer_id")["spent"]
    terms = {"horizon": 5, "discount_rate": 0.1, "margin": 0.6, "seed": 1}
    table = retention.score(models, now, spent=spent, **terms)
    tables.check("clv", table)
    assert table["clv_past"].sum() == pytest.approx(0.6 * made.truth.summary["paid"])
    assert int(table["p_alive"].sum()) == made.truth.summary["running"] == made_running()
    whole = retention.base_value(models, now, **terms)
    assert whole.low < table["clv"].sum() < whole.high


def test_the_params_name_the_files_and_columns(made) -> None:
    file = load_params(PARAMS)
    given = file.params
    assert given.analysis_date == DAY
    assert given.calibration_end == CUT
    folder = PROJECT / "data" / "raw" / "club"
    for source in (*given.sources.holdings, *given.sources.transactions, *given.sources.customers):
        assert file.resolve(source.path).parent == folder
        assert (made.home / file.resolve(source.path).name).exists()


def test_a_client_s_own_files_are_not_replaced(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(built_in, "PROJECT", tmp_path)
    folder = tmp_path / "data" / "raw" / "club"
    folder.mkdir(parents=True)
    (folder / "members.xlsx").write_bytes(b"the client's own")
    with pytest.raises(KehuError, match=r"KH-S01 data/raw/club: .*members.xlsx.*another name"):
        built_in.ensure("club")
    assert (folder / "members.xlsx").read_bytes() == b"the client's own"
    (folder / "members.xlsx").unlink()
    built_in.ensure("club")
    built_in.ensure("club")
    assert (folder / "contracts.csv").is_file()
