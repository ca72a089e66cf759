"""The demo's own report in a real browser: nothing fetched, nothing broken, nothing cut."""

from __future__ import annotations

import pytest

from kehu.run import plan
from kehu.store import Run


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_whole_without_the_network(
    browser, demo_run: Run, language: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((demo_run.folder / f"report-{language}.html").as_uri())
    page.wait_for_load_state("load")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    images = "[...document.images]"
    assert page.evaluate(f"{images}.every(i => i.complete && i.naturalWidth > 0 && i.alt)")
    assert page.locator("h2").count() == len(plan.STAGES) + 2
    page.close()


def test_chinese_characters_have_glyphs_even_without_a_system_font(browser, demo_run: Run) -> None:
    page = browser.new_page()
    page.goto((demo_run.folder / "report-zh.html").as_uri())
    page.evaluate("document.fonts.load('16px kehu-glyphs', '客户价值')")
    assert page.evaluate("document.fonts.check('16px kehu-glyphs', '客户价值')")
    assert page.evaluate("[...document.fonts].some(f => f.status === 'loaded')")
    page.close()
