"""The report as one HTML file: self-contained, no network, client text never runs."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, FileSystemLoader
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

import kehu
from kehu.errors import KehuError, Problem
from kehu.report import fonts, images, markup, webfont
from kehu.report.style import HOUSE

LABELS = (
    "contents",
    "skip",
    "prepared_for",
    "period",
    "analysis_date",
    "author",
    "run",
    "figure",
    "table",
    "page",
)
"""Keys every `ReportMeta.labels` has; `page` holds the places {page} and {pages}."""

LANGUAGE_TAGS = {"zh": "zh-CN", "zh-Hant": "zh-TW", "en": "en"}


@dataclass(frozen=True)
class ReportMeta:
    """What a report says about itself on its cover, in its head and foot, and in its file.

    Parameters
    ----------
    title, subtitle : str
        As on the cover.
    client, period, analysis_date : str
        Formatted text, in the report's language.
    issued : datetime.date
        The date of the file's own metadata: the analysis date, never today.
    language : {"zh", "zh-Hant", "en"}
        Language of the whole report.
    labels : mapping of str to str
        Text for every key of `LABELS`.
    author, run_id : str
        Left out of the cover when empty.

    Raises
    ------
    ValueError
        An unknown language, or a label that is missing.
    """

    title: str
    subtitle: str
    client: str
    period: str
    analysis_date: str
    issued: dt.date
    language: str
    labels: Mapping[str, str] = field(repr=False)
    author: str = ""
    run_id: str = ""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGE_TAGS:
            raise ValueError(f"language {self.language!r} is not one of {list(LANGUAGE_TAGS)}")
        missing = [key for key in LABELS if key not in self.labels]
        if missing:
            raise ValueError(f"labels without text: {missing}")

    @property
    def words(self) -> list[str]:
        """Everything the cover, head and foot say."""
        parts = (self.title, self.subtitle, self.client, self.period, *self.labels.values())
        return [*parts, *(text for row in self.facts for text in row)]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Label and value of the cover's facts, in order, empty ones left out."""
        rows = (
            ("prepared_for", self.client),
            ("period", self.period),
            ("analysis_date", self.analysis_date),
            ("author", self.author),
            ("run", self.run_id),
        )
        return [(self.labels[key], value) for key, value in rows if value]


@cache
def templates_dir() -> Path:
    """Find the folder of the report's templates beside the library.

    Raises
    ------
    KehuError
        KH-R03, the library was installed without its project folder.
    """
    folder = Path(kehu.__file__).parents[2] / "reports" / "templates"
    if not folder.is_dir():
        what = "the folder reports/templates is not beside the library."
        remedy = "Install from a checkout of the project: pip install -e ."
        raise KehuError(Problem("KH-R03", "report templates", what, remedy))
    return folder


def body(nb: NotebookNode, meta: ReportMeta) -> str:
    """Make the report's content, without cover and contents list.

    Parameters
    ----------
    nb : nbformat.NotebookNode
        Executed notebook of one language and edition; only Markdown cells, and the `text/html`
        and `text/markdown` outputs of code cells, are shown.
    meta : ReportMeta
        Labels and language.

    Returns
    -------
    str
        A `<main>` element. Chapters are `h2` with ids, figures and tables carry their number.

    Notes
    -----
    Markdown is rendered with raw HTML switched off, so tags in it appear as text. The whole is then
    reduced to the elements and attributes of `kehu.report.markup`, whoever wrote it: no script, no
    event handler, no form, no address but `#anchor` and `data:image`.
    """
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        template_name="kehu",
        template_file="index.html.j2",
        extra_template_basedirs=[str(templates_dir())],
        filters={"markdown2html": markup.from_markdown},
    )
    text, _ = exporter.from_notebook_node(nb)
    soup = BeautifulSoup(text, "html.parser")
    markup.clean(soup)
    images.shrink(soup)
    markup.order_headings(soup)
    markup.number_exhibits(soup, meta.labels["figure"], meta.labels["table"])
    markup.open_tables(soup)
    markup.close_links(soup)
    return str(soup)


def render(nb: NotebookNode, meta: ReportMeta) -> str:
    """Make the report as one HTML page that opens anywhere with the network off.

    Parameters
    ----------
    nb : nbformat.NotebookNode
        As for `body`.
    meta : ReportMeta
        Cover facts, labels, language.

    Returns
    -------
    str
        The page; the same input gives the same text.

    Raises
    ------
    KehuError
        KH-R03, the templates are missing.
    """
    return page(body(nb, meta), meta)


def page(content: str, meta: ReportMeta) -> str:
    """Put cover, contents list, style and script round what `body` returned.

    Parameters
    ----------
    content : str
        What `body` returned.
    meta : ReportMeta
        Cover facts, labels, language.

    Returns
    -------
    str
        The page.

    Notes
    -----
    The content policy is `default-src 'none'`. The style sheet and the script are allowed by hash;
    `style` attributes are allowed (`style-src-attr`), because table cells carry colours and bars.
    Chinese characters come with the page for systems that have no font for them.

    Raises
    ------
    KehuError
        KH-R03, the templates are missing; KH-F01, no Chinese font for a Chinese report.
    """
    shown = BeautifulSoup(content, "html.parser").get_text() + "".join(meta.words)
    glyphs = webfont.font_face(shown, fonts.find(meta.language).sans)
    style = glyphs + _palette() + _asset("report.css")
    script = _asset("report.js")
    environment = Environment(loader=FileSystemLoader(templates_dir() / "kehu"), autoescape=True)
    return environment.get_template("page.html.j2").render(
        meta=meta,
        lang=LANGUAGE_TAGS[meta.language],
        chapters=_contents(content),
        content=content,
        style=style,
        script=script,
        style_hash=_sha256(style),
        script_hash=_sha256(script),
    )


@dataclass(frozen=True)
class _Entry:
    id: str
    text: str
    number: str
    sections: tuple[_Entry, ...] = ()


def _contents(content: str) -> list[_Entry]:
    soup = BeautifulSoup(content, "html.parser")
    chapters: list[tuple[_Entry, list[_Entry]]] = []
    for heading in soup.select("h2, h3:not(.card *)"):
        entry = _entry(heading)
        if heading.name == "h2":
            chapters.append((entry, []))
        elif chapters:
            chapters[-1][1].append(entry)
    return [_Entry(e.id, e.text, e.number, tuple(inner)) for e, inner in chapters]


def _entry(heading: Tag) -> _Entry:
    return _Entry(
        str(heading["id"]), heading.get_text(" ", strip=True), str(heading.get("data-number", ""))
    )


def _palette() -> str:
    colours = {key: value for key, value in asdict(HOUSE).items() if isinstance(value, str)}
    return ":root{" + ";".join(f"--{key}:{value}" for key, value in colours.items()) + "}\n"


def _asset(name: str) -> str:
    return (templates_dir() / "kehu" / name).read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
