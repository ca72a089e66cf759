"""What a parameter may be: the kinds of text, shares and choices the schema is made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

_DEVICES = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
_RESERVED = {*_DEVICES, "templates"}
_DIRECTIONS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"


def folder_name(value: str) -> str:
    """Return a name that is safe as one folder on every system.

    Raises
    ------
    ValueError
        It is empty, too long, a device of Windows, a folder of the kit, or could leave its place.
    """
    if not re.fullmatch(r"\w(?:[\w.-]{0,62}\w)?", value) or ".." in value:
        raise ValueError("use at most 64 letters, digits, `-`, `_` and `.`: it names a folder")
    if unicodedata.normalize("NFKC", value) != value or value.split(".")[0].lower() in _RESERVED:
        raise ValueError("this name cannot be a client's folder on every system; choose another")
    return value


def _iso_date(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError('write a date as "2026-09-30"')
    date.fromisoformat(value)
    return value


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError("use a three-letter ISO 4217 code such as CNY, USD, EUR")
    return value


def _unique(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("name each language once")
    return value


def _no_controls(value: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in _DIRECTIONS for c in value):
        raise ValueError("it holds a control character; write plain text on one line")
    return value


FolderName = Annotated[str, AfterValidator(folder_name)]
IsoDate = Annotated[str, AfterValidator(_iso_date)]
Line = Annotated[str, AfterValidator(_no_controls)]
Currency = Annotated[str, AfterValidator(_currency)]
Share = Annotated[float, Field(ge=0, le=1)]
Language = Literal["zh", "zh-Hant", "en"]
Languages = Annotated[list[Language], AfterValidator(_unique)]
TimeUnit = Literal["day", "week", "month", "quarter", "year"]


Rule = tuple[tuple[str, ...], Callable[..., bool], str]
"""Names of parameters, whether their values contradict each other, how to say it."""


def described(default: Any = ..., *, en: str, zh: str, **limits: Any) -> Any:
    """Declare a parameter with its meaning in both languages and its limits."""
    return Field(default, description=en, json_schema_extra={"zh": zh}, **limits)


def meaning(field: FieldInfo) -> dict[str, str]:
    """Return what a parameter means, by language: `zh` and `en`."""
    extra = field.json_schema_extra
    zh = extra.get("zh", "") if isinstance(extra, dict) else ""
    return {"zh": str(zh), "en": field.description or ""}


class Strict(BaseModel):
    """No unknown names, no conversions, no infinite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
