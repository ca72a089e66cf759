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
from kehu.store import Run, open_run, publish_json

REPORT = ("report-*.html", "report-*.pdf", "FAILED.html", "manifest.json", "facts.json")
"""Files that are made anew whenever any stage is run."""
HANDED_OVER = (*REPORT, "*.xlsx")


class Progress(Protocol):
    """Hears what a run is doing."""

    def begin(self, run: str, steps: int) -> None:
        """Hear that a run of so many steps begins."""

    def step(self, name: str) -> None:
        """Hear that a step begins."""

    def done(self, name: str, seconds: float) -> None:
        """Hear that a step ended well."""

    def skipped(self, name: str) -> None:
        """Hear that a step has all it would make already."""


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
    skipped : list of str
        Steps that a resumed run found done.
    """

    run: Run
    outputs: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


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


def run(
    path: str | Path, progress: Progress, *, warm: bool = True, resume: bool = False
) -> Outcome:
    """Execute the stages of a params file and render the report.

    Parameters
    ----------
    path : str or Path
        Params file.
    progress : Progress
        Told what happens.
    warm : bool
        Fork kernels from a process that has the imports, or start each anew.
    resume : bool
        Run only stages of which an input changed, or which have not finished; if there is none,
        and the report is there, nothing is written.

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
        if not resume:
            clear(target)
        if not (resume and _found_whole(file, outcome, progress)):
            Thread(target=import_module, args=("kehu.report.pdf",), daemon=True).start()
            _execute_all(file, outcome, progress, _kernel(warm))
            _finish(file, outcome, progress)
    return outcome


def _found_whole(file: ParamsFile, outcome: Outcome, progress: Progress) -> bool:
    """Whether a finished run is just what it would be if it were run now."""
    from kehu.run import plan, resume

    stages = [(stage, _values(file, stage)) for stage in plan.STAGES]
    paths = resume.whole(outcome.run, stages, file)
    if paths is None:
        return False
    outcome.outputs, outcome.skipped = paths, [*plan.STAGES, "render"]
    for name in outcome.skipped:
        progress.skipped(name)
    return True


def _values(file: ParamsFile, stage: str) -> dict[str, Any]:
    from kehu.run import plan

    return plan.parameters(stage, file.params, file.path.parent)


def _kernel(warm: bool) -> str:
    from kehu.run import kernel

    if not warm or not kernel.can_fork():
        return "python3"
    kernel.warm_environment()
    kernel.start_server()
    return kernel.KERNEL_NAME


def _execute_all(file: ParamsFile, outcome: Outcome, progress: Progress, kernel: str) -> None:
    from kehu.run import plan, resume, stage_run

    target = outcome.run
    for pattern in REPORT:
        for path in target.folder.glob(pattern):
            path.unlink()
    for stage in plan.STAGES:
        values = _values(file, stage)
        now = resume.signature(target, stage, values, file)
        if resume.is_done(target, stage, now):
            resume.skip(target, stage)
            outcome.skipped.append(stage)
            progress.skipped(stage)
            continue
        resume.forget(target, stage)
        with _timed(outcome, progress, stage):
            stage_run.execute(target, stage, values, kernel)
        resume.keep(target, stage, now)


def _finish(file: ParamsFile, outcome: Outcome, progress: Progress) -> None:
    from kehu.run import manifest, render

    target = outcome.run
    with _timed(outcome, progress, "render"):
        outcome.outputs = [*render.render(target, file.params), *_workbooks(target)]
        publish_json(target.folder / "facts.json", target.facts())
    made = manifest.manifest(target, file, outcome.seconds, outcome.outputs)
    publish_json(target.folder / manifest.NAME, made)


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
    for name in ("tables", "facts", "notebooks", "state"):
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
