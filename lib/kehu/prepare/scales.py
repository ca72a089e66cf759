"""Answers of surveys and marks of judges: held against their scale, then one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, StringValue, Table, Value

from kehu.errors import Problem
from kehu.params_scales import bounds
from kehu.prepare import amounts, words
from kehu.prepare.reading import any_of, computed_once
from kehu.prepare.records import proper
from kehu.prepare.sources import Raw
from kehu.prepare.text import filled, is_number, plain

LABELS = {"surveys": "question", "judgements": "criterion"}
"""Tables whose rows are answers on a scale, and the column that names what was asked."""

_ANSWERS = {"surveys": "answer", "judgements": "mark"}
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Asked:
    """One question of a file, or all of them where they share a scale.

    Parameters
    ----------
    column : str
        Canonical name of the column with the answers.
    label : str or None
        Short name; None where the file's own column names the question.
    is_row : bool
        Whether only the rows that name it are its own, as in files with a row per answer.
    scale : str
        `nps`, `csat`, `ces`, `other`.
    low, high : float
        Ends of the scale.
    blank : tuple of str
        Codes that mean no answer.
    touchpoint : str or None
        Where the question says it.
    """

    column: str
    label: str | None
    is_row: bool
    scale: str
    low: float
    high: float
    blank: tuple[str, ...]
    touchpoint: str | None = None


def asked(raw: Raw) -> list[Asked]:
    """List what a file asks, in the order of the params."""
    table, values = raw.file.table, raw.file.values
    whole = {"scale": "other", "blank": [], **values}
    if table == "judgements":
        low, high = bounds(whole)
        columns = {f"answer_{i}": c["criterion"] for i, c in enumerate(values["criteria"])}
        named: Mapping[str, str | None] = columns or {"mark": None}
        return [Asked(c, label, False, "other", low, high, ()) for c, label in named.items()]
    if not values["questions"]:
        return [_question("answer", None, whole)]
    return [
        _question(f"answer_{i}" if q["column"] else "answer", q["question"], q)
        for i, q in enumerate(values["questions"])
    ]


def _question(column: str, label: str | None, entry: Mapping[str, Any]) -> Asked:
    low, high = bounds(entry)
    is_row = column == "answer" and label is not None
    blank = tuple(plain(code) for code in entry["blank"])
    touchpoint = entry.get("touchpoint") if label else None
    return Asked(column, label, is_row, entry["scale"], low, high, blank, touchpoint)


def with_answers(raw: Raw, t: Table) -> tuple[Table, tuple[str, ...]]:
    """Read a file's answers.

    Parameters
    ----------
    raw : Raw
        The file.
    t : ibis Table
        Its rows as text.

    Returns
    -------
    ibis Table
        `t` with the columns named next.
    tuple of str
        `answers`, in points, one per question of `asked`, blank where none was given;
        `off_scale`, their texts where they are not on the scale; `has_answer`; `has_label`,
        whether the row says what was asked.
    """
    label, questions = LABELS[raw.file.table], asked(raw)
    read = _points(raw, t, dict.fromkeys(q.column for q in questions))
    is_named = filled(read[label]).notnull() if label in raw.file.given else ibis.literal(True)
    answers, off = [], []
    for question in questions:
        answer, is_off = _held(read, question)
        if question.is_row:
            mine = (filled(read[label]) == question.label).fill_null(False)
            answer, is_off = ibis.ifelse(mine, answer, ibis.null("float64")), is_off & mine
        answers.append(answer)
        off.append(ibis.ifelse(is_off, read[question.column], ibis.null("string")))
    added = {
        "answers": ibis.array(answers),
        "off_scale": ibis.array(off),
        "has_answer": any_of([cell.notnull() for cell in (*answers, *off)]),
        "has_label": is_named,
    }
    return computed_once(read.mutate(**added), f"answers_{raw.stored.stem}"), tuple(added)


def _points(raw: Raw, t: Table, columns: Iterable[str]) -> Table:
    """Add for every column of answers its word (`_word`) and what it is in points (`_points`)."""
    given: Mapping[str, float] = raw.file.values.get("values", {}).get("answer", {})
    known = {plain(word): str(value) for word, value in given.items()}
    steps: list[Callable[[Table, str], dict[str, Value]]] = [
        lambda s, n: {f"{n}_word": words.compared(s[n])},
        lambda s, n: {f"{n}_number": _replaced(s[f"{n}_word"], known)},
        lambda s, n: {f"{n}_number": s[f"{n}_number"].re_replace("%$", "")},  # points, no share
        lambda s, n: {f"{n}_bare": amounts.bare(s[f"{n}_number"])},
        lambda s, n: {f"{n}_points": amounts.real(s[f"{n}_number"], s[f"{n}_bare"])},
    ]
    for i, step in enumerate(steps):
        made = {k: v for n in columns for k, v in step(t, n).items()}
        t = computed_once(t.mutate(**made), f"step{i}_{raw.stored.stem}")
    return t


def _replaced(word: StringValue, known: Mapping[str, str]) -> StringValue:
    return ibis.coalesce(words.read(word, known), word) if known else word


def first_off_scale(rows: Table) -> StringValue:
    """Return the first answer of each row that is not on its scale, as it stands in the file."""
    return rows.off_scale.filter(lambda cell: cell.notnull())[0]


def _held(t: Table, question: Asked) -> tuple[FloatingValue, BooleanValue]:
    """Hold answers against their scale; tell those that are there and not on it."""
    word, value = t[f"{question.column}_word"], t[f"{question.column}_points"]
    none = word.isnull() | word.isin(question.blank) | _is_code(value, question.blank)
    fits = value.between(question.low, question.high)
    if question.scale == "nps":
        fits = fits & (value == value.floor())
    on_scale = fits.fill_null(False)
    answer = ibis.ifelse(on_scale & ~none, value, ibis.null("float64"))
    return answer, ~none & ~on_scale


def _is_code(value: FloatingValue, codes: Sequence[str]) -> BooleanValue:
    """Whether an answer equals a code as a number: 99 and 99.0 are one."""
    numbers = [float(code) for code in codes if is_number(code)]
    return value.isin(numbers).fill_null(False) if numbers else ibis.literal(False)


def spread(kept: Table, raws: Sequence[Raw], columns: Sequence[str]) -> Table:
    """Make one row per answer.

    Parameters
    ----------
    kept : ibis Table
        Kept rows of all files of the table.
    raws : sequence of Raw
        The files.
    columns : sequence of str
        Columns of the contract.

    Returns
    -------
    ibis Table
        Survey rows whose answer is blank stay, since nobody answered is a fact, too; a judge's
        blank is no judgement.
    """
    table = raws[0].file.table
    parts = [
        _part(kept, raw, question, i, table)
        for raw in raws
        for i, question in enumerate(asked(raw))
    ]
    return ibis.union(*(part.select(*columns) for part in parts))


def _part(kept: Table, raw: Raw, question: Asked, i: int, table: str) -> Table:
    label, answer = LABELS[table], _ANSWERS[table]
    mine = kept.filter(kept.source == raw.file.name)
    if question.is_row:
        mine = mine.filter(mine[label] == question.label)
    made: dict[str, Value] = {
        label: mine[label] if question.label is None else ibis.literal(question.label),
        answer: mine.answers[i],
        "scale": ibis.literal(question.scale),
        "scale_low": ibis.literal(str(question.low)).cast("float64"),
        "scale_high": ibis.literal(str(question.high)).cast("float64"),
    }
    if question.touchpoint:
        made["touchpoint"] = ibis.literal(question.touchpoint)
    if table == "surveys" and i and not question.is_row:
        made["text"] = ibis.null("string")
    part = mine.mutate(**made)
    return part.filter(part[answer].notnull()) if table == "judgements" else part


def problems(rows: Table, raws: Sequence[Raw], max_unreadable: float) -> Iterator[Problem]:
    """Name, per file and question, answers off the scale where there are more than allowed.

    Parameters
    ----------
    rows : ibis Table
        Every row of every file, as `with_answers` makes them.
    raws : sequence of Raw
        The files.
    max_unreadable : float
        Share of a file's well-formed rows, 0 to 1.

    Yields
    ------
    Problem
        KH-D10: the answers with their rows; and questions that the params do not name.
    """
    for raw in raws:
        here = rows.filter(proper(rows) & (rows.source == raw.file.name))
        questions = asked(raw)
        if any(question.is_row for question in questions):
            yield from _unknown_questions(here, raw, [str(q.label) for q in questions])
        bad = {f"n{i}": here.off_scale[i].count() for i in range(len(questions))}
        counts = here.aggregate(n=here.count(), **bad).execute().iloc[0]
        for i, question in enumerate(questions):
            if counts[f"n{i}"] > max_unreadable * counts["n"]:
                cells = here.select(word=filled(here.off_scale[i]))
                yield _off_scale(cells, raw, question, counts[f"n{i}"], counts["n"])


def _off_scale(cells: Table, raw: Raw, question: Asked, bad: int, total: int) -> Problem:
    column = raw.file.mapped.get(question.column, question.column)
    what = (
        f"{bad:,} of {total:,} answers in `{column}` are not on "
        f"{question.low:g} to {question.high:g}: {_counted(cells)}."
    )
    remedy = (
        "Name codes for no answer in `blank`, give words points in `values`, or mend the scale."
    )
    if raw.file.table == "judgements":
        remedy = "Correct the marks, or `low` and `high`."
    return Problem("KH-D10", raw.file.name, what, remedy)


def _unknown_questions(here: Table, raw: Raw, known: Sequence[str]) -> Iterator[Problem]:
    other = here.filter(here.question.notin(known)).select(word="question")
    n = int(other.word.nunique().execute())
    if n:
        what = f"{n} questions are not in `questions`: {_counted(other)}."
        remedy = f"Add each with its scale. Known: {', '.join(known)}."
        yield Problem("KH-D10", raw.file.name, what, remedy)


def _counted(words_: Table) -> str:
    """Write the most frequent words with their rows."""
    named = words_.filter(words_.word.notnull())
    counted = named.group_by("word").aggregate(n=named.count()).execute()
    counted = counted.sort_values(["n", "word"], ascending=[False, True])
    pairs = zip(counted["word"].head(_MOST_SHOWN), counted["n"], strict=False)
    more = ", …" if len(counted) > _MOST_SHOWN else ""
    return ", ".join(f"“{word}” {n:,} rows" for word, n in pairs) + more
