"""Figures of weights and of the ranking's stability under other weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kehu.i18n import Translator
from kehu.params_weights import CRITERIA
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE

METHODS = {
    "manual": ("o", HOUSE.series[0]),
    "ahp": ("s", HOUSE.series[1]),
    "entropy": ("^", HOUSE.series[3]),
    "critic": ("D", HOUSE.series[4]),
    "combined": ("P", HOUSE.series[5]),
}
"""Method to its symbol and colour: grey print tells the symbols apart."""


def weights_by_method(say: Translator, weights: pd.DataFrame) -> Chart:
    """Draw the weight of each criterion in use, and what every method would give.

    Parameters
    ----------
    say : Translator
    weights : pandas.DataFrame
        Contract `weights`; criteria without any weight are left out.
    """
    table = weights.pivot(index="criterion", columns="weighting", values="weight")
    table = table[table.max(axis=1) > 0]
    order = sorted(table.index, key=lambda c: (-table.loc[c, "used"], CRITERIA.index(c)))
    table = table.loc[order[::-1]]
    methods = [m for m in METHODS if m in table]
    figure, ax = canvas(height=1.1 + 0.38 * len(table))
    y = np.arange(len(table))
    ax.barh(y, table["used"], color=LIGHT, height=0.72)
    shifts = np.linspace(0.24, -0.24, len(methods)) if len(methods) > 1 else [0.0]
    for method, shift in zip(methods, shifts, strict=True):
        mark, colour = METHODS[method]
        ax.plot(table[method], y + shift, mark, color=colour, markersize=4.5, clip_on=False,
                markeredgecolor=HOUSE.ink, markeredgewidth=0.5,
                label=say(f"weighting.{method}"))  # fmt: skip
    ax.set_yticks(y, [_named(say, c, w) for c, w in table["used"].items()])
    ax.set_xlim(left=0)
    ax.grid(axis="x", visible=True)
    ax.grid(axis="y", visible=False)
    ticks(ax.xaxis, say, "percent0")
    figure.legend(loc="outside lower center", ncols=3)
    first = str(table.index[-1])
    if len(methods) < 2:
        return finished(say, "weights_by_one", figure, first=first, weight=table["used"].iloc[-1])
    low, high = table[methods].min(axis=1), table[methods].max(axis=1)
    apart = str((high - low).round(9).iloc[::-1].idxmax())
    return finished(
        say, "weights_by_method", figure, first=first, weight=table["used"].iloc[-1],
        apart=apart, low=low[apart], high=high[apart],
    )  # fmt: skip


def top_stability(say: Translator, spread: pd.DataFrame, draws: int) -> Chart:
    """Draw who is in the top 20 % under all weights drawn, who may leave and who may enter.

    Parameters
    ----------
    say : Translator
    spread : pandas.DataFrame
        `draws` (near, any), `kept, may_leave, may_enter, never`; see
        `kehu.score.stability.Stability`.
    draws : int
        Weightings behind each row.
    """
    rows = spread.iloc[::-1]
    names = [say(f"charts.top_stability.{kind}") for kind in rows["draws"]]
    figure, axes = canvas(3, height=1.5, sharey=True)
    columns = {"kept": ACCENT, "may_leave": WARM, "may_enter": LIGHT}
    widest = max(int(rows[list(columns)].to_numpy().max()), 1)
    for ax, (column, colour) in zip(axes, columns.items(), strict=True):
        ax.barh(names, rows[column], color=colour, height=0.62)
        for y, count in enumerate(rows[column]):
            ax.annotate(say.format(count, "int"), (count, y), (3, 0), va="center",
                        textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_title(say(f"charts.top_stability.{column}"), loc="left", color=HOUSE.muted)
        _bare(ax, widest * 1.3)
    near, anyhow = (spread[spread["draws"] == kind].iloc[0] for kind in ("near", "any"))
    in_top = int(near["kept"] + near["may_leave"])
    return finished(
        say, "top_stability", figure, in_top=in_top, draws=draws, kept=near["kept"],
        may_leave=near["may_leave"], may_enter=near["may_enter"], kept_any=anyhow["kept"],
        n=int(in_top + near["may_enter"] + near["never"]),
    )  # fmt: skip


def weight_sensitivity(
    say: Translator, single: pd.DataFrame, weights: pd.DataFrame, n: int
) -> Chart:
    """Draw how much of the top 20 % is replaced when each weight is lowered or raised by half.

    Parameters
    ----------
    say : Translator
    single : pandas.DataFrame
        `criterion, change, turnover`; see `kehu.score.stability.Stability`.
    weights : pandas.DataFrame
        Contract `weights`.
    n : int
        Customers.
    """
    used = weights[weights["weighting"] == "used"].set_index("criterion")["weight"]
    if single.empty:
        return _nothing_to_change(say, str(used.idxmax()), n)
    table = single.assign(up=single["change"] > 0)
    table = table.pivot(index="criterion", columns="up", values="turnover").loc[
        single["criterion"].unique()
    ]
    table = table.loc[table.max(axis=1).sort_values(kind="stable", ascending=False).index[::-1]]
    figure, axes = canvas(2, height=0.7 + 0.36 * len(table), sharey=True)
    names = [_named(say, c, used[c]) for c in table.index]
    widest = max(table.to_numpy().max(), 0.01) * 1.25
    for ax, (up, part) in zip(axes, ((False, "lower"), (True, "higher")), strict=True):
        ax.barh(names, table[up], color=ACCENT if up else LIGHT, height=0.62)
        for y, share in enumerate(table[up]):
            ax.annotate(say.format(share, "percent"), (share, y), (3, 0), va="center",
                        textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_title(say(f"charts.weight_sensitivity.{part}"), loc="left", color=HOUSE.muted)
        _bare(ax, widest)
    most = table.max(axis=1)
    name = "weight_sensitivity" if most.iloc[-1] > 0 else "weight_sensitivity_same"
    return finished(
        say, name, figure, turnover=most.iloc[-1], criterion=str(table.index[-1]),
        next=most.iloc[-2], n=n,
    )  # fmt: skip


def _nothing_to_change(say: Translator, criterion: str, n: int) -> Chart:
    """Draw the one criterion that has all the weight."""
    figure, ax = canvas(height=0.7)
    ax.barh([_named(say, criterion, 1.0)], [1.0], color=LIGHT, height=0.62)
    _bare(ax, 1.25)
    return finished(say, "weight_sensitivity_none", figure, criterion=criterion, n=n)


def _named(say: Translator, criterion: str, weight: float) -> str:
    """Name a criterion with its weight in use."""
    return f"{say(f'criterion.{criterion}')}  {say.format(weight, 'percent0')}"


def _bare(ax: Axes, widest: float) -> None:
    """Take axis and grid off bars that carry their numbers."""
    ax.set(xlim=(0, widest), xticks=[])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
