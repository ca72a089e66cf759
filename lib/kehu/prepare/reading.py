"""Texts to values: what the data of a file decide, and its columns read accordingly."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr.types import Table, Value

from kehu.errors import Problem
from kehu.prepare import amounts, dates, ids
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled

NUMBERS = ("amount", "quantity", "unit_price")
LABELS = ("product_id", "product", "category", "channel")
_TEXT = "string"


@dataclass(frozen=True)
class Reading:
    """What the data of a file decided.

    Parameters
    ----------
    rows : int
        Well-formed rows with any content.
    date_order : str or None
        `dmy` or `mdy` for dates with the year last.
    commas : frozenset of str
        Number columns that write 1.234,50.
    id_decimals : bool
        Whether ids end in `.0` throughout.
    """

    rows: int
    date_order: str | None
    commas: frozenset[str]
    id_decimals: bool

    @property
    def way(self) -> str:
        """What was decided, as one text: rows read in the same way can be compared."""
        return f"{self.date_order} {sorted(self.commas)} {self.id_decimals}"


def decide(raw: Raw, date: str, max_unreadable: float) -> tuple[Reading, list[Problem]]:
    """Let a file's data decide between readings, in one pass.

    Parameters
    ----------
    raw : Raw
        The file as read.
    date : str
        Canonical name of its date column.
    max_unreadable : float
        Share of rows, 0 to 1, that may contradict the rest.

    Returns
    -------
    Reading, list of Problem
        KH-D06 dates that can be read in two ways, KH-D14 amounts in several currencies.
    """
    table = raw.table.filter(raw.table.malformed.isnull() & ~raw.table["_blank"])
    asked = {"customer_id": ids.evidence(table.customer_id)}
    if date in raw.file.mapped:
        asked[date] = dates.evidence(table[date])
    asked |= {n: amounts.evidence(table[n]) for n in NUMBERS if n in raw.file.mapped}
    flat = {f"{c}.{k}": v for c, found in asked.items() for k, v in found.items()}
    row = table.aggregate(rows=table.count(), **flat).execute().iloc[0].to_dict()
    found = {c: {k: row[f"{c}.{k}"] for k in keys} for c, keys in asked.items()}
    given = raw.file.spec.date_order
    reading = Reading(
        rows=int(row["rows"]),
        date_order=dates.decided(found[date], given) if date in found else given,
        commas=frozenset(n for n in NUMBERS if n in found and amounts.decimal_comma(found[n])),
        id_decimals=ids.has_decimals(found["customer_id"]),
    )
    return reading, _problems(raw, found, date, max_unreadable * reading.rows)


def _problems(
    raw: Raw, found: Mapping[str, Mapping[str, Any]], date: str, allowed: float
) -> list[Problem]:
    problems = []
    if date in found:
        column, given = raw.file.mapped[date], raw.file.spec.date_order
        unclear = dates.ambiguity(raw.file.name, column, found[date], given, allowed)
        problems += [unclear] if unclear else []
    for name in set(NUMBERS) & set(found):
        signs = found[name]["signs"]
        if signs is not None and len(signs) > 1:
            what = f"the column `{raw.file.mapped[name]}` holds {' and '.join(sorted(signs))}."
            remedy = "Give one file per currency, or amounts converted to one."
            problems.append(Problem("KH-D14", raw.file.name, what, remedy))
    return problems


def transactions(raw: Raw, reading: Reading, order: int) -> Table:
    """Read the columns of a transactions file.

    Parameters
    ----------
    raw : Raw
        The file as read.
    reading : Reading
        What its data decided.
    order : int
        Place of the file among all, from 0: an earlier row is one of an earlier file, or above.

    Returns
    -------
    ibis Table
        One row per data row: typed columns (blank where unreadable), the texts they come from,
        and one flag per repair.
    """
    t = _texts(raw, ("order_id", "date", *NUMBERS, *LABELS), "date")
    noisy = [amounts.has_more_decimals(t[n], n in reading.commas) for n in NUMBERS]
    numbers = {n: amounts.parsed(t[n], t[f"{n}_bare"], n in reading.commas) for n in NUMBERS}
    values = t.select(
        "source", "row", "malformed", "_blank",
        file=ibis.literal(order, "int64"),
        **_identity(t, reading),
        order_text=t.order_bare,
        date=dates.parsed(t.date, t.date_plain, reading.date_order),
        **numbers,
        **{n: filled(t[n]) for n in LABELS},
        date_text=t.date,
        quantity_text=filled(t.quantity),
        amount_text=_amount_text(t, "amount" in raw.file.mapped),
        date_form=dates.form(t.date, t.date_plain, reading.date_order),
        noisy=functools.reduce(operator.or_, (n.fill_null(False) for n in noisy)),
    )  # fmt: skip
    return _derived(computed_once(values, f"values_{raw.stored.stem}"), raw)


def _texts(raw: Raw, names: Sequence[str], date: str) -> Table:
    """Add missing columns as blanks, and each text in the form its reader wants it."""
    absent = [n for n in (*names, "order_id") if n not in raw.file.mapped]
    t = raw.table.mutate(**{n: ibis.null(_TEXT) for n in absent})
    t = t.mutate(
        customer_bare=filled(t.customer_id),
        order_bare=filled(t.order_id),
        date_plain=dates.plain(t[date]),
        **{f"{n}_bare": amounts.bare(t[n]) for n in NUMBERS if n in names},
    )
    return computed_once(t, f"texts_{raw.stored.stem}")


def _identity(t: Table, reading: Reading) -> dict[str, Value]:
    """Read who the customer is, with the flags of what was wrong with the number."""
    who = ids.parsed(t.customer_bare, reading.id_decimals)
    return {
        "customer_id": who,
        "customer_text": t.customer_id,
        "shortened": ids.is_shortened(t.customer_bare) | ids.is_shortened(t.order_bare),
        "id_trimmed": ids.differs(t.customer_bare, t.customer_id)
        | ids.differs(t.order_bare, t.order_id),
        "id_decimal": ids.differs(who, t.customer_bare),
    }


def computed_once(table: Table, name: str) -> Table:
    """Keep the engine from writing out a column's formula wherever the column is used."""
    return table.get_backend().create_view(name, table, overwrite=True)


