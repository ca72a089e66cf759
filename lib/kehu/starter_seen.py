"""A client's file as `kehu init` sees it: the table it feeds, and which column holds what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kehu import presets
from kehu.params_files import Columns
from kehu.params_sources import source_models
from kehu.prepare import guess, recognise, source_files
from kehu.prepare.guess import Proposal
from kehu.prepare.places import Location
from kehu.prepare.recognise import Guess
from kehu.presets import Preset

_EPOCH = re.compile(r"1\d{9}(\d{3})?")

WORDS = {
    "transactions": "transaction_type", "interactions": "interaction", "costs": "cost",
}  # fmt: skip
"""Tables with a column of codes in the client's words."""


@dataclass(frozen=True)
class Seen:
    """One file as it was looked at.

    Parameters
    ----------
    path : Path
        The file.
    table : str or None
        The table it feeds; None where nothing is clear.
    columns : tuple of str
        All columns of the file.
    proposals : list of Proposal
        Which column may hold what.
    samples : dict
        Column to its first values.
    scaled : list of Guess
        Columns with answers or marks, in files with a column for each.
    preset : Preset, optional
        The kind of export that the columns show.
    """

    path: Path
    table: str | None
    columns: tuple[str, ...]
    proposals: list[Proposal]
    samples: dict[str, list[str]]
    scaled: list[Guess]
    preset: Preset | None = None

    @property
    def mapped(self) -> dict[str, str]:
        """Canonical name to column, for what is clear."""
        return self.by_preset or guess.columns_of(self.proposals)

    @property
    def by_preset(self) -> dict[str, str]:
        """Canonical name to column as the preset chooses; empty without one."""
        given = self.preset.values["columns"] if self.preset else {}
        found = {name: presets.chosen(column, self.columns) for name, column in given.items()}
        return {name: column for name, column in found.items() if column is not None}

    @property
    def timezone(self) -> str | None:
        """A place to look over, where times are counted since 1970; None where they are not."""
        if self.preset:
            return None
        dated = [self.samples[c] for n, c in self.mapped.items() if n in guess.DATED]
        counted = any(_EPOCH.fullmatch(v.strip()) for values in dated for v in values)
        return "Asia/Shanghai" if counted else None

    @property
    def ignored(self) -> list[str]:
        """Columns nothing is taken from."""
        used = {*self.mapped.values(), *(one.column for one in self.scaled)}
        return [c for c in self.columns if c not in used]

    @property
    def model(self) -> type[Columns]:
        """The schema of the table's columns."""
        assert self.table is not None
        return source_models()[self.table].columns_model()

    @property
    def unknown(self) -> list[str]:
        """Words of the first rows that stand for no code the kit knows."""
        name = None if self.preset else WORDS.get(self.table or "")
        column = self.mapped.get(name) if name else None
        return recognise.unknown_words(name, self.samples[column]) if name and column else []

    def required(self) -> list[str]:
        """List the names that must be mapped and are not."""
        missing = [n for n in self.model.needs() if n not in self.mapped]
        priced = {"quantity", "unit_price"} <= self.mapped.keys() or "amount" in self.mapped
        return missing + (["amount"] if self.table == "transactions" and not priced else [])


def look(place: Location) -> Seen:
    """Look at the first rows of a file and guess which column holds what."""
    shape, rows = source_files.head(place, rows=200)
    samples = {c: [row[i] for row in rows] for i, c in enumerate(shape.columns)}
    preset = presets.recognised(shape.columns)
    if preset:
        return Seen(Path(str(place)), preset.table, shape.columns, [], samples, [], preset)
    table = recognise.table_of(shape.columns, samples)
    proposals = guess.mapping(shape.columns, samples, table) if table else []
    mapped = guess.columns_of(proposals)
    scaled: list[Guess] = []
    if table == "surveys" and not {"question", "answer"} <= mapped.keys():
        scaled = recognise.questions(shape.columns, samples)
    if table == "judgements" and not {"criterion", "mark"} <= mapped.keys():
        left = [c for c in shape.columns if c not in mapped.values()]
        scaled = recognise.criteria(left, samples)
    if scaled:
        taken = {"question", "answer", "criterion", "mark"}
        proposals = [p for p in proposals if p.name not in taken]
    return Seen(Path(str(place)), table, shape.columns, proposals, samples, scaled)
