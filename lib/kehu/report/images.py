"""Vector figures made smaller before they go into the page: the same drawing in fewer bytes."""

from __future__ import annotations

import base64
import threading
from functools import cache

import minify
from bs4 import BeautifulSoup

_SVG = "data:image/svg+xml;base64,"
_DIGITS = 5
"""Significant digits of a coordinate: a hundredth of a point on a page's width."""

_ONE = threading.Lock()


def shrink(soup: BeautifulSoup) -> None:
    """Rewrite every embedded SVG without blanks, needless digits and long forms of paths.

    Parameters
    ----------
    soup : BeautifulSoup
        Changed in place; only images of the kind `data:image/svg+xml;base64,` are touched.

    Notes
    -----
    Done where the page is made and not where the figure is drawn: the minifier has threads of its
    own, and a kernel is forked from a process that must have none.
    """
    _configured()
    for image in soup.find_all("img"):
        source = str(image.get("src", ""))
        if source.startswith(_SVG):
            image["src"] = _SVG + _smaller(source.removeprefix(_SVG))


def _configured() -> None:
    """Set the precision once and before anything is minified.

    The minifier waits for itself for ever when it is configured while another thread uses it.
    """
    with _ONE:
        _configured_once()


@cache
def _configured_once() -> None:
    minify.config({"svg-precision": _DIGITS})


def _smaller(encoded: str) -> str:
    drawing = base64.b64decode(encoded).decode("utf-8")
    made = minify.string("image/svg+xml", drawing)
    return base64.b64encode(made.encode("utf-8")).decode("ascii")
