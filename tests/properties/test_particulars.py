"""Particulars of customers: one form for what can be, a mark for what cannot, all in the books."""

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inputs.test_sources import HEADER, ROWS, Desk, spec

from kehu.prepare import customers, particulars

PEOPLE = "会员号,姓名,手机,邮箱,税号,身份证,地址,城市,同意\n"
NAMES = [
    "customer_id",
    "name",
    "phone",
    "email",
    "tax_id",
    "id_number",
    "address",
    "city",
    "consent",
]
COLUMNS = dict(zip(NAMES, PEOPLE.strip().split(","), strict=True))


@pytest.mark.parametrize(
    ("text", "region", "form"),
    [("138 0013 8000", "CN", "+8613800138000"), ("+86-138-0013-8000", "US", "+8613800138000"),
     ("0086 13800138000", "CN", "+8613800138000"), ("0571-88886666", "CN", "+8657188886666"),
     ("021 6000 1234", "CN", "+862160001234"), ("020 7946 0018", "GB", "+442079460018"),
     ("123", "CN", None), ("13800138", "CN", None), ("no phone", "CN", None)],
)  # fmt: skip
def test_telephone_numbers(text, region, form):
    assert particulars.phone(text, region) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [("Li.Zhang@Example.COM", "li.zhang@example.com"), ("a@b", None), ("a b@example.com", None),
     ("张三@例子.公司", "张三@例子.公司"), ("a@example..com", None)],
)  # fmt: skip
def test_addresses_of_e_mail(text, form):
    assert particulars.email(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [("91110000600037341L", "91110000600037341L"), ("9111 0000 6000 37341l", "91110000600037341L"),
     ("91110000600037341M", None), ("DE 136,695 976", "DE136695976"), ("12", None)],
)  # fmt: skip
def test_codes_of_firms(text, form):
    """The first is the example of the stdnum library's documentation."""
    assert particulars.tax_id(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [("360426199101010071", "360426199101010071"), ("360426199101010072", None),
     ("360426199113010079", None), ("44012319900101001x", None), ("3604261991", None)],
)  # fmt: skip
def test_identity_numbers(text, form):
    assert particulars.id_number(text) == form


@pytest.mark.parametrize(
    ("text", "province", "city"),
    [("浙江省杭州市西湖区1号", "浙江省", "杭州市"), ("上海市浦东新区张江路", "上海市", "上海市"),
     ("海淀区中关村大街", "北京市", "北京市"), ("somewhere", None, None)],
)  # fmt: skip
def test_places(text, province, city):
    assert particulars.place(text) == (province, city)


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_read_or_not_and_a_form_stays_as_it_is(text):
    for reads in (lambda t: particulars.phone(t, "CN"), particulars.email, particulars.tax_id,
                  particulars.id_number):  # fmt: skip
        form = reads(text)
        assert form is None or reads(form) == form


def built(folder, lines, **more):
    folder.mkdir(exist_ok=True)
    desk = Desk(folder)
    desk.put("a.csv", HEADER + ROWS)
    desk.put("p.csv", PEOPLE + "".join(f"{line}\n" for line in lines))
    raws = desk.read(spec("a.csv"), customer_specs=[{"path": "p.csv", "columns": COLUMNS}])
    sold = ibis.memtable({"customer_id": ["0001"]})
    return customers.build(raws, sold, **more)


LINES = [
    "0001,张三,138-0013-8000,A@example.com,91110000600037341L,360426199101010071,杭州西湖区,,是",
    "0002,李四,12345,nobody,91110000600037341M,360426199101010072,,上海,不同意",
    "0003,王五,,,,,,,",
]


def test_what_cannot_be_is_kept_and_counted(tmp_path):
    base = built(tmp_path, LINES)
    people = base.customers.order_by("customer_id").execute().set_index("customer_id")
    assert people.loc["0001", ["phone", "email", "province", "city"]].tolist() == [
        "+8613800138000", "a@example.com", "浙江省", "杭州市",
    ]  # fmt: skip
    assert people.loc["0002", ["phone", "email", "city"]].tolist() == ["12345", "nobody", "上海"]
    assert people["consent"].tolist()[:2] == [True, False]
    assert people["consent"].isna().tolist() == [False, False, True]
    books = base.ledger.set_index("rule")
    assert books.loc[list(particulars.INVALID.values()), "rows_flagged"].tolist() == [1, 1, 1, 1]
    assert books.loc["phone_formed", "rows_repaired"] == 1
    assert books.loc["city_filled", "rows_repaired"] == 1


def test_what_cannot_be_is_blanked_or_its_row_set_aside(tmp_path):
    blank = dict.fromkeys(particulars.FORMED, "blank")
    people = built(tmp_path / "a", LINES, handling=blank).customers.execute()
    second = people.set_index("customer_id").loc["0002"]
    assert second[list(particulars.FORMED)].isna().all()
    base = built(tmp_path / "b", LINES, handling={"phone": "quarantine"})
    assert "0002" not in base.customers.execute()["customer_id"].tolist()
    aside = base.quarantine.execute()
    assert aside[["rule", "cell_text"]].to_numpy().tolist() == [["phone_invalid", "12345"]]


def test_a_word_of_consent_nobody_knows_stops(tmp_path):
    with pytest.raises(Exception, match=r"KH-D10.*也许"):
        built(tmp_path, ["0001,张三,,,,,,,也许"])
