"""Exact allocation: a sum of money over customers by driver, to the last cent."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
from babel.numbers import get_currency_precision
from numpy.typing import NDArray

RESOLUTION = 4
"""Decimals of money in the contracts; no currency has more."""


def currency_digits(currency: str) -> int:
    """Return how many decimals a currency has: 2 for CNY, 0 for JPY, 3 for KWD."""
    return int(get_currency_precision(currency))


def allocate(amount: Decimal, weights: pd.Series, digits: int) -> pd.Series:
    """Allocate a sum over customers in proportion to a driver, so that the shares add up exactly.

    Use it for money that has no owner of its own: a wage bill by contacts, freight by orders.

    Parameters
    ----------
    amount : Decimal
        In currency, whole in units of 10**-digits; negative for a credit.
    weights : pandas.Series of int, length n
        The driver per customer, 0 or more, indexed by customer number, each once: a count, or
        money in its smallest unit.
    digits : int
        Decimals of the currency, 0…4.

    Returns
    -------
    pandas.Series of int, length n
        Shares in units of 10**-digits (cents for 2), in the order of `weights`; their sum is
        `amount`.

    Raises
    ------
    ValueError
        `amount` is finer than `digits`; a weight is negative or no whole number; a customer number
        is repeated; or there is something to allocate and no weight is above 0.

    Notes
    -----
    Largest remainder (Hamilton): everybody gets the whole units of the proportional share, and the
    units left over go to the largest remainders, of equal ones to the lowest customer number. All
    in whole numbers, so neither rounding nor the order of rows can change a share. A credit is
    allocated like the charge it takes back.

    References
    ----------
    Balinski, Young (2001), Fair Representation: Hamilton's method.

    Examples
    --------
    >>> allocate(Decimal("100.00"), pd.Series({"A": 1, "B": 1, "C": 1}), 2).tolist()
    [3334, 3333, 3333]
    """
    units = _units(amount, digits)
    _require_weights(weights)
    if units == 0:
        return pd.Series(0, index=weights.index, dtype="int64")
    ordered = weights.sort_index()
    if not (ordered > 0).any():
        raise ValueError(f"{amount} cannot be allocated: no weight is above 0")
    shares = _largest_remainder(abs(units), ordered.to_numpy().astype(object))
    signed = pd.Series(shares if units > 0 else -shares, index=ordered.index)
    return signed.reindex(weights.index)


def _units(amount: Decimal, digits: int) -> int:
    if not 0 <= digits <= RESOLUTION:
        raise ValueError(f"digits must be 0…{RESOLUTION}, got {digits}")
    units = amount.scaleb(digits)
    if units != units.to_integral_value():
        raise ValueError(f"{amount} is finer than {digits} decimals")
    return int(units)


def _require_weights(weights: pd.Series) -> None:
    if len(weights) and weights.dtype.kind not in "iu":
        raise ValueError("weights must be whole numbers")
    if (weights < 0).any():
        raise ValueError("weights must be 0 or more")
    if not weights.index.is_unique:
        raise ValueError("a customer number is repeated")


def _largest_remainder(units: int, weights: NDArray[np.object_]) -> NDArray[np.int64]:
    """Split units by weights; equal remainders are served in the order given."""
    total = weights.sum()
    shares, remainders = units * weights // total, units * weights % total
    left = units - int(shares.sum())
    served = np.argsort(-remainders, kind="stable")[:left]
    shares[served] += 1
    return shares.astype(np.int64)
