"""The action list: one action a customer, by value at stake, for the first reason that applies."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu import tables
from kehu.actions import action_list as listing
from kehu.actions import playbook
from kehu.errors import KehuError
from kehu.i18n import Translator, catalogue
from kehu.report.listings import actions

BOOK = playbook.load(playbook.built_in("general"))
SEGMENTS = list(tables.column("rfm_segment").isin or ())
USUAL = {"margin": 0.3, "horizon": 52, "max_actions": 200}
Stage = tuple[pd.DataFrame, ...]
SILENT = pd.DataFrame(
    {"customer_id": pd.Series(dtype="str"), "open_complaints": pd.Series(dtype="int64")}
)


def stage(rows: list[tuple]) -> Stage:
    """Tables of customers: p_alive, clv, total_spend, T, is_key, segment, tier, n_orders."""
    columns = ["p_alive", "clv", "total_spend", "T", "is_key", "rfm_segment", "tier", "n_orders"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["customer_id"] = [f"{i:03d}" for i in range(len(frame))]
    frame["days_since_last"] = np.where(frame["p_alive"].isna(), 200, 10)
    customers = pd.DataFrame({"customer_id": frame["customer_id"], "name": "张三", "consent": None})
    summary = frame[["customer_id", "total_spend", "T"]]
    value = frame[["customer_id", "n_orders", "days_since_last", "p_alive", "clv"]]
    classes = frame[["customer_id", "tier", "rfm_segment", "is_key"]]
    return customers, summary, value, classes, SILENT


def listed(rows: list[tuple], **changes) -> tuple[pd.DataFrame, float]:
    return listing.action_list(*stage(rows), BOOK, **(USUAL | changes))


def told_of(found: pd.DataFrame, total: float) -> dict[str, float | int | str]:
    return listing.facts(found, total, stage([ACTIVE])[0], "opt_out")


ACTIVE = (0.9, 80.0, 1000.0, 104.0, False, "champion", "top", 5)
SLIPPING = (0.2, 3.0, 1000.0, 104.0, False, "keep", "potential", 5)
REASONS = {
    "key_slipping": (0.2, 1.0, 10.0, 60.0, True, "regular_keep", "top", 5),
    "value_slipping": (0.2, 1.0, 10.0, 60.0, False, "win_back", "top", 5),
    "key_quiet": (np.nan, 1.0, 10.0, 60.0, True, "regular_keep", "top", 5),
    "value_quiet": (np.nan, 1.0, 10.0, 60.0, False, "win_back", "top", 5),
    "key_active": (0.5, 1.0, 10.0, 60.0, True, "champion", "top", 1),
    "second_order": (1.0, 1.0, 10.0, 60.0, False, "regular_develop", "potential", 1),
    "growing": (0.2, 1.0, 10.0, 60.0, False, "regular_keep", "potential", 2),
    "steady": (0.9, 1.0, 10.0, 60.0, False, "champion", "top", 2),
}


def test_value_at_stake_by_hand() -> None:
    """Active: 80, its lifetime value. Slipping: 1000 x .3 x 52 / 104 a horizon, x .8 lost = 120."""
    found, total = listed([ACTIVE, SLIPPING])
    assert list(found["customer_id"]) == ["001", "000"]
    assert list(found["value_at_stake"]) == pytest.approx([120.0, 80.0])
    assert total == pytest.approx(200.0)


def test_a_history_shorter_than_the_horizon_is_one_horizon_long() -> None:
    """26 weeks count as 52: 1000 x .3 x .8, not twice as much."""
    short = (*SLIPPING[:3], 26.0, *SLIPPING[4:])
    assert listed([short])[0]["value_at_stake"].iloc[0] == pytest.approx(240.0)


def test_money_given_back_is_nothing_at_stake() -> None:
    owed = (*SLIPPING[:2], -50.0, *SLIPPING[3:])
    assert listed([owed])[0]["value_at_stake"].iloc[0] == 0


def test_the_first_reason_that_applies_is_given() -> None:
    assert tuple(REASONS) == listing.REASONS
    found = listed(list(REASONS.values()))[0].sort_values("customer_id")
    assert list(found["reason"]) == list(REASONS)


customer = st.tuples(
    st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0, np.nan]), st.integers(0, 50).map(float),
    st.integers(-20, 900).map(float), st.sampled_from([0.0, 10.0, 104.0]), st.booleans(),
    st.sampled_from(SEGMENTS), st.sampled_from(["top", "potential", "long_tail"]),
    st.integers(1, 4),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(customer, min_size=1, max_size=30), st.integers(1, 35), st.integers(0, 999))
def test_one_action_each_sorted_and_no_longer_than_asked(rows, most, seed) -> None:
    found, total = listed(rows, max_actions=most)
    assert len(found) == min(most, len(rows))
    assert found["customer_id"].is_unique
    assert list(found["priority"]) == list(range(1, len(found) + 1))
    order = list(zip(-found["value_at_stake"], found["customer_id"], strict=True))
    assert order == sorted(order)
    every, _ = listed(rows, max_actions=len(rows))
    assert set(found["customer_id"]) == set(every.head(most)["customer_id"])
    assert total == pytest.approx(every["value_at_stake"].sum())
    tables.check("actions", found)
    mixed = [t.sample(frac=1, random_state=seed) for t in stage(rows)]
    again, same = listing.action_list(*mixed, BOOK, **(USUAL | {"max_actions": most}))
    pd.testing.assert_frame_equal(again, found)
    assert same == total


def test_the_playbook_says_what_to_do() -> None:
    found = listed([(*ACTIVE[:5], s, *ACTIVE[6:]) for s in SEGMENTS])[0]
    for row in found.itertuples():
        strategy = BOOK.strategies[row.rfm_segment]
        said = (row.action, row.contact_channel, row.owner, row.contact_days)
        assert said == (
            strategy.action, strategy.channel, strategy.owner, strategy.contact_days
        )  # fmt: skip


def test_a_customer_without_a_name_is_listed() -> None:
    customers, *others = stage([ACTIVE, SLIPPING])
    found, _ = listing.action_list(customers.tail(1), *others, BOOK, **USUAL)
    assert found["name"].isna().sum() == 1
    tables.check("actions", found)


def test_facts_agree_with_the_list_and_every_printed_one_exists() -> None:
    found, total = listed([ACTIVE, *REASONS.values()], max_actions=5)
    named = told_of(found, total)
    texts = [text for language in ("zh", "en") for text in catalogue(language).values()]
    printed = {n for text in texts for n in re.findall(r"\{actions\.(\w+)", text)}
    assert printed
    assert printed - set(named) == set()
    assert named["n_listed"] == 5
    assert named["stake"] == pytest.approx(found["value_at_stake"].sum())
    assert named["stake_share"] == pytest.approx(named["stake"] / total)
    assert named["n_slipping"] == 4 == found["reason"].isin(listing.SLIPPING_REASONS).sum()


def test_an_open_complaint_is_told_before_the_reason() -> None:
    *others, _ = stage([ACTIVE, SLIPPING])
    voices = pd.DataFrame({"customer_id": ["000", "999"], "open_complaints": [2, 1]})
    found, total = listing.action_list(*others, voices, BOOK, **USUAL)
    assert found.set_index("customer_id")["open_complaints"].to_dict() == {"000": 2, "001": 0}
    tables.check("actions", found)
    told = told_of(found, total)
    assert (told["n_complaints_open"], told["any_complaint"]) == (1, "yes")
    assert told_of(*listed([ACTIVE]))["any_complaint"] == "no"
    rows = actions(Translator("zh", "CNY"), found, BOOK).table._tbl_data
    reasons = dict(zip(rows["customer_id"], rows["reason"], strict=True))
    assert reasons["000"].startswith("投诉 2 件未结，先办结；")
    assert "投诉" not in reasons["001"]


@pytest.mark.parametrize(
    ("rule", "ids"),
    [("ignore", ["000", "001", "002"]), ("opt_out", ["000", "002"]), ("required", ["000"])],
)
def test_who_refused_is_on_no_list(rule: str, ids: list[str]) -> None:
    customers, *others = stage([ACTIVE] * 3)
    customers = customers.assign(consent=pd.array([True, False, None], dtype="boolean"))
    found, total = listing.action_list(customers, *others, BOOK, **USUAL, consent=rule)
    assert found["customer_id"].tolist() == ids
    told = listing.facts(found, total, customers, rule)
    assert told["n_kept_out"] == 3 - len(ids)
    assert told["any_kept_out"] == ("yes" if len(ids) < 3 else "no")


def test_where_nobody_was_asked_it_is_said() -> None:
    assert told_of(*listed([ACTIVE]))["any_kept_out"] == "unknown"


def test_a_list_of_those_who_agreed_needs_somebody_who_did() -> None:
    with pytest.raises(KehuError, match=r"KH-D11 consent: no customer has agreed"):
        listed([ACTIVE], consent="required")


def test_nothing_at_stake_is_no_share() -> None:
    nothing = (0.9, 0.0, 0.0, 104.0, False, "champion", "top", 5)
    assert told_of(*listed([nothing]))["stake_share"] == 0


def test_tables_of_different_runs_are_refused_by_name() -> None:
    customers, summary, value, segments, voices = stage([ACTIVE, SLIPPING])
    others = summary.head(0), value, segments.tail(1), voices
    with pytest.raises(KehuError) as caught:
        listing.action_list(customers, *others, BOOK, **USUAL)
    said = [str(p) for p in caught.value.problems]
    assert said[0].startswith("KH-T01 segments: 1 customers are not in both `segments` and `value`")
    assert said[1].startswith("KH-T01 summary: 2 customers")
    assert "(first: 000)" in said[0]


def test_no_customers_is_said() -> None:
    empty = [t.head(0) for t in stage([ACTIVE])]
    with pytest.raises(KehuError, match="KH-D11 value: there are no customers"):
        listing.action_list(*empty, BOOK, **USUAL)


def test_slipping_is_below_one_half() -> None:
    assert np.nextafter(0.5, 0) < listing.SLIPPING == 0.5
    edge = [(0.5, *SLIPPING[1:]), (float(np.nextafter(0.5, 0)), *SLIPPING[1:])]
    found = listed(edge)[0].set_index("customer_id")
    assert found.loc["000", "value_at_stake"] == 3.0
    assert found.loc["001", "value_at_stake"] == pytest.approx(75.0)


def test_who_slips_away_is_called_not_thanked() -> None:
    """The playbook's `slipping` strategy replaces the segment's, and only for those leaving."""
    found = listed([REASONS["key_slipping"], REASONS["value_slipping"], ACTIVE])[0]
    by_id = found.set_index("customer_id")
    for customer in ("000", "001"):
        assert by_id.loc[customer, "action"] == BOOK.slipping.action
        assert by_id.loc[customer, "contact_days"] == BOOK.slipping.contact_days
    assert by_id.loc["002", "action"] == BOOK.strategies["champion"].action
