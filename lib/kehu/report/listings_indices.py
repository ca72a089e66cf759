"""Tables of the six indices and of the industry indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kehu import tables
from kehu.i18n import Translator
from kehu.i18n.formats import MISSING
from kehu.report.listings import listing
from kehu.report.show import Card, Listing

Definitions = Mapping[str, Any]
"""Code to its definition: an object whose `name`, `rule` and so on have `zh` and `en`."""


def index_ingredients(say: Translator, coverage: pd.DataFrame, definitions: Definitions) -> Listing:
    """List what the indices are made of: weight, formula in words, share of customers known.

    Parameters
    ----------
    say : Translator
    coverage : pandas.DataFrame
        See `kehu.score.indices.Indices`.
    definitions : mapping
        See `kehu.score.ingredients.ingredients`.
    """
    rows = _named(say, coverage, definitions)
    rows["ingredient_rule"] = [say.pick(definitions[c].rule) for c in coverage["ingredient"]]
    columns = {"index_name": "code:index_name", "ingredient": "", "ingredient_weight": "percent0",
               "ingredient_rule": "", "known_share": "chance"}  # fmt: skip
    return listing(say, rows, columns, "index_ingredients")


def index_missing(say: Translator, coverage: pd.DataFrame, definitions: Definitions) -> Listing:
    """List what happens where an ingredient is missing, and for how many it is known."""
    rows = _named(say, coverage, definitions)
    rows["missing_rule"] = [say.pick(definitions[c].missing) for c in coverage["ingredient"]]
    columns = {"index_name": "code:index_name", "ingredient": "", "missing_rule": "",
               "known_customers": "int", "known_share": "chance"}  # fmt: skip
    none = int((coverage["known_customers"] == 0).sum())
    return listing(say, rows, columns, "index_missing", none=none)


def index_explanation(
    say: Translator, explained: pd.DataFrame, definitions: Definitions, customer: str
) -> Listing:
    """List what a customer's indices are made of, each index with its total.

    Parameters
    ----------
    say : Translator
    explained : pandas.DataFrame
        See `kehu.score.indices.explanation`.
    definitions : mapping
        See `kehu.score.ingredients.ingredients`.
    customer : str
        Number or name shown.
    """
    rows = _named(say, explained, definitions)
    rows["own_value"] = [
        say.format(value, definitions[code].kind)
        for code, value in zip(explained["ingredient"], explained["own_value"], strict=True)
    ]
    sums = explained.groupby("index_name", sort=False)["index_points"].sum(min_count=1)
    columns = {"index_name": "code:index_name", "ingredient": "", "own_value": "figure",
               "scaled": "int", "weight_used": "percent0", "index_points": "dec1"}  # fmt: skip
    best = str(sums.idxmax())
    return listing(
        say, rows, columns, "index_explanation", customer=customer, best=best, score=sums[best]
    )


def customer_indices(
    say: Translator, table: pd.DataFrame, chosen: Sequence[str], most: int = 20
) -> Listing:
    """List the six indices of chosen customers, in the order given.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `indices`.
    chosen : sequence of str
        Customers.
    most : int
        Rows shown at most.
    """
    rows = table.set_index("customer_id").loc[list(chosen)].reset_index()
    indices = [c for c in tables.contract("indices").columns if c != "customer_id"]
    columns = {"customer_id": "", **dict.fromkeys(indices, "int")}
    return listing(say, rows, columns, "customer_indices", most=most)


def strategic_judgements(say: Translator, judged: pd.DataFrame, most: int = 20) -> Listing | Card:
    """List the customers judged, the highest first, with judges, spread and date.

    Parameters
    ----------
    say : Translator
    judged : pandas.DataFrame
        See `kehu.score.strategic.Judged`.
    most : int
        Rows shown at most.
    """
    if judged.empty:
        return Card(say("cards.no_judgements.title"), say("cards.no_judgements.text"))
    rows = judged.rename_axis("customer_id").reset_index()
    rows = rows.rename(columns={"judgement": "strategic_mark", "spread": "judge_spread"})
    rows = rows.sort_values(["strategic_mark", "customer_id"], ascending=[False, True])
    rows["last_judged"] = rows["last_judged"].dt.strftime("%Y-%m-%d")
    columns = {"customer_id": "", "strategic_mark": "int", "n_criteria": "int", "judges": "",
               "judge_spread": "int", "last_judged": ""}  # fmt: skip
    return listing(say, rows, columns, "strategic_judgements", most=most)


def industry_indicators(say: Translator, table: pd.DataFrame, definitions: Definitions) -> Listing:
    """List the indicators with figure, basis, definition and the data they lack.

    Parameters
    ----------
    say : Translator
    table : pandas.DataFrame
        Contract `indicators`.
    definitions : mapping
        See `kehu.score.indicators.definitions`; its order is that of the table, general ones last.
    """
    place = {code: i for i, code in enumerate(definitions)}
    rows = table.sort_values("indicator", key=lambda codes: codes.map(place), ignore_index=True)
    made = [definitions[code] for code in rows["indicator"]]
    rows = rows.assign(
        industry_name=rows["industry"],
        indicator_name=[say.pick(d.name) for d in made],
        indicator_formula=[say.pick(d.formula) for d in made],
        indicator_value=[say.format(v, d.kind) for v, d in zip(rows["figure"], made, strict=True)],
        lacking_words=[_lacking(say, needs) for needs in rows["lacking"]],
    )
    columns = {"industry_name": "code:industry_name", "indicator_name": "",
               "indicator_value": "figure", "population": "int", "indicator_formula": "",
               "lacking_words": ""}  # fmt: skip
    absent = int(rows["lacking"].notna().sum())
    shown = columns if absent else {c: k for c, k in columns.items() if c != "lacking_words"}
    return listing(
        say, rows, shown, "industry_indicators", known=len(rows) - absent, lacking=absent
    )


def _named(say: Translator, frame: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Put the words for the ingredients in place of their codes."""
    return frame.assign(ingredient=[say.pick(definitions[c].name) for c in frame["ingredient"]])


def _lacking(say: Translator, needs: Any) -> str:
    """Name the columns lacking: table and column in words."""
    if not isinstance(needs, str):
        return MISSING
    words = []
    for need in needs.split(","):
        table, _, column = need.partition(".")
        words.append(f"{say.pick(tables.contract(table))}: {say.pick(tables.column(column))}")
    return say("report.list_separator").join(words)
