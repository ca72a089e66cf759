"""Four ways to weigh criteria: set by people, by entropy, by CRITIC, and two of these joined."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kehu.errors import KehuError, Problem
from kehu.score.criteria import Array, canonical_order


def manual(points: ArrayLike) -> Array:
    """Turn points per criterion into weights that sum to 1.

    Parameters
    ----------
    points : array-like, shape (m,)
        0 or more, any scale.

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    ValueError
        A point is negative or missing.
    KehuError
        KH-P06: all are 0.
    """
    given = np.asarray(points, dtype=float)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("weights must be finite, 0 or more")
    return normalised(given, "no criterion that has data is given a weight above 0")


def entropy(values: ArrayLike) -> Array:
    """Weigh criteria by how unevenly customers share them: the entropy method.

    Use it where criteria have a true zero and differences between customers matter; a criterion in
    which all are equal gets weight 0. Benefits and costs are weighed alike.

    Parameters
    ----------
    values : array-like, shape (n, m)
        Customers by criteria, 0 or more, no blanks, one common scale or none.

    Returns
    -------
    ndarray, shape (m,)
        0…1, sum 1.

    Raises
    ------
    ValueError
        A value is negative or missing.
    KehuError
        KH-D11: all customers are equal in every criterion.

    Notes
    -----
    With the shares p_ij = x_ij / sum_i x_ij, E_j = -sum_i p_ij ln p_ij / ln n (0 ln 0 = 0) and
    d_j = 1 - E_j, the weight is d_j / sum d. Shares are of the values themselves, not of values
    stretched to 0…1, which would lift criteria that hardly differ.

    References
    ----------
    Shannon, C. E. (1948), "A mathematical theory of communication", Bell System Technical Journal
    27. Hwang, C. L., Yoon, K. (1981), "Multiple Attribute Decision Making", Springer, pp. 52-54.
    """
    x = _customers_by_criteria(values)
    if (x < 0).any():
        raise ValueError("the entropy method needs values of 0 or more")
    differ = _differing(x)
    ordered = np.sort(x[:, differ], axis=0)
    shares = ordered / ordered.sum(axis=0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    evenness = -(shares * logs).sum(axis=0) / np.log(len(x))
    return _spread(differ, 1 - evenness)


def critic(values: ArrayLike, costs: Collection[int] = ()) -> Array:
    """Weigh criteria by contrast and conflict: how much they vary, and say what others do not.

    Use it where criteria overlap: two that move together share their weight.

    Parameters
    ----------
    values : array-like, shape (n, m)
        Customers by criteria, no blanks, any units.
    costs : collection of int
        Columns of which less is better.

    Returns
    -------
    ndarray, shape (m,)
        0…1, sum 1; 0 for a criterion in which all customers are equal.

    Raises
    ------
    ValueError
        A value is missing.
    KehuError
        KH-D11: all customers are equal in every criterion.

    Notes
    -----
    Criteria are stretched to 0…1 (costs turned round); C_j = s_j sum_k (1 - r_jk), with standard
    deviations s and correlations r, and the weight is C_j / sum C. Where no criterion conflicts
    with another (all r = 1, or only one varies) every C is 0, and the weights are those of their
    limit, proportional to s.

    References
    ----------
    Diakoulaki, D., Mavrotas, G., Papayannakis, L. (1995), "Determining objective weights in
    multiple criteria problems: the CRITIC method", Computers & Operations Research 22(7), 763-770.
    """
    x = _customers_by_criteria(values)
    x = x[canonical_order(x)]
    differ = _differing(x)
    x, signs = x[:, differ], np.where(np.isin(np.flatnonzero(differ), list(costs)), -1.0, 1.0)
    stretched = signs * (x - x.min(axis=0)) / np.ptp(x, axis=0)
    contrast = stretched.std(axis=0)
    conflict = np.clip(1 - np.atleast_2d(np.corrcoef(stretched.T)), 0, None).sum(axis=1)
    information = contrast * (conflict if conflict.max() > 1e-9 else 1.0)
    return _spread(differ, information)


def combined(subjective: ArrayLike, objective: ArrayLike) -> Array:
    """Join a judgement and the data: the product of two weightings, brought to the sum 1.

    A criterion needs both: what people hold to be unimportant, or does not tell customers apart,
    gets little. The product favours what both favour, more than a mean would.

    Parameters
    ----------
    subjective, objective : array-like, shape (m,)
        Weights, each 0…1 with sum 1.

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    KehuError
        KH-P06: no criterion has weight in both.

    Notes
    -----
    w_j = a_j b_j / sum_k a_k b_k. Equal weights in one leave the other as it is.

    References
    ----------
    Hwang, C. L., Yoon, K. (1981), "Multiple Attribute Decision Making", Springer, p. 54.
    """
    product = np.asarray(subjective, dtype=float) * np.asarray(objective, dtype=float)
    return normalised(product, "the criteria judged important are those that tell nobody apart")


def normalised(parts: Array, nothing: str) -> Array:
    """Bring parts to the sum 1, or refuse with KH-P06, saying why there is nothing to share out."""
    if not parts.any():
        remedy = "Give weight to another criterion, or choose another `weights.method`."
        raise KehuError(Problem("KH-P06", "weights", f"{nothing}.", remedy))
    return np.asarray(parts / parts.sum())


def _customers_by_criteria(values: ArrayLike) -> Array:
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError("values must be customers by criteria, finite, without blanks")
    return x


def _differing(x: Array) -> Any:
    """Tell the criteria in which customers differ; refuse data in which they never do."""
    differ = x.min(axis=0) < x.max(axis=0) if len(x) else np.zeros(x.shape[1], dtype=bool)
    if not differ.any():
        what = f"all {len(x):,} customers are equal in every criterion: data give no weights."
        remedy = "Set `weights.method` to manual or ahp."
        raise KehuError(Problem("KH-D11", "indices", what, remedy))
    return differ


def _spread(differ: Any, information: Array) -> Array:
    """Put the information of the criteria that differ in its places, with sum 1."""
    weights = np.zeros(len(differ))
    weights[differ] = np.clip(information, 0, None)
    return np.asarray(weights / weights.sum())
