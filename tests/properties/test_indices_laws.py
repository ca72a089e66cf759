"""The six indices: unchanged by what must not matter, monotone, blank where unknown, true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from tests.properties.event_tables import (
    answers,
    contacts,
    marks,
    referred,
    sales,
    shuffled,
)
from tests.properties.indexed_shop import END, assessed, world

from kehu.score import influence, potential, satisfaction, strategic
from kehu.score.indices import Indices, explanation
from kehu.score.ingredients import INDICES, chosen_weights, ingredients, of_index
from kehu.score.scale import percentile
from kehu.value import summary as summaries

few = settings(max_examples=12, deadline=None)


# --- what must not matter ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return world()


@pytest.fixture(scope="module")
def made(shop: dict[str, Any]) -> Indices:
    return assessed(shop)


def test_the_order_of_rows_changes_nothing(shop: dict[str, Any], made: Indices) -> None:
    mixed = {k: v if k in ("happy", "loyal") else shuffled(v, 1) for k, v in shop.items()}
    again = assessed(mixed)
    pd.testing.assert_frame_equal(again.table, made.table, check_exact=True)
    pd.testing.assert_frame_equal(again.values, made.values, check_exact=True)
    assert again.facts == made.facts


def test_other_customer_numbers_change_nothing(made: Indices) -> None:
    renamed = assessed(world(prefix="客"))
    columns = [f"{name}_index" for name in INDICES]
    pd.testing.assert_frame_equal(renamed.table[columns], made.table[columns], rtol=1e-12)


def test_another_currency_changes_no_index(made: Indices) -> None:
    dearer = assessed(world(money=100))
    pd.testing.assert_frame_equal(dearer.table, made.table, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "touched"),
    [
        ("surveys", {"satisfaction", "influence"}),
        ("referrals", {"influence"}),
        ("judgements", {"strategic"}),
        ("interactions", {"satisfaction", "potential"}),
        ("customers", {"potential"}),
    ],
)
def test_a_table_touches_its_own_indices_alone(
    shop: dict[str, Any], made: Indices, name: str, touched: set[str]
) -> None:
    without = assessed({k: v for k, v in shop.items() if k != name})
    changed = {
        i for i in INDICES if not without.table[f"{i}_index"].equals(made.table[f"{i}_index"])
    }
    assert changed == touched


def test_an_index_is_the_weighted_mean_of_what_is_known(made: Indices) -> None:
    for customer in made.table["customer_id"].iloc[::17]:
        told = explanation(made, customer)
        sums = told.groupby("index_name")["index_points"].sum(min_count=1)
        row = made.table.set_index("customer_id").loc[customer]
        for index in INDICES:
            own = told[told["index_name"] == index]
            assert sums[index] == pytest.approx(row[f"{index}_index"], nan_ok=True)
            assert own["weight_used"].sum() == pytest.approx(float(own["scaled"].notna().any()))
            assert list(explanation(made, customer, index)["ingredient"]) == of_index(index)


def test_coverage_counts_the_known(made: Indices) -> None:
    cover = made.coverage.set_index("ingredient")
    assert (cover["known_customers"] == made.values.notna().sum()).all()
    assert (cover["customers"] == len(made.table)).all()
    assert cover.loc["judgement", "known_customers"] == made.facts["n_judged"]
    assert 0 < cover.loc["csat", "known_share"] < 1


# --- monotone ---------------------------------------------------------------------------------


def index_of(values: pd.DataFrame, index: str) -> pd.Series:
    """The index as `indices` makes it from the ingredients of one."""
    total, weight = 0.0, 0.0
    for code in of_index(index):
        made_ = ingredients()[code]
        scaled = pd.Series(
            percentile(values[code], higher_is_better=made_.higher_is_better), values.index
        )
        total = total + (made_.weight * scaled).fillna(0)
        weight = weight + made_.weight * scaled.notna()
    return total / weight


people = st.sampled_from("abcd")


@few
@given(
    st.lists(st.tuples(people, st.sampled_from(["complaint", "praise"])), min_size=1, max_size=8),
    st.lists(st.tuples(people, st.integers(1, 5)), max_size=5),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
    people,
)
def test_one_more_complaint_never_raises_satisfaction(
    told: list[tuple[str, str]], stars: list[tuple[str, int]], orders: list[int], who: str
) -> None:
    rows = [(c, "2026-08-01", kind) for c, kind in told] + [("zz", "2026-08-01", "complaint")]
    surveys = answers(*((c, "2026-08-01", "csat", 1, 5, a) for c, a in stars))
    base = pd.DataFrame({"orders_year": [float(n) for n in orders]}, index=list("abcd"))
    before, after = (
        index_of(satisfaction.measures(base, surveys, contacts(*r), END, 730, 365).values,
                 "satisfaction")
        for r in (rows, [*rows, (who, "2026-09-01", "complaint")])
    )  # fmt: skip
    assert np.isnan(before[who]) or after[who] <= before[who] + 1e-9


@few
@given(
    st.lists(st.tuples(people, st.integers(0, 10), st.integers(0, 700)), min_size=2, max_size=8),
    st.data(),
)
def test_a_better_answer_never_lowers_satisfaction(
    rows: list[tuple[str, int, int]], data: Any
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    who, points, _ = rows[place]
    better = data.draw(st.integers(points, 10))
    base = pd.DataFrame({"orders_year": [1.0] * 4}, index=list("abcd"))

    def index(points: int) -> float:
        day_ = [str((pd.Timestamp(END) - pd.Timedelta(age, "D")).date()) for _, _, age in rows]
        given_ = [(c, d, "nps", 0, 10, a) for (c, a, _), d in zip(rows, day_, strict=True)]
        given_[place] = (*given_[place][:5], points)
        values = satisfaction.measures(base, answers(*given_), contacts(), END, 730, 365).values
        return float(index_of(values, "satisfaction")[who])

    assert index(better) >= index(points) - 1e-9


@few
@given(
    st.lists(st.tuples(people, st.sampled_from("abcdxy")), min_size=1, max_size=10),
    people,
    st.sampled_from("abcdxyz"),
    st.lists(st.integers(-20, 50), min_size=4, max_size=4),
)
def test_one_more_referral_never_lowers_influence(
    pairs: list[tuple[str, str]], who: str, whom: str, money: list[int]
) -> None:
    worth = pd.Series([float(m) for m in money], index=list("abcd"))
    before, after = (
        index_of(influence.measures(worth, referred(*("".join(p) for p in r)), answers(), END, 730,
                                    0.5, 5).values, "influence")
        for r in (pairs, [*pairs, (who, whom)])
    )  # fmt: skip
    assert after[who] >= before[who] - 1e-9


@few
@given(st.lists(st.tuples(people, st.integers(1, 5)), min_size=1, max_size=6), st.data())
def test_a_better_mark_never_lowers_significance(rows: list[tuple[str, int]], data: Any) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    who, points = rows[place]
    better = data.draw(st.integers(points, 5))

    def index(points: int) -> float:
        given_ = [(c, f"k{i % 2}", f"j{i}", END, m) for i, (c, m) in enumerate(rows)]
        given_[place] = (*given_[place][:4], points)
        found = strategic.judged(pd.Index(list("abcd")), marks(*given_), END, 730)
        return float(found.measures.values.loc[who, "judgement"])

    assert index(better) >= index(points) - 1e-9


@few
@given(st.lists(st.floats(0, 1000), min_size=3, max_size=6), st.floats(0, 500), st.data())
def test_growth_never_lowers_the_trend(spend: list[float], more: float, data: Any) -> None:
    who = data.draw(st.integers(0, len(spend) - 1))
    now = pd.Series(spend)
    age, earlier = pd.Series(900.0, now.index), pd.Series(100.0, now.index)
    grown = now.copy()
    grown[who] += more
    before, after = (percentile(potential.trend(age, n, earlier))[who] for n in (now, grown))
    assert after >= before


# --- blank, one, many equal -------------------------------------------------------------------


def test_what_the_client_has_not_is_blank(shop: dict[str, Any]) -> None:
    bare = assessed({"transactions": shop["transactions"]})
    table = bare.table
    assert table[["satisfaction_index", "influence_index", "strategic_index"]].isna().all(axis=None)
    assert table[["value_index", "loyalty_index"]].notna().all(axis=None)
    assert bare.facts["satisfaction_known"] == 0
    assert bare.facts["satisfaction_median"] is None


def test_a_failed_forecast_leaves_contribution_alone(shop: dict[str, Any]) -> None:
    from kehu.score.indices import indices

    summary = summaries.summary(shop["transactions"], END, "week")
    profit = summary[["customer_id"]].assign(contribution=-summary["total_spend"])
    made_ = indices(summary, None, profit, {"transactions": shop["transactions"]}, END)
    np.testing.assert_allclose(
        made_.table["value_index"], percentile(-summary["total_spend"]), rtol=1e-12
    )


def test_one_customer_stands_in_the_middle() -> None:
    alone = assessed(
        {"transactions": sales([("a", "1", "2026-01-01", 5), ("a", "2", "2026-02-01", 5)])}
    )
    row = alone.table.iloc[0]
    assert row["value_index"] == row["loyalty_index"] == 50
    assert np.isnan(row["satisfaction_index"])


def test_equal_customers_get_equal_indices() -> None:
    lines = [
        (c, f"{c}{i}", d, 5) for c in "abcd" for i, d in enumerate(("2025-01-01", "2026-02-01"))
    ]
    table = assessed({"transactions": sales(lines)}).table
    for column in ("value_index", "loyalty_index", "potential_index"):
        assert (table[column] == 50).all()


def test_own_weights_are_used() -> None:
    weights = chosen_weights({"frequency": 2, "average_amount": 0, "tenure": 0, "repeat_rate": 0})
    assert weights["frequency"] == 1
    lines = [("a", "1", "2026-01-01", 9), ("b", "2", "2026-01-01", 5), ("b", "3", "2026-02-01", 1)]
    found = assessed({"transactions": sales(lines)}, weights=weights).table
    assert found["loyalty_index"].tolist() == [25, 75]


def test_the_table_of_ingredients_is_sound() -> None:
    assert {i.index for i in ingredients().values()} == set(INDICES)
    for index in INDICES:
        assert sum(ingredients()[c].weight for c in of_index(index)) == pytest.approx(1)


# --- known truth ------------------------------------------------------------------------------


def test_latent_traits_are_recovered() -> None:
    """Rank correlation with the truth, 400 customers: satisfaction .89, loyalty .77 measured."""
    big = world(n=400, seed=11)
    found = assessed(big).table
    place = found["customer_id"].str[1:].astype(int)
    for trait, index, least in (("happy", "satisfaction", 0.8), ("loyal", "loyalty", 0.7)):
        known = found[f"{index}_index"].notna().to_numpy()
        assert known.mean() > 0.9
        rank = spearmanr(big[trait][place[known]], found[f"{index}_index"][known]).statistic
        assert rank > least, (index, rank)
