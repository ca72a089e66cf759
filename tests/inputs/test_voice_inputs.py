"""Wrong surveys, parameters and calls of the voice of the customer give the right error."""

import math
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from kehu import tables
from kehu.errors import KehuError
from kehu.params_voice import RULES, VoiceParams
from kehu.voice.control import u_chart
from kehu.voice.handling import states_of
from kehu.voice.nps import nps
from kehu.voice.outcomes import overall_question
from kehu.voice.period import recent
from kehu.voice.resolution import kaplan_meier
from kehu.voice.scores import satisfaction_table
from kehu.voice.surveys import cells, questions


def surveys(*rows: dict[str, Any]):
    """Put answers to an NPS question into the engine."""
    schema = tables.contract("surveys").arrow_schema()
    usual = {"question": "推荐", "scale": "nps", "scale_low": 0.0, "scale_high": 10.0,
             "answer": 9.0, "survey_weight": 1.0, "source": "a.csv"}  # fmt: skip
    full = [dict.fromkeys(schema.names) | usual | {"row": i} | r for i, r in enumerate(rows, 1)]
    return ibis.memtable(pa.Table.from_pylist(full, schema=schema))


def told(*rows: dict[str, Any]) -> list[str]:
    with pytest.raises(KehuError) as error:
        questions(surveys(*rows))
    assert {p.code for p in error.value.problems} == {"KH-T01"}
    return [str(p) for p in error.value.problems]


def test_an_answer_outside_its_scale_names_the_code() -> None:
    [found] = told({}, {"answer": 11.0}, {"answer": 99.0}, {"answer": -1.0}, {"answer": None})
    assert "surveys.推荐: 3 of 4 answers lie outside the scale 0 to 10 (e.g. 99)" in found
    assert "name its codes for no answer" in found


def test_one_question_on_two_scales() -> None:
    five = {"scale": "csat", "scale_low": 1.0, "scale_high": 5.0, "answer": 4.0}
    [found] = told({}, five)
    assert "has 2 scales (csat 1 to 5; nps 0 to 10), whose answers cannot be averaged" in found


def test_an_nps_answer_that_is_no_whole_number() -> None:
    [found] = told({"answer": 8.5}, {"answer": 8.0})
    assert "1 of 2 NPS answers are no whole number (e.g. 8.5)" in found
    other = {"scale": "other", "answer": 8.5}
    assert questions(surveys(other))["computed"].tolist() == ["mean"], "fine for a mean"


def test_all_problems_at_once() -> None:
    found = told({"answer": 11.0}, {"question": "乙", "answer": 12.0}, {"question": "丙"},
                 {"question": "丙", "scale": "other"})  # fmt: skip
    assert len(found) == 3


def test_an_overall_question_nobody_asks() -> None:
    kinds = questions(surveys({}, {"question": "乙"}))
    with pytest.raises(
        KehuError, match=r"KH-P05 overall_question: `丙` is no question .* 乙, 推荐"
    ):
        overall_question(kinds, "丙")


# --- parameters ---------------------------------------------------------------------------------


def test_the_defaults_are_right_and_described_in_both_languages() -> None:
    params = VoiceParams()
    assert (params.voice_days, params.voice_min_group, params.sla_hours) == (365, 30, 72)
    for name, field in VoiceParams.model_fields.items():
        assert field.description, name
        assert field.json_schema_extra["zh"], name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voice_days", 0), ("voice_days", 365.0), ("voice_min_group", 1), ("sla_hours", 0.0),
        ("sla_hours", math.inf), ("sla_topic_hours", {"物流": -1.0}), ("ces_easy_end", "middle"),
        ("feedback_words", {"forgotten": ["甲"]}), ("feedback_words", {"done": "甲"}),
        ("reopen_days", 0), ("control_months", 3), ("outcome_days", 7), ("nonsense", 1),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be(name, value) -> None:
    with pytest.raises(ValidationError):
        VoiceParams(**{name: value})


def test_one_word_under_two_states() -> None:
    [(names, broken, message)] = RULES
    assert names == ("feedback_words",)
    assert broken({"done": ["归档"], "refused": ["归档 "]})
    assert not broken({"done": ["归档"], "refused": ["退回"]})
    assert "once" in message


# --- calls --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([11],), "whole numbers 0…10"), (([8.5],), "whole numbers"), (([math.nan],), "whole"),
        (([-1],), "whole numbers"), (([9], [-1]), "0 or more"), (([9], [1], [-0.5]), "0 or more"),
        (([9, 8], [1]), "differ in shape"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_scored(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        nps(*arguments)


def test_no_answers_and_no_weight_have_no_score() -> None:
    assert math.isnan(nps([]).plain.value)
    weightless = nps([9, 3], weights=[0, 0])
    assert math.isnan(weightless.weighted.value)
    assert weightless.plain.value == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(([1.0, 2.0], [True]), "differ in length"), (([-1.0], [True]), "0 or more"),
     (([math.nan], [True]), "0 or more")],
)  # fmt: skip
def test_times_that_cannot_be(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        kaplan_meier(*arguments)


def test_no_times_are_a_curve_of_nothing() -> None:
    curve = kaplan_meier([], [])
    assert curve["open_share"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("events", "exposure", "message"),
    [([1, 2], [1], "one length"), ([-1], [1], "0 or more"), ([1], [-1], "0 or more"),
     ([1, 1], [0, 5], "baseline has no exposure"), ([np.nan], [1], "0 or more")],
)  # fmt: skip
def test_control_charts_that_cannot_be(events, exposure, message) -> None:
    with pytest.raises(ValueError, match=message):
        u_chart(events, exposure, 1)


def test_other_calls_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="days must be 1 or more"):
        recent(surveys({}), "2026-06-30", 0)
    with pytest.raises(ValueError, match=r"states must be of .* got \['lost'\]"):
        states_of(["甲"], {"lost": ["甲"]})
    asked = surveys({})
    with pytest.raises(ValueError, match="ces_easy_end"):
        satisfaction_table(cells(asked, "2026-06-30", 30), questions(asked), 30, "left")
