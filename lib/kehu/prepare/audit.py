"""The audit of the data: what to mend first, and what became better or worse since last period."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.prepare import quality
from kehu.prepare.corrections import NOT_ASKED
from kehu.store import Run

KEY = ["table", "column", "measure"]
NOTICEABLE = 0.001
"""Change of a share that counts: a tenth of a percentage point."""


def before(run: Run, previous: str | None) -> pd.DataFrame | None:
    """Return the `quality` table of the run before this one.

    Parameters
    ----------
    run : Run
    previous : str or None
        Its period, as in the params.

    Returns
    -------
    pandas.DataFrame or None
        None without a previous period.

    Raises
    ------
    KehuError
        KH-R02: it is named, and there is no such run.
    """
    if previous is None:
        return None
    earlier = Run(run.folder.with_name(previous))
    if not earlier.has("quality"):
        what = f"`previous` names {earlier.name}, which was never run here."
        remedy = f"Run {previous} first, or leave `previous` out."
        raise KehuError(Problem("KH-R02", earlier.name, what, remedy))
    return earlier.read("quality")


def compared(assessed: pd.DataFrame, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Add to the measures of this period what they were in the one before.

    Parameters
    ----------
    assessed : pandas.DataFrame
        As `quality.assess` returns it.
    earlier : pandas.DataFrame or None
        The `quality` table of the previous run.

    Returns
    -------
    pandas.DataFrame
        The same rows with `share_before`, 0 to 1, blank where the measure is new.
    """
    if earlier is None:
        return assessed.assign(share_before=float("nan"))
    old = earlier[[*KEY, "share"]].rename(columns={"share": "share_before"})
    return assessed.merge(old, on=KEY, how="left", validate="one_to_one")


def facts(
    measured: pd.DataFrame,
    earlier: pd.DataFrame | None,
    ledger: pd.DataFrame,
    gross_amount: float,
) -> dict[str, Any]:
    """Tell what to mend first, and how quality moved.

    Parameters
    ----------
    measured : pandas.DataFrame
        As `compared` returns it.
    earlier : pandas.DataFrame or None
        The `quality` table of the previous run.
    ledger : pandas.DataFrame
        Contract `ledger`.
    gross_amount : float
        Money on the purchases kept, in currency.

    Returns
    -------
    dict
        `mend`: money, rows or nothing, what stands behind the rule that costs most; `mend_rule`,
        `mend_table`, `mend_rows`, `mend_amount` and `mend_share` of all purchase money;
        `has_before`: yes, no, or no_worse (yes, and no measure fell); `score_before` 0 to 100;
        `n_better`, `n_worse`, `n_new` and `n_gone` measures; and of the one that fell most
        `fall_table`, `fall_measure`, `fall_from`, `fall_to`.
    """
    return _mend_first(ledger, gross_amount) | _moved(measured, earlier)


def _mend_first(ledger: pd.DataFrame, gross_amount: float) -> dict[str, Any]:
    """Choose the rule with the most money behind it; without money, with the most rows."""
    asked = ledger[~ledger["rule"].isin(NOT_ASKED) & (ledger["rows_quarantined"] > 0)]
    sums = asked.groupby(["table", "rule"], as_index=False).agg(
        rows=("rows_quarantined", "sum"), amount=("amount_removed", _money)
    )
    if sums.empty:
        return {"mend": "nothing"}
    # Costs and payments are no revenue: only money on purchases is weighed against purchases.
    sums["amount"] = sums["amount"].where(sums["table"] == "transactions", 0.0)
    first = sums.sort_values(
        ["amount", "rows", "table", "rule"], ascending=[False, False, True, True]
    )
    table, rule, rows, amount = first.iloc[0]
    told = {"mend_table": table, "mend_rule": rule, "mend_rows": int(rows)}
    if amount <= 0:
        return told | {"mend": "rows"}
    return told | {
        "mend": "money",
        "mend_amount": amount,
        "mend_share": amount / (gross_amount + amount),
    }


def _money(amounts: pd.Series[Any]) -> float:
    return float(amounts.dropna().sum())


def _moved(measured: pd.DataFrame, earlier: pd.DataFrame | None) -> dict[str, Any]:
    if earlier is None:
        return {"has_before": "no"}
    change = measured["share"] - measured["share_before"]
    told = {
        "has_before": "yes",
        "score_before": quality.score(earlier),
        "n_better": int((change > NOTICEABLE).sum()),
        "n_worse": int((change < -NOTICEABLE).sum()),
        "n_new": int(change.isna().sum()),
        "n_gone": len(earlier) - int(change.notna().sum()),
    }
    if not told["n_worse"]:
        return told | {"has_before": "no_worse"}
    worst = measured.loc[change.idxmin()]
    return told | {
        "fall_table": worst["table"], "fall_measure": worst["measure"],
        "fall_from": float(worst["share_before"]), "fall_to": float(worst["share"]),
    }  # fmt: skip
