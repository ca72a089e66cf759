"""Checking parameters: every problem at once, each with its place and what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from kehu.errors import KehuError, Problem, raise_all
from kehu.params import Params, contradictions, field_defaults, source_path
from kehu.params_sources import source_faults
from kehu.params_words import problem_of, problem_of_fault, unknown_name, wrong_type
from kehu.yaml_file import YamlFile, read_yaml

__all__ = ["RUNNER_PARAMETERS", "ParamsFile", "check_values", "load_params", "unknown_name"]

RUNNER_PARAMETERS = frozenset({"params_dir"})
"""Names a notebook may take from the runner that are no part of a params file."""

MOST_SHOWN = 40
"""Problems printed of one file; whoever has more has chosen the wrong file."""


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
        KH-P01 when the file cannot be read; otherwise KH-P02 to KH-P06, all at once, by line.
    """
    file = read_yaml(path)
    errors = _errors(file.data)
    wrong = {tuple(e["loc"]) for e in errors}
    misread = (p for loc, p in file.misread.items() if loc not in wrong)
    found = [*file.repeated, *misread, *_problems(errors, {**field_defaults(), **file.data}, file)]
    _raise_sorted(found)
    return ParamsFile(file.path.resolve(), Params.model_validate(file.data), file.data)


def check_values(values: Mapping[str, Any], where: str, required: Sequence[str] = ()) -> None:
    """Check single parameters, as a notebook receives them, against the schema.

    Parameters
    ----------
    values : mapping
        Parameter name to value; need not be complete.
    where : str
        What to call the place in messages, e.g. `20_value.ipynb`.
    required : sequence of str
        Names that must be there.

    Raises
    ------
    KehuError
        KH-P02 to KH-P06: all problems at once.
    """
    place = YamlFile(Path(where), {}, {})
    missing = [{"type": "missing", "loc": (n,)} for n in required if n not in values]
    errors = [*missing, *(e for e in _errors(values) if _concerns(e))]
    own = {n: v for n, v in values.items() if n in RUNNER_PARAMETERS and not isinstance(v, str)}
    extra = [wrong_type((name,), value, "text", place) for name, value in own.items()]
    raise_all([*extra, *_problems(errors, values, place)])


def _concerns(error: Mapping[str, Any]) -> bool:
    """Whether an error is one of the values given, not of those left out."""
    loc = error["loc"]
    return len(loc) > 1 or (error["type"] != "missing" and loc[0] not in RUNNER_PARAMETERS)


def injected_names(source: str) -> set[str]:
    """List the names that papermill's injected cell assigns."""
    tree = ast.parse(source)
    targets = (
        n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )
    return {n.id for n in targets}


def _errors(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List what pydantic finds, without the contradictions: it looks for these too late."""
    try:
        Params.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [e for e in found if not (e["type"] == "value_error" and _is_whole(e))]
    return []


def _is_whole(error: Mapping[str, Any]) -> bool:
    return not error["loc"] or isinstance(error["input"], dict | BaseModel)


def _problems(
    errors: Sequence[Mapping[str, Any]], values: Mapping[str, Any], file: YamlFile
) -> Iterator[Problem]:
    """Describe single errors, and contradictions among the values without error."""
    extra = RUNNER_PARAMETERS if not file.lines else ()
    yield from (problem_of(e, file, extra) for e in errors)
    wrong = {e["loc"][0] for e in errors if e["loc"]}
    sound = {n: v for n, v in values.items() if n not in wrong and n in Params.model_fields}
    for name, message in contradictions(sound):
        yield Problem("KH-P06", file.where((name,)), f"{message}.")
    unsound = {tuple(e["loc"][1:3]) for e in errors if e["loc"][:1] == ("sources",)}
    for table, i, fault in source_faults(values.get("sources"), unsound):
        yield problem_of_fault(("sources", table, i), fault, file)


def _raise_sorted(problems: Iterable[Problem]) -> None:
    found = sorted(problems, key=lambda p: int(p.where.rpartition(":")[2]))
    left = len(found) - MOST_SHOWN
    if left > 0:
        last = found[MOST_SHOWN]
        more = Problem(last.code, last.where, f"and {left:,} more problems from here on.")
        found = [*found[:MOST_SHOWN], more]
    if found:
        raise KehuError(found)
