"""The mock as a forward proxy: tunnels to its real hosts end in the mock, others are refused, and it stays alive."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import pytest

from mock_servers.http import forward_proxy
from mock_servers.http.bounds import Bounds
from mock_servers.http.server import Server
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.platform.real_names import Prepared
from mock_servers.state.clock import Clock
from mock_servers.state.table import UnreachableStateError
from tests.mock_servers.http.talking import read_to_end

INT = "int.api.service.nhs.uk"
PING = "/oauth2/_ping"
TEN_YEARS = 315_360_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A running proxy, and how a strict client speaks through it."""

    server: Server
    prepared: Prepared
    platform: Mock

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.prepared.store.authority)

    def connect(self) -> socket.socket:
        return socket.create_connection((self.server.host, self.server.port), timeout=30)

    def connection(self, host: str = INT, port: int = 443) -> http.client.HTTPSConnection:
        made = http.client.HTTPSConnection(self.server.host, self.server.port, context=self.context(), timeout=30)
        made.set_tunnel(host, port)
        return made

    def get(self, path: str = PING, host: str = INT) -> int:
        connection = self.connection(host)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def say(self, text: bytes) -> bytes:
        """Send bytes, and read until the proxy has ended the connection."""
        with self.connect() as sock:
            sock.sendall(text)
            return b"".join(iter(lambda: sock.recv(65536), b""))


@contextmanager
def proxying(ring: KeyRing, folder: Path, *allowed: str, clock: Clock | None = None) -> Iterator[Proxy]:
    platform = Mock(ring=ring, clock=clock)
    prepared = real_names.throwaway(platform, folder, allowed)
    with platform.serving() as server:
        prepared.open_at(server)
        yield Proxy(server=server, prepared=prepared, platform=platform)


@pytest.fixture
def proxy(ring: KeyRing, tmp_path: Path) -> Iterator[Proxy]:
    with proxying(ring, tmp_path) as running:
        yield running


def connect_to(authority: str) -> bytes:
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


def test_a_tunnel_to_a_real_host_ends_in_the_mock(proxy: Proxy) -> None:
    assert proxy.get() == 200


def test_a_tunnel_is_kept_for_many_requests(proxy: Proxy) -> None:
    connection = proxy.connection()
    statuses, sockets = [], set()
    for _ in range(5):
        connection.request("GET", PING)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        sockets.add(connection.sock)
    connection.close()

    assert (statuses, len(sockets)) == ([200] * 5, 1)


def test_the_service_sees_the_real_url(proxy: Proxy) -> None:
    connection = proxy.connection("am.nhsint.auth-ptl.cis2.spineservices.nhs.uk")
    realm = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
    connection.request("GET", f"{realm}/.well-known/openid-configuration")
    issuer = json.load(connection.getresponse())["issuer"]
    connection.close()

    assert issuer == f"https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443{realm}"


def test_the_same_port_speaks_tls_without_a_tunnel(proxy: Proxy) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.server.port, context=proxy.context(), timeout=30)
    connection.request("GET", "/_nhsauth/status")
    reported = json.load(connection.getresponse())
    connection.close()

    assert reported["urls"]["base"] == f"https://127.0.0.1:{proxy.server.port}"


def test_the_same_port_still_speaks_plain_http(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.server.port, timeout=30)
    connection.request("GET", PING)
    status = connection.getresponse().status
    connection.close()

    assert status == 200


def test_the_mocks_clock_does_not_reach_tls(ring: KeyRing, tmp_path: Path) -> None:
    clock = Clock()
    with proxying(ring, tmp_path, clock=clock) as proxy:
        clock.advance(TEN_YEARS)

        assert proxy.get() == 200


