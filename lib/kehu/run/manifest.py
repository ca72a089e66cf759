"""The manifest: what a finished run was made from, with what, and what it made."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath
from typing import Any

import pyarrow.parquet as pq

from kehu.errors import KehuError, Problem
from kehu.params_check import ParamsFile
from kehu.run import lineage
from kehu.store import PROJECT, Run

NAME = "manifest.json"
PACKAGES = (
    "kehu", "pandas", "numpy", "scipy", "scikit-learn", "pyarrow", "duckdb", "ibis-framework",
    "seaborn", "matplotlib", "papermill", "nbconvert", "typst", "pypandoc_binary", "splink",
    "phonenumbers", "great-tables", "Babel", "opencc",
)  # fmt: skip


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest(
    run: Run, file: ParamsFile, seconds: dict[str, float], outputs: list[Path]
) -> dict[str, Any]:
    """Describe a finished run; no absolute path and no client data in it.

    Parameters
    ----------
    run : Run
    file : ParamsFile
        The params file it was run with.
    seconds : dict
        Step to elapsed seconds.
    outputs : list of Path
        Files handed over.

    Returns
    -------
    dict
        JSON-ready.
    """
    tables = {p.stem: _table(p) for p in sorted((run.folder / "tables").glob("*.parquet"))}
    sources, finished_at = _sources(run), datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "run": run.name,
        "finished_at": finished_at,
        "params_file": file.path.name,
        "params": portable(file.params.model_dump()),
        "sources": sources,
        "tables": tables,
        "lineage": lineage.events(run, sources, tables, finished_at),
        "facts_sha256": sha256(run.folder / "facts.json"),
        "outputs": described(outputs),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "python": platform.python_version(),
        "platform": platform.system(),
        "packages": versions(),
        "git_commit": _commit(),
    }


def portable(value: Any, name: str = "") -> Any:
    """Cut absolute paths among the parameters down to the file's name, as the manifest has them."""
    if isinstance(value, dict):
        return {key: portable(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [portable(inner, name) for inner in value]
    if name not in ("path", "database", "playbook") or not isinstance(value, str):
        return value
    absolute = Path(value).is_absolute() or PureWindowsPath(value).is_absolute()
    return PureWindowsPath(value).name if absolute else value


def _sources(run: Run) -> list[dict[str, Any]]:
    """List the files with the checksums they had when they were read."""
    read_as = run.read("profile")[["table", "source", "rows", "sha256"]]
    found: list[dict[str, Any]] = read_as.rename(columns={"source": "file"}).to_dict("records")
    return found


def _table(path: Path) -> dict[str, Any]:
    return {"rows": pq.ParquetFile(path).metadata.num_rows, "sha256": sha256(path)}


def versions() -> dict[str, str | None]:
    """Return the versions of the packages that compute, draw and render."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def read(run: Run) -> dict[str, Any]:
    """Read the manifest of a finished run.

    Raises
    ------
    KehuError
        KH-R02: there is none, so the run never finished.
    """
    path = run.folder / NAME
    if not path.is_file():
        what = "has no manifest: it was never run, or did not finish."
        raise KehuError(Problem("KH-R02", run.name, what, "Run it: `kehu run params/….yml`."))
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def with_outputs(made: dict[str, Any], outputs: list[Path]) -> dict[str, Any]:
    """Return a manifest that describes files rendered again."""
    return {**made, "outputs": described(outputs)}


def described(outputs: list[Path]) -> dict[str, Any]:
    """Describe files handed over: size and checksum by name."""
    return {p.name: {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in outputs}
