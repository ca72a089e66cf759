"""Published numbers of sBG, beta-discrete-Weibull and BG/BB, to half a unit of the last digit."""

from __future__ import annotations

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kehu.cases.club import SURVIVORS
from kehu.value.clv import bdw, bgbb, bgbb_purchases, sbg
from kehu.value.clv.contract_lifetimes import discounted_at_renewal, discounted_lifetime, survival

HERE = Path(__file__).parent
PLANS = {"regular": "普通会员", "high end": "尊享会员"}


def each(name: str):
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return pytest.mark.parametrize("row", rows, ids=lambda r: f"{r['item']}: {r['quantity']}")


def assert_as_printed(found: float, row: dict[str, str]) -> None:
    half = 0.5 * 10.0 ** -int(row["digits"])
    assert abs(found - float(row["value"])) <= half * (1 + 1e-9), (found, row)


def cohort(item: str, renewals: int) -> tuple[list[int], list[bool], list[int]]:
    """Durations, ends and counts of the 1,000 customers of the table, seen so many years."""
    there = SURVIVORS[PLANS[item]][: renewals + 1]
    lost = [a - b for a, b in pairwise(there)]
    ended = [True] * renewals + [False]
    return [*range(1, renewals + 1), renewals], ended, [*lost, there[-1]]


@cache
def fitted(model: str, item: str, renewals: int) -> sbg.Sbg | bdw.Bdw:
    fit = sbg.fit if model == "sbg" else bdw.fit
    return fit(*cohort(item, renewals), time_unit="year")


def of_contract(row: dict[str, str]) -> float:
    """Everything that a row of `contract_models.csv` asks for."""
    item, what = row["item"], row["quantity"]
    if what.startswith("derl"):
        # The table's cases are given by their mean .20 and polarization .05 and .75.
        total = 1 / {"case 1": 0.05, "case 2": 0.75}[item] - 1
        case = model_of(0.2 * total, 0.8 * total)
        return float(discounted_at_renewal(case, int(what.split()[-1]), 0.1)[0])
    named, renewals = what.removesuffix(" renewals").split(", ")
    kind, quantity = named.split(" ", 1)
    model = fitted(kind, item, int(renewals))
    if quantity == "polarization":
        return 1 / (1 + model.alpha + model.beta)
    if quantity == "aic":
        return 2 * len(model.PARAMETERS) - 2 * model.log_likelihood
    if quantity.startswith("survival"):
        return 100 * float(survival(model, int(quantity.split()[-1]))[0])
    return float(getattr(model, quantity))


def model_of(alpha: float, beta: float) -> sbg.Sbg:
    return sbg.Sbg(alpha, beta, (0.0, 0.0), 0.0, 0.0, 1, "year", True, True, "")


@each("contract_models.csv")
def test_published_contract_number(row: dict[str, str]) -> None:
    assert_as_printed(of_contract(row), row)


def test_survival_table_is_the_published_one(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "contractual" / "sbg_fader_hardie_2007.csv")
    percent = {"regular": "regular_pct_surviving", "high end": "highend_pct_surviving"}
    for item, column in percent.items():
        assert (table[column] * 10).round().astype(int).tolist() == list(SURVIVORS[PLANS[item]])


def test_four_renewals_find_what_the_paper_found() -> None:
    """Duration dependence of High End customers, and none of Regular ones."""
    high, regular = (bdw.dependence(fitted("bdw", item, 4)) for item in ("high end", "regular"))
    assert high.change == "rising"
    assert high.p_value == pytest.approx(0.029, abs=5e-4)
    assert "c = 1.58" in high.sentence
    assert regular.change == "none"
    assert "Nothing shows" in regular.sentence


def test_years_eight_to_twelve_are_nearer_with_duration_dependence() -> None:
    """An own check on the hold-out of the table: High End in percentage points, year 12."""
    actual = SURVIVORS["尊享会员"][12] / 10
    plain, dependent = (100 * survival(fitted(m, "high end", 7), 12)[0] for m in ("sbg", "bdw"))
    assert abs(dependent - actual) < 1.0 < abs(plain - actual) < 2.0


def test_lifetime_of_a_new_customer_is_worth_the_sum_of_its_survivors() -> None:
    model = fitted("sbg", "regular", 7)
    years = np.arange(0, 400)
    plain = (survival(model, years) / 1.1**years).sum()
    assert discounted_lifetime(model, 0.1) == pytest.approx(plain, rel=1e-12)


@cache
def donors(shared: Path) -> tuple[bgbb.BgBb, pd.DataFrame]:
    table = pd.read_csv(shared / "cdnow" / "donations.csv")
    columns = (table[c] for c in ("frequency", "recency", "periods", "weights"))
    return bgbb.fit(*columns, time_unit="year"), table


@each("bgbb_donations.csv")
def test_published_donation_number(row: dict[str, str], shared_data: Path) -> None:
    model, table = donors(shared_data)
    given = [table[c] for c in ("frequency", "recency", "periods")]
    item, what = row["item"], row["quantity"]
    if item == "hold-out":
        each_donor = bgbb_purchases.expected_purchases(model, 5, *given)
        found = float((each_donor * table["weights"]).sum())
    elif item == "new customer":
        found = float(bgbb_purchases.expected_new(model, int(what.removeprefix("t=")))[0])
    elif item == "bgbb":
        found = float(getattr(model, what))
    else:
        pattern = [int(part.split("=")[1]) for part in item.split()]
        found = float(bgbb_purchases.expected_purchases(model, 10, *pattern)[0])
    assert_as_printed(found, row)


def test_donors_are_told_apart(shared_data: Path) -> None:
    model, _ = donors(shared_data)
    assert model.identified
    assert model.message == ""
    assert model.log_likelihood - model.log_likelihood_bb > 2000
