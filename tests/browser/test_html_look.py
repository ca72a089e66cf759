"""The HTML report in a real browser: opens offline, fits the screen, follows the reader."""

from __future__ import annotations

import pytest
import sample_report as sample

from kehu.errors import KehuError
from kehu.report import html

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module", params=["zh", "en"])
def file(request, tmp_path_factory):
    try:
        page = html.render(sample.notebook(request.param), sample.meta(request.param))
    except KehuError as error:
        pytest.skip(str(error))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, file):
    pages = []

    def go(viewport):
        page = browser.new_page(viewport=viewport)
        page.seen = []
        page.on("console", lambda message: page.seen.append(message.text))
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.on("dialog", lambda dialog: page.seen.append(dialog.message))
        page.on("request", lambda request: page.seen.append(request.url))
        page.goto(file)
        pages.append(page)
        return page

    yield go
    for page in pages:
        page.close()


def fetched(page):
    return [entry for entry in page.seen if not entry.startswith("data:")]


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_asks_for_nothing_and_fits_the_screen(opened, file, viewport):
    page = opened(viewport)
    assert fetched(page) == [file]
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_style_and_script_pass_the_policy(opened):
    page = opened(WIDE)
    accent = page.evaluate("getComputedStyle(document.querySelector('.number')).color")
    assert accent == "rgb(11, 85, 99)"
    assert page.locator(".contents [aria-current]").count() == 1


def test_a_script_that_is_not_ours_does_not_run(opened):
    page = opened(WIDE)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'run'";
            document.body.append(script);
        }"""
    )
    assert page.title() != "run"
    assert any("Content Security Policy" in entry for entry in page.seen)


def test_the_contents_follow_the_reader(opened):
    page = opened(WIDE)
    last = page.locator("main h2").last
    target = last.get_attribute("id")
    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    marked = page.locator(f'.contents a[href="#{target}"][aria-current]')
    marked.wait_for(timeout=3000)
    assert marked.is_visible()


def test_the_contents_fold_on_a_phone_and_open_in_print(opened):
    page = opened(PHONE)
    links = page.locator(".contents a").first
    assert not links.is_visible()
    page.locator(".contents summary").click()
    assert links.is_visible()
    page.locator(".contents summary").click()
    page.emulate_media(media="print")
    links.wait_for(state="visible", timeout=3000)


def test_a_wide_table_scrolls_inside_its_box_on_a_phone(opened):
    page = opened(PHONE)
    box = page.locator("#tbl-customers .scroll")
    widths = box.evaluate("e => [e.scrollWidth, e.clientWidth, e.tabIndex]")
    assert widths[0] > widths[1]
    assert widths[2] == 0


def test_numbers_stand_right(opened):
    page = opened(WIDE)
    cell = page.locator("#tbl-customers tbody tr").first.locator("td").nth(4)
    assert cell.evaluate("e => getComputedStyle(e).textAlign") == "right"
