"""RFM scores: equal values equal scores, order irrelevant, cuts that explain the scores."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu import tables
from kehu.errors import KehuError
from kehu.value.rfm import MEASURES, grid, quantile_cuts, rfm, score

CUTS = {"recency": [30, 90, 180, 365], "frequency": [1, 2, 4, 8], "monetary": [10, 20, 50, 100]}
SCORES = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}

customer = st.tuples(
    st.integers(0, 40), st.integers(1, 5), st.integers(-500, 2000).map(lambda c: c / 100)
)
populations = st.lists(customer, min_size=1, max_size=60)


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
@given(populations, st.randoms(use_true_random=False), st.sampled_from([None, CUTS]))
def test_order_of_rows_and_ties_do_not_matter(rows, random, cuts) -> None:
    one = rfm(population(rows), cuts)
    mixed = population(rows).iloc[random.sample(range(len(rows)), len(rows))]
    for other in (population(rows).iloc[::-1], mixed):
        found = rfm(other, cuts)
        pd.testing.assert_frame_equal(found.table.sort_index(), one.table)
        pd.testing.assert_frame_equal(found.cuts, one.cuts)
    for measure, column in MEASURES.items():
        assert (one.table.groupby(column)[SCORES[measure]].nunique() == 1).all()


@settings(max_examples=30, deadline=None)
@given(populations, st.sampled_from([None, CUTS]))
def test_better_values_never_score_lower(rows, cuts) -> None:
    found = rfm(population(rows), cuts).table
    for measure, column in MEASURES.items():
        ordered = found.sort_values(column, ascending=measure != "recency")[SCORES[measure]]
        assert ordered.is_monotonic_increasing
        assert ordered.between(1, 5).all()


@settings(max_examples=30, deadline=None)
@given(populations)
def test_the_cuts_table_reproduces_the_scores(rows) -> None:
    found = rfm(population(rows))
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


def test_where_all_are_equal_all_score_equal() -> None:
    for n in (1, 7):
        found = rfm(population([(5, 1, 9.99)] * n))
        assert set(found.table["r_score"]) == {5}
        assert set(found.table["f_score"]) == set(found.table["m_score"]) == {1}
        assert found.empty_bins == 12


def test_quantile_parts_are_of_equal_size_without_ties() -> None:
    for n in (5, 35, 1000):
        values = np.random.default_rng(n).permutation(n) * 0.1
        sizes = np.bincount(score(values, quantile_cuts(values)))[1:]
        assert list(sizes) == [n // 5] * 5


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
