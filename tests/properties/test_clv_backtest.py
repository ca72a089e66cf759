"""What must hold of a back-test: no leak, nothing lost, order irrelevant, verdict by its rule."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from kehu.value.clv.backtest import backtest
from kehu.value.clv.families import FAMILIES
from kehu.value.clv.forecasts import (
    Forecast,
    estimate_retention,
    forecast_family,
    naive_purchases,
)
from kehu.value.clv.scores import Scores, judge, scores, squared_error_gain

WEEKLY = partial(forecast_family, family=FAMILIES["bgnbd"], time_unit="week")


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Calibration of 40 weeks, hold-out of 20, repeat purchases by week, for 1,500 customers."""
    rng = np.random.default_rng(3)
    rows, weeks = [], []
    for customer in range(1500):
        rate, leaving, birth = rng.gamma(0.7, 1 / 5), rng.beta(0.7, 2.5), rng.integers(0, 84) / 7
        now, seen, later = birth, [birth], 0
        while True:
            now = np.ceil((now + rng.exponential(1 / max(rate, 1e-9))) * 7) / 7
            if now > 60:
                break
            weeks.append(int(np.ceil(now)))
            later += now > 40
            if now <= 40:
                seen.append(now)
            if rng.random() < leaving:
                break
        rows.append((f"{customer:05d}", len(seen) - 1, seen[-1] - birth, 40 - birth, later))
    columns = ["customer_id", "frequency", "recency", "T", "holdout_purchases"]
    frame = pd.DataFrame(rows, columns=columns)
    holdout = frame.loc[frame["holdout_purchases"] > 0, ["customer_id", "holdout_purchases"]]
    return frame[columns[:4]], holdout, pd.Series(weeks).value_counts()


@pytest.fixture(scope="module")
def found(tables):
    calibration, holdout, weeks = tables
    return backtest(calibration, holdout, horizon=20, forecast=WEEKLY, repeats_by_unit=weeks)


def test_the_forecast_sees_the_calibration_only(tables) -> None:
    calibration, holdout, _ = tables
    seen = []

    def watching(table: pd.DataFrame, horizon: int) -> Forecast:
        seen.append((list(table.columns), horizon))
        table["frequency"] = 0
        return Forecast(np.ones(len(table)), *[np.ones(60)] * 3, True, "")

    extra = calibration.merge(holdout, how="left").assign(monetary_value=1.0, later="x")
    before = extra.copy()
    backtest(extra, holdout, horizon=20, forecast=watching)
    assert seen == [(["customer_id", "frequency", "recency", "T", "monetary_value"], 20)]
    pd.testing.assert_frame_equal(extra, before)


def test_the_band_lies_around_the_tracking_and_is_blank_where_nothing_is_known(tables) -> None:
    calibration, _, _ = tables
    known = WEEKLY(calibration, 20)
    assert (known.low <= known.cumulative).all()
    assert (known.cumulative <= known.high).all()
    assert (known.low < known.high)[-20:].all()
    x = np.arange(200) % 4
    even = pd.DataFrame({"frequency": x, "recency": 40.0 * x / (x + 1), "T": 40.0})
    unknown = WEEKLY(even, 20)
    assert not unknown.usable, "who buys evenly does not show when customers leave"
    assert unknown.low.shape == unknown.high.shape == unknown.cumulative.shape
    assert np.isnan([unknown.low, unknown.high]).all()


def test_another_hold_out_leaves_both_forecasts_unchanged(tables, found) -> None:
    calibration, holdout, _ = tables
    other = holdout.assign(holdout_purchases=holdout["holdout_purchases"] * 3)
    again = backtest(calibration, other, horizon=20, forecast=WEEKLY)
    columns = ["customer_id", "model", "naive"]
    pd.testing.assert_frame_equal(again.customers[columns], found.customers[columns])
    assert again.customers["actual"].sum() == 3 * found.customers["actual"].sum()


@pytest.mark.parametrize("kind", ["bucket", "decile"])
def test_groups_partition_customers_and_conserve_totals(tables, found, kind) -> None:
    part, total = found.table.query("kind == @kind"), found.table.query("kind == 'total'").iloc[0]
    assert part["customers"].sum() == total["customers"] == 1500
    for side in ("actual", "model", "naive"):
        assert (part[side] * part["customers"]).sum() == pytest.approx(total[side])
    assert total["actual"] == tables[1]["holdout_purchases"].sum()


def test_the_table_is_tidy(found) -> None:
    columns = [
        "kind", "bucket", "customers", "actual", "model", "model_low", "model_high", "naive",
    ]  # fmt: skip
    assert list(found.table.columns) == columns
    assert not found.table.duplicated(["kind", "bucket"]).any()
    kinds = found.table.groupby("kind", sort=False)["bucket"].agg(list)
    assert kinds["bucket"] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert kinds["tracking"] == [str(unit) for unit in range(1, 61)]
    assert kinds["decile"] == [str(decile) for decile in range(1, 11)]


def test_tracking_is_cumulative_and_meets_both_ends(tables, found) -> None:
    calibration, holdout, _ = tables
    tracking = found.table.query("kind == 'tracking'")
    for side in ("actual", "model"):
        assert (tracking[side].diff().dropna() >= 0).all()
    at_split, end = tracking.iloc[39], tracking.iloc[-1]
    assert at_split["actual"] == calibration["frequency"].sum()
    assert end["actual"] == at_split["actual"] + holdout["holdout_purchases"].sum()
    assert end["naive"] == pytest.approx(at_split["actual"] + found.customers["naive"].sum())
    assert tracking["naive"].iloc[:39].isna().all()
    assert at_split["model"] == pytest.approx(at_split["actual"], rel=0.05)


