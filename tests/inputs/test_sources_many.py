"""Folders, patterns, archives, JSON and databases give the rows of the same table as one CSV."""

import gzip
import io
import json
import sqlite3
import zipfile
from decimal import Decimal

import duckdb
import pandas as pd
import pytest
import xlsxwriter
from tests.inputs.database_server import running
from tests.inputs.test_sources import COLUMNS, HEADER, ROWS, Desk, spec, workbook

from kehu.errors import KehuError
from kehu.params_sources import TransactionSource
from kehu.prepare import workbook_size

TABLE = {
    "会员号": ["0001", "0002", "0001"],
    "下单日期": ["2026-05-18", "2026-05-19", "2026-06-01"],
    "实付金额": ["12.50", "8.00", "20.10"],
    "商品": ["苹果", "香蕉", "明前龙井茶叶"],
}
RECORDS = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def expected(desk):
    return plain(desk.rows(spec(desk.put("as.csv", HEADER + ROWS))))


def plain(rows):
    """Leave out where a row came from; order is that of a table's content."""
    bare = rows.drop(columns=["source", "row"])
    return bare.sort_values(["date", "customer_id"], ignore_index=True)


def same(desk, expected, *specs):
    pd.testing.assert_frame_equal(plain(desk.rows(*specs)), expected)


def packed(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


# --- many files -----------------------------------------------------------------------------------


def test_a_folder_a_pattern_and_a_zip_are_their_files(desk, expected):
    (desk.folder / "months").mkdir()
    head, *rows = (HEADER + ROWS).splitlines(keepends=True)
    for i, row in enumerate(rows):
        desk.put(f"months/2026-{i}.csv", head + row)
    for clutter in ("months/.DS_Store", "months/~$2026-1.xlsx", "months/Thumbs.db"):
        desk.put(clutter, b"\0")
    desk.put("m.zip", packed(**{f"a/{i}.csv": head + row for i, row in enumerate(rows)}))
    for path in ("months", "months/*.csv", "**/2026-*.csv", "m.zip"):
        same(desk, expected, spec(path))


def test_every_file_of_a_folder_has_books_of_its_own(desk):
    (desk.folder / "m").mkdir()
    desk.put("m/a.csv", HEADER + "1,2026-05-18,1.00,z\n")
    desk.put("m/b.csv", HEADER + "1,2026-05-19,2.00,z\n1,soon,2.00,z\n")
    books = desk.clean(spec("m"), max_unreadable=0.9).ledger
    assert books.groupby("source")["rows_in"].first().to_dict() == {"a.csv": 1, "b.csv": 2}


@pytest.mark.parametrize(
    ("path", "said"),
    [("none/*.csv", "no file matches"), ("empty", "the folder holds no file"),
     ("mixed", "files ending in `.docx`")],
)  # fmt: skip
def test_what_a_folder_or_pattern_lacks(desk, path, said):
    (desk.folder / "empty").mkdir()
    (desk.folder / "mixed").mkdir()
    desk.put("mixed/a.csv", HEADER + ROWS)
    desk.put("mixed/b.docx", "letter")
    (problem,) = desk.problems(spec(path))
    assert said in problem.what


def test_chinese_names_of_a_windows_zip_are_read(desk):
    content = packed(**{"xxxx.csv": HEADER + ROWS})
    content = content.replace(b"xxxx.csv", "订单.csv".encode("gb18030"))
    (read,) = desk.read(spec(desk.put("w.zip", content)))
    assert read.file.name == "订单.csv"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04 broken", "the archive is damaged"), (packed(), "holds no file"),
     (HEADER.encode(), "it holds text"), (b"", "is empty")],
)  # fmt: skip
def test_an_archive_that_is_none(desk, content, said):
    (problem,) = desk.problems(spec(desk.put("a.zip", content)))
    assert problem.code in ("KH-D02", "KH-D03")
    assert said in problem.what


