"""Peers in environments of their own, and runs of contenders in fresh processes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("KEHU_BENCH_CACHE") or Path.home() / ".cache" / "kehu-bench")
CONTENDERS = Path(__file__).with_name("contenders")

PATIENCE = 3_600
"""Seconds after which a contender is given up."""

PEERS = {
    "lifetimes": ("lifetimes==0.11.3", "numpy<2", "pandas<2.1", "scipy<1.12", "pyarrow<20"),
    "pymc-marketing": ("pymc-marketing", "pyarrow"),
    "polars": ("polars",),
}
"""Packages of each peer; lifetimes was given up in 2020 and needs old company."""


def python_of(peer: str) -> Path | None:
    """Return the interpreter of a peer's environment, made on first use; None where that fails."""
    packages = PEERS[peer]
    spec = hashlib.sha256(repr((sys.version_info[:2], packages)).encode()).hexdigest()[:8]
    folder = CACHE / f"{peer}-{spec}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / ".ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"skipped: {peer} cannot be installed ({_last_line(done.stderr)})")
            return None
        (folder / ".ready").touch()
    return python


def run(script: str, *arguments: object, python: Path | None = None) -> dict[str, Any]:
    """Run a contender in a fresh process; return its steps, results and versions.

    Returns
    -------
    dict
        `steps` (name to `wall, cpu, peak_gb`), `found`, `versions`; or `failed` with the reason.
    """
    command = [str(python or sys.executable), str(CONTENDERS / f"{script}.py")]
    command += [str(a) for a in arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        print(f"failed: {script}: more than {PATIENCE} seconds")
        return {"failed": f"more than {PATIENCE} seconds"}
    if done.returncode:
        reason = _last_line(done.stderr) or f"exit code {done.returncode}"
        print(f"failed: {script}: {reason}")
        return {"failed": reason}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
