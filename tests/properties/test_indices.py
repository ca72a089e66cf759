"""The ingredients of the six indices, by hand, and the scale they are put on."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.event_tables import (
    answers,
    contacts,
    event_table,
    marks,
    members,
    referred,
    sales,
)
from tests.properties.indexed_shop import END

from kehu.score import influence, loyalty, potential, satisfaction, strategic
from kehu.score.purchases import per_customer
from kehu.score.referral_graph import graph, reach
from kehu.score.scale import drawn, percentile
from kehu.value import summary as summaries

NAN = float("nan")


# --- the common scale -------------------------------------------------------------------------


def test_a_percentile_counts_half_of_the_equals() -> None:
    made = percentile([1.0, 2.0, NAN, 2.0, 4.0])
    np.testing.assert_array_equal(made, [12.5, 50, NAN, 50, 87.5])
    np.testing.assert_array_equal(percentile([1.0, 2.0], higher_is_better=False), [75, 25])
    np.testing.assert_array_equal(percentile([7.0]), [50])
    np.testing.assert_array_equal(percentile([0.1 + 0.2, 0.3, 0.3]), [50, 50, 50])
    assert np.isnan(percentile([NAN, NAN])).all()


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40), st.randoms())
def test_a_percentile_depends_on_order_of_size_alone(values: list[int], random: Any) -> None:
    made = percentile(values)
    assert made.mean() == pytest.approx(50)
    np.testing.assert_array_equal(percentile([v * 3.0 + 7 for v in values]), made)
    mixed = list(range(len(values)))
    random.shuffle(mixed)
    np.testing.assert_array_equal(percentile([values[i] for i in mixed]), made[mixed])


def test_a_rate_is_drawn_to_the_mean_of_all() -> None:
    """Mean 3 in 12; 2 of 2 with 4 more at the mean are 3 of 6."""
    np.testing.assert_allclose(drawn([2, 1, 0, NAN], [2, 10, 0, 5], 4.0), [0.5, 2 / 14, 0.25, NAN])
    np.testing.assert_array_equal(drawn([0, 0], [0, 0], 1.0), [0, 0])


# --- by hand ----------------------------------------------------------------------------------

LOG = sales(
    [
        # a: first 600 days ago (quarter 6), then in quarters 2 and 1, and an order refunded whole.
        ("a", "1", "2025-02-07", 100, "x"), ("a", "2", "2026-04-01", 50, "y"),
        ("a", "3", "2026-05-01", 30, "y"), ("a", "4", "2026-09-01", 20, "z"),
        ("a", "4", "2026-09-05", -20, "z"),
        # b: once, 30 days ago.
        ("b", "5", "2026-08-31", 40, "x"),
        # c: two years and a half ago, twice.
        ("c", "6", "2024-01-01", 500, "x"), ("c", "7", "2024-04-10", 100, "z"),
    ]
)  # fmt: skip


def log_summary() -> pd.DataFrame:
    return summaries.summary(LOG, END, "day").set_index("customer_id")


def bought() -> pd.DataFrame:
    return per_customer(LOG, END).reindex(["a", "b", "c"])


def test_purchases_by_age() -> None:
    made = bought()
    assert made["orders_year"].tolist() == [2, 1, 0]
    assert made["quarters"].tolist() == [6, 0, 11]
    assert made["quarters_bought"].tolist() == [2, 0, 1]
    assert made["spend_year"].tolist() == [80, 40, 0]
    assert made["spend_before"].tolist() == [100, 0, 0]


def test_loyalty_by_hand() -> None:
    values = loyalty.measures(log_summary(), bought(), END).values
    # summary leaves a's refunded order standing, for it was refunded on a later day.
    assert values["frequency"].tolist() == pytest.approx([4 / (600 / 365), 1, 2 / (1003 / 365)])
    assert values["average_amount"].tolist() == [180 / 4, 40, 300]
    assert values["tenure"].tolist() == [571, 0, 100]
    mean = 3 / 17
    expected = [(2 + 2 * mean) / 8, NAN, (1 + 2 * mean) / 13]
    np.testing.assert_allclose(values["repeat_rate"], expected)


def test_satisfaction_by_hand() -> None:
    surveys = answers(
        ("a", END, "csat", 1, 5, 5), ("c", "2025-09-30", "csat", 1, 5, 2),
        ("c", "2023-09-30", "csat", 1, 5, 5), ("b", None, "nps", 0, 10, 9),
        ("a", END, "ces", 1, 7, 1), (None, END, "csat", 1, 5, 1), ("b", END, "csat", 1, 5, None),
    )  # fmt: skip
    told = contacts(
        ("a", "2026-09-01", "complaint"), (None, "2026-09-01", "complaint"),
        ("c", "2025-09-29", "complaint"), ("c", END, "visit"),
    )  # fmt: skip
    made = satisfaction.measures(bought(), surveys, told, END, 730, 365)
    mean = (1 + 0.5 * 0.25) / 1.5
    np.testing.assert_allclose(
        made.values["csat"], [(1 + mean) / 2, NAN, (0.5 * 0.25 + mean) / 1.5]
    )
    assert made.values["recommend"].tolist() == pytest.approx([NAN, 0.9, NAN], nan_ok=True)
    # One complaint on three orders; c's is a day too old, and c is known by the answer.
    rate = 1 / 3
    np.testing.assert_allclose(
        made.values["complaints"], [(1 + 5 * rate) / 7, 5 * rate / 6, 5 * rate / 5]
    )
    assert made.values["praise"].isna().all()
    expected = {"n_answers": 3, "n_undated_answers": 1, "n_other_scales": 1, "n_answerers": 3,
                "n_complaints": 1, "n_anonymous_complaints": 1, "complaints_kept": True,
                "praise_kept": False, "orders_year": 3}  # fmt: skip
    assert {name: made.facts[name] for name in expected} == expected


def test_no_complaint_is_information_only_where_complaints_are_kept_and_orders_placed() -> None:
    none = satisfaction.measures(bought(), answers(), contacts(), END, 730, 365).values
    assert none.isna().all(axis=None)
    kept = satisfaction.measures(
        bought(), answers(), contacts(("zz", "2026-01-01", "complaint")), END, 730, 365
    ).values["complaints"]
    assert kept.notna().tolist() == [True, True, False]
    many = bought().assign(orders_year=[50.0, 1.0, 0.0])
    rates = satisfaction.measures(
        many, answers(), contacts(("b", "2026-01-01", "complaint")), END, 730, 365
    ).values["complaints"]
    assert rates["a"] < rates["b"]


def test_potential_by_hand() -> None:
    told = contacts(("a", "2026-07-03", "visit"), ("a", "2026-07-02", "visit"),
                    ("b", END, "search"), ("b", END, "complaint"))  # fmt: skip
    tables = {"transactions": LOG, "interactions": told, "holdings": event_table("holdings", []),
              "customers": members("abc", level=dict.fromkeys("abc", "g"))}  # fmt: skip
    made = potential.measures(log_summary(), bought(), tables, END, 90, ("level",), 2)
    # a: 236 days of the year before; typical year: median of 90 and 20. c: nothing in either.
    ratio = (80 + 55) / (100 * 365 / 236 + 55)
    np.testing.assert_allclose(made.values["trend"], [ratio, NAN, ratio])
    assert ratio < 1
    # Upper quarter of spends 40 and 80: the lower of the two where it falls between.
    assert made.values["headroom"].tolist() == pytest.approx([0, 0, NAN], nan_ok=True)
    # z was sold and refunded later, and counts as bought.
    assert made.values["breadth"].tolist() == pytest.approx([2 / 3, 1 / 3, NAN], nan_ok=True)
    assert made.values["engagement"].tolist() == [1, 1, 0]
    assert made.facts["breadth_by"] == "transactions.category"
    assert made.facts["n_asleep"] == 1


def test_trend_needs_half_a_year_before_and_is_lowest_for_those_who_left() -> None:
    age = pd.Series([365 + 181, 365 + 180, 900, 900, 900, 365])
    now = pd.Series([50, 50, 0, 0, -5, 0.0])
    before = pd.Series([50, 50, 100, 0, 0, 100.0])
    made = potential.trend(age, now, before)
    typical = 50.0
    assert made.iloc[0] == pytest.approx((50 + typical) / (50 * 365 / 182 + typical))
    assert np.isnan(made.iloc[1])
    assert made.iloc[2] == typical / (100 + typical) == made.iloc[3] == made.iloc[4]
    assert made.iloc[5] == made.iloc[2], "nothing since a first purchase of a year ago"
    assert potential.trend(age, now * 0, before * 0).tolist() == [1.0] * 6


def test_peers_are_alike_in_as_many_columns_as_leave_enough() -> None:
    ids = [f"{i:02d}" for i in range(8)]
    level = dict(zip(ids, "ggggggbb", strict=True))
    city = dict(zip(ids, ["沪", "沪", "沪", "京", "京", None, "沪", "沪"], strict=True))
    groups = potential.peer_groups(
        members(ids, level=level, city=city), pd.Index(ids), ("level", "city"), 3
    )
    assert groups.tolist() == ["g · 沪"] * 3 + ["g"] * 3 + [""] * 2
    blank_first = potential.peer_groups(
        members(ids, level=level), pd.Index(ids), ("channel", "level"), 3
    )
    assert blank_first.tolist() == ["g"] * 6 + [""] * 2
    assert set(potential.peer_groups(members(ids), pd.Index(ids), (), 3)) == {""}
    spend = pd.Series([10.0, 20, 30, 40, 50, 60, 70, 80], index=ids)
    room = potential.headroom(spend, pd.Series("", index=ids))
    assert room.tolist() == [50, 40, 30, 20, 10, 0, 0, 0]


def test_breadth_falls_back_to_products_and_holdings() -> None:
    held = event_table(
        "holdings",
        [{"customer_id": "a", "product": p, "end": e} for p, e in
         (("loan", None), ("card", "2026-10-01"), ("fund", "2026-01-01"))],
    )  # fmt: skip
    bare = sales([("a", "1", "2026-01-01", 5), ("b", "2", "2026-01-01", 5)])
    share, facts = potential.breadth({"transactions": bare, "holdings": held}, END)
    assert share.to_dict() == {"a": 1.0}
    assert facts == {"breadth_by": "holdings.product", "breadth_available": 2}


def test_influence_by_hand() -> None:
    """a brings b and c, b brings d, d brings a again; x is no customer but passes value on."""
    money = pd.Series([10.0, 20.0, -5.0, 40.0, 0.0], index=list("abcde"))
    links = referred("ab", "ab", "ac", "bd", "da", "ee", "cx", "xe")
    made = influence.measures(money, links, answers(), END, 730, 0.5, 5)
    assert made.values["referrals"].tolist() == [2, 1, 1, 1, 0]
    network = [20 + 0 + 40 / 2, 40 + 10 / 2, 0, 10 + 20 / 2, 0]
    assert made.values["network"].tolist() == network
    assert made.values["promoter"].isna().all()
    expected = {"n_referrers": 5, "n_referred": 6, "n_self_referrals": 1, "n_in_cycles": 3,
                "n_claimed_twice": 0, "referrals_kept": True}  # fmt: skip
    assert {name: made.facts[name] for name in expected} == expected
    one = influence.measures(money, links, answers(), END, 730, 0.5, 1).values
    assert one["network"].tolist() == [20, 40, 0, 10, 0]
    late = influence.measures(money, referred("ab", date="2026-10-01"), answers(), END, 730, 0.5, 5)
    assert late.values[["referrals", "network"]].isna().all(axis=None)


def test_promoters_by_the_latest_answer() -> None:
    surveys = answers(
        ("a", "2026-01-01", "nps", 0, 10, 3), ("a", "2026-02-01", "nps", 0, 10, 9),
        ("b", "2026-02-01", "nps", 0, 10, 9), ("b", "2026-02-01", "nps", 0, 10, 8),
        ("c", None, "nps", 0, 10, 6), ("d", "2026-02-01", "nps", 1, 5, 5),
        ("e", "2023-02-01", "nps", 0, 10, 10),
    )  # fmt: skip
    kind, odd = influence.promoters(surveys, END, 730, pd.Index(list("abcde")))
    assert kind.tolist() == pytest.approx([1, 0, -1, NAN, NAN], nan_ok=True)
    assert odd == 1


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25),
    st.integers(1, 6),
)
def test_reach_is_that_of_a_search_from_each_customer(
    edges: list[tuple[int, int]], levels: int
) -> None:
    pairs = pd.DataFrame(edges, columns=["customer_id", "referred_id"]).astype(str).astype(object)
    made = graph(pairs.drop_duplicates().assign(rows=1))
    value = np.array([2.0 ** int(i) for i in made.ids])
    found = dict(zip(made.ids, reach(made, value, 0.5, levels), strict=True))
    for root in made.ids:
        steps, queue = {root: 0}, deque([root])
        while queue:
            node = queue.popleft()
            for a, b in edges:
                if str(a) == node and str(b) not in steps:
                    steps[str(b)] = steps[node] + 1
                    queue.append(str(b))
        expected = sum(0.5 ** (s - 1) * 2.0 ** int(i) for i, s in steps.items() if 0 < s <= levels)
        assert found[root] == pytest.approx(expected)


def test_strategic_by_hand() -> None:
    given_marks = marks(
        ("a", "market", "王", "2026-01-01", 2), ("a", "market", "王", "2026-02-01", 5),
        ("a", "market", "Li", "2026-01-01", 3), ("a", "technology", "Li", "2026-01-01", 1),
        ("b", "market", "Li", "2024-09-29", 5), ("c", "market", "Li", "2024-09-30", 2),
        ("zz", "market", "Li", "2026-01-01", 5), ("d", "market", "Li", "2026-10-01", 5),
    )  # fmt: skip
    made = strategic.judged(pd.Index(list("abcd")), given_marks, END, 730)
    assert made.measures.values["judgement"].tolist() == pytest.approx(
        [((100 + 50) / 2 + 0) / 2, NAN, 25, NAN], nan_ok=True
    )
    row = made.table.loc["a"]
    assert (row["judges"], row["n_judges"], row["n_criteria"], row["spread"]) == (
        "Li, 王",
        2,
        2,
        50,
    )
    assert str(row["last_judged"].date()) == "2026-02-01"
    assert np.isnan(made.table.loc["c", "spread"])
    expected = {"n_judged": 2, "n_judged_outside": 1, "n_judges": 2, "n_marks": 5,
                "n_expired_marks": 1, "n_expired_only": 1, "n_several_judges": 1,
                "judge_spread": 50}  # fmt: skip
    assert {name: made.measures.facts[name] for name in expected} == expected
