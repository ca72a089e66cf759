"""Checking parameters: every problem at once, each with its place and what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from rapidfuzz import process

from kehu.errors import KehuError, Problem, raise_all
from kehu.params import Params, source_path
from kehu.yaml_file import Loc, YamlFile, read_yaml

RUNNER_PARAMETERS = frozenset({"params_dir"})
"""Names a notebook may take from the runner that are no part of a params file."""

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "`name: value` lines",
    "model_type": "`name: value` lines",
    "model_attributes_type": "`name: value` lines",
}


@dataclass(frozen=True)
class ParamsFile:
    """A checked params file.

    Parameters
    ----------
    path : Path
        The file, absolute.
    params : Params
        Its values.
    raw : dict
        The values as written, without defaults.
    """

    path: Path
    params: Params
    raw: dict[str, Any]

    def resolve(self, path: str) -> Path:
        """Resolve a path of the file against the file's own folder."""
        return source_path(self.path.parent, path)


def load_params(path: str | Path) -> ParamsFile:
    """Read and check one client's params file.

    Parameters
    ----------
    path : str or Path
        YAML, see `params/demo.yml`.

    Returns
    -------
    ParamsFile

    Raises
    ------
    KehuError
        KH-P01 when the file cannot be read; otherwise KH-P02 to KH-P06, all at once.
    """
    file = read_yaml(path)
    problems = list(file.problems)
    try:
        params = Params.model_validate(file.data)
    except ValidationError as error:
        places = {p.where for p in problems}
        found = [_problem(e, file) for e in error.errors()]
        raise KehuError([*problems, *(p for p in found if p.where not in places)]) from None
    raise_all(problems)
    return ParamsFile(file.path.resolve(), params, file.data)


def check_values(values: Mapping[str, Any], where: str) -> None:
    """Check single parameters, as a notebook receives them, against the schema.

    Parameters
    ----------
    values : mapping
        Parameter name to value; need not be complete.
    where : str
        What to call the place in messages, e.g. `20_value.ipynb`.

    Raises
    ------
    KehuError
        KH-P02, KH-P04, KH-P05: all problems at once.
    """
    raise_all(_value_problems(values, where))


def _value_problems(values: Mapping[str, Any], where: str) -> Iterable[Problem]:
    fields = Params.model_fields
    for name, value in values.items():
        if name in RUNNER_PARAMETERS:
            continue
        if name not in fields:
            yield unknown_name(name, where, [*fields, *RUNNER_PARAMETERS])
            continue
        field = fields[name]
        try:
            TypeAdapter(Annotated[field.annotation, field]).validate_python(value)
        except ValidationError as error:
            for e in error.errors():
                place = YamlFile(Path(where), {}, {})
                yield _problem({**e, "loc": (name, *e["loc"])}, place)


def unknown_name(name: str, where: str, allowed: Iterable[str]) -> Problem:
    """Describe a name nobody knows, with the likeliest meant one and the whole list."""
    names = sorted(allowed)
    near = process.extractOne(name, names, score_cutoff=60)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    return Problem(
        "KH-P02", where, f"unknown parameter `{name}`.", f"{meant}Known here: {', '.join(names)}."
    )


def injected_names(source: str) -> set[str]:
    """List the names that papermill's injected cell assigns."""
    tree = ast.parse(source)
    targets = (
        n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )
    return {n.id for n in targets}


def _problem(error: Mapping[str, Any], file: YamlFile) -> Problem:
    loc: Loc = tuple(error["loc"])
    kind: str = error["type"]
    where = file.where(loc)
    name = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        return unknown_name(str(loc[-1]), where, _siblings(loc))
    if kind == "missing":
        return Problem("KH-P03", where, f"`{name}` is missing.", _help(loc))
    if kind in _EXPECTED:
        return _wrong_type(name, where, error["input"], _EXPECTED[kind])
    message = error["msg"].removeprefix("Value error, ").rstrip(".")
    if kind == "value_error" and (not loc or isinstance(error["input"], dict | BaseModel)):
        return Problem("KH-P06", where, f"{name + ': ' if name else ''}{message}.", "")
    shown = _shown(error["input"])
    return Problem("KH-P05", where, f"`{name}: {shown}` is not allowed: {message}.", _help(loc))


def _wrong_type(name: str, where: str, value: Any, expected: str) -> Problem:
    what = f"`{name}` must be {expected}, and is {type(value).__name__} `{_shown(value)}`."
    if expected == "text" and isinstance(value, bool):
        remedy = 'YAML reads NO, yes, on … as true or false: put the text in quotes, "NO".'
    elif expected == "text":
        remedy = f'Put it in quotes: "{_shown(value)}" (a number loses its leading zeros).'
    elif isinstance(value, str):
        remedy = "Write it without quotes and without a unit."
    else:
        remedy = _help((name,))
    return Problem("KH-P04", where, what, remedy)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _help(loc: Loc) -> str:
    field = Params.model_fields.get(str(loc[0])) if len(loc) == 1 else None
    return f"It means: {field.description}." if field and field.description else ""


def _siblings(loc: Loc) -> list[str]:
    """List the names allowed where an unknown one was found."""
    model: type[BaseModel] = Params
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        model = _model_in(model.model_fields[part].annotation)
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(a) for a in getattr(annotation, "__args__", ()) if a is not type(None))
    return next(inner)
