"""Links between customers who are likely one: splink's probabilistic model, fitted to the data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.internals.exceptions import EMTrainingException

from kehu.prepare.identity.compared import EXACT, FUZZY

LEAST = 0.01
"""Probability from which a pair is listed at all."""
FILLED = 0.02
"""Share of customers with a particular, from which it is compared."""
_SEED = 1
_PAIRS = 2e6
_COMPARED: dict[str, Callable[[], Any]] = {
    "given": lambda: cl.JaroWinklerAtThresholds("given", [0.92, 0.8]),
    "family": lambda: cl.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(
        term_frequency_adjustments=True
    ),
    "address": lambda: cl.JaroWinklerAtThresholds("address", [0.95, 0.88, 0.75]),
    "city": lambda: cl.JaroWinklerAtThresholds("city", [0.9]).configure(
        term_frequency_adjustments=True
    ),
    "birth_date": lambda: cl.LevenshteinAtThresholds("birth_date", [1, 2]),
    "phone": lambda: cl.LevenshteinAtThresholds("phone", [1]),
    "email": lambda: cl.JaroWinklerAtThresholds("email", [0.92, 0.8]),
    "tax_id": lambda: cl.LevenshteinAtThresholds("tax_id", [1]),
    "id_number": lambda: cl.LevenshteinAtThresholds("id_number", [1, 2]),
}
_BLOCKS = (
    ("given", "family"), ("birth_date",), ("id_number",), ("tax_id",), ("phone",), ("email",),
    ("address",), ("family", "city"), ("given", "city"),
)  # fmt: skip
_SURE = (
    ("given", "family", "birth_date"), ("id_number",), ("tax_id",), ("email",), ("phone",),
    ("given", "family", "address"), ("family", "address"),
)  # fmt: skip
_TRAINED = (("birth_date",), ("given", "family"), ("family", "city"), ("id_number",), ("email",))
_RECALL = 0.7


def links(records: pd.DataFrame, scratch: Path, memory_gb: float) -> pd.DataFrame | None:
    """Fit a model of agreement between customers, and list the likely pairs.

    Parameters
    ----------
    records : pandas.DataFrame
        As `compared` gives it.
    scratch : Path
        Private folder for what does not fit into memory.
    memory_gb : float
        Memory limit of the engine that compares.

    Returns
    -------
    pandas.DataFrame or None
        None where nothing can be learnt: too few particulars, or no two customers who agree in
        some and not in all. Else `LINKS`; `match_weight` in bits (base-2 logarithm of the Bayes
        factor), `match_probability` from `LEAST`, `link_reason` `fuzzy:` with the particulars that
        speak for the link.

    Notes
    -----
    Fellegi and Sunter (1969) as splink fits it: chances of agreement among different customers from
    random pairs with a fixed seed, among equal ones by expectation-maximisation on pairs that agree
    in a block of particulars. One thread, so that sums are always added in the same order.
    """
    have = [c for c in (*FUZZY, *EXACT) if records[c].notna().mean() > FILLED]
    blocks = _fitting(_BLOCKS, have)
    if len(records) < 2 or len(have) < 2 or not blocks:
        return None
    with _engine(scratch, memory_gb) as engine, _quiet():
        linker = _linker(engine, records[["customer_id", *have]], have, blocks)
        if not _learnt(linker, have):
            return None
        likely: Any = linker.inference.predict(threshold_match_probability=LEAST)
        found = likely.as_pandas_dataframe()
    return _listed(found, have)


def _fitting(rules: Sequence[Sequence[str]], have: Sequence[str]) -> list[Sequence[str]]:
    return [rule for rule in rules if set(rule) <= set(have)]


@contextmanager
def _engine(scratch: Path, memory_gb: float) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, Any] = {"threads": 1, "memory_limit": f"{memory_gb * 1000:.0f}MB"}
    with duckdb.connect(config=config | {"temp_directory": str(scratch)}) as engine:
        yield engine


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep splink from writing about its progress where a client would read it."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _linker(
    engine: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    have: Sequence[str],
    blocks: Sequence[Sequence[str]],
) -> Linker:
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_COMPARED[name]() for name in have],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in blocks],
        unique_id_column_name="customer_id",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
        linker_uid="kehu",
    )
    api = DuckDBAPI(engine)
    return Linker(api.register(records), settings, log_level=None)


def _learnt(linker: Linker, have: Sequence[str]) -> bool:
    """Fit the model; False where the data give it nothing to learn from."""
    training = linker.training
    sure: list[Any] = [block_on(*rule) for rule in _fitting(_SURE, have)]
    if not sure:
        return False
    try:
        training.estimate_probability_two_random_records_match(sure, recall=_RECALL)
    except ValueError:  # all customers agree: splink asks for a recall above 1
        return False
    training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=_SEED)
    return sum(_trained(linker, rule) for rule in _fitting(_TRAINED, have)) > 0


def _trained(linker: Linker, rule: Sequence[str]) -> bool:
    """Train on the pairs that agree in some particulars; False where there are none."""
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    except EMTrainingException:
        return False
    return True


def _listed(found: pd.DataFrame, have: Sequence[str]) -> pd.DataFrame:
    ids = found[["customer_id_l", "customer_id_r"]]
    made = pd.DataFrame(
        {
            "customer_a": ids.min(axis=1),
            "customer_b": ids.max(axis=1),
            "match_weight": found["match_weight"].round(3),
            "match_probability": found["match_probability"].round(6),
            "link_reason": _reasons(found, have),
        }
    )
    return made.sort_values(["customer_a", "customer_b"], ignore_index=True)


def _reasons(found: pd.DataFrame, have: Sequence[str]) -> pd.Series:
    """Name the particulars whose agreement speaks for a link: a Bayes factor above 1."""
    reasons = pd.Series("", index=found.index)
    for name in have:
        speaks = found[f"mw_{name}"] > 0
        reasons = reasons.where(~speaks, reasons + f"+{name}")
    return "fuzzy:" + reasons.str.removeprefix("+")
