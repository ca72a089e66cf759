"""From the client's status words to states of handling; words nobody knows are listed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import yaml

STATES = ("received", "in_progress", "adopted", "done", "refused", "reopened")
"""States of handling, in the order of the work."""

AGAIN = "done_again"
"""What words may also mean: done after it had been reopened, so done and come back."""

OPEN = ("received", "in_progress", "reopened", "unknown")
"""States in which a matter is not known to be finished."""

UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def _built_in() -> dict[str, str]:
    text = files("kehu.voice").joinpath("handling.yml").read_text(encoding="utf-8")
    return {_plain(w): state for state, words in yaml.safe_load(text).items() for w in words}


def _plain(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


def states_of(
    words: Iterable[str], own: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """Read the client's status words as states of handling.

    Parameters
    ----------
    words : iterable of str
        Distinct status words of the client's system.
    own : mapping, optional
        State, or `AGAIN`, to the client's words for it; they come before the built-in Chinese and
        English ones.

    Returns
    -------
    dict
        Each word to one of `STATES`, `AGAIN`, or `UNKNOWN`.

    Raises
    ------
    ValueError
        `own` names no state of handling.

    Notes
    -----
    Words are compared whole, in lower case, full width as half width, without blanks: a part of a
    word would read 未采纳 (not adopted) as 采纳 (adopted).
    """
    given = own or {}
    if strange := set(given) - {*STATES, AGAIN}:
        raise ValueError(f"states must be of {(*STATES, AGAIN)}, got {sorted(strange)}")
    known = {**_built_in(), **{_plain(w): s for s, ws in given.items() for w in ws}}
    return {word: known.get(_plain(word), UNKNOWN) for word in words}
