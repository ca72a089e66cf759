"""A page for each key customer: who, worth, trend, products, contacts, risk, voice, service."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from kehu.i18n import Translator
from kehu.notebook import Session
from kehu.report import spark
from kehu.report.listings_risk import reasons
from kehu.report.listings_segments import figure
from kehu.report.show import emit_html
from kehu.report.style import house_style

Row = Mapping[str, Any]


def show(session: Session, pages: pd.DataFrame, standards: pd.DataFrame, playbook: Any) -> None:
    """Display a card for each key customer, one below the other.

    Parameters
    ----------
    session : Session
    pages : pandas.DataFrame
        See `kehu.actions.key_pages.pages`.
    standards : pandas.DataFrame
        See `kehu.segments.key.limits`; contract `key_limits`.
    playbook : Playbook
        Has the words of the service strategies.
    """
    for say in session.translators():
        with house_style(say.language):
            rows = pages.to_dict("records")
            made = "".join(_card(say, row, standards, playbook) for row in rows)
        emit_html(say.language, made, f"{len(pages)} cards")


def _card(say: Translator, row: Row, standards: pd.DataFrame, playbook: Any) -> str:
    parts: dict[str, Callable[[], str]] = {
        "why": lambda: html.escape(_why(say, row, standards)),
        "value": lambda: html.escape(say("card.value", row)),
        "history": lambda: html.escape(say("card.history", row)),
        "trend": lambda: _trend(say, row["months"]),
        "products": lambda: html.escape(say("report.list_separator").join(row["products"])),
        "contacts": lambda: html.escape(_contacts(say, row["contacts"])),
        "risk": lambda: html.escape(_risk(say, row)),
        "voice": lambda: html.escape(_voice(say, row)),
        "manager": lambda: html.escape(_text(row["manager"])),
        "service": lambda: html.escape(_service(say, row, playbook)),
    }
    told = {name: make() for name, make in parts.items()}
    facts = "".join(
        f"<dt>{html.escape(say(f'card_part.{name}'))}</dt><dd>{text}</dd>"
        for name, text in told.items()
        if text
    )
    names = (
        [row["name"], row["customer_id"]] if isinstance(row["name"], str) else [row["customer_id"]]
    )
    title = html.escape(" ".join(str(name) for name in names))
    return f'<section class="card"><h4>{title}</h4><dl>{facts}</dl></section>'


def _why(say: Translator, row: Row, standards: pd.DataFrame) -> str:
    """Say each criterion met with the customer's own figure and the limit."""
    stated = standards.set_index("key_criterion")
    told = []
    for name in str(row["key_reasons"]).split(","):
        one = stated.loc[name]
        own = figure(say, one["key_measure"], row[one["key_measure"]])
        limit = figure(say, one["key_measure"], one["key_limit"])
        told.append(say("card.why", reason=say(f"key_reason.{name}"), own=own, limit=limit))
    return say("report.list_separator").join(told)


def _trend(say: Translator, months: Sequence[float]) -> str:
    """Draw spend by month as bars, the last one marked."""
    if not any(months):
        return ""
    half = len(months) // 2
    alt = say("card.trend", earlier=sum(months[:half]), later=sum(months[half:]))
    return f"{html.escape(alt)} {spark.bars(months, alt)}"


def _contacts(say: Translator, contacts: Sequence[tuple[Any, str, Any]]) -> str:
    told = [
        " ".join(filter(None, (f"{day:%Y-%m-%d}", say(f"interaction.{kind}"), _text(topic))))
        for day, kind, topic in contacts
    ]
    return say("report.list_separator").join(told)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _risk(say: Translator, row: Row) -> str:
    if pd.isna(row["churn_probability"]):
        return say(f"churn_band.{row['churn_band']}") if isinstance(row["churn_band"], str) else ""
    if not isinstance(row["churn_reasons"], str):
        return say("card.risk", row)
    return say("card.risk_why", {**row, "why": reasons(say, row)})


def _voice(say: Translator, row: Row) -> str:
    parts = []
    if pd.notna(row.get("satisfaction_index")):
        parts.append(say("card.satisfaction", row))
    if pd.notna(row.get("nps_answer")):
        parts.append(say("card.nps", row))
    if pd.notna(row.get("open_complaints")) and row["open_complaints"] > 0:
        parts.append(say("card.complaints", row))
    return say("report.list_separator").join(parts)


def _service(say: Translator, row: Row, playbook: Any) -> str:
    if not isinstance(row["strategy"], str):
        return ""
    slipping = row["strategy"] == "slipping"
    strategy = playbook.slipping if slipping else playbook.strategies[row["strategy"]]
    return say(
        "card.service",
        service=say.pick(strategy.service),
        owner=say.pick(playbook.words("owners", strategy.owner)),
    )
