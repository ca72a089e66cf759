"""The playbook: a service strategy per segment, in Chinese and English, checked for gaps."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import process

from kehu import tables
from kehu.errors import KehuError, Problem, raise_all
from kehu.yaml_file import YamlFile, read_yaml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(_Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Strategy(_Strict):
    """How a segment is served."""

    service: Text
    benefits: Text
    action: str
    channel: str
    owner: str
    contact_days: int = Field(ge=1, le=730)


class Playbook(_Strict):
    """Strategies per segment, and the words for the codes they use."""

    channels: dict[str, Text]
    owners: dict[str, Text]
    actions: dict[str, Text]
    strategies: dict[str, Strategy]

    def table(self) -> pd.DataFrame:
        """Return one row per segment: `rfm_segment, action, channel, owner, contact_days`."""
        rows = [
            {"rfm_segment": s, **strategy.model_dump(exclude={"service", "benefits"})}
            for s, strategy in self.strategies.items()
        ]
        return pd.DataFrame(rows)

    def words(self, kind: str, code: str) -> Text:
        """Return the words for a code: kind `channels`, `owners` or `actions`."""
        text: Text = getattr(self, kind)[code]
        return text


def built_in(industry: str) -> Path:
    """Return the kit's playbook of an industry, the general one where there is no own."""
    folder = Path(str(files("kehu.actions") / "playbooks"))
    own = folder / f"{industry}.yml"
    return own if own.is_file() else folder / "general.yml"


def chosen(industry: str, own: str | None, params_dir: Path) -> Path:
    """Return the playbook a run uses: the client's own where one is named, else the built-in."""
    return (params_dir / own).resolve() if own else built_in(industry)


def load(path: str | Path) -> Playbook:
    """Read a playbook and check that every segment has exactly one usable strategy.

    Parameters
    ----------
    path : str or Path
        YAML as in `lib/kehu/actions/playbooks/general.yml`.

    Returns
    -------
    Playbook

    Raises
    ------
    KehuError
        KH-B01: a segment without strategy, a strategy nobody falls in, a code that is not
        defined, a missing language; all at once, with line numbers.
    """
    file = read_yaml(path)
    try:
        playbook = Playbook.model_validate(file.data)
    except ValidationError as error:
        raise KehuError([*file.problems, *(_shape(e, file) for e in error.errors())]) from None
    raise_all([*file.problems, *_gaps(playbook, file)])
    return playbook


def _shape(error: Any, file: YamlFile) -> Problem:
    name = ".".join(str(part) for part in error["loc"])
    what = f"`{name}`: {error['msg'][0].lower()}{error['msg'][1:]}."
    return Problem(
        "KH-B01", file.where(error["loc"]), what, "Compare with the built-in general.yml."
    )


def _gaps(playbook: Playbook, file: YamlFile) -> Iterator[Problem]:
    segments = tables.column("rfm_segment").isin or ()
    missing = [s for s in segments if s not in playbook.strategies]
    if missing:
        what = f"{len(missing)} segments have no strategy: {', '.join(missing)}."
        yield Problem("KH-B01", file.where(("strategies",)), what, "Add them.")
    for name, strategy in playbook.strategies.items():
        where = file.where(("strategies", name))
        if name not in segments:
            yield Problem("KH-B01", where, f"no segment `{name}`.", _near(name, segments))
        for kind in ("action", "channel", "owner"):
            code, known = getattr(strategy, kind), getattr(playbook, f"{kind}s")
            if code not in known:
                what = f"{kind} `{code}` is not defined under `{kind}s`."
                yield Problem("KH-B01", where, what, _near(code, known))


def _near(name: str, known: Any) -> str:
    near = process.extractOne(name, list(known), score_cutoff=60)
    return (f"Did you mean `{near[0]}`? " if near else "") + f"Known: {', '.join(known)}."
