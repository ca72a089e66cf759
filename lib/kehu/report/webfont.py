"""The page's own Chinese glyphs, so that no reader ever sees boxes instead of characters."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

from fontTools import subset
from fontTools.ttLib import TTFont

from kehu.report.fonts import Face

FAMILY = "kehu-glyphs"
"""Family name in the style sheet: last before the generic family, after every system font."""

FREE = ("Noto", "Source Han")
"""Families whose licence (SIL Open Font License) allows embedding."""

_FIRST = 0x2E80
_UNUSED = ["GPOS", "GSUB", "BASE", "VORG", "vhea", "vmtx", "DSIG"]


def font_face(text: str, face: Face | None) -> str:
    """Make the CSS rule that carries just the Chinese characters a page shows.

    Parameters
    ----------
    text : str
        Everything the page shows.
    face : Face or None
        The font found for the report.

    Returns
    -------
    str
        An `@font-face` rule with a data address; empty if the text has no Chinese characters, or
        the font may not be embedded.
    """
    shown = {ord(char) for char in text if ord(char) >= _FIRST}
    if face is None or not shown or not face.family.startswith(FREE):
        return ""
    data = base64.b64encode(_subset(face, shown)).decode("ascii")
    source = f'url("data:font/woff;base64,{data}") format("woff")'
    return f'@font-face{{font-family:"{FAMILY}";src:{source}}}\n'


def _subset(face: Face, characters: Iterable[int]) -> bytes:
    options = subset.Options(
        flavor="woff", hinting=False, layout_features=[], name_IDs=[], notdef_outline=True
    )
    options.drop_tables += _UNUSED
    font = TTFont(face.path, lazy=True, fontNumber=0, recalcTimestamp=False, recalcBBoxes=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
