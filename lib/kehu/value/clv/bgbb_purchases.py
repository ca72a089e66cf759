"""BG/BB: the purchases to come, as expectations, discounted, and as draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.value.clv.beta_geometric import discounted_lifetime, survivors
from kehu.value.clv.bgbb import BgBb, opportunities, p_alive
from kehu.value.clv.sample import Array, require_one


def expected_purchases(model: BgBb, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
    """Return the purchases a customer is expected to make in the next `t` periods.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    t : float
        Whole periods ahead, 0 or more.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods.

    Returns
    -------
    ndarray, shape (k,)
        Expected periods with a purchase, 0...t.

    Raises
    ------
    ValueError
        `t` is not a whole number of periods, or a pattern cannot be.

    Notes
    -----
    P(alive) times (alpha + x) / (alpha + beta + T), the chance to use an opportunity, times the
    opportunities at which a customer of today will still be there, summed one by one: the paper's
    closed form divides by gamma - 1.

    References
    ----------
    Fader, Hardie, Shang (2010), equation 13, of which this is another form.
    """
    return discounted_purchases(model, _whole(t, "t"), 0.0, x, t_x, T)


def expected_new(model: BgBb, t: ArrayLike) -> Array:
    """Return the repeat purchases expected of a new customer within `t` periods after the first.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    t : array_like, shape (k,)
        Whole periods since the period of the first purchase, 0 or more.

    Returns
    -------
    ndarray, shape (k,)
        Expected periods with a purchase, E[X(t)].

    References
    ----------
    Fader, Hardie, Shang (2010), equation 8.
    """
    require_one(model.alpha)
    times = np.atleast_1d(np.asarray(t, dtype=float))
    if not (np.isfinite(times) & (times >= 0) & (times == np.floor(times))).all():
        raise ValueError("t must be whole periods, 0 or more")
    whole = times.astype(np.int64)
    there = survivors(model.gamma, model.delta, int(whole.max(initial=0)))[0]
    until = np.concatenate([[0.0], np.cumsum(there)])
    return np.asarray(model.alpha / (model.alpha + model.beta) * until[whole])


def discounted_purchases(
    model: BgBb,
    horizon: int,
    rate_per_unit: float,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> Array:
    """Return the expected purchases of the coming periods, each period discounted to today.

    Multiply by expected spend and margin for lifetime value.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    horizon : int
        Whole periods ahead, 0 or more.
    rate_per_unit : float
        Discount rate per period, 0 or more.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods.

    Returns
    -------
    ndarray, shape (k,)
        Sum over k = 1...horizon of E[purchases in period k] / (1 + rate_per_unit)**k.
    """
    require_one(model.alpha)
    periods = _whole(horizon, "horizon")
    if not (np.isfinite(rate_per_unit) and rate_per_unit >= 0):
        raise ValueError(f"rate_per_unit must be 0 or more, got {rate_per_unit}")
    x, t_x, T = opportunities(x, t_x, T)
    observed, where = np.unique(T, return_inverse=True)
    there = survivors(model.gamma, model.delta + observed, periods)
    factors = (1.0 + rate_per_unit) ** -np.arange(1.0, periods + 1)
    ahead = (there * factors).sum(axis=1)[where]
    return p_alive(model, x, t_x, T) * _chance(model, x, T) * ahead


def discounted_residual(
    model: BgBb, rate_per_unit: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return the discounted expected residual transactions (DERT), without any horizon.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    rate_per_unit : float
        Discount rate per period, above 0.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods.

    Returns
    -------
    ndarray, shape (k,)
        Purchases, each discounted to the end of period T.

    Raises
    ------
    ValueError
        `rate_per_unit` is not above 0, or a pattern cannot be.

    References
    ----------
    Fader, Hardie, Shang (2010), equation 14.
    """
    require_one(model.alpha)
    x, t_x, T = opportunities(x, t_x, T)
    observed, where = np.unique(T, return_inverse=True)
    ahead = discounted_lifetime(model.gamma, model.delta + observed, rate_per_unit)[where] - 1.0
    return p_alive(model, x, t_x, T) * _chance(model, x, T) * ahead


def residual_purchases(
    model: BgBb, rate: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> Array:
    """Return all purchases still to come, discounted continuously: no horizon is assumed.

    The same as `discounted_residual`, for a rate given as the other families have it.

    Parameters
    ----------
    model : BgBb
        Fitted model.
    rate : float
        Continuous discount rate per period, above 0: a year's rate d is log(1 + d) a year.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods.

    Returns
    -------
    ndarray, shape (k,)
        Discounted expected residual transactions (DERT).

    Raises
    ------
    ValueError
        `rate` is not above 0, or a pattern cannot be.
    """
    return discounted_residual(model, float(np.expm1(rate)), x, t_x, T)


def simulate_purchases(
    model: BgBb,
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
    model : BgBb
        Fitted model, or one of `families.drawn` with the same `n_draws`, whose parameters vary.
    rng : numpy.random.Generator
        Seeded by the caller.
    n_draws : int
        Draws per customer.
    horizon : float
        Whole periods ahead, 0 or more.
    x, t_x, T : array_like, shape (k,)
        Purchase patterns in whole periods.

    Returns
    -------
    ndarray of int, shape (n_draws, k)
        Periods with a purchase; give few customers at a time when memory is short.

    Notes
    -----
    Alive with `p_alive`; then the chance to leave ~ Beta(gamma, delta + T) gives the opportunities
    until leaving, and the chance to use one ~ Beta(alpha + x, beta + T - x) the purchases: exact.
    """
    periods = _whole(horizon, "horizon")
    x, t_x, T = opportunities(x, t_x, T)
    shape = (n_draws, x.size)
    alive = rng.random(shape) < p_alive(model, x, t_x, T)
    leaving = np.maximum(rng.beta(model.gamma, model.delta + T, shape), 1e-15)
    there = np.minimum(rng.geometric(leaving) - 1, periods)
    chance = rng.beta(model.alpha + x, model.beta + (T - x), shape)
    return np.asarray(rng.binomial(np.where(alive, there, 0), chance))


def _chance(model: BgBb, x: Array, T: Array) -> Array:
    """Probability that a customer who is there uses an opportunity."""
    return np.asarray((model.alpha + x) / (model.alpha + model.beta + T))


def _whole(periods: float, name: str) -> int:
    """Return a number of periods, or refuse what is none."""
    if not (np.isfinite(periods) and periods >= 0 and periods == int(periods)):
        raise ValueError(f"{name} must be a whole number of periods, 0 or more, got {periods}")
    return int(periods)
