"""Wrong files give the right sentence; the same table in any form gives the same rows."""

import gzip
import io
from decimal import Decimal

import pandas as pd
import pytest

from kehu import engine
from kehu.errors import KehuError
from kehu.prepare import clean, customers, sources
from kehu.store import Run

COLUMNS = {"customer_id": "会员号", "date": "下单日期", "amount": "实付金额"}
HEADER = "会员号,下单日期,实付金额,商品\n"
ROWS = "0001,2026-05-18,12.50,苹果\n0002,2026-05-19,8.00,香蕉\n0001,2026-06-01,20.10,明前龙井茶叶\n"


class Desk:
    """A folder to put files into, and the two calls a notebook makes."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def put(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def read(self, *specs, customer_specs=()):
        self.count += 1
        given = {"transactions": list(specs), "customers": list(customer_specs)}
        run = Run(self.folder / f"run{self.count}")
        return sources.read_all(run, engine.connect(run), sources.listed(given, self.folder))

    def clean(self, *specs, **rules):
        return clean.transactions(self.read(*specs), **{"analysis_date": "2026-12-31"} | rules)

    def rows(self, *specs, **rules):
        return self.clean(*specs, **rules).transactions.order_by("row").execute()

    def problems(self, *specs, **rules):
        with pytest.raises(KehuError) as caught:
            self.clean(*specs, **rules)
        return caught.value.problems


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def spec(name, **more):
    return {"path": name, "columns": COLUMNS, **more}


def lines(dates=None, amounts=None, ids=None, n=3):
    """Write a file of `n` good rows with one column replaced."""
    dates = dates or [f"2026-05-{i + 1:02d}" for i in range(n)]
    amounts = amounts or ["10.00"] * len(dates)
    ids = ids or [f"{i:04d}" for i in range(len(amounts))]
    size = max(len(dates), len(amounts), len(ids))
    dates = dates if len(dates) == size else ["2026-05-01"] * size
    amounts = amounts if len(amounts) == size else ["10.00"] * size
    rows = zip(ids, dates, amounts, strict=True)
    return HEADER + "".join(f'{i},"{d}","{a}",x\n' for i, d, a in rows)


def workbook(rows, sheet="Sheet1"):
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as book:
        pd.DataFrame(rows).to_excel(book, sheet_name=sheet, index=False)
    return file.getvalue()


# --- every code once, with what it says -----------------------------------------------------------


def test_missing_file_names_the_nearest(desk):
    desk.put("orders_2026.csv", HEADER + ROWS)
    (problem,) = desk.problems(spec("order_2026.csv"))
    assert problem.code == "KH-D01"
    assert "orders_2026.csv" in problem.remedy


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n \n", HEADER])
def test_a_file_without_rows_is_refused(desk, content):
    (problem,) = desk.problems(spec(desk.put("a.csv", content)))
    assert problem.code == "KH-D02"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", (HEADER + ROWS).encode(), "holds text"),
        ("a.xls", b"<html><table></table></html>", "holds a web page"),
        ("a.csv", workbook({"a": [1]}), "holds an Excel workbook"),
        ("a.csv", b"PK\x03\x04" + b"x" * 50, "holds a damaged zip archive"),
        ("a.csv", bytes(range(256)) * 10, "holds binary data"),
        ("a.parquet", (HEADER + ROWS).encode(), "holds text"),
        ("a.csv.gz", (HEADER + ROWS).encode(), "holds text"),
        ("a.csv.gz", gzip.compress((HEADER + ROWS * 500).encode())[:-20], "too early"),
        ("a.csv", b"%PDF-1.7 and so on", "holds a PDF"),
        ("a.docx", b"PK\x03\x04" + b"x" * 50, "`.docx` are not read"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 50, "password"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(desk, name, content, said):
    (problem,) = desk.problems(spec(desk.put(name, content)))
    assert problem.code == "KH-D03"
    assert said in problem.what


def test_missing_columns_are_all_named_with_the_likely_ones(desk):
    name = desk.put(
        "a.csv", HEADER.replace("下单日期", "下单时间").replace("会员号", "会员编号") + ROWS
    )
    first, second = desk.problems(spec(name))
    assert {first.code, second.code} == {"KH-D04"}
    assert "columns.customer_id" in first.what
    assert "`会员编号`" in first.remedy
    assert "`下单时间`" in second.remedy
    assert "商品" in second.remedy


def test_a_column_that_is_there_twice_is_refused(desk):
    name = desk.put("a.csv", "会员号,下单日期,实付金额,实付金额\n1,2026-05-18,1.00,2.00\n")
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D04"
    assert "2 times" in problem.what


def test_an_encoding_that_cannot_be_decided_shows_the_readings(desk):
    name = desk.put("a.csv", HEADER.encode("gb18030") + b"1,2026-05-18,1.00,\xff\xfe\xff\n")
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D05"
    assert "encoding:" in problem.remedy


def test_damaged_utf8_names_the_line(desk):
    rows = (HEADER + ROWS).encode() + "0003,2026-06-01,1.00,香蕉".encode()[:-1] + b"\n"
    (problem,) = desk.problems(spec(desk.put("a.csv", rows)))
    assert problem.code == "KH-D05"
    assert "line 5" in problem.what


def test_a_separator_that_cannot_be_decided(desk):
    (problem,) = desk.problems(spec(desk.put("a.csv", "a,b;c\n1,2;3\n4,5;6\n")))
    assert (problem.code, "separator:" in problem.remedy) == ("KH-D05", True)


def test_dates_of_two_readings_show_both(desk):
    name = desk.put("a.csv", lines(dates=["05/06/2026", "07/08/2026"]))
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D06"
    assert "2026-06-05 (dmy) or 2026-05-06 (mdy)" in problem.what
    assert "date_order" in problem.remedy


def test_no_row_left_lists_the_reasons(desk):
    name = desk.put("a.csv", lines())
    (problem,) = desk.problems(spec(name), analysis_date="2025-12-31")
    assert problem.code == "KH-D07"
    assert "after_analysis_date 3" in problem.what


def test_unreadable_dates_and_amounts_are_told_together(desk):
    dates = ["2026-05-01", "n. d.", "2026-02-30", "454300"]
    name = desk.put("a.csv", lines(dates=dates, amounts=["1", "1e5", "12,34,5", "3"]))
    date, amount = desk.problems(spec(name))
    assert (date.code, amount.code) == ("KH-D09", "KH-D10")
    assert "3 of 4 rows" in date.what
    assert "data row 2, “n. d.”" in date.what
    assert "2 of 4 rows" in amount.what
    assert "“1e5”" in amount.what


def test_an_open_quotation_mark_is_refused(desk):
    broken = HEADER + '0001,2026-05-18,1.00,"open\n' + ROWS
    (problem,) = desk.problems(spec(desk.put("a.csv", broken)))
    assert problem.code == "KH-D12"
    assert "data row 1" in problem.what


def test_the_same_file_twice_is_refused(desk):
    names = [desk.put("a.csv", HEADER + ROWS), desk.put("b.csv", HEADER + ROWS)]
    (problem,) = desk.problems(*[spec(n) for n in names])
    assert (problem.code, problem.where) == ("KH-D13", "b.csv")
    assert "a.csv" in problem.what


def test_two_currencies_are_refused(desk):
    name = desk.put("a.csv", lines(amounts=["¥10.00", "$10.00", "RMB 3"]))
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D14"
    assert "$ and ¥" in problem.what


def test_shortened_ids_are_refused(desk):
    name = desk.put("a.csv", lines(ids=["4.20106E+17", "0002", "0003"]))
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D15"
    assert "4.20106E+17" in problem.what


def test_problems_of_all_files_come_at_once(desk):
    name = desk.put("a.csv", HEADER.replace("会员号", "x") + ROWS)
    codes = [p.code for p in desk.problems(spec("none.csv"), spec(name))]
    assert codes == ["KH-D01", "KH-D04"]


def test_a_sheet_that_is_not_there(desk):
    name = desk.put("a.xlsx", workbook({"会员号": ["1"]}, sheet="订单"))
    (problem,) = desk.problems(spec(name, sheet="订单表"))
    assert problem.code == "KH-D01"
    assert "`订单`" in problem.remedy


# --- the same table in any form -------------------------------------------------------------------


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"])
def test_every_encoding_gives_the_same_rows(desk, code):
    expected = desk.rows(
        spec(desk.put("a.csv", HEADER + ROWS), columns=COLUMNS | {"product": "商品"})
    )
    name = desk.put("b.csv", (HEADER + ROWS).encode(code))
    found = desk.rows(spec(name, columns=COLUMNS | {"product": "商品"}))
    pd.testing.assert_frame_equal(found.drop(columns="source"), expected.drop(columns="source"))
    assert found["product"].tolist() == ["苹果", "香蕉", "明前龙井茶叶"]
    assert found["customer_id"].tolist() == ["0001", "0002", "0001"]


def test_big5_and_western_text_are_told_apart(desk):
    traditional = (
        "客戶,日期,金額,城市\n1,2026-05-18,1.00,臺北市信義區\n2,2026-05-18,2.00,高雄市左營區\n"
    )
    western = "客戶,日期,金額,城市\n".replace("客戶", "id").replace("日期", "day")
    western = western.replace("金額", "sum").replace("城市", "name")
    western += "1,2026-05-18,1.00,Gérard Müller\n2,2026-05-18,2.00,José Núñez\n"
    first = {"customer_id": "客戶", "date": "日期", "amount": "金額"}
    second = {"customer_id": "id", "date": "day", "amount": "sum"}
    raws = desk.read(
        {"path": desk.put("t.csv", traditional.encode("big5")), "columns": first},
        {"path": desk.put("w.csv", western.encode("cp1252")), "columns": second},
    )
    assert [raw.profile["encoding"] for raw in raws] == ["big5", "cp1252"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_gives_the_same_rows(desk, separator):
    name = desk.put("a.csv", (HEADER + ROWS).replace(",", separator))
    assert desk.rows(spec(name))["amount"].sum() == Decimal("40.60")


def test_workbook_parquet_and_gzip_give_the_rows_of_the_csv(desk):
    expected = desk.rows(spec(desk.put("a.csv", HEADER + ROWS))).drop(columns="source")
    table = {
        "会员号": ["0001", "0002", "0001"],
        "下单日期": pd.to_datetime(["2026-05-18", "2026-05-19", "2026-06-01"]),
        "实付金额": [12.5, 8.0, 20.1],
        "商品": ["苹果", "香蕉", "明前龙井茶叶"],
    }
    pd.DataFrame(table).to_parquet(desk.folder / "c.parquet")
    for name in (
        desk.put("b.xlsx", workbook(table)),
        "c.parquet",
        desk.put("d.csv.gz", gzip.compress((HEADER + ROWS).encode())),
    ):
        found = desk.rows(spec(name)).drop(columns="source")
        pd.testing.assert_frame_equal(found, expected)


def test_long_numbers_in_a_workbook_are_never_taken_for_ids(desk):
    table = {
        "会员号": [420106199001011234, 2, 3],
        "下单日期": ["2026-05-18"] * 3,
        "实付金额": [1, 2, 3],
    }
    (problem,) = desk.problems(spec(desk.put("a.xlsx", workbook(table))))
    assert problem.code == "KH-D15"


def test_fixed_width_columns_without_header(desk):
    text = " 00004 0001 19970101  2   29.33\r\n 00021 0002 19970103  3   63.34\r\n"
    name = desk.put("a.txt", text)
    columns = {"customer_id": "sample", "date": "day", "amount": "sum"}
    names = ["id", "sample", "day", "n", "sum"]
    found = desk.rows({"path": name, "separator": "whitespace", "names": names, "columns": columns})
    assert found["customer_id"].tolist() == ["0001", "0002"]
    assert found["amount"].sum() == Decimal("92.67")


def test_files_of_one_name_get_names_of_their_own(desk):
    for folder, amount in (("x", "1.00"), ("y", "2.00")):
        (desk.folder / folder).mkdir()
        desk.put(f"{folder}/a.csv", HEADER + f"1,2026-05-18,{amount},z\n")
    found = desk.rows(spec("x/a.csv"), spec("y/a.csv"))
    assert sorted(found["source"]) == ["x/a.csv", "y/a.csv"]


# --- values ---------------------------------------------------------------------------------------


def test_dates_in_many_forms_are_one_day(desk):
    forms = [
        "2026-05-18", "2026/5/18", "2026.5.18", "2026年5月18日", "20260518", "18/05/2026",
        "18.05.2026", "2026-05-18T14:03:05", "2026-05-18 14:03:05.123", "2026/5/18 14:03",
        "2026年5月18日 14时03分05秒", "20260518140305", "18/05/2026 2:03 PM", "２０２６-０５-１８",
        "2026-05-18T14:03:05+08:00", " 2026-05-18 ",
    ]  # fmt: skip
    found = desk.rows(spec(desk.put("a.csv", lines(dates=forms))))
    assert found["date"].dt.date.astype(str).tolist() == ["2026-05-18"] * len(forms)
    clocks = found["date"].dt.strftime("%H:%M").tolist()
    assert clocks.count("14:03") == 7


def test_day_and_month_are_decided_by_the_data_or_by_the_params(desk):
    american = desk.rows(spec(desk.put("a.csv", lines(dates=["05/06/2026", "05/18/2026"]))))
    assert american["date"].dt.month.tolist() == [5, 5]
    name = desk.put("b.csv", lines(dates=["05/06/2026", "07/06/2026"]))
    assert desk.rows(spec(name, date_order="dmy"))["date"].dt.month.tolist() == [6, 6]
    assert desk.rows(spec(name, date_order="mdy"))["date"].dt.month.tolist() == [5, 7]


def test_amounts_in_many_forms(desk):
    written = {
        "1234.5": "1234.5", "1,234.50": "1234.5", "¥1,234.50": "1234.5", "１２３": "123",
        "(123.00)": "-123", "12.5-": "-12.5", "-12.5": "-12.5", "1.2万": "12000", "12 元": "12",
        "−5": "-5", "+7": "7", "29.990000000000002": "29.99", ".5": "0.5", "4.440892e-16": "0",
    }  # fmt: skip
    found = desk.clean(spec(desk.put("a.csv", lines(amounts=list(written)))))
    amounts = found.transactions.order_by("row").execute()["amount"].tolist()
    assert amounts == [Decimal(v) for v in written.values()]
    books = found.ledger.set_index("rule")
    assert books.loc["amount_rounded", "rows_repaired"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("size", ["999999.99", "1000000", "12345678.25", "999999999999.25"])
def test_lines_of_a_million_and_more_are_read(desk, size):
    text = HEADER + f"1,2026-05-18,{size},x\n2,2026-05-18,5.00,x\n"
    assert list(desk.rows(spec(desk.put("a.csv", text))).amount) == [Decimal(size), Decimal(5)]


def test_pieces_times_price_of_a_million_and_more_are_exact(desk):
    text = "id,day,pieces,price\n1,2026-05-18,1000,2000.25\n2,2026-05-18,1000000,999999.99\n"
    columns = {"customer_id": "id", "date": "day", "quantity": "pieces", "unit_price": "price"}
    rows = desk.rows({"path": desk.put("a.csv", text), "columns": columns})
    assert list(rows.amount) == [Decimal("2000250"), Decimal("999999990000")]


def test_what_is_too_large_to_be_money_is_told(desk):
    text = "id,day,pieces,price\n1,2026-05-18,100000000,2000000000\n2,2026-05-18,1,5\n"
    columns = {"customer_id": "id", "date": "day", "quantity": "pieces", "unit_price": "price"}
    (problem,) = desk.problems({"path": desk.put("a.csv", text), "columns": columns})
    assert problem.code == "KH-D10"
    assert "1 of 2 rows" in problem.what


def test_decimal_commas_are_decided_by_the_data(desk):
    found = desk.rows(spec(desk.put("a.csv", lines(amounts=["1.234,50", "12,5", "1.000"]))))
    assert found["amount"].tolist() == [Decimal("1234.5"), Decimal("12.5"), Decimal("1000")]


@pytest.mark.parametrize(
    "text", ["1,23", "12 34", "1e5", "--1", "-(3)", "1-2", "abc", "1,2345.6", ""]
)
def test_what_is_no_amount_is_set_aside_not_made_one(desk, text):
    name = desk.put("a.csv", lines(amounts=["1.50", "2.50", text]))
    found = desk.clean(spec(name), max_unreadable=0.5)
    aside = found.quarantine.execute()
    assert found.transactions.amount.sum().execute() == Decimal("4")
    assert aside[["row", "rule", "amount_text"]].values.tolist() == [[3, "unreadable_amount", text]]


def test_malformed_and_blank_rows_are_in_the_books_with_their_numbers(desk):
    rows = (
        HEADER + "0001,2026-05-18,1.00,a\n0002,2026-05-18\n,,,\n0003,2026-05-18,2.00,b\n1,2,3,4,5\n"
    )
    found = desk.clean(spec(desk.put("a.csv", rows)))
    aside = found.quarantine.order_by("row").execute()
    assert aside[["row", "rule"]].values.tolist() == [
        [2, "malformed_row"], [3, "blank_row"], [5, "malformed_row"],
    ]  # fmt: skip
    assert found.transactions.row.collect().execute() == [1, 4]
    assert found.ledger["rows_in"].iloc[0] == 5


def test_ids_lose_blanks_and_float_decimals_and_keep_zeros(desk):
    found = desk.clean(spec(desk.put("a.csv", lines(ids=["17850.0", " 17851.0 ", "0042.0"]))))
    kept = found.transactions.order_by("row").execute()
    assert kept["customer_id"].tolist() == ["17850", "17851", "0042"]
    repaired = found.ledger.set_index("rule")["rows_repaired"]
    assert (repaired["id_trimmed"], repaired["id_decimal"]) == (1, 3)
    mixed = desk.rows(spec(desk.put("b.csv", lines(ids=["17850.0", "17851", "A.0"]))))
    assert mixed["customer_id"].tolist() == ["17850.0", "17851", "A.0"]


def test_refunds_zeros_contradictions_and_repeats(desk):
    columns = COLUMNS | {"quantity": "n"}
    rows = "会员号,下单日期,实付金额,n\n" + "".join(
        f"1,2026-05-18,{amount},{n}\n"
        for amount, n in [(10, 1), (10, 1), (-4, -1), (0, 1), (5, -1), (-3, 1)]
    )
    name = desk.put("a.csv", rows)
    net = desk.clean(spec(name, columns=columns))
    assert net.transactions.amount.sum().execute() == Decimal("3")
    assert net.transactions.is_refund.sum().execute() == 2
    gone = net.ledger.set_index("rule")
    assert gone.loc["duplicate_row", ["rows_merged", "amount_removed"]].tolist() == [1, Decimal(10)]
    assert gone.loc["sign_conflict", "rows_quarantined"] == 1
    drop = desk.clean(
        spec(name, columns=columns), refunds="drop", zero_amounts="drop", duplicates="keep"
    )
    assert drop.transactions.amount.sum().execute() == Decimal("20")


def test_cost_of_goods_is_money_its_sign_that_of_the_sale(desk):
    columns = COLUMNS | {"goods_cost": "成本"}
    good = "".join(f"{i},2026-05-18,10.00,4.25\n" for i in range(200))
    rows = (
        "会员号,下单日期,实付金额,成本\n"
        + good
        + (
            '201,2026-05-18,"1,000.50","¥600.25"\n202,2026-05-18,-10.00,4.25\n'
            "203,2026-05-18,-10.00,-4.25\n204,2026-05-18,10.00,待核算\n205,2026-05-18,10.00,\n"
            "206,2026-05-18,10.00,-4.25\n"
        )
    )
    name = desk.put("a.csv", rows)
    found = desk.clean(spec(name, columns=columns))
    costs = found.transactions.order_by("row").execute()["goods_cost"].tolist()[200:]
    assert costs[:3] == [Decimal("600.25"), Decimal("-4.25"), Decimal("-4.25")]
    assert costs[3:] == [None, None, Decimal("4.25")]
    repaired = found.ledger.set_index("rule")["rows_repaired"]
    assert (repaired["goods_cost_blank"], repaired["goods_cost_signed"]) == (1, 2)
    assert desk.rows(spec(name))["goods_cost"].isna().all()
    worse = desk.put("b.csv", rows + "206,2026-05-18,1,?\n207,2026-05-18,1,?\n")
    (problem,) = desk.problems(spec(worse, columns=columns))
    assert problem.code == "KH-D10"
    assert "no amount that can be read in `成本`" in problem.what


def test_what_holds_for_a_whole_file_is_given_once(desk):
    store = desk.put("store.csv", HEADER + ROWS)
    web = desk.put("web.csv", HEADER + "0009,2026-05-18,1.00,x\n")
    found = desk.rows(
        spec(store, constants={"channel": "门店"}), spec(web, constants={"channel": "网店"})
    )
    assert found.groupby("channel").size().to_dict() == {"网店": 1, "门店": 3}


def test_repeats_are_found_across_files_with_equal_columns(desk):
    january = desk.put("a.csv", HEADER + ROWS)
    overlapping = desk.put("b.csv", HEADER + ROWS + "0009,2026-06-02,1.00,y\n")
    found = desk.clean(spec(january), spec(overlapping))
    assert found.transactions.count().execute() == 4
    merged = found.ledger.set_index(["source", "rule"])["rows_merged"]
    assert (merged["a.csv", "duplicate_row"], merged["b.csv", "duplicate_row"]) == (0, 3)


def test_customers_are_merged_and_buyers_added(desk):
    people = "号,名,城\n0001,,武汉\n0001 ,张三,上海\n,李四,北京\n0003,王五,\n"
    listed = {
        "path": desk.put("c.csv", people),
        "columns": {"customer_id": "号", "name": "名", "city": "城"},
    }
    raws = desk.read(spec(desk.put("a.csv", HEADER + ROWS)), customer_specs=[listed])
    bought = clean.transactions(raws, analysis_date="2026-12-31").transactions
    base = customers.build(raws, bought)
    found = base.customers.order_by("customer_id").execute().set_index("customer_id")
    assert found[["name", "city"]].fillna("").values.tolist() == [
        ["张三", "武汉"],
        ["", ""],
        ["王五", ""],
    ]
    assert found["in_customer_list"].tolist() == [True, False, True]
    assert found["has_purchases"].tolist() == [True, True, False]
    books = base.ledger.set_index("rule")
    assert books.loc["duplicate_customer", "rows_merged"] == 1
    assert books.loc["conflict_settled", "rows_repaired"] == 1
    assert base.quarantine.execute()["rule"].tolist() == ["missing_customer"]
