"""The numbers of early warning and credit that the report's sentences quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kehu.params_risk import Churn
from kehu.risk.churn import BANDS, Warned
from kehu.risk.credit import GRADES, Credit

BAD_GRADES = GRADES[3:]


def facts(
    warned: Warned, credit: Credit, churn: Churn | Mapping[str, Any], relationship: str
) -> dict[str, Any]:
    """Name the numbers of the chapter.

    Parameters
    ----------
    warned : Warned
    credit : Credit
    churn : Churn or mapping
        See `kehu.params_risk.Churn`.
    relationship : str
        As in the parameters.

    Returns
    -------
    dict
        Name to number or text; what is not known is left out, and `method` or `credit_method` says
        so.
    """
    return {
        **_population(warned, relationship),
        **_money(warned.table, Churn.of(churn)),
        **_proof(warned),
        **_credit(credit),
    }


def _population(warned: Warned, relationship: str) -> dict[str, Any]:
    table, base = warned.table, warned.base_rate
    bands = table["churn_band"].value_counts().reindex(BANDS, fill_value=0)
    return {
        "leaving": "contract" if relationship == "contractual" else "silence",
        "method": warned.method,
        "proved": "yes" if warned.assessment else "no",
        "window_days": warned.windows.days,
        "n_at_risk": int(table["at_risk"].sum()),
        "base_rate": None if pd.isna(base) else base,
        "base_known": "no" if pd.isna(base) else "yes",
        **{f"n_{band}": int(n) for band, n in bands.items()},
    }


def _money(table: pd.DataFrame, churn: Churn) -> dict[str, Any]:
    act = table["churn_band"] == "act"
    return {
        "expected_leavers": float(table["churn_probability"].sum()),
        "value_at_risk": float(table["value_at_risk"].sum()),
        "n_pays": int((table["contact_gain"] > 0).sum()),
        "act_value": float(table.loc[act, "value_at_risk"].sum()),
        "act_gain": float(table.loc[act, "contact_gain"].sum()),
        "act_cost": float(act.sum() * churn.contact_cost),
        "contact_cost": churn.contact_cost,
        "save_rate": churn.save_rate,
        "most_contacts": churn.capacity,
        "any_act": "yes" if act.any() else "no",
    }


def _proof(warned: Warned) -> dict[str, Any]:
    if warned.assessment is None:
        return {}
    tried = warned.assessment.tried.set_index("method")
    chosen = tried.loc[warned.method]
    simple = tried.iloc[0]
    return {
        "auc": chosen["auc"],
        "naive_auc": simple["auc"],
        "brier": chosen["brier"],
        "calibration_error": chosen["calibration_error"],
        "capacity": int(chosen["capacity"]),
        "precision": chosen["precision"],
        "lift": chosen["lift"],
        "caught": chosen["caught"],
        "tested": int(chosen["customers"]),
        "test_from": str(warned.windows.test),
        "n_suspects": len(warned.assessment.suspects),
        "suspects": ",".join(warned.assessment.suspects["feature"]),
        "any_suspect": "yes" if len(warned.assessment.suspects) else "no",
    }


def _credit(credit: Credit) -> dict[str, Any]:
    table = credit.table
    told: dict[str, Any] = {"credit_method": credit.method, "n_credit": len(table)}
    if table.empty:
        return told
    bad = table["credit_grade"].isin(BAD_GRADES)
    told |= {
        "n_past_due": int((table["days_past_due"] > 0).sum()),
        "exposure": float(table["exposure"].sum()),
        "n_bad": int(bad.sum()),
        "bad_exposure": float(table.loc[bad, "exposure"].sum()),
    }
    if credit.quality:
        proof = credit.quality
        told |= {"credit_auc": proof.auc, "credit_ks": proof.ks, "credit_gini": proof.gini,
                 "credit_tested": proof.customers, "credit_bads": proof.left}  # fmt: skip
    return told
