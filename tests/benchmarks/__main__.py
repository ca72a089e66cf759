"""`make bench`: the demo with warm kernels and with papermill's normal start, in turn."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.conftest import kehu

ROUNDS = 3


def timed(*options: str) -> float:
    """Run the demo once in a fresh process and folder; return elapsed seconds."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = kehu("demo", *options, reports=Path(folder))
        if done.returncode:
            raise SystemExit(done.stderr)
        return time.perf_counter() - start


def main() -> None:
    """Print a table of both ways, round by round, and the ratio of their medians."""
    timed()  # the demo's files are made on first use
    pairs = []
    print(f"{'round':>6} {'warm s':>8} {'normal s':>9}")
    for n in range(1, ROUNDS + 1):
        pairs.append((timed(), timed("--cold")))
        print(f"{n:>6} {pairs[-1][0]:>8.1f} {pairs[-1][1]:>9.1f}")
    warm, cold = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"median {warm:.1f} against {cold:.1f}: {cold / warm:.1f} times faster")


if __name__ == "__main__":
    main()
