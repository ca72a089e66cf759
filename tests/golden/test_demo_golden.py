"""The demo's tables and facts stay as they are until somebody says otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kehu.run.manifest import sha256
from kehu.store import Run
from tests.conftest import kehu
from tests.golden.digest import GOLDEN, differences, digest


def test_the_demo_gives_the_golden_numbers(demo_run: Run) -> None:
    old = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert not differences(old, digest(demo_run)), "accept with: python -m tests.golden.digest"


def test_a_changed_number_is_seen() -> None:
    assert differences({"a": 1.0, "b": "x"}, {"a": 1.00001, "b": "x"}) == ["a: 1.0 -> 1.00001"]
    assert differences({"a": 1.0}, {"c": 1.0}) == ["a: gone (was 1.0)", "c: new, 1.0"]
    assert not differences({"a": 1.0}, {"a": 1.0 + 1e-9})


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(demo_run: Run, tmp_path: Path) -> None:
    settings = {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    done = kehu("demo", "--cold", reports=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    again = tmp_path / "demo" / "2026Q3"
    names = ["facts.json", *(f"tables/{p.name}" for p in demo_run.folder.glob("tables/*"))]
    names += [p.name for p in demo_run.folder.glob("report-*")]
    assert len(names) > 15
    for name in names:
        assert sha256(again / name) == sha256(demo_run.folder / name), name
