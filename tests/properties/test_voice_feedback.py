"""Complaints and suggestions: states, times, come-backs, time to settlement, the closed loop."""

import math
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_client import END, nothing, put, surveys

from kehu import tables
from kehu.voice.customers import customer_voice
from kehu.voice.feedback import Limits, feedback, unknown_words
from kehu.voice.handling import STATES, states_of
from kehu.voice.loop import adopted, loop_table, waiting
from kehu.voice.resolution import durations, kaplan_meier, resolution, settled_within, time_to
from kehu.voice.surveys import questions

OPENED = datetime(2026, 6, 1, 9)
HOUR = timedelta(hours=1)


def complaint(**more):
    return {"interaction": "complaint", "date": OPENED, "customer_id": "1", "topic": "物流", **more}


def judged(rows, limits: Limits | None = None, words=None) -> pd.DataFrame:
    """Return the feedback in the order of the rows given."""
    made = feedback(put("interactions", rows), END, limits or Limits(), words).execute()
    tables.check("feedback", made)
    return made.sort_values("row", ignore_index=True)


# --- what each complaint's state is -------------------------------------------------------------


def test_status_words_are_compared_whole() -> None:
    read = states_of(
        ["未采纳", "已采纳", "已采纳(部分)", "In Progress", "ＣＬＯＳＥＤ", " 处理 中 "]
    )
    assert list(read.values()) == ["refused", "adopted", "unknown", "in_progress", "done",
                                   "in_progress"]  # fmt: skip


def test_the_clients_words_come_first() -> None:
    own = {"done": ["归档"], "in_progress": ["已回复"]}
    assert states_of(["归档", "已回复"], own) == {"归档": "done", "已回复": "in_progress"}
    assert states_of(["已回复"]) == {"已回复": "done"}


def test_every_state_has_words() -> None:
    words = ["已受理", "处理中", "已采纳", "已办结", "未采纳", "重新打开"]
    assert tuple(states_of(words).values()) == STATES


@pytest.mark.parametrize(
    ("status", "closed", "handling", "is_open", "hours", "sla"),
    [
        ("已解决", 10, "done", False, 10, "met"),
        ("已解决", 72, "done", False, 72, "met"),
        ("已解决", 73, "done", False, 73, "missed"),
        ("已解决", None, "done", False, None, "unknown"),
        ("已解决", -5, "done", False, None, "unknown"),
        (None, 10, "done", False, 10, "met"),
        (None, None, "received", True, 711, "missed"),
        ("处理中", None, "in_progress", True, 711, "missed"),
        ("处理中", 10, "in_progress", False, 10, "met"),
        ("重新打开", 10, "reopened", True, 711, "missed"),
        ("谁知道", None, "unknown", True, 711, "missed"),
        ("已解决", 711, "in_progress", True, 711, "missed"),
        ("已解决", 5000, "in_progress", True, 711, "missed"),
    ],
)
def test_every_rule_of_a_complaint(status, closed, handling, is_open, hours, sla) -> None:
    """Opened on 1 June at 9, seen at the end of 30 June: 711 hours later."""
    when = None if closed is None else OPENED + closed * HOUR
    [line] = judged([complaint(status=status, closed=when)]).to_dict("records")
    assert (line["handling"], line["is_open"], line["sla_state"]) == (handling, is_open, sla)
    assert line["hours_taken"] == pytest.approx(hours) if hours else math.isnan(line["hours_taken"])


def test_what_is_not_due_is_pending_and_topics_have_their_own_limits() -> None:
    late = datetime.fromisoformat(END) + 14 * HOUR
    limits = Limits(topics={"物流": 4.0})
    found = judged([complaint(date=late), complaint(date=late, topic="质量"),
                    complaint(date=late, interaction="suggestion")], limits)  # fmt: skip
    assert list(found["allowed_hours"]) == [4, 72, 240]
    assert list(found["sla_state"]) == ["missed", "pending", "pending"]
    assert list(found["hours_taken"]) == [10, 10, 10]


def test_only_complaints_and_suggestions_up_to_the_analysis_date() -> None:
    rows = [complaint(), complaint(interaction="praise"), complaint(interaction="suggestion"),
            complaint(date=datetime(2026, 7, 1))]  # fmt: skip
    assert list(judged(rows)["interaction"]) == ["complaint", "suggestion"]


def test_unknown_words_are_listed_even_of_matters_settled_later() -> None:
    rows = [complaint(status="灰度"), complaint(status="甲"), complaint(status="甲"),
            complaint(status="乙", closed=datetime(2026, 8, 1))]  # fmt: skip
    found = unknown_words(feedback(put("interactions", rows), END, Limits()))
    assert list(zip(found["status"], found["rows"], strict=True)) == [
        ("甲", 2),
        ("乙", 1),
        ("灰度", 1),
    ]


# --- what came back ----------------------------------------------------------------------------


def came_back(*rows) -> list[bool]:
    return list(judged(list(rows))["came_back"])


