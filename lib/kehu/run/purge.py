"""Deleting a client's runs, and saying what went."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kehu.errors import KehuError, Problem
from kehu.params_types import folder_name
from kehu.run import lock, manifest
from kehu.store import Run, not_written, reports_dir


@dataclass(frozen=True)
class Found:
    """What lies in a run's folder.

    Parameters
    ----------
    run : Run
    files : int
        Files of all kinds, hidden ones too.
    size : int
        Bytes.
    """

    run: Run
    files: int
    size: int


def found(client: str, period: str = "") -> list[Found]:
    """List a client's runs, or the one of a period.

    Parameters
    ----------
    client : str
        Short name of the client, as in its params.
    period : str
        One run only; empty: all.

    Returns
    -------
    list of Found
        By period.

    Raises
    ------
    KehuError
        KH-S03: not a name of a folder, or a link out of the reports folder. KH-R02: nothing
        there to delete.
    """
    folders = sorted(p for p in _client(client).glob("*") if p.is_dir() or p.is_symlink())
    chosen = [p for p in folders if not period or p.name == period]
    if not chosen:
        there = ", ".join(p.name for p in folders) or "none"
        what = f"has no run to delete; runs there: {there}."
        raise KehuError(Problem("KH-R02", f"{client}/{period}".rstrip("/"), what))
    links = [p for p in chosen if p.is_symlink()]
    if links:
        raise KehuError([_link(p) for p in links])
    return [_counted(p) for p in chosen]


def _client(client: str) -> Path:
    try:
        folder = reports_dir() / folder_name(client)
    except ValueError as error:
        raise KehuError(
            Problem("KH-S03", client, f"is not a client's short name: {error}.")
        ) from None
    if folder.is_symlink():
        raise KehuError(_link(folder))
    return folder


def _link(path: Path) -> Problem:
    what = "is a link to another place; only what lies in the reports folder is deleted."
    return Problem("KH-S03", str(path), what, "Delete it by hand where it leads.")


def _counted(folder: Path) -> Found:
    files = [p for p in folder.rglob("*") if p.is_file() or p.is_symlink()]
    return Found(Run(folder), len(files), sum(p.lstat().st_size for p in files))


def purge(runs: Sequence[Found]) -> None:
    """Delete runs: all of them or, while one of them is being written, none.

    Parameters
    ----------
    runs : sequence of Found
        As `found` lists them. An empty folder of the client goes, too.

    Raises
    ------
    KehuError
        KH-S02: a run is being written. KH-S01: the system refuses to delete a file.
    """
    with ExitStack() as held:
        for one in runs:
            held.enter_context(lock.locked(one.run.folder))
        for one in runs:
            _empty(one.run.folder)
    for one in runs:
        one.run.folder.rmdir()
    client = runs[0].run.folder.parent
    if not any(client.iterdir()):
        client.rmdir()


def _empty(folder: Path) -> None:
    """Delete all but the lock; the manifest first, so that half a run never passes for a run."""
    try:
        (folder / manifest.NAME).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != lock.NAME:
                path.unlink()
    except OSError as error:
        raise KehuError(not_written(folder, error)) from None
