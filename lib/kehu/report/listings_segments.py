"""Tables of segments: rules, definitions and what each segment holds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.report.listings import listing
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
