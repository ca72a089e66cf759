"""A history cut for the back-test, and once more within its past for the look-up forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError
from kehu.value import occasions
from kehu.value.clv import lookup
from kehu.value.holdout import Split, split
from kehu.value.summary import summary


@dataclass(frozen=True)
class Span:
    """How a history is measured and cut.

    Parameters
    ----------
    analysis_date : str
        Last day observed, inclusive, ISO.
    time_unit : {'day', 'week', 'month', 'quarter', 'year'}
    refunds : {'net', 'drop', 'keep'}
        See `kehu.value.summary.purchase_days`.
    calibration_end : str, optional
        Last day that a method may see in the back-test; left out, two thirds of the history.
    """

    analysis_date: str
    time_unit: str
    refunds: str = "net"
    calibration_end: str | None = None


@dataclass(frozen=True)
class History:
    """A history summed up, and what of it can be used to prove a forecast.

    Parameters
    ----------
    summary : pandas.DataFrame
        Contract `summary`, all customers up to the analysis date.
    split : Split or None
        Calibration and hold-out; None where the history is too short to be cut, or nobody bought
        in the hold-out.
    inner : Split or None
        The calibration cut the same way once more; None where it is too short for that.
    problem : str
        Why there is no split; empty where there is one.
    span : Span
    relationship : str
        See `history`.
    holdings : ibis Table or None
        Contract `holdings`, where customers have contracts.
    """

    summary: pd.DataFrame
    split: Split | None
    inner: Split | None
    problem: str
    span: Span
    relationship: str = "noncontractual"
    holdings: Table | None = None


def history(
    transactions: Table,
    span: Span,
    relationship: str = "noncontractual",
    holdings: Table | None = None,
) -> History:
    """Sum up a history, cut it into calibration and hold-out, and the calibration likewise.

    Parameters
    ----------
    transactions : ibis Table
        Contract `transactions`.
    span : Span
    relationship : {'noncontractual', 'occasions', 'contractual'}
        `occasions`: customers buy at most once per time unit, and everything is counted in whole
        calendar periods; see `kehu.value.occasions`. `contractual`: leaving is seen in `holdings`;
        nothing is cut here, see `kehu.value.contract_value`.
    holdings : ibis Table, optional
        Contract `holdings`.

    Returns
    -------
    History
        The inner cut sees nothing after the calibration's end.

    Raises
    ------
    KehuError
        KH-D11: nobody bought anything up to the analysis date.
    """
    if relationship == "occasions":
        return _of_occasions(transactions, span)
    whole = summary(transactions, span.analysis_date, span.time_unit, span.refunds)
    if relationship == "contractual":
        return History(whole, None, None, "", span, relationship, holdings)

    def cut(last: str, calibration_end: str | None) -> Split:
        return split(transactions, last, span.time_unit, span.refunds, calibration_end)

    return _cut_twice(whole, span, cut, relationship)


def _of_occasions(transactions: Table, span: Span) -> History:
    until = date.fromisoformat(span.analysis_date)
    bought = occasions.occasions(transactions, span.time_unit, span.refunds, until)
    how = (transactions, bought, span.time_unit, span.refunds)

    def cut(last: str, calibration_end: str | None) -> Split:
        return occasions.split(*how, date.fromisoformat(last), calibration_end)

    return _cut_twice(occasions.in_periods(*how, until), span, cut, "occasions")


def _cut_twice(
    whole: pd.DataFrame, span: Span, cut: Callable[[str, str | None], Split], kind: str
) -> History:
    """Cut at the calibration's end, and once more before it; say why where that cannot be."""
    try:
        outer = cut(span.analysis_date, span.calibration_end)
    except KehuError as error:
        if span.calibration_end is not None:
            raise
        return History(whole, None, None, " ".join(p.what for p in error.problems), span, kind)
    if not outer.holdout["holdout_purchases"].sum():
        what = f"none of {len(outer.holdout):,} customers bought in the hold-out."
        return History(whole, None, None, what, span, kind)
    try:
        inner = cut(outer.calibration_end, None)
    except KehuError:
        return History(whole, outer, None, "", span, kind)
    return History(whole, outer, inner, "", span, kind)


def counted(past: Split, time_unit: str) -> lookup.Lookup:
    """Count what the customers of a calibration did in its hold-out.

    Parameters
    ----------
    past : Split
    time_unit : str
        Unit of its times.

    Returns
    -------
    Lookup
    """
    both = past.calibration.merge(past.holdout, on="customer_id", validate="1:1")
    x, t_x, T = both[["frequency", "recency", "T"]].to_numpy(dtype=float).T
    return lookup.fit(x, t_x, T, both["holdout_purchases"], past.units, time_unit=time_unit)
