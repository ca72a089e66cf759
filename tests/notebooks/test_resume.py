"""Going on: what is as it was is not run again, what is missing is, and nothing comes out else."""

import hashlib
import shutil

import pytest
from tests.conftest import kehu

from kehu.run import plan
from kehu.store import PROJECT

DEMO = str(PROJECT / "params" / "demo.yml")


def bytes_of(folder):
    """Checksums of everything that must come out the same; the manifest says when it was made."""
    kinds = ("tables/*.parquet", "facts/*.json", "report-*", "facts.json", "corrections.xlsx")
    found = sorted(path for kind in kinds for path in folder.glob(kind))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@pytest.mark.slow
def test_a_run_goes_on_where_something_is_missing_and_equals_a_clean_one(demo_run, tmp_path):
    folder = tmp_path / "demo" / demo_run.folder.name
    shutil.copytree(demo_run.folder, folder)
    expected = bytes_of(demo_run.folder)
    times = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}

    again = kehu("run", DEMO, "--resume", reports=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "0 steps, 10 as they were" in again.stdout
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if p.is_file()}.items() <= (
        times.items()
    )

    (folder / "tables" / "churn.parquet").unlink()
    (folder / "manifest.json").unlink()
    mended = kehu("run", DEMO, "--resume", reports=tmp_path)
    assert mended.returncode == 0, mended.stderr
    assert "2 steps, 8 as they were" in mended.stdout
    ran = [stage for stage in plan.STAGES if f"{stage} as it was" not in mended.stdout]
    assert ran == ["40_risk"]
    assert bytes_of(folder) == expected
