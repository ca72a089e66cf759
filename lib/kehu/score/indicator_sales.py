"""Indicators from transactions, interactions and campaigns; definitions in `indicators.yml`."""

from __future__ import annotations

import ibis

from kehu.score.indicator_data import Data, Figure, ratio, scalars

ACTIVE_DAYS = 90
"""Days without transaction and interaction after which a customer is not active."""

BROWSING = ("visit", "browse", "search")
"""Kinds of interaction that may end in an order."""


def transaction_volume(data: Data) -> Figure:
    """Money moved in the last year, in and out."""
    made = data.recent("transactions")
    customers = scalars(made, n=made.customer_id.nunique())["n"]
    return Figure(data.revenue["volume"], int(customers))


def transaction_count(data: Data) -> Figure:
    """Transactions of the last year."""
    made = data.recent("transactions")
    counted = made.select("customer_id", "order_id").distinct()
    row = scalars(counted, n=counted.count(), customers=counted.customer_id.nunique())
    return Figure(row["n"], int(row["customers"]))


def active_share(data: Data) -> Figure:
    """Share of all customers with a transaction or an interaction lately."""
    everyone = data.tables["customers"].select("customer_id")
    seen = [data.recent(t, ACTIVE_DAYS).customer_id for t in ("transactions", "interactions")]
    active = everyone.filter(
        everyone.customer_id.isin(seen[0]) | everyone.customer_id.isin(seen[1])
    )
    n = scalars(everyone, n=everyone.count())["n"]
    return ratio(scalars(active, n=active.count())["n"], n)


def purchases_per_customer(data: Data) -> Figure:
    """Orders per customer who bought in the last year."""
    return ratio(data.buying["orders"], data.buying["buyers"])


def average_order_value(data: Data) -> Figure:
    """Money per order of the last year."""
    return ratio(data.buying["amount"], data.buying["orders"])


def repeat_purchase_rate(data: Data) -> Figure:
    """Share of the last year's buyers with two orders or more."""
    return ratio(data.buying["repeaters"], data.buying["buyers"])


def browse_to_buy(data: Data) -> Figure:
    """Share of browsing customer-days that ended in an order."""
    looked = data.recent("interactions")
    looked = looked.filter(looked.interaction.isin(BROWSING), looked.customer_id.notnull())
    days = looked.select("customer_id", "age").distinct()
    bought = days.semi_join(data.orders, ["customer_id", "age"])
    n = scalars(days, n=days.count())["n"]
    return ratio(scalars(bought, n=bought.count())["n"], n)


def searches_per_customer(data: Data) -> Figure:
    """Mean searches per customer who searched in the last year."""
    made = data.recent("interactions")
    made = made.filter(made.interaction == "search", made.customer_id.notnull())
    row = scalars(made, n=made.count(), customers=made.customer_id.nunique())
    return ratio(row["n"], row["customers"])


def refund_rate(data: Data) -> Figure:
    """Money refunded per money sold in the last year."""
    return ratio(data.revenue["refunded"], data.revenue["sold"], data.revenue["sales"])


def purchase_interval(data: Data) -> Figure:
    """Median days from one purchase day to the next."""
    days = data.orders.select("customer_id", "age").distinct()
    window = ibis.window(group_by="customer_id", order_by=days.age.desc())
    gaps = days.mutate(gap=days.age.lag().over(window) - days.age)
    gaps = gaps.filter(gaps.gap.notnull(), gaps.age < 365)
    row = gaps.aggregate(median=gaps.gap.median(), n=gaps.count()).execute().iloc[0]
    return Figure(float(row["median"]) if row["n"] else None, int(row["n"]))


def arpu_billed(data: Data) -> Figure:
    """Net revenue per customer and month with a bill."""
    made = data.recent("transactions")
    made = made.filter(~made.is_refund)
    months = made.select("customer_id", month=made.date.truncate("M")).distinct()
    return ratio(data.revenue["net"], scalars(months, n=months.count())["n"])


def conversion_rate(data: Data) -> Figure:
    """Share of campaign contacts that the customer responded to."""
    made = data.recent("campaigns")
    told = made.filter(made.responded.notnull())
    row = scalars(told, yes=told.responded.sum(), n=told.count())
    return ratio(row["yes"], row["n"])


def buying_customers(data: Data) -> Figure:
    """Count of customers with an order in the last year."""
    return Figure(data.buying["buyers"], int(data.buying["buyers"]))


def revenue_year(data: Data) -> Figure:
    """Net revenue of the last year."""
    return Figure(data.revenue["net"], int(data.revenue["lines"]))


def revenue_per_customer(data: Data) -> Figure:
    """Net revenue per customer who bought in the last year."""
    return ratio(data.revenue["net"], data.buying["buyers"])


def customer_return_rate(data: Data) -> Figure:
    """Share of the customers of the year before who ordered again."""
    return ratio(data.buying["kept"], data.buying["before"])


def new_customer_share(data: Data) -> Figure:
    """Share of the last year's buyers who are new."""
    return ratio(data.buying["new"], data.buying["buyers"])
