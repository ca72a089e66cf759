"""满意度问卷: what the demo shop's customers answer, and what moves their recommendation."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from kehu.cases import demo_dirt, demo_sheet, demo_texts
from kehu.cases.demo_dirt import Made, Picker
from kehu.cases.demo_traits import DRIVERS, TOUCHPOINTS

SHEET = "问卷"
WAVES = (date(2026, 3, 16), date(2026, 9, 7))
"""First days of the two waves; each is open for two weeks."""

ASKED = 0.14
"""Share of the buyers who answer a wave."""

NPS_MEAN = 7.8
CSAT_MEAN = {"商品": 4.0, "物流": 3.6, "客服": 3.8, "网站": 4.1}
LOGISTICS_GAIN = 0.4
"""Points by which delivery is rated better in the second wave, after another carrier was hired."""

NOT_ANSWERED = 99
_TAKES_AWAY = ("duplicate", "out_of_scale", "after_analysis_date")
_FLOATS = npt.NDArray[np.float64]


def survey(
    people: pd.DataFrame,
    lines: pd.DataFrame,
    traits: pd.DataFrame,
    last_day: date,
    rng: np.random.Generator,
) -> Made:
    """Write the questionnaire's two waves.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `first_time`.
    lines : pandas.DataFrame
        What was sold.
    traits : pandas.DataFrame
        As `demo_traits.traits` returns them.
    last_day : date
        The analysis date.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    Made
        `survey.xlsx`, one row per respondent; `truth` has its answers before any dirt, with
        `topic` and `tone` of the comment.

    Notes
    -----
    Recommendation is 7.8 plus each experience (standard normal) times its weight in
    `demo_traits.DRIVERS`, plus noise of 0.8, rounded and kept within 0 to 10. Satisfaction with a
    touchpoint is its mean plus 0.8 times the experience, plus noise of 0.4, within 1 to 5.
    """
    bought = lines.groupby("customer_id")["product"].first()
    buyers = people.merge(traits, on="customer_id")
    waves = [_wave(buyers, i, day, rng) for i, day in enumerate(WAVES)]
    true = pd.concat(waves, ignore_index=True)
    true = _commented(true, bought.reindex(true["customer_id"]).to_numpy(), rng)
    rows = _dirty(_rows(true, rng), last_day, rng)
    counts = demo_dirt.counted(rows, _TAKES_AWAY)
    kept = rows[~rows["kind"].isin(_TAKES_AWAY)]
    nps = pd.to_numeric(kept["推荐意愿"], errors="coerce").where(lambda v: v <= 10).dropna()
    counts["nps"] = {
        "answers": len(nps),
        "promoters": int((nps >= 9).sum()),
        "passives": int(nps.between(7, 8).sum()),
        "detractors": int((nps <= 6).sum()),
    }
    counts["comments"] = int((kept["意见和建议"] != "").sum())
    table = rows.drop(columns="kind")
    return Made(demo_sheet.workbook(table, SHEET), counts, true)


def _wave(buyers: pd.DataFrame, i: int, day: date, rng: np.random.Generator) -> pd.DataFrame:
    """Draw who answers a wave, and what they feel."""
    there = buyers[buyers["first_time"] < pd.Timestamp(day)]
    n = max(20, round(ASKED * len(buyers)))
    # Those with strong feelings answer a little more often.
    eager = np.exp(0.15 * np.abs(there["satisfaction"].to_numpy()))
    chosen = rng.choice(len(there), min(n, len(there)), replace=False, p=eager / eager.sum())
    who = there.iloc[np.sort(chosen)]
    felt = who[TOUCHPOINTS].to_numpy()
    noise = rng.standard_normal((len(who), 1 + len(TOUCHPOINTS)))
    moved = felt @ np.array([DRIVERS[name] for name in TOUCHPOINTS])
    made = {
        "customer_id": who["customer_id"].to_numpy(),
        "date": pd.Timestamp(day) + pd.to_timedelta(rng.integers(0, 14, len(who)), unit="D"),
        "nps": np.clip(np.round(NPS_MEAN + moved + 0.8 * noise[:, 0]), 0, 10).astype(int),
    }
    for k, name in enumerate(TOUCHPOINTS):
        mean = CSAT_MEAN[name] + LOGISTICS_GAIN * i * (name == "物流")
        points = np.round(mean + 0.8 * felt[:, k] + 0.4 * noise[:, k + 1])
        made[name] = np.clip(points, 1, 5).astype(int)
    return pd.DataFrame(made)


def _commented(
    true: pd.DataFrame, products: npt.NDArray[np.object_], rng: np.random.Generator
) -> pd.DataFrame:
    """Let a third write something: about the touchpoint rated worst or best, by tone."""
    speaks = rng.random(len(true)) < 0.35
    tone = np.where(true["nps"] <= 6, "bad", np.where(true["nps"] >= 9, "good", "mild"))
    marks = true[TOUCHPOINTS].to_numpy() + rng.random((len(true), len(TOUCHPOINTS)))
    about = np.where(tone == "good", marks.argmax(axis=1), marks.argmin(axis=1))
    topic = np.array(TOUCHPOINTS, dtype=object)[about]
    other = rng.random(len(true)) < 0.15
    topic[other] = rng.choice(["价格", "售后"], int(other.sum()))
    texts = [
        demo_texts.comment(t, how, product, rng) if says else ""
        for says, t, how, product in zip(speaks, topic, tone, products, strict=True)
    ]
    blank = np.where(speaks, topic, "")
    return true.assign(text=texts, topic=blank, tone=np.where(speaks, tone, ""))


def _rows(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the answers as the questionnaire's system exports them; some were left out."""
    rows = pd.DataFrame(
        {
            "会员号": true["customer_id"],
            "填写日期": true["date"],
            "推荐意愿": true["nps"].astype(object),
            **{f"{name}满意度": true[name].astype(object) for name in TOUCHPOINTS},
            "意见和建议": true["text"],
            "kind": "clean",
        }
    )
    skipped = rng.random((len(rows), 1 + len(TOUCHPOINTS))) < 0.04
    for k, column in enumerate(["推荐意愿", *(f"{name}满意度" for name in TOUCHPOINTS)]):
        out = np.flatnonzero(skipped[:, k])
        rows.iloc[out[::2], rows.columns.get_loc(column)] = NOT_ANSWERED
        rows.iloc[out[1::2], rows.columns.get_loc(column)] = None
    rows = rows.sort_values("填写日期", kind="stable", ignore_index=True)
    rows.insert(0, "答卷编号", [f"A{i:05d}" for i in range(1, len(rows) + 1)])
    return rows


def _dirty(rows: pd.DataFrame, last_day: date, rng: np.random.Generator) -> pd.DataFrame:
    picker = Picker(rows, rng)
    demo_dirt.written(rows, "会员号", picker.take(0.03), [""], "no_member")
    demo_dirt.padded(rows, "会员号", picker.take(0.01))
    unknown = picker.take(0.006)
    names = demo_dirt.strangers(len(unknown), rng)
    demo_dirt.written(rows, "会员号", unknown, names, "not_in_base")
    typed = picker.take(0.003)
    demo_dirt.written(rows, "物流满意度", typed[::2], [55, 0], "out_of_scale")
    demo_dirt.written(rows, "推荐意愿", typed[1::2], [100, 11], "out_of_scale")
    after = picker.take(0.002)
    day = pd.Timestamp(last_day) + pd.Timedelta(days=3)
    demo_dirt.written(rows, "填写日期", after, [day], "after_analysis_date")
    return demo_dirt.with_duplicates(rows, picker.take(0.004), "答卷编号")
