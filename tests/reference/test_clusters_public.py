"""Clusters of public data: the airline members of the textbook, and wholesale customers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from kehu.segments.clusters import clusters
from kehu.segments.grouping import group

FIGURES = Path(__file__).with_name("airline_clusters.csv")


@pytest.fixture(scope="module")
def airline(shared_data):
    (path,) = (shared_data / "airline_lrfmc").glob("*.csv*")
    raw = pd.read_csv(path).to_numpy(dtype=float)
    return (raw - raw.mean(axis=0)) / raw.std(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 7])
def test_airline_members_form_the_five_groups_of_the_textbook(airline, seed):
    """L R F M C, k-means with k = 5, converged; see the figures' own file for the source."""
    with FIGURES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = group(airline, 5, "kmeans", seed)
    assert found.inertia == pytest.approx(133365.8, rel=2e-4)
    sizes = np.bincount(found.labels)
    for row, size, centre in zip(rows, sizes, found.centres, strict=True):
        assert abs(size - int(row["size"])) <= 5
        published = [float(row[name]) for name in "LRFMC"]
        assert np.abs(centre - published).max() < 2e-3


@pytest.mark.slow
def test_the_silhouette_prefers_two_groups_of_airline_members(airline):
    """The textbook's five are a business choice: .372 for two groups, .277 for five."""
    from kehu.segments.grouping import compared

    table = compared(airline, [2, 5], "kmeans", 1).set_index("k")
    assert table.loc[2, "silhouette"] > table.loc[5, "silhouette"] + 0.05
    assert table.loc[2, "silhouette"] == pytest.approx(0.372, abs=0.04)
    assert table.loc[5, "silhouette"] == pytest.approx(0.277, abs=0.04)


def test_wholesale_customers_part_into_horeca_and_retail(shared_data):
    """UCI wholesale: 298 hotels, restaurants, cafés and 142 retailers; the channel is not used."""
    (path,) = (shared_data / "wholesale").glob("*.csv*")
    frame = pd.read_csv(path, encoding="utf-8-sig")
    channel = frame["Channel"]
    assert sorted(channel.value_counts()) == [142, 298]
    spend = ["Milk", "Grocery", "Detergents_Paper"]
    named = dict(zip(spend, ["n_orders", "total_spend", "clv"], strict=True))
    rows = frame[spend].rename(columns=named).astype(float)
    rows = rows.assign(customer_id=[f"{i:03d}" for i in range(len(frame))])
    how = {"features": list(named.values()), "k": 2, "k_min": 2, "k_max": 4}
    found = clusters(rows, how, 1)
    assert adjusted_rand_score(channel, found.table["cluster"]) > 0.45
    assert found.compared.set_index("k").loc[2, "stability"] > 0.8
