"""Proposals for a column mapping: sure where names are clear, a choice where two are near."""

import pytest

from kehu.prepare import guess, source_files

SAMPLES = {
    "InvoiceNo": ["536365"],
    "StockCode": ["85123A"],
    "Description": ["WHITE HANGING HEART"],
    "Quantity": ["6", "-1"],
    "InvoiceDate": ["2010-12-01 08:26:00"],
    "UnitPrice": ["2.55"],
    "CustomerID": ["17850.0"],
    "Country": ["United Kingdom"],
}


def test_a_wholesaler_s_file_is_mapped_without_a_question():
    found = guess.columns_of(guess.mapping(list(SAMPLES), SAMPLES))
    assert found == {
        "customer_id": "CustomerID",
        "date": "InvoiceDate",
        "order_id": "InvoiceNo",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "product_id": "StockCode",
        "product": "Description",
    }
    assert guess.table_of(list(SAMPLES), SAMPLES) == "transactions"


def test_chinese_names_are_known():
    samples = {
        "订单编号": ["A1"],
        "买家会员名": ["张三"],
        "订单付款时间": ["2026/5/18 14:03"],
        "买家实际支付金额": ["¥12.50"],
    }
    found = guess.columns_of(guess.mapping(list(samples), samples))
    assert found["order_id"] == "订单编号"
    assert found["customer_id"] == "买家会员名"
    assert found["amount"] == "买家实际支付金额"


def test_two_near_candidates_are_a_choice():
    samples = {
        "会员号": ["1"],
        "下单日期": ["2026-05-18"],
        "付款时间": ["2026-05-18"],
        "金额": ["1.00"],
    }
    found = [p for p in guess.mapping(list(samples), samples) if p.name == "date"]
    assert {p.column for p in found if p.confidence >= guess.ACCEPT} == {"下单日期", "付款时间"}
    assert not any(p.accepted for p in found)


def test_a_name_that_fits_with_values_that_do_not_is_not_accepted():
    samples = {"会员号": ["1"], "日期": ["soon", "later"], "金额": ["1.00"]}
    found = guess.columns_of(guess.mapping(list(samples), samples, "transactions"))
    assert "date" not in found


def test_a_member_list_is_one_of_customers():
    samples = {
        "会员号": ["0001"],
        "姓名": ["张三"],
        "注册日期": ["2026-05-18"],
        "会员等级": ["金卡"],
    }
    assert guess.table_of(list(samples), samples) == "customers"
    found = guess.columns_of(guess.mapping(list(samples), samples))
    assert found == {
        "customer_id": "会员号",
        "name": "姓名",
        "joined": "注册日期",
        "level": "会员等级",
    }


@pytest.mark.parametrize("count", [0, 1])
def test_head_shows_columns_and_rows_of_a_file(tmp_path, count):
    path = tmp_path / "a.csv"
    path.write_text("会员号,金额\n1,2.00\n2,3.00\n", encoding="gb18030")
    shape, rows = source_files.head(path, rows=count)
    assert shape.columns == ("会员号", "金额")
    assert rows == [["1", "2.00"]][:count]
