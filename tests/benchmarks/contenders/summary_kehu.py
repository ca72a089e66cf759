"""kehu: purchase lines to the contract `summary`, inside the engine and its memory limit."""

import sys
import tempfile
from pathlib import Path

from clock import Clock

from kehu import engine
from kehu.store import Run
from kehu.value.summary import summary

path, end, refunds, memory_gb = Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
clock = Clock()
with tempfile.TemporaryDirectory() as folder:
    backend = engine.connect(Run(Path(folder)), [path], memory_gb)
    with clock.lap("summary"):
        found = summary(backend.read_parquet(path), end, "week", refunds)

clock.report(
    ["kehu", "duckdb", "ibis-framework", "pandas"],
    customers=len(found),
    frequency=found["frequency"].sum(),
    recency=found["recency"].sum(),
    money=(found["monetary_value"] * found["frequency"]).sum(),
)
