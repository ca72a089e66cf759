"""AHP: weights from pairwise judgements, and whether the judgements agree with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kehu.errors import KehuError, Problem, raise_all
from kehu.params_weights import CRITERIA, STRONGEST
from kehu.score.judgements import WHERE, Array, matrix_problems, pairwise_matrix, said

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random matrices of 1 to 10 criteria (Saaty 1980)."""

MOST_INCONSISTENT = 0.10
"""Consistency ratio above which judgements are refused."""

_SCALE = np.array([1 / n for n in range(STRONGEST, 1, -1)] + list(range(1, STRONGEST + 1)))


@dataclass(frozen=True)
class Ahp:
    """Weights from a matrix of pairwise judgements.

    Parameters
    ----------
    criteria : tuple of str, length n
        Names, in the order of the matrix.
    matrix : ndarray, shape (n, n)
        Row against column: 3 means the row's criterion is moderately more important.
    weights : ndarray, shape (n,)
        0…1, sum 1.
    lambda_max : float
        Principal eigenvalue, n where the judgements agree perfectly, above otherwise.
    """

    criteria: tuple[str, ...]
    matrix: Array
    weights: Array
    lambda_max: float

    @property
    def consistency_index(self) -> float:
        """CI = (lambda max - n) / (n - 1): 0 is perfect agreement."""
        n = len(self.criteria)
        return max(self.lambda_max - n, 0.0) / (n - 1) if n > 2 else 0.0

    @property
    def random_index(self) -> float:
        """RI: the consistency index of judgements made at random."""
        return RANDOM_INDEX[len(self.criteria) - 1]

    @property
    def consistency_ratio(self) -> float:
        """CR = CI / RI; always 0 for one or two criteria, which cannot contradict each other."""
        return self.consistency_index / self.random_index if self.random_index else 0.0

    @property
    def consistent(self) -> bool:
        """Whether the consistency ratio is at most 0.10."""
        return self.consistency_ratio <= MOST_INCONSISTENT


def compare(matrix: ArrayLike, criteria: Sequence[str]) -> Ahp:
    """Weigh criteria by a full matrix of pairwise judgements, consistent or not.

    Parameters
    ----------
    matrix : array-like, shape (n, n)
        Positive and reciprocal, 1 on the diagonal, 1/9…9; at most 10 criteria.
    criteria : sequence of str, length n
        Names for the messages.

    Returns
    -------
    Ahp
        See `refuse_inconsistent` for judgements that may not be used.

    Raises
    ------
    KehuError
        KH-P05: not square, too large, not positive, off the scale, not reciprocal; all at once.

    Notes
    -----
    The weights are the principal right eigenvector, which exists, is positive and unique for a
    positive matrix (Perron).

    References
    ----------
    Saaty, T. L. (1980), "The Analytic Hierarchy Process", McGraw-Hill.

    Examples
    --------
    >>> compare([[1, 2], [1 / 2, 1]], ["value", "loyalty"]).weights.round(3).tolist()
    [0.667, 0.333]
    """
    names, given = tuple(criteria), np.asarray(matrix, dtype=float)
    raise_all(matrix_problems(given, names))
    weights, lambda_max = _principal(given)
    return Ahp(names, given, weights, lambda_max)


def judged(judgements: Mapping[str, float], known: Sequence[str] = CRITERIA) -> Ahp:
    """Weigh criteria by judgements written one pair a line, and refuse those that contradict.

    Parameters
    ----------
    judgements : mapping
        See `kehu.score.judgements.pairwise_matrix`.
    known : sequence of str
        Criteria there are.

    Returns
    -------
    Ahp
        Of the criteria named.

    Raises
    ------
    KehuError
        KH-P05: see `kehu.score.judgements.pairwise_matrix`; KH-P06: consistency ratio above 0.10.
    """
    named, matrix = pairwise_matrix(judgements, known)
    return refuse_inconsistent(compare(matrix, named))


