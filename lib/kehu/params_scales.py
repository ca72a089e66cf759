"""How answers and marks are measured: the questions of a survey, the criteria of judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from kehu.params_files import Fault, Place
from kehu.params_types import Line, Strict, described

Scale = Literal["nps", "csat", "ces", "other"]
NPS = (0.0, 10.0)
"""The recommendation question is asked on 0 to 10; on any other scale it is another question."""


def _as_text(value: Any) -> Any:
    """Take a code written as a number for its text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


Code = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int | float)]

_LOW = {"en": "lowest answer possible; nps: 0", "zh": "最低分；nps 为 0"}
_HIGH = {"en": "highest answer possible; nps: 10", "zh": "最高分；nps 为 10"}
_BLANK = {
    "en": "codes that mean no answer, e.g. [99]",
    "zh": "表示未回答的代码，如 [99]",
}


class Scaled(Strict):
    """A scale, and the codes on it that are no answer."""

    scale: Scale | None = described(
        None, en="kind of question: nps (0 to 10), csat, ces, other",
        zh="问题类型：nps（0–10 分推荐意愿）、csat（满意度）、ces（费力度）、other",
    )  # fmt: skip
    low: float | None = described(None, **_LOW)
    high: float | None = described(None, **_HIGH)
    blank: list[Code] = described([], **_BLANK)


class Question(Scaled):
    """One question of a survey, and the column that holds its answers."""

    column: str | None = described(
        None, en="the file's column with the answers; left out in files with a row per answer",
        zh="答案所在列；每行一个答案的文件不填",
    )  # fmt: skip
    question: Line = described(en="short name of the question", zh="问题的简称", min_length=1)
    touchpoint: Line | None = described(
        None, en="touchpoint of the journey that the question is about", zh="问题所问的客户旅程触点"
    )


class Criterion(Strict):
    """One criterion of assessment, and the column that holds its marks."""

    column: str = described(en="the file's column with the marks", zh="评分所在列")
    criterion: Line = described(
        en="code of the criterion, e.g. technology", zh="准则代码，如 technology", min_length=1
    )


def bounds(entry: Mapping[str, Any]) -> tuple[float, float]:
    """Return the lowest and highest answer of a scale without fault."""
    if entry["scale"] == "nps":
        return NPS
    return float(entry["low"]), float(entry["high"])


def scale_faults(entry: Mapping[str, Any], place: Place = ()) -> Iterator[Fault]:
    """Find what is wrong with a scale: open, upside down, not that of its kind, blanks on it."""
    low, high = entry.get("low"), entry.get("high")
    if entry.get("scale") is None:
        yield Fault("KH-P03", (*place, "scale"))
        return
    if entry["scale"] == "nps" and (low not in (None, NPS[0]) or high not in (None, NPS[1])):
        asked = (
            f"{low if low is not None else NPS[0]:g} to {high if high is not None else NPS[1]:g}"
        )
        what = f"nps is asked on 0 to 10, and this question on {asked}"
        remedy = "Call it `csat` or `other`, with its own `low` and `high`."
        yield Fault("KH-P06", (*place, "scale"), what, remedy)
        return
    yield from end_faults(entry, place, needed=entry["scale"] != "nps")


def end_faults(entry: Mapping[str, Any], place: Place, *, needed: bool) -> Iterator[Fault]:
    """Find what is wrong with the two ends of a scale and its codes for no answer."""
    missing = [end for end in ("low", "high") if entry.get(end) is None]
    if missing and needed:
        yield from (Fault("KH-P03", (*place, end)) for end in missing)
        return
    low, high = NPS if missing else (entry["low"], entry["high"])
    if low >= high:
        yield Fault("KH-P06", (*place, "low"), f"`low` ({low:g}) must be below `high` ({high:g})")
    on_scale = [str(code) for code in entry.get("blank") or () if _is_between(code, low, high)]
    if on_scale:
        what = f"`blank` names {', '.join(on_scale)}, which is an answer on {low:g} to {high:g}"
        yield Fault("KH-P06", (*place, "blank"), what)


def _is_between(code: Any, low: float, high: float) -> bool:
    try:
        return low <= float(code) <= high
    except ValueError:
        return False


def wide_faults(
    values: Mapping[str, Any], part: str, name: str, long: Sequence[str]
) -> Iterator[Fault]:
    """Find contradictions between a column per question and a row per answer.

    Parameters
    ----------
    values : mapping
        A source.
    part : str
        Its list of questions or criteria.
    name : str
        What names an entry of the list.
    long : sequence of str
        Columns of a file with a row per answer.
    """
    listed = values.get(part) or []
    columns, constants = values.get("columns") or {}, values.get("constants") or {}
    given = [n for n in long if columns.get(n) is not None or n in constants]
    wide = [i for i, entry in enumerate(listed) if entry.get("column") is not None]
    for i in sorted(set(range(len(listed))) - set(wide) if wide else set()):
        yield Fault("KH-P03", (part, i, "column"))
    if wide and given:
        shown = " and ".join(f"`{n}`" for n in given)
        what = f"`{part}` names columns of answers, and `columns` has {shown}"
        remedy = f"A file has a column per {name} or a row per {long[-1]}."
        yield Fault("KH-P06", (part,), what, remedy)
    if not wide:
        remedy = f"Or list a column per {name}: `{part}: [{{column: …, {name}: …}}]`."
        missing = [n for n in long if n not in given]
        yield from (Fault("KH-P03", ("columns", n), remedy=remedy) for n in missing)
    for key in (name, "column"):
        seen = Counter(e[key] for e in listed if e.get(key) is not None)
        for twice in (v for v, n in seen.items() if n > 1):
            yield Fault("KH-P06", (part,), f"`{part}` has `{key}: {twice}` more than once")
