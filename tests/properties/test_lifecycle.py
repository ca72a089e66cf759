"""Life-cycle stage: told by the own rhythm, whatever the order, and never by one number of days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import risk_client as client

from kehu.params_behaviour import Lifecycle
from kehu.segments.lifecycle import STAGES, facts, lifecycle
from kehu.segments.rhythm import rhythm, typical_gap

LAST = "2026-09-30"
HOW = Lifecycle()


def summed(lines: pd.DataFrame) -> pd.DataFrame:
    """Sum purchases up as contract `summary` has it, for the columns read here."""
    days = lines.groupby("customer_id")["date"].agg(["min", "max", "nunique"]).reset_index()
    days.columns = ["customer_id", "first_date", "last_date", "n"]
    since = (pd.Timestamp(LAST) - days["last_date"]).dt.days
    return days.assign(frequency=days["n"] - 1, days_since_last=since)


def bought(customer: str, *days_ago: int) -> pd.DataFrame:
    dates = pd.Timestamp(LAST) - pd.to_timedelta(list(days_ago), "D")
    return pd.DataFrame({"customer_id": customer, "date": dates, "amount": 10.0}).assign(
        product_id="p", is_refund=False
    )


def stages(*histories: pd.DataFrame, how: Lifecycle = HOW) -> dict[str, str]:
    lines = pd.concat(histories, ignore_index=True)
    found = lifecycle(summed(lines), client.events(lines).transactions, how, LAST)
    return dict(zip(found["customer_id"], found["lifecycle_stage"], strict=True))


WEEKLY = bought("weekly", *range(3, 700, 7))
YEARLY = bought("yearly", *range(100, 4500, 360))


def test_the_same_silence_means_another_thing_to_another_rhythm():
    """A hundred days are 14 gaps of the weekly buyer, and less than one of the yearly one."""
    silent = bought("weekly", *range(100, 700, 7))
    found = stages(silent, YEARLY)
    assert found == {"weekly": "lost", "yearly": "mature"}


def test_each_stage():
    others = [bought(f"x{i}", *range(5, 600, 30)) for i in range(20)]
    found = stages(
        *others,
        bought("new", 4),
        bought("rising", *range(2, 60, 6), *range(70, 600, 60)),
        bought("falling", *range(20, 80, 35), *range(90, 300, 12)),
        bought("asleep", *range(110, 700, 30)),
        bought("gone", *range(300, 900, 30)),
        bought("steady", *range(5, 600, 30)),
    )
    named = {n: found[n] for n in ("new", "rising", "falling", "asleep", "gone", "steady")}
    assert named == {
        "new": "acquired", "rising": "growing", "falling": "declining", "asleep": "dormant",
        "gone": "lost", "steady": "mature",
    }  # fmt: skip


def test_nobody_came_twice_and_so_nothing_is_known():
    assert set(stages(bought("a", 9), bought("b", 300)).values()) == {"unknown"}


def test_order_of_rows_and_names_change_nothing():
    lines, _ = client.shop(400, 3)
    summary = summed(lines)
    one = lifecycle(summary, client.events(lines).transactions, HOW, LAST)
    mixed = lines.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        one, lifecycle(summary, client.events(mixed).transactions, HOW, LAST)
    )
    shares = one["lifecycle_stage"].value_counts(normalize=True)
    assert set(shares.index) <= set(STAGES)
    assert shares.max() < 0.9


def test_who_stays_is_rarely_called_dormant_and_who_left_is_found():
    """At random purchases a customer who stays exceeds three own gaps with chance e^-3 = 5 %."""
    lines, truth = client.shop(3000, 5)
    found = lifecycle(summed(lines), client.events(lines).transactions, HOW, LAST)
    both = found.merge(truth, on="customer_id")
    here = both["gone"] > client.DAYS
    known = both["rate"] * (client.DAYS - both["first"]) > 8
    away = both["lifecycle_stage"].isin(["dormant", "lost"])
    assert away[here & known].mean() < 0.08
    long_gone = (client.DAYS - both["gone"]) * both["rate"] > 8
    assert away[long_gone & known].mean() > 0.9


def test_the_gap_is_weighed_between_own_and_typical():
    summary = summed(pd.concat([WEEKLY, YEARLY, bought("once", 50)]))
    gap = typical_gap(summary)
    assert gap == pytest.approx((7 + 360) / 2)
    own = rhythm(summary, 2.0).set_index("customer_id")["expected_gap"]
    assert own["once"] == pytest.approx(gap)
    assert own["weekly"] == pytest.approx((2 * gap + 7 * 99) / (2 + 99))
    assert np.isnan(rhythm(summed(bought("a", 1)), 2.0)["expected_gap"]).all()


def test_facts_add_up():
    lines, _ = client.shop(200, 4)
    summary = summed(lines)
    table = lifecycle(summary, client.events(lines).transactions, HOW, LAST)
    value = pd.DataFrame({"customer_id": table["customer_id"], "total_spend": 10.0})
    told = facts(summary, table, value)
    assert sum(told[f"n_stage_{s}"] for s in STAGES) == len(table)
    assert told["away_share"] == pytest.approx(told["away_spend_share"])
