"""Least squares with robust intervals, and the share of variance that goes with each variable."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]

MOST_EXACT = 12
"""Variables up to which all subsets are tried; above it, orders are drawn at random."""

ORDERS = 400
"""Random orders of entry, where there are too many subsets."""

SINGULAR = 1e-9
"""Share of a variable's variance that the others leave, below which it is a sum of the others."""


@dataclass(frozen=True)
class Regression:
    """Standardised coefficients of k variables, others held constant.

    Parameters
    ----------
    beta, low, high : ndarray, shape (k,)
        Standard deviations of the outcome per standard deviation of the variable, with 95 %
        interval; nan where the variable is a sum of others.
    vif : ndarray, shape (k,)
        Variance inflation factor; inf where the variable is a sum of others.
    r2, r2_adjusting : float
        Share of the outcome's variance explained by all, and by the adjusting columns alone.
    shares : ndarray, shape (k,)
        Share of the outcome's variance that goes with each variable; they add up to
        `r2 - r2_adjusting`.
    n : int
        Rows.
    """

    beta: Array
    low: Array
    high: Array
    vif: Array
    r2: float
    r2_adjusting: float
    shares: Array
    n: int


def regress(y: Array, x: Array, adjusting: Array, seed: int) -> Regression:
    """Regress an outcome on variables, with other columns held constant.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Outcome, not constant.
    x : ndarray, shape (n, k)
        Variables, none constant, k at least 1.
    adjusting : ndarray, shape (n, m)
        Columns held constant; may be none, constant, or sums of each other.
    seed : int
        Of the random orders, where k is above `MOST_EXACT`.

    Returns
    -------
    Regression

    Raises
    ------
    ValueError
        Fewer than two rows more than columns; a constant outcome or variable.

    Notes
    -----
    Ordinary least squares on standardised columns. Intervals by HC3: they hold where the spread of
    the outcome differs between rows, as it does for a yes-or-no outcome. The shares are Shapley
    values of R² (Lindeman, Merenda, Gold): the mean gain over all orders of entry, which is
    meaningful for variables that move together, where single coefficients are not.

    References
    ----------
    MacKinnon, J., White, H. (1985), "Some heteroskedasticity-consistent covariance matrix
    estimators", Journal of Econometrics 29. Grömping, U. (2007), "Estimators of relative importance
    in linear regression based on variance decomposition", The American Statistician 61(2).
    """
    z = _basis(adjusting)
    n, k = x.shape
    if n < k + z.shape[1] + 3:
        raise ValueError(f"{n} rows are too few for {k + z.shape[1] + 1} columns")
    sd_x, sd_y = x.std(axis=0, ddof=1), y.std(ddof=1)
    if not (sd_y > 0 and (sd_x > 0).all()):
        raise ValueError("the outcome or a variable is constant")
    xs, ys = (x - x.mean(axis=0)) / sd_x, (y - y.mean()) / sd_y
    free_x, free_y = xs - z @ (z.T @ xs), ys - z @ (z.T @ ys)
    gram, moment, total = free_x.T @ free_x, free_x.T @ free_y, float(ys @ ys)
    vif = _inflation(gram, n - 1)
    alone = np.isfinite(vif)
    beta, half = (np.full(k, np.nan) for _ in range(2))
    beta[alone], half[alone] = _robust(free_x, free_y, z, alone)
    r2_adjusting = 1 - float(free_y @ free_y) / total
    gains = _shapley(gram / total, moment / total, seed)
    return Regression(
        beta=beta, low=beta - half, high=beta + half, vif=vif,
        r2=r2_adjusting + float(gains.sum()), r2_adjusting=r2_adjusting, shares=gains, n=n,
    )  # fmt: skip


def _basis(columns: Array) -> Array:
    """Orthonormal basis of columns, less their means; shape (n, rank)."""
    centred = columns - columns.mean(axis=0)
    sd = centred.std(axis=0)
    scaled = centred[:, sd > 0] / sd[sd > 0]
    if scaled.shape[1] == 0:
        return np.zeros((len(columns), 0))
    left, size, _ = np.linalg.svd(scaled, full_matrices=False)
    return left[:, size > 1e-9 * size[0]]


