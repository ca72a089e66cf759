"""Which text encoding a file is in, decided on the whole file, never guessed in silence."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

import opencc

from kehu.errors import KehuError, Problem
from kehu.prepare import files, guess
from kehu.prepare.places import Location

_SAMPLE = 20_000
_CLEAR, _LEAD = 0.6, 0.2
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decide(path: Location, given: str | None = None, wanted: Iterable[str] = ()) -> str:
    """Find the encoding that reads every byte of a file.

    Parameters
    ----------
    path : Path or zipfile.Path
        A text file, gzipped or not.
    given : str, optional
        The encoding named in the params; it must read the whole file.
    wanted : iterable of str
        Column names the file should hold; an encoding that alone yields them all is right.

    Returns
    -------
    str
        `utf-8`, `utf-8-sig`, `utf-16`, `gb18030`, `big5`, `cp1252` or the one given.

    Raises
    ------
    KehuError
        KH-D05: no encoding reads the file, or two do and give different sensible text.

    Notes
    -----
    A strict decoder must accept the whole file. GB18030, Big5 and Windows-1252 accept much of
    one another, so they are compared by the share of everyday characters they would give.
    """
    if given is not None:
        return _given(path, given)
    with files.opened(path) as file:
        head = file.read(files.CHUNK)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    wide = files.wide_encoding(head)
    for name in filter(None, (marked, wide, "utf-8")):
        if _reads(path, name):
            return name
    return _compared(path, [w for w in wanted if not w.isascii()])


def _given(path: Location, name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        remedy = "Use utf-8, gb18030, big5, utf-16 or cp1252, or leave `encoding` out."
        problem = Problem("KH-D05", path.name, f"there is no encoding `{name}`.", remedy)
        raise KehuError(problem) from None
    if _reads(path, name):
        return name
    what = f"the file is not in `{name}`, the encoding given."
    raise KehuError(Problem("KH-D05", path.name, what, "Leave `encoding` out to have it found."))


def _chunks(path: Location) -> Iterator[bytes]:
    with files.opened(path) as file:
        while chunk := file.read(files.CHUNK):
            yield chunk


def _reads(path: Location, name: str) -> bool:
    """Whether a strict decoder accepts the whole file."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _compared(path: Location, wanted: list[str]) -> str:
    sample = _foreign_lines(path)
    damaged = _damaged_utf8(path, sample)
    if damaged:
        raise KehuError(damaged)
    names = [n for n in ("gb18030", "big5", "cp1252") if _reads(path, n)]
    telling = [n for n in names if wanted and all(w in sample.decode(n) for w in wanted)]
    telling = telling or [n for n in names if guess.names_in(sample.decode(n).splitlines()[0])]
    if len(telling) == 1:
        return telling[0]
    ranked = sorted(((_plausible(sample.decode(n), n), n) for n in names), reverse=True)
    runner_up = ranked[1][0] if len(ranked) > 1 else 0.0
    if ranked and ranked[0][0] >= _CLEAR and ranked[0][0] - runner_up >= _LEAD:
        return ranked[0][1]
    shown = "; ".join(f"{n}: “{_example(sample.decode(n))}”" for _, n in ranked)
    what = f"the text encoding cannot be decided ({shown or 'none of the usual ones reads it'})."
    remedy = "Set `encoding:` for this source, or save the file as UTF-8."
    raise KehuError(Problem("KH-D05", path.name, what, remedy))


def _foreign_lines(path: Location) -> bytes:
    """Collect whole lines that hold more than ASCII, up to a sample's size."""
    lines: list[bytes] = []
    size = 0
    with files.opened(path) as file:
        for line in file:
            if not line.isascii():
                lines.append(line)
                size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(lines)


def _damaged_utf8(path: Location, sample: bytes) -> Problem | None:
    text = sample.decode("utf-8", errors="replace")
    foreign = [c for c in text if not c.isascii()]
    bad = foreign.count("\ufffd")
    if not foreign or bad > len(foreign) / 10:
        return None
    line, shown = _first_damage(path)
    what = f"the file is UTF-8, but damaged (first: line {line}, “{shown}”)."
    return Problem("KH-D05", path.name, what, "Export it again, or mend that line.")


def _first_damage(path: Location) -> tuple[int, str]:
    with files.opened(path) as file:
        for number, line in enumerate(file, 1):
            text = line.decode("utf-8", errors="replace")
            if "\ufffd" in text:
                return number, text.strip()[:40]
    return 0, ""


def _example(text: str) -> str:
    words = (w for w in text.replace(",", " ").replace("\t", " ").split() if not w.isascii())
    return next(words, "")[:20]


def _plausible(text: str, name: str) -> float:
    """Return the share of non-ASCII characters that are everyday ones in this encoding."""
    pairs = [(c, text[i - 1 : i], text[i + 1 : i + 2]) for i, c in enumerate(text)]
    foreign = [p for p in pairs if not p[0].isascii()]
    if not foreign:
        return 0.0
    everyday = _latin if name == "cp1252" else (_chinese if name == "gb18030" else _traditional)
    return sum(everyday(*p) for p in foreign) / len(foreign)


def _latin(char: str, before: str, after: str) -> bool:
    if char in "€£’‘“”–":
        return True
    letter = unicodedata.category(char).startswith("L")
    return letter and any(c.isascii() and c.isalpha() for c in (before, after))


def _chinese(char: str, _before: str, _after: str) -> bool:
    code = char.encode("gb2312", errors="ignore")
    return bool(code) and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3))


def _traditional(char: str, before: str, after: str) -> bool:
    return bool(char.encode("big5", errors="ignore")) and _chinese(_simplified(char), before, after)


@cache
def _simplified(char: str) -> str:
    simple: str = _converter().convert(char)
    return simple


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
