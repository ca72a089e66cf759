"""Tables that let a reader judge the forecast: gate, candidates, back-test, parameters."""

from __future__ import annotations

import pandas as pd

from kehu.i18n import Translator
from kehu.report.charts_model import no_holdout
from kehu.report.listings import listing
from kehu.report.show import Card, Listing

LETTERS = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "ll": "LL"}
"""Parameters that the papers write with another sign than the code."""


def backtest(say: Translator, table: pd.DataFrame, verdict: str) -> Listing | Card:
    """List hold-out purchases per customer by calibration frequency, and their total."""
    rows = table[table["kind"].isin(["bucket", "total"])].copy()
    if rows.empty:
        return no_holdout(say)
    is_total = rows["kind"] == "total"
    for column in ("actual", "model", "naive"):
        plain = rows[column].map(lambda v: say.format(v, "dec3"))
        rows[column] = plain.where(~is_total, rows[column].map(lambda v: say.format(v, "int")))
    rows.loc[is_total, "bucket"] = say("listings.backtest.total")
    columns = {"bucket": "", "customers": "int", "actual": "figure", "model": "figure",
               "naive": "figure"}  # fmt: skip
    return listing(say, rows, columns, "backtest", verdict=verdict)


def gate(say: Translator, table: pd.DataFrame) -> Listing:
    """List what a forecast needs at least beside what the data hold.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        `limit, needed, found, passed`; see `kehu.value.enough.gate`.
    """
    rows = table.assign(fulfilled=table["passed"].astype(str))
    columns = {"limit": "code:limit", "needed": "int", "found": "int", "fulfilled": "code:passed"}
    return listing(say, rows, columns, "gate", n=len(rows),
                   failed=int((~table["passed"]).sum()))  # fmt: skip


def candidates(say: Translator, models: pd.DataFrame, method: str) -> Listing | Card:
    """List the methods tried with their errors on the hold-out, and the one used.

    Parameters
    ----------
    say : Translator
    models : pandas.DataFrame
        Contract `models`.
    method : str
        The one used.
    """
    if models.empty:
        return no_holdout(say)
    rows = models.sort_values("place").assign(chosen=models["chosen"].astype(str))
    columns = {"candidate": "code:candidate", "verdict": "", "why": "code:verdict_reason",
               "total_error": "percent", "rmse": "dec3", "gini": "dec2",
               "chosen": "code:used"}  # fmt: skip
    return listing(say, rows, columns, "candidates", method=method)


def parameters(say: Translator, table: pd.DataFrame) -> Listing | Card:
    """List a model's parameters: calibration beside the whole history, with standard errors.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        `model, group, parameter, calibration, whole, error`.
    """
    names = [
        say(f"candidate.{row.model}") + (f" · {row.group}" if row.group else "")
        for row in table.itertuples()
    ]
    rows = table.assign(model=names, parameter=[LETTERS.get(p, p) for p in table["parameter"]])
    columns = {"model": "", "parameter": "", "calibration": "dec3", "whole": "dec3",
               "error": "dec3"}  # fmt: skip
    return listing(say, rows, columns, "parameters")
