"""Movement between two periods: everyone is somewhere before and somewhere now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kehu import tables
from kehu.segments.rfm_rules import SEGMENTS
from kehu.segments.tiers import TIERS
from kehu.store import Run

NEW, GONE = "new", "gone"

ORDERED: dict[str, tuple[str, ...]] = {
    "tier": TIERS,
    "abc_class": ("A", "B", "C"),
    "rfm_segment": SEGMENTS,
    "lifecycle_stage": ("mature", "growing", "acquired", "declining", "dormant", "lost", "unknown"),
}
"""Classes from the best to the worst; moving towards the first is up. Other segmentations have
no order, and nobody in them moves up or down."""

SEGMENTATIONS = ("tier", "abc_class", "rfm_segment", "rfm_named", "lifecycle_stage", "behaviour",
                 "cluster")  # fmt: skip


@dataclass(frozen=True)
class Period:
    """One run's customers and classes.

    Parameters
    ----------
    value, segments, clusters : pandas.DataFrame
        Contracts of those names; there may be no clusters.
    """

    value: pd.DataFrame
    segments: pd.DataFrame
    clusters: pd.DataFrame

    def has(self, segmentation: str) -> bool:
        """Whether every customer has a class."""
        if segmentation == "cluster":
            return len(self.clusters) == len(self.segments)
        return bool(self.segments[segmentation].notna().all())

    def of(self, segmentation: str) -> pd.DataFrame:
        """Return `customer_id, group, total_spend, clv, n_orders, days_since_last`."""
        money = self.value[["customer_id", "total_spend", "clv", "n_orders", "days_since_last"]]
        table = self.clusters if segmentation == "cluster" else self.segments
        classes = table[["customer_id", segmentation]]
        both = money.merge(classes, on="customer_id", validate="1:1")
        return both.rename(columns={segmentation: "group"})


def earlier(run: Run, period: str | None) -> Period | None:
    """Open the run of the period before; None without one, or where it has no segments.

    Raises
    ------
    KehuError
        KH-T01: its tables keep another contract; run that period again.
    """
    before = None if period is None else Run(run.folder.with_name(period))
    if before is None or not (before.has("value") and before.has("segments")):
        return None
    groups = (
        before.read("clusters")
        if before.has("clusters")
        else pd.DataFrame(columns=["customer_id", "cluster"])
    )
    return Period(before.read("value"), before.read("segments"), groups)


def matrix(now: Period, before: Period, segmentation: str) -> pd.DataFrame:
    """Count who moved from which class to which, with their money.

    Parameters
    ----------
    now, before : Period
    segmentation : str
        Column of `segments`.

    Returns
    -------
    pandas.DataFrame
        Contract `migration` for one segmentation: a row per pair of classes that occurs. Customers
        who were not there before come from `new`, those who are not there now go to `gone`, so that
        the rows of a class add up to its customers before, and the columns to its customers now.
    """
    both = _side_by_side(now, before, segmentation)
    sums = both.groupby(["from_group", "to_group"]).agg(
        customers=("customer_id", "size"),
        spend_before=("total_spend_before", "sum"),
        spend_now=("total_spend", "sum"),
        clv_before=("clv_before", "sum"),
        clv_now=("clv", "sum"),
    )
    table = sums.reset_index().assign(segmentation=segmentation)
    return table[list(tables.contract("migration").columns)]


def matrices(now: Period, before: Period | None) -> pd.DataFrame:
    """Return contract `migration` for every segmentation both runs have; empty without a before."""
    if before is None:
        return pd.DataFrame(columns=list(tables.contract("migration").columns))
    known = [s for s in SEGMENTATIONS if now.has(s) and before.has(s)]
    return pd.concat([matrix(now, before, s) for s in known], ignore_index=True)


def moved(now: Period, before: Period, segmentation: str = "tier") -> pd.DataFrame:
    """List who moved, up or down, and what changed most.

    Parameters
    ----------
    now, before : Period
    segmentation : str
        One of `ORDERED`.

    Returns
    -------
    pandas.DataFrame
        `customer_id, from_group, to_group, direction` (`up` or `down`), `clv_before, clv,
        orders_since` and `spend_since` (between the two periods), `why`: `no_purchase`,
        `spent_less`, `spent_more` (against the share of all customers' spend before) or
        `others_moved` (the class limits moved, the customer hardly). Those who lost most lifetime
        value first.
    """
    order = {group: place for place, group in enumerate(ORDERED[segmentation])}
    both = _side_by_side(now, before, segmentation)
    both = both[(both["from_group"] != NEW) & (both["to_group"] != GONE)]
    step = both["to_group"].map(order) - both["from_group"].map(order)
    rows = both[step != 0].assign(
        direction=np.where(step[step != 0] > 0, "down", "up"),
        orders_since=both["n_orders"] - both["n_orders_before"],
        spend_since=both["total_spend"] - both["total_spend_before"],
    )
    rows = rows.assign(why=_why(rows, both))
    columns = ["customer_id", "from_group", "to_group", "direction", "clv_before", "clv",
               "orders_since", "spend_since", "why"]  # fmt: skip
    lost = (rows["clv"] - rows["clv_before"]).to_numpy()
    ordered = rows.iloc[np.lexsort((rows["customer_id"].to_numpy(dtype=str), lost))]
    return ordered[columns].reset_index(drop=True)


def _why(rows: pd.DataFrame, everyone: pd.DataFrame) -> Any:
    """Compare what a customer spent since with the same share of what all spent since."""
    since = everyone["total_spend"].sum() - everyone["total_spend_before"].sum()
    usual = since / everyone["total_spend_before"].sum()
    expected = rows["total_spend_before"] * usual
    down = rows["direction"] == "down"
    cases = [
        down & (rows["orders_since"] <= 0),
        down & (rows["spend_since"] < expected),
        ~down & (rows["spend_since"] > expected),
    ]
    return np.select(cases, ["no_purchase", "spent_less", "spent_more"], "others_moved")


def _side_by_side(now: Period, before: Period, segmentation: str) -> pd.DataFrame:
    both = now.of(segmentation).merge(
        before.of(segmentation), on="customer_id", how="outer", suffixes=("", "_before")
    )
    return both.assign(
        from_group=both["group_before"].fillna(NEW), to_group=both["group"].fillna(GONE)
    )


def facts(now: Period, before: Period | None, matrix: pd.DataFrame) -> dict[str, Any]:
    """Name the numbers of movement that sentences quote.

    Parameters
    ----------
    now : Period
    before : Period or None
    matrix : pandas.DataFrame
        Contract `migration`.

    Returns
    -------
    dict
        `moved` says whether there is a period to compare with; without one, nothing else.
    """
    if before is None:
        return {"moved": "no"}
    tier = matrix[matrix["segmentation"] == "tier"]
    order = {group: place for place, group in enumerate(TIERS)}
    step = tier["to_group"].map(order) - tier["from_group"].map(order)
    down, up = tier[step > 0], tier[step < 0]
    return {
        "moved": "yes",
        "n_before": len(before.segments),
        "n_new": int(tier.loc[tier["from_group"] == NEW, "customers"].sum()),
        "n_gone": int(tier.loc[tier["to_group"] == GONE, "customers"].sum()),
        "n_up": int(up["customers"].sum()),
        "n_down": int(down["customers"].sum()),
        "n_stayed": int(tier.loc[step == 0, "customers"].sum()),
        "down_clv": float((down["clv_before"] - down["clv_now"]).sum()),
        "up_clv": float((up["clv_now"] - up["clv_before"]).sum()),
    }


def falls(now: Period, before: Period | None) -> list[pd.DataFrame]:
    """Return who moved between tiers (`moved`); nothing without a period before."""
    return [] if before is None else [moved(now, before)]


def shown(matrix: pd.DataFrame, segmentation: str, most: int = 7) -> list[pd.DataFrame]:
    """Return the movements of one segmentation with at most so many classes a side.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Contract `migration`.
    segmentation : str
    most : int
        Classes on either side; the smallest are put together as `other`.

    Returns
    -------
    list of pandas.DataFrame
        One with `from_group, to_group, customers, clv_now`; none where nothing was compared.
    """
    rows = matrix[matrix["segmentation"] == segmentation]
    if rows.empty:
        return []
    made = rows.assign(**{side: _few(rows, side, most) for side in ("from_group", "to_group")})
    return [
        made.groupby(["from_group", "to_group"], as_index=False)[["customers", "clv_now"]].sum()
    ]


def _few(rows: pd.DataFrame, side: str, most: int) -> pd.Series:
    sizes = rows.groupby(side)["customers"].sum().sort_values(ascending=False, kind="stable")
    kept: Sequence[str] = list(sizes.index if len(sizes) <= most else sizes.index[: most - 1])
    return rows[side].where(rows[side].isin(kept), "other")
