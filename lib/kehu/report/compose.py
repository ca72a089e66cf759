"""From executed notebooks to one language's report: choose cells, choose outputs, drop code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from kehu.errors import KehuError, Problem
from kehu.i18n import traditional
from kehu.report.show import CHAPTER

LANGUAGE_TAGS = {"lang-zh", "lang-en"}


def compose(
    report: NotebookNode, stages: Mapping[str, NotebookNode], language: str
) -> NotebookNode:
    """Compose the client report of one language.

    Parameters
    ----------
    report : NotebookNode
        The executed `90_report`.
    stages : mapping
        Name of a notebook to its executed form, for the chapters the report asks for.
    language : {'zh', 'zh-Hant', 'en'}

    Returns
    -------
    NotebookNode
        Markdown cells and code cells without code, holding only what the client reads.

    Raises
    ------
    KehuError
        KH-R02: a chapter's notebook was not executed.
    """
    cells = list(_client_cells(report, stages, language))
    return nbformat.v4.new_notebook(cells=cells, metadata={"language": language})


def _client_cells(
    notebook: NotebookNode, stages: Mapping[str, NotebookNode], language: str
) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if "client" not in tags:
            continue
        if cell.cell_type == "markdown" and _speaks(tags, language):
            yield _markdown(cell.source, language)
        elif cell.cell_type == "code":
            yield from _displayed(cell, stages, language)


def _speaks(tags: set[str], language: str) -> bool:
    return f"lang-{language[:2]}" in tags or not tags & LANGUAGE_TAGS


def _markdown(source: str, language: str) -> NotebookNode:
    text = traditional(source) if language == "zh-Hant" else source
    return nbformat.v4.new_markdown_cell(text)


def _displayed(
    cell: NotebookNode, stages: Mapping[str, NotebookNode], language: str
) -> Iterator[NotebookNode]:
    kept = []
    for output in cell.outputs:
        chapter = output.get("data", {}).get(CHAPTER)
        if chapter:
            yield from _client_cells(_stage(stages, chapter["notebook"]), stages, language)
        elif output.output_type == "display_data" and output.metadata.get("lang") == language:
            kept.append(output)
    if kept:
        yield nbformat.v4.new_code_cell("", outputs=kept)


def _stage(stages: Mapping[str, NotebookNode], name: str) -> NotebookNode:
    if name not in stages:
        what = "was not executed in this run, and the report asks for it."
        raise KehuError(Problem("KH-R02", f"{name}.ipynb", what, "Run all stages: `kehu run`."))
    return stages[name]
