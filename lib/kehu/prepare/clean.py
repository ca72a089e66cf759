"""Cleaning purchases and refunds: named rules in a stated order, every row in the books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import ibis
import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem, raise_all
from kehu.prepare import amounts, fields, ledger, reading, records, unreadable, words
from kehu.prepare.ledger import Rule
from kehu.prepare.records import Case, Records
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled

TABLE = "transactions"
RULES = (
    Rule("malformed_row", "quarantine"),
    Rule("blank_row", "quarantine"),
    Rule("total_row", "quarantine"),
    Rule("filled_down", "repair"),
    Rule("excluded_value", "quarantine"),
    Rule("missing_type", "quarantine"),
    Rule("unreadable_date", "quarantine"),
    Rule("unreadable_amount", "quarantine"),
    Rule("missing_customer", "quarantine"),
    Rule("shortened_id", "quarantine"),
    Rule("id_trimmed", "repair"),
    Rule("id_decimal", "repair"),
    Rule("order_filled", "repair"),
    Rule("amount_rounded", "repair"),
    Rule("quantity_blank", "repair"),
    Rule("goods_cost_blank", "repair"),
    Rule("discount_blank", "repair"),
    Rule("coupon_blank", "repair"),
    Rule("refund_signed", "repair"),
    Rule("goods_cost_signed", "repair"),
    Rule("after_analysis_date", "quarantine"),
    Rule("duplicate_row", "merge"),
    Rule("sign_conflict", "quarantine"),
    Rule("refund", "quarantine"),
    Rule("zero_amount", "quarantine"),
)
"""Every rule for transactions; a row leaves at the first that takes it."""


class Cleaned(Records):
    """Purchases and refunds after cleaning."""

    @property
    def transactions(self) -> Table:
        """The `transactions` table, in the engine."""
        return self.table


def transactions(
    raws: Sequence[Raw],
    *,
    analysis_date: str,
    refunds: Literal["net", "drop", "keep"] = "net",
    duplicates: Literal["drop", "keep"] = "drop",
    zero_amounts: Literal["keep", "drop"] = "keep",
    max_unreadable: float = 0.01,
) -> Cleaned:
    """Clean all files of purchases and refunds by the rules of `RULES`.

    Parameters
    ----------
    raws : sequence of Raw
        As read; files of other tables are left alone.
    analysis_date : str
        Last day observed, inclusive, "2026-09-30".
    refunds, duplicates, zero_amounts : str
        As in the params. With `refunds: net` refunds stay, as negative lines.
    max_unreadable : float
        Share of a file's rows, 0 to 1, that may have an unreadable date or amount.

    Returns
    -------
    Cleaned

    Raises
    ------
    KehuError
        KH-D06 dates of two readings, KH-D07 no row left, KH-D08 books that do not balance,
        KH-D09 and KH-D10 too many unreadable dates or amounts, KH-D14 several currencies,
        KH-D15 shortened ids. All files' problems at once.

    Notes
    -----
    A row equal in every column to an earlier one, of the same file or of another file with the
    same columns, is a duplicate. A line is a refund when its amount or quantity is negative; one
    with a negative quantity and a positive amount contradicts itself and is set aside. The cost
    of goods on a refund counts back: where the file has it positive, its sign is turned. So are
    amount and quantity of a row whose `transaction_type` says refund (`refund_signed`); a row
    whose type means `none` is set aside (`excluded_value`).
    """
    raws = [raw for raw in raws if raw.file.table == TABLE]
    columns = fields.of(TABLE)
    read = records.typed(raws, columns, max_unreadable)
    typed = ibis.union(*(_derived(table, raw) for raw, _, table in read))
    marked = _marked(records.with_repeats(typed, read, TABLE))
    off = {"refund": refunds != "drop", "zero_amount": zero_amounts != "drop"}
    off["duplicate_row"] = duplicates != "drop"
    rules = [rule for rule in RULES if not off.get(rule.name, False)]
    ruled = records.ruled(marked, _cases(marked, analysis_date), [rule.name for rule in rules])
    rows = records.kept_aside(ruled, raws, TABLE)
    unknown = words.problems(rows, raws, ["transaction_type"])
    raise_all([*unreadable.problems(rows, raws, columns, max_unreadable), *unknown])
    kept, aside = _kept(rows), _set_aside(rows, rules)
    books = records.books(TABLE, raws, rules, rows, aside, money=True)
    _refuse_nothing_left(books)
    return Cleaned(TABLE, kept, aside, books, rows, records.dates(kept, "date", rows))


def _derived(t: Table, raw: Raw) -> Table:
    """Add what follows from the values: order, amount, and the flags of repairs."""
    is_paid = "amount" in raw.file.mapped
    priced = t.quantity.cast(amounts.PRODUCT) * t.unit_price.cast(amounts.PRODUCT)
    exact = t.amount if is_paid else priced
    times = t.quantity_text.fill_null("") + " × " + t.unit_price_text.fill_null("")
    paid, quantity = exact.try_cast(amounts.MONEY), t.quantity.try_cast(amounts.MONEY)
    derived = t.mutate(
        order_id=ibis.coalesce(t.order_id, t.customer_id + "|" + t.date.strftime("%Y-%m-%d")),
        amount=paid,
        amount_text=t.amount_text if is_paid else times,
        quantity=quantity,
        type_missing=filled(t.transaction_type_text).isnull()
        & ibis.literal("transaction_type" in raw.file.mapped),
        order_filled=t.order_id.isnull() & ibis.literal("order_id" in raw.file.mapped),
        amount_rounded=t.amount_rounded | (exact != paid).fill_null(False),
        quantity_blank=t.quantity_unread | (t.quantity.notnull() & quantity.isnull()),
        goods_cost_blank=t.goods_cost_unread,
        discount_blank=t.discount_unread,
        coupon_blank=t.coupon_unread,
        overpaid=(paid.abs() - priced.abs()).cast("float64"),
    )
    unused = ("unit_price", "unit_price_text", "unit_price_unread", "amount_unread")
    return reading.computed_once(derived.drop(*unused), f"derived_{raw.stored.stem}")


def _marked(rows: Table) -> Table:
    """Add `is_refund`, and give all of a line the sign it must have: a sale's cost is above 0."""
    signed = (
        (rows.transaction_type == "refund") & ((rows.amount > 0) | (rows.quantity > 0))
    ).fill_null(False)
    turned = {n: ibis.ifelse(signed, -rows[n].abs(), rows[n]) for n in ("amount", "quantity")}
    rows = reading.computed_once(rows.mutate(refund_signed=signed, **turned), "signed_rows")
    negative = ((rows.amount < 0) | (rows.quantity < 0).fill_null(False)).fill_null(False)
    turned = ibis.ifelse(negative, rows.goods_cost > 0, rows.goods_cost < 0).fill_null(False)
    marked = rows.mutate(
        is_refund=negative,
        goods_cost_signed=turned,
        goods_cost=ibis.ifelse(turned, -rows.goods_cost, rows.goods_cost),
    )
    return reading.computed_once(marked, "marked_rows")


