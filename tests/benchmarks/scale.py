"""The value stage on many purchase lines: seconds and memory of every step, and how they grow."""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import peers, results
from tests.benchmarks.population import END, write_transactions

LINES_A_CUSTOMER = 20
BYTES_A_LINE = 19


def main(
    sizes: Sequence[int] = (1_000_000, 10_000_000), memory_gb: float = 4.0, method: str = "bgnbd"
) -> None:
    """Measure about so many lines each; the second against the first gives the growth.

    Files go to the system's folder for temporary files and are deleted afterwards.
    """
    found = {}
    for lines in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[lines] = measure(Path(folder), lines, memory_gb, method)
        report(found[lines])
    if len(sizes) > 1 and not any("failed" in run for run in found.values()):
        grow(found[sizes[0]], found[sizes[-1]])
    results.save("scale", {"memory_gb": memory_gb, "lines": {str(k): v for k, v in found.items()}})


def measure(folder: Path, lines: int, memory_gb: float, method: str) -> dict[str, Any]:
    """Write the lines and run the value stage on them in a fresh process."""
    need = lines * BYTES_A_LINE
    if shutil.disk_usage(folder).free < 4 * need:
        raise SystemExit(f"{lines:,} lines need {4 * need / 1e9:.0f} GB of free space in {folder}")
    path = folder / "transactions.parquet"
    begin = time.perf_counter()
    rows = write_transactions(path, lines // LINES_A_CUSTOMER)
    made = {"rows": rows, "file_gb": path.stat().st_size / 1e9}
    made["written_s"] = time.perf_counter() - begin
    return made | peers.run("scale_kehu", path, END, memory_gb, method)


def report(run: dict[str, Any]) -> None:
    """Print every step of one size."""
    if "failed" in run:
        return
    steps = run["steps"].items()
    rows = [(name, s["wall"], s["cpu"], s["peak_gb"]) for name, s in steps]
    wall, cpu = (sum(s[kind] for _, s in steps) for kind in ("wall", "cpu"))
    rows.append(("all", wall, cpu, max(s["peak_gb"] for _, s in steps)))
    told = run["found"]
    title = (
        f"Value stage: {run['rows']:,} lines ({run['file_gb']:.3f} GB), {told['customers']:,} "
        f"customers, {told['triples']:,} distinct histories"
    )
    results.show(title, ["", "seconds", "CPU seconds", "peak GB"], rows)


def grow(small: dict[str, Any], large: dict[str, Any]) -> None:
    """Print by which power of the number of lines time grows: 1 is in proportion."""
    ratio = math.log(large["rows"] / small["rows"])
    rows = []
    for name, step in large["steps"].items():
        before = small["steps"][name]
        power = [
            math.log(max(step[k], 1e-3) / max(before[k], 1e-3)) / ratio for k in ("wall", "cpu")
        ]
        rows.append((name, *power, step["peak_gb"] / before["peak_gb"]))
    title = f"Growth from {small['rows']:,} to {large['rows']:,} lines"
    results.show(title, ["", "power, seconds", "power, CPU", "peak, times"], rows)
