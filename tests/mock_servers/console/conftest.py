"""A browser without a window: it keeps cookies, and fills in the forms that it finds on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass
class Form:
    """A form: where it is sent, the names of its fields, and the name and value of each button that sends it."""

    action: str
    fields: list[str] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """A page as a browser reads it: its elements, its text, and what stands in its fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, str] = {}
        self.forms: list[Form] = []
        self.errors: dict[str, str] = {}
        self.tokens: set[str] = set()
        self._words: list[str] = []
        self._area = self._error = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(Form(given["action"]))
        elif self.forms and name:
            self._belongs_to_form(tag, name, given.get("value", ""))
        if tag == "input" and name == "form_token":
            self.tokens.add(given["value"])
        elif tag == "input":
            self.fields[name] = given.get("value", "")
        elif tag in ("textarea", "select"):
            self._area, self.fields[name] = name, ""
        elif tag == "option" and "selected" in given:
            self.fields[self._area] = given["value"]
        elif tag == "span" and given.get("class") == "error":
            self._error = given["id"].removesuffix("-error")

    def _belongs_to_form(self, tag: str, name: str, value: str) -> None:
        if tag == "button":
            self.forms[-1].buttons[value] = (name, value)
        elif tag in ("input", "textarea", "select"):
            self.forms[-1].fields.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.fields[self._area] = self.fields[self._area].removeprefix("\n")
        self._area = "" if tag in ("textarea", "select") else self._area
        self._error = "" if tag == "span" else self._error

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        tag = self.elements[-1][0] if self.elements else ""
        if self._area and tag == "textarea":
            self.fields[self._area] += data
        if self._error:
            self.errors[self._error] = data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


class Visitor:
    """A person with a browser."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.http = Client(mock)
        self.token = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.http.get(f"/_nhsauth{path}", base_url=self.mock.url, headers={"Accept": ACCEPT, **headers})
        self.token = next(iter(Page(answer.text).tokens), self.token)
        return answer

    def page(self, path: str) -> Page:
        answer = self.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        return Page(answer.text)

    def post(self, path: str, form: Mapping[str, str], *, token: str | None = None, **headers: str) -> TestResponse:
        """Send a form as the page at hand would; without a visit before, from the page to start from."""
        if not self.token:
            self.get("/")
        sent = {"form_token": self.token if token is None else token, **form}
        return self.http.post(
            f"/_nhsauth{path}",
            data={name: value for name, value in sent.items() if name != "form_token" or value},
            base_url=self.mock.url,
            headers={"Accept": ACCEPT, "Origin": self.mock.url, **headers},
        )

    def json(self, path: str) -> object:
        """What a program is answered."""
        return self.http.get(f"/_nhsauth{path}", base_url=self.mock.url).get_json()


@pytest.fixture
def visitor(platform: Mock) -> Visitor:
    """Somebody who looks at the platform's pages."""
    return Visitor(platform)
