"""The pages of the console: who gets them, what stands on them, and that nobody else can send their forms."""

import json
import re
import shlex
from html import unescape
from typing import Any

import pytest
from werkzeug.test import Client

from mock_servers import pages
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from tests.mock_servers.console.conftest import ACCEPT, Page, Visitor
from tests.powershell import faults
from tests.processes import python

PATHS = [
    *("/", "/try", "/apps", "/apps/nhsauth-app", "/users", "/users/cis2/656005750104", "/clock", "/faults"),
    *("/worlds", "/explain"),
]
PLACES = ["Start", "Exchanges", "Try", "Apps", "People", "Time and faults", "Explain", "Errors"]
FORMS = [
    ("/", {"do": "keys"}),
    ("/apps", {"name": "x"}),
    ("/apps/nhsauth-app", {"do": "revoke"}),
    ("/users", {"provider": "cis2", "id": "1", "level": "aal3"}),
    ("/users/cis2/656005750104", {"level": "aal1"}),
    ("/clock", {"do": "stop"}),
    ("/faults", {"on": "token", "do": "drop"}),
    ("/state", {"do": "reset"}),
    ("/worlds", {"name": "x"}),
    ("/try", {"flow": "cis2"}),
    ("/try/send", {"step": "1"}),
]
READS = ["/status", "/apps", "/users", "/clock", "/faults", "/worlds"]
SECRET = READY_MADE_APP.client_secret


def state(visitor: Visitor) -> list[object]:
    """What a program is answered, but for the time that runs."""
    return [visitor.json(path) for path in READS]


# who gets them


@pytest.mark.parametrize("path", [*PATHS, "/exchanges", "/errors", "/nowhere"])
def test_every_page_has_links_to_all_others(visitor: Visitor, path: str) -> None:
    html = visitor.get(path).text
    links = re.findall(r'<li><a href="([^"]*)"( aria-current="page")?>([^<]*)</a></li>', html)

    assert [words for _, _, words in links] == [*PLACES, *(["Worlds"] if path == "/worlds" else [])]
    assert all(visitor.get(href.removeprefix("/_nhsauth")).status_code == 200 for href, _, _ in links)
    assert sum(1 for _, current, _ in links if current) == (0 if path == "/nowhere" else 1)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_runs_our_script_alone_and_is_kept_nowhere(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)

    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Accept")
    assert [given for tag, given in Page(answer.text).elements if tag == "script"] == [
        {"src": pages.COPY_PATH, "defer": ""}
    ]
    assert not re.search(r'(?:src|href|action)="(?!/_nhsauth|#)', answer.text)


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
@pytest.mark.parametrize("path", ["/", "/apps", "/apps/nhsauth-app", "/users", "/clock", "/faults", "/worlds"])
def test_programs_get_json_as_ever(visitor: Visitor, path: str, accept: str) -> None:
    answer = visitor.get(path, Accept=accept)

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert "Set-Cookie" not in answer.headers


def test_the_key_set_of_an_app_is_json_for_browsers_too(visitor: Visitor) -> None:
    assert visitor.get("/apps/nhsauth-app/jwks").mimetype == "application/json"


def test_programs_do_not_load_the_console() -> None:
    code = (
        "import sys\nfrom werkzeug.test import Client\nfrom mock_servers.mock import Mock\n"
        "client = Client(Mock())\n"
        "for path in ('', 'status', 'users', 'exchanges'): client.get(f'/_nhsauth/{path}')\n"
        "print([name for name in sys.modules if name.startswith('mock_servers.console')])"
    )

    assert python(code).stdout == "[]\n"


# whose forms are taken


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize("token", ["", "x" * 43, "é"])
def test_a_form_without_its_token_changes_nothing(
    visitor: Visitor, path: str, form: dict[str, str], token: str
) -> None:
    visitor.get("/")
    visitor.post("/clock", {"do": "stop"})
    before = state(visitor)

    answer = visitor.post(path, form, token=token)

    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "without the token of its page" in answer.text
    assert state(visitor) == before


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9"])
def test_a_form_of_another_origin_changes_nothing(
    visitor: Visitor, path: str, form: dict[str, str], origin: str
) -> None:
    visitor.get("/")
    visitor.post("/clock", {"do": "stop"})
    before = state(visitor)

    answer = visitor.post(path, form, Origin=origin)

    assert answer.status_code == 403
    assert state(visitor) == before


def test_the_token_of_another_browser_is_none(visitor: Visitor, platform: Mock) -> None:
    other = Visitor(platform)
    other.get("/")
    visitor.get("/")

    assert visitor.post("/clock", {"do": "stop"}, token=other.token).status_code == 403
    assert visitor.post("/clock", {"do": "stop"}).status_code == 303


def test_a_form_without_any_origin_is_refused(visitor: Visitor) -> None:
    visitor.get("/")
    form = {"form_token": visitor.token, "do": "stop"}

    answer = visitor.http.post("/_nhsauth/clock", data=form, base_url=visitor.mock.url, headers={"Accept": ACCEPT})

    assert answer.status_code == 403


