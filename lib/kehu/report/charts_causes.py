"""The fishbone: what may lie behind the complaints, with their counts beside the causes."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, finished
from kehu.report.charts_journey import worded
from kehu.report.show import Card, Chart
from kehu.report.style import HOUSE, TEXT_WIDTH

SIZE = 7.0
"""Type size of the causes, points."""

LATIN = 0.52 * SIZE / 72
"""Width of a Latin letter of the causes, inches; a Chinese character has twice as much."""

LINE, GAP = 1.22 * SIZE / 72, 0.085
"""Height of a line of text and the space between two causes, inches."""

HEAD, SLANT, LABEL = 1.12, 0.38, 0.24
"""Width of the head, reach of a bone along the spine, height of a category's name, inches."""


def fishbone(say: Translator, causes: pd.DataFrame) -> Chart | Card:
    """Draw the causes of the fishbone, category by category.

    Parameters
    ----------
    say : Translator
    causes : pandas.DataFrame
        Contract `causes`; without causes a card says how to give them.
    """
    bones = causes[causes["cause_kind"] == "fishbone"].sort_values("cause_place")
    if bones.empty:
        return Card(say("charts.fishbone.none_title"), say("charts.fishbone.none_text"))
    parts = [part for _, part in bones.groupby("cause_category", sort=False)]
    columns = math.ceil(len(parts) / 2)
    column = (TEXT_WIDTH - HEAD - SLANT - 0.06) / columns
    laid = [_laid(say, part, column) for part in parts]
    up = max(_height(lines) for lines in laid[::2])
    down = max((_height(lines) for lines in laid[1::2]), default=0.35)
    figure = Figure(figsize=(TEXT_WIDTH, up + down))
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, TEXT_WIDTH), ylim=(-down, up))
    ax.set_axis_off()
    _spine(ax, say, bones)
    for i, (part, lines) in enumerate(zip(parts, laid, strict=True)):
        reach = up if i % 2 == 0 else -down
        _bone(ax, say, part, lines, SLANT + (i // 2 + 1) * column, reach)
    return _finding(say, figure, bones, len(parts))


def _finding(say: Translator, figure: Figure, bones: pd.DataFrame, categories: int) -> Chart:
    """Name the cause with most complaints beside it."""
    problem = worded(say, bones["problem_zh"].iloc[0], bones["problem_en"].iloc[0])
    values = {"n": len(bones), "categories": categories, "problem": problem}
    counted = bones[bones["evidence_complaints"].fillna(0) > 0]
    if counted.empty:
        return finished(say, "fishbone_bare", figure, **values)
    top = counted.sort_values(["evidence_complaints", "cause_place"], ascending=[False, True]).iloc[
        0
    ]
    return finished(
        say, "fishbone", figure, **values, cause=worded(say, top["cause_zh"], top["cause_en"]),
        complaints=int(top["evidence_complaints"]), share=top["evidence_share"],
        backed=len(counted),
    )  # fmt: skip


def _laid(say: Translator, part: pd.DataFrame, column: float) -> list[list[str]]:
    """Break the causes of a category into lines that its column has room for."""
    units = int((column - 0.16) / LATIN)
    found = []
    for row in part.itertuples():
        text = worded(say, row.cause_zh, row.cause_en)
        if not pd.isna(row.evidence_complaints):
            text += "\u00a0" + say("charts.fishbone.count", n=int(row.evidence_complaints))
        found.append(wrapped(text, units))
    return found


def wrapped(text: str, units: int) -> list[str]:
    """Break a text into lines of at most `units`, a Latin letter being 1 and a Chinese one 2 wide.

    Parameters
    ----------
    text : str
    units : int

    Returns
    -------
    list of str
        Broken at spaces and between Chinese characters; a longer word is cut.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _wide(line + piece.rstrip(" ")) > units:
            lines.append(line.rstrip(" "))
            line = ""
        while _wide(piece) > units:
            cut = next(i for i in range(1, len(piece) + 1) if _wide(piece[:i]) > units) - 1
            lines.append(piece[: max(cut, 1)])
            piece = piece[max(cut, 1) :]
        line += piece
    return [*lines, line.rstrip(" ")] if line.strip() else lines


def _wide(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _pieces(text: str) -> list[str]:
    """Split a text where a line may end: after a space, between Chinese characters."""
    found: list[str] = []
    for c in text:
        apart = not found or found[-1].endswith(" ") or (
            ord(c) > 0x2E7F and c not in "，。；：、！？）》」”" and not found[-1].endswith("（")
        ) or (ord(found[-1][-1]) > 0x2E7F and c not in "，。；：、！？）》」”)\u00a0"
              and not found[-1].endswith("（"))  # fmt: skip
        if apart:
            found.append(c)
        else:
            found[-1] += c
    return found


def _height(laid: list[list[str]]) -> float:
    """Height that a category's causes need above or below the spine, inches."""
    return LABEL + 0.12 + sum(len(lines) * LINE + GAP for lines in laid) + 0.08


def _spine(ax: Axes, say: Translator, bones: pd.DataFrame) -> None:
    """Draw the spine and the problem at its head."""
    end = TEXT_WIDTH - HEAD
    ax.plot([0.05, end], [0, 0], color=ACCENT, linewidth=2.6, solid_capstyle="round")
    problem = worded(say, bones["problem_zh"].iloc[0], bones["problem_en"].iloc[0])
    lines = wrapped(problem, int((HEAD - 0.24) / (LATIN * 8.5 / SIZE)))
    half = max(0.3, len(lines) * 0.085 + 0.12)
    corners = [(end, half), (end, -half), (TEXT_WIDTH - 0.12, -half), (TEXT_WIDTH - 0.02, 0),
               (TEXT_WIDTH - 0.12, half)]  # fmt: skip
    ax.fill(*zip(*corners, strict=True), color=ACCENT, linewidth=0)
    ax.text(end + (HEAD - 0.1) / 2, 0, "\n".join(lines), ha="center", va="center", fontsize=8.5,
            color="white", linespacing=1.3)  # fmt: skip


def _bone(
    ax: Axes, say: Translator, part: pd.DataFrame, laid: list[list[str]], foot: float, reach: float
) -> None:
    """Draw one category: its bone from the name down to the spine, a twig for each cause."""
    sign = 1.0 if reach > 0 else -1.0
    top = abs(reach) - LABEL
    slant = SLANT * min(1.0, top)

    def at(height: float) -> float:
        return foot - slant * height / top

    ax.plot([at(top), foot], [sign * top, 0], color=HOUSE.muted, linewidth=1.3)
    name = worded(say, part["category_zh"].iloc[0], part["category_en"].iloc[0])
    ax.text(at(top), sign * (top + LABEL / 2), name, ha="center", va="center", fontsize=8.5,
            color=ACCENT, bbox={"facecolor": LIGHT, "edgecolor": "none", "alpha": 0.6,
                                "boxstyle": "round,pad=0.25"})  # fmt: skip
    free = top - 0.08 - sum(len(lines) * LINE + GAP for lines in laid)
    height = top - free / 2
    both = list(zip(part.itertuples(), laid, strict=True))
    for row, lines in both if sign > 0 else reversed(both):
        base = height - len(lines) * LINE
        twig = base if sign > 0 else height
        backed = not pd.isna(row.evidence_complaints) and row.evidence_complaints > 0
        wide = max(_wide(line) for line in lines) * LATIN
        right = at(height) - 0.03
        ax.plot([right - wide - 0.06, at(twig)], [sign * twig] * 2, linewidth=0.7,
                color=HOUSE.red if backed else HOUSE.muted)  # fmt: skip
        ax.text(right - wide - 0.05, sign * twig + 0.02, "\n".join(lines), ha="left", va="bottom",
                fontsize=SIZE, linespacing=1.18, color=HOUSE.ink)  # fmt: skip
        height = base - GAP
