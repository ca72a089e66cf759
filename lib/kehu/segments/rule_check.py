"""Checking an RFM rule table: all codes once, every gap, overlap and mistake with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from kehu.errors import Problem, raise_all
from kehu.segments.rule_set import AXES, LEVELS, Box, Code, Named, RuleSet, Text
from kehu.yaml_file import Loc, YamlFile, read_yaml

_EXAMPLE = "See rfm_eleven.yml of the kit for an example."
_KNOWN: dict[str, type[BaseModel]] = {"name": Text, "definition": Text, "action": Text}
_MOST_CODES = 6


def load(path: str | Path) -> RuleSet:
    """Read a rule table and prove that it covers every code exactly once.

    Parameters
    ----------
    path : str or Path
        YAML as in `lib/kehu/segments/rfm_eleven.yml`.

    Returns
    -------
    RuleSet

    Raises
    ------
    KehuError
        KH-P01: the file cannot be read. KH-G01: a code that no segment takes, a code that two
        take, a segment without a code of its own, scores and levels mixed, a missing language, a
        misspelt name; all at once, with lines.
    """
    file = read_yaml(path)
    shape = list(_shape(file))
    raise_all(sorted([*file.problems, *shape], key=_line))
    rules = RuleSet.model_validate(file.data)
    raise_all([*_mixed(rules, file)] or sorted(_coverage(rules, file), key=_line))
    return rules


def _line(problem: Problem) -> int:
    line = problem.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _shape(file: YamlFile) -> Iterator[Problem]:
    try:
        RuleSet.model_validate(file.data)
    except ValidationError as errors:
        for error in errors.errors():
            what, remedy = _said(error)
            yield Problem("KH-G01", file.where(tuple(error["loc"])), what, remedy)


def _said(error: Any) -> tuple[str, str]:
    loc, kind = tuple(error["loc"]), error["type"]
    name, given = ".".join(str(part) for part in loc), str(error["input"])[:40]
    if kind == "extra_forbidden":
        return f"unknown name `{name}`.", _near(str(loc[-1]), _siblings(loc))
    if kind == "missing":
        return f"`{name}` is missing.", _EXAMPLE
    if kind in ("string_too_short", "too_short"):
        return f"`{name}` is empty.", _EXAMPLE
    message = error["msg"].removeprefix("Value error, ")
    return f"`{name}: {given}` is not allowed: {message[0].lower()}{message[1:]}.", _EXAMPLE


def _siblings(loc: Loc) -> list[str]:
    """List the names allowed where an unknown one was found."""
    if len(loc) <= 1:
        return list(RuleSet.model_fields)
    if len(loc) == 3:
        return list(Named.model_fields)
    return list(_KNOWN.get(str(loc[2]), Box).model_fields)


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = process.extractOne(name, names, score_cutoff=60)
    return (f"Did you mean `{near[0]}`? " if near else "") + f"Known: {', '.join(names)}."


def _mixed(rules: RuleSet, file: YamlFile) -> Iterator[Problem]:
    """Refuse scores in a table that says high and low: only the data would tell what overlaps."""
    for key, named in rules.segments.items():
        for i, box in enumerate(named.when):
            for axis in AXES:
                side = getattr(box, axis)
                if rules.by_level and any(v not in LEVELS for v in side):
                    where = file.where(("segments", key, "when", i, axis))
                    what = f"`{key}` gives a score for {axis}, other rules say high and low."
                    yield Problem("KH-G01", where, what, "Use one of the two throughout.")


def _coverage(rules: RuleSet, file: YamlFile) -> Iterator[Problem]:
    claims = rules.claims()
    gaps = [code for code, keys in claims.items() if not keys]
    if gaps:
        what = f"{len(gaps)} of {len(claims)} codes are in no segment: {_listed(gaps)}."
        remedy = "Add them to a segment."
        yield Problem("KH-G01", file.where(("segments",)), what, remedy)
    pairs: dict[tuple[str, ...], list[Code]] = {}
    for code, keys in claims.items():
        if len(keys) > 1:
            pairs.setdefault(tuple(keys), []).append(code)
    for both, codes in pairs.items():
        what = f"{len(codes)} of {len(claims)} codes are in {' and '.join(both)}: {_listed(codes)}."
        where = file.where(("segments", both[-1], "when"))
        yield Problem("KH-G01", where, what, "Take them out of all but one.")
    alone = Counter(keys[0] for keys in claims.values() if len(keys) == 1)
    for key in rules.segments:
        if not alone[key]:
            what = f"segment `{key}` has no code of its own: nobody could fall in."
            yield Problem("KH-G01", file.where(("segments", key)), what, "Change or remove it.")


def _listed(codes: list[Code]) -> str:
    marks = {"high": "↑", "low": "↓"}
    texts = [
        " ".join(axis + marks.get(str(v), str(v)) for axis, v in zip("RFM", code, strict=True))
        for code in codes[:_MOST_CODES]
    ]
    more = f" and {len(codes) - _MOST_CODES} more" if len(codes) > _MOST_CODES else ""
    return ", ".join(texts) + more
