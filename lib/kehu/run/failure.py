"""What a user sees when a notebook stops: the cause in plain words, the rest on request."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment

from kehu.errors import KehuError, Problem
from kehu.store import Run, publish_text

_CODED = re.compile(r"(KH-[A-Z]\d\d) (.*?): (.*)")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class StageFailed(KehuError):
    """A notebook stopped with an error.

    Parameters
    ----------
    stage : str
        Name of the notebook.
    problems : list of Problem
        What the user should see.
    traceback : str
        The whole story, for `--debug`.
    notebook : Path
        The notebook kept with the error in it.
    """

    def __init__(self, stage: str, problems: list[Problem], traceback: str, notebook: Path) -> None:
        super().__init__(problems)
        self.stage = stage
        self.traceback = traceback
        self.notebook = notebook

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole."""
        return StageFailed, (self.stage, list(self.problems), self.traceback, self.notebook)


def of_cell(stage: str, error: Any, notebook: Path) -> StageFailed:
    """Describe a cell that stopped, from papermill's error."""
    return StageFailed(stage, problems(stage, error), story(error), notebook)


def of_kernel(stage: str, notebook: Path) -> StageFailed:
    """Describe a kernel that died, most often for want of memory."""
    what = "the kernel died while the notebook ran."
    remedy = "Close other programs or lower `memory_gb`, then run the same command again."
    return StageFailed(stage, [Problem("KH-R01", f"{stage}.ipynb", what, remedy)], "", notebook)


def problems(stage: str, error: Any) -> list[Problem]:
    """Turn papermill's error into the problems the notebook raised.

    Parameters
    ----------
    stage : str
        Name of the notebook.
    error : papermill.PapermillExecutionError

    Returns
    -------
    list of Problem
        The kit's own problems as raised; anything else as KH-R01 with the cell.
    """
    coded = [_CODED.match(line) for line in str(error.evalue).splitlines()]
    if error.ename == "KehuError" and all(coded):
        return [Problem(m[1], m[2], m[3]) for m in coded if m]
    said = next((line.strip() for line in str(error.evalue).splitlines() if line.strip()), "")
    cause = f"{error.ename}: {said}" if said else error.ename
    what = f"cell {error.exec_count} stopped with {cause.rstrip('.')}."
    remedy = "Open the kept notebook to see where; `--debug` prints the whole story."
    return [Problem("KH-R01", f"{stage}.ipynb", what, remedy)]


def story(error: Any) -> str:
    """Return the traceback of a failed cell as plain text."""
    return _ANSI.sub("", "\n".join(error.traceback))


def write_page(run: Run, failed: StageFailed) -> None:
    """Write `FAILED.html` into the run's folder: stage, cause, where to look."""
    template = files("kehu.run").joinpath("failed.html.j2").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    lines = [str(p) for p in failed.problems]
    text = page.render(run=run.name, stage=failed.stage, lines=lines, notebook=failed.notebook.name)
    publish_text(run.folder / "FAILED.html", text)
