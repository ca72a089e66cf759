"""A small picture of twelve months."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

from matplotlib.figure import Figure

from kehu.report.charts import ACCENT, LIGHT
from kehu.report.style import svg


def bars(months: Sequence[float], alt: str) -> str:
    """Draw spend by month as bars without axes, the last one marked.

    Parameters
    ----------
    months : sequence of float
        Spend by month, oldest first.
    alt : str
        What a reader who does not see it should know.

    Returns
    -------
    str
        An `<img>` element; draw inside `house_style`.
    """
    drawing = Figure(figsize=(2.1, 0.34))
    drawing.set_layout_engine("none")
    ax = drawing.add_axes((0, 0, 1, 1))
    colours = [LIGHT] * (len(months) - 1) + [ACCENT]
    ax.bar(range(len(months)), months, color=colours, width=0.72)
    ax.set_axis_off()
    image = base64.b64encode(svg(drawing)).decode("ascii")
    source = f"data:image/svg+xml;base64,{image}"
    return f'<img class="spark" alt="{html.escape(alt)}" src="{source}">'
