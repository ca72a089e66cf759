"""Published numbers of surveys, survival, control charts and relative importance."""

import csv
import os
from functools import cache
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kehu import tables
from kehu.errors import KehuError
from kehu.voice.complaints import poisson_interval
from kehu.voice.control import u_chart
from kehu.voice.drivers import drivers
from kehu.voice.nps import nps, score
from kehu.voice.nps_groups import holm, nps_table
from kehu.voice.outcomes import samples
from kehu.voice.regression import regress
from kehu.voice.resolution import kaplan_meier, time_to
from kehu.voice.scores import proportion_interval, satisfaction_table
from kehu.voice.surveys import cells, questions

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("KEHU_SHARED_DATA", HERE.parents[2] / "shared" / "data"))
SFO = SHARED / "survey_sfo"
YEARS = (2014, 2015, 2016, 2017)
with_sfo = pytest.mark.skipif(
    not SFO.is_dir(), reason=f"no airport survey in {SFO}; set KEHU_SHARED_DATA"
)


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def each(name: str):
    return pytest.mark.parametrize(
        "row", rows(name), ids=lambda row: f"{row['item']}: {row['quantity']}"
    )


def assert_as_printed(found: float, row: dict[str, str]) -> None:
    half = 0.5 * 10.0 ** -int(row["digits"])
    assert abs(found - float(row["value"])) <= half * (1 + 1e-9), (found, row)


def put(name: str, lines: list[dict[str, object]]):
    """Put rows into the engine as a table of the contracts; what is left out is blank."""
    schema = tables.contract(name).arrow_schema()
    empty = dict.fromkeys(schema.names)
    return ibis.memtable(pa.Table.from_pylist([{**empty, **r} for r in lines], schema=schema))


# --- the airport survey -----------------------------------------------------------------------


@cache
def raw(year: int) -> pd.DataFrame:
    """Read a year's file as text, its drifting headers (`*RESPNUM`, `AREA`) made one."""
    frame = pd.read_csv(next(SFO.glob(f"{year}_*.csv*")), dtype=str)
    return frame.rename(columns=lambda c: c.strip("* ")).rename(columns={"AREA": "BAREA"})


def answers(year: int, question: str, codes: range, scale: str) -> list[dict[str, object]]:
    """One row per respondent; a code outside the scale is no answer."""
    frame, known = raw(year), {str(c) for c in codes}
    same = {"question": question, "scale": scale, "source": f"{year}.csv",
            "scale_low": float(codes[0]), "scale_high": float(codes[-1]),
            "date": pd.Timestamp(f"{year}-05-15")}  # fmt: skip
    columns = (frame[question], frame["WEIGHT"], frame["BAREA"])
    return [
        {**same, "answer": float(text) if text in known else None, "row": row,
         "survey_weight": float(weight), "channel": area}
        for row, (text, weight, area) in enumerate(zip(*columns, strict=True), 1)
    ]  # fmt: skip


@cache
def survey():
    asked = [row for year in YEARS for row in answers(year, "Q7ALL", range(1, 6), "csat")]
    return put("surveys", [*asked, *answers(2017, "NETPRO", range(11), "nps")])


@cache
def found_nps() -> pd.DataFrame:
    table = survey()
    return nps_table(cells(table, "2017-12-31", 365), questions(table), 30)


@cache
def found_means() -> pd.DataFrame:
    table = survey()
    return satisfaction_table(cells(table, "2017-12-31", 365), questions(table), 30)


def sfo_number(row: dict[str, str]) -> float:
    if row["item"] == "NETPRO 2017":
        whole = found_nps().query("breakdown == 'all'").iloc[0]
        return float(whole[row["quantity"]])
    year = row["item"].split()[1]
    quarters = found_means().query("breakdown == 'quarter' and question == 'Q7ALL'")
    return float(quarters.set_index("bucket").loc[f"{year}Q2", "mean_answer"])


def of_a_hundred(row: dict[str, str]) -> float:
    made = score(0.5, 0.2, 100)
    return {"nps": made.value, "half": made.high - made.value}[row["quantity"]]


@with_sfo
@each("voice_sfo.csv")
def test_survey_numbers(row) -> None:
    assert_as_printed(of_a_hundred(row) if row["item"] == "nps of 100" else sfo_number(row), row)


@with_sfo
def test_the_code_for_blank_is_refused_as_an_answer() -> None:
    """Counted in, 11 would make 41.611 of it: an answer outside its scale stops the run."""
    wrong = [
        {**row, "answer": float(text) if text == text else None}
        for row, text in zip(answers(2017, "NETPRO", range(11), "nps"), raw(2017)["NETPRO"],
                             strict=True)
    ]  # fmt: skip
    with pytest.raises(KehuError, match=r"KH-T01 surveys\.NETPRO: 84 of 2,830 answers lie outside"):
        questions(put("surveys", wrong))