def _cases(t: Table, analysis_date: str) -> list[Case]:
    return [
        *records.first_cases(t),
        (t.transaction_type == words.SET_ASIDE, "excluded_value"),
        (t.type_missing, "missing_type"),
        (t.date.isnull(), "unreadable_date"),
        (t.amount.isnull(), "unreadable_amount"),
        (t.customer_id.isnull(), "missing_customer"),
        (t.shortened, "shortened_id"),
        (t.date >= records.day_after(analysis_date), "after_analysis_date"),
        (t.is_repeat, "duplicate_row"),
        ((t.quantity < 0) & (t.amount > 0), "sign_conflict"),
        (t.is_refund, "refund"),
        (t.amount == 0, "zero_amount"),
    ]


def _kept(rows: Table) -> Table:
    kept = rows.filter(rows.rule.isnull())
    return kept.select(
        "customer_id", "order_id", "date", "amount", "quantity", "goods_cost", "discount", "coupon",
        "product_id", "product", "category", "channel", "is_refund", "source", "row",
    )  # fmt: skip


def _set_aside(rows: Table, rules: Sequence[Rule]) -> Table:
    said = {
        "customer_text": rows.customer_id_text,
        "order_id": rows.order_id,
        "date_text": rows.date_text,
        "amount_text": rows.amount_text,
        "amount": rows.amount,
        "cell_text": ibis.ifelse(
            rows.rule == "excluded_value", rows.transaction_type_text, ibis.null("string")
        ),
    }
    return records.set_aside(TABLE, rows, rules, said)


def _refuse_nothing_left(books: pd.DataFrame) -> None:
    if ledger.totals(books)["rows_kept"]:
        return
    gone = books["rows_quarantined"] + books["rows_merged"]
    by_rule = gone.groupby(books["rule"], sort=False).sum()
    reasons = ", ".join(f"{rule} {n:,}" for rule, n in by_rule.items() if n)
    what = f"no row is left of {ledger.totals(books)['rows_in']:,}: {reasons}."
    remedy = "Check `columns`, `analysis_date` and the files."
    raise KehuError(Problem("KH-D07", TABLE, what, remedy))
