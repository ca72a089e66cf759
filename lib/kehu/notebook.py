"""The first call of every notebook: check its parameters, open its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kehu import tables
from kehu.cases import built_in
from kehu.i18n import Translator
from kehu.params import Params
from kehu.params_check import RUNNER_PARAMETERS, check_values, injected_names, load_params
from kehu.store import PROJECT, Run, open_run

INJECTED = "# Parameters"
"""First line of the cell that papermill puts in."""

REQUIRED = ("client", "period", "languages", "currency", "analysis_date")
"""Parameters that every notebook declares."""


@dataclass(frozen=True)
class Session(Run):
    """A run as one notebook sees it: tables and facts, plus what displays need.

    Parameters
    ----------
    folder : Path
        The run's folder.
    stage : str
        Name of the notebook, e.g. `20_value`.
    languages : tuple of str
        Every display is made once in each.
    currency : str
        ISO 4217 code.
    analysis_date : str
        Last day observed, ISO.
    params_dir : Path
        Folder that paths in parameters start from.
    """

    stage: str
    languages: tuple[str, ...]
    currency: str
    analysis_date: str
    params_dir: Path

    def existing(self, name: str) -> Path:
        """Return a table's file, and note for the lineage that this stage opened it."""
        path = super().existing(name)
        if tables.contract(name).stage != self.stage:
            note_read(self, self.stage, name)
        return path

    def translators(self) -> list[Translator]:
        """Return a translator for each language of the run."""
        return [Translator(language, self.currency) for language in self.languages]

    def resolve(self, path: str) -> Path:
        """Resolve a path given in the parameters."""
        return (self.params_dir / path).resolve()

    def sources(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the sources given to the notebook, or else those of `params/<client>.yml`."""
        if given:
            return given
        client = self.folder.parent.name
        return load_params(self.params_dir / f"{client}.yml").params.sources.model_dump()

    def save(self, **facts: Any) -> None:
        """Store the stage's named numbers; see `Run.save_facts`."""
        self.save_facts(self.stage.split("_", 1)[-1], facts)


def reads(run: Run, stage: str) -> list[str]:
    """List the tables of earlier stages that a notebook opened, while the run goes on."""
    return sorted(path.name for path in _noted(run, stage).glob("*"))


def note_read(run: Run, stage: str, name: str) -> None:
    """Note that a notebook opened a table of an earlier stage."""
    noted = _noted(run, stage)
    noted.mkdir(parents=True, exist_ok=True)
    (noted / name).touch()


def _noted(run: Run, stage: str) -> Path:
    return run.scratch / "reads" / stage


def begin(stage: str, namespace: Mapping[str, Any]) -> Session:
    """Check a notebook's parameters against the schema and open its run.

    Whoever runs the notebook (the runner, papermill alone, a person in JupyterLab), a misspelt
    name or a value of the wrong type stops here, before anything is computed.

    Parameters
    ----------
    stage : str
        Name of the notebook without its ending, e.g. `20_value`.
    namespace : mapping
        `globals()` of the notebook.

    Returns
    -------
    Session

    Raises
    ------
    KehuError
        KH-P02 to KH-P06, all at once.
    """
    known = [n for n in (*Params.model_fields, *RUNNER_PARAMETERS) if n in namespace]
    given = {n: namespace[n] for n in [*known, *_injected(namespace)]}
    if given.get("sources") == {}:  # stands for those of the client's own params file
        del given["sources"]
    check_values(given, f"{stage}.ipynb", REQUIRED)
    params_dir = (PROJECT / (given.get("params_dir") or "params")).resolve()
    run = open_run(f"{given['client']}/{given['period']}")
    built_in.ensure(given["client"])
    return Session(
        run.folder,
        stage,
        tuple(given["languages"]),
        given["currency"],
        given["analysis_date"],
        params_dir,
    )


def _injected(namespace: Mapping[str, Any]) -> list[str]:
    """List the names that papermill assigned in its own cell, known or not."""
    cells = (str(source) for source in namespace.get("In", []))
    names = (injected_names(cell) for cell in cells if cell.startswith(INJECTED))
    return sorted(set().union(*names) & set(namespace))
