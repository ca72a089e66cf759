"""Contracts and occasions through the same door as every other lifetime value."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from event_tables import event_table
from ibis.expr.types import Table
from purchase_log import engine_table

from kehu import tables
from kehu.errors import KehuError
from kehu.value import contract_value, history, occasions, told
from kehu.value.enough import LIMITS
from kehu.value.lifetime import Lifetime
from kehu.value.scoring import Terms

TERMS = Terms("year", 5, 0.1, 0.6, 1)
END = "2026-09-30"


@cache
def club(n: int = 600, seed: int = 2) -> tuple[tuple[tuple, ...], tuple[tuple, ...]]:
    """Contracts (customer, start, end, fee) of ten years, and a payment for each year of them."""
    rng = np.random.default_rng(seed)
    leaving = rng.beta(0.7, 2.5, n)
    stayed = np.minimum(rng.geometric(leaving), 10)
    contracts, payments = [], []
    for i, years in enumerate(stayed):
        ended = None if years == 10 else f"{2016 + years}-09-30"
        contracts.append((f"{i:04d}", "2016-10-01", ended, "100"))
        payments += [(f"{i:04d}", f"N{i}-{k}", f"{2016 + k}-10-05", "100") for k in range(years)]
    return tuple(contracts), tuple(payments)


def holdings(contracts: tuple[tuple, ...]) -> Table:
    names = ("customer_id", "start", "end", "fee", "product")
    return event_table("holdings", [dict(zip(names, row, strict=False)) for row in contracts])


def assessed(
    contracts: tuple[tuple, ...], payments: tuple[tuple, ...], method: str = "auto"
) -> Lifetime:
    span = history.Span(END, "year", "net", "2021-09-30")
    past = history.history(engine_table(payments), span, "contractual", holdings(contracts))
    return contract_value.assess(past, TERMS, clv_model=method, enough=LIMITS)


def test_under_contract_the_tables_keep_their_contracts_and_the_total_is_their_sum() -> None:
    found = assessed(*club())
    tables.check("clv", found.clv)
    tables.check("models", found.choice.table)
    tables.check("backtest", found.choice.proof.table)
    low, total, high = found.total
    assert total == pytest.approx(math.fsum(found.clv["clv"]), rel=1e-9)
    assert low < total < high
    assert set(found.clv["customer_id"]) == set(found.history.summary["customer_id"])
    assert found.counted == "renewals"


def test_a_model_set_by_hand_shows_its_own_back_test() -> None:
    for method in ("sbg", "bdw"):
        found = assessed(*club(), method)
        assert (found.choice.method, found.choice.reason) == (method, "by_hand")
        row = found.choice.table.query("candidate == @method").iloc[0]
        assert found.choice.proof.model.rmse == row["rmse"]
        assert row["chosen"]
        total = found.choice.proof.table.query("kind == 'total'").iloc[0]
        assert total["model"] / total["actual"] - 1 == pytest.approx(row["total_error"])


def test_who_pays_without_a_readable_contract_is_counted_and_worth_nothing_ahead() -> None:
    contracts, payments = club()
    found = assessed(contracts[10:], payments)
    assert found.without_contract == 10
    lost = found.clv.set_index("customer_id").loc[[row[0] for row in contracts[:10]]]
    assert (lost["clv"] == 0).all()
    assert (lost["clv_past"] > 0).all()


def test_running_contracts_without_any_payment_are_told() -> None:
    contracts, payments = club()
    running = next(row[0] for row in contracts if row[2] is None)
    kept = tuple(p for p in payments if p[0] != running)
    with pytest.raises(KehuError, match=rf"KH-T01 holdings: 1 of .* no payment .*{running}"):
        assessed(contracts, kept)


def donors() -> tuple[tuple[str, str, str, str], ...]:
    """900 yearly donors of twelve years, 60 of whom came in the year that is not over."""
    rng = np.random.default_rng(5)
    lines = []
    for i in range(900):
        gives, leaves, year = rng.beta(1.2, 0.75), rng.beta(0.66, 2.8), 2015
        lines.append((f"{i:04d}", f"D{len(lines)}", "2014-05-01", "25"))
        while year <= 2025 and rng.random() >= leaves:
            if rng.random() < gives:
                lines.append((f"{i:04d}", f"D{len(lines)}", f"{year}-05-01", "25"))
            year += 1
    new = [(f"9{i:03d}", f"E{i}", "2026-03-01", "25") for i in range(60)]
    return (*lines, *new)


def test_occasions_count_whole_periods_and_lose_nobody() -> None:
    span = history.Span("2026-06-30", "year")
    past = history.history(engine_table(donors()), span, "occasions")
    summary = past.summary
    assert len(summary) == 960
    assert summary["total_spend"].sum() == 25 * len(donors())
    assert summary["T"].max() == 11
    new = summary[summary["customer_id"].str.startswith("9")]
    assert (new[["frequency", "recency", "T"]] == 0).all(axis=None)
    tables.check("summary", summary)
    found = contract_value.assess(past, TERMS, enough={**LIMITS, "recent_days": 200})
    assert found.choice.method == "bgbb"
    assert abs(found.choice.proof.model.total_error) < 0.15
    assert found.counted == "periods"
    tables.check("clv", found.clv)


def test_periods_follow_the_calendar() -> None:
    for unit in ("day", "week", "month", "quarter", "year"):
        for day in pd.to_datetime(["2024-02-29", "2023-12-31", "2026-01-01", "2026-09-30"]):
            period = occasions.period_of(day.date(), unit)
            last = occasions.last_day(period, unit)
            assert occasions.period_of(last, unit) == period
            assert (
                occasions.period_of((pd.Timestamp(last) + pd.Timedelta(days=1)).date(), unit)
                == period + 1
            )
            assert occasions.last_whole(last, unit) == period


def test_nobody_in_a_whole_period_is_said() -> None:
    lines = engine_table([("1", "a", "2026-02-01", "5"), ("2", "b", "2026-03-01", "5")])
    with pytest.raises(KehuError, match="KH-D11 transactions: nobody bought in a whole year"):
        history.history(lines, history.Span("2026-06-30", "year"), "occasions")


def test_a_cut_set_by_hand_that_cannot_be_is_an_error_and_not_a_quiet_fallback() -> None:
    lines = engine_table([("1", "a", "2026-02-01", "5"), ("1", "b", "2026-05-01", "5")])
    with pytest.raises(KehuError, match="KH-D11"):
        history.history(lines, history.Span("2026-06-30", "week", "net", "2026-01-01"))
    assert history.history(lines, history.Span("2026-02-03", "week")).problem


def test_facts_under_contract_are_told_as_renewals() -> None:
    found = assessed(*club())
    measures = found.clv.assign(abc_class="A", total_spend=1.0)
    facts = told.facts(found, measures, TERMS)
    said = [facts[k] for k in ("proved", "counted", "risk_by", "tells_active", "spend_method")]
    assert said == ["contract", "renewals", "contract", "contract", "fee"]


def two_plans() -> tuple[tuple[tuple, ...], tuple[tuple, ...]]:
    """Return a plan whose leaving is of one kind, first by name, and one whose chance changes."""
    contracts, payments = [], []
    for plan, seed, (a, b), power in (("a-new", 3, (40, 120), 1.0), ("z-old", 4, (0.4, 1.6), 1.6)):
        rng = np.random.default_rng(seed)
        leaving = rng.beta(a, b, 700)
        share = rng.random(700)
        stayed = (
            np.ceil((np.log(share) / np.log1p(-leaving)) ** (1 / power)).clip(1, 10).astype(int)
        )
        for i, years in enumerate(stayed):
            customer, ended = f"{plan}{i:04d}", None if years == 10 else f"{2016 + years}-09-30"
            contracts.append((customer, "2016-10-01", ended, "100", plan))
            payments += [(customer, f"{plan}{i}-{k}", f"{2016 + k}-10-05", "100")
                         for k in range(years)]  # fmt: skip
    return tuple(contracts), tuple(payments)


@pytest.mark.parametrize("method", ["auto", "bdw", "sbg"])
def test_verdict_and_back_test_are_of_the_method_named_whatever_the_plans_use(method) -> None:
    found = assessed(*two_plans(), method)
    row = found.choice.table.set_index("candidate").loc[found.choice.method]
    assert row["chosen"]
    assert row["verdict"] == found.choice.verdict
    assert row["rmse"] == found.choice.proof.model.rmse
    assert {fit.model for fit in found.fits} >= {found.choice.method}


def test_names_of_plans_do_not_change_the_method() -> None:
    contracts, payments = two_plans()
    swap = {"a-new": "z-new", "z-old": "a-old"}
    renamed = tuple((*row[:4], swap[row[4]]) for row in contracts)
    first, second = assessed(contracts, payments), assessed(renamed, payments)
    assert (first.choice.method, first.choice.verdict) == (
        second.choice.method,
        second.choice.verdict,
    )
    assert first.total == pytest.approx(second.total, rel=0.02)


def test_a_hold_out_that_cannot_be_compared_says_why() -> None:
    contracts, payments = club()
    span = history.Span(END, "year", "net", "2016-12-31")
    past = history.history(engine_table(payments), span, "contractual", holdings(contracts))
    found = contract_value.assess(past, TERMS, enough=LIMITS)
    assert found.choice.reason == "contract_unproved"
    assert found.choice.unproved == "not_fitted"
