"""Attacks on the whole program, each bounded: nothing hangs, nothing is read or written that is not ours to."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from click.testing import CliRunner
from werkzeug.test import Client

from mock_servers.command_line.commands import nhsauth
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.state_url import open_state
from mock_servers.state.store import KINDS

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
HTML = {"Accept": "text/html"}
FEW = "import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)); "
SERVE = "runpy.run_module('mock_servers', run_name='__main__')"


@contextmanager
def serving(*arguments: str, before: str = "import runpy; ") -> Iterator[tuple[str, int]]:
    """A mock in a process of its own, in which something is done beforehand."""
    command = [sys.executable, "-c", before + SERVE, "serve", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own program
        try:
            assert process.stdout is not None
            url = urlsplit(json.loads(process.stdout.readline())["url"])
            yield str(url.hostname), int(url.port or 0)
        finally:
            process.kill()


def status(address: tuple[str, int], method: str, path: str, body: str | None = None) -> int:
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


# cassettes

LEVELS = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 10)
)
ENTRY = """interactions:
- request: {method: POST, uri: 'https://int.api.service.nhs.uk/oauth2/token', body: *a9, headers: {}}
  response: {status: {code: 400}, headers: {}, body: {string: *a9}}
version: 1
"""


@pytest.mark.timeout(30)
@pytest.mark.parametrize("rest", ["interactions: *a9\nversion: 1\n", ENTRY], ids=["a list", "a body"])
def test_a_cassette_that_unfolds_to_billions_is_read_at_once(rest: str) -> None:
    pytest.importorskip("yaml", reason="cassettes in YAML need PyYAML")

    result = CliRunner().invoke(nhsauth, ["explain", "-"], input=LEVELS + rest)

    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert len(result.output) < 2000


# secrets

MEMBERS = (
    *("client_secret", "client_assertion", "subject_token", "refresh_token", "code", "code_verifier", "password"),
    *("access_token", "id_token", "id_token_hint", "login_hint", "apikey", "state", "nonce", "anything"),
)
HEADERS = {
    "Authorization": ("{}", "Bearer {}", "Basic {}", "Bearer e30.{}.e30", 'Digest response="{}"'),
    "apikey": ("{}",),
    "Cookie": ("session={}",),
    "Referer": ("https://app.example/?code={}",),
    "X-Anything": ("{}", '{{"token": "{}"}}'),
}
GRANTS = ("client_credentials", "authorization_code", "refresh_token", None)


@pytest.mark.parametrize(
    "where", ["/oauth2/token", "/oauth2/authorize", "/hello-world/hello/user", "cis2", "nhs_login"]
)
def test_no_secret_that_was_sent_stays_anywhere(ring: KeyRing, tmp_path: Path, where: str) -> None:
    """Each is a mark of its own, sought in the state's files, the journal, the pages, the summary and the records."""
    numbers, sent = count(1000), {}

    def mark(place: str) -> str:
        secret = f"Qx7vK9zwpL4tRm{next(numbers)}Zy8"
        sent[secret] = place
        return secret

    backend = open_state(f"sqlite:{tmp_path / 'state.db'}", KINDS)
    with closing(backend), requests.Session() as session:
        mock = Mock(ring=ring, backend=backend)
        with mock.serving():
            url = mock.url + (where if where[0] == "/" else mock.provider(where).provider.endpoint("token"))
            for member in MEMBERS:
                for grant in GRANTS:
                    form = {"client_id": "nhsauth-app", "grant_type": grant, member: mark(f"form: {member}, {grant}")}
                    session.post(url, form, allow_redirects=False)
                session.get(url, params={member: mark(f"query: {member}")}, allow_redirects=False)
                session.post(url, json={member: mark(f"JSON: {member}")}, allow_redirects=False)
            for name, values in HEADERS.items():
                for value in values:
                    session.get(url, headers={name: value.format(mark(f"{name}: {value}"))}, allow_redirects=False)
            session.post(url, auth=("nhsauth-app", mark("Basic")), allow_redirects=False)
            session.get(f"{url}/{mark('path')}", allow_redirects=False)
            own = f"{mock.url}/_nhsauth"
            pages = [session.get(f"{own}/exchanges/{each.message_id}", headers=HTML).text for each in mock.exchanges]
            said = {
                "journal": session.get(f"{own}/exchanges").text,
                "pages": session.get(f"{own}/", headers=HTML).text + "".join(pages),
                "summary": CliRunner().invoke(nhsauth, ["summary", "--server", mock.url]).output,
                "records": "".join(f"{each} {each!r} {each.timeline()} {each.explained()}" for each in mock.exchanges),
            }
        said |= {each.name: each.read_bytes().decode("latin-1") for each in tmp_path.iterdir()}

    assert [(kept, place) for kept, text in said.items() for secret, place in sent.items() if secret in text] == []
    assert "state.db" in said
    assert said["pages"].count("<html") == len(sent) + 1
    assert said["summary"].startswith(f"### nhsauth: {len(sent)} exchanges")


