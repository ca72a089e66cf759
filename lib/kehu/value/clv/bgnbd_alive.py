"""BG/NBD and MBG/NBD: the purchases to come of customers known to be alive."""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import dct
from scipy.special import betaincinv, betaln, log_expit

from kehu.value.clv.bgnbd import BgNbd
from kehu.value.clv.sample import Array, require_one

NODES = 96
"""Points of the integral over the chance to leave."""

BLOCK = 2**18
"""Numbers computed at a time; bounds the memory."""


def weighted(model: BgNbd, ahead: tuple[Array, Array], x: Array, T: Array) -> Array:
    """Return a weighted sum over times of the purchases until then, of customers alive at `T`.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    ahead : times, weights : ndarray, shape (j,)
        As from `kehu.value.clv.horizon`.
    x, T : ndarray, shape (k,)
        Repeat purchase days; time observed.

    Returns
    -------
    ndarray, shape (k,)
        Weighted expected purchase days.

    Notes
    -----
    `purchases_if_alive` is r + x times z times a share, z = t / (alpha + T), and the share depends
    on x and z alone: it is evaluated once for each x, at Chebyshev points of log(1 + z), where it
    is bounded by 1 within pi / 2 of the real axis, whatever x. Their number follows from that and
    gives twelve digits; they depend on the model and the last time only, so that a customer's
    figure does not depend on who else is scored.
    """
    require_one(model.r)
    times, weights = ahead
    length = math.log1p(times.max(initial=0.0) / model.alpha)
    if length == 0.0 or x.size == 0:
        return np.zeros_like(x)
    values, of_x = np.unique(x, return_inverse=True)
    observed, of_T = np.unique(T, return_inverse=True)
    shares = _shares(model, values, length)
    step = max(BLOCK // (8 * times.size), 1)
    parts = [observed[start : start + step] for start in range(0, observed.size, step)]
    scale = [(model.alpha + part)[:, None] for part in parts]
    basis = np.hstack([_basis(times / s, weights, length, len(shares)) for s in scale])
    total = np.zeros_like(x)
    for share, element in zip(shares, basis, strict=True):
        total += share[of_x] * element[of_T]
    return np.asarray((model.r + x) * total)


def purchases_if_alive(model: BgNbd, z: Array, x: Array) -> Array:
    """Return the purchases expected of customers known to be alive at `T`.

    Parameters
    ----------
    model : BgNbd
        Fitted model.
    z : ndarray, shape (j,)
        Time ahead as a multiple of alpha + T, 0 or more.
    x : ndarray, shape (k,)
        Repeat purchase days.

    Returns
    -------
    ndarray, shape (k, j)
        Expected purchase days until each time.

    Notes
    -----
    With a known chance p to leave after each purchase the answer is
    g(p) = (1 - (1 + p z)^-(r + x)) / p; given the past, p ~ Beta(a, b + c), with c the chances to
    leave so far. Written around p = 0 as g(0) - a / (a + b + c) E[(g(0) - g(p)) / p],
    p ~ Beta(a + 1, b + c), the integrand is tame for all parameters, and tanh-sinh nodes give ten
    digits for z below 1,000. The usual closed form divides by a - 1 and needs a hypergeometric
    function, which in double precision fails at many purchases and long horizons.

    References
    ----------
    Fader, Hardie, Lee (2005), equation 10, of which this is another form.
    """
    require_one(model.r)
    p, weights = _chances_to_leave(model, x)
    n = (model.r + x)[:, None]
    leavers = (model.a / (model.a + model.b + model.FIRST + x))[:, None]
    step = max(BLOCK // p.size, 1)
    parts = [z[start : start + step] for start in range(0, z.size, step)]
    lost = [(_lost(p, n, part[:, None, None]) * weights).sum(axis=2).T for part in parts]
    return np.asarray(n * z - leavers * np.concatenate([*lost, np.empty((x.size, 0))], axis=1))


def _lost(p: Array, n: Array, z: Array) -> Array:
    """(g(0) - g(p)) / p of `purchases_if_alive`, shape (j, k, NODES)."""
    return np.asarray((n * z + np.expm1(-n * np.log1p(p * z)) / p) / p)


def _chances_to_leave(model: BgNbd, x: Array) -> tuple[Array, Array]:
    """Points p, shape (k, NODES), and weights, shape (NODES,): means over Beta(a + 1, b + c).

    The quantile function fails far down its lower tail, where it is a power.
    """
    u = np.linspace(-3.2, 3.2, NODES)
    weights = (u[1] - u[0]) * np.pi / 4 * np.cosh(u) / np.cosh(np.pi / 2 * np.sinh(u)) ** 2
    log_probability = log_expit(np.pi * np.sinh(u))
    a, b = model.a + 1.0, (model.b + model.FIRST + x)[:, None]
    inner = log_probability > -30.0
    p = np.exp((log_probability + np.log(a) + betaln(a, b)) / a)
    p[:, inner] = betaincinv(a, b, np.exp(log_probability[inner]))
    return p, weights


def _shares(model: BgNbd, x: Array, length: float) -> Array:
    """Chebyshev coefficients, shape (m, k), of the share on log(1 + z) in (0, length)."""
    half = math.pi / length
    m = math.ceil(33.0 / math.log(half + math.hypot(1.0, half))) + 2
    angles = np.pi * (np.arange(m) + 0.5) / m
    z = np.expm1(length * (1.0 + np.cos(angles)) / 2.0)
    shares = purchases_if_alive(model, z, x) / ((model.r + x)[:, None] * z)
    coefficients = dct(shares, type=2, axis=1).T / m
    coefficients[0] /= 2.0
    return np.asarray(coefficients)


def _basis(z: Array, weights: Array, length: float, m: int) -> Array:
    """Weighted sums over times of z times each Chebyshev polynomial, shape (m, k)."""
    y = 2.0 * np.log1p(z) / length - 1.0
    one, two = weights * z, weights * z * y
    y *= 2.0
    found = np.empty((m, len(z)))
    for j in range(m):
        found[j] = one.sum(axis=1)
        one, two = two, y * two - one
    return found
