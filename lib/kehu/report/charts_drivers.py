"""Figures of what moves together with satisfaction, leaving and spend."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.charts_voice import MOST, shortened, whole_ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE

MARKS = {
    "improve": ("s", HOUSE.red),
    "keep": ("o", ACCENT),
    "watch": ("^", WARM),
    "fine": ("D", LIGHT),
}
"""Quadrant to marker and colour; the shape carries it in grey print."""

UNDER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4}
"""What lies under a label, so that lines do not cross it."""

TYPE = 7.5
"""Size of the labels of points, in points."""

SHIFTS = [
    (side * (7.0 + height / 4), float(up))
    for height in range(0, 100, 11) for up in (height, -height) for side in (1, -1)
]  # fmt: skip
"""Places of a label beside its point, in points, the nearest first."""


def experience(say: Translator, name: str) -> str:
    """Name an experience: a question as the client writes it, a complaint in the kit's words."""
    return say(f"experience.{name}") if say.has(f"experience.{name}") else name


def driver_forest(say: Translator, drivers: pd.DataFrame, outcome: str) -> Chart:
    """Draw the standardised coefficient of each experience with its interval.

    Parameters
    ----------
    say : Translator
    drivers : pandas.DataFrame
        Contract `drivers`; the outcome has at least one coefficient.
    outcome : str
        Of the contract, e.g. `satisfaction`.
    """
    rows = drivers[(drivers["driver_outcome"] == outcome) & drivers["association"].notna()]
    rows = rows.assign(size=rows["association"].abs())
    every = rows.sort_values(["size", "driver"], ascending=[True, False])
    every = every.assign(clear=(every["association_low"] > 0) | (every["association_high"] < 0))
    rows = every.tail(MOST)
    y = np.arange(len(rows))
    figure, ax = canvas(height=1.0 + 0.27 * len(rows))
    ax.axvline(0, color=HOUSE.muted, linewidth=0.8)
    ax.hlines(y, rows["association_low"], rows["association_high"], color=ACCENT, linewidth=1.4)
    ax.scatter(rows["association"], y, s=28, color=np.where(rows["clear"], ACCENT, "white"),
               edgecolors=ACCENT, linewidths=1.2, zorder=3)  # fmt: skip
    ax.set_yticks(y, [shortened(experience(say, d)) for d in rows["driver"]])
    ax.set(ylim=(-0.6, len(rows) - 0.4), xlabel=say("charts.driver_forest.x"))
    ticks(ax.xaxis, say, "dec2")
    ax.grid(axis="x", visible=True)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    first = rows.iloc[-1]
    return finished(
        say, "driver_forest", figure, first=shortened(experience(say, first["driver"]), 30),
        outcome=outcome,
        beta=first["association"], n=int(first["respondents"]), clear=int(every["clear"].sum()),
        drawn=len(rows), drivers=len(every),
    )  # fmt: skip


def priority_map(say: Translator, drivers: pd.DataFrame, outcome: str) -> Chart:
    """Draw importance against performance in four quadrants.

    Parameters
    ----------
    say : Translator
    drivers : pandas.DataFrame
        Contract `drivers`; the outcome has questions with a quadrant.
    outcome : str
        Of the contract.
    """
    rows = drivers[(drivers["driver_outcome"] == outcome) & drivers["quadrant"].notna()]
    rows = rows.sort_values(["explained_share", "driver"], ascending=[False, True])
    figure, ax = canvas(height=3.6)
    x, y = rows["performance_score"], rows["explained_share"]
    ax.axvline(x.mean(), color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.axhline(y.mean(), color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    for name, (marker, colour) in MARKS.items():
        part = rows[rows["quadrant"] == name]
        ax.scatter(part["performance_score"], part["explained_share"], marker=marker, s=34,
                   color=colour, edgecolors=HOUSE.ink, linewidths=0.5, zorder=3,
                   label=say(f"quadrant.{name}"))  # fmt: skip
    _limits(ax, x, y)
    ax.set(xlabel=say("charts.priority_map.x"), ylabel=say("charts.priority_map.y"))
    whole_ticks(ax.xaxis, say)
    ticks(ax.yaxis, say, "percent")
    ax.grid(visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4)
    _named(figure, ax, x, y, [shortened(d, 18) for d in rows["driver"]])
    improve = rows[rows["quadrant"] == "improve"]
    first = improve.iloc[0] if len(improve) else rows.iloc[0]
    return finished(
        say, "priority_map" if len(improve) else "priority_map_none", figure,
        first=shortened(first["driver"], 30), score=first["performance_score"], outcome=outcome,
        improve=len(improve), share=first["explained_share"], n=int(first["respondents"]),
    )  # fmt: skip


def _limits(ax: Axes, x: pd.Series, y: pd.Series) -> None:
    """Leave room for labels on both sides, and start the shares at 0."""
    wide = max(x.max() - x.min(), 10.0)
    ax.set_xlim(x.min() - 0.35 * wide, x.max() + 0.35 * wide)
    ax.set_ylim(min(0.0, float(y.min())), max(float(y.max()), 1e-6) * 1.15)


def _named(figure: Figure, ax: Axes, x: pd.Series, y: pd.Series, labels: list[str]) -> None:
    """Write each label at the first place beside its point where it covers nothing."""
    figure.draw_without_rendering()
    places = list(zip(x, y, strict=True))
    points = ax.transData.transform(places) * 72 / figure.dpi
    taken = [np.array([*p - 4, *p + 4]) for p in points]
    frame = np.asarray(ax.bbox.extents) * 72 / figure.dpi
    for at, point, label in zip(places, points, labels, strict=True):
        options = [_box(point, label, dx, dy) for dx, dy in SHIFTS]
        free = [i for i, box in enumerate(options) if _free(box, taken, frame)]
        best = free[0] if free else 0
        taken.append(options[best])
        dx, dy = SHIFTS[best]
        line = {"arrowstyle": "-", "color": HOUSE.muted, "linewidth": 0.4} if dy else None
        ax.annotate(label, at, (dx, dy), textcoords="offset points", va="center", fontsize=TYPE,
                    ha="left" if dx > 0 else "right", color=HOUSE.ink, arrowprops=line,
                    bbox=UNDER)  # fmt: skip


def _box(point: np.ndarray, label: str, dx: float, dy: float) -> np.ndarray:
    """Left, bottom, right, top of a label in points, a little wider than it is."""
    width = TYPE * sum(1.0 if ord(c) > 0x2E7F else 0.62 for c in label)
    left = point[0] + dx - (0 if dx > 0 else width)
    middle = point[1] + dy
    return np.array([left, middle - 0.6 * TYPE, left + width, middle + 0.6 * TYPE])


def _free(box: np.ndarray, taken: list[np.ndarray], frame: np.ndarray) -> bool:
    """Whether a label lies inside the axes and covers no point or other label."""
    inside = (box[:2] >= frame[:2]).all() and (box[2:] <= frame[2:]).all()
    hits = (box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken)
    return bool(inside) and not any(hits)