# names

HOSTILE = ["../x", "..", "a/b", "%2e%2e", "a\x00b", "con\n", MARKUP, "x" * 5000, ".", "", "a b", "\u202e"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_world_has_a_name_that_is_a_path(http: Client, platform: Mock, name: str) -> None:
    created = http.post("/_nhsauth/worlds", json={"name": name}, base_url=platform.url)
    asked = http.get(f"/_nhsauth/worlds/{quote(name, safe='')}", base_url=platform.url)

    assert created.status_code == 400
    assert asked.status_code < 500


# claims


@pytest.mark.parametrize("size", [1, 4_000])
def test_markup_in_the_claims_of_a_jwt_is_shown_as_text(http: Client, platform: Mock, size: int) -> None:
    claims = dict.fromkeys(("sub", "jti", MARKUP), MARKUP * size)
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims=claims))
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }

    answer = http.post("/oauth2/token", data=form, base_url=platform.url)
    page = http.get("/_nhsauth/", base_url=platform.url)

    assert answer.status_code in (400, 401)  # and not 413: the largest that is read
    assert MARKUP not in page.text
    assert len(page.text) < 100_000


# what a machine lacks


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bound")
def test_with_128_descriptors_a_new_client_is_answered_beside_three_hundred() -> None:
    with serving(before=FEW) as address, ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(address, timeout=30))
        answered = [status(address, "GET", "/_nhsauth/health") for _ in range(3)]

    assert answered == [200] * 3


def test_a_state_on_a_full_disk_is_said_and_serves_again_once_there_is_room(small_disk: Path) -> None:
    def app(number: int) -> str:
        return json.dumps({"client_id": f"app-{number}", "name": "n" * 2000, "scopes": []})

    with serving("--state", f"sqlite:{small_disk / 'state.db'}") as address:
        created = [status(address, "POST", "/_nhsauth/apps", app(number)) for number in range(5)]
        filler = small_disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:  # until no space is left
            while True:
                file.write(bytes(4096))
        full = {status(address, "POST", "/_nhsauth/apps", app(100 + number)) for number in range(40)}
        filler.unlink()
        again = status(address, "POST", "/_nhsauth/apps", app(999))

    assert set(created) == {201}
    assert 503 in full
    assert full <= {201, 503}
    assert again == 201


@pytest.mark.parametrize("is_there", [False, True], ids=["none yet", "one of ours"])
def test_a_state_on_a_read_only_disk_ends_the_server_in_one_line(small_disk: Path, *, is_there: bool) -> None:
    location = f"sqlite:{small_disk / 'state.db'}"
    if is_there:
        open_state(location, KINDS).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S603, S607 - our own command

    command = [sys.executable, "-m", "mock_servers", "serve", "--port", "0", "--state", location]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own program

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith(f"Error: {small_disk / 'state.db'} cannot be ")
