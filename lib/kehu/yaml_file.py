"""YAML read safely, with the line of every value, all problems at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kehu.errors import KehuError, Problem

MAX_BYTES = 100_000
MAX_DEPTH = 12
Loc = tuple[str | int, ...]
_PLAIN_NUMBER = re.compile(
    r"[-+]?(0|[1-9][\d_]*)(\.[\d_]*(e[-+]\d+)?)?|[-+]?\.\w+([-+]\d+)?", re.IGNORECASE
)
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class YamlFile:
    """A parsed YAML file that still knows where each value stands.

    Parameters
    ----------
    path : Path
        The file.
    data : dict
        Its content, plain Python values; every name is text as written.
    lines : dict
        Location (tuple of names and list positions) to line number, 1-based.
    texts : dict
        Location of a single value to its text as written.
    repeated : list of Problem
        Names given twice, of which YAML would have taken the last.
    misread : dict
        Location to the problem of a number that YAML reads as another one.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[Loc, int]
    texts: dict[Loc, str] = field(default_factory=dict)
    repeated: list[Problem] = field(default_factory=list)
    misread: dict[Loc, Problem] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """What YAML itself would have let pass."""
        return [*self.repeated, *self.misread.values()]

    def line(self, loc: Loc) -> int | None:
        """Return the line of a value, or of its nearest parent that is there."""
        nearest = (loc[:end] for end in range(len(loc), -1, -1))
        return next((self.lines[part] for part in nearest if part in self.lines), None)

    def where(self, loc: Loc) -> str:
        """Name the place of a value as `file:line`, or of its nearest parent that is there."""
        line = self.line(loc)
        return self.path.name if line is None else f"{self.path.name}:{line}"


def _fail(path: Path, what: str, remedy: str, line: int | None = None) -> KehuError:
    where = path.name if line is None else f"{path.name}:{line}"
    return KehuError(Problem("KH-P01", where, what, remedy))


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise _fail(path, "is a folder.", "Name the file in it.")
        if not path.is_file():
            raise KehuError(Problem("KH-P01", str(path), "there is no such file.", _near(path)))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _fail(path, f"cannot be read: {error.strerror}.", "Check its name.") from None
    if len(data) > MAX_BYTES:
        raise _fail(path, f"is larger than {MAX_BYTES:,} bytes.", "Is this a params file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _fail(path, "is not UTF-8 text.", "Save it as UTF-8.", line) from None


def _near(path: Path) -> str:
    there = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    if not there:
        return "Write one with `kehu init FILE`."
    more = f" and {len(there) - 8} more" if len(there) > 8 else ""
    return f"Files there: {', '.join(there[:8])}{more}."


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases and tags, of little depth, with names kept as text."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        self.refuse(event)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def refuse(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise _fail(self.path, "uses YAML aliases (`*name`).", "Write the values out.", line)
        if getattr(event, "tag", None):
            raise _fail(self.path, "uses YAML tags (`!name`).", "Write plain values.", line)
        if self.depth > MAX_DEPTH:
            raise _fail(self.path, "is nested too deeply.", "Is this a params file?", line)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as error:
            mark = node.start_mark
            raise yaml.constructor.ConstructorError(None, None, str(error), mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


class _Walk:
    """Collects lines, texts and problems from a composed document."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Loc, int] = {}
        self.texts: dict[Loc, str] = {}
        self.repeated: list[Problem] = []
        self.misread: dict[Loc, Problem] = {}

    def node(self, node: yaml.Node, loc: Loc, line: int) -> None:
        self.lines[loc] = line
        if isinstance(node, yaml.MappingNode):
            self.mapping(node, loc)
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                self.node(item, (*loc, i), item.start_mark.line + 1)
        else:
            self.texts[loc] = node.value
            if node.tag in _NUMBERS and not _PLAIN_NUMBER.fullmatch(node.value):
                what = f"`{loc[-1]}: {node.value}` would be read as another number."
                remedy = f'Write plain digits, or put text in quotes: "{node.value}".'
                self.misread[loc] = self.problem(line, what, remedy)

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> None:
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                what = "holds a name that is not plain text."
                raise _fail(self.path, what, "Write `name: value` lines.", line)
            if key.value in first:
                what = f"`{key.value}` is given twice, first in line {first[key.value]}."
                self.repeated.append(self.problem(line, what, "Keep one of the two."))
            first.setdefault(key.value, line)
            self.node(value, (*loc, key.value), line)

    def problem(self, line: int, what: str, remedy: str) -> Problem:
        return Problem("KH-P05", f"{self.path.name}:{line}", what, remedy)


def _parsed(path: Path, text: str) -> YamlFile:
    try:
        loader = _Loader(path, text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            what = "holds no `name: value` lines."
            raise _fail(path, what, "See params/demo.yml for an example.")
        walk = _Walk(path)
        walk.node(root, (), 1)
        data: dict[str, Any] = loader.construct_document(root)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"holds the control character U+{error.character:04X}."
        raise _fail(path, what, "Remove it.", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        remedy = "Check the indentation and quotes near this line."
        at = mark.line + 1 if mark else None
        raise _fail(path, f"is not valid YAML: {error.problem}.", remedy, at) from None
    return YamlFile(path, data, walk.lines, walk.texts, walk.repeated, walk.misread)


def read_yaml(path: str | Path) -> YamlFile:
    """Read a YAML mapping with safe types only, and remember every line number.

    The values are those papermill's own reader gives, so that a params file means the same
    to both.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8, at most 100,000 bytes.

    Returns
    -------
    YamlFile

    Raises
    ------
    KehuError
        KH-P01: missing, too large, not UTF-8, not YAML, aliases, tags, nested too deeply, not a
        mapping.
    """
    path = Path(path)
    return _parsed(path, _read_text(path))
