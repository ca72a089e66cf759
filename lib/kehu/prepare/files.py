"""What a file really is, whatever its name says."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path
from typing import IO, Literal, cast

from rapidfuzz import process

from kehu.errors import Problem

Kind = Literal["text", "workbook", "parquet"]

CHUNK = 1 << 20
_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_TEXTS = {".csv", ".txt", ".tsv", ".tab", ".dat", ".asc", ""}
_PARQUETS = {".parquet", ".pq"}
_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
)
_SUFFIX = {
    "an Excel workbook": ".xlsx",
    "an old Excel workbook": ".xls",
    "a Parquet file": ".parquet",
    "a gzip archive": ".gz",
    "text": ".csv",
}


def kind(path: Path) -> Kind | None:
    """Tell from the name how a file is to be read; None for a name the kit does not know."""
    suffix = _suffix(path)
    if suffix in _WORKBOOKS:
        return "workbook"
    if suffix in _PARQUETS:
        return "parquet"
    return "text" if suffix in _TEXTS else None


def _suffix(path: Path) -> str:
    name = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return name.suffix.lower()


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacked when it is gzipped."""
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file as it lies on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def problem(path: Path) -> Problem | None:
    """Find what keeps a file from being read at all.

    Parameters
    ----------
    path : Path
        A source file.

    Returns
    -------
    Problem or None
        KH-D01 missing or not to be opened, KH-D02 empty, KH-D03 not what its name says.
    """
    if not path.is_file():
        return Problem("KH-D01", str(path), "there is no such file.", _near(path))
    try:
        return _content_problem(path)
    except gzip.BadGzipFile:
        what = f"its name says gzip, and it holds {content(path.open('rb').read(CHUNK))}."
        return Problem("KH-D03", path.name, what, "Rename it without `.gz`.")
    except EOFError:
        what = "the gzip archive ends too early: it was not copied whole."
        return Problem("KH-D03", path.name, what, "Copy it again.")
    except OSError as error:
        what = f"cannot be opened: {error.strerror or error}."
        return Problem("KH-D01", str(path), what, "Close it elsewhere, or check its permissions.")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent.name} either: paths start at the params file."
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    if not names:
        return f"The folder {path.parent.name} is empty."
    ranked = [name for name, _, _ in process.extract(path.name, names, limit=5)]
    return f"Nearest files in the folder {path.parent.name}: {', '.join(ranked)}."


def _content_problem(path: Path) -> Problem | None:
    with opened(path) as file:
        head = file.read(CHUNK)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \x00"):
        what = "the file is empty." if not head else "the file holds nothing but blanks."
        return Problem("KH-D02", path.name, what, "Export it again.")
    wanted, found = kind(path), content(head)
    if wanted is None:
        what = f"files ending in `{_suffix(path)}` are not read (it holds {found})."
        return Problem("KH-D03", path.name, what, "Give .csv, .txt, .xlsx, .xls, .ods or .parquet.")
    if wanted == "workbook":
        return _workbook_problem(path, found)
    if wanted == "parquet":
        return None if found == "a Parquet file" else _mismatch(path, "Parquet", found)
    return None if found == "text" else _mismatch(path, "text", found)


def content(head: bytes) -> str:
    """Say in words what the first bytes of a file are."""
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    start = head[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        return "a web page"
    if start.startswith(b"<?xml"):
        return "an XML file"
    return "text" if _is_text(head) else "binary data"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_encoding(head):
        return True
    controls = sum(head.count(bytes([c])) for c in (*range(9), *range(14, 27), 28, 29, 30))
    return controls <= len(head) / 1000


def wide_encoding(head: bytes) -> str | None:
    """Return `utf-16-le` or `utf-16-be` for UTF-16 text without a byte-order mark."""
    sample = head[: 2 * (len(head[:4000]) // 2)]
    ends = {"utf-16-le": b"\n\x00", "utf-16-be": b"\x00\n"}
    for name, end in ends.items():
        zeros = sample[1::2] if name == "utf-16-le" else sample[::2]
        if end in sample and zeros.count(0) > len(zeros) / 10:
            text = sample.decode(name, errors="replace")
            if "\x00" not in text and "\ufffd" not in text[:-1]:
                return name
    return None


def _workbook_problem(path: Path, found: str) -> Problem | None:
    if found == "an old Excel workbook" and _suffix(path) != ".xls":
        what = "the workbook is locked with a password, or is an old .xls under another name."
        return Problem("KH-D03", path.name, what, "Save it in Excel as .xlsx without a password.")
    if found == "a zip archive":
        found = _zip_content(path)
    fits = {"an old Excel workbook", "an Excel workbook", "an OpenDocument sheet"}
    return None if found in fits else _mismatch(path, "an Excel workbook", found)


def _zip_content(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return "a damaged zip archive"
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return "an Excel workbook"
    return "an OpenDocument sheet" if "content.xml" in names else "a zip archive"


def _mismatch(path: Path, wanted: str, found: str) -> Problem:
    what = f"its name says {wanted}, and it holds {found}."
    if found == "a zip archive":
        found = _zip_content(path)
        what = f"its name says {wanted}, and it holds {found}."
    suffix = _SUFFIX.get(found)
    remedy = f"Rename it to end in {suffix}." if suffix else "Open it and save it as .xlsx or .csv."
    return Problem("KH-D03", path.name, what, remedy)
