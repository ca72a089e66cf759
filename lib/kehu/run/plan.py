"""Which notebooks a run executes, in which order, with which parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import papermill

from kehu.errors import KehuError, Problem
from kehu.params import Params, field_defaults
from kehu.params_check import RUNNER_PARAMETERS, unknown_name
from kehu.store import PROJECT

STAGES = (
    "10_prepare",
    "20_value",
    "25_score",
    "30_segments",
    "35_clusters",
    "40_risk",
    "50_voice",
    "60_actions",
    "90_report",
)
"""Notebooks of a run, in the order their tables need."""


def notebook_path(name: str) -> Path:
    """Return the file of a notebook.

    Raises
    ------
    KehuError
        KH-R03: kehu was installed without its checkout, so the notebooks are not there.
    """
    path = PROJECT / "notebooks" / f"{name}.ipynb"
    if not path.is_file():
        what = f"notebooks/{name}.ipynb is not beside the library."
        remedy = "Install from a checkout: git clone, then `pip install -e .`."
        raise KehuError(Problem("KH-R03", "notebooks", what, remedy))
    return path


def declared(name: str) -> dict[str, Any]:
    """Return the parameters a notebook declares, name to default."""
    found = papermill.inspect_notebook(str(notebook_path(name)))
    return {n: ast.literal_eval(spec["default"]) for n, spec in found.items()}


def parameters(name: str, params: Params, params_dir: Path) -> dict[str, Any]:
    """Choose from a run's parameters those that a notebook declares.

    Parameters
    ----------
    name : str
        A notebook.
    params : Params
    params_dir : Path
        Folder of the params file.

    Returns
    -------
    dict
        Plain values, ready for papermill; `params_dir` is relative inside the checkout.
    """
    values = params.model_dump()
    inside = params_dir.is_relative_to(PROJECT)
    folder = params_dir.relative_to(PROJECT) if inside else params_dir
    values["params_dir"] = folder.as_posix()
    return {n: values[n] for n in declared(name)}


def notebook_problems() -> Iterator[Problem]:
    """Compare every notebook's parameters with the schema: names and defaults.

    Yields
    ------
    Problem
        KH-P02 for a name the schema lacks, KH-P07 for another default.
    """
    defaults = {**field_defaults(), "params_dir": ""}
    known = [*Params.model_fields, *RUNNER_PARAMETERS]
    for stage in STAGES:
        where = f"{stage}.ipynb"
        for name, value in declared(stage).items():
            if name not in known:
                yield unknown_name(name, where, known)
            elif name in defaults and defaults[name] != value:
                what = (
                    f"`{name}` defaults to {value!r} here and to {defaults[name]!r} in the schema."
                )
                yield Problem("KH-P07", where, what, "Make the two equal.")
