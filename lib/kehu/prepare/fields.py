"""What each column of a client's file holds, and so how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kehu import tables

Kind = Literal["id", "key", "text", "word", "truth", "date", "time", "exact", "money", "number"]

DATES = ("date", "time")
NUMBERS = ("exact", "money", "number")
IDS = ("id", "key")


@dataclass(frozen=True)
class Field:
    """One column of a table as a file gives it.

    Parameters
    ----------
    name : str
        Canonical name.
    kind : str
        `id` a customer's number, `key` another number that is text, `word` one of the contract's
        codes in the client's words, `truth` yes or no, `exact` a decimal of which more is
        computed, `money`, `number` a float, `date`, `time`, `text`.
    required : bool
        Whether a row without it is of no use.
    limited : bool
        Whether cells that cannot be read count towards `max_unreadable`.
    coarse : bool
        Whether a date may be a month or a year; it then stands for the first day.
    may_be_open : bool
        Whether a date may lie ahead or never come: 9999-12-31 then means that there is none.
    least : float, optional
        Numbers below it cannot be.
    """

    name: str
    kind: Kind
    required: bool = False
    limited: bool = True
    coarse: bool = False
    may_be_open: bool = False
    least: float | None = None


TRANSACTIONS = (
    Field("customer_id", "id", required=True),
    Field("order_id", "key"),
    Field("date", "time", required=True),
    Field("amount", "exact", required=True),
    Field("quantity", "exact", limited=False),
    Field("unit_price", "exact", limited=False),
    Field("goods_cost", "money"),
    Field("discount", "money"),
    Field("coupon", "money"),
    Field("product_id", "text"),
    Field("product", "text"),
    Field("category", "text"),
    Field("channel", "text"),
    Field("transaction_type", "word"),
)
CUSTOMERS = (
    Field("customer_id", "id", required=True),
    Field("joined", "date"),
    Field("name", "text"),
    Field("city", "text"),
    Field("channel", "text"),
    Field("level", "text"),
    Field("birth_date", "date"),
    Field("gender", "text"),
    Field("occupation", "text"),
    Field("plan", "text"),
    Field("email", "text"),
    Field("phone", "text"),
    Field("address", "text"),
    Field("id_number", "text"),
    Field("consent", "truth"),
    Field("tax_id", "text"),
    Field("manager", "text"),
)

_KINDS: dict[str, Kind] = {
    "customer_id": "id", "referred_id": "id", "order_id": "key", "interaction": "word",
    "cost": "word",
}  # fmt: skip
_OF_TYPE: dict[str, Kind] = {
    "text": "text", "bool": "truth", "date": "date", "time": "time", "money": "money",
    "float": "number",
}  # fmt: skip
_COARSE = {("costs", "date"), ("benchmarks", "date")}
_MAY_BE_OPEN = {("interactions", "closed"), ("payments", "paid"), ("holdings", "end")}
_OTHERWISE = {"source", "row", "scale", "scale_low", "scale_high", "answer", "mark"}
"""Columns that no cell gives, or that are read on a scale."""


def of(table: str) -> tuple[Field, ...]:
    """Return the columns a file of a table may have, but for answers and marks."""
    if table == "transactions":
        return TRANSACTIONS
    if table == "customers":
        return CUSTOMERS
    contract = tables.contract(table)
    return tuple(_field(contract, name) for name in contract.columns if name not in _OTHERWISE)


def _field(contract: tables.Contract, name: str) -> Field:
    spec = tables.column(name)
    return Field(
        name,
        _KINDS.get(name) or _OF_TYPE[spec.type],
        required=name in contract.required,
        coarse=(contract.name, name) in _COARSE,
        may_be_open=(contract.name, name) in _MAY_BE_OPEN,
        least=spec.min,
    )


def names(fields: Sequence[Field], *kinds: str) -> list[str]:
    """List the names of the fields of some kinds, in their order."""
    return [field.name for field in fields if field.kind in kinds]
