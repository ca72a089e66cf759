"""Log-likelihood of BG/BB with its gradient, on the distinct purchase patterns of a population."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.value.clv.sample import Array, sample

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Patterns:
    """Distinct purchase patterns and their customers.

    Parameters
    ----------
    x : ndarray of int, shape (k,)
        Opportunities used for a purchase.
    t_x : ndarray of int, shape (k,)
        The last of them; 0 where `x` is 0.
    n : ndarray of int, shape (k,)
        Opportunities since the first purchase.
    counts : ndarray, shape (k,)
        Customers of this pattern, above 0.
    """

    x: Index
    t_x: Index
    n: Index
    counts: Array

    @property
    def customers(self) -> float:
        """Number of customers."""
        return float(self.counts.sum())

    @cached_property
    def pairs(self) -> tuple[Index, Index, Index]:
        """Distinct (x, n), each shape (p,), and the pair of every pattern, shape (k,)."""
        found, where = np.unique(np.column_stack([self.x, self.n]), axis=0, return_inverse=True)
        return found[:, 0], found[:, 1], where.ravel()


def patterns(
    x: ArrayLike, t_x: ArrayLike, n: ArrayLike, counts: ArrayLike | None = None
) -> Patterns:
    """Check purchase patterns, and count the customers of each.

    Parameters
    ----------
    x, t_x, n : array_like, shape (k,)
        Opportunities used; the last one used; opportunities in all.
    counts : array_like, shape (k,), optional
        Customers of this pattern; 1 each when left out.

    Returns
    -------
    Patterns
        Distinct and in ascending order, whatever the order given.

    Raises
    ------
    ValueError
        A value that no pattern can have.
    KehuError
        KH-D11 when nobody bought again, or there was no opportunity: there is nothing to fit.
    """
    found = sample(x, t_x, n, counts)
    whole_periods(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, n)))
    used, last, whole = (v.astype(np.int64) for v in (found.x, found.t_x, found.T))
    return Patterns(used, last, whole, found.counts)


def whole_periods(x: Array, t_x: Array, n: Array) -> None:
    """Refuse histories that are not counted in whole purchase opportunities.

    Parameters
    ----------
    x, t_x, n : ndarray, shape (k,)
        Opportunities used; the last one used; opportunities in all.

    Raises
    ------
    ValueError
        With the rule broken, how many rows break it, and the first such row.
    """
    rules = {
        "t_x and T must be whole periods": (t_x != np.floor(t_x)) | (n != np.floor(n)),
        "x must not exceed t_x: one purchase an opportunity": x > t_x,
    }
    for rule, broken in rules.items():
        if broken.any():
            row = int(np.argmax(broken))
            raise ValueError(
                f"{rule}: {int(broken.sum())} of {x.size} rows, first at {row}: "
                f"x={x[row]}, t_x={t_x[row]}, T={n[row]}"
            )


def bgbb_cells(theta: Array, x: Index, n: Index) -> Array:
    """Return the log-probability of x given purchases, and of leaving after opportunity j.

    Parameters
    ----------
    theta : ndarray, shape (4,)
        alpha, beta, gamma, delta.
    x, n : ndarray of int, shape (p,)
        Opportunities used; opportunities in all.

    Returns
    -------
    ndarray, shape (p, max n + 1)
        Column j < n: x purchases at given opportunities up to j, then left; column n: x purchases
        at given opportunities, still a customer; -inf where j < x or j > n.

    Notes
    -----
    Ratios of beta functions at whole distances are products, B(a + i, b + j) / B(a, b) =
    (a)_i (b)_j / (a + b)_{i + j}: their logarithms are running sums, without any special function.
    """
    alpha, beta, gamma, delta = theta
    most = int(n.max())
    j = np.arange(most + 1)
    buys, skips, tries = (_rising(v, most) for v in (alpha, beta, alpha + beta))
    stays, decides = _rising(delta, most), _rising(gamma + delta, most + 1)
    left = np.log(gamma) + stays - decides[1:]
    here = stays - decides[:-1]
    bought = buys[x][:, None] + skips[np.maximum(j - x[:, None], 0)] - tries
    possible = (j >= x[:, None]) & (j <= n[:, None])
    return np.where(possible, bought + np.where(j < n[:, None], left, here), -np.inf)


def bgbb(theta: Array, population: Patterns) -> tuple[float, Array]:
    """Return the BG/BB log-likelihood of a population and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (4,)
        alpha, beta, gamma, delta, all above 0.
    population : Patterns

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (4,)
        Derivatives with respect to alpha, beta, gamma, delta.

    Notes
    -----
    The sum over when a customer may have left is taken once for all customers of equal (x, n),
    from the last opportunity back to the last purchase. The gradient weighs the derivative of each
    summand with the customers expected to have that fate.

    References
    ----------
    Fader, Hardie, Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting",
    Marketing Science 29, equation 5.
    """
    x, n, pair = population.pairs
    cells = bgbb_cells(theta, x, n)
    log_likelihood = _tails(cells)[pair, population.t_x]
    shares = np.full_like(cells, -np.inf)
    shares[pair, population.t_x] = np.log(population.counts) - log_likelihood
    fates = np.exp(cells + np.logaddexp.accumulate(shares, axis=1))
    return float((population.counts * log_likelihood).sum()), _gradient(theta, x, n, fates)


def log_likelihoods(theta: Array, population: Patterns) -> tuple[Array, Array]:
    """Return each pattern's log-likelihood, and the logarithm of its share "still a customer".

    Parameters
    ----------
    theta : ndarray, shape (4,)
        alpha, beta, gamma, delta.
    population : Patterns

    Returns
    -------
    log_likelihood, log_alive : ndarray, shape (k,)
        log_alive is the logarithm of P(alive), 0 or below.
    """
    x, n, pair = population.pairs
    cells = bgbb_cells(theta, x, n)
    found = _tails(cells)[pair, population.t_x]
    return found, cells[pair, population.n] - found


def beta_binomial(theta: Array, population: Patterns) -> tuple[float, Array]:
    """Return the log-likelihood of a population that nobody ever leaves, and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (2,)
        alpha, beta.
    population : Patterns
        `t_x` carries no information here.

    Returns
    -------
    value : float
        Log-likelihood, comparable with `bgbb`, which tends to it when gamma tends to 0.
    gradient : ndarray, shape (2,)
        Derivatives with respect to alpha and beta.
    """
    alpha, beta = theta
    x, n, counts, most = population.x, population.n, population.counts, int(population.n.max())
    buys, skips, tries = (_rising(v, most) for v in (alpha, beta, alpha + beta))
    value = (counts * (buys[x] + skips[n - x] - tries[n])).sum()
    by_buy, by_skip, by_try = (_slopes(v, most) for v in (alpha, beta, alpha + beta))
    of_both = (counts * by_try[n]).sum()
    gradient = [(counts * by_buy[x]).sum() - of_both, (counts * by_skip[n - x]).sum() - of_both]
    return float(value), np.array(gradient)


def _gradient(theta: Array, x: Index, n: Index, fates: Array) -> Array:
    """Weigh the derivatives of the log-cells with the customers in them."""
    alpha, beta, gamma, delta = theta
    most = fates.shape[1] - 1
    j = np.arange(most + 1)
    left, here = np.where(j < n[:, None], fates, 0.0).sum(axis=0), fates[np.arange(n.size), n]
    both = fates.sum(axis=0)
    here_at = np.bincount(n, weights=here, minlength=most + 1)
    tried, decided = _slopes(alpha + beta, most), _slopes(gamma + delta, most + 1)
    of_try = (both * tried).sum()
    of_decision = (left * decided[1:]).sum() + (here_at * decided[:-1]).sum()
    skipped = _slopes(beta, most)[np.maximum(j - x[:, None], 0)]
    return np.array(
        [
            (fates.sum(axis=1) * _slopes(alpha, most)[x]).sum() - of_try,
            (fates * skipped).sum() - of_try,
            left.sum() / gamma - of_decision,
            (both * _slopes(delta, most)).sum() - of_decision,
        ]
    )


def _tails(cells: Array) -> Array:
    """Sum the cells of a row from each column to the last, in logarithms."""
    return np.asarray(np.logaddexp.accumulate(cells[:, ::-1], axis=1)[:, ::-1])


def _rising(a: float, most: int) -> Array:
    """Return the logarithms of a (a + 1) ... (a + i - 1), i = 0...most."""
    return np.concatenate([[0.0], np.cumsum(np.log(a + np.arange(most)))])


def _slopes(a: float, most: int) -> Array:
    """Return the derivatives of `_rising` with respect to a."""
    return np.concatenate([[0.0], np.cumsum(1.0 / (a + np.arange(most)))])
