"""Words of texts in Chinese and English, and which language a text is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import yaml
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

LANGUAGES = ("zh", "en")
"""Languages that texts are read in."""

HAN_SHARE = 0.3
"""Share of Chinese characters among the letters from which a text is Chinese."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = r"(?u)\b[^\W\d_][\w']*\w\b"
_SPELT = re.compile(r"[^\W\d_]")


def available() -> bool:
    """Whether Chinese texts can be cut into words: the extra `text` is installed."""
    return find_spec("rjieba") is not None


def language_of(text: str) -> str:
    """Return the language of a text by its characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        `zh` where Chinese characters are 30 % of the letters or more, `en` where there are other
        letters, empty for a text without letters (numbers, punctuation, emoji).

    Notes
    -----
    A product name in Latin letters does not make a Chinese comment English. French is read as
    English: other languages are not told apart.
    """
    letters = len(_SPELT.findall(text))
    if not letters:
        return ""
    return "zh" if len(_HAN.findall(text)) >= HAN_SHARE * letters else "en"


def words(
    texts: Sequence[str],
    language: str,
    known: Iterable[str] = (),
    skipped: Collection[str] = (),
) -> list[list[str]]:
    """Cut texts into the words that carry a topic.

    Parameters
    ----------
    texts : sequence of str
        All in one language.
    language : {'zh', 'en'}
    known : iterable of str
        The client's own words, such as product names, which the dictionary may lack.
    skipped : collection of str
        Further words to leave out.

    Returns
    -------
    list of list of str
        For each text its words in order: lower case, traditional characters as simplified ones,
        without function words, numbers and single letters or characters.

    Raises
    ------
    ValueError
        `language` is neither.
    ModuleNotFoundError
        Chinese texts, and the extra is not installed; see `available`.

    Notes
    -----
    Chinese is cut by jieba's dictionary and hidden Markov model in its maintained Rust
    implementation (`rjieba`), whose wheel carries the dictionary; English by scikit-learn's
    tokeniser.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {language!r}")
    plain = [unicodedata.normalize("NFKC", text).lower() for text in texts]
    left_out = {*_stop_words(language), *(word.lower() for word in skipped)}
    cut = _chinese(plain, known) if language == "zh" else map(_english(), plain)
    return [[w for w in line if w not in left_out and _tells(w)] for line in cut]


def _tells(word: str) -> bool:
    """Whether a word is spelt (no number or sign) and longer than one character."""
    return len(word) > 1 and len(_SPELT.findall(word)) == len(word.replace("'", ""))


@lru_cache
def _stop_words(language: str) -> frozenset[str]:
    if language == "en":
        return frozenset(ENGLISH_STOP_WORDS)
    listed = files("kehu.voice").joinpath("stopwords.yml").read_text("utf-8")
    return frozenset(yaml.safe_load(listed)["zh"].split())


def _english() -> Any:
    return CountVectorizer(token_pattern=_WORD).build_tokenizer()


def _chinese(texts: Sequence[str], known: Iterable[str]) -> list[list[str]]:
    """Cut Chinese texts; a dictionary of its own for each call, so that no word stays behind."""
    import rjieba

    cutter = rjieba.Jieba()
    for word in sorted({_simplified(word.lower()) for word in known}):
        cutter.add_word(word, cutter.suggest_freq(word), "n")
    return [cutter.cut(_simplified(text)) for text in texts]


def _simplified(text: str) -> str:
    return str(_converter().convert(text))


@lru_cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
