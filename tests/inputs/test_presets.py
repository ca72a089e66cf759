"""Each preset is recognised by `kehu init`, and its rows and money are those of its test file."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from tests.conftest import called
from tests.inputs.test_sources import HEADER, ROWS

from kehu import engine, starter
from kehu.errors import KehuError
from kehu.params_check import load_params
from kehu.params_sources import source_models
from kehu.prepare import clean, customers, sources
from kehu.presets import all_presets, chosen, recognised
from kehu.store import Run

FILES = Path(__file__).with_name("presets")
ERP = [
    ["杭州某某公司 销售明细账"], [], ["期间：2024.05"],
    ["客户编码", "客户名称", "单据日期", "单据编号", "存货编码", "存货名称", "数量", "价税合计"],
    ["C001", "西湖商贸", "2024-05-18", "XS-01", "0001", "龙井", 10, 1200.5],
    ["", "", "", "", "0002", "碧螺春", 2, 300],
    ["C002", "下沙食品", "2024-05-20", "XS-02", "0001", "龙井", -1, -120],
    ["合计", "", "", "", "", "", 11, 1380.5],
]  # fmt: skip
SOLD = {
    "fxiaoke_orders": ({"64f0a1": "12000.50", "64f0a2": "800.00"}, 2),
    "zoho_deals": ({"zcrm_1001": "120000", "zcrm_1002": "30000.50"}, 2),
    "salesforce_opportunities": ({"0015g00000A1AAA": "1250.50"}, 1),
    "shopify_orders": ({"a@example.com": "100.00"}, 2),
    "woocommerce_orders": ({"11": "99.90", "12": "20.10"}, 1),
    "unionpay_pos": ({"622202******1234": "100.00", "622848******5678": "0.00"}, 1),
    "erp_sales": ({"C001": "1500.50", "C002": "-120"}, 1),
}
"""Preset to money per customer, and rows set aside."""
PEOPLE = {
    "fxiaoke_accounts": {
        "64f0a1": {"name": "杭州云帆科技有限公司", "joined": date(2024, 5, 18), "manager": "王敏",
                   "phone": "+8657188886666", "level": "A级"},
        "64f0a3": {"joined": date(2024, 5, 20), "phone": "+8613800138000"},
    },
    "zoho_contacts": {
        "zcrm_5001": {"email": "li.zhang@example.com", "phone": "+8613800138000",
                      "birth_date": date(1985, 2, 3)},
        "zcrm_5002": {"name": "Chen", "email": "chen@example"},
    },
    "zoho_accounts": {"zcrm_1001": {"name": "云帆科技", "level": "Active"}},
    "salesforce_accounts": {"0015g00000A1AAA": {"joined": date(2024, 5, 17), "city": "London",
                                                "phone": "+442079460018"}},
}  # fmt: skip
"""Preset to some particulars of some customers."""


def file_of(key, folder):
    if key != "erp_sales":
        return FILES / f"{key}.csv"
    path = folder / "erp.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for r, row in enumerate(ERP):
            page.write_row(r, 0, row)
    return path


def test_every_preset_has_a_test_and_fits_its_table():
    assert set(all_presets()) == {*SOLD, *PEOPLE}
    for key, preset in all_presets().items():
        model = source_models()[preset.table]
        spec = model.model_validate({"path": "a.csv", "preset": key})
        assert set(preset.values["columns"]) <= set(model.columns_model().model_fields)
        assert spec.model_dump()["columns"]["customer_id"]
        assert {"zh", "en"} <= preset.name.keys()
        assert preset.note.keys() in ({"zh", "en"}, set())


@pytest.mark.parametrize("key", [*SOLD, *PEOPLE])
def test_init_recognises_it(tmp_path, key):
    target, notes = starter.write([file_of(key, tmp_path)], "acme", tmp_path / "acme.yml")
    text = target.read_text(encoding="utf-8")
    assert f"preset: {key}" in text
    assert all_presets()[key].name["en"] in notes[0]
    if key in SOLD:
        target.write_text(text.replace('currency: "?"', "currency: CNY"), encoding="utf-8")
        assert "?" not in yaml.safe_load(text)["analysis_date"]
        found = sources.listed(load_params(target).params.sources, tmp_path)
        assert sources.problems(found) == []


@pytest.mark.parametrize("key", SOLD)
def test_its_money_is_that_of_the_file(tmp_path, key):
    cleaned = clean.transactions(read(tmp_path, transactions=key), analysis_date="2026-01-01")
    rows = cleaned.transactions.execute()
    money, aside = SOLD[key]
    assert rows.groupby("customer_id")["amount"].sum().to_dict() == {
        c: Decimal(m) for c, m in money.items()
    }
    assert len(cleaned.quarantine.execute()) == aside


def read(folder, *, transactions="unionpay_pos", customers=None):
    def spec(key):
        return [{"path": str(file_of(key, folder)), "preset": key}] if key else []

    given = {"transactions": spec(transactions), "customers": spec(customers)}
    run = Run(folder / "run")
    return sources.read_all(run, engine.connect(run), sources.listed(given, folder))


@pytest.mark.parametrize("key", PEOPLE)
def test_its_customers_are_those_of_the_file(tmp_path, key):
    raws = read(tmp_path, customers=key)
    sold = clean.transactions(raws, analysis_date="2026-01-01").transactions
    base = customers.build(raws, sold).customers.execute().set_index("customer_id")
    for customer, particulars in PEOPLE[key].items():
        found = base.loc[customer]
        for name, value in particulars.items():
            have = found[name].date() if isinstance(value, date) else found[name]
            assert have == value, name


def test_what_the_params_say_goes_before_the_preset():
    model = source_models()["transactions"]
    given = {"path": "a.csv", "preset": "zoho_deals", "columns": {"amount": "Net"},
             "values": {"transaction_type": {"Signed": "sale"}}}  # fmt: skip
    spec = model.model_validate(given)
    assert (spec.columns.amount, spec.columns.date) == ("Net", "Closing Date")
    assert spec.values.transaction_type["Signed"] == "sale"
    assert spec.values.transaction_type["Closed Won"] == "sale"


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [("customers", "zoho_acounts", "Did you mean `zoho_accounts`"),
     ("customers", "zoho_deals", "Put the source under `transactions`")],
)  # fmt: skip
def test_a_preset_that_does_not_fit_is_refused(tmp_path, table, key, said):
    listed = {"transactions": [{"path": "a.csv", "preset": "zoho_deals"}]}
    listed |= {table: [{"path": "b.csv", "preset": key}]}
    basics = {"client": "a", "title": {"zh": "a", "en": "a"}, "currency": "CNY", "period": "p",
              "analysis_date": "2026-01-01"}  # fmt: skip
    path = tmp_path / "a.yml"
    path.write_text(yaml.safe_dump({**basics, "sources": listed}), encoding="utf-8")
    with pytest.raises(KehuError) as caught:
        load_params(path)
    (problem,) = caught.value.problems
    assert problem.code == "KH-P06"
    assert said in problem.remedy


def test_of_several_names_the_first_that_is_there_counts():
    assert chosen("a | b", ["b", "a"]) == "a"
    assert chosen("a | b", ["b"]) == "b"
    assert chosen("a | b | -", ["c"]) is None
    assert chosen("a | b", ["c"]) == "a | b"
    assert chosen("a | b", ["a | b", "a"]) == "a | b"
    assert recognised(["x", "y"]) is None


def test_names_that_drift_from_file_to_file(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + ROWS, encoding="utf-8")
    (tmp_path / "b.csv").write_text((HEADER + ROWS).replace("下单日期", "日期"), encoding="utf-8")
    columns = {"customer_id": "会员号", "date": "下单日期 | 日期", "amount": "实付金额"}
    given = {"transactions": [{"path": "*.csv", "columns": columns}]}
    run = Run(tmp_path / "run")
    raws = sources.read_all(run, engine.connect(run), sources.listed(given, tmp_path))
    assert [raw.file.mapped["date"] for raw in raws] == ["下单日期", "日期"]
    wrong = {"transactions": [{"path": "*.csv", "columns": {**columns, "date": "x | y"}}]}
    problems = sources.problems(sources.listed(wrong, tmp_path))
    assert [p.code for p in problems] == ["KH-D04", "KH-D04"]


def test_the_command_lists_them_all(tmp_path):
    listed = called("presets", reports=tmp_path).output
    for key, preset in all_presets().items():
        assert f"{key}  ({preset.table})" in listed
        assert preset.name["zh"] in listed
