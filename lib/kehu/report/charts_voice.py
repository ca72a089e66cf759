"""Figures of surveys: net promoter score, answers, trends, and what moves with satisfaction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from kehu.i18n import Translator
from kehu.i18n.formats import MISSING
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE

BAD = LinearSegmentedColormap.from_list("bad", ["#f1dadd", HOUSE.series[3]])
GOOD = LinearSegmentedColormap.from_list("good", ["#d3e3e6", ACCENT])
MIDDLE = "#dfe3e6"

MOST = 14
"""Questions or groups a figure has room for."""


def bucket_label(say: Translator, breakdown: str, bucket: str) -> str:
    """Name a group: in words of the catalogue for classes, as the client writes it otherwise."""
    if bucket == MISSING:
        return say("voice.no_group")
    if breakdown in ("tier", "rfm_segment", "all"):
        return say(f"breakdown.{bucket}" if breakdown == "all" else f"{breakdown}.{bucket}")
    return bucket


def shortened(text: str, most: int = 22) -> str:
    """Cut a long name, as wide as `most` Latin letters; a Chinese character is two wide."""
    width = 0
    for i, c in enumerate(text):
        width += 2 if ord(c) > 0x2E7F else 1
        if width > most:
            return text[:i].rstrip() + "…"
    return text


def whole_ticks(axis: Axis, say: Translator) -> None:
    """Label an axis at whole numbers only."""
    axis.set_major_locator(MaxNLocator(7, integer=True))
    ticks(axis, say, "int")


def nps_by_group(
    say: Translator, nps: pd.DataFrame, question: str, breakdown: str, least: int
) -> Chart:
    """Draw the NPS of each group with its interval, beside that of all.

    Parameters
    ----------
    say : Translator
    nps : pandas.DataFrame
        Contract `nps`; the breakdown has at least one named group shown.
    question : str
    breakdown : str
        Of the contract, e.g. `channel`.
    least : int
        Answers below which a group is not shown.
    """
    own = nps[nps["question"] == question]
    groups = own[own["breakdown"] == breakdown]
    named = groups.assign(label=[bucket_label(say, breakdown, b) for b in groups["bucket"]])
    hidden = named[~named["is_shown"]]
    every = named[named["is_shown"]].sort_values(["weighted_nps", "label"], ascending=[True, False])
    every = pd.concat([every[every["bucket"] == MISSING], every[every["bucket"] != MISSING]])
    shown = every[every["answers"].rank(method="first", ascending=False) <= MOST]
    overall = float(own.loc[own["breakdown"] == "all", "weighted_nps"].iloc[0])
    figure, ax = canvas(height=1.0 + 0.3 * len(shown) + (0.2 if len(hidden) else 0))
    y = np.arange(len(shown))
    differs = (shown["nps_p_value"] < 0.05).to_numpy()
    ax.axvline(overall, color=WARM, linewidth=1)
    ax.hlines(y, shown["weighted_nps_low"], shown["weighted_nps_high"], color=ACCENT, linewidth=1.4)
    _dots(ax, shown["weighted_nps"].to_numpy(), y, differs)
    _nps_axis(ax, shown[["weighted_nps", "weighted_nps_low", "weighted_nps_high"]], overall)
    ax.set_xlabel(say("charts.nps_by_group.x"))
    for place, (value, n) in enumerate(zip(shown["weighted_nps"], shown["answers"], strict=True)):
        text = f"{say.format(value, 'dec1')}   " + say("charts.nps_by_group.n", n=n)
        ax.annotate(text, (1, place), xycoords=("axes fraction", "data"), ha="right", va="center",
                    fontsize=8, color=HOUSE.ink)  # fmt: skip
    ax.set_yticks(y, [shortened(label) for label in shown["label"]])
    ax.set_ylim(-0.6, len(shown) - 0.4)
    _rows_only(ax)
    if len(hidden):
        figure.supxlabel(
            _hidden(say, hidden, least), fontsize=8, color=HOUSE.muted, x=0.01, ha="left"
        )
    own = every[every["bucket"] != MISSING]
    best, worst = own.iloc[-1], own.iloc[0]
    return finished(
        say, "nps_by_group" if len(own) > 1 else "nps_by_group_one", figure,
        drawn=len(shown), groups=len(every),
        best=shortened(best["label"]), best_nps=best["weighted_nps"],
        worst=shortened(worst["label"]),
        worst_nps=worst["weighted_nps"], overall=overall, n=int(groups["answers"].sum()),
        differ=int((every["nps_p_value"] < 0.05).sum()),
    )  # fmt: skip


def _dots(ax: Axes, x: np.ndarray, y: np.ndarray, full: np.ndarray) -> None:
    """Draw dots, hollow where nothing is proven."""
    ax.scatter(x, y, s=30, color=np.where(full, ACCENT, "white"), edgecolors=ACCENT,
               linewidths=1.2, zorder=3)  # fmt: skip


def _nps_axis(ax: Axes, values: pd.DataFrame, centre: float) -> None:
    """Give an axis room for all values and, to the right, for figures; no ticks beyond 100."""
    low = min(float(values.min().min()), centre)
    high = max(float(values.max().max()), centre)
    margin = max(0.06 * (high - low), 10 - (high - low) / 2)
    low, high = low - margin, high + margin
    ax.set_xlim(low, high + 0.24 * (high - low))
    ends = (max(low, -100.0), min(high, 100.0))
    ax.set_xticks([t for t in ax.get_xticks() if ends[0] <= t <= ends[1]])


def _rows_only(ax: Axes) -> None:
    ax.grid(axis="x", visible=True)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)


def _hidden(say: Translator, hidden: pd.DataFrame, least: int) -> str:
    ordered = hidden.sort_values(["answers", "label"], ascending=[False, True])
    names = [f"{shortened(r.label, 16)} {r.answers}" for r in ordered.head(5).itertuples()]
    more = ["…"] if len(ordered) > 5 else []
    listed = say("report.list_separator").join([*names, *more])
    return say("charts.nps_by_group.hidden", names=listed, least=least)


def nps_trend(say: Translator, nps: pd.DataFrame, question: str) -> Chart:
    """Draw the NPS by quarter with its interval.

    Parameters
    ----------
    say : Translator
    nps : pandas.DataFrame
        Contract `nps`; at least two quarters are shown.
    question : str
    """
    rows = _quarters(nps[nps["question"] == question])
    figure = _trend(say, rows, "weighted_nps", "weighted_nps_low", "weighted_nps_high", "dec1")
    first, last = rows.iloc[0], rows.iloc[-1]
    return finished(
        say, "nps_trend", figure, first=first["bucket"], start=first["weighted_nps"],
        last=last["bucket"], value=last["weighted_nps"], periods=len(rows),
        n=int(rows["answers"].sum()),
    )  # fmt: skip


def score_trend(say: Translator, satisfaction: pd.DataFrame, question: str) -> Chart:
    """Draw the mean of a question by quarter with its interval.

    Parameters
    ----------
    say : Translator
    satisfaction : pandas.DataFrame
        Contract `satisfaction`; at least two quarters are shown.
    question : str
    """
    rows = _quarters(satisfaction[satisfaction["question"] == question])
    figure = _trend(say, rows, "mean_answer", "mean_low", "mean_high", "dec2")
    first, last = rows.iloc[0], rows.iloc[-1]
    return finished(
        say, "score_trend", figure, question=shortened(question, 30), first=first["bucket"],
        start=first["mean_answer"], last=last["bucket"], value=last["mean_answer"],
        periods=len(rows), n=int(rows["answers"].sum()), low=first["scale_low"],
        high=first["scale_high"],
    )  # fmt: skip


def _quarters(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of quarters in order; quarters not shown stay as gaps."""
    dated = rows[(rows["breakdown"] == "quarter") & (rows["bucket"] != MISSING)]
    return dated[dated["is_shown"]].sort_values("bucket")


