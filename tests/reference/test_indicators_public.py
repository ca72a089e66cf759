"""Published figures of public data sets, through the indicators of their industries."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from ibis import memtable
from ibis.expr.types import Table

from kehu import tables as contracts
from kehu.score.indicators import indicators

HERE = Path(__file__).parent
with (HERE / "indicators_public.csv").open(newline="", encoding="utf-8") as _file:
    PUBLISHED = list(csv.DictReader(_file))

END = "2026-09-30"
"""Last day given to the sets that have no dates of their own."""


def put(name: str, frame: pd.DataFrame) -> Table:
    """Put a frame into the engine as a table of the contracts, money to the cent."""
    whole = frame.assign(source="public.csv", row=np.arange(1, len(frame) + 1))
    schema = contracts.contract(name).arrow_schema()
    columns = []
    for field in schema:
        if field.name not in whole:
            columns.append(pa.nulls(len(whole), field.type))
        elif pa.types.is_decimal(field.type):
            cents = pa.array(whole[field.name].round(2), pa.float64(), from_pandas=True)
            columns.append(cents.cast(pa.decimal128(16, 2)).cast(field.type))
        else:
            columns.append(pa.array(whole[field.name], field.type, from_pandas=True))
    return memtable(pa.table(columns, schema=schema))


def none() -> Table:
    return put("transactions", pd.DataFrame({"customer_id": []}))


def telco(folder: Path, contract: str = "") -> dict[str, Table]:
    """One plan per customer; who left, left within the last month, as the set defines it."""
    frame = pd.read_csv(folder / "telco_ibm" / "Telco-Customer-Churn.csv.gz")
    frame = frame[frame["Contract"] == contract] if contract else frame
    end = pd.Timestamp(END)
    held = pd.DataFrame(
        {
            "customer_id": frame["customerID"],
            "product": frame["Contract"],
            "fee": frame["MonthlyCharges"],
            "start": (end - pd.to_timedelta(30 * (frame["tenure"] + 1), "D")).dt.date,
            "end": pd.Series(end - pd.Timedelta(15, "D"), frame.index)
            .where(frame["Churn"] == "Yes").dt.date,
        }
    )  # fmt: skip
    return {"transactions": none(), "holdings": put("holdings", held)}


def repeated(frame: pd.DataFrame, times: pd.Series, firsts: list[str]) -> pd.DataFrame:
    """Repeat each row as often as told, with the columns `firsts` on the first of them only."""
    rows = frame.loc[frame.index.repeat(times)]
    place = rows.groupby(level=0).cumcount()
    rows = rows.assign(product=place.astype(str), **{c: rows[c].where(place == 0) for c in firsts})
    return rows.reset_index(drop=True)


def insurance(folder: Path) -> dict[str, Table]:
    name = "WA_Fn-UseC_-Marketing-Customer-Value-Analysis.csv.gz"
    frame = pd.read_csv(folder / "insurance_ibm_clv" / name)
    held = pd.DataFrame(
        {"customer_id": frame["Customer"], "fee": frame["Monthly_Premium_Auto"].astype(float),
         "claims": frame["Total_Claim_Amount"]}
    )  # fmt: skip
    sent = pd.DataFrame(
        {"campaign": "offer", "customer_id": frame["Customer"],
         "date": pd.to_datetime(frame["Effective_To_Date"], format="%m/%d/%Y"),
         "responded": frame["Response"] == "Yes"}
    )  # fmt: skip
    policies = repeated(held, frame["Number_of_Policies"], ["fee", "claims"])
    return {"transactions": none(), "holdings": put("holdings", policies),
            "campaigns": put("campaigns", sent)}  # fmt: skip


def bank(folder: Path) -> dict[str, Table]:
    frame = pd.read_csv(folder / "bank_churn" / "Churn_Modelling.csv.gz")
    held = pd.DataFrame(
        {"customer_id": frame["CustomerId"].astype(str), "balance": frame["Balance"]}
    )
    rows = repeated(held, frame["NumOfProducts"], ["balance"])
    return {"transactions": none(), "holdings": put("holdings", rows)}


def journey(folder: Path) -> dict[str, Table]:
    frame = pd.read_csv(folder / "complete_journey" / "transactions_sample.csv.gz")
    lines = pd.DataFrame(
        {"customer_id": frame["household_id"].astype(str),
         "order_id": frame["basket_id"].astype(str),
         "date": pd.to_datetime(frame["transaction_timestamp"]), "amount": frame["sales_value"],
         "is_refund": False}
    )  # fmt: skip
    return {"transactions": put("transactions", lines)}


SETS: dict[str, tuple[Any, str]] = {
    "telco_ibm": (telco, END),
    "insurance_ibm_clv": (insurance, "2011-02-28"),
    "bank_churn": (bank, END),
    # The set holds the 366 days from 2017-01-01 to the small hours of 2018-01-01.
    "complete_journey": (journey, "2018-01-01"),
}


@cache
def made(folder: Path, source: str, industry: str) -> pd.DataFrame:
    name, _, part = source.partition("/")
    read, end = SETS[name]
    if not (folder / name).is_dir():
        pytest.skip(f"{folder / name} is not there; set KEHU_SHARED_DATA")
    found = read(folder, part) if part else read(folder)
    return indicators(found, end, industry).set_index("indicator")


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda r: f"{r['source']} {r['indicator']}")
def test_an_indicator_is_the_published_one(shared_data: Path, row: dict[str, str]) -> None:
    frame = made(shared_data, row["source"], row["industry"])
    figure = frame.loc[row["indicator"], "figure"]
    assert figure == pytest.approx(float(row["value"]), abs=0.5000001 * 10 ** -int(row["digits"]))


def test_shop_indicators_agree_with_a_second_method(shared_data: Path) -> None:
    """The same definitions by pandas on the lines of Complete Journey."""
    frame = made(shared_data, "complete_journey", "ecommerce")["figure"]
    lines = pd.read_csv(shared_data / "complete_journey" / "transactions_sample.csv.gz")
    lines["day"] = pd.to_datetime(lines["transaction_timestamp"]).dt.normalize()
    baskets = lines.groupby(["household_id", "basket_id"]).agg(
        day=("day", "min"), amount=("sales_value", "sum")
    ).reset_index()  # fmt: skip
    recent = baskets[baskets["day"] > pd.Timestamp("2017-01-01")]
    assert lines["sales_value"].sum() == pytest.approx(233935.24), "the published total"
    assert frame["revenue_year"] == pytest.approx(
        lines.loc[lines["day"] > pd.Timestamp("2017-01-01"), "sales_value"].sum()
    )
    each = recent.groupby("household_id").size()
    assert frame["purchases_per_customer"] == pytest.approx(each.mean())
    assert frame["repeat_purchase_rate"] == pytest.approx((each > 1).mean())
    assert frame["average_order_value"] == pytest.approx(recent["amount"].mean())
    days = baskets.drop_duplicates(["household_id", "day"]).sort_values(["household_id", "day"])
    gaps = days.groupby("household_id")["day"].diff().dt.days
    late = days["day"] > pd.Timestamp("2017-01-01")
    assert frame["purchase_interval"] == gaps[late].median()
    assert frame["buying_customers"] == len(each)
