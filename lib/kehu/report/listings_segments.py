"""Tables of segments: rules, definitions and what each segment holds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.listings import label, listing
from kehu.report.show import Listing


def rfm_rules(say: Translator, table: pd.DataFrame, rules: Any) -> Listing:
    """List the rule of each classical segment beside what it catches.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.segments.rfm_rules.rule_table`.
    rules : RuleSet
        Has the words for the segments.
    """
    columns = {"segment": "", "rfm_rule": "", "definition": "", "customers": "int",
               "customers_share": "percent", "spend_share": "percent",
               "clv": "short_money"}  # fmt: skip
    return listing(say, _worded(say, table, rules), columns, "rfm_rules")


def named_rules(say: Translator, table: pd.DataFrame, rules: Any) -> Listing:
    """List the named segments: rule, definition, size and what to do next; as in `rfm_rules`."""
    columns = {"segment": "", "rfm_rule": "", "definition": "", "customers": "int",
               "customers_share": "percent", "spend_share": "percent",
               "next_action": ""}  # fmt: skip
    codes = int(table["codes"].sum())
    return listing(say, _worded(say, table, rules), columns, "named_rules", codes=codes)


def named_elsewhere(say: Translator, table: pd.DataFrame, rules: Any) -> Listing:
    """List the nearest segment of Shopify and Klaviyo for each named segment."""
    columns = {"segment": "", "segment_key": "", "shopify": "", "klaviyo": ""}
    return listing(say, _worded(say, table, rules), columns, "named_elsewhere")


KINDS = {"n_orders": "int", "spend_share": "percent", **dict.fromkeys(
    ("total_spend", "mean_order_value", "clv", "contribution"), "short_money"
)}  # fmt: skip
"""How a measure of key customers is printed; scores and indices with one decimal."""


def key_standards(say: Translator, standards: pd.DataFrame) -> Listing:
    """List the criteria of key customers, their limits, and how many meet each.

    Parameters
    ----------
    say : Translator
    standards : pandas.DataFrame
        See `kehu.segments.key.limits`.
    """
    rows = standards.assign(
        key_measure=[label(say, m) for m in standards["key_measure"]],
        rule=[
            say("key_rule.least") if pd.isna(share) else say("key_rule.top", share=share)
            for share in standards["key_top_share"]
        ],
        key_limit=[
            figure(say, m, v)
            for m, v in zip(standards["key_measure"], standards["key_limit"], strict=True)
        ],
    )
    columns = {"key_criterion": "code:key_reason", "key_measure": "", "rule": "",
               "key_limit": "figure", "key_known": "int", "key_met": "int"}  # fmt: skip
    return listing(say, rows, columns, "key_standards")


def near_misses(say: Translator, table: pd.DataFrame, standards: pd.DataFrame) -> Listing:
    """List who is one criterion short, with what is missing and how little it is.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.segments.assess.near_misses`.
    standards : pandas.DataFrame
        See `kehu.segments.key.limits`.
    """
    measure = standards.set_index("key_criterion")["key_measure"]
    known = table.dropna(subset="missing")
    rows = known.assign(
        **{
            column: [
                figure(say, measure[m], v)
                for m, v in zip(known["missing"], known[column], strict=True)
            ]
            for column in ("missing_figure", "missing_limit")
        }
    )
    columns = {"customer_id": "", "name": "", "key_reasons": "code:key_reason",
               "missing": "code:key_reason", "missing_figure": "figure",
               "missing_limit": "figure", "reached": "percent0"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "name" or rows["name"].notna().any()}
    return listing(say, rows, shown, "near_misses", most=20)


def needs(say: Translator, table: pd.DataFrame) -> Listing:
    """List the need segments with their conditions and what each holds.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        See `kehu.segments.needs.need_table`.
    """
    rows = table.assign(need_segment=[say.pick(row) for row in table.itertuples()])
    columns = {"need_segment": "", "when": "", "customers": "int", "customers_share": "percent",
               "spend_share": "percent"}  # fmt: skip
    return listing(say, rows, columns, "needs")


def figure(say: Translator, measure: str, value: float) -> str:
    """Print a measure of key customers in its own unit."""
    return say.format(value, KINDS.get(measure, "dec1"))


def _worded(say: Translator, table: pd.DataFrame, rules: Any) -> pd.DataFrame:
    known = [rules.segments[key] for key in table["rfm_segment"]]
    return table.assign(
        segment=[say.pick(named.name) for named in known],
        segment_key=table["rfm_segment"],
        rfm_rule=table["rule"],
        definition=[say.pick(named.definition) for named in known],
        next_action=[say.pick(named.action) for named in known],
        shopify=[named.shopify for named in known],
        klaviyo=[named.klaviyo for named in known],
    )
