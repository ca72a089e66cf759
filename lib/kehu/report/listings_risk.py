"""Tables of early warning and credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.listings import listing
from kehu.report.show import Listing

UNITS = {
    **dict.fromkeys(("total_spend", "clv", "contribution", "value_at_risk", "exposure", "spend",
                     "mean_clv"), "short_money"),
    **dict.fromkeys(("n_orders", "days_since_last", "recent_complaints", "days_past_due",
                     "credit_score", "customers"), "int"),
    **dict.fromkeys(("p_alive", "churn_probability", "credit_pd", "mean_p_alive",
                     "mean_churn_probability"), "chance"),
    **dict.fromkeys(("recent_share", "customers_share", "spend_share"), "percent0"),
}  # fmt: skip
"""How a measure of alerts is printed; scores and indices with one decimal."""


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
        why=[reasons(say, row._asdict()) for row in ordered.itertuples(index=False)]
    )
    columns = {"customer_id": "", "name": "", "churn_probability": "chance", "why": "",
               "value_if_stays": "short_money", "value_at_risk": "short_money",
               "contact_gain": "short_money"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or rows["name"].notna().any()}
    return listing(say, rows, shown, "churn_contacts", most=most)


def reasons(say: Translator, row: Mapping[str, Any]) -> str:
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


def alert_counts(say: Translator, table: pd.DataFrame) -> Listing:
    """List every alert with its limit and how many are raised, open and cleared.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.risk.alerts.summary`.
    """
    rows = table.assign(
        alert=[say.pick(row) for row in table.itertuples()],
        rule=[_rule(say, row._asdict()) for row in table.itertuples(index=False)],
    )
    columns = {"alert": "", "rule": "", "raised": "int", "open": "int", "cleared": "int"}
    return listing(say, rows, columns, "alert_counts")


def alert_subjects(
    say: Translator, table: pd.DataFrame, counts: pd.DataFrame, customers: pd.DataFrame
) -> Listing:
    """List who is behind the alerts: raised first, then open, then cleared.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `alerts`.
    counts : pandas.DataFrame
        See `kehu.risk.alerts.summary`; has the wording of each alert.
    customers : pandas.DataFrame
        Contract `customers`.
    """
    words = {row.alert: say.pick(row) for row in counts.itertuples()}
    names = customers.set_index("customer_id")["name"]
    turn = table["state"].map({"raised": 0, "open": 1, "cleared": 2})
    ordered = table.assign(turn=turn).sort_values("turn", kind="stable")
    rows = ordered.assign(
        alert=ordered["alert"].map(words),
        name=[
            names.get(s) if lv == "customer" else None
            for s, lv in zip(ordered["subject"], ordered["alert_level"], strict=True)
        ],
        subject=[_subject(say, row._asdict()) for row in ordered.itertuples(index=False)],
        alert_figure=[_shown(say, row._asdict()) for row in ordered.itertuples(index=False)],
    )
    columns = {"state": "code:alert_state", "alert": "", "subject": "", "name": "",
               "alert_figure": "figure", "alert_since": ""}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or rows["name"].notna().any()}
    return listing(say, rows, shown, "alert_subjects", most=20)


def _subject(say: Translator, row: Mapping[str, Any]) -> str:
    """Name a segment in words where the catalogue has them; a customer by number."""
    if row["alert_level"] == "customer":
        return str(row["subject"])
    known = (f"{part}.{row['subject']}" for part in ("tier", "rfm_segment"))
    return next((say(key) for key in known if say.has(key)), str(row["subject"]))


def _rule(say: Translator, row: Mapping[str, Any]) -> str:
    limit = _figure(say, row["alert_measure"], row["alert_when"], row["alert_limit"])
    return say(f"alert_rule.{row['alert_when']}", measure=_measure(say, row), limit=limit)


def _measure(say: Translator, row: Mapping[str, Any]) -> str:
    return say(f"alert_measure.{row['alert_measure']}")


def _shown(say: Translator, row: Mapping[str, Any]) -> str:
    return _figure(say, row["alert_measure"], row["alert_when"], row["alert_figure"])


def _figure(say: Translator, measure: str, when: str, figure: float) -> str:
    """Print a figure in the unit of its measure; a fall is a share."""
    return say.format(figure, "percent0" if when == "drop" else UNITS.get(measure, "dec1"))
