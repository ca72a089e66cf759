"""Texts to values: what the data of a file decide, and its columns read accordingly."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from kehu.errors import Problem
from kehu.prepare import amounts, dates, fields, ids, words
from kehu.prepare.fields import Field
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled

More = Callable[[Raw, Table], tuple[Table, Sequence[str]]]
"""Adds columns to a file's rows as text, and names them."""

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
    id_decimals : frozenset of str
        Columns of customers' numbers that end in `.0` throughout.
    zone : str or None
        Whose clock counts for times with an offset or since 1970.
    part : str
        Which part of the file is used, see `SourceFile.another_part`.
    """

    rows: int
    date_order: str | None
    commas: frozenset[str]
    id_decimals: frozenset[str]
    zone: str | None
    part: str

    @property
    def way(self) -> str:
        """What was decided, as one text: rows read in the same way can be compared."""
        decided = (self.date_order, sorted(self.commas), sorted(self.id_decimals), self.zone,
                   self.part)  # fmt: skip
        return " ".join(map(str, decided))


def decide(
    raw: Raw, columns: Sequence[Field], max_unreadable: float
) -> tuple[Reading, list[Problem]]:
    """Let a file's data decide between readings, in one pass.

    Parameters
    ----------
    raw : Raw
        The file as read.
    columns : sequence of Field
        Its columns; those the file does not have are passed over.
    max_unreadable : float
        Share of rows, 0 to 1, that may contradict the rest.

    Returns
    -------
    Reading, list of Problem
        KH-D06 dates that can be read in two ways, KH-D14 amounts in several currencies.
    """
    table = raw.table.filter(
        raw.table.malformed.isnull() & ~raw.table["_blank"] & ~raw.table["_total"]
    )
    asked = {f.name: _evidence(f, table) for f in columns if f.name in raw.file.given}
    flat = {f"{c}.{k}": v for c, found in asked.items() for k, v in found.items()}
    row = table.aggregate(rows=table.count(), **flat).execute().iloc[0].to_dict()
    found = {c: {k: row[f"{c}.{k}"] for k in keys} for c, keys in asked.items()}
    given, dated = raw.file.spec.date_order, fields.names(columns, *fields.DATES)
    together = dates.joined([found[n] for n in dated if n in found])
    numbers = [n for n in fields.names(columns, *fields.NUMBERS) if n in found]
    reading = Reading(
        rows=int(row["rows"]),
        date_order=dates.decided(together, given) if together else given,
        commas=frozenset(n for n in numbers if amounts.decimal_comma(found[n])),
        id_decimals=frozenset(
            n for n in fields.names(columns, "id") if n in found and ids.has_decimals(found[n])
        ),
        zone=raw.file.spec.timezone,
        part=raw.file.another_part,
    )
    allowed = max_unreadable * reading.rows
    unclear = [*_two_orders(raw, dated, found, allowed), *_without_zone(raw, dated, found)]
    return reading, [*unclear, *_currencies(raw, columns, found)]


def _evidence(field: Field, table: Table) -> dict[str, Any]:
    text = table[field.name]
    if field.kind == "id":
        return ids.evidence(text)
    if field.kind in fields.DATES:
        return dates.evidence(text)
    return amounts.evidence(text) if field.kind in fields.NUMBERS else {}


def _two_orders(
    raw: Raw, dated: Sequence[str], found: Mapping[str, Mapping[str, Any]], allowed: float
) -> list[Problem]:
    """Refuse dates that neither the params nor any date column of the file decide."""
    columns = [n for n in dated if n in found and found[n]["year_last"]]
    together = dates.joined([found[n] for n in columns])
    if not together:
        return []
    shown = "`, `".join(raw.file.mapped.get(n, n) for n in columns)
    given = raw.file.spec.date_order
    unclear = dates.ambiguity(raw.file.name, shown, together, given, allowed)
    return [unclear] if unclear else []


def _without_zone(
    raw: Raw, dated: Sequence[str], found: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    places = [(raw.file.mapped.get(n, n), found[n]) for n in dated if n in found]
    unclear = [
        dates.without_zone(raw.file.name, column, each, raw.file.spec.timezone)
        for column, each in places
    ]
    return [problem for problem in unclear if problem]


def _currencies(
    raw: Raw, columns: Sequence[Field], found: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    problems = []
    for name in fields.names(columns, "exact", "money"):
        signs = found[name]["signs"] if name in found else None
        if signs is not None and len(signs) > 1:
            column = raw.file.mapped.get(name, name)
            what = f"the column `{column}` holds {' and '.join(sorted(signs))}."
            remedy = "Give one file per currency, or amounts converted to one."
            problems.append(Problem("KH-D14", raw.file.name, what, remedy))
    return problems


def typed(
    raw: Raw, reading: Reading, order: int, columns: Sequence[Field], more: More | None = None
) -> Table:
    """Read the columns of a file.

    Parameters
    ----------
    raw : Raw
        The file as read.
    reading : Reading
        What its data decided.
    order : int
        Place of the file among all, from 0: an earlier row is one of an earlier file, or above.
    columns : sequence of Field
        The table's columns; blank where the file does not have one.
    more : callable, optional
        Adds further columns to the file's rows.

    Returns
    -------
    ibis Table
        One row per data row: `source`, `row`, `malformed`, `_blank`, `_total`, `file`, each column
        under its name (blank where unreadable), `<name>_text` as it stands in the file,
        `<name>_unread`
        (filled, and not to be read), `date_form` of the first date column, and the flags
        `shortened` (with `id_text`), `id_trimmed`, `id_decimal`, `amount_rounded`, `open_date`.
    """
    t = _texts(raw, columns)
    t, added = more(raw, t) if more else (t, ())
    values: dict[str, Value] = {}
    for field in columns:
        values |= _values(field, t, raw, reading)
    dated = fields.names(columns, *fields.DATES)[:1]
    form = dates.form(t[dated[0]], t[f"{dated[0]}_plain"], reading.date_order) if dated else None
    read = t.select(
        "source", "row", "malformed", "_blank", "_total", *added,
        file=ibis.literal(order, "int64"),
        **values,
        **_flags(t, columns, reading),
        date_form=ibis.null(_TEXT) if form is None else form,
    )  # fmt: skip
    return computed_once(read, f"typed_{raw.stored.stem}")


def _texts(raw: Raw, columns: Sequence[Field]) -> Table:
    """Add missing columns as blanks, and each text in the form its reader wants it."""
    absent = [f.name for f in columns if f.name not in raw.file.given]
    t = raw.table.mutate(**{n: ibis.null(_TEXT) for n in absent})
    t = t.mutate(
        **{f"{n}_bare": filled(t[n]) for n in fields.names(columns, *fields.IDS)},
        **{f"{n}_plain": dates.plain(t[n]) for n in fields.names(columns, *fields.DATES)},
        **{f"{n}_bare": amounts.bare(t[n]) for n in fields.names(columns, *fields.NUMBERS)},
        **{f"{n}_bare": words.compared(t[n]) for n in fields.names(columns, "word", "truth")},
    )
    return computed_once(t, f"texts_{raw.stored.stem}")


def _values(field: Field, t: Table, raw: Raw, reading: Reading) -> dict[str, Value]:
    """Read one column: its value, its text, and whether it could not be read."""
    name, text = field.name, t[field.name]
    if field.kind == "text":
        return {name: filled(text)}
    if field.kind in fields.IDS:
        return {name: ids.parsed(t[f"{name}_bare"], name in reading.id_decimals),
                f"{name}_text": text}  # fmt: skip
    if field.kind in fields.DATES:
        return _date(field, t, reading)
    if field.kind in fields.NUMBERS:
        value = _number(field, t, reading)
    else:
        value = words.read(t[f"{name}_bare"], words.meanings(raw, name))
        value = value == "yes" if field.kind == "truth" else value
    return {name: value, f"{name}_text": text,
            f"{name}_unread": _is_lost(filled(text), value)}  # fmt: skip


def _is_lost(text: Value, value: Value) -> BooleanValue:
    return text.notnull() & value.isnull()


def _date(field: Field, t: Table, reading: Reading) -> dict[str, Value]:
    name, text, normal = field.name, t[field.name], t[f"{field.name}_plain"]
    value = dates.parsed(text, normal, reading.date_order, reading.zone)
    if field.coarse:
        value = ibis.coalesce(value, dates.first_days(normal))
    lost = _is_lost(filled(text), value)
    if field.may_be_open:
        lost = lost & ~dates.is_never(normal)
    value = value.date() if field.kind == "date" else value
    return {name: value, f"{name}_text": text, f"{name}_unread": lost}


def _number(field: Field, t: Table, reading: Reading) -> Value:
    text, short = t[field.name], t[f"{field.name}_bare"]
    comma = field.name in reading.commas
    if field.kind == "number":
        value = amounts.real(text, short, comma)
    else:
        value = amounts.parsed(text, short, comma)
    if field.kind == "money":
        value = value.try_cast(amounts.MONEY)
    if field.least is not None:
        value = ibis.ifelse(value >= field.least, value, ibis.null(value.type()))
    return value


def _flags(t: Table, columns: Sequence[Field], reading: Reading) -> dict[str, Value]:
    """Tell what was wrong with numbers of customers and orders, and with amounts and dates."""
    numbered = fields.names(columns, *fields.IDS)
    shortened = [ids.is_shortened(t[f"{n}_bare"]) for n in numbered]
    trimmed = [ids.differs(t[f"{n}_bare"], t[n]) for n in numbered]
    decimals = [
        ids.differs(ids.parsed(t[f"{n}_bare"], n in reading.id_decimals), t[f"{n}_bare"])
        for n in fields.names(columns, "id")
    ]
    noisy = [
        amounts.has_more_decimals(t[n], n in reading.commas).fill_null(False)
        for n in fields.names(columns, "exact", "money")
    ]
    never = [dates.is_never(t[f"{f.name}_plain"]) for f in columns if f.may_be_open]
    texts = [(short, t[n]) for n, short in zip(numbered, shortened, strict=True)]
    found = ibis.cases(*texts, else_=ibis.null(_TEXT)) if texts else ibis.null(_TEXT)
    flags = {"filled_down": [t["_filled"]], "shortened": shortened, "id_trimmed": trimmed,
             "id_decimal": decimals, "amount_rounded": noisy, "open_date": never}  # fmt: skip
    return {name: any_of(each) for name, each in flags.items()} | {"id_text": found}


def any_of(flags: Sequence[BooleanValue]) -> BooleanValue:
    """Whether any of the flags is set; with none, no."""
    return functools.reduce(operator.or_, flags, ibis.literal(False))


def computed_once(table: Table, name: str) -> Table:
    """Keep the engine from writing out a column's formula wherever the column is used."""
    return table.get_backend().create_view(name, table, overwrite=True)
