"""Segments: every customer in exactly one, ties together, totals conserved, reasons that hold."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu import tables
from kehu.errors import KehuError
from kehu.i18n import catalogue
from kehu.params_key import KeyCriteria
from kehu.segments import rule_check, rule_set
from kehu.segments.assess import facts, key_table, near_misses, segments_table, tier_table
from kehu.segments.key import key_customers, limits, meets, nearest
from kehu.segments.lifecycle import STAGES
from kehu.segments.rfm_rules import (
    SEGMENTS,
    classical,
    named_facts,
    rfm_segments,
    rule_table,
    thresholds,
)
from kehu.segments.tiers import TIERS, tiers

SHARES = [0.2, 0.3]
MEASURES = {"contribution": "total_spend", "potential": "clv", "frequency": "n_orders"}
EIGHT = classical()
ELEVEN = rule_check.load(rule_set.chosen("eleven", Path()))
row = st.tuples(
    *[st.integers(1, 5)] * 3, st.integers(-50, 900), st.integers(0, 400), st.integers(1, 12)
)


def tops(share: float) -> dict:
    """Three criteria with one top share; the other two left out."""
    used = {n: {"measure": m, "top_share": share} for n, m in MEASURES.items()}
    return {**used, "strategic": None, "influence": None}


TOP = tops(0.05)
populations = st.lists(row, min_size=1, max_size=40)


def value_of(rows) -> pd.DataFrame:
    columns = ["r_score", "f_score", "m_score", "total_spend", "clv", "n_orders"]
    frame = pd.DataFrame(rows, columns=columns).astype({"total_spend": float, "clv": float})
    ids = [f"{i:03d}" for i in range(len(frame))]
    return frame.assign(customer_id=ids, abc_class="A")


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Add the classes that other modules give, the same for all."""
    wanted = tables.contract("segments").columns
    blank = {c: (tables.column(c).isin or (None,))[0] for c in wanted if c not in table}
    return table.assign(**blank)[list(wanted)]


