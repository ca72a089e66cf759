"""Net promoter scores and satisfaction: bounds, order, files, weights, groups, other scales."""

import math
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_client import END, client, put, segments, surveys

from kehu import tables
from kehu.voice.nps import nps, p_value, score
from kehu.voice.nps_groups import holm, nps_table
from kehu.voice.period import NO_GROUP
from kehu.voice.scores import in_top_box, mean_interval, performance, satisfaction_table
from kehu.voice.surveys import cells, distribution, questions

points = st.lists(st.integers(0, 10), min_size=1, max_size=60)
weighted = st.lists(
    st.tuples(st.integers(0, 10), st.floats(0.01, 50)), min_size=1, max_size=40
)  # fmt: skip


def table(rows, end: str = END, days: int = 365, least: int = 30, classes=None) -> pd.DataFrame:
    asked = surveys(rows)
    made = nps_table(cells(asked, end, days, classes), questions(asked), least)
    return tables.check("nps", made).set_index(["breakdown", "bucket"])


def scores(rows, least: int = 30, easy: str = "high") -> pd.DataFrame:
    asked = surveys(rows)
    made = satisfaction_table(cells(asked, END, 365), questions(asked), least, easy)
    return tables.check("satisfaction", made).set_index(["question", "breakdown", "bucket"])


# --- one group of answers ---------------------------------------------------------------------


def test_classes_by_hand() -> None:
    made = nps(range(11))
    assert (made.promoters, made.passives, made.detractors, made.n) == (2, 2, 7, 11)
    assert made.plain.value == pytest.approx(-500 / 11)


@settings(max_examples=60, deadline=None)
@given(weighted)
def test_a_score_lies_between_its_ends_and_the_ends_in_the_range(answers) -> None:
    a, w = zip(*answers, strict=True)
    made = nps(a, weights=w)
    for found in (made.plain, made.weighted):
        assert -100 <= found.value <= 100
        if found.variance > 0:
            assert -100 <= found.low <= found.value <= found.high <= 100
        else:
            assert math.isnan(found.low)
            assert math.isnan(found.high)
    assert 1 - 1e-9 <= made.effective <= len(a) + 1e-9


@settings(max_examples=60, deadline=None)
@given(weighted, st.randoms(use_true_random=False), st.integers(0, 39))
def test_neither_order_nor_files_change_a_digit(answers, random, cut) -> None:
    mixed = random.sample(answers, len(answers))
    a, w = (np.array(c) for c in zip(*answers, strict=True))
    b, v = (np.array(c) for c in zip(*mixed, strict=True))
    assert nps(a, weights=w) == nps(b, weights=v)
    first, second = nps(a[:cut]), nps(a[cut:])
    assert first.promoters + second.promoters == nps(a).promoters
    assert first.detractors + second.detractors == nps(a).detractors


@settings(max_examples=60, deadline=None)
@given(points, st.floats(0.01, 100))
def test_weights_of_one_are_no_weights_and_equal_weights_change_nothing(answers, weight) -> None:
    plain = nps(answers)
    assert plain == nps(answers, weights=[1.0] * len(answers))
    assert plain.weighted == plain.plain
    same = nps(answers, weights=[weight] * len(answers))
    assert same.weighted.value == pytest.approx(plain.plain.value)
    assert same.effective == pytest.approx(len(answers))


def test_counts_are_repeated_answers() -> None:
    assert nps([9, 3], counts=[4, 2], weights=[0.5, 2]) == nps(
        [9] * 4 + [3] * 2, weights=[0.5] * 4 + [2] * 2
    )


def test_weights_by_hand() -> None:
    """Two promoters of weight 3, one detractor of weight 1: 6/7 - 1/7; effective 49/19."""
    made = nps([9, 10, 2], weights=[3, 3, 1])
    assert made.weighted.value == pytest.approx(100 * 5 / 7)
    assert made.effective == pytest.approx(49 / 19)
    assert made.plain.value == pytest.approx(100 / 3)