def test_a_member_that_unpacks_to_far_more_than_it_is_is_refused(desk, monkeypatch):
    monkeypatch.setattr("kehu.prepare.files.LARGEST", 1000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", HEADER + "1,2026-05-18,1.00,z\n" * 100_000)
    (problem,) = desk.problems(spec(desk.put("a.zip", file.getvalue())))
    assert problem.code == "KH-D16"


# --- workbooks and text with titles ---------------------------------------------------------------


def sheet(rows, merged=(), far=None):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                page.write(r, c, cell)
        for place, text in merged:
            page.merge_range(place, text)
        if far:
            page.write(far, "x")
    return file.getvalue()


TITLES = [["2026年销售明细"], [], ["制表人：王", "", "单位：元"]]
LINES = [list(TABLE), *zip(*TABLE.values(), strict=True)]


def test_titles_above_the_names_are_passed_over(desk, expected):
    rows = [*TITLES, *LINES]
    same(desk, expected, spec(desk.put("a.xlsx", sheet(rows))))
    text = "\n".join(",".join(row) for row in rows) + "\n"
    for code in ("utf-8", "gb18030"):
        (desk.folder / "a.csv").write_bytes(text.encode(code))
        (raw,) = desk.read(spec("a.csv"))
        assert raw.shape.header_row == raw.profile["header_row"] == 4
        same(desk, expected, spec("a.csv"))
        same(desk, expected, spec("a.csv", header=[4]))


def test_rows_of_the_wrong_width_keep_their_number_below_titles(desk):
    text = "报表,,,\n\n" + HEADER + "0001,2026-05-18,12.50,苹果\n0002,2026-05-19\n"
    aside = desk.clean(spec(desk.put("a.csv", text))).quarantine.execute()
    assert aside["row"].tolist() == [2]
    assert aside["customer_text"].tolist() == ["0002,2026-05-19"]


def test_two_rows_of_names_are_joined(desk, expected):
    rows = [["会员号", "下单日期", "", "", "商品"], ["", "", "实付", "税", ""]]
    rows += [[i, d, a, "0", p] for i, d, a, p in LINES[1:]]
    content = sheet(rows, merged=[("C1:D1", "金额")])
    columns = {**COLUMNS, "amount": "金额/实付"}
    same(desk, expected, {"path": desk.put("a.xlsx", content), "columns": columns})
    same(desk, expected, {"path": "a.xlsx", "columns": columns, "header": [1, 2]})


def test_a_sheet_with_a_cell_far_away_is_refused_not_opened(desk):
    (problem,) = desk.problems(spec(desk.put("a.xlsx", sheet(LINES, far="XFD1048576"))))
    assert problem.code == "KH-D16"
    assert "16,384 columns" in problem.what


def test_a_long_and_narrow_sheet_is_no_such_sheet(desk, expected, monkeypatch):
    monkeypatch.setattr(workbook_size, "MOST_CELLS", 26 * len(LINES))
    same(desk, expected, spec(desk.put("a.xlsx", sheet(LINES))))


def test_packed_workbooks_and_parquet_are_opened(desk, expected):
    pd.DataFrame(TABLE).to_parquet(desk.folder / "a.parquet")
    content = (desk.folder / "a.parquet").read_bytes()
    same(desk, expected, spec(desk.put("b.xlsx.gz", gzip.compress(workbook(TABLE)))))
    same(desk, expected, spec(desk.put("c.parquet.gz", gzip.compress(content))))
    same(desk, expected, spec(desk.put("d.zip", packed(**{"x.xlsx": workbook(TABLE)}))))


def test_a_cell_longer_than_a_reader_likes_is_a_cell(desk):
    text = HEADER + f"0001,2026-05-18,12.50,{'果' * 200_000}\n"
    assert desk.rows(spec(desk.put("a.csv", text)))["amount"].tolist() == [Decimal("12.50")]


def test_large_numbers_of_a_parquet_file_are_written_out(desk):
    table = {**TABLE, "实付金额": [1e20, 8.0, 1e-7]}
    pd.DataFrame(table).to_parquet(desk.folder / "a.parquet")
    (raw,) = desk.read(spec("a.parquet"))
    texts = raw.table.order_by("row").amount.execute().tolist()
    assert texts == ["100000000000000000000", "8", "0.0000001"]


# --- times ----------------------------------------------------------------------------------------


def test_moments_are_read_by_the_clock_of_the_place(desk):
    texts = ["1715961600000", "1715961600", "2024-05-17T16:00:00Z", "2024-05-17T18:00:00.5+0200"]
    rows = "".join(f"1,{t},1.00,{i}\n" for i, t in enumerate(texts))
    name = desk.put("a.csv", HEADER + rows)
    found = desk.rows(spec(name, timezone="Asia/Shanghai"))["date"]
    assert found.dt.strftime("%Y-%m-%d %H:%M:%S").tolist() == ["2024-05-18 00:00:00"] * 4
    (problem,) = desk.problems(spec(name))
    assert problem.code == "KH-D06"
    assert "2024-05-17 16:00 (UTC) or 2024-05-18 00:00 (Asia/Shanghai)" in problem.what


def test_day_numbers_of_excel_are_days(desk):
    name = desk.put("a.csv", HEADER + "1,45430,1.00,x\n1,45430.75,1.00,y\n")
    found = desk.rows(spec(name))["date"].dt.strftime("%Y-%m-%d %H:%M").tolist()
    assert found == ["2024-05-18 00:00", "2024-05-18 18:00"]


def test_a_place_nobody_knows_is_refused():
    with pytest.raises(ValueError, match=r"Did you mean|timezone: Asia/Shanhai` is not known"):
        TransactionSource.model_validate(spec("a.csv", timezone="Asia/Shanhai"))


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n".join(json.dumps(r) for r in RECORDS)),
        ("a.ndjson", "\n\n".join(json.dumps(r, ensure_ascii=False) for r in RECORDS)),
        ("a.json", json.dumps(RECORDS)),
        ("a.json", json.dumps({"total": 3, "records": RECORDS}, indent=2)),
        ("a.json", json.dumps({"records": RECORDS})),
        ("a.json", "\n".join(json.dumps(r) for r in RECORDS)),
    ],
)
def test_json_in_every_form_gives_the_rows_of_the_csv(desk, expected, name, content):
    same(desk, expected, spec(desk.put(name, content)))
    packed_name = desk.put(f"{name}.gz", gzip.compress(content.encode()))
    same(desk, expected, spec(packed_name))


