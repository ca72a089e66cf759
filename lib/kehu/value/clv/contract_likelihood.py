"""Log-likelihoods of contract models with their gradients, on a life table."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betaln, digamma

from kehu.value.clv.life_table import LifeTable
from kehu.value.clv.optimise import LOWER, UPPER, Objective, Optimum, maximise
from kehu.value.clv.sample import Array

MOST = 1e12
"""Largest t**c looked at; beyond it everybody has left for all that data can tell."""

HELD = 1e-9
"""Variance given to the logarithm of a parameter that is held at the end of its range."""

WIDEST = 3.99
"""Largest variance, in any direction of the log-parameters, that intervals are drawn from; a hair
below the square of `families.WIDEST`, so that rounding cannot lift one above it."""


def constant(table: LifeTable) -> float:
    """Return the log-likelihood of the best model in which all customers have one retention rate.

    Parameters
    ----------
    table : LifeTable
        With customers who stayed and customers who left.

    Returns
    -------
    float
        Comparable with `sbg`, which tends to it when all customers are alike.
    """
    left, renewed = float(table.left.sum()), float(table.renewed.sum())
    both = left + renewed
    return left * math.log(left / both) + renewed * math.log(renewed / both)


def sbg(theta: Array, table: LifeTable) -> tuple[float, Array]:
    """Return the sBG log-likelihood of contracts and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (2,)
        alpha, beta, both above 0.
    table : LifeTable

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (2,)
        Derivatives with respect to alpha and beta.

    References
    ----------
    Fader, Hardie (2007), "How to project customer retention", J. Interactive Marketing 21, eq. 8:
    the retention rate of period t is (beta + t - 1) / (alpha + beta + t - 1).
    """
    alpha, beta = theta
    stays, all_ = beta + table.period - 1.0, alpha + beta + table.period - 1.0
    left, renewed, at_risk = table.left, table.renewed, table.at_risk
    terms = left * np.log(alpha) + renewed * np.log(stays) - at_risk * np.log(all_)
    of_all = (at_risk / all_).sum()
    gradient = [left.sum() / alpha - of_all, (renewed / stays).sum() - of_all]
    return float(terms.sum()), np.array(gradient)


def bdw(theta: Array, table: LifeTable) -> tuple[float, Array]:
    """Return the beta-discrete-Weibull log-likelihood of contracts and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (3,)
        alpha, beta, c, all above 0; c = 1 is the sBG.
    table : LifeTable

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (3,)
        Derivatives with respect to alpha, beta, c.

    Notes
    -----
    With H the fall of log S over a period, who left contributes log(1 - exp(-H)) and who stayed -H.

    References
    ----------
    Fader, Hardie, Liu, Davin, Steenburgh (2018), "How to project customer retention revisited: the
    role of duration dependence", J. Interactive Marketing 43: S(t) = B(alpha, beta + t^c) /
    B(alpha, beta).
    """
    alpha, beta, c = theta
    t = np.arange(table.period.size + 1.0)
    reach = bdw_reach(c, t)
    fall = np.maximum(-np.diff(betaln(alpha, beta + reach)), 1e-300)
    of_beta = _digamma_fall(alpha, beta + reach)
    of_c = of_beta * np.where(t > 0, reach * np.log(np.maximum(t, 1.0)), 0.0)
    slopes = -np.diff(np.stack([-digamma(alpha + beta + reach), of_beta, of_c]), axis=1)
    value = table.left * np.log(-np.expm1(-fall)) - table.renewed * fall
    odds = np.expm1(np.minimum(fall, 700.0))
    weight = np.divide(table.left, odds, out=np.zeros_like(fall), where=table.left > 0)
    return float(value.sum()), np.asarray((slopes * (weight - table.renewed)).sum(axis=1))


def bdw_reach(c: float | Array, t: Array) -> Array:
    """Return t**c, 0 at t = 0, and no more than `MOST`."""
    log_t = np.log(np.maximum(t, 1.0))
    return np.where(t > 0, np.exp(np.minimum(c * log_t, np.log(MOST))), 0.0)


def fitted(objective: Objective, starts: list[list[float]], n: float) -> Optimum:
    """Find the parameters of highest likelihood; what ran to its end is held there.

    Parameters
    ----------
    objective : callable
        As for `optimise.maximise`.
    starts : list of list of float
    n : float
        Renewals decided.

    Returns
    -------
    Optimum
        Where a parameter ended at the end of its range, `curved` and the covariance are those of
        the other parameters, this one held.

    Notes
    -----
    Contract models have an honest limit at the end of their range: customers who do not differ
    (alpha and beta without bound). What is forecast there is as certain as anywhere, so the
    covariance must not be lost.
    """
    best = maximise(objective, starts, n)
    if not best.at_bound:
        return best
    free = (best.theta > LOWER * 1.01) & (best.theta < UPPER / 1.01)
    if not free.any():
        return best

    def rest(values: Array) -> tuple[float, Array]:
        theta = best.theta.copy()
        theta[free] = values
        value, gradient = objective(theta)
        return value, gradient[free]

    inner = maximise(rest, [list(best.theta[free])], n)
    theta, covariance = best.theta.copy(), np.eye(free.size) * HELD
    theta[free] = inner.theta
    covariance[np.ix_(free, free)] = inner.log_covariance
    return Optimum(
        theta=theta,
        log_covariance=covariance,
        value=inner.value,
        converged=inner.converged,
        at_bound=True,
        curved=inner.curved and not inner.at_bound,
    )


def bounded(covariance: Array) -> Array:
    """Return a covariance of log-parameters that can be drawn from.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)
        As from `fitted`; nan where unknown.

    Returns
    -------
    ndarray, shape (k, k)
        The same, with no direction wider than a standard deviation of 2, a factor of 50 either way
        in 95 of 100 draws.

    Notes
    -----
    Where customers hardly differ, the data leave the size of alpha + beta open by many powers of
    ten, with the same retention rates all along: draws that far out would say no more.
    """
    if not np.isfinite(covariance).all():
        return covariance
    widths, axes = np.linalg.eigh(covariance)
    return np.asarray((axes * np.clip(widths, HELD, WIDEST)) @ axes.T)


def _digamma_fall(alpha: float, y: Array) -> Array:
    """Difference digamma(y) - digamma(alpha + y), without loss where y is large."""
    large = y > 1e6 * max(alpha, 1.0)
    direct = digamma(y) - digamma(alpha + y)
    return np.where(large, -np.log1p(alpha / y), direct)