@pytest.mark.parametrize(
    ("authority", "status", "said"),
    [
        ("www.example.com:443", 403, "www.example.com is no host of this mock, and nothing leaves this machine"),
        (f"{INT}.evil.example:443", 403, "is no host of this mock"),
        ("int.api.service.nhs.ukk:443", 403, f"(did you mean {INT}?)"),
        (f"xx-{INT}:443", 403, f"(did you mean {INT}?)"),
        ("prod.api.service.nhs.uk:443", 403, "no host of the API platform: production is api.service.nhs.uk"),
        ("93.184.215.14:443", 403, "93.184.215.14 is an address"),
        ("[2606:2800:21f:cb07::1]:443", 403, "is an address"),
        ("127.1:443", 403, "127.1 is an address"),
        ("2130706433:443", 403, "2130706433 is an address"),
        ("localhost:443", 403, "localhost is no host of this mock"),
        (f"{INT}:8443", 403, f"{INT} is played on port 443 alone"),
        (INT, 400, f"CONNECT to {INT}: send host:port"),
        ("a b:443", 400, "Malformed request line"),
        (f"user@{INT}:443", 400, "send host:port"),
        ("\x1bred:443", 400, "Malformed request line"),
        ("<red>:443", 400, "CONNECT to <red>:443: send host:port"),
        (f"{INT}:99999", 403, f"{INT} is played on port 443 alone"),
    ],
)
def test_other_hosts_are_refused_with_a_reason(proxy: Proxy, authority: str, status: int, said: str) -> None:
    answer = proxy.say(connect_to(authority)).decode()

    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "Connection: close" in head
    assert said in body


@pytest.mark.parametrize("authority", ["app.example:443", "other.example:8443"])
def test_a_name_that_only_the_state_knows_is_refused_while_that_is_out_of_reach(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, authority: str
) -> None:
    def lost(*_: object) -> NoReturn:
        raise UnreachableStateError("state.db: disk I/O error")

    monkeypatch.setattr(proxy.platform.names, "is_page", lost)
    answer = proxy.say(connect_to(authority)).decode()

    assert answer.startswith("HTTP/1.1 503 state unreachable\r\n")
    assert answer.endswith("\r\n\r\nnhsauth: state unreachable (state.db: disk I/O error).\n")


def test_a_refusal_is_logged_and_counted(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        proxy.say(connect_to("www.example.com:443"))

    assert len([message for message in caplog.messages if "www.example.com is no host" in message]) == 2
    assert dict(proxy.prepared.proxy.refused) == {"www.example.com:443": 2}


def test_what_is_counted_has_an_end(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_proxy, "_MOST_COUNTED", 2)
    for number in range(4):
        proxy.prepared.proxy.refusal(f"host{number}.example:443", tunnels=0)

    assert sorted(proxy.prepared.proxy.refused) == ["host0.example:443", "host1.example:443"]


def test_clients_show_the_reason_as_it_is(proxy: Proxy) -> None:
    with pytest.raises(OSError, match=r"Tunnel connection failed: 403 www.example.com is no host of this mock"):
        proxy.get(host="www.example.com")


def test_a_tunnel_within_a_tunnel_is_refused(proxy: Proxy) -> None:
    with proxy.connect() as sock:
        sock.sendall(connect_to(f"{INT}:443"))
        sock.recv(1000)
        with proxy.context().wrap_socket(sock, server_hostname=INT) as wrapped:
            wrapped.sendall(connect_to(f"{INT}:443"))
            answer = wrapped.recv(1000)

    assert answer.startswith(b"HTTP/1.1 405 ")


def test_a_server_that_is_not_proxy_opens_no_tunnel(ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server, socket.create_connection((server.host, server.port)) as sock:
        sock.sendall(connect_to(f"{INT}:443"))
        answer = sock.recv(1000)

    assert answer.startswith(b"HTTP/1.1 405 ")


# clients that ask their proxy to speak TLS in their place, or for plain HTTP


def test_https_without_a_tunnel_is_served_as_https(proxy: Proxy) -> None:
    text = f"GET https://{INT}/oauth2/_status HTTP/1.1\r\nHost: {INT}\r\napikey: status\r\nConnection: close\r\n\r\n"

    answer = proxy.say(text.encode())

    assert b'"https://am.nhsint.' in answer


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://www.example.com/", "www.example.com is no host of this mock"),
        ("http://www.example.com/", "www.example.com is no host of this mock"),
        (f"http://{INT}/oauth2/_ping", f"{INT} speaks https alone"),
        ("http://127.0.0.1:1/", "127.0.0.1 is an address"),
    ],
)
def test_what_is_not_the_mocks_is_refused_without_a_tunnel_too(proxy: Proxy, url: str, said: str) -> None:
    answer = proxy.say(f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).decode()

    assert answer.startswith("HTTP/1.1 403 ")
    assert said in answer.partition("\r\n\r\n")[2]


