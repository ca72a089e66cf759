"""The command `kehu`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kehu.errors import KehuError

if TYPE_CHECKING:
    from kehu.run.execute import Outcome

HELP = """From a client's raw files to a client-ready customer-value report.

客户价值报告：从原始文件到可交付的中英文报告。

First steps: `kehu demo`, then `kehu init FILE` for your own data.
"""
app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
WIDE = 240
"""Columns for what may not be cut; a terminal folds it, a pipe takes it whole."""

ParamsArgument = Annotated[
    Path, typer.Argument(help="params file, e.g. params/demo.yml", metavar="PARAMS")
]
Debug = Annotated[bool, typer.Option("--debug", help="print the whole story of an error")]
Resume = Annotated[
    bool, typer.Option("--resume", help="only what changed or did not finish 只运行有变化的部分")
]
Cold = Annotated[bool, typer.Option("--cold", help="start every kernel anew instead of forking it")]


@app.command()
def run(
    params: ParamsArgument, resume: Resume = False, cold: Cold = False, debug: Debug = False
) -> None:
    """Check a params file, run all notebooks, write the report. 运行并生成报告。"""
    with _told(debug, f"kehu run {params} --resume"):
        _run(params, cold, resume)


@app.command()
def check(params: ParamsArgument, debug: Debug = False) -> None:
    """Check a params file and the files it names; run nothing. 只检查参数与数据文件。"""
    with _told(debug):
        from kehu.run import execute

        file = execute.check(params)
        say(f"{params}: no problem found. Run it: kehu run {params}")
        say(f"The report will be in {_shown(_folder(file.params.run_name))}")


@app.command()
def render(
    name: Annotated[str, typer.Argument(help="run, e.g. demo/2026Q3", metavar="RUN")],
    debug: Debug = False,
) -> None:
    """Render the report of a finished run again. 重新渲染报告。"""
    with _told(debug):
        from kehu.run import execute

        for path in execute.render_again(name):
            say(_shown(path))


@app.command()
def trace(
    name: Annotated[str, typer.Argument(help="run, e.g. demo/2026Q3", metavar="RUN")],
    fact: Annotated[str, typer.Argument(help="a number; none: list all", metavar="FACT")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    debug: Debug = False,
) -> None:
    """Follow a number of a report back to the client's files. 数据血缘追踪。"""
    with _told(debug):
        from kehu.run import trace as chain
        from kehu.run.trace_tree import tree

        if not fact:
            for known, value in chain.facts(name).items():
                say(f"{known} = {json.dumps(value, ensure_ascii=False)}")
            return
        step = chain.trace(name, fact)
        if as_json:
            sys.stdout.write(json.dumps(asdict(step), ensure_ascii=False, indent=1) + "\n")
        else:
            Console(width=WIDE, highlight=False).print(tree(step))


