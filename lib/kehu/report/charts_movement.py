"""Figures of clusters and of movement between periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished
from kehu.report.cluster_words import cluster_name
from kehu.report.listings import label
from kehu.report.show import Chart
from kehu.report.style import HOUSE

GAP = 0.03
"""Space between two classes of the flow, as a share of its height."""


def cluster_profiles(say: Translator, profiles: pd.DataFrame) -> Chart:
    """Draw how far each cluster lies from all customers in each feature.

    Parameters
    ----------
    say : Translator
    profiles : pandas.DataFrame
        Contract `cluster_profiles`.
    """
    sizes = profiles.groupby("cluster")["customers"].first().sort_values(ascending=False)
    wide = profiles.pivot(index="cluster", columns="cluster_feature", values="deviation")
    wide = wide.loc[sizes.index, profiles["cluster_feature"].unique()]
    total = int(sizes.sum())
    names = [
        f"{cluster_name(say, c)}\n{say.format(n, 'int')} · {say.format(n / total, 'percent0')}"
        for c, n in sizes.items()
    ]
    figure, ax = canvas(height=0.8 + 0.42 * len(sizes))
    most = max(1.5, float(wide.abs().to_numpy().max()))
    colours = sns.diverging_palette(30, 210, s=70, l=60, as_cmap=True)
    sns.heatmap(wide, ax=ax, annot=True, fmt="+.1f", cmap=colours, vmin=-most, vmax=most,
                cbar=False, linewidths=1.5, linecolor="white",
                annot_kws={"fontsize": 8})  # fmt: skip
    ax.set_xticklabels([label(say, f) for f in wide.columns], rotation=0)
    ax.set_yticklabels(names, rotation=0)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0)
    first = sizes.index[0]
    return finished(
        say, "cluster_profiles", figure, n=total, clusters=len(sizes),
        first=cluster_name(say, str(first)), share=sizes.iloc[0] / total,
    )  # fmt: skip


def flow(say: Translator, moves: pd.DataFrame, kind: str, order: Sequence[str]) -> Chart:
    """Draw movements between two periods as bands from left to right, as wide as customers.

    Parameters
    ----------
    say : Translator
    moves : pandas.DataFrame
        See `kehu.segments.migration.shown`.
    kind : str
        `code:` and the segmentation, a part of the catalogue with the names of its classes.
    order : sequence of str
        Classes from top to bottom; others follow, `new` and `gone` last.
    """
    part = kind.removeprefix("code:")
    known = [*order, "other", "new", "gone"]
    total = float(moves["customers"].sum())
    figure, ax = canvas(height=3.4)
    ends = {side: _ends(moves, side, known, total) for side in ("from_group", "to_group")}
    for side, x in (("from_group", 0.0), ("to_group", 1.0)):
        _stack(ax, say, part, ends[side], x)
    _bands(ax, moves, ends, known, total)
    ax.set(xlim=(-0.36, 1.36), ylim=(-0.02, 1.02 + GAP * 8))
    ax.invert_yaxis()
    ax.set_axis_off()
    for x, name in ((0, "before"), (1, "now")):
        ax.text(x, -0.01, say(f"charts.movement.{name}"), ha="center", va="bottom", fontsize=8.5,
                color=HOUSE.muted)  # fmt: skip
    stay = float(moves.loc[moves["from_group"] == moves["to_group"], "customers"].sum())
    return finished(say, "movement", figure, n=int(total), stayed=stay / total)


Ends = dict[str, tuple[float, float, int]]


def _ends(moves: pd.DataFrame, side: str, known: Sequence[str], total: float) -> Ends:
    """Place the classes of one side: name to start, height and customers."""
    sums = moves.groupby(side)["customers"].sum()
    placed, at = {}, 0.02
    for name in [n for n in known if n in sums] + [n for n in sums.index if n not in known]:
        height = float(sums[name]) / total
        placed[str(name)] = (at, height, int(sums[name]))
        at += height + GAP
    return placed


def _stack(ax: Axes, say: Translator, part: str, ends: Ends, x: float) -> None:
    for name, (start, height, customers) in ends.items():
        colour = WARM if name in ("new", "gone") else ACCENT
        ax.add_patch(Rectangle((x - 0.012, start), 0.024, height, color=colour, linewidth=0))
        word = (
            say(f"movement.{name}") if name in ("new", "gone", "other") else say(f"{part}.{name}")
        )
        text = f"{word}  {say.format(customers, 'int')}"
        ax.text(x + (-0.03 if x == 0 else 0.03), start + height / 2, text, va="center", fontsize=8,
                ha="right" if x == 0 else "left", color=HOUSE.ink)  # fmt: skip


def _bands(
    ax: Axes, moves: pd.DataFrame, ends: dict[str, Ends], known: Sequence[str], total: float
) -> None:
    """Draw each movement from its place on the left to its place on the right."""
    place = {name: i for i, name in enumerate(known)}
    rank = moves.assign(
        a=moves["from_group"].map(place).fillna(len(known)),
        b=moves["to_group"].map(place).fillna(len(known)),
    ).sort_values(["a", "b"])
    left = {n: start for n, (start, _, _) in ends["from_group"].items()}
    right = {n: start for n, (start, _, _) in ends["to_group"].items()}
    for row in rank.itertuples():
        width = row.customers / total
        y0, y1 = left[row.from_group], right[row.to_group]
        left[row.from_group] += width
        right[row.to_group] += width
        same = row.from_group == row.to_group
        ax.add_patch(PathPatch(_band(y0, y1, width), facecolor=LIGHT if same else ACCENT,
                               alpha=0.75 if same else 0.35, linewidth=0))  # fmt: skip


def _band(y0: float, y1: float, width: float) -> Path:
    a, b = 0.012, 0.988
    points = np.array([(a, y0), (0.5, y0), (0.5, y1), (b, y1), (b, y1 + width), (0.5, y1 + width),
                       (0.5, y0 + width), (a, y0 + width), (a, y0)])  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)
