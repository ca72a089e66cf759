"""Where the client's data lie: a file, the files of a folder or a pattern, the members of a zip."""

from __future__ import annotations

import fnmatch
import glob
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

Location = Path | zipfile.Path
"""A file on disk, or one inside a zip archive; both open, and both have a name and a suffix."""

_SIGNS = re.compile(r"[*?\[]")
_CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
_UTF8_NAME = 0x800


def found(path: Path) -> list[Location]:
    """List what a path of the params stands for, in the order of the names.

    Parameters
    ----------
    path : Path
        A file; a folder, for the files directly in it; a pattern such as `2026-*.csv` or
        `**/orders.csv`; a zip archive, for its members, or some of them: `export.zip/*.csv`.

    Returns
    -------
    list of Path or zipfile.Path
        Hidden files, those of the system (Thumbs.db, __MACOSX) and what Excel keeps of open
        workbooks (`~$…`) are left out. The path itself where there is nothing else: whoever looks
        at it says what is wrong.
    """
    if path.is_dir():
        within = [p for p in sorted(path.iterdir()) if p.is_file()]
        return _unpacked(path, within)
    if not path.exists() and _SIGNS.search(str(path)):
        matched = sorted(Path(p) for p in glob.glob(str(path), recursive=True))
        return _unpacked(path, [p for p in matched if p.is_file()])
    archive = next((p for p in path.parents if p.suffix.lower() == ".zip" and p.is_file()), None)
    if archive is None:
        return _unpacked(path, [path])
    wanted = path.relative_to(archive).as_posix()
    return [m for m in _members(archive) if _is_wanted(m, wanted)] or [path]


def _is_wanted(member: Location, wanted: str) -> bool:
    name = "" if isinstance(member, Path) else member.at
    return name == wanted or fnmatch.fnmatchcase(name, wanted)


def is_many(path: Path) -> bool:
    """Whether a path stands for whatever files are there, not for one file."""
    return path.is_dir() or bool(_SIGNS.search(path.name)) or path.suffix.lower() == ".zip"


def _unpacked(path: Path, files: Iterable[Path]) -> list[Location]:
    listed: list[Location] = []
    for file in files:
        if not _is_clutter(file.name):
            listed += _members(file) if file.suffix.lower() == ".zip" else [file]
    return listed or [path]


def _is_clutter(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return any(p.lower() in _CLUTTER or p.startswith((".", "~$")) for p in parts)


def _members(path: Path) -> list[Location]:
    """List the files of an archive; the archive itself where it cannot be opened."""
    try:
        archive = _opened(path)
    except (OSError, zipfile.BadZipFile):
        return [path]
    names = sorted(i.filename for i in archive.infolist() if not i.is_dir())
    inside: list[Location] = [zipfile.Path(archive, n) for n in names if not _is_clutter(n)]
    return inside or [path]


def _opened(path: Path) -> zipfile.ZipFile:
    """Open an archive; names that Windows wrote in Chinese are read as Chinese."""
    archive = zipfile.ZipFile(path)
    strange = [i for i in archive.infolist() if not i.flag_bits & _UTF8_NAME]
    if all(i.filename.isascii() for i in strange):
        return archive
    archive.close()
    try:
        return zipfile.ZipFile(path, metadata_encoding="gb18030")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def unpacked_size(place: Location) -> tuple[int, int] | None:
    """Return packed and unpacked bytes of a file in an archive, None for a file on disk."""
    if isinstance(place, Path):
        return None
    info = place.root.getinfo(place.at)
    return info.compress_size, info.file_size


def is_locked(place: Location) -> bool:
    """Whether a file in an archive can be read only with a password."""
    return not isinstance(place, Path) and bool(place.root.getinfo(place.at).flag_bits & 1)