@with_sfo
def test_four_years_are_one_trend() -> None:
    quarters = found_means().query("breakdown == 'quarter' and question == 'Q7ALL'")
    assert list(quarters.sort_values("bucket")["bucket"]) == [f"{y}Q2" for y in YEARS]
    assert quarters["answers"].sum() == 11094
    assert quarters["asked"].sum() == sum(len(raw(y)) for y in YEARS)
    tables.check("satisfaction", found_means())


@with_sfo
def test_boarding_areas_with_intervals() -> None:
    """Each area by the formula on the file itself; area G is the one that differs."""
    table = tables.check("nps", found_nps()).query("breakdown == 'channel'").set_index("bucket")
    frame = raw(2017)
    given = pd.to_numeric(frame["NETPRO"]).where(lambda v: v <= 10)
    for area, part in given.dropna().groupby(frame["BAREA"]):
        p, d, n = (part >= 9).mean(), (part <= 6).mean(), len(part)
        half = 1.959964 * 100 * np.sqrt((p + d - (p - d) ** 2) / n)
        line = table.loc[area]
        assert line["answers"] == n
        assert line["nps"] == pytest.approx(100 * (p - d))
        assert line["nps_high"] - line["nps"] == pytest.approx(half, rel=1e-6)
    assert list(table.index[table["nps_p_value"] < 0.05]) == ["G"]


@with_sfo
def test_drivers_of_the_overall_rating() -> None:
    """Food is the weak and important one, and the regression agrees with plain least squares."""
    parts = ("Q7FOOD", "Q7SIGN", "Q7SCREENS", "Q7WALKWAYS", "Q7STORE", "Q7ART")
    asked = [r for q in (*parts, "Q7ALL") for r in answers(2017, q, range(1, 6), "csat")]
    table = put("surveys", asked)
    kinds = questions(table)
    taken = samples(
        table, put("transactions", []), put("feedback", []), kinds, None, overall="Q7ALL",
        analysis_date="2017-12-31", outcome_days=180, ces_easy_end="high",
    )  # fmt: skip
    made = drivers(taken, kinds, "Q7ALL", seed=1)
    rows_ = tables.check("drivers", made.table).set_index("driver")
    assert set(rows_.index) == set(parts)
    assert rows_.loc["Q7FOOD", "quadrant"] == "improve"
    assert (rows_["association_low"] > 0).sum() >= 4
    assert made.outcomes[0].respondents == 2688
    assert 0.4 < made.outcomes[0].power < 0.7


# --- methods ----------------------------------------------------------------------------------


def swiss() -> dict[str, float]:
    frame = pd.read_csv(HERE / "swiss.csv")
    x = frame.drop(columns="Fertility")
    made = regress(frame["Fertility"].to_numpy(), x.to_numpy(), np.zeros((len(x), 0)), seed=1)
    return {"r2": made.r2, **dict(zip(x.columns, made.shares, strict=True))}


def six_mp() -> dict[str, float]:
    ends = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    open_ = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    hours, ended = [*ends, *open_], [True] * len(ends) + [False] * len(open_)
    curve = kaplan_meier(hours, ended)
    shares = {f"open at {r.hours:g}": r.open_share for r in curve.itertuples()}
    return {"median": time_to(curve, 0.5), **shares}


def u_chart_numbers() -> dict[str, float]:
    late = [2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4]
    made = u_chart(late, [50] * 20, 20)
    return {"centre": made.centre, "high": made.high[0], "low": made.low[0],
            "signals": sum(map(bool, made.signals))}  # fmt: skip


@cache
def methods() -> dict[str, dict[str, float]]:
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    low, high = poisson_interval([10])
    wilson = proportion_interval(8, 10)
    return {
        "swiss": swiss(), "6-MP": six_mp(), "u chart": u_chart_numbers(),
        "holm": dict(zip(("first", "second", "third", "fourth"), adjusted, strict=True)),
        "poisson 10": {"low": low[0], "high": high[0]},
        "wilson 8 of 10": {"low": wilson[1], "high": wilson[2]},
    }  # fmt: skip


@each("voice_methods.csv")
def test_methods(row) -> None:
    assert_as_printed(float(methods()[row["item"]][row["quantity"]]), row)


def test_the_reference_score_is_that_of_answers() -> None:
    made = nps([10] * 50 + [8] * 30 + [2] * 20)
    assert (made.plain.value, made.n) == (30, 100)
    assert made.plain.high - made.plain.value == pytest.approx(15.3, abs=0.05)
