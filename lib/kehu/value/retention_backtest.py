"""Back-test of contract forecasts: who renewed, against the models and the last rate carried on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu import tables
from kehu.errors import KehuError
from kehu.value.billing import SLACK_DAYS
from kehu.value.clv.sample import Array
from kehu.value.clv.scores import Scores, Verdict, judge, scores, squared_error_gain
from kehu.value.contracts import Tenures, tenures
from kehu.value.retention_holdout import cut_of, last_rates, period_before, renewals_made
from kehu.value.retention_models import CURVES, Method, Models, curves, fit
from kehu.value.retention_views import ahead, band, log_scores, views

CUSTOMERS = ("customer_id", "plan", "tenure", "actual", "model", "naive")
"""Columns of `Proof.customers`."""


@dataclass(frozen=True)
class Proof:
    """Contract forecasts compared with a hold-out and with a naive baseline.

    Parameters
    ----------
    verdict : {'A', 'B', 'C'}
        A, clearly better than the baseline; B, no worse; C, do not use.
    reasons : tuple of str
        Keys of `kehu.value.clv.scores.judge`; or, where there was nothing to compare, one of
        `no_holdout` (the history is too short, or the file a snapshot), `not_fitted` (nobody had
        left by the cut, say), `no_renewals` (nobody renewed in the hold-out).
    message : str
        Why there is no comparison, or what the models say about themselves; empty when all is well.
    method : {'auto', 'sbg', 'bdw'}
        Model to use, for `kehu.value.retention.fit`; `auto` where the hold-out could not choose.
    table : pandas.DataFrame
        Contract `backtest`, of paid periods. Kinds: `bucket` (by renewals made at the cut, means
        per customer), `total` (sums), `tracking` (by period after the cut, cumulative; with the
        band that the uncertainty of the parameters leaves), `survivors` (customers still there
        after each period). No row where there is no comparison.
    candidates : pandas.DataFrame
        Contract `models`: both models with their errors, and which is used.
    log_scores : dict
        `sbg`, `bdw` and `naive` to the mean log-probability of what each customer did; higher is
        better.
    curves : pandas.DataFrame
        As from `retention_models.curves`: the model used, fitted at the cut, on all that is known
        now.
    customers : pandas.DataFrame
        `customer_id, plan, tenure, actual, model, naive`: paid periods in the hold-out of everyone
        under contract at the cut.
    model, naive : Scores or None
        Errors.
    gain : tuple of float or None
        Mean squared error of the baseline minus the model's: low, middle, high (95 %).
    calibration_end : str
        Last day the models saw, ISO; empty where no cut is possible.
    periods : int
        Billing periods in the hold-out.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    message: str
    method: str
    table: pd.DataFrame
    candidates: pd.DataFrame
    log_scores: dict[str, float]
    curves: pd.DataFrame
    customers: pd.DataFrame
    model: Scores | None
    naive: Scores | None
    gain: tuple[float, float, float] | None
    calibration_end: str
    periods: int


def prove(
    holdings: Table,
    analysis_date: str,
    period: str = "year",
    *,
    calibration_end: str | None = None,
    grace_days: int | None = None,
    slack_days: int = SLACK_DAYS,
    observed_since: str | None = None,
    method: str = "auto",
) -> Proof:
    """Fit on the contracts as known at an earlier day, and compare with who renewed since.

    Parameters
    ----------
    holdings : ibis Table
        Contract `holdings`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    period, grace_days, slack_days, observed_since
        As for `kehu.value.contracts.tenures`.
    calibration_end : str, optional
        Last day the models may see, ISO; left out, so that a third of the history, in whole
        billing periods, is the hold-out.
    method : {'auto', 'sbg', 'bdw'}
        Model set by hand; `auto`: chosen by the hold-out.

    Returns
    -------
    Proof
        Never fails for want of data: the reason says what is missing.

    Raises
    ------
    KehuError
        KH-D11: no row has a first day up to the analysis date.

    Notes
    -----
    Every customer under contract at the cut has the same number of renewals to decide on in the
    hold-out; how many were made is compared. Who comes back after leaving does not count.

    The baseline carries each plan's last retention rate on for all its customers. The models are
    compared by the log-score, the probability they gave to what happened; the BdW is used where it
    is better by more than one standard error, for the sBG is the simpler of the two. The hold-out
    has then been used to choose, so its error is a little too kind to the chosen one.
    """
    seen = partial(
        tenures,
        holdings,
        period=period,
        grace_days=grace_days,
        slack_days=slack_days,
        observed_since=observed_since,
    )
    now = seen(analysis_date)
    cut, periods = cut_of(now, calibration_end)
    if periods < 1:
        what = f"the contracts seen up to {analysis_date} leave no {period} to be held out."
        return _unproved("no_holdout", what)
    try:
        then = seen(cut)
        tried = {name: fit(then, name) for name in get_args(Method)}
    except KehuError as error:
        return _unproved("not_fitted", " ".join(p.what for p in error.problems), cut, periods)
    made = renewals_made(then, now, periods)
    if not made["made"].sum():
        what = f"none of {len(made):,} customers renewed in the hold-out."
        return _unproved("no_renewals", what, cut, periods)
    rate = last_rates(then, period_before(holdings, then), tried["sbg"])
    return _compared(made, tried, rate, now, cut, periods, method)


