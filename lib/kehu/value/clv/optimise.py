"""Maximum likelihood for a few positive parameters: search, polish, errors, verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kehu.value.clv.sample import Array

Objective = Callable[[Array], tuple[float, Array]]

LOWER, UPPER = 1e-5, 1e4
"""Range of every parameter, with time (or money) scaled to about 1."""

LOG_RANGE = (math.log(LOWER), math.log(UPPER))
"""The same in logarithms."""

GRADIENT = 1e-6
"""Largest slope of the mean log-likelihood, per unit of log-parameter, at an optimum."""

NEAR = 1e-2
"""Slope, in the same measure, from which Newton steps are tried at once."""

SETTLED = 1e-11
"""Slope, in the same measure, below which another step changes nothing that is printed."""


@dataclass(frozen=True)
class Optimum:
    """Where the search ended.

    Parameters
    ----------
    theta : ndarray, shape (k,)
        Parameters.
    log_covariance : ndarray, shape (k, k)
        Covariance of the parameters' logarithms: the inverse of the curvature; nan where the
        log-likelihood does not bend down in every direction.
    value : float
        Log-likelihood.
    converged : bool
        The slope is 0 in every direction that is not blocked by a bound.
    at_bound : bool
        A parameter ended at the end of its range.
    curved : bool
        The log-likelihood bends down in every direction: the optimum is a point, not a ridge.
    """

    theta: Array
    log_covariance: Array
    value: float
    converged: bool
    at_bound: bool
    curved: bool

    @property
    def log_errors(self) -> Array:
        """Standard errors of the parameters' logarithms (relative errors), shape (k,)."""
        return np.sqrt(np.diag(self.log_covariance))


def maximise(objective: Objective, starts: list[list[float]], n: float) -> Optimum:
    """Find the parameters of highest likelihood.

    Parameters
    ----------
    objective : callable
        Takes parameters, shape (k,); returns log-likelihood and gradient, shape (k,).
    starts : list of list of float
        Where to begin; a later start is tried only when the earlier ones did not converge
        inside the bounds.
    n : float
        Number of customers, which makes tolerances the same for small and large populations.

    Returns
    -------
    Optimum
        The best end of a search.

    Notes
    -----
    Bounded quasi-Newton steps (L-BFGS-B) in log-parameters, unless the start is near already, then
    Newton steps whose second derivatives are central differences of the analytic gradient.
    """
    best: Optimum | None = None
    for start in starts:
        found = _search(objective, np.log(start), n)
        if best is None or found.value > best.value:
            best = found
        if best.converged and not best.at_bound:
            break
    if best is None:
        raise ValueError("maximise needs at least one start")
    return best


def _search(objective: Objective, log_start: Array, n: float) -> Optimum:
    """One search from one start."""

    def mean_loss(u: Array) -> tuple[float, Array]:
        theta = np.exp(u)
        value, gradient = objective(theta)
        return -value / n, -gradient * theta / n

    u = log_start
    loss, slope = mean_loss(u)
    if np.abs(slope).max() < NEAR:
        u, loss, slope = _polish(mean_loss, u)
    if not _is_level(u, slope):
        options = {"maxiter": 1000, "ftol": 1e-13, "gtol": GRADIENT / 10, "maxcor": 20}
        bounds = [LOG_RANGE] * u.size
        u = minimize(mean_loss, u, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        u, loss, slope = _polish(mean_loss, u)
    hessian = _hessian(mean_loss, u) * n
    curved = bool(np.linalg.eigvalsh(hessian)[0] > 0)
    covariance = np.linalg.inv(hessian) if curved else np.full(hessian.shape, np.nan)
    return Optimum(
        theta=np.exp(u),
        log_covariance=np.asarray(covariance, dtype=float),
        value=-loss * n,
        converged=_is_level(u, slope),
        at_bound=bool((_at_low(u) | _at_high(u)).any()),
        curved=curved,
    )


def _at_low(u: Array) -> NDArray[np.bool_]:
    """Which parameters are at the lower end of their range."""
    return u <= LOG_RANGE[0] + 1e-3


def _at_high(u: Array) -> NDArray[np.bool_]:
    """Which parameters are at the upper end of their range."""
    return u >= LOG_RANGE[1] - 1e-3


def _is_level(u: Array, slope: Array) -> bool:
    """Whether the loss falls in no direction that is not blocked by a bound."""
    blocked = (_at_low(u) & (slope > 0)) | (_at_high(u) & (slope < 0))
    return bool((np.abs(slope) < GRADIENT)[~blocked].all())


def _polish(mean_loss: Objective, u: Array) -> tuple[Array, float, Array]:
    """Newton steps, each kept only while it lowers the slope; two searches end at one point.

    Second derivatives are computed anew only when the last ones no longer serve. Returns the point,
    its loss and its slope.
    """
    loss, slope = mean_loss(u)
    for _ in range(5):
        hessian = _hessian(mean_loss, u)
        if np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        begin = np.abs(slope).max()
        for _ in range(10):
            step = np.linalg.solve(hessian, slope)
            new = u - step
            if np.abs(step).max() >= 1 or (new < LOG_RANGE[0]).any() or (new > LOG_RANGE[1]).any():
                break
            new_loss, new_slope = mean_loss(new)
            if new_loss > loss + 1e-12 or np.abs(new_slope).max() >= 0.5 * np.abs(slope).max():
                break
            u, loss, slope = new, new_loss, new_slope
        if np.abs(slope).max() < SETTLED or np.abs(slope).max() >= begin:
            break
    return u, loss, slope


def _hessian(mean_loss: Objective, u: Array, h: float = 1e-4) -> Array:
    """Second derivatives, by central differences of the gradient; shape (k, k), symmetric."""
    steps = np.eye(u.size) * h
    rows = np.array([(mean_loss(u + s)[1] - mean_loss(u - s)[1]) / (2 * h) for s in steps])
    return np.asarray((rows + rows.T) / 2)
