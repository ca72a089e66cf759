"""Figures of contribution and acquisition: whale curve, statement, CAC, payback."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Card, Chart
from kehu.report.style import HOUSE, TEXT_WIDTH

POINTS = 600
"""Points of a curve drawn at most; its peak and its ends are always among them."""

CHANNELS = 10
"""Channels shown at most, those of the largest spend."""

PANELS = 6
"""Channels whose payback is drawn at most, those of the most new customers."""

LONGEST = 24
"""Latin letters of a channel's name that fit beside a figure; a Chinese character counts two."""

KINDS = ("goods", "service", "marketing", "other")


def whale_curve(say: Translator, curve: pd.DataFrame, first: date, last: date) -> Chart | Card:
    """Draw contribution cumulated from the best customer to the worst.

    Parameters
    ----------
    say : Translator
    curve : pandas.DataFrame
        See `kehu.score.contribution.whale`.
    first, last : datetime.date
        Costing period.
    """
    n = len(curve) - 1
    if not curve["contribution"].any():
        return Card(say("cards.no_contribution.title"), say("cards.no_contribution.text"))
    x, y = curve["customers_share"], curve["contribution"]
    total, peak = float(y.iloc[-1]), int(np.flatnonzero(y == y.max())[-1])
    in_shares = total > 0
    drawn = y / total if in_shares else y
    kept = np.unique([*np.linspace(0, n, min(n + 1, POINTS)).round().astype(int), peak])
    figure, ax = canvas(height=2.9)
    ax.fill_between(x[kept], drawn[kept], color=LIGHT, alpha=0.5, linewidth=0)
    ax.plot(x[kept], drawn[kept], color=ACCENT)
    ax.axhline(1 if in_shares else 0, color=HOUSE.muted, linewidth=0.8, linestyle=(0, (4, 3)))
    top = float(np.interp(0.2, x, drawn))
    values = {
        "top": top, "first": first, "last": last, "n": n, "total": total,
        "peak": drawn[peak], "peak_money": y[peak], "peak_customers": x[peak],
        "losers": n - peak, "losing": (n - peak) / n, "lost": y[peak] - total,
    }  # fmt: skip
    _mark_whale(ax, say, values, in_shares)
    name = "whale_curve_deficit" if not in_shares else "whale_curve" if peak < n else "whale_even"
    return finished(say, name, figure, **values)


def _mark_whale(ax: Axes, say: Translator, values: dict[str, float], in_shares: bool) -> None:
    """Label the peak and the end, scale the axes."""
    high, end = values["peak"], 1.0 if in_shares else values["total"]
    place = (values["peak_customers"], high)
    if values["losers"] and high > 0:
        ax.plot(*place, "o", color=WARM, markersize=5)
        kind = "peak" if in_shares else "peak_money"
        label = say(f"charts.whale_curve.{kind}", values)
        side = "right" if place[0] > 0.6 else "left" if place[0] < 0.3 else "center"
        ax.annotate(label, place, (0, 6), textcoords="offset points", ha=side, fontsize=8.5,
                    color=HOUSE.ink)  # fmt: skip
    low = min(end, 0.0)
    ax.set(xlim=(0, 1), ylim=(low * 1.08, max(high, end, 1e-9) * 1.16))
    ax.set(xlabel=say("charts.whale_curve.x"))
    ax.set_ylabel(say("charts.whale_curve.y" if in_shares else "charts.whale_curve.y_money"))
    ticks(ax.xaxis, say, "percent0")
    ticks(ax.yaxis, say, "percent0" if in_shares else "short_money")


def statement(say: Translator, books: pd.DataFrame, first: date, last: date) -> Chart | Card:
    """Draw what is left of the customers' revenue after each kind of cost.

    Parameters
    ----------
    say : Translator
    books : pandas.DataFrame
        See `kehu.score.profit.Profit`.
    first, last : datetime.date
        Costing period.
    """
    borne = (books["direct"] + books["allocated"]).astype(float).set_axis(books["cost"])
    costs = borne[[kind for kind in KINDS if borne[kind]]]
    if not borne["revenue"] and costs.empty:
        return Card(say("cards.no_contribution.title"), say("cards.no_contribution.text"))
    revenue, left = float(borne["revenue"]), float(borne["revenue"] - costs.sum())
    figure, ax = canvas(height=2.7)
    _waterfall(ax, say, revenue, costs, left)
    rate = left / revenue if revenue > 0 else None
    name = "statement_none" if rate is None else "statement" if left >= 0 else "statement_loss"
    return finished(
        say, name, figure, rate=rate, loss=-left, left=left, revenue=revenue, first=first,
        last=last,
    )  # fmt: skip


