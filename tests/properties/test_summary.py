"""The event log to one row per customer: every rule of the summary and of the split."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purchase_log import Line, engine_table

from kehu import tables
from kehu.errors import KehuError
from kehu.value.holdout import split
from kehu.value.summary import buying_days, monthly, purchase_days, summary

LOG: list[Line] = [
    ("A", "A1", "2026-01-01T10:00", "100.00"),
    ("A", "A2", "2026-01-01T18:00", "50.00"),  # same day as A1: one purchase
    ("A", "A2", "2026-01-01T18:30", "-50.00"),  # cancelled on its own day
    ("A", "A3", "2026-01-15T09:00", "30.00"),
    ("A", "A3", "2026-01-20T09:00", "-10.00"),  # given back on a later day
    ("A", "A4", "2026-02-12T23:59:59", "20.10"),  # last second of the analysis date
    ("B", "B1", "2026-01-08T09:00", "80.00"),
    ("B", "B1", "2026-01-08T09:12", "-80.00"),  # a whole day cancelled
    ("B", "B2", "2026-02-05T12:00", "0.00"),  # a free order is an order
    ("C", "C1", "2026-02-13T00:00", "40.00"),  # the first moment after the analysis date
]
"""Seven purchases and three refunds."""

COLUMNS = ["n_orders", "days_since_last", "total_spend", "frequency", "monetary_value"]
BY_HAND = {
    "net": {"A": (3, 0, 140.10, 2, 25.05), "B": (1, 7, 0.0, 0, 0.0)},
    "drop": {"A": (4, 0, 200.10, 2, 25.05), "B": (2, 7, 80.0, 1, 0.0)},
    "keep": {"A": (5, 0, 140.10, 3, 40.10 / 3), "B": (2, 7, 0.0, 1, 0.0)},
}
FIRST_OF_B = {"net": "2026-02-05", "drop": "2026-01-08", "keep": "2026-01-08"}


def of(lines: list[Line], end: str = "2026-02-12", unit: str = "day", refunds: str = "net"):
    return summary(engine_table(lines), end, unit, refunds).set_index("customer_id")


@pytest.mark.parametrize("refunds", BY_HAND)
def test_seven_purchases_by_hand(refunds) -> None:
    found = of(LOG, refunds=refunds)
    expected = pd.DataFrame.from_dict(BY_HAND[refunds], orient="index", columns=COLUMNS)
    assert list(found.index) == ["A", "B"]
    pd.testing.assert_frame_equal(found[COLUMNS], expected, check_names=False, rtol=1e-15)
    first_of_b = pd.Timestamp(FIRST_OF_B[refunds])
    assert list(found["first_date"]) == [pd.Timestamp("2026-01-01"), first_of_b]
    assert list(found["last_date"]) == [pd.Timestamp("2026-02-12"), pd.Timestamp("2026-02-05")]
    assert list(found["recency"]) == [42, (pd.Timestamp("2026-02-05") - first_of_b).days]
    assert list(found["T"]) == [42, (pd.Timestamp("2026-02-12") - first_of_b).days]


@pytest.mark.parametrize("refunds", BY_HAND)
def test_the_summary_keeps_its_contract(refunds) -> None:
    tables.check("summary", summary(engine_table(LOG), "2026-02-12", "week", refunds))


@pytest.mark.parametrize(("unit", "days"), [("day", 1), ("week", 7), ("month", 365.25 / 12)])
def test_time_is_measured_in_the_unit_and_purchases_are_not_merged_by_it(unit, days) -> None:
    lines = [*LOG, ("A", "A5", "2026-02-11T08:00", "5.00")]
    found, in_days = of(lines, unit=unit), of(lines)
    assert (found["recency"] * days).to_numpy() == pytest.approx(in_days["recency"].to_numpy())
    assert (found["T"] * days).to_numpy() == pytest.approx(in_days["T"].to_numpy())
    others = ["first_date", "last_date", *COLUMNS]
    pd.testing.assert_frame_equal(found[others], in_days[others])
    assert found.loc["A", "frequency"] == 3


@pytest.mark.parametrize(
    ("end", "customers", "frequency"),
    [("2026-01-01", "A", 0), ("2026-01-15", "A", 1), ("2026-02-05", "AB", 1),
     ("2026-02-12", "AB", 2), ("2026-02-13", "ABC", 2)],
)  # fmt: skip
def test_nothing_after_the_analysis_date_is_seen(end, customers, frequency) -> None:
    found = of(LOG, end)
    assert "".join(found.index) == customers
    assert found.loc["A", "frequency"] == frequency
    before = [line for line in LOG if line[2][:10] <= end]
    pd.testing.assert_frame_equal(found, of(before, end))


def test_a_later_refund_lowers_the_total_and_leaves_the_purchase() -> None:
    found = of([("A", "1", "2026-01-01", "10"), ("A", "2", "2026-01-05", "20"),
                ("A", "2", "2026-01-09", "-20")])  # fmt: skip
    assert (found.loc["A", "frequency"], found.loc["A", "n_orders"]) == (1, 2)
    assert (found.loc["A", "total_spend"], found.loc["A", "monetary_value"]) == (10, 20)
    assert found.loc["A", "last_date"] == pd.Timestamp("2026-01-05")


def test_who_gave_everything_back_later_stays_a_customer_of_no_value() -> None:
    found = of([("A", "1", "2026-01-01", "10"), ("A", "1", "2026-01-09", "-10")])
    assert (found.loc["A", "total_spend"], found.loc["A", "n_orders"]) == (0, 1)


def test_a_refund_without_its_order_counts_against_the_day() -> None:
    cancelled = [("A", "1", "2026-01-01", "10"), ("A", "C1", "2026-01-01", "-10")]
    with pytest.raises(KehuError, match="nobody bought anything"):
        of(cancelled)
    part = [("A", "1", "2026-01-01", "10"), ("A", "C1", "2026-01-01", "-4")]
    assert of(part).loc["A", "n_orders"] == 1
    assert of(part).loc["A", "total_spend"] == 6


def test_a_day_that_is_no_purchase_has_no_orders() -> None:
    """A sale of 5 and a refund of 8 for goods of another time: money counts, the order does not."""
    found = of([("A", "1", "2026-01-01", "10"), ("A", "2", "2026-01-05", "5"),
                ("A", "C9", "2026-01-05", "-8")])  # fmt: skip
    assert list(found.loc["A", COLUMNS]) == [1, 42, 7, 0, 0]


def test_who_has_refunds_alone_is_no_customer() -> None:
    found = of([*LOG, ("R", "R0", "2026-01-03", "-7.00")])
    assert list(found.index) == ["A", "B"]


def test_money_is_exact_to_the_last_cent_small_and_huge() -> None:
    small = [("A", str(i), "2026-01-01", "0.10") for i in range(10)]
    huge = [("B", str(i), "2026-01-01", "99999999999.9999") for i in range(3)]
    found = of([*small, *huge])
    assert found.loc["A", "total_spend"] == 1.0
    assert found.loc["B", "total_spend"] == 299999999999.9997


def test_customer_numbers_keep_their_zeros_and_come_in_order() -> None:
    found = of([(c, c, "2026-01-01", "1") for c in ("10", "007", "7", "客户")])
    assert list(found.index) == ["007", "10", "7", "客户"]


line = st.tuples(
    st.sampled_from("ABC"),
    st.sampled_from(["1", "2", "3"]),
    st.integers(0, 29).map(lambda n: (date(2026, 1, 1) + timedelta(days=n)).isoformat()),
    st.integers(-3000, 5000).map(lambda cents: f"{cents / 100:.2f}"),
)
logs = st.lists(line, min_size=1, max_size=25)
LAST = "2026-01-30"


def brute_force(lines: list[Line]) -> pd.DataFrame:
    """Purchase days under `net`, by plain loops over cents."""
    days: dict[tuple[str, str], dict[str, list[int]]] = {}
    for customer, order, day, amount in lines:
        cents = days.setdefault((customer, day), {}).setdefault(order, [])
        cents.append(round(float(amount) * 100))
    rows = []
    for (customer, day), orders in days.items():
        standing = [c for c in orders.values() if max(c) >= 0 and (min(c) >= 0 or sum(c) > 0)]
        spend = sum(sum(c) for c in orders.values())
        refunded = any(min(c) < 0 for c in orders.values())
        bought = bool(standing) and (not refunded or spend > 0)
        rows.append((customer, day, len(standing), spend / 100, bought))
    return pd.DataFrame(rows, columns=["customer_id", "day", "orders", "spend", "bought"])


@settings(max_examples=15, deadline=None)
@given(logs)
def test_purchase_days_agree_with_plain_loops(lines) -> None:
    lines = [(c, o, t, a.replace("-0.00", "0.00")) for c, o, t, a in lines]
    found = purchase_days(engine_table(lines)).execute()
    found = found.assign(day=found["day"].astype(str), spend=found["spend"].astype(float))
    keys = ["customer_id", "day"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True)[[*keys, "orders", "spend", "bought"]],
        brute_force(lines).sort_values(keys, ignore_index=True),
        check_dtype=False,
        rtol=1e-12,
    )


@settings(max_examples=15, deadline=None)
@given(logs, st.sampled_from(["net", "drop", "keep"]))
def test_buying_days_are_the_purchase_days_on_which_something_was_bought(lines, refunds) -> None:
    days = purchase_days(engine_table(lines), refunds, "2026-01-20").execute()
    keys = ["customer_id", "day"]
    expected = days.loc[days["bought"], keys].sort_values(keys, ignore_index=True)
    found = buying_days(engine_table(lines), refunds, "2026-01-20").execute()
    pd.testing.assert_frame_equal(found.sort_values(keys, ignore_index=True), expected)


@settings(max_examples=12, deadline=None)
@given(logs, st.randoms(use_true_random=False), st.sampled_from(["net", "drop", "keep"]))
def test_order_of_rows_changes_nothing_and_nothing_is_lost(lines, random, refunds) -> None:
    lines = [("A", "0", "2026-01-01", "1.00"), *lines]
    shuffled = random.sample(lines, len(lines))
    found = summary(engine_table(lines), LAST, "week", refunds)
    pd.testing.assert_frame_equal(
        found, summary(engine_table(shuffled), LAST, "week", refunds), check_exact=True
    )
    days = purchase_days(engine_table(lines), refunds).execute()
    bought = days[days["bought"]]
    assert len(found) == bought["customer_id"].nunique()
    assert found["frequency"].sum() + len(found) == len(bought)
    assert found["n_orders"].sum() == bought["orders"].sum()
    counted = [c for c in lines if refunds != "drop" or not c[3].startswith("-")]
    kept = sum(float(c[3]) for c in counted if c[0] in set(found["customer_id"]))
    assert found["total_spend"].sum() == pytest.approx(kept, abs=1e-9)
    first = bought.sort_values("day").groupby("customer_id")["spend"].first().astype(float)
    repeat = found["monetary_value"] * found["frequency"]
    assert repeat.sum() + first.sum() == pytest.approx(float(bought["spend"].sum()), abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(logs, st.integers(2, 27), st.sampled_from(["net", "drop", "keep"]))
def test_calibration_and_holdout_make_the_whole(lines, cut, refunds) -> None:
    lines = [("A", "0", "2026-01-01", "1.00"), ("A", "9", "2026-01-01", "70.00"), *lines]
    table = engine_table(lines)
    end = (date(2026, 1, 1) + timedelta(days=cut)).isoformat()
    found = split(table, LAST, "day", refunds, end)
    whole = summary(table, LAST, "day", refunds).set_index("customer_id")
    known = whole.loc[list(found.calibration["customer_id"])]
    both = found.calibration["frequency"] + found.holdout["holdout_purchases"]
    assert list(both) == list(known["frequency"])
    assert set(whole.index) - set(known.index) == set(
        whole.index[whole["first_date"] > pd.Timestamp(end)]
    )
    assert found.repeats_by_unit.sum() == both.sum()
    seen = found.repeats_by_unit[found.repeats_by_unit.index <= found.cut].sum()
    assert seen == found.calibration["frequency"].sum()


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_the_default_cut_leaves_two_thirds_and_whole_units(unit) -> None:
    days = [f"2025-{m:02d}-{d:02d}" for m in range(1, 13) for d in (3, 17)]
    table = engine_table([("A", t, t, "5.00") for t in days])
    found = split(table, "2025-12-31", unit)
    length = {"day": 1, "week": 7, "month": 365.25 / 12}[unit]
    held = (pd.Timestamp("2025-12-31") - pd.Timestamp(found.calibration_end)).days
    assert found.units == int(362 / 3 / length)
    assert held == int(found.units * length)
    assert found.calibration["T"].max() == pytest.approx(found.cut)
    assert found.holdout["holdout_purchases"].sum() == sum(found.calibration_end < t for t in days)
    assert found.repeats_by_unit.index.max() <= -(-(found.cut + found.units) // 1)


@pytest.mark.parametrize(
    ("end", "given_end", "units"),
    [("2026-09-30", "2025-09-30", 12), ("2026-03-31", "2025-09-30", 6),
     ("2026-02-28", "2026-01-31", 1), ("2026-09-30", "2026-08-15", 1)],
)  # fmt: skip
def test_calendar_months_are_whole_months(end, given_end, units) -> None:
    table = engine_table([("A", "1", "2025-01-01", "5"), ("A", "2", end, "5")])
    assert split(table, end, "month", "net", given_end).units == units


def test_the_holdout_ends_after_whole_units() -> None:
    days = ["2026-01-01", "2026-01-10", "2026-01-17", "2026-01-18", "2026-01-20"]
    table = engine_table([("A", t, t, "5.00") for t in days])
    found = split(table, "2026-01-20", "week", "net", "2026-01-10")
    assert (found.units, list(found.holdout["holdout_purchases"])) == (1, [1])
    assert found.repeats_by_unit.to_dict() == {2: 1, 3: 1}


def test_who_first_buys_on_the_last_day_of_the_calibration_belongs_to_it() -> None:
    days = [("A", "2026-01-01"), ("B", "2026-01-10"), ("B", "2026-01-12"), ("C", "2026-01-11"),
            ("C", "2026-01-13")]  # fmt: skip
    table = engine_table([(c, t, t, "5.00") for c, t in days])
    found = split(table, "2026-01-20", "day", "net", "2026-01-10")
    assert list(found.calibration["customer_id"]) == ["A", "B"]
    assert list(found.holdout["holdout_purchases"]) == [0, 1]
    assert found.repeats_by_unit.to_dict() == {11: 1}


def test_the_split_does_not_see_beyond_the_analysis_date() -> None:
    table = engine_table(LOG)
    late = engine_table([*LOG, ("A", "A9", "2026-03-01", "1.00"), ("D", "D", "2026-03-02", "1")])
    for one, other in zip(
        vars(split(table, "2026-02-12", "week")).values(),
        vars(split(late, "2026-02-12", "week")).values(),
        strict=True,
    ):
        assert one.equals(other) if hasattr(one, "equals") else one == other


@pytest.mark.parametrize(
    ("end", "unit", "given_end", "said"),
    [
        ("2025-12-31", "day", None, "nobody bought anything up to 2025-12-31"),
        ("2026-01-02", "day", None, "the history from 2026-01-01 to 2026-01-02"),
        ("2026-02-12", "month", None, "no hold-out of one time unit"),
        ("2026-02-12", "week", "2026-02-08", "calibration_end 2026-02-08 and 2026-02-12"),
        ("2026-02-12", "week", "2026-02-20", "no hold-out of one time unit"),
        ("2026-02-12", "week", "2026-01-01", "is not after the first purchase, 2026-01-01"),
    ],
)
def test_too_short_a_history_is_said(end, unit, given_end, said) -> None:
    with pytest.raises(KehuError, match=said) as caught:
        split(engine_table(LOG), end, unit, "net", given_end)
    assert [p.code for p in caught.value.problems] == ["KH-D11"]


def test_nobody_bought_is_said() -> None:
    for lines in ([], [("A", "1", "2026-01-05", "-3.00")], LOG):
        with pytest.raises(KehuError, match="KH-D11 transactions: nobody bought anything up to"):
            of(lines, "2025-12-31")
    with pytest.raises(KehuError, match="KH-D11 transactions: there are no lines"):
        monthly(engine_table([]))


def test_a_misspelt_choice_is_never_taken_for_another() -> None:
    with pytest.raises(ValueError, match=r"refunds must be one of .*'nett'"):
        of(LOG, refunds="nett")
    with pytest.raises(ValueError, match=r"refunds must be one of .*'nett'"):
        buying_days(engine_table(LOG), "nett")
    with pytest.raises(ValueError, match=r"time_unit must be one of .*'weeks'"):
        of(LOG, unit="weeks")
    with pytest.raises(ValueError, match="time_unit"):
        split(engine_table(LOG), "2026-02-12", "weeks")


def test_months_without_purchases_are_there_and_money_is_conserved() -> None:
    found = monthly(engine_table([*LOG, ("A", "A9", "2026-05-31T23:00", "9.99")]))
    assert list(found["month"].astype(str).str[:7]) == [f"2026-0{m}" for m in range(1, 6)]
    assert list(found["spend"]) == [120.0, 60.1, 0.0, 0.0, 9.99]
    assert list(found["customers"]) == [2, 3, 0, 0, 1]
