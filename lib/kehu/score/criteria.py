"""The indices as the weighting methods take them: complete, in one order, and what was done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.errors import KehuError, Problem
from kehu.params_weights import CRITERIA

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Complete:
    """Customers by criteria without blanks.

    Parameters
    ----------
    names : tuple of str, length m
        Criteria of which at least one customer has a value.
    values : ndarray, shape (n, m)
        0…100, in the order of the customers given.
    left_out : tuple of str
        The other criteria.
    constant : tuple of str
        Of `names`, those in which all customers are equal.
    filled : dict
        Criterion to blanks filled; only criteria that had some.
    """

    names: tuple[str, ...]
    values: Array
    left_out: tuple[str, ...]
    constant: tuple[str, ...]
    filled: dict[str, int]


def complete(indices: pd.DataFrame) -> Complete:
    """Leave out the criteria nobody has data for, and fill single blanks with the median.

    A customer of whom one criterion is not known counts there as the customer in the middle of
    those who are known: neither better nor worse for the gap.

    Parameters
    ----------
    indices : pandas.DataFrame
        Contract `indices`.

    Returns
    -------
    Complete

    Raises
    ------
    KehuError
        KH-D11: there are no customers, or no criterion has a value.
    ValueError
        An index is missing from the columns, or lies outside 0…100.
    """
    columns = [f"{name}_index" for name in CRITERIA]
    if lacking := [c for c in columns if c not in indices]:
        raise ValueError(f"indices lack the columns {', '.join(lacking)}")
    frame = indices[columns].astype(float).set_axis(list(CRITERIA), axis=1)
    if ((frame < 0) | (frame > 100)).to_numpy().any():
        raise ValueError("indices must lie between 0 and 100")
    known = frame.notna().any()
    if not known.any():
        what = f"none of {len(frame):,} customers has a value in any criterion."
        raise KehuError(Problem("KH-D11", "indices", what, "Check the sources of the run."))
    names = tuple(name for name in CRITERIA if known[name])
    kept = frame[list(names)]
    blanks = kept.isna().sum()
    values = np.ascontiguousarray(kept.fillna(kept.median()).to_numpy())
    same = values.min(axis=0) == values.max(axis=0)
    return Complete(
        names=names,
        values=values,
        left_out=tuple(name for name in CRITERIA if name not in names),
        constant=tuple(name for name, is_same in zip(names, same, strict=True) if is_same),
        filled={name: int(blanks[name]) for name in names if blanks[name]},
    )


def canonical_order(values: Array) -> NDArray[np.intp]:
    """Order rows by nothing but their values, so that sums over customers never vary."""
    return np.lexsort(values.T[::-1])