def _inflation(gram: Array, scale: float) -> Array:
    """Variance inflation of each column, from the products of the columns freed of z."""
    k = len(gram)
    left = np.empty(k)
    for j in range(k):
        rest = np.delete(np.arange(k), j)
        inner = gram[np.ix_(rest, rest)]
        fitted = np.linalg.pinv(inner, rcond=1e-10, hermitian=True) @ gram[rest, j]
        left[j] = gram[j, j] - gram[rest, j] @ fitted
    share = left / scale
    with np.errstate(divide="ignore"):
        return np.where(share > SINGULAR, 1 / share, np.inf)


def _robust(x: Array, y: Array, z: Array, alone: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Coefficients of the columns that stand alone, and half the width of their intervals."""
    sums = _basis(x[:, ~alone]) if (~alone).any() else np.zeros((len(x), 0))
    free = x[:, alone] - sums @ (sums.T @ x[:, alone])
    target = y - sums @ (sums.T @ y)
    inverse = np.linalg.pinv(free.T @ free, hermitian=True)
    beta = inverse @ (free.T @ target)
    residual = target - free @ beta
    held = np.column_stack([z, sums])
    leverage = 1 / len(x) + (held**2).sum(axis=1) + np.einsum("ij,jk,ik->i", free, inverse, free)
    scores = free * (residual / np.maximum(1 - leverage, 1e-9))[:, None]
    variance = np.diag(inverse @ (scores.T @ scores) @ inverse)
    freedom = len(x) - held.shape[1] - free.shape[1] - 1
    return beta, float(student.ppf(0.975, freedom)) * np.sqrt(variance)


def _shapley(gram: Array, moment: Array, seed: int) -> Array:
    """Mean gain of R² when each variable enters, over all orders or over random ones."""
    k = len(moment)
    if k <= MOST_EXACT:
        return _all_orders(_r2(gram, moment, np.arange(2**k)), k)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(k) for _ in range(ORDERS)])
    masks = np.concatenate([np.zeros((ORDERS, 1), int), np.cumsum(1 << orders, axis=1)], axis=1)
    distinct, place = np.unique(masks, return_inverse=True)
    gains = np.diff(_r2(gram, moment, distinct)[place].reshape(masks.shape), axis=1)
    return np.asarray(np.bincount(orders.ravel(), weights=gains.ravel(), minlength=k) / ORDERS)


def _all_orders(r2: Array, k: int) -> Array:
    """Shapley values from R² of every subset, subsets as bits of the index."""
    masks = np.arange(2**k)
    size = np.array([int(m).bit_count() for m in masks])
    weight = np.array([math.factorial(s) * math.factorial(k - s - 1) / math.factorial(k)
                       for s in range(k)])  # fmt: skip
    gains = []
    for j in range(k):
        without = masks[(masks >> j) & 1 == 0]
        gains.append(float((weight[size[without]] * (r2[without | 1 << j] - r2[without])).sum()))
    return np.array(gains)


def _r2(gram: Array, moment: Array, masks: NDArray[np.int64]) -> Array:
    """R² of the subsets given as bits, those of equal size solved together."""
    k = len(moment)
    bits = (masks[:, None] >> np.arange(k)) & 1
    size = bits.sum(axis=1)
    found = np.zeros(len(masks))
    for s in range(1, k + 1):
        rows = np.flatnonzero(size == s)
        if rows.size:
            members = np.nonzero(bits[rows])[1].reshape(rows.size, s)
            inner = gram[members[:, :, None], members[:, None, :]]
            outer = moment[members]
            solved = np.linalg.pinv(inner, rcond=1e-10, hermitian=True) @ outer[:, :, None]
            found[rows] = (outer * solved[:, :, 0]).sum(axis=1)
    return found
