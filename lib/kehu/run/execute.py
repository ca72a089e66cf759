"""Running a params file: check everything, execute the notebooks, render, say so last."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from kehu.cases import built_in
from kehu.errors import KehuError, Problem, raise_all
from kehu.params import Params
from kehu.params_check import ParamsFile, load_params
from kehu.run.failure import StageFailed
from kehu.store import Run, open_run, publish_bytes, publish_json

HANDED_OVER = (
    "report-*.html",
    "report-*.pdf",
    "*.xlsx",
    "FAILED.html",
    "manifest.json",
    "facts.json",
)


class Progress(Protocol):
    """Hears what a run is doing."""

    def begin(self, run: str, steps: int) -> None:
        """Hear that a run of so many steps begins."""

    def step(self, name: str) -> None:
        """Hear that a step begins."""

    def done(self, name: str, seconds: float) -> None:
        """Hear that a step ended well."""


@dataclass
class Outcome:
    """What a finished run made.

    Parameters
    ----------
    run : Run
    outputs : list of Path
        Files handed over.
    seconds : dict
        Step to elapsed seconds.
    """

    run: Run
    outputs: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def check(path: str | Path) -> ParamsFile:
    """Check a params file with everything it names, without running anything.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ParamsFile

    Raises
    ------
    KehuError
        Parameters (KH-P…), then notebooks, sources (KH-D…), playbook (KH-B01) and fonts (KH-F01),
        all at once.
    """
    from kehu.run import plan

    file = load_params(path)
    built_in.ensure(file.params.client)
    raise_all([*plan.notebook_problems(), *_source_problems(file), *_other_problems(file)])
    return file


def _source_problems(file: ParamsFile) -> list[Problem]:
    from kehu.prepare import sources

    return sources.problems(sources.listed(file.params.sources, file.path.parent))


def _other_problems(file: ParamsFile) -> Iterator[Problem]:
    from kehu.actions import playbook
    from kehu.prepare import audit
    from kehu.report import fonts
    from kehu.score import ingredients, weights

    params = file.params
    book = playbook.chosen(params.industry, params.playbook, file.path.parent)
    checks: list[Callable[[], object]] = [partial(playbook.load, book)]
    checks.append(partial(weights.check, params.weights.model_dump()))
    checks.append(partial(ingredients.chosen_weights, params.index_weights))
    checks.append(partial(audit.before, open_run(params.run_name), params.previous))
    checks += [partial(fonts.find, language) for language in params.languages]
    seen: set[str] = set()
    for attempt in checks:
        try:
            attempt()
        except KehuError as error:
            yield from (p for p in error.problems if str(p) not in seen)
            seen |= {str(p) for p in error.problems}


def run(path: str | Path, progress: Progress, *, warm: bool = True) -> Outcome:
    """Execute all stages of a params file and render the report.

    Parameters
    ----------
    path : str or Path
        Params file.
    progress : Progress
        Told what happens.
    warm : bool
        Fork kernels from a process that has the imports, or start each anew.

    Returns
    -------
    Outcome

    Raises
    ------
    KehuError
        From the checks, before anything is written.
    StageFailed
        A notebook stopped; it is kept with its error, and the run has no manifest.
    """
    from kehu.run import lock, plan

    file = check(path)
    target = open_run(file.params.run_name)
    outcome = Outcome(target)
    progress.begin(target.name, len(plan.STAGES) + 1)
    with lock.locked(target.folder), _scratch(target):
        clear(target)
        Thread(target=import_module, args=("kehu.report.pdf",), daemon=True).start()
        _execute_all(file, outcome, progress, _kernel(warm))
        _finish(file, outcome, progress)
    return outcome


def _kernel(warm: bool) -> str:
    from kehu.run import kernel

    if not warm or not kernel.can_fork():
        return "python3"
    kernel.warm_environment()
    kernel.start_server()
    return kernel.KERNEL_NAME


def _execute_all(file: ParamsFile, outcome: Outcome, progress: Progress, kernel: str) -> None:
    from kehu.run import plan

    for stage in plan.STAGES:
        with _timed(outcome, progress, stage):
            values = plan.parameters(stage, file.params, file.path.parent)
            execute(outcome.run, stage, values, kernel)


def _finish(file: ParamsFile, outcome: Outcome, progress: Progress) -> None:
    from kehu.run import manifest, render

    target = outcome.run
    with _timed(outcome, progress, "render"):
        outcome.outputs = [*render.render(target, file.params), *_workbooks(target)]
        publish_json(target.folder / "facts.json", target.facts())
    made = manifest.manifest(target, file, outcome.seconds, outcome.outputs)
    publish_json(target.folder / manifest.NAME, made)


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


def render_again(name: str) -> list[Path]:
    """Render the report of a finished run once more, from its executed notebooks.

    Parameters
    ----------
    name : str
        The run, `client/period`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    KehuError
        KH-R02: the run never finished. KH-S02: it is being written.
    """
    from kehu.run import lock, manifest, render

    target = open_run(name)
    made = manifest.read(target)
    with lock.locked(target.folder):
        outputs = render.render(target, Params.model_validate(made["params"]))
        outputs += _workbooks(target)
        publish_json(target.folder / manifest.NAME, manifest.with_outputs(made, outputs))
    return outputs


def _workbooks(target: Run) -> list[Path]:
    """List the workbooks that notebooks left to be handed over."""
    return sorted(target.folder.glob("*.xlsx"))


def clear(target: Run) -> None:
    """Remove what an earlier run handed over, so that old and new can never be mixed."""
    for pattern in HANDED_OVER:
        for path in target.folder.glob(pattern):
            path.unlink()
    for name in ("tables", "facts", "notebooks"):
        shutil.rmtree(target.folder / name, ignore_errors=True)


@contextmanager
def _scratch(target: Run) -> Iterator[None]:
    shutil.rmtree(target.folder / ".scratch", ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(target.folder / ".scratch", ignore_errors=True)


@contextmanager
def _timed(outcome: Outcome, progress: Progress, name: str) -> Iterator[None]:
    progress.step(name)
    start = time.perf_counter()
    yield
    outcome.seconds[name] = time.perf_counter() - start
    progress.done(name, outcome.seconds[name])