def test_the_mock_by_its_own_url_is_served_through_itself(proxy: Proxy) -> None:
    answer = proxy.say(f"GET {proxy.server.url}{PING} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 200 ")


# who speaks the wrong language


def test_plain_http_within_a_tunnel_is_reported_so(proxy: Proxy) -> None:
    with proxy.connect() as sock:
        sock.sendall(connect_to(f"{INT}:443"))
        sock.recv(1000)
        sock.sendall(f"GET {PING} HTTP/1.1\r\nHost: {INT}\r\n\r\n".encode())
        answer = sock.recv(1000)

    assert b"This port speaks TLS: say https" in answer


def test_who_speaks_before_the_tunnel_is_there_is_logged(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    answer = proxy.say(connect_to(f"{INT}:443") + b"\x16\x03\x01")

    assert answer == b""
    assert [message for message in caplog.messages if "spoke into its tunnel" in message]


def test_tls_to_a_plain_port_is_answered_at_once_and_logged(ring: KeyRing, caplog: pytest.LogCaptureFixture) -> None:
    context = ssl.create_default_context()
    with Mock(ring=ring).serving() as server:
        begun = time.monotonic()
        with (
            socket.create_connection((server.host, server.port), timeout=30) as sock,
            pytest.raises(ssl.SSLError, match=r"(?i)wrong.version.number|http.request"),
        ):
            context.wrap_socket(sock, server_hostname="localhost")

    assert time.monotonic() - begun < 4  # it once waited for a line's end
    assert [message for message in caplog.messages if "spoke TLS to a port that speaks plain HTTP" in message]


def test_a_client_without_trust_is_not_harm(proxy: Proxy) -> None:
    distrustful = http.client.HTTPSConnection(
        proxy.server.host, proxy.server.port, context=ssl.create_default_context(cadata=foreign()), timeout=30
    )
    distrustful.set_tunnel(INT, 443)

    with pytest.raises(ssl.SSLCertVerificationError):
        distrustful.request("GET", PING)
    assert proxy.get() == 200


def foreign() -> str:
    from mock_servers.real_hosts.certificate import make_authority, real_time  # noqa: PLC0415 - one test alone

    return make_authority([INT], real_time()).pem.decode()


# many at once, and those that never end


@pytest.mark.slow
@pytest.mark.usefixtures("_many_descriptors")
def test_five_hundred_tunnels_at_once_are_served(proxy: Proxy) -> None:
    statuses = []
    with ExitStack() as stack:
        for _ in range(500):  # each asks as soon as it is open: a server ends what stays silent for some seconds
            connection = proxy.connection()
            stack.callback(connection.close)
            connection.request("GET", PING)
            statuses.append(connection.getresponse().status)

    assert statuses == [200] * 500
    assert proxy.get() == 200


def test_beyond_a_limit_no_tunnel_is_opened(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_proxy, "MOST_TUNNELS", 3)
    with ExitStack() as stack:
        for _ in range(4):
            sock = stack.enter_context(proxy.connect())
            sock.sendall(connect_to(f"{INT}:443"))
            answer = sock.recv(1000)

    assert answer.startswith(b"HTTP/1.1 503 4 connections are open")
    assert proxy.get() == 200


@pytest.mark.parametrize(
    "half",
    [b"", b"CONN", b"CONNECT ", connect_to(f"{INT}:443")[:-2], connect_to(f"{INT}:443"), b"\x16\x03\x01\x02\x00"],
    ids=["silence", "a word", "a blank", "half a head", "no handshake", "half a handshake"],
)
def test_half_open_connections_hold_nobody_up_and_end(ring: KeyRing, tmp_path: Path, half: bytes) -> None:
    with proxying(ring, tmp_path) as proxy, ExitStack() as stack:
        proxy.server._engine.bounds = Bounds(head=0.2, handshake=0.2, kept=0.2)  # noqa: SLF001 - ten seconds in earnest
        waiting = [stack.enter_context(proxy.connect()) for _ in range(60)]
        for sock in waiting:
            sock.sendall(half)

        status = proxy.get()
        ends = [read_to_end(sock) for sock in waiting]

    assert status == 200
    assert len(ends) == 60


def test_a_stop_leaves_no_thread_and_no_tunnel(ring: KeyRing, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with proxying(ring, tmp_path) as proxy:
        connection = proxy.connection()
        connection.connect()

    received = b""
    with suppress(ConnectionResetError):  # a stop need not have read the end of the handshake
        received = connection.sock.recv(1)
    connection.close()

    assert [thread for thread in set(threading.enumerate()) - before if thread.is_alive()] == []
    assert received == b""


# hosts that are allowed by name


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A server that is not a mock: it answers with its input, in capitals."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            client, _ = listening.accept()
            with client:
                while piece := client.recv(1000):
                    client.sendall(piece.upper())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening
        thread.join(10)


@pytest.fixture
def open_proxy(ring: KeyRing, tmp_path: Path, elsewhere: socket.socket) -> Iterator[Proxy]:
    with proxying(ring, tmp_path, f"localhost:{elsewhere.getsockname()[1]}") as running:
        yield running


Tunnel = Callable[[], socket.socket]


@pytest.fixture
def tunnel(open_proxy: Proxy, elsewhere: socket.socket) -> Iterator[socket.socket]:
    with open_proxy.connect() as sock:
        sock.sendall(connect_to(f"localhost:{elsewhere.getsockname()[1]}"))
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 ")
        yield sock


def test_an_allowed_host_is_reached(tunnel: socket.socket) -> None:
    tunnel.sendall(b"hello")

    assert tunnel.recv(1000) == b"HELLO"


def test_the_relay_ends_with_its_client(tunnel: socket.socket) -> None:
    tunnel.shutdown(socket.SHUT_WR)

    assert read_to_end(tunnel) == b""


def test_a_stop_ends_relays(tunnel: socket.socket, open_proxy: Proxy) -> None:
    open_proxy.server.stop()

    assert read_to_end(tunnel) == b""


def test_a_host_is_allowed_on_port_443_unless_another_is_named(ring: KeyRing, tmp_path: Path) -> None:
    with proxying(ring, tmp_path, "one.example", "two.example:8443") as running:
        refusal = running.prepared.proxy.refusal
        members = {
            authority: getattr(refusal(authority, tunnels=0), "sentence", None)
            for authority in ("one.example:443", "ONE.example:8443", "two.example:8443", "two.example:443")
        }

    assert members["one.example:443"] is None
    assert members["two.example:8443"] is None
    assert members["ONE.example:8443"] == "one.example is allowed on port 443 alone: allow one.example:8443 as well"
    assert "two.example is no host of this mock" in (members["two.example:443"] or "")


def test_an_allowed_host_that_is_not_there_is_reported(
    ring: KeyRing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with proxying(ring, tmp_path, f"localhost:{port}") as running:
        answer = running.say(connect_to(f"localhost:{port}"))

    assert answer.startswith(b"HTTP/1.1 502 ")
    assert [message for message in caplog.messages if f"No tunnel to localhost:{port}" in message]


def test_a_name_that_no_dns_could_hold_uses_nothing_up(
    ring: KeyRing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"{'a' * 64}.example"
    with proxying(ring, tmp_path, name) as running:
        answers = {running.say(connect_to(f"{name}:443")).partition(b"\r\n")[0] for _ in range(70)}

    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 502 "]
    assert [message for message in caplog.messages if "lead out of the mock already" in message] == []


# clients' pages


def registered(proxy: Proxy, redirect_uri: str) -> None:
    proxy.platform.apps.create(client_id="late", name="Late", redirect_uris=(redirect_uri,))


def plainly(proxy: Proxy, url: str) -> bytes:
    host = url.partition("//")[2].partition("/")[0]
    return proxy.say(f"GET {url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())


@pytest.mark.parametrize("host", ["portal.example", "portal.test", "www.example.com"])
def test_a_page_by_https_that_is_registered_while_the_mock_runs_is_empty(proxy: Proxy, host: str) -> None:
    with pytest.raises(OSError, match="403"):
        proxy.get("/back?code=x", host)

    registered(proxy, f"https://{host}/back")

    assert proxy.get("/back?code=x", host) == 200
    assert proxy.get(host=INT) == 200


def test_on_another_port_too(proxy: Proxy) -> None:
    registered(proxy, "https://portal.example:8443/back")

    connection = proxy.connection("portal.example", 8443)
    connection.request("GET", "/back")
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


@pytest.mark.parametrize("url", ["http://portal.example/back", "http://www.nhs.uk:8000/back"])
def test_a_page_by_plain_http_is_empty(proxy: Proxy, url: str) -> None:
    before = plainly(proxy, url)

    registered(proxy, url)
    after = plainly(proxy, url)

    assert before.startswith(b"HTTP/1.1 403 ")
    assert after.startswith(b"HTTP/1.1 200 ")
    assert after.endswith(b"\r\n\r\n")
    assert b"text/html" in after
    assert len(proxy.platform.exchanges) == 0


def test_a_page_whose_name_the_authority_may_not_speak_for_is_refused_with_what_to_do(proxy: Proxy) -> None:
    registered(proxy, "https://www.nhs.uk/back")

    answer = proxy.say(connect_to("www.nhs.uk:443"))

    words = b"www.nhs.uk was registered since the mock began: for https, name its redirect URI in the configuration"
    assert answer.startswith(b"HTTP/1.1 403 " + words)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9/back", "http://localhost:9/back", "http://app.localhost/back"])
def test_a_page_on_this_machine_is_its_application_s(proxy: Proxy, uri: str) -> None:
    registered(proxy, uri)

    assert plainly(proxy, uri).startswith(b"HTTP/1.1 403 ")


def test_the_mock_s_own_callback_page_is_shown_by_a_name_that_a_redirect_uri_has(proxy: Proxy) -> None:
    registered(proxy, "http://mock.example/_nhsauth/callback")
    call = b"GET /oauth2/_ping HTTP/1.1\r\nHost: mock.example\r\nConnection: close\r\n\r\n"

    answer = proxy.say(call)

    assert b'"version"' in answer


def test_a_page_on_a_host_that_was_allowed_is_the_host_s(ring: KeyRing, tmp_path: Path) -> None:
    with proxying(ring, tmp_path, "portal.example") as running:
        registered(running, "http://portal.example/back")

        assert plainly(running, "http://portal.example/back").startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("allowed", "authority", "is_played"),
    [
        ((), "app.example:443", True),
        ((), "APP.example.", True),
        (("app.example",), "app.example:443", False),
        (("app.example:443",), "app.example:443", False),
        (("app.example:443",), "app.example", False),
        (("app.example:8443",), "App.example.:8443", False),
        (("app.example:8443",), "app.example:443", True),
        (("app.example:8443",), "app.example:80", True),
        ((INT, f"{INT}:443"), f"{INT}:443", True),
    ],
)
def test_a_clients_host_is_played_unless_it_is_allowed_there(
    proxy: Proxy, allowed: tuple[str, ...], authority: str, *, is_played: bool
) -> None:
    allowing = replace(
        proxy.prepared.proxy,
        allowed=allowed,
        is_clients=lambda origin: "app.example" in origin.lower(),
        speaks_for=bool,
    )

    assert allowing.is_played(authority) is is_played