def _waterfall(ax: Axes, say: Translator, revenue: float, costs: pd.Series, left: float) -> None:
    """Draw revenue, the costs taken off it, and what is left."""
    steps = revenue - costs.cumsum()
    names, heights = ["revenue", *costs.index, "contribution"], [revenue, *costs, left]
    starts = [0.0, *steps, 0.0]
    colours = [ACCENT, *[LIGHT] * len(costs), HOUSE.red if left < 0 else WARM]
    ax.bar(range(len(names)), heights, bottom=starts, color=colours, width=0.62)
    for i, level in enumerate([revenue, *steps]):
        ax.plot([i + 0.31, i + 0.69], [level, level], color=HOUSE.muted, linewidth=0.7)
    ax.axhline(0, color=HOUSE.muted, linewidth=0.6)
    tops = [start + max(height, 0) for start, height in zip(starts, heights, strict=True)]
    for i, (high, amount) in enumerate(zip(tops, heights, strict=True)):
        share = f"\n{say.format(amount / revenue, 'percent0')}" if revenue > 0 else ""
        ax.annotate(say.format(amount, "short_money") + share, (i, max(high, 0)), (0, 3),
                    textcoords="offset points", ha="center", fontsize=8,
                    color=HOUSE.ink, linespacing=1.25)  # fmt: skip
    ax.set_xticks(range(len(names)), [say(f"cost_kind.{name}") for name in names])
    middle, half = (len(names) - 1) / 2, max(len(names), 5) / 2 + 0.1
    low, high = min(0.0, revenue, *steps, left), max(tops)
    ax.set(xlim=(middle - half, middle + half), ylim=(low * 1.12, (high or 1) * 1.22), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)


def cac_by_channel(
    say: Translator, table: pd.DataFrame, target: float, usable: str
) -> Chart | Card:
    """Draw what a customer brings per unit of acquisition cost, by channel, against the target.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `acquisition`.
    target : float
        Ratio aimed at, e.g. 3.
    usable : {'yes', 'no'}
        Whether the forecast behind the value ahead passed its test; else the title tells what has
        been earned so far.
    """
    rated = table[(table["cohort"] == "all") & (table["cac"] > 0)]
    if rated.empty:
        return Card(say("cards.no_cac.title"), say("cards.no_cac.text"))
    past = rated["value_to_date"] / rated["cac"]
    rows = rated.assign(past=past, ratio=rated["value_to_cac"].fillna(past))
    shown = rows.nlargest(CHANNELS, "acquisition_cost").sort_values(["ratio", "channel"])
    figure, ax = canvas(height=1.0 + 0.34 * len(shown))
    _ratio_bars(ax, say, shown, target)
    figure.legend(loc="outside lower center", ncols=2)
    best = rows.sort_values(["ratio", "channel"]).iloc[-1]
    name = "cac_by_channel_yes" if usable == "yes" else "cac_by_channel_no"
    return finished(
        say, name, figure, n=len(rows), target=target,
        reached=int((rows["ratio"] >= target).sum()), best=channel_name(say, best["channel"]),
        ratio=best["ratio"], shown=len(shown), unpaid=int((rows["past"] < 1).sum()),
    )  # fmt: skip


def _ratio_bars(ax: Axes, say: Translator, shown: pd.DataFrame, target: float) -> None:
    """Draw past and expected value per unit of cost; what is far beyond the target is cut."""
    widest = min(max(shown["ratio"].max(), target * 1.3), target * 4)
    y = np.arange(len(shown))
    past, whole = (shown[c].clip(upper=widest) for c in ("past", "ratio"))
    start = past.clip(lower=0)
    ax.axvline(0, color=HOUSE.muted, linewidth=0.6)
    ax.barh(y, past, color=ACCENT, height=0.6, label=say("charts.cac_by_channel.past"))
    ax.barh(y, (whole - start).clip(lower=0), left=start, color=LIGHT, height=0.6,
            hatch="////", edgecolor="white", linewidth=0,
            label=say("charts.cac_by_channel.ahead"))  # fmt: skip
    for place, row in enumerate(shown.itertuples()):
        more = "→ " if row.ratio > widest else ""
        label = more + say("charts.cac_by_channel.label", ratio=row.ratio, cac=row.cac)
        ax.annotate(label, (max(min(row.ratio, widest), target), place), (5, 0), va="center",
                    textcoords="offset points", fontsize=8, color=HOUSE.ink)  # fmt: skip
    ax.vlines(target, -0.5, len(shown) - 0.5, color=WARM, linewidth=1.4)
    ax.annotate(say("charts.cac_by_channel.target", target=target), (target, len(shown) - 0.5),
                (0, 2), textcoords="offset points", ha="center", va="bottom", fontsize=8,
                color=HOUSE.amber)  # fmt: skip
    ax.set_yticks(y, [channel_name(say, c) for c in shown["channel"]])
    ax.set(xlim=(min(0.0, shown["past"].min()), widest * 1.42), xticks=[])
    ax.set_ylim(-0.5, len(shown) - 0.05)
    ax.grid(visible=False)
    ax.spines[["bottom", "left"]].set_visible(False)


