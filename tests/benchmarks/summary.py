"""Purchase lines to one row per customer: kehu, pandas, Polars, pymc-marketing, DuckDB by hand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import peers, results
from tests.benchmarks.population import END, write_transactions

LINES_A_CUSTOMER = 20


def main(lines: int = 10_000_000, memory_gb: float = 4.0) -> None:
    """Measure all contenders on about so many lines, and compare what they found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transactions.parquet"
        rows = write_transactions(path, lines // LINES_A_CUSTOMER)
        found = measure(path, memory_gb)
    done = {name: run for name, run in found.items() if "failed" not in run}
    figures = {name: run["steps"]["summary"] for name, run in done.items()}
    own = figures["kehu, refunds left out"]
    table = [
        (n, s["wall"], s["cpu"], s["peak_gb"], s["wall"] / own["wall"], s["cpu"] / own["cpu"])
        for n, s in figures.items()
    ]
    head = ["", "seconds", "CPU s", "peak GB", "times kehu", "by CPU"]
    results.show(f"Customer summary of {rows:,} lines", head, table)
    columns = ("customers", "frequency", "recency", "money")
    sums = [(name, *(f"{run['found'][c]:,.2f}" for c in columns)) for name, run in done.items()]
    results.show("What they found: customers, and sums over them", ["", *columns], sums)
    results.save("summary", {"lines": rows, "contenders": found})


def measure(path: Path, memory_gb: float) -> dict[str, dict[str, Any]]:
    """Run every contender on one file; peers know no refunds, so they get the lines without."""
    found = {
        "kehu, refunds left out": peers.run("summary_kehu", path, END, "drop", memory_gb),
        "kehu, refunds netted": peers.run("summary_kehu", path, END, "net", memory_gb),
        "DuckDB by hand": peers.run("summary_duckdb", path, END, memory_gb),
        "pandas": peers.run("summary_pandas", path, END),
    }
    for peer, script in (("polars", "summary_polars"), ("pymc-marketing", "summary_pymc")):
        if python := peers.python_of(peer):
            found[peer] = peers.run(script, path, END, python=python)
    return found
