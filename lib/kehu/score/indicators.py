"""Industry indicators: defined in `indicators.yml`, computed where the client's tables allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Literal

import pandas as pd
from ibis.expr.types import Table
from pydantic import Field

from kehu import tables as contracts
from kehu.score import indicator_holdings, indicator_sales
from kehu.score.definitions import Strict, Words, entries
from kehu.score.given import given_tables
from kehu.score.indicator_data import Data, Figure

INDUSTRIES = ("bank", "ecommerce", "telecom", "insurance", "general")
"""Industries with indicators of their own; the general ones are for all."""

TABLES = ("transactions", "customers", "interactions", "holdings", "payments", "campaigns")
"""Tables the indicators read."""


class Indicator(Strict):
    """One indicator; see `indicators.yml`."""

    industry: Literal["bank", "ecommerce", "telecom", "insurance", "general"]
    kind: str
    needs: list[str] = Field(min_length=1)
    name: Words
    formula: Words


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Indicator]:
    """Return all indicators, code to definition, in the order of the file."""
    return {c: Indicator.model_validate(made) for c, made in entries("indicators.yml").items()}


def of_industry(industry: str) -> dict[str, Indicator]:
    """Return the indicators of an industry, its own first, then the general ones.

    Raises
    ------
    ValueError
        `industry` is none of `INDUSTRIES`.
    """
    if industry not in INDUSTRIES:
        raise ValueError(f"industry must be one of {INDUSTRIES}, got {industry!r}")
    wanted = list(dict.fromkeys([industry, "general"]))
    return {c: m for name in wanted for c, m in definitions().items() if m.industry == name}


def indicators(tables: Mapping[str, Table], analysis_date: str, industry: str) -> pd.DataFrame:
    """Compute the indicators of the client's industry and the general ones.

    Parameters
    ----------
    tables : mapping
        Name to ibis Table of `TABLES`; a table left out or without rows is one the client has not.
    analysis_date : str
        Last day observed, inclusive, ISO.
    industry : {'bank', 'ecommerce', 'telecom', 'insurance', 'general'}

    Returns
    -------
    pandas.DataFrame
        Contract `indicators`. `figure` is blank, and `lacking` names the columns, where the client
        has not what the indicator needs; where there was nothing to divide by, `figure` is blank
        and `population` 0.

    Raises
    ------
    ValueError
        An unknown industry; no `transactions`.
    """
    data = Data(given_tables(tables, TABLES), analysis_date)
    wanted = of_industry(industry)
    filled = _filled(data, {need for made in wanted.values() for need in made.needs})
    rows = [_row(data, code, made, filled) for code, made in wanted.items()]
    return contracts.check("indicators", pd.DataFrame(rows))


def facts(made: pd.DataFrame) -> dict[str, int]:
    """Count the indicators, and those that the client's tables do not allow.

    Parameters
    ----------
    made : pandas.DataFrame
        Contract `indicators`.

    Returns
    -------
    dict
        `n_indicators, n_indicators_lacking`.
    """
    return {
        "n_indicators": len(made),
        "n_indicators_lacking": int(made["lacking"].notna().sum()),
    }


def _row(data: Data, code: str, made: Indicator, filled: set[str]) -> dict[str, object]:
    missing = [need for need in made.needs if need not in filled]
    figure = Figure(None, 0) if missing else computed(code)(data)
    return {
        "industry": made.industry,
        "indicator": code,
        "figure": figure.value,
        "population": figure.population,
        "lacking": ",".join(missing) or None,
    }


def computed(code: str) -> Callable[[Data], Figure]:
    """Return the function of an indicator: the one of its name."""
    places: tuple[ModuleType, ...] = (indicator_sales, indicator_holdings)
    found: Callable[[Data], Figure] = next(vars(p)[code] for p in places if code in vars(p))
    return found


def _filled(data: Data, needs: Iterable[str]) -> set[str]:
    """Return the columns, of those needed, that hold anything."""
    found = set()
    for name in TABLES:
        columns = sorted(n.partition(".")[2] for n in needs if n.startswith(f"{name}."))
        table = data.tables[name]
        if columns:
            counts = table.aggregate(**{c: table[c].count() for c in columns}).execute().iloc[0]
            found |= {f"{name}.{c}" for c in columns if counts[c]}
    return found
