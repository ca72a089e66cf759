"""Tables of the report: one formatter for all numbers, labels from contracts and catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_tables import GT

from kehu import tables
from kehu.i18n import Translator
from kehu.i18n.formats import MISSING
from kehu.report.show import Listing

_MOST_GROUPS = 15
Columns = Mapping[str, str]
"""Column to format kind of `Translator.format`; also `""` for text, `code:PART` for catalogue words
and `figure` for numbers formatted already."""


def label(say: Translator, column: str) -> str:
    """Return the heading of a column: the catalogue's, else the contract's."""
    if say.has(f"columns.{column}"):
        return say(f"columns.{column}")
    spec = tables.column(column)
    return say.pick(spec)


def listing(
    say: Translator,
    frame: pd.DataFrame,
    columns: Columns,
    name: str,
    *,
    most: int = 500,
    **values: Any,
) -> Listing:
    """Lay out a table.

    Parameters
    ----------
    say : Translator
    frame : pandas.DataFrame
        Rows in the order shown.
    columns : mapping
        Columns shown, in order, with their formats.
    name : str
        Key below `listings` with a `title` and, if wanted, a `subtitle`.
    most : int
        Rows shown at most; the subtitle then says how many there are.
    **values
        Values for the title and subtitle; `rows` is the number of rows.

    Returns
    -------
    Listing
    """
    shown = frame.head(most)
    cells = {c: [_cell(say, v, kind) for v in shown[c]] for c, kind in columns.items()}
    table = GT(pd.DataFrame(cells, dtype="str")).cols_label(
        cases={c: label(say, c) for c in columns}
    )
    right = [c for c, kind in columns.items() if kind and not kind.startswith("code:")]
    left = [c for c in columns if c not in right]
    table = table.cols_align("right", columns=right) if right else table
    table = table.cols_align("left", columns=left) if left else table
    known = {"rows": len(frame), "shown": len(shown), **values}
    key = f"listings.{name}"
    subtitle = say(f"{key}.subtitle", known) if say.has(f"{key}.subtitle") else ""
    if len(frame) > most:
        subtitle = " · ".join(filter(None, (subtitle, say("report.cut", known))))
    return Listing(table, say(f"{key}.title", known), subtitle)


def _cell(say: Translator, value: Any, kind: str) -> str:
    if kind.startswith("code:"):
        part = kind.removeprefix("code:")
        codes = str(value).split(",") if isinstance(value, str) and value else []
        return say("report.list_separator").join(say(f"{part}.{c}") for c in codes) or MISSING
    if kind == "date":  # the short form: a long one breaks in a narrow column
        return MISSING if pd.isna(value) else pd.Timestamp(value).strftime("%Y-%m-%d")
    if kind in ("", "figure"):
        return MISSING if value is None or value != value else str(value)
    return say.format(value, kind)


def rfm_cuts(say: Translator, cuts: pd.DataFrame, empty_bins: int) -> Listing:
    """List the cut points behind the RFM scores, with customers per score."""
    order = {"recency": 0, "frequency": 1, "monetary": 2}
    rows = cuts.sort_values(["measure", "score"], key=lambda s: s.map(order).fillna(s))
    columns = {"measure": "code:measure", "score": "int", "low": "short", "high": "short",
               "customers": "int"}  # fmt: skip
    return listing(say, rows, columns, "rfm_cuts", empty=empty_bins)


def key_customers(say: Translator, table: pd.DataFrame, most: int = 20) -> Listing:
    """List key customers with value, interval, activity and criteria met."""
    columns = {"customer_id": "", "name": "", "total_spend": "short_money", "clv": "short_money",
               "clv_low": "short_money", "clv_high": "short_money", "p_alive": "chance",
               "days_since_last": "int", "key_reasons": "code:key_reason"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or table["name"].notna().any()}
    return listing(say, table, shown, "key_customers", most=most)


def strategies(say: Translator, playbook: Any) -> Listing:
    """List the service strategy of each segment, in the words of the playbook."""
    rows = []
    for segment, strategy in [*playbook.strategies.items(), ("slipping", playbook.slipping)]:
        rows.append(
            {
                "rfm_segment": segment,
                "service": say.pick(strategy.service),
                "benefits": say.pick(strategy.benefits),
                "contact_channel": say.pick(playbook.words("channels", strategy.channel)),
                "contact_days": strategy.contact_days,
                "owner": say.pick(playbook.words("owners", strategy.owner)),
            }
        )
    columns = {"rfm_segment": "code:rfm_segment", "service": "", "benefits": "",
               "contact_channel": "", "contact_days": "int", "owner": ""}  # fmt: skip
    return listing(say, pd.DataFrame(rows), columns, "strategies")


def actions(say: Translator, table: pd.DataFrame, playbook: Any, most: int = 20) -> Listing:
    """List whom to contact first: action, reason in words, owner and value at stake."""
    rows = table.assign(
        action=[say.pick(playbook.words("actions", a)) for a in table["action"]],
        owner=[say.pick(playbook.words("owners", o)) for o in table["owner"]],
        reason=[_reason(say, row._asdict()) for row in table.itertuples(index=False)],
    )
    columns = {"priority": "int", "customer_id": "", "reason": "", "action": "",
               "owner": "", "value_at_stake": "short_money"}  # fmt: skip
    return listing(say, rows, columns, "actions", most=most)


def _reason(say: Translator, row: Mapping[str, Any]) -> str:
    """Say why a customer is on the list; an open complaint comes before anything else."""
    reason = say(f"reason.{row['reason']}", row)
    if not row["open_complaints"]:
        return reason
    return say("actions.complaint_first", {**row, "reason": reason})


def ledger(say: Translator, table: pd.DataFrame) -> Listing:
    """List what each cleaning rule did to each file; rules that met no row are counted only."""
    counts = ["rows_merged", "rows_quarantined", "rows_repaired", "rows_flagged"]
    effects = table[counts].sum(axis=1)
    rows = table[effects > 0].sort_values(
        ["table", "source", "step"], ascending=[False, True, True]
    )
    shown = [name for name in counts if name != "rows_flagged" or table[name].any()]
    columns = {"source": "", "rule": "code:rule", "rows_in": "int", "rows_kept": "int",
               **dict.fromkeys(shown, "int"), "amount_removed": "money"}  # fmt: skip
    return listing(say, rows, columns, "ledger", idle=int((effects == 0).sum()))


def identity_review(say: Translator, table: pd.DataFrame) -> Listing:
    """List the groups of customers that a person should look at, the largest first."""
    rows = table.head(_MOST_GROUPS)
    columns = {"review_reason": "code:review", "customers": "int", "members": ""}
    return listing(say, rows, columns, "identity_review", groups=len(table), shown=len(rows))


def quality(say: Translator, table: pd.DataFrame) -> Listing:
    """List the data-quality measures, the weakest first."""
    rows = table.sort_values(["share", "table", "column", "measure"])
    rows = rows.assign(column=[label(say, name) for name in rows["column"]])
    columns = {"table": "code:table", "column": "", "measure": "code:quality",
               "passed": "int", "rows": "int", "share": "percent2"}  # fmt: skip
    if rows["share_before"].notna().any():
        columns["share_before"] = "percent2"
    below = rows[rows["share"] < 1]
    return listing(say, below, columns, "quality", full=len(rows) - len(below))


def sources(say: Translator, table: pd.DataFrame) -> Listing:
    """List the client's files as they were read."""
    below = [say("sources.header_row", {"row": int(row)}) if row > 1 else ""
             for row in table["header_row"].fillna(0)]  # fmt: skip
    parts = zip(table["encoding"], table["separator"], below, strict=True)
    text = [" · ".join(p for p in each if p == p and p) or MISSING for each in parts]
    rows = table.assign(
        read_as=text,
        since=table["first_date"].dt.strftime("%Y-%m-%d"),
        until=table["last_date"].dt.strftime("%Y-%m-%d"),
        checksum=table["sha256"].str[:8],
    )
    columns = {"source": "", "table": "code:table", "rows": "int", "read_as": "",
               "date_formats": "", "since": "", "until": "", "checksum": ""}  # fmt: skip
    return listing(say, rows, columns, "sources")
