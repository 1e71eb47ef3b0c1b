"""A real browser, Debian's or any other Chromium that is installed, and a platform for it to visit."""

import shutil
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium, without a window."""
    playwright: ModuleType = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as drivers:
        # Inside a container Chromium has no sandbox of its own; it visits nothing but the mock.
        started = drivers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page of a fresh profile; anything that a page's policy blocks makes the test fail.

    The mock may stop before the page is closed: what it asks then is refused, and that is no complaint.
    """
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "favicon" not in each and "ERR_CONNECTION_REFUSED" not in each] == []


@pytest.fixture
def served(ring: KeyRing) -> Iterator[Mock]:
    """A platform on a free port."""
    platform = Mock(ring=ring)
    with platform.serving():
        yield platform
