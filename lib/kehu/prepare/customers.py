"""The customer base: one row per customer, listed by the client or found among the buyers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import raise_all
from kehu.params_prepare import Particulars
from kehu.prepare import fields, particulars, reading, records, unreadable, words
from kehu.prepare.ledger import Effect, Rule
from kehu.prepare.records import Records
from kehu.prepare.sources import Raw

TABLE = "customers"
_EFFECTS: dict[str, Effect] = {"blank": "repair", "flag": "flag", "quarantine": "quarantine"}
"""What a word of the parameter `particulars` does with a row."""
_FIRST = (
    Rule("malformed_row", "quarantine"),
    Rule("blank_row", "quarantine"),
    Rule("total_row", "quarantine"),
    Rule("filled_down", "repair"),
    Rule("missing_customer", "quarantine"),
    Rule("shortened_id", "quarantine"),
    Rule("id_trimmed", "repair"),
    Rule("id_decimal", "repair"),
    Rule("joined_blank", "repair"),
    Rule("birth_date_blank", "repair"),
    *(Rule(name, "repair") for name in particulars.FORMED.values()),
    Rule("city_filled", "repair"),
)
_LAST = (Rule("duplicate_customer", "merge"), Rule("conflict_settled", "repair"))


def rules(handling: Particulars | None = None) -> list[Rule]:
    """List the rules for customer lists; a row leaves at the first that takes it."""
    chosen = (handling or Particulars()).model_dump()
    checked = [Rule(rule, _EFFECTS[chosen[n]]) for n, rule in particulars.INVALID.items()]
    return [*_FIRST, *checked, *_LAST]


DETAILS = (
    "name", "joined", "city", "channel", "level", "birth_date", "gender", "occupation", "plan",
    "email", "phone", "address", "province", "id_number", "tax_id", "manager", "consent",
)  # fmt: skip
_TYPES = {"joined": "date", "birth_date": "date", "consent": "boolean"}


class CustomerBase(Records):
    """Everybody the client lists and everybody who bought; without a list, no books."""

    @property
    def customers(self) -> Table:
        """The `customers` table, one row per `customer_id`, in the engine."""
        return self.table


def build(
    raws: Sequence[Raw],
    transactions: Table,
    *,
    max_unreadable: float = 0.01,
    phone_region: str = "CN",
    handling: Mapping[str, str] | None = None,
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
    phone_region : str
        Country of telephone numbers without a code.
    handling : mapping, optional
        The parameter `particulars`: what becomes of phone, e-mail and numbers that cannot be.

    Returns
    -------
    CustomerBase

    Raises
    ------
    KehuError
        KH-D06 registration dates of two readings, KH-D08 books that do not balance, KH-D09 and
        KH-D15 more unreadable dates or shortened ids than allowed, KH-D10 unknown words of consent.

    Notes
    -----
    Rows of one customer are merged: of each column the first value that is not blank wins, in
    the order of the params and of the files. `conflict_settled` counts the customers for whom
    another value lost. A registration date, or a date of birth, that cannot be read
    becomes blank (`joined_blank`, `birth_date_blank`).
    """
    raws = [raw for raw in raws if raw.file.table == TABLE]
    buyers = transactions.select("customer_id").distinct()
    if not raws:
        details = {n: ibis.null(_TYPES.get(n, "string")) for n in DETAILS}
        alone = buyers.mutate(**details, has_purchases=True, in_customer_list=False)
        return CustomerBase(TABLE, alone, None, pd.DataFrame(), None, records.no_dates())
    columns = fields.of(TABLE)
    read = records.typed(raws, columns, max_unreadable)
    chosen = Particulars.model_validate(handling or {})
    formed = particulars.formed(ibis.union(*(t for _, _, t in read)), phone_region)
    formed = records.kept_aside(formed, raws, "customers_formed")
    ruled = records.kept_aside(_ruled(formed, chosen), raws, TABLE)
    unknown = words.problems(ruled, raws, ["consent"])
    raise_all([*unreadable.problems(ruled, raws, columns, max_unreadable), *unknown])
    at_fault = [(ruled.rule == rule, ruled[n]) for n, rule in particulars.INVALID.items()]
    said = {"customer_text": ruled.customer_id_text, "date_text": ruled.joined_text,
            "cell_text": ibis.cases(*at_fault)}  # fmt: skip
    steps = rules(chosen)
    aside = records.set_aside(TABLE, ruled, steps, said)
    books = records.books(TABLE, raws, steps, ruled, aside, money=False)
    base = _with_buyers(_listed(ruled), buyers)
    spans = records.dates(ruled.filter(ruled.rule.isnull()), "joined", ruled)
    return CustomerBase(TABLE, base, aside, books, ruled, spans)


def _ruled(typed: Table, handling: Particulars) -> Table:
    how = handling.model_dump()
    cases = [
        *records.first_cases(typed),
        (typed.customer_id.isnull(), "missing_customer"),
        (typed.shortened, "shortened_id"),
        *((typed[r], r) for n, r in particulars.INVALID.items() if how[n] == "quarantine"),
    ]
    blanked = {
        n: ibis.ifelse(typed[rule], ibis.null("string"), typed[n])
        for n, rule in particulars.INVALID.items()
        if how[n] == "blank"
    }
    early = typed.mutate(
        **blanked,
        rule=ibis.cases(*cases, else_=ibis.null("string")),
        joined_blank=typed.joined_unread,
        birth_date_blank=typed.birth_date_unread,
    )
    early = reading.computed_once(early, "early_customer_rules")
    same = ibis.window(group_by=[early.customer_id, early.rule.isnull()])
    place = ibis.row_number().over(
        group_by=[early.customer_id, early.rule.isnull()], order_by=[early.file, early.row]
    )
    differs = [early[n].min().over(same) != early[n].max().over(same) for n in DETAILS]
    conflict = ibis.or_(*(d.fill_null(False) for d in differs))
    repeated = early.rule.isnull() & (place > 0)
    return early.mutate(
        rule=ibis.ifelse(repeated, "duplicate_customer", early.rule), conflict_settled=conflict
    )


def _listed(rows: Table) -> Table:
    """Merge the rows of each customer; the first value that is not blank wins."""
    good = rows.filter(rows.rule.isnull() | (rows.rule == "duplicate_customer"))
    first = {
        n: good[n].first(where=good[n].notnull(), order_by=[good.file, good.row]) for n in DETAILS
    }
    return good.group_by("customer_id").aggregate(**first)


def _with_buyers(listed: Table, buyers: Table) -> Table:
    other = buyers.rename(buyer_id="customer_id")
    both = listed.join(other, listed.customer_id == other.buyer_id, how="outer")
    return both.select(
        *DETAILS,
        customer_id=ibis.coalesce(both.customer_id, both.buyer_id),
        has_purchases=both.buyer_id.notnull(),
        in_customer_list=both.customer_id.notnull(),
    )
