"""The customer base: one row per customer, listed by the client or found among the buyers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import raise_all
from kehu.prepare import clean, ledger, reading, unreadable
from kehu.prepare.ledger import Rule
from kehu.prepare.sources import Raw

TABLE = "customers"
RULES = (
    Rule("malformed_row", "quarantine"),
    Rule("blank_row", "quarantine"),
    Rule("missing_customer", "quarantine"),
    Rule("shortened_id", "quarantine"),
    Rule("id_trimmed", "repair"),
    Rule("id_decimal", "repair"),
    Rule("joined_blank", "repair"),
    Rule("duplicate_customer", "merge"),
    Rule("conflict_settled", "repair"),
)
"""Every rule for customer lists; a row leaves at the first that takes it."""

_DETAILS = ("name", "joined", "city", "channel", "level")
_TYPES = {"joined": "date"}
_NO_DATES = ("source", "first_date", "last_date", "date_formats")


@dataclass(frozen=True)
class CustomerBase:
    """Everybody the client lists and everybody who bought.

    Parameters
    ----------
    customers : ibis Table
        The `customers` table, one row per `customer_id`.
    quarantine : ibis Table or None
        Rows of customer lists set aside; None without a list.
    ledger : pandas.DataFrame
        Rows of the `ledger` table; empty without a list.
    rows : ibis Table or None
        Every row of every list with its rule; None without a list.
    dates : pandas.DataFrame
        Per source: `date_formats`, `first_date`, `last_date` of registrations.
    """

    customers: Table
    quarantine: Table | None
    ledger: pd.DataFrame
    rows: Table | None
    dates: pd.DataFrame


def build(
    raws: Sequence[Raw], transactions: Table, *, max_unreadable: float = 0.01
) -> CustomerBase:
    """Build one row per customer from the lists and the buyers.

    Parameters
    ----------
    raws : sequence of Raw
        As read; files of other tables are left alone. No list at all is fine.
    transactions : ibis Table
        Cleaned purchases and refunds.
    max_unreadable : float
        Share of a list's rows, 0 to 1, that may have an unreadable registration date.

    Returns
    -------
    CustomerBase

    Raises
    ------
    KehuError
        KH-D06 registration dates of two readings, KH-D08 books that do not balance, KH-D09 and
        KH-D15 more unreadable dates or shortened ids than allowed.

    Notes
    -----
    Rows of one customer are merged: of each column the first value that is not blank wins, in
    the order of the params and of the files. `conflict_settled` counts the customers for whom
    another value lost. A registration date that cannot be read becomes blank (`joined_blank`).
    """
    raws = [raw for raw in raws if raw.file.table == TABLE]
    buyers = transactions.select("customer_id").distinct()
    if not raws:
        details = {n: ibis.null(_TYPES.get(n, "string")) for n in _DETAILS}
        alone = buyers.mutate(**details, has_purchases=True, in_customer_list=False)
        return CustomerBase(alone, None, pd.DataFrame(), None, pd.DataFrame(columns=_NO_DATES))
    readings = clean.decided(raws, "joined", max_unreadable)
    pairs = enumerate(zip(raws, readings, strict=True))
    typed = ibis.union(*(reading.customers(raw, how, i) for i, (raw, how) in pairs))
    ruled = clean.kept_aside(_ruled(typed), raws[0].stored.parent, TABLE)
    raise_all(unreadable.problems(ruled, raws, max_unreadable, "joined"))
    aside = _set_aside(ruled)
    files = {raw.file.name: raw.rows for raw in raws}
    books = ledger.build(TABLE, files, RULES, _groups(ruled))
    kept = ruled.filter(ruled.rule.isnull())
    ledger.check_balance(books, files, clean.rows_by_source(kept), clean.rows_by_source(aside))
    base = _with_buyers(_listed(ruled), buyers)
    return CustomerBase(base, aside, books, ruled, clean.dates(kept, "joined", ruled))


def _ruled(typed: Table) -> Table:
    early = typed.mutate(
        rule=ibis.cases(
            (typed.malformed.notnull(), "malformed_row"),
            (typed["_blank"], "blank_row"),
            (typed.customer_id.isnull(), "missing_customer"),
            (typed.shortened, "shortened_id"),
            else_=ibis.null("string"),
        )
    )
    early = reading.computed_once(early, "early_customer_rules")
    same = ibis.window(group_by=[early.customer_id, early.rule.isnull()])
    place = ibis.row_number().over(
        group_by=[early.customer_id, early.rule.isnull()], order_by=[early.file, early.row]
    )
    differs = [early[n].min().over(same) != early[n].max().over(same) for n in _DETAILS]
    conflict = ibis.or_(*(d.fill_null(False) for d in differs))
    repeated = early.rule.isnull() & (place > 0)
    return early.mutate(
        rule=ibis.ifelse(repeated, "duplicate_customer", early.rule), conflict_settled=conflict
    )


def _groups(rows: Table) -> pd.DataFrame:
    repairs = {r.name: rows[r.name].sum() for r in RULES if r.effect == "repair"}
    grouped = rows.group_by("source", "rule").aggregate(n=rows.count(), **repairs)
    found: pd.DataFrame = grouped.execute()
    return found.assign(money=None)


def _set_aside(rows: Table) -> Table:
    gone = rows.filter(rows.rule.notnull() & (rows.rule != "duplicate_customer"))
    return gone.select(
        "source", "row", "rule", "date_text",
        table=ibis.literal(TABLE),
        customer_text=ibis.coalesce(gone.customer_text, gone.malformed),
        order_id=ibis.null("string"),
        amount_text=ibis.null("string"),
        amount=ibis.null("decimal(18, 4)"),
    )  # fmt: skip


def _listed(rows: Table) -> Table:
    """Merge the rows of each customer; the first value that is not blank wins."""
    good = rows.filter(rows.rule.isnull() | (rows.rule == "duplicate_customer"))
    first = {
        n: good[n].first(where=good[n].notnull(), order_by=[good.file, good.row]) for n in _DETAILS
    }
    return good.group_by("customer_id").aggregate(**first)


def _with_buyers(listed: Table, buyers: Table) -> Table:
    other = buyers.rename(buyer_id="customer_id")
    both = listed.join(other, listed.customer_id == other.buyer_id, how="outer")
    return both.select(
        *_DETAILS,
        customer_id=ibis.coalesce(both.customer_id, both.buyer_id),
        has_purchases=both.buyer_id.notnull(),
        in_customer_list=both.customer_id.notnull(),
    )
