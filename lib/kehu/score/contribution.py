"""Who brings the profit and who costs it: whale curve, loss-making customers, classes, facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kehu.score.costing import SCALE, in_units
from kehu.score.profit import SHARES, Profit

REFUND_SHARE = 0.5
"""Share of what was bought that was given back, from which refunds are named as a reason."""

REASONS = {
    "goods_share": "low_margin",
    "service_share": "high_service",
    "marketing_share": "high_marketing",
    "other_share": "high_other",
}
"""Column of cost to the reason it is named as where it is above the average rate."""


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the customers with revenue or any cost in the period.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `profit`.
    """
    money = ["revenue", *(f"{kind}_share" for kind in SHARES)]
    return table[(table[money] != 0).any(axis=1)]


def whale(contribution: pd.Series) -> pd.DataFrame:
    """Return the whale curve: contribution cumulated from the best customer to the worst.

    Parameters
    ----------
    contribution : pandas.Series, length n
        In currency, at most 4 decimals.

    Returns
    -------
    pandas.DataFrame
        n + 1 rows from (0, 0): `customers_share` 0…1; `contribution` cumulated, in currency;
        `contribution_share` of the final total, above 1 where loss-making customers take some of
        it back; blank where the total is 0 or less, since a share of it means nothing.

    Notes
    -----
    The curve rises while customers contribute, is flat over those who bring and cost nothing, and
    falls over those who cost more than they bring. It ends at the total.

    References
    ----------
    Kaplan, Narayanan (2001), "Measuring and Managing Customer Profitability", exhibit 1.
    """
    units = np.sort(in_units(contribution).to_numpy())[::-1]
    cumulated = np.concatenate([[0], np.cumsum(units)])
    total = cumulated[-1]
    return pd.DataFrame(
        {
            "customers_share": np.linspace(0, 1, len(cumulated)),
            "contribution": cumulated / SCALE,
            "contribution_share": cumulated / total if total > 0 else np.nan,
        }
    )


def loss_makers(made: Profit) -> pd.DataFrame:
    """List the customers who cost more than they bring, the largest loss first, with reasons.

    Parameters
    ----------
    made : Profit

    Returns
    -------
    pandas.DataFrame
        Contract `profit` and `sold, refunded, orders, contacts, campaign_contacts`, and `reasons`:
        codes of `loss_reason`, comma separated. Equal losses stand by customer number.

    Notes
    -----
    A reason must explain the loss by itself: had this cost been at the average share of revenue,
    there would be none. Where no cost does, the one furthest above the average is named if it
    explains at least half; else `all_costs`. Refunds are named where at least `REFUND_SHARE` of
    what was bought came back; costs without any revenue are named as that.
    """
    table = made.table.merge(made.activity, on="customer_id", validate="1:1")
    losing = table[table["contribution"] < 0].sort_values(["contribution", "customer_id"])
    excess = _excess(losing, made.table)
    pairs = zip(_rows(losing), _rows(excess), strict=True)
    losing = losing.assign(
        reasons=pd.Series([_reasons(*pair) for pair in pairs], index=losing.index, dtype="str")
    )
    columns = ["sold", "refunded", "orders", "contacts", "campaign_contacts", "reasons"]
    return losing[[*made.table.columns, *columns]].reset_index(drop=True)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")


