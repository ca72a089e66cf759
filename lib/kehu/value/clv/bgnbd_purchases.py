"""BG/NBD and MBG/NBD: the purchases to come, as expectations, discounted, and as draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.value.clv import horizon as horizons
from kehu.value.clv.bgnbd import BgNbd, p_alive
from kehu.value.clv.bgnbd_alive import purchases_if_alive, weighted
from kehu.value.clv.sample import Array, histories


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
    Fader, Hardie, Lee (2005), equation 10; computed as in `bgnbd_alive.weighted`.
    """
    x, t_x, T = histories(x, t_x, T)
    return p_alive(model, x, t_x, T) * weighted(model, horizons.until(t), x, T)


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
    Fader, Hardie, Lee (2005), equation 9, times the share b / (a + b) who do not leave after the
    first purchase in MBG/NBD.
    """
    elapsed = horizons.ages(t) / model.alpha
    return p_alive(model, 0.0, 0.0, 0.0) * purchases_if_alive(model, elapsed, np.zeros(1))[0]


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
    A rate of 0 gives exactly `expected_purchases`.
    """
    x, t_x, T = histories(x, t_x, T)
    ahead = horizons.by_unit(horizon, rate_per_unit)
    return p_alive(model, x, t_x, T) * weighted(model, ahead, x, T)


def residual_purchases(
    model: BgNbd, rate: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return all purchases still to come, discounted continuously: no horizon is assumed.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    rate : float
        Continuous discount rate per time unit, above 0: a year's rate d is log(1 + d) / 52 a week.
    x, t_x, T : array_like, shape (k,)
        Purchase histories, times in the model's unit.

    Returns
    -------
    ndarray, shape (k,)
        Discounted expected residual transactions (DERT).

    References
    ----------
    Fader, Hardie, Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis",
    Journal of Marketing Research 42, whose definition this is, for the BG/NBD.
    """
    x, t_x, T = histories(x, t_x, T)
    return p_alive(model, x, t_x, T) * weighted(model, horizons.for_ever(rate), x, T)


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
    Alive with `p_alive`; then rate ~ Gamma(r + x, rate alpha + T) and p ~ Beta(a, b + chances to
    leave so far), and the customer makes the smaller of a Poisson number and a geometric number
    until leaving. Exact: no approximation is made.
    """
    horizons.until(horizon)
    x, t_x, T = histories(x, t_x, T)
    shape = (n_draws, x.size)
    alive = rng.random(shape) < p_alive(model, x, t_x, T)
    rate = rng.gamma(model.r + x, 1.0 / (model.alpha + T), shape)
    leaving = np.maximum(rng.beta(model.a, model.b + x + model.FIRST, shape), 1e-15)
    purchases = np.minimum(rng.poisson(rate * horizon), rng.geometric(leaving))
    return np.where(alive, purchases, 0)
