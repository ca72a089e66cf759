"""The books: for every source and rule, where each row went."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pandas as pd

from kehu.errors import Problem, raise_all

COUNTS = [
    "rows_in", "rows_kept", "rows_merged", "rows_quarantined", "rows_repaired", "rows_flagged",
]  # fmt: skip
Effect = Literal["quarantine", "merge", "repair", "flag"]
TOUCHES = ("repair", "flag")
"""Effects that leave a row where it is."""


@dataclass(frozen=True)
class Rule:
    """A named step of cleaning.

    Parameters
    ----------
    name : str
        As it stands in ledger and quarantine.
    effect : {'quarantine', 'merge', 'repair', 'flag'}
        What it does with the rows it meets.
    """

    name: str
    effect: Effect


def build(
    table: str, files: Mapping[str, int], rules: Sequence[Rule], groups: pd.DataFrame
) -> pd.DataFrame:
    """Write the books of all sources of a table.

    Parameters
    ----------
    table : str
        What the rows belong to.
    files : mapping
        Source to data rows of the file, as its reader counted them.
    rules : sequence of Rule
        In the order they act.
    groups : pandas.DataFrame
        Rows by `source` and the `rule` they left at (blank when kept): `n` rows, `money`, and
        one column per repair or flag with the rows it touched.

    Returns
    -------
    pandas.DataFrame
        Rows of the `ledger` table; a rule that met no row is there with zeros.
    """
    lines: list[dict[str, Any]] = []
    for source, rows in files.items():
        here = groups[groups["source"] == source].to_dict("records")
        found = {None if pd.isna(g["rule"]) else g["rule"]: g for g in here}
        place = {"table": table, "source": source}
        lines += [{**place, **step} for step in _steps(rows, rules, found)]
    return pd.DataFrame(lines)


def _steps(
    rows: int, rules: Sequence[Rule], found: Mapping[str | None, Mapping[Hashable, Any]]
) -> Iterator[dict[str, Any]]:
    left: list[str | None] = [None, *(rule.name for rule in rules)]
    for step, rule in enumerate(rules, 1):
        left.remove(rule.name)
        here = found.get(rule.name, {"n": 0, "money": None})
        gone = int(here["n"])
        touched = sum(int(found[r].get(rule.name, 0)) for r in left if r in found)
        yield {
            "step": step,
            "rule": rule.name,
            "rows_in": rows,
            "rows_kept": rows - gone,
            "rows_merged": gone if rule.effect == "merge" else 0,
            "rows_quarantined": gone if rule.effect == "quarantine" else 0,
            "rows_repaired": touched if rule.effect == "repair" else 0,
            "rows_flagged": touched if rule.effect == "flag" else 0,
            "amount_removed": Decimal(0) if pd.isna(here["money"]) else here["money"],
        }
        rows -= gone


def check_balance(
    ledger: pd.DataFrame,
    in_file: Mapping[str, int] | None = None,
    kept: Mapping[str, int] | None = None,
    quarantined: Mapping[str, int] | None = None,
) -> None:
    """Raise when a row was lost or made on the way from the files to the tables.

    Parameters
    ----------
    ledger : pandas.DataFrame
        The `ledger` table.
    in_file, kept, quarantined : mapping, optional
        Source to rows, counted apart from the ledger: by the file's reader, in the cleaned table,
        in the quarantine table.

    Raises
    ------
    KehuError
        KH-D08: every imbalance, with its numbers.
    """
    raise_all(_imbalances(ledger, in_file, kept, quarantined))


def _imbalances(
    ledger: pd.DataFrame,
    in_file: Mapping[str, int] | None,
    kept: Mapping[str, int] | None,
    quarantined: Mapping[str, int] | None,
) -> Iterator[Problem]:
    for (table, source), steps in ledger.groupby(["table", "source"], sort=False):
        where = f"{table}: {source}"
        steps = steps.sort_values("step")
        yield from _step_imbalances(where, steps)
        final = steps.iloc[-1]["rows_kept"]
        pairs = (
            ("rows in the file", in_file, steps.iloc[0]["rows_in"]),
            ("rows kept", kept, final),
            ("rows set aside", quarantined, steps["rows_quarantined"].sum()),
        )
        for words, counted, booked in pairs:
            if counted is not None and counted.get(str(source), 0) != booked:
                what = f"{words}: counted {counted.get(str(source), 0):,}, booked {booked:,}."
                yield Problem("KH-D08", where, what)


def _step_imbalances(where: str, steps: pd.DataFrame) -> Iterator[Problem]:
    before: int | None = None
    for step in steps.to_dict("records"):
        out = step["rows_kept"] + step["rows_merged"] + step["rows_quarantined"]
        if step["rows_in"] != out or min(step[c] for c in COUNTS) < 0:
            what = f"rule {step['rule']}: {step['rows_in']:,} rows in, {out:,} rows out."
            yield Problem("KH-D08", where, what)
        if before is not None and step["rows_in"] != before:
            what = f"rule {step['rule']} starts with {step['rows_in']:,} rows, not {before:,}."
            yield Problem("KH-D08", where, what)
        before = step["rows_kept"]


def totals(ledger: pd.DataFrame) -> dict[str, Any]:
    """Sum the books of all sources: rows in, kept, merged and set aside, money removed."""
    by_source = ledger.sort_values("step").groupby(["table", "source"], sort=False)
    return {
        "rows_in": int(by_source["rows_in"].first().sum()),
        "rows_kept": int(by_source["rows_kept"].last().sum()),
        "rows_merged": int(ledger["rows_merged"].sum()),
        "rows_quarantined": int(ledger["rows_quarantined"].sum()),
        "amount_removed": float(sum(ledger["amount_removed"], Decimal(0))),
    }
