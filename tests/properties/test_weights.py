"""Weights, ranking and stability: what must hold whatever the judgements and the data."""

import doctest
import tracemalloc
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.stats import entropy as shannon
from scipy.stats import spearmanr

from kehu import tables
from kehu.i18n import Translator, catalogue
from kehu.params_weights import CRITERIA, Weights
from kehu.report import charts_weights, listings_weights, story_weights
from kehu.report.style import house_style, svg
from kehu.score import ahp, ahp_form, judgements, rank, stability, weight_facts, weights
from kehu.score.ahp_form import AhpForm
from kehu.score.criteria import complete
from kehu.score.judgements import pairwise_matrix, said
from kehu.score.weight_methods import combined, critic, entropy, manual

scale = st.sampled_from([*range(1, 10), *(1 / n for n in range(2, 10))])
shares = st.lists(st.floats(0.05, 1), min_size=2, max_size=6).map(lambda w: np.array(w) / sum(w))
tables_of = st.integers(2, 5).flatmap(
    lambda m: st.lists(
        st.lists(st.integers(0, 100), min_size=m, max_size=m), min_size=2, max_size=30
    )
)
FULL = {
    "value/loyalty": 3.0, "value/satisfaction": 5.0, "value/potential": 2.0,
    "loyalty/satisfaction": 2.0, "loyalty/potential": 1 / 2, "satisfaction/potential": 1 / 3,
}  # fmt: skip


def reciprocal(draw_values: list[float], n: int) -> np.ndarray:
    matrix = np.eye(n)
    for (i, j), value in zip(combinations(range(n), 2), draw_values, strict=False):
        matrix[i, j], matrix[j, i] = value, 1 / value
    return matrix


matrices = st.integers(3, 6).flatmap(
    lambda n: st.lists(scale, min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2).map(
        lambda values: reciprocal(values, n)
    )
)


def population(rows, blank: dict[str, list[int]] | None = None) -> pd.DataFrame:
    """Indices of customers 000...; criteria beyond the given columns have no data."""
    values = np.full((len(rows), len(CRITERIA)), np.nan)
    given_rows = np.asarray(rows, dtype=float)
    values[:, : given_rows.shape[1]] = given_rows
    frame = pd.DataFrame(values, columns=[f"{c}_index" for c in CRITERIA])
    for criterion, places in (blank or {}).items():
        frame.loc[places, f"{criterion}_index"] = np.nan
    frame.insert(0, "customer_id", [f"{i:03d}" for i in range(len(rows))])
    return frame


def uniform(n: int, m: int = 6, seed: int = 1) -> pd.DataFrame:
    return population(np.random.default_rng(seed).uniform(0, 100, (n, m)).round(1))


# --- AHP --------------------------------------------------------------------------------------


@given(shares)
def test_judgements_that_agree_give_back_the_weights_behind_them(w) -> None:
    """The geometric mean of the rows, a second method, is the same there."""
    matrix = w[:, None] / w[None, :]
    if matrix.max() > 9:
        return
    found = ahp.compare(matrix, [str(i) for i in range(len(w))])
    means = np.prod(matrix, axis=1) ** (1 / len(w))
    assert found.weights == pytest.approx(w, rel=1e-9)
    assert found.weights == pytest.approx(means / means.sum(), rel=1e-9)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert found.consistent


@given(matrices, st.randoms(use_true_random=False))
def test_any_judgements_weigh_and_their_order_does_not_matter(matrix, random) -> None:
    n = len(matrix)
    found = ahp.compare(matrix, list("abcdef"[:n]))
    assert found.weights.sum() == pytest.approx(1)
    assert (found.weights > 0).all()
    assert matrix @ found.weights == pytest.approx(found.lambda_max * found.weights)
    assert found.lambda_max >= n - 1e-9
    order = random.sample(range(n), n)
    other = ahp.compare(matrix[np.ix_(order, order)], list("abcdef"[:n]))
    assert other.weights == pytest.approx(found.weights[order])
    assert other.consistency_ratio == pytest.approx(found.consistency_ratio, abs=1e-9)


