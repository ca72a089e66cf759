"""The parameters of a run: one schema for the params file, the notebooks and the runner."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


def _folder_name(value: str) -> str:
    if not re.fullmatch(r"\w(?:[\w.-]{0,62}\w)?", value) or ".." in value:
        raise ValueError("use letters, digits, `-`, `_` and `.` only: it names a folder")
    if unicodedata.normalize("NFKC", value) != value or value.split(".")[0].lower() in _RESERVED:
        raise ValueError("this name cannot be a folder on every system; choose another")
    return value


def _iso_date(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError('write a date as "2026-09-30"')
    date.fromisoformat(value)
    return value


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError("use a three-letter ISO 4217 code such as CNY, USD, EUR")
    return value


def _unique(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("each language once")
    return value


FolderName = Annotated[str, AfterValidator(_folder_name)]
IsoDate = Annotated[str, AfterValidator(_iso_date)]
Share = Annotated[float, Field(ge=0, le=1)]
Language = Literal["zh", "zh-Hant", "en"]
TimeUnit = Literal["day", "week", "month"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Title(_Strict):
    """The report's title, per language."""

    zh: str = Field(min_length=1, max_length=80)
    en: str = Field(min_length=1, max_length=80)


class TransactionColumns(_Strict):
    """Which column of the file holds what, for purchases and refunds."""

    customer_id: str
    date: str
    order_id: str | None = None
    amount: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    product_id: str | None = None
    product: str | None = None
    category: str | None = None
    channel: str | None = None

    @model_validator(mode="after")
    def _money(self) -> TransactionColumns:
        if self.amount is None and (self.quantity is None or self.unit_price is None):
            raise ValueError("give `amount`, or both `quantity` and `unit_price`")
        return self


class CustomerColumns(_Strict):
    """Which column of the file holds what, for the customer list."""

    customer_id: str
    name: str | None = None
    joined: str | None = None
    city: str | None = None
    channel: str | None = None
    level: str | None = None


class _Source(_Strict):
    path: str = Field(min_length=1, description="file, relative to the params file")
    sheet: str | None = Field(None, description="sheet of a workbook; the first if left out")
    names: list[str] | None = Field(None, description="column names, for a file without a header")
    encoding: str | None = Field(None, description="text encoding; found by itself if left out")
    separator: str | None = Field(None, description="one character, or `whitespace`")
    date_order: Literal["ymd", "dmy", "mdy"] | None = Field(
        None, description="how to read 05/06/2026; found by itself where the data decide"
    )


class TransactionSource(_Source):
    """One file of purchases and refunds."""

    columns: TransactionColumns


class CustomerSource(_Source):
    """One file of customers."""

    columns: CustomerColumns


class Sources(_Strict):
    """The client's files, by the table they feed."""

    transactions: list[TransactionSource] = Field(min_length=1)
    customers: list[CustomerSource] = []


class RfmCuts(_Strict):
    """Fixed cut points, four each, ascending; a value above a cut is in the next class."""

    recency: list[float] = Field(
        min_length=4, max_length=4, description="days since the last order"
    )
    frequency: list[float] = Field(min_length=4, max_length=4, description="orders")
    monetary: list[float] = Field(min_length=4, max_length=4, description="total spend")

    @field_validator("*")
    @classmethod
    def _ascending(cls, cuts: list[float]) -> list[float]:
        if sorted(set(cuts)) != cuts:
            raise ValueError("four different numbers in ascending order")
        return cuts


