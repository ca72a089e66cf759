"""YAML read safely, with the line of every value, all problems at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kehu.errors import KehuError, Problem

MAX_BYTES = 200_000
MAX_DEPTH = 12
Loc = tuple[str | int, ...]
_OCTAL_LOOK = re.compile(r"[-+]?0[\d_]+$")


@dataclass(frozen=True)
class YamlFile:
    """A parsed YAML file that still knows where each value stands.

    Parameters
    ----------
    path : Path
        The file.
    data : dict
        Its content, plain Python values.
    lines : dict
        Location (tuple of keys and list positions) to line number, 1-based.
    problems : list of Problem
        What YAML itself would have let pass: repeated keys, numbers with leading zeros.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[Loc, int]
    problems: list[Problem] = field(default_factory=list)

    def where(self, loc: Loc) -> str:
        """Name the place of a value as `file:line`, or of its nearest parent that is there."""
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.lines:
                return f"{self.path.name}:{self.lines[loc[:end]]}"
        return self.path.name


def _fail(path: Path, what: str, remedy: str, line: int | None = None) -> KehuError:
    where = path.name if line is None else f"{path.name}:{line}"
    return KehuError(Problem("KH-P01", where, what, remedy))


def _read_text(path: Path) -> str:
    if not path.is_file():
        near = (
            sorted(p.name for p in path.parent.glob("*.y*ml"))[:8] if path.parent.is_dir() else []
        )
        hint = f"Files there: {', '.join(near)}." if near else "Write one with `kehu init FILE`."
        raise KehuError(Problem("KH-P01", str(path), "there is no such file.", hint))
    if path.stat().st_size > MAX_BYTES:
        raise _fail(path, f"is larger than {MAX_BYTES:,} bytes.", "Is this a params file?")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail(
            path, f"is not UTF-8 text (byte {error.start:,}).", "Save it as UTF-8."
        ) from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        if any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise _fail(path, "uses YAML aliases (`*name`).", "Write the values out.")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"is not valid YAML: {getattr(error, 'problem', None) or error}."
        line = mark.line + 1 if mark else None
        remedy = "Check the indentation and quotes near this line."
        raise _fail(path, what, remedy, line) from None
    except RecursionError:
        raise _fail(path, "is nested too deeply.", "Is this a params file?") from None


class _Walk:
    """Collects lines and problems from a composed document."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Loc, int] = {}
        self.problems: list[Problem] = []

    def node(self, node: yaml.Node, loc: Loc) -> None:
        if len(loc) > MAX_DEPTH:
            raise _fail(self.path, "is nested too deeply.", "Is this a params file?")
        self.lines.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            self.mapping(node, loc)
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                self.node(item, (*loc, i))
        elif node.tag == "tag:yaml.org,2002:int" and _OCTAL_LOOK.match(node.value):
            self.add(
                loc,
                f"`{loc[-1]}: {node.value}` starts with a zero.",
                f'Write it without the zero, or as text: "{node.value}".',
            )

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> None:
        for key, value in node.value:
            inner = (*loc, str(key.value))
            if inner in self.lines:
                self.add(inner, f"`{key.value}` is given twice.", "Keep one of the two.")
            self.lines[inner] = key.start_mark.line + 1
            self.node(value, inner)

    def add(self, loc: Loc, what: str, remedy: str) -> None:
        where = f"{self.path.name}:{self.lines.get(loc, 1)}"
        self.problems.append(Problem("KH-P05", where, what, remedy))


def read_yaml(path: str | Path) -> YamlFile:
    """Read a YAML mapping with safe types only, and remember every line number.

    The values are those papermill's own reader gives, so that a params file means the same
    to both.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8.

    Returns
    -------
    YamlFile

    Raises
    ------
    KehuError
        KH-P01: missing, too large, not UTF-8, not YAML, aliases, nested too deeply, not a mapping.
    """
    path = Path(path)
    text = _read_text(path)
    root = _compose(path, text)
    if not isinstance(root, yaml.MappingNode):
        raise _fail(path, "holds no `name: value` lines.", "See params/demo.yml for an example.")
    walk = _Walk(path)
    walk.node(root, ())
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise _fail(path, f"is not valid YAML: {error}.", "Check the values.") from None
    keyed = {str(k): v for k, v in data.items()}
    return YamlFile(path, keyed, walk.lines, walk.problems)
