"""Proposals for a column mapping: sure where names are clear, a choice where two are near."""

from importlib.resources import files

import pytest
import yaml

from kehu import tables
from kehu.params_sources import source_models
from kehu.prepare import guess, recognise, source_files, words

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
    found = guess.columns_of(guess.mapping(list(SAMPLES), SAMPLES, "transactions"))
    assert found == {
        "customer_id": "CustomerID",
        "date": "InvoiceDate",
        "order_id": "InvoiceNo",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "product_id": "StockCode",
        "product": "Description",
    }
    assert recognise.table_of(list(SAMPLES), SAMPLES) == "transactions"


def test_chinese_names_are_known():
    samples = {
        "订单编号": ["A1"],
        "买家会员名": ["张三"],
        "订单付款时间": ["2026/5/18 14:03"],
        "买家实际支付金额": ["¥12.50"],
    }
    found = guess.columns_of(guess.mapping(list(samples), samples, "transactions"))
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
    found = [p for p in guess.mapping(list(samples), samples, "transactions") if p.name == "date"]
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
    assert recognise.table_of(list(samples), samples) == "customers"
    found = guess.columns_of(guess.mapping(list(samples), samples, "customers"))
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


# Headings, a row of values, and the table they speak for.
TABLES = {
    "tickets": ("interactions", {"会员号": "1", "提交时间": "2026-05-18 10:00", "类型": "投诉"}),
    "visits": ("interactions", {"user id": "1", "timestamp": "2026-05-18", "event": "page view"}),
    "wide survey": ("surveys", {"会员号": "1", "推荐意愿": "9", "服务满意度": "4"}),
    "long survey": ("surveys", {"customer": "1", "question": "NPS", "answer": "9"}),
    "receivables": (
        "payments", {"客户编号": "1", "应还日期": "2026-05-18", "还款日期": "", "应还金额": "5"},
    ),
    "policies": (
        "holdings", {"policyholder id": "1", "policy": "A", "start date": "2026-05-18",
                     "premium": "50"},
    ),
    "referrals": ("referrals", {"推荐人": "1", "被推荐人": "2", "日期": "2026-05-18"}),
    "costs": ("costs", {"月份": "2026年5月", "费用类型": "获客", "金额": "50.00"}),
    "costs in English": ("costs", {"month": "2026-05", "type": "COGS", "amount": "50"}),
    "contacts": ("campaigns", {"活动名称": "618", "客户号": "1", "发送时间": "2026-05-18"}),
    "benchmarks": ("benchmarks", {"指标": "nps", "行业值": "45", "出处": "x", "年份": "2025"}),
    "judgements": ("judgements", {"客户号": "1", "评委": "王", "市场地位": "4"}),
    "orders with a campaign": (
        "transactions", {"会员号": "1", "下单时间": "2026-05-18", "实付金额": "5", "活动": "618"},
    ),
    "orders with a type": (
        "transactions", {"会员号": "1", "下单时间": "2026-05-18", "实付金额": "5", "类型": "退货"},
    ),
    "members": ("customers", {"客户编号": "1", "城市": "上海", "开户日期": "2026-05-18"}),
    "stock": (None, {"仓库": "A", "库存": "5"}),
    "type of something else": (None, {"日期": "2026-05-18", "类型": "晴", "气温": "21"}),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_the_table_a_file_feeds_is_told_from_headings_and_values(case):
    table, row = TABLES[case]
    samples = {heading: [value] for heading, value in row.items()}
    assert recognise.table_of(list(samples), samples) == table
    if table is not None:
        found = guess.columns_of(guess.mapping(list(samples), samples, table))
        assert found, "and something of it is mapped"


@pytest.mark.parametrize(
    ("heading", "values", "expected"),
    [
        ("NPS", ["0", "10", "9", "99"], ("nps", 0, 10, ("99",))),
        ("您有多愿意推荐我们", ["8", "7", "", "10"], ("nps", 0, 10, ())),
        ("recommend?", ["80", "95", "20"], ("other", 1, 100, ())),
        ("商品满意度", ["5", "4", "1"], ("csat", 1, 5, ())),
        ("overall satisfaction", ["6", "7", "2", "98"], ("csat", 1, 7, ("98",))),
        ("CES", ["3", "7"], ("ces", 1, 7, ())),
        ("满意度", ["好", "差"], None),
        ("满意度", ["", ""], None),
        ("满意度", ["500", "800"], None),
        ("年龄", ["5", "4"], None),
    ],
)
def test_questions_and_their_scales_are_told_from_the_answers(heading, values, expected):
    found = recognise.questions([heading], {heading: values})
    assert [(g.name, g.low, g.high, g.blank) for g in found] == ([expected] if expected else [])


def test_a_few_slips_of_typing_do_not_move_a_scale():
    values = [str(1 + i % 5) for i in range(98)] + ["55", "0"]
    [found] = recognise.questions(["满意度"], {"满意度": values})
    assert (found.low, found.high) == (1, 5)


def test_every_column_of_every_table_has_names_to_be_known_by():
    for table, model in source_models().items():
        assert set(guess._aliases()[table]) == set(model.columns_model().model_fields), table


def test_no_word_stands_for_two_codes():
    loaded = yaml.safe_load(files("kehu.prepare").joinpath("words.yml").read_text(encoding="utf-8"))
    for column, codes in loaded.items():
        plain = [words.plain(w) for code, listed in codes.items() for w in [code, *listed]]
        assert len(set(plain)) == len(plain), column
        own = {"transaction_type": ("sale", "refund", "none")}
        own |= dict.fromkeys(("responded", "consent"), ("yes", "no"))
        allowed = own.get(column) or tables.column(column).isin
        assert set(codes) == set(allowed), column
