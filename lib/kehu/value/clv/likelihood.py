"""Log-likelihoods with their gradients: functions of arrays, in the papers' notation."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from kehu.value.clv.sample import Array, Sample


def bgnbd_weights(theta: Array, sample: Sample, first: int = 0) -> tuple[Array, Array]:
    """Split each history's likelihood into "still a customer" and "left after the last purchase".

    Parameters
    ----------
    theta : ndarray, shape (4,)
        r, alpha, a, b.
    sample : Sample
        Histories, k of them.
    first : {0, 1}
        Chances to leave at the first purchase: 0 in BG/NBD, 1 in MBG/NBD.

    Returns
    -------
    log_sum : ndarray, shape (k,)
        Logarithm of the bracket of equation 6.
    alive : ndarray, shape (k,)
        Share of the first summand: P(alive), 0...1.
    """
    r, alpha, a, b = theta
    x, t_x, T = sample.x, sample.t_x, sample.T
    stay = -(r + x) * np.log(alpha + T)
    chances = x + first
    # b + (x - 1), not b + x - 1: a small b would be lost in the sum.
    odds = np.log(a) - np.log(np.where(chances > 0, b + (chances - 1), 1.0))
    leave = np.where(chances > 0, odds - (r + x) * np.log(alpha + t_x), -np.inf)
    log_sum = np.logaddexp(stay, leave)
    return log_sum, np.exp(stay - log_sum)


def bgnbd(theta: Array, sample: Sample, first: int = 0) -> tuple[float, Array]:
    """Return the BG/NBD or MBG/NBD log-likelihood of a population and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (4,)
        r, alpha, a, b, all above 0; alpha in the sample's time unit.
    sample : Sample
        Histories with counts.
    first : {0, 1}
        Chances to leave at the first purchase: 0 in BG/NBD, 1 in MBG/NBD.

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (4,)
        Derivatives with respect to r, alpha, a, b.

    References
    ----------
    Fader, Hardie, Lee (2005), "Counting your customers the easy way", Marketing Science 24, eq. 6.
    Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for
    customer base analysis", International Journal of Research in Marketing 24, for MBG/NBD.
    """
    r, alpha, a, b = theta
    n, x, counts = sample.n, sample.x, sample.counts
    values, groups = sample.spectrum
    chances = values + first
    # b + (x - 1), not b + x - 1: a small b would be lost in the sum.
    after = np.where(chances > 0, b + (chances - 1), np.inf)
    logs = np.log(alpha + sample.T)
    gap = logs - np.log(alpha + sample.t_x)
    excess = _spread(np.log(a) - np.log(after), sample) + (r + x) * gap
    ratio = np.exp(-np.abs(excess))
    left = counts * np.where(excess > 0, 1.0, ratio) / (1.0 + ratio)
    value = (
        _total(groups, gammaln(r + values) + gammaln(b + chances) - gammaln(a + b + chances))
        + n * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
        + _total(counts, np.maximum(excess, 0.0) + np.log1p(ratio) - (r + x) * logs)
    )
    of_both = n * digamma(a + b) - _total(groups, digamma(a + b + chances))
    exposure = counts / (alpha + sample.T) + left * (
        1.0 / (alpha + sample.t_x) - 1.0 / (alpha + sample.T)
    )
    gradient = np.array(
        [
            _total(groups, digamma(r + values))
            + n * (np.log(alpha) - digamma(r))
            - _total(counts, logs)
            + _total(left, gap),
            n * r / alpha - _total(r + x, exposure),
            of_both + float(left.sum()) / a,
            of_both
            + _total(groups, digamma(b + chances))
            - n * digamma(b)
            - float((_gathered(left, sample) / after).sum()),
        ]
    )
    return float(value), gradient


def nbd(theta: Array, sample: Sample) -> tuple[float, Array]:
    """Return the log-likelihood of a population that nobody ever leaves, and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (2,)
        r, alpha.
    sample : Sample
        Histories with counts; `t_x` carries no information here.

    Returns
    -------
    value : float
        Log-likelihood, comparable with `bgnbd`, which tends to it when a tends to 0.
    gradient : ndarray, shape (2,)
        Derivatives with respect to r and alpha.
    """
    r, alpha = theta
    values, groups = sample.spectrum
    x, counts, logs = sample.x, sample.counts, np.log(alpha + sample.T)
    value = (
        _total(groups, gammaln(r + values))
        + sample.n * (r * np.log(alpha) - gammaln(r))
        - _total(counts, (r + x) * logs)
    )
    of_r = (
        _total(groups, digamma(r + values))
        + sample.n * (np.log(alpha) - digamma(r))
        - _total(counts, logs)
    )
    of_alpha = sample.n * r / alpha - _total(counts, (r + x) / (alpha + sample.T))
    return float(value), np.array([of_r, of_alpha])


def gamma_gamma(theta: Array, x: Array, m: Array, counts: Array) -> tuple[float, Array]:
    """Return the Gamma-Gamma log-likelihood of mean spends and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (3,)
        p, q, gamma, all above 0; gamma in currency.
    x : ndarray, shape (k,)
        Repeat purchase days, 1 or more.
    m : ndarray, shape (k,)
        Mean spend per repeat purchase day, above 0.
    counts : ndarray, shape (k,)
        Customers.

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (3,)
        Derivatives with respect to p, q, gamma.

    References
    ----------
    Fader, Hardie (2013), "The Gamma-Gamma model of monetary value", eq. 1a.
    """
    p, q, gamma = theta
    begin = np.flatnonzero(np.diff(x, prepend=np.nan))
    values, groups = x[begin], np.add.reduceat(counts, begin)
    n, px, total = float(counts.sum()), p * values, m * x
    scale, log_total = np.log(gamma + total), np.log(total)
    both = digamma(px + q)
    value = (
        _total(groups, gammaln(px + q) - gammaln(px))
        + n * (q * np.log(gamma) - gammaln(q))
        + _total(counts, p * x * (log_total - scale) - q * scale - np.log(m))
    )
    gradient = np.array(
        [
            _total(groups, values * (both - digamma(px))) + _total(counts, x * (log_total - scale)),
            _total(groups, both) + n * (np.log(gamma) - digamma(q)) - _total(counts, scale),
            n * q / gamma - _total(counts, (p * x + q) / (gamma + total)),
        ]
    )
    return float(value), gradient


def _total(counts: Array, values: Array) -> float:
    """Weighted sum; not `@`, whose last digits depend on the number of BLAS threads."""
    return float((counts * values).sum())


def _spread(by_x: Array, sample: Sample) -> Array:
    """Give each history the figure of its number of purchases."""
    return np.repeat(by_x, np.diff(sample.runs))


def _gathered(figures: Array, sample: Sample) -> Array:
    """Add up the histories' figures by number of purchases."""
    return np.add.reduceat(figures, sample.runs[:-1])
