"""Customer lifetime value: choose a method on the past, then score every customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value import candidates, spend
from kehu.value.candidates import LOOKUP, PAST, Choice
from kehu.value.clv.families import FAMILIES
from kehu.value.enough import Gate, gate
from kehu.value.history import History, counted
from kehu.value.scoring import Models, Terms, score
from kehu.value.spend import Spend


@dataclass(frozen=True)
class Fit:
    """One fitted model as the report lists it.

    Parameters
    ----------
    model : str
        Name of the model, such as `bgnbd`.
    group : str
        Whom it was fitted to; empty for all customers.
    fitted : fitted model
        With `PARAMETERS`, `standard_errors` and `log_likelihood`.
    """

    model: str
    group: str
    fitted: Any


@dataclass(frozen=True)
class Lifetime:
    """Lifetime value with all that tells how far to believe it.

    Parameters
    ----------
    gate : Gate
        Whether the data are enough.
    choice : Choice
        The method used, the alternatives, the back-test.
    fits, earlier : tuple of Fit
        The models fitted to the whole history, and to what the back-test showed them.
    spend : Spend or None
        How much customers spend per purchase day; None under contract, where the fee says it.
    clv : pandas.DataFrame
        Contract `clv`.
    total : tuple of float
        CLV of all customers: low, expected, high (80 %); low and high nan where unknown.
    calibration_end : str
        Last day the back-test showed; empty where there was none.
    holdout_units : int
        Length of the hold-out, 0 where there was none.
    cut : float or None
        Where the hold-out begins on the axis of the tracking.
    history : History
    without_contract : int
        Customers who pay and have no contract that can be read, where the others have one.
    """

    gate: Gate
    choice: Choice
    fits: tuple[Fit, ...]
    earlier: tuple[Fit, ...]
    spend: Spend | None
    clv: pd.DataFrame
    total: tuple[float, float, float]
    calibration_end: str
    holdout_units: int
    cut: float | None
    history: History
    without_contract: int = 0

    @property
    def counted(self) -> str:
        """What the back-test counts: `purchases`, `periods` bought in, or `renewals`."""
        kinds = {"occasions": "periods", "contractual": "renewals"}
        return kinds.get(self.history.relationship, "purchases")


def assess(
    history: History, terms: Terms, *, clv_model: str = "auto", enough: Mapping[str, int]
) -> Lifetime:
    """Prove every candidate on the past, choose one, and score all customers with it.

    Parameters
    ----------
    history : History
        See `kehu.value.history.history`; customers without contract.
    terms : Terms
    clv_model : str
        `auto`, or the method set by hand; see `kehu.value.candidates.choose`.
    enough : mapping
        Limits of `kehu.value.enough.gate`.

    Returns
    -------
    Lifetime

    Raises
    ------
    KehuError
        KH-D11: a method set by hand cannot be fitted to these data.
    """
    checked = gate(history.summary, enough)
    choice = candidates.choose(candidates.try_all(history), clv_model, checked.passed)
    models = fit(choice.method, history.summary, history)
    clv, total = score(models, history.summary, terms)
    split = history.split
    return Lifetime(
        gate=checked,
        choice=choice,
        fits=_listed(models),
        earlier=_listed(_earlier(choice.method, history)),
        spend=models.spend,
        clv=clv,
        total=total,
        calibration_end=split.calibration_end if split else "",
        holdout_units=split.units if split else 0,
        cut=split.cut if split else None,
        history=history,
    )


def _listed(models: Models | None) -> tuple[Fit, ...]:
    """List the fitted models that have parameters."""
    if models is None or models.method not in FAMILIES:
        return ()
    whole = models.spend.models if models.spend.method == "gamma_gamma" else ()
    return (Fit(models.method, "", models.purchases), *(Fit("gamma_gamma", "", m) for m in whole))


def fit(method: str, summary: pd.DataFrame, history: History) -> Models:
    """Fit a method to all customers.

    Parameters
    ----------
    method : str
        A model of purchases, `lookup` or `past`.
    summary : pandas.DataFrame
        Contract `summary`.
    history : History
        Unit of the times, and where the look-up counts what customers did next.

    Returns
    -------
    Models

    Raises
    ------
    KehuError
        KH-D11: nobody bought on a second day.

    Notes
    -----
    Customers of equal history are fitted as one with a weight, in the order of their figures: the
    order of rows changes nothing, not even the last digit.
    """
    if method == PAST:
        return Models(method, None, Spend("mean", (), (0,), "", float("nan"), 0))
    if method == LOOKUP:
        if history.split is None:
            what = f"the look-up needs a hold-out: {history.problem}"
            remedy = "Use a longer history, or `clv_model: auto`."
            raise KehuError(Problem("KH-D11", "clv_model", what, remedy))
        counts = counted(history.split, history.span.time_unit)
        return Models(method, counts, spend.fit(summary))
    triples = summary.groupby(["frequency", "recency", "T"]).size().reset_index()
    columns = triples.to_numpy(dtype=float).T
    purchases = FAMILIES[method].fit(*columns, time_unit=history.span.time_unit)
    return Models(method, purchases, spend.fit(summary))


def _earlier(method: str, history: History) -> Models | None:
    """Fit the method to what the back-test showed it; None where there was no back-test."""
    if method not in FAMILIES or history.split is None:
        return None
    try:
        return fit(method, history.split.calibration, history)
    except KehuError:  # the whole history may hold what the calibration lacks; its trial says so
        return None
