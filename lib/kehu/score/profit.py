"""What each customer leaves: revenue less the costs that are the customer's, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from ibis.expr.types import Table

from kehu.errors import KehuError, Problem
from kehu.params_costs import Costing
from kehu.score import charges
from kehu.score.allocate import RESOLUTION
from kehu.score.charges import Base, Charge
from kehu.score.costing import (
    SCALE,
    Period,
    campaign_contacts,
    contacts,
    cost_sums,
    counted,
    in_units,
    is_acquisition,
    period,
    sales,
    unused,
)

SHARES = ("goods", "service", "marketing", "other")
"""Kinds of cost that customers bear; acquisition is set against new customers instead."""


@dataclass(frozen=True)
class Profit:
    """Contribution of every customer, and the books that prove it.

    Parameters
    ----------
    table : pandas.DataFrame
        Contract `profit`, by customer number.
    activity : pandas.DataFrame
        What caused it, in the order of `table`: `customer_id`; `sold` before refunds and
        `refunded` (currency); `orders, lines, contacts, campaign_contacts` of the period.
    books : pandas.DataFrame
        One row for revenue and for each kind of cost: `cost`, `rows` (of the table `costs`),
        `amount` = `direct` + `allocated` + `unallocated` + `set_aside` (Decimal, currency),
        `driver` and `driver_used` (blank: nothing was common), `notes` (codes, comma separated).
    period : Period
        Days costed.
    outside_rows, outside_amount : int, Decimal
        Cost rows outside the period, not used, and their sum in currency; acquisition apart.
    """

    table: pd.DataFrame
    activity: pd.DataFrame
    books: pd.DataFrame
    period: Period
    outside_rows: int
    outside_amount: Decimal

    @property
    def costs_given(self) -> bool:
        """Whether any cost is known; without one, contribution is margin times revenue."""
        known = ~self.books["cost"].isin(["revenue", "acquisition"])
        by_margin = self.books["notes"].fillna("") == "goods_margin"
        return bool((known & ~by_margin & (self.books["amount"] != 0)).any())

    @property
    def rate(self) -> float | None:
        """Contribution as a share of revenue over all customers; None without revenue."""
        revenue, left = (in_units(self.table[c]).sum() for c in ("revenue", "contribution"))
        return float(left / revenue) if revenue > 0 else None

    def unaccounted(self, costs: Table) -> dict[str, Decimal]:
        """Compare what customers and nobody bear with the books and with the client's costs.

        Parameters
        ----------
        costs : ibis Table
            Contract `costs`, as the client gave it.

        Returns
        -------
        dict
            `<kind>` of `SHARES` to what the column of `table`, and what no customer bears, leave of
            the books' amount; `costs: <kind>`, for kinds that stand in `costs` alone, to what the
            books leave of its rows in the period. All are 0, in currency, unless money was lost.
        """
        books = self.books.set_index("cost")
        left = {
            kind: row["amount"] - row["unallocated"] - row["set_aside"]
            - _decimal(int(in_units(self.table[f"{kind}_share"]).sum()))
            for kind, row in books.loc[list(SHARES)].iterrows()
        }  # fmt: skip
        sums = self.period.of(costs).group_by("cost").aggregate(amount=lambda t: t.amount.sum())
        given = dict(sums.execute().itertuples(index=False))
        nothing = Decimal(0)
        return left | {
            f"costs: {kind}": given.get(kind, nothing) - books.at[kind, "amount"]
            for kind in ("service", "other")
        }


def profit(
    transactions: Table,
    costs: Table,
    interactions: Table,
    campaigns: Table,
    customers: Iterable[str],
    *,
    how: Mapping[str, Any],
    analysis_date: str,
    refunds: str,
    margin: float,
    currency_digits: int,
) -> Profit:
    """Charge revenue and cost of the costing period to customers.

    Parameters
    ----------
    transactions, costs, interactions, campaigns : ibis Table
        Contracts of those names; the last three may be empty. Lines may have `goods_cost`.
    customers : iterable of str
        Those of `summary`.
    how : mapping
        Parameter `costing`; what is left out takes its default.
    analysis_date : str
        Last day costed, inclusive, ISO.
    refunds : {'net', 'drop', 'keep'}
        `net` and `keep`: refunds reduce revenue; `drop`: they are left out.
    margin : float
        Share of revenue left after the goods, 0…1; used where nothing gives the cost of goods.
    currency_digits : int
        Decimals of the currency, 0…4.

    Returns
    -------
    Profit

    Raises
    ------
    KehuError
        KH-D11: there are no customers.
    ValueError
        A parameter out of its range, or a customer number twice.

    Notes
    -----
    Contribution = revenue - goods - service - marketing - other. A cost with a customer number is
    that customer's; common cost is allocated by its driver, exactly (`allocate`). The cost of
    acquisition is not charged to those who are customers already: it belongs to the decision to
    win them, and is set against what new customers bring (`acquisition`). What people cause who
    never bought is shown as belonging to no customer. Per kind, what customers bear and what
    nobody bears add up to the books.

    References
    ----------
    Kaplan, Narayanan (2001), "Measuring and Managing Customer Profitability", Journal of Cost
    Management 15(5).
    """
    if not 0 <= margin <= 1:
        raise ValueError(f"margin must be 0…1, got {margin}")
    if not 0 <= currency_digits <= RESOLUTION:
        raise ValueError(f"currency_digits must be 0…{RESOLUTION}, got {currency_digits}")
    spec, ids = Costing.of(how), _index(customers)
    days = period(analysis_date, spec.months)
    sold, asked, reached = _aligned(
        ids,
        sales(counted(days.of(transactions), refunds)),
        contacts(days.of(interactions)),
        campaign_contacts(days.of(campaigns)),
    )
    base = Base(ids, _drivers(sold, asked, reached), currency_digits)
    made = _charges(cost_sums(days.of(costs)), base, sold, reached["amount"], spec, margin)
    served = costs.filter(~is_acquisition(costs, spec.acquisition_includes_marketing))
    rows, amount = unused(served, days)
    return Profit(
        table=_table(base, sold, made),
        activity=_activity(base, sold),
        books=_books(base, sold, made),
        period=days,
        outside_rows=rows,
        outside_amount=_decimal(amount),
    )


def _index(customers: Iterable[str]) -> pd.Index:
    found = pd.Index(list(customers), dtype="str").sort_values()
    if found.empty:
        raise KehuError(Problem("KH-D11", "summary", "there are no customers to cost."))
    if not found.is_unique:
        raise ValueError(f"customer {found[found.duplicated()][0]} is given twice")
    return found


def _aligned(ids: pd.Index, *frames: pd.DataFrame) -> list[pd.DataFrame]:
    """Put all frames in one order: the customers, then the others by number; 0 where absent."""
    others = pd.concat([frame[[]] for frame in frames]).index.unique().difference(ids)
    everyone = ids.append(others.astype(ids.dtype))
    return [frame.reindex(everyone, fill_value=0) for frame in frames]


def _drivers(
    sold: pd.DataFrame, asked: pd.DataFrame, reached: pd.DataFrame
) -> dict[str, pd.Series]:
    """Return the weights of each driver; a customer whose refunds exceed sales has revenue 0."""
    return {
        "contacts": asked["contacts"],
        "campaign_contacts": reached["contacts"],
        "orders": sold["orders"],
        "lines": sold["lines"],
        "revenue": sold["revenue"].clip(lower=0),
        "customers": (sold["lines"] > 0).astype("int64"),
    }


def _charges(
    sums: pd.DataFrame,
    base: Base,
    sold: pd.DataFrame,
    spent: pd.Series,
    spec: Costing,
    margin: float,
) -> list[Charge]:
    """Charge each kind of cost, in the order of the statement."""
    by = spec.marketing_driver
    by_campaign = "campaign_contacts" if by == "contacts" else by
    to_cac = spec.acquisition_includes_marketing
    return [
        *charges.goods(sums, base, sold, spec.goods_driver, margin),
        charges.common("service", sums, base, spec.service_driver),
        charges.marketing(sums, base, spent, by_campaign, to_cac),
        charges.common("other", sums, base, spec.other_driver),
        charges.set_aside("acquisition", sums, base, "to_cac"),
    ]


def _table(base: Base, sold: pd.DataFrame, made: list[Charge]) -> pd.DataFrame:
    revenue = base.own(sold["revenue"])
    borne = {charge.kind: charge.share for charge in made if charge.kind in SHARES}
    left = revenue - sum(borne.values())
    columns = {"revenue": revenue, **{f"{k}_share": borne[k] for k in SHARES}, "contribution": left}
    table = pd.DataFrame({name: units / SCALE for name, units in columns.items()})
    return table.rename_axis("customer_id").reset_index()


def _activity(base: Base, sold: pd.DataFrame) -> pd.DataFrame:
    refunded = sold["sold"] - sold["revenue"]
    money = {"sold": base.own(sold["sold"]) / SCALE, "refunded": base.own(refunded) / SCALE}
    names = ("orders", "lines", "contacts", "campaign_contacts")
    counts = {name: base.own(base.drivers[name]) for name in names}
    return pd.DataFrame({**money, **counts}).rename_axis("customer_id").reset_index()


def _books(base: Base, sold: pd.DataFrame, made: list[Charge]) -> pd.DataFrame:
    revenue = Charge(
        "revenue", 0, int(sold["revenue"].sum()), base.own(sold["revenue"]), base.nothing()
    )
    return pd.DataFrame([_entry(charge) for charge in (revenue, *made)])


def _entry(charge: Charge) -> dict[str, Any]:
    return {
        "cost": charge.kind,
        "rows": charge.rows,
        "amount": _decimal(charge.amount),
        "direct": _decimal(int(charge.direct.sum())),
        "allocated": _decimal(int(charge.allocated.sum())),
        "unallocated": _decimal(charge.unallocated),
        "set_aside": _decimal(charge.set_aside),
        "driver": charge.driver or None,
        "driver_used": charge.driver_used or None,
        "notes": ",".join(charge.notes) or None,
    }


def _decimal(units: int) -> Decimal:
    return Decimal(units).scaleb(-RESOLUTION)
