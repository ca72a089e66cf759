"""What a file really is, whatever its name says."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from pathlib import Path
from typing import IO, Literal, cast

from rapidfuzz import process

from kehu.errors import KehuError, Problem
from kehu.prepare import places
from kehu.prepare.places import Location

Kind = Literal["text", "workbook", "parquet", "json"]

CHUNK = 1 << 20
LARGEST = 2 << 30
"""Bytes that a packed file may unpack to where it has to be held in memory."""
BOMB = 200
"""Times its own size that a member of an archive may unpack to, beyond `LARGEST`."""
_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_TEXTS = {".csv", ".txt", ".tsv", ".tab", ".dat", ".asc", ""}
_PARQUETS = {".parquet", ".pq"}
_JSONS = {".json", ".jsonl", ".ndjson"}
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
    "JSON": ".json",
    "text": ".csv",
}
READ = ".csv, .txt, .xlsx, .xls, .ods, .parquet, .json or .jsonl"


def kind(path: Location) -> Kind | None:
    """Tell from the name how a file is to be read; None for a name the kit does not know."""
    ending = suffix(path)
    if ending in _JSONS:
        return "json"
    if ending in _WORKBOOKS:
        return "workbook"
    if ending in _PARQUETS:
        return "parquet"
    return "text" if ending in _TEXTS else None


def suffix(path: Location) -> str:
    """Return the ending of a file's name in lower case, `.gz` left off."""
    name = Path(path.stem) if is_gzipped(path) else path
    return name.suffix.lower()


def is_gzipped(path: Location) -> bool:
    """Whether a file's name says that it is gzipped."""
    return path.suffix.lower() == ".gz"


def opened(path: Location) -> IO[bytes]:
    """Open a file for reading bytes, unpacked when it is gzipped."""
    file = path.open("rb")
    return cast(IO[bytes], gzip.GzipFile(fileobj=file)) if is_gzipped(path) else file


def seekable(path: Location) -> Path | IO[bytes]:
    """Return the path of a file that lies open on disk, or a packed file's bytes in memory.

    Raises
    ------
    KehuError
        KH-D16: it unpacks to more than `LARGEST` bytes.
    """
    if isinstance(path, Path) and not is_gzipped(path):
        return path
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise KehuError(too_large(path, f"unpacks to more than {LARGEST >> 30} GB"))
    return io.BytesIO(data)


def too_large(path: Location, how: str) -> Problem:
    """Build the problem of a file that is refused for its size."""
    remedy = "Unpack it yourself, or give the data as .csv or .parquet, which are read in pieces."
    return Problem("KH-D16", path.name, f"the file {how}.", remedy)


