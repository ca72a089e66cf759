"""RFM rule tables: named segments over the scores, read from YAML that users edit."""

from __future__ import annotations

from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

SCORES = (1, 2, 3, 4, 5)
LEVELS = ("low", "high")
AXES = ("r", "f", "m")

Value = int | str
Code = tuple[Value, ...]
"""One combination of R, F and M: scores, or `low` and `high`."""

Shopify = Literal[
    "champions", "loyal", "active", "new", "promising", "needs_attention", "almost_lost",
    "at_risk", "previously_loyal", "dormant",
]  # fmt: skip
Klaviyo = Literal["champions", "loyal", "recent", "needs_attention", "at_risk", "inactive"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _values(given: Any) -> tuple[Value, ...]:
    """Return the scores or levels that a side of a box stands for."""
    if isinstance(given, str) and given in LEVELS:
        return (given,)
    ends = given if isinstance(given, list) and len(given) == 2 else [given, given]
    whole = all(isinstance(e, int) and not isinstance(e, bool) and e in SCORES for e in ends)
    if not whole or ends[0] > ends[1]:
        raise ValueError("write a score 1 to 5, two of them as [4, 5], or `high` or `low`")
    return tuple(range(ends[0], ends[1] + 1))


Side = Annotated[tuple[Value, ...], PlainValidator(_values)]


class Box(_Strict):
    """A block of codes; a side left out is any score."""

    r: Side = ()
    f: Side = ()
    m: Side = ()

    def sides(self, values: tuple[Value, ...]) -> tuple[tuple[Value, ...], ...]:
        """Return the values of R, F and M, all of `values` where none is given."""
        return tuple(side or values for side in (self.r, self.f, self.m))


class Text(_Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Named(_Strict):
    """One segment: its words, its nearest relatives in other tools, the codes it takes."""

    name: Text
    definition: Text
    action: Text
    shopify: Shopify | None = None
    klaviyo: Klaviyo | None = None
    when: list[Box] = Field(min_length=1)


class RuleSet(_Strict):
    """Segments in the order of the report, keyed by a code that stays when words change."""

    segments: dict[str, Named] = Field(min_length=1)

    @property
    def by_level(self) -> bool:
        """Whether the rules say high and low; otherwise they say scores."""
        boxes = (box for named in self.segments.values() for box in named.when)
        return any(v in LEVELS for box in boxes for side in (box.r, box.f, box.m) for v in side)

    @property
    def values(self) -> tuple[Value, ...]:
        """What R, F and M can each be."""
        return LEVELS if self.by_level else SCORES

    def claims(self) -> dict[Code, list[str]]:
        """Return for every code the segments that claim it; a sound table has one for each."""
        found: dict[Code, list[str]] = {code: [] for code in product(self.values, repeat=3)}
        for key, named in self.segments.items():
            taken = {c for box in named.when for c in product(*box.sides(self.values))}
            for code in taken & found.keys():
                found[code].append(key)
        return found

    def words(self, key: str) -> Text:
        """Return the name of a segment."""
        return self.segments[key].name

    def rule(self, key: str) -> str:
        """Return a segment's rule in short, `R5 F4–5 M3–5 | R4 F1`."""
        return " | ".join(_short(box) for box in self.segments[key].when)


def _short(box: Box) -> str:
    marks = {"high": "↑", "low": "↓"}
    parts = []
    for axis, side in zip("RFM", (box.r, box.f, box.m), strict=True):
        if side:
            text = [marks.get(str(v), str(v)) for v in (side[0], side[-1])]
            parts.append(axis + (text[0] if len(side) == 1 else "–".join(text)))
    return " ".join(parts) or "*"


BUILT_IN = ("classical", "eleven")
"""Rule tables of the kit."""


def chosen(name: str, params_dir: Path) -> Path:
    """Return the file of a rule table: one of `BUILT_IN`, or the client's own."""
    if name in BUILT_IN:
        return Path(str(files("kehu.segments") / f"rfm_{name}.yml"))
    return (params_dir / name).resolve()
