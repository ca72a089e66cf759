"""The journey: who reaches, goes on, is on the way, has left; customers conserve."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.voice_client import END, client, nothing, put, segments, surveys

from kehu import tables
from kehu.i18n import Translator
from kehu.report import charts_journey, listings_topics
from kehu.report.style import house_style
from kehu.voice.benchmark import Comparison
from kehu.voice.chapter import shown_rest
from kehu.voice.facts_text import journey_facts
from kehu.voice.feedback import Limits, feedback
from kehu.voice.journey import group_columns, journey, moment, spoken, unplaced
from kehu.voice.journey_dates import reached, stages
from kehu.voice.story_text import story
from kehu.voice.surveys import questions

DAYS = 180
NO_CAUSES, NO_PEERS = pd.DataFrame(columns=["cause_kind"]), Comparison(pd.DataFrame(), (), ())
LAST = datetime(2026, 6, 30)


def ago(days: int) -> datetime:
    return LAST - timedelta(days=days)


def line(customer: str, days: int, amount: int = 100, order: str = "", refund: bool = False):
    return {"customer_id": customer, "order_id": order or f"{customer}-{days}", "date": ago(days),
            "amount": Decimal(amount), "is_refund": refund}  # fmt: skip


def contact(customer: str, days: int, kind: str = "enquiry", topic: str | None = None):
    return {"customer_id": customer, "date": ago(days), "interaction": kind, "topic": topic}


SIX = [
    {"customer_id": c, "joined": ago(900).date(), "has_purchases": c != "member",
     "in_customer_list": True, "channel": "网店"}
    for c in ("member", "once", "new", "loyal", "refunded")
]  # fmt: skip
LINES = [
    line("once", 400), line("new", 30), line("loyal", 500), line("loyal", 300, 900),
    line("refunded", 400, 100, "r"), line("refunded", 390, -100, "r", refund=True),
    line("stranger", 700), line("stranger", 10),
]  # fmt: skip
CONTACTS = [
    contact("once", 395), contact("member", 100, "browse"), contact("loyal", 490),
    contact("once", 50, "complaint", "物流"), contact("loyal", 40, "complaint", "月亮"),
]  # fmt: skip


def table(customers, lines, contacts, answers=(), groups=None, least=1, days=DAYS):
    listed = stages()
    moves = put("interactions", contacts)
    dates = reached(listed, customers, put("transactions", lines), moves, END)
    asked = surveys(answers)
    said = spoken(listed, asked, questions(asked), feedback(moves, END, Limits()), END, 365)
    spent = pd.DataFrame(lines or [{"customer_id": "", "amount": 0}])
    value = (
        spent.assign(amount=spent["amount"].astype(float)).groupby("customer_id")["amount"].sum()
    )
    made = journey(listed, dates, said, value, groups or {}, END, days, least)
    return tables.check("journey", made), said, dates


def of_six():
    found, said, _ = table(put("customers", SIX), LINES, CONTACTS)
    return found.set_index("journey_stage"), said


def test_six_customers_by_hand() -> None:
    rows, said = of_six()
    assert rows.loc["awareness", "reached"] == 6
    assert rows.loc["purchase", "reached"] == 5
    assert rows.loc["use", "reached"] == 4, "a wholly refunded order was not kept"
    assert rows.loc["renewal", "reached"] == 2
    assert tuple(rows.loc["awareness", ["went_on", "on_the_way", "left"]]) == (5, 0, 1)
    assert tuple(rows.loc["purchase", ["went_on", "on_the_way", "left"]]) == (4, 0, 1)
    assert tuple(rows.loc["use", ["went_on", "on_the_way", "left"]]) == (2, 1, 1)
    assert rows.loc["use", "drop_share"] == pytest.approx(1 / 3)
    assert rows.loc["service", "reached"] == 2
    assert pd.isna(rows.loc["renewal", "went_on"])
    assert rows.loc["use", "stage_complaints"] == 1
    assert rows.loc["use", "complainant_share"] == pytest.approx(1 / 4)
    assert unplaced(said) == 1, "no stage is about the moon"


def test_what_is_at_stake_by_hand() -> None:
    rows, _ = of_six()
    on, left = (1000 + 200) / 2, 100.0
    assert rows.loc["use", "value_gap"] == pytest.approx(on - left)
    assert rows.loc["use", "spend_at_stake"] == pytest.approx(on - left)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900), st.booleans()),
                max_size=25))  # fmt: skip
def test_customers_conserve(events: list[tuple[str, int, bool]]) -> None:
    lines = [line(c, d) for c, d, bought in events if bought]
    contacts = [contact(c, d, "browse") for c, d, bought in events if not bought]
    found, _, dates = table(put("customers", SIX), lines, contacts)
    assert (found["customers"] == len(dates)).all()
    assert (found["reached"] <= found["customers"]).all()
    own = found[found["went_on"].notna()]
    fates = own[["went_on", "on_the_way", "left", "undated"]].sum(axis=1)
    assert (fates == own["reached"]).all()
    milestones = found[~found["is_optional"]].sort_values("stage_place")
    assert (np.diff(milestones["reached"]) <= 0).all(), "nobody skips a stage that is not optional"
    assert (milestones["went_on"].iloc[:-1].to_numpy() == milestones["reached"].iloc[1:]).all()


def test_groups_add_up_and_the_order_of_rows_changes_nothing() -> None:
    made = client(200)
    listed = stages()
    base = put("customers", [{"customer_id": f"{i:04d}", "channel": ["网店", "门店"][i % 2],
                              "has_purchases": True, "in_customer_list": True}
                             for i in range(200)])  # fmt: skip
    dates = reached(listed, base, made["transactions"], made["interactions"], END)
    matters = feedback(made["interactions"], END, Limits())
    said = spoken(listed, made["surveys"], questions(made["surveys"]), matters, END, 365)
    groups = group_columns(base, segments(200))
    value = pd.Series(np.arange(200.0), index=[f"{i:04d}" for i in range(200)])
    found = journey(listed, dates, said, value, groups, END, DAYS, 1)
    tables.check("journey", found)
    for breakdown in ("channel", "tier"):
        parts = found[found["breakdown"] == breakdown].groupby("stage_place")
        whole = found[found["breakdown"] == "all"].set_index("stage_place")
        for column in ("customers", "reached"):
            assert (parts[column].sum() == whole[column]).all()
    mixed = dates.sample(frac=1, random_state=1)
    again = journey(listed, mixed, said, value[::-1], groups, END, DAYS, 1)
    pd.testing.assert_frame_equal(found, again, check_exact=True)


def test_answers_belong_to_the_stage_of_their_touchpoint() -> None:
    answers = [{"question": "速度", "scale": "csat", "touchpoint": "物流", "answer": float(a),
                "customer_id": "once", "date": ago(5)} for a in (1, 3, 5)]  # fmt: skip
    found, _, _ = table(put("customers", SIX), LINES, CONTACTS, answers)
    rows = found.set_index("journey_stage")
    assert rows.loc["use", "stage_answers"] == 3
    assert rows.loc["use", "stage_score"] == pytest.approx(50)
    assert rows["stage_answers"].sum() == 3


def test_passing_an_optional_stage_is_judged_from_a_landmark() -> None:
    """Who asked only after coming back has not come back because of asking."""
    base, lines, contacts = [], [], []
    for i in range(80):
        c = f"{i:03d}"
        base.append({"customer_id": c, "has_purchases": True, "in_customer_list": True})
        lines.append(line(c, 700))
        if i < 40:
            contacts.append(contact(c, 690))
        if i % 2 or i < 10:
            lines.append(line(c, 600))
        if i >= 60:
            contacts.append(contact(c, 100))
    rows = table(put("customers", base), lines, contacts)[0].set_index("journey_stage")
    assert rows.loc["service", "onward_with"] == pytest.approx(25 / 40)
    assert rows.loc["service", "onward_without"] == pytest.approx(20 / 40)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_journey_is_drawn_and_told_even_for_one_customer_or_none(language: str) -> None:
    say = Translator(language, "CNY")
    for customers, lines, contacts in (
        (put("customers", SIX), LINES, CONTACTS), (put("customers", SIX[:1]), [], []),
        (nothing("customers"), [], []),
    ):  # fmt: skip
        made, said, _ = table(customers, lines, contacts)
        facts = journey_facts(made, unplaced(said), DAYS)
        keys = story({**facts, "texts": 0, "cause_count": 0})["journey"]
        facts["days"] = 365
        told = [say(k, {f"voice.{n}": v for n, v in facts.items()}) for k in keys]
        assert all("—" not in text and "nan" not in text for text in told)
        with house_style(language):
            for given in shown_rest(made, NO_CAUSES, NO_PEERS)["path"]:
                chart = charts_journey.journey_path(say, *given)
                chart.figure.canvas.draw()
                assert "—" not in chart.title + chart.alt
        assert listings_topics.journey_stages(say, made, DAYS).title


def test_nobody_at_stake_is_not_nobody_stopped() -> None:
    """Who registered and never bought has stopped, though nothing tells what that costs."""
    base = [{"customer_id": f"{i:03d}", "in_customer_list": True, "has_purchases": False,
             "joined": ago(900).date()} for i in range(100)]  # fmt: skip
    made, said, _ = table(put("customers", base), [], [])
    facts = journey_facts(made, unplaced(said), DAYS)
    assert (facts["left_all"], facts["moment_place"], moment(made)) == (100, None, None)
    keys = story({**facts, "texts": 0, "cause_count": 0})["journey"]
    assert "stopped" in " ".join(keys)
    assert "calm" not in " ".join(keys)


def test_who_reached_a_stage_on_an_unknown_day_is_not_lost() -> None:
    base = [{"customer_id": f"{i:03d}", "in_customer_list": True, "has_purchases": False}
            for i in range(100)]  # fmt: skip
    made = table(put("customers", base), [], [])[0].set_index("journey_stage")
    first = made.iloc[0]
    assert (first["left"], first["on_the_way"], first["undated"]) == (0, 0, 100)
    assert pd.isna(first["drop_share"])


def test_a_patience_within_the_landmark_compares_nothing() -> None:
    base, lines, contacts = [], [], []
    for i in range(80):
        c = f"{i:03d}"
        base.append({"customer_id": c, "has_purchases": True, "in_customer_list": True})
        lines += [line(c, 700), line(c, 600)] if i % 2 else [line(c, 700)]
        contacts += [contact(c, 690)] if i < 40 else []
    made = table(put("customers", base), lines, contacts, days=29)[0]
    assert made["onward_with"].isna().all()