def _trend(say: Translator, rows: pd.DataFrame, value: str, low: str, high: str, kind: str) -> Any:
    quarter = pd.PeriodIndex(rows["bucket"], freq="Q")
    x = (quarter.year * 4 + quarter.quarter).to_numpy()
    whole = np.arange(x[0], x[-1] + 1)
    line = rows.set_index(x)[[value, low, high]].astype(float).reindex(whole)
    figure, ax = canvas(height=2.6)
    ax.fill_between(whole, line[low], line[high], color=LIGHT, alpha=0.6, linewidth=0)
    ax.vlines(x, rows[low].astype(float), rows[high].astype(float), color=LIGHT, linewidth=3)
    ax.plot(x, rows[value], color=ACCENT, linewidth=0.7, linestyle=(0, (1, 2)))
    ax.plot(whole, line[value], color=ACCENT, marker="o", markersize=4)
    for place in {0, len(x) - 1}:
        ends = rows[[value, high]].iloc[place].astype(float)
        ax.annotate(say.format(ends[value], kind), (x[place], ends.max()), (0, 3), ha="center",
                    textcoords="offset points", fontsize=8, color=HOUSE.ink)  # fmt: skip
    ax.margins(y=0.14)
    counts = [say.format(n, "short") for n in rows["answers"]]
    step = -(-len(x) // 10)
    labels = [f"{b}\n{n}" for b, n in zip(rows["bucket"], counts, strict=True)]
    ax.set_xticks(x[::-1][::step][::-1], labels[::-1][::step][::-1])
    ax.set_xlim(whole[0] - 0.5, whole[-1] + 0.5)
    if kind == "dec1":
        whole_ticks(ax.yaxis, say)
    else:
        ticks(ax.yaxis, say, kind)
    return figure


def answer_spread(say: Translator, distribution: pd.DataFrame, ces_easy_end: str = "high") -> Chart:
    """Draw the answers of each question as stacked bars around the middle of its scale.

    Parameters
    ----------
    say : Translator
    distribution : pandas.DataFrame
        See `kehu.voice.surveys.distribution`, at least one question.
    ces_easy_end : {"high", "low"}
        End of a CES scale that is the good one.
    """
    points = distribution.assign(place=_places(distribution, ces_easy_end))
    sides = points.assign(side=np.sign(points["place"]))
    totals = sides.pivot_table(index="question", columns="side", values="point_share",
                               aggfunc="sum", fill_value=0.0)  # fmt: skip
    totals = totals.reindex(columns=[-1.0, 0.0, 1.0], fill_value=0.0).reset_index()
    every = totals.sort_values([1.0, "question"], ascending=[True, False])
    best, worst = every.iloc[-1], every.sort_values([-1.0, "question"]).iloc[-1]
    kept = every["question"].isin([worst["question"], *every["question"].tail(MOST - 1)])
    totals = every[kept].tail(MOST)
    figure, ax = canvas(height=1.1 + 0.3 * len(totals))
    for y, question in enumerate(totals["question"]):
        _stack(ax, y, points[points["question"] == question])
    _share_labels(ax, say, totals)
    ax.axvline(0, color=HOUSE.ink, linewidth=0.6)
    ax.set_yticks(range(len(totals)), [shortened(q) for q in totals["question"]])
    ax.set(ylim=(-0.6, len(totals) - 0.4), xticks=[])
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    keys = (("low", BAD(1.0)), ("middle", MIDDLE), ("high", GOOD(1.0)))
    for name, colour in keys:
        ax.barh([0], [0], color=colour, label=say(f"charts.answer_spread.{name}"))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3)
    asked = distribution[distribution["question"].isin(totals["question"])]
    return finished(
        say, "answer_spread", figure, best=shortened(best["question"]), best_share=best[1.0],
        worst=shortened(worst["question"]), worst_share=worst[-1.0], questions=len(every),
        drawn=len(totals),
        n=int(asked["answers"].sum()),
    )  # fmt: skip


