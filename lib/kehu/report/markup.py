"""The closed set of markup a report may hold, and the order of its headings and exhibits."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from bs4 import BeautifulSoup, Comment, Tag
from markdown_it import MarkdownIt

ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: frozenset(names.split())
    for tag, names in {
        "main": "id",
        "h1": "id",
        "h2": "id",
        "h3": "id",
        "h4": "id",
        "h5": "id",
        "h6": "id",
        "p": "",
        "div": "id style",
        "section": "id",
        "span": "style",
        "strong": "",
        "b": "",
        "em": "",
        "i": "",
        "sub": "",
        "sup": "",
        "small": "",
        "br": "",
        "hr": "",
        "blockquote": "",
        "code": "",
        "pre": "",
        "a": "href",
        "ul": "",
        "ol": "start",
        "li": "",
        "dl": "",
        "dt": "",
        "dd": "",
        "figure": "id",
        "figcaption": "",
        "img": "src alt width height",
        "table": "id style",
        "caption": "",
        "colgroup": "",
        "col": "span style",
        "thead": "",
        "tbody": "",
        "tfoot": "",
        "tr": "style",
        "th": "id colspan rowspan scope headers style",
        "td": "id colspan rowspan headers style",
    }.items()
}
"""Elements that may stand in a report, each with its attributes (`class` and `lang` are common)."""

REMOVED = ("script", "style", "template", "iframe", "object", "embed", "svg", "math", "noscript")
"""Elements removed with their content; any other unknown element is replaced by its content."""

SHORT_CELL, LONG_CELL = 14, 48
"""Widths up to which a table cell stays on one line, and from which its column is wider (a Chinese
character counts two)."""

_STYLE = re.compile(
    r"(width|text-align|font-weight|color|background-color|--share)\s*:\s*([#\w.%-]+)\s*"
)
_IMAGE = re.compile(r"data:image/(svg\+xml|png|jpeg);base64,[A-Za-z0-9+/=\s]+")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def from_markdown(source: str) -> str:
    """Render Markdown with raw HTML switched off; its headings start at `h2`."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(source)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return str(parser.renderer.render(tokens, parser.options, {}))


def clean(soup: BeautifulSoup) -> None:
    """Reduce a document to `ATTRIBUTES`: nothing in it runs or reaches outside."""
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(REMOVED):
        tag.decompose()
    seen: set[str] = set()
    for tag in soup.find_all(True):
        if tag.name not in ATTRIBUTES:
            tag.unwrap()
            continue
        allowed = ATTRIBUTES[tag.name] | {"class", "lang"}
        tag.attrs = {key: value for key, value in tag.attrs.items() if key in allowed}
        if tag.get("id") in seen:
            del tag["id"]
        seen.add(str(tag.get("id")))
        _clean_values(tag)


def _clean_values(tag: Tag) -> None:
    if "style" in tag.attrs:
        kept = [
            hit for part in str(tag["style"]).split(";") if (hit := _STYLE.fullmatch(part.strip()))
        ]
        tag["style"] = ";".join(f"{hit[1]}:{hit[2]}" for hit in kept)
        if not kept:
            del tag["style"]
    if tag.name == "img" and not _IMAGE.fullmatch(str(tag.get("src", ""))):
        tag.replace_with(str(tag.get("alt", "")))


def order_headings(soup: BeautifulSoup) -> None:
    """Start headings at `h2`, let none skip a level, give each an id and chapters a number."""
    above: list[int] = []
    chapter = 0
    for count, heading in enumerate(soup.find_all(_HEADINGS), start=1):
        level = int(heading.name[1])
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        heading.name = f"h{min(len(above) + 1, 6)}"
        heading["id"] = f"s{count}"
        if len(above) == 1:
            chapter += 1
            heading["data-number"] = str(chapter)


def number_exhibits(soup: BeautifulSoup, figure: str, table: str) -> None:
    """Put "Figure 1", "Table 1" before the captions of figures and tables."""
    captions = {
        figure: soup.select("figure > figcaption"),
        table: soup.select("div.table > p.caption"),
    }
    for word, found in captions.items():
        for number, caption in enumerate(found, start=1):
            label = soup.new_tag("span", attrs={"class": "label"})
            label.string = f"{word} {number}"
            caption.insert(0, label, " ")


def open_tables(soup: BeautifulSoup) -> None:
    """Put every table into a box that scrolls on small screens and can be reached by keyboard."""
    for table in soup.find_all("table"):
        box = _bare_parent(table) or table.wrap(soup.new_tag("div"))
        box.attrs = {"class": "scroll", "tabindex": "0"}
        for cell in table.find_all("td"):
            length = _columns(cell.get_text(strip=True))
            width = "short" if length <= SHORT_CELL else "long" if length >= LONG_CELL else "middle"
            cell["class"] = " ".join([*cell.get_attribute_list("class"), width])


def _bare_parent(table: Tag) -> Tag | None:
    parent = table.parent
    if parent is None or parent.name != "div" or parent.get("class"):
        return None
    return parent if len(parent.find_all(True, recursive=False)) == 1 else None


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def close_links(soup: BeautifulSoup) -> None:
    """Keep links to places in the report; print web and mail addresses as text."""
    places = {str(tag["id"]) for tag in soup.find_all(id=True)}
    for link in soup.find_all("a"):
        target = str(link.get("href", ""))
        if target.startswith("#") and target[1:] in places:
            continue
        if target.startswith(("http://", "https://", "mailto:")) and target not in link.get_text():
            link.append(f" ({target.removeprefix('mailto:')})")
        link.unwrap()
