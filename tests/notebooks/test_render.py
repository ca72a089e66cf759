"""The client report as HTML and PDF: complete, self-contained, the same every time, and safe."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html as stdlib_html
import io
import re
import subprocess
import sys
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import pypdf
import pytest
import sample_report as sample
import typst
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from kehu.errors import KehuError
from kehu.report import fonts, html, images, markup, pdf, style

LANGUAGES = ["zh", "en"]
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "</style><script>alert(1)</script>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
    '<td style="background-color:url(http://evil.example)">x</td>',
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    '#read("/etc/passwd") #eval("1") $x$ @ref <label> // note /* note */ ...',
    '](#) ") #panic() \\u{41} `#x`',
    "{{7*7}} {% raw %} $body$",
]


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    found(request.param)
    return request.param


@pytest.fixture(scope="module")
def notebook(language):
    return sample.notebook(language)


@pytest.fixture(scope="module")
def page(notebook, language):
    return html.render(notebook, sample.meta(language))


@pytest.fixture(scope="module")
def printed(notebook, language):
    return printed_of(notebook, language)


def found(language):
    try:
        return fonts.find(language)
    except KehuError as error:
        pytest.skip(str(error))


def printed_of(notebook, language="zh"):
    meta = sample.meta(language)
    return pdf.render(html.body(notebook, meta), meta, found(language))


def text_of(document):
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


def one_cell(source):
    return new_notebook(cells=[new_markdown_cell("# A\n\n" + source)])


def one_output(fragment):
    return new_notebook(cells=[new_markdown_cell("# A"), sample.shown(fragment)])


# --- the page ---------------------------------------------------------------------------------


def test_the_page_names_no_address(page):
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all(["link", "iframe", "object", "base"])
    for tag in soup.find_all(True):
        for name in ("src", "href", "srcset", "action"):
            assert str(tag.get(name, "#")).startswith(("#", "data:image/"))
    css = "".join(tag.text for tag in soup.find_all("style"))
    css = re.sub(r'url\("data:font/woff;base64,[A-Za-z0-9+/=]*"\)', "", css)
    assert not re.search(r"url\(|@import|https?:|//", css)


def test_the_policy_allows_exactly_the_style_and_script_of_the_page(page):
    soup = BeautifulSoup(page, "html.parser")
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert len(soup.find_all("style")) == len(soup.find_all("script")) == 1
    for name in ("style", "script"):
        digest = hashlib.sha256(soup.find(name).text.encode()).digest()
        assert f"{name}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_headings_start_at_one_and_skip_no_level(page):
    levels = [int(h.name[1]) for h in BeautifulSoup(page, "html.parser").select("h1,h2,h3,h4,h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_contents_lead_to_every_chapter(page):
    soup = BeautifulSoup(page, "html.parser")
    targets = [link["href"][1:] for link in soup.select("nav.contents a")]
    assert [h["id"] for h in soup.select("main h2")] == [
        link["href"][1:] for link in soup.select("nav.contents details > ol > li > a")
    ]
    assert all(soup.find(id=target) for target in targets)


def test_the_page_states_its_language_and_every_image_has_a_text(page, language):
    soup = BeautifulSoup(page, "html.parser")
    assert soup.html["lang"] == html.LANGUAGE_TAGS[language]
    assert soup.find_all("img")
    assert all(image["alt"] for image in soup.find_all("img"))


def test_figures_and_tables_are_numbered_in_order(page, language):
    soup = BeautifulSoup(page, "html.parser")
    word = sample.meta(language).labels["figure"]
    found_labels = [caption.span.text for caption in soup.select("figcaption")]
    assert found_labels == [f"{word} 1", f"{word} 2"]


def test_the_same_notebook_gives_the_same_page(notebook, page, language):
    assert html.render(notebook, sample.meta(language)) == page


def test_code_streams_errors_and_plain_text_do_not_reach_the_page():
    outputs = [
        new_output("stream", name="stderr", text="/secret/path.py: warning"),
        new_output("error", ename="E", evalue="secret value", traceback=["secret frame"]),
        new_output("display_data", data={"text/plain": "secret repr"}),
        new_output("display_data", data={"text/markdown": "shown **text**"}),
    ]
    notebook = new_notebook(cells=[new_code_cell("secret = 1", outputs=outputs)])
    page = html.render(notebook, sample.meta("en"))
    assert "secret" not in page
    assert "shown <strong>text</strong>" in page


def test_links_stay_inside_the_report():
    source = "[in](#tbl-a) [lost](#nowhere) [out](https://example.org/a) [mail](mailto:a@b.cn)"
    notebook = new_notebook(cells=[new_markdown_cell(source), sample.shown('<p id="x">x</p>')])
    notebook.cells.append(sample.shown('<div class="table" id="tbl-a"><table></table></div>'))
    soup = BeautifulSoup(html.body(notebook, sample.meta("en")), "html.parser")
    assert [link["href"] for link in soup.find_all("a")] == ["#tbl-a"]
    assert "out (https://example.org/a) mail (a@b.cn)" in soup.p.text


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("make", [one_cell, one_output], ids=["markdown", "html"])
def test_client_text_never_runs(payload, make):
    soup = BeautifulSoup(html.body(make(payload), sample.meta("en")), "html.parser")
    for tag in soup.find_all(True):
        assert tag.name in markup.ATTRIBUTES
        assert not [name for name in tag.attrs if name.startswith("on") or name == "srcdoc"]
        assert "url" not in str(tag.get("style", ""))
        assert str(tag.get("href", "#")).startswith("#")
        assert str(tag.get("src", "data:")).startswith("data:")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_client_text_is_kept_as_text(payload):
    escaped = f"<p>{stdlib_html.escape(payload)}</p>"
    soup = BeautifulSoup(html.body(one_output(escaped), sample.meta("en")), "html.parser")
    assert soup.p.text == payload


def test_a_label_that_is_missing_is_named():
    labels = dict(sample.meta("en").labels)
    del labels["figure"]
    with pytest.raises(ValueError, match="figure"):
        dataclasses.replace(sample.meta("en"), labels=labels)


def test_missing_templates_say_what_to_install(monkeypatch, tmp_path):
    html.templates_dir.cache_clear()
    monkeypatch.setattr(html.kehu, "__file__", str(tmp_path / "lib" / "kehu" / "__init__.py"))
    with pytest.raises(KehuError, match=r"KH-R03.*pip install"):
        html.templates_dir()


# --- the PDF ----------------------------------------------------------------------------------


def test_the_same_report_gives_the_same_bytes(notebook, printed, language):
    assert printed_of(notebook, language) == printed


def test_the_pdf_is_tagged_archived_and_says_what_it_is(printed, language):
    reader = pypdf.PdfReader(io.BytesIO(printed))
    meta = sample.meta(language)
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == html.LANGUAGE_TAGS[language]
    assert reader.metadata.title == meta.title
    assert reader.metadata.creation_date.date() == meta.issued
    description = catalog["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1<" in description
    assert "<pdfaid:part>2<" in description


def test_pages_are_a4_with_numbers_and_bookmarks(notebook, printed, language):
    reader = pypdf.PdfReader(io.BytesIO(printed))
    sizes = {tuple(round(float(x)) for x in page.mediabox[2:]) for page in reader.pages}
    assert sizes == {(595, 842)}
    assert len(reader.pages) >= 8
    number = sample.meta(language).labels["page"].format(page=3, pages=len(reader.pages))
    assert number in reader.pages[2].extract_text()
    titles = [str(entry["/Title"]) for entry in reader.outline if not isinstance(entry, list)]
    body = BeautifulSoup(html.body(notebook, sample.meta(language)), "html.parser")
    assert [re.sub(r"^\d+\s*", "", title) for title in titles[-6:]] == [
        heading.text for heading in body.find_all("h2")
    ]


def test_every_sentence_is_in_the_pdf(notebook, printed, language):
    text = text_of(printed)
    body = BeautifulSoup(html.body(notebook, sample.meta(language)), "html.parser")
    for tag in body.select("p, li, td, th, dd, dt, h2, h3"):
        assert re.sub(r"\s+", "", tag.get_text()) in text


def test_every_font_is_embedded(printed):
    reader = pypdf.PdfReader(io.BytesIO(printed))
    seen = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font["/DescendantFonts"][0].get_object()
            keys = inner["/FontDescriptor"].keys()
            seen[str(font["/BaseFont"])] = any(key.startswith("/FontFile") for key in keys)
    assert seen
    assert all(seen.values()), seen


def test_table_heads_repeat_on_the_next_page(printed, language):
    reader = pypdf.PdfReader(io.BytesIO(printed))
    head = sample.TEXT[language]["columns"][0]
    last = sample.TEXT[language]["columns"][6]
    pages = [page.extract_text() for page in reader.pages]
    assert sum(head in text and last in text for text in pages) == 2


def test_a_very_wide_table_loses_no_column():
    numbers = [f"{n:,}.00" for n in range(12_345_678, 12_345_678 + 20 * 1111, 1111)]
    cells = "".join(f'<td class="gt_right">{n}</td>' for n in numbers)
    heads = "".join(f"<th>C{i}</th>" for i, _ in enumerate(numbers))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    document = printed_of(one_output(f'<div class="table">{table}</div>'), "en")
    text = text_of(document)
    assert all(number in text for number in numbers)
    page = pypdf.PdfReader(io.BytesIO(document)).pages[-1]
    assert page.mediabox.width > page.mediabox.height
    starts, widths = placed(page, numbers)
    assert all(a + width <= b for (a, b), width in zip(pairwise(starts), widths, strict=False))
    assert starts[-1] + widths[-1] <= page.mediabox.width


def placed(page, numbers):
    """Return where each number starts, and the least it needs: half its type size a character."""
    seen = {}

    def visit(text, cm, tm, _, size):
        seen[text.strip()] = (tm[4] * cm[0] + cm[4], abs(tm[0] * cm[0]) * size)

    page.extract_text(visitor_text=visit)
    where = [seen[number] for number in numbers]
    return [x for x, _ in where], [len(numbers[0]) * size * 0.45 for _, size in where]


def test_characters_without_glyph_are_named():
    with pytest.raises(KehuError) as caught:
        printed_of(one_cell("甲 \U0001f600 乙 \u0f40 丙"))
    message = str(caught.value)
    assert message.startswith("KH-F02")
    assert "U+1F600 GRINNING FACE" in message
    assert "U+0F40 TIBETAN LETTER KA" in message


def test_chinese_without_a_chinese_font_is_an_error_not_boxes():
    meta = sample.meta("en")
    with pytest.raises(KehuError, match=r"KH-F02.*U\+738B"):
        pdf.render(html.body(one_cell("Wang 王"), meta), meta, fonts.FontSet(None))


def test_english_needs_no_chinese_font():
    meta = sample.meta("en")
    document = pdf.render(html.body(one_cell("Plain **text**"), meta), meta, fonts.FontSet(None))
    assert "Plaintext" in text_of(document)


def test_a_figure_without_a_text_is_refused():
    image = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    source = f'<figure><img alt="" src="data:image/svg+xml;base64,{image.decode()}"></figure>'
    with pytest.raises(typst.TypstError, match="alt"):
        printed_of(one_output(source), "en")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_client_text_is_not_typst_code(payload):
    kept = stdlib_html.escape(payload)
    table = f"<table><tr><td>{kept}</td></tr></table>"
    image = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    source = (
        f'<p>{kept}</p><div class="table"><p class="caption">{kept}</p>{table}</div>'
        f'<figure><figcaption>{kept}</figcaption><img alt="{kept}" '
        f'src="data:image/svg+xml;base64,{image.decode()}"></figure>'
    )
    meta = dataclasses.replace(sample.meta("en"), title=payload, client=payload)
    text = text_of(pdf.render(html.body(one_output(source), meta), meta, found("en")))
    assert text.count(re.sub(r"\s+", "", payload)) >= 5


def test_a_chinese_paragraph_does_not_end_in_a_line_of_one_character():
    base = "客户按最近一次购买和消费金额分为六类规则见附录任何一位客户都只属于一类" * 3
    notebook = new_notebook(cells=[new_markdown_cell(base[:n] + "。") for n in range(40, 100)])
    pages = pypdf.PdfReader(io.BytesIO(printed_of(notebook))).pages
    lines = [line for page in pages[1:] for line in page.extract_text().splitlines()]
    ends = [line for line in lines if line.endswith("。")]
    assert len(ends) == 60
    assert min(len(line) for line in ends) >= 4


# --- fonts and figures ------------------------------------------------------------------------


def test_no_chinese_font_says_what_to_install(monkeypatch):
    monkeypatch.setattr(fonts, "_known_faces", list)
    with pytest.raises(KehuError, match=r"KH-F01.*pip install 'kehu\[cjk\]'"):
        fonts.find("zh")
    assert fonts.find("en") == fonts.FontSet(None)


def test_the_font_package_is_located_without_being_imported():
    code = "import sys; from kehu.report import fonts; fonts.find('en'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mplfonts" not in done.stdout


def drawn(label):
    figure, axes = plt.subplots()
    axes.plot([1, 2], [1, 4])
    axes.set_xlabel(label)
    try:
        return style.svg(figure)
    finally:
        plt.close(figure)


def test_a_figure_is_the_same_every_time_and_its_letters_are_outlines():
    found("zh")
    with style.house_style("zh"):
        first, second = drawn("收入，元"), drawn("收入，元")
    assert first == second
    assert b"<text" not in first
    assert b"dc:date" not in first


def pixels(svg):
    sheet = b"#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg))"
    image = typst.compile(sheet, format="png", ppi=144, sys_inputs={"svg": svg.decode()})
    return mpl.image.imread(io.BytesIO(image), format="png")


def test_a_figure_in_the_page_is_smaller_and_the_same_drawing(language):
    with style.house_style(language):
        figure = drawn("12,345.678 " + {"zh": "人民币", "en": "yuan"}[language])
    before = f'<img alt="x" src="data:image/svg+xml;base64,{base64.b64encode(figure).decode()}">'
    soup = BeautifulSoup(before, "html.parser")
    images.shrink(soup)
    after = base64.b64decode(soup.img["src"].split(",")[1])
    assert len(after) < 0.8 * len(figure)
    differs = abs(pixels(after) - pixels(figure)).max(axis=2)
    assert differs.max() < 0.25
    assert pixels(figure).min() < 0.5


def test_figures_of_two_reports_are_made_smaller_at_once():
    """In a process of its own: the minifier, configured twice, would wait for itself for ever."""
    code = """