def test_the_same_topic_again_within_the_days_came_back() -> None:
    first = complaint(closed=OPENED + 24 * HOUR)
    day = timedelta(days=1)
    assert came_back(first, complaint(date=OPENED + 28 * day)) == [True, False]
    assert came_back(
        complaint(date=OPENED - 60 * day, closed=OPENED - 59 * day),
        complaint(date=OPENED - 29 * day),
    ) == [True, False], "thirty days after the settlement"
    assert came_back(
        complaint(date=OPENED - 60 * day, closed=OPENED - 59 * day),
        complaint(date=OPENED - 28 * day),
    ) == [False, False], "thirty-one days after the settlement"
    assert came_back(complaint(date=OPENED - 31 * day), complaint()) == [False, False]
    assert came_back(complaint(date=OPENED - 30 * day), complaint()) == [True, False]


def test_again_while_the_first_is_open_came_back() -> None:
    days = timedelta(days=50)
    assert came_back(complaint(date=OPENED - days, closed=OPENED + HOUR), complaint()) == [
        True,
        False,
    ]


@pytest.mark.parametrize("other", [{"customer_id": "2"}, {"topic": "质量"},
                                   {"interaction": "suggestion"}])  # fmt: skip
def test_another_customer_topic_or_kind_is_not_a_return(other) -> None:
    assert came_back(complaint(), complaint(date=OPENED + HOUR, **other)) == [False, False]


@pytest.mark.parametrize("blank", [{"customer_id": None}, {"topic": None}])
def test_who_or_what_is_not_known_cannot_be_followed(blank) -> None:
    assert came_back(complaint(**blank), complaint(date=OPENED + HOUR, **blank)) == [False, False]


def test_a_reopened_one_came_back() -> None:
    assert came_back(complaint(status="reopened")) == [True]
    [line] = judged([complaint(status="重开后办结", closed=OPENED + HOUR)]).to_dict("records")
    assert (line["handling"], line["is_open"], line["came_back"]) == ("done", False, True)
    assert line["sla_state"] == "met"


# --- time to settlement -------------------------------------------------------------------------

times = st.lists(st.integers(0, 40), min_size=1, max_size=50)


@settings(max_examples=60, deadline=None)
@given(times)
def test_without_open_ones_it_is_the_plain_distribution(hours) -> None:
    curve = kaplan_meier(hours, [True] * len(hours))
    for row in curve.itertuples():
        waiting_ = sum(h > row.hours for h in hours) / len(hours) if row.Index else 1.0
        assert row.open_share == pytest.approx(waiting_, abs=1e-12)
    for share in (0.25, 0.5, 0.9, 1.0):
        place = math.ceil(share * len(hours) - 1e-9) - 1
        assert time_to(curve, share) == sorted(hours)[place]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=50),
       st.randoms(use_true_random=False))  # fmt: skip
def test_the_curve_falls_and_neither_order_nor_counts_matter(rows, random) -> None:
    hours, ended = zip(*rows, strict=True)
    curve = kaplan_meier(hours, ended)
    assert (np.diff(curve["open_share"]) <= 0).all()
    assert curve["open_share"].between(0, 1).all()
    assert (curve["open_low"] <= curve["open_share"] + 1e-12).all()
    assert (curve["open_high"] >= curve["open_share"] - 1e-12).all()
    assert curve["settled"].sum() == sum(ended)
    mixed = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(curve, kaplan_meier(*zip(*mixed, strict=True)))
    kinds = sorted(set(rows))
    counted = kaplan_meier(*zip(*kinds, strict=True), [rows.count(k) for k in kinds])
    pd.testing.assert_frame_equal(curve, counted)


def test_open_complaints_are_not_ignored() -> None:
    """Half settle at 10 hours, half wait: leaving those out would say that all are settled."""
    curve = kaplan_meier([10, 10, 20, 20], [True, True, False, False])
    assert settled_within(curve, 10) == 0.5
    assert math.isnan(time_to(curve, 0.9))
    assert settled_within(curve, 9.9) == 0


def test_the_median_is_recovered_from_censored_times() -> None:
    rng = np.random.default_rng(8)
    truth = rng.exponential(40, 4000)
    seen = rng.uniform(0, 120, 4000)
    curve = kaplan_meier(np.minimum(truth, seen), truth <= seen)
    assert time_to(curve, 0.5) == pytest.approx(40 * math.log(2), rel=0.07)
    naive = np.median(truth[truth <= seen])
    assert naive < 0.8 * 40 * math.log(2), "settled ones alone look quick"


def test_durations_of_complaints_in_the_engine() -> None:
    rows = [complaint(closed=OPENED + 5 * HOUR), complaint(closed=OPENED + 5 * HOUR),
            complaint(status="已解决"), complaint(topic="质量")]  # fmt: skip
    made = feedback(put("interactions", rows), END, Limits())
    found = durations(made)
    assert found["n"].tolist() == [2, 1]
    took = resolution(found)
    assert (took.settled, took.open, took.median) == (2, 1, 5)
    assert set(durations(made, "topic")["bucket"]) == {"物流", "质量"}


