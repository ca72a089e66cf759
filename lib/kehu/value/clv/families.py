"""The families of purchase models behind one interface, and the uncertainty of their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kehu.value.clv import (
    bgbb,
    bgbb_purchases,
    bgnbd,
    bgnbd_purchases,
    mbgnbd,
    paretonbd,
    paretonbd_purchases,
)
from kehu.value.clv.sample import Array


class Fitted(Protocol):
    """A fitted model of any kind, as `drawn` needs it."""

    PARAMETERS: ClassVar[tuple[str, ...]]

    @property
    def identified(self) -> bool:
        """Whether the data tell all that the model is used for."""
        ...

    @property
    def log_covariance(self) -> Array:
        """Covariance of the logarithms of `PARAMETERS`, shape (k, k); nan where unknown."""
        ...


class PurchaseModel(Fitted, Protocol):
    """What every fitted model of purchases carries beside its parameters."""

    FAMILY: ClassVar[str]

    @property
    def n(self) -> int:
        """Customers of the fit."""
        ...

    @property
    def time_unit(self) -> str:
        """Unit of every time given to or taken from the model."""
        ...

    @property
    def log_likelihood(self) -> float:
        """At the optimum."""
        ...

    @property
    def converged(self) -> bool:
        """Whether the search ended at an optimum."""
        ...

    @property
    def message(self) -> str:
        """What to know before using the model; empty when all is well."""
        ...

    @property
    def standard_errors(self) -> tuple[float, ...]:
        """Of `PARAMETERS`; nan where the likelihood does not tell."""
        ...


class Fit(Protocol):
    """The signature of every fit."""

    def __call__(
        self,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        counts: ArrayLike | None = None,
        *,
        time_unit: str,
    ) -> PurchaseModel:
        """Fit the purchases of a population of customers without contract."""
        ...


@dataclass(frozen=True)
class Family:
    """One kind of purchase model: how to fit it, and what to ask it.

    Every function takes the family's own model first; histories are `x` repeat purchase days, `t_x`
    time to the last, `T` time observed, shape (k,), in the model's time unit.

    Parameters
    ----------
    name : str
        Key of `FAMILIES`, and `FAMILY` of its models.
    fit : callable
        ``fit(x, t_x, T, counts=None, *, time_unit) -> model``.
    p_alive : callable
        ``p_alive(model, x, t_x, T)``: probability of still being a customer, 0...1.
    expected_purchases : callable
        ``expected_purchases(model, t, x, t_x, T)``: purchase days in the next `t`.
    discounted_purchases : callable
        ``discounted_purchases(model, horizon, rate_per_unit, x, t_x, T)``: discounted by time unit.
    expected_new : callable
        ``expected_new(model, t)``: repeat purchase days of a new customer within `t`.
    simulate_purchases : callable
        ``simulate_purchases(model, rng, n_draws, horizon, x, t_x, T)``: draws, (n_draws, k).
    residual_purchases : callable
        ``residual_purchases(model, rate, x, t_x, T)``: all still to come, discounted continuously.
    parameters : tuple of str
        Names of the model's parameters, in the order of its covariance.
    """

    name: str
    fit: Fit
    p_alive: Callable[[Any, ArrayLike, ArrayLike, ArrayLike], Array]
    expected_purchases: Callable[[Any, float, ArrayLike, ArrayLike, ArrayLike], Array]
    discounted_purchases: Callable[[Any, int, float, ArrayLike, ArrayLike, ArrayLike], Array]
    expected_new: Callable[[Any, ArrayLike], Array]
    simulate_purchases: Callable[
        [Any, np.random.Generator, int, float, ArrayLike, ArrayLike, ArrayLike], NDArray[np.int64]
    ]
    residual_purchases: Callable[[Any, float, ArrayLike, ArrayLike, ArrayLike], Array]
    parameters: tuple[str, ...]


FAMILIES: dict[str, Family] = {
    kind.FAMILY: Family(
        name=kind.FAMILY,
        fit=fit,
        p_alive=bgnbd.p_alive,
        expected_purchases=bgnbd_purchases.expected_purchases,
        discounted_purchases=bgnbd_purchases.discounted_purchases,
        expected_new=bgnbd_purchases.expected_new,
        simulate_purchases=bgnbd_purchases.simulate_purchases,
        residual_purchases=bgnbd_purchases.residual_purchases,
        parameters=kind.PARAMETERS,
    )
    for kind, fit in ((bgnbd.BgNbd, bgnbd.fit), (mbgnbd.MbgNbd, mbgnbd.fit))
} | {
    "paretonbd": Family(
        name=paretonbd.ParetoNbd.FAMILY,
        fit=paretonbd.fit,
        p_alive=paretonbd.p_alive,
        expected_purchases=paretonbd_purchases.expected_purchases,
        discounted_purchases=paretonbd_purchases.discounted_purchases,
        expected_new=paretonbd_purchases.expected_new,
        simulate_purchases=paretonbd_purchases.simulate_purchases,
        residual_purchases=paretonbd_purchases.residual_purchases,
        parameters=paretonbd.ParetoNbd.PARAMETERS,
    ),
    "bgbb": Family(
        name=bgbb.BgBb.FAMILY,
        fit=bgbb.fit,
        p_alive=bgbb.p_alive,
        expected_purchases=bgbb_purchases.expected_purchases,
        discounted_purchases=bgbb_purchases.discounted_purchases,
        expected_new=bgbb_purchases.expected_new,
        simulate_purchases=bgbb_purchases.simulate_purchases,
        residual_purchases=bgbb_purchases.residual_purchases,
        parameters=bgbb.BgBb.PARAMETERS,
    ),
}
"""Every family by its name."""


def family_of(model: PurchaseModel) -> Family:
    """Return the functions that belong to a fitted model.

    Parameters
    ----------
    model : PurchaseModel
        As from the `fit` of any family.

    Returns
    -------
    Family
    """
    return FAMILIES[model.FAMILY]


WIDEST = 2.0
"""Largest standard deviation of a log-parameter that is drawn: a factor of 7 up or down."""

M = TypeVar("M", bound=Fitted)


def drawn(model: M, rng: np.random.Generator, n_draws: int) -> M:
    """Draw the parameters that the data leave possible: the model's own uncertainty.

    Give the result to `simulate_purchases` or `simulate_spend` with the same `n_draws`; the
    draws then hold both chance and the uncertainty of the parameters.

    Parameters
    ----------
    model : fitted model
        Of purchases or of spend.
    rng : numpy.random.Generator
        Seeded by the caller.
    n_draws : int
        Draws, 1 or more.

    Returns
    -------
    fitted model
        Of the same kind, its parameters of shape (n_draws, 1).

    Notes
    -----
    Logarithms of the parameters are drawn from their asymptotic normal: estimates and
    `log_covariance`. Where that does not describe the likelihood (see `has_uncertainty`, and ask it
    before saying that an interval holds the parameters' uncertainty), every draw is the estimate.
    """
    names = model.PARAMETERS
    estimates = np.log([getattr(model, name) for name in names])
    if has_uncertainty(model):
        root = np.linalg.cholesky(model.log_covariance)
        logs = estimates + (rng.standard_normal((n_draws, 1, len(names))) * root).sum(axis=2)
    else:
        logs = np.tile(estimates, (n_draws, 1))
    columns = np.exp(logs)[:, :, None].transpose(1, 0, 2)
    return replace(model, **dict(zip(names, columns, strict=True)))  # type: ignore[type-var]


def scenarios(model: M, n: int) -> list[M]:
    """Return models of equally likely parameters, for what `drawn` models cannot be asked.

    Parameters
    ----------
    model : fitted model
        Of purchases or of spend.
    n : int
        Models, 1 or more.

    Returns
    -------
    list of fitted models
        Each with plain parameters, drawn as in `drawn` from a fixed seed: the same every time.
    """
    wide = drawn(model, np.random.default_rng(n), n)
    return [
        replace(model, **{k: float(getattr(wide, k)[i, 0]) for k in model.PARAMETERS})  # type: ignore[type-var]
        for i in range(n)
    ]


def has_uncertainty(model: Fitted) -> bool:
    """Return whether `drawn` varies the parameters.

    It does where the model is identified, its covariance known, and no parameter so uncertain
    (`WIDEST`) that a normal around the estimate says nothing about the likelihood.

    Parameters
    ----------
    model : fitted model
        Of purchases or of spend.

    Returns
    -------
    bool
    """
    variances = np.diag(model.log_covariance)
    known = bool(np.isfinite(model.log_covariance).all() and (variances <= WIDEST**2).all())
    return model.identified and known
