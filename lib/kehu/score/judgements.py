"""Pairwise judgements as people write them, and everything that can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process

from kehu.errors import Problem, raise_all
from kehu.params_weights import CRITERIA, on_scale

MOST_CRITERIA = 10
"""Criteria in one matrix; for more, no random index was published in 1980, and nobody can judge."""

WHERE = "weights.judgements"
"""Where judgements stand in the params file."""

_WRITE = "Write pairs as `value/loyalty: 3`, each pair once, from 1 (equal) to 9 (extremely more)."

Array = NDArray[np.float64]


def pairwise_matrix(
    judgements: Mapping[str, float], known: Sequence[str] = CRITERIA
) -> tuple[tuple[str, ...], Array]:
    """Lay out judgements written one pair a line as a reciprocal matrix.

    Parameters
    ----------
    judgements : mapping
        `value/loyalty` to 1/9…9, the first criterion against the second; every pair of the
        criteria named, once, in either direction. Criteria that no pair names are left out.
    known : sequence of str
        Criteria there are.

    Returns
    -------
    tuple
        The criteria named, in the order of `known`, length n; the matrix, shape (n, n).

    Raises
    ------
    KehuError
        KH-P05: unknown criteria, pairs missing or given twice, values off the scale; all at once.

    Examples
    --------
    >>> pairwise_matrix({"value/loyalty": 2.0})[1].tolist()
    [[1.0, 2.0], [0.5, 1.0]]
    """
    pairs = {name: tuple(part.strip() for part in name.split("/")) for name in judgements}
    raise_all(_pair_problems(pairs, judgements, known))
    named = tuple(c for c in known if any(c in pair for pair in pairs.values()))
    matrix = np.eye(len(named))
    for name, (first, second) in pairs.items():
        i, j = named.index(first), named.index(second)
        matrix[i, j], matrix[j, i] = judgements[name], 1 / judgements[name]
    return named, matrix


def said(value: float, digits: int = 3) -> str:
    """Write a judgement as people do, to some digits: 3, 2.5, 1/3."""
    return f"{value:.{digits}g}" if value >= 1 else f"1/{1 / value:.{digits}g}"


def matrix_problems(matrix: Array, names: Sequence[str]) -> Iterator[Problem]:
    """Find what keeps a matrix from being one of pairwise judgements; KH-P05, all at once."""
    n = len(names)
    if matrix.shape != (n, n) or not 1 <= n <= MOST_CRITERIA:
        shape = " x ".join(str(s) for s in matrix.shape)
        what = f"the matrix is {shape}, for {n} criteria; it must be n x n, of 1 to 10 criteria."
        yield Problem("KH-P05", WHERE, what, "One row and one column for each criterion.")
        return
    positive = np.isfinite(matrix) & (matrix > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = positive & ~np.vectorize(on_scale)(matrix)
        both = positive & positive.T & (np.abs(matrix * matrix.T - 1) > 1e-6)
    wrong = (
        (~positive, f"of {n * n} entries are not numbers above 0"),
        (off, f"of {n * n} entries lie outside 1/9…9"),
        (np.triu(both), f"of {n * (n + 1) // 2} pairs are not the reverse of each other"),
    )
    for cells, words in wrong:
        if cells.any():
            i, j = (int(k) for k in np.argwhere(cells)[0])
            shown = f"{names[i]}/{names[j]} is {matrix[i, j]:g}, {names[j]}/{names[i]} is "
            what = f"{int(cells.sum())} {words} ({shown}{matrix[j, i]:g})."
            yield Problem("KH-P05", WHERE, what, f"Give one half only. {_WRITE}")


def _pair_problems(
    pairs: Mapping[str, tuple[str, ...]], judgements: Mapping[str, float], known: Sequence[str]
) -> Iterator[Problem]:
    """Find what is wrong with judgements written as pairs."""
    if not pairs:
        yield Problem("KH-P05", WHERE, "there is no judgement.", _WRITE)
        return
    sound = []
    for name, pair in pairs.items():
        unknown = [part for part in pair if part not in known]
        if len(pair) != 2 or pair[0] == pair[1]:
            yield Problem("KH-P05", WHERE, f"`{name}` is not a pair of two criteria.", _WRITE)
        elif unknown:
            yield _unknown(name, unknown[0], known)
        else:
            sound.append(frozenset(pair))
        if not on_scale(judgements[name]):
            what = f"`{name}: {judgements[name]:g}` lies outside 1/9…9."
            yield Problem("KH-P05", WHERE, what, _WRITE)
    every = [frozenset(pair) for pair in combinations(known, 2)]
    twice = ["/".join(c for c in known if c in pair) for pair in every if sound.count(pair) > 1]
    if twice:
        what = f"pairs given in both directions: {', '.join(twice)}."
        yield Problem("KH-P05", WHERE, what, "Keep one of the two.")
    named = [c for c in known if any(c in pair for pair in sound)]
    missing = [f"{a}/{b}" for a, b in combinations(named, 2) if frozenset((a, b)) not in sound]
    if missing:
        total = len(named) * (len(named) - 1) // 2
        what = f"{len(missing)} of {total} pairs are not judged: {', '.join(missing)}."
        yield Problem("KH-P05", WHERE, what, "Judge these, too, or leave a criterion out of all.")


def _unknown(name: str, part: str, known: Sequence[str]) -> Problem:
    near = process.extractOne(part.lower(), list(known), score_cutoff=60)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    what = f"`{name}` names the unknown criterion `{part}`."
    return Problem("KH-P05", WHERE, what, f"{meant}Criteria: {', '.join(known)}.")
