"""Root causes that the team records: fishbone and five whys, with complaints as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from kehu.errors import raise_all
from kehu.voice import causes_check
from kehu.yaml_file import read_yaml

Progress = Literal["open", "in_progress", "done", "dropped"]
CLOSED = ("done", "dropped")
"""States in which a measure can no longer be overdue."""

ARROW = " → "
COLUMNS = ["cause_kind", "cause_place", "cause_category", "category_zh", "category_en",
           "problem_zh", "problem_en", "cause_zh", "cause_en", "evidence_topics",
           "evidence_complaints", "evidence_share", "evidence_zh", "evidence_en", "whys",
           "whys_zh", "whys_en", "measure_zh", "measure_en", "measure_owner", "measure_due",
           "progress", "is_overdue"]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(_Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=400)


Topics = Annotated[list[str], Field(max_length=20)]


class Cause(_Strict):
    """One possible cause, with the complaint topics that stand beside it as evidence."""

    cause: Text
    topics: Topics = []
    evidence: Text | None = None


class Category(_Strict):
    """A bone of the fishbone: people, process, product, platform, policy, data…"""

    name: Text
    causes: list[Cause] = Field(min_length=1, max_length=6)


class Whys(_Strict):
    """A record of five whys: the answers from the symptom down, and what is done about it."""

    problem: Text
    category: str
    topics: Topics = []
    whys: list[Text] = Field(min_length=3, max_length=5)
    root_cause: Text
    measure: Text
    owner: str = Field(min_length=1, max_length=60)
    due: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    status: Progress


class Causes(_Strict):
    """What the team thinks lies behind the complaints."""

    problem: Text
    categories: dict[str, Category] = Field(min_length=1, max_length=8)
    five_whys: list[Whys] = []


def load(path: str | Path) -> Causes:
    """Read a causes file and check all of it at once.

    Parameters
    ----------
    path : str or Path
        YAML as in `params/causes/demo.yml`.

    Returns
    -------
    Causes

    Raises
    ------
    KehuError
        KH-V01: a misspelt or missing name, a text in one language only, a category that the
        fishbone does not have, an impossible date; all at once, with line numbers. KH-P01, KH-P05:
        it cannot be read, or a name is given twice.
    """
    file = read_yaml(path)
    raise_all(causes_check.problems(file, Causes))
    return Causes.model_validate(file.data)


def chosen(named: str | None, params_dir: Path) -> Causes | None:
    """Return the causes of the file that the params name; None where they name none."""
    return load((params_dir / named).resolve()) if named else None


def causes_table(
    causes: Causes | None, complaints: pd.DataFrame, analysis_date: str
) -> pd.DataFrame:
    """Put the recorded causes beside the complaints about their topics.

    Parameters
    ----------
    causes : Causes, optional
        Without them the table is empty.
    complaints : pandas.DataFrame
        Contract `complaints`.
    analysis_date : str
        Last day observed, ISO; measures due before it and not done are overdue.

    Returns
    -------
    pandas.DataFrame
        Contract `causes`: a row per cause of the fishbone and per record of five whys. A cause
        without topics has no count; one whose topics nobody complained about has 0. Several causes
        may share a topic, so their counts do not add up.
    """
    if causes is None:
        return pd.DataFrame(columns=COLUMNS)
    topics = complaints[complaints["breakdown"] == "topic"]
    counts = dict(zip(topics["bucket"], topics["complaints"], strict=True))
    total = int(complaints.loc[complaints["breakdown"] == "all", "complaints"].iloc[0])
    rows = [*_bones(causes, counts, total), *_whys(causes, counts, total, analysis_date)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _bones(causes: Causes, counts: Mapping[str, int], total: int) -> Iterator[dict[str, Any]]:
    listed = [(code, c) for code, bone in causes.categories.items() for c in bone.causes]
    for place, (code, entry) in enumerate(listed, 1):
        yield {
            "cause_kind": "fishbone", "cause_place": place, **_category(causes, code),
            **_texts("problem", causes.problem), **_texts("cause", entry.cause),
            **_texts("evidence", entry.evidence), **_evidence(entry.topics, counts, total),
        }  # fmt: skip


def _whys(
    causes: Causes, counts: Mapping[str, int], total: int, analysis_date: str
) -> Iterator[dict[str, Any]]:
    for place, entry in enumerate(causes.five_whys, 1):
        yield {
            "cause_kind": "five_whys", "cause_place": place, **_category(causes, entry.category),
            **_texts("problem", entry.problem), **_texts("cause", entry.root_cause),
            **_evidence(entry.topics, counts, total), "whys": len(entry.whys),
            "whys_zh": ARROW.join(why.zh for why in entry.whys),
            "whys_en": ARROW.join(why.en for why in entry.whys),
            **_texts("measure", entry.measure), "measure_owner": entry.owner,
            "measure_due": pd.Timestamp(entry.due), "progress": entry.status,
            "is_overdue": entry.status not in CLOSED
            and date.fromisoformat(entry.due) < date.fromisoformat(analysis_date),
        }  # fmt: skip


def _category(causes: Causes, code: str) -> dict[str, str]:
    return {"cause_category": code, **_texts("category", causes.categories[code].name)}


def _texts(name: str, text: Text | None) -> dict[str, str]:
    return {} if text is None else {f"{name}_zh": text.zh, f"{name}_en": text.en}


def _evidence(topics: list[str], counts: Mapping[str, int], total: int) -> dict[str, Any]:
    """Count the complaints about the topics named, each topic once."""
    if not topics:
        return {}
    n = sum(int(counts.get(topic, 0)) for topic in dict.fromkeys(topics))
    return {"evidence_topics": ", ".join(topics), "evidence_complaints": n,
            "evidence_share": n / total if total else None}  # fmt: skip


def unknown_topics(causes: Causes | None, complaints: pd.DataFrame) -> tuple[str, ...]:
    """List the topics named as evidence that no complaint of the period has, by name."""
    if causes is None:
        return ()
    topics = set(complaints.loc[complaints["breakdown"] == "topic", "bucket"])
    bones = [t for bone in causes.categories.values() for c in bone.causes for t in c.topics]
    named = {*bones, *(t for record in causes.five_whys for t in record.topics)}
    return tuple(sorted(named - topics))
