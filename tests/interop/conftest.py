"""What the tests of other people's client libraries share: a platform on a port, and a person with a browser.

The libraries and their versions are those of the dependency group `interop`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
import requests

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

Visit = Callable[..., requests.Response]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries' own sessions go by the environment."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def platform(ring: KeyRing) -> Iterator[Mock]:
    """A platform on a free port."""
    platform = Mock(ring=ring)
    with platform.serving():
        yield platform


@pytest.fixture
def private_key_pem(platform: Mock) -> str:
    """The private key of the ready-made app."""
    key = platform.apps.key(platform.apps.get("nhsauth-app"))
    assert key is not None
    return key.private_pem()


@pytest.fixture
def redirect_uri(platform: Mock) -> str:
    """Where the ready-made app wants people back."""
    (uri,) = platform.apps.get("nhsauth-app").redirect_uris
    return uri


class _LogInForm(HTMLParser):
    """Reads the first form of a page that posts: where to, and the fields that have a name and a value."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and given.get("method", "").lower() == "post":
            self.action = given.get("action", "")
        if tag == "input" and given.get("type") == "hidden" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Go to a URL as one browser, log in as `username` where a form asks for it, and return where that ends."""
    with requests.Session() as browser:
        browser.trust_env = False

        def go(url: str, *, username: str) -> requests.Response:
            answer = browser.get(url, timeout=10)
            form = _LogInForm(answer.text)
            if form.action is None:
                return answer
            filled = {**form.fields, "username": username}
            return browser.post(urljoin(answer.url, form.action), filled, timeout=10)

        yield go
