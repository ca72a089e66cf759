"""The demo with warm kernels and with papermill's normal start, in turn."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks import results
from tests.conftest import kehu


def timed(*options: str) -> float:
    """Run the demo once in a fresh process and folder; return elapsed seconds."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = kehu("demo", *options, reports=Path(folder))
        if done.returncode:
            raise SystemExit(done.stderr)
        return time.perf_counter() - start


def main(rounds: int = 3) -> None:
    """Print a table of both ways, round by round, and the ratio of their medians."""
    timed()  # the demo's files are made on first use
    pairs = [(timed(), timed("--cold")) for _ in range(rounds)]
    warm, cold = (statistics.median(side) for side in zip(*pairs, strict=True))
    rows = [(f"round {n}", *pair) for n, pair in enumerate(pairs, 1)]
    rows.append(("median", warm, cold))
    results.show("Demo, seconds", ["", "warm kernels", "normal start"], rows)
    print(f"\n{cold / warm:.1f} times faster")
    results.save("demo", {"rounds": pairs, "ratio": cold / warm})