@pytest.fixture
def hundred() -> pd.DataFrame:
    """Customers 000...099: spend falls, lifetime value rises, every second has one order more."""
    i = np.arange(100)
    scores = [1 + i % 5, 1 + i // 20, 5 - i // 20]
    return value_of(np.column_stack([*scores, 1000 - i, i, 1 + i % 2]))


def named(value: pd.DataFrame) -> pd.DataFrame:
    ids = value["customer_id"]
    return pd.DataFrame({"customer_id": ids, "name": "客户" + ids})


def test_the_eight_rules_name_every_code_once() -> None:
    assert {code: len(keys) for code, keys in EIGHT.claims().items()} == dict.fromkeys(
        product(["low", "high"], repeat=3), 1
    )
    assert tuple(EIGHT.segments) == SEGMENTS == tables.column("rfm_segment").isin


def test_each_level_gets_its_segment() -> None:
    """The eight of the Chinese textbooks: 重要 is high money, 价值 发展 保持 挽留 by R and F."""
    codes = list(product([5, 1], repeat=3))
    value = value_of([(*code, 1, 1, 1) for code in codes])
    assert thresholds(value) == {"r_score": 3, "f_score": 3, "m_score": 3}
    expected = ["champion", "regular_value", "develop", "regular_develop", "keep", "regular_keep",
                "win_back", "regular_win_back"]  # fmt: skip
    assert list(rfm_segments(value, EIGHT)) == expected


def test_each_of_the_125_codes_gets_its_named_segment() -> None:
    codes = list(product(range(1, 6), repeat=3))
    found = rfm_segments(value_of([(*code, 1, 1, 1) for code in codes]), ELEVEN)
    claims = ELEVEN.claims()
    assert len(claims) == 125
    assert list(found) == [claims[code][0] for code in codes]
    assert set(found) == set(ELEVEN.segments)
    by_code = dict(zip(codes, found, strict=True))
    assert by_code[5, 5, 5] == "champions"
    assert by_code[1, 5, 5] == "cannot_lose"
    assert by_code[5, 1, 3] == "new"
    assert by_code[1, 1, 1] == "lost"


def test_a_segment_nobody_falls_in_is_told() -> None:
    value = value_of([(5, 5, 5, 1, 1, 1), (1, 1, 1, 1, 1, 1)])
    table = rule_table(value, value["total_spend"], value["clv"], ELEVEN)
    assert named_facts(table) == {"named_segments": 11, "named_codes": 125, "named_empty": 9}
    assert (
        dict(zip(table["rfm_segment"], table["rule"], strict=True))["champions"] == "R5 F4–5 M3–5"
    )


def test_a_score_on_the_mean_is_not_high() -> None:
    value = value_of([(3, 3, 3, 1, 1, 1), (5, 5, 5, 1, 1, 1), (1, 1, 1, 1, 1, 1)])
    assert list(rfm_segments(value, EIGHT)) == ["regular_win_back", "champion", "regular_win_back"]


@settings(max_examples=25, deadline=None)
@given(populations, st.randoms(use_true_random=False))
def test_segments_partition_the_customers_whatever_their_order(rows, random) -> None:
    value = value_of(rows)
    one = segments_table(value, SHARES, ELEVEN, TOP, 2)
    assert list(one["customer_id"]) == list(value["customer_id"])
    tables.check("segments", complete(one))
    mixed = value.iloc[random.sample(range(len(rows)), len(rows))]
    other = segments_table(mixed, SHARES, ELEVEN, TOP, 2).sort_values(
        "customer_id", ignore_index=True
    )
    pd.testing.assert_frame_equal(other, one)


@settings(max_examples=25, deadline=None)
@given(populations)
def test_customers_and_money_are_conserved(rows) -> None:
    value = value_of(rows)
    table = segments_table(value, SHARES, ELEVEN, TOP, 2)
    rules, named = (
        rule_table(value, value["total_spend"], value["clv"], rules) for rules in (EIGHT, ELEVEN)
    )
    held = tier_table(value, table)
    assert list(rules["rfm_segment"]) == list(SEGMENTS)
    assert list(held["tier"]) == list(TIERS)
    for found in (rules, named, held):
        assert found["customers"].sum() == len(value)
        assert found["customers_share"].sum() == pytest.approx(1)
        spent = value["total_spend"].sum()
        assert found["spend_share"].sum() == pytest.approx(1 if spent else 0)
    assert rules["spend"].sum() == pytest.approx(value["total_spend"].sum())
    assert rules["clv"].sum() == pytest.approx(value["clv"].sum())
    assert held["clv_share"].sum() == pytest.approx(1 if value["clv"].any() else 0)


def test_tiers_of_a_hundred(hundred) -> None:
    found = pd.Series(tiers(hundred["clv"], SHARES))
    assert found.value_counts().to_dict() == {"top": 20, "potential": 30, "long_tail": 50}
    assert (found[80:] == "top").all()
    assert (found[50:80] == "potential").all()


def test_a_share_is_met_exactly_in_spite_of_floats() -> None:
    """.1 + .2 is above .3 in floats; the fourth of ten has exactly .3 above."""
    found = list(tiers(pd.Series(range(10, 0, -1)), [0.1, 0.2]))
    assert found == ["top"] + ["potential"] * 2 + ["long_tail"] * 7


def test_equal_values_share_a_tier() -> None:
    found = list(tiers(pd.Series([9, 7, 7, 7, 5, 5, 1, 1, 1, 0]), SHARES))
    assert found == ["top"] * 4 + ["potential"] * 2 + ["long_tail"] * 4
    assert set(tiers(pd.Series([2.0] * 7), SHARES)) == {"top"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_a_higher_value_is_never_in_a_lower_tier(values) -> None:
    found = [TIERS.index(t) for t in tiers(pd.Series(values), SHARES)]
    ordered = [f for _, f in sorted(zip(values, found, strict=True), key=lambda p: (-p[0], p[1]))]
    assert ordered == sorted(ordered)
    assert len(set(zip(values, found, strict=True))) == len(set(values))


def test_key_customers_with_their_reasons(hundred) -> None:
    """The top 5 by spend are the bottom 5 by value; nobody stands out by orders."""
    found = key_customers(hundred, TOP, 1).set_index("customer_id")
    assert list(found.index[found["is_key"]]) == ["000", "001", "002", "003", "004", "095", "096",
                                                  "097", "098", "099"]  # fmt: skip
    assert set(found.loc["000":"004", "key_reasons"]) == {"contribution"}
    assert set(found.loc["095":, "key_reasons"]) == {"potential"}
    assert found.loc["050", "key_reasons"] is np.nan
    assert found["key_criteria_met"].sum() == 10
    assert not key_customers(hundred, TOP, 2)["is_key"].any()


def test_all_reasons_are_named_in_order(hundred) -> None:
    best = hundred.copy()
    best.loc[7, ["total_spend", "clv", "n_orders"]] = [5000.0, 500.0, 9]
    found = key_customers(best, TOP, 3)
    assert list(found.loc[found["is_key"], "customer_id"]) == ["007"]
    assert found.loc[7, "key_reasons"] == "contribution,potential,frequency"
    assert found.loc[7, "key_criteria_met"] == 3


def test_one_order_is_nothing_special_where_nearly_everybody_has_one(hundred) -> None:
    rare = hundred.assign(n_orders=[2, 2, *[1] * 98])
    assert meets(rare, TOP)["frequency"].sum() == 2
    assert limit_of(rare, TOP)["frequency"] == 2
    same = hundred.assign(n_orders=1)
    assert meets(same, TOP)["frequency"].sum() == 0
    assert np.isnan(limit_of(same, TOP)["frequency"])


def limit_of(value: pd.DataFrame, criteria: dict) -> pd.Series:
    return limits(value, criteria).set_index("key_criterion")["key_limit"]


def test_a_fixed_limit_and_a_criterion_without_data(hundred) -> None:
    marks = [np.nan] * 90 + [10.0, 69.9, 70.0, 95.0, *[20.0] * 6]
    value = hundred.assign(strategic_index=marks, influence_index=np.nan)
    stated = limits(value, KeyCriteria()).set_index("key_criterion")
    assert stated.loc["strategic", ["key_limit", "key_known", "key_met"]].tolist() == [70.0, 10, 2]
    assert stated.loc["influence", ["key_known", "key_met"]].tolist() == [0, 0]
    found = key_customers(value, KeyCriteria(), 1).set_index("customer_id")
    assert found.loc["092", "key_reasons"] == "strategic"
    assert "influence" not in "".join(found["key_reasons"].dropna())
    table = segments_table(value, SHARES, ELEVEN, KeyCriteria(), 1)
    told = facts(value, table, KeyCriteria(), 1)
    assert (told["n_criteria"], told["n_unknown"], told["criteria_note"]) == (4, 1, "unknown")


def test_what_is_missing_is_the_criterion_that_lacks_least(hundred) -> None:
    found = nearest(hundred, TOP).set_index("customer_id")
    assert found.loc["005", "missing"] == "contribution"
    assert found.loc["005", ["missing_figure", "missing_limit"]].tolist() == [995, 996]
    assert found.loc["005", "reached"] == pytest.approx(995 / 996)
    assert (found["reached"].dropna() < 1).all()


@settings(max_examples=25, deadline=None)
@given(populations, st.floats(0.01, 0.5))
def test_a_criterion_is_met_by_no_more_than_its_share(rows, share) -> None:
    value = value_of(rows)
    met, cuts = meets(value, tops(share)), limit_of(value, tops(share))
    for name, measure in MEASURES.items():
        assert met[name].sum() <= np.ceil(len(value) * share)
        if met[name].any():
            assert (met[name] == (value[measure] >= cuts[name])).all()


def test_near_misses_lack_one_criterion(hundred) -> None:
    value = hundred.copy()
    value.loc[99, "total_spend"] = 5000.0
    table = segments_table(value, SHARES, ELEVEN, TOP, 2)
    keys, near = (
        key_table(value, table, named(value)), near_misses(value, table, named(value), TOP, 2)
    )  # fmt: skip
    assert list(keys["customer_id"]) == ["099"]
    assert keys["name"].iloc[0] == "客户099"
    assert set(keys["key_reasons"].iloc[0].split(",")) == {"contribution", "potential"}
    assert sorted(near["customer_id"]) == ["000", "001", "002", "003", "095", "096", "097", "098"]
    assert near["reached"].is_monotonic_decreasing
    assert not set(near["customer_id"]) & set(keys["customer_id"])
    assert near_misses(value, table, named(value), TOP, 1).empty, "no criterion met is no near miss"


def test_key_customers_missing_from_the_list_of_customers_are_kept(hundred) -> None:
    table = segments_table(hundred, SHARES, ELEVEN, TOP, 1)
    found = key_table(hundred, table, named(hundred).iloc[50:])
    assert len(found) == 10
    assert found["name"].isna().sum() == 5


def test_every_fact_that_is_printed_exists_and_agrees(hundred) -> None:
    table = segments_table(hundred, SHARES, ELEVEN, TOP, 1)
    money = hundred["total_spend"], hundred["clv"]
    found = facts(hundred, table, TOP, 1) | named_facts(rule_table(hundred, *money, ELEVEN))
    texts = [text for language in ("zh", "en") for text in catalogue(language).values()]
    printed = {n for text in texts for n in re.findall(r"\{segments\.(\w+)", text)}
    assert printed
    others = {"typical_gap"} | {f"n_stage_{stage}" for stage in STAGES}
    others |= {n for n in printed if n.startswith("n_type_")}
    others |= {"type_known_share", "mean_discount_share", "n_loyal", "n_regular", "n_lapsed"}
    others |= {"n_price_sensitive", "n_new_customers"}
    assert printed - set(found) - others == set()
    assert (found["n_top"], found["n_key"], found["n_near"]) == (20, 10, 0)
    key = hundred[table["is_key"]]
    for name, column in (("key_spend_share", "total_spend"), ("key_clv_share", "clv")):
        assert found[name] == pytest.approx(key[column].sum() / hundred[column].sum())
    assert found["largest_share"] == table["rfm_segment"].value_counts().max() / 100
    assert table["rfm_segment"].value_counts()[found["largest"]] == found["largest_share"] * 100
    assert limit_of(hundred, TOP)[["contribution", "potential"]].tolist() == [996, 95]
    near = facts(hundred, segments_table(hundred, SHARES, ELEVEN, TOP, 2), TOP, 2)
    assert (near["n_key"], near["n_near"]) == (0, 10)


def test_a_population_without_value_has_shares_of_nothing(hundred) -> None:
    """A margin of 0 makes every lifetime value 0."""
    poor = hundred.assign(clv=0.0)
    table = segments_table(poor, SHARES, ELEVEN, TOP, 1)
    found = facts(poor, table, TOP, 1)
    assert (found["top_clv_share"], found["key_clv_share"]) == (0, 0)
    assert found["n_key"] == 5


def test_no_customers_is_said(hundred) -> None:
    with pytest.raises(KehuError, match="KH-D11 value: there are no customers"):
        segments_table(hundred.head(0), SHARES, ELEVEN, TOP, 2)
