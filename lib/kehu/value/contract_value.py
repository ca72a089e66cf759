"""Lifetime value of customers with contracts, in the shape of every other lifetime value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from kehu.errors import KehuError, Problem
from kehu.value import contracts, lifetime, retention
from kehu.value.candidates import Choice
from kehu.value.clv.backtest import deciles
from kehu.value.enough import gate
from kehu.value.history import History
from kehu.value.lifetime import Fit, Lifetime
from kehu.value.scoring import Terms


def assess(
    history: History,
    terms: Terms,
    *,
    clv_model: str = "auto",
    enough: Mapping[str, int],
    contracts_since: str | None = None,
) -> Lifetime:
    """Assess lifetime value by the relationship with the customers.

    Parameters
    ----------
    history : History
        See `kehu.value.history.history`.
    terms : Terms
    clv_model : str
        `auto`, or the method set by hand.
    enough : mapping
        Limits of `kehu.value.enough.gate`; shown, and not applied where leaving is observed.
    contracts_since : str, optional
        First day from which ended contracts are in the holdings, ISO.

    Returns
    -------
    Lifetime
        Under contract: a customer of the transactions without a contract that can be read is not
        under contract and worth nothing ahead; `Lifetime.without_contract` counts them.

    Raises
    ------
    KehuError
        KH-D11: no contract can be used, or a running one has no fee. KH-T01: customers are under
        contract who have paid nothing.
    """
    if history.relationship != "contractual":
        return lifetime.assess(history, terms, clv_model=clv_model, enough=enough)
    return _under_contract(history, terms, clv_model, enough, contracts_since)


def limits(future: Lifetime) -> list[pd.DataFrame]:
    """List the limits a forecast needs, where they are applied: not under contract."""
    return [] if future.history.relationship == "contractual" else [future.gate.table]


def _under_contract(
    history: History,
    terms: Terms,
    clv_model: str,
    enough: Mapping[str, int],
    since: str | None,
) -> Lifetime:
    holdings, day, period = history.holdings, history.span.analysis_date, terms.time_unit
    if holdings is None:
        remedy = "Name the contracts in `sources.holdings`."
        raise KehuError(Problem("KH-D11", "holdings", "there are no contracts.", remedy))
    prove = partial(
        retention.prove, holdings, day, period,
        calibration_end=history.span.calibration_end, observed_since=since,
    )  # fmt: skip
    proof = prove(method=clv_model)
    known = contracts.tenures(holdings, day, period, observed_since=since)
    wanted: Any = proof.method if clv_model == "auto" else clv_model
    models = retention.fit(known, method=wanted)
    if proof.method != models.in_use:
        proof = prove(method=models.in_use)
    held = _of_payers(known, history.summary)
    sums: dict[str, Any] = {"horizon": terms.horizon, "discount_rate": terms.discount_rate}
    sums |= {"margin": terms.margin, "seed": terms.seed}
    spent = history.summary.set_index("customer_id")["total_spend"]
    worth = retention.score(models, held, spent=spent, **sums)
    base = retention.base_value(models, held, **sums)
    return Lifetime(
        gate=gate(history.summary, enough),
        choice=_choice(proof, models, clv_model),
        fits=_listed(models),
        earlier=(),
        spend=None,
        clv=_of_customers(worth, history.summary, terms.margin),
        total=(base.low, base.total, base.high),
        calibration_end=proof.calibration_end,
        holdout_units=proof.periods,
        cut=0.0 if len(proof.table) else None,
        history=history,
        without_contract=int(
            (~history.summary["customer_id"].isin(held.customers["customer_id"])).sum()
        ),
    )


def _of_payers(known: contracts.Tenures, summary: pd.DataFrame) -> contracts.Tenures:
    """Keep the customers who have paid; who is under contract without a payment is an error.

    Raises
    ------
    KehuError
        KH-T01: running contracts of customers without a payment: their value would be lost.
    """
    paid = known.customers["customer_id"].isin(summary["customer_id"])
    lost = known.customers[~paid & ~known.customers["ended"]]
    if len(lost):
        what = (
            f"{len(lost):,} of {len(known.customers):,} customers are under contract and have no "
            f"payment in `transactions` (first: {lost['customer_id'].min()})."
        )
        remedy = "Give all payments, or leave these contracts out of the file."
        raise KehuError(Problem("KH-T01", "holdings", what, remedy))
    return replace(known, customers=known.customers[paid].reset_index(drop=True))


def _choice(proof: retention.Proof, models: retention.Models, wanted: str) -> Choice:
    compared = proof.model is not None
    reason = "hold_out" if compared else "contract_unproved"
    return Choice(
        method=models.in_use,
        reason=reason if wanted == "auto" else "by_hand",
        verdict=proof.verdict,
        proof=_with_deciles(proof) if compared else None,
        table=proof.candidates,
        unproved="" if compared else proof.reasons[0],
    )


def _with_deciles(proof: retention.Proof) -> retention.Proof:
    groups = deciles(proof.customers)
    table = pd.concat([proof.table, groups.assign(bucket=groups["bucket"].astype(str))])
    return replace(proof, table=table[list(proof.table.columns)])


def _listed(models: retention.Models) -> tuple[Fit, ...]:
    """List the model of each plan; one that all share once."""
    return tuple(
        Fit(one.used.FAMILY, group, one.used) for group, one in sorted(models.by_group.items())
    )


def _of_customers(worth: pd.DataFrame, summary: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Give every customer of the summary a row: without a contract, nothing is to come."""
    table = worth.set_index("customer_id").reindex(summary["customer_id"], fill_value=0.0)
    table["clv_past"] = margin * summary["total_spend"].to_numpy()
    return table.assign(clv_residual=np.nan).reset_index()
