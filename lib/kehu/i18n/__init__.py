"""Catalogues in Chinese and English: one key, one sentence per language, figures formatted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from kehu.i18n import formats

LANGUAGES = ("zh", "zh-Hant", "en")
"""Languages of a report; traditional Chinese is converted from the simplified catalogue."""

_QUOTES = str.maketrans("“”‘’", "「」『』")
_SLOT = re.compile(r"\{([A-Za-z_][\w.]*)(?::(\w+))?\}")


@lru_cache
def catalogue(language: str) -> dict[str, str]:
    """Return a language's sentences and labels, `part.part.name` to text."""
    if language == "zh-Hant":
        return {key: traditional(text) for key, text in catalogue("zh").items()}
    folder = files("kehu.i18n").joinpath(language)
    stages = sorted((f for f in folder.iterdir() if f.name.endswith(".yml")), key=lambda f: f.name)
    found = [pair for f in stages for pair in _flat("", yaml.safe_load(f.read_text("utf-8")))]
    if len(dict(found)) < len(found):
        raise ValueError(f"a key stands in two catalogues: {_repeated(found)}")
    return dict(found)


def _repeated(pairs: list[tuple[str, str]]) -> set[str]:
    keys = [key for key, _ in pairs]
    return {key for key in keys if keys.count(key) > 1}


def _flat(prefix: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value)
    else:
        yield prefix, str(node)


@lru_cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2tw")


@lru_cache(maxsize=4096)
def traditional(text: str) -> str:
    """Convert simplified Chinese to traditional, characters as in Taiwan, quotes as 「」."""
    converted: str = _converter().convert(text)
    return converted.translate(_QUOTES)


def slots(text: str) -> list[tuple[str, str]]:
    """List the places of a sentence that wait for a figure, as (name, format)."""
    return [(m[1], m[2] or "") for m in _SLOT.finditer(text)]


@dataclass(frozen=True)
class Translator:
    """Speaks one language with one currency.

    Parameters
    ----------
    language : {'zh', 'zh-Hant', 'en'}
    currency : str
        ISO 4217 code.
    """

    language: str
    currency: str

    def __call__(self, key: str, values: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Return the sentence `key` with its figures filled in.

        Parameters
        ----------
        key : str
            A key of the catalogue.
        values, **more
            Name to value for the sentence's places, such as `{value.top20_share:percent}`.

        Returns
        -------
        str

        Raises
        ------
        KeyError
            No such sentence, or no value under the name a place asks for.
        """
        known = {**(values or {}), **more}
        return _SLOT.sub(
            lambda m: self.format(known[m[1]], m[2] or ""), catalogue(self.language)[key]
        )

    def has(self, key: str) -> bool:
        """Whether the catalogue holds a sentence under this key."""
        return key in catalogue(self.language)

    def format(self, value: Any, kind: str) -> str:
        """Format one value.

        Parameters
        ----------
        value : any
            None and not-a-number print as a dash.
        kind : str
            `int`, `dec1`, `dec2`, `dec3`, `percent` (one decimal), `percent0`, `percent2`,
            `money`, `money2`, `short` (万/亿, K/M), `short_money`, `date`,
            `chance` (a probability, never rounded to 0 or 1), empty for text, or a
            part of the catalogue in which the value is a key.
        """
        lang = self.language
        if not kind:
            return formats.MISSING if value is None else str(value)
        if kind.startswith("dec"):
            return formats.number(value, lang, int(kind[3:]))
        if kind.startswith("percent"):
            return formats.percent(value, lang, int(kind[7:] or 1))
        if kind in ("money", "money2"):
            return formats.money(value, lang, self.currency, int(kind[5:] or 0))
        simple = {
            "int": lambda: formats.number(value, lang),
            "short": lambda: formats.compact(value, lang),
            "short_money": lambda: formats.compact_money(value, lang, self.currency),
            "date": lambda: formats.day(value, lang),
            "chance": lambda: formats.chance(value, lang),
        }
        return simple[kind]() if kind in simple else self(f"{kind}.{value}")

    def pick(self, texts: Any) -> str:
        """Choose this language's text from an object with `zh` and `en`."""
        if self.language == "en":
            return str(texts.en)
        return traditional(texts.zh) if self.language == "zh-Hant" else str(texts.zh)
