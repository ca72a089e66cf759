"""A run's folder: tables and facts by name, every file published whole or not at all."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kehu import tables
from kehu.errors import KehuError, Problem
from kehu.params_types import folder_name

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: notebooks, params, reports and data lie beside `lib`."""


def reports_dir() -> Path:
    """Return the folder of all runs: `KEHU_REPORTS` if set, else the checkout's `reports`."""
    return Path(os.environ.get("KEHU_REPORTS") or PROJECT / "reports").resolve()


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; move it to `path` when the block ends well.

    Parameters
    ----------
    path : Path
        The final name. An older file stays untouched until the new one is whole and on disk.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    KehuError
        KH-S01: the folder cannot be written, the disk is full, the target is open elsewhere.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        raise KehuError(not_written(path, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def not_written(path: Path, error: OSError) -> Problem:
    """Describe a file that could not be written: cause, free space, what to do."""
    parent = next((p for p in path.parents if p.is_dir()), Path("/"))
    free = ""
    with suppress(OSError):
        free = f" ({shutil.disk_usage(parent).free / 1e6:,.0f} MB free)"
    return Problem(
        "KH-S01",
        str(path),
        f"cannot be written: {error.strerror or error}{free}.",
        "Close the file where it is open, free space, or set KEHU_REPORTS to another folder.",
    )


def publish_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    publish_bytes(path, text.encode("utf-8"))


def publish_bytes(path: Path, data: bytes) -> None:
    """Write a binary file whole or not at all."""
    with published(path) as temporary:
        temporary.write_bytes(data)


def publish_json(path: Path, data: Any) -> None:
    """Write JSON with sorted keys, whole or not at all."""
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    publish_text(path, text + "\n")


@dataclass(frozen=True)
class Run:
    """One client and period: a folder of tables, facts and reports.

    Parameters
    ----------
    folder : Path
        `reports/<client>/<period>`.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The run as `client/period`."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def scratch(self) -> Path:
        """A private folder for spilled and temporary data; removed when the run ends."""
        path = self.folder / ".scratch"
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
        except OSError as error:
            raise KehuError(not_written(path, error)) from None
        return path

    def table_path(self, name: str) -> Path:
        """Return where a table of this run lies; the name must have a contract."""
        return self.folder / "tables" / f"{tables.contract(name).name}.parquet"

    def has(self, name: str) -> bool:
        """Whether the table was written."""
        return self.table_path(name).is_file()

    def read(self, name: str) -> pd.DataFrame:
        """Read a table and check its contract.

        Parameters
        ----------
        name : str
            A name of the folder `contracts`.

        Returns
        -------
        pandas.DataFrame
            Columns and dtypes of the contract, in its order.

        Raises
        ------
        KehuError
            KH-T02 when no stage has written it yet, KH-T01 when it breaks its contract.
        """
        path = self.existing(name)
        with _whole(f"{self.name}: table {name}"):
            frame = pd.read_parquet(path)
        return tables.check(name, frame)

    def existing(self, name: str) -> Path:
        """Return a table's file, or raise KH-T02 naming the notebook that writes it."""
        path = self.table_path(name)
        if not path.is_file():
            stage = tables.contract(name).stage
            raise KehuError(
                Problem(
                    "KH-T02",
                    f"{self.name}: table {name}",
                    f"is not there yet; notebook {stage} writes it.",
                    f"Run {stage} first, or the whole run: `kehu run params/….yml`.",
                )
            )
        return path

    def rows(self, name: str) -> int:
        """Count a stored table's rows without reading it."""
        path = self.existing(name)
        with _whole(f"{self.name}: table {name}"):
            counted: int = pq.read_metadata(path).num_rows
        return counted

    def unfinish(self) -> None:
        """Take the manifest away: what it describes is about to change."""
        (self.folder / "manifest.json").unlink(missing_ok=True)

    def write(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Check a table against its contract and publish it; return it as stored.

        Raises
        ------
        KehuError
            KH-T01: columns, types, ranges or keys break the contract. KH-S01: not written.
        """
        checked = tables.check(name, frame)
        self.unfinish()
        with published(self.table_path(name)) as temporary:
            tables.to_arrow_file(checked, name, temporary)
        return checked

    def save_facts(self, stage: str, facts: dict[str, Any]) -> None:
        """Store the named numbers of a stage, replacing its earlier ones.

        Parameters
        ----------
        stage : str
            `prepare`, `value`, …: the first part of every fact's name.
        facts : dict
            Name (without the stage) to number, text, date or None, or a list of these; what is not
            finite becomes None.

        Raises
        ------
        TypeError
            A value of another kind.
        """
        plain = {f"{stage}.{name}": _plain(value) for name, value in facts.items()}
        self.unfinish()
        publish_json(self.folder / "facts" / f"{stage}.json", plain)

    def facts(self) -> dict[str, Any]:
        """Return all facts stored so far, `stage.name` to value."""
        merged: dict[str, Any] = {}
        for path in sorted((self.folder / "facts").glob("*.json")):
            merged |= json.loads(path.read_text(encoding="utf-8"))
        return merged


@contextmanager
def _whole(where: str) -> Iterator[None]:
    """Turn a damaged Parquet file into a sentence."""
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        what = f"cannot be read: {error}."
        raise KehuError(Problem("KH-T01", where, what, "Make the run again.")) from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | str):
        return value
    raise TypeError(f"a fact is a number, text, date or None, not {type(value).__name__}")


def open_run(path: str | Path) -> Run:
    """Open a run's folder by name or path.

    Parameters
    ----------
    path : str or Path
        `client/period` below the reports folder (see `reports_dir`), or an absolute path.

    Returns
    -------
    Run
        The folder need not exist yet.

    Raises
    ------
    KehuError
        KH-S03: a relative name that is not `client/period` or leaves the reports folder.
    """
    given = Path(path)
    if given.is_absolute():
        return Run(given)
    try:
        client, period = given.as_posix().split("/")
        folder = (reports_dir() / folder_name(client) / folder_name(period)).resolve()
        outside = folder.parent.parent != reports_dir()
    except (ValueError, OSError, RuntimeError):  # the last: links in a circle, Python < 3.13
        outside = True
    if outside:
        problem = Problem(
            "KH-S03",
            str(path),
            "is not a run: runs are named `client/period`.",
            "Example: kehu.open_run('demo/2026Q3').",
        )
        raise KehuError(problem)
    return Run(folder)
