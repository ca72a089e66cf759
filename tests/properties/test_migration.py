"""Movement: everyone is somewhere before and somewhere now, and both margins add up."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu import tables
from kehu.i18n import Translator
from kehu.report import charts_movement, listings_movement
from kehu.report.style import house_style
from kehu.segments import migration
from kehu.segments.migration import GONE, NEW, Period
from kehu.segments.tiers import TIERS

people = st.dictionaries(
    st.sampled_from([f"c{i:02d}" for i in range(25)]),
    st.tuples(st.sampled_from(TIERS), st.integers(0, 900), st.integers(1, 9)),
    min_size=1,
)


def period(who: dict[str, tuple[str, int, int]]) -> Period:
    ids = sorted(who)
    value = pd.DataFrame({"customer_id": ids, "days_since_last": 1})
    value = value.assign(
        total_spend=[float(who[i][1]) for i in ids], clv=[who[i][1] / 2 for i in ids],
        n_orders=[who[i][2] for i in ids],
    )  # fmt: skip
    segments = pd.DataFrame({"customer_id": ids, "tier": [who[i][0] for i in ids]})
    blank = {s: "A" for s in migration.SEGMENTATIONS if s not in ("tier", "cluster")}
    return Period(value, segments.assign(**blank), pd.DataFrame(columns=["customer_id", "cluster"]))


@settings(max_examples=40, deadline=None)
@given(people, people)
def test_both_margins_are_the_customers_and_the_money_of_the_two_periods(then, now):
    before, after = period(then), period(now)
    table = migration.matrix(after, before, "tier")
    tables.check("migration", table)
    here = table[table["to_group"] != GONE]
    there = table[table["from_group"] != NEW]
    sizes = after.segments["tier"].value_counts().to_dict()
    assert here.groupby("to_group")["customers"].sum().to_dict() == sizes
    sizes = before.segments["tier"].value_counts().to_dict()
    assert there.groupby("from_group")["customers"].sum().to_dict() == sizes
    assert here["spend_now"].sum() == pytest.approx(after.value["total_spend"].sum())
    assert there["clv_before"].sum() == pytest.approx(before.value["clv"].sum())
    told = migration.facts(after, before, table)
    moved = told["n_up"] + told["n_down"] + told["n_stayed"] + told["n_new"]
    assert moved == len(now)
    assert told["n_gone"] == len(set(then) - set(now))


def test_who_moved_and_why():
    then = {"a": ("top", 500, 5), "b": ("top", 400, 4), "c": ("potential", 100, 1),
            "d": ("long_tail", 10, 1), "e": ("potential", 90, 2)}  # fmt: skip
    now = {"a": ("long_tail", 500, 5), "b": ("potential", 420, 5), "c": ("top", 700, 4),
           "d": ("long_tail", 10, 1), "f": ("top", 50, 1), "e": ("long_tail", 300, 4)}  # fmt: skip
    found = migration.moved(period(now), period(then)).set_index("customer_id")
    assert found["direction"].to_dict() == {"a": "down", "b": "down", "c": "up", "e": "down"}
    assert found["why"].to_dict() == {
        "a": "no_purchase", "b": "spent_less", "c": "spent_more", "e": "others_moved",
    }  # fmt: skip
    assert found.loc["b", ["orders_since", "spend_since"]].tolist() == [1, 20]


def test_without_a_period_before_nothing_is_compared():
    now = period({"a": ("top", 1, 1)})
    table = migration.matrices(now, None)
    tables.check("migration", table)
    assert migration.facts(now, None, table) == {"moved": "no"}
    assert migration.falls(now, None) == migration.shown(table, "tier") == []


def test_segmentations_that_one_run_lacks_are_left_out():
    one = period({"a": ("top", 1, 1)})
    table = migration.matrices(one, one)
    assert "cluster" not in set(table["segmentation"])
    assert {"tier", "rfm_named"} <= set(table["segmentation"])


@settings(max_examples=30, deadline=None)
@given(people, people, st.integers(2, 7))
def test_a_figure_shows_few_classes_and_all_customers(then, now, most):
    table = migration.matrix(period(now), period(then), "tier")
    (few,) = migration.shown(table, "tier", most)
    assert few["customers"].sum() == table["customers"].sum()
    assert few["from_group"].nunique() <= most
    assert few["to_group"].nunique() <= most


@pytest.mark.parametrize("language", ["zh", "en"])
def test_movement_can_be_shown(language):
    say = Translator(language, "CNY")
    then = {f"c{i}": (TIERS[i % 3], 10 * i, 1 + i) for i in range(30)}
    now = {f"c{i}": (TIERS[(i // 2) % 3], 9 * i, 1 + i) for i in range(5, 40)}
    table = migration.matrix(period(now), period(then), "tier")
    (few,) = migration.shown(table, "tier")
    with house_style("zh"):
        charts_movement.flow(say, few, "code:tier", TIERS)
    page = listings_movement.movement(say, few, "code:tier", TIERS).table.as_raw_html()
    for total in (str(len({*now, *then})), say("movement.gone"), say("movement.new")):
        assert total in page
    names = pd.DataFrame({"customer_id": [], "name": []}, dtype="str")
    down = migration.moved(period(now), period(then))
    with house_style("zh"):
        page = listings_movement.downgrades(
            say, down, names, {"c1": [1.0] * 12}
        ).table.as_raw_html()
    assert page.count("<img") == min(15, (down["direction"] == "down").sum())
