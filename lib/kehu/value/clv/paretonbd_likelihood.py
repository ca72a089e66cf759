"""Pareto/NBD: the log-likelihood with its gradient."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from kehu.value.clv.leaving_times import leaving
from kehu.value.clv.sample import Array, Sample


def paretonbd(theta: Array, sample: Sample) -> tuple[float, Array]:
    """Return the Pareto/NBD log-likelihood of a population and its gradient.

    Parameters
    ----------
    theta : ndarray, shape (4,)
        r, alpha, s, beta, all above 0; alpha and beta in the sample's time unit.
    sample : Sample
        Histories with counts.

    Returns
    -------
    value : float
        Log-likelihood.
    gradient : ndarray, shape (4,)
        Derivatives with respect to r, alpha, s, beta.

    Notes
    -----
    A customer is still there, or left at some moment between the last purchase and `T`; with the
    integral over that moment kept as an integral (`leaving`), the gradient is exact under it.

    References
    ----------
    Schmittlein, Morrison, Colombo (1987), "Counting your customers: who are they and what will
    they do next?", Management Science 33. Fader, Hardie (2005), note 009, equations 15-17.
    """
    r, alpha, s, beta = theta
    n, x, counts = sample.n, sample.x, sample.counts
    values, groups = sample.spectrum
    gone = leaving(alpha, beta, r + x, s, sample.t_x, sample.T)
    log_a, log_b = np.log(alpha + sample.T), np.log(beta + sample.T)
    stay = -(r + x) * log_a - s * log_b
    log_sum = np.logaddexp(stay, np.log(s) + gone.log_integral)
    alive = counts * np.exp(stay - log_sum)
    left = counts - alive
    value = (
        float((groups * gammaln(r + values)).sum())
        + n * (r * np.log(alpha) - gammaln(r) + s * np.log(beta))
        + float((counts * log_sum).sum())
    )
    rates = alive / (alpha + sample.T) + left * gone.per_alpha
    gradient = np.array(
        [
            (groups * digamma(r + values)).sum()
            + n * (np.log(alpha) - digamma(r))
            - (alive * log_a + left * gone.log_alpha).sum(),
            n * r / alpha - ((r + x) * rates).sum(),
            n * np.log(beta) + left.sum() / s - (alive * log_b + left * gone.log_beta).sum(),
            n * s / beta - (alive * s / (beta + sample.T) + left * (s + 1) * gone.per_beta).sum(),
        ]
    )
    return float(value), gradient
