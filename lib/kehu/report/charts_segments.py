"""Figures of segments, key customers and actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kehu.i18n import Translator
from kehu.report.charts import ACCENT, LIGHT, WARM, canvas, finished, ticks
from kehu.report.show import Chart
from kehu.report.style import HOUSE


def segment_sizes(say: Translator, rules: pd.DataFrame) -> Chart:
    """Draw each classical RFM segment's share of customers beside its share of spend.

    Parameters
    ----------
    say : Translator
    rules : pandas.DataFrame
        See `kehu.segments.rfm_rules.rule_table`.
    """
    figure = _two_bars(say, [say(f"rfm_segment.{s}") for s in rules["rfm_segment"]], rules)
    valuable = rules[rules["rule"].str.contains("M↑")]
    return finished(
        say, "segment_sizes", figure, n=int(rules["customers"].sum()),
        customers=valuable["customers_share"].sum(), spend=valuable["spend_share"].sum(),
    )  # fmt: skip


def named_sizes(say: Translator, table: pd.DataFrame, rules: Any) -> Chart:
    """Draw each named RFM segment's share of customers beside its share of spend.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.segments.rfm_rules.rule_table`.
    rules : RuleSet
        Has the words for the segments.
    """
    names = [say.pick(rules.words(s)) for s in table["rfm_segment"]]
    figure = _two_bars(say, names, table)
    first = table.loc[table["spend_share"].idxmax()]
    return finished(
        say, "named_sizes", figure, n=int(table["customers"].sum()), segments=len(table),
        customers=first["customers_share"], spend=first["spend_share"],
        first=say.pick(rules.words(first["rfm_segment"])),
    )  # fmt: skip


def class_sizes(say: Translator, table: pd.DataFrame, kind: str, **values: Any) -> Chart:
    """Draw each class's share of customers beside its share of spend; empty classes are left out.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.segments.classes.class_table`.
    kind : str
        `code:` and the column of `segments`, a part of the catalogue with the names of its classes.
    **values
        Values for title, subtitle and alt text of `charts.<column>`.
    """
    name = kind.removeprefix("code:")
    shown = table[table["customers"] > 0]
    figure = _two_bars(say, [say(f"{name}.{group}") for group in shown["group"]], shown)
    return finished(say, name, figure, n=int(table["customers"].sum()), **values)


def _two_bars(say: Translator, names: Sequence[str], table: pd.DataFrame) -> Figure:
    """Draw customers and spend of groups side by side, the first group on top."""
    rows, names = table.iloc[::-1], names[::-1]
    figure, axes = canvas(2, height=0.6 + 0.31 * len(rows), sharey=True)
    columns = (("customers_share", LIGHT), ("spend_share", ACCENT))
    for ax, (column, colour) in zip(axes, columns, strict=True):
        ax.barh(names, rows[column], color=colour, height=0.62)
        for y, share in enumerate(rows[column]):
            ax.annotate(say.format(share, "percent"), (max(share, 0), y), (3, 0), va="center",
                        textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_title(say(f"charts.segment_sizes.{column}"), loc="left", color=HOUSE.muted)
        ax.set_xlim(0, max(rows["customers_share"].max(), rows["spend_share"].max()) * 1.2)
        ax.set_xticks([])
        ax.grid(visible=False)
        ax.spines["bottom"].set_visible(False)
    return figure


def tier_sizes(say: Translator, tiers: pd.DataFrame) -> Chart:
    """Draw what share of customers, past spend and future value each tier holds.

    Parameters
    ----------
    say : Translator
    tiers : pandas.DataFrame
        `tier, customers_share, spend_share, clv_share`, one row per tier, best first.
    """
    figure, ax = canvas(height=1.9)
    kinds = ["clv_share", "spend_share", "customers_share"]
    left = np.zeros(len(kinds))
    for row, colour in zip(tiers.itertuples(), (ACCENT, WARM, LIGHT), strict=True):
        widths = np.array([getattr(row, k) for k in kinds])
        ax.barh(range(len(kinds)), widths, left=left, color=colour, height=0.6,
                label=say(f"tier.{row.tier}"))  # fmt: skip
        for y, (start, width) in enumerate(zip(left, widths, strict=True)):
            if width >= 0.05:
                ax.text(start + width / 2, y, say.format(width, "percent0"), ha="center",
                        va="center", fontsize=8,
                        color="white" if colour == ACCENT else HOUSE.ink)  # fmt: skip
        left += widths
    ax.set_yticks(range(len(kinds)), [say(f"charts.tier_sizes.{k}") for k in kinds])
    ax.set(xlim=(0, 1), xticks=[])
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=3)
    top = tiers.iloc[0]
    return finished(
        say, "tier_sizes", figure, customers=top["customers_share"], spend=top["spend_share"],
        clv=top["clv_share"], n=int(tiers["customers"].sum()),
    )  # fmt: skip


NAMED = 3
"""Key customers labelled in the map: the first by lifetime value."""


def key_map(
    say: Translator, value: pd.DataFrame, segments: pd.DataFrame, standards: pd.DataFrame
) -> Chart:
    """Draw contribution against potential, key customers marked, with the limits of both.

    Parameters
    ----------
    say : Translator
    value, segments : pandas.DataFrame
        Contracts of those names.
    standards : pandas.DataFrame
        See `kehu.segments.key.limits`.
    """
    table = value.merge(segments[["customer_id", "is_key"]], on="customer_id")
    table = table[table["total_spend"] > 0].assign(clv=lambda d: d["clv"].clip(lower=1))
    figure, ax = canvas(height=3.3)
    for marked, colour, size in ((False, LIGHT, 5), (True, ACCENT, 11)):
        part = table[table["is_key"] == marked]
        ax.scatter(part["total_spend"], part["clv"], s=size, color=colour, linewidths=0,
                   alpha=0.8 if marked else 0.5, rasterized=True,
                   label=say(f"charts.key_map.{'key' if marked else 'other'}"))  # fmt: skip
    limit = standards.set_index("key_measure")["key_limit"]
    for measure, line in (("total_spend", ax.axvline), ("clv", ax.axhline)):
        if measure in limit and limit[measure] > 0:
            line(limit[measure], color=WARM, linewidth=0.8)
    first = table[table["is_key"]].nlargest(NAMED, "clv")
    for place, row in enumerate(first.itertuples()):
        ax.annotate(row.customer_id, (row.total_spend, row.clv), (-46, 7 - 9 * place), fontsize=7,
                    textcoords="offset points", color=HOUSE.ink, va="center", ha="right",
                    arrowprops={"arrowstyle": "-", "color": HOUSE.muted, "linewidth": 0.5,
                                "shrinkA": 1, "shrinkB": 1})  # fmt: skip
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel=say("charts.key_map.x"), ylabel=say("charts.key_map.y"))
    ticks(ax.xaxis, say, "short_money")
    ticks(ax.yaxis, say, "short_money")
    ax.minorticks_off()
    ax.grid(visible=False)
    ax.legend(loc="upper left", markerscale=1.6)
    key = table["is_key"]
    shares = [float(table.loc[key, c].sum() / value[c].sum()) for c in ("total_spend", "clv")]
    return finished(
        say, "key_map", figure, key=int(segments["is_key"].sum()), n=len(table),
        spend=shares[0], clv=shares[1],
    )  # fmt: skip


def stake_by_action(say: Translator, actions: pd.DataFrame, playbook: Any) -> Chart:
    """Draw the value at stake of the listed customers by action.

    Parameters
    ----------
    say : Translator
    actions : pandas.DataFrame
        Contract `actions`.
    playbook : Playbook
        Has the words for the actions' codes.
    """
    labels = {code: say.pick(words) for code, words in playbook.actions.items()}
    sums = actions.groupby("action")["value_at_stake"].agg(["sum", "size"]).sort_values("sum")
    figure, ax = canvas(height=0.9 + 0.36 * len(sums))
    ax.barh([labels[a] for a in sums.index], sums["sum"], color=ACCENT, height=0.62)
    for y, (total, count) in enumerate(zip(sums["sum"], sums["size"], strict=True)):
        text = say("charts.stake_by_action.bar", stake=total, customers=int(count))
        ax.annotate(text, (total, y), (3, 0), va="center", textcoords="offset points", fontsize=8)
    ax.set(xlim=(0, sums["sum"].max() * 1.9), xticks=[])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    first = sums.iloc[-1]
    return finished(
        say, "stake_by_action", figure, n=len(actions), stake=float(sums["sum"].sum()),
        first=labels[str(sums.index[-1])], first_stake=float(first["sum"]),
    )  # fmt: skip