@settings(max_examples=30)
@given(matrices, scale)
def test_what_the_others_imply_is_what_the_weights_then_say(matrix, other) -> None:
    names = CRITERIA[: len(matrix)]
    found = ahp.compare(matrix, names)
    for row in ahp.review(found).itertuples():
        i, j = names.index(row.first), names.index(row.second)
        if 1 / 9 <= row.implied <= 9:
            agreed = ahp.compare(_with(matrix, i, j, row.implied), names).weights
            assert agreed[i] / agreed[j] == pytest.approx(row.implied)
        after = ahp.compare(_with(matrix, i, j, row.suggested), names)
        assert row.ratio_after == pytest.approx(after.consistency_ratio, abs=1e-9)
        again = ahp.review(ahp.compare(_with(matrix, i, j, other), names))
        same = again[(again["first"] == row.first) & (again["second"] == row.second)].iloc[0]
        assert same["implied"] == pytest.approx(row.implied), "the judgement itself has no say"


def _with(matrix: np.ndarray, i: int, j: int, value: float) -> np.ndarray:
    changed = matrix.copy()
    changed[i, j], changed[j, i] = value, 1 / value
    return changed


@pytest.mark.parametrize("pair", list(combinations(range(5), 2)))
def test_one_planted_contradiction_is_found(pair) -> None:
    w = np.array([8.0, 4.0, 4.0, 2.0, 1.0])
    matrix = w[:, None] / w[None, :]
    i, j = pair
    matrix[i, j], matrix[j, i] = 1 / 9, 9
    found = ahp.compare(matrix, CRITERIA[:5])
    assert not found.consistent
    first = ahp.review(found).iloc[0]
    assert (first["first"], first["second"]) == (CRITERIA[i], CRITERIA[j])
    assert first["implied"] == pytest.approx(w[i] / w[j])
    assert first["suggested"] == pytest.approx(w[i] / w[j])
    assert first["ratio_after"] == pytest.approx(0, abs=1e-9)


