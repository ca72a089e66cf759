"""Who is who: certain links, likely links, people's decisions, and tables that speak of persons."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric
from tests.benchmarks import identity as benchmark
from tests.inputs.test_sources import Desk, spec

from kehu import tables
from kehu.errors import KehuError
from kehu.params_identity import IdentityParams
from kehu.prepare import clean, customers, identity
from kehu.prepare.identity import names
from kehu.prepare.identity.resolve import resolved

OTHER = "36042619850202007" + ric.calc_check_digit("360426198502020070")
PEOPLE = ["customer_id", "name", "phone", "email", "tax_id", "id_number", "birth_date"]


def people(*rows):
    frame = pd.DataFrame([dict(zip(PEOPLE, row, strict=False)) for row in rows], columns=PEOPLE)
    return frame.astype({"birth_date": "datetime64[us]"})


def who(frame, folder, **params):
    given = IdentityParams.model_validate({"match": "exact"} | params)
    return resolved(frame, given, folder, folder, "CN", 1.0)


def groups(found):
    return {frozenset(g.index) for _, g in found.persons.groupby(found.persons) if len(g) > 1}


@pytest.mark.parametrize(
    ("name", "parts"),
    [("张三", ("三", "张")), ("欧阳 修", ("修", "欧阳")), ("Li Zhang", ("li", "zhang")),
     ("Anna Maria  Müller", ("anna", "müller")), ("杭州云帆科技有限公司", (None, "杭州云帆科技")),
     ("云帆科技(集团)股份有限公司", (None, "云帆科技集团")), ("Acme Co., Ltd.", (None, "acme")),
     ("Globex GmbH", (None, "globex")), ("ACME LIMITED", (None, "acme")), ("公司", (None, "公司"))],
)  # fmt: skip
def test_names_are_compared_without_order_and_legal_form(name, parts):
    assert names.parts(name) == parts


def test_equal_numbers_are_one_directly_and_through_others(tmp_path):
    frame = people(
        ("a", "张三", "138 0013 8000"), ("b", "张三丰", "+8613800138000", "x@example.com"),
        ("c", "Z. San", None, "X@example.com"), ("d", "李四", "13900139000"),
    )  # fmt: skip
    found = who(frame, tmp_path)
    assert groups(found) == {frozenset("abc")}
    assert found.persons["c"] == "a"
    assert found.links["link_reason"].tolist() == ["phone", "email"]
    tables.check("identity_links", found.links)
    assert who(frame, tmp_path, match="off").persons.eq(found.persons.index).all()


def test_what_cannot_be_a_number_links_nobody(tmp_path):
    frame = people(("a", "x", "123"), ("b", "y", "123"), ("c", "x", "", "nobody"), ("d", "z"))
    assert groups(who(frame, tmp_path)) == set()


def test_a_switchboard_links_nobody_and_is_shown(tmp_path):
    frame = people(*((f"{i}", f"n{i}", "0571-88886666") for i in range(6)))
    found = who(frame, tmp_path)
    assert groups(found) == set()
    assert found.review[["review_reason", "customers"]].to_numpy().tolist() == [["shared_phone", 6]]
    tables.check("identity_review", found.review)
    assert len(groups(who(frame, tmp_path, max_shared=6))) == 1


def test_a_family_on_one_telephone_stays_a_family(tmp_path):
    phone = "13800138000"
    frame = people(
        ("a", "王强", phone, None, None, None, "1970-01-01"),
        ("b", "王小明", phone, None, None, None, "1999-12-24"),
        ("c", "王强", phone, None, None, None, "1970-01-10"),
    )
    assert groups(who(frame, tmp_path)) == {frozenset("ac")}


def test_two_numbers_with_check_digits_part_a_group(tmp_path):
    frame = people(
        ("a", "张三", "13800138000", None, None, "360426199101010071"),
        ("b", "张三", "13800138000"),
        ("c", "李四", "13800138000", None, None, OTHER),
    )
    found = who(frame, tmp_path)
    assert groups(found) == set()
    assert "two_id_number" in found.review["review_reason"].tolist()


def test_too_many_numbers_are_not_joined(tmp_path):
    frame = people(*((f"{i}", "x", f"1380013{i // 2:04d}", f"e{(i + 1) // 2}@example.com")
                     for i in range(12)))  # fmt: skip
    assert len(groups(who(frame, tmp_path, max_cluster=12))) == 1
    found = who(frame, tmp_path)
    assert groups(found) == set()
    assert "too_many" in found.review["review_reason"].tolist()


def decisions(folder, *rows):
    lines = ["customer_a,customer_b,decision", *rows]
    (folder / "decided.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "decided.csv"


def test_decisions_by_people_win(tmp_path):
    frame = people(("a", "x", "13800138000"), ("b", "x", "13800138000"), ("c", "y"), ("d", "z"))
    file = decisions(tmp_path, "a,b,different", "d,c,same")
    found = who(frame, tmp_path, overrides=file)
    assert groups(found) == {frozenset("cd")}
    assert "kept_apart" in found.review["review_reason"].tolist()
    by_hand = found.links[found.links["link_reason"] == "by_hand"].iloc[0]
    assert (by_hand["customer_a"], by_hand["customer_b"], by_hand["accepted"]) == ("c", "d", True)


@pytest.mark.parametrize(
    ("rows", "said"),
    [(["a,b,same", "b,c,same", "a,c,different"], "decided to be the same and different"),
     (["a,zz,same"], "first: `zz`"), (["a,b,maybe"], "neither same nor different")],
)  # fmt: skip
def test_decisions_that_cannot_be_followed_stop(tmp_path, rows, said):
    frame = people(("a", "x"), ("b", "y"), ("c", "z"))
    with pytest.raises(KehuError, match=r"KH-D17") as caught:
        who(frame, tmp_path, overrides=decisions(tmp_path, *rows))
    assert said in str(caught.value)


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False), st.lists(st.tuples(
    st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=15))  # fmt: skip
def test_the_order_of_rows_decides_nothing(tmp_path_factory, random, shared):
    rows = [(f"{i:02d}", "x", f"1380013{p:04d}", f"e{m}@example.com")
            for i, (p, m) in enumerate(shared)]  # fmt: skip
    mixed = random.sample(rows, len(rows))
    folder = tmp_path_factory.getbasetemp()
    one, two = who(people(*rows), folder), who(people(*mixed), folder)
    pd.testing.assert_series_equal(one.persons, two.persons)
    pd.testing.assert_frame_equal(one.links, two.links)
    assert (one.persons <= one.persons.index).all()


@pytest.mark.slow
def test_likely_persons_are_found_and_the_run_repeats_itself():
    rows = benchmark.simulated(1500)
    found = benchmark.found(rows, threshold=0.95)
    precision, recall, _ = benchmark.quality(rows, found.persons)
    assert precision > 0.98
    assert recall > 0.9
    again = benchmark.found(rows.sample(frac=1, random_state=3), threshold=0.95)
    pd.testing.assert_series_equal(found.persons, again.persons)
    weights = found.links["match_weight"].dropna()
    assert len(weights) > 50
    assert found.links["link_reason"].str.contains("birth_date").any()


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "x")], [("a",), ("b",)], [],
        [(i, "张三", None, None, None, None, "1990-01-01") for i in "ab"],
        [(f"{i:02d}", f"n{i} m{7 * i}", None, f"e{i}@example.com", None, None, f"19{i + 10}-01-01")
         for i in range(60)],
    ],
)  # fmt: skip
def test_where_nothing_can_be_learnt_it_is_said_and_nobody_is_likely(tmp_path, rows):
    found = who(people(*rows), tmp_path, match="fuzzy")
    assert groups(found) == set()
    assert identity.facts(found)["identity_match"] == "unlearnt"


# --- applied to the tables ------------------------------------------------------------------------


def test_tables_speak_of_persons_and_keep_rows_and_money(tmp_path):
    desk = Desk(tmp_path)
    desk.put("a.csv", "会员号,下单日期,实付金额\nA,2026-05-18,1\nB,2026-05-18,2\nC,2026-05-19,4\n")
    desk.put("p.csv", "会员号,姓名,手机,城市,入会\nB,张三丰,13800138000,上海,2020-01-01\n"
                      "A,张三,138-0013-8000,,2019-01-01\nC,李四,,北京,2021-01-01\n")  # fmt: skip
    columns = {"customer_id": "会员号", "name": "姓名", "phone": "手机", "city": "城市",
               "joined": "入会"}  # fmt: skip
    raws = desk.read(spec("a.csv"), customer_specs=[{"path": "p.csv", "columns": columns}])
    cleaned = clean.transactions(raws, analysis_date="2026-12-31")
    base = customers.build(raws, cleaned.transactions)
    cases = {None: "张三", "latest": "张三丰", "longest": "张三丰", "first": "张三"}
    for rule, name in cases.items():
        survivors = {"name": rule} if rule else {}
        found = who(base.customers.execute(), tmp_path, survivors=survivors)
        sold, persons, _ = identity.merged(found, cleaned, base, [])
        rows = sold.transactions.order_by("row").execute()
        assert rows["customer_id"].tolist() == ["A", "A", "C"]
        assert rows["order_id"].nunique() == 2
        assert rows["amount"].sum() == Decimal(7)
        people_ = persons.customers.order_by("customer_id").execute().set_index("customer_id")
        assert people_["city"].tolist() == ["上海", "北京"]
        assert people_.loc["A", "name"] == name
        assert people_["has_purchases"].all()
    assert identity.facts(found)["n_persons"] == 2
    assert identity.facts(found)["n_joined"] == 1
