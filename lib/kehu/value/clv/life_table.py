"""What contracts say about how long customers stay: who was there in each period, and who left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kehu.errors import Problem, raise_all
from kehu.value.clv.sample import Array


@dataclass(frozen=True)
class LifeTable:
    """Customers by the period of their contract: the whole of what a contract model sees.

    Parameters
    ----------
    period : ndarray, shape (m,)
        1, 2, ..., m: first, second, ... billing period of a customer.
    at_risk : ndarray, shape (m,)
        Customers seen to enter the period and to come to its end, 0 or more.
    left : ndarray, shape (m,)
        Those of them who left at its end.
    customers : float
        Customers who were at risk at least once.
    """

    period: Array
    at_risk: Array
    left: Array
    customers: float

    @property
    def renewed(self) -> Array:
        """Customers who stayed beyond each period."""
        return self.at_risk - self.left

    @property
    def decisions(self) -> float:
        """Renewals decided, for or against."""
        return float(self.at_risk.sum())

    @property
    def seen(self) -> int:
        """Number of different periods in which anybody was at risk."""
        return int((self.at_risk > 0).sum())

    @property
    def retention(self) -> Array:
        """Share that stayed beyond each period, 0...1; nan where nobody was at risk."""
        nobody = np.full_like(self.at_risk, np.nan)
        return np.divide(self.renewed, self.at_risk, out=nobody, where=self.at_risk > 0)

    @property
    def survival(self) -> Array:
        """Share of new customers who outlive each period (Kaplan-Meier); nan from a gap on."""
        return np.asarray(np.cumprod(self.retention))


def life_table(
    duration: ArrayLike,
    ended: ArrayLike,
    counts: ArrayLike | None = None,
    entered: ArrayLike | None = None,
) -> LifeTable:
    """Count customers at risk and customers lost by period of contract.

    Parameters
    ----------
    duration : array_like of int, shape (k,)
        Where the customer left: the period at whose end, 1 or more (who never renewed left in 1).
        Where not: whole periods outlived so far, that is renewals made, 0 or more.
    ended : array_like of bool, shape (k,)
        Whether the customer left; the others are right-censored.
    counts : array_like, shape (k,), optional
        Customers of this kind; 1 each when left out.
    entered : array_like of int, shape (k,), optional
        Left truncation: periods that lay before observation began, 0 when left out. Who left in
        one of them could not be in the data, so the customer says nothing about them.

    Returns
    -------
    LifeTable

    Raises
    ------
    ValueError
        Shapes differ, or a value that no contract can have.

    Notes
    -----
    Given that a customer was there when observation began, the likelihood of what followed is a
    product over the periods at risk: the retention rate where the customer stayed, one minus it
    where not. So customers of equal periods count together, whatever else tells them apart.
    """
    spans, left, weights = _checked(duration, ended, counts, entered)
    first, last = spans
    most = int(last.max(initial=0))
    order = np.lexsort((weights, left, last, first))
    first, last, left, weights = first[order], last[order], left[order], weights[order]
    started = np.bincount(first + 1, weights=weights, minlength=most + 2)
    stopped = np.bincount(last + 1, weights=weights, minlength=most + 2)
    at_risk = np.maximum(np.cumsum(started - stopped)[1 : most + 1], 0.0)
    lost = np.bincount(last[left], weights=weights[left], minlength=most + 1)[1:]
    told = float(weights[last > first].sum())
    return LifeTable(np.arange(1.0, most + 1), at_risk, lost.astype(float), told)


def require_enough(table: LifeTable, periods: int) -> None:
    """Refuse contracts from which no retention can be learned.

    Parameters
    ----------
    table : LifeTable
    periods : int
        Different periods that a model needs to have seen.

    Raises
    ------
    KehuError
        KH-D11: nobody left, nobody stayed, or the customers were all in the same few periods.
    """
    n = f"{table.decisions:,.0f}"
    what = {
        f"none of {n} renewals that came up was declined: nobody left.": table.left.sum() == 0,
        f"all of {n} renewals that came up were declined: nobody stayed.": (
            table.renewed.sum() == 0
        ),
        f"customers were seen in {table.seen} different periods of their contracts, and "
        f"{periods} are needed.": table.seen < periods,
    }
    remedy = "Use a longer history, a shorter billing period, or leave contract value out."
    raise_all(Problem("KH-D11", "holdings", text, remedy) for text, holds in what.items() if holds)


def _checked(
    duration: ArrayLike, ended: ArrayLike, counts: ArrayLike | None, entered: ArrayLike | None
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, Array]:
    """Return periods before and until, who left, and customers; refuse impossible contracts."""
    given = np.atleast_1d(np.asarray(duration, dtype=float))
    left = np.atleast_1d(np.asarray(ended))
    weights = np.ones_like(given) if counts is None else np.atleast_1d(counts).astype(float)
    before = np.zeros_like(given) if entered is None else np.atleast_1d(entered).astype(float)
    if len({c.shape for c in (given, left, weights, before)}) != 1 or given.ndim != 1:
        raise ValueError("duration, ended, counts and entered differ in shape")
    if left.dtype != bool:
        raise ValueError(f"ended must be true or false, got {left.dtype}")
    rules = {
        "a duration is no whole number, 0 or more": ~_whole(given),
        "entered is no whole number, 0 or more": ~_whole(before),
        "counts must be finite and above 0": ~(np.isfinite(weights) & (weights > 0)),
        "who left must have been there for a period under observation": left & (given <= before),
        "entered exceeds the duration": ~left & (given < before),
    }
    for rule, broken in rules.items():
        if broken.any():
            row = int(np.argmax(broken))
            raise ValueError(
                f"{rule}: {int(broken.sum())} of {given.size} rows, first at {row}: "
                f"duration={given[row]}, ended={left[row]}, entered={before[row]}"
            )
    return (before.astype(np.int64), given.astype(np.int64)), left, weights


def _whole(values: Array) -> np.ndarray:
    return np.isfinite(values) & (values >= 0) & (values == np.floor(values))
