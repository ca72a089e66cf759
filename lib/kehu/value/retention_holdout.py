"""A history of contracts cut in two: the cut, who renewed since, and the last rate before it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError
from kehu.value.billing import earlier, later, renewals
from kehu.value.contracts import Tenures, tenures
from kehu.value.retention_models import Models


def cut_of(now: Tenures, given: str | None) -> tuple[str, int]:
    """Return where a history of contracts is cut.

    Parameters
    ----------
    now : Tenures
        All that is known.
    given : str or None
        Last day of the calibration, ISO; None: a third of the history, in whole billing periods, is
        held out.

    Returns
    -------
    cut : str
        Last day of the calibration, ISO.
    periods : int
        Renewals that every contract running then has had to decide on since; 0 where none.
    """
    slack, end = np.timedelta64(now.slack_days, "D"), _decided(now)
    if given is not None:
        start = np.datetime64(given, "D") - slack
        periods = 0
        while later(start, periods + 1, now.period) <= end:
            periods += 1
        return given, periods
    first = now.spells["started"].min().to_datetime64().astype("datetime64[D]")
    since = np.datetime64(now.observed_since or "0001-01-01", "D")
    history = renewals(np.array([max(first, since)]), np.array([end]), now.period, 0)
    periods = int(history[0]) // 3
    return str(earlier(end, periods, now.period) + slack), periods


def renewals_made(then: Tenures, now: Tenures, periods: int) -> pd.DataFrame:
    """Count how many of the next renewals were made by each customer under contract at a cut.

    Parameters
    ----------
    then, now : Tenures
        Of the same contracts, at the cut and `periods` later.
    periods : int
        Renewals looked at, 1 or more.

    Returns
    -------
    pandas.DataFrame
        `customer_id, plan, tenure` as at the cut, and `made`, 0...periods. Who began in the last
        `slack_days` before the cut is left out: the first renewal may come too late to be seen.

    Raises
    ------
    ValueError
        Somebody's next renewals are not all decided by then.
    """
    eve = pd.Timestamp(then.as_of) - pd.Timedelta(days=then.slack_days)
    running = then.customers[~then.customers["ended"] & (then.customers["started"] <= eve)]
    both = running.merge(
        now.spells[["customer_id", "started", "tenure", "ended"]],
        on=["customer_id", "started"], suffixes=("", "_now"), validate="1:1",
    )  # fmt: skip
    made = (both["tenure_now"] - both["tenure"]).clip(upper=periods)
    if not (both["ended_now"] | (made == periods)).all():
        raise ValueError(
            f"not all have decided on {periods} renewals from {then.as_of} to {now.as_of}"
        )
    return both.assign(made=made)[["customer_id", "plan", "tenure", "made"]]


def period_before(holdings: Table, then: Tenures) -> Tenures | None:
    """Return the tenures as known one billing period earlier; None where nothing had begun.

    Parameters
    ----------
    holdings : ibis Table
        Contract `holdings`.
    then : Tenures
        Of the same contracts.
    """
    slack = np.timedelta64(then.slack_days, "D")
    eve = earlier(_decided(then), 1, then.period) + slack
    try:
        return tenures(
            holdings, str(eve), then.period, grace_days=then.grace_days,
            slack_days=then.slack_days, observed_since=then.observed_since,
        )  # fmt: skip
    except KehuError:
        return None


def last_rates(then: Tenures, before: Tenures | None, models: Models) -> dict[str, float]:
    """Return each plan's share of renewals in the last period before the cut: the naive baseline.

    Parameters
    ----------
    then : Tenures
        As known at the cut.
    before : Tenures or None
        As known one period earlier.
    models : Models
        Fitted at the cut; plans that share a model share a rate.

    Returns
    -------
    dict
        Plan to rate, 0...1; where nobody had a renewal to decide on, that of all periods.
    """
    last = None if before is None else renewals_made(before, then, 1)
    rates = {}
    for plan, group in models.group_of.items():
        here = [p for p, g in models.group_of.items() if g == group]
        made = [] if last is None else last.loc[last["plan"].isin(here), "made"]
        table = models.by_group[group].table
        overall = float(table.renewed.sum() / table.at_risk.sum())
        rates[plan] = float(np.mean(made)) if len(made) else overall
    return rates


def _decided(now: Tenures) -> np.datetime64:
    """Last day up to which every renewal that came up is decided."""
    return np.datetime64(now.as_of, "D") - np.timedelta64(now.grace_days, "D")