def _derived(t: Table, raw: Raw) -> Table:
    """Add what follows from the values: order, amount, and the flags of repairs."""
    exact = t.amount if "amount" in raw.file.mapped else t.quantity * t.unit_price
    paid, quantity = exact.try_cast(amounts.MONEY), t.quantity.try_cast(amounts.MONEY)
    derived = t.mutate(
        order_id=ibis.coalesce(t.order_text, t.customer_id + "|" + t.date.strftime("%Y-%m-%d")),
        amount=paid,
        quantity=quantity,
        order_filled=t.order_text.isnull() & ibis.literal("order_id" in raw.file.mapped),
        amount_rounded=t.noisy | (exact != paid).fill_null(False),
        quantity_blank=t.quantity_text.notnull() & quantity.isnull(),
        overpaid=(paid.abs() - (t.quantity * t.unit_price).abs()).cast("float64"),
    )
    final = derived.drop("order_text", "quantity_text", "noisy", "unit_price")
    return computed_once(final, f"typed_{raw.stored.stem}")


def _amount_text(t: Table, is_mapped: bool) -> Value:
    if is_mapped:
        return t.amount
    return t.quantity.fill_null("") + " × " + t.unit_price.fill_null("")


def customers(raw: Raw, reading: Reading, order: int) -> Table:
    """Read the columns of a customer list; as `transactions`, one row per data row."""
    names = ("name", "joined", "city", "channel", "level")
    t = _texts(raw, names, "joined")
    joined = dates.parsed(t.joined, t.date_plain, reading.date_order)
    typed = t.select(
        "source", "row", "malformed", "_blank",
        file=ibis.literal(order, "int64"),
        **_identity(t, reading),
        joined=joined.date(),
        **{n: filled(t[n]) for n in names if n != "joined"},
        date_text=t.joined,
        date_form=dates.form(t.joined, t.date_plain, reading.date_order),
        joined_blank=filled(t.joined).notnull() & joined.isnull(),
    )  # fmt: skip
    return computed_once(typed, f"typed_{raw.stored.stem}")
