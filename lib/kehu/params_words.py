"""What is wrong with a parameter, in words a user of the params file knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rapidfuzz import process

from kehu.errors import Problem
from kehu.params import Params
from kehu.params_files import Fault
from kehu.params_types import Strict, meaning
from kehu.yaml_file import Loc, YamlFile

LINES = "`name: value` lines"
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": LINES,
    "model_type": LINES,
    "model_attributes_type": LINES,
}
_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true/false"),
    (int | float, "a number"),
    (str, "text"),
    (datetime, "a date with a time"),
    (date, "a date"),
    (list | tuple, "a list"),
    (dict, LINES),
)
_LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def unknown_name(name: str, where: str, allowed: Iterable[str], inside: str = "") -> Problem:
    """Describe a name nobody knows, with the likeliest meant one and the whole list."""
    names = sorted(allowed)
    near = process.extractOne(name.lower(), names, score_cutoff=70)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    what = f"unknown parameter `{_short(name)}`{f' in `{inside}`' if inside else ''}."
    return Problem("KH-P02", where, what, f"{meant}Known here: {', '.join(names)}.")


def problem_of(error: Mapping[str, Any], file: YamlFile, extra: Iterable[str] = ()) -> Problem:
    """Describe one of pydantic's errors.

    Parameters
    ----------
    error : mapping
        One item of `ValidationError.errors()`.
    file : YamlFile
        Knows the lines and the texts as written.
    extra : iterable of str
        Names known besides the schema's.

    Returns
    -------
    Problem
        KH-P02 unknown, KH-P03 missing, KH-P04 wrong type, KH-P05 not allowed.
    """
    loc: Loc = tuple(error["loc"])
    kind: str = error["type"]
    where = file.where(loc)
    if kind == "extra_forbidden":
        known = [*_model_at(loc[:-1]).model_fields, *(extra if len(loc) == 1 else ())]
        return unknown_name(str(loc[-1]), where, known, _dotted(loc[:-1]))
    if kind == "missing":
        return Problem("KH-P03", where, f"`{_dotted(loc)}` is missing.", _help(loc))
    if kind in _EXPECTED:
        return wrong_type(loc, error["input"], _EXPECTED[kind], file)
    shown = _shown(loc, error["input"], file)
    what = f"`{_dotted(loc)}: {shown}` is not allowed: {_rule(error)}."
    return Problem("KH-P05", where, what, f"{_meant(error)}{_help(loc)}")


def problem_of_fault(loc: Loc, fault: Fault, file: YamlFile) -> Problem:
    """Describe what a source leaves open or contradicts.

    Parameters
    ----------
    loc : tuple
        Place of the source.
    fault : Fault
        With its place inside the source.
    file : YamlFile
        Knows the lines.

    Returns
    -------
    Problem
        KH-P02 unknown, KH-P03 missing, KH-P06 contradictory.
    """
    place = (*loc, *fault.place)
    where = file.where(place)
    if fault.code == "KH-P02":
        return unknown_name(str(place[-1]), where, fault.known, _dotted(place[:-1]))
    remedy = " ".join(filter(None, (_help(place) if fault.code == "KH-P03" else "", fault.remedy)))
    what = fault.what or f"`{_dotted(place)}` is missing"
    return Problem(fault.code, where, f"{what}.", remedy)


def wrong_type(loc: Loc, value: Any, expected: str, file: YamlFile) -> Problem:
    """Describe a value of the wrong type, and how to write it right."""
    shown = _shown(loc, value, file)
    kind = next((words for types, words in _KINDS if isinstance(value, types)), "something else")
    found = "empty" if value is None else f"{kind}{f' `{shown}`' if shown else ''}"
    what = f"`{_dotted(loc)}` must be {expected}, and is {found}."
    return Problem("KH-P04", file.where(loc), what, _remedy(loc, value, expected, shown))


def _remedy(loc: Loc, value: Any, expected: str, shown: str) -> str:
    if value is None:
        return "Write a value after the colon."
    if expected == "text" and isinstance(value, bool):
        return f'YAML reads NO, yes, on … as true or false: put text in quotes, "{shown}".'
    if expected == "text" and isinstance(value, int | float):
        return f'Put it in quotes: "{shown}" (a number loses its leading zeros).'
    if expected == "text" and isinstance(value, date):
        return f'Put it in quotes: "{shown}".'
    if "number" in expected and isinstance(value, str):
        return f"Write plain digits, without quotes and without a unit. {_help(loc)}".strip()
    if expected == "a list":
        example = f"[{shown}]" if shown else "lines that start with `- `"
        return f"Write a list: {example}."
    return _help(loc)


def _rule(error: Mapping[str, Any]) -> str:
    """Say which rule a value of the right type breaks."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        return f"use one of {', '.join(_choices(error))}"
    if kind == "finite_number":
        return "it must be finite"
    if kind in ("too_short", "too_long"):
        wanted = limits.get("min_length", limits.get("max_length"))
        least = "at least" if kind == "too_short" else "at most"
        return f"it has {limits['actual_length']} values and needs {least} {wanted}"
    if kind == "string_too_long":
        return f"it is longer than {limits['max_length']} characters"
    if kind == "string_too_short":
        return "it is empty"
    for sign, words in _LIMITS.items():
        if sign in limits:
            return f"it must be {words} {limits[sign]}"
    message: str = error["msg"]
    return message.removeprefix("Value error, ").rstrip(".")


def _choices(error: Mapping[str, Any]) -> list[str]:
    expected = str(error["ctx"]["expected"]).replace(" or ", ", ")
    return [part.strip("' ") for part in expected.split(",")]


def _meant(error: Mapping[str, Any]) -> str:
    if error["type"] != "literal_error":
        return ""
    near = process.extractOne(str(error["input"]).lower(), _choices(error), score_cutoff=70)
    return f"Did you mean `{near[0]}`? " if near else ""


def _dotted(loc: Loc) -> str:
    """Write a place as `sources.transactions[1].path`, the first item of a list being 1."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    return _short("".join(parts).removeprefix("."), 120)


def _shown(loc: Loc, value: Any, file: YamlFile) -> str:
    if value is None or isinstance(value, list | tuple | dict | BaseModel):
        return ""
    return _short(file.texts.get(loc) or str(value))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _help(loc: Loc) -> str:
    field = _field_at(loc)
    return f"It means: {meaning(field)['en']}." if field else ""


def _field_at(loc: Loc) -> FieldInfo | None:
    if not loc or isinstance(loc[-1], int):
        return None
    return _model_at(loc[:-1]).model_fields.get(loc[-1])


def _model_at(loc: Loc) -> type[BaseModel]:
    """Return the part of the schema that a place belongs to."""
    model: type[BaseModel] = Params
    for part in loc:
        if not isinstance(part, int):
            field = model.model_fields.get(part)
            model = (_model_in(field.annotation) if field else None) or Strict
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(a) for a in getattr(annotation, "__args__", ()))
    return next(filter(None, inner), None)
