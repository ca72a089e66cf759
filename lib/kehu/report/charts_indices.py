"""Figures of the six indices: a customer's radar, the distributions, what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, canvas, finished
from kehu.report.show import Chart
from kehu.report.style import HOUSE, TEXT_WIDTH

INDICES = ("value", "loyalty", "satisfaction", "potential", "influence", "strategic")
"""Order of the corners and panels, clockwise and by row."""

MOST = 6
"""Customers in one figure of radars."""

WIDEST = 30
"""Width of a name above a radar, in Latin letters; a Chinese character is as wide as two."""

Array = NDArray[np.float64]


def index_radars(
    say: Translator,
    table: pd.DataFrame,
    chosen: Sequence[str],
    names: Mapping[str, str] | None = None,
) -> Chart:
    """Draw the six indices of up to six customers against the mean of all.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `indices`, all customers.
    chosen : sequence of str
        Customers shown, the first six of them, one at least.
    names : mapping, optional
        Customer to the name shown in place of the number.

    Raises
    ------
    ValueError
        A customer without indices, or none at all.
    """
    every = table.set_index("customer_id")[[f"{name}_index" for name in INDICES]].astype(float)
    every.columns = pd.Index(INDICES)
    shown = list(dict.fromkeys(chosen))[:MOST]
    if not shown or not set(shown) <= set(every.index):
        raise ValueError(f"customers without indices, or none at all: {shown}")
    mean = every.mean()
    axes, figure = _panels(len(shown))
    for ax, customer in zip(axes, shown, strict=True):
        title = (names or {}).get(customer) or customer
        _radar(ax, say, every.loc[customer].to_numpy(), mean.to_numpy(), title)
    _legend(figure, axes[0], say)
    means = every.loc[shown].mean().dropna().round(9)
    best, worst = (str(pick()) for pick in (means.idxmax, means.idxmin))
    differ = means[best] > means[worst]
    many = "index_radars" if differ else "index_radars_flat"
    one = "index_radars_one" if differ else "index_radars_one_flat"
    return finished(
        say, many if len(shown) > 1 else one, figure, n=len(shown), all=len(every),
        best=best, best_mean=means[best], worst=worst, worst_mean=means[worst], customer=shown[0],
    )  # fmt: skip


def _panels(n: int) -> tuple[list[Axes], Figure]:
    """Lay out panels, three in a row, room for a legend below."""
    columns, rows = min(n, 3), -(-n // 3)
    figure = Figure(figsize=(TEXT_WIDTH, 1.8 * rows + 0.35), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in grid:
        ax.set_axis_off()
    return list(grid[:n]), figure


def _short(name: str) -> str:
    """Cut a name at the width of a panel; the tables have it in full."""
    width = np.cumsum([1 + (east_asian_width(c) in "WF") for c in name])
    return name if width[-1] <= WIDEST else name[: int((width < WIDEST).sum())] + "…"


def _corners() -> Array:
    """Return the directions of the six corners, the first on top, clockwise."""
    angle = np.pi / 2 - np.arange(len(INDICES)) * 2 * np.pi / len(INDICES)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _radar(ax: Axes, say: Translator, own: Array, mean: Array, title: str) -> None:
    corners = _corners()
    for level in (0.25, 0.5, 0.75, 1.0):
        ring = corners[[*range(len(corners)), 0]] * level
        ax.plot(*ring.T, color=HOUSE.line, linewidth=1.0 if level in (0.5, 1.0) else 0.5, zorder=1)
    for x, y in corners:
        ax.plot([0, x], [0, y], color=HOUSE.line, linewidth=0.5, zorder=1)
    _outline(ax, mean / 100, color=HOUSE.muted, linewidth=1.1, linestyle=(0, (3, 2)), zorder=3)
    _outline(ax, own / 100, color=ACCENT, linewidth=1.6, zorder=4, filled=True)
    for name, (x, y), value in zip(INDICES, corners, own, strict=True):
        middle = abs(x) < 0.1
        text = f"{say(f'index_name.{name}')}{' ' if middle else chr(10)}{say.format(value, 'int')}"
        side = "center" if middle else ("left" if x > 0 else "right")
        ax.text(x * 1.09, y * (1.17 if middle else 1.0), text, ha=side, va="center", fontsize=7,
                linespacing=1.15, color=HOUSE.ink if value == value else HOUSE.muted)  # fmt: skip
    ax.set_title(_short(title), fontsize=8.5, color=HOUSE.ink, pad=3)
    ax.set(xlim=(-1.9, 1.9), ylim=(-1.3, 1.3), aspect="equal")


def _outline(ax: Axes, shares: Array, filled: bool = False, **style: Any) -> None:
    """Join neighbouring corners that are both known; mark the known ones."""
    points = _corners() * shares[:, None]
    for i, j in zip(range(len(points)), [*range(1, len(points)), 0], strict=True):
        if not np.isnan(points[[i, j]]).any():
            ax.plot(*points[[i, j]].T, solid_capstyle="round", **style)
            if filled:
                ax.fill(*np.vstack([[0, 0], points[[i, j]]]).T, color=LIGHT, alpha=0.55,
                        linewidth=0, zorder=2)  # fmt: skip
    if filled:
        ax.plot(*points.T, "o", color=style["color"], markersize=3.2, zorder=5)


def _legend(figure: Figure, ax: Axes, say: Translator) -> None:
    own = ax.plot([], [], color=ACCENT, marker="o", markersize=3.2)[0]
    mean = ax.plot([], [], color=HOUSE.muted, linewidth=1.1, linestyle=(0, (3, 2)))[0]
    words = [say("charts.index_radars.customer"), say("charts.index_radars.mean")]
    figure.legend([own, mean], words, loc="outside lower center", ncols=2)


def index_distributions(say: Translator, table: pd.DataFrame) -> Chart:
    """Draw how customers spread over each index.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `indices`, all customers.
    """
    figure = Figure(figsize=(TEXT_WIDTH, 3.2), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True)
    known = {name: table[f"{name}_index"].dropna().to_numpy(dtype=float) for name in INDICES}
    for ax, name in zip(axes.ravel(), INDICES, strict=True):
        ax.set_title(say(f"index_name.{name}"), loc="left", fontsize=9, pad=15)
        ax.set(xlim=(0, 100), ylim=(0, 1.16), xticks=[0, 25, 50, 75, 100], yticks=[])
        ax.spines["left"].set_visible(False)
        _histogram(ax, say, known[name])
    middle = {n: np.quantile(v, [0.1, 0.9]).round(9) for n, v in known.items() if len(v)}
    widest = max(middle, key=lambda n: float(middle[n][1] - middle[n][0]))
    low, high = middle[widest]
    return finished(
        say, "index_distributions" if high > low else "index_distributions_flat", figure,
        widest=widest, low=low, high=high, n=len(table), blank=len(INDICES) - len(middle),
    )  # fmt: skip


def _histogram(ax: Axes, say: Translator, values: Array) -> None:
    """Draw one index, the tallest bar as high as the panel and labelled with its share."""
    if not len(values):
        ax.text(50, 0.5, say("charts.index_distributions.none"), ha="center", va="center",
                color=HOUSE.muted, fontsize=8)  # fmt: skip
        return
    edges = np.arange(0, 101, 10)
    shares = np.histogram(values, edges)[0] / len(values)
    tallest, median = int(shares.argmax()), float(np.median(values))
    ax.bar(edges[:-1], shares / shares.max(), width=9.2, align="edge", color=LIGHT)
    ax.plot([median, median], [0, 1], color=ACCENT, linewidth=1.4)
    ax.annotate(say.format(shares[tallest], "chance"), (edges[tallest] + 4.6, 1), (0, 2),
                textcoords="offset points", ha="center", fontsize=7.5)  # fmt: skip
    text = say("charts.index_distributions.panel", median=median, known=len(values))
    ax.annotate(text, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points",
                fontsize=7.5, color=HOUSE.muted)  # fmt: skip


def index_coverage(
    say: Translator, coverage: pd.DataFrame, definitions: Mapping[str, Any]
) -> Chart:
    """Draw for what share of customers each ingredient is known.

    Parameters
    ----------
    say : Translator
    coverage : pandas.DataFrame
        See `kehu.score.indices.Indices`.
    definitions : mapping
        Ingredient to its definition, with the words of its `name`.
    """
    figure, ax = canvas(height=4.9)
    y, places = 0.0, []
    for name in INDICES:
        ax.text(-0.015, y, say(f"index_name.{name}"), transform=ax.get_yaxis_transform(),
                ha="right", va="center", fontsize=8.5, color=HOUSE.ink)  # fmt: skip
        part = coverage[coverage["index_name"] == name]
        places += [(y + i, row) for i, row in enumerate(part.itertuples(), 1)]
        y += len(part) + 1.25
    for place, row in places:
        ax.barh(place, row.known_share, color=ACCENT, height=0.62)
        ax.barh(place, 1 - row.known_share, left=row.known_share, color=HOUSE.wash, height=0.62)
        text = say.format(row.known_share, "chance")
        inside = row.known_share > 0.9
        ax.annotate(text, (row.known_share, place), (-4 if inside else 4, 0), va="center",
                    textcoords="offset points", ha="right" if inside else "left", fontsize=7.5,
                    color="white" if inside else HOUSE.ink)  # fmt: skip
    labels = [say.pick(definitions[row.ingredient].name) for _, row in places]
    ax.set_yticks([place for place, _ in places], labels)
    ax.set(xlim=(0, 1), ylim=(y - 0.9, -0.7), xticks=[])
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    share = coverage["known_share"]
    return finished(
        say, "index_coverage", figure, all=len(coverage), wide=int((share >= 0.9).sum()),
        none=int((share == 0).sum()), n=int(coverage["customers"].iloc[0]),
    )  # fmt: skip
