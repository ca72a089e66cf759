"""Notebooks as stored: no outputs, short cells, closed tags, two languages side by side."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from kehu.i18n import catalogue
from kehu.params import Params, field_defaults
from kehu.params_check import RUNNER_PARAMETERS, load_params
from kehu.run import plan
from kehu.store import PROJECT

TAGS = {
    "parameters",
    "setup",
    "export",
    "provenance",
    "hide-code",
    "show-code",
    "hide-output",
    "remove-cell",
    "teach",
    "client",
    "exercise",
    "solution",
    "lang-zh",
    "lang-en",
    "slow",
}
PATHS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
MOST_LINES, MOST_SETUP_LINES = 12, 6
PROSE = {"title", "question", "limits"}
"""What every analysis explains in cells of its own (design of the notebooks)."""


@pytest.fixture(params=PATHS, ids=lambda p: p.stem)
def path(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_of(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def tags_of(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in tags_of(cell)]


def lines_of(cell: NotebookNode) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def test_the_stages_of_a_run_have_their_notebooks() -> None:
    assert set(plan.STAGES) <= {path.stem for path in PATHS}


def test_stored_form_is_normalised(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert text == nbformat.writes(notebook, indent=1, ensure_ascii=False).rstrip("\n") + "\n"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_no_outputs_and_no_traces_of_a_run(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}, cell.id
    for cell in code_of(notebook):
        assert cell.outputs == [], cell.id
        assert cell.execution_count is None, cell.id


def test_cell_ids_are_readable_and_unique(notebook: NotebookNode) -> None:
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name), name
        assert not re.fullmatch(r"[0-9a-f]{8}", name), f"{name}: made by a machine"


def test_only_known_tags_in_their_places(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        tags = tags_of(cell)
        assert set(tags) <= TAGS, cell.id
        assert len(set(tags)) == len(tags), cell.id
        if cell.cell_type == "markdown":
            assert len({"lang-zh", "lang-en"} & set(tags)) == 1, cell.id
            assert not {"parameters", "setup", "export"} & set(tags), cell.id
        else:
            assert not {"lang-zh", "lang-en"} & set(tags), cell.id


def test_each_chinese_cell_is_followed_by_the_english_one(notebook: NotebookNode) -> None:
    cells = notebook.cells
    for i, cell in enumerate(cells):
        tags = tags_of(cell)
        if "lang-en" in tags:
            assert i
            assert "lang-zh" in tags_of(cells[i - 1]), cell.id
        if "lang-zh" not in tags:
            continue
        assert i + 1 < len(cells), cell.id
        other = cells[i + 1]
        assert set(tags_of(other)) == set(tags) - {"lang-zh"} | {"lang-en"}, cell.id
        assert cell.id.removesuffix("-zh") == other.id.removesuffix("-en"), cell.id
        assert shape(cell.source) == shape(other.source), cell.id


def shape(source: str) -> list[str]:
    """List the headings' levels, list items and quoted names of a text."""
    marks = re.findall(r"^(#+|[-*]|\d+\.) ", source, flags=re.MULTILINE)
    return marks + sorted(set(re.findall(r"`([^`]+)`", source)))


def test_chinese_is_chinese_and_english_is_english(notebook: NotebookNode) -> None:
    for cell in tagged(notebook, "lang-zh"):
        assert re.search(r"[\u4e00-\u9fff]", cell.source), cell.id
    for cell in tagged(notebook, "lang-en"):
        assert not re.search(r"[\u4e00-\u9fff]", cell.source), cell.id


def test_prose_holds_no_figures_of_a_run(notebook: NotebookNode) -> None:
    """What a run computes is printed by `show.say`; prose may name rules and parameters only."""
    for cell in tagged(notebook, "client"):
        if cell.cell_type == "markdown":
            assert not re.search(r"\d{1,3}(,\d{3})+|[¥$€£]\s?\d", cell.source), cell.id


def test_code_cells_are_short(notebook: NotebookNode) -> None:
    for cell in code_of(notebook):
        most = MOST_SETUP_LINES if "setup" in tags_of(cell) else MOST_LINES
        if "parameters" not in tags_of(cell):
            assert len(lines_of(cell)) <= most, cell.id
        assert all(len(line) <= 120 for line in lines_of(cell)), cell.id


FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.While,
             ast.If, ast.Global, ast.Delete)  # fmt: skip


def test_code_cells_hold_calls_only(notebook: NotebookNode) -> None:
    for cell in code_of(notebook):
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            assert not isinstance(node, FORBIDDEN), f"{cell.id}: {type(node).__name__}"
            for module in imported(node):
                assert module.split(".")[0] in ("kehu", "pandas", "numpy"), cell.id
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert name not in ("now", "today", "utcnow", "time", "open", "exec", "eval",
                                    "system", "read_csv", "read_excel"), cell.id  # fmt: skip
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.match(r"\.{0,2}/|[A-Z]:\\|~", node.value), f"{cell.id}: a path"


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_imports_stand_in_the_setup_alone(notebook: NotebookNode) -> None:
    [setup] = tagged(notebook, "setup")
    for cell in code_of(notebook):
        if cell.id != setup.id:
            assert not any(imported(node) for node in ast.walk(ast.parse(cell.source))), cell.id


