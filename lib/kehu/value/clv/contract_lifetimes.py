"""What a contract model says: survival, retention, the periods and the value still to come."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaln

from kehu.value.clv.bdw import Bdw
from kehu.value.clv.beta_geometric import discounted_lifetime as beta_geometric_lifetime
from kehu.value.clv.beta_geometric import survivors
from kehu.value.clv.contract_likelihood import bdw_reach
from kehu.value.clv.families import drawn, has_uncertainty
from kehu.value.clv.sample import Array
from kehu.value.clv.sbg import Sbg

ContractModel: TypeAlias = Sbg | Bdw

TOLERANCE = 1e-9
"""Periods that a sum without a closed form may leave out."""

DRAWS = 400
"""Parameter sets behind an interval."""


def survival(model: ContractModel, t: ArrayLike) -> Array:
    """Return the share of new customers who outlive `t` periods.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    t : array_like of int, shape (k,)
        Whole periods, 0 or more.

    Returns
    -------
    ndarray, shape (k,)
        S(t), 0...1; 1 at 0. Shape (n_draws, k) where the model is one of `families.drawn`.

    References
    ----------
    Fader, Hardie (2007), equation 6; Fader, Hardie, Liu, Davin, Steenburgh (2018) for the BdW.
    """
    return np.asarray(np.exp(_log_survival(model, _whole(t, "t", 0))))


def retention(model: ContractModel, t: ArrayLike) -> Array:
    """Return the share of customers in their `t`-th period who renew at its end.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    t : array_like of int, shape (k,)
        Period of contract, 1 or more.

    Returns
    -------
    ndarray, shape (k,)
        r(t) = S(t) / S(t - 1), 0...1. Shape (n_draws, k) for a model of `families.drawn`.

    References
    ----------
    Fader, Hardie (2007), equation 8, for the sBG.
    """
    periods = _whole(t, "t", 1)
    if isinstance(model, Sbg):
        stays = model.beta + periods - 1.0
        return np.asarray(stays / (model.alpha + stays))
    return np.exp(_log_survival(model, periods) - _log_survival(model, periods - 1.0))


def residual_survival(model: ContractModel, tenure: ArrayLike, horizon: int) -> Array:
    """Return the chance of customers of today to renew the next time, twice, ... `horizon` times.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    tenure : array_like of int, shape (k,)
        Periods outlived so far, that is renewals made, 0 or more.
    horizon : int
        Whole periods ahead, 0 or more.

    Returns
    -------
    ndarray, shape (k, horizon)
        S(tenure + j) / S(tenure), j = 1...horizon. Shape (n_draws, k, horizon) where the model is
        one of `families.drawn`.
    """
    so_far, ahead = _whole(tenure, "tenure", 0), int(_whole(horizon, "horizon", 0)[0])
    if isinstance(model, Sbg):
        return survivors(model.alpha, model.beta + so_far, ahead)
    later = so_far[:, None] + np.arange(1.0, ahead + 1)
    there, today = _log_survival(model, later.ravel()), _log_survival(model, so_far)
    return np.exp(there.reshape(*there.shape[:-1], *later.shape) - today[..., None])


def expected_residual(model: ContractModel, tenure: ArrayLike, horizon: int) -> Array:
    """Return the periods that customers of today are expected to pay for within the horizon.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    tenure : array_like of int, shape (k,)
        Renewals made, 0 or more.
    horizon : int
        Whole periods ahead, 0 or more.

    Returns
    -------
    ndarray, shape (k,)
        Expected renewals, 0...horizon; the running period, already paid for, is not among them.
    """
    return discounted_residual(model, tenure, 0.0, horizon)


def discounted_residual(
    model: ContractModel, tenure: ArrayLike, rate: float, horizon: int | None = None
) -> Array:
    """Return the periods still to be paid for, each discounted to today.

    Multiply by fee and margin for lifetime value.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    tenure : array_like of int, shape (k,)
        Renewals made, 0 or more.
    rate : float
        Discount rate per period, 0 or more; above 0 where there is no horizon.
    horizon : int, optional
        Whole periods ahead, 0 or more; without end when left out.

    Returns
    -------
    ndarray, shape (k,)
        Sum over j = 1, 2, ... of S(tenure + j) / S(tenure) / (1 + rate)**j: the value as seen just
        after the last payment, the next being due in one period.

    Raises
    ------
    ValueError
        No horizon and no discount: the sum may have no end.

    Notes
    -----
    Without a horizon, in closed form for the sBG; for the BdW summed until at most `TOLERANCE`
    periods are missing.

    References
    ----------
    Fader, Hardie (2010), "Customer-base valuation in a contractual setting: the perils of ignoring
    heterogeneity", Marketing Science 29, and its technical appendix.
    """
    if not (np.isfinite(rate) and rate >= 0):
        raise ValueError(f"rate must be 0 or more, got {rate}")
    so_far = _whole(tenure, "tenure", 0)
    if horizon is None and isinstance(model, Sbg):
        return beta_geometric_lifetime(model.alpha, model.beta + so_far, rate) - 1.0
    ahead = _long_enough(rate) if horizon is None else horizon
    there = residual_survival(model, so_far, ahead)
    return np.asarray((there * (1.0 + rate) ** -np.arange(1.0, there.shape[-1] + 1)).sum(axis=-1))


def discounted_lifetime(model: ContractModel, rate: float) -> float:
    """Return a new customer's discounted expected lifetime (DEL), in periods.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    rate : float
        Discount rate per period, above 0.

    Returns
    -------
    float
        Sum over t = 0, 1, 2, ... of S(t) / (1 + rate)**t, the first payment included.

    References
    ----------
    Fader, Hardie (2010), equation 5.
    """
    return 1.0 + float(discounted_residual(model, 0, rate)[0])


def discounted_at_renewal(model: ContractModel, payments: ArrayLike, rate: float) -> Array:
    """Return the discounted expected residual lifetime (DERL) just before a renewal is decided.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    payments : array_like of int, shape (k,)
        Payments made, 1 or more; whether the next will be made is about to be seen.
    rate : float
        Discount rate per period, above 0.

    Returns
    -------
    ndarray, shape (k,)
        Periods, the one now to be decided on not discounted.

    References
    ----------
    Fader, Hardie (2010), equation 6.
    """
    return (1.0 + rate) * discounted_residual(model, _whole(payments, "payments", 1) - 1.0, rate)


def curve(model: ContractModel, periods: int, *, seed: int = 0) -> pd.DataFrame:
    """Return survival and retention by period, each with its 80 % interval.

    Parameters
    ----------
    model : Sbg or Bdw
        Fitted model.
    periods : int
        Whole periods, 1 or more.
    seed : int
        Start of the draws of the parameters.

    Returns
    -------
    pandas.DataFrame
        `period` (1...periods), `survival, survival_low, survival_high, retention, retention_low,
        retention_high` (0...1). The interval holds the uncertainty of the parameters; it is blank
        where the data do not tell it.
    """
    t = np.arange(1.0, _whole(periods, "periods", 1)[0] + 1)
    wide = drawn(model, np.random.default_rng(seed), DRAWS)
    blank = np.full((2, t.size), 0.0 if has_uncertainty(model) else np.nan)
    columns = {"period": t}
    for name, of in (("survival", survival), ("retention", retention)):
        low, high = np.quantile(of(wide, t), [0.1, 0.9], axis=0) + blank
        columns |= {name: of(model, t), f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(columns).astype({"period": "int64"})


def _log_survival(model: ContractModel, t: Array) -> Array:
    """Log S(t), shape (k,) or (n_draws, k)."""
    reach = t if isinstance(model, Sbg) else bdw_reach(model.c, t)
    return np.asarray(betaln(model.alpha, model.beta + reach) - betaln(model.alpha, model.beta))


def _long_enough(rate: float) -> int:
    """Periods after which the discounted rest of a sum is below `TOLERANCE`, whatever survives."""
    if rate <= 0:
        raise ValueError(f"rate must be above 0 where there is no horizon, got {rate}")
    return math.ceil(math.log(rate * TOLERANCE) / -math.log1p(rate))


def _whole(values: ArrayLike, name: str, least: int) -> Array:
    """Return whole numbers as an array, or refuse what is none."""
    found = np.atleast_1d(np.asarray(values, dtype=float))
    if not (np.isfinite(found) & (found >= least) & (found == np.floor(found))).all():
        raise ValueError(f"{name} must be whole numbers, {least} or more")
    return found
