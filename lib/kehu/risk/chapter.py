"""What the chapter opens: the client's tables over time, and the windows they are cut into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from ibis.backends.duckdb import Backend

from kehu import engine
from kehu.params_risk import Churn
from kehu.risk.population import BOUGHT, HELD, Events
from kehu.risk.windows import Windows, windows
from kehu.store import Run


def events(run: Run, backend: Backend, relationship: str) -> Events:
    """Open the tables that early warning reads; those the client did not give have no rows.

    Parameters
    ----------
    run : Run
    backend : ibis.backends.duckdb.Backend
    relationship : str
        As in the parameters; only `contractual` sees leaving in the contracts.

    Returns
    -------
    Events
    """
    lines = engine.read_table(run, backend, "transactions")
    said, due, held = (
        engine.given(run, backend, name) for name in ("interactions", "payments", "holdings")
    )
    leaving = HELD if relationship == "contractual" else BOUGHT
    return Events(lines, said, due, held, leaving)


def spans(
    summary: pd.DataFrame,
    analysis_date: str,
    churn: Churn | Mapping[str, Any],
    facts: Mapping[str, Any],
) -> Windows:
    """Cut the history for the warning, like lifetime value where its hold-out allows.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`.
    analysis_date : str
        Last day observed, inclusive, ISO.
    churn : Churn or mapping
        See `kehu.params_risk.Churn`.
    facts : mapping
        The run's facts: `value.calibration_end` is the last day before the hold-out.

    Returns
    -------
    Windows
    """
    cut = facts.get("value.calibration_end")
    held = (date.fromisoformat(analysis_date) - date.fromisoformat(cut)).days if cut else None
    return windows(
        summary["first_date"].min().date(), analysis_date, Churn.of(churn).window_days, held
    )


def comparable(holdout: pd.DataFrame, facts: Mapping[str, Any], spans: Windows) -> pd.DataFrame:
    """Return lifetime value's forecasts where they are for the very window that is tested.

    Parameters
    ----------
    holdout : pandas.DataFrame
        Contract `holdout`.
    facts : mapping
        The run's facts.
    spans : Windows

    Returns
    -------
    pandas.DataFrame
        `holdout`, or no rows.
    """
    same = facts.get("value.calibration_end") == str(spans.test)
    return holdout if same else holdout.iloc[:0]


def silent(value: pd.DataFrame, spans: Windows) -> pd.Series:
    """Tell who has bought nothing for a whole window: customer to 1 or 0."""
    quiet = (value["days_since_last"] >= spans.days).astype(float)
    return quiet.set_axis(value["customer_id"])


def most(churn: Churn | Mapping[str, Any]) -> int:
    """Return how many customers can be contacted in the period."""
    return Churn.of(churn).capacity