def test_judgements_at_random_have_a_ratio_about_one() -> None:
    rng, steps = np.random.default_rng(5), [*range(1, 10), *(1 / n for n in range(2, 10))]
    for n in (4, 6, 10):
        drawn = [reciprocal(rng.choice(steps, n * (n - 1) // 2), n) for _ in range(300)]
        ratios = [ahp.compare(m, [str(i) for i in range(n)]).consistency_ratio for m in drawn]
        assert np.mean(ratios) == pytest.approx(1, abs=0.12)


def test_pairs_may_be_written_in_either_direction_and_any_order() -> None:
    turned = {"/".join(reversed(k.split("/"))): 1 / v for k, v in FULL.items()}
    one, other = ahp.judged(FULL), ahp.judged(dict(reversed(turned.items())))
    assert one.criteria == other.criteria == ("value", "loyalty", "satisfaction", "potential")
    assert one.weights == pytest.approx(other.weights)
    assert one.weights[0] > one.weights[3]


def test_two_criteria_cannot_contradict_each_other() -> None:
    found = ahp.judged({"value/potential": 9})
    assert found.weights == pytest.approx([0.9, 0.1])
    assert found.consistency_ratio == 0


@given(scale)
def test_a_judgement_is_said_as_it_is_written(value) -> None:
    assert Weights(judgements={"a/b": said(value)}).judgements == {"a/b": pytest.approx(value)}


# --- weights from the data --------------------------------------------------------------------


def varies(rows) -> bool:
    return bool((np.ptp(np.asarray(rows), axis=0) > 0).any())


@given(tables_of, st.randoms(use_true_random=False))
def test_data_weights_sum_to_one_whatever_the_order_of_customers(rows, random) -> None:
    if not varies(rows):
        return
    mixed = random.sample(rows, len(rows))
    constant = np.ptp(np.asarray(rows), axis=0) == 0
    for method in (entropy, critic):
        found = method(rows)
        assert found.sum() == pytest.approx(1)
        assert (found >= 0).all()
        assert (found[constant] == 0).all()
        assert np.array_equal(method(mixed), found)


@given(tables_of)
def test_entropy_is_shannons(rows) -> None:
    x = np.asarray(rows, dtype=float)
    if not varies(rows):
        return
    differ = np.ptp(x, axis=0) > 0
    spread = np.where(differ, 1 - np.nan_to_num(shannon(x, axis=0)) / np.log(len(x)), 0)
    assert entropy(x) == pytest.approx(spread / spread.sum(), abs=1e-9)


@given(tables_of, st.floats(0.1, 10), st.floats(0, 50))
def test_units_do_not_matter(rows, factor, shift) -> None:
    x = np.asarray(rows, dtype=float)
    if not varies(rows):
        return
    changed = x.copy()
    changed[:, 0] = factor * x[:, 0]
    assert entropy(changed) == pytest.approx(entropy(x), abs=1e-9)
    changed[:, 0] += shift
    assert critic(changed) == pytest.approx(critic(x), abs=1e-6)


@given(tables_of)
def test_a_cost_is_the_benefit_of_its_opposite(rows) -> None:
    if not varies(rows):
        return
    x = np.asarray(rows, dtype=float)
    assert critic(x, [1]) == pytest.approx(critic(x * [1, -1, *[1] * (x.shape[1] - 2)]), abs=1e-9)


def test_critic_gives_less_to_criteria_that_repeat_each_other() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.permutation(1000), rng.permutation(1000)
    apart = critic(np.column_stack([a, b, rng.permutation(1000)]))
    repeated = critic(np.column_stack([a, a, b]))
    assert apart == pytest.approx([1 / 3] * 3, abs=0.03)
    assert repeated == pytest.approx([0.25, 0.25, 0.5], abs=0.02)


def test_critic_without_conflict_is_contrast() -> None:
    x = np.array([0.0, 1, 2, 3, 10])
    same = np.column_stack([x, 2 * x + 5, np.full(5, 7.0)])
    assert critic(same) == pytest.approx([0.5, 0.5, 0])
    assert critic(np.column_stack([x, np.zeros(5)])) == pytest.approx([1, 0])


@given(shares)
def test_equal_weights_leave_the_other_side_as_it_is(w) -> None:
    equal = np.full(len(w), 1 / len(w))
    assert combined(w, equal) == pytest.approx(w)
    assert combined(equal, w) == pytest.approx(w)
    product = w * w
    assert combined(w, w) == pytest.approx(product / product.sum())
    assert manual(7 * w) == pytest.approx(w)


# --- all methods of a client ------------------------------------------------------------------


def test_every_method_sums_to_one_over_all_criteria_and_keeps_the_contract() -> None:
    found = weights.derive(uniform(50), {"method": "combined", "judgements": FULL})
    tables.check("weights", found.table)
    assert set(found.table["weighting"]) == {
        "manual", "ahp", "entropy", "critic", "combined", "used",
    }  # fmt: skip
    sums = found.table.groupby("weighting")["weight"].agg(["sum", "size"])
    assert sums["sum"].to_numpy() == pytest.approx(1)
    assert (sums["size"] == 6).all()
    pivot = found.table.pivot(index="criterion", columns="weighting", values="weight")
    product = pivot["manual"] * pivot["critic"]
    assert pivot["combined"].to_numpy() == pytest.approx((product / product.sum()).to_numpy())
    assert list(found.used[pivot.index]) == list(pivot["combined"])
    assert list(pivot.loc[["influence", "strategic"], "ahp"]) == [0, 0]


@pytest.mark.parametrize("method", ["manual", "ahp", "entropy", "critic", "combined"])
def test_the_method_chosen_is_the_one_in_use(method) -> None:
    found = weights.derive(uniform(30), {"method": method, "judgements": FULL})
    rows = found.table.pivot(index="criterion", columns="weighting", values="weight")
    assert rows["used"].equals(rows[method])
    assert found.method == method


def test_a_criterion_nobody_has_data_for_weighs_nothing_and_the_others_keep_their_proportions() -> (
    None
):
    found = weights.derive(uniform(40, m=3), {"judgements": FULL})
    assert found.left_out == ("potential", "influence", "strategic")
    assert found.used.to_dict() == pytest.approx(
        {"value": 4 / 7, "loyalty": 2 / 7, "satisfaction": 1 / 7,
         "potential": 0, "influence": 0, "strategic": 0}
    )  # fmt: skip
    of_all, rows = ahp.judged(FULL), found.table[found.table["weighting"] == "ahp"]
    kept = rows.set_index("criterion")["weight"][["value", "loyalty", "satisfaction"]]
    assert kept.to_numpy() == pytest.approx(of_all.weights[:3] / of_all.weights[:3].sum())


def test_a_single_blank_counts_as_the_customer_in_the_middle() -> None:
    rows = [[10, 5], [20, 5], [90, 5], [60, 5]]
    data = complete(population(rows, {"value": [3]}))
    assert data.values[3, 0] == 20
    assert data.filled == {"value": 1}
    assert data.constant == ("loyalty",)
    found = weights.derive(population(rows, {"value": [3]}), {})
    assert found.filled == {"value": 1}
    scores = rank.assess(population(rows, {"value": [3]}), found)
    assert scores["score"].iloc[3] == scores["score"].iloc[1]


def test_a_criterion_without_difference_weighs_nothing_by_data_but_may_by_hand() -> None:
    found = weights.derive(population([[10, 50], [20, 50], [40, 50]]), {})
    pivot = found.table.pivot(index="criterion", columns="weighting", values="weight")
    assert pivot.loc["loyalty", ["entropy", "critic"]].to_list() == [0, 0]
    assert pivot.loc["loyalty", "used"] == pytest.approx(1 / 3)
    assert found.constant == ("loyalty",)


def test_where_customers_do_not_differ_only_people_can_weigh() -> None:
    found = weights.derive(uniform(1), {"judgements": FULL})
    assert set(found.table["weighting"]) == {"manual", "ahp", "used"}


# --- score and rank ---------------------------------------------------------------------------


def topsis_by_hand(x, w):
    """Closeness to the ideal in a few lines of numpy."""
    v = w * x / np.where((x**2).sum(0) > 0, np.sqrt((x**2).sum(0)), 1)
    far, near = (np.sqrt(((v - end) ** 2).sum(1)) for end in (v.min(0), v.max(0)))
    return np.where(far + near > 0, 100 * far / np.where(far + near > 0, far + near, 1), 50)


@given(tables_of, st.data())
def test_scores_by_a_second_method(rows, data) -> None:
    x = np.asarray(rows, dtype=float)
    w = np.array(data.draw(st.lists(st.floats(0, 1), min_size=x.shape[1], max_size=x.shape[1])))
    w = np.full(x.shape[1], 1 / x.shape[1]) if w.sum() < 0.01 else w / w.sum()
    assert rank.weighted_sum(x)(w) == pytest.approx(x @ w, abs=1e-8)
    assert rank.topsis(x)(w) == pytest.approx(topsis_by_hand(x, w), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(tables_of, st.sampled_from(list(rank.SCORERS)), st.randoms(use_true_random=False))
def test_rank_keeps_order_ties_and_bounds(rows, aggregate, random) -> None:
    frame = population(rows)
    found = weights.derive(frame, {})
    scored = rank.assess(frame, found, aggregate)
    assert scored["score"].between(0, 100).all()
    assert list(scored["customer_id"]) == list(frame["customer_id"])
    for row in scored.itertuples():
        assert row.rank == 1 + (scored["score"] > row.score).sum()
    values = complete(frame).values
    for i, j in permutations(range(min(len(rows), 6)), 2):
        if (values[i] >= values[j]).all():
            assert scored["score"].iloc[i] >= scored["score"].iloc[j]
        if (values[i] == values[j]).all():
            assert scored["score"].iloc[i] == scored["score"].iloc[j]
    mixed = frame.iloc[random.sample(range(len(frame)), len(frame))]
    again = rank.assess(mixed, weights.derive(mixed, {}), aggregate)
    again = again.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(again, scored, check_exact=True)


def test_a_weighted_sum_on_the_scale_of_the_indices() -> None:
    frame = population([[100] * 6, [0] * 6, [40] * 6])
    found = weights.derive(frame, {})
    assert rank.assess(frame, found)["score"].to_list() == [100, 0, 40]
    assert rank.assess(frame, found, "topsis")["score"].to_list() == [100, 0, 40]
    assert rank.assess(frame, found)["rank"].to_list() == [1, 3, 2]


def test_differences_that_are_only_rounding_share_a_place() -> None:
    """Twice the value and once the loyalty, 50 in both, differ in the last binary digit."""
    rows = [[0, 50, 0, 0, 0, 0], [10, 30, 0, 0, 0, 0], [9, 30, 0, 0, 0, 0]]
    frame = population(rows)
    found = weights.derive(frame, {})
    first, second = (found.used["value"] * r[0] + found.used["loyalty"] * r[1] for r in rows[:2])
    assert first != second
    assert rank.assess(frame, found)["rank"].to_list() == [1, 1, 3]


@pytest.mark.parametrize("aggregate", list(rank.SCORERS))
def test_one_customer_is_first(aggregate) -> None:
    frame = uniform(1)
    scored = rank.assess(frame, weights.derive(frame, {}), aggregate)
    assert scored["rank"].to_list() == [1]
    assert aggregate != "topsis" or scored["score"].to_list() == [50]


def test_topsis_prefers_an_even_profile() -> None:
    x = np.array([[100.0, 0], [50, 50], [0, 100]])
    w = np.array([0.55, 0.45])
    assert rank.weighted_sum(x)(w).argmax() == 0
    assert rank.topsis(np.vstack([x, [[100, 100], [0, 0]]]))(w)[1] < 60


# --- stability --------------------------------------------------------------------------------


def assessed(frame: pd.DataFrame, how: dict | None = None, aggregate: str = "weighted_sum", **more):
    return stability.assess(frame, weights.derive(frame, how or {}), aggregate, seed=7, **more)


def by_hand(aggregate, x, w) -> np.ndarray:
    """Scores by the second method, without what is only rounding."""
    return np.round(topsis_by_hand(x, w) if aggregate == "topsis" else x @ w, 9)


@pytest.mark.parametrize("aggregate", list(rank.SCORERS))
def test_shares_of_draws_by_a_second_method(aggregate) -> None:
    frame, draws = uniform(57), 40
    found, weighting = assessed(frame, None, aggregate, draws=draws), weights.derive(frame, {})
    rng = np.random.default_rng(7)
    used = weighting.used.to_numpy()
    near, anyhow = rng.dirichlet(50 * used, draws), rng.dirichlet(np.ones(6), draws)
    x = frame.drop(columns="customer_id").to_numpy()
    for drawn, column in ((near, "top_share"), (anyhow, "top_share_any")):
        scores = [by_hand(aggregate, x, w) for w in drawn]
        inside = [pd.Series(s).rank(ascending=False, method="min") <= 12 for s in scores]
        assert found.customers[column].to_numpy() == pytest.approx(np.mean(inside, axis=0))
    chosen = rank.assess(frame, weighting, aggregate)
    assert (found.customers["in_top"] == (chosen["rank"] <= 12)).all()
    assert found.in_top == 12
    row = found.spread.set_index("draws").loc["near"]
    own = by_hand(aggregate, x, used)
    rhos = [spearmanr(by_hand(aggregate, x, w), own).statistic for w in near]
    assert row["spearman"] == pytest.approx(np.mean(rhos))
    assert row["spearman_low"] == pytest.approx(np.quantile(rhos, 0.05))


@settings(max_examples=15, deadline=None)
@given(tables_of, st.sampled_from(list(rank.SCORERS)), st.randoms(use_true_random=False))
def test_stability_counts_everyone_once_in_any_order(rows, aggregate, random) -> None:
    frame = population(rows)
    found = assessed(frame, None, aggregate, draws=25)
    groups = found.spread[["kept", "may_leave", "may_enter", "never"]]
    assert (groups.sum(axis=1) == len(frame)).all()
    assert (groups["kept"] + groups["may_leave"] == found.in_top).all()
    assert found.in_top == found.customers["in_top"].sum() >= 1
    assert found.customers[["top_share", "top_share_any"]].stack().between(0, 1).all()
    mixed = frame.iloc[random.sample(range(len(frame)), len(frame))]
    again = assessed(mixed, None, aggregate, draws=25)
    customers = again.customers.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(customers, found.customers, check_exact=True)
    pd.testing.assert_frame_equal(again.spread, found.spread, check_exact=True)
    pd.testing.assert_frame_equal(again.single, found.single, check_exact=True)


def test_who_is_best_in_everything_is_in_whatever_the_weights() -> None:
    frame = uniform(50)
    frame.loc[17, frame.columns[1:]] = 100.0
    frame.loc[18, frame.columns[1:]] = 0.0
    shares = assessed(frame, draws=200).customers.loc[[17, 18], ["top_share", "top_share_any"]]
    assert shares.to_numpy().tolist() == [[1, 1], [0, 0]]


def test_tighter_draws_keep_more_and_the_seed_decides() -> None:
    frame = uniform(300)
    loose, tight = (assessed(frame, concentration=c, draws=100).spread for c in (10, 1000))
    assert tight.loc[0, "stayed"] > loose.loc[0, "stayed"]
    assert tight.loc[0, "spearman"] > loose.loc[0, "spearman"]
    weighting = weights.derive(frame, {})
    one, same, other = (
        stability.assess(frame, weighting, seed=s, draws=50).customers for s in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same, check_exact=True)
    assert not one.equals(other)


def test_a_ranking_that_weights_cannot_change() -> None:
    values = np.arange(40.0)
    same = assessed(population(np.column_stack([values] * 6)), draws=30)
    assert same.spread["kept"].to_list() == [8, 8]
    assert same.spread["spearman"].to_list() == pytest.approx([1, 1])
    assert same.single["turnover"].max() == 0
    assert same.single["kendall"].to_numpy() == pytest.approx(1)
    alike = assessed(population([[50] * 6] * 10), draws=30)
    assert alike.in_top == 10
    assert alike.single[["spearman", "kendall"]].isna().all(axis=None)


def test_one_weight_at_a_time_by_a_second_method() -> None:
    frame = uniform(101)
    found = assessed(frame, draws=1).single.set_index(["criterion", "change"])
    used = weights.derive(frame, {}).used
    x = frame.drop(columns="customer_id").set_axis(list(CRITERIA), axis=1)
    chosen = (x @ used).round(9)
    top = chosen.rank(ascending=False, method="min") <= 21
    assert len(found) == 12
    for (criterion, change), row in found.iterrows():
        changed = used.copy()
        changed[criterion] *= 1 + change
        others = [c for c in CRITERIA if c != criterion]
        changed[others] *= (1 - changed[criterion]) / changed[others].sum()
        assert row["weight_new"] == pytest.approx(changed[criterion])
        scores = (x @ changed).round(9)
        now = scores.rank(ascending=False, method="min") <= 21
        assert (row["left"], row["entered"]) == ((top & ~now).sum(), (now & ~top).sum())
        assert row["turnover"] == pytest.approx(row["left"] / 21)
        assert row["spearman"] == pytest.approx(spearmanr(chosen, scores).statistic)


def test_a_weight_above_two_thirds_is_raised_to_one_at_most() -> None:
    single = assessed(uniform(30), {"manual": {"value": 4, "loyalty": 1}}, draws=1).single
    raised = single[single["change"] > 0].set_index("criterion")["weight_new"]
    assert raised.to_dict() == pytest.approx({"value": 1, "loyalty": 0.3})


def test_a_single_criterion_leaves_nothing_to_change() -> None:
    found = assessed(uniform(30), {"manual": {"potential": 1}}, draws=20)
    assert found.single.empty
    assert found.spread["kept"].to_list() == [6, 6]


def test_memory_grows_with_customers_not_with_draws() -> None:
    frame = uniform(10_000)
    weighting = weights.derive(frame, {})
    tracemalloc.start()
    stability.assess(frame, weighting, seed=1, draws=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000 * 8 * 60, "all draws at once would take 100 numbers a customer and more"


# --- what the report says ---------------------------------------------------------------------

BLANK = pd.DataFrame(False, index=range(30), columns=uniform(1).columns)
BLANK.loc[[4, 9], "loyalty_index"] = True
CASES = {
    "combined": (uniform(60), {"method": "combined", "judgements": FULL}, "topsis"),
    "gaps": (uniform(30, 3).mask(BLANK), {}, "weighted_sum"),
    "one customer": (uniform(1), {}, "topsis"),
    "one criterion": (uniform(8), {"manual": {"strategic": 3}}, "weighted_sum"),
    "all alike": (population([[50] * 6] * 7), {"method": "ahp", "judgements": FULL}, "topsis"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_sentence_and_figure_can_be_said_of_any_client(case) -> None:
    frame, how, aggregate = CASES[case]
    weighting = weights.derive(frame, how)
    found = stability.assess(frame, weighting, aggregate, seed=1, draws=20)
    facts = weight_facts.facts(weighting, aggregate, found)
    named = {f"score.{name}": value for name, value in facts.items()}
    for language in ("zh", "en"):
        say = Translator(language, "CNY")
        keys = [*story_weights.weights(named), *story_weights.stability(named)]
        assert ("score.weights_consistent" in keys) == (weighting.ahp is not None)
        moved = len(found.single) > 0 and found.single["turnover"].max() > 0
        assert ("score.stability_single" in keys) == moved
        assert len({"score.stability_any", "score.stability_nobody"} & set(keys)) == 1
        assert all("nan" not in say(key, named) for key in keys)
        with house_style(language):
            charts = [
                charts_weights.weights_by_method(say, weighting.table),
                charts_weights.top_stability(say, found.spread, found.draws),
                charts_weights.weight_sensitivity(say, found.single, weighting.table, len(frame)),
            ]
            for chart in charts:
                assert any(c.isdigit() for c in chart.title)
                assert svg(chart.figure).startswith(b"<?xml")
                assert all_inside(chart.figure), chart.title
        listings_weights.weights_by_method(say, weighting.table, weighting.method)
        listings_weights.weight_sensitivity(say, found.single)
        listings_weights.ahp_judgements(say, weighting)


def all_inside(figure) -> bool:
    """Whether no label is cut off at the figure's edge."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
    edge = 0.02
    return (min(drawn.x0, drawn.y0) >= -edge and drawn.x1 <= width + edge
            and drawn.y1 <= height + edge)  # fmt: skip


def test_facts_tell_what_was_done() -> None:
    frame, how, aggregate = CASES["gaps"]
    weighting = weights.derive(frame, how)
    found = stability.assess(frame, weighting, aggregate, seed=1, draws=20)
    facts = weight_facts.facts(weighting, aggregate, found)
    assert (facts["first"], facts["weighed"]) == ("value", 3)
    assert facts["first_weight"] == pytest.approx(4 / 7)
    assert (facts["blanks"], facts["left_out"], facts["filled"]) == ("both", 3, 2)
    assert facts["filled_share"] == pytest.approx(2 / 90)
    assert facts["in_top"] == 6
    assert facts["kept_any"] <= facts["kept_near"] <= 6
    worst = found.single["turnover"].max()
    assert facts["turnover"] == worst
    assert worst == found.single.set_index("criterion")["turnover"].loc[
        facts["turnover_criterion"]
    ].max()  # fmt: skip


def test_the_width_of_the_draws_is_the_one_stated() -> None:
    drawn = np.random.default_rng(3).dirichlet(50 * np.array([0.4, 0.6]), 20_000)[:, 0]
    frame = uniform(9)
    weighting = weights.derive(frame, {})
    found = stability.assess(frame, weighting, seed=1, draws=5)
    stated = weight_facts.facts(weighting, "weighted_sum", found)["first_swing"]
    assert stated == pytest.approx(100 * drawn.std(), rel=0.02)


def test_the_table_of_judgements_says_the_stronger_first() -> None:
    weighting = weights.derive(uniform(5), {"judgements": {"value/loyalty": 1 / 3}})
    made = listings_weights.ahp_judgements(Translator("zh", "CNY"), weighting)
    html = made.table.as_raw_html()
    assert html.index("忠诚度") < html.index("稍微重要") < html.index("价值")
    assert "—" in html, "with one pair nothing else implies anything"


def test_the_ranking_lists_the_best_first_and_counts_the_firm() -> None:
    frame, how, aggregate = CASES["gaps"]
    weighting = weights.derive(frame, how)
    scored = rank.assess(frame, weighting, aggregate)
    found = stability.assess(frame, weighting, aggregate, seed=1, draws=20)
    value = frame.merge(scored).merge(found.customers)
    made = listings_weights.ranking(
        Translator("en", "CNY"), value.sample(frac=1, random_state=1), 6
    )
    html = made.table.as_raw_html()
    best = scored.sort_values(["rank", "customer_id"])["customer_id"].head(6)
    assert [html.index(f">{c}<") for c in best] == sorted(html.index(f">{c}<") for c in best)
    assert f"for {int((found.customers['top_share'] == 1).sum())} of them" in made.title
    assert "Satisfaction" in html
    assert "Potential" not in html, "an index without data has no column"


def test_the_table_of_weights_names_what_has_none() -> None:
    frame, how, _ = CASES["gaps"]
    weighting = weights.derive(frame, how)
    made = listings_weights.weights_by_method(Translator("zh", "CNY"), weighting.table, "manual")
    assert made.subtitle.endswith("潜力、影响力、战略意义")
    assert "57.1%" in made.table.as_raw_html()


# --- the form ---------------------------------------------------------------------------------


def test_the_form_starts_equal_and_writes_what_the_params_read() -> None:
    form = AhpForm("en")
    assert form.result.weights == pytest.approx([1 / 6] * 6)
    assert len(form.sliders) == 15
    given_yaml = yaml.safe_load(form.yaml)["weights"]
    assert Weights.model_validate(given_yaml).judgements == form.judgements
    assert form.paste.value == form.yaml


def test_moving_a_slider_updates_verdict_weights_and_text() -> None:
    form = AhpForm("zh", ["potential", "value", "loyalty"])
    assert list(form.sliders) == [
        ("value", "loyalty"), ("value", "potential"), ("loyalty", "potential"),
    ]  # fmt: skip
    form.sliders["value", "loyalty"].value = 5.0
    form.set("potential", "value", 3)
    assert form.words["value", "loyalty"].value == "价值明显重要（5）"
    assert form.words["value", "potential"].value == "潜力稍微重要（3）"
    assert form.words["loyalty", "potential"].value == "同等重要"
    ratio = ahp.compare([[1, 5, 1 / 3], [1 / 5, 1, 1], [3, 1, 1]], "abc").consistency_ratio
    assert form.result.consistency_ratio == pytest.approx(ratio)
    assert ratio > 0.1
    assert "不能采用" in form.verdict.value
    assert "#a4262c" in form.verdict.value
    assert "价值与忠诚度" in form.verdict.value
    assert "value/potential: 1/3" in form.paste.value
    assert form.paste.value.startswith("# CR 0.751 > 0.10")
    form.set("value", "loyalty", 1 / 3)
    assert "可以采用" in form.verdict.value
    assert "#1d6b40" in form.verdict.value
    assert ahp.judged(form.judgements).consistent
    assert ">42.9%<" in form.weights.value


@settings(max_examples=20, deadline=None)
@given(st.lists(scale, min_size=3, max_size=3))
def test_the_form_takes_up_where_the_params_file_stands(values) -> None:
    pairs = ["value/loyalty", "value/potential", "loyalty/potential"]
    start = dict(zip(pairs, values, strict=True))
    form = AhpForm("en", ["value", "loyalty", "potential"], start)
    assert form.judgements == pytest.approx(start)
    assert (form.result.matrix == pairwise_matrix(start)[1]).all()


def test_words_of_the_form_in_every_step_and_language() -> None:
    for language in ("zh", "zh-Hant", "en"):
        form = AhpForm(language, ["value", "loyalty"])
        labels = [label for label, _ in form.sliders["value", "loyalty"].options]
        assert len(set(labels)) == 17
        form.set("loyalty", "value", 9)
        assert form.result.weights == pytest.approx([0.1, 0.9])
    assert form.sliders["value", "loyalty"].options[0][0] == "value extremely more important (9)"
    assert {f"saaty.step{n}" for n in range(1, 10)} <= catalogue("zh").keys()


@pytest.mark.parametrize("module", [ahp, ahp_form, judgements], ids=lambda m: m.__name__)
def test_examples_of_the_documentation(module) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0
