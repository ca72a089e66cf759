"""The project's own promises: equal pins, sizes, tracked files."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib

import yaml

from kehu.store import PROJECT

CONDA_NAMES = {"python-duckdb": "duckdb", "matplotlib-base": "matplotlib"}
PACKAGES = {
    "IPython": "ipykernel",
    "bs4": "beautifulsoup4",
    "cycler": "matplotlib",
    "email_validator": "email-validator",
    "fontTools": "fonttools",
    "great_tables": "great-tables",
    "ibis": "ibis-framework",
    "markdown_it": "markdown-it-py",
    "minify": "tdewolff-minify",
    "pypandoc": "pypandoc_binary",
    "python_calamine": "python-calamine",
    "sklearn": "scikit-learn",
    "stdnum": "python-stdnum",
    "traitlets": "jupyter_client",
    "yaml": "pyyaml",
}
"""Imported name to package, where they differ or the package brings the module with it."""
ONLY_CONDA = {"python", "pip", "quarto"}


def pyproject() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(requirements: list[str]) -> dict[str, str]:
    split = (re.match(r"([\w.-]+)(?:\[.*?\])?(.*)", r) for r in requirements)
    return {m[1].lower(): m[2].strip() for m in split if m}


def test_environment_has_the_ranges_of_pyproject() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    listed = [d for d in environment["dependencies"] if isinstance(d, str)]
    ours = pins(pyproject()["project"]["dependencies"])
    for name, pin in pins(listed).items():
        if name not in ONLY_CONDA:
            assert ours[CONDA_NAMES.get(name, name)] == pin, name
    fixed = {"jupyterlab", "papermill", "pandas", "seaborn", "nbconvert", "scikit-learn", "quarto"}
    assert fixed <= pins(listed).keys()
    assert {"pip": ["-e .[cjk,text,test]"]} in environment["dependencies"]


def test_every_direct_import_is_a_dependency_or_an_extra_of_its_own() -> None:
    project = pyproject()["project"]
    extras = [d for n, e in project["optional-dependencies"].items() if n != "test" for d in e]
    ours = pins([*project["dependencies"], *extras])
    for path in sorted((PROJECT / "lib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [str(node.module)]
            for name in {n.split(".")[0] for n in names}:
                package = PACKAGES.get(name, name).lower()
                assert name in _standard() or name == "kehu" or package in ours, (path.name, name)


def _standard() -> frozenset[str]:
    import sys

    return sys.stdlib_module_names


def test_modules_and_functions_stay_small() -> None:
    for path in sorted((PROJECT / "lib").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                doc = ast.get_docstring(node, clean=False) or ""
                lines = node.end_lineno - node.lineno + 1 - doc.count("\n")
                assert lines <= 45, (path.name, node.name, lines)


def test_no_generated_file_is_tracked() -> None:
    listed = subprocess.run(
        ["git", "-C", str(PROJECT), "ls-files"], capture_output=True, text=True, check=False
    ).stdout.split()
    data = [f for f in listed if f.startswith("data/") and f != "data/README.md"]
    reports = [f for f in listed if f.startswith("reports/") and "templates" not in f]
    assert not data
    assert not reports
