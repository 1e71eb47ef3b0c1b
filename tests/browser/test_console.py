"""The console in a real browser: a newcomer's walk by keyboard, with and without scripts, and every page looked at."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest

from mock_servers.mock import Mock
from tests.browser.test_journal import faults, heading

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

MOST_TABS = 150
PAGES = {
    "start": "/",
    "apps": "/apps",
    "app": "/apps/nhsauth-app",
    "people": "/users",
    "person": "/users/cis2/656005750104",
    "time": "/clock",
    "try": "/try",
    "worlds": "/worlds",
    "explain": "/explain",
    "exchanges": "/exchanges",
}
FOCUSED = """
() => {
  const at = document.activeElement;
  const label = at.labels && at.labels.length ? at.labels[0].textContent : "";
  return `${label} ${at.getAttribute("aria-label") || at.textContent}`.replace(/\\s+/g, " ").trim();
}
"""


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def visitor(browser: "Browser", request: pytest.FixtureRequest) -> "Iterator[Page]":
    """A page of a fresh profile, which runs scripts or does not."""
    context = browser.new_context(java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def reach(page: "Page", words: str) -> None:
    """Press Tab until something that these words begin has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).startswith(words):
            return
    pytest.fail(f"no Tab reaches {words!r} on {page.url}")


def press(page: "Page", words: str) -> None:
    """Reach a link or a button, press Enter, and wait for the next page."""
    reach(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill(page: "Page", words: str, text: str) -> None:
    reach(page, words)
    page.keyboard.type(text)


def test_a_newcomer_walks_by_keyboard_alone(visitor: "Page", served: Mock) -> None:
    """Start, Try, a token, a broken step and its reason, the clock, and a new person who logs in."""
    visitor.goto(f"{served.url}/_nhsauth/")
    assert heading(visitor) == "Point your code here"

    press(visitor, "Try")
    press(visitor, "Begin")
    for number in (1, 2):
        press(visitor, f"Send step {number}")
    fill(visitor, "Break it An authorization code", "An auth")
    press(visitor, "Send it with this mistake in step 3")
    broken = visitor.locator("#step-exchange").inner_text()
    press(visitor, "Send again step 3")
    press(visitor, "Send step 4")
    called = visitor.locator("#step-api .answer").inner_text()

    press(visitor, "Time and faults")
    fill(visitor, "Seconds to move forward", "900")
    press(visitor, "Move forward")
    press(visitor, "Try")
    late = visitor.locator("#step-exchange").inner_text()

    press(visitor, "People")
    fill(visitor, "User id or NHS number", "656005750199")
    fill(visitor, "Level", "aal3")
    fill(visitor, "Given name", "Asha")
    press(visitor, "Add")
    press(visitor, "Log in as Asha")
    press(visitor, "Begin")
    press(visitor, "Send step 1")
    press(visitor, "Send step 2")
    decoded = visitor.locator("#step-id-token").text_content() or ""

    assert "Malformed JWT in subject_token" in broken
    assert "is the authorization code that CIS2 issued" in broken
    assert "The correct request" in broken
    assert "200" in called
    assert "expired" in late
    assert '"656005750199"' in decoded


def test_a_copied_url_is_the_one_that_is_shown(browser: "Browser", served: Mock) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served.url}/_nhsauth/")

    page.get_by_role("button", name="Copy the URL: Platform token URL").click()
    page.get_by_text("Copied the URL: Platform token URL").wait_for(state="attached")

    assert page.evaluate("navigator.clipboard.readText()") == f"{served.url}/oauth2/token"
    context.close()


def test_without_scripts_nothing_offers_to_copy(browser: "Browser", served: Mock) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}/_nhsauth/")

    assert page.get_by_role("button", name="Copy").count() == 0
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", [*PAGES, "keys", "refused", "tried", "ordered"])
def test_axe_finds_no_fault_and_nothing_need_be_scrolled_sideways(
    browser: "Browser", served: Mock, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{served.url}/_nhsauth{PAGES.get(name, '/')}")
    come_to(page, served, name)

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [each for each in complaints if "favicon" not in each and "status of 400" not in each] == []
    context.close()


def send(page: "Page", button: "Locator") -> None:
    """Click a form's button, and wait for the page that answers it: a click alone does not."""
    with page.expect_navigation():
        button.click()


def come_to(page: "Page", served: Mock, name: str) -> None:
    """Go on to a page that is behind a form."""
    if name == "keys":
        send(page, page.get_by_role("button", name="Show secret and private key"))
    elif name == "refused":
        page.goto(f"{served.url}/_nhsauth/users")
        send(page, page.get_by_role("button", name="Add"))
        assert page.get_by_role("alert").is_visible()
    elif name == "tried":
        page.goto(f"{served.url}/_nhsauth/try")
        send(page, page.get_by_role("button", name="Begin"))
        for button in ("Send step 1", "Send step 2"):
            send(page, page.get_by_role("button", name=button))
        send(page, page.locator("#step-exchange .break button"))
        send(page, page.locator("#step-id-token").get_by_role("button", name="Show the whole value"))
    elif name == "ordered":
        page.goto(f"{served.url}/_nhsauth/clock")
        page.get_by_label("What goes wrong").select_option("status")
        send(page, page.get_by_role("button", name="Add", exact=True))
        send(page, page.get_by_role("button", name="Remember this state"))


def test_a_page_elsewhere_cannot_send_a_form(browser: "Browser", served: Mock) -> None:
    page = browser.new_context().new_page()
    html = (
        f'<form method="post" action="{served.url}/_nhsauth/state"><input name="do" value="reset"><button>Post</button>'
    )
    page.goto(f"{served.url}/_nhsauth/")
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://127.0.0.1:9/")

    with page.expect_response("**/state") as answered:
        page.get_by_role("button").click()

    assert answered.value.status == 403
    page.context.close()
