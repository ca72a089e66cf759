"""What the report says about lifetime value: its figures by name, its parameters, its ratings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from kehu.value.candidates import PAST
from kehu.value.clv.families import FAMILIES
from kehu.value.concentration import top_share
from kehu.value.lifetime import Lifetime, Models, Terms

AT_RISK = 0.5
"""Probability of being active below which a class A customer counts as probably gone."""

PROVED = (
    "holdout_customers", "holdout_actual", "holdout_model", "holdout_naive", "holdout_error",
    "holdout_error_naive", "holdout_rmse", "holdout_rmse_naive", "holdout_rank", "holdout_gini",
    "retention", "model_message",
)  # fmt: skip
"""Facts that are blank where there was no back-test."""


def facts(future: Lifetime, measures: pd.DataFrame, terms: Terms) -> dict[str, Any]:
    """Name the numbers of lifetime value that the report's sentences quote.

    Parameters
    ----------
    future : Lifetime
    measures : pandas.DataFrame
        Contract `measures`.
    terms : Terms

    Returns
    -------
    dict
        Name to number or text; None where the method does not tell.
    """
    summary = future.history.summary
    return {
        **_method(future),
        **_money(future, terms),
        **_active(summary, measures),
        "one_time_note": _one_time_note(future),
        "risk_by": "model" if _believed(future) else "quiet",
        **_proof(future),
        **_spend(future),
        **{"_".join(k): v for k, v in _estimates(future.models).items()},
        **{f"calibration_{'_'.join(k)}": v for k, v in _estimates(future.earlier).items()},
        **_ratings(future, summary, terms),
    }


def _method(future: Lifetime) -> dict[str, Any]:
    choice, trials = future.choice, future.choice.trials
    usable = choice.verdict != "C"
    return {
        "method": choice.method,
        "method_reason": choice.reason,
        "candidates": len(trials),
        "candidates_passed": sum(t.verdict != "C" for t in trials.values()),
        "verdict": choice.verdict,
        "usable": "yes" if usable else "no",
        "trust": choice.verdict if choice.method != PAST else "past",
        "enough": "yes" if future.gate.passed else "no",
        "holdout_problem": future.history.problem,
    }


def _tells_active(future: Lifetime) -> bool:
    return not future.clv["p_alive"].isna().any()


def _believed(future: Lifetime) -> bool:
    """Whether probabilities of being active may be used."""
    return future.choice.verdict != "C" and _tells_active(future)


def _one_time_note(future: Lifetime) -> str:
    """Choose what to say of customers with one purchase."""
    if not _tells_active(future):
        return "none"
    return "bgnbd" if future.choice.method == "bgnbd" else "other"


def _money(future: Lifetime, terms: Terms) -> dict[str, Any]:
    low, expected, high = future.total
    clv = future.clv
    return {
        "horizon": terms.horizon,
        "time_unit": terms.time_unit,
        "clv_total": expected,
        "clv_total_low": low,
        "clv_total_high": high,
        "clv_total_known": "no" if math.isnan(low) else "yes",
        "clv_mean": float(clv["clv"].mean()),
        "clv_past_total": float(clv["clv_past"].sum()),
        "clv_top20_share": top_share(clv["clv"], 0.2),
        "expected_purchases": float(clv["expected_purchases"].sum()),
    }


def _active(summary: pd.DataFrame, measures: pd.DataFrame) -> dict[str, Any]:
    """Count who is probably active; nothing where the method does not tell."""
    if measures["p_alive"].isna().any():
        names = ("repeat_active", "repeat_active_share", "at_risk", "at_risk_spend")
        return dict.fromkeys((*names, "at_risk_share")) | {"tells_active": "no"}
    returned = summary.loc[summary["frequency"] > 0, "customer_id"]
    repeat = measures.loc[measures["customer_id"].isin(returned), "p_alive"]
    lost = measures[(measures["p_alive"] < AT_RISK) & (measures["abc_class"] == "A")]
    spend = float(lost["total_spend"].sum())
    return {
        "tells_active": "yes",
        "repeat_active": float(repeat.sum()),
        "repeat_active_share": float(repeat.mean()) if len(repeat) else None,
        "at_risk": len(lost),
        "at_risk_spend": spend,
        "at_risk_share": spend / float(measures["total_spend"].sum()),
    }


def _proof(future: Lifetime) -> dict[str, Any]:
    """Name the figures of the back-test; blank where there was none."""
    proof, split = future.choice.proof, future.history.split
    known: dict[str, Any] = {}
    if proof is not None:
        total = proof.table[proof.table["kind"] == "total"].iloc[0]
        known = {
            "holdout_customers": int(total["customers"]),
            "holdout_actual": float(total["actual"]),
            "holdout_model": float(total["model"]),
            "holdout_naive": float(total["naive"]),
            "holdout_error": proof.model.total_error,
            "holdout_error_naive": proof.naive.total_error,
            "holdout_rmse": proof.model.rmse,
            "holdout_rmse_naive": proof.naive.rmse,
            "holdout_rank": proof.model.spearman,
            "holdout_gini": proof.model.gini,
            "retention": proof.retention,
            "verdict_reason": proof.reasons[0],
            "model_message": proof.message,
        }
    return {
        **dict.fromkeys(PROVED),
        "verdict_reason": "not_proved",
        **known,
        "proved": "yes" if proof is not None else "no",
        "calibration_end": split.calibration_end if split else None,
        "holdout_units": split.units if split else None,
        "holdout_cut": split.cut if split else None,
    }


def _spend(future: Lifetime) -> dict[str, Any]:
    spend = future.models.spend
    first = spend.models[0] if spend.method == "gamma_gamma" else None
    return {
        "spend_method": spend.method,
        "spend_reason": spend.reason or "none",
        "spend_correlation": spend.correlation,
        "spend_n": first.n if first else None,
        "spend_mean": first.population_mean if first else None,
        "without_spend": spend.without_spend,
    }


def _fits(models: Models | None) -> list[tuple[str, Any]]:
    """List the fitted models that have parameters, with their names."""
    if models is None:
        return []
    spend = [("gamma_gamma", m) for m in models.spend.models if models.spend.method != "grouped"]
    return [(models.method, models.purchases)] * (models.method in FAMILIES) + spend


def _estimates(models: Models | None) -> dict[tuple[str, str], float]:
    """Return estimates by model and parameter, the log-likelihood of each model last."""
    return {
        (name, part): float(getattr(fit, attribute))
        for name, fit in _fits(models)
        for part, attribute in [*((k, k) for k in fit.PARAMETERS), ("ll", "log_likelihood")]
    }


def parameters(future: Lifetime) -> pd.DataFrame:
    """List the parameters of the method in use, fitted to the calibration and to all.

    Parameters
    ----------
    future : Lifetime

    Returns
    -------
    pandas.DataFrame
        `model, parameter, calibration, whole, error` (standard error of `whole`; blank for the
        log-likelihood); no row for methods without parameters.
    """
    whole, before = _estimates(future.models), _estimates(future.earlier)
    errors = {
        (name, k): float(e)
        for name, fit in _fits(future.models)
        for k, e in zip(fit.PARAMETERS, fit.standard_errors, strict=True)
    }
    rows = [
        {"model": n, "parameter": k, "calibration": before.get((n, k)), "whole": v}
        | {"error": errors.get((n, k))}
        for (n, k), v in whole.items()
    ]
    return pd.DataFrame(rows, columns=["model", "parameter", "calibration", "whole", "error"])


def _ratings(future: Lifetime, summary: pd.DataFrame, terms: Terms) -> dict[str, str]:
    """Rate the assumptions that the data can speak about."""
    fits = [m.purchases for m in (future.models, future.earlier) if m is not None]
    told = all(getattr(f, "converged", True) and getattr(f, "identified", True) for f in fits)
    return {
        "rating_history": rated(float(summary["T"].max()) / terms.horizon, 2, 1),
        "rating_model": {"A": "green", "B": "amber", "C": "red"}[future.choice.verdict],
        "rating_identified": "green" if told else "red",
        "rating_independence": independence(future.models.spend.correlation),
    }


def rated(value: float, green: float, amber: float) -> str:
    """Return `green`, `amber` or `red`, by the lowest value of the first two."""
    return "green" if value >= green else "amber" if value >= amber else "red"


def independence(correlation: float) -> str:
    """Rate the assumption that frequency and spend are unrelated; amber where nothing tells."""
    return "amber" if np.isnan(correlation) else rated(-abs(correlation), -0.15, -0.3)