def payback_curves(say: Translator, curves: pd.DataFrame, table: pd.DataFrame) -> Chart | Card:
    """Draw contribution per head by month of age against the cost of acquisition, by channel.

    Parameters
    ----------
    say : Translator
    curves : pandas.DataFrame
        `channel, month, contribution`; see `kehu.score.acquisition.Acquisition`.
    table : pandas.DataFrame
        Contract `acquisition`.
    """
    rated = table[(table["cohort"] == "all") & (table["cac"] > 0)]
    if rated.empty:
        return Card(say("cards.no_cac.title"), say("cards.no_cac.text"))
    shown = rated.sort_values(["new_customers", "channel"], ascending=[False, True]).head(PANELS)
    wide = 2 if len(shown) in (2, 4) else min(len(shown), 3)
    deep = -(-len(shown) // wide)
    figure = Figure(figsize=(TEXT_WIDTH, 0.35 + 1.75 * deep), layout="constrained")
    axes = figure.subplots(deep, wide, sharex=True, squeeze=False).ravel()
    for ax, row in zip(axes, shown.itertuples(), strict=False):
        _panel(ax, say, row, curves[curves["channel"] == row.channel])
    for place, ax in enumerate(axes):
        ax.set_visible(place < len(shown))
        ax.tick_params(labelbottom=place + wide >= len(shown))
    figure.supxlabel(say("charts.payback_curves.x"), fontsize=8.5, color=HOUSE.muted)
    back = shown.dropna(subset="payback_months").sort_values(["payback_months", "channel"])
    months = back["payback_months"].iloc[0] if len(back) else None
    quickest = channel_name(say, back["channel"].iloc[0]) if len(back) else None
    name = "payback_curves" if months else "payback_none" if months is None else "payback_at_once"
    return finished(
        say, name, figure, n=len(shown), all=len(rated), back=len(back), quickest=quickest,
        months=months, at_once=int((back["payback_months"] == 0).sum()),
        observed=int(curves.loc[curves["channel"].isin(shown["channel"]), "month"].max()),
    )  # fmt: skip


def _panel(ax: Axes, say: Translator, row: Any, own: pd.DataFrame) -> None:
    """Draw one channel: its curve, its cost as a line, the month that reaches it as a dot."""
    ax.axhline(row.cac, color=WARM, linewidth=1.3)
    ax.plot(own["month"], own["contribution"], color=ACCENT, marker="." if len(own) == 1 else None)
    paid = own[own["month"] == row.payback_months]
    ax.plot(paid["month"], paid["contribution"], "o", color=ACCENT, markersize=4.5)
    ax.set_xlim(0, max(1, ax.get_xlim()[1], own["month"].max()))
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_ylim(min(0.0, own["contribution"].min()), max(row.cac, own["contribution"].max()) * 1.1)
    ticks(ax.yaxis, say, "short_money")
    kind = "open" if len(paid) == 0 else "paid" if row.payback_months else "paid_at_once"
    told = say(f"charts.payback_curves.{kind}", cac=row.cac, months=row.payback_months)
    ax.set_title(f"{channel_name(say, row.channel)}\n{told}", loc="left", fontsize=8,
                 color=HOUSE.ink, linespacing=1.3)  # fmt: skip


def channel_name(say: Translator, channel: str, most: int = LONGEST) -> str:
    """Return a channel as the client calls it, cut to fit, in words where none is known."""
    name = say("acquisition_channel.unknown") if channel == "unknown" else channel
    widths = np.cumsum([1 + (ord(c) > 0x2E7F) for c in name])
    return name if widths[-1:].sum() <= most else name[: int((widths < most).sum())] + "…"
