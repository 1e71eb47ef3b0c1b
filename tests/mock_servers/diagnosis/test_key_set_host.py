"""A key set that a real host keeps from the platform: the error of the fetch is shown in its own words."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.http.server import serve
from mock_servers.journal.finding import Finding
from mock_servers.mock import Mock
from mock_servers.real_hosts.certificate import make_authority

Ask = Callable[..., TestResponse]

UNREACHABLE = "The JWKS endpoint, for your client_assertion can't be reached"


@pytest.fixture
def found(platform: Mock, client_credentials: Ask) -> Callable[[str], Finding]:
    """Ask for a token with the app's key set at a URL, and return what was found."""

    def ask(url: str) -> Finding:
        platform.apps.change("nhsauth-app", jwks_url=url)
        answer = client_credentials()
        assert answer.get_json()["error_description"] == UNREACHABLE
        (finding,) = platform.exchanges.last.findings
        return finding

    return ask


def guarded(_: Any, start_response: Any) -> list[bytes]:
    start_response("401 Unauthorized", [("WWW-Authenticate", "Basic"), ("Content-Length", "0")])
    return [b""]


def test_basic_authentication_before_it(found: Callable[[str], Finding]) -> None:
    with serve(guarded) as server:
        finding = found(f"{server.url}/jwks.json")

    assert finding.id == "jwks-unreachable"
    assert f'"{server.url}/jwks.json" could not be fetched: it answered 401.' in finding.seen
    assert "asks for a log-in" in finding.cause
    assert "own network, and the real platform cannot reach it" in finding.cure
    assert "The jti of this assertion is spent" in finding.cure


def test_a_certificate_that_signs_itself(found: Callable[[str], Finding], tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    pem.write_bytes(make_authority(["127.0.0.1"], datetime.now(UTC)).leaf(["127.0.0.1"], datetime.now(UTC)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    with serve(guarded, tls=context) as server:
        finding = found(f"{server.url}/jwks.json")

    assert "certificate is not trusted" in finding.cause


def test_plain_http_where_https_is_asked(found: Callable[[str], Finding]) -> None:
    with serve(guarded) as server:
        finding = found(f"{server.url.replace('http:', 'https:')}/jwks.json")

    assert finding.cause == "The URL says https, and what listens there did not answer in TLS."
    assert finding.cure.startswith("Let the server speak TLS at this port, or register the URL where it does.")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "has expired"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch", "for another name"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate", "is not trusted"),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", "TLS with it failed"),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure", "TLS with it failed"),
    ],
)
def test_what_tls_says_is_reported_as_no_more_than_it_says(
    found: Callable[[str], Finding], monkeypatch: pytest.MonkeyPatch, said: str, cause: str
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise ssl.SSLError(1, said)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", fails)
    with serve(guarded) as server:
        finding = found(f"{server.url.replace('http:', 'https:')}/jwks.json")

    assert cause in finding.cause


def test_a_server_that_breaks_tls_off(found: Callable[[str], Finding]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # which has no certificate to show

    with serve(guarded, tls=context) as server:
        finding = found(f"{server.url}/jwks.json")

    assert "SSL" in finding.seen
    assert finding.cause == "TLS with it failed."


def test_nothing_that_listens(found: Callable[[str], Finding]) -> None:
    with socket.socket() as bound:  # and not listening: nobody else gets the port meanwhile
        bound.bind(("127.0.0.1", 0))
        finding = found(f"http://127.0.0.1:{bound.getsockname()[1]}/jwks.json")

    assert "Nothing listens there" in finding.cause


def test_a_host_that_the_mock_was_not_allowed_to_call(found: Callable[[str], Finding]) -> None:
    finding = found("https://example.com/jwks.json")

    assert "The real platform would have tried" in finding.cause
    assert "allow_hosts" in finding.cure
