"""A run's folder: tables and facts by name, every file published whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from kehu import tables
from kehu.errors import KehuError, Problem

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
        raise KehuError(_not_written(path, error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_written(path: Path, error: OSError) -> Problem:
    parent = next((p for p in path.parents if p.is_dir()), Path("/"))
    free = shutil.disk_usage(parent).free / 1e6
    return Problem(
        "KH-S01",
        str(path),
        f"cannot be written: {error.strerror or error} ({free:,.0f} MB free).",
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
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
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
            A name of `contracts.yml`.

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
        return tables.check(name, pd.read_parquet(path))

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
        counted: int = pq.read_metadata(self.existing(name)).num_rows
        return counted

    def write(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Check a table against its contract and publish it; return it as stored.

        Raises
        ------
        KehuError
            KH-T01: columns, types, ranges or keys break the contract. KH-S01: not written.
        """
        checked = tables.check(name, frame)
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
            Name (without the stage) to number, text or None; what is not finite becomes None.
        """
        plain = {f"{stage}.{name}": _plain(value) for name, value in facts.items()}
        publish_json(self.folder / "facts" / f"{stage}.json", plain)

    def facts(self) -> dict[str, Any]:
        """Return all facts stored so far, `stage.name` to value."""
        merged: dict[str, Any] = {}
        for path in sorted((self.folder / "facts").glob("*.json")):
            merged |= json.loads(path.read_text(encoding="utf-8"))
        return merged


def _plain(value: Any) -> Any:
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float) and not (abs(item) < float("inf")):
        return None
    if isinstance(item, int | float | str | bool | None):
        return item
    if isinstance(item, list | tuple):
        return [_plain(v) for v in item]
    return str(item)


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
    folder = (reports_dir() / given).resolve()
    if len(given.parts) != 2 or folder.parent.parent != reports_dir():
        problem = Problem(
            "KH-S03",
            str(path),
            "is not a run: runs are named `client/period`.",
            "Example: kehu.open_run('demo/2026Q3').",
        )
        raise KehuError(problem)
    return Run(folder)
