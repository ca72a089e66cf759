"""Fit a model of buying and leaving: coarse search, full likelihood, comparison with the NBD."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kehu.value.clv.identification import Outcome, outcome
from kehu.value.clv.likelihood import nbd
from kehu.value.clv.optimise import Optimum, maximise
from kehu.value.clv.sample import Array, Sample

Likelihood = Callable[[Array, Sample], tuple[float, Array]]
"""Takes parameters and a sample; returns the log-likelihood and its gradient."""


def estimate(
    likelihood: Likelihood,
    starts: list[list[float]],
    times: list[bool],
    population: Sample,
    time_unit: str,
) -> tuple[list[float], Outcome]:
    """Fit a model of buying and leaving, and ask whether the data tell when customers leave.

    Parameters
    ----------
    likelihood : callable
        Of four parameters, the first two r and alpha.
    starts : list of list of float
        Where to begin, with time in multiples of the longest `T`. The first holds the last two
        parameters only; r and alpha are then those of the NBD.
    times : list of bool
        Which of the four parameters are times.
    population : Sample
        The customers, times in the caller's unit.
    time_unit : str
        The caller's unit.

    Returns
    -------
    theta : list of float
        The four parameters, in the caller's unit.
    found : Outcome
        Errors, log-likelihoods, and what to know before using the model.

    Notes
    -----
    Time is divided by the longest `T` during the search, so the unit does not change the result.
    A large population is first searched on a coarse grid of histories; its full likelihood then
    needs a few Newton steps only, which end at the same point.
    """
    unit = float(population.T.max())
    scaled = population.scaled(unit)
    stay = _best(nbd, [[1.0, 1.0]], scaled)
    best = _best(likelihood, [[*stay.theta, *starts[0]], *starts[1:]], scaled)
    scale = np.where(times, unit, 1.0)
    theta = [float(v) for v in best.theta * scale]
    return theta, outcome(best, stay, population, scale, time_unit)


def _best(likelihood: Likelihood, starts: list[list[float]], scaled: Sample) -> Optimum:
    """Search from all starts; in a large sample from the optimum of its coarse one."""

    def whole(theta: Array) -> tuple[float, Array]:
        return likelihood(theta, scaled)

    coarse = scaled.coarse()
    if coarse.x.size < scaled.x.size / 4:
        rough = maximise(lambda theta: likelihood(theta, coarse), starts, scaled.n)
        best = maximise(whole, [[float(v) for v in rough.theta]], scaled.n)
        if best.converged:
            return best
    return maximise(whole, starts, scaled.n)