# --- the closed loop ----------------------------------------------------------------------------


def suggestion(status: str | None, reply: str | None = None, **more):
    return complaint(interaction="suggestion", status=status, reply=reply, **more)


def test_the_loop_by_hand() -> None:
    rows = [suggestion("已采纳", "谢谢，已上线"), suggestion("已采纳"), suggestion("未采纳", "  "),
            suggestion("评估中"), suggestion("怪"), suggestion(None),
            suggestion("已采纳", date=datetime(2020, 1, 1)),
            complaint(status="已解决")]  # fmt: skip
    made = feedback(put("interactions", rows), END, Limits())
    found = loop_table(made, END, 365).set_index("interaction")
    line = found.loc["suggestion"]
    assert line["matters"] == line[[*STATES, "unknown"]].sum() == 6
    assert (line["answered"], line["adopted"], line["refused"], line["told"]) == (3, 2, 1, 1)
    assert (line["open"], line["overdue"]) == (3, 3)
    assert line["answered_share"] == pytest.approx(0.5)
    assert line["adopted_share"] == pytest.approx(1 / 3)
    assert line["told_share"] == pytest.approx(1 / 3)
    assert math.isnan(found.loc["complaint", "told_share"]), "no replies on record"


def test_without_matters_shares_are_not_there() -> None:
    found = loop_table(feedback(nothing("interactions"), END, Limits()), END, 365)
    assert found["matters"].tolist() == [0, 0]
    assert found[["answered_share", "adopted_share", "told_share"]].isna().all().all()


def test_the_board_lists_adopted_suggestions_with_masked_words() -> None:
    rows = [suggestion("已采纳", "已上线，138", text="打 138", date=datetime(2026, 5, 1)),
            suggestion("已采纳", None, text=None, date=datetime(2026, 6, 9)),
            suggestion("已采纳", None, text="早年", date=datetime(2020, 1, 1)),
            suggestion("已采纳", None, text="早年提出", date=datetime(2020, 1, 1),
                       closed=datetime(2026, 2, 1)),
            suggestion("未采纳", None, text="不行")]  # fmt: skip
    made = feedback(put("interactions", rows), END, Limits())
    found = adopted(made, END, 365, lambda text: text.replace("138", "***"))
    assert found["text"].fillna("").tolist() == ["", "打 ***", "早年提出"]
    assert found["reply"].fillna("").tolist() == ["", "已上线，***", ""]


def test_the_longest_overdue_waits_on_top() -> None:
    rows = [complaint(date=datetime(2026, 6, 30, 12)), complaint(date=datetime(2026, 1, 1)),
            complaint(status="已解决"), suggestion(None, date=datetime(2026, 1, 1))]  # fmt: skip
    made = feedback(put("interactions", rows), END, Limits())
    found = waiting(made)
    assert found["interaction"].tolist() == ["complaint", "suggestion", "complaint"]
    assert (found["hours_over"].iloc[0] - found["hours_over"].iloc[1]) == pytest.approx(240 - 72)
    assert found["hours_over"].iloc[-1] < 0
    assert len(waiting(feedback(put("interactions", rows * 9), END, Limits()))) == 27


def test_the_voice_of_each_customer() -> None:
    asked = surveys([
        {"customer_id": "a", "answer": 9.0, "date": datetime(2026, 1, 1)},
        {"customer_id": "a", "answer": 6.0, "date": datetime(2026, 2, 1)},
        {"customer_id": "a", "answer": 8.0, "date": datetime(2026, 2, 1)},
        {"customer_id": "a", "answer": 10.0, "date": None},
        {"customer_id": "a", "answer": 1.0, "date": datetime(2026, 7, 1)},
        {"customer_id": "b", "answer": 7.0, "date": None},
        {"customer_id": "c", "answer": None},
        {"customer_id": None, "answer": 9.0},
        {"customer_id": "d", "answer": 5.0, "question": "满意", "scale": "csat"},
    ])  # fmt: skip
    rows = [complaint(customer_id="b"), complaint(customer_id="e", closed=OPENED + HOUR),
            suggestion(None, customer_id="e"), complaint(customer_id=None)]  # fmt: skip
    made = feedback(put("interactions", rows), END, Limits())
    found = tables.check(
        "customer_voice", customer_voice(asked, made, questions(asked), END).execute()
    ).set_index("customer_id")
    assert list(found.index) == ["a", "b", "e"]
    assert found["nps_class"].fillna("").tolist() == ["detractor", "passive", ""]
    assert found.loc["a", "nps_answer"] == 6
    counts = ["complaints", "open_complaints", "overdue_complaints", "suggestions"]
    assert found[counts].to_numpy().tolist() == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 1]]
