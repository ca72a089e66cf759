"""The client's event tables as given: one that is left out has no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
from ibis.expr.types import Table

from kehu import tables as contracts


def given_tables(tables: Mapping[str, Table], known: Sequence[str]) -> dict[str, Table]:
    """Return all tables wanted, without rows where the client has none.

    Parameters
    ----------
    tables : mapping
        Name to ibis Table; those not wanted are passed over.
    known : sequence of str
        Tables wanted; `transactions` must be there, others need not.

    Returns
    -------
    dict
        Name to ibis Table, every column of the contract in it.

    Raises
    ------
    ValueError
        `transactions` is missing, or a name is that of no table.
    """
    if unknown := sorted(set(tables) - set(contracts.names())):
        raise ValueError(f"no such tables: {unknown}")
    if "transactions" not in tables:
        raise ValueError("the table transactions must be given")
    return {name: tables[name] if name in tables else _empty(name) for name in known}


def _empty(name: str) -> Table:
    return ibis.memtable(contracts.contract(name).arrow_schema().empty_table())
