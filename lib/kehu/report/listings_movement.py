"""Tables of clusters and of movement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kehu import trend
from kehu.i18n import Translator
from kehu.report import spark
from kehu.report.cluster_words import cluster_name
from kehu.report.listings import label, listing
from kehu.report.show import Listing

DOWNGRADES = 15
"""Customers listed who moved down."""

FEATURE_KINDS = {
    **dict.fromkeys(("days_since_last", "n_orders"), "int"),
    **dict.fromkeys(("total_spend", "mean_order_value", "clv", "contribution"), "short_money"),
    "p_alive": "chance",
}
"""How a feature of clusters is printed; others with one decimal."""


def cluster_counts(say: Translator, compared: pd.DataFrame) -> Listing:
    """List the numbers of groups compared, the chosen one marked."""
    rows = compared.assign(used=compared["chosen"].map({True: "✓", False: ""}))
    columns = {"k": "int", "used": "", "silhouette": "dec3", "calinski_harabasz": "int",
               "inertia": "int", "stability": "dec2"}  # fmt: skip
    return listing(say, rows, columns, "cluster_counts")


def clusters(say: Translator, profiles: pd.DataFrame) -> Listing:
    """List each cluster with its size and the median of each feature."""
    sizes = profiles.groupby("cluster")["customers"].first().sort_values(ascending=False)
    wide = profiles.pivot(index="cluster", columns="cluster_feature", values="cluster_median")
    features = list(profiles["cluster_feature"].unique())
    rows = wide.loc[sizes.index, features].reset_index()
    rows = rows.assign(
        cluster=[cluster_name(say, c) for c in rows["cluster"]],
        customers=sizes.to_numpy(),
        customers_share=sizes.to_numpy() / sizes.sum(),
    )
    columns = {"cluster": "", "customers": "int", "customers_share": "percent",
               **{f: FEATURE_KINDS.get(f, "dec1") for f in features}}  # fmt: skip
    return listing(say, rows, columns, "clusters")


def cluster_rules(say: Translator, tree: Any) -> Listing:
    """List the rules that explain the clusters.

    Parameters
    ----------
    say : Translator
    tree : Tree
        See `kehu.segments.cluster_tree`.
    """
    rows = tree.rules.assign(
        cluster=[cluster_name(say, c) for c in tree.rules["cluster"]],
        condition=[_condition(say, c) for c in tree.rules["conditions"]],
    )
    columns = {"condition": "", "cluster": "", "customers": "int", "purity": "percent0"}
    return listing(say, rows, columns, "cluster_rules", fidelity=tree.fidelity, rules=len(rows))


def _condition(say: Translator, conditions: Sequence[tuple[str, float, float]]) -> str:
    told = []
    for feature, low, high in conditions:
        kind = FEATURE_KINDS.get(feature, "dec1")
        ends: dict[str, Any] = {"low": _end(say, low, kind), "high": _end(say, high, kind)}
        form = "between" if np.isfinite(low) and np.isfinite(high) else "above"
        form = "up_to" if not np.isfinite(low) else form
        told.append(say(f"cluster_rule.{form}", {"feature": label(say, feature), **ends}))
    return say("cluster_rule.and").join(told) or say("cluster_rule.all")


def _end(say: Translator, value: float, kind: str) -> str:
    return say.format(value, kind if kind != "int" else "dec1") if np.isfinite(value) else ""


def movement(say: Translator, moves: pd.DataFrame, kind: str, order: Sequence[str]) -> Listing:
    """Lay out the matrix of movements: classes before down, classes now across, totals at the ends.

    Parameters
    ----------
    say : Translator
    moves : pandas.DataFrame
        See `kehu.segments.migration.shown`.
    kind : str
        `code:` and the segmentation.
    order : sequence of str
        Classes in the order shown; `new` comes last before, `gone` last now.
    """
    part = kind.removeprefix("code:")
    wide = moves.pivot_table(index="from_group", columns="to_group", values="customers",
                             aggfunc="sum", fill_value=0)  # fmt: skip
    known = [*order, "other", "new", "gone"]
    wide = wide.reindex(index=[n for n in known if n in wide.index],
                        columns=[n for n in known if n in wide.columns])  # fmt: skip
    wide = wide.assign(total=wide.sum(axis=1))
    wide.loc["total"] = wide.sum()
    names = {n: _word(say, part, n) for n in {*wide.index, *wide.columns}}
    frame = wide.rename(columns=names)
    rows = frame.reset_index(names="before").assign(before=[names[n] for n in wide.index])
    return _matrix(say, rows)


def _matrix(say: Translator, rows: pd.DataFrame) -> Listing:
    from great_tables import GT

    shown = rows.copy()
    for column in shown.columns[1:]:
        shown[column] = [say.format(int(v), "int") if v else "" for v in rows[column]]
    table = GT(shown.astype("str")).cols_label(before=say("charts.movement.before"))
    table = table.cols_align("right", columns=list(shown.columns[1:]))
    return Listing(table, say("listings.movement.title"), say("listings.movement.subtitle"))


def _word(say: Translator, part: str, name: str) -> str:
    if name in ("new", "gone", "other", "total"):
        return say(f"movement.{name}")
    return say(f"{part}.{name}")


def downgrades(
    say: Translator, moved: pd.DataFrame, customers: pd.DataFrame,
    months: Mapping[str, Sequence[float]],
) -> Listing:  # fmt: skip
    """List who moved down, those who lost most value first, with twelve months and the reason.

    Parameters
    ----------
    say : Translator
    moved : pandas.DataFrame
        See `kehu.segments.migration.moved`.
    customers : pandas.DataFrame
        Contract `customers`.
    months : mapping
        Customer to spend by month; see `kehu.trend.months`.
    """
    down = moved[moved["direction"] == "down"].merge(
        customers[["customer_id", "name"]], on="customer_id", how="left"
    )
    rows = down.assign(trend=down["customer_id"])
    columns = {"customer_id": "", "name": "", "from_group": "code:tier", "to_group": "code:tier",
               "clv_before": "short_money", "clv": "short_money", "trend": "",
               "orders_since": "int", "why": "code:moved_why"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or down["name"].notna().any()}
    made = listing(say, rows, shown, "downgrades", most=DOWNGRADES)
    return replace(made, table=made.table.fmt(lambda c: _picture(say, months, c), columns="trend"))


def _picture(say: Translator, months: Mapping[str, Sequence[float]], customer: str) -> str:
    spent = months.get(customer, [0.0] * trend.MONTHS)
    half = len(spent) // 2
    alt = say("card.trend", earlier=sum(spent[:half]), later=sum(spent[half:]))
    return spark.bars(spent, alt)