def test_json_is_flat_and_its_numbers_exact(desk):
    lines = [
        {"c": {"id": "007"}, "d": "2026-05-18", "a": None, "vip": True, "tags": ["x", "年"]},
        {"c": {"id": "8"}, "d": "2026-05-19"},
    ]
    text = "\n".join(json.dumps(line) for line in lines).replace("null", "12345678901234567.10")
    columns = {"customer_id": "c.id", "date": "d", "amount": "a", "product": "tags",
               "channel": "vip"}  # fmt: skip
    (raw,) = desk.read({"path": desk.put("a.jsonl", text), "columns": columns})
    found = raw.table.order_by("row").execute()
    assert found["customer_id"].tolist() == ["007", "8"]
    assert found["amount"].tolist() == ["12345678901234567.10", ""]
    assert found["product"].tolist() == ['["x", "年"]', ""]
    assert found["channel"].tolist() == ["true", ""]


def test_a_line_that_is_no_record_is_in_the_books(desk):
    text = "\n".join([json.dumps(RECORDS[0]), '{"会员号": "1", "会员号": "2"}', "{half",
                      json.dumps(RECORDS[1])])  # fmt: skip
    cleaned = desk.clean(spec(desk.put("a.jsonl", text)))
    aside = cleaned.quarantine.order_by("row").execute()
    assert aside["row"].tolist() == [2, 3]
    assert set(aside["rule"]) == {"malformed_row"}
    assert cleaned.transactions.order_by("row").execute()["row"].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.json", "[1, 2]", "KH-D03"), ("a.json", '{"a": [{"b": 1}], "c": [{"d": 2}]}', "KH-D03"),
     ("a.json", "[", "KH-D03"), ("a.json", "[]", "KH-D02"), ("a.jsonl", "x\ny\n", "KH-D02"),
     ("a.csv", '{"会员号": "1"}\n', "KH-D03"), ("a.json", "a,b\n1,2\n", "KH-D03")],
)  # fmt: skip
def test_json_that_is_none(desk, name, content, code):
    (problem,) = desk.problems(spec(desk.put(name, content)))
    assert problem.code == code


# --- databases ------------------------------------------------------------------------------------


def tabled(place, **more):
    return {"database": place, "columns": COLUMNS, **({"table": "orders"} | more)}


def sqlite_file(path):
    with sqlite3.connect(path) as base:
        pd.DataFrame(TABLE).to_sql("orders", base, index=False)
    base.close()


