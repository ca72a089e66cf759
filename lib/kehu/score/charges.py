"""Who bears a cost: what is booked to a customer, what a driver allocates, what nobody bears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from kehu.score.allocate import RESOLUTION, allocate

FALLBACK = ("orders", "customers")
"""Drivers used, in this order, where the one asked for is 0 for everybody."""


@dataclass(frozen=True)
class Charge:
    """One kind of cost in the period and who bears it; money in ten-thousandths.

    Parameters
    ----------
    kind : str
        `goods`, `service`, `marketing`, `other`, `acquisition`; `goods_ledger` for goods rows of
        `costs` that are not used because the lines give the cost.
    rows : int
        Rows of `costs`.
    amount : int
        All of it; what is neither `direct` nor `allocated` nor `set_aside` belongs to no customer.
    direct, allocated : pandas.Series of int, length n
        By customer: booked to the customer, and the share of what is common.
    set_aside : int
        Not a cost of serving these customers.
    driver, driver_used : str
        Asked for and used; empty where nothing was common.
    notes : tuple of str
        What a reader should know: `costing_note` of the catalogue.
    """

    kind: str
    rows: int
    amount: int
    direct: pd.Series
    allocated: pd.Series
    set_aside: int = 0
    driver: str = ""
    driver_used: str = ""
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> pd.Series:
        """What each customer bears."""
        return self.direct + self.allocated

    @property
    def unallocated(self) -> int:
        """What belongs to no customer."""
        return int(self.amount - self.share.sum() - self.set_aside)


@dataclass(frozen=True)
class Base:
    """Those who may bear costs, and the drivers.

    Parameters
    ----------
    customers : pandas.Index
        Customer numbers, ascending.
    drivers : mapping
        Name to weights, whole and 0 or more: of the customers in this order, then of people who
        never bought; what those cause belongs to no customer.
    digits : int
        Decimals of the currency.
    """

    customers: pd.Index
    drivers: Mapping[str, pd.Series]
    digits: int

    def own(self, amounts: pd.Series) -> pd.Series:
        """Return the part of the customers of a series in the order of the drivers."""
        return pd.Series(amounts.to_numpy()[: len(self.customers)], index=self.customers)

    def booked(self, amounts: pd.Series) -> pd.Series:
        """Return what is booked to each customer, of amounts by customer number in any order."""
        return amounts.reindex(self.customers, fill_value=0).astype("int64")

    def nothing(self) -> pd.Series:
        """Return 0 for each customer."""
        return pd.Series(0, index=self.customers, dtype="int64")

    def spread(self, amount: int, driver: str) -> tuple[pd.Series, str]:
        """Allocate by the driver, or the first of `FALLBACK` that is not 0 for all; tell which."""
        for name in dict.fromkeys((driver, *FALLBACK)):
            if self.drivers[name].sum() > 0:
                return self.by(amount, self.drivers[name]), name
        return self.nothing(), ""

    def by(self, amount: int, weights: pd.Series) -> pd.Series:
        """Allocate by weights; what falls to others than the customers is left out."""
        step = self.step(amount)
        digits = RESOLUTION - len(str(step)) + 1
        own = self.own(weights)
        sides = pd.Series({"customers": own.sum(), "others": weights.sum() - own.sum()})
        ours = int(allocate(_money(amount), sides, digits)["customers"]) * step
        return allocate(_money(ours), own, digits) * step

    def step(self, amount: int) -> int:
        """Return the smallest coin: the currency's, or a finer one if the amount needs it."""
        coins = (10 ** (RESOLUTION - d) for d in range(self.digits, RESOLUTION + 1))
        return next(coin for coin in coins if amount % coin == 0)


def common(kind: str, sums: pd.DataFrame, base: Base, driver: str) -> Charge:
    """Charge rows with a customer number to the customer, and allocate the rest by driver.

    Parameters
    ----------
    kind : str
    sums : pandas.DataFrame
        See `kehu.score.costing.cost_sums`.
    base : Base
    driver : str
        Key of `base.drivers`.
    """
    named, pool = _parted(kind, sums)
    allocated, used, notes = _allocated(pool, base, driver)
    rows, amount = _sums(kind, sums)
    asked = driver if pool else ""
    return Charge(kind, rows, amount, base.booked(named), allocated, 0, asked, used, notes)


def set_aside(kind: str, sums: pd.DataFrame, base: Base, note: str, name: str = "") -> Charge:
    """Charge nobody: the whole amount is no cost of serving these customers."""
    rows, amount = _sums(kind, sums)
    notes = (note,) if rows else ()
    nothing = base.nothing()
    return Charge(name or kind, rows, amount, nothing, nothing, amount, notes=notes)


