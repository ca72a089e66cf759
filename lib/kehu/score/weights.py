"""Weights of the criteria: set by people, judged in pairs, read off the data, or combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu.params_weights import CRITERIA, Weights, needs
from kehu.score import ahp
from kehu.score.criteria import Array, Complete, complete
from kehu.score.weight_methods import combined, critic, entropy, manual, normalised


@dataclass(frozen=True)
class Weighting:
    """The weights of all methods that can be had, and those in use.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `weights`; the rows `used` are the chosen method's. Each method sums to 1.
    used : pandas.Series
        Weight by criterion, for all criteria; 0 for those without data.
    method : str
        The chosen one of `manual, ahp, entropy, critic, combined`.
    ahp : Ahp or None
        The judgements and their consistency, where there are any.
    left_out : tuple of str
        Criteria of which no customer has a value: weight 0, the others share the whole.
    constant : tuple of str
        Criteria in which all customers are equal; the data methods give them 0.
    filled : dict
        Criterion to blanks that stand at the median of the values known.
    n_customers : int
        Customers weighed.
    """

    table: pd.DataFrame
    used: pd.Series
    method: str
    ahp: ahp.Ahp | None
    left_out: tuple[str, ...]
    constant: tuple[str, ...]
    filled: dict[str, int]
    n_customers: int

    @property
    def judgements(self) -> pd.DataFrame | None:
        """The judgements and what the others imply, the most doubtful first; None without AHP."""
        return ahp.review(self.ahp) if self.ahp else None


def check(how: Mapping[str, Any]) -> None:
    """Refuse wrong or contradicting judgements before any data is read.

    Parameters
    ----------
    how : mapping
        `weights` of the parameters.

    Raises
    ------
    KehuError
        KH-P05, KH-P06: see `kehu.score.ahp.judged`.
    """
    if how.get("judgements"):
        ahp.judged(how["judgements"])


def derive(indices: pd.DataFrame, how: Mapping[str, Any]) -> Weighting:
    """Weigh the criteria by every method for which there is what it needs, and choose one.

    Parameters
    ----------
    indices : pandas.DataFrame
        Contract `indices`; a blank in a column that has values counts as their median.
    how : mapping
        `weights` of the parameters, see `kehu.params_weights.Weights`; what is left out has its
        default.

    Returns
    -------
    Weighting

    Raises
    ------
    KehuError
        KH-D11: there are no customers, no values at all, or a data method is chosen and customers
        do not differ. KH-P05, KH-P06: judgements, or weight only where there are no data.
    ValueError
        `how` or `indices` are not what they should be.
    """
    chosen = Weights.model_validate(dict(how)).model_dump()
    data = complete(indices)
    judged = ahp.judged(chosen["judgements"]) if chosen["judgements"] else None
    found = _methods(chosen, data, judged)
    used = found[chosen["method"]]
    rows = pd.DataFrame({**found, "used": used}, index=pd.Index(data.names, name="criterion"))
    rows = rows.reindex(pd.Index(CRITERIA, name="criterion"), fill_value=0.0)
    table = rows.melt(var_name="weighting", value_name="weight", ignore_index=False).reset_index()
    return Weighting(
        table=table,
        used=rows["used"],
        method=chosen["method"],
        ahp=judged,
        left_out=data.left_out,
        constant=data.constant,
        filled=data.filled,
        n_customers=len(indices),
    )


def _methods(how: Mapping[str, Any], data: Complete, judged: ahp.Ahp | None) -> dict[str, Array]:
    """Compute each weighting that the method needs, or that can be had beside it."""
    joined = how["method"] == "combined"
    needed = {how["method"], needs(how), how["objective"] if joined else ""}
    found: dict[str, Array] = {}
    points = np.array([how["manual"][name] for name in data.names])
    if "manual" in needed or points.any():
        found["manual"] = manual(points)
    by_judgement = _of_judgements(judged, data.names)
    if "ahp" in needed or by_judgement.any():
        found["ahp"] = normalised(by_judgement, "no criterion that has data is judged in pairs")
    if needed & {"entropy", "critic"} or len(data.constant) < len(data.names):
        found["entropy"], found["critic"] = entropy(data.values), critic(data.values)
    parts = [found[kind] for kind in (how["subjective"], how["objective"]) if kind in found]
    if joined or (len(parts) == 2 and (parts[0] * parts[1]).any()):
        found["combined"] = combined(*parts)
    return found


def _of_judgements(judged: ahp.Ahp | None, names: tuple[str, ...]) -> Array:
    """Take the weights of the criteria that have data from those of all judged."""
    weights = dict(zip(judged.criteria, judged.weights, strict=True)) if judged else {}
    return np.array([weights.get(name, 0.0) for name in names])
