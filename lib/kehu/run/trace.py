"""From a number in the report back to the client's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from rapidfuzz import process

from kehu.errors import KehuError, Problem
from kehu.run import lineage, manifest, plan
from kehu.store import Run, open_run

SAVES = "run.save("
"""The call that stores a notebook's facts; its cell is where a fact was computed."""

FILES_OF = {"customers": ("customers", "transactions")}
"""The customer base is made of the lists and of the buyers; ledger and the like of all files."""


@dataclass(frozen=True)
class Step:
    """One link of the chain, and what it was made from.

    Parameters
    ----------
    kind : {'fact', 'notebook', 'table', 'source'}
    name : str
        The fact, `notebook#cell`, the table, or the client's file.
    value : any
        A fact's value; None otherwise.
    rows : int or None
        Rows of a table or file.
    sha256 : str or None
        Checksum of a table or file when the run used it.
    changed : bool
        Whether it is not, or not any more, what the run left; a source is not looked at again.
    again : bool
        Whether the chain of this table was shown further up already.
    origins : tuple of Step
    """

    kind: str
    name: str
    value: Any = None
    rows: int | None = None
    sha256: str | None = None
    changed: bool = False
    again: bool = False
    origins: tuple[Step, ...] = ()


def facts(name: str) -> dict[str, Any]:
    """Return all facts of a finished run, name to value.

    Raises
    ------
    KehuError
        KH-R02: the run never finished.
    """
    run = open_run(name)
    manifest.read(run)
    return _stored(run)


def trace(name: str, fact: str) -> Step:
    """Follow a fact back: the notebook's cell, the tables it read, their notebooks, the files.

    Parameters
    ----------
    name : str
        A finished run, `client/period`.
    fact : str
        A key of `facts.json`, e.g. `value.gini`.

    Returns
    -------
    Step
        The fact; its `origins` lead to the client's files with rows and checksums.

    Raises
    ------
    KehuError
        KH-R02: the run never finished, or an older kehu made it. KH-R04: no such fact.
    """
    run = open_run(name)
    made, stored = manifest.read(run), _stored(run)
    if fact not in stored:
        raise KehuError(_unknown(run, fact, stored))
    if "lineage" not in made:
        what = "was made by an older kehu, which did not record its lineage."
        raise KehuError(Problem("KH-R02", run.name, what, "Run it again."))
    stage = _stage(fact)
    changed = manifest.sha256(run.folder / "facts.json") != made["facts_sha256"]
    seen: set[str] = set()
    cell = Step("notebook", f"{stage}#{_cell(run, stage)}", origins=_read(run, made, stage, seen))
    return Step("fact", fact, stored[fact], changed=changed, origins=(cell,))


def _stored(run: Run) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((run.folder / "facts.json").read_text(encoding="utf-8"))
    return loaded


def _unknown(run: Run, fact: str, stored: Mapping[str, Any]) -> Problem:
    near = [name for name, _, _ in process.extract(fact, list(stored), limit=3, score_cutoff=60)]
    meant = f" Did you mean {', '.join(near)}?" if near else ""
    remedy = f"All its facts: `kehu trace {run.name}`."
    return Problem("KH-R04", run.name, f"has no fact `{fact}`.{meant}", remedy)


def _stage(fact: str) -> str:
    """Return the notebook that stores a fact: `value.gini` is of `20_value`."""
    word = fact.split(".", 1)[0]
    return next(stage for stage in plan.STAGES if stage.split("_", 1)[-1] == word)


def _cell(run: Run, stage: str) -> str:
    """Return the id of the cell that stored the stage's facts, in the notebook as executed."""
    path: Path = run.folder / "notebooks" / f"{stage}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return str(next(c.id for c in cells if c.cell_type == "code" and SAVES in c.source))


def _read(run: Run, made: Mapping[str, Any], stage: str, seen: set[str]) -> tuple[Step, ...]:
    """List what a notebook read; a table that was shown already is not followed again."""
    event = next(e for e in made["lineage"] if e["job"]["name"] == stage)
    return tuple(_step(run, made, dataset, seen) for dataset in event["inputs"])


def _step(run: Run, made: Mapping[str, Any], dataset: Mapping[str, Any], seen: set[str]) -> Step:
    kind, name = dataset["name"].split("/", 1)
    rows = dataset["inputFacets"]["inputStatistics"]["rowCount"]
    sha256 = dataset["facets"]["version"]["datasetVersion"]
    if kind == "sources":
        return Step("source", name, rows=rows, sha256=sha256)
    path = run.table_path(name)
    changed = not path.is_file() or manifest.sha256(path) != sha256
    again = name in seen
    seen.add(name)
    origins = () if again else _made_by(run, made, name, seen)
    return Step("table", name, None, rows, sha256, changed, again, origins)


def _made_by(run: Run, made: Mapping[str, Any], table: str, seen: set[str]) -> tuple[Step, ...]:
    stage = _writer(made, table)
    if stage != lineage.PREPARE:
        return (Step("notebook", stage, origins=_read(run, made, stage, seen)),)
    of = FILES_OF.get(table, (table,))
    named = {s["file"] for s in made["sources"] if s["table"] in of}
    read = [s for s in _read(run, made, stage, seen) if s.name in named or not named]
    return (Step("notebook", stage, origins=tuple(read)),)


def _writer(made: Mapping[str, Any], table: str) -> str:
    for event in made["lineage"]:
        if f"tables/{table}" in {d["name"] for d in event["outputs"]}:
            return str(event["job"]["name"])
    raise ValueError(f"no notebook wrote {table}")
