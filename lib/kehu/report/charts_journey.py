"""The customer journey, drawn as a path: who goes on, who leaves, how it feels, who complains."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.interpolate import PchipInterpolator

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, finished
from kehu.report.charts_voice import shortened
from kehu.report.show import Chart
from kehu.report.style import HOUSE, TEXT_WIDTH

LOST = HOUSE.series[3]
WIDTH = 0.34
"""Half the width of the path where everybody is on it."""

LETTER = 0.08
"""Width of a Latin letter of a stage's name, inches."""

WIDE = 6
"""Stages up to which a stage has room for whole words."""

AWAY, DOWN = 0.52, -0.86
"""Where the branch of those who leave ends, from its stage: to the right, and below the path."""


def worded(say: Translator, zh: str, en: str) -> str:
    """Choose the language of a text that the tables hold in both."""
    return say.pick(SimpleNamespace(zh=zh, en=en))


def stage_names(say: Translator, rows: pd.DataFrame) -> list[str]:
    """Name the stages of rows of the journey."""
    pairs = zip(rows["stage_zh"], rows["stage_en"], strict=True)
    return [worded(say, zh, en) for zh, en in pairs]


def journey_path(say: Translator, journey: pd.DataFrame, worst: str | None) -> Chart:
    """Draw the journey of all customers as a path from stage to stage.

    Parameters
    ----------
    say : Translator
    journey : pandas.DataFrame
        Contract `journey`; the rows `all`, of at least one customer.
    worst : str or None
        Code of the stage where most is at stake.
    """
    rows = journey[journey["breakdown"] == "all"].sort_values("stage_place", ignore_index=True)
    figure = Figure(figsize=(TEXT_WIDTH, 4.1), layout="constrained")
    mood, path = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.5))
    names = stage_names(say, rows)
    moment = list(rows["journey_stage"]).index(worst) if worst else None
    _path(path, say, rows, moment)
    _headings(path, say, rows, names)
    _mood(mood, say, rows)
    for ax in (mood, path):
        ax.set_axis_off()
    path.set_xlim(-_margin(len(rows)), len(rows) - 0.35)
    values = {"n": int(rows["customers"].iloc[0]), "stages": len(rows),
              "first": names[0], "last": names[-1], "reached": int(rows["reached"].iloc[-1]),
              "reached_share": rows["reached"].iloc[-1] / rows["customers"].iloc[0]}  # fmt: skip
    if moment is None:
        return finished(say, "journey_path_calm", figure, **values)
    row = rows.iloc[moment]
    return finished(
        say, "journey_path", figure, **values, stage=names[moment], left=int(row["left"]),
        drop=row["drop_share"], stake=row["spend_at_stake"],
    )  # fmt: skip


def _margin(stages: int) -> float:
    """Room for the names of the rows, in stages."""
    return 0.85 * max(stages, 4) / 5


def _widths(rows: pd.DataFrame, column: str) -> np.ndarray:
    most = max(int(rows["reached"].max()), 1)
    return rows[column].fillna(0).to_numpy(dtype=float) / most * WIDTH


def _smooth(start: float, end: float, n: int = 40) -> np.ndarray:
    """Go from one height to another without a corner."""
    t = np.linspace(0, 1, n)
    return start + (end - start) * (3 * t**2 - 2 * t**3)


def _path(ax: Axes, say: Translator, rows: pd.DataFrame, moment: int | None) -> None:
    """Draw the path, as wide as it has customers, and the branches of those who leave."""
    half, left = _widths(rows, "reached"), _widths(rows, "left")
    way = _widths(rows, "on_the_way")
    milestones = [i for i in range(len(rows)) if not rows["is_optional"].iloc[i]]
    x, narrow = np.linspace(0, 1, 40), len(rows) > WIDE
    for i, after in pairwise(milestones):
        top, low = _smooth(half[i], half[after]), _smooth(-half[i], -half[after])
        ax.fill_between(i + x * (after - i), low, top, color=LIGHT, linewidth=0)
        if left[i] > 0:
            _branch(ax, say, rows.iloc[i], i, half[i], left[i], moment == i, narrow)
        if way[i] > 0 and not narrow:
            _waiting(ax, say, int(rows["on_the_way"].iloc[i]), i, half[i])
    for i in (i for i in range(len(rows)) if i not in milestones):
        _loop(ax, i, half[i], np.interp(i, milestones, half[milestones]))
    ax.scatter(milestones, np.zeros(len(milestones)), s=42, color=ACCENT, zorder=4,
               edgecolors="white", linewidths=1.2)  # fmt: skip
    ax.set_ylim(DOWN - 0.36, 1.08)


