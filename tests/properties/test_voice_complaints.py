"""Complaint rates by group, and the control chart over months."""

import math
from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_client import END, client, nothing, put, segments

from kehu import tables
from kehu.voice.complaints import bases, complaint_table, poisson_interval
from kehu.voice.control import control_table, months, u_chart
from kehu.voice.feedback import Limits, feedback

OPENED = datetime(2026, 6, 1, 9)


def complaint(**more):
    return {"interaction": "complaint", "date": OPENED, "customer_id": "1", "topic": "物流", **more}


# --- rates --------------------------------------------------------------------------------------


def order(customer: str, number: str, day: datetime = OPENED, **more):
    return {"customer_id": customer, "order_id": number, "date": day, "amount": Decimal(10),
            "is_refund": False, **more}  # fmt: skip


def rates(matters, orders, classes=None, registered: int = 0, days: int = 365) -> pd.DataFrame:
    made = feedback(put("interactions", matters), END, Limits())
    per = bases(put("transactions", orders), made, END, days, classes, registered)
    found = tables.check("complaints", complaint_table(made, per, END, days, classes))
    return found.set_index(["breakdown", "bucket"])


def test_rates_by_hand() -> None:
    """Four customers, five orders (one of two lines, one refund line), three complaints of two."""
    orders = [order("1", "a"), order("1", "a"), order("1", "b"), order("2", "c"), order("3", "d"),
              order("4", "e"), order("4", "e", is_refund=True),
              order("9", "z", datetime(2025, 6, 30))]  # fmt: skip
    matters = [complaint(), complaint(customer_id="2"), complaint(topic="质量"),
               complaint(date=datetime(2025, 6, 30))]  # fmt: skip
    found = rates(matters, orders)
    whole = found.loc[("all", "all")]
    assert tuple(whole[["complaints", "complainants", "customers_base", "orders_base"]]) == (
        3,
        2,
        4,
        5,
    )
    assert whole["per_100_customers"] == pytest.approx(75)
    assert whole["per_1000_orders"] == pytest.approx(600)
    assert whole["per_1000_low"] < 600 < whole["per_1000_high"]
    topics = found.loc["topic"]
    assert topics["per_1000_orders"].sum() == pytest.approx(600)
    assert topics["cumulated_share"].to_dict() == pytest.approx({"物流": 2 / 3, "质量": 1.0})


def test_products_have_their_own_orders_and_channels_if_the_names_agree() -> None:
    orders = [order("1", "a", product="壶", channel="网店"), order("2", "b", product="杯",
              channel="门店"), order("3", "c", product="杯", channel="门店")]  # fmt: skip
    apart = rates([complaint(product="杯", channel="电话"), complaint(product="没卖过")], orders)
    assert apart.loc[("product", "杯"), ["orders_base", "customers_base"]].tolist() == [2, 2]
    assert apart.loc[("product", "杯"), "per_1000_orders"] == 500
    assert math.isnan(apart.loc[("product", "没卖过"), "per_1000_orders"])
    assert apart.loc[("channel", "电话"), "orders_base"] == 3
    same = rates([complaint(channel="门店")], orders)
    assert same.loc[("channel", "门店"), "orders_base"] == 2


def test_without_transactions_rates_are_per_registered_customer() -> None:
    whole = rates([complaint(), complaint(customer_id="2")], [], registered=50).loc[("all", "all")]
    assert whole["per_100_customers"] == 4
    assert math.isnan(whole["per_1000_orders"])
    nobody = rates([complaint()], []).loc[("all", "all")]
    assert nobody[["per_100_customers", "per_1000_orders"]].isna().all()


def test_no_complaints_is_a_row_of_zeros() -> None:
    found = rates([], [order("1", "a")])
    assert list(found.index) == [("all", "all")]
    assert found.loc[("all", "all"), "per_1000_orders"] == 0


def test_ties_share_their_cumulated_place() -> None:
    found = rates([complaint(topic=t) for t in "甲甲乙乙丙"], [order("1", "a")]).loc["topic"]
    assert found["cumulated_share"].to_dict() == pytest.approx({"甲": 0.8, "乙": 0.8, "丙": 1.0})


def test_every_breakdown_adds_up_and_rows_may_come_in_any_order() -> None:
    made, classes = client(200), segments(200)
    rows = made["interactions"].execute()
    rows["closed"] = [None if pd.isna(v) else v.to_pydatetime() for v in rows["closed"]]
    records = [{k: (None if v is None or v != v else v) for k, v in r.items()}
               for r in rows.to_dict("records")]  # fmt: skip
    orders = made["transactions"]
    found = {}
    for name, lines in (("one", records), ("two", records[::-1])):
        put_ = put("interactions", [{**r, "row": i} for i, r in enumerate(lines, 1)])
        matters = feedback(put_, END, Limits())
        per = bases(orders, matters, END, 365, classes)
        found[name] = tables.check("complaints", complaint_table(matters, per, END, 365, classes))
    pd.testing.assert_frame_equal(found["one"], found["two"])
    sums = found["one"].groupby("breakdown")[["complaints", "returned", "open_complaints"]].sum()
    assert (sums == sums.loc["all"]).all().all()
    assert {"topic", "product", "tier", "rfm_segment", "channel"} < set(sums.index)
    unnamed = found["one"].query("breakdown == 'tier' and bucket == '—'")
    assert unnamed["customers_base"].tolist() == [0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 400))
