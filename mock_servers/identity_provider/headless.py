"""Logs a person in on the mock's pages without a browser: follows redirects and fills the form, until the mock's end.

`call` calls the mock, in process or over a socket; this module does not depend on either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from mock_servers.state.log_in import LogInError
from mock_servers.wire.wording import shown

Call = Callable[[str, Mapping[str, str] | None], tuple[int, Mapping[str, str], bytes]]
"""GETs a URL, or POSTs a form to it, following no redirect; gives status, headers and body."""

_MOST_HOPS: Final = 12
_LONGEST: Final = 120
"""Characters of an answer that are quoted."""
_INLINE: Final = ("a", "abbr", "b", "code", "em", "span", "strong")
_PAGE: Final = re.compile(r"(/_worlds/[^/]+)?/_nhsauth/")
_REDIRECTS: Final = (301, 302, 303, 307, 308)


def log_in(
    call: Call,
    authorize_url: str,
    user: str,
    *,
    is_own: Callable[[str], bool] | None = None,
    outcome: str = "ok",
    level: str | None = None,
) -> str:
    """Return the redirect that ends a log-in: the first one outside the mock, or to its own `/_nhsauth/callback`.

    `is_own` says whether a URL is the mock's; by default it has the origin of `authorize_url`. Raises LogInError.
    """
    origin = urlsplit(authorize_url)[:2]
    plays = is_own or (lambda url: urlsplit(url)[:2] == origin)
    chosen = {"username": user, "outcome": outcome, **({"level": level} if level is not None else {})}
    url, form = authorize_url, None
    for _ in range(_MOST_HOPS):
        status, headers, body = call(url, form)
        onward = _onward(url, status, headers)
        if onward is not None:
            # A client's page is the end, even on the mock's own origin.
            if not plays(onward) or _PAGE.match(urlsplit(onward).path):
                return onward
            url, form = onward, None
            continue
        page = _Form.read(body)
        if page is None or form is not None:
            raise LogInError(f"{_place(url)} answered {status} and no way on: {_words(body)}")
        url, form = urljoin(url, page.action), {**page.fields, **chosen}
    raise LogInError(f"{_place(authorize_url)} redirected {_MOST_HOPS} times without an end")


class _Form(HTMLParser):
    """The first form of a page: its target, and the values of its named inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str = ""
        self.fields: dict[str, str] = {}
        self._inside: bool | None = None

    @classmethod
    def read(cls, body: bytes) -> _Form | None:
        form = cls()
        form.feed(body.decode(errors="replace"))
        return form if form._inside is not None else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and self._inside is None:
            self.action, self._inside = attributes.get("action", ""), True
        if tag == "input" and self._inside and attributes.get("type") == "hidden":
            self.fields[attributes.get("name", "")] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._inside:
            self._inside = False


def _onward(url: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Return the target of a redirect, or of a page that continues by itself."""
    by_name = {name.lower(): value for name, value in headers.items()}
    if status in _REDIRECTS and "location" in by_name:
        return urljoin(url, by_name["location"])
    _, found, target = by_name.get("refresh", "").partition("url=")
    return urljoin(url, target) if found else None


def _place(url: str) -> str:
    return url.partition("?")[0]


def _words(body: bytes) -> str:
    """Quote the one line of an answer that says why: of JSON its description, of a page what follows the heading."""
    text = body.decode(errors="replace")
    try:
        answer = json.loads(text)
    except ValueError:
        page = _Lines()
        page.feed(text)
        return shown(page.chosen(), _LONGEST)
    fault = answer.get("fault") if isinstance(answer, dict) else None
    described = answer.get("error_description") if isinstance(answer, dict) else None
    said = described or (fault.get("faultstring") if isinstance(fault, dict) else None)
    return shown(said if isinstance(said, str) else " ".join(text.split()), _LONGEST)


class _Lines(HTMLParser):
    """The lines of a page's main part, or of all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[str, str]] = [("", "")]
        self._hidden = False

    def chosen(self) -> str:
        """Return the first paragraph or item, else the first line."""
        lines = [(tag, " ".join(text.split())) for tag, text in self._lines if text.strip()]
        return next((text for tag, text in lines if tag in ("p", "li")), lines[0][1] if lines else "")

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "script")
        if tag == "main":
            self._lines.clear()
        if tag not in _INLINE:
            self._lines.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            tag, text = self._lines[-1]
            self._lines[-1] = tag, text + data
