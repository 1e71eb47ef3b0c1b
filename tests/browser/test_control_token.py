"""A person logs in once at the pages of a mock that takes a control token."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import requests

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration
from tests.browser.test_journal import explain, faults, heading

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TOKEN = "of-the-root"
TEAM = "of-team-a"
TIMEOUT = 30


@pytest.fixture
def guarded(ring: KeyRing) -> Iterator[Mock]:
    """A mock that takes a control token, with a world of a team."""
    mock = Mock(Configuration(control=ControlSettings(token=TOKEN, teams={"team-a": TEAM})), ring=ring)
    with mock.serving():
        assert mock.worlds is not None
        mock.worlds.create("wa", team="team-a")
        requests.post(f"{mock.url}/oauth2/token", {"grant_type": "x"}, timeout=TIMEOUT)
        requests.post(f"{mock.url}/_worlds/wa/oauth2/token", {"grant_type": "x"}, timeout=TIMEOUT)
        yield mock


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page of a fresh profile. A page that asks for a token has status 401, and Chromium complains of it."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "with a status of 40" not in each and "favicon" not in each] == []


def log_in(page: "Page", token: str) -> None:
    page.get_by_label("Control token").fill(token)
    page.get_by_role("button", name="Log in").click()


def test_a_person_logs_in_once_and_comes_to_the_page_that_was_asked_for(page: "Page", guarded: Mock) -> None:
    page.goto(f"{guarded.url}/_nhsauth/exchanges?refused=true")
    assert heading(page) == "Log in"

    log_in(page, TOKEN)

    assert page.url == f"{guarded.url}/_nhsauth/exchanges?refused=true"
    assert heading(page) == "Exchanges"
    page.get_by_role("link", name="POST /oauth2/token").click()
    assert "grant_type is" in page.content()
    page.goto(f"{guarded.url}/_nhsauth/exchanges")
    explain(page, "a value of nobody's")
    assert heading(page) != "Log in"
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "nhsauth-control"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/_nhsauth")
    assert TOKEN not in cookie["value"]
    assert page.evaluate("document.cookie") == ""


def test_what_the_pages_script_asks_is_sent_with_the_cookie(page: "Page", guarded: Mock) -> None:
    page.goto(f"{guarded.url}/_nhsauth/exchanges")
    log_in(page, TOKEN)

    page.get_by_role("button", name="Clear").click()
    page.locator("#exchanges > li").first.wait_for(state="detached")

    assert guarded.exchanges.kept() == []
    requests.post(f"{guarded.url}/oauth2/token", {"grant_type": "y"}, timeout=TIMEOUT)
    page.locator("#exchanges > li").first.wait_for()


def test_a_wrong_token_is_said_to_be_wrong(page: "Page", guarded: Mock) -> None:
    page.goto(f"{guarded.url}/_nhsauth/exchanges")

    log_in(page, "wrong")
    assert "This is no token of this mock" in (page.get_by_role("alert").text_content() or "")
    assert faults(page) == []
    log_in(page, TOKEN)

    assert heading(page) == "Exchanges"


def test_a_team_logs_in_at_its_own_world_alone(page: "Page", guarded: Mock) -> None:
    page.goto(f"{guarded.url}/_worlds/wa/_nhsauth/exchanges")
    log_in(page, TEAM)
    assert heading(page) == "Exchanges of world wa"

    page.goto(f"{guarded.url}/_nhsauth/exchanges")
    assert heading(page) == "Log in"
    log_in(page, TEAM)

    assert "controls its own worlds alone" in page.content()


def test_axe_finds_no_fault_in_the_log_in(page: "Page", guarded: Mock) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(f"{guarded.url}/_nhsauth/log-in")

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