def test_the_poisson_interval_holds_the_count(k) -> None:
    low, high = poisson_interval([k])
    assert low[0] <= k < high[0]
    assert (low[0] == 0) == (k == 0)


# --- the control chart --------------------------------------------------------------------------


def test_limits_by_hand() -> None:
    """Centre 12/300; a month of 100 orders has .04 ± 3·√(.04/100), one of 25 ± 3·√(.04/25)."""
    made = u_chart([4, 4, 4, 3], [100, 100, 100, 25], 3)
    assert made.centre == pytest.approx(0.04)
    assert made.high == pytest.approx([0.1, 0.1, 0.1, 0.16])
    assert made.low == pytest.approx([0, 0, 0, 0])
    assert made.rate == pytest.approx([0.04, 0.04, 0.04, 0.12])
    assert made.signals == ("",) * 4


def test_a_lower_limit_above_0_is_kept() -> None:
    made = u_chart([100, 100, 50], [1000, 1000, 1000], 2)
    assert made.low[0] == pytest.approx(0.1 - 3 * math.sqrt(0.1 / 1000))
    assert made.signals[2] == "beyond_limits"


def test_each_rule_marks_its_point() -> None:
    flat = [16] * 12
    assert u_chart([*flat, 29], [100] * 13, 12).signals[-1] == "beyond_limits"
    assert u_chart([*flat, 28], [100] * 13, 12).signals[-1] == "", "16 + 12 lies on the limit"
    run = u_chart([*flat, *[17] * 9], [100] * 21, 12).signals
    assert [s for s in run if s] == ["run_of_nine"]
    assert run[-1] == "run_of_nine"
    assert not any(u_chart([*flat, *[17] * 8], [100] * 20, 12).signals)
    pair = u_chart([*flat, 25, 16, 25], [100] * 15, 12).signals
    assert pair[12:] == ("", "", "two_of_three")
    assert not any(u_chart([*flat, 25, 16, 16, 25], [100] * 16, 12).signals)
    assert not any(u_chart([*flat, 25, 7], [100] * 14, 12).signals), "on the two sides"


def test_a_point_without_orders_has_no_rate_and_breaks_no_run() -> None:
    made = u_chart([16] * 12 + [17] * 5 + [0] + [17] * 4, [100] * 17 + [0] + [100] * 4, 12)
    assert math.isnan(made.rate[17])
    assert made.signals[-1] == "run_of_nine"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=8, max_size=30), st.integers(2, 8))
def test_more_orders_at_the_same_rate_narrow_the_limits(counts, factor) -> None:
    one = u_chart(counts, [50] * len(counts), 8)
    more = u_chart([c * factor for c in counts], [50 * factor] * len(counts), 8)
    assert more.rate == pytest.approx(one.rate)
    assert more.sigma == pytest.approx(one.sigma / math.sqrt(factor))


def test_false_alarms_are_rare_and_dispersion_is_one_under_chance_alone() -> None:
    rng = np.random.default_rng(2)
    alarms, spread = [], []
    for _ in range(200):
        orders = rng.integers(800, 1200, 36)
        made = u_chart(rng.poisson(0.03 * orders), orders, 24)
        alarms.append(np.mean([bool(s) for s in made.signals]))
        spread.append(made.dispersion)
    assert np.mean(alarms) < 0.02
    assert np.mean(spread) == pytest.approx(1, abs=0.05)


def test_months_begin_with_the_later_record_and_end_with_the_last_that_is_over() -> None:
    orders = [order("1", f"{y}{m}", datetime(y, m, 9)) for y, m in
              ((2025, 11), (2025, 12), (2026, 1), (2026, 3), (2026, 6))]  # fmt: skip
    matters = feedback(put("interactions", [complaint(date=datetime(2025, 12, 5)), complaint()]),
                       END, Limits())  # fmt: skip
    table = put("transactions", orders)
    found = months(matters, table, END)
    assert found["bucket"].tolist() == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04",
                                        "2026-05", "2026-06"]  # fmt: skip
    assert found["complaints"].tolist() == [1, 0, 0, 0, 0, 0, 1]
    assert found["orders_base"].tolist() == [1, 1, 0, 1, 0, 0, 1]
    assert months(matters, table, "2026-06-29")["bucket"].tolist()[-1] == "2026-05"
    assert months(feedback(nothing("interactions"), END, Limits()), table, END).empty


def test_the_month_of_the_fault_is_found_and_few_months_give_no_chart() -> None:
    made = client()
    counted = months(feedback(made["interactions"], END, Limits()), made["transactions"], END)
    found = control_table(counted, 12)
    table = tables.check("complaint_months", found.table)
    assert table.loc[table["signals"].notna(), "bucket"].tolist() == ["2026-03"]
    assert table["is_baseline"].sum() == 12
    assert table["complaints"].sum() == 150
    few = control_table(counted.head(5), 12)
    assert tables.check("complaint_months", few.table).empty
