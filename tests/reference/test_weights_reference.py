"""Published weights and closeness figures, to half a unit of the last printed digit."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kehu.score import ahp
from kehu.score.rank import topsis
from kehu.score.weight_methods import critic, entropy

ROWS = list(csv.DictReader((Path(__file__).parent / "weights.csv").open(encoding="utf-8")))

SAATY = [
    [1, 1 / 2, 4, 3, 3],
    [2, 1, 7, 5, 5],
    [1 / 4, 1 / 7, 1, 1 / 2, 1 / 3],
    [1 / 3, 1 / 5, 2, 1, 1],
    [1 / 3, 1 / 5, 3, 1, 1],
]
XU = [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]]
ZAVADSKAS = [[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]]
MCDM = [[2.9, 2.31, 0.56, 1.89], [1.2, 1.34, 0.21, 2.48], [0.3, 2.48, 1.75, 1.69]]
TUS = [
    [5000, 3, 3, 4, 3, 2],
    [680, 5, 3, 2, 2, 1],
    [2000, 3, 2, 3, 4, 3],
    [600, 4, 3, 1, 2, 2],
    [800, 2, 4, 3, 3, 4],
]
TZENG = [[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]]
HODGETT = [[5490, 51.4, 8.5, 285], [6500, 70.6, 7, 288], [6489, 54.3, 7.5, 290]]


@cache
def numbers() -> dict[tuple[str, str], float]:
    """Everything that a row of `weights.csv` asks for."""
    judged = ahp.compare(SAATY, list("abcde"))
    found = {("ahp", "lambda"): judged.lambda_max, ("ahp", "ratio"): judged.consistency_ratio}
    found |= {("random index", f"n={n}"): ahp.RANDOM_INDEX[n - 1] for n in range(3, 11)}
    series = {
        ("ahp", "weight"): judged.weights,
        ("entropy", "weight"): entropy(XU),
        ("entropy of 2016", "weight"): entropy(ZAVADSKAS),
        ("critic", "weight"): critic(MCDM),
        ("critic of 2019", "weight"): critic(TUS),
        ("topsis", "score"): topsis(TZENG)([0.3, 0.4, 0.3]) / 100,
        ("topsis with a cost", "score"): topsis(HODGETT, [0])([0.35, 0.25, 0.25, 0.15]) / 100,
    }
    for (item, quantity), values in series.items():
        found |= {(item, f"{quantity} {i}"): float(v) for i, v in enumerate(values, 1)}
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['item']}: {row['quantity']}")
def test_published_number(row: dict[str, str]) -> None:
    half = 0.5 * 10.0 ** -int(row["digits"])
    found = numbers()[row["item"], row["quantity"]]
    assert abs(found - float(row["value"])) <= half * (1 + 1e-9), (found, row)


def test_every_number_computed_is_compared() -> None:
    assert {(row["item"], row["quantity"]) for row in ROWS} == numbers().keys()


def test_the_textbook_misprints_the_fourth_weight() -> None:
    """Printed .090; the geometric mean of the rows, a second method, sides with the eigenvector."""
    means = np.prod(SAATY, axis=1) ** 0.2
    second = means / means.sum()
    assert second[3] == pytest.approx(0.0981, abs=0.002)
    assert np.abs(second - ahp.compare(SAATY, list("abcde")).weights).max() < 0.002


def test_stretching_to_one_first_would_not_reproduce_the_entropy_weights() -> None:
    """Min-max before entropy gives the constant-like fourth criterion 15 %: a known variant."""
    x = np.array(XU)
    stretched = entropy((x - x.min(axis=0)) / np.ptp(x, axis=0))
    assert stretched[3] > 0.1
    assert entropy(x)[3] < 1e-5
