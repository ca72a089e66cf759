"""Figures of value and concentration; each returns its finding, its drawing and its alt text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from kehu.i18n import Translator
from kehu.report.show import Chart
from kehu.report.style import HOUSE, TEXT_WIDTH

ACCENT, WARM, LIGHT = HOUSE.series[0], HOUSE.series[1], HOUSE.series[2]

CURVE_POINTS = 501
"""Points at which a curve over customers is drawn; as many as a line of this width can show."""


def canvas(columns: int = 1, height: float = 3.1, **options: Any) -> tuple[Figure, Any]:
    """Start a figure as wide as the page's text; drawn without pyplot, so nothing shows twice."""
    figure = Figure(figsize=(TEXT_WIDTH, height), layout="constrained")
    return figure, figure.subplots(1, columns, **options)


def ticks(axis: Any, say: Translator, kind: str) -> None:
    """Label an axis with the kit's own number formats."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: say.format(x, kind)))


def finished(say: Translator, name: str, figure: Figure, **values: Any) -> Chart:
    """Attach the finding, subtitle and alt text of the catalogue to a drawing."""
    parts = (say(f"charts.{name}.{part}", values) for part in ("title", "subtitle", "alt"))
    return Chart(figure, *parts)


def spend_by_month(say: Translator, months: pd.DataFrame, analysis_date: str) -> Chart:
    """Draw spend per month over the whole history, without a last month that is not over.

    Parameters
    ----------
    say : Translator
    months : pandas.DataFrame
        `month` (first day), `spend`, `customers`; see `kehu.value.summary.monthly`.
    analysis_date : str
        Last day observed, ISO.
    """
    full = pd.date_range(months["month"].min(), analysis_date, freq="MS")
    months = (
        months.set_index("month").reindex(full, fill_value=0).rename_axis("month").reset_index()
    )
    over = months["month"] + pd.offsets.MonthEnd(0) <= pd.Timestamp(analysis_date)
    shown = months[over] if over.any() else months
    figure, ax = canvas(height=2.5)
    ax.fill_between(shown["month"], shown["spend"], color=LIGHT, alpha=0.6, linewidth=0)
    ax.plot(shown["month"], shown["spend"], color=ACCENT)
    peak = shown.loc[shown["spend"].idxmax()]
    ax.plot([peak["month"]], [peak["spend"]], "o", color=ACCENT, markersize=4)
    label = f"{peak['month']:%Y-%m}  {say.format(peak['spend'], 'short_money')}"
    ax.annotate(label, (peak["month"], peak["spend"]), (0, 5), textcoords="offset points",
                ha="center", fontsize=8, color=HOUSE.ink)  # fmt: skip
    ax.set_ylim(0, shown["spend"].max() * 1.18)
    ticks(ax.yaxis, say, "short_money")
    last, before = shown["spend"].tail(12).sum(), shown["spend"].iloc[-24:-12].sum()
    change = last / before - 1 if len(shown) >= 24 and before > 0 else None
    down = "spend_by_month_down" if (change or 0) < 0 else "spend_by_month"
    name = "spend_by_month_short" if change is None else down
    made = finished(
        say, name, figure, last=last, recent=min(12, len(shown)),
        change=abs(change) if change is not None else None, n=len(shown),
        peak=f"{peak['month']:%Y-%m}", peak_spend=peak["spend"],
        customers=int(shown["customers"].mean()),
    )  # fmt: skip
    note = say("charts.spend_by_month.partial") if len(shown) < len(months) else ""
    return replace(made, subtitle=made.subtitle + note)


def lorenz(say: Translator, curve: pd.DataFrame, gini: float) -> Chart:
    """Draw the 80/20 curve.

    Parameters
    ----------
    say : Translator
    curve : pandas.DataFrame
        See `kehu.value.concentration.lorenz`.
    gini : float
        0…1.
    """
    figure, ax = canvas()
    top = float(np.interp(0.2, curve["customers_share"], curve["spend_share"]))
    points = np.unique(np.linspace(0, len(curve) - 1, CURVE_POINTS).round().astype(int))
    x, y = (curve[c].iloc[points] for c in ("customers_share", "spend_share"))
    ax.plot([0, 1], [0, 1], color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.fill_between(x, x, y, color=LIGHT, alpha=0.5, linewidth=0)
    ax.plot(x, y, color=ACCENT)
    ax.plot([0.2, 0.2, 0], [0, top, top], color=WARM, linewidth=1)
    ax.plot([0.2], [top], "o", color=WARM, markersize=5)
    ax.annotate(f"20% → {say.format(top, 'percent0')}", (0.2, top), (10, -12),
                textcoords="offset points", fontsize=9, color=HOUSE.ink)  # fmt: skip
    ax.annotate(say("charts.lorenz.equal"), (0.62, 0.57), fontsize=8, color=HOUSE.muted)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    ax.set(xlabel=say("charts.lorenz.x"), ylabel=say("charts.lorenz.y"))
    ticks(ax.xaxis, say, "percent0")
    ticks(ax.yaxis, say, "percent0")
    return finished(say, "lorenz", figure, top=top, gini=gini, n=len(curve) - 1)


def rfm_grid(say: Translator, grid: pd.DataFrame) -> Chart:
    """Draw the 5 x 5 grid of recency and frequency: number is customers, shade is spend.

    Parameters
    ----------
    say : Translator
    grid : pandas.DataFrame
        See `kehu.value.rfm.grid`.
    """
    figure, ax = canvas(height=3.3)
    customers = grid.pivot(index="f_score", columns="r_score", values="customers")
    share = grid.pivot(index="f_score", columns="r_score", values="spend_share")
    texts = customers.map(lambda n: say.format(n, "int") if n else "")
    sns.heatmap(share.iloc[::-1], ax=ax, annot=texts.iloc[::-1], fmt="", cmap=HOUSE.shades(),
                linewidths=1.5, linecolor="white", vmin=0,
                cbar_kws={"format": FuncFormatter(lambda v, _: say.format(v, "percent0")),
                          "label": say("charts.rfm_grid.shade")})  # fmt: skip
    ax.collections[0].colorbar.outline.set_visible(False)
    ax.set(xlabel=say("charts.rfm_grid.x"), ylabel=say("charts.rfm_grid.y"))
    ax.tick_params(length=0)
    best = grid[(grid["r_score"] >= 4) & (grid["f_score"] >= 4)]
    asleep = grid[(grid["r_score"] <= 2) & (grid["f_score"] >= 4)]
    n = int(grid["customers"].sum())
    return finished(
        say, "rfm_grid", figure, n=n, best=best["customers"].sum() / n,
        best_spend=best["spend_share"].sum(), asleep=int(asleep["customers"].sum()),
        asleep_spend=asleep["spend_share"].sum(),
    )  # fmt: skip


def value_matrix(say: Translator, value: pd.DataFrame) -> Chart:
    """Draw the value matrix: one point a customer, four quadrants with their shares.

    Parameters
    ----------
    say : Translator
    value : pandas.DataFrame
        Columns `n_orders, mean_order_value, matrix_class, total_spend`.
    """
    figure, ax = canvas(height=3.4)
    shown = value[value["mean_order_value"] > 0]
    shift = _spread(len(shown))
    ax.scatter(shown["n_orders"] * shift, shown["mean_order_value"], s=4, color=ACCENT, alpha=0.25,
               linewidths=0, rasterized=True)  # fmt: skip
    ax.set(xscale="log", yscale="log")
    orders, amount = value["n_orders"].mean(), value["mean_order_value"].mean()
    ax.axvline(orders, color=WARM, linewidth=1)
    ax.axhline(amount, color=WARM, linewidth=1)
    sums = value.groupby("matrix_class")["total_spend"].agg(["size", "sum"])
    sums = sums.reindex(["best", "frequent", "spender", "uncertain"], fill_value=0)
    corners = {"best": (0.98, 0.97), "frequent": (0.98, 0.03), "spender": (0.02, 0.97),
               "uncertain": (0.02, 0.03)}  # fmt: skip
    for name, (x, y) in corners.items():
        _corner(ax, say, name, sums.loc[name] / sums.sum(), x, y)
    ax.minorticks_off()
    ax.set(xlabel=say("charts.value_matrix.x"), ylabel=say("charts.value_matrix.y"))
    ticks(ax.xaxis, say, "int")
    ticks(ax.yaxis, say, "short_money")
    ax.grid(visible=False)
    return finished(
        say, "value_matrix", figure, n=len(shown), orders=orders, amount=amount,
        best=sums.loc["best", "size"] / len(value),
        best_spend=sums.loc["best", "sum"] / sums["sum"].sum(),
    )  # fmt: skip


def _corner(ax: Axes, say: Translator, name: str, shares: Any, x: float, y: float) -> None:
    text = say(f"matrix.{name}") + "\n" + say(
        "charts.value_matrix.corner", customers=shares["size"], spend=shares["sum"]
    )  # fmt: skip
    ax.text(x, y, text, transform=ax.transAxes, ha="right" if x > 0.5 else "left", fontsize=8,
            va="top" if y > 0.5 else "bottom", color=HOUSE.ink, linespacing=1.4,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2})  # fmt: skip


def _spread(n: int) -> np.ndarray:
    """Move points of equal whole numbers apart by up to 12 %, the same way every time."""
    return np.asarray(1 + 0.24 * (np.arange(n) * 0.618034 % 1 - 0.5))


def top_values(say: Translator, value: pd.DataFrame) -> Chart:
    """Draw the fifteen customers of highest lifetime value with their 80 % intervals.

    Parameters
    ----------
    say : Translator
    value : pandas.DataFrame
        Contract `value`.
    """
    top = value.nlargest(15, "clv", keep="first").iloc[::-1]
    figure, ax = canvas(height=3.6)
    y = np.arange(len(top))
    ax.hlines(y, top["clv_low"], top["clv_high"], color=LIGHT, linewidth=5)
    ax.plot(top["clv"], y, "o", color=ACCENT, markersize=5)
    ax.set_yticks(y, list(top["customer_id"]))
    ax.set_xlim(left=0)
    ax.grid(axis="x", visible=True)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(say("charts.top_values.x"))
    ticks(ax.xaxis, say, "short_money")
    total = value["clv"].sum()
    share = top["clv"].sum() / total if total else 0.0
    return finished(
        say, "top_values", figure, n=len(top), share=share, all=len(value),
        low=top["clv_low"].iloc[-1], high=top["clv_high"].iloc[-1], clv=top["clv"].iloc[-1],
    )  # fmt: skip
