"""The report as PDF: the same content through pandoc and Typst, tagged, with real fonts."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypandoc  # type: ignore[import-untyped]
import typst
from bs4 import BeautifulSoup, Tag

from kehu.report.fonts import LATIN, FontSet, missing_glyphs
from kehu.report.html import LANGUAGE_TAGS, ReportMeta, templates_dir
from kehu.report.style import HOUSE

if TYPE_CHECKING:
    from typst import PDFStandard

STANDARDS: list[PDFStandard] = ["ua-1", "a-2a"]
"""Tagged and accessible (PDF/UA-1), and fit for archives (PDF/A-2a)."""

_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')
_SUFFIX = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}


def render(body_html: str, meta: ReportMeta, fonts: FontSet) -> bytes:
    """Make the report as PDF with cover, contents and page numbers.

    Parameters
    ----------
    body_html : str
        What `kehu.report.html.body` returned.
    meta : ReportMeta
        Cover facts, labels, language and the date of the file.
    fonts : FontSet
        What `kehu.report.fonts.find` returned for the same language.

    Returns
    -------
    bytes
        A4, PDF/UA-1 and PDF/A-2a; the same input and fonts give the same bytes.

    Raises
    ------
    KehuError
        KH-F02, characters without glyph, all named; KH-R03, the templates are missing.
    typst.TypstError
        A defect of what was displayed, such as a figure without alternative text.

    Notes
    -----
    Images leave the HTML before pandoc sees it and pandoc runs in its sandbox, so nothing is read
    or fetched. Text reaches Typst as pandoc's escaped markup, cover facts as JSON, and Typst can
    read only its own temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="kehu-") as name:
        folder = Path(name)
        (folder / "meta.json").write_text(json.dumps(_facts(meta, fonts)), encoding="utf-8")
        source = folder / "report.typ"
        source.write_text(_typst(_prepare(body_html, folder)), encoding="utf-8")
        return _compile(source, meta, fonts)


def _compile(source: Path, meta: ReportMeta, fonts: FontSet) -> bytes:
    folders = [str(folder) for folder in fonts.folders]
    midnight = dt.datetime.combine(meta.issued, dt.time(), dt.UTC)
    try:
        return typst.compile(
            str(source),
            root=str(source.parent),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=folders),
            format="pdf",
            pdf_standards=STANDARDS,
            timestamp=midnight,
        )
    except typst.TypstError as error:
        missing = "".join(_MISSING.findall(error.diagnostic))
        if not missing:
            raise
        raise missing_glyphs(missing, f"PDF of {meta.title!r}") from None


def _facts(meta: ReportMeta, fonts: FontSet) -> dict[str, Any]:
    colours = {key: value for key, value in asdict(HOUSE).items() if isinstance(value, str)}
    lang, _, region = LANGUAGE_TAGS[meta.language].partition("-")
    return {
        "title": meta.title,
        "subtitle": meta.subtitle,
        "client": meta.client,
        "period": meta.period,
        "author": meta.author,
        "facts": meta.facts,
        "labels": {key: str(value) for key, value in meta.labels.items()},
        "issued": [meta.issued.year, meta.issued.month, meta.issued.day],
        "lang": lang,
        "region": region or None,
        "colours": colours,
        "sans": fonts.text_family,
        "serif": fonts.heading_family if lang == "zh" else LATIN,
        "bold": fonts.sans is None or fonts.sans_bold is not None,
    }


def _prepare(body_html: str, folder: Path) -> str:
    """Give pandoc what its reader keeps: classes on `div`s, images as files."""
    soup = BeautifulSoup(body_html, "html.parser")
    for tag in soup.select("p[class], ol[class], ul[class], dl[class]"):
        tag.wrap(soup.new_tag("div", attrs={"class": " ".join(tag.get_attribute_list("class"))}))
        del tag["class"]
    for tag in soup.select("td[id], th[id], td[headers], th[headers]"):
        tag.attrs.pop("id", None)
        tag.attrs.pop("headers", None)
    for number, image in enumerate(soup.find_all("img"), start=1):
        image["src"] = _save(image, folder, f"image-{number}")
        image["class"] = "chart" if image.find_parent("figure") else "inline"
    return str(soup)


def _save(image: Tag, folder: Path, name: str) -> str:
    head, _, data = str(image["src"]).partition(",")
    file = f"{name}.{_SUFFIX[head.removeprefix('data:').partition(';')[0]]}"
    (folder / file).write_bytes(base64.b64decode(data))
    return file


def _typst(text: str) -> str:
    templates = templates_dir()
    return str(
        pypandoc.convert_text(
            text,
            "typst",
            format="html-auto_identifiers",
            extra_args=[
                "--sandbox",
                "--wrap=preserve",
                "--shift-heading-level-by=-1",
                f"--template={templates / 'report.typ'}",
                f"--lua-filter={templates / 'typst.lua'}",
            ],
        )
    )
