"""What the report says about lifetime value: its figures by name, its parameters, its ratings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from kehu.value.candidates import PAST, Choice
from kehu.value.concentration import top_share
from kehu.value.lifetime import Fit, Lifetime
from kehu.value.scoring import Terms
from kehu.value.summary import unit_days

AT_RISK = 0.5
"""Probability of being active below which a class A customer counts as probably gone."""

RATING = {"A": "green", "B": "amber", "C": "red", "past": "red", "untested": "amber"}
"""How far a method may be believed, as a colour."""

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
        **_active(summary, measures, future.spend is None),
        "one_time_note": _one_time_note(future),
        "risk_by": _risk_by(future),
        **_proof(future),
        **_spend(future),
        **_named("", future.fits),
        **_named("calibration_", future.earlier),
        **_calibration_spend(future.earlier),
        **_ratings(future, summary, terms),
    }


def _method(future: Lifetime) -> dict[str, Any]:
    choice = future.choice
    usable = choice.verdict != "C"
    return {
        "method": choice.method,
        "method_reason": choice.reason,
        "candidates": len(choice.table),
        "candidates_passed": int((choice.table["verdict"] != "C").sum()),
        "verdict": choice.verdict,
        "usable": "yes" if usable else "no",
        "trust": _trust(choice),
        "counted": future.counted,
        "without_contract": future.without_contract,
        "enough": "yes" if future.gate.passed else "no",
        "holdout_problem": future.history.problem,
    }


def _tells_active(future: Lifetime) -> bool:
    return not future.clv["p_alive"].isna().any()


def _trust(choice: Choice) -> str:
    """Tell how far the method may be believed: its verdict, `past` or `untested`."""
    if choice.method == PAST:
        return "past"
    return choice.verdict if choice.proof is not None else "untested"


def _risk_by(future: Lifetime) -> str:
    """Choose by what customers at risk are told: contracts, the model, or time alone."""
    if future.spend is None:
        return "contract"
    return "model" if future.choice.verdict != "C" and _tells_active(future) else "quiet"


def _one_time_note(future: Lifetime) -> str:
    """Choose what to say of customers with one purchase."""
    if not _tells_active(future) or future.spend is None:
        return "none" if future.spend else "contract"
    return "bgnbd" if future.choice.method == "bgnbd" else "other"


def _money(future: Lifetime, terms: Terms) -> dict[str, Any]:
    low, expected, high = future.total
    clv, blank = future.clv, future.clv["clv_residual"].isna().any()
    return {
        "horizon": terms.horizon,
        "horizon_days": terms.horizon * unit_days(terms.time_unit),
        "time_unit": terms.time_unit,
        "clv_total": expected,
        "clv_total_low": low,
        "clv_total_high": high,
        "clv_total_known": "no" if math.isnan(low) else "yes",
        "clv_mean": float(clv["clv"].mean()),
        "clv_past_total": float(clv["clv_past"].sum()),
        "clv_residual_total": None if blank else float(clv["clv_residual"].sum()),
        "residual_known": "no" if blank else "yes",
        "clv_top20_share": top_share(clv["clv"], 0.2),
        "expected_purchases": float(clv["expected_purchases"].sum()),
    }


def _active(summary: pd.DataFrame, measures: pd.DataFrame, contract: bool) -> dict[str, Any]:
    """Count who is probably active; nothing where the method does not tell."""
    if measures["p_alive"].isna().any():
        names = ("repeat_active", "repeat_active_share", "at_risk", "at_risk_spend")
        return dict.fromkeys((*names, "at_risk_share")) | {"tells_active": "no"}
    returned = summary.loc[summary["frequency"] > 0, "customer_id"]
    repeat = measures.loc[measures["customer_id"].isin(returned), "p_alive"]
    lost = measures[(measures["p_alive"] < AT_RISK) & (measures["abc_class"] == "A")]
    spend = float(lost["total_spend"].sum())
    return {
        "tells_active": "contract" if contract else "yes",
        "repeat_active": float(repeat.sum()),
        "repeat_active_share": float(repeat.mean()) if len(repeat) else None,
        "at_risk": len(lost),
        "at_risk_spend": spend,
        "at_risk_share": spend / float(measures["total_spend"].sum()),
    }


def _proof(future: Lifetime) -> dict[str, Any]:
    """Name the figures of the back-test; blank where there was none."""
    proof = future.choice.proof
    known: dict[str, Any] = {}
    if proof is not None and proof.model is not None and proof.naive is not None:
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
            "retention": getattr(proof, "retention", None),
            "verdict_reason": proof.reasons[0],
            "model_message": proof.message,
        }
    return {
        **dict.fromkeys(PROVED),
        "verdict_reason": _unproved(future.choice),
        **known,
        "proved": _proved(future),
        "calibration_end": future.calibration_end or None,
        "holdout_units": future.holdout_units or None,
        "holdout_cut": future.cut,
    }


def _unproved(choice: Choice) -> str:
    if choice.unproved:
        return choice.unproved
    return choice.reason if choice.method == PAST and choice.reason != "by_hand" else "not_proved"


def _proved(future: Lifetime) -> str:
    if future.choice.method == PAST and len(future.choice.table):
        return "past"
    if future.choice.proof is None:
        return "no"
    return "contract" if future.spend is None else "yes"


def _spend(future: Lifetime) -> dict[str, Any]:
    spend = future.spend
    if spend is None:
        blank = dict.fromkeys(("spend_correlation", "spend_n", "spend_mean", "without_spend"))
        return {**blank, "spend_method": "fee", "spend_reason": "none"}
    first = spend.models[0] if spend.method == "gamma_gamma" else None
    return {
        "spend_method": spend.method,
        "spend_reason": spend.reason or "none",
        "spend_correlation": spend.correlation,
        "spend_n": first.n if first else None,
        "spend_mean": first.population_mean if first else None,
        "without_spend": spend.without_spend,
    }


def _estimates(fits: tuple[Fit, ...]) -> dict[tuple[str, str, str], float]:
    """Return estimates by model, group and parameter, the log-likelihood of each model last."""
    return {
        (fit.model, fit.group, part): float(getattr(fit.fitted, attribute))
        for fit in fits
        for part, attribute in [*((k, k) for k in fit.fitted.PARAMETERS), ("ll", "log_likelihood")]
    }


def _named(prefix: str, fits: tuple[Fit, ...]) -> dict[str, float]:
    """Name the estimates of models fitted to all customers as facts."""
    found = _estimates(fits).items()
    return {f"{prefix}{model}_{part}": v for (model, group, part), v in found if not group}


def _calibration_spend(fits: tuple[Fit, ...]) -> dict[str, float]:
    """Name what the spend of the calibration's customers tells, where Gamma-Gamma was fitted."""
    found = next((fit.fitted for fit in fits if fit.model == "gamma_gamma" and not fit.group), None)
    if found is None:
        return {}
    return {
        "calibration_gamma_gamma_n": found.n,
        "calibration_spend_mean": found.population_mean,
        "calibration_spend_correlation": found.correlation,
    }


