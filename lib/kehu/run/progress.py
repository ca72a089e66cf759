"""Telling the person at the terminal what a run is doing."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class BarProgress:
    """A moving bar: client, stage, n of m, elapsed time."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[stage]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, stage="")

    def __enter__(self) -> BarProgress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def begin(self, run: str, steps: int) -> None:
        """Show the run's name and the number of steps."""
        self._bar.update(self._task, description=escape(run), total=steps)

    def step(self, name: str) -> None:
        """Show the step that runs now."""
        self._bar.update(self._task, stage=name)

    def skipped(self, name: str) -> None:
        """Count a step that is done already, and leave a line for it."""
        self._bar.console.print(f"  {name:<14}  as it was", highlight=False)
        self._bar.advance(self._task)

    def done(self, name: str, seconds: float) -> None:
        """Count a step and leave a line for it."""
        self._bar.console.print(f"  {name:<14}{seconds:6.1f} s", highlight=False)
        self._bar.advance(self._task)


class LineProgress:
    """Plain lines, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0
        self._n = 0

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *error: object) -> None:
        """End without a word."""

    def begin(self, run: str, steps: int) -> None:
        """Print the run's name."""
        self._steps = steps
        self._console.print(f"{run}: {steps} steps", markup=False, highlight=False)

    def step(self, name: str) -> None:
        """Count the step that runs now."""
        self._n += 1

    def skipped(self, name: str) -> None:
        """Count and print a step that is done already."""
        self._n += 1
        line = f"  [{self._n}/{self._steps}] {name} as it was"
        self._console.print(line, markup=False, highlight=False)

    def done(self, name: str, seconds: float) -> None:
        """Print the step that ended."""
        line = f"  [{self._n}/{self._steps}] {name} {seconds:.1f} s"
        self._console.print(line, markup=False, highlight=False)


def progress_for(console: Console) -> BarProgress | LineProgress:
    """Choose a moving bar for a terminal and plain lines for anything else."""
    return BarProgress(console) if console.is_terminal else LineProgress(console)
