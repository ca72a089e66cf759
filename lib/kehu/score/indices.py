"""Six indices from 0 to 100 per customer, each explained by its ingredients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from kehu import tables as contracts
from kehu.errors import KehuError, Problem, raise_all
from kehu.score import influence, loyalty, potential, satisfaction, strategic
from kehu.score.answers import scale_problems
from kehu.score.given import given_tables
from kehu.score.ingredients import INDICES, Measures, chosen_weights, ingredients, of_index
from kehu.score.purchases import per_customer
from kehu.score.scale import Array, percentile
from kehu.score.settings import Settings

TABLES = ("transactions", "customers", "interactions", "surveys", "referrals", "judgements",
          "holdings")  # fmt: skip
"""Event tables the indices read."""


@dataclass(frozen=True)
class Indices:
    """The indices of all customers, with what explains them.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `indices`.
    values : pandas.DataFrame
        One row per customer (index `customer_id`), a column per ingredient in its own unit.
    scaled : pandas.DataFrame
        The same, 0…100, 100 best; not-a-number where unknown.
    weights : dict
        Ingredient to weight; those of an index add up to 1.
    coverage : pandas.DataFrame
        A row per ingredient: `index_name, ingredient, ingredient_weight, known_customers,
        customers, known_share`.
    judged : pandas.DataFrame
        See `kehu.score.strategic.Judged`.
    facts : dict
        Named numbers that the report's sentences quote.
    """

    table: pd.DataFrame
    values: pd.DataFrame
    scaled: pd.DataFrame
    weights: dict[str, float]
    coverage: pd.DataFrame
    judged: pd.DataFrame
    facts: dict[str, Any]


def indices(
    summary: pd.DataFrame,
    clv: pd.DataFrame | None,
    profit: pd.DataFrame,
    tables: Mapping[str, Table],
    analysis_date: str,
    *,
    settings: Settings | None = None,
    weights: Mapping[str, float] | None = None,
) -> Indices:
    """Index every customer from 0 to 100 on value, loyalty, satisfaction, potential and more.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`: its customers are those indexed.
    clv : pandas.DataFrame or None
        Contract `clv`; None where the forecast failed its back-test, value then is contribution.
    profit : pandas.DataFrame
        Contract `profit`.
    tables : mapping
        Name to ibis Table of `TABLES`; a table left out or without rows is one the client has not.
    analysis_date : str
        Last day observed, inclusive, ISO.
    settings : Settings, optional
        Windows and limits.
    weights : mapping, optional
        See `kehu.score.ingredients.chosen_weights`.

    Returns
    -------
    Indices

    Raises
    ------
    KehuError
        KH-D11: there are no customers. KH-T01: answers or marks outside their scale, `profit` or
        `clv` of other customers, all at once. KH-P05: an unknown or wrong weight.
    ValueError
        An unknown table; no `transactions`.

    Notes
    -----
    An index is the weighted mean of the ingredients known for the customer. As every ingredient but
    the judgement is a percentile of mean 50, a missing one favours nobody. An index is blank where
    no ingredient is known, and for all where the client has no data of the kind.
    """
    use, limits = given_tables(tables, TABLES), settings or Settings()
    _require(summary, use, {"profit": profit, "clv": clv})
    people = summary.set_index("customer_id").sort_index()
    bought = per_customer(use["transactions"], analysis_date).reindex(people.index)
    money = profit.set_index("customer_id")["contribution"].reindex(people.index)
    judged = strategic.judged(people.index, use["judgements"], analysis_date, limits.judgement_days)
    parts = {
        "value": _value(money, clv),
        "loyalty": loyalty.measures(people, bought, analysis_date),
        "satisfaction": satisfaction.measures(
            bought, use["surveys"], use["interactions"], analysis_date, limits.answer_days,
            limits.half_life,
        ),
        "potential": potential.measures(
            people, bought, use, analysis_date, limits.engagement_days, limits.peer_columns,
            limits.peer_min,
        ),
        "influence": influence.measures(
            money, use["referrals"], use["surveys"], analysis_date, limits.answer_days,
            limits.damping, limits.levels,
        ),
        "strategic": judged.measures,
    }  # fmt: skip
    return _put_together(parts, chosen_weights(weights), judged.table)


def _require(
    summary: pd.DataFrame, use: Mapping[str, Table], others: Mapping[str, pd.DataFrame | None]
) -> None:
    if summary.empty:
        raise KehuError(Problem("KH-D11", "summary", "there are no customers to index."))
    raise_all(
        [
            *scale_problems(use["surveys"], "surveys", "answer"),
            *scale_problems(use["judgements"], "judgements", "mark"),
            *(_strangers(name, t, summary) for name, t in others.items() if _differs(t, summary)),
        ]
    )


def _differs(table: pd.DataFrame | None, summary: pd.DataFrame) -> bool:
    return table is not None and set(table["customer_id"]) != set(summary["customer_id"])


def _strangers(name: str, table: pd.DataFrame | None, summary: pd.DataFrame) -> Problem:
    """Describe a table of other customers than those indexed."""
    assert table is not None
    odd = set(table["customer_id"]) ^ set(summary["customer_id"])
    what = f"{len(odd):,} customers are not in both `{name}` and `summary` (first: {min(odd)})."
    return Problem("KH-T01", name, what, "Run 20_value and 25_score again, on the same data.")


def _value(money: pd.Series, clv: pd.DataFrame | None) -> Measures:
    """Take contribution and lifetime value as they are."""
    ahead = np.nan if clv is None else clv.set_index("customer_id")["clv"].reindex(money.index)
    values = pd.DataFrame({"contribution": money, "lifetime": ahead}, index=money.index)
    return Measures(values.astype(float), {"clv_used": clv is not None})


def _put_together(
    parts: Mapping[str, Measures], weights: dict[str, float], judged: pd.DataFrame
) -> Indices:
    """Scale the ingredients, average them per index, count what is known."""
    values = pd.concat([parts[index].values[of_index(index)] for index in INDICES], axis=1)
    scaled = pd.DataFrame({c: _scaled(c, values[c]) for c in values}, index=values.index)
    made = {f"{index}_index": _mean(scaled, of_index(index), weights) for index in INDICES}
    table = pd.DataFrame(made, index=values.index)
    coverage = _coverage(scaled, weights)
    facts = {"n_customers": len(values)}
    for index in INDICES:
        facts |= parts[index].facts | _spread(index, table[f"{index}_index"])
    whole = contracts.check("indices", table.rename_axis("customer_id").reset_index())
    return Indices(whole, values, scaled, weights, coverage, judged, facts)


def _scaled(code: str, values: pd.Series) -> Array:
    made = ingredients()[code]
    if made.scaling == "declared":
        return values.to_numpy(dtype=float)
    return percentile(values, higher_is_better=made.higher_is_better)


def _mean(scaled: pd.DataFrame, codes: list[str], weights: Mapping[str, float]) -> Array:
    """Average the known ingredients by weight, not-a-number where none is known."""
    total, weight = np.zeros(len(scaled)), np.zeros(len(scaled))
    for code in codes:
        known = scaled[code].notna().to_numpy()
        total += np.where(known, weights[code] * scaled[code], 0.0)
        weight += np.where(known, weights[code], 0.0)
    mean = np.divide(total, weight, out=np.full(len(scaled), np.nan), where=weight > 0)
    return np.clip(mean, 0, 100)


def _coverage(scaled: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Count for how many customers each ingredient is known."""
    known = scaled.notna().sum()
    return pd.DataFrame(
        {
            "index_name": [ingredients()[code].index for code in scaled],
            "ingredient": list(scaled),
            "ingredient_weight": [weights[code] for code in scaled],
            "known_customers": known.to_numpy(),
            "customers": len(scaled),
            "known_share": known.to_numpy() / len(scaled),
        }
    )


def _spread(index: str, values: pd.Series) -> dict[str, Any]:
    """Name how many have an index, its median and its 10 % and 90 % points."""
    known = values.dropna()
    points = known.quantile([0.1, 0.5, 0.9]).tolist() if len(known) else [None] * 3
    names = (f"{index}_low", f"{index}_median", f"{index}_high")
    share = {f"{index}_known": len(known), f"{index}_known_share": len(known) / len(values)}
    return share | dict(zip(names, points, strict=True))


def explanation(made: Indices, customer_id: str, index: str | None = None) -> pd.DataFrame:
    """Show what a customer's indices are made of: why 83?

    Parameters
    ----------
    made : Indices
    customer_id : str
        A customer of `made.table`.
    index : str, optional
        One of `INDICES`; all six where left out.

    Returns
    -------
    pandas.DataFrame
        A row per ingredient: `index_name, ingredient, own_value` (own unit), `scaled` (0…100),
        `weight_used` (of the known ingredients, adding up to 1; 0 where unknown), `index_points`
        (their product; those of an index add up to it, blank where unknown).

    Raises
    ------
    ValueError
        No such customer or index.
    """
    if customer_id not in made.scaled.index:
        raise ValueError(f"no customer {customer_id!r} has indices")
    if index is not None and index not in INDICES:
        raise ValueError(f"index must be one of {INDICES}, got {index!r}")
    scaled = made.scaled.loc[customer_id]
    names = pd.Series({code: ingredients()[code].index for code in scaled.index})
    weight = pd.Series(made.weights).where(scaled.notna(), 0.0)
    used = (weight / weight.groupby(names).transform("sum")).fillna(0.0)
    frame = pd.DataFrame(
        {
            "index_name": names,
            "ingredient": scaled.index,
            "own_value": made.values.loc[customer_id],
            "scaled": scaled,
            "weight_used": used,
            "index_points": used * scaled,
        }
    )
    chosen = frame if index is None else frame[frame["index_name"] == index]
    return chosen.reset_index(drop=True)
