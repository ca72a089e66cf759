"""A notebook by itself, with plain papermill and a params file, as people used to papermill do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kehu.store import PROJECT, Run


@pytest.fixture
def copied(demo_run: Run, tmp_path: Path) -> Run:
    """A copy of the demo run that a test may change."""
    shutil.copytree(demo_run.folder, tmp_path / "demo" / "2026Q3")
    return Run(tmp_path / "demo" / "2026Q3")


def papermill(run: Run, *more: str) -> subprocess.CompletedProcess[str]:
    notebook = str(PROJECT / "notebooks" / "30_segments.ipynb")
    output, params = str(run.folder / "out.ipynb"), str(PROJECT / "params" / "demo.yml")
    command = [sys.executable, "-m", "papermill", notebook, output, "-f", params, *more]
    env = {**os.environ, "KEHU_REPORTS": str(run.folder.parents[1])}
    return subprocess.run(
        command, env=env, cwd=run.folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_papermill_alone_gives_the_same_table_and_reopens_the_run(copied: Run) -> None:
    before = copied.read("segments")
    done = papermill(copied)
    assert done.returncode == 0, done.stderr
    assert copied.read("segments").equals(before)
    assert not (copied.folder / "manifest.json").exists(), "the run is no longer as it was finished"


@pytest.mark.slow
def test_papermill_alone_refuses_a_misspelt_parameter(copied: Run) -> None:
    done = papermill(copied, "-p", "key_min_criteri", "1")
    assert done.returncode != 0
    assert "KH-P02" in done.stderr
    assert "Did you mean `key_min_criteria`?" in done.stderr
