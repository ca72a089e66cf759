"""Tables of early warning and credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.listings import listing
from kehu.report.show import Listing


def methods(say: Translator, tried: pd.DataFrame) -> Listing:
    """List the methods compared on the window none of them has seen."""
    marked = tried.assign(used=tried["chosen"].map({True: "✓", False: ""}))
    columns = {"method": "code:churn_method", "used": "", "auc": "dec3", "ks": "dec3",
               "log_loss": "dec3", "brier": "dec3", "calibration_error": "percent",
               "precision": "percent0", "lift": "dec2"}  # fmt: skip
    first = tried.iloc[0]
    return listing(say, marked, columns, "churn_methods", tested=int(first["customers"]),
                   capacity=int(first["capacity"]))  # fmt: skip


def contacts(
    say: Translator, churn: pd.DataFrame, customers: pd.DataFrame, most: int = 20
) -> Listing:
    """List whom to contact first, with the reasons in words and what a contact brings."""
    chosen = churn[churn["churn_band"] == "act"].merge(
        customers[["customer_id", "name"]], on="customer_id", how="left"
    )
    ordered = chosen.sort_values(["contact_gain", "customer_id"], ascending=[False, True])
    rows = ordered.assign(
        why=[_reasons(say, row._asdict()) for row in ordered.itertuples(index=False)]
    )
    columns = {"customer_id": "", "name": "", "churn_probability": "chance", "why": "",
               "value_if_stays": "short_money", "value_at_risk": "short_money",
               "contact_gain": "short_money"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or rows["name"].notna().any()}
    return listing(say, rows, shown, "churn_contacts", most=most)


def _reasons(say: Translator, row: Mapping[str, Any]) -> str:
    """Say what raises a customer's probability, with the customer's own figures."""
    codes = row["churn_reasons"]
    if not isinstance(codes, str):
        return say("churn_reason.none")
    parts = (code.rpartition("_") for code in codes.split(","))
    told = [say(f"churn_reason.{feature}.{end}", row) for feature, _, end in parts]
    return say("report.list_separator").join(told)


def strength(say: Translator, table: pd.DataFrame) -> Listing:
    """List how well each feature alone tells who leaves."""
    return listing(say, table, {"feature": "code:risk_feature", "auc": "dec3"}, "churn_strength")


def credit(say: Translator, table: pd.DataFrame, customers: pd.DataFrame) -> Listing:
    """List the customers with the largest open amounts in the worst two grades."""
    bad = table[table["credit_grade"].isin(["D", "E"])]
    named = bad.merge(customers[["customer_id", "name"]], on="customer_id", how="left")
    rows = named.sort_values(["exposure", "customer_id"], ascending=[False, True])
    columns = {"customer_id": "", "name": "", "credit_grade": "", "credit_score": "int",
               "credit_pd": "percent", "days_past_due": "int", "exposure": "short_money",
               "credit_reasons": "code:risk_feature"}  # fmt: skip
    optional = {"name", "credit_pd"}
    shown = {c: k for c, k in columns.items() if c not in optional or rows[c].notna().any()}
    return listing(say, rows, shown, "credit_worst", most=20)


def scorecard(say: Translator, table: pd.DataFrame, start: int) -> Listing:
    """List the classes of the scorecard with their points."""
    columns = {"feature": "code:risk_feature", "label": "", "customers": "int",
               "bad_share": "percent", "woe": "dec2", "points": "int"}  # fmt: skip
    return listing(say, table, columns, "scorecard", start=start)


def expert(say: Translator, points: Mapping[str, list[tuple[float, int]]]) -> Listing:
    """List the points that the expert score takes off."""
    rows = [(f, limit, off) for f, lines in points.items() for limit, off in lines]
    frame = pd.DataFrame(rows, columns=["feature", "from_limit", "points_off"])
    columns = {"feature": "code:risk_feature", "from_limit": "short", "points_off": "int"}
    return listing(say, frame, columns, "credit_expert")
