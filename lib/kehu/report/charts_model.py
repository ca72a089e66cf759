"""Figures that let a reader judge the lifetime-value model: hold-out, tracking, baseline."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Card, Chart
from kehu.report.style import HOUSE


def no_holdout(say: Translator) -> Card:
    """Say that there was no back-test."""
    return Card(say("cards.no_holdout.title"), say("cards.no_holdout.text"))


def tracking(say: Translator, backtest: pd.DataFrame, cut: float, counted: str) -> Chart | Card:
    """Draw cumulated repeat purchases, actual against expected, across the hold-out line.

    Parameters
    ----------
    say : Translator
    backtest : pandas.DataFrame
        Contract `backtest`; rows of kind `tracking`, bucket = time unit number as text.
    cut : float
        Time unit at which the model stopped seeing data.
    counted : {'purchases', 'periods', 'renewals'}
        What is counted.
    """
    rows = backtest[backtest["kind"] == "tracking"].assign(t=lambda d: d["bucket"].astype(float))
    if rows.empty:
        return no_holdout(say)
    rows = rows.sort_values("t")
    figure, ax = canvas(height=2.8)
    ax.fill_between(rows["t"], rows["model_low"], rows["model_high"], color=LIGHT, alpha=0.6,
                    linewidth=0)  # fmt: skip
    ax.plot(rows["t"], rows["actual"], color=HOUSE.ink, label=say("charts.tracking.actual"))
    ax.plot(rows["t"], rows["model"], color=ACCENT, linestyle=(0, (5, 2)),
            label=say("charts.tracking.model"))  # fmt: skip
    later = rows[rows["t"] >= cut].dropna(subset=["naive"])
    ax.plot(later["t"], later["naive"], color=WARM, linestyle=(0, (1, 1.5)),
            label=say("charts.tracking.naive"))  # fmt: skip
    from_cut = counted == "renewals"
    if not from_cut:
        _mark_cut(ax, say, cut, rows["t"].max())
    axis = "charts.tracking.x_after" if from_cut else "charts.tracking.x"
    ax.set(xlabel=say(axis), xlim=(0, rows["t"].max()), ylim=(0, None))
    ticks(ax.yaxis, say, "short")
    ax.legend(loc="upper left")
    total = backtest[backtest["kind"] == "total"].iloc[0]
    error = total["model"] / total["actual"] - 1 if total["actual"] else None
    key = "tracking_low" if error is not None and error < 0 else "tracking"
    band = "none" if rows["model_low"].isna().all() else "shown"
    return finished(
        say, key, figure, error=abs(error) if error is not None else None, actual=total["actual"],
        model=total["model"], naive=total["naive"], n=int(total["customers"]), counted=counted,
        band=band,
    )  # fmt: skip


def _mark_cut(ax: Axes, say: Translator, cut: float, end: float) -> None:
    """Draw the line that the method saw nothing beyond."""
    ax.axvline(cut, color=HOUSE.muted, linewidth=0.8)
    right = cut < 0.55 * end
    ax.annotate(say("charts.tracking.cut"), (cut, 0), (4 if right else -4, 4),
                textcoords="offset points", ha="left" if right else "right", fontsize=8,
                color=HOUSE.muted)  # fmt: skip


def calibration(say: Translator, backtest: pd.DataFrame, counted: str) -> Chart | Card:
    """Draw hold-out purchases per customer by calibration frequency: actual, model, baseline.

    Parameters
    ----------
    say : Translator
    backtest : pandas.DataFrame
        Contract `backtest`; rows of kind `bucket`.
    counted : {'purchases', 'periods', 'renewals'}
        What is counted.
    """
    rows = backtest[backtest["kind"] == "bucket"]
    if rows.empty:
        return no_holdout(say)
    figure, ax = canvas(height=2.7)
    x = np.arange(len(rows))
    series = {"actual": HOUSE.ink, "model": ACCENT, "naive": LIGHT}
    for i, (name, colour) in enumerate(series.items()):
        ax.bar(x + (i - 1) * 0.27, rows[name], width=0.25, color=colour,
               label=say(f"charts.tracking.{name}"))  # fmt: skip
    counts = zip(rows["bucket"], rows["customers"], strict=True)
    labels = [f"{bucket}\n{say.format(n, 'int')}" for bucket, n in counts]
    ax.set_xticks(x, labels)
    ax.set(xlabel=say("charts.calibration.x", counted=counted),
           ylabel=say("charts.calibration.y", counted=counted))  # fmt: skip
    ax.set_ylim(0, rows[["actual", "model", "naive"]].max(axis=None) * 1.25 or 1)
    ax.legend(loc="upper left", ncols=3)
    weights = rows["customers"] / rows["customers"].sum()
    gap = float((weights * (rows["model"] - rows["actual"]).abs()).sum())
    naive = float((weights * (rows["naive"] - rows["actual"]).abs()).sum())
    key = "calibration" if gap <= naive else "calibration_worse"
    return finished(say, key, figure, gap=gap, naive=naive, n=int(rows["customers"].sum()),
                    counted=counted)  # fmt: skip


def deciles(say: Translator, backtest: pd.DataFrame, counted: str) -> Chart | Card:
    """Draw expected and actual purchases of ten groups of customers by their forecast.

    Parameters
    ----------
    say : Translator
    backtest : pandas.DataFrame
        Contract `backtest`; rows of kind `decile`, 1 the lowest forecast.
    counted : {'purchases', 'periods', 'renewals'}
        What is counted.
    """
    rows = backtest[backtest["kind"] == "decile"].assign(g=lambda d: d["bucket"].astype(int))
    if rows.empty:
        return no_holdout(say)
    rows = rows.sort_values("g")
    figure, ax = canvas(height=2.6)
    ax.bar(rows["g"], rows["actual"], width=0.7, color=LIGHT, label=say("charts.tracking.actual"))
    ax.plot(rows["g"], rows["model"], "o-", color=ACCENT, markersize=4,
            label=say("charts.tracking.model"))  # fmt: skip
    ax.set_xticks(rows["g"])
    ax.set(xlabel=say("charts.deciles.x"), ylabel=say("charts.calibration.y", counted=counted))
    ax.set_ylim(0, rows[["actual", "model"]].max(axis=None) * 1.2 or 1)
    ax.legend(loc="upper left", ncols=2)
    best = rows.iloc[-1]
    return finished(say, "deciles", figure, model=best["model"], actual=best["actual"],
                    n=int(rows["customers"].sum()), counted=counted, groups=len(rows),
                    highest=int(best["customers"]))  # fmt: skip


def clv_deciles(say: Translator, clv: pd.DataFrame) -> Chart:
    """Draw the mean lifetime value of ten groups of customers with their mean 80 % intervals.

    Parameters
    ----------
    say : Translator
    clv : pandas.DataFrame
        Contract `clv`.
    """
    clv = clv.sort_values(["clv", "customer_id"], ascending=[False, True], ignore_index=True)
    group = pd.Series(np.ceil((np.arange(len(clv)) + 1) / len(clv) * 10).astype(int))
    means = clv.groupby(group)[["clv", "clv_low", "clv_high"]].mean()
    figure, ax = canvas(height=2.7)
    ax.bar(means.index, means["clv"], width=0.62, color=LIGHT)
    ax.vlines(means.index, means["clv_low"], means["clv_high"], color=ACCENT, linewidth=2.2)
    ax.plot(means.index, means["clv"], "o", color=ACCENT, markersize=4)
    tops = means[["clv", "clv_high"]].max(axis=1)
    for place, top in tops.items():
        ax.annotate(say.format(means.loc[place, "clv"], "money"), (place, top), (0, 4),
                    textcoords="offset points", ha="center", fontsize=7.5,
                    color=HOUSE.ink)  # fmt: skip
    ax.set_xticks(means.index)
    ax.set_ylim(0, tops.max() * 1.12 or 1)
    ax.set(xlabel=say("charts.clv_deciles.x"), ylabel=say("charts.clv_deciles.y"))
    ticks(ax.yaxis, say, "short_money")
    total = clv["clv"].sum()
    share = float(clv.loc[group == 1, "clv"].sum() / total) if total else None
    name = "clv_deciles_bare" if clv["clv_low"].isna().all() else "clv_deciles"
    return finished(say, name, figure, share=share, n=len(clv))
