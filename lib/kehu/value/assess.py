"""The value table: all measures of a customer side by side, and the figures the report quotes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value.clv.backtest import Backtest
from kehu.value.concentration import abc_classes, gini, top_share, value_matrix
from kehu.value.holdout import Split
from kehu.value.lifetime import Models
from kehu.value.rfm import Rfm

QUIET_DAYS = 182
"""Days without a purchase after which a class A customer is named where no forecast may be used."""


def value_table(
    summary: pd.DataFrame, rfm: pd.DataFrame, clv: pd.DataFrame, abc_cuts: list[float]
) -> pd.DataFrame:
    """Join all measures, one row per customer, with score and rank by lifetime value.

    Parameters
    ----------
    summary, rfm, clv : pandas.DataFrame
        Contracts of those names, the same customers.
    abc_cuts : [float, float]
        See `kehu.value.concentration.abc_classes`.

    Returns
    -------
    pandas.DataFrame
        Contract `value`, in the order of `summary`.

    Raises
    ------
    KehuError
        KH-D11: after refunds the customers together spent nothing, so that shares mean nothing.
    ValueError
        The three tables hold different customers.
    """
    total = float(summary["total_spend"].sum())
    if total <= 0:
        what = f"the spend of all {len(summary):,} customers adds up to {total:,.2f}."
        raise KehuError(Problem("KH-D11", "summary.total_spend", what, "Check the amounts."))
    measures = summary[["customer_id", "n_orders", "days_since_last", "total_spend"]]
    scores = rfm[["customer_id", "r_score", "f_score", "m_score"]]
    table = measures.merge(scores, on="customer_id", validate="1:1")
    table = table.merge(clv, on="customer_id", validate="1:1")
    if not len(table) == len(summary) == len(rfm) == len(clv):
        raise ValueError("summary, rfm and clv hold different customers")
    mean = table["total_spend"] / table["n_orders"]
    return table.assign(
        mean_order_value=mean,
        spend_share=table["total_spend"] / total,
        matrix_class=value_matrix(table["n_orders"], mean),
        abc_class=abc_classes(table["total_spend"], abc_cuts),
        score=100 * table["clv"].rank(method="average", pct=True),
        rank=table["clv"].rank(method="min", ascending=False).astype("int64"),
    )


def facts(
    summary: pd.DataFrame,
    value: pd.DataFrame,
    scores: Rfm,
    models: Models,
    split: Split,
    earlier: Models,
    proof: Backtest,
    horizon: int,
) -> dict[str, Any]:
    """Name the numbers that the report's sentences quote.

    Parameters
    ----------
    summary, value : pandas.DataFrame
        Contracts of those names.
    scores : Rfm
    models : Models
        Fitted on the whole history.
    split : Split
    earlier : Models
        Fitted on the calibration alone.
    proof : Backtest
    horizon : int
        Time units ahead of the lifetime value.

    Returns
    -------
    dict
        Name to number or text.
    """
    return {
        **_population(summary, value),
        **_abc(value),
        **_future(summary, value, models),
        **_parameters("", models),
        **_parameters("calibration_", earlier),
        **_proof(split, proof),
        "rfm_empty_bins": scores.empty_bins,
        "horizon": horizon,
        "rating_history": _rated(float(summary["T"].max()) / horizon, 2, 1),
        "rating_model": {"A": "green", "B": "amber", "C": "red"}[proof.verdict],
        "rating_identified": "green" if _told_apart(models, earlier) else "red",
        "usable": "no" if proof.verdict == "C" else "yes",
        **_quiet(value),
        "rating_independence": _independence(models.spend.correlation),
    }


def _told_apart(*fits: Models) -> bool:
    """Whether every fit converged and could tell when customers leave."""
    return all(fit.purchases.converged and fit.purchases.identified for fit in fits)


def _quiet(value: pd.DataFrame) -> dict[str, Any]:
    """Count the class A customers without a purchase for half a year: a fact, not a forecast."""
    quiet = value[(value["abc_class"] == "A") & (value["days_since_last"] > QUIET_DAYS)]
    spend = float(quiet["total_spend"].sum())
    return {
        "quiet": len(quiet),
        "quiet_days": QUIET_DAYS,
        "quiet_spend": spend,
        "quiet_share": spend / float(value["total_spend"].sum()),
    }


def _rated(value: float, green: float, amber: float) -> str:
    return "green" if value >= green else "amber" if value >= amber else "red"


def _independence(correlation: float) -> str:
    """Rate the assumption that frequency and spend are unrelated; amber where nothing tells."""
    return "amber" if np.isnan(correlation) else _rated(-abs(correlation), -0.15, -0.3)


def _population(summary: pd.DataFrame, value: pd.DataFrame) -> dict[str, Any]:
    spend, n = summary["total_spend"], len(summary)
    return {
        "n_customers": n,
        "n_orders": int(summary["n_orders"].sum()),
        "total_spend": float(spend.sum()),
        "mean_spend": float(spend.mean()),
        "median_spend": float(spend.median()),
        "mean_order": float(spend.sum() / summary["n_orders"].sum()),
        "repeat_share": float((summary["frequency"] > 0).mean()),
        "one_time": int((summary["n_orders"] == 1).sum()),
        "top20_share": top_share(spend, 0.2),
        "gini": gini(spend),
        "first_date": str(summary["first_date"].min().date()),
        "last_date": str(summary["last_date"].max().date()),
        "best_matrix": int((value["matrix_class"] == "best").sum()),
    }


def _abc(value: pd.DataFrame) -> dict[str, Any]:
    grouped = value.groupby("abc_class")["total_spend"].agg(["size", "sum"])
    grouped = grouped.reindex(["A", "B", "C"], fill_value=0)
    total = value["total_spend"].sum()
    return {
        f"{name.lower()}_{kind}": float(number)
        for name, row in grouped.iterrows()
        for kind, number in (
            ("customers", row["size"]),
            ("customers_share", row["size"] / len(value)),
            ("spend_share", row["sum"] / total),
        )
    }


def _parameters(prefix: str, models: Models) -> dict[str, Any]:
    buys, spend = models.purchases, models.spend
    found = {name: getattr(buys, name) for name in ("r", "alpha", "a", "b")}
    found |= {name: getattr(spend, name) for name in ("p", "q", "gamma")}
    found |= {"bgnbd_ll": buys.log_likelihood, "gamma_gamma_ll": spend.log_likelihood}
    found |= {"gamma_gamma_n": spend.n, "spend_mean": spend.population_mean}
    found |= {"spend_correlation": spend.correlation, "without_spend": models.without_spend}
    return {f"{prefix}{name}": number for name, number in found.items()}


def _future(summary: pd.DataFrame, value: pd.DataFrame, models: Models) -> dict[str, Any]:
    returned = summary.loc[summary["frequency"] > 0, "customer_id"]
    repeat = value.loc[value["customer_id"].isin(returned), "p_alive"]
    at_risk = value[(value["p_alive"] < 0.5) & (value["abc_class"] == "A")]
    return {
        "time_unit": models.purchases.time_unit,
        "identified": models.purchases.identified,
        "converged": models.purchases.converged and models.spend.converged,
        "repeat_active": float(repeat.sum()),
        "repeat_active_share": float(repeat.mean()),
        "clv_total": float(value["clv"].sum()),
        "clv_mean": float(value["clv"].mean()),
        "clv_top20_share": top_share(value["clv"], 0.2),
        "expected_purchases": float(value["expected_purchases"].sum()),
        "at_risk": len(at_risk),
        "at_risk_spend": float(at_risk["total_spend"].sum()),
        "at_risk_share": float(at_risk["total_spend"].sum() / value["total_spend"].sum()),
    }


def _proof(split: Split, proof: Backtest) -> dict[str, Any]:
    total = proof.table[proof.table["kind"] == "total"].iloc[0]
    return {
        "verdict": proof.verdict,
        "verdict_reason": proof.reasons[0],
        "calibration_end": split.calibration_end,
        "holdout_units": split.units,
        "holdout_cut": split.cut,
        "holdout_customers": int(total["customers"]),
        "holdout_actual": float(total["actual"]),
        "holdout_model": float(total["model"]),
        "holdout_naive": float(total["naive"]),
        "holdout_error": proof.model.total_error,
        "holdout_error_naive": proof.naive.total_error,
        "holdout_mae": proof.model.mae,
        "holdout_mae_naive": proof.naive.mae,
        "holdout_rmse": proof.model.rmse,
        "holdout_rmse_naive": proof.naive.rmse,
        "holdout_rank": proof.model.spearman,
        "retention": proof.retention,
        "model_message": proof.message,
    }
