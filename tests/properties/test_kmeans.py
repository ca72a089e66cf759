"""One-dimensional k-means: the best groups, by published examples and by trying all."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from kehu.value import kmeans
from kehu.value.kmeans import group_starts


def groups(values, k: int) -> list[list[float]]:
    distinct, counts = np.unique(values, return_counts=True)
    starts = group_starts(distinct, counts, k)
    assert starts[0] == 0
    return [part.tolist() for part in np.split(distinct, starts[1:])]


def squares(values, counts, starts) -> float:
    """Sum of squared distances to the group means, each group about its own mean."""
    bounds = [*starts, len(values)]
    total = 0.0
    for low, high in pairwise(bounds):
        part, n = np.asarray(values[low:high]), np.asarray(counts[low:high])
        total += float((n * (part - np.average(part, weights=n)) ** 2).sum())
    return total


def test_published_examples_of_ckmeans() -> None:
    """The package's own tests: sizes 4, 3, 3, centres -1, 2, 5."""
    assert groups([-1, 2, -1, 2, 4, 5, 6, -1, 2, -1], 3) == [[-1], [2], [4, 5, 6]]
    assert list(group_starts([-1, 2, 4, 5, 6], [4, 3, 1, 1, 1], 3)) == [0, 1, 2]
    assert groups([0.9, 1, 1.1, 1.9, 2, 2.1], 2) == [[0.9, 1, 1.1], [1.9, 2, 2.1]]
    assert groups([0, 1, 2, 50, 100, 101, 103], 3) == [[0, 1, 2], [50], [100, 101, 103]]
    found = groups([-3, 2.2, -6, 7, 9, 11, -6.3, 75, 82.6, 32.3, -9.5, 62.5, 7, 95.2], 8)
    assert found[:3] == [[-9.5, -6.3, -6], [-3, 2.2], [7, 9, 11]]
    assert found[3:] == [[32.3], [62.5], [75], [82.6], [95.2]]


weighted = st.dictionaries(st.integers(-50, 50), st.integers(1, 20), min_size=1, max_size=9)


@settings(max_examples=150, deadline=None)
@given(weighted, st.integers(1, 5))
def test_no_other_way_to_group_is_better(counted, k) -> None:
    values, k = sorted(counted), min(k, len(counted))
    counts = [counted[v] for v in values]

    def exact(starts) -> Fraction:
        bounds, total = [*starts, len(values)], Fraction(0)
        for low, high in pairwise(bounds):
            n = sum(counts[low:high])
            first = sum(c * v for c, v in zip(counts[low:high], values[low:high], strict=True))
            second = sum(c * v * v for c, v in zip(counts[low:high], values[low:high], strict=True))
            total += second - Fraction(first**2, n)
        return total

    every = ([0, *rest] for rest in combinations(range(1, len(values)), k - 1))
    found = group_starts(values, counts, k)
    assert float(exact(found.tolist())) == pytest.approx(float(min(map(exact, every))), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_many_random_starts_do_no_better(seed) -> None:
    values = np.sort(np.random.default_rng(seed).lognormal(3, 1, 1500))
    ones = np.ones_like(values)
    usual = KMeans(5, n_init=10, tol=1e-8, random_state=seed).fit(values[:, None]).inertia_
    assert squares(values, ones, group_starts(values, ones, 5)) <= usual * (1 + 1e-12)


def test_a_count_is_as_good_as_repetition() -> None:
    rng = np.random.default_rng(4)
    values, counts = np.sort(rng.normal(size=300)), rng.integers(1, 6, 300)
    single = np.repeat(values, counts)
    together = values[group_starts(values, counts, 5)]
    assert list(single[group_starts(single, np.ones_like(single), 5)]) == list(together)


@pytest.mark.parametrize("skew", [0.5, 1.0, 2.5])
def test_borders_looked_for_among_few_places_are_as_good(skew, monkeypatch) -> None:
    rng = np.random.default_rng(8)
    values, counts = np.unique(rng.lognormal(3, skew, 1900).round(2), return_counts=True)
    whole = squares(values, counts, group_starts(values, counts, 5))
    monkeypatch.setattr(kmeans, "POINTS", 150)
    few = squares(values, counts, group_starts(values, counts, 5))
    assert whole * (1 - 1e-12) <= few <= whole * 1.0001


def test_hundred_thousand_values_each_belong_to_the_nearest_mean() -> None:
    values = np.sort(np.random.default_rng(2).lognormal(4, 1, 100_000))
    parts = np.split(values, group_starts(values, np.ones_like(values), 5)[1:])
    means = np.array([part.mean() for part in parts])
    nearest = np.searchsorted((means[1:] + means[:-1]) / 2, values)
    assert np.bincount(nearest).tolist() == [len(part) for part in parts]


def test_what_cannot_be_grouped_is_refused() -> None:
    for values, counts in (([2, 1], [1, 1]), ([1, 2], [1]), ([1, np.nan], [1, 1])):
        with pytest.raises(ValueError, match="values must ascend"):
            group_starts(values, counts, 1)
    for counts, k in (([1, 0], 1), ([1, 1], 3), ([1, 1], 0)):
        with pytest.raises(ValueError, match="counts must be above 0"):
            group_starts([1, 2], counts, k)
