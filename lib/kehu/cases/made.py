"""Sets of files that the kit makes itself: written whole, and told from a client's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from kehu.errors import KehuError, Problem
from kehu.store import publish_bytes, publish_json

MARKER = "_complete.json"
"""File that tells which files the kit made, by what; `files` is null until all are written."""


def publish(folder: Path, files: Mapping[str, bytes], made_by: Mapping[str, int]) -> None:
    """Write a set of files; an interrupted set never looks complete.

    Parameters
    ----------
    folder : Path
        Made if missing.
    files : mapping
        Path below the folder to content.
    made_by : mapping
        What the set was made by: a version, a seed.

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written.
    """
    publish_json(folder / MARKER, {**made_by, "files": None})
    for name, data in files.items():
        publish_bytes(folder / name, data)
    sizes = {name: len(data) for name, data in files.items()}
    publish_json(folder / MARKER, {**made_by, "files": sizes})


def is_complete(folder: Path, made_by: Mapping[str, int]) -> bool:
    """Whether a complete set, made by the same, is in a folder."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        sizes = marker.pop("files")
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(whole and marker == made_by)


def require_own(folder: Path, client: str) -> None:
    """Refuse a folder that holds files the kit did not make: they would be replaced.

    Raises
    ------
    KehuError
        KH-S01.
    """
    there = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    if there and MARKER not in there:
        what = f"holds files that are not the kit's ({there[0]}), and `{client}` is its own client."
        remedy = "Give your client another name, or move the files away."
        raise KehuError(Problem("KH-S01", f"data/raw/{client}", what, remedy))