def _places(rows: pd.DataFrame, ces_easy_end: str) -> np.ndarray:
    """Place every point between -1 (worst) and 1 (best); an NPS has its own borders."""
    span = rows["scale_high"] - rows["scale_low"]
    place = (2 * (rows["point"] - rows["scale_low"]) / span - 1).to_numpy(dtype=float)
    turned = (rows["computed"] == "ces") & (ces_easy_end == "low")
    place = np.where(turned, -place, place)
    is_nps, point = (rows["computed"] == "nps").to_numpy(), rows["point"].to_numpy(dtype=float)
    of_nps = np.select([point >= 9, point >= 7], [point - 8.5, 0 * point], (point - 7) / 7)
    return np.round(np.where(is_nps, of_nps, place), 9)


def _stack(ax: Axes, y: int, rows: pd.DataFrame) -> None:
    """Draw one question: neutral answers astride 0, bad ones left, good ones right."""
    middle = float(rows.loc[rows["place"] == 0, "point_share"].sum())
    ax.barh([y], [middle], left=-middle / 2, color=MIDDLE, height=0.66)
    for sign, shade in ((-1, BAD), (1, GOOD)):
        side = rows[np.sign(rows["place"]) == sign]
        edge = sign * middle / 2
        for row in side.sort_values("place", key=abs).itertuples():
            width = sign * row.point_share
            colour = shade(0.35 + 0.65 * abs(row.place))
            ax.barh([y], [width], left=edge, color=colour, height=0.66, edgecolor="white")
            edge += width


def _share_labels(ax: Axes, say: Translator, totals: pd.DataFrame) -> None:
    """Write the shares of bad and good answers at the ends of the bars."""
    ends = {sign: (totals[0.0] / 2 + totals[float(sign)]).max() for sign in (-1, 1)}
    ax.set_xlim(-ends[-1] - 0.09, ends[1] + 0.09)
    for y, row in enumerate(totals.to_dict("records")):
        for sign in (-1, 1):
            end = sign * (row[0.0] / 2 + row[float(sign)])
            ax.annotate(say.format(row[float(sign)], "percent0"), (end, y), (4 * sign, 0),
                        textcoords="offset points", va="center", fontsize=8,
                        ha="left" if sign > 0 else "right")  # fmt: skip