def test_with_a_control_token_the_pages_ask_for_it_first(ring: KeyRing) -> None:
    mock = Mock(Configuration(control=ControlSettings(token="of-the-root")), ring=ring)
    visitor = Visitor(mock)
    asked = visitor.get("/users")
    refused = visitor.post("/clock", {"do": "stop"}, token="x")
    visitor.http.post(
        "/_nhsauth/log-in", data={"token": "of-the-root"}, base_url=mock.url, headers={"Origin": mock.url}
    )

    page = visitor.page("/users")
    done = visitor.post("/users", {"provider": "cis2", "id": "1", "level": "aal3"})

    assert (asked.status_code, refused.status_code, done.status_code) == (401, 401, 303)
    assert '-H "Authorization: Bearer ${NHSAUTH_CONTROL_TOKEN:?set it first}"' in page.text
    assert not mock.clock.frozen


# what stands on them


def test_the_start_has_all_that_a_program_needs(visitor: Visitor) -> None:
    text = visitor.page("/").text
    base = visitor.mock.url

    for words in (
        f"Platform token URL {base}/oauth2/token",
        f"Platform authorize URL {base}/oauth2/authorize",
        f"Platform userinfo URL {base}/oauth2/userinfo",
        f"NHS login authorize URL {base}/authorize",
        f"NHS login token URL {base}/token",
        f"CIS2 token URL {base}/openam/",
        f"{base}/.well-known/openid-configuration",
        f"export APIM_TOKEN_URL={base}/oauth2/token",
        f"$env:APIM_TOKEN_URL = '{base}/oauth2/token'",
        "nhsauth-app",
        "nhsauth-1",
        f"{base}/_nhsauth/callback",
        "656005750104",
        "9912003071",
        "Faults None",
        "In memory, until the mock stops",
        "None yet.",
    ):
        assert words in text


def test_the_start_says_how_the_mock_stands(visitor: Visitor) -> None:
    visitor.post("/clock", {"do": "set", "now": "2030-01-01T00:00:00Z", "frozen": "true"})
    visitor.post("/faults", {"on": "token", "do": "status"})
    for number in range(7):
        visitor.http.post("/oauth2/token", data={"grant_type": f"x{number}"}).close()

    page = visitor.page("/")

    assert "Stopped: 2030-01-01T00:00:00Z" in page.text
    assert "Faults None" in page.text  # the first request has used it up
    assert [given["id"] for tag, given in page.elements if tag == "li" and "exchange-" in given.get("id", "")] == [
        f"exchange-{number}" for number in (7, 6, 5, 4, 3)
    ]


@pytest.mark.parametrize("path", ["/", "/apps/nhsauth-app"])
def test_secret_and_key_are_shown_after_a_click_alone(
    visitor: Visitor, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    before = visitor.get(path)
    answer = visitor.post(path, {"do": "keys"})

    assert SECRET not in before.text
    assert "PRIVATE KEY" not in before.text
    assert answer.status_code == 200
    assert SECRET in answer.text
    assert "BEGIN PRIVATE KEY" in answer.text
    assert SECRET not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


@pytest.mark.parametrize("path", PATHS)
def test_no_page_shows_a_secret_unasked(visitor: Visitor, path: str) -> None:
    assert SECRET not in visitor.get(path).text


def test_the_command_for_a_first_token_is_the_one_that_gets_one(visitor: Visitor) -> None:
    text = visitor.page("/").text

    assert "client_assertion=$(ask client-assertions" in text
    assert "grant_type=client_credentials" in text


def commands(html: str) -> list[list[str]]:
    blocks = re.findall(r'data-copy="the curl command">(.*?)</code>', html, re.DOTALL)
    return [shlex.split(unescape(each)) for each in blocks]


@pytest.mark.parametrize(
    "path", ["/apps", "/apps/nhsauth-app", "/users", "/users/cis2/656005750104", "/clock", "/worlds"]
)
def test_each_same_with_curl_is_a_call_that_is_taken(visitor: Visitor, path: str) -> None:
    html = visitor.get(path).text

    found = commands(html)

    assert found
    for words in found:
        assert call(visitor.mock, words).status_code < 300


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/try", "/explain")])
def test_each_same_in_powershell_is_powershell(visitor: Visitor, path: str) -> None:
    blocks = re.findall(r'data-copy="the PowerShell command">(.*?)</code>', visitor.get(path).text, re.DOTALL)

    assert blocks
    assert [faults(unescape(each)) for each in blocks] == [[]] * len(blocks)


def call(mock: Mock, words: list[str]) -> Any:
    """What a curl command is answered; its options are those that the pages write."""
    method, url = words[words.index("-X") + 1], next(each for each in words if each.startswith("http"))
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    return Client(mock).open(
        url.removeprefix(mock.url), method=method, base_url=mock.url, **({"json": body} if body is not None else {})
    )
