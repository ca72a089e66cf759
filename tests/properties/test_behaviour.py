"""Behaviour, customer types and needs: told from evidence, and unknown where there is none."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from kehu import expression
from kehu.i18n import Translator
from kehu.params_behaviour import Behaviour
from kehu.params_needs import KINDS, Need
from kehu.report import charts_segments, listings_segments
from kehu.report.style import house_style
from kehu.segments import behaviour, customer_type, needs
from kehu.segments.classes import class_table

LAST = "2026-09-30"


def lines(rows: list[tuple]) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "amount", "discount", "coupon"])
    frame = frame.assign(date=pd.Timestamp("2026-05-01"), is_refund=False)
    typed = frame.astype({"discount": "float64", "coupon": "float64"})
    backend = ibis.duckdb.connect()
    backend.con.register("lines", typed)
    table = backend.table("lines")
    blank = {
        c: ibis.ifelse(table[c].isnan(), ibis.null("float64"), table[c])
        for c in ("discount", "coupon")
    }
    return table.mutate(**blank)


def told(n_orders: int, since: int = 500, stage: str = "mature", **shares: float) -> str:
    summary = pd.DataFrame(
        {
            "customer_id": ["a"], "n_orders": [n_orders], "days_since_last": [10],
            "last_date": [pd.Timestamp(LAST) - pd.Timedelta(days=10)],
            "first_date": [pd.Timestamp(LAST) - pd.Timedelta(days=since)],
        }
    )  # fmt: skip
    stages = pd.DataFrame({"customer_id": ["a"], "lifecycle_stage": [stage]})
    known = {"discount_share": np.nan, "promo_share": np.nan, "coupon_share": np.nan, **shares}
    table = pd.DataFrame({"customer_id": ["a"], **{k: [v] for k, v in known.items()}})
    return behaviour.behaviour(summary, stages, table, Behaviour())["behaviour"].iloc[0]


def test_each_type_of_behaviour_and_which_comes_first():
    assert told(9, stage="lost", discount_share=0.9) == "lapsed"
    assert told(9, since=30, discount_share=0.9) == "new"
    assert told(9, discount_share=0.2) == "price_sensitive"
    assert told(9, promo_share=0.8) == "price_sensitive"
    assert told(9, coupon_share=0.3) == "price_sensitive"
    assert told(9, discount_share=0.19, promo_share=0.79, coupon_share=0.29) == "loyal"
    assert told(1, discount_share=0.9) == "regular"
    assert told(3) == "regular"


def test_shares_of_discounts_and_coupons():
    found = behaviour.discounts(
        lines(
            [
                ("a", "1", 80.0, 20.0, 0.0),
                ("a", "2", 95.0, 0.0, -5.0),
                ("a", "3", 100.0, None, None),
                ("b", "4", 100.0, None, None),
            ]
        ),
        LAST,
    ).set_index("customer_id")
    assert found.loc["a", "discount_share"] == pytest.approx(25 / 300)
    assert found.loc["a", ["promo_share", "coupon_share"]].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert found.loc["b"].isna().all()


def test_households_of_the_complete_journey_live_by_discounts(shared_data):
    """Sales 233,935.24 after 40,180.91 of retail discount and 1,356.71 of coupons."""
    (path,) = (shared_data / "complete_journey").glob("*transaction*.csv*")
    frame = pd.read_csv(path)
    rows = pd.DataFrame(
        {
            "customer_id": frame["household_id"].astype(str),
            "order_id": frame["basket_id"].astype(str),
            "amount": frame["sales_value"], "discount": frame["retail_disc"],
            "coupon": frame["coupon_disc"],
        }
    )  # fmt: skip
    found = behaviour.discounts(lines(list(rows.itertuples(index=False, name=None))), LAST)
    spend = rows.groupby("customer_id")["amount"].sum()
    off = (rows["discount"] + rows["coupon"]).groupby(rows["customer_id"]).sum()
    both = found.set_index("customer_id")["discount_share"]
    assert (both * (spend + off)).sum() == pytest.approx(40180.91 + 1356.71, abs=0.02)
    assert spend.sum() == pytest.approx(233935.24, abs=0.01)
    assert 0.1 < both.median() < 0.2
    share = (both >= Behaviour().discount_share).mean()
    assert 0.1 < share < 0.4, "some households buy by discount, most do not"


CODE = "91110000600037341L"


def kinds_of(**columns: list) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"tax_id": None, "name": None, "email": None, **columns}, index=range(n))
    frame = frame.assign(customer_id=[f"c{i}" for i in range(n)])
    return customer_type.customer_type(frame, frame["customer_id"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("深圳市腾讯计算机系统有限公司", "business"), ("海底捞餐厅", "business"),
        ("Siemens GmbH", "business"), ("Acme Co., Ltd.", "business"),
        ("大卫律师事务所", "business"), ("北京市财政局", "government"),
        ("清华大学", "government"), ("王小明", "consumer"), ("买买提·艾", "consumer"),
        ("Ministry of Finance", "government"), ("J. Smith", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_the_form_of_the_name_tells_the_type(name, kind):
    assert kinds_of(name=[name])["customer_type"].iloc[0] == kind


def test_a_number_counts_only_with_its_check_character():
    assert uscc.is_valid(CODE)
    wrong = CODE[:-1] + "A"
    found = kinds_of(tax_id=[CODE, wrong, None])
    assert list(found["customer_type"]) == ["business", "unknown", "unknown"]
    assert list(found["type_evidence"].fillna("")) == ["tax_id", "", ""]


def test_the_number_outweighs_the_name_and_the_conflict_is_counted():
    found = kinds_of(tax_id=[CODE], name=["王小明"], email=["a@qq.com"])
    assert found.loc[0, ["customer_type", "type_evidence"]].tolist() == ["business", "tax_id,name"]
    assert customer_type.facts(found)["n_type_conflicts"] == 1
    mails = kinds_of(email=["a@qq.com", "b@acme.com", "c@mof.gov.cn", "d@pku.edu.cn", "nothing"])
    assert list(mails["customer_type"]) == [
        "unknown", "business", "government", "government", "unknown",
    ]  # fmt: skip


def people() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "birth_date": ["1950-10-01", "1966-09-30", "2004-01-01", None],
            "plan": ["basic", "student", "student", None],
            "n_orders": [1, 5, 9, 2],
        }
    )
    return needs.known(
        frame.drop(columns="n_orders"), frame[["customer_id", "n_orders"]], analysis_date=LAST
    )


def named(*conditions: str) -> list[str]:
    given = [{"name": f"n{i}", "zh": "甲", "en": "x", "when": w} for i, w in enumerate(conditions)]
    return list(needs.needs(people(), given)["need_segment"])


def test_age_is_full_years_on_the_analysis_date():
    assert people()["age"].fillna(-1).tolist() == [75, 60, 22, -1]


def test_the_first_condition_that_holds_counts():
    assert named("age >= 60", "plan == 'student'") == ["n0", "n0", "n1", "unmatched"]
    assert named("plan == 'student'", "age >= 60") == ["n1", "n0", "n0", "unmatched"]
    assert named("not age >= 60") == ["unmatched", "unmatched", "n0", "unmatched"]
    assert named("18 <= age < 26 or n_orders == 2") == ["unmatched", "unmatched", "n0", "n0"]
    assert named("plan in ['basic', 'gold']", "plan not in ['basic']") == [
        "n0", "n1", "n1", "unmatched",
    ]  # fmt: skip
    assert needs.needs(people(), [])["need_segment"].isna().all()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("agee > 3", "did you mean `age`"), ("age > 'x'", "is a number"),
        ("plan == 3", "is a text"),
        ("plan < 'x'", "has no order"), ("age >", "cannot be read"),
        ("__import__('os')", "no comparison"), ("age", "no comparison"),
        ("age == n_orders", "one column"), ("1 < 2", "one column"),
        ("age in 3", "takes a list"), ("plan == ['a']", "takes a list"), ("age is 3", "not known"),
        ("age == True", "no fixed text"), ("age == (lambda: 3)()", "no fixed"),
        ("3 in [age]", "one column"),
        ("age > 1; age > 2", "cannot be read"), ("age " * 200, "longer"), ("", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_condition_is_said(text, what):
    with pytest.raises(ValueError, match=what):
        expression.parse(text, KINDS)
    with pytest.raises(ValueError, match="when"):
        Need(name="x", zh="x", en="x", when=text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="agepln_ordis<>=!()[]'\"0123456789.,+-*/ notandor", max_size=40))
def test_whatever_is_written_is_a_condition_or_a_sentence(text):
    try:
        found = expression.parse(text, KINDS)
    except ValueError as error:
        found, said = None, str(error)
    if found is None:
        assert said
        return
    assert found.names <= set(KINDS)
    assert expression.holds(found, people()).dtype == bool


def test_need_segments_partition_the_customers():
    given = [{"name": "old", "zh": "长者", "en": "seniors", "when": "age >= 60"}]
    value = pd.DataFrame({"customer_id": list("abcd"), "total_spend": [1.0, 2.0, 3.0, 4.0]})
    (table,) = needs.need_table(value, needs.needs(people(), given), given)
    assert list(table["customers"]) == [2, 2]
    assert table["spend_share"].tolist() == pytest.approx([0.3, 0.7])
    assert needs.need_table(value, needs.needs(people(), []), []) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_classes_are_shown_in_words(language):
    say = Translator(language, "CNY")
    value = pd.DataFrame({"customer_id": list("abc"), "total_spend": 1.0, "clv": 1.0})
    parts = {"behaviour": behaviour.TYPES, "customer_type": customer_type.TYPES, "abc_class": "ABC"}
    for column, order in parts.items():
        segments = pd.DataFrame({"customer_id": list("abc"), column: list(order)[:3]})
        table = class_table(value, segments, column, list(order))
        with house_style("zh"):
            kind = {"behaviour": "code:behaviour", "customer_type": "code:customer_type"}
            charts_segments.class_sizes(
                say, table, kind.get(column, "code:abc_class"), customers=0.2, spend=0.3
            )
    given = [{"name": "old", "zh": "长者", "en": "seniors", "when": "age >= 60"}]
    value = pd.DataFrame({"customer_id": list("abcd"), "total_spend": 1.0})
    (table,) = needs.need_table(value, needs.needs(people(), given), given)
    page = listings_segments.needs(say, table).table.as_raw_html()
    assert {"zh": "长者", "en": "seniors"}[language] in page
    assert "age &gt;= 60" in page
