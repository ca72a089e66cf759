"""The playbook: a service strategy per segment, in Chinese and English, checked for gaps."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from kehu.actions import playbook_check
from kehu.errors import raise_all
from kehu.yaml_file import read_yaml


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

    def codes(self) -> dict[str, str | int]:
        """Return `action, channel, owner, contact_days`."""
        return self.model_dump(exclude={"service", "benefits"})


class Playbook(_Strict):
    """Strategies per segment, and the words for the codes they use.

    `slipping` takes the place of the segment's strategy for high-value customers who are probably
    leaving: whom one is about to lose is not thanked, but called.
    """

    channels: dict[str, Text]
    owners: dict[str, Text]
    actions: dict[str, Text]
    strategies: dict[str, Strategy]
    slipping: Strategy

    def table(self) -> pd.DataFrame:
        """Return one row per segment: `rfm_segment, action, channel, owner, contact_days`."""
        rows = [{"rfm_segment": s, **strategy.codes()} for s, strategy in self.strategies.items()]
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
        defined, a missing language, a misspelt key; all at once, with line numbers.
    """
    file = read_yaml(path)
    raise_all(playbook_check.problems(file, Playbook))
    return Playbook.model_validate(file.data)
