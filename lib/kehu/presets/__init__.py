"""Column maps of the exports that clients send most: CRM systems, web shops, ERP, POS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz import process

OR = " | "
"""Between names of which the first that the file has is taken."""
NOTHING = "-"
"""Last of several names: the file need not have any of them."""


@dataclass(frozen=True)
class Preset:
    """How one kind of export is read.

    Parameters
    ----------
    key : str
        Its name in the params.
    name, note : dict
        What it reads and what to know of it, by language `zh` and `en`; a note may be missing.
    table : str
        The table it feeds.
    signature : tuple of str
        Columns by which it is recognised, each perhaps with other names.
    values : dict
        What it puts into a source of the params.
    """

    key: str
    name: Mapping[str, str]
    note: Mapping[str, str]
    table: str
    signature: tuple[str, ...]
    values: Mapping[str, Any]


@lru_cache(maxsize=1)
def all_presets() -> dict[str, Preset]:
    """Return all presets by key."""
    found = sorted(f.name for f in files("kehu.presets").iterdir() if f.name.endswith(".yml"))
    return {name.removesuffix(".yml"): _read(name) for name in found}


def _read(file: str) -> Preset:
    loaded = yaml.safe_load(files("kehu.presets").joinpath(file).read_text(encoding="utf-8"))
    own = {n: loaded.pop(n, {}) for n in ("name", "note", "table", "signature")}
    return Preset(file.removesuffix(".yml"), **{**own, "signature": tuple(own["signature"])},
                  values=loaded)  # fmt: skip


def unknown(key: str) -> str:
    """Say that there is no such preset, and which there are."""
    near = process.extractOne(key, list(all_presets()), score_cutoff=60)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    return f"{meant}Known: {', '.join(all_presets())}."


def applied(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source with what its preset says put in where the source says nothing.

    Parameters
    ----------
    source : mapping
        As in the params; one without a known preset comes back as it is.
    """
    preset = all_presets().get(str(source.get("preset")))
    if preset is None:
        return dict(source)
    return _over(preset.values, source)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(below)
    for name, value in above.items():
        inner = joined.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            value = _over(inner, value)
        joined[name] = value
    return joined


def chosen(name: str, columns: Iterable[str]) -> str | None:
    """Choose a column: by its whole name, else the first of several names that is there.

    Parameters
    ----------
    name : str
        `下单时间`, or several names, `下单时间 | 订单日期`; `-` at their end means none is needed.
    columns : iterable of str
        The file's columns.

    Returns
    -------
    str or None
        None where none is there and none is needed. A name that is missing comes back as it is.
    """
    columns = set(columns)
    if name in columns or OR not in name:
        return name
    options = [option.strip() for option in name.split(OR)]
    found = next((option for option in options if option in columns), None)
    return found if found or options[-1] == NOTHING else name


def recognised(columns: Iterable[str]) -> Preset | None:
    """Return the preset whose signature a file has; of several, the one with the longest."""
    columns = set(columns)
    fitting = [
        preset
        for preset in all_presets().values()
        if all(chosen(name, columns) in columns for name in preset.signature)
    ]
    return max(fitting, key=lambda preset: len(preset.signature), default=None)