@app.command()
def purge(
    client: Annotated[str, typer.Argument(help="short name of the client", metavar="CLIENT")],
    period: Annotated[str, typer.Option(help="one run only")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    debug: Debug = False,
) -> None:
    """Delete a client's runs: reports, tables, notebooks; says what went. 删除客户的全部结果。"""
    with _told(debug):
        from kehu.run import purge as purging

        runs = purging.found(client, period)
        for one in runs:
            say(f"{one.run.name}: {one.files:,} files, {one.size / 1e6:,.1f} MB")
        if not yes:
            typer.confirm("Delete them for good?", abort=True)
        purging.purge(runs)
        say(f"Deleted: {len(runs):,} runs, {sum(one.files for one in runs):,} files.")
        say("Not touched: the client's own files, its params, and copies made elsewhere.")


@app.command()
def demo(cold: Cold = False, debug: Debug = False) -> None:
    """Make the demo shop's files and its report; needs nothing from you. 演示。"""
    with _told(debug):
        from kehu.store import PROJECT

        _warm(cold)
        _run(PROJECT / "params" / "demo.yml", cold)
        say("Next, your own data: kehu init FILE")


@app.command()
def init(
    files: Annotated[list[Path], typer.Argument(help="the client's files", metavar="FILE…")],
    client: Annotated[str, typer.Option(help="short name; names the folder")] = "",
    to: Annotated[Path | None, typer.Option(help="params file to write")] = None,
    debug: Debug = False,
) -> None:
    """Look at files and write a commented params file for them. 由文件生成参数文件。"""
    with _told(debug):
        from kehu import starter

        path, notes = starter.write(files, client, to)
        for note in notes:
            say(note)
        say(f"Written: {_shown(path)}\nLook it over, then: kehu check {_shown(path)}")


@app.command()
def presets() -> None:
    """List the kinds of exports that are recognised. 列出能识别的导出文件类型。"""
    from kehu.presets import all_presets

    for preset in all_presets().values():
        say(f"{preset.key}  ({preset.table})  {' / '.join(preset.name.values())}")
        for note in preset.note.values():
            say(f"    {note}")


@app.command()
def params(
    as_json: Annotated[bool, typer.Option("--json", help="as JSON schema, for editors")] = False,
) -> None:
    """List every parameter: type, default, meaning. 列出全部参数。"""
    from kehu.params import described_fields, json_schema

    if as_json:
        sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("parameter", "default", "meaning", "含义"):
        table.add_column(heading, overflow="fold")
    for name, default, meant in described_fields():
        shown = json.dumps(default, ensure_ascii=False) if default is not ... else "required"
        table.add_row(*(Text(cell) for cell in (name, shown, meant["en"], meant["zh"])))
    out.print(table)


@app.command()
def lab(debug: Debug = False) -> None:
    """Open the notebooks in JupyterLab, with warm kernels. 打开 JupyterLab。"""
    with _told(debug):
        from kehu.run import kernel
        from kehu.store import PROJECT

        kernel.warm_environment()
        kernel.start_server()
        command = [sys.executable, "-m", "jupyterlab", str(PROJECT / "notebooks")]
        raise typer.Exit(subprocess.call(command))  # noqa: S603


@app.command()
def version() -> None:
    """Print the version. 版本。"""
    from kehu import __version__

    say(__version__)


def say(line: str) -> None:
    """Print a line as it is: no markup, no folding."""
    out.print(Text(line), soft_wrap=True)


def complain(line: str) -> None:
    """Print a line of an error as it is."""
    err.print(Text(line), soft_wrap=True)


def main() -> None:
    """Run the command."""
    # nbformat imports jsonschema, which builds a grammar of web addresses (1.5 s) that no
    # notebook needs; it does without where the package is not to be had.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    app()


def _warm(cold: bool) -> None:
    """Start the fork server early: its imports go on while the parameters are checked."""
    if not cold:
        from kehu.run import kernel

        kernel.warm_environment()
        kernel.start_server()


def _run(path: Path, cold: bool, resume: bool = False) -> None:
    _warm(cold)
    from kehu.run import execute
    from kehu.run.progress import progress_for

    with progress_for(out) as progress:
        outcome = execute.run(path, progress, warm=not cold, resume=resume)
    _summary(outcome)


def _summary(outcome: Outcome) -> None:
    total = sum(outcome.seconds.values())
    kept = f", {len(outcome.skipped)} as they were" if outcome.skipped else ""
    say(f"{outcome.run.name}: ok, {len(outcome.seconds)} steps{kept}, {total:.1f} s")
    for path in outcome.outputs:
        say(f"  {_shown(path)}")


@contextmanager
def _told(debug: bool, again: str = "") -> Iterator[None]:
    """Print errors as sentences; exit 1 for a handled failure, 2 for wrong usage."""
    if debug:
        os.environ["KEHU_DEBUG"] = "1"  # kernels inherit it
    try:
        yield
    except KehuError as error:
        for problem in error.problems:
            complain(str(problem))
        _where_kept(error, debug, again)
        raise typer.Exit(2 if error.is_usage else 1) from None
    except KeyboardInterrupt:
        more = f"go on with: {again}" if again else "run the same command again."
        complain(f"Stopped. No half file was left; {more}")
        raise typer.Exit(130) from None


def _where_kept(error: KehuError, debug: bool, again: str) -> None:
    notebook = getattr(error, "notebook", None)
    if notebook is not None:
        page = notebook.parent.parent / "FAILED.html"
        complain(f"Kept with the error in it: {_shown(notebook)}; page: {_shown(page)}")
        if again:
            complain(f"Once it is mended: {again}")
    if debug:
        complain(getattr(error, "traceback", "") or traceback.format_exc())


def _folder(run_name: str) -> Path:
    from kehu.store import reports_dir

    return reports_dir() / run_name


def _shown(path: Path) -> str:
    """Show a path from the working directory where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