class Params(_Strict):
    """Everything one run of the kit depends on, besides the files themselves."""

    client: FolderName = Field(description="short name of the client; names the folder")
    title: Title = Field(description="title of the report")
    industry: Literal["bank", "ecommerce", "telecom", "insurance", "general"] = Field(
        "general", description="chooses the playbook of service strategies"
    )
    languages: Annotated[list[Language], AfterValidator(_unique)] = Field(
        ["zh", "en"], min_length=1, description="one report for each"
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(description="ISO 4217 code")
    period: FolderName = Field(description="names the run, e.g. 2026Q3")
    analysis_date: IsoDate = Field(description="last day observed, inclusive")
    previous: FolderName | None = Field(None, description="period of the run to compare with")
    prepared_by: str = Field("", max_length=80, description="who signs the report")
    sources: Sources = Field(description="the client's files and their columns")

    refunds: Literal["net", "drop", "keep"] = Field(
        "net", description="net: refunds reduce spend; drop: set aside; keep: as any other row"
    )
    duplicates: Literal["drop", "keep"] = Field(
        "drop", description="rows equal in every column of the file to an earlier row"
    )
    zero_amounts: Literal["keep", "drop"] = Field(
        "keep", description="whether a purchase of 0.00 counts as a purchase"
    )
    max_unreadable: Share = Field(
        0.01, description="share of a file's rows that may have an unreadable date or amount"
    )
    memory_gb: float = Field(2.0, ge=0.1, le=1024, description="memory limit of the engine, GB")

    time_unit: TimeUnit = Field("week", description="unit of recency, T and horizon")
    horizon: int = Field(52, ge=1, le=520, description="time units ahead for lifetime value")
    discount_rate: float = Field(0.10, ge=0, le=1, description="per year")
    margin: Share = Field(0.30, description="share of spend that is contribution")
    calibration_end: IsoDate | None = Field(
        None, description="last day the back-test may see; left out: two thirds of the history"
    )
    seed: int = Field(20260930, ge=0, description="start of every random draw")
    rfm_method: Literal["quantile", "fixed"] = Field("quantile", description="how scores are cut")
    rfm_cuts: RfmCuts | None = Field(None, description="cut points for `rfm_method: fixed`")
    abc_cuts: list[Share] = Field(
        [0.8, 0.95], min_length=2, max_length=2, description="cumulated spend that ends class A, B"
    )
    tier_shares: list[Share] = Field(
        [0.2, 0.3],
        min_length=2,
        max_length=2,
        description="share of customers in the top and in the potential tier",
    )
    key_top_share: float = Field(
        0.05, gt=0, le=0.5, description="a key-customer criterion is met in this top share"
    )
    key_min_criteria: int = Field(2, ge=1, le=3, description="criteria a key customer meets")
    playbook: str | None = Field(
        None, description="own playbook file, relative to the params file; left out: built in"
    )
    max_actions: int = Field(200, ge=1, le=100_000, description="customers on the action list")

    @model_validator(mode="after")
    def _consistent(self) -> Params:
        if self.calibration_end and self.calibration_end >= self.analysis_date:
            raise ValueError("`calibration_end` must be before `analysis_date`")
        if (self.rfm_method == "fixed") != (self.rfm_cuts is not None):
            raise ValueError("`rfm_method: fixed` and `rfm_cuts` go together")
        if self.abc_cuts != sorted(set(self.abc_cuts)):
            raise ValueError("`abc_cuts` must be two different shares in ascending order")
        if sum(self.tier_shares) >= 1:
            raise ValueError("`tier_shares` must leave customers for the long tail: sum below 1")
        if self.previous == self.period:
            raise ValueError("`previous` must be another period than `period`")
        return self

    @property
    def run_name(self) -> str:
        """The run's place below the reports folder, `client/period`."""
        return f"{self.client}/{self.period}"


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a params file, for editors that complete and check."""
    return Params.model_json_schema()


def field_defaults() -> dict[str, Any]:
    """Return the plain default of every parameter that has one."""
    defaults = {n: f.default for n, f in Params.model_fields.items() if not f.is_required()}
    return {n: v.model_dump() if isinstance(v, BaseModel) else v for n, v in defaults.items()}


def source_path(params_dir: Path, path: str) -> Path:
    """Resolve a path of a params file against the folder of that file."""
    return (params_dir / path).resolve()