def marketing(
    sums: pd.DataFrame, base: Base, campaigns: pd.Series, driver: str, to_cac: bool
) -> Charge:
    """Charge marketing: named customers first, then what campaigns spent on each, then by driver.

    Parameters
    ----------
    sums : pandas.DataFrame
        See `kehu.score.costing.cost_sums`.
    base : Base
    campaigns : pandas.Series
        Cost of the campaign contacts by customer number.
    driver : str
        Key of `base.drivers` for what campaigns do not explain.
    to_cac : bool
        Whether common marketing cost counts as acquisition instead.

    Notes
    -----
    The books hold all marketing cost, and the campaigns say on whom part of it was spent. Where
    they say more than the books hold, the books are followed and shared out by the campaigns;
    where the books hold no marketing at all, the campaigns are the books.
    """
    plain = common("marketing", sums, base, driver)
    _, pool = _parted("marketing", sums)
    spent, nothing = int(campaigns.sum()), base.nothing()
    if to_cac and pool:
        return replace(plain, allocated=nothing, set_aside=pool, driver="", driver_used="",
                       notes=("marketing_to_cac",))  # fmt: skip
    if spent > 0 and plain.rows == 0:
        only = ("campaigns_only",)
        return Charge("marketing", 0, spent, base.own(campaigns), nothing, notes=only)
    if spent <= 0 or pool == 0:
        unused = ("campaigns_unused",) if spent else ()
        return replace(plain, notes=(*unused, *plain.notes))
    if spent > pool:
        return replace(plain, allocated=base.by(pool, campaigns.clip(lower=0)),
                       driver_used="campaign_amounts", notes=("campaigns_scaled",))  # fmt: skip
    rest, used, notes = _allocated(pool - spent, base, driver)
    direct = plain.direct + base.own(campaigns)
    return replace(plain, direct=direct, allocated=rest, driver=driver if pool > spent else "",
                   driver_used=used, notes=("campaigns_direct", *notes))  # fmt: skip


def goods(
    sums: pd.DataFrame, base: Base, sales: pd.DataFrame, driver: str, margin: float
) -> list[Charge]:
    """Charge the goods sold: from the lines, else from the books, else by the margin.

    Parameters
    ----------
    sums : pandas.DataFrame
        See `kehu.score.costing.cost_sums`.
    base : Base
    sales : pandas.DataFrame
        See `kehu.score.costing.sales`.
    driver : str
        Key of `base.drivers` for goods in the books.
    margin : float
        Share of revenue left after the goods, 0…1, where nothing gives their cost.

    Returns
    -------
    list of Charge
        `goods`, and `goods_ledger` where the books hold goods that the lines replace.
    """
    in_books = (sums["cost"] == "goods").any()
    if sales["lines"].sum() == sales["unpriced_lines"].sum() and in_books:
        charge = common("goods", sums, base, driver)
        return [replace(charge, notes=("goods_books", *charge.notes))]
    estimate = estimated(sales["unpriced"], margin, base.step(0))
    cost = sales["goods"] + estimate
    lines = int((sales["lines"] - sales["unpriced_lines"]).sum())
    some = sales["unpriced_lines"].sum() > 0
    notes = ("goods_lines",) * bool(lines) + ("goods_margin",) * bool(some)
    charge = Charge("goods", 0, int(cost.sum()), base.own(cost), base.nothing(), notes=notes)
    replaced = set_aside("goods", sums, base, "goods_replaced", "goods_ledger")
    return [charge, replaced] if in_books else [charge]


def estimated(revenue: pd.Series, margin: float, step: int) -> pd.Series:
    """Estimate the cost of goods as revenue times (1 - margin), rounded to the coin, half away."""
    share = 1 - Decimal(str(margin))
    part, whole = share.as_integer_ratio()
    whole *= step
    exact = revenue.abs().astype(object)
    coins = (2 * exact * part + whole) // (2 * whole)
    return (coins * step * np.sign(revenue)).astype("int64")


def _money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-RESOLUTION)


def _parted(kind: str, sums: pd.DataFrame) -> tuple[pd.Series, int]:
    """Return a kind's amounts by customer number, and the common amount."""
    rows = sums[sums["cost"] == kind]
    named = rows[rows["customer_id"].notna()].set_index("customer_id")["amount"]
    return named, int(rows.loc[rows["customer_id"].isna(), "amount"].sum())


def _sums(kind: str, sums: pd.DataFrame) -> tuple[int, int]:
    found = sums.loc[sums["cost"] == kind, ["rows", "amount"]].sum()
    return int(found["rows"]), int(found["amount"])


def _allocated(pool: int, base: Base, driver: str) -> tuple[pd.Series, str, tuple[str, ...]]:
    """Allocate common cost; return shares, the driver used and what to say of it."""
    if not pool:
        return base.nothing(), "", ()
    shares, used = base.spread(pool, driver)
    notes = () if used == driver else ("driver_empty",) if used else ("nobody",)
    return shares, used, notes