def duckdb_file(path):
    frame = pd.DataFrame(TABLE)
    with duckdb.connect(str(path)) as base:
        base.register("frame", frame)
        base.execute("create table orders as select * from frame")
        base.execute("create schema shop")
        base.execute("create view shop.sold as select * from orders")
        base.execute("create view outside as select * from read_csv('/etc/passwd')")


def test_tables_views_and_queries_of_database_files(desk, expected):
    sqlite_file(desk.folder / "a.sqlite")
    duckdb_file(desk.folder / "b.duckdb")
    same(desk, expected, tabled("a.sqlite"))
    same(desk, expected, tabled("b.duckdb"))
    same(desk, expected, tabled("b.duckdb", table="shop.sold"))
    query = "select * from orders where 实付金额 is not null"
    for name in ("a.sqlite", "b.duckdb"):
        same(desk, expected, {"database": name, "query": query, "columns": COLUMNS})


def test_a_database_gives_the_same_checksum_and_is_not_changed(desk):
    sqlite_file(desk.folder / "a.sqlite")
    before = (desk.folder / "a.sqlite").read_bytes()
    (one,), (two,) = desk.read(tabled("a.sqlite")), desk.read(tabled("a.sqlite"))
    assert one.sha256 == two.sha256
    assert (desk.folder / "a.sqlite").read_bytes() == before


def test_what_a_database_lacks(desk):
    duckdb_file(desk.folder / "b.duckdb")
    desk.put("c.sqlite", "no database at all")
    cases = [
        (tabled("none.duckdb"), "KH-D01", "there is no such file"),
        (tabled("b.duckdb", table="order"), "KH-D01", "no table or view `order`"),
        (tabled("c.sqlite"), "KH-D03", "is no database"),
        (tabled("b.duckdb", table="outside"), "KH-D04", "cannot be read"),
        ({"database": "b.duckdb", "query": "select nothing", "columns": COLUMNS}, "KH-D04", ""),
        ({"database": "b.duckdb", "query": "drop table orders", "columns": COLUMNS}, "KH-D04", ""),
    ]
    for given, code, said in cases:
        (problem,) = desk.problems(given)
        assert problem.code == code, problem
        assert said in problem.what


def test_the_same_table_twice_is_refused(desk):
    sqlite_file(desk.folder / "a.sqlite")
    (problem,) = desk.problems(tabled("a.sqlite"), tabled("a.sqlite"))
    assert problem.code == "KH-D13"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no `path`"),
        ({"path": "a.csv", "database": "b.duckdb", "table": "t"}, "`path` and `database`"),
        ({"path": "a.csv", "table": "t"}, "`table` belongs to a `database`"),
        ({"database": "b.duckdb"}, "needs one of `table` and `query`"),
        ({"database": "mysql://h/x", "table": "t"}, "of the kind `mysql`"),
        ({"database": "postgresql://u:geheim@h/x", "table": "t"}, "holds a password"),
        ({"database": "postgresql://h/x?password=geheim", "table": "t"}, "holds a password"),
        ({"path": "a.csv", "header": [3, 5]}, "`header` is one row"),
        ({"path": "a.csv", "header": [1], "names": ["a"]}, "`header` is one row"),
    ],
)
def test_where_a_source_lies_is_said_once_and_without_a_password(given, said):
    found = [str(f) for f in TransactionSource.faults({**given, "columns": COLUMNS})]
    assert len(found) == 1
    assert said in found[0]
    assert "geheim" not in found[0]


