"""Tables of contribution and acquisition: cost books, loss-making customers, channels."""

from __future__ import annotations

import pandas as pd

from kehu.i18n import Translator
from kehu.i18n.formats import MISSING
from kehu.report.charts_profit import channel_name
from kehu.report.listings import listing
from kehu.report.show import Listing


def cost_books(say: Translator, books: pd.DataFrame) -> Listing:
    """List each kind of cost: what is booked to customers, what is allocated by which driver."""
    columns = {"cost": "code:cost_kind", "amount": "money", "direct": "money",
               "allocated": "money", "driver_used": "code:cost_driver", "unallocated": "money",
               "set_aside": "money", "notes": "code:costing_note"}  # fmt: skip
    rows = books[(books["amount"] != 0) | (books["rows"] > 0) | (books["cost"] == "revenue")]
    empty = [say(f"cost_kind.{kind}") for kind in books.loc[~books.index.isin(rows.index), "cost"]]
    without = say("report.list_separator").join(empty) or MISSING
    return listing(say, rows, columns, "cost_books", cost_rows=int(books["rows"].sum()),
                   without=without)  # fmt: skip


def loss_makers(say: Translator, losing: pd.DataFrame, most: int = 15) -> Listing:
    """List the customers who cost more than they bring, the largest loss first, with reasons."""
    money = ["revenue", "goods_share", "service_share", "marketing_share", "other_share"]
    shown = [c for c in money if c == "revenue" or losing[c].any()]
    columns = {"customer_id": "", **dict.fromkeys(shown, "money"), "contribution": "money",
               "reasons": "code:loss_reason"}  # fmt: skip
    name = "loss_makers" if len(losing) else "loss_makers_none"
    return listing(say, losing, columns, name, most=most, loss=-float(losing["contribution"].sum()))


def contribution_by_class(say: Translator, classes: pd.DataFrame) -> Listing:
    """List what the ABC classes leave of their revenue, and what it costs to serve them."""
    columns = {"abc_class": "", "customers": "int", "revenue": "short_money",
               "contribution": "short_money", "contribution_rate": "percent",
               "cost_to_serve_rate": "percent", "loss_customers": "int"}  # fmt: skip
    return listing(say, classes, columns, "contribution_by_class")


def channels(say: Translator, table: pd.DataFrame) -> Listing:
    """List each channel over all periods: spend, customers, CAC, value against it, payback."""
    rows = table[table["cohort"] == "all"]
    rows = rows.sort_values(["acquisition_cost", "channel"], ascending=[False, True])
    rows = rows.assign(
        channel=[channel_name(say, c) for c in rows["channel"]], remark=_remarks(rows)
    )
    columns = {"channel": "", **_MEASURES, "remark": "code:channel_remark"}
    return listing(say, rows, columns, "channels", spend=rows["acquisition_cost"].sum(),
                   customers=int(rows["new_customers"].sum()))  # fmt: skip


def acquisition_quarters(say: Translator, overall: pd.DataFrame) -> Listing:
    """List each quarter over all channels: spend, customers, CAC, value against it, payback."""
    rows = overall.assign(cohort=overall["cohort"].replace("all", say("listings.channels.all")))
    return listing(say, rows, {"cohort": "", **_MEASURES}, "acquisition_quarters")


_MEASURES = {
    "acquisition_cost": "money", "new_customers": "int", "cac": "money2",
    "value_to_date": "money2", "value_ahead": "money2", "value_to_cac": "dec1",
    "payback_months": "int",
}  # fmt: skip


def _remarks(rows: pd.DataFrame) -> list[str]:
    """Say of each channel why a figure is blank, or 0."""
    known = (rows["acquisition_cost"] != 0).any()
    return [
        "nobody_won" if not row.new_customers
        else "no_books" if not known
        else "no_spend" if row.acquisition_cost == 0
        else "credit" if row.acquisition_cost < 0
        else "not_yet" if pd.isna(row.payback_months)
        else ""
        for row in rows.itertuples()
    ]  # fmt: skip
