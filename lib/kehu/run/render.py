"""From a run's executed notebooks to the files handed over: HTML and PDF in each language."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

from kehu.errors import KehuError, Problem
from kehu.i18n import Translator, formats
from kehu.params import Params
from kehu.store import Run, publish_bytes, publish_text

if TYPE_CHECKING:
    from kehu.report.html import ReportMeta

REPORT = "90_report"


def render(run: Run, params: Params) -> list[Path]:
    """Render the report of a run in every language of its parameters.

    Parameters
    ----------
    run : Run
        Its notebooks must have been executed.
    params : Params

    Returns
    -------
    list of Path
        The files written, HTML and PDF per language.

    Raises
    ------
    KehuError
        KH-R02 when the run has no executed report; KH-F01, KH-F02 for fonts.
    """
    notebooks = executed(run)
    with ThreadPoolExecutor(len(params.languages)) as pool:
        made = pool.map(lambda lang: _render_one(run, params, notebooks, lang), params.languages)
        return [path for paths in made for path in paths]


def executed(run: Run) -> dict[str, NotebookNode]:
    """Read the run's executed notebooks, name to notebook."""
    found = sorted((run.folder / "notebooks").glob("*.ipynb"))
    notebooks = {p.stem: nbformat.read(p, as_version=4) for p in found}
    if REPORT not in notebooks:
        problem = Problem(
            "KH-R02",
            run.name,
            "has no executed report to render.",
            "Run it: `kehu run params/….yml`.",
        )
        raise KehuError(problem)
    return notebooks


def _render_one(
    run: Run, params: Params, notebooks: dict[str, NotebookNode], language: str
) -> list[Path]:
    from kehu.report import compose, fonts, html, pdf

    composed = compose.compose(notebooks[REPORT], notebooks, language)
    meta = report_meta(run, params, language)
    body = html.body(composed, meta)
    page, printed = (run.folder / f"report-{language}.{kind}" for kind in ("html", "pdf"))
    publish_text(page, html.page(body, meta))
    publish_bytes(printed, pdf.render(body, meta, fonts.find(language)))
    return [page, printed]


def report_meta(run: Run, params: Params, language: str) -> ReportMeta:
    """Gather what the cover and the running heads say."""
    from kehu.report import html

    say = Translator(language, params.currency)
    places = {"page": "{page}", "pages": "{pages}"}
    return html.ReportMeta(
        title=say("report.title"),
        subtitle=say("report.subtitle"),
        client=say.pick(params.title),
        period=params.period,
        issued=date.fromisoformat(params.analysis_date),
        analysis_date=formats.day(params.analysis_date, language),
        language=language,
        labels={name: say(f"report.labels.{name}", places) for name in html.LABELS},
        author=params.prepared_by,
        run_id=run.name,
    )
