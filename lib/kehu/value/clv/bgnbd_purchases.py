"""BG/NBD: the purchases to come, as expectations, discounted, and as draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, expit

from kehu.value.clv.bgnbd import BgNbd, p_alive
from kehu.value.clv.sample import Array, histories

NODES = 48
"""Points of the integral over the chance to leave."""


def expected_purchases(model: BgNbd, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return the purchases a customer is expected to make in the next `t` time units.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    t : float
        Horizon, 0 or more, in the model's unit.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Expected purchase days.

    References
    ----------
    Fader, Hardie, Lee (2005), equation 10; computed as in `purchases_if_alive`.
    """
    if not (np.isfinite(t) and t >= 0):
        raise ValueError(f"t must be 0 or more, got {t}")
    x, t_x, T = histories(x, t_x, T)
    if_alive = _by_pair(lambda x_, T_: purchases_if_alive(model, t, x_, T_), x, T)
    return p_alive(model, x, t_x, T) * if_alive


def expected_new(model: BgNbd, t: ArrayLike) -> Array:
    """Return the repeat purchases expected of a new customer by time `t` after the first purchase.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    t : array_like, shape (k,)
        Times since the first purchase, 0 or more, in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Expected repeat purchase days, E[X(t)].

    References
    ----------
    Fader, Hardie, Lee (2005), equation 9.
    """
    times = np.atleast_1d(np.asarray(t, dtype=float))
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("t must be 0 or more")
    nothing = np.zeros_like(times)
    return purchases_if_alive(model, times, nothing, nothing)


def discounted_purchases(
    model: BgNbd,
    horizon: int,
    rate_per_unit: float,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> Array:
    """Return the expected purchases of the coming time units, each unit discounted to today.

    Multiply by expected spend and margin for lifetime value.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    horizon : int
        Whole time units ahead, 0 or more.
    rate_per_unit : float
        Discount rate per time unit, 0 or more; a year's rate d is (1 + d)**(1 / 52) - 1 a week.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Sum over k = 1...horizon of E[purchases in unit k] / (1 + rate_per_unit)**k.

    Notes
    -----
    Summed by parts: expectations until k enter with the difference of two discount factors, so
    that a rate of 0 gives exactly `expected_purchases`.
    """
    if horizon != int(horizon) or horizon < 0:
        raise ValueError(f"horizon must be a whole number, 0 or more, got {horizon}")
    if not (np.isfinite(rate_per_unit) and rate_per_unit >= 0):
        raise ValueError(f"rate_per_unit must be 0 or more, got {rate_per_unit}")
    x, t_x, T = histories(x, t_x, T)
    factors = (1.0 + rate_per_unit) ** -np.arange(1.0, horizon + 1)
    weights = factors - np.append(factors[1:], 0.0)

    def if_alive(x_: Array, T_: Array) -> Array:
        total = np.zeros_like(x_)
        for k in np.flatnonzero(weights):
            total += weights[k] * purchases_if_alive(model, k + 1.0, x_, T_)
        return total

    return p_alive(model, x, t_x, T) * _by_pair(if_alive, x, T)


def simulate_purchases(
    model: BgNbd,
    rng: np.random.Generator,
    n_draws: int,
    horizon: float,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> NDArray[np.int64]:
    """Draw the purchases that customers may make in the horizon, for intervals around CLV.

    Parameters
    ----------
    model : BgNbd
        Fitted model; its own uncertainty is not in the draws.
    rng : numpy.random.Generator
        Seeded by the caller.
    n_draws : int
        Draws per customer.
    horizon : float
        Time ahead, 0 or more, in the model's unit.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray of int, shape (n_draws, k)
        Purchase days; give few customers at a time when memory is short.

    Notes
    -----
    Alive with `p_alive`; then rate ~ Gamma(r + x, rate alpha + T) and p ~ Beta(a, b + x), and the
    customer makes the smaller of a Poisson number and a geometric number until leaving.
    """
    x, t_x, T = histories(x, t_x, T)
    shape = (n_draws, x.size)
    alive = rng.random(shape) < p_alive(model, x, t_x, T)
    rate = rng.gamma(model.r + x, 1.0 / (model.alpha + T), shape)
    leaving = np.maximum(rng.beta(model.a, model.b + x, shape), 1e-15)
    purchases = np.minimum(rng.poisson(rate * horizon), rng.geometric(leaving))
    return np.where(alive, purchases, 0)


def purchases_if_alive(model: BgNbd, t: ArrayLike, x: Array, T: Array) -> Array:
    """Return the purchases expected in the next `t` of customers known to be alive at `T`.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    t : array_like, scalar or shape (k,)
        Time ahead, 0 or more.
    x, T : ndarray, shape (k,)
        Repeat purchase days; time observed.

    Returns
    -------
    ndarray, shape (k,)
        Expected purchase days.

    Notes
    -----
    With a known chance p to leave after each purchase the answer is
    g(p) = (1 - (1 + p s)^-(r + x)) / p, s = t / (alpha + T); given the past, p ~ Beta(a, b + x).
    Written around p = 0 as g(0) - a / (a + b + x) E[(g(0) - g(p)) / p], p ~ Beta(a + 1, b + x),
    the integrand is tame for all parameters, and tanh-sinh nodes give at least eight digits. The
    usual closed form divides by a - 1 and needs a hypergeometric function, which in double
    precision fails at many purchases and long horizons.

    References
    ----------
    Fader, Hardie, Lee (2005), equation 10, of which this is another form.
    """
    p, weights = _leaving(model, x)
    if_nobody_left = (model.r + x) * np.asarray(t, dtype=float) / (model.alpha + T)
    growth = np.log1p(p * (if_nobody_left / (model.r + x))[:, None])
    lost = (if_nobody_left[:, None] + np.expm1(-(model.r + x)[:, None] * growth) / p) / p
    return np.asarray(
        if_nobody_left - model.a / (model.a + model.b + x) * (lost * weights).sum(axis=1)
    )


def _by_pair(of: Callable[[Array, Array], Array], x: Array, T: Array, block: int = 8192) -> Array:
    """Evaluate `of` once for each distinct (x, T): customers share few of them."""
    pairs, where = np.unique(x + 1j * T, return_inverse=True)
    starts = range(0, pairs.size, block)
    parts = [of(pairs.real[i : i + block], pairs.imag[i : i + block]) for i in starts]
    return np.concatenate([*parts, np.empty(0)])[where]


def _leaving(model: BgNbd, x: Array) -> tuple[Array, Array]:
    """Points p, shape (k, NODES), and weights, shape (NODES,): means over Beta(a + 1, b + x)."""
    u = np.linspace(-3.0, 3.0, NODES)
    probability = expit(np.pi * np.sinh(u))
    weights = (u[1] - u[0]) * np.pi / 4 * np.cosh(u) / np.cosh(np.pi / 2 * np.sinh(u)) ** 2
    values, where = np.unique(x, return_inverse=True)
    p = betaincinv(model.a + 1.0, model.b + values[:, None], probability)
    return np.asarray(p[where]), weights
