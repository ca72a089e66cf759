"""Figures of early warning and credit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE

CLEARLY = 0.005
"""Lead in AUC from which a title says that one method is better: what two decimals can show."""

SHOWN_BANDS = ("act", "next", "watch", "calm")


def proof(say: Translator, gains: pd.DataFrame, calibration: pd.DataFrame, told: Any) -> Chart:
    """Draw how far the warning beats chance and the last purchase alone, and whether it is true.

    Parameters
    ----------
    say : Translator
    gains : pandas.DataFrame
        `contacted, caught` of the method and `simple`, of the last purchase alone, 0…1.
    calibration : pandas.DataFrame
        See `kehu.risk.measures.calibration`.
    told : mapping
        The facts of the chapter: `method, auc, naive_auc, tested, test_from, calibration_error`.
    """
    figure, (left, right) = canvas(2, height=2.9)
    left.plot([0, 1], [0, 1], color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    left.plot(gains["contacted"], gains["simple"], color=WARM, linewidth=1.2)
    left.plot(gains["contacted"], gains["caught"], color=ACCENT)
    for name, column, y, colour in (
        ("method", "caught", -30, ACCENT), ("simple", "simple", -44, HOUSE.ink),
    ):  # fmt: skip
        place = gains.iloc[(gains["contacted"] - 0.3).abs().argmin()]
        text = say(f"charts.churn_proof.{name}", share=place[column])
        left.annotate(text, (0.98, 0.05), (0, 58 + y), xycoords="axes fraction", ha="right",
                      textcoords="offset points", fontsize=8, color=colour)  # fmt: skip
    left.axvline(0.3, color=LIGHT, linewidth=1)
    left.set(xlim=(0, 1), ylim=(0, 1.02))
    left.set(xlabel=say("charts.churn_proof.x"), ylabel=say("charts.churn_proof.y"))
    _diagonal(right, calibration)
    right.set(xlabel=say("charts.churn_proof.forecast"), ylabel=say("charts.churn_proof.actual"))
    for axis in (left.xaxis, left.yaxis, right.xaxis, right.yaxis):
        ticks(axis, say, "percent0")
    better = told["auc"] - told["naive_auc"] >= CLEARLY
    name = "churn_proof" if better else "churn_proof_even"
    return finished(say, name, figure, **{**told, "n": told["tested"]})


def _diagonal(ax: Any, calibration: pd.DataFrame) -> None:
    """Draw forecast against actual share with its interval."""
    x, y = calibration["forecast"], calibration["actual"]
    ax.plot([0, 1], [0, 1], color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.vlines(x, calibration["low"], calibration["high"], color=LIGHT, linewidth=2.5)
    ax.plot(x, y, "o", color=ACCENT, markersize=4)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))


def bands(say: Translator, churn: pd.DataFrame) -> Chart:
    """Draw customers and value at risk by what the warning says to do.

    Parameters
    ----------
    say : Translator
    churn : pandas.DataFrame
        Contract `churn`, with probabilities.
    """
    at_risk = churn[churn["at_risk"]]
    sums = at_risk.groupby("churn_band")["value_at_risk"].agg(["size", "sum"])
    sums = sums.reindex(SHOWN_BANDS, fill_value=0).iloc[::-1]
    names = [say(f"churn_band.{b}") for b in sums.index]
    figure, axes = canvas(2, height=2.0, sharey=True)
    for ax, column, kind, colour in zip(
        axes, ("size", "sum"), ("int", "short_money"), (LIGHT, ACCENT), strict=True
    ):
        ax.barh(names, sums[column], color=colour, height=0.62)
        for y, number in enumerate(sums[column]):
            ax.annotate(say.format(number, kind), (number, y), (3, 0), va="center",
                        textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_title(say(f"charts.churn_bands.{column}"), loc="left", color=HOUSE.muted)
        ax.set(xlim=(0, max(float(sums[column].max()), 1e-9) * 1.25), xticks=[])
        ax.grid(visible=False)
        ax.spines["bottom"].set_visible(False)
    total = float(sums["sum"].sum())
    act = sums.loc["act"]
    return finished(
        say, "churn_bands", figure, n=len(at_risk), act=int(act["size"]),
        share=act["size"] / len(at_risk), risk=act["sum"] / total if total else 0.0,
    )  # fmt: skip


def grades(say: Translator, credit: pd.DataFrame) -> Chart:
    """Draw customers and open amounts by credit grade.

    Parameters
    ----------
    say : Translator
    credit : pandas.DataFrame
        Contract `credit`.
    """
    order = list("ABCDE")
    sums = credit.groupby("credit_grade")["exposure"].agg(["size", "sum"])
    sums = sums.reindex(order, fill_value=0)
    figure, axes = canvas(2, height=2.2)
    for ax, column, kind, colour in zip(
        axes, ("size", "sum"), ("int", "short_money"), (LIGHT, ACCENT), strict=True
    ):
        ax.bar(order, sums[column], color=colour, width=0.62)
        for x, number in enumerate(sums[column]):
            ax.annotate(say.format(number, kind), (x, number), (0, 2), ha="center",
                        textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_title(say(f"charts.credit_grades.{column}"), loc="left", color=HOUSE.muted)
        ax.set(ylim=(0, max(float(sums[column].max()), 1e-9) * 1.18), yticks=[])
        ax.grid(visible=False)
        ax.spines["left"].set_visible(False)
    bad, total = sums.loc[["D", "E"]].sum(), sums.sum()
    return finished(
        say, "credit_grades", figure, n=len(credit), bad=bad["size"] / len(credit),
        exposure=bad["sum"] / total["sum"] if total["sum"] else 0.0,
    )  # fmt: skip
