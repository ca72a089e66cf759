"""Pareto/NBD: the purchases to come, as expectations, discounted, and as draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from kehu.value.clv import horizon as horizons
from kehu.value.clv.paretonbd import ParetoNbd, p_alive
from kehu.value.clv.sample import Array, histories, require_one


def expected_purchases(
    model: ParetoNbd, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return the purchases a customer is expected to make in the next `t` time units.

    Parameters
    ----------
    model : ParetoNbd
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
    Schmittlein, Morrison, Colombo (1987), equation 22; Fader, Hardie (2005), note 009, equation 28.
    """
    x, t_x, T = histories(x, t_x, T)
    return p_alive(model, x, t_x, T) * _weighted(model, horizons.until(t), x, T)


def expected_new(model: ParetoNbd, t: ArrayLike) -> Array:
    """Return the repeat purchases expected of a new customer by time `t` after the first purchase.

    Parameters
    ----------
    model : ParetoNbd
        Fitted model.
    t : array_like, shape (k,)
        Times since the first purchase, 0 or more, in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Expected repeat purchase days, E[X(t)].

    References
    ----------
    Schmittlein, Morrison, Colombo (1987), equation 17.
    """
    return np.asarray(model.r / model.alpha * _stay(model, horizons.ages(t), 0.0))


def discounted_purchases(
    model: ParetoNbd,
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
    model : ParetoNbd
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
    A rate of 0 gives exactly `expected_purchases`.
    """
    x, t_x, T = histories(x, t_x, T)
    ahead = horizons.by_unit(horizon, rate_per_unit)
    return p_alive(model, x, t_x, T) * _weighted(model, ahead, x, T)


def residual_purchases(
    model: ParetoNbd, rate: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return all purchases still to come, discounted continuously: no horizon is assumed.

    Parameters
    ----------
    model : ParetoNbd
        Fitted model.
    rate : float
        Continuous discount rate per time unit, above 0: a year's rate d is log(1 + d) / 52 a week.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Discounted expected residual transactions (DERT).

    Notes
    -----
    The closed form, P(alive) (r + x) / (alpha + T) z^s / rate Psi(s, s; z), z = rate (beta + T),
    needs Tricomi's function, of which the usual implementation keeps one or two digits where s is
    near a whole number; its integral is computed instead, to ten digits.

    References
    ----------
    Fader, Hardie, Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis",
    Journal of Marketing Research 42, equation 2.
    """
    x, t_x, T = histories(x, t_x, T)
    return p_alive(model, x, t_x, T) * _weighted(model, horizons.for_ever(rate), x, T)


def simulate_purchases(
    model: ParetoNbd,
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
    model : ParetoNbd
        Fitted model; one of `families.drawn` puts the uncertainty of its parameters into the draws.
    rng : numpy.random.Generator
        Seeded by the caller.
    n_draws : int
        Draws per customer; those of a drawn model.
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
    The posterior of the two rates is a mixture. With probability `p_alive` the customer is still
    there; the likelihood is then lambda^x exp(-(lambda + mu) T), so that lambda ~ Gamma(r + x, rate
    alpha + T) and mu ~ Gamma(s, rate beta + T), independent; the time until leaving is exponential
    with rate mu, and purchases until then or the horizon are Poisson. Else the customer has left,
    and buys no more whatever the rates were. Exact: no approximation is made.
    """
    horizons.until(horizon)
    x, t_x, T = histories(x, t_x, T)
    shape = (n_draws, x.size)
    alive = rng.random(shape) < p_alive(model, x, t_x, T)
    rate = rng.gamma(model.r + x, 1.0 / (model.alpha + T), shape)
    leaving = rng.gamma(model.s, 1.0 / (model.beta + T), shape)
    stay = rng.standard_exponential(shape) / np.maximum(leaving, 1e-300)
    return np.where(alive, rng.poisson(rate * np.minimum(stay, horizon)), 0)


def _stay(model: ParetoNbd, t: Array, T: Array | float) -> Array:
    """Time within the next `t` that a customer alive at `T` is expected to stay."""
    require_one(model.r)
    length = np.log1p(t / (model.beta + T))
    return np.asarray((model.beta + T) * length * exprel(-(model.s - 1.0) * length))


def _weighted(model: ParetoNbd, ahead: tuple[Array, Array], x: Array, T: Array) -> Array:
    """Weighted sum over times of the purchases until then, of customers alive at `T`."""
    require_one(model.r)
    times, weights = ahead
    observed, of_T = np.unique(T, return_inverse=True)
    total = np.zeros_like(observed)
    for time, weight in zip(times, weights, strict=True):
        total += weight * _stay(model, time, observed)
    return np.asarray((model.r + x) / (model.alpha + T) * total[of_T])
