"""Wrong input to indices and indicators: the right error, with count and example, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.conftest import called
from tests.properties.event_tables import event_table, sales

from kehu.errors import KehuError
from kehu.score.indicators import indicators
from kehu.score.indices import explanation, indices
from kehu.score.ingredients import chosen_weights
from kehu.score.settings import Settings
from kehu.value import summary as summaries

END = "2026-09-30"
LINES = sales([("a", "1", "2026-01-01", 5), ("b", "2", "2026-02-01", 5)])


def made(summary: pd.DataFrame | None = None, **tables: Any) -> Any:
    found = summaries.summary(LINES, END, "week") if summary is None else summary
    money = found[["customer_id"]].assign(contribution=1.0, clv=1.0)
    return indices(found, money, money, {"transactions": LINES, **tables}, END)


def survey(*rows: tuple[float, float, float | None]) -> Any:
    """Satisfaction answers from (scale from, scale to, answer)."""
    names = ("scale_low", "scale_high", "answer")
    base = {"customer_id": "a", "date": END, "question": "q", "scale": "csat"}
    return event_table("surveys", (base | dict(zip(names, r, strict=True)) for r in rows))


def judgement(mark: float) -> Any:
    row = {"customer_id": "a", "criterion": "market", "mark": mark, "scale_low": 1,
           "scale_high": 5, "author": "王", "date": END}  # fmt: skip
    return event_table("judgements", [row])


def test_nobody_to_index() -> None:
    with pytest.raises(KehuError, match="KH-D11 summary: there are no customers to index"):
        made(summaries.summary(LINES, END, "week").head(0))


def test_points_outside_their_scale_are_told_together() -> None:
    """11 stands for a blank in some surveys; as an answer it would be better than the best."""
    answers = survey((0, 10, 11), (0, 10, 11), (0, 10, 3), (5, 5, 5), (0, 10, None))
    with pytest.raises(KehuError) as error:
        made(surveys=answers, judgements=judgement(0))
    told = [str(p) for p in error.value.problems]
    assert [t.split(":")[0] for t in told] == [
        "KH-T01 surveys.scale_high", "KH-T01 surveys.answer", "KH-T01 judgements.mark",
    ]  # fmt: skip
    assert "ends where it starts or before in 1 of 5 rows (e.g. at 5)" in told[0]
    assert "outside the scale of its row in 2 of 5 rows (e.g. 11)" in told[1]
    assert "outside the scale of its row in 1 of 1 rows (e.g. 0)" in told[2]
    assert made(surveys=survey((0, 10, 10), (0, 10, 0))).facts["n_answers"] == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: made(survey=survey()), r"no such tables: \['survey'\]"),
        (lambda: indices(LINES.execute(), None, None, {}, END), "transactions must be given"),
        (lambda: indicators({}, END, "bank"), "transactions"),
        (lambda: indicators({"transactions": LINES}, END, "banks"), "industry must be one of"),
        (lambda: explanation(made(), "zz"), "no customer 'zz'"),
        (lambda: explanation(made(), "a", "luck"), "index must be one of"),
        (lambda: Settings(half_life=0), "half_life must be 1 or more, got 0"),
        (lambda: Settings(damping=1.1), "damping must be from 0 to 1"),
        (lambda: Settings(peer_columns=("name",)), "peer_columns must be different ones of"),
        (lambda: Settings(peer_columns=("city", "city")), "peer_columns must be different ones of"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_calling_code(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_all_wrong_weights_of_ingredients_are_told_at_once() -> None:
    with pytest.raises(KehuError) as caught:
        chosen_weights({"luck": 1, "lifetme": 2, "csat": -1, "recommend": float("nan")})
    told = [str(p) for p in caught.value.problems]
    assert [text.split(":")[0] for text in told] == [
        f"KH-P05 index_weights.{code}" for code in ("luck", "lifetme", "csat", "recommend")
    ]
    assert "Did you mean lifetime?" in told[1]
    assert "0 or more, got -1" in told[2]


def test_an_index_without_any_weight_is_refused() -> None:
    with pytest.raises(KehuError, match=r"KH-P05 index_weights: the index strategic is left"):
        chosen_weights({"judgement": 0})


def test_weights_of_ingredients_are_checked_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("id,day,sum\n1,2026-01-02,10.00\n", "utf-8")
    params = tmp_path / "acme.yml"
    params.write_text(
        "client: acme\ntitle: {zh: 甲, en: A}\ncurrency: CNY\nperiod: 2026Q3\n"
        'analysis_date: "2026-09-30"\nindex_weights: {lifetme: 2}\nsources:\n  transactions:\n'
        "    - {path: o.csv, columns: {customer_id: id, date: day, amount: sum}}\n",
        "utf-8",
    )
    done = called("check", str(params), reports=tmp_path / "reports")
    assert done.exit_code == 2
    assert "KH-P05 index_weights.lifetme" in done.output


def test_profit_and_lifetime_value_of_other_customers_are_refused() -> None:
    lines = LINES.execute()
    ids = sorted(set(lines["customer_id"]))
    summary = pd.DataFrame({"customer_id": ids})
    profit = pd.DataFrame({"customer_id": [*ids, "stranger"], "contribution": 1.0})
    clv = pd.DataFrame({"customer_id": ids[1:], "clv": 1.0})
    with pytest.raises(KehuError) as caught:
        indices(summary, clv, profit, {"transactions": LINES}, END)
    told = [str(p) for p in caught.value.problems]
    assert told[0].startswith("KH-T01 profit: 1 customers are not in both `profit` and `summary`")
    assert "(first: stranger)" in told[0]
    assert told[1].startswith("KH-T01 clv: 1 customers")
    assert f"(first: {ids[0]})" in told[1]
