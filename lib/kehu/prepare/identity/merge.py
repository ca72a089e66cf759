"""Customers of several numbers become one row, and every table speaks of that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ibis
import pandas as pd
from ibis.expr.types import Column, Table

from kehu.params_identity import Survivor
from kehu.prepare import reading
from kehu.prepare.clean import Cleaned
from kehu.prepare.customers import DETAILS, CustomerBase
from kehu.prepare.identity.resolve import Identity
from kehu.prepare.records import Records

_IDS = ("customer_id", "referred_id")


def merged(
    found: Identity, cleaned: Cleaned, base: CustomerBase, others: Sequence[Records]
) -> tuple[Cleaned, CustomerBase, list[Records]]:
    """Give every row the number of its person, and every person one row.

    Parameters
    ----------
    found : Identity
    cleaned : Cleaned
    base : CustomerBase
    others : sequence of Records

    Returns
    -------
    Cleaned, CustomerBase, list of Records
        Rows and money as before; the books are those of the files and stay.

    Notes
    -----
    Of each detail the value stays that `survivors` names: `first` (the default), of the customer
    who is on the list, registered first and has the smallest number; `latest`, of the one who
    registered last; `longest`; or `most_frequent`. Blank values never win.
    """
    moved = found.persons[found.persons != found.persons.index]
    if moved.empty:
        return cleaned, base, list(others)
    keys = ibis.memtable(
        pd.DataFrame({"old_number": moved.index.astype(str), "person": moved.astype(str)})
    )
    customers = _one_row_each(_renumbered(base, keys), found.params.survivors)
    return (
        replace(cleaned, table=_orders(_renumbered(cleaned, keys, keep=True))),
        replace(base, table=customers),
        [replace(one, table=_renumbered(one, keys)) for one in others],
    )


def _renumbered(records: Records, keys: Table, keep: bool = False) -> Table:
    table = reading.computed_once(records.table, f"numbered_{records.name}")
    for name in _IDS:
        if name in table.columns:
            mine = keys.rename({f"{name}_old": "old_number", f"{name}_person": "person"})
            joined = table.left_join(mine, table[name] == mine[f"{name}_old"])
            new = ibis.coalesce(joined[f"{name}_person"], joined[name])
            old = {f"{name}_before": joined[name]} if keep else {}
            done = joined.mutate(**old, **{name: new}).drop(f"{name}_old", f"{name}_person")
            table = reading.computed_once(done, f"renumbered_{records.name}_{name}")
    return table


def _orders(lines: Table) -> Table:
    """Name the orders that stand for a customer's day after the person, not after his number."""
    day = "|" + lines.date.strftime("%Y-%m-%d")
    made = lines.order_id == lines.customer_id_before + day
    order = ibis.ifelse(made, lines.customer_id + day, lines.order_id)
    return lines.mutate(order_id=order).drop("customer_id_before")


def _one_row_each(customers: Table, survivors: dict[str, Survivor]) -> Table:
    ordered = [
        ~customers.in_customer_list,
        customers.joined.isnull(),
        customers.joined,
        customers.name.length().fill_null(0).negate(),
        customers.name,
    ]
    details = {n: _survivor(customers[n], survivors.get(n, "first"), ordered) for n in DETAILS}
    return customers.group_by("customer_id").aggregate(
        **details,
        has_purchases=customers.has_purchases.any(),
        in_customer_list=customers.in_customer_list.any(),
    )


def _survivor(values: Column, rule: Survivor, ordered: Sequence[Any]) -> Any:
    there = values.notnull()
    if rule == "most_frequent":
        return values.mode(where=there)
    if rule == "longest":
        ordered = [values.cast("string").length().negate(), *ordered]
    if rule == "latest":
        ordered = [ibis.desc(ordered[2], nulls_first=False), *ordered]
    return values.first(where=there, order_by=ordered)


def shown(found: Identity) -> list[pd.DataFrame]:
    """Return the groups to look at, for the report; nothing where there are none."""
    return [found.review] if len(found.review) else []


def facts(found: Identity) -> dict[str, Any]:
    """Count what was brought together.

    Returns
    -------
    dict
        `identity_match` off, exact, fuzzy, or unlearnt where no model could be fitted; `n_numbers`
        customer numbers, `n_persons` persons and firms, `n_joined` numbers that became part of
        another, `n_links` accepted links, `n_not_accepted` likely pairs below the threshold or
        taken back, `n_review` groups to look at, `any_review` yes or no.
    """
    persons = found.persons
    return {
        "identity_match": found.params.match if found.learnt else "unlearnt",
        "n_numbers": len(persons),
        "n_persons": int(persons.nunique()),
        "n_joined": int((persons != persons.index).sum()),
        "n_links": int(found.links["accepted"].sum()),
        "n_not_accepted": int((~found.links["accepted"].astype(bool)).sum()),
        "n_review": len(found.review),
        "any_review": "yes" if len(found.review) else "no",
    }