def test_the_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(4)
    draws = rng.multinomial(200, [0.45, 0.3, 0.25], size=2000) / 200
    hits = [s.low <= 20 <= s.high for s in (score(p, d, 200) for p, _, d in draws)]
    assert 0.93 < np.mean(hits) < 0.97


def test_the_test_of_a_difference_keeps_its_level_and_finds_a_difference() -> None:
    rng = np.random.default_rng(5)

    def rejected(shift: float) -> float:
        one = rng.multinomial(150, [0.4, 0.3, 0.3], size=1500) / 150
        two = rng.multinomial(250, [0.4 + shift, 0.3, 0.3 - shift], size=1500) / 250
        pairs = zip(one, two, strict=True)
        return float(np.mean([p_value(score(a[0], a[2], 150), score(b[0], b[2], 250)) < 0.05
                              for a, b in pairs]))  # fmt: skip

    assert 0.03 < rejected(0.0) < 0.07
    assert rejected(0.1) > 0.5


def test_two_groups_without_spread_cannot_be_tested() -> None:
    assert math.isnan(p_value(score(1, 0, 50), score(0, 1, 50)))
    assert p_value(score(0.5, 0.2, 50), score(0.5, 0.2, 80)) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_holm_raises_and_keeps_the_order(p, random) -> None:
    found = holm(p)
    assert (found >= np.array(p) - 1e-15).all()
    assert (found <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    places = random.sample(range(len(p)), len(p))
    assert list(holm([p[i] for i in places])) == [found[i] for i in places]
    assert np.isnan(holm([*p, math.nan])[-1])
    assert list(holm([*p, math.nan])[:-1]) == list(found)


# --- groups -----------------------------------------------------------------------------------


def group(name: str | None, promoters: int, detractors: int, **more) -> list[dict]:
    return [{"channel": name, "answer": a, **more} for a in [9.0] * promoters + [2.0] * detractors]


def test_small_groups_are_named_and_counted_but_not_shown() -> None:
    found = table(group("甲", 20, 15) + group("乙", 3, 2) + group(None, 40, 5))
    small = found.loc["channel", "乙"]
    assert (small["answers"], small["is_shown"]) == (5, False)
    assert small.drop(["question", "answers", "is_shown"]).isna().all()
    assert found.loc["channel"]["answers"].sum() == found.loc[("all", "all"), "answers"] == 85


def test_two_groups_are_one_test_and_three_are_held_to_holm() -> None:
    two = table(group("甲", 30, 20) + group("乙", 20, 30))
    raw = p_value(score(0.6, 0.4, 50), score(0.4, 0.6, 50))
    assert two.loc[("channel", "甲"), "nps_p_value"] == pytest.approx(raw)
    assert two.loc[("channel", "甲"), "nps_difference"] == pytest.approx(40)
    assert two.loc[("channel", "乙"), "nps_difference"] == pytest.approx(-40)
    three = table(group("甲", 30, 20) + group("乙", 20, 30) + group("丙", 25, 25))
    rest = score(45 / 100, 55 / 100, 100)
    assert three.loc[("channel", "甲"), "nps_p_value"] == pytest.approx(
        3 * p_value(score(0.6, 0.4, 50), rest)
    )


def test_nothing_is_tested_against_a_few_answers() -> None:
    """With the rest below the limit, a difference would tell what the hidden group said."""
    found = table(group("甲", 30, 20) + group("乙", 3, 2))
    assert found.loc[("channel", "甲"), ["nps_difference", "nps_p_value"]].isna().all()


def test_answers_that_name_no_group_are_counted_and_not_tested() -> None:
    found = table(group("甲", 30, 20) + group("乙", 20, 30) + group(None, 50, 0))
    unnamed = found.loc[("channel", NO_GROUP)]
    assert (unnamed["answers"], unnamed["nps"]) == (50, 100)
    assert math.isnan(unnamed["nps_difference"])
    assert found.loc[("channel", "甲"), "nps_difference"] == pytest.approx(40)


def test_a_quarter_is_compared_with_the_one_shown_before_it() -> None:
    """The last quarter of 2025 has three answers: it is named, and passed over."""
    sizes = {(2025, 8): (30, 30), (2025, 11): (0, 3), (2026, 2): (30, 30), (2026, 5): (45, 15)}
    rows = [
        {**row, "date": datetime(*month, 5)}
        for month, n in sizes.items()
        for row in group("甲", *n)
    ]
    found = table(rows).loc["quarter"]
    assert found["answers"].to_dict() == {"2025Q3": 60, "2025Q4": 3, "2026Q1": 60, "2026Q2": 60}
    differences = found["nps_difference"]
    assert differences[["2025Q3", "2025Q4"]].isna().all()
    assert (differences["2026Q1"], differences["2026Q2"]) == pytest.approx((0, 50))
    assert found.loc["2026Q2", "nps_p_value"] < 0.05 < found.loc["2026Q1", "nps_p_value"]


def test_the_period_ends_with_the_analysis_date_and_undated_answers_count() -> None:
    day = datetime.fromisoformat(END)
    dates = [day + timedelta(hours=23), day + timedelta(days=1), day - timedelta(days=364),
             day - timedelta(days=365), None]  # fmt: skip
    rows = [{"date": d, "answer": 9.0} for d in dates]
    found = table(rows, least=1)
    assert found.loc[("all", "all"), "answers"] == 3
    assert found.loc["quarter"]["answers"].to_dict() == {"2025Q2": 1, "2025Q3": 1, "2026Q2": 1,
                                                         NO_GROUP: 1}  # fmt: skip


@cache
def simulated():
    return client(200)


def test_groups_add_up_to_all_and_keep_the_contract() -> None:
    asked, classes = simulated()["surveys"], segments(200)
    counted, kinds = cells(asked, END, 365, classes), questions(asked)
    for name, made in (
        ("nps", nps_table(counted, kinds, 1)),
        ("satisfaction", satisfaction_table(counted, kinds, 1)),
    ):
        sums = tables.check(name, made).groupby(["question", "breakdown"])["answers"].sum()
        sums = sums.unstack()
        for breakdown in ("tier", "rfm_segment", "channel"):
            assert (sums[breakdown] == sums["all"]).all()
    assert "touchpoint" not in set(counted["breakdown"]), "nothing names a touchpoint"


def test_rows_and_files_in_another_order_give_the_same_cells() -> None:
    rows = simulated()["surveys"].execute().to_dict("records")
    rng = np.random.default_rng(3)
    for row in rows:
        row["survey_weight"] = float(rng.random())
        row["answer"] = None if row["answer"] != row["answer"] else row["answer"]
        row["touchpoint"] = row["text"] = None
    mixed = [
        {**rows[i], "source": f"{i % 3}.csv", "row": i + 1} for i in rng.permutation(len(rows))
    ]
    one, two = put("surveys", rows), put("surveys", mixed)
    a, b = (cells(t, END, 365, segments(200)) for t in (one, two))
    pd.testing.assert_frame_equal(a, b)
    pd.testing.assert_frame_equal(
        nps_table(a, questions(one), 30), nps_table(b, questions(two), 30)
    )


# --- what is not an NPS, and the other questions ------------------------------------------------


def test_a_question_is_an_nps_from_0_to_10_only() -> None:
    ten = {"question": "1–10", "scale": "other", "answer": 9.0}
    wrong = {"question": "五分", "scale_low": 1.0, "scale_high": 5.0, "answer": 5.0}
    rows = [ten] * 40 + [wrong] * 40
    kinds = questions(surveys(rows)).set_index("question")["computed"]
    assert kinds.to_dict() == {"1–10": "mean", "五分": "mean"}
    assert table(rows).empty
    found = scores(rows)
    assert found.loc[("1–10", "all", "all"), "mean_answer"] == 9
    assert found.loc[("五分", "all", "all"), "computed"] == "mean"


def test_satisfaction_by_hand() -> None:
    answers = [5, 5, 4, 3, 1, None]
    rows = [{"question": "满意", "scale": "csat", "answer": a and float(a), "survey_weight": w}
            for a, w in zip(answers, [1, 1, 1, 1, 4, 1], strict=True)]  # fmt: skip
    line = scores(rows).loc[("满意", "all", "all")]
    assert (line["asked"], line["answers"]) == (6, 5)
    assert line["mean_answer"] == pytest.approx(3.6)
    half = 2.7764451 * np.std([5, 5, 4, 3, 1], ddof=1) / np.sqrt(5)
    assert line["mean_high"] - line["mean_answer"] == pytest.approx(half)
    assert line["weighted_mean"] == pytest.approx((5 + 5 + 4 + 3 + 4) / 8)
    assert line["top_box"] == pytest.approx(0.6)


def test_the_easy_end_of_an_effort_scale_is_its_top_box() -> None:
    rows = [{"question": "费力", "scale": "ces", "answer": a} for a in (1.0, 2.0, 4.0, 7.0)]
    assert scores(rows).loc[("费力", "all", "all"), "top_box"] == 0.25
    assert scores(rows, easy="low").loc[("费力", "all", "all"), "top_box"] == 0.5


@pytest.mark.parametrize(
    ("low", "high", "low_is_best", "best"),
    [(1, 5, False, [4, 5]), (1, 3, False, [3]), (0, 10, False, [9, 10]), (1, 7, True, [1, 2]),
     (0, 1, False, [1])],
)  # fmt: skip
def test_the_top_box_is_two_points_of_a_long_scale_and_one_of_a_short(
    low, high, low_is_best, best
) -> None:
    scale = pd.Series(range(low, high + 1), dtype=float)
    assert list(scale[in_top_box(scale, low, high, low_is_best)]) == best


def test_a_scale_of_a_hundred_points_has_no_top_box() -> None:
    row = {"question": "百分", "scale": "other", "scale_low": 0.0, "scale_high": 100.0}
    line = scores([{**row, "answer": 90.0}] * 40).loc[("百分", "all", "all")]
    assert (line["mean_answer"], math.isnan(line["top_box"])) == (90, True)


def test_one_answer_has_a_mean_and_no_interval() -> None:
    mean, low, high = mean_interval(pd.Series([4.0]), pd.Series([1]))
    assert (mean, math.isnan(low), math.isnan(high)) == (4, True, True)


def test_a_question_nobody_answered_is_listed() -> None:
    row = {"question": "空", "scale": "csat", "answer": None}
    line = scores([row] * 3).loc[("空", "all", "all")]
    assert (line["asked"], line["answers"], line["is_shown"]) == (3, 0, False)


def test_a_distribution_adds_up_and_holds_the_points_nobody_chose() -> None:
    rows = [{"question": "满意", "scale": "csat", "answer": a} for a in (5.0, 5.0, 2.0, None)]
    asked = surveys(rows)
    found = distribution(cells(asked, END, 365), questions(asked))
    assert found["answers"].tolist() == [0, 1, 0, 0, 2]
    assert found["point_share"].sum() == pytest.approx(1)
    assert distribution(cells(surveys([]), END, 365), questions(surveys([]))).empty


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 5), st.booleans())
def test_performance_runs_from_0_to_100(mean, low_is_best) -> None:
    found = performance(mean, 1, 5, low_is_best)
    assert 0 <= found <= 100
    assert found + performance(mean, 1, 5, not low_is_best) == pytest.approx(100)


def test_a_breakdown_is_that_of_the_question() -> None:
    rows = [{"answer": 9.0}] * 3
    rows += [{"question": "满意", "scale": "csat", "answer": 4.0, "touchpoint": "物流"}] * 3
    counted = cells(surveys(rows), END, 365)
    found = counted.groupby("question")["breakdown"].unique().map(sorted)
    assert found.to_dict() == {
        "推荐意愿": ["all", "quarter"],
        "满意": ["all", "quarter", "touchpoint"],
    }
