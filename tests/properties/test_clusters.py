"""Clusters: the same groups whatever the order, names that stay, and groups known to be there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from kehu import tables
from kehu.i18n import Translator
from kehu.params_clusters import Clusters
from kehu.report import charts_movement, listings_movement
from kehu.report.cluster_words import cluster_name
from kehu.report.style import house_style
from kehu.segments import cluster_names, cluster_tree
from kehu.segments.clusters import clusters, facts, trees
from kehu.segments.grouping import compared, group

FEATURES = ["days_since_last", "n_orders", "mean_order_value", "tenure"]
KINDS = np.array([[400, 1, 60, 500], [20, 12, 80, 900], [15, 2, 300, 60], [200, 6, 30, 700]])


def customers(n: int, seed: int, spread: float = 0.35) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers of four known kinds, around their kind in logs."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(KINDS), n)
    noise = rng.normal(0, spread, (n, 4))
    frame = pd.DataFrame(np.expm1(np.log1p(KINDS[kind]) + noise).clip(0), columns=FEATURES)
    return frame.assign(customer_id=[f"C{i:05d}" for i in range(n)]), kind


@pytest.fixture(scope="module")
def known():
    frame, kind = customers(1200, 1)
    return frame, kind, clusters(frame, {}, 1)


def test_the_groups_that_are_there_are_found(known):
    """Four kinds: what could be known at best is the nearest kind, and that is met."""
    frame, kind, found = known
    best = adjusted_rand_score(
        kind,
        np.argmin(
            [((np.log1p(frame[FEATURES]) - np.log1p(k)) ** 2).sum(axis=1) for k in KINDS], axis=0
        ),
    )
    assert found.reason == "auto"
    assert len(found.table["cluster"].unique()) == 4
    assert adjusted_rand_score(kind, found.table["cluster"]) > best - 0.03
    for name in ("clusters", "cluster_profiles"):
        tables.check(name, {"clusters": found.table, "cluster_profiles": found.profiles}[name])
    assert found.profiles.groupby("cluster")["customers"].first().sum() == len(frame)


@pytest.mark.parametrize("method", ["kmeans", "ward", "gmm"])
def test_order_names_and_a_constant_column_change_nothing(known, method):
    frame, _, _ = known
    how = {"method": method, "k": 4, "k_min": 4, "k_max": 4}
    one = clusters(frame, how, 1).table.set_index("customer_id")["cluster"]
    mixed = frame.sample(frac=1, random_state=3).assign(clv=7.0)
    mixed["customer_id"] = "Z" + mixed["customer_id"]
    other = clusters(mixed, {**how, "features": [*FEATURES, "clv"]}, 1)
    assert other.dropped == ("clv",)
    again = other.table.set_index("customer_id")["cluster"]
    again.index = again.index.str[1:]
    pd.testing.assert_series_equal(again.sort_index(), one.sort_index())


@pytest.mark.slow
def test_names_stay_over_twenty_seeds_and_over_two_periods(known):
    frame, _, found = known
    sizes = found.table["cluster"].value_counts()
    for seed in range(20):
        again = group_names(frame, seed)
        assert again.equals(sizes), seed
    later, _ = customers(1500, 2)
    later["days_since_last"] *= 1.2
    plain = clusters(later, {}, 5)
    kept = clusters(later, {}, 5, found.profiles)
    assert set(kept.table["cluster"]) == set(sizes.index)
    assert adjusted_rand_score(plain.table["cluster"], kept.table["cluster"]) == 1


def group_names(frame: pd.DataFrame, seed: int) -> pd.Series:
    how = {"k": 4, "k_min": 4, "k_max": 4}
    return clusters(frame, how, seed).table["cluster"].value_counts()


def test_a_cluster_unlike_any_before_gets_a_name_of_its_own():
    places = np.array([[0.0, 0.0], [5.0, 5.0]])
    before = pd.DataFrame([[0.1, 0.0]], index=["average"])
    names = cluster_names.named(places, ["n_orders", "tenure"], places, before)
    assert names == ["average", "n_orders_high+tenure_high"]


def test_no_two_clusters_are_called_the_same():
    centres = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.1, 1.0, 0.6], [0.0, 0.0, 0.0]])
    names = cluster_names.named(centres, ["a", "b", "c"], centres)
    assert names == ["a_high+b_high", "a_high+b_high#2", "a_high+b_high+c_high", "average"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 5))
def test_every_row_is_in_the_group_of_the_nearest_centre(seed, k):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 3)).round(1)
    found = group(x, k, seed=seed)
    far = ((x[:, None, :] - found.centres[None]) ** 2).sum(axis=2)
    assert np.allclose(far[np.arange(60), found.labels], far.min(axis=1))
    assert (np.diff(np.bincount(found.labels)) <= 0).all()


def test_numbers_of_groups_by_noise_are_not_stable():
    x = np.random.default_rng(2).normal(size=(600, 4))
    table = compared(x, [3, 5], "kmeans", 1)
    assert (table["stability"] < 0.8).all()
    frame = pd.DataFrame(x, columns=FEATURES).assign(customer_id=[f"{i:04d}" for i in range(600)])
    assert clusters(frame, {"transform": "none"}, 1).reason == "unstable"


def test_a_number_set_by_hand_is_taken_and_said(known):
    frame, _, _ = known
    found = clusters(frame, {"k": 2}, 1)
    told = facts(found, trees(found, frame)[0])
    assert (told["cluster_reason"], told["n_clusters"]) == ("by_hand", 2)
    assert told["cluster_best_k"] == 4


def test_too_few_customers_or_none_that_differ_make_no_clusters():
    frame, _ = customers(50, 1)
    few = clusters(frame, {}, 1)
    assert (few.reason, few.found, few.shown) == ("too_few", False, [])
    assert trees(few, frame) == []
    assert facts(few, None) == {"clustered": "too_few", "cluster_reason": "too_few"}
    alike = pd.DataFrame(1.0, index=range(200), columns=FEATURES).assign(customer_id="x")
    assert clusters(alike, {}, 1).reason == "alike"
    for found in (few, clusters(alike, {}, 1)):
        tables.check("clusters", found.table)
        tables.check("cluster_profiles", found.profiles)


def test_five_rules_tell_who_is_where(known):
    frame, _, found = known
    (tree,) = trees(found, frame)
    assert len(tree.rules) <= cluster_tree.RULES
    assert tree.fidelity > 0.9
    hits = 0.0
    for row in tree.rules.itertuples():
        inside = np.ones(len(frame), dtype=bool)
        for feature, low, high in row.conditions:
            inside &= (frame[feature] > low).to_numpy() & (frame[feature] <= high).to_numpy()
        assert inside.sum() == row.customers
        share = (found.table.loc[inside, "cluster"] == row.cluster).mean()
        assert share == pytest.approx(row.purity)
        hits += inside.sum() * row.purity
    assert hits / len(frame) == pytest.approx(tree.fidelity)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_clusters_are_shown_in_words(known, language):
    frame, _, found = known
    say = Translator(language, "CNY")
    with house_style("zh"):
        chart = charts_movement.cluster_profiles(say, found.profiles)
    assert "4" in chart.title
    for made in (
        listings_movement.cluster_counts(say, found.compared),
        listings_movement.clusters(say, found.profiles),
        listings_movement.cluster_rules(say, trees(found, frame)[0]),
    ):
        assert "<td" in made.table.as_raw_html()
    for feature in Clusters.model_fields["features"].annotation.__args__[0].__args__:
        for end in ("high", "low"):
            assert cluster_name(say, f"{feature}_{end}#2").endswith(" 2")