def _branch(
    ax: Axes,
    say: Translator,
    row: Any,
    i: int,
    half: float,
    left: float,
    is_moment: bool,
    narrow: bool,
) -> None:
    """Let those who leave turn off the path downwards."""
    x = i + 0.06 + (AWAY - 0.06) * np.linspace(0, 1, 40)
    thick = max(2 * left, 0.012)
    low = _smooth(-half, DOWN - thick / 2)
    ax.fill_between(x, low, low + _smooth(thick, thick), color=LOST if is_moment else WARM,
                    alpha=0.9, linewidth=0, zorder=2)  # fmt: skip
    kind = "left_narrow" if narrow else "left"
    text = say(f"charts.journey_path.{kind}", left=int(row["left"]), drop=row["drop_share"])
    if is_moment:
        text += "\n" + say("charts.journey_path.stake", stake=row["spend_at_stake"])
    ax.text(i + AWAY, DOWN - thick / 2 - 0.05, text, ha="center", va="top", fontsize=7.5,
            color=LOST if is_moment else HOUSE.ink, linespacing=1.3)  # fmt: skip


def _waiting(ax: Axes, say: Translator, n: int, i: int, half: float) -> None:
    """Say beside the path how many may still go on."""
    text = say("charts.journey_path.waiting", n=n)
    ax.text(i + 0.3, half + 0.04, text, ha="center", va="bottom", fontsize=7, color=HOUSE.muted)


def _loop(ax: Axes, i: int, half: float, main: float) -> None:
    """Draw an optional stage as a loop beside the path, as wide as it has customers."""
    t = np.linspace(0, np.pi, 60)
    x, y = i - 0.36 * np.cos(t), main + 0.3 * np.sin(t)
    thick = max(half, 0.012)
    ax.fill_between(x, y - thick * np.sin(t), y + thick * np.sin(t), color="#d9cfe0", linewidth=0)
    ax.plot(x, y, color=ACCENT, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.scatter([i], [main + 0.3], s=38, facecolors="white", edgecolors=ACCENT, linewidths=1.4,
               zorder=4)  # fmt: skip


def _headings(ax: Axes, say: Translator, rows: pd.DataFrame, names: list[str]) -> None:
    """Write the stages' names and customers above the path."""
    room = int(TEXT_WIDTH / (len(rows) + _margin(len(rows)) - 0.35) / LETTER)
    for i, name in enumerate(names):
        optional = bool(rows["is_optional"].iloc[i])
        ax.text(i, 0.98, shortened(name, room), ha="center", va="bottom", fontsize=9.5,
                color=HOUSE.ink)  # fmt: skip
        kind = "passed" if optional else "reached"
        n = int(rows["reached"].iloc[i])
        text = say.format(n, "int") if len(rows) > WIDE else say(f"charts.journey_path.{kind}", n=n)
        ax.text(i, 0.95, text, ha="center", va="top", fontsize=7.5, color=HOUSE.muted)


def _mood(ax: Axes, say: Translator, rows: pd.DataFrame) -> None:
    """Draw satisfaction as a curve above the stages and complaint rates below it."""
    score = rows["stage_score"].astype(float).to_numpy()
    has = np.flatnonzero(~np.isnan(score))
    low, high = (score[has].min(), score[has].max()) if has.size else (50.0, 50.0)
    reach = max(high - low, 12.0)
    if has.size > 1:
        x = np.linspace(has[0], has[-1], 200)
        ax.plot(x, PchipInterpolator(has, score[has])(x), color=ACCENT, linewidth=1.4)
    for i in has:
        worst = has.size > 1 and score[i] == low and low < high
        colour = LOST if worst else ACCENT
        ax.plot([i], [score[i]], "o", color=colour, markersize=6, markeredgecolor="white")
        ax.annotate(say.format(score[i], "int"), (i, score[i]), (0, 6), ha="center",
                    textcoords="offset points", fontsize=8, color=colour)  # fmt: skip
    bottom = low - 0.75 * reach
    _complaints(ax, say, rows, bottom)
    middle = score[has].mean() if has.size else low
    for y, key in ((middle, "satisfaction"), (bottom, "complained")):
        ax.text(0.01 - _margin(len(rows)), y, say(f"charts.journey_path.{key}"), ha="left",
                va="center", fontsize=7.5, color=HOUSE.muted)  # fmt: skip
    ax.set_ylim(bottom - 0.35 * reach, high + 0.6 * reach)


def _complaints(ax: Axes, say: Translator, rows: pd.DataFrame, y: float) -> None:
    share = rows["complainant_share"].astype(float).to_numpy()
    most = np.nanmax(np.append(share, 0.0)) or 1.0
    for i, value in enumerate(share):
        if not value > 0:
            nobody = say.format(0.0, "percent") if value == 0 else "–"
            ax.text(i, y, nobody, ha="center", va="center", fontsize=8, color=HOUSE.muted)
            continue
        ax.scatter([i - 0.16], [y], s=12 + 70 * value / most, marker="^", color=HOUSE.red,
                   linewidths=0)  # fmt: skip
        ax.text(i - 0.04, y, say.format(value, "percent"), ha="left", va="center", fontsize=8,
                color=HOUSE.ink)  # fmt: skip
