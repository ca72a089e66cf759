"""Going on where a run stopped: what has its inputs and outputs as they were is not run again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import kehu
from kehu import tables
from kehu.notebook import note_read, reads
from kehu.params_check import ParamsFile
from kehu.prepare import readers, sources
from kehu.prepare.database import Database
from kehu.run import manifest, plan
from kehu.store import PROJECT, Run, open_run, publish_json

FOLDER = "state"


def signature(run: Run, stage: str, values: Mapping[str, Any], file: ParamsFile) -> dict[str, Any]:
    """Describe everything a stage depends on, besides the tables it opens.

    Parameters
    ----------
    run : Run
    stage : str
    values : mapping
        Its parameters.
    file : ParamsFile

    Returns
    -------
    dict
        Checksums of the notebook, its parameters, the kit with its libraries, the files that the
        parameters name, the facts of earlier stages, and the run before.
    """
    previous = values.get("previous")
    before = open_run(f"{values['client']}/{previous}").folder if previous else None
    return {
        "notebook": _sha256(plan.notebook_path(stage)),
        "parameters": _text(json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)),
        "kit": _kit(),
        "files": dict(_files(values, file)),
        "facts": {s: _sha256(_facts(run, s)) for s in _earlier(stage)},
        "previous": _sha256(before / "manifest.json") if before else None,
    }


def is_done(run: Run, stage: str, now: Mapping[str, Any]) -> bool:
    """Whether a stage finished well with the same inputs, and what it made is still there.

    Parameters
    ----------
    run : Run
    stage : str
    now : mapping
        Its `signature`.
    """
    before = _read(run, stage)
    if before is None or None in now["files"].values():
        return False
    opened = {name: _sha256(run.table_path(name)) for name in before["opened"]}
    if None in opened.values():
        return False
    then = (before["signature"], before["opened"], before["made"])
    return then == (now, opened, _made(run, stage))


def whole(
    run: Run, stages: Sequence[tuple[str, Mapping[str, Any]]], file: ParamsFile
) -> list[Path] | None:
    """Return what a finished run handed over, if it is just what it would be if it were run now.

    Parameters
    ----------
    run : Run
    stages : sequence of tuple
        Each stage with its parameters, in their order.
    file : ParamsFile

    Returns
    -------
    list of Path or None
        None where anything is missing or changed.
    """
    if not (run.folder / manifest.NAME).is_file():
        return None
    made = manifest.read(run)
    if made["params"] != manifest.portable(file.params.model_dump()):
        return None
    handed = made["outputs"]
    paths = [run.folder / name for name in handed]
    if not all(p.is_file() for p in paths) or manifest.described(paths) != handed:
        return None
    done = all(is_done(run, s, signature(run, s, values, file)) for s, values in stages)
    return paths if done else None


def keep(run: Run, stage: str, now: Mapping[str, Any]) -> None:
    """Note that a stage finished well: its inputs, the tables it opened, what it made."""
    opened = {name: _sha256(run.table_path(name)) for name in reads(run, stage)}
    state = {"signature": now, "opened": opened, "made": _made(run, stage)}
    publish_json(run.folder / FOLDER / f"{stage}.json", state)


def skip(run: Run, stage: str) -> None:
    """Note for the lineage which tables a skipped stage opened when it ran."""
    for name in (_read(run, stage) or {"opened": ()})["opened"]:
        note_read(run, stage, name)


def forget(run: Run, stage: str) -> None:
    """Remove what a stage made, before it is run again."""
    for path in (_state(run, stage), *_outputs(run, stage)):
        path.unlink(missing_ok=True)


def _read(run: Run, stage: str) -> dict[str, Any] | None:
    path = _state(run, stage)
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if loaded.keys() >= {"signature", "opened", "made"} else None


def _state(run: Run, stage: str) -> Path:
    return run.folder / FOLDER / f"{stage}.json"


def _facts(run: Run, stage: str) -> Path:
    return run.folder / "facts" / f"{stage.split('_', 1)[-1]}.json"


def _earlier(stage: str) -> tuple[str, ...]:
    return plan.STAGES[: plan.STAGES.index(stage)]


def _outputs(run: Run, stage: str) -> Iterator[Path]:
    yield run.folder / "notebooks" / f"{stage}.ipynb"
    yield _facts(run, stage)
    for name in tables.names():
        if tables.contract(name).stage == stage:
            yield run.table_path(name)


def _made(run: Run, stage: str) -> dict[str, str | None]:
    made = {path.name: _sha256(path) for path in _outputs(run, stage)}
    return {name: found for name, found in made.items() if found is not None}


def _files(values: Mapping[str, Any], file: ParamsFile) -> Iterator[tuple[str, str | None]]:
    """Give the checksum of every file that the parameters name; None for what has none."""
    if "sources" in values:
        for source in sources.listed(file.params.sources, file.path.parent):
            is_file = not isinstance(source.place, Database) and readers.exists(source.place)
            yield f"{source.table}/{source.name}", readers.same(source.place) if is_file else None
    for text in _texts({n: v for n, v in values.items() if n != "sources"}):
        path = file.path.parent / text
        if len(text) < 255 and path.is_file():
            yield text, _sha256(path)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


@lru_cache(maxsize=1)
def _kit() -> str:
    """Return a checksum of the kit's files, the report's templates, and the libraries used."""
    digest = hashlib.sha256(platform.python_version().encode())
    for folder in (Path(str(kehu.__file__)).parent, PROJECT / "reports" / "templates"):
        files = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
        for path in sorted(files):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    digest.update(json.dumps(manifest.versions()).encode())
    return digest.hexdigest()


def _text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(path: Path) -> str | None:
    """Return a file's SHA-256, None where there is none."""
    return manifest.sha256(path) if path.is_file() else None
