"""Definitions kept in one file each: what an index is made of, what an indicator means."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """No unknown names, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Words(Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def entries(name: str) -> dict[str, Any]:
    """Return the definitions of a file of this package, code to what stands under it."""
    text = files("kehu.score").joinpath(name).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
