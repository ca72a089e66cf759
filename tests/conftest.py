"""What all tests share: where the real data lie, and one run of the demo."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import Result
from filelock import FileLock
from typer.testing import CliRunner

from kehu.store import PROJECT, Run

SHARED = Path(os.environ.get("KEHU_SHARED_DATA") or PROJECT.parent / "shared" / "data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that read the demo run last: it is made while the others go on."""
    items.sort(key=lambda item: "demo_run" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def _demo_ahead(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Begin the demo run in the background, in one process, where a test will ask for it."""
    asked = any("demo_run" in getattr(i, "fixturenames", ()) for i in request.session.items)
    if asked and os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        shared = _shared(tmp_path_factory)
        threading.Thread(target=_make_demo, args=(shared,), daemon=True).start()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data sets; the test is skipped where it is not there."""
    if not SHARED.is_dir():
        pytest.skip(f"public data not found at {SHARED}; set KEHU_SHARED_DATA")
    return SHARED


def kehu(*arguments: str, reports: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command line as a user does, with its reports in a folder of the test's own."""
    command = [sys.executable, "-c", "from kehu.cli import main; main()", *arguments]
    env = {**os.environ, "KEHU_REPORTS": str(reports), "COLUMNS": "200", **environment}
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def called(*arguments: str, reports: Path) -> Result:
    """Call the command line inside this process: quicker, and the warm kernels are shared."""
    from kehu.cli import app

    settings = {"KEHU_REPORTS": str(reports), "KEHU_DEBUG": None, "COLUMNS": "200"}
    return CliRunner().invoke(app, list(arguments), env=settings)


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that all test processes share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def _make_demo(shared: Path) -> Run:
    """Run the demo unless it is there; one process at a time."""
    run = Run(shared / "demo-reports" / "demo" / "2026Q3")
    with FileLock(shared / "demo.lock"):
        if not (run.folder / "manifest.json").is_file():
            done = kehu("demo", reports=shared / "demo-reports")
            assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo, run once by `kehu demo` for all test processes."""
    return _make_demo(_shared(tmp_path_factory))
