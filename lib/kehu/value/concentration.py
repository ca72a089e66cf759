"""Who brings the money: ABC classes, the 80/20 curve, the Gini coefficient, the value matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

MATRIX_CLASSES = ("best", "frequent", "spender", "uncertain")
"""Quadrants: often and much, often and little, seldom and much, seldom and little."""

ROUNDING = 1e-9
"""Relative width within which a float counts as lying on a border."""


def abc_classes(spend: ArrayLike, cuts: tuple[float, float] | list[float]) -> NDArray[np.str_]:
    """Class customers A, B, C by cumulated spend; equal spend always gets the same class.

    Parameters
    ----------
    spend : array-like, shape (n,)
        Total spend in currency; not positive counts as nothing and is class C.
    cuts : (float, float)
        Cumulated shares of spend at which class A and class B end, 0…1.

    Returns
    -------
    ndarray of str, shape (n,)
        A customer is in A if those who spend *more* bring less than the first cut; so the customer
        who crosses the line is in A. All C where nobody spent anything.
    """
    money = np.clip(np.asarray(spend, dtype=float), 0, None)
    if money.sum() == 0:
        return np.full(money.shape, "C")
    _, place = np.unique(money, return_inverse=True)
    sums = np.bincount(place, weights=money)
    share_above = (np.cumsum(sums[::-1])[::-1] - sums)[place] / money.sum()
    below = [share_above < cut - ROUNDING for cut in cuts]
    return np.select([money == 0, *below], ["C", "A", "B"], "C")


def lorenz(spend: ArrayLike) -> pd.DataFrame:
    """Return the 80/20 curve: share of spend brought by the best share of customers.

    Parameters
    ----------
    spend : array-like, shape (n,)
        Total spend; not positive counts as nothing.

    Returns
    -------
    pandas.DataFrame
        n + 1 rows `customers_share, spend_share`, both 0…1 and ascending, best customers first;
        the diagonal where nobody spent anything.
    """
    money = np.sort(np.clip(np.asarray(spend, dtype=float), 0, None))[::-1]
    cumulated = np.cumsum(money if money.any() else np.ones_like(money))
    share = np.concatenate([[0.0], cumulated / cumulated[-1:]])
    return pd.DataFrame({"customers_share": np.linspace(0, 1, len(share)), "spend_share": share})


def top_share(spend: ArrayLike, customers_share: float) -> float:
    """Return the share of spend brought by the best share of customers, read off the curve."""
    curve = lorenz(spend)
    return float(np.interp(customers_share, curve["customers_share"], curve["spend_share"]))


def gini(spend: ArrayLike) -> float:
    """Return the Gini coefficient of spend: 0 all equal, towards 1 one customer brings all.

    Parameters
    ----------
    spend : array-like, shape (n,)
        Total spend; not positive counts as nothing.

    Returns
    -------
    float
        0…1.

    Notes
    -----
    Twice the area between the 80/20 curve and the diagonal, without small-sample correction: at
    most 1 - 1/n.
    """
    curve = lorenz(spend)
    area = np.trapezoid(curve["spend_share"], curve["customers_share"])
    return max(float(2 * area - 1), 0.0)


def value_matrix(n_orders: ArrayLike, mean_order_value: ArrayLike) -> NDArray[np.str_]:
    """Place customers in the value matrix by purchase frequency and average amount.

    Parameters
    ----------
    n_orders : array-like, shape (n,)
        Orders per customer.
    mean_order_value : array-like, shape (n,)
        Spend per order, in currency.

    Returns
    -------
    ndarray of str, shape (n,)
        Of `MATRIX_CLASSES`; the lines are the means over customers, "often" and "much" are above,
        and a customer on a line is below it.

    References
    ----------
    Marcus, C. (1998), "A practical yet meaningful approach to customer segmentation",
    Journal of Consumer Marketing 15(5), 494-504.
    """
    orders, amount = np.asarray(n_orders, float), np.asarray(mean_order_value, float)
    often, much = _above_mean(orders), _above_mean(amount)
    return np.select(
        [often & much, often & ~much, ~often & much], list(MATRIX_CLASSES[:3]), MATRIX_CLASSES[3]
    )


def _above_mean(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    mean = values.mean()
    return np.asarray(values > mean + ROUNDING * abs(mean))
