"""Which method forecasts best: every candidate on the same hold-out, and a stated choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pandas as pd

from kehu.errors import KehuError
from kehu.tables import contract
from kehu.value.clv.backtest import TABLE, Backtest, backtest
from kehu.value.clv.families import FAMILIES
from kehu.value.clv.forecasts import Forecast, forecast_family, forecast_lookup
from kehu.value.clv.scores import Scores, squared_error_gain
from kehu.value.history import History, counted

MODELS = ("bgnbd", "paretonbd", "mbgnbd")
"""Models of purchases without a contract, in the order in which equals are preferred."""

OF_OCCASIONS = ("bgbb",)
"""Models of customers who buy at most once per period."""

LOOKUP, PAST = "lookup", "past"
"""Next best methods: what customers of a like past did next; the past carried on, no forecast."""


@dataclass(frozen=True)
class Trial:
    """One candidate on the hold-out.

    Parameters
    ----------
    name : str
        A model, or `lookup`.
    proof : Backtest or None
        None where it could not be fitted.
    problem : str
        Why not; empty where it could.
    """

    name: str
    proof: Backtest | None
    problem: str = ""

    @property
    def verdict(self) -> str:
        """A, B or C; C where it could not be fitted."""
        return self.proof.verdict if self.proof else "C"


class Proof(Protocol):
    """What every back-test tells, whatever it was of."""

    @property
    def table(self) -> pd.DataFrame:
        """Contract `backtest`."""
        ...

    @property
    def model(self) -> Scores | None:
        """Errors of the method."""
        ...

    @property
    def naive(self) -> Scores | None:
        """Errors of the baseline."""
        ...

    @property
    def reasons(self) -> tuple[str, ...]:
        """Keys of the reasons for the verdict."""
        ...

    @property
    def message(self) -> str:
        """What the fit says about itself."""
        ...


@dataclass(frozen=True)
class Choice:
    """The method used, and why.

    Parameters
    ----------
    method : str
        A model of purchases or of contracts, `lookup` or `past`.
    reason : str
        `hold_out`: chosen among models by the hold-out; `by_hand`: set in the parameters;
        `no_model_passed`: no model passed, the look-up did; `nothing_passed`; `not_enough_data`;
        `no_hold_out`: nothing could be proved; `contract_unproved`: nor could contracts be.
    verdict : {'A', 'B', 'C'}
        On the method used; C for `past`, which is no forecast.
    proof : Proof or None
        Back-test of the method used; None where there was none.
    table : pandas.DataFrame
        Contract `models`: the candidates and their errors; no row without a hold-out.
    unproved : str
        Contracts without a proof: `no_holdout`, `not_fitted` or `no_renewals`; else empty.
    """

    method: str
    reason: str
    verdict: str
    proof: Proof | None
    table: pd.DataFrame
    unproved: str = ""


def try_all(history: History) -> dict[str, Trial]:
    """Back-test every candidate on the same hold-out.

    Parameters
    ----------
    history : History

    Returns
    -------
    dict
        Name to `Trial`: the models, then the look-up where the calibration can be cut once more.
    """
    if history.split is None:
        return {}
    time_unit = history.span.time_unit
    fit_to = OF_OCCASIONS if history.relationship == "occasions" else MODELS
    tried = {n: _try(history, n, _of_family(n, time_unit)) for n in fit_to}
    if history.inner is not None:
        by_count = partial(forecast_lookup, model=counted(history.inner, time_unit))
        tried[LOOKUP] = _try(history, LOOKUP, by_count)
    return tried


def _of_family(name: str, time_unit: str) -> Callable[[pd.DataFrame, int], Forecast]:
    return partial(forecast_family, family=FAMILIES[name], time_unit=time_unit)


def _try(history: History, name: str, forecast: Callable[[pd.DataFrame, int], Forecast]) -> Trial:
    assert history.split is not None
    split = history.split
    try:
        proof = backtest(
            split.calibration,
            split.holdout,
            horizon=split.units,
            forecast=forecast,
            repeats_by_unit=split.repeats_by_unit,
        )
    except KehuError as error:
        return Trial(name, None, " ".join(p.what for p in error.problems))
    return Trial(name, proof)


def choose(trials: Mapping[str, Trial], wanted: str, enough: bool) -> Choice:
    """Choose the method that lifetime value rests on.

    Parameters
    ----------
    trials : mapping
        See `try_all`.
    wanted : str
        `auto`, or a method set by hand.
    enough : bool
        Whether the data pass the gate of `kehu.value.enough`.

    Returns
    -------
    Choice

    Notes
    -----
    Among the models of the best verdict, A or B, the first tried is used, unless a later one
    has a clearly smaller squared error on the same customers (95 % interval of the paired
    difference above 0): chance alone does not change the model from one period to the next. Where
    no model passes, the look-up is used if it does; else the past is carried on. The hold-out has
    then been used to choose, so its error is a little too kind to the chosen one.
    """
    method, reason = _chosen(trials, wanted, enough)
    used = trials.get(method)
    return Choice(
        method,
        reason,
        used.verdict if used else "C",
        used.proof if used else None,
        _table(trials, method),
    )


def _chosen(trials: Mapping[str, Trial], wanted: str, enough: bool) -> tuple[str, str]:
    """Return the method and the reason for it."""
    if wanted != "auto":
        return wanted, "by_hand"
    if not enough:
        return PAST, "not_enough_data"
    if not trials:
        return PAST, "no_hold_out"
    best = _best([t for n, t in trials.items() if n != LOOKUP and t.verdict != "C"])
    if best:
        return best, "hold_out"
    if LOOKUP in trials and trials[LOOKUP].verdict != "C":
        return LOOKUP, "no_model_passed"
    return PAST, "nothing_passed"


def _best(passed: list[Trial]) -> str:
    verdict = min((t.verdict for t in passed), default="")
    names = ""
    held: Backtest | None = None
    for trial in passed:
        if trial.verdict == verdict and (held is None or _clearly_better(trial.proof, held)):
            names, held = trial.name, trial.proof
    return names


def _clearly_better(one: Backtest | None, other: Backtest) -> bool:
    if one is None:
        return False
    actual, mine, theirs = (
        one.customers["actual"], one.customers["model"], other.customers["model"],
    )  # fmt: skip
    low, _, _ = squared_error_gain(actual.to_numpy(), mine.to_numpy(), theirs.to_numpy())
    return low > 0


def backtest_table(choice: Choice) -> pd.DataFrame:
    """Return the back-test of the method used, contract `backtest`; no row where there was none."""
    return choice.proof.table if choice.proof is not None else pd.DataFrame(columns=TABLE)


def holdout_table(choice: Choice) -> pd.DataFrame:
    """Return contract `holdout`: what was forecast for each customer, and what followed."""
    if isinstance(choice.proof, Backtest):
        return choice.proof.customers
    return pd.DataFrame(columns=["customer_id", "actual", "model", "naive"])


def proofs(choice: Choice) -> list[pd.DataFrame]:
    """List the back-test of the method used, if there is one: for what is shown of it."""
    return [choice.proof.table] if choice.proof is not None else []


def _table(trials: Mapping[str, Trial], method: str) -> pd.DataFrame:
    """List the candidates with their errors on the hold-out, and the one used."""
    rows = [_row(trial, place, method) for place, trial in enumerate(trials.values(), 1)]
    return pd.DataFrame(rows, columns=list(contract("models").columns))


def _row(trial: Trial, place: int, method: str) -> dict[str, object]:
    scores = trial.proof.model if trial.proof else None
    return {
        "candidate": trial.name,
        "place": place,
        "chosen": trial.name == method,
        "verdict": trial.verdict,
        "why": trial.proof.reasons[0] if trial.proof else "not_fitted",
        "total_error": scores.total_error if scores else None,
        "rmse": scores.rmse if scores else None,
        "gini": scores.gini if scores else None,
    }
