"""RFM: equal values score equal whatever the order and the method; cuts explain the scores."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu import tables
from kehu.errors import KehuError
from kehu.value.rfm import MEASURES, grid, kmeans_cuts, quantile_cuts, rfm, rfm_score, score

CUTS = {"recency": [30, 90, 180, 365], "frequency": [1, 2, 4, 8], "monetary": [10, 20, 50, 100]}
SCORES = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}

customer = st.tuples(
    st.integers(0, 40), st.integers(1, 5), st.integers(-500, 2000).map(lambda c: c / 100)
)
populations = st.lists(customer, min_size=1, max_size=60)
ways = st.sampled_from([(None, "quantile"), (CUTS, "fixed"), (None, "kmeans")])
weightings = st.fixed_dictionaries(dict.fromkeys(MEASURES, st.floats(0, 1e6))).filter(
    lambda weights: sum(weights.values()) > 0
)


def population(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(MEASURES.values()))
    return frame.assign(customer_id=[f"{i:03d}" for i in range(len(rows))])


def test_scores_by_hand() -> None:
    """Ten customers, two a score; fewer days are better, more orders and money are better."""
    days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    found = rfm(population([(d, d, 10.0 * d) for d in days])).table
    assert list(found["r_score"]) == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert list(found["f_score"]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(found["m_score"]) == list(found["f_score"])
    tables.check("rfm", found)


def test_a_value_on_a_cut_stays_in_the_lower_part() -> None:
    assert list(score([1, 1.01, 8, 8.01], CUTS["frequency"])) == [1, 2, 4, 5]
    assert list(score([30, 31, 365, 366], CUTS["recency"], low_is_best=True)) == [5, 4, 2, 1]


def test_fixed_cuts_do_not_depend_on_the_population() -> None:
    rows = [(10, 1, 5.0), (400, 9, 500.0), (100, 3, 20.0)]
    alone = [rfm(population([row]), CUTS).table.iloc[0] for row in rows]
    together = rfm(population(rows), CUTS).table
    for place, one in enumerate(alone):
        for column in SCORES.values():
            assert together[column].iloc[place] == one[column]
    assert list(together["r_score"]) == [5, 1, 3]
    assert list(together["f_score"]) == [1, 5, 3]
    assert list(together["m_score"]) == [1, 5, 2]


def test_cuts_that_are_not_four_ascending_numbers_are_refused() -> None:
    for wrong in ([1, 2, 3], [4, 3, 2, 1], [1, 2, 3, np.nan]):
        with pytest.raises(ValueError, match="4 ascending numbers"):
            rfm(population([(1, 1, 1.0)]), CUTS | {"monetary": wrong})


@settings(max_examples=30, deadline=None)
@given(populations, st.randoms(use_true_random=False), ways)
def test_order_of_rows_and_ties_do_not_matter(rows, random, way) -> None:
    one = rfm(population(rows), *way)
    mixed = population(rows).iloc[random.sample(range(len(rows)), len(rows))]
    for other in (population(rows).iloc[::-1], mixed):
        found = rfm(other, *way)
        pd.testing.assert_frame_equal(found.table.sort_index(), one.table, check_exact=True)
        pd.testing.assert_frame_equal(found.cuts, one.cuts)
        pd.testing.assert_frame_equal(grid(found.table), grid(one.table), check_exact=True)
        assert found.points == one.points
    for measure, column in MEASURES.items():
        assert (one.table.groupby(column)[SCORES[measure]].nunique() == 1).all()


@settings(max_examples=30, deadline=None)
@given(populations, ways)
def test_better_values_never_score_lower(rows, way) -> None:
    found = rfm(population(rows), *way).table
    for measure, column in MEASURES.items():
        ordered = found.sort_values(column, ascending=measure != "recency")[SCORES[measure]]
        assert ordered.is_monotonic_increasing
        assert ordered.between(1, 5).all()


@settings(max_examples=30, deadline=None)
@given(populations, ways)
def test_the_cuts_table_reproduces_the_scores(rows, way) -> None:
    found = rfm(population(rows), *way)
    for measure, column in MEASURES.items():
        held = found.cuts[(found.cuts["measure"] == measure) & (found.cuts["customers"] > 0)]
        for line in held.itertuples():
            inside = found.table[column].between(line.low, line.high)
            assert inside.sum() == line.customers
            assert (found.table.loc[inside, SCORES[measure]] == line.score).all()
        assert held["customers"].sum() == len(rows)
    assert len(found.cuts) == 15


def test_empty_scores_are_reported() -> None:
    """Six of ten bought once: parts 1 to 3 of frequency all end at one order."""
    orders = [1] * 6 + [2, 3, 4, 5]
    found = rfm(population([(i, n, float(i + 1)) for i, n in enumerate(orders)]))
    frequency = found.cuts[found.cuts["measure"] == "frequency"].set_index("score")
    assert frequency["customers"].to_dict() == {1: 6, 2: 0, 3: 0, 4: 2, 5: 2}
    assert frequency.loc[2, ["low", "high"]].isna().all()
    assert found.empty_bins == 2


@pytest.mark.parametrize("method", ["quantile", "kmeans"])
def test_where_all_are_equal_all_score_equal(method) -> None:
    for n, money in ((1, 9.99), (7, 9.99), (7, 0.0)):
        found = rfm(population([(5, 1, money)] * n), method=method)
        assert set(found.table["r_score"]) == {5}
        assert set(found.table["f_score"]) == set(found.table["m_score"]) == {1}
        assert found.empty_bins == 12


def test_quantile_parts_are_of_equal_size_without_ties() -> None:
    for n in (5, 35, 1000):
        values = np.random.default_rng(n).permutation(n) * 0.1
        sizes = np.bincount(score(values, quantile_cuts(values)))[1:]
        assert list(sizes) == [n // 5] * 5


def test_kmeans_by_hand() -> None:
    """Five groups of days, each around its middle; the cuts lie half-way between the groups."""
    days = [1, 2, 3, 30, 31, 32, 90, 91, 180, 181, 182, 360, 365]
    assert list(kmeans_cuts(days)) == [16.5, 61, 135.5, 271]
    found = rfm(population([(d, 1, 1.0) for d in days]), method="kmeans")
    assert list(found.table["r_score"]) == [5] * 3 + [4] * 3 + [3] * 2 + [2] * 3 + [1] * 2
    assert found.points["recency"] == [16.5, 61, 135.5, 271]


def test_kmeans_compares_orders_and_money_by_ratio() -> None:
    """Each value ten times the last: by differences the two smallest would be one group."""
    money = [1, 1.1, 10, 11, 100, 110, 1000, 1100, 10000, 11000]
    found = rfm(population([(1, 1, m) for m in money]), method="kmeans")
    assert list(found.table["m_score"]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert kmeans_cuts(money)[0] > 11


@pytest.mark.parametrize(
    ("orders", "scores"),
    [([1, 2], [1, 5]), ([1, 2, 3], [1, 3, 5]), ([1, 2, 3, 4], [1, 2, 4, 5]),
     ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])],
)  # fmt: skip
def test_kmeans_of_fewer_than_five_values_leaves_gaps_and_says_so(orders, scores) -> None:
    rows = [(7, n, 5.0) for n in orders for _ in range(n)]
    found = rfm(population(rows), method="kmeans")
    by_orders = found.table.groupby("n_orders")["f_score"].first()
    assert list(by_orders) == scores
    frequency = found.cuts[found.cuts["measure"] == "frequency"].set_index("score")["customers"]
    assert frequency[frequency > 0].to_dict() == dict(zip(scores, orders, strict=True))
    assert found.empty_bins == 4 + 4 + 5 - len(orders)


def test_kmeans_counts_debts_as_nothing() -> None:
    money = [-50.0, -0.01, 0.0, 1.0, 10.0, 100.0, 1000.0]
    found = rfm(population([(1, 1, m) for m in money]), method="kmeans").table
    assert list(found["m_score"]) == [1, 1, 1, 2, 3, 4, 5]


@settings(max_examples=30, deadline=None)
@given(populations, st.sampled_from([2.0**-6, 8.0, 2.0**20]))
def test_the_currency_does_not_change_scores(rows, rate) -> None:
    """Powers of two, which floats multiply without rounding."""
    other = population(rows).assign(total_spend=lambda f: f["total_spend"] * rate)
    for method in ("quantile", "kmeans"):
        one = rfm(population(rows), method=method).table
        assert list(rfm(other, method=method).table["m_score"]) == list(one["m_score"])


@settings(max_examples=30, deadline=None)
@given(populations, st.sampled_from(["quantile", "kmeans"]))
def test_the_points_of_one_run_score_the_next_alike(rows, method) -> None:
    one = rfm(population(rows), method=method)
    kept = json.loads(json.dumps(one.points))
    again = rfm(population(rows), kept)
    pd.testing.assert_frame_equal(again.table, one.table, check_exact=True)
    assert again.points == one.points


def test_methods_are_not_guessed() -> None:
    frame = population([(1, 1, 1.0)])
    for cuts, method in ((None, "fixed"), (CUTS, "quantile"), (CUTS, "kmeans")):
        with pytest.raises(ValueError, match="cuts belong to method 'fixed'"):
            rfm(frame, cuts, method)
    with pytest.raises(ValueError, match=r"method must be one of .*'k-means'"):
        rfm(frame, method="k-means")


def test_the_score_is_the_weighted_mean() -> None:
    frame = pd.DataFrame({"r_score": [5, 1, 3], "f_score": [1, 1, 5], "m_score": [3, 1, 4]})
    assert rfm_score(frame).tolist() == [3, 1, 4]
    weights = {"recency": 2, "frequency": 5, "monetary": 3}
    assert rfm_score(frame, weights).tolist() == pytest.approx([2.4, 1, 4.3])
    only = {"recency": 0, "frequency": 0.2, "monetary": 0}
    assert rfm_score(frame, only).tolist() == [1, 1, 5]


@settings(max_examples=50, deadline=None)
@given(populations, weightings, st.sampled_from([2.0**-9, 4.0]))
def test_the_score_keeps_to_its_range_and_knows_ratios_only(rows, weights, times) -> None:
    found = rfm(population(rows), weights=weights).table
    scores = found[list(SCORES.values())]
    tolerance = 1e-12
    assert (found["rfm_score"] >= scores.min(axis=1) - tolerance).all()
    assert (found["rfm_score"] <= scores.max(axis=1) + tolerance).all()
    assert found["rfm_score"].between(1, 5).all()
    scaled = rfm_score(found, {m: w * times for m, w in weights.items()})
    assert list(scaled) == list(found["rfm_score"])
    raised = found.assign(f_score=5)
    assert (rfm_score(raised, weights) >= found["rfm_score"]).all()


@settings(max_examples=50, deadline=None)
@given(weightings)
def test_the_ends_of_the_scale_are_exact(weights) -> None:
    for all_three in (1, 5):
        frame = pd.DataFrame({c: [all_three] for c in SCORES.values()})
        assert rfm_score(frame, weights).tolist() == [all_three]


@pytest.mark.parametrize(
    "weights",
    [{}, {"recency": 1, "frequency": 1}, {"recency": 1, "frequency": 1, "money": 1},
     dict.fromkeys(MEASURES, 0), dict.fromkeys(MEASURES, 1) | {"monetary": -1},
     dict.fromkeys(MEASURES, 1) | {"monetary": np.nan},
     dict.fromkeys(MEASURES, 1) | {"monetary": np.inf},
     dict.fromkeys(MEASURES, 1) | {"length": 1}],
)  # fmt: skip
def test_weights_that_are_none_are_refused(weights) -> None:
    with pytest.raises(ValueError, match="weights must be"):
        rfm(population([(1, 1, 1.0)]), weights=weights)


@settings(max_examples=20, deadline=None)
@given(populations)
def test_the_grid_conserves_customers_and_money(rows) -> None:
    found = rfm(population(rows)).table
    cells = grid(found)
    assert len(cells) == 25
    assert cells["customers"].sum() == len(rows)
    assert cells["spend"].sum() == pytest.approx(found["total_spend"].sum(), abs=1e-9)
    total = cells["spend"].sum()
    assert cells["spend_share"].sum() == pytest.approx(1 if total else 0)
    first = found[(found["r_score"] == 5) & (found["f_score"] == 1)]
    cell = cells[(cells["r_score"] == 5) & (cells["f_score"] == 1)].iloc[0]
    assert cell["customers"] == len(first)


def test_a_grid_without_money_has_no_shares() -> None:
    assert set(grid(rfm(population([(1, 1, 0.0), (2, 2, 0.0)])).table)["spend_share"]) == {0.0}


def test_no_customers_is_said() -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: there are no customers"):
        rfm(population([(1, 1, 1.0)]).head(0))
