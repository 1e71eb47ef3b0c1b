"""What a developer does who is stuck with an error, and a tester with a fake: commands, and the page."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from pytest_nhsauth import Platform, RegisteredApp

NHSAUTH = [sys.executable, "-P", "-c", "from pytest_nhsauth.command import main; main()"]


def nhsauth_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("NHSAUTH_URL", "PYTEST_"))}
    command = [*NHSAUTH, *arguments]
    return subprocess.run(command, env=environ | environment, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def code(nhsauth: Platform, nhsauth_app: RegisteredApp) -> str:
    asked = {"response_type": "code", "scope": "openid", "client_id": nhsauth_app.client_id, "state": "s"}
    query = urlencode({**asked, "redirect_uri": nhsauth_app.redirect_uri})
    landed = nhsauth.log_in(f"{nhsauth.cis2.authorize_url}?{query}", user="656005750104")
    return parse_qs(urlsplit(landed).query)["code"][0]


def test_explain_says_where_a_code_is_good_and_where_it_is_refused(nhsauth: Platform, code: str) -> None:
    done = nhsauth_command("explain", code, "--details", "--server", nhsauth.url)

    assert "authorization code that CIS2 issued" in done.stdout
    assert "As code: would be accepted" in done.stdout
    assert "As subject_token: 400 invalid_request Malformed JWT in subject_token" in done.stdout
    assert done.returncode == 0


@pytest.mark.slow
def test_errors_finds_what_is_nearly_right() -> None:
    for text in ("subject token", "subject tokn"):
        done = nhsauth_command("errors", text)
        assert done.returncode == 0, done.stderr


def test_the_page_says_first_what_was_sent(nhsauth: Platform, nhsauth_app: RegisteredApp, code: str) -> None:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": code,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": nhsauth_app.client_assertion(),
    }
    requests.post(nhsauth.token_url, form, timeout=10)

    page = requests.get(f"{nhsauth.control_url}/", headers={"Accept": "text/html"}, timeout=10)

    assert "subject_token is the authorization code that CIS2 issued" in page.text
    assert str(nhsauth.exchanges.last.headline).startswith("subject_token is the authorization code")


@pytest.fixture
def served() -> Iterator[str]:
    """Where `nhsauth serve` answers, as it comes."""
    with subprocess.Popen([*NHSAUTH, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        yield mock.stdout.readline().split()[-1]
        mock.terminate()


@pytest.mark.slow
def test_a_mock_that_runs_holds_the_contract(served: str) -> None:
    done = nhsauth_command("contract", "--target", served, "--only", "gateway")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


class Fake(BaseHTTPRequestHandler):
    """A fake as a team writes one: every request gets a token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"access_token": "abc", "expires_in": 599, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_a_fake_that_checks_nothing_is_reported_on_one_screen(nhsauth_app: RegisteredApp, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(nhsauth_app.private_key_pem)
    mine = {"CLIENT_ID": nhsauth_app.client_id, "KEY": str(key), "KID": str(nhsauth_app.kid)}
    with ThreadingHTTPServer(("127.0.0.1", 0), Fake) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        chosen = ["-k", "test_a_mistake_alone and client_credentials"]
        done = nhsauth_command(
            "contract", "--target", url, *chosen, **{f"NHSAUTH_CONTRACT_{name}": value for name, value in mine.items()}
        )
        server.shutdown()

    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) < 50
    assert f"1. {url} answers" in done.stdout
    assert "200 a body with access_token" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