def test_postgresql_gives_the_rows_of_the_csv(desk, expected, tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as address:
        import psycopg

        with psycopg.connect(address, autocommit=True) as base:
            base.execute('create table orders ("会员号" text, "下单日期" timestamp, '
                         '"实付金额" numeric(12, 2), "商品" text)')  # fmt: skip
            with base.cursor() as cursor:
                cursor.executemany("insert into orders values (%s, %s, %s, %s)", LINES[1:])
        same(desk, expected, tabled(address))
        query = "select * from orders order by random()"
        same(desk, expected, {"database": address, "query": query, "columns": COLUMNS})
        writes = "with gone as (delete from orders returning *) select * from gone"
        for given in (tabled(address, table="order"), {"database": address, "query": writes,
                                                       "columns": COLUMNS}):  # fmt: skip
            (problem,) = desk.problems(given)
            assert "postgres@" not in str(problem)
        same(desk, expected, tabled(address))
    (problem,) = desk.problems(tabled(address))
    assert problem.code == "KH-D01"
    assert "postgres@" not in str(problem)


def test_no_secret_of_an_address_is_told(desk):
    address = "postgresql://reader@127.0.0.1:1/shop"
    with pytest.raises(KehuError) as caught:
        desk.read(tabled(address))
    assert "reader" not in str(caught.value)


# --- kinds of rows, blank cells, totals -----------------------------------------------------------


def typed_rows(desk, rows, **more):
    text = "会员号,下单日期,实付金额,类型\n" + "".join(f"{row}\n" for row in rows)
    columns = {**COLUMNS, "transaction_type": "类型"}
    return {"path": desk.put("t.csv", text), "columns": columns, **more}


def test_kinds_of_rows_are_read_by_word(desk):
    rows = ["1,2026-05-18,10.00,消费", "1,2026-05-19,4.00,退货", "1,2026-05-20,-1.00,Refund",
            "2,2026-05-20,7.00,已取消", "2,2026-05-21,7.00,", "3,2026-05-21,7.00,成团"]  # fmt: skip
    given = typed_rows(desk, rows, values={"transaction_type": {"成团": "sale"}})
    cleaned = desk.clean(given)
    kept = cleaned.transactions.order_by("row").execute()
    assert kept["amount"].tolist() == [Decimal(n) for n in ("10.00", "-4.00", "-1.00", "7.00")]
    assert kept["is_refund"].tolist() == [False, True, True, False]
    aside = cleaned.quarantine.order_by("row").execute()
    assert aside[["rule", "cell_text"]].fillna("").to_numpy().tolist() == [
        ["excluded_value", "已取消"],
        ["missing_type", ""],
    ]
    repaired = cleaned.ledger.set_index("rule")["rows_repaired"]
    assert repaired["refund_signed"] == 1
    (problem,) = desk.problems(typed_rows(desk, rows))
    assert problem.code == "KH-D10"
    assert "“成团” 1 rows" in problem.what


def test_blank_cells_take_the_value_above_and_totals_are_set_aside(desk):
    text = (
        "会员号,下单日期,实付金额,商品\n1,2026-05-18,10.00,a\n,,2.00,b\n2,2026-05-19,3.00,a\n"
        "小 计,,15.00,\n,,4.00,b\n合计：,,19.00,\n"
    )
    cleaned = desk.clean(spec(desk.put("a.csv", text), fill_down=["customer_id", "date"]))
    kept = cleaned.transactions.order_by("row").execute()
    assert kept["customer_id"].tolist() == ["1", "1", "2", "2"]
    assert kept["amount"].sum() == Decimal("19.00")
    books = cleaned.ledger.set_index("rule")
    assert books.loc["filled_down", "rows_repaired"] == 2
    assert books.loc["total_row", "rows_quarantined"] == 2
    with pytest.raises(ValueError, match=r"fill_down\.price"):
        TransactionSource.model_validate(spec("a.csv", fill_down=["price"]))


def test_equal_lines_below_different_orders_are_no_duplicates(desk):
    text = (
        "单号,会员号,下单日期,实付金额\nX1,1,2026-05-18,10.00\n,,,2.00\nX2,2,2026-05-19,3.00\n"
        ",,,2.00\n,,,2.00\n"
    )
    given = {
        "path": desk.put("a.csv", text), "columns": {**COLUMNS, "order_id": "单号"},
        "fill_down": ["order_id", "customer_id", "date"],
    }  # fmt: skip
    cleaned = desk.clean(given)
    spent = cleaned.transactions.execute().groupby("order_id")["amount"].sum().to_dict()
    assert spent == {"X1": Decimal("12.00"), "X2": Decimal("5.00")}
    assert cleaned.ledger.set_index("rule").loc["duplicate_row", "rows_merged"] == 1


def test_a_needed_column_cannot_be_left_away(desk):
    columns = {**COLUMNS, "customer_id": "编号 | -", "product": "品名 | -"}
    (problem,) = desk.problems({"path": desk.put("a.csv", HEADER + ROWS), "columns": columns})
    assert problem.code == "KH-D04"
    assert "columns.customer_id" in problem.what
