"""One call, one display: sentences, figures and tables in every language of the run."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from great_tables import GT
from IPython.display import display
from matplotlib.figure import Figure

from kehu.i18n import Translator
from kehu.notebook import Session
from kehu.report.style import house_style, svg

CHAPTER = "application/vnd.kehu.chapter+json"
"""Output type that marks where the client part of another notebook goes."""


@dataclass(frozen=True)
class Chart:
    """A figure with its finding.

    Parameters
    ----------
    figure : matplotlib Figure
        Drawn without a title.
    title : str
        The finding, a sentence with a number.
    subtitle : str
        Unit, period, number of customers.
    alt : str
        What a reader who does not see the figure should know.
    """

    figure: Figure
    title: str
    subtitle: str
    alt: str


@dataclass(frozen=True)
class Listing:
    """A table with its caption."""

    table: GT
    title: str
    subtitle: str = ""


@dataclass(frozen=True)
class Card:
    """What stands in the place of a figure or table that cannot be made, and why."""

    title: str
    text: str


def show(
    session: Session, make: Callable[..., Chart | Listing | Card], *data: Any, **options: Any
) -> None:
    """Display a figure, a table or the card in its place, once per language.

    Parameters
    ----------
    session : Session
        Of `kehu.begin`.
    make : callable
        A function of `report.charts` or `report.listings`: takes a translator first.
    *data, **options
        Its further arguments.
    """
    for say in session.translators():
        with house_style(say.language):
            made = make(say, *data, **options)
            shown = _card(made) if isinstance(made, Card) else _shown(session, say, make, made)
        emit_html(say.language, shown, made.title)


def say(session: Session, *keys: str, **more: Any) -> None:
    """Display sentences of the catalogue as one paragraph, with the run's facts filled in.

    Parameters
    ----------
    session : Session
    *keys : str
        Keys of the catalogue; a place in a key is filled from the facts, too, so that
        `verdict.{value.verdict}` chooses a sentence.
    **more
        Further values for the sentences' places.
    """
    for tell in session.translators():
        text = " ".join(sentence(session, tell, key, **more) for key in keys)
        metadata = {"lang": tell.language}
        display({"text/markdown": text, "text/plain": text}, raw=True, metadata=metadata)


def sentence(session: Session, tell: Translator, key: str, **more: Any) -> str:
    """Return one sentence of the catalogue with facts filled in."""
    facts = {**session.facts(), **more}
    for name in [part.split("}")[0] for part in key.split("{")[1:]]:
        key = key.replace("{" + name + "}", str(facts[name]))
    return tell(key, facts)


def tiles(session: Session, keys: Sequence[str]) -> None:
    """Display headline figures as tiles; each key has `label`, `value` and `note` sentences."""
    for tell in session.translators():
        cells = "".join(
            '<div class="tile">'
            + "".join(
                f'<p class="tile-{part}">{_text(session, tell, f"tiles.{key}.{part}")}</p>'
                for part in ("label", "value", "note")
            )
            + "</div>"
            for key in keys
        )
        emit_html(tell.language, f'<div class="tiles">{cells}</div>', ", ".join(keys))


def findings(session: Session, keys: Sequence[str]) -> None:
    """Display the main findings, numbered; each key has `head` and `text` sentences."""
    for tell in session.translators():
        items = "".join(
            f"<li><strong>{_text(session, tell, f'findings.{key}.head')}</strong> "
            f"{_text(session, tell, f'findings.{key}.text')}</li>"
            for key in keys
        )
        emit_html(tell.language, f'<ol class="findings">{items}</ol>', ", ".join(keys))


def decisions(session: Session, keys: Sequence[str]) -> None:
    """Display the decisions asked of the client."""
    for tell in session.translators():
        items = "".join(f"<li>{_text(session, tell, f'decisions.{key}')}</li>" for key in keys)
        emit_html(tell.language, f'<div class="decisions"><ol>{items}</ol></div>', ", ".join(keys))


def chapter(notebook: str) -> None:
    """Mark the place where the client part of an executed notebook is put in.

    Parameters
    ----------
    notebook : str
        Its name without ending, e.g. `20_value`.
    """
    display({CHAPTER: {"notebook": notebook}, "text/plain": f"[{notebook}]"}, raw=True)


def emit_html(language: str, body: str, plain: str) -> None:
    """Display one language's HTML, marked so that an edition can choose it."""
    data = {"text/html": body, "text/plain": plain}
    display(data, raw=True, metadata={"lang": language})


def _text(session: Session, tell: Translator, key: str) -> str:
    return html.escape(sentence(session, tell, key))


def _figure(chart: Chart) -> str:
    image = base64.b64encode(svg(chart.figure)).decode("ascii")
    return f'<img alt="{html.escape(chart.alt)}" src="data:image/svg+xml;base64,{image}">'


def _table(listing: Listing) -> str:
    made: str = listing.table.as_raw_html()
    return made


def _card(card: Card) -> str:
    title, text = html.escape(card.title), html.escape(card.text)
    return f'<div class="note"><p><strong>{title}</strong></p><p>{text}</p></div>'


def _shown(
    session: Session, tell: Translator, make: Callable[..., Any], made: Chart | Listing
) -> str:
    body = _figure(made) if isinstance(made, Chart) else _table(made)
    values = {"date": session.analysis_date, "run": session.name}
    source = html.escape(tell("report.source_line", values))
    title, subtitle = html.escape(made.title), html.escape(made.subtitle)
    under = f'<p class="subtitle">{subtitle}</p>' if subtitle else ""
    foot = f'<p class="source">{source}</p>'
    anchor = f"{session.stage}-{make.__name__}".replace("_", "-")
    if isinstance(made, Chart):
        caption = f"<figcaption>{title}</figcaption>"
        return f'<figure class="chart" id="fig-{anchor}">{caption}{under}{body}{foot}</figure>'
    caption = f'<p class="caption">{title}</p>'
    return f'<div class="table" id="tbl-{anchor}">{caption}{under}{body}{foot}</div>'
