"""JSON: a record per line, or a list of records, as rows of exact text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from kehu.errors import KehuError, Problem
from kehu.prepare import encoding, files
from kehu.prepare.places import Location
from kehu.prepare.stored import RowWriter, Written
from kehu.prepare.text_layout import text

Record = dict[str, str]

_BATCH = 50_000
_WHOLE = 512 << 20
"""Bytes of a document that is read at once; a file with a record per line may be of any size."""


def columns(path: Location, given_encoding: str | None = None) -> tuple[str, ...]:
    """List the columns of all records, in the order in which they first appear.

    Parameters
    ----------
    path : Path or zipfile.Path
        .json, .jsonl or .ndjson, gzipped or not.
    given_encoding : str, optional
        As named in the params.

    Returns
    -------
    tuple of str
        A field within a field is `customer.id`.

    Raises
    ------
    KehuError
        KH-D02 no record, KH-D03 no JSON or no list of records, KH-D05 undecidable encoding,
        KH-D16 a document too large to be read at once.
    """
    seen: dict[str, None] = {}
    for record in _records(path, given_encoding):
        if isinstance(record, dict):
            seen.update(dict.fromkeys(record))
    if not seen:
        what = "the file holds no records."
        raise KehuError(Problem("KH-D02", path.name, what, "Export it again."))
    return tuple(seen)


def first_rows(path: Location, names: Sequence[str], count: int) -> list[list[str]]:
    """Return the first records as rows of text."""
    records = (r for r in _records(path, None) if isinstance(r, dict))
    return [[r.get(n, "") for n in names] for r in islice(records, count)]


def store(
    path: Location, names: Sequence[str], given_encoding: str | None, target: Path
) -> Written:
    """Write the records to the kit's own storage; a line that is no record is malformed."""
    malformed: list[tuple[int, str]] = []
    with RowWriter(target, len(names)) as out:
        numbered = enumerate(_records(path, given_encoding), 1)
        while batch := list(islice(numbered, _BATCH)):
            malformed += [(i, r) for i, r in batch if isinstance(r, str)]
            good = [r for _, r in batch if isinstance(r, dict)]
            cells = [pa.array([r.get(n, "") for r in good], pa.string()) for n in names]
            out.write(cells, malformed)
        out.finish(malformed)
    return Written(out.rows, len(malformed))


def _records(path: Location, given_encoding: str | None) -> Iterator[Record | str]:
    """Give every record as flat text; as the line itself where it is no record."""
    name = encoding.decide(path, given_encoding)
    with text(path, name) as file:
        filled = (line for line in file if line.strip())
        first, second = next(filled, ""), next(filled, "")
    if files.suffix(path) == ".json":
        by_line = isinstance(_parsed(first), dict) and bool(second)
    else:
        by_line = not first.lstrip().startswith("[")
    yield from _lines(path, name) if by_line else map(_flat, _document(path, name))


def _lines(path: Location, name: str) -> Iterator[Record | str]:
    with text(path, name) as file:
        for line in file:
            if line.strip():
                value = _parsed(line)
                yield _flat(value) if isinstance(value, dict) else line.strip()


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, parse_int=str, parse_float=str, object_pairs_hook=_once)
    except ValueError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose names are all different; with one given twice nobody knows which."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found


def _document(path: Location, name: str) -> list[dict[str, Any]]:
    """Read a list of records, alone or as the one list of an object."""
    with text(path, name) as file:
        whole = file.read(_WHOLE + 1)
    if len(whole) > _WHOLE:
        raise KehuError(files.too_large(path, "is one JSON document of more than 512 MB"))
    try:
        value = json.loads(whole, parse_int=str, parse_float=str, object_pairs_hook=_once)
    except ValueError as error:
        what = f"is no whole JSON document ({str(error)[:80]})."
        raise KehuError(Problem("KH-D03", path.name, what, "Export it again.")) from None
    lists = [value] if isinstance(value, list) else _lists_of(value)
    if len(lists) != 1 or not all(isinstance(record, dict) for record in lists[0]):
        what = f"holds {len(lists)} lists of records, and one is wanted."
        remedy = "Give a list of records, an object with one such list, or a record per line."
        raise KehuError(Problem("KH-D03", path.name, what, remedy))
    return lists[0]


def _lists_of(value: Any) -> list[list[Any]]:
    fields = value.values() if isinstance(value, dict) else ()
    return [v for v in fields if isinstance(v, list) and v and isinstance(v[0], dict)]


def _flat(record: dict[str, Any], above: str = "") -> Record:
    """Write a record as one level of text; a list stays JSON."""
    cells: Record = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= _flat(value, f"{above}{name}.")
        else:
            cells[f"{above}{name}"] = _text(value)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
