"""One writer per run folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kehu.errors import KehuError, Problem
from kehu.store import not_written

NAME = ".lock"
_BEYOND = 1 << 30
"""Where the byte lies that Windows locks: past the text, which others may read."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder while the block runs, and clear what a killed run left half written.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    KehuError
        KH-S01: the folder cannot be written. KH-S02: another process holds it; the system frees
        the lock of a process that ends, however it ends.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _taken(path)
    except OSError as error:
        raise KehuError(not_written(path, error)) from None
    if file is None:
        raise KehuError(_busy(path))
    with file:
        try:
            for half in folder.rglob(".*.part"):
                half.unlink(missing_ok=True)
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def _taken(path: Path) -> IO[str] | None:
    """Open the lock file and lock it, or return None while another process holds it."""
    while True:
        file = path.open("a+", encoding="ascii")
        if not _locks(file):
            file.close()
            return None
        if _is_at(path, file):
            break
        file.close()  # the holder before removed it; lock the next one
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _locks(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_BEYOND)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _busy(path: Path) -> Problem:
    holder = ""
    with suppress(OSError):
        holder = path.read_text(encoding="ascii", errors="replace").strip()
    what = f"process {holder or 'another'} is writing this run."
    remedy = "Wait until it ends, or stop it and run again."
    return Problem("KH-S02", f"{path.parent.parent.name}/{path.parent.name}", what, remedy)
