"""`kehu init`: look at a client's files and write a commented params file for them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from kehu import engine
from kehu.errors import KehuError, Problem
from kehu.prepare import clean, places, sources
from kehu.starter_seen import Seen, look
from kehu.starter_text import text
from kehu.store import PROJECT, Run, publish_text


def write(files: Sequence[Path], client: str, to: Path | None) -> tuple[Path, list[str]]:
    """Look at files and write a params file with the guessed column mapping.

    Parameters
    ----------
    files : sequence of Path
        The client's files, folders of them or zip archives; what each holds is found out.
    client : str
        Short name; taken from the first file's name if empty.
    to : Path, optional
        Params file to write; `params/clients/<client>.yml` if left out. An existing file is left
        as it is.

    Returns
    -------
    path : Path
        The params file.
    notes : list of str
        What was found, what was left out, and what a person has to decide.

    Raises
    ------
    KehuError
        KH-D01 to KH-D05 for a file that cannot be read, KH-S01 when the params file exists.
    """
    name = client or re.sub(r"\W+", "_", files[0].stem).strip("_").lower() or "client"
    target = to or PROJECT / "params" / "clients" / f"{name}.yml"
    if target.exists():
        remedy = "Edit it, or choose another name with --client or --to."
        raise KehuError(Problem("KH-S01", str(target), "is there already; left as it is.", remedy))
    seen = [look(place) for path in files for place in places.found(path)]
    last, unread = last_day(seen)
    publish_text(target, text(name, seen, last, target.resolve().parent))
    return target, [note for one in seen for note in notes(one)] + unread


def last_day(seen: Sequence[Seen]) -> tuple[date | None, list[str]]:
    """Return the last day with a purchase, or else why the files cannot be read as guessed."""
    given = [_spec(s) for s in seen if s.table == "transactions"]
    if not given:
        return None, ["  none of the files holds purchases: the last day could not be found"]
    with tempfile.TemporaryDirectory(prefix="kehu-") as folder:
        run = Run(Path(folder))
        try:
            found = sources.listed({"transactions": given}, Path(folder))
            raws = sources.read_all(run, engine.connect(run), found)
            cleaned = clean.transactions(raws, analysis_date="2999-12-31", max_unreadable=1.0)
            last: date = cleaned.transactions.date.max().execute().date()
        except ValidationError:
            return None, ["  the last day could not be found: a needed column is not mapped"]
        except KehuError as error:
            return None, [f"  the last day could not be found: {p}" for p in error.problems]
    return last, []


def _spec(seen: Seen) -> dict[str, object]:
    path = str(seen.path.resolve())
    if seen.preset:
        return {"path": path, "preset": seen.preset.key}
    return {"path": path, "columns": seen.mapped, "timezone": seen.timezone}


def notes(seen: Seen) -> list[str]:
    """Say what a file seems to hold and what is left to decide."""
    if seen.table is None:
        shown = ", ".join(c for c in seen.columns if c)
        return [f"{seen.path.name}: not recognised and left out; its columns: {shown}"]
    found = len(seen.mapped) + len(seen.scaled)
    kind = f", recognised as {seen.preset.name['en']}" if seen.preset else ""
    lines = [f"{seen.path.name}: {seen.table}{kind}, {found} columns recognised"]
    for name in seen.required():
        choices = [p for p in seen.proposals if p.name == name]
        shown = "; ".join(f"{p.column} (e.g. {', '.join(p.samples)})" for p in choices)
        lines.append(f"  choose `{name}`: {shown or 'no candidate; ' + ', '.join(seen.columns)}")
    if seen.scaled:
        asked = ", ".join(f"{g.column} {g.low:g} to {g.high:g}" for g in seen.scaled)
        lines.append(f"  check the scales: {asked}")
    if seen.unknown:
        lines.append(f"  say what these words mean: {', '.join(seen.unknown)}")
    if seen.ignored:
        lines.append(f"  not used: {', '.join(seen.ignored)}")
    return lines
