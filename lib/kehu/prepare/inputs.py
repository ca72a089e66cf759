"""The client's other tables: each read, cleaned and booked in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import BooleanValue, Table, Value

from kehu import engine, tables
from kehu.errors import KehuError, Problem, raise_all
from kehu.prepare import fields, reading, records, scales, unreadable, words
from kehu.prepare.fields import Field
from kehu.prepare.ledger import TOUCHES, Rule
from kehu.prepare.records import Records
from kehu.prepare.sources import Raw
from kehu.prepare.treatments import TREATMENTS
from kehu.store import Run

_COLUMN = {
    "missing_customer": "customer_id",
    "missing_referred": "referred_id",
    "unreadable_weight": "survey_weight",
}
"""Rules that are not called by the name of the column they look at."""


def clean(
    raws: Sequence[Raw],
    *,
    analysis_date: str,
    duplicates: Literal["drop", "keep"] = "drop",
    max_unreadable: float = 0.01,
) -> list[Records]:
    """Clean all tables that the client gives besides transactions and customers.

    Parameters
    ----------
    raws : sequence of Raw
        As read; files of transactions and customers are left alone.
    analysis_date : str
        Last day observed, inclusive, "2026-09-30".
    duplicates : {'drop', 'keep'}
        Whether rows equal in every column to an earlier row are merged, in files with dates.
    max_unreadable : float
        Share of a file's rows, 0 to 1, that may have an unreadable date, number or answer.

    Returns
    -------
    list of Records
        One for each table with a file, in the order of the params; customers who are not in the
        customer base stay.

    Raises
    ------
    KehuError
        KH-D06 to KH-D10, KH-D14, KH-D15: the problems of all tables at once.

    Notes
    -----
    A date after the analysis date on which a matter was settled or a payment made was not known
    then: it becomes blank (`closed_later`, `paid_later`). So does the end of a matter that lies
    before its beginning (`closed_early`); where only its day is known, and that is the day of the
    beginning, the two are taken as one (`closed_day`).
    """
    found: list[Records] = []
    problems: list[Problem] = []
    for table in TREATMENTS:
        mine = [raw for raw in raws if raw.file.table == table]
        try:
            if mine:
                found.append(_cleaned(table, mine, analysis_date, duplicates, max_unreadable))
        except KehuError as error:
            problems += error.problems
    raise_all(problems)
    return found


def _cleaned(
    table: str, raws: Sequence[Raw], analysis_date: str, duplicates: str, max_unreadable: float
) -> Records:
    treatment, columns = TREATMENTS[table], fields.of(table)
    more = scales.with_answers if table in scales.LABELS else None
    read = records.typed(raws, columns, max_unreadable, more)
    typed = ibis.union(*(_weighted(t, raw) for raw, _, t in read))
    marked = _marked(records.with_repeats(typed, read, table), table, analysis_date)
    dated = [raw.file.name for raw in raws if _tells_records_apart(table, raw)]
    rules = treatment.rules(duplicates=duplicates == "drop" and bool(dated))
    met = _conditions(marked, treatment.dated, dated, analysis_date)
    cases = [
        (_met(rule.name, met, marked), rule.name) for rule in rules if rule.effect not in TOUCHES
    ]
    rows = records.kept_aside(
        records.ruled(marked, cases, [rule.name for rule in rules]), raws, table
    )
    raise_all(_problems(table, rows, raws, columns, max_unreadable))
    return _booked(table, rows, raws, rules)


def _tells_records_apart(table: str, raw: Raw) -> bool:
    """Whether equal rows are one record: they have a day, and say whose they are if rows can."""
    named = "customer_id" in fields.names(fields.of(table), "id")
    whose = not named or table == "costs" or "customer_id" in raw.file.mapped
    return whose and TREATMENTS[table].dated in raw.file.given


def _weighted(t: Table, raw: Raw) -> Table:
    """Give each answer of a survey without weights the weight 1."""
    if raw.file.table != "surveys" or "survey_weight" in raw.file.given:
        return t
    return t.mutate(survey_weight=ibis.literal("1").cast("float64"))


def _marked(rows: Table, table: str, analysis_date: str) -> Table:
    """Add the flags of what is mended, and mend it."""
    blank = [n for n in rows.columns if n.endswith("_unread")]
    flags: dict[str, Value] = {f"{n.removesuffix('_unread')}_blank": rows[n] for n in blank}
    if table == "interactions":
        flags |= _closed(rows, analysis_date)
    if table == "payments":
        later = (rows.paid.cast("timestamp") >= records.day_after(analysis_date)).fill_null(False)
        flags |= {"paid_later": later, "paid": ibis.ifelse(later, ibis.null("date"), rows.paid)}
    return reading.computed_once(rows.mutate(**flags), f"marked_{table}")


def _closed(rows: Table, analysis_date: str) -> dict[str, Value]:
    """Mend the time of closing: not known yet, before the beginning, or a day without a clock."""
    later = rows.closed >= records.day_after(analysis_date)
    before = rows.closed < rows.date
    # A closing written without a clock time reads as midnight, before anything of that day.
    day = before & (rows.closed == rows.date.truncate("D"))
    cases = [(later | (before & ~day), ibis.null("timestamp")), (day, rows.date)]
    flags = {"closed_later": later, "closed_early": before & ~day, "closed_day": day}
    flags = {name: flag.fill_null(False) for name, flag in flags.items()}
    return flags | {"closed": ibis.cases(*cases, else_=rows.closed)}


def _conditions(
    t: Table, dated: str, files: Sequence[str], analysis_date: str
) -> dict[str, BooleanValue]:
    """Say which rows the rules meet that look at more than one column's blank.

    Parameters
    ----------
    t : ibis Table
        Marked rows of one table.
    dated : str
        Column that places a row in time.
    files : sequence of str
        Files whose rows have a day and a customer: in the others, equal rows may be two records.
    analysis_date : str
        Last day observed.
    """
    met = {
        "malformed_row": t.malformed.notnull(),
        "blank_row": t["_blank"],
        "total_row": t["_total"],
        "shortened_id": t.shortened,
        "after_analysis_date": t[dated].cast("timestamp") >= records.day_after(analysis_date),
        "duplicate_row": t.is_repeat & t.source.isin(files),
    }
    if "off_scale" in t.columns:
        met["out_of_scale"] = scales.first_off_scale(t).notnull()
        met["missing_mark"] = ~t.has_answer
        met["missing_question"] = met["missing_criterion"] = ~t.has_label
    for word in set(t.columns) & {"interaction", "cost"}:
        met["excluded_value"] = t[word] == words.SET_ASIDE
    for until in set(t.columns) & {"paid", "end"}:
        met[f"unreadable_{until}"] = t[f"{until}_unread"]
    if "end" in t.columns:
        met["end_before_start"] = t.end < t.start
    if "referred_id" in t.columns:
        met["self_referral"] = t.customer_id == t.referred_id
    return met


def _met(rule: str, met: Mapping[str, BooleanValue], t: Table) -> BooleanValue:
    return met[rule] if rule in met else t[_looked_at(rule)].isnull()


def _looked_at(rule: str) -> str:
    """Return the column that a rule is named after."""
    return _COLUMN.get(rule, rule.removeprefix("missing_").removeprefix("unreadable_"))


def _problems(
    table: str, rows: Table, raws: Sequence[Raw], columns: Sequence[Field], max_unreadable: float
) -> list[Problem]:
    coded = fields.names(columns, "word", "truth")
    found = [
        *unreadable.problems(rows, raws, columns, max_unreadable),
        *words.problems(rows, raws, coded),
    ]
    if table in scales.LABELS:
        found += scales.problems(rows, raws, max_unreadable)
    return found


def _booked(table: str, rows: Table, raws: Sequence[Raw], rules: Sequence[Rule]) -> Records:
    contract, dated = tables.contract(table), TREATMENTS[table].dated
    good = rows.filter(rows.rule.isnull())
    if table in scales.LABELS:
        kept = scales.spread(good, raws, contract.columns)
    else:
        kept = good.select(*contract.columns)
    aside = records.set_aside(table, rows, rules, _said(rows, rules, dated))
    money = "amount" in contract.columns
    books = records.books(table, raws, rules, rows, aside, money=money)
    return Records(table, kept, aside, books, rows, records.dates(good, dated, rows))


def _said(rows: Table, rules: Sequence[Rule], dated: str) -> dict[str, Value]:
    """Quote the file: whose row, when, how much, and the cell that the rule objects to."""
    quoted = {
        "customer_text": "customer_id_text", "date_text": f"{dated}_text",
        "amount_text": "amount_text", "order_id": "order_id", "amount": "amount",
    }  # fmt: skip
    said = {name: rows[column] for name, column in quoted.items() if column in rows.columns}
    cells = {"shortened_id": "id_text", "end_before_start": "end_text",
             "self_referral": "referred_id_text"}  # fmt: skip
    cases = []
    for rule in rules:
        column = cells.get(rule.name, f"{_looked_at(rule.name)}_text")
        if rule.name == "excluded_value":
            column = "interaction_text" if "interaction" in rows.columns else "cost_text"
        if column in rows.columns:
            cases.append((rows.rule == rule.name, rows[column]))
    if "off_scale" in rows.columns:
        cases.append((rows.rule == "out_of_scale", scales.first_off_scale(rows)))
    return said | ({"cell_text": ibis.cases(*cases, else_=ibis.null("string"))} if cases else {})


def write(run: Run, backend: Backend, found: Sequence[Records]) -> None:
    """Store the tables, and remove those of an earlier run whose sources are gone.

    Raises
    ------
    KehuError
        KH-T01: a contract is broken. KH-S01: a file cannot be written.
    """
    for one in found:
        engine.write_table(run, backend, one.name, one.table)
    for table in TREATMENTS.keys() - {one.name for one in found}:
        if run.has(table):
            run.unfinish()
            run.table_path(table).unlink()
