"""Tables of the voice of the customer: scores, complaints, drivers, peers, the closed loop."""

from __future__ import annotations

import pandas as pd

from kehu.i18n import Translator
from kehu.report.charts_drivers import experience
from kehu.report.charts_voice import bucket_label
from kehu.report.listings import listing
from kehu.report.show import Listing


def _between(
    say: Translator, rows: pd.DataFrame, names: tuple[str, str, str], kind: str
) -> list[str | None]:
    """Write values with their intervals; a value alone where the interval is blank."""
    texts: list[str | None] = []
    for value, low, high in rows[list(names)].astype(float).itertuples(index=False):
        if value != value:
            texts.append(None)
            continue
        ends = "" if low != low else f" ({say.format(low, kind)} – {say.format(high, kind)})"
        texts.append(say.format(value, kind) + ends)
    return texts


def _labelled(say: Translator, rows: pd.DataFrame) -> list[str]:
    return [
        bucket_label(say, b, bucket)
        for b, bucket in zip(rows["breakdown"], rows["bucket"], strict=True)
    ]


def nps_groups(say: Translator, nps: pd.DataFrame, question: str) -> Listing:
    """List a question's NPS overall, by group and by quarter; small groups with their answers.

    Parameters
    ----------
    say : Translator
    nps : pandas.DataFrame
        Contract `nps`.
    question : str
    """
    rows = nps[nps["question"] == question]
    order = {"all": 0, "quarter": 9}
    rows = rows.assign(place=rows["breakdown"].map(order).fillna(5))
    rows = rows.sort_values(["place", "breakdown", "bucket"])
    rows = rows.assign(
        nps_interval=_between(
            say, rows, ("weighted_nps", "weighted_nps_low", "weighted_nps_high"), "dec1"
        ),
        nps_gap=rows["nps_difference"],
        bucket=_labelled(say, rows),
    )
    columns = {"breakdown": "code:breakdown", "bucket": "", "answers": "int", "promoters": "int",
               "passives": "int", "detractors": "int", "nps": "dec1", "nps_interval": "figure",
               "nps_gap": "dec1", "nps_p_value": "dec3"}  # fmt: skip
    weighted = (rows["nps"] - rows["weighted_nps"]).abs().max() > 1e-9
    shown = {c: k for c, k in columns.items() if c != "nps" or weighted}
    return listing(say, rows, shown, "nps_groups")


def questions(say: Translator, satisfaction: pd.DataFrame) -> Listing:
    """List every question with what it was computed as, answers, mean and top box.

    Parameters
    ----------
    say : Translator
    satisfaction : pandas.DataFrame
        Contract `satisfaction`.
    """
    rows = satisfaction[satisfaction["breakdown"] == "all"].sort_values("question")
    ends = zip(rows["scale_low"], rows["scale_high"], strict=True)
    rows = rows.assign(
        scale_range=[f"{say.format(a, 'short')}–{say.format(b, 'short')}" for a, b in ends],
        answered_share=rows["answers"] / rows["asked"],
        mean_interval=_between(say, rows, ("mean_answer", "mean_low", "mean_high"), "dec2"),
        top_interval=_between(say, rows, ("top_box", "top_box_low", "top_box_high"), "percent0"),
    )
    columns = {"question": "", "computed": "code:computed", "scale_range": "figure",
               "answers": "int", "answered_share": "percent0", "mean_interval": "figure",
               "top_interval": "figure"}  # fmt: skip
    return listing(say, rows, columns, "questions")


def complaint_groups(
    say: Translator, complaints: pd.DataFrame, breakdown: str, days: int, most: int = 15
) -> Listing:
    """List the complaints of one breakdown, most frequent first.

    Parameters
    ----------
    say : Translator
    complaints : pandas.DataFrame
        Contract `complaints`.
    breakdown : str
        Of the contract, e.g. `topic`.
    days : int
        Length of the period.
    most : int
        Rows shown at most.
    """
    rows = complaints[complaints["breakdown"] == breakdown]
    rows = rows.sort_values(["complaints", "bucket"], ascending=[False, True])
    rows = rows.assign(
        bucket=_labelled(say, rows),
        rate_interval=_between(
            say, rows, ("per_1000_orders", "per_1000_low", "per_1000_high"), "dec1"
        ),
        returned_share=rows["returned"] / rows["complaints"].where(rows["complaints"] > 0),
    )
    columns = {"bucket": "", "complaints": "int", "complaint_share": "percent0",
               "cumulated_share": "percent0", "per_100_customers": "dec2",
               "rate_interval": "figure", "median_hours": "dec1", "p90_hours": "dec1",
               "sla_share": "percent0", "returned_share": "percent0"}  # fmt: skip
    shown = {c: k for c, k in columns.items() if c != "cumulated_share" or breakdown == "topic"}
    return listing(say, rows, shown, "complaint_groups", most=most, days=days, breakdown=breakdown)


