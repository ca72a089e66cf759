"""Decisions by people on who is one person: they win over every link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from kehu.errors import Problem, raise_all
from kehu.params import source_path
from kehu.prepare import readers
from kehu.prepare.identity.clusters import members
from kehu.prepare.readers import How

COLUMNS = ("customer_a", "customer_b", "decision")
DECISIONS = ("same", "different")


def read(path: str | None, params_dir: Path, scratch: Path) -> pd.DataFrame:
    """Read the file of decisions; without one there are none.

    Parameters
    ----------
    path : str, optional
        Any file the kit reads, relative to the params file.
    params_dir, scratch : Path

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, text.

    Raises
    ------
    KehuError
        KH-D01 to KH-D05 of the file, KH-D17 a word that is no decision.
    """
    if path is None:
        return pd.DataFrame(columns=list(COLUMNS), dtype=object)
    place = source_path(params_dir, path)
    raise_all(filter(None, [readers.problem(place)]))
    reader = readers.reader(place, How())
    shape = reader.shape(COLUMNS)
    missing = [name for name in COLUMNS if name not in shape.columns]
    wanted = f"Give the columns {', '.join(COLUMNS)}."
    raise_all(Problem("KH-D04", place.name, f"has no column `{n}`.", wanted) for n in missing)
    stored = scratch / "overrides.parquet"
    reader.store(shape, stored)
    cells = {n: f"c{shape.columns.index(n)}" for n in COLUMNS}
    frame = pd.read_parquet(stored)[list(cells.values())].set_axis(list(cells), axis=1)
    frame = frame.fillna("").apply(lambda column: column.str.strip())
    bad = frame[~frame["decision"].isin(DECISIONS)]
    if len(bad):
        what = f"{len(bad)} decisions are neither same nor different (first: {tuple(bad.iloc[0])})."
        raise_all([Problem("KH-D17", place.name, what, "Write same or different.")])
    return frame


def problems(decided: pd.DataFrame, ids: pd.Index) -> Iterator[Problem]:
    """Find decisions on customers who are not there, or that contradict one another.

    Yields
    ------
    Problem
        KH-D17: count and the first example of each kind.
    """
    where = "identity.overrides"
    named = pd.concat([decided["customer_a"], decided["customer_b"]])
    strangers = named[~named.isin(ids)]
    if len(strangers):
        what = f"{len(strangers)} customer numbers are not known (first: `{strangers.iloc[0]}`)."
        yield Problem("KH-D17", where, what, "Write them as in the customer list.")
        return
    persons = members(ids, decided[decided["decision"] == "same"])
    apart = decided[decided["decision"] == "different"]
    one = persons.reindex(apart["customer_a"]).to_numpy()
    two = persons.reindex(apart["customer_b"]).to_numpy()
    clash = apart[one == two]
    if len(clash):
        pair = f"{clash.iloc[0]['customer_a']} and {clash.iloc[0]['customer_b']}"
        what = f"{len(clash)} pairs are decided to be the same and different (first: {pair})."
        yield Problem("KH-D17", where, what, "Take one of the decisions out.")
