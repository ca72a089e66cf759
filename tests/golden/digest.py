"""The demo run in a few hundred numbers; `python -m tests.golden.digest` accepts new ones.

The command prints every number that changes, then writes `demo.json`. Run it after a change that
is meant to change results, and read what it prints.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from kehu import tables
from kehu.store import Run

GOLDEN = Path(__file__).with_name("demo.json")
RELATIVE = 1e-6


def digest(run: Run) -> dict[str, Any]:
    """Facts, and of every table its rows and the sum of each number and count of each text."""
    numbers: dict[str, Any] = {f"fact {k}": v for k, v in run.facts().items()}
    for name in filter(run.has, tables.names()):
        frame = run.read(name)
        numbers[f"{name} rows"] = len(frame)
        for column in frame.columns:
            numbers[f"{name}.{column}"] = _column(frame[column])
    return numbers


def _column(values: pd.Series) -> Any:
    kind = tables.column(str(values.name)).type
    if kind in ("float", "int", "bool", "money"):
        return float(values.dropna().astype(float).sum())
    if kind in ("date", "time"):
        return str(values.max())
    return [int(values.notna().sum()), int(values.nunique())]


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """One line for every number that is new, gone or different."""
    lines = [f"{k}: gone (was {old[k]})" for k in old if k not in new]
    lines += [f"{k}: new, {new[k]}" for k in new if k not in old]
    both = [k for k in old if k in new]
    return lines + [f"{k}: {old[k]} -> {new[k]}" for k in both if not _same(old[k], new[k])]


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, int | float) and not isinstance(new, bool):
        return abs(old - new) <= RELATIVE * max(abs(old), abs(new), 1e-9)
    return bool(old == new)


def main() -> None:
    """Run the demo, print what changed, write the new numbers."""
    from tests.conftest import kehu

    with tempfile.TemporaryDirectory() as folder:
        done = kehu("demo", reports=Path(folder))
        if done.returncode:
            sys.exit(done.stderr)
        new = digest(Run(Path(folder) / "demo" / "2026Q3"))
    old = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.is_file() else {}
    print("\n".join(differences(old, new)) or "nothing changed")
    text = json.dumps(new, ensure_ascii=False, indent=1, sort_keys=True)
    GOLDEN.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
