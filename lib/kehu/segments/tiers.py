"""Tiers by value: top, potential, long tail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TIERS = ("top", "potential", "long_tail")

ROUNDING = 1e-9
"""Width within which a share counts as lying on a border: .1 + .2 is not below .3."""


def share_above(values: pd.Series) -> pd.Series:
    """Return the share of customers strictly above each one, 0…1; equal values share a place."""
    return (values.rank(method="min", ascending=False) - 1) / len(values)


def tiers(values: pd.Series, shares: Sequence[float]) -> NDArray[np.str_]:
    """Put customers into tiers by value.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        Lifetime value or spend, in currency.
    shares : (float, float)
        Share of customers in the top tier and in the potential tier, 0…1.

    Returns
    -------
    ndarray of str, shape (n,)
        Of `TIERS`. A customer is in the top tier if fewer than its share of customers are worth
        more. Customers of equal value are in the same tier, so a tier may be larger than its share.
    """
    above = share_above(values)
    limits = [above < end - ROUNDING for end in np.cumsum(shares)]
    return np.select(limits, list(TIERS[:2]), TIERS[2])
