"""The dirt of the demo shop's other files: put in row by row, counted by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_PADDING = [" {}", "{} ", "  {} ", "\u3000{}"]
_INTS = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Made:
    """One file as a client would send it, and what is in it.

    Parameters
    ----------
    data : bytes
        The file.
    counts : dict
        `rows`, `kinds` (rows of each kind), `kept` (rows that cleaning should keep) and what else
        the file's maker tells.
    truth : pandas.DataFrame, optional
        Its rows before any dirt.
    """

    data: bytes
    counts: dict[str, Any]
    truth: pd.DataFrame | None = field(default=None)


class Picker:
    """Gives out rows, each only once, so that a row has one kind of dirt.

    Parameters
    ----------
    rows : pandas.DataFrame
        With a `kind` for every row; only `clean` ones are given out.
    rng : numpy.random.Generator
        Source of every draw.
    """

    def __init__(self, rows: pd.DataFrame, rng: np.random.Generator) -> None:
        self._free: _INTS = rng.permutation(np.flatnonzero(rows["kind"] == "clean"))
        self._rows = len(rows)

    def take(self, share: float, least: int = 1) -> _INTS:
        """Return the places of a share of all rows."""
        n = max(least, round(share * self._rows))
        taken, self._free = self._free[:n], self._free[n:]
        return taken


def padded(rows: pd.DataFrame, column: str, chosen: Iterable[int], kind: str = "blanks") -> None:
    """Put blanks, also full-width ones, around an id."""
    for i, place in enumerate(chosen):
        text = rows[column].iat[place]
        rows.iloc[place, rows.columns.get_loc(column)] = _PADDING[i % len(_PADDING)].format(text)
        marked(rows, [place], kind)


def written(
    rows: pd.DataFrame, column: str, chosen: Iterable[int], texts: list[Any], kind: str
) -> None:
    """Overwrite cells with texts, in turn."""
    for i, place in enumerate(chosen):
        rows.iloc[place, rows.columns.get_loc(column)] = texts[i % len(texts)]
        marked(rows, [place], kind)


def marked(rows: pd.DataFrame, chosen: Iterable[int], kind: str) -> None:
    """Say what is wrong with rows."""
    rows.iloc[list(chosen), rows.columns.get_loc("kind")] = kind


def with_duplicates(rows: pd.DataFrame, chosen: _INTS, by: str) -> pd.DataFrame:
    """Repeat rows as they are, and put all in order."""
    again = rows.iloc[chosen].assign(kind="duplicate")
    joined = pd.concat([rows, again])
    return joined.sort_values(by, kind="stable", ignore_index=True)


def counted(rows: pd.DataFrame, gone: Iterable[str]) -> dict[str, Any]:
    """Count rows by kind; `gone` names the kinds that cleaning takes away."""
    kinds = rows["kind"].value_counts().sort_index()
    return {
        "rows": len(rows),
        "kinds": {str(kind): int(n) for kind, n in kinds.items()},
        "kept": int((~rows["kind"].isin(list(gone))).sum()),
    }


def strangers(n: int, rng: np.random.Generator) -> list[str]:
    """Make member numbers of another system, which no list holds."""
    return [f"WX{number:07d}" for number in rng.choice(10_000_000, n, replace=False)]
