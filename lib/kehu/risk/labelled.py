"""Learning who leaves from customers whose outcome is known, and proving it on a later window."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.risk import leakage, measures, methods
from kehu.risk.measures import Array, Quality
from kehu.risk.methods import Fitted, Method

ENOUGH = 50
"""Customers of either outcome that learning and testing need."""


@dataclass(frozen=True)
class Assessment:
    """Methods compared on outcomes none of them has seen.

    Parameters
    ----------
    chosen : Method
        The one with the smallest log loss; of equal ones the simpler.
    learner : Method
        The better of the two learners, which reasons are taken from.
    tried : pandas.DataFrame
        A row per method in the order tried: `method, chosen` and the fields of `Quality`.
    probabilities : pandas.DataFrame
        A column per method, a row per row of `test`: what was forecast.
    left : ndarray of bool
        What happened to the rows of `test`.
    strength, suspects : pandas.DataFrame
        See `kehu.risk.leakage`: each feature alone, and those left out as leaks.
    """

    chosen: Method
    learner: Method
    tried: pd.DataFrame
    probabilities: pd.DataFrame
    left: NDArray[np.bool_]
    strength: pd.DataFrame
    suspects: pd.DataFrame

    @property
    def probability(self) -> Array:
        """What the chosen method forecast."""
        return self.probabilities[self.chosen.name].to_numpy()


def enough(*outcomes: NDArray[np.bool_]) -> bool:
    """Whether each set of outcomes has `ENOUGH` customers of either kind."""
    return all(min(o.sum(), (~o).sum()) >= ENOUGH for o in outcomes)


def assess(
    learn: pd.DataFrame, learnt: NDArray[np.bool_], test: pd.DataFrame, happened: NDArray[np.bool_],
    numeric: Sequence[str], categorical: Sequence[str] = (), *, capacity: int, seed: int = 0,
    known_before: Collection[str] = (), method: str = "auto",
) -> Assessment:  # fmt: skip
    """Compare all methods on rows whose outcome they have not seen, and choose one.

    Parameters
    ----------
    learn, test : pandas.DataFrame
        Features, a row per customer; `test` is later than `learn` where time matters.
    learnt, happened : ndarray of bool
        Whether the customer left in the window after; see `enough`.
    numeric, categorical : sequence of str
        Columns to learn from; what is blank or the same everywhere is not used.
    capacity : int
        Customers that can be contacted.
    seed : int
        Start of the random folds.
    known_before : collection of str
        Features a person vouches for, whatever `leakage.suspects` says.
    method : str
        `auto`, or the method to use; one that is not there counts as `auto`.

    Returns
    -------
    Assessment
    """
    numbers, words = methods.usable(learn, numeric), methods.usable(learn, categorical)
    strength = leakage.alone(learn, learnt, test, happened, numbers, words)
    suspects = leakage.suspects(strength, known_before)
    out = set(suspects["feature"])
    numbers = tuple(n for n in numbers if n not in out)
    words = tuple(n for n in words if n not in out)
    candidates = methods.rules_of_thumb(numbers) | methods.learners(numbers, words, seed)
    said = {n: one.fitted(learn, learnt).probability(test) for n, one in candidates.items()}
    later = methods.forecasts(methods.usable(test, [methods.FORECAST]))
    candidates |= later
    said |= {name: one.crossed(test, happened, seed) for name, one in later.items()}
    found = {name: measures.quality(happened, p, capacity) for name, p in said.items()}
    name = method if method in found else best(found)
    learner = best({n: q for n, q in found.items() if n in methods.LEARNERS})
    return Assessment(
        candidates[name],
        candidates[learner],
        table(found, name),
        pd.DataFrame(said),
        happened,
        strength,
        suspects,
    )


def best(found: Mapping[str, Quality]) -> str:
    """Return the method with the smallest log loss; of equal ones the first."""
    return min(found, key=lambda name: found[name].log_loss)


def table(found: Mapping[str, Quality], chosen: str) -> pd.DataFrame:
    """Lay out the quality of methods, one row each, the chosen one marked."""
    rows = [{"method": n, "chosen": n == chosen, **asdict(q)} for n, q in found.items()]
    return pd.DataFrame(rows)


def drivers(fitted: Fitted, frame: pd.DataFrame, typical: pd.Series) -> pd.DataFrame:
    """Tell what raises each customer's probability.

    Parameters
    ----------
    fitted : Fitted
    frame : pandas.DataFrame
        Features, a row per customer.
    typical : pandas.Series
        Feature to the value of a typical customer.

    Returns
    -------
    pandas.DataFrame
        A column per feature: probability as it is, less what it would be if this one feature were
        typical, −1…1; rows as in `frame`.
    """
    base = fitted.probability(frame)
    changed = {
        name: base - fitted.probability(frame.assign(**{name: typical[name]}))
        for name in fitted.method.columns
    }
    return pd.DataFrame(changed, index=frame.index)