def test_order_of_rows_does_not_matter(tables, found) -> None:
    calibration, holdout, weeks = tables
    shuffled = backtest(
        calibration.sample(frac=1, random_state=1),
        holdout.sample(frac=1, random_state=2),
        horizon=20,
        forecast=WEEKLY,
        repeats_by_unit=weeks.sample(frac=1, random_state=3),
    )
    pd.testing.assert_frame_equal(shuffled.table, found.table, rtol=1e-5)
    assert (shuffled.verdict, shuffled.reasons) == (found.verdict, found.reasons)


def test_a_true_model_is_clearly_better_than_the_baseline(found) -> None:
    assert found.verdict == "A"
    assert abs(found.model.total_error) < 0.1
    assert found.message == ""


def test_the_range_of_the_gain_agrees_with_a_bootstrap(found) -> None:
    actual, model, naive = (found.customers[k].to_numpy() for k in ("actual", "model", "naive"))
    paired = (naive - actual) ** 2 - (model - actual) ** 2
    drawn = bootstrap((paired,), np.mean, method="percentile", rng=1, n_resamples=2000)
    low, gain, high = found.gain
    assert gain == pytest.approx(paired.mean())
    width = high - low
    assert drawn.confidence_interval.low == pytest.approx(low, abs=0.1 * width)
    assert drawn.confidence_interval.high == pytest.approx(high, abs=0.1 * width)


def test_scores_of_a_perfect_and_of_a_constant_forecast() -> None:
    actual = np.array([0.0, 0, 1, 2, 5])
    assert scores(actual, actual) == Scores(0.0, 0.0, 0.0, pytest.approx(1), pytest.approx(1))
    flat = scores(actual, np.full(5, actual.mean()))
    assert (flat.total_error, flat.gini) == (pytest.approx(0), 0.0)
    assert np.isnan(flat.spearman)
    assert scores(actual, -actual + 5).gini == pytest.approx(-1)


def test_tied_forecasts_score_the_same_in_any_order() -> None:
    rng = np.random.default_rng(1)
    actual, forecast = rng.poisson(1.0, 300).astype(float), rng.integers(0, 3, 300).astype(float)
    order = rng.permutation(300)
    one, two = scores(actual, forecast), scores(actual[order], forecast[order])
    assert one.gini == pytest.approx(two.gini, rel=1e-12)


BETTER, UNCLEAR, WORSE = (0.1, 0.5, 0.9), (-0.1, 0.1, 0.3), (-0.9, -0.5, -0.1)


def with_total(error: float) -> Scores:
    return Scores(1.0, 1.0, error, 0.5, 0.5)


@pytest.mark.parametrize(
    ("usable", "gain", "model", "naive", "verdict", "reasons"),
    [
        (True, BETTER, -0.12, -0.60, "A", ("better_than_baseline",)),
        (True, BETTER, 0.25, 0.25, "A", ("better_than_baseline",)),
        (True, UNCLEAR, -0.12, -0.60, "B", ("no_clear_gain",)),
        (True, BETTER, -0.30, -0.60, "B", ("total_off",)),
        (True, BETTER, -0.12, 0.01, "B", ("total_worse_than_baseline",)),
        (True, WORSE, -0.12, -0.60, "C", ("worse_than_baseline",)),
        (True, BETTER, 0.51, -0.60, "C", ("total_far_off",)),
        (False, BETTER, -0.12, -0.60, "C", ("fit_unusable",)),
        (False, WORSE, 0.9, 0.1, "C", ("fit_unusable", "worse_than_baseline", "total_far_off")),
    ],
)
def test_verdict_follows_its_rule(usable, gain, model, naive, verdict, reasons) -> None:
    found = judge(usable, gain, with_total(model), with_total(naive))
    assert found == (verdict, reasons)


def test_absolute_error_would_punish_the_true_expectation() -> None:
    """Why the verdict rests on squared error: where most buy nothing, forecasting 0 wins on MAE."""
    rng = np.random.default_rng(2)
    mean = rng.gamma(0.3, 1.0, 20_000)
    actual = rng.poisson(mean).astype(float)
    truth, nothing = scores(actual, np.full(20_000, 0.3)), scores(actual, np.zeros(20_000))
    assert nothing.mae < truth.mae
    assert squared_error_gain(actual, np.full(20_000, 0.3), np.zeros(20_000))[0] > 0


def test_baseline_is_own_rate_times_horizon_times_retention() -> None:
    table = pd.DataFrame({"frequency": [4, 0, 0], "T": [20.0, 10.0, 0.0]})
    assert naive_purchases(table, 10, 0.5).tolist() == [1.0, 0.0, 0.0]


def test_retention_is_the_share_of_the_first_half_seen_in_the_second() -> None:
    births, lasts = [0, 5, 10, 30], [40, 5, 25, 30]
    table = pd.DataFrame({"T": [40.0 - b for b in births]})
    table["recency"] = [float(last - b) for last, b in zip(lasts, births, strict=True)]
    assert estimate_retention(table) == pytest.approx(2 / 3)
