"""Indicators from accounts, plans, policies and payments; definitions in `indicators.yml`."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from kehu.score.indicator_data import Data, Figure, ratio, scalars
from kehu.score.purchases import YEAR

MONTH_DAYS = 365.25 / 12
CHANGE_DAYS = 31
"""Most days between the end of a plan and the start of the next for a plan change."""

RENEWAL_DAYS = 30
"""Most days between the end of a policy and the start of the next for a renewal."""


def _per_customer(data: Data, column: str) -> dict[str, float]:
    """Sum a column over the running holdings that have it; count holdings and customers."""
    made = data.running()
    made = made.filter(made[column].notnull())
    # Decimals add up to the same sum in any order.
    total = made[column].cast("decimal(30, 6)").sum()
    return scalars(made, total=total, holdings=made.count(), customers=made.customer_id.nunique())


def _per_head(data: Data, column: str) -> Figure:
    """Sum of a column over the running holdings per customer."""
    row = _per_customer(data, column)
    return ratio(row["total"], row["customers"])


def total_assets(data: Data) -> Figure:
    """Balances of running accounts."""
    row = _per_customer(data, "balance")
    return Figure(row["total"], int(row["holdings"]))


def assets_per_customer(data: Data) -> Figure:
    """Balances of running accounts per customer."""
    return _per_head(data, "balance")


def products_per_customer(data: Data) -> Figure:
    """Different running products per customer."""
    made = data.running()
    held = made.filter(made["product"].notnull()).select("customer_id", "product").distinct()
    row = scalars(held, n=held.count(), customers=held.customer_id.nunique())
    return ratio(row["n"], row["customers"])


def _due(data: Data) -> Table:
    """Return the payments due in the last year, with `late` in days (0 when on time)."""
    made = data.tables["payments"]
    end = ibis.literal(data.day())
    # What was paid after the analysis date is unpaid on it.
    paid = made.paid.nullif(ibis.ifelse(made.paid > end, made.paid, ibis.null("date")))
    made = made.mutate(age=end.delta(made.due, unit="day"), settled=paid)
    made = made.filter(made.age >= 0, made.age < YEAR)
    late = made.settled.fill_null(end).delta(made.due, unit="day")
    return made.mutate(late=ibis.greatest(late, 0))


def on_time_share(data: Data) -> Figure:
    """Share of payments made by their due date."""
    made = _due(data)
    on_time = made.settled.notnull() & (made.settled <= made.due)
    row = scalars(made, on_time=on_time.sum(), n=made.count())
    return ratio(row["on_time"], row["n"])


def days_past_due(data: Data) -> Figure:
    """Mean days late."""
    made = _due(data)
    row = scalars(made, late=made.late.sum(), n=made.count())
    return ratio(row["late"], row["n"])


def overdue_share(data: Data) -> Figure:
    """Share of the money due that is unpaid."""
    made = _due(data)
    row = scalars(
        made, unpaid=made.amount.sum(where=made.settled.isnull()), due=made.amount.sum(),
        n=made.count(),
    )  # fmt: skip
    return ratio(row["unpaid"], row["due"], row["n"])


def arpu(data: Data) -> Figure:
    """Fees of running plans per customer."""
    return _per_head(data, "fee")


def usage_per_customer(data: Data) -> Figure:
    """Use of running plans per customer."""
    return _per_head(data, "usage")


def top_plan_share(data: Data) -> Figure:
    """Share of customers on the most common plan."""
    made = data.running()
    held = made.filter(made["product"].notnull())
    plans = held.group_by("product").aggregate(customers=held.customer_id.nunique())
    most = scalars(plans, n=plans.customers.max())["n"]
    return ratio(most, scalars(held, n=held.customer_id.nunique())["n"])


def upgrade_share(data: Data) -> Figure:
    """Share of plan changes with a higher fee than the plan that ended last before."""
    made, end = data.tables["holdings"], ibis.literal(data.day())
    made = made.filter(made.start.notnull(), made.fee.notnull(), made.start <= end)
    new = made.filter(end.delta(made.start, unit="day") < YEAR)
    old = made.filter(made.end.notnull()).select(
        "customer_id", old_fee="fee", old_end="end", old_source="source", old_row="row"
    )
    pairs = new.inner_join(old, "customer_id")
    gap = pairs.start.delta(pairs.old_end, unit="day")
    itself = (pairs.source == pairs.old_source) & (pairs.row == pairs.old_row)
    pairs = pairs.filter(gap >= 0, gap <= CHANGE_DAYS, ~itself)
    last = ibis.row_number().over(
        group_by=[pairs.source, pairs.row], order_by=[pairs.old_end.desc(), pairs.old_fee.desc()]
    )
    changes = pairs.mutate(place=last).filter(lambda t: t.place == 0)
    row = scalars(changes, up=(changes.fee > changes.old_fee).sum(), n=changes.count())
    return ratio(row["up"], row["n"])


def contract_tenure(data: Data) -> Figure:
    """Mean months since the earliest running plan of a customer began."""
    made, end = data.running(), ibis.literal(data.day())
    made = made.filter(made.start.notnull())
    each = made.group_by("customer_id").aggregate(start=made.start.min())
    row = scalars(each, days=end.delta(each.start, unit="day").sum(), n=each.count())
    return ratio(row["days"] / MONTH_DAYS, row["n"])


def _still_held(data: Data, days: int) -> tuple[float, float]:
    """Count the customers with a holding so many days ago, and those of them who have one now."""
    then = data.running(days).select("customer_id").distinct()
    kept = then.semi_join(data.running(), "customer_id")
    return scalars(then, n=then.count())["n"], scalars(kept, n=kept.count())["n"]


def churn_month(data: Data) -> Figure:
    """Share of the customers of 30 days ago who left."""
    then, kept = _still_held(data, 30)
    return ratio(then - kept, then)


def customer_retention(data: Data) -> Figure:
    """Share of the customers of a year ago who still hold something."""
    then, kept = _still_held(data, YEAR)
    return ratio(kept, then)


def premium_per_policy(data: Data) -> Figure:
    """Premium of running policies per policy."""
    row = _per_customer(data, "fee")
    return ratio(row["total"], row["holdings"])


def policies_per_customer(data: Data) -> Figure:
    """Mean running policies per customer."""
    row = _per_customer(data, "row")
    return ratio(row["holdings"], row["customers"])


def renewal_rate(data: Data) -> Figure:
    """Share of ended policies that were followed by one of the same product."""
    made, end = data.tables["holdings"], ibis.literal(data.day())
    age = end.delta(made.end, unit="day")
    full = made.start.notnull() & made["product"].notnull()
    ended = made.filter(full, age >= RENEWAL_DAYS, age < RENEWAL_DAYS + YEAR)
    next_one = made.filter(full).select(
        "customer_id", "product", next_start="start", next_end="end"
    )
    pairs = ended.inner_join(next_one, ["customer_id", "product"])
    gap = pairs.next_start.delta(pairs.end, unit="day")
    later = pairs.next_end.isnull() | (pairs.next_end > pairs.end)
    followed = pairs.filter(pairs.next_start > pairs.start, gap <= RENEWAL_DAYS, later)
    renewed = followed.select("source", "row").distinct()
    n = scalars(ended, n=ended.count())["n"]
    return ratio(scalars(renewed, n=renewed.count())["n"], n)


def claims_ratio(data: Data) -> Figure:
    """Claims paid so far per premium received so far."""
    made = data.tables["holdings"]
    row = scalars(made, claims=made.claims.sum(), n=made.claims.count())
    lines = data.recent("transactions", 10**6)
    return ratio(row["claims"], scalars(lines, paid=lines.amount.sum())["paid"], row["n"])
