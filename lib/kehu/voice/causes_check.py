"""Checking a causes file: every gap and mistake at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from kehu.errors import Problem
from kehu.yaml_file import Loc, YamlFile

_EXPECTED = {
    "string_type": "text",
    "list_type": "a list of `- ` lines",
    "dict_type": "`name: value` lines",
    "model_type": "`name: value` lines",
}
_EXAMPLE = "See params/causes/demo.yml."
_COUNTS = {"whys": "Write three to five answers.", "causes": "Write one to six causes a category.",
           "categories": "Write one to eight categories."}  # fmt: skip


def problems(file: YamlFile, model: type[BaseModel]) -> list[Problem]:
    """List all that is wrong with a causes file, in the order of its lines.

    Parameters
    ----------
    file : YamlFile
        The file as read.
    model : type of pydantic model
        Its shape.

    Returns
    -------
    list of Problem
        KH-V01, and what YAML itself would have let pass (KH-P05); empty when all is well.
    """
    found = [*file.problems, *_shape(file, model), *_records(file)]
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
            yield Problem("KH-V01", file.where(tuple(error["loc"])), what, remedy)


def _said(error: Any, model: type[BaseModel]) -> tuple[str, str]:
    loc, kind = tuple(error["loc"]), error["type"]
    name = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        return f"unknown name `{name}`.", _near(str(loc[-1]), _siblings(loc, model))
    if kind == "missing":
        text = loc[-1] in ("zh", "en")
        return f"`{name}` is missing.", "Each text stands in zh and en." if text else _EXAMPLE
    if kind == "string_too_short":
        return f"`{name}` is empty.", "Write the text."
    if kind == "string_pattern_mismatch":
        return f"`{name}: {error['input']}` is no date.", 'Write it as "2026-12-31".'
    if kind in ("too_short", "too_long"):
        what = f"`{name}` has {len(error['input'])} entries."
        return what, _COUNTS.get(str(loc[-1]), _EXAMPLE)
    if kind == "literal_error":
        return f"`{name}: {error['input']}` is not allowed.", f"Write {error['ctx']['expected']}."
    if kind in _EXPECTED:
        value = error["input"]
        shown = f"{type(value).__name__} `{str(value)[:40]}`"
        return f"`{name}` must be {_EXPECTED[kind]}, and is {shown}.", "Put texts in quotes."
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"`{name}: {str(error['input'])[:40]}` is not allowed: {message}.", _EXAMPLE


def _siblings(loc: Loc, model: type[BaseModel]) -> list[str]:
    """List the names allowed where an unknown one was found."""
    inside: Any = model
    for part in loc[:-1]:
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            inside = inside.model_fields[str(part)].annotation
        else:
            inside = inside.__args__[-1]
        arguments = [a for a in getattr(inside, "__args__", ()) if a is not type(None)]
        if len(arguments) == 1 and not isinstance(inside, type) and type(None) in inside.__args__:
            inside = arguments[0]
    return list(getattr(inside, "model_fields", {}))


def _records(file: YamlFile) -> Iterator[Problem]:
    """Check what a record refers to: a category of the fishbone, a day of the calendar."""
    listed, known = file.data.get("five_whys"), file.data.get("categories")
    for i, record in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(record, dict):
            continue
        code = record.get("category")
        if isinstance(code, str) and isinstance(known, dict) and code not in known:
            what = f"category `{code}` is not among `categories`."
            yield Problem("KH-V01", file.where(("five_whys", i, "category")), what,
                          _near(code, known))  # fmt: skip
        if _no_day(record.get("due")):
            what = f"`five_whys.{i}.due: {record['due']}` is no day of the calendar."
            remedy = 'Write it as "2026-12-31".'
            yield Problem("KH-V01", file.where(("five_whys", i, "due")), what, remedy)


def _no_day(value: Any) -> bool:
    """Whether a text has the form of a date and is none; other forms are the shape's matter."""
    if not isinstance(value, str) or len(value) != 10 or value[4:8:3] != "--":
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return True
    return False


def _near(name: str, known: Iterable[Any]) -> str:
    names = [str(k) for k in known]
    near = process.extractOne(name, names, score_cutoff=60)
    return (f"Did you mean `{near[0]}`? " if near else "") + f"Known: {', '.join(names)}."