def sha256(path: Location) -> str:
    """Return the SHA-256 of the file as it lies on disk, or in its archive."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def problem(path: Location) -> Problem | None:
    """Find what keeps a file from being read at all.

    Parameters
    ----------
    path : Path or zipfile.Path
        A source file.

    Returns
    -------
    Problem or None
        KH-D01 missing or not to be opened, KH-D02 empty, KH-D03 not what its name says, KH-D16
        too large unpacked.
    """
    if isinstance(path, Path) and not path.is_file():
        return _missing(path)
    try:
        return _packed_problem(path) or _content_problem(path)
    except gzip.BadGzipFile:
        with path.open("rb") as file:
            what = f"its name says gzip, and it holds {content(file.read(CHUNK))}."
        return Problem("KH-D03", path.name, what, "Rename it without `.gz`.")
    except NotImplementedError:
        what = "the archive is packed in a way that is not read."
        return Problem("KH-D03", path.name, what, "Unpack it, and give the files.")
    except zipfile.BadZipFile:
        what = "the archive is damaged: it was not copied whole."
        return Problem("KH-D03", path.name, what, "Copy it again.")
    except EOFError:
        what = "the gzip archive ends too early: it was not copied whole."
        return Problem("KH-D03", path.name, what, "Copy it again.")
    except OSError as error:
        what = f"cannot be opened: {error.strerror or error}."
        return Problem("KH-D01", str(path), what, "Close it elsewhere, or check its permissions.")


def _missing(path: Path) -> Problem:
    if path.is_dir():
        what = "the folder holds no file."
        return Problem("KH-D01", str(path), what, "Put the client's files there.")
    what = "no file matches." if places.is_many(path) else "there is no such file."
    return Problem("KH-D01", str(path), what, _near(path))


def _packed_problem(path: Location) -> Problem | None:
    """Find what is wrong with an archive, or with a member of one."""
    if isinstance(path, Path):
        return _archive_problem(path) if path.suffix.lower() == ".zip" else None
    if places.is_locked(path):
        what = "the archive is locked with a password."
        return Problem("KH-D03", path.name, what, "Unpack it, and give the files.")
    packed, unpacked = places.unpacked_size(path) or (0, 0)
    if unpacked > LARGEST and unpacked > BOMB * max(packed, 1):
        return too_large(path, f"unpacks from {packed:,} to {unpacked:,} bytes")
    return None


def _archive_problem(path: Path) -> Problem:
    with path.open("rb") as file:
        head = file.read(CHUNK)
    if not head:
        return Problem("KH-D02", path.name, "the file is empty.", "Copy it again.")
    found = content(head)
    if found == "a zip archive":
        found = _zip_content(path)
    if found.endswith("zip archive"):
        what = "the archive is damaged." if "damaged" in found else "the archive holds no file."
        return Problem("KH-D03", path.name, what, "Copy it again.")
    return _mismatch(path, "a zip archive", found)


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent.name} either: paths start at the params file."
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    if not names:
        return f"The folder {path.parent.name} is empty."
    ranked = [name for name, _, _ in process.extract(path.name, names, limit=5)]
    return f"Nearest files in the folder {path.parent.name}: {', '.join(ranked)}."


def _content_problem(path: Location) -> Problem | None:
    with opened(path) as file:
        head = file.read(CHUNK)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \x00"):
        what = "the file is empty." if not head else "the file holds nothing but blanks."
        return Problem("KH-D02", path.name, what, "Export it again.")
    wanted, found = kind(path), content(head)
    if wanted is None:
        what = f"files ending in `{suffix(path)}` are not read (it holds {found})."
        return Problem("KH-D03", path.name, what, f"Give {READ}.")
    if wanted == "workbook":
        return _workbook_problem(path, found)
    if wanted == "json":
        return None if found in ("JSON", "text") else _mismatch(path, "JSON", found)
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
    if start.startswith((b'{"', b"[{", b"{}")):
        return "JSON"
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


def _workbook_problem(path: Location, found: str) -> Problem | None:
    if found == "an old Excel workbook" and suffix(path) != ".xls":
        what = "the workbook is locked with a password, or is an old .xls under another name."
        return Problem("KH-D03", path.name, what, "Save it in Excel as .xlsx without a password.")
    if found == "a zip archive":
        found = _zip_content(path)
    fits = {"an old Excel workbook", "an Excel workbook", "an OpenDocument sheet"}
    return None if found in fits else _mismatch(path, "an Excel workbook", found)


def _zip_content(path: Location) -> str:
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return "a damaged zip archive"
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return "an Excel workbook"
    return "an OpenDocument sheet" if "content.xml" in names else "a zip archive"


def _mismatch(path: Location, wanted: str, found: str) -> Problem:
    what = f"its name says {wanted}, and it holds {found}."
    if found == "a zip archive":
        found = _zip_content(path)
        what = f"its name says {wanted}, and it holds {found}."
    ending = _SUFFIX.get(found)
    remedy = f"Rename it to end in {ending}." if ending else "Open it and save it as .xlsx or .csv."
    return Problem("KH-D03", path.name, what, remedy)
