"""Alerts: whose figure crosses a stated limit, since when, and what has been cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu.params_alerts import Alert
from kehu.store import Run
from kehu.tables import contract

STATES = ("raised", "open", "cleared")

Given = Sequence[Alert | Mapping[str, Any]]


@dataclass(frozen=True)
class Base:
    """The tables of one run that alerts look at.

    Parameters
    ----------
    value, segments, churn, credit : pandas.DataFrame
        Contracts of those names.
    """

    value: pd.DataFrame
    segments: pd.DataFrame
    churn: pd.DataFrame
    credit: pd.DataFrame

    @property
    def customers(self) -> pd.DataFrame:
        """One row per customer of `value`, with every measure and class."""
        whole = self.value
        for table in (self.segments, self.churn, self.credit):
            new = [c for c in table.columns if c == "customer_id" or c not in whole.columns]
            whole = whole.merge(table[new], on="customer_id", how="left", validate="1:1")
        return whole


def alerts(now: Base, given: Given, period: str, earlier: Run | None = None) -> pd.DataFrame:
    """Raise alerts, keep open those that still hold, and clear those that do not.

    Parameters
    ----------
    now : Base
    given : sequence of Alert or mapping
        See `kehu.params_alerts.Alert`.
    period : str
        Name of this run's period.
    earlier : Run, optional
        The run before; without it every alert is raised, and none that looks for a fall can be.

    Returns
    -------
    pandas.DataFrame
        Contract `alerts`, in the order of `given`, raised before open before cleared, by subject.
        A cleared alert has the figure of now, blank where the customer or segment is gone.
    """
    spec = [one if isinstance(one, Alert) else Alert(**one) for one in given]
    before = _base(earlier)
    figures = [_figures(now, one, before).assign(alert=one.name) for one in spec]
    crossed = [f[_crossed(f, one)] for f, one in zip(figures, spec, strict=True)]
    found = pd.concat([_none(), *crossed])
    known = _known(earlier, {one.name for one in spec})
    both = found.merge(known, on=["alert", "subject"], how="left")
    held = both["since"].notna()
    both = both.assign(
        state=np.where(held, "open", "raised"), since=both["since"].where(held, period)
    )
    gone = _cleared(known, found, pd.concat([_none(), *figures]))
    return _ordered(pd.concat([both, gone]), spec)


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=["alert", "subject", "figure"])


def _base(earlier: Run | None) -> Base | None:
    """Open the tables of the run before; None where it has none of them."""
    names = ("value", "segments", "churn", "credit")
    if earlier is None or not all(earlier.has(name) for name in names):
        return None
    return Base(*(earlier.read(name) for name in names))


def _figures(now: Base, one: Alert, before: Base | None) -> pd.DataFrame:
    """Return `subject, figure` of everyone the alert looks at; figure is the fall for `drop`."""
    measured = _measured(now, one)
    if one.when != "drop":
        return measured
    if before is None:
        return measured.assign(figure=np.nan)
    then = _measured(before, one).set_index("subject")["figure"]
    was = measured["subject"].map(then)
    return measured.assign(figure=1 - measured["figure"] / was.where(was > 0))


def _measured(base: Base, one: Alert) -> pd.DataFrame:
    rows = base.customers
    if one.level == "customer":
        chosen = rows[rows["is_key"]] if one.only_key else rows
        figure = chosen[one.measure].astype(float)
        return pd.DataFrame({"subject": chosen["customer_id"], "figure": figure})
    sums = _sums(rows, one.by)
    return pd.DataFrame({"subject": sums.index.astype("str"), "figure": sums[one.measure]})


def _sums(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sum up the segments of one segmentation."""
    sums = rows.groupby(by).agg(
        customers=("customer_id", "size"),
        spend=("total_spend", "sum"),
        clv=("clv", "sum"),
        mean_clv=("clv", "mean"),
        mean_p_alive=("p_alive", "mean"),
        mean_churn_probability=("churn_probability", "mean"),
        value_at_risk=("value_at_risk", "sum"),
    )
    whole = sums[["customers", "spend"]].sum()
    return sums.assign(
        customers_share=sums["customers"] / whole["customers"],
        spend_share=sums["spend"] / whole["spend"],
    ).astype(float)


