"""The house style: one palette for page, print and figures, and figures that come out the same."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from cycler import cycler
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from kehu.report import fonts


@dataclass(frozen=True)
class Palette:
    """Colours of a report as hex text; text colours have a contrast of 4.5:1 or more on `wash`.

    Parameters
    ----------
    accent, ink, muted, line, wash : str
        The one accent, text, secondary text, hairlines, background of boxes.
    red, amber, green : str
        Ratings; a word always stands beside them.
    series : tuple of str
        Series of a chart, apart in lightness (grey print) and for colour-blind readers.
    """

    accent: str = "#0b5563"
    ink: str = "#1b2530"
    muted: str = "#566371"
    line: str = "#d7dde2"
    wash: str = "#f3f6f7"
    red: str = "#a4262c"
    amber: str = "#8a5300"
    green: str = "#1d6b40"
    series: tuple[str, ...] = ("#0b5563", "#e8a33d", "#b7d3df", "#b0485a", "#6aa5a0", "#1f2a33")

    def shades(self) -> LinearSegmentedColormap:
        """Make the light-to-accent colour map of heat maps and grids."""
        return LinearSegmentedColormap.from_list("kehu", [self.wash, "#8fb9c1", self.accent])


HOUSE = Palette()

TEXT_WIDTH = 6.3
"""Width in inches of the text on the printed page: a figure of this width keeps its type size."""

_MISSING = re.compile(r"Glyph (\d+) \(.*\) missing from font")


@contextmanager
def house_style(language: str = "zh", palette: Palette = HOUSE) -> Iterator[Palette]:
    """Draw figures in the report's type and colours; leave no setting behind.

    Parameters
    ----------
    language : {"zh", "zh-Hant", "en"}
        Language of the labels.
    palette : Palette
        Colours; the house's by default.

    Yields
    ------
    Palette
        The palette, for direct labels and highlights.

    Raises
    ------
    KehuError
        KH-F01, no Chinese font; KH-F02, on leaving, a drawn label has a character without glyph.

    Notes
    -----
    Draw and save inside the block: matplotlib reads fonts when it saves.
    """
    with mpl.rc_context(), _glyphs_checked():
        mpl.rcParams.update(sns.axes_style("ticks"))
        mpl.rcParams.update(sns.plotting_context("paper"))
        mpl.rcParams.update(_settings(_family(fonts.find(language)), palette))
        yield palette


def svg(figure: Figure) -> bytes:
    """Save a figure as an SVG whose bytes depend on nothing but the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn inside `house_style`, and saved there.

    Returns
    -------
    bytes
        SVG with text as outlines, no date, no version, no random id.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _settings(family: str, palette: Palette) -> Any:
    return {
        "font.family": [family, "DejaVu Sans"] if family else ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.labelsize": 8.5,
        "axes.titlesize": 9.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "text.color": palette.ink,
        "axes.labelcolor": palette.muted,
        "axes.edgecolor": palette.muted,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": palette.line,
        "grid.linewidth": 0.5,
        "xtick.color": palette.muted,
        "ytick.color": palette.muted,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "ytick.major.size": 0,
        "xtick.major.size": 3,
        "axes.prop_cycle": cycler(color=palette.series),
        "lines.linewidth": 1.6,
        "patch.linewidth": 0.4,
        # Chinese fonts draw the minus sign as wide as a character.
        "axes.unicode_minus": not family,
        "figure.figsize": (TEXT_WIDTH, 3.1),
        "figure.constrained_layout.use": True,
        "savefig.transparent": True,
        "svg.fonttype": "path",
        "svg.hashsalt": "kehu",
    }


def _family(found: fonts.FontSet) -> str:
    if found.sans is None:
        return ""
    for face in filter(None, (found.sans, found.sans_bold)):
        _register(str(face.path))
    names = {entry.name for entry in font_manager.fontManager.ttflist}
    # Older matplotlib knows a font collection by its first face only.
    family = found.sans.family
    return family if family in names else FT2Font(str(found.sans.path)).family_name


def _register(path: str) -> None:
    if all(entry.fname != path for entry in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(path)


@contextmanager
def _glyphs_checked() -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message="Glyph ")
        yield
    messages = [(str(entry.message), entry) for entry in caught]
    missing = [chr(int(hit[1])) for text, _ in messages if (hit := _MISSING.match(text))]
    for text, entry in messages:
        if not _MISSING.match(text):
            warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
    if missing:
        raise fonts.missing_glyphs(missing, "figure")
