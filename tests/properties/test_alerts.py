"""Alerts: raised, still open and cleared add up from period to period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kehu import tables
from kehu.i18n import Translator
from kehu.params_alerts import DEFAULTS, Alert
from kehu.report import listings_risk
from kehu.risk.alerts import Base, alerts, facts, previous, shown, summary
from kehu.store import Run

QUIET = Alert(
    name="quiet", zh="沉默", en="quiet", measure="days_since_last", when="above", limit=90
)
SHRINKS = Alert(
    name="shrinks",
    zh="缩小",
    en="shrinks",
    level="segment",
    measure="spend",
    when="drop",
    limit=0.2,
)


def base(days: dict[str, int], spend: float = 100.0) -> Base:
    """A client of some customers; all but the days since the last purchase are alike."""
    ids = sorted(days)
    n = len(ids)
    value = pd.DataFrame({"customer_id": ids, "days_since_last": [days[i] for i in ids]})
    value = value.assign(total_spend=spend, clv=10.0, p_alive=0.5)
    segments = pd.DataFrame({"customer_id": ids, "tier": "top", "is_key": np.arange(n) % 2 == 0})
    churn = pd.DataFrame({"customer_id": ids, "churn_probability": 0.9, "value_at_risk": 1.0})
    return Base(value, segments, churn, pd.DataFrame({"customer_id": [], "days_past_due": []}))


class Earlier:
    """The run before, with the tables given."""

    def __init__(self, **held: pd.DataFrame) -> None:
        self.held = held

    def has(self, name: str) -> bool:
        return name in self.held

    def read(self, name: str) -> pd.DataFrame:
        return self.held[name]


people = st.dictionaries(st.sampled_from([f"c{i}" for i in range(12)]), st.integers(0, 200))


@settings(max_examples=40, deadline=None)
@given(people, people)
def test_every_alert_of_either_period_is_raised_open_or_cleared_once(then, now):
    first = alerts(base(then), [QUIET], "P1")
    assert set(first["state"]) <= {"raised"}
    assert set(first["subject"]) == {i for i, d in then.items() if d > 90}
    second = alerts(base(now), [QUIET], "P2", Earlier(alerts=first))
    tables.check("alerts", second)
    up, was = {i for i, d in now.items() if d > 90}, set(first["subject"])
    for state, expected in (("raised", up - was), ("open", up & was), ("cleared", was - up)):
        assert set(second.loc[second["state"] == state, "subject"]) == expected
    assert set(second.loc[second["state"] == "open", "alert_since"]) <= {"P1"}
    told = facts(second, Earlier(alerts=first))
    assert told["alerts_raised"] + told["alerts_open"] + told["alerts_cleared"] == len(second)
    third = alerts(base(now), [QUIET], "P3", Earlier(alerts=second))
    assert set(third["state"]) <= {"open"}
    assert set(third["subject"]) == up


def test_a_cleared_alert_does_not_come_up_as_open_again():
    first = alerts(base({"a": 100}), [QUIET], "P1")
    second = alerts(base({"a": 10}), [QUIET], "P2", Earlier(alerts=first))
    third = alerts(base({"a": 100}), [QUIET], "P3", Earlier(alerts=second))
    assert second["state"].tolist() == ["cleared"]
    assert (third["state"].tolist(), third["alert_since"].tolist()) == (["raised"], ["P3"])


def test_a_customer_who_is_gone_clears_without_a_figure():
    first = alerts(base({"a": 100, "b": 100}), [QUIET], "P1")
    second = alerts(base({"b": 100}), [QUIET], "P2", Earlier(alerts=first)).set_index("subject")
    assert second.loc["a", "state"] == "cleared"
    assert np.isnan(second.loc["a", "alert_figure"])


def test_a_segment_that_shrinks_needs_the_period_before():
    then, now = base({"a": 1, "b": 1}, 100.0), base({"a": 1, "b": 1}, 79.0)
    earlier = Earlier(
        value=then.value, segments=then.segments, churn=then.churn, credit=then.credit
    )
    found = alerts(now, [SHRINKS], "P2", earlier)
    assert found["subject"].tolist() == ["top"]
    assert found["alert_figure"].tolist() == pytest.approx([0.21])
    assert shown(alerts(now, [SHRINKS], "P2")) == []
    assert alerts(base({"a": 1, "b": 1}, 81.0), [SHRINKS], "P2", earlier).empty


def test_only_key_customers_where_it_says_so():
    found = alerts(base({f"c{i}": 1 for i in range(6)}), DEFAULTS, "P1")
    assert found["subject"].tolist() == ["c0", "c2", "c4"]
    assert set(found["alert"]) == {"key_leaving"}


def test_an_unknown_measure_is_refused_with_the_one_that_was_meant():
    with pytest.raises(ValidationError, match="did you mean `days_since_last`"):
        Alert(name="x", zh="x", en="x", measure="days_since_lst", when="above", limit=1.0)
    with pytest.raises(ValidationError, match="no measure of a segment"):
        Alert(name="x", zh="x", en="x", level="segment", measure="clv_high", when="above", limit=1)


def test_the_period_before_lies_beside_this_one(tmp_path):
    run = Run(tmp_path / "acme" / "2026Q3")
    assert previous(run, "2026Q2").folder == tmp_path / "acme" / "2026Q2"
    assert previous(run, None) is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_alerts_are_told_in_words(language):
    say = Translator(language, "CNY")
    then = alerts(base({"a": 100, "b": 100}), [QUIET, SHRINKS], "P1")
    found = alerts(base({"b": 100, "c": 100}), [QUIET, SHRINKS], "P2", Earlier(alerts=then))
    counted = summary(found, [QUIET, SHRINKS])
    assert counted[["raised", "open", "cleared"]].to_numpy().tolist() == [[1, 1, 1], [0, 0, 0]]
    names = pd.DataFrame({"customer_id": ["a", "b", "c"], "name": ["甲", "乙", "丙"]})
    page = listings_risk.alert_subjects(say, found, counted, names).table.as_raw_html()
    for word in ({"zh": "沉默", "en": "quiet"}[language], "甲", "P1", "P2"):
        assert word in page
    rules = listings_risk.alert_counts(say, counted).table.as_raw_html()
    assert {"zh": "比上一期下降", "en": "down by"}[language] in rules
    for one in (*DEFAULTS, QUIET, SHRINKS):
        assert say(f"alert_measure.{one.measure}")