def _crossed(figures: pd.DataFrame, one: Alert) -> pd.Series:
    if one.when == "below":
        return figures["figure"] < one.limit
    return figures["figure"] >= one.limit if one.when == "drop" else figures["figure"] > one.limit


def _known(earlier: Run | None, names: Iterable[str]) -> pd.DataFrame:
    """Return the alerts that the run before left open."""
    if earlier is None or not earlier.has("alerts"):
        return pd.DataFrame(columns=["alert", "subject", "since"])
    table = earlier.read("alerts")
    kept = table[(table["state"] != "cleared") & table["alert"].isin(names)]
    named = kept.rename(columns={"alert_since": "since"})
    return named[["alert", "subject", "since"]]


def _cleared(known: pd.DataFrame, found: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    marked = known.merge(
        found[["alert", "subject"]], on=["alert", "subject"], how="left", indicator=True
    )
    gone = marked[marked["_merge"] == "left_only"].drop(columns="_merge")
    return gone.merge(figures, on=["alert", "subject"], how="left").assign(state="cleared")


def _ordered(table: pd.DataFrame, spec: Sequence[Alert]) -> pd.DataFrame:
    places = {one.name: place for place, one in enumerate(spec)}
    by_name = {one.name: one for one in spec}
    full = table.assign(
        place=table["alert"].map(places),
        turn=table["state"].map({state: i for i, state in enumerate(STATES)}),
        level=[by_name[n].level for n in table["alert"]],
        measure=[by_name[n].measure for n in table["alert"]],
        when=[by_name[n].when for n in table["alert"]],
        limit=[by_name[n].limit for n in table["alert"]],
        figure=table["figure"].astype(float),
    )
    ordered = full.sort_values(["place", "turn", "subject"], ignore_index=True)
    rows = ordered.rename(
        columns={n: f"alert_{n}" for n in ("level", "measure", "when", "figure", "limit", "since")}
    )
    return rows[list(contract("alerts").columns)]


def facts(table: pd.DataFrame, earlier: Run | None) -> dict[str, Any]:
    """Name the numbers of the alerts that the report's sentences quote.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `alerts`.
    earlier : Run or None
        The run compared with.

    Returns
    -------
    dict
        `alerts_raised, alerts_open, alerts_cleared`, whether any is up (`any_alert`), and whether
        there was anything to compare with (`alerts_compared`).
    """
    count = table["state"].value_counts()
    told = {f"alerts_{state}": int(count.get(state, 0)) for state in STATES}
    compared = earlier is not None and earlier.has("alerts")
    return {
        **told,
        "alerts_up": told["alerts_raised"] + told["alerts_open"],
        "any_alert": "yes" if len(table) else "no",
        "alerts_compared": "yes" if compared else "no",
    }


def summary(table: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Count each alert's subjects by state, also of alerts that nobody raised.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `alerts`.
    given : sequence of Alert or mapping

    Returns
    -------
    pandas.DataFrame
        A row per alert: `alert, zh, en, alert_measure, alert_when, alert_limit, raised,
        open, cleared`.
    """
    spec = [one if isinstance(one, Alert) else Alert(**one) for one in given]
    counts = table.groupby(["alert", "state"]).size()
    rows = [
        {
            "alert": one.name,
            "zh": one.zh,
            "en": one.en,
            "alert_measure": one.measure,
            "alert_when": one.when,
            "alert_limit": one.limit,
            **{state: int(counts.get((one.name, state), 0)) for state in STATES},
        }
        for one in spec
    ]
    return pd.DataFrame(rows)


def shown(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the alerts where there are any; an empty table is not shown."""
    return [] if table.empty else [table]


def previous(run: Run, period: str | None) -> Run | None:
    """Return the run of the period before; None without one."""
    return None if period is None else Run(run.folder.with_name(period))
