"""What is measured of the client's other tables: by the kind of each column, and its rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ibis
from ibis.expr.types import BooleanValue, Table

from kehu.prepare import fields, records, scales
from kehu.prepare.fields import Field
from kehu.prepare.records import Records
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled
from kehu.prepare.treatments import TREATMENTS

Count = tuple[str, str, BooleanValue, BooleanValue]
"""Column, measure, the rows it applies to, the rows that pass."""

_FREE = {"interactions": ("text", "reply", "status"), "surveys": ("text",),
         "judgements": ("note",), "holdings": ("status",),
         "costs": ("channel", "customer_id")}  # fmt: skip
"""Columns that nobody has to fill in: a cost without a channel is for all of them."""

_ANSWER = {"surveys": "answer", "judgements": "mark"}
_MENDED = {"closed_early": "closed", "end_before_start": "end", "self_referral": "row"}
"""Rule for a row that contradicts itself, and the column it is about."""


def known(one: Records, customers: Table) -> Table:
    """Add to every row whether its customers are in the customer base: `_knows_<column>`."""
    rows = one.rows
    assert rows is not None
    numbered = [n for n in ("customer_id", "referred_id") if n in rows.columns]
    inside = {f"_knows_{n}": rows[n].isin(customers.customer_id) for n in numbered}
    return rows.mutate(**inside)


def of_table(t: Table, name: str, raws: Sequence[Raw]) -> Iterator[Count]:
    """List the measures of one table.

    Parameters
    ----------
    t : ibis Table
        Every row of every file with its rule, as `known` returns it.
    name : str
        The table.
    raws : sequence of Raw
        The files; a column is measured in those that have it.

    Yields
    ------
    Count
        Completeness: cells that are filled. Validity: filled cells that can be read, answers on
        their scale. Uniqueness: rows that are no repeat. Timeliness: events up to the analysis
        date. Consistency: customers found in the customer base, ends not before beginnings,
        nobody who recommends to himself.
    """
    mine = [raw for raw in raws if raw.file.table == name]
    treatment = TREATMENTS[name]
    yield "row", "validity", t["_blank"].notnull(), t.malformed.isnull()
    for field in fields.of(name):
        here = _where(t, mine, field.name)
        if here is not None:
            yield from _of_field(t, field, here, free=field.name in _FREE.get(name, ()))
    if name in scales.LABELS:
        here = records.proper(t)
        yield _ANSWER[name], "completeness", here, t.has_answer
        yield _ANSWER[name], "validity", here & t.has_answer, ~_off_scale(t)
    dated = _where(t, mine, treatment.dated)
    if dated is not None:
        yield "row", "uniqueness", dated, ~t.is_repeat
        if treatment.is_event:
            filled_in = dated & t[treatment.dated].notnull()
            yield treatment.dated, "timeliness", filled_in, is_not(t, "after_analysis_date")
    for rule, column in _MENDED.items():
        if rule in (*treatment.repairs.split(), *treatment.conflicts.split()):
            passes = ~t[rule] if rule in t.columns else is_not(t, rule)
            yield column, "consistency", records.proper(t), passes


def _of_field(t: Table, field: Field, here: BooleanValue, *, free: bool) -> Iterator[Count]:
    name = field.name
    if field.kind == "text":
        if not free:
            yield name, "completeness", here, t[name].notnull()
        return
    is_filled = filled(t[f"{name}_text"]).notnull()
    if not (field.may_be_open or free):
        yield name, "completeness", here, is_filled
    if field.kind == "id":
        yield name, "validity", here & is_filled, ~t.shortened
        yield name, "consistency", here & t[name].notnull(), t[f"_knows_{name}"]
    elif field.kind != "key":
        yield name, "validity", here & is_filled, ~t[f"{name}_unread"]


def _where(t: Table, raws: Sequence[Raw], column: str) -> BooleanValue | None:
    """Tell the rows of the files that have a column; None where no file has it."""
    having = [raw.file.name for raw in raws if column in raw.file.mapped]
    return records.proper(t) & t.source.isin(having) if having else None


def _off_scale(t: Table) -> BooleanValue:
    return scales.first_off_scale(t).notnull()


def is_not(t: Table, rule: str) -> BooleanValue:
    """Whether a row left at another rule, or at none."""
    return ibis.coalesce(t.rule != rule, True)
