"""Figures of complaints: topics, months, time to settlement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.charts_voice import bucket_label, shortened, whole_ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE

MOST_TOPICS = 10
"""Topics drawn one by one; the rest is one bar."""

VITAL = 0.8
"""Cumulated share that the vital few topics reach."""

LONG_HOURS = 120
"""Hours from which a curve is drawn in days."""


def complaint_pareto(say: Translator, complaints: pd.DataFrame) -> Chart:
    """Draw topics by share of complaints with their cumulated share.

    Parameters
    ----------
    say : Translator
    complaints : pandas.DataFrame
        Contract `complaints`; at least one topic.
    """
    topics = complaints[complaints["breakdown"] == "topic"]
    topics = topics.sort_values(["complaints", "bucket"], ascending=[False, True])
    total = int(topics["complaints"].sum())
    shares = topics["complaints"].to_numpy() / total
    labels = [shortened(bucket_label(say, "topic", b)) for b in topics["bucket"]]
    vital = int((np.cumsum(shares) >= VITAL - 1e-9).argmax()) + 1
    held = float(shares[:vital].sum())
    if len(topics) > MOST_TOPICS + 1:
        rest = len(topics) - MOST_TOPICS
        labels = [*labels[:MOST_TOPICS], say("charts.complaint_pareto.rest", count=rest)]
        shares = np.append(shares[:MOST_TOPICS], shares[MOST_TOPICS:].sum())
    cumulated = np.cumsum(shares)
    y = np.arange(len(shares))
    figure, ax = canvas(height=1.0 + 0.29 * len(shares))
    colours = [ACCENT if i < vital and i < MOST_TOPICS else LIGHT for i in y]
    ax.barh(y, shares, color=colours, height=0.62)
    ax.plot(cumulated, y, color=WARM, marker="o", markersize=3.5)
    ax.axvline(VITAL, color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    _pareto_labels(ax, say, shares, cumulated, vital)
    ax.set_yticks(y, labels)
    ax.set(ylim=(len(shares) - 0.4, -0.6), xlim=(0, 1.08))
    ax.set_xticks(np.arange(0, 1.01, 0.2))
    ticks(ax.xaxis, say, "percent0")
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    return finished(
        say, "complaint_pareto", figure, vital=vital, share=held,
        first=labels[0], first_share=float(shares[0]), n=total, topics=len(topics),
    )  # fmt: skip


def _pareto_labels(
    ax: Axes, say: Translator, shares: np.ndarray, cumulated: np.ndarray, vital: int
) -> None:
    """Write each share beside its bar and each cumulated share beside its dot."""
    for y, (share, sum_) in enumerate(zip(shares, cumulated, strict=True)):
        if y:
            ax.annotate(say.format(sum_, "percent0"), (sum_, y), (5, 5), fontsize=8,
                        textcoords="offset points", color=HOUSE.muted,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
        inside = share > 0.12
        ax.annotate(say.format(share, "percent0"), (share, y), (-4 if inside else 4, 0),
                    va="center", ha="right" if inside else "left", fontsize=8,
                    textcoords="offset points",
                    color="white" if inside and y < vital else HOUSE.ink)  # fmt: skip


def control_chart(say: Translator, months: pd.DataFrame) -> Chart:
    """Draw the monthly complaint rate between its control limits, special causes marked.

    Parameters
    ----------
    say : Translator
    months : pandas.DataFrame
        Contract `complaint_months`, not empty.
    """
    x = np.arange(len(months))
    rate = months["per_1000_orders"].astype(float)
    marked = months["signals"].notna().to_numpy()
    base = int(months["is_baseline"].sum())
    figure, ax = canvas(height=2.8)
    ax.axvspan(-0.5, base - 0.5, color=HOUSE.wash, zorder=0)
    ax.annotate(say("charts.control_chart.baseline"), (-0.3, 0.98), fontsize=8, color=HOUSE.muted,
                va="top", xycoords=("data", "axes fraction"))  # fmt: skip
    for column in ("limit_low", "limit_high"):
        ax.step(x, months[column].astype(float), where="mid", color=HOUSE.muted, linewidth=0.8,
                linestyle=(0, (4, 3)))  # fmt: skip
    ax.axhline(months["centre"].iloc[0], color=HOUSE.muted, linewidth=0.8)
    ax.plot(x, rate, color=ACCENT, marker="o", markersize=3.5)
    ax.scatter(x[marked], rate[marked], s=70, facecolors="none", edgecolors=HOUSE.red,
               linewidths=1.4, zorder=4)  # fmt: skip
    first_of_run = marked & ~np.concatenate([[False], marked[:-1]])
    for i in np.flatnonzero(first_of_run & rate.notna().to_numpy()):
        ax.annotate(str(months["bucket"].iloc[i]), (x[i], rate.iloc[i]), (0, 8), ha="center",
                    textcoords="offset points", fontsize=7.5, color=HOUSE.red,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7,
                          "pad": 0.5})  # fmt: skip
    top = np.nanmax([rate.max(), months["limit_high"].astype(float).max(), 1e-9])
    ax.set(xlim=(-0.5, len(x) - 0.5), ylim=(0, top * 1.2))
    _month_axis(ax, say, months)
    return _control_finding(say, figure, months, marked, base)


def _month_axis(ax: Axes, say: Translator, months: pd.DataFrame) -> None:
    """Label months below and the lines at the right end."""
    step = -(-len(months) // 9)
    places = np.arange(len(months))[::-1][::step][::-1]
    ax.set_xticks(places, [months["bucket"].iloc[i] for i in places])
    if ax.get_ylim()[1] > 12:
        whole_ticks(ax.yaxis, say)
    else:
        ticks(ax.yaxis, say, "dec1")
    last = months[months["limit_high"].notna()].iloc[-1]
    lines = {"limits": "limit_high", "centre": "centre"}
    if last["limit_high"] - last["centre"] < 0.07 * ax.get_ylim()[1]:
        del lines["limits"]
    for name, column in lines.items():
        ax.annotate(say(f"charts.control_chart.{name}"), (1.01, last[column]), fontsize=8,
                    xycoords=("axes fraction", "data"), va="center", color=HOUSE.muted,
                    annotation_clip=False)  # fmt: skip


def _control_finding(
    say: Translator, figure: Any, months: pd.DataFrame, marked: np.ndarray, base: int
) -> Chart:
    special = months[marked]
    return finished(
        say, "control_chart" if len(special) else "control_chart_calm", figure,
        special=len(special), last=special["bucket"].iloc[-1] if len(special) else None,
        months=len(months), centre=months["centre"].iloc[0], since=months["bucket"].iloc[0],
        until=months["bucket"].iloc[base - 1], n=int(months["complaints"].sum()),
    )  # fmt: skip


def settlement_curve(
    say: Translator, curve: pd.DataFrame, sla_hours: float, median: float, open: int
) -> Chart:
    """Draw the share of complaints settled by time beside the limit.

    Parameters
    ----------
    say : Translator
    curve : pandas.DataFrame
        See `kehu.voice.resolution.kaplan_meier`; at least one complaint is settled.
    sla_hours : float
        Limit in hours.
    median : float
        Hours until half are settled; nan where that is not reached.
    open : int
        Complaints not settled.
    """
    last = _shown_hours(curve, sla_hours)
    days = last > LONG_HOURS
    unit = 24.0 if days else 1.0
    ends = {"hours": [last], "open_share": [_at(curve, last, "open_share")],
            "open_low": [_at(curve, last, "open_low")],
            "open_high": [_at(curve, last, "open_high")]}  # fmt: skip
    line = pd.concat([curve[curve["hours"] <= last], pd.DataFrame(ends)])
    x, settled = line["hours"] / unit, 1 - line["open_share"]
    figure, ax = canvas(height=2.7)
    ax.fill_between(x, 1 - line["open_high"], 1 - line["open_low"], step="post", color=LIGHT,
                    alpha=0.6, linewidth=0)  # fmt: skip
    ax.step(x, settled, where="post", color=ACCENT)
    within = 1 - _at(curve, sla_hours, "open_share")
    ax.axvline(sla_hours / unit, color=WARM, linewidth=1)
    ax.plot([sla_hours / unit], [within], "o", color=WARM, markersize=5)
    note = say("charts.settlement_curve.limit", sla=sla_hours)
    right = sla_hours > 0.6 * last
    ax.annotate(f"{note}: {say.format(within, 'percent0')}", (sla_hours / unit, 0.04),
                (-5 if right else 5, 0), textcoords="offset points", fontsize=8,
                ha="right" if right else "left", color=HOUSE.ink)  # fmt: skip
    _median(ax, say, median, unit)
    ax.set(xlim=(0, last / unit), ylim=(0, 1.02))
    ax.set_xlabel(say(f"charts.settlement_curve.x_{'days' if days else 'hours'}"))
    ax.set_ylabel(say("charts.settlement_curve.y"))
    ticks(ax.xaxis, say, "short")
    ticks(ax.yaxis, say, "percent0")
    return finished(
        say, "settlement_curve", figure, within=within, sla=sla_hours, median=median, open=open,
        settled=int(curve["settled"].sum()),
    )  # fmt: skip


def _shown_hours(curve: pd.DataFrame, sla_hours: float) -> float:
    """Time up to which the curve is drawn: 97.5 % settled, and a quarter past the limit."""
    reached = curve[curve["open_share"] <= 0.025]
    end = reached["hours"].iloc[0] if len(reached) else curve["hours"].iloc[-1]
    return float(max(end, 1.25 * sla_hours))


def _at(curve: pd.DataFrame, hours: float, column: str) -> float:
    return float(curve.loc[curve["hours"] <= hours, column].iloc[-1])


def _median(ax: Axes, say: Translator, median: float, unit: float) -> None:
    """Mark the time by which half are settled."""
    if median != median:
        return
    ax.plot([0, median / unit, median / unit], [0.5, 0.5, 0], color=HOUSE.muted, linewidth=0.8,
            linestyle=(0, (4, 3)))  # fmt: skip
    note = say("charts.settlement_curve.median", median=median)
    ax.annotate(note, (median / unit, 0.5), (6, -10), textcoords="offset points", fontsize=8,
                color=HOUSE.muted)  # fmt: skip
