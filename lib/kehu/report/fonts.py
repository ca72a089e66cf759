"""Fonts for figures and PDF: what the system has, else what the `cjk` extra carries."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import typst

from kehu.errors import KehuError, Problem

SIMPLIFIED_SANS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "WenQuanYi Micro Hei",
    "SimHei",
)
TRADITIONAL_SANS = (
    "Noto Sans CJK TC",
    "Noto Sans TC",
    "Source Han Sans TC",
    "PingFang TC",
    "Microsoft JhengHei",
    "Heiti TC",
)
SIMPLIFIED_SERIF = (
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "Songti SC",
    "STSong",
)
TRADITIONAL_SERIF = ("Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC", "Songti TC")

LATIN = "Libertinus Serif"
"""The Latin typeface that Typst carries itself, with bold and italic."""

REGULAR = range(350, 451)
BOLD = range(600, 801)


@dataclass(frozen=True)
class Face:
    """One font file (or one face of a collection) that was found.

    Parameters
    ----------
    family : str
        Family name as Typst and matplotlib know it.
    path : pathlib.Path
        The file.
    """

    family: str
    path: Path


@dataclass(frozen=True)
class FontSet:
    """The fonts of one report.

    Parameters
    ----------
    sans : Face or None
        Upright face for text, tables and figures; none only for English without a Chinese font.
    sans_bold : Face or None
        Bold face of the same family; without it bold is drawn as a thin outline.
    serif : Face or None
        Face for headings and large figures; without it headings use `sans`.
    """

    sans: Face | None
    sans_bold: Face | None = None
    serif: Face | None = None

    @property
    def text_family(self) -> str:
        """Family of running text, tables and figures."""
        return self.sans.family if self.sans else LATIN

    @property
    def heading_family(self) -> str:
        """Family of headings in Chinese."""
        return self.serif.family if self.serif else self.text_family

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file of the set, each once."""
        found = (self.sans, self.sans_bold, self.serif)
        return tuple(dict.fromkeys(face.path for face in found if face))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders Typst has to read, each once."""
        return tuple(dict.fromkeys(path.parent for path in self.files))


def find(language: str = "zh") -> FontSet:
    """Find the fonts for a report in one language, the system's before those of the `cjk` extra.

    Parameters
    ----------
    language : {"zh", "zh-Hant", "en"}
        The report's language.

    Returns
    -------
    FontSet
        For English the set may be empty: Typst's and matplotlib's own Latin fonts serve then.

    Raises
    ------
    KehuError
        KH-F01, no Chinese font was found for a Chinese report.
    """
    known = _known_faces()
    traditional = language == "zh-Hant"
    sans_names = (TRADITIONAL_SANS if traditional else ()) + SIMPLIFIED_SANS
    serif_names = (TRADITIONAL_SERIF if traditional else ()) + SIMPLIFIED_SERIF
    sans = _first(known, sans_names, REGULAR)
    if sans is None and language != "en":
        raise KehuError(_no_font())
    bold = _first(known, (sans.family,), BOLD) if sans else None
    return FontSet(sans, bold, _first(known, serif_names, REGULAR))


def missing_glyphs(characters: Iterable[str], where: str) -> KehuError:
    """Make the error that names the characters no font can draw.

    Parameters
    ----------
    characters : iterable of str
        The characters, in any order, repeated or not.
    where : str
        The figure or document they stand in.

    Returns
    -------
    KehuError
        KH-F02 with every character, its code point and its Unicode name.
    """
    names = [_name(char) for char in sorted(set(characters))]
    what = f"{len(names)} characters have no glyph in the fonts found: {', '.join(names)}."
    remedy = "Replace them in the source data, or install a font that has them (Noto Sans CJK)."
    return KehuError(Problem("KH-F02", where, what, remedy))


def _name(char: str) -> str:
    return f"{char} (U+{ord(char):04X} {unicodedata.name(char, 'unnamed')})"


def _no_font() -> Problem:
    what = f"none of {len(SIMPLIFIED_SANS)} known Chinese font families is installed."
    return Problem("KH-F01", "fonts", what, "Run: pip install 'kehu[cjk]'")


def _known_faces() -> list[typst.FontInfo]:
    system = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    extra = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in _extra_folders()],
    )
    return [*system.fonts(), *extra.fonts()]


def _extra_folders() -> Iterator[Path]:
    spec = find_spec("mplfonts")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "fonts"


def _first(known: list[typst.FontInfo], names: Iterable[str], weights: range) -> Face | None:
    for name in names:
        for info in known:
            upright = info.style.lower() == "normal" and info.weight in weights
            if upright and info.family == name and info.path:
                return Face(name, Path(info.path))
    return None
