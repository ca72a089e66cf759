"""Checking a playbook: every gap and mistake at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from kehu import tables
from kehu.errors import Problem
from kehu.yaml_file import Loc, YamlFile

CODES = {"action": "actions", "channel": "channels", "owner": "owners"}
"""Key of a strategy to the section that defines its codes."""

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "dict_type": "`name: value` lines",
    "model_type": "`name: value` lines",
}


def problems(file: YamlFile, model: type[BaseModel]) -> list[Problem]:
    """List all that is wrong with a playbook file, in the order of its lines.

    Parameters
    ----------
    file : YamlFile
        The playbook as read.
    model : type of pydantic model
        Its shape.

    Returns
    -------
    list of Problem
        KH-B01, and what YAML itself would have let pass (KH-P05); empty when all is well.
    """
    found = [*file.problems, *_shape(file, model), *_gaps(file), *_undefined(file)]
    return sorted(found, key=_line)


def _line(problem: Problem) -> int:
    line = problem.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _shape(file: YamlFile, model: type[BaseModel]) -> Iterator[Problem]:
    try:
        model.model_validate(file.data)
    except ValidationError as errors:
        for error in errors.errors():
            what, remedy = _said(error, model)
            yield Problem("KH-B01", file.where(error["loc"]), what, remedy)


def _said(error: Any, model: type[BaseModel]) -> tuple[str, str]:
    loc, kind = tuple(error["loc"]), error["type"]
    name = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        return f"unknown name `{name}`.", _near(str(loc[-1]), _siblings(loc, model))
    if kind == "missing":
        return f"`{name}` is missing.", "Each text stands in zh and en; see general.yml."
    if kind == "string_too_short":
        return f"`{name}` is empty.", "Write the text, or name another code."
    if kind in _EXPECTED:
        value = error["input"]
        shown = f"{type(value).__name__} `{str(value)[:40]}`"
        return f"`{name}` must be {_EXPECTED[kind]}, and is {shown}.", "Put texts in quotes."
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"`{name}: {error['input']}` is not allowed: {message}.", "See general.yml."


def _siblings(loc: Loc, model: type[BaseModel]) -> list[str]:
    """List the names allowed where an unknown one was found."""
    inside: Any = model
    for part in loc[:-1]:
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            inside = inside.model_fields[str(part)].annotation
        else:
            inside = inside.__args__[1]
    return list(inside.model_fields)


def _strategies(file: YamlFile) -> dict[Any, Any]:
    found = file.data.get("strategies")
    return found if isinstance(found, dict) else {}


def _gaps(file: YamlFile) -> Iterator[Problem]:
    segments, given = tables.column("rfm_segment").isin or (), _strategies(file)
    missing = [s for s in segments if s not in given]
    if given and missing:
        what = f"{len(missing)} of {len(segments)} segments have no strategy: "
        what += f"{', '.join(missing)}."
        yield Problem("KH-B01", file.where(("strategies",)), what, "Add them.")
    for name in given:
        if name not in segments:
            where = file.where(("strategies", str(name)))
            yield Problem("KH-B01", where, f"no segment `{name}`.", _near(str(name), segments))


def _undefined(file: YamlFile) -> Iterator[Problem]:
    places: list[tuple[Loc, Any]] = [(("slipping",), file.data.get("slipping"))]
    places += [(("strategies", str(name)), s) for name, s in _strategies(file).items()]
    for place, strategy in places:
        if not isinstance(strategy, dict):
            continue
        for key, section in CODES.items():
            code, known = strategy.get(key), file.data.get(section)
            if isinstance(code, str) and isinstance(known, dict) and code not in known:
                where = file.where((*place, key))
                what = f"{key} `{code}` is not defined under `{section}`."
                yield Problem("KH-B01", where, what, _near(code, known))


def _near(name: str, known: Iterable[Any]) -> str:
    names = [str(k) for k in known]
    near = process.extractOne(name, names, score_cutoff=60)
    return (f"Did you mean `{near[0]}`? " if near else "") + f"Known: {', '.join(names)}."
