"""The name of a cluster in words, from its code."""

from __future__ import annotations

from kehu.i18n import Translator


def cluster_name(say: Translator, code: str) -> str:
    """Say a code such as `n_orders_high+days_since_last_low` in words.

    Parameters
    ----------
    say : Translator
    code : str
        See `kehu.segments.cluster_names.named`.

    Returns
    -------
    str
        `·` between the words; a number behind it where two clusters would be called the same.
    """
    base, _, number = code.partition("#")
    if base == "average":
        named = say("cluster_word.average")
    else:
        parts = (word.rpartition("_") for word in base.split("+"))
        named = " · ".join(say(f"cluster_word.{feature}.{end}") for feature, _, end in parts)
    return f"{named} {number}" if number else named