def refuse_inconsistent(found: Ahp) -> Ahp:
    """Return the weights as they are, or say which three judgements to think over.

    Raises
    ------
    KehuError
        KH-P06: the consistency ratio is above 0.10.
    """
    if found.consistent:
        return found
    what = (
        f"the judgements contradict each other: consistency ratio "
        f"{found.consistency_ratio:.3f}, above {MOST_INCONSISTENT:.2f}."
    )
    doubts = review(found)
    doubts = doubts[doubts["ratio_after"] < found.consistency_ratio].head(3)
    remedy = " ".join(_doubt(row) for row in doubts.to_dict("records"))
    raise KehuError(
        Problem("KH-P06", WHERE, what, remedy or "No single change helps: judge all pairs anew.")
    )


def review(found: Ahp) -> pd.DataFrame:
    """List all judgements, those first whose change would help consistency most.

    Parameters
    ----------
    found : Ahp

    Returns
    -------
    pandas.DataFrame
        One row per pair: `first, second`; `judgement` given; `implied` by all the other
        judgements, not-a-number where there are none; `suggested`, the step of Saaty's scale
        nearest to that; `ratio_after`, the consistency ratio with the suggestion in place.

    Notes
    -----
    What the others imply is the ratio of the two weights when the pair is taken as missing: 0 in
    its two cells and 2 on its two places of the diagonal. Put in, it leaves these weights as they
    are.

    References
    ----------
    Harker, P. T. (1987), "Incomplete pairwise comparisons in the analytic hierarchy process",
    Mathematical Modelling 9(11), 837-848.
    """
    rows = []
    for i, j in combinations(range(len(found.criteria)), 2):
        implied = _implied(found.matrix, i, j)
        given = float(found.matrix[i, j])
        nearest = np.abs(np.log(_SCALE / (given if np.isnan(implied) else implied))).argmin()
        suggested = float(_SCALE[nearest])
        changed = found.matrix.copy()
        changed[i, j], changed[j, i] = suggested, 1 / suggested
        after = Ahp(found.criteria, changed, *_principal(changed)).consistency_ratio
        rows.append((found.criteria[i], found.criteria[j], given, implied, suggested, after))
    columns = ["first", "second", "judgement", "implied", "suggested", "ratio_after"]
    table = pd.DataFrame(rows, columns=columns)
    distance = np.abs(np.log(table["judgement"] / table["implied"]))
    # Eigenvalues of equal matrices differ in the last digits; a rounded ratio is a tie.
    order = pd.DataFrame({"after": table["ratio_after"].round(9), "distance": -distance.round(9)})
    return table.loc[order.sort_values(["after", "distance"], kind="stable").index].reset_index(
        drop=True
    )


def _doubt(row: Mapping[str, float | str]) -> str:
    """Say what is given, what the others imply, and what a change would do."""
    given, implied, suggested = (
        said(float(row[column]), digits)
        for column, digits in (("judgement", 3), ("implied", 2), ("suggested", 1))
    )
    return (
        f"`{row['first']}/{row['second']}: {given}`, the other judgements imply {implied}; "
        f"with {suggested} the ratio is {float(row['ratio_after']):.3f}."
    )


def _principal(matrix: Array) -> tuple[Array, float]:
    """Return the principal eigenvector, summing to 1, and its eigenvalue."""
    values, vectors = np.linalg.eig(matrix)
    largest = int(values.real.argmax())
    vector = np.abs(vectors[:, largest].real)
    return vector / vector.sum(), float(values[largest].real)


def _implied(matrix: Array, i: int, j: int) -> float:
    """Return the judgement of a pair that all the others imply, if there are others."""
    if len(matrix) < 3:
        return float("nan")
    without = matrix.copy()
    without[i, j] = without[j, i] = 0.0
    without[i, i] = without[j, j] = 2.0
    weights, _ = _principal(without)
    return float(weights[i] / weights[j])
