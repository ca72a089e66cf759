"""One notebook of a run: executed by papermill, kept in the run's folder whatever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kehu.run.failure import StageFailed
from kehu.store import Run, publish_bytes


def execute(target: Run, name: str, values: dict[str, Any], kernel: str) -> None:
    """Execute one notebook with papermill and keep it in the run's folder.

    Raises
    ------
    StageFailed
        The notebook stopped; it is kept with the error in it, and a page says what happened.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    from kehu.run import failure, plan, quiet

    working = target.scratch / f"{name}.ipynb"
    kept = target.folder / "notebooks" / f"{name}.ipynb"
    options = {"kernel_name": kernel, "engine_name": quiet.register(), "progress_bar": False}
    try:
        papermill.execute_notebook(
            str(plan.notebook_path(name)), str(working), values, cwd=str(target.scratch), **options
        )
    except papermill.PapermillExecutionError as error:
        raise _kept(target, working, failure.of_cell(name, error, kept)) from None
    except DeadKernelError:
        raise _kept(target, working, failure.of_kernel(name, kept)) from None
    publish_bytes(kept, working.read_bytes())


def _kept(target: Run, working: Path, failed: StageFailed) -> StageFailed:
    """Keep the notebook that stopped and write the page that says what happened."""
    from kehu.run import failure

    if working.is_file():
        publish_bytes(failed.notebook, working.read_bytes())
    failure.write_page(target, failed)
    return failed
