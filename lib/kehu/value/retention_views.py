"""The views of a contract back-test: chances ahead, log-scores, bands, and the table of it all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu import tables
from kehu.value.clv.contract_lifetimes import DRAWS, residual_survival
from kehu.value.clv.families import drawn
from kehu.value.clv.sample import Array
from kehu.value.retention_models import Models

EDGES = (0, 1, 2, 3, 6, 12, 24, 36, 60)
"""Fewest renewals of each tenure group, where customers have eight or more."""


def ahead(models: Models, made: pd.DataFrame, periods: int) -> Array:
    """Return each customer's chance to make the next renewal, the next but one, and so on.

    Parameters
    ----------
    models : Models
    made : pandas.DataFrame
        `plan, tenure` of n customers at the cut.
    periods : int
        Billing periods ahead.

    Returns
    -------
    ndarray, shape (n, periods)
        0...1, in the order of the customers.
    """
    found = np.empty((len(made), periods))
    for plan, rows in made.groupby("plan").groups.items():
        here = made.index.get_indexer(rows)
        tenure, where = np.unique(made["tenure"].to_numpy()[here], return_inverse=True)
        found[here] = residual_survival(models.of(str(plan)).used, tenure, periods)[where]
    return found


def log_scores(there: Array, made: NDArray[np.int64]) -> Array:
    """Return the log-probability that a forecast gave to the renewals made.

    Parameters
    ----------
    there : ndarray, shape (n, periods)
        As from `ahead`.
    made : ndarray of int, shape (n,)
        Renewals made, 0...periods.

    Returns
    -------
    ndarray, shape (n,)
        0 or below; higher is better.
    """
    ends = np.column_stack([np.ones(len(there)), there, np.zeros(len(there))])
    rows = np.arange(len(there))
    at_last = made == there.shape[1]
    chance = ends[rows, made] - np.where(at_last, 0.0, ends[rows, made + 1])
    return np.asarray(np.log(np.maximum(chance, 1e-300)))


def band(models: Models, made: pd.DataFrame, periods: int) -> Array:
    """Return how many periods will be paid for in all, as far as the parameters are known.

    Parameters
    ----------
    models : Models
    made : pandas.DataFrame
        `plan, tenure` of n customers at the cut.
    periods : int
        Billing periods ahead.

    Returns
    -------
    ndarray, shape (2, periods)
        Cumulative; at 10 % and 90 % of draws of the parameters.
    """
    rng = np.random.default_rng(0)
    total = np.zeros((DRAWS, periods))
    for group in sorted(models.by_group):
        model = models.by_group[group].used
        here = made[made["plan"].map(models.group_of) == group]
        tenure, count = np.unique(here["tenure"].to_numpy(), return_counts=True)
        there = residual_survival(drawn(model, rng, DRAWS), tenure, periods)
        total += (there * count[:, None]).sum(axis=1)
    return np.asarray(np.quantile(np.cumsum(total, axis=1), [0.1, 0.9], axis=0))


def views(sides: pd.DataFrame, model: Array, naive: Array, paid_band: Array) -> pd.DataFrame:
    """Put what was renewed beside what was forecast: by tenure, in total, and by period.

    Parameters
    ----------
    sides : pandas.DataFrame
        `tenure, actual, model, naive` of n customers: paid periods.
    model, naive : ndarray, shape (n, periods)
        Chance to make the next renewal, the next but one, ...
    paid_band : ndarray, shape (2, periods)
        As from `band`.

    Returns
    -------
    pandas.DataFrame
        Contract `backtest`; see `kehu.value.retention_backtest.Proof`.
    """
    values = sides[["actual", "model", "naive"]]
    grouped = values.groupby(_tenure_groups(sides["tenure"].to_numpy()))
    buckets = grouped.mean().assign(customers=grouped.size(), kind="bucket")
    total = values.sum().to_frame().T.assign(bucket="all", customers=len(sides), kind="total")
    periods = model.shape[1]
    after = np.arange(1, periods + 1)
    stayed = (sides["actual"].to_numpy()[:, None] >= after).sum(axis=0)
    survivors = pd.DataFrame(
        {"bucket": after, "actual": stayed, "model": model.sum(axis=0), "naive": naive.sum(axis=0)}
    )
    paid = (
        survivors[["actual", "model", "naive"]]
        .cumsum()
        .assign(bucket=after, model_low=paid_band[0], model_high=paid_band[1])
    )
    parts = [
        buckets.rename_axis("bucket").reset_index(),
        total,
        paid.assign(kind="tracking", customers=len(sides)),
        survivors.assign(kind="survivors", customers=len(sides)),
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table.reindex(columns=list(tables.contract("backtest").columns))
    return table.assign(bucket=table["bucket"].astype(str), actual=table["actual"].astype(float))


def _tenure_groups(tenure: NDArray[np.int64]) -> NDArray[np.str_]:
    """Name each customer's group by renewals made; the names sort as the groups do."""
    if tenure.max() < 10:
        return tenure.astype(str)
    ends = [*(f"{edge - 1:02d}" for edge in EDGES[1:]), ""]
    names = [
        f"{low:02d}" if end == f"{low:02d}" else f"{low:02d}-{end}" if end else f"{low}+"
        for low, end in zip(EDGES, ends, strict=True)
    ]
    return np.array(names)[np.searchsorted(EDGES, tenure, side="right") - 1]
