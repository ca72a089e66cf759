"""Fit and score lifetime value: kehu, lifetimes and pymc-marketing on the same customers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks import peers, results
from tests.benchmarks.population import POPULATIONS, TRUTH, histories

HORIZON, YEAR_RATE = 52, 0.10
FITTED, SCORED = ("fit purchases", "fit spend"), ("P(alive)", "purchases", "CLV")
LETTERS = {
    "bgnbd": ("r", "alpha", "a", "b", "p", "q", "gamma"),
    "paretonbd": ("r", "alpha", "s", "beta", "p", "q", "gamma"),
}
SCRIPTS = {"kehu": "clv_kehu", "lifetimes": "clv_lifetimes", "pymc-marketing": "clv_pymc"}

PARETO_MOST = {"lifetimes": 10_000, "pymc-marketing": 0}
"""Customers up to which a peer fits Pareto/NBD in minutes; one did not fit a thousand in nine."""


def main(sizes: Iterable[int] = (10_000, 100_000, 1_000_000), family: str = "bgnbd") -> None:
    """Measure one family of purchase models at several sizes, BG/NBD on both populations.

    Both are BG/NBD populations; on the shorter one Pareto/NBD has no point optimum to compare.
    """
    pythons = {name: peers.python_of(name) for name in SCRIPTS if name != "kehu"}
    contenders = {"kehu": None} | {name: path for name, path in pythons.items() if path}
    populations = POPULATIONS if family == "bgnbd" else ("two years",)
    found: dict[str, dict[int, Any]] = {population: {} for population in populations}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.parquet"
        # Whatever compiles at first use compiles here, before anyone is measured.
        measure(path, "one quarter", 1_000, family, contenders)
        for population, of_size in found.items():
            for n in sizes:
                of_size[n] = measure(path, population, n, family, contenders)
                report(f"{family}, {population}, {n:,} customers", family, of_size[n])
    results.save(f"clv-{family}", {"family": family, "populations": found})


def measure(
    path: Path, population: str, n: int, family: str, contenders: dict[str, Path | None]
) -> dict[str, dict[str, Any]]:
    """Run every contender on n customers, one after the other."""
    histories(n, population).to_parquet(path)
    return {
        name: peers.run(SCRIPTS[name], path, family, HORIZON, YEAR_RATE, python=python)
        for name, python in contenders.items()
        if family == "bgnbd" or n <= PARETO_MOST.get(name, n)
    }


def report(title: str, family: str, found: dict[str, dict[str, Any]]) -> None:
    """Print times with their ratios to kehu's, and the estimates side by side."""
    done = {name: run for name, run in found.items() if "failed" not in run}
    rows, own = [], done["kehu"]
    for name, run in done.items():
        fit, score = (seconds(run, steps) for steps in (FITTED, SCORED))
        ratio = (fit + score) / seconds(own, (*FITTED, *SCORED))
        peak = max(step["peak_gb"] for step in run["steps"].values())
        cpu = processor(run)
        rows.append((name, fit, score, fit + score, cpu, peak, ratio, cpu / processor(own)))
    head = ["", "fit s", "score s", "both s", "CPU s", "peak GB", "times kehu", "by CPU"]
    results.show(title, head, rows)
    letters = (*LETTERS[family], "alive", "purchases", "clv")
    known = [("truth", *(TRUTH.get(k, "") for k in letters))] if family == "bgnbd" else []
    estimates = [(name, *(f"{run['found'][k]:.4f}" for k in letters)) for name, run in done.items()]
    results.show(f"{title}: estimates", ["", *letters], known + estimates)


def seconds(run: dict[str, Any], steps: Iterable[str]) -> float:
    """Add up the elapsed seconds of some steps."""
    return float(sum(run["steps"][step]["wall"] for step in steps))


def processor(run: dict[str, Any]) -> float:
    """Add up the processor seconds of all steps."""
    return float(sum(step["cpu"] for step in run["steps"].values()))
