"""What the server itself refuses is in the journal like any other refusal, with its finding."""

import gzip
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from mock_servers.http.server import Server
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from tests.mock_servers.conftest import CLIENT_CREDENTIALS
from tests.mock_servers.http.talking import connect, exchange, read_to_end

Recorded = Callable[[], Record]
HOST = b"Host: mock.example\r\n"


@pytest.fixture
def server(platform: Mock) -> Iterator[Server]:
    """The mock, served."""
    with platform.serving() as running:
        yield running


@pytest.fixture
def recorded(platform: Mock) -> Recorded:
    """Return the one record, once it is there: a refusal is reported after its answer."""

    def wait() -> Record:
        assert platform.exchanges.wait(bool, timeout=30)
        (record,) = platform.exchanges.kept()
        return record

    return wait


@pytest.mark.parametrize(
    ("sent", "status", "finding"),
    [
        (b"GET /a HTTP/1.1\r\nno colon\r\n" + HOST + b"\r\n", 400, ("not-an-http-request", "likely")),
        (b"GET /a HTTP/1.1\r\n\r\n", 400, ("not-an-http-request", "likely")),
        (b"CONNECT int.api.service.nhs.uk:443 HTTP/1.1\r\n" + HOST + b"\r\n", 405, ("not-a-proxy", "likely")),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, ("url-too-long", "likely")),
        (b"GET /a HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, ("headers-too-large", "likely")),
        (b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501, ("transfer-encoding", "likely")),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400, ("tls-at-plain-port", "certain")),
    ],
    ids=["no header", "no host", "connect", "long line", "long header", "transfer encoding", "tls"],
)
def test_a_refused_request_is_recorded_with_its_finding(
    server: Server, recorded: Recorded, sent: bytes, status: int, finding: tuple[str, str]
) -> None:
    answer = exchange(server, sent)

    record = recorded()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert (record.service, record.status, record.response["status"]) == ("server", status, status)
    assert [(each.id, each.certainty) for each in record.findings] == [finding]
    page = requests.get(f"{server.url}/_nhsauth/exchanges/1", headers={"Accept": "text/html"}, timeout=30)
    assert (page.status_code, finding[0] in page.text) == (200, True)
    assert record.error_description
    assert record.error_description in str(record.diagnosis)


def test_a_compressed_form_is_explained_and_the_cure_works(platform: Mock, server: Server, recorded: Recorded) -> None:
    form = urlencode({**CLIENT_CREDENTIALS, "client_assertion": platform.client_assertion("nhsauth-app")}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{server.url}/oauth2/token"

    refused = requests.post(url, gzip.compress(form), headers=headers | {"Content-Encoding": "gzip"}, timeout=30)

    record = recorded()
    assert refused.status_code == record.status == 415
    assert (record.method, record.path) == ("POST", "/oauth2/token")
    assert [(each.id, each.certainty) for each in record.findings] == [("compressed-body", "certain")]
    assert str(record.answer).startswith("The request has Content-Encoding: gzip. Turn off the compression of requests")
    assert requests.post(url, form, headers=headers, timeout=30).status_code == 200


def test_plain_http_at_a_tls_port_is_explained(platform: Mock, recorded: Recorded, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with platform.serving(tls=tls) as server:
        exchange(server, b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n")

    assert [each.id for each in recorded().findings] == ["plain-at-tls-port"]


def test_a_request_to_a_world_is_recorded_there(platform: Mock, server: Server) -> None:
    requests.post(f"{server.url}/_nhsauth/worlds", json={"name": "b"}, timeout=30).raise_for_status()
    assert platform.worlds is not None
    world = platform.worlds.platform("b")
    assert world is not None

    exchange(
        server,
        b"POST /_worlds/b/oauth2/token HTTP/1.1\r\nContent-Encoding: br\r\nContent-Length: 9\r\n" + HOST + b"\r\n",
    )

    assert world.exchanges.wait(bool, timeout=30)
    assert [(each.path, each.status) for each in world.exchanges.kept()] == [("/oauth2/token", 415)]
    assert platform.exchanges.kept() == []


def test_no_secret_of_a_refused_request_is_kept(server: Server, recorded: Recorded) -> None:
    secret = b"kZ81hBqV0yQ7sX3mJ5tR2wP9dF6gL4aN"

    exchange(
        server,
        b"POST /callback/"
        + secret
        + b"?code="
        + secret
        + b" HTTP/1.1\r\nContent-Encoding: "
        + secret
        + b"\r\nContent-Length: 9\r\n"
        + HOST
        + b"\r\n",
    )

    assert secret.decode() not in repr(recorded().as_json())


def test_a_flood_of_refused_requests_is_answered_and_recorded_in_part(platform: Mock, server: Server) -> None:
    clients = [connect(server) for _ in range(300)]
    for client in clients:
        client.sendall(b"GET /a HTTP/1.1\r\n\r\n")
    answers = [read_to_end(client) for client in clients]
    for client in clients:
        client.close()

    assert all(answer.startswith(b"HTTP/1.1 400 ") for answer in answers)
    assert platform.exchanges.wait(lambda kept: len(kept) >= 100, timeout=30)