def parameters(future: Lifetime) -> pd.DataFrame:
    """List the parameters of the method in use, fitted to the calibration and to all.

    Parameters
    ----------
    future : Lifetime

    Returns
    -------
    pandas.DataFrame
        `model, group, parameter, calibration, whole, error` (standard error of `whole`; blank for
        the log-likelihood); no row for methods without parameters.
    """
    whole, before = _estimates(future.fits), _estimates(future.earlier)
    errors = {
        (fit.model, fit.group, k): float(e)
        for fit in future.fits
        for k, e in zip(fit.fitted.PARAMETERS, fit.fitted.standard_errors, strict=True)
    }
    rows = [
        {"model": key[0], "group": key[1], "parameter": key[2], "whole": value}
        | {"calibration": before.get(key), "error": errors.get(key)}
        for key, value in whole.items()
    ]
    columns = ["model", "group", "parameter", "calibration", "whole", "error"]
    return pd.DataFrame(rows, columns=columns)


def _ratings(future: Lifetime, summary: pd.DataFrame, terms: Terms) -> dict[str, str]:
    """Rate the assumptions that the data can speak about."""
    told = _identified(future)
    return {
        "rating_history": rated(float(summary["T"].max()) / terms.horizon, 2, 1),
        "rating_model": RATING[_trust(future.choice)],
        "rating_identified": told,
        "rating_independence": _independent(future),
    }


def _independent(future: Lifetime) -> str:
    """Rate the independence of frequency and spend; where spend is grouped, little rests on it."""
    if future.spend is None:
        return "green"
    return "amber" if future.spend.method == "grouped" else independence(future.spend.correlation)


def _identified(future: Lifetime) -> str:
    """Rate whether the data tell when customers leave."""
    if future.fits:
        sound = all(_sound(fit.fitted) for fit in (*future.fits, *future.earlier))
        return "green" if sound else "red"
    return "red" if (future.choice.table["why"] == "fit_unusable").any() else "amber"


def _sound(fitted: Any) -> bool:
    return bool(fitted.converged and fitted.identified)


def rated(value: float, green: float, amber: float) -> str:
    """Return `green`, `amber` or `red`, by the lowest value of the first two."""
    return "green" if value >= green else "amber" if value >= amber else "red"


def independence(correlation: float) -> str:
    """Rate the assumption that frequency and spend are unrelated; amber where nothing tells."""
    return "amber" if np.isnan(correlation) else rated(-abs(correlation), -0.15, -0.3)
