"""What the purchase models see of a population: triples (x, t_x, T) and their customers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.errors import Problem, raise_all

Array = NDArray[np.float64]
TimeUnit = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Sample:
    """Distinct purchase histories of a population and their numbers of customers.

    Parameters
    ----------
    x : ndarray, shape (k,)
        Repeat purchase days, 0 or more; in ascending order, as are `t_x` and `T` where it repeats.
    t_x : ndarray, shape (k,)
        Time from first to last purchase, in time units; 0 where `x` is 0.
    T : ndarray, shape (k,)
        Time from first purchase to the analysis date, in time units.
    counts : ndarray, shape (k,)
        Customers with this history, more than 0.
    """

    x: Array
    t_x: Array
    T: Array
    counts: Array

    @property
    def n(self) -> float:
        """Number of customers."""
        return float(self.counts.sum())

    @property
    def purchases(self) -> float:
        """Number of repeat purchases."""
        return float((self.counts * self.x).sum())

    @cached_property
    def runs(self) -> NDArray[np.int64]:
        """Where each number of repeat purchases begins, and the end of the last."""
        return np.append(np.flatnonzero(np.diff(self.x, prepend=np.nan)), self.x.size)

    @cached_property
    def spectrum(self) -> tuple[Array, Array]:
        """Distinct numbers of repeat purchases, and the customers that have each."""
        begin = self.runs[:-1]
        return self.x[begin], np.add.reduceat(self.counts, begin)

    def scaled(self, unit: float) -> Sample:
        """Return the same customers with time measured in multiples of `unit`."""
        return Sample(self.x, self.t_x / unit, self.T / unit, self.counts)

    def coarse(self) -> Sample:
        """Return about the same customers, their times rounded to 32nds of the longest `T`."""
        step = float(self.T.max()) / 32.0
        t_x, T = np.round(self.t_x / step) * step, np.round(self.T / step) * step
        return _distinct(self.x, t_x, T, self.counts)


def sample(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, counts: ArrayLike | None = None) -> Sample:
    """Check purchase histories, and count the customers of each.

    Parameters
    ----------
    x, t_x, T : array_like, shape (k,)
        Repeat purchase days; time to the last purchase; time observed (one time unit for both).
    counts : array_like, shape (k,), optional
        Customers with this history; 1 each when left out.

    Returns
    -------
    Sample
        Each history once, in ascending order: neither the order of rows nor how customers were
        grouped changes any figure that is computed from it, not even the last digit.

    Raises
    ------
    ValueError
        A value that no purchase history can have: this is a mistake of the calling code.
    KehuError
        KH-D11 when nobody bought a second time, or no time has passed: there is nothing to fit.
    """
    columns = [np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, T)]
    weights = np.ones_like(columns[0]) if counts is None else np.atleast_1d(counts).astype(float)
    if len({c.shape for c in (*columns, weights)}) != 1 or columns[0].ndim != 1:
        raise ValueError(f"x, t_x, T and counts differ in shape: {[c.shape for c in columns]}")
    require_histories(columns[0], columns[1], columns[2])
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("counts must be finite and above 0")
    found = _distinct(columns[0], columns[1], columns[2], weights)
    what = {
        f"none of {found.n:,.0f} customers bought on a second day.": found.purchases == 0,
        "no time has passed since the first purchases.": not (found.T > 0).any(),
    }
    remedy = "Use a longer history, or leave lifetime value out."
    raise_all(Problem("KH-D11", "summary", text, remedy) for text, holds in what.items() if holds)
    return found


def _distinct(x: Array, t_x: Array, T: Array, counts: Array) -> Sample:
    """Put histories in ascending order, each once, with all its customers."""
    order = np.lexsort((counts, T, t_x, x))
    x, t_x, T, counts = x[order], t_x[order], T[order], counts[order]
    new = np.ones(x.size, dtype=bool)
    new[1:] = (np.diff(x) != 0) | (np.diff(t_x) != 0) | (np.diff(T) != 0)
    begin = np.flatnonzero(new)
    return Sample(x[begin], t_x[begin], T[begin], np.add.reduceat(counts, begin))


def histories(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> tuple[Array, Array, Array]:
    """Return checked purchase histories as arrays of one shape.

    Parameters
    ----------
    x, t_x, T : array_like, shape (k,) or scalar
        Repeat purchase days; time to the last purchase; time observed.

    Returns
    -------
    x, t_x, T : ndarray, shape (k,)
        As floats.

    Raises
    ------
    ValueError
        A value that no purchase history can have.
    """
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, T)))
    require_histories(*arrays)
    return arrays[0], arrays[1], arrays[2]


def require_histories(x: Array, t_x: Array, T: Array) -> None:
    """Refuse purchase histories that cannot be.

    Parameters
    ----------
    x, t_x, T : ndarray, shape (k,)
        Repeat purchase days; time to the last purchase; time observed.

    Raises
    ------
    ValueError
        With the first rule broken, how many rows break it, and the first such row.
    """
    rules = {
        "a value is missing or infinite": ~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T)),
        "x must be a whole number, 0 or more": (x < 0) | (x != np.floor(x)),
        "t_x must lie between 0 and T": (t_x < 0) | (t_x > T),
        "t_x must be 0 where x is 0": (x == 0) & (t_x > 0),
    }
    for rule, broken in rules.items():
        if broken.any():
            row = int(np.argmax(broken))
            raise ValueError(
                f"{rule}: {int(broken.sum())} of {x.size} rows, first at {row}: "
                f"x={x[row]}, t_x={t_x[row]}, T={T[row]}"
            )


def require_unit(time_unit: str) -> None:
    """Refuse a time unit that the kit does not know.

    Raises
    ------
    ValueError
        When `time_unit` is not one of `TimeUnit`.
    """
    if time_unit not in get_args(TimeUnit):
        raise ValueError(f"time_unit must be one of {get_args(TimeUnit)}, got {time_unit!r}")


def require_same_unit(of_model: str, of_table: str) -> None:
    """Refuse a table whose times are in another unit than the fit's.

    Raises
    ------
    ValueError
        When the two units differ.
    """
    if of_model != of_table:
        raise ValueError(f"the model was fitted in {of_model}s, the table has {of_table}s")


def require_one(parameter: ArrayLike) -> None:
    """Refuse a model of `families.drawn` where one set of parameters is needed.

    Raises
    ------
    ValueError
        When `parameter`, any of the model's, is not a number.
    """
    if np.ndim(parameter) > 0:
        raise ValueError("expectations take one set of parameters at a time: families.scenarios")
