"""Tables of figures on the terminal, and the same as JSON beside the reports."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kehu.store import PROJECT

FOLDER = PROJECT / "reports" / "bench"
"""Not in git."""


def machine() -> dict[str, Any]:
    """Describe the machine by what matters to time, without its name."""
    pages = (
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    )
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1024**3) or None,
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "date": datetime.now(UTC).date().isoformat(),
    }


def save(name: str, figures: dict[str, Any]) -> Path:
    """Write figures with the machine they were measured on."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    text = json.dumps({"machine": machine()} | figures, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\nwritten: {path.relative_to(PROJECT)}")
    return path


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table as Markdown, ready for the README; numbers to the right."""
    cells = [list(head), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    rule = ["-" * (w - 1) + (":" if i else "-") for i, w in enumerate(widths)]
    print(f"\n{title}\n")
    for row in (cells[0], rule, *cells[1:]):
        padded = [
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"| {' | '.join(padded)} |", flush=True)


def _shown(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:.3g}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
