"""The documentation site in a real browser, from files alone: found, read and used by everybody."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.site

SITE = Path(__file__).parents[2] / "build" / "site"
PAGES = ("index", "tutorial", "error/malformed-jwt-in-subject_token", "plugin", "diagnosis")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def address(name: str) -> str:
    path = SITE / f"{name}.html"
    assert path.is_file(), "make docs-site first"
    return path.as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_with_a_page(
    browser: "Browser", name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address(name))

    found = axe.run(page, options={"runOnly": STANDARDS}).response
    context.close()

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert len(found["passes"]) > 10


@pytest.mark.parametrize(
    ("sentence", "cure"),
    [
        ("Malformed JWT in subject_token", "exchange it at the provider's own token endpoint first"),
        ("Missing 'kid' header in client_assertion JWT", "kid"),
    ],
)
def test_who_searches_for_a_sentence_finds_the_page_that_solves_it_first(
    page: "Page", sentence: str, cure: str
) -> None:
    page.goto(address("index"))
    box = page.locator("input[name=q]").first
    box.fill(sentence)
    box.press("Enter")
    hit = page.locator("#search-results ul.search li a").first
    hit.wait_for()

    assert hit.inner_text() == sentence
    hit.click()
    assert page.locator("h1").inner_text().removesuffix("#") == sentence
    assert cure in page.inner_text("article")