def _unproved(reason: str, message: str, cut: str = "", periods: int = 0) -> Proof:
    """Say that there is nothing to compare, and why."""
    names = {name: tables.contract(name).columns for name in ("backtest", "models")}
    names |= {"curves": CURVES, "customers": CUSTOMERS}
    blank = {name: pd.DataFrame(columns=list(columns)) for name, columns in names.items()}
    return Proof(
        verdict="C", reasons=(reason,), message=message, method="auto", table=blank["backtest"],
        candidates=blank["models"], log_scores={}, curves=blank["curves"],
        customers=blank["customers"], model=None, naive=None, gain=None, calibration_end=cut,
        periods=periods,
    )  # fmt: skip


def _compared(
    made: pd.DataFrame,
    tried: dict[Method, Models],
    rate: dict[str, float],
    now: Tenures,
    cut: str,
    periods: int,
    wanted: str,
) -> Proof:
    """Compare what was forecast with what was renewed, and give the verdict."""
    done = made["made"].to_numpy()
    rates = made["plan"].map(rate).to_numpy(dtype=float)
    there = {str(name): ahead(models, made, periods) for name, models in tried.items()}
    there["naive"] = rates[:, None] ** np.arange(1.0, periods + 1)
    logs = {name: log_scores(survival, done) for name, survival in there.items()}
    better = _clearly_better(tried["bdw"], logs["bdw"] - logs["sbg"])
    used: Any = wanted if wanted != "auto" else "bdw" if better else "sbg"
    actual, expected = done.astype(float), {name: s.sum(axis=1) for name, s in there.items()}
    found = {name: scores(actual, values) for name, values in expected.items()}
    gains = {name: squared_error_gain(actual, expected[name], expected["naive"]) for name in tried}
    said = {n: judge(tried[n].usable, gains[n], found[n], found["naive"]) for n in tried}
    sides = made.assign(actual=actual, model=expected[used], naive=expected["naive"])
    sides = sides[list(CUSTOMERS)]
    return Proof(
        verdict=said[used][0],
        reasons=said[used][1],
        message=tried[used].message,
        method=used,
        table=views(sides, there[used], there["naive"], band(tried[used], made, periods)),
        candidates=_candidates(found, said, used),
        log_scores={name: float(np.mean(log)) for name, log in logs.items()},
        curves=curves(tried[used], now, max(int(now.lifetimes["duration"].max()), 1)),
        customers=sides,
        model=found[used],
        naive=found["naive"],
        gain=gains[used],
        calibration_end=cut,
        periods=periods,
    )


def _clearly_better(other: Models, gain: Array) -> bool:
    """Whether the BdW's log-score is better by more than one standard error."""
    error = gain.std(ddof=1) / np.sqrt(gain.size) if gain.size > 1 else np.inf
    return bool(other.usable and gain.mean() > error)


def _candidates(
    found: dict[str, Scores], said: dict[Method, tuple[Verdict, tuple[str, ...]]], used: Method
) -> pd.DataFrame:
    """List both models with their errors."""
    rows = [
        {
            "candidate": name,
            "place": place,
            "chosen": name == used,
            "verdict": verdict,
            "why": reasons[0],
            "total_error": found[name].total_error,
            "rmse": found[name].rmse,
            "gini": found[name].gini,
        }
        for place, (name, (verdict, reasons)) in enumerate(said.items(), 1)
    ]
    return pd.DataFrame(rows)