import base64
from concurrent.futures import ThreadPoolExecutor
from bs4 import BeautifulSoup
from kehu.report import images

svg = '<svg xmlns="http://www.w3.org/2000/svg"><style>a{b:c}</style><path d="M 1 1 L 2 2"/></svg>'
page = '<img src="data:image/svg+xml;base64,%s">' % base64.b64encode(svg.encode()).decode()
pages = [BeautifulSoup(page * 40, "html.parser") for _ in range(40)]
with ThreadPoolExecutor(8) as pool:
    list(pool.map(images.shrink, pages))
print(len({str(p) for p in pages}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "1", done.stderr


def test_a_figure_with_a_missing_glyph_is_an_error():
    with pytest.raises(KehuError, match=r"KH-F02.*U\+0F40"), style.house_style("en"):
        drawn("\u0f40")


def test_house_style_leaves_no_setting_behind():
    before = dict(mpl.rcParams)
    with style.house_style("en"):
        assert mpl.rcParams["svg.fonttype"] == "path"
    assert dict(mpl.rcParams) == before


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_colours_can_be_read_and_series_differ_in_grey():
    palette = style.HOUSE
    wash = luminance(palette.wash)
    for name in ("accent", "ink", "muted", "red", "amber", "green"):
        assert (wash + 0.05) / (luminance(getattr(palette, name)) + 0.05) >= 4.5
    light = sorted(116 * luminance(c) ** (1 / 3) - 16 for c in palette.series)
    assert min(b - a for a, b in pairwise(light)) >= 7