def test_the_setup_begins_the_run_by_the_notebooks_own_name(
    path: Path, notebook: NotebookNode
) -> None:
    [setup] = tagged(notebook, "setup")
    assert f'kehu.begin("{path.stem}", globals())' in setup.source
    before = [c.id for c in code_of(notebook)]
    assert before[:2] == ["parameters", setup.id]


def test_nothing_is_imported_or_named_in_vain(notebook: NotebookNode) -> None:
    """Every name assigned or imported is used; a name that only keeps a cell quiet may start it."""
    trees = [ast.parse(cell.source) for cell in code_of(notebook)]
    names = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    [setup] = tagged(notebook, "setup")
    for node in ast.walk(ast.parse(setup.source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                assert (alias.asname or alias.name).split(".")[0] in read, alias.name


def declared(notebook: NotebookNode) -> dict[str, Any]:
    [cell] = tagged(notebook, "parameters")
    found = {}
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.AnnAssign), f"{ast.unparse(node)}: a typed literal"
        assert isinstance(node.target, ast.Name)
        assert node.value is not None
        found[node.target.id] = ast.literal_eval(node.value)
    return found


def test_parameters_are_those_of_the_schema(path: Path, notebook: NotebookNode) -> None:
    found = declared(notebook)
    assert set(found) <= set(Params.model_fields) | RUNNER_PARAMETERS
    assert found == plan.declared(path.stem)
    defaults = field_defaults()
    demo = load_params(PROJECT / "params" / "demo.yml").params.model_dump()
    for name, value in found.items():
        if name in RUNNER_PARAMETERS or name == "sources":
            assert not value, f"{name}: empty stands for the client's own"
        elif name in defaults:
            assert value == defaults[name], name
        else:
            assert value == demo[name], f"{name}: of params/demo.yml"


def test_parameters_are_explained_and_used(path: Path, notebook: NotebookNode) -> None:
    for name, found in papermill.inspect_notebook(str(path)).items():
        assert found["help"].strip(), name
    session = {"client", "period", "languages", "currency", "analysis_date", *RUNNER_PARAMETERS}
    trees = [ast.parse(c.source) for c in code_of(notebook)]
    read = {n.id for t in trees for n in ast.walk(t)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}  # fmt: skip
    unused = set(declared(notebook)) - session - read
    assert unused == set(), f"{path.stem}: declared and not used"


def test_the_runner_finds_no_difference_to_the_schema() -> None:
    assert list(plan.notebook_problems()) == []


def test_the_runner_tells_another_default_and_an_unknown_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "STAGES", ("20_value",))
    monkeypatch.setattr(plan, "declared", lambda name: {"horizon": 26, "horizn": 52, "seed": None})
    found = [str(p) for p in plan.notebook_problems()]
    assert [f.split(": ")[0] for f in found] == [f"KH-P0{i} 20_value.ipynb" for i in (7, 2, 7)]
    assert "`horizon` defaults to 26 here and to 52 in the schema." in found[0]
    assert "Did you mean `horizon`?" in found[1]


def test_a_run_can_give_every_parameter() -> None:
    file = load_params(PROJECT / "params" / "demo.yml")
    for stage in plan.STAGES:
        values = plan.parameters(stage, file.params, file.path.parent)
        assert set(values) == set(plan.declared(stage))


def test_an_analysis_checks_writes_and_explains(path: Path, notebook: NotebookNode) -> None:
    ids = {cell.id.removesuffix("-zh") for cell in notebook.cells}
    assert "title" in ids
    assert len(tagged(notebook, "provenance")) == 1
    if path.stem == "90_report":
        return
    assert ids >= PROSE
    assert len(tagged(notebook, "export")) >= 1
    assert {"exercise", "solution"} <= {t for c in notebook.cells for t in tags_of(c)}
    checks = [n for c in code_of(notebook) for n in ast.walk(ast.parse(c.source))]
    assert any(isinstance(n, ast.Assert) for n in checks) or any(
        isinstance(n, ast.Call) and "check" in ast.unparse(n.func) for n in checks
    )
    assert 20 <= len(notebook.cells) <= 80


def test_the_bottom_line_comes_first(path: Path, notebook: NotebookNode) -> None:
    shown = [c.id for c in tagged(notebook, "client") if not c.id.startswith("title")]
    assert shown[0].startswith("bottom"), path.stem


def test_the_report_computes_nothing() -> None:
    notebook = nbformat.read(PROJECT / "notebooks" / "90_report.ipynb", as_version=4)
    for cell in code_of(notebook):
        if not {"parameters", "setup"} & set(tags_of(cell)):
            for node in ast.parse(cell.source).body:
                assert isinstance(node, ast.Expr), cell.id
                assert isinstance(node.value, ast.Call), cell.id
                assert ast.unparse(node.value.func).split(".")[0] in ("show", "pages"), cell.id
    assert "report.subtitle" in catalogue("zh")