def _excess(losing: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return by how much each cost of a customer is above the average share of revenue."""
    revenue = float(in_units(table["revenue"]).sum())
    rates = {c: in_units(table[c]).sum() / revenue if revenue > 0 else 0.0 for c in REASONS}
    return pd.DataFrame({c: losing[c] - rates[c] * losing["revenue"] for c in REASONS})


def _reasons(row: dict[str, Any], excess: dict[str, float]) -> str:
    """Name why a customer makes a loss."""
    back = row["refunded"] > 0 and row["refunded"] >= REFUND_SHARE * row["sold"]
    if row["revenue"] <= 0:
        return "refunds" if back else "no_revenue"
    loss = -row["contribution"]
    ordered = sorted(excess, key=lambda c: -excess[c])
    alone = [c for c in ordered if excess[c] >= loss]
    named = alone or [c for c in ordered[:1] if 2 * excess[c] >= loss]
    found = ["refunds"] * back + [REASONS[c] for c in named]
    return ",".join(found) or "all_costs"


def by_class(table: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Compare what the ABC classes leave of their revenue.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `profit`.
    classes : pandas.DataFrame
        `customer_id, abc_class` of the same customers.

    Returns
    -------
    pandas.DataFrame
        Rows A, B, C: `abc_class`; `customers` with revenue or cost in the period; `revenue`,
        `contribution` (currency); `contribution_rate`, `cost_to_serve_rate` (service, marketing
        and other cost), shares of revenue, blank without revenue; `loss_customers`.

    Raises
    ------
    ValueError
        A customer has no class, or more than one.
    """
    known = classes[["customer_id", "abc_class"]]
    joined = counted(table).merge(known, on="customer_id", how="left", validate="1:1")
    if joined["abc_class"].isna().any():
        raise ValueError("some customers have no ABC class")
    return pd.DataFrame(
        [_class_row(name, joined[joined["abc_class"] == name]) for name in ("A", "B", "C")]
    )


def _class_row(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    served = [f"{kind}_share" for kind in SHARES if kind != "goods"]
    revenue, left = (int(in_units(rows[c]).sum()) for c in ("revenue", "contribution"))
    cost = sum(int(in_units(rows[c]).sum()) for c in served)
    return {
        "abc_class": name,
        "customers": len(rows),
        "revenue": revenue / SCALE,
        "contribution": left / SCALE,
        "contribution_rate": left / revenue if revenue > 0 else None,
        "cost_to_serve_rate": cost / revenue if revenue > 0 else None,
        "loss_customers": int((rows["contribution"] < 0).sum()),
    }


def facts(made: Profit, classes: pd.DataFrame, margin: float) -> dict[str, Any]:
    """Name the numbers of contribution that the report's sentences quote.

    Parameters
    ----------
    made : Profit
    classes : pandas.DataFrame
        `customer_id, abc_class` of the same customers.
    margin : float
        Parameter `margin`, 0…1.

    Returns
    -------
    dict
        Name to number or text.
    """
    table = counted(made.table)
    return {
        **_books_facts(made),
        **_curve_facts(table),
        **_loss_facts(made, table),
        **{
            f"{row['abc_class'].lower()}_{name}": row[name]
            for row in _rows(by_class(made.table, classes))
            for name in ("contribution_rate", "cost_to_serve_rate")
        },
        "costs_given": "yes" if made.costs_given else "no",
        "costing_first": made.period.first.isoformat(),
        "costing_last": made.period.last.isoformat(),
        "costs_outside": made.outside_rows,
        "costs_outside_amount": float(made.outside_amount),
        "goods_margin": margin,
    }


def _books_facts(made: Profit) -> dict[str, Any]:
    books = made.books.set_index("cost")
    notes = books["notes"].fillna("")
    source = _goods_source(notes["goods"].split(","))
    served = [kind for kind in SHARES if kind != "goods"]
    kinds = books.loc[["goods", *served] if source == "goods_books" else served]
    return {
        "revenue": float(books.loc["revenue", "direct"]),
        "goods_source": source,
        "costs_direct": float(kinds["direct"].sum()),
        "costs_allocated": float(kinds["allocated"].sum()),
        "costs_unallocated": float(kinds["unallocated"].sum()),
        "revenue_unallocated": float(books.loc["revenue", "unallocated"]),
        "acquisition_apart": float(
            books.loc["acquisition", "set_aside"] + books.loc["marketing", "set_aside"]
        ),
        "drivers_empty": int(notes.str.contains("driver_empty").sum()),
    }


def _goods_source(notes: list[str]) -> str:
    both = {"goods_lines", "goods_margin"} <= set(notes)
    return "goods_some" if both else next(n for n in notes if n.startswith("goods_"))


def _curve_facts(table: pd.DataFrame) -> dict[str, Any]:
    curve = whale(table["contribution"])
    share = curve["contribution_share"]
    peak = int(curve["contribution"].idxmax())
    revenue = int(in_units(table["revenue"]).sum())
    total = float(curve["contribution"].iloc[-1])
    known = bool(share.notna().all())
    return {
        "counted": len(table),
        "contribution_total": total,
        "contribution_rate": total * SCALE / revenue if revenue > 0 else None,
        "whale_peak": float(curve["contribution"].max()),
        "whale_peak_share": float(share.max()) if known else None,
        "whale_peak_customers": float(curve["customers_share"].iloc[peak]),
        "whale_top20": float(np.interp(0.2, curve["customers_share"], share)) if known else None,
        "whale_shape": "deficit" if not known else "even" if share.max() <= 1 else "whale",
    }


def _loss_facts(made: Profit, table: pd.DataFrame) -> dict[str, Any]:
    losing = loss_makers(made)
    reasons = losing["reasons"].str.split(",").explode()
    counts = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {
        "loss_customers": len(losing),
        "loss_share": len(losing) / len(table) if len(table) else 0.0,
        "loss_amount": -int(in_units(losing["contribution"]).sum()) / SCALE,
        "loss_reason": str(counts.index[0]) if len(counts) else None,
        "loss_reason_customers": int(counts.iloc[0]) if len(counts) else 0,
        "idle_losses": int((losing["reasons"] == "no_revenue").sum()),
    }
