"""The overall assessment put together: one call a step, the value table, the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from kehu import engine
from kehu.score import acquisition as acquiring
from kehu.score import (
    acquisition_facts,
    contribution,
    indicators,
    weight_facts,
)
from kehu.score import profit as costing
from kehu.score.acquisition import Acquisition
from kehu.score.allocate import currency_digits
from kehu.score.indices import Indices
from kehu.score.profit import Profit
from kehu.score.stability import Stability
from kehu.score.weights import Weighting
from kehu.store import Run

TABLES = (
    "transactions", "customers", "interactions", "surveys", "payments", "holdings", "referrals",
    "costs", "campaigns", "judgements",
)  # fmt: skip
"""Tables of data preparation that the assessment reads."""


@dataclass(frozen=True)
class Terms:
    """What costs and values are measured by.

    Parameters
    ----------
    analysis_date : str
        Last day observed, inclusive, ISO.
    refunds : {'net', 'drop', 'keep'}
    margin : float
        Share of spend that is contribution where costs are not given, 0…1.
    currency : str
        ISO 4217 code.
    costing : mapping
        Parameter `costing`.
    """

    analysis_date: str
    refunds: str
    margin: float
    currency: str
    costing: Mapping[str, Any]


def open_tables(run: Run, backend: Backend) -> dict[str, Table]:
    """Open the run's prepared tables in the engine; what the client has not is empty."""
    return {name: engine.given(run, backend, name) for name in TABLES}


def profit(tables: Mapping[str, Table], summary: pd.DataFrame, terms: Terms) -> Profit:
    """Charge revenue and cost of the costing period to customers; see `kehu.score.profit`."""
    return costing.profit(
        tables["transactions"],
        tables["costs"],
        tables["interactions"],
        tables["campaigns"],
        summary["customer_id"],
        how=terms.costing,
        analysis_date=terms.analysis_date,
        refunds=terms.refunds,
        margin=terms.margin,
        currency_digits=currency_digits(terms.currency),
    )


def acquisition(
    tables: Mapping[str, Table], summary: pd.DataFrame, clv: pd.DataFrame, terms: Terms
) -> Acquisition:
    """Set acquisition cost against what new customers bring; see `kehu.score.acquisition`."""
    return acquiring.acquisition(
        tables["transactions"],
        tables["costs"],
        tables["customers"],
        summary,
        clv,
        how=terms.costing,
        analysis_date=terms.analysis_date,
        refunds=terms.refunds,
        margin=terms.margin,
    )


def believed(clv: pd.DataFrame, usable: str) -> pd.DataFrame | None:
    """Return the lifetime values if they may be used, and None if not.

    Parameters
    ----------
    clv : pandas.DataFrame
        Contract `clv`.
    usable : {'yes', 'no'}
        Fact `value.usable`.
    """
    return clv if usable == "yes" else None


def value_table(
    measures: pd.DataFrame,
    profit: pd.DataFrame,
    indices: pd.DataFrame,
    ranked: pd.DataFrame,
    stability: pd.DataFrame,
) -> pd.DataFrame:
    """Join all measures, indices, score and rank, one row per customer.

    Parameters
    ----------
    measures, profit, indices : pandas.DataFrame
        Contracts of those names, the same customers.
    ranked : pandas.DataFrame
        See `kehu.score.rank.assess`.
    stability : pandas.DataFrame
        `Stability.customers`.

    Returns
    -------
    pandas.DataFrame
        Contract `value`, in the order of `measures`.

    Raises
    ------
    ValueError
        The tables hold different customers.
    """
    parts = (
        profit[["customer_id", "contribution"]],
        indices,
        ranked,
        stability[["customer_id", "top_share"]],
    )
    table = measures
    for part in parts:
        if set(part["customer_id"]) != set(measures["customer_id"]):
            raise ValueError("the tables hold different customers")
        table = table.merge(part, on="customer_id", validate="1:1")
    return table


def judged(weighting: Weighting) -> list[Weighting]:
    """List the weighting if people judged pairs for it; nothing without AHP."""
    return [weighting] if weighting.ahp is not None else []


def priced(acquisition: Acquisition) -> list[pd.DataFrame]:
    """List the payback curves if any channel's CAC is known; nothing otherwise."""
    known = acquisition.table["cac"].notna().any()
    return [acquisition.curves] if known else []


def first(value: pd.DataFrame, n: int) -> list[str]:
    """List the customers of the best n places, equal places by customer number."""
    return list(value.sort_values(["rank", "customer_id"])["customer_id"].head(n))


def facts(
    profit: Profit,
    acquisition: Acquisition,
    indices: Indices,
    indicated: pd.DataFrame,
    weighting: Weighting,
    stability: Stability,
    measures: pd.DataFrame,
    terms: Terms,
    aggregate: str,
) -> dict[str, Any]:
    """Name the numbers that the report's sentences quote.

    Parameters
    ----------
    profit : Profit
    acquisition : Acquisition
    indices : Indices
    indicated : pandas.DataFrame
        Contract `indicators`.
    weighting : Weighting
    stability : Stability
    measures : pandas.DataFrame
        Contract `measures`, for the ABC classes.
    terms : Terms
    aggregate : str
        How the indices became one score.

    Returns
    -------
    dict
        Name to number or text.
    """
    parts = (
        contribution.facts(profit, measures[["customer_id", "abc_class"]], terms.margin),
        acquisition_facts.facts(acquisition, profit, terms.costing, terms.margin),
        indices.facts,
        indicators.facts(indicated),
        weight_facts.facts(weighting, aggregate, stability),
    )
    joined: dict[str, Any] = {}
    for part in parts:
        if twice := joined.keys() & part.keys():
            raise ValueError(f"two facts are called {sorted(twice)}")
        joined |= part
    return joined