def complaint_months(say: Translator, months: pd.DataFrame) -> Listing:
    """List the months of the control chart, the latest first.

    Parameters
    ----------
    say : Translator
    months : pandas.DataFrame
        Contract `complaint_months`.
    """
    rows = months.sort_values("bucket", ascending=False)
    columns = {"month": "", "complaints": "int", "orders_base": "int", "per_100_customers": "dec2",
               "per_1000_orders": "dec1", "limit_low": "dec1", "limit_high": "dec1",
               "signals": "code:signal"}  # fmt: skip
    return listing(say, rows.rename(columns={"bucket": "month"}), columns, "complaint_months")


def driver_rows(say: Translator, drivers: pd.DataFrame, outcome: str) -> Listing:
    """List the experiences that move with an outcome, the largest share explained first.

    Parameters
    ----------
    say : Translator
    drivers : pandas.DataFrame
        Contract `drivers`; at least one row of the outcome.
    outcome : str
        Of the contract, e.g. `satisfaction`.
    """
    rows = drivers[drivers["driver_outcome"] == outcome]
    rows = rows.sort_values(["explained_share", "driver"], ascending=[False, True])
    codes = rows["adjusted_for"].iloc[0]
    held = [say(f"adjusted.{c}") for c in codes.split(",")] if isinstance(codes, str) else []
    adjusted = say("report.list_separator").join(held) or say("voice.nothing_adjusted")
    names = {c: (c, f"{c}_low", f"{c}_high") for c in ("association", "prediction_loss")}
    rows = rows.assign(
        driver=[experience(say, d) for d in rows["driver"]],
        association_interval=_between(say, rows, names["association"], "dec2"),
        loss_interval=_between(say, rows, names["prediction_loss"], "dec3"),
    )
    columns = {"driver": "", "explained_share": "percent", "association_interval": "figure",
               "per_point": "dec3", "loss_interval": "figure", "vif": "dec1",
               "performance_score": "int", "quadrant": "code:quadrant"}  # fmt: skip
    return listing(say, rows, columns, "drivers", outcome=outcome, adjusted=adjusted)


def benchmark_gaps(say: Translator, gaps: pd.DataFrame) -> Listing:
    """List the client's figures beside the peers', with origin and date.

    Parameters
    ----------
    say : Translator
    gaps : pandas.DataFrame
        Contract `benchmark_gaps`.
    """
    names = [
        say(f"peer_indicator.{c}") if say.has(f"peer_indicator.{c}") else c
        for c in gaps["indicator"]
    ]
    rows = gaps.assign(benchmark_indicator=names, peer_figure=gaps["figure"])
    columns = {"benchmark_indicator": "", "own_figure": "dec2", "peer_figure": "dec2",
               "peer_gap": "dec2", "gap_verdict": "code:gap_verdict", "peer": "", "origin": "",
               "date": "date"}  # fmt: skip
    return listing(say, rows, columns, "benchmark_gaps")


def closed_loop(say: Translator, loop: pd.DataFrame) -> Listing:
    """List what became of complaints and suggestions.

    Parameters
    ----------
    say : Translator
    loop : pandas.DataFrame
        See `kehu.voice.loop.loop_table`.
    """
    names = ("open", "overdue", "answered", "adopted", "refused")
    rows = loop.rename(columns={n: f"{n}_matters" for n in names})
    rows = rows.rename(columns={"answered_share": "handled_share"})
    columns = {"interaction": "code:interaction", "matters": "int", "open_matters": "int",
               "overdue_matters": "int", "answered_matters": "int", "adopted_matters": "int",
               "refused_matters": "int", "handled_share": "percent0", "adopted_share": "percent0",
               "told_share": "percent0"}  # fmt: skip
    return listing(say, rows, columns, "closed_loop")


def adopted(say: Translator, suggestions: pd.DataFrame, most: int = 20) -> Listing:
    """List the suggestions adopted and what the customers were told.

    Parameters
    ----------
    say : Translator
    suggestions : pandas.DataFrame
        See `kehu.voice.loop.adopted`; its texts are masked.
    most : int
        Rows shown at most.
    """
    rows = suggestions.rename(
        columns={"date": "opened_on", "closed": "closed_on", "text": "customer_words",
                 "reply": "told_words"}
    )  # fmt: skip
    columns = {"opened_on": "date", "topic": "", "customer_words": "", "closed_on": "date",
               "told_words": ""}  # fmt: skip
    return listing(say, rows, columns, "adopted", most=most)


def waiting(say: Translator, matters: pd.DataFrame, most: int = 20) -> Listing:
    """List the open complaints and suggestions, the longest overdue first.

    Parameters
    ----------
    say : Translator
    matters : pandas.DataFrame
        See `kehu.voice.loop.waiting`; all that are open.
    most : int
        Rows shown at most.
    """
    rows = matters.rename(columns={"date": "opened_on"})
    columns = {"opened_on": "date", "interaction": "code:interaction", "customer_id": "",
               "topic": "", "handling": "code:handling", "hours_taken": "int",
               "allowed_hours": "int", "hours_over": "int"}  # fmt: skip
    return listing(say, rows, columns, "waiting", most=most, total=len(rows))


def unknown_words(say: Translator, words: pd.DataFrame) -> Listing:
    """List the status words that were not understood, with their cases.

    Parameters
    ----------
    say : Translator
    words : pandas.DataFrame
        See `kehu.voice.feedback.unknown_words`.
    """
    return listing(say, words, {"status": "", "rows": "int"}, "unknown_words")
