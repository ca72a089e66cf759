"""Parts of the report that are neither figure nor sentence: assumptions, provenance."""

from __future__ import annotations

import html
import platform
from dataclasses import replace

import pandas as pd

import kehu
from kehu.i18n import Translator
from kehu.notebook import Session
from kehu.report import listings
from kehu.report.show import Listing, say, sentence, show

RATED = {
    "reading": "prepare.rating_reading",
    "ids": "prepare.rating_ids",
    "margin": "amber",
    "discount": "amber",
    "history": "value.rating_history",
    "identified": "value.rating_identified",
    "independence": "value.rating_independence",
    "model": "value.rating_model",
}
"""Assumption to its rating: a colour, or the fact that holds it."""


def assumptions(session: Session) -> None:
    """Display the assumptions with their red, amber and green ratings, and what if they fail."""
    show(session, assumption_listing, session)


def assumption_listing(tell: Translator, session: Session) -> Listing:
    """Lay out the assumptions; ratings come from the facts of the stages."""
    facts = session.facts()
    rows = pd.DataFrame(
        {
            "assumption": [sentence(session, tell, f"assumption.{n}.text") for n in RATED],
            "rating": [facts.get(code, code) for code in RATED.values()],
            "impact": [sentence(session, tell, f"assumption.{n}.impact") for n in RATED],
        }
    )
    columns = {"assumption": "", "rating": "", "impact": ""}
    made = listings.listing(tell, rows, columns, "assumptions")
    return replace(made, table=made.table.fmt(lambda code: _rated(tell, code), columns="rating"))


def _rated(tell: Translator, code: str) -> str:
    return f'<span class="rag rag-{code}">{html.escape(tell(f"rating.{code}"))}</span>'


def provenance(session: Session) -> None:
    """Display where the report comes from: run, version, how to make it again."""
    say(
        session,
        "provenance.text",
        run=session.name,
        version=kehu.__version__,
        python=platform.python_version(),
    )
