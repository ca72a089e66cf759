"""Drivers: regression, shares, shuffles, who is looked at; truth found in simulated clients."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_client import END, client, nothing, put, segments, surveys

from kehu import tables
from kehu.voice import regression
from kehu.voice.benchmark import compare, own_figures
from kehu.voice.complaints import bases, complaint_table
from kehu.voice.design import design
from kehu.voice.drivers import Drivers, drivers
from kehu.voice.feedback import Limits, feedback
from kehu.voice.importance import importance
from kehu.voice.nps_groups import nps_table
from kehu.voice.outcomes import Sample, overall_question, samples
from kehu.voice.regression import regress
from kehu.voice.responses import latest_day
from kehu.voice.scores import satisfaction_table
from kehu.voice.surveys import cells, questions

NONE = np.zeros((400, 0))


def drawn(k: int = 4, m: int = 2, n: int = 400, seed: int = 1):
    """Draw an outcome, k variables that share a part, and m adjusting columns."""
    rng = np.random.default_rng(seed)
    common, z = rng.normal(size=(n, 1)), rng.normal(size=(n, m))
    x = common + rng.normal(size=(n, k)) + (z[:, :1] if m else 0)
    y = x @ np.linspace(0.6, 0.0, k) + z.sum(axis=1) + rng.normal(size=n)
    return y, x, z


# --- regression ---------------------------------------------------------------------------------


def test_coefficients_and_variance_are_those_of_least_squares() -> None:
    y, x, z = drawn()
    made = regress(y, x, z, 1)
    columns = np.column_stack([np.ones(len(y)), z, x])
    beta, *_ = np.linalg.lstsq(columns, y, rcond=None)
    assert made.beta == pytest.approx(beta[3:] * x.std(axis=0, ddof=1) / y.std(ddof=1))
    rest = y - columns @ beta
    assert made.r2 == pytest.approx(1 - rest @ rest / ((y - y.mean()) ** 2).sum())
    inverse = np.linalg.inv(columns.T @ columns)
    leverage = np.einsum("ij,jk,ik->i", columns, inverse, columns)
    scores = columns * (rest / (1 - leverage))[:, None]
    error = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))[3:]
    half = 1.9659 * error * x.std(axis=0, ddof=1) / y.std(ddof=1)
    assert made.high - made.beta == pytest.approx(half, rel=1e-3)
    other = np.column_stack([np.ones(len(y)), z, x[:, 1:]])
    fitted = other @ np.linalg.lstsq(other, x[:, 0], rcond=None)[0]
    left = ((x[:, 0] - fitted) ** 2).sum() / ((x[:, 0] - x[:, 0].mean()) ** 2).sum()
    assert made.vif[0] == pytest.approx(1 / left)


def test_shares_add_up_and_follow_their_variables() -> None:
    y, x, z = drawn(5)
    made = regress(y, x, z, 1)
    assert made.shares.sum() == pytest.approx(made.r2 - made.r2_adjusting)
    assert (made.shares > 0).all()
    turned = regress(y, x[:, ::-1], z, 1)
    assert turned.shares[::-1] == pytest.approx(made.shares)
    assert turned.beta[::-1] == pytest.approx(made.beta)


def test_the_share_of_two_variables_is_the_mean_of_two_orders() -> None:
    y, x, _ = drawn(2, 0)

    def r2(*columns: int) -> float:
        return regress(y, x[:, list(columns)], NONE, 1).r2

    by_hand = (r2(0) + r2(0, 1) - r2(1)) / 2
    assert regress(y, x, NONE, 1).shares[0] == pytest.approx(by_hand)


@pytest.mark.parametrize(("a", "b"), [(3.0, 10.0), (-2.0, 0.5)])
def test_units_do_not_matter(a, b) -> None:
    y, x, z = drawn()
    one, two = regress(y, x, z, 1), regress(5 * y - 2, a * x + b, 7 * z + 1, 1)
    assert two.shares == pytest.approx(one.shares)
    assert two.beta == pytest.approx(math.copysign(1, a) * one.beta)


def test_the_same_question_twice_shares_and_has_no_coefficient() -> None:
    y, x, z = drawn(3)
    made = regress(y, np.column_stack([x, 2 * x[:, 0] + 1]), z, 1)
    assert np.isnan(made.beta).tolist() == [True, False, False, True]
    assert np.isinf(made.vif).tolist() == [True, False, False, True]
    assert made.shares[0] == pytest.approx(made.shares[3])
    plain = regress(y, x, z, 1)
    assert made.r2 == pytest.approx(plain.r2)
    assert made.beta[1:3] == pytest.approx(plain.beta[1:3])
    assert made.high[1:3] == pytest.approx(plain.high[1:3])


def test_adjusting_columns_may_be_none_constant_or_sums_of_each_other() -> None:
    y, x, z = drawn()
    one = regress(y, x, z, 1)
    more = regress(y, x, np.column_stack([z, z.sum(axis=1), np.ones(len(y))]), 1)
    assert more.beta == pytest.approx(one.beta)
    assert more.high == pytest.approx(one.high)
    assert regress(y, x, NONE, 1).r2_adjusting == pytest.approx(0, abs=1e-12)


def test_random_orders_come_near_all_orders(monkeypatch) -> None:
    y, x, z = drawn(6)
    exact = regress(y, x, z, 1).shares
    monkeypatch.setattr(regression, "MOST_EXACT", 2)
    near = regress(y, x, z, 1)
    assert near.shares == pytest.approx(exact, abs=0.01)
    assert near.shares.sum() == pytest.approx(exact.sum())
    assert (regress(y, x, z, 1).shares == near.shares).all()


def test_intervals_hold_where_the_spread_differs() -> None:
    """Outcome yes or no with a chance that depends on x: plain errors would be too narrow."""
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(300):
        x = rng.exponential(size=(150, 1))
        y = x[:, 0] * 0.5 + rng.normal(size=150) * (0.2 + x[:, 0])
        made = regress(y, x, np.zeros((150, 0)), 1)
        scale = y.std(ddof=1) / x.std(ddof=1)
        hits.append(made.low[0] * scale <= 0.5 <= made.high[0] * scale)
    assert np.mean(hits) > 0.92


def test_what_cannot_be_regressed() -> None:
    y, x, z = drawn()
    with pytest.raises(ValueError, match="constant"):
        regress(np.ones(400), x, z, 1)
    with pytest.raises(ValueError, match="constant"):
        regress(y, np.column_stack([x, np.ones(400)]), z, 1)
    with pytest.raises(ValueError, match="8 rows are too few for 7 columns"):
        regress(y[:8], x[:8], z[:8], 1)


# --- forecast -----------------------------------------------------------------------------------


def test_shuffling_hurts_what_matters_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 3))
    y = 2 * x[:, 0] + rng.normal(size=500)
    made = importance(y, x, binary=False, seed=1)
    assert made.power > 0.5
    assert made.low[0] > 0.3
    assert (np.abs(made.loss[1:]) < 0.1).all()
    again = importance(y, x, binary=False, seed=1)
    assert (again.loss == made.loss).all()
    yes = importance((y > 0).astype(float), x, binary=True, seed=1)
    assert yes.power > 0.5
    assert yes.low[0] > 0.2


def test_too_few_of_a_kind_are_not_forecast() -> None:
    y = np.array([1.0] * 20 + [0.0] * 400)
    made = importance(y, np.random.default_rng(1).normal(size=(420, 2)), binary=True, seed=1)
    assert np.isnan([made.power, *made.loss, *made.low, *made.high]).all()


# --- columns ------------------------------------------------------------------------------------


def test_blanks_are_filled_and_held_constant() -> None:
    frame = pd.DataFrame({"a": [1.0, 3.0, np.nan, 5.0] * 20, "b": [1.0] * 80,
                          "c": [2.0] + [np.nan] * 79, "d": [1.0] * 5 + [0.0] * 75,
                          "tenure_days": [10.0, np.nan, 20.0, 30.0] * 20,
                          "channel": ["甲"] * 40 + ["乙"] * 38 + ["丙", None],
                          "tier": ["top"] * 80})  # fmt: skip
    made = design(frame, ["a", "b", "c", "d"], ["tenure_days", "channel", "tier", "spend_before"])
    assert made.names == ("a",)
    assert made.left_out == {"b": "constant", "c": "rare", "d": "rare"}
    assert made.x[:4, 0].tolist() == [1, 3, 3, 5]
    assert np.isnan(made.raw[2, 0])
    assert made.confounders == ("tenure_days", "channel")
    assert made.adjusting.shape == (80, 2 + 3 + 1), "number and known, three levels, answered"
    assert made.adjusting[:4, -1].tolist() == [0, 0, 1, 0]


# --- who is looked at ---------------------------------------------------------------------------


def lines(*orders: tuple[str, str, int]):
    """Orders as customer, day and amount; a negative amount is a refund."""
    return put("transactions", [
        {"customer_id": c, "order_id": f"N{i}", "date": datetime.fromisoformat(day),
         "amount": Decimal(amount), "is_refund": amount < 0}
        for i, (c, day, amount) in enumerate(orders)
    ])  # fmt: skip


def taken(asked, orders, matters=None, days: int = 30, **more) -> dict[str, Sample]:
    kinds = questions(asked)
    made = feedback(nothing("interactions") if matters is None else matters, END, Limits())
    found = samples(asked, orders, made, kinds, None, analysis_date=END, outcome_days=days,
                    overall=overall_question(kinds), ces_easy_end="high", **more)  # fmt: skip
    return {s.name: s for s in found}


def answer(customer: str | None, day: str, value: float, question: str = "推荐意愿", **more):
    date = datetime.fromisoformat(day)
    return {"customer_id": customer, "date": date, "answer": value, "question": question, **more}


def test_before_and_after_by_hand() -> None:
    """Answer on 1 March: the day itself and 364 days before it are before, 30 days are after."""
    orders = lines(
        ("a", "2025-03-01", 1), ("a", "2025-03-02", 10), ("a", "2026-03-01", 100),
        ("a", "2026-03-01", -5), ("a", "2026-03-02", 1000), ("a", "2026-03-31", 10000),
        ("a", "2026-04-01", 100000), ("b", "2026-02-01", 7),
    )  # fmt: skip
    asked = surveys([answer("a", "2026-03-01", 9), answer("b", "2026-03-01", 3),
                     answer("c", "2026-03-01", 5)])  # fmt: skip
    found = taken(asked, orders)
    churn = found["churn"].frame.set_index("customer_id")
    assert set(churn.index) == {"a", "b"}, "c never bought"
    line = churn.loc["a"]
    assert (line["spend_before"], line["orders_before"]) == (105, 2)
    assert (line["spend_after"], line["orders_after"]) == (11000, 2)
    assert (line["tenure_days"], line["days_since_last"]) == (365, 0)
    left = dict(zip(churn.index, found["churn"].y, strict=True))
    assert left == {"a": 0, "b": 1}
    spent = dict(zip(found["spend"].frame["customer_id"], found["spend"].y, strict=True))
    assert spent["a"] == pytest.approx(math.log(11001))
    assert len(found["satisfaction"].y) == 3


def test_one_response_a_customer_the_latest_whose_time_is_over() -> None:
    asked = surveys([answer("a", "2026-02-01", 2), answer("a", "2026-05-31", 4),
                     answer("a", "2026-06-01", 6), answer(None, "2026-06-01", 8),
                     answer(None, "2026-06-01", 8)])  # fmt: skip
    found = taken(asked, lines(("a", "2026-01-01", 5)))
    assert sorted(found["satisfaction"].y) == [6, 8, 8]
    assert found["churn"].frame["推荐意愿"].tolist() == [4]
    assert latest_day("2026-06-30", 30) == "2026-05-31"


def test_answers_of_one_day_are_one_respondent() -> None:
    asked = surveys([answer("a", "2026-02-01T09:00", 2),
                     answer("a", "2026-02-01T17:00", 4, "满意", scale="csat"),
                     answer("a", "2026-02-01T18:00", 2, "满意", scale="csat")])  # fmt: skip
    [line] = taken(asked, lines(("a", "2026-01-01", 5)))["satisfaction"].frame.to_dict("records")
    assert (line["推荐意愿"], line["满意"]) == (2, 3)


def test_complaints_before_the_answer_are_an_experience() -> None:
    matters = put("interactions", [
        {"interaction": "complaint", "customer_id": c, "date": datetime.fromisoformat(day),
         "closed": datetime.fromisoformat(day) + timedelta(hours=hours)}
        for c, day, hours in (("a", "2026-02-01", 5), ("b", "2026-02-01", 500),
                              ("c", "2026-03-05", 5), ("d", "2024-01-01", 5))
    ])  # fmt: skip
    asked = surveys([answer(c, "2026-03-01", 5) for c in "abcde"])
    frame = taken(asked, nothing("transactions"), matters)["satisfaction"].frame
    found = frame.set_index("customer_id")[["complained", "settled_late"]]
    assert found.sort_index().to_numpy().tolist() == [[1, 0], [1, 1], [0, 0], [0, 0], [0, 0]]


def test_without_transactions_nothing_is_known_of_purchases() -> None:
    found = taken(surveys([answer("a", "2026-02-01", 5)]), nothing("transactions"))
    assert found["satisfaction"].frame["spend_before"].isna().all()
    assert len(found["churn"].y) == 0


def test_a_scale_whose_low_end_is_easy_is_turned() -> None:
    asked = surveys([answer("a", "2026-02-01", 6, "费力", scale="ces"),
                     answer("a", "2026-02-01", 9)])  # fmt: skip
    kinds = questions(asked)
    made = feedback(nothing("interactions"), END, Limits())
    [first, *_] = samples(asked, nothing("transactions"), made, kinds, None, analysis_date=END,
                          outcome_days=30, overall="推荐意愿", ces_easy_end="low")  # fmt: skip
    assert first.frame["费力"].tolist() == [2]


# --- the whole ----------------------------------------------------------------------------------


def run(made: dict, classes=None, seed: int = 1) -> Drivers:
    kinds = questions(made["surveys"])
    overall = overall_question(kinds)
    found = samples(
        made["surveys"], made["transactions"], feedback(made["interactions"], END, Limits()), kinds,
        classes, analysis_date=END, outcome_days=180, overall=overall, ces_easy_end="high",
    )  # fmt: skip
    return drivers(found, kinds, overall, seed)


@cache
def whole() -> Drivers:
    return run(client(), segments())


def test_the_truth_of_the_client_is_found() -> None:
    """Speed moves the overall answer three times as much as price; complaints drive away."""
    table = tables.check("drivers", whole().table)
    rows = table.set_index(["driver_outcome", "driver"])
    told = rows.loc["satisfaction"]
    assert told["explained_share"].idxmax() == "配送速度"
    assert told.loc["配送速度", "quadrant"] == "improve"
    assert told.loc["客服", "quadrant"] == "fine"
    assert told.loc["价格", "association_low"] > 0
    assert abs(told.loc["客服", "association"]) < 0.1
    assert told.loc["配送速度", "prediction_loss_low"] > 0
    assert rows.loc[("churn", "complained"), "per_point"] == pytest.approx(0.45, abs=0.2)
    assert rows.loc[("churn", "complained"), "association_low"] > 0
    assert rows.loc[("spend", "complained"), "association_high"] < 0
    assert told["adjusted_for"].iloc[0] == "tier,tenure_days,channel,spend_before"


def test_rows_in_another_order_change_no_digit() -> None:
    made = client()
    mixed = {}
    for name, table in made.items():
        frame = table.execute()
        places = np.random.default_rng(5).permutation(len(frame))
        records = [
            {k: (None if v is None or v != v else v) for k, v in r.items()}
            for r in frame.iloc[places].astype(object).to_dict("records")
        ]
        mixed[name] = put(name, [{**r, "row": i} for i, r in enumerate(records, 1)])
    pd.testing.assert_frame_equal(run(mixed, segments()).table, whole().table, check_exact=True)


def test_a_confounder_is_not_sold_as_an_experience() -> None:
    """Old customers answer higher on both questions; the experience itself does nothing."""
    rng = np.random.default_rng(6)
    rows, orders = [], []
    day = datetime(2026, 3, 1)
    for i, tenure in enumerate(np.exp(rng.uniform(2, 7, 500)).astype(int).tolist()):
        level = math.log1p(tenure)
        orders.append((f"{i}", str((day - timedelta(days=tenure)).date()), 50))
        overall = float(np.clip(round(level + rng.normal() * 0.8), 0, 10))
        page = float(np.clip(round(level - 2 + rng.normal() * 0.5), 1, 5))
        rows.append(answer(f"{i}", "2026-03-01", overall))
        rows.append(answer(f"{i}", "2026-03-01", page, "页面", scale="csat"))
    made = {
        "surveys": surveys(rows),
        "transactions": lines(*orders),
        "interactions": nothing("interactions"),
    }
    adjusted = run(made).table.query("driver_outcome == 'satisfaction'").iloc[0]
    plain = run({**made, "transactions": nothing("transactions")}).table.iloc[0]
    assert plain["association_low"] > 0.6
    assert adjusted["association_low"] < 0 < adjusted["association_high"]
    assert "tenure_days" in adjusted["adjusted_for"]


@pytest.mark.parametrize(
    ("rows", "skipped"),
    [
        ([], "no_outcome"),
        ([answer(f"{i}", "2026-03-01", 9) for i in range(80)], "no_variation"),
        ([answer(f"{i}", "2026-03-01", i % 11) for i in range(80)], "no_experience"),
        ([answer(f"{i}", "2026-03-01", (i + j) % 5 + 1, q, **s) for i in range(40)
          for j, (q, s) in enumerate((("推荐意愿", {}), ("满意", {"scale": "csat"})))],
         "few_respondents"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_says_why(rows, skipped) -> None:
    made = run({"surveys": surveys(rows), "transactions": nothing("transactions"),
                "interactions": nothing("interactions")})  # fmt: skip
    assert made.outcomes[0].skipped == skipped
    assert [o.skipped for o in made.outcomes[1:]] == ["no_outcome"] * 2
    assert tables.check("drivers", made.table).empty


def test_the_overall_question_is_named_or_the_nps_with_most_answers() -> None:
    rows = [answer("a", "2026-03-01", 5, q) for q in ("甲", "乙", "乙2")]
    rows += [answer("b", "2026-03-01", 5, q) for q in ("乙", "乙2")]
    kinds = questions(surveys(rows))
    assert overall_question(kinds) == "乙"
    assert overall_question(kinds, "甲") == "甲"
    assert overall_question(questions(surveys([])), "甲") == ""
    assert overall_question(kinds.head(0)) == ""


# --- peers --------------------------------------------------------------------------------------


def own() -> pd.DataFrame:
    made = client(200)
    asked, kinds = made["surveys"], questions(made["surveys"])
    counted = cells(asked, END, 365)
    matters = feedback(made["interactions"], END, Limits())
    per = bases(made["transactions"], matters, END, 365)
    return own_figures(
        nps_table(counted, kinds, 30), satisfaction_table(counted, kinds, 30),
        complaint_table(matters, per, END, 365), "推荐意愿",
        pd.DataFrame({"industry": "ecommerce", "indicator": ["repurchase", "nps"],
                      "figure": [0.4, 1.0], "population": 9}),
    )  # fmt: skip


def test_like_is_compared_with_like() -> None:
    figures = own().set_index("indicator")
    assert figures.loc["repurchase", "own_figure"] == 0.4
    assert figures.index.is_unique
    score = figures.loc["nps", "own_figure"]
    assert score != 1.0, "this stage's own figure comes first"
    assert "csat_mean_1_5" in figures.index
    peers = [("nps", score + 90), ("nps", score + 1), ("complaints_per_1000_orders", 500),
             ("repurchase", 0.5), ("repurchase", 0.3), ("repurchase", 0.4), ("csat_mean_1_7", 6),
             ("unheard_of", 1), ("csat_top_box", 0.999)]  # fmt: skip
    rows = [{"indicator": c, "figure": float(f), "peer": "甲"} for c, f in peers]
    found = compare(put("benchmarks", rows), figures.reset_index())
    table = tables.check("benchmark_gaps", found.table).sort_values("row")
    assert table["gap_verdict"].tolist() == ["worse", "level", "better", "below", "above", "level",
                                             "worse"]  # fmt: skip
    assert (table["peer_gap"] == table["own_figure"] - table["figure"]).all()
    assert found.unknown == ("csat_mean_1_7", "unheard_of")
    assert found.without_own == ()


def test_a_known_code_without_an_own_figure_is_told() -> None:
    empty = own().head(0)
    rows = [{"indicator": "nps", "figure": 1.0}, {"indicator": "x", "figure": 1.0}]
    found = compare(put("benchmarks", rows), empty)
    assert (found.without_own, found.unknown) == (("nps",), ("x",))
    assert tables.check("benchmark_gaps", found.table).empty


@settings(max_examples=30, deadline=None)
@given(st.floats(-50, 50), st.floats(0.1, 20))
def test_the_verdict_follows_the_sign_of_the_gap(value, width) -> None:
    own_ = pd.DataFrame([("nps", value, value - width, value + width)],
                        columns=["indicator", "own_figure", "own_low", "own_high"])  # fmt: skip
    shifts = {"worse": 2 * width, "better": -2 * width, "level": 0.9 * width}
    rows = [{"indicator": "nps", "figure": value + s} for s in shifts.values()]
    found = compare(put("benchmarks", rows), own_).table.sort_values("row")
    assert found["gap_verdict"].tolist() == list(shifts)
