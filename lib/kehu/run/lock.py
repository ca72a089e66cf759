"""One writer per run folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from kehu.errors import KehuError, Problem


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder while the block runs.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    KehuError
        KH-S02: another living process holds it. A lock left by a dead process is taken over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    while not _taken(path):
        holder = _holder(path)
        if holder is not None and psutil.pid_exists(holder):
            what = f"process {holder} is writing this run."
            remedy = "Wait until it ends, or stop it and run again."
            raise KehuError(Problem("KH-S02", f"{folder.parent.name}/{folder.name}", what, remedy))
        path.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _taken(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(str(os.getpid()))
    return True


def _holder(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
