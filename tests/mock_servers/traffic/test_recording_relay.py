"""The relay: every byte is that of a direct call, for any content and any end; and what was recorded of it."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from mock_servers.http import server as http_server
from mock_servers.http.server import Server
from mock_servers.real_hosts.certificate import LEAF_DAYS, Authority, Contexts, make_authority, real_time
from mock_servers.settings.real_host import Hosts
from mock_servers.traffic.connect_upstream import Connector, OwnProxy, Route
from mock_servers.traffic.http_observer import ObservedExchange
from mock_servers.traffic.recording_relay import WatchingProxy

T = TypeVar("T")

INT = "int.api.service.nhs.uk"
PATIENCE = 30
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PACKED = gzip.compress(b'{"a": 1}', mtime=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one side got, and whether the connection ended with the farewell of TLS."""

    data: bytes
    farewell: bool


@dataclass(slots=True)
class Heard:
    """A recorder that keeps its calls, and lets a test wait for them."""

    exchanges: list[ObservedExchange] = field(default_factory=list)
    losses: list[tuple[str, str]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)
    mistrust: list[tuple[str, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def on_exchange(self, observed: ObservedExchange) -> None:
        self._keep(self.exchanges, observed)

    def lost(self, host: str, reason: str) -> None:
        self._keep(self.losses, (host, reason))

    def failed(self, host: str, reason: str, *, otherwise: str) -> None:
        self._keep(self.failures, (host, reason))
        self._keep(self.otherwise, otherwise)

    def mistrusted(self, host: str, reason: str) -> None:
        self._keep(self.mistrust, (host, reason))

    def _keep(self, where: list[T], what: T) -> None:
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def wait(self, holds: Callable[[], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a client says and what it is answered, in turn; then the host ends."""

    steps: tuple[tuple[bytes, bytes], ...]
    farewell: bool = True
    heard: tuple[tuple[str, str, int, bytes], ...]


class Host:
    """A host that plays one script a connection, and keeps what it got."""

    def __init__(self, context: ssl.SSLContext, script: Script) -> None:
        self._context, self._script = context, script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.got: list[Said] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                thread = threading.Thread(target=self._play, args=[sock], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _play(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        with contextlib.suppress(OSError), self._shaken(sock) as tls:
            got = b""
            for asked, answer in self._script.steps:
                got += exactly(tls, len(asked))
                tls.sendall(answer)
            if self._script.farewell:
                with contextlib.suppress(OSError):
                    tls.unwrap()
            self.got.append(Said(data=got, farewell=True))

    def _shaken(self, sock: socket.socket) -> ssl.SSLSocket:
        """Shake hands; where that fails, read on to the end, so that nothing spoils the alert on its way."""
        with sock.dup() as still_open:
            try:
                return self._context.wrap_socket(sock, server_side=True)
            except OSError:
                while still_open.recv(65536):
                    pass
                raise

    def finish(self) -> None:
        """Wait until all has been played that was begun."""
        for thread in self._threads:
            thread.join(PATIENCE)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in [self._accepting, *self._threads]:
            thread.join(PATIENCE)


def exactly(sock: ssl.SSLSocket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = sock.recv(size - len(got))
        if not piece:
            break
        got += piece
    return got


def to_the_end(sock: ssl.SSLSocket) -> Said:
    got = b""
    try:
        while piece := sock.recv(65536):
            got += piece
    except ssl.SSLEOFError:
        return Said(data=got, farewell=False)
    return Said(data=got, farewell=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """A proxy that watches, what it hears, and how to be its client."""

    server: Server
    heard: Heard
    proxy: WatchingProxy
    trust: ssl.SSLContext

    def tunnel(self, authority: str = f"{INT}:443") -> socket.socket:
        sock = socket.create_connection((self.server.host, self.server.port), timeout=PATIENCE)
        sock.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        return sock

    def connect(self) -> ssl.SSLSocket:
        sock = self.tunnel()
        assert exactly_plain(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        return self.trust.wrap_socket(sock, server_hostname=INT)

    def answer_to(self, authority: str) -> bytes:
        with self.tunnel(authority) as sock:
            return b"".join(iter(lambda: sock.recv(65536), b""))


def exactly_plain(sock: socket.socket, end: bytes) -> bytes:
    got = b""
    while not got.endswith(end):
        piece = sock.recv(1)
        if not piece:
            break
        got += piece
    return got


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority([INT], real_time())


@pytest.fixture(scope="module")
def real_authority() -> Authority:
    return make_authority([INT], real_time())


@pytest.fixture(scope="module")
def trust(authority: Authority) -> ssl.SSLContext:
    return trusting(authority)


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem.decode())


def contexts(authority: Authority, now: Callable[[], datetime] = real_time) -> ssl.SSLContext:
    return Contexts(authority, [], lambda name: name == INT, now=now).server()


Play = Callable[..., Host]


@pytest.fixture
def play(real_authority: Authority) -> Iterator[Play]:
    hosts: list[Host] = []

    def started(script: Script, now: Callable[[], datetime] = real_time) -> Host:
        hosts.append(Host(contexts(real_authority, now), script))
        return hosts[-1]

    yield started
    for host in hosts:
        host.close()


Watch = Callable[..., Watching]


@pytest.fixture
def watch(authority: Authority, real_authority: Authority, trust: ssl.SSLContext) -> Iterator[Watch]:
    with contextlib.ExitStack() as stack:

        def started(port: int, *, verify: Authority | None = real_authority, **settings: object) -> Watching:
            heard = Heard()
            client = trusting(verify) if verify is not None else ssl.create_default_context()
            connector = Connector(
                tls=client,
                routes={INT: Route(host="127.0.0.1", port=port, name=INT)},
                proxy=settings.pop("proxy", OwnProxy()),  # type: ignore[arg-type] # of that type
            )
            proxy = WatchingProxy(
                known=Hosts().find,
                tls=contexts(authority),
                connector=connector,
                recorder=heard,
                **settings,  # type: ignore[arg-type] # of these types
            )
            server = stack.enter_context(http_server.serve(lambda *_: [b""]))
            server.set_proxy(proxy)
            return Watching(server=server, heard=heard, proxy=proxy, trust=trust)

        yield started


def said(sock: ssl.SSLSocket, script: Script) -> Said:
    """Be the client of a script, and return all that it got."""
    with sock:
        got = b""
        for asked, answer in script.steps:
            sock.sendall(asked)
            got += exactly(sock, len(answer))
        rest = to_the_end(sock)
    return Said(data=got + rest.data, farewell=rest.farewell)


def directly(host: Host, real_authority: Authority) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", host.port), timeout=PATIENCE)
    return trusting(real_authority).wrap_socket(sock, server_hostname=INT, suppress_ragged_eofs=False)


GET = b"GET /a HTTP/1.1\r\nHost: " + INT.encode() + b"\r\n\r\n"
SCRIPTS = {
    "header case and order": Script(
        steps=((b"GET /a HTTP/1.1\r\nhOsT: x\r\nB: 1\r\na: 2\r\n\r\n", OK),), heard=(("GET", "/a", 200, b"ok"),)
    ),
    "duplicates": Script(
        steps=(
            (
                b"GET /a?x=1&x=2 HTTP/1.1\r\nHost: x\r\nCookie: a\r\nCookie: b\r\n\r\n",
                b"HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
            ),
        ),
        heard=(("GET", "/a?x=1&x=2", 302, b""),),
    ),
    "chunk extensions": Script(
        steps=(
            (
                b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;n=v\r\nab\r\n0\r\n\r\n",
                b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nxyz\r\n0\r\n\r\n',
            ),
        ),
        heard=(("POST", "/a", 200, b"xyz"),),
    ),
    "trailers": Script(
        steps=(
            (GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n1\r\na\r\n0\r\nT: 1\r\n\r\n"),
        ),
        heard=(("GET", "/a", 200, b"a"),),
    ),
    "100 Continue": Script(
        steps=(
            (
                b"POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n",
            ),
            (b"ab", OK),
        ),
        heard=(("POST", "/a", 200, b"ok"),),
    ),
    "103 Early Hints": Script(
        steps=((GET, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK),), heard=(("GET", "/a", 200, b"ok"),)
    ),
    "HEAD": Script(
        steps=(
            (b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
            (GET, OK),
        ),
        heard=(("HEAD", "/a", 200, b""), ("GET", "/a", 200, b"ok")),
    ),
    "204": Script(
        steps=((GET, b"HTTP/1.1 204 No Content\r\n\r\n"), (GET, OK)),
        heard=(("GET", "/a", 204, b""), ("GET", "/a", 200, b"ok")),
    ),
    "304": Script(
        steps=((GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), (GET, OK)),
        heard=(("GET", "/a", 304, b""), ("GET", "/a", 200, b"ok")),
    ),
    "gzip": Script(
        steps=(
            (
                GET,
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(PACKED), PACKED),
            ),
        ),
        heard=(("GET", "/a", 200, PACKED),),
    ),
    "header lines that go on": Script(
        steps=(
            (
                b"GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\n  b\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\nContent-Length: 2\r\n\r\nok",
            ),
        ),
        heard=(("GET", "/a", 200, b"ok"),),
    ),
    "a body that ends with the connection": Script(
        steps=((GET, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall that there is"),),
        heard=(("GET", "/a", 200, b"all that there is"),),
    ),
    "the same, cut off without a farewell": Script(
        steps=((GET, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall that"),),
        farewell=False,
        heard=(("GET", "/a", 200, b"all that"),),
    ),
    "pipelining": Script(
        steps=((GET + GET.replace(b"/a", b"/b"), OK + OK.replace(b"ok", b"no")),),
        heard=(("GET", "/a", 200, b"ok"), ("GET", "/b", 200, b"no")),
    ),
    "an answer before the body ends": Script(
        steps=(
            (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab", OK),
            (b"cd", b""),
            (GET.replace(b"/a", b"/b"), OK),
        ),
        heard=(("POST", "/a", 200, b"ok"), ("GET", "/b", 200, b"ok")),
    ),
    "bare line feeds and no reason": Script(
        steps=((b"GET /a HTTP/1.1\nHost: x\n\n", b"HTTP/1.1 200\nContent-Length: 2\n\nok"),),
        heard=(("GET", "/a", 200, b"ok"),),
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_byte_is_that_of_a_direct_call(play: Play, watch: Watch, real_authority: Authority, name: str) -> None:
    script = SCRIPTS[name]
    host = play(script)
    direct = said(directly(host, real_authority), script)
    sock = watch(host.port).connect()
    # A connection that was cut off must not look like one that ended.
    sock.suppress_ragged_eofs = False  # type: ignore[attr-defined] # typeshed lacks it

    passed = said(sock, script)

    assert passed == direct
    host.finish()
    assert [each.data for each in host.got] == [b"".join(asked for asked, _ in script.steps)] * 2


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_passed_by_is_heard(play: Play, watch: Watch, name: str) -> None:
    script = SCRIPTS[name]
    watching = watch(play(script).port)

    said(watching.connect(), script)

    watching.heard.wait(lambda: len(watching.heard.exchanges) == len(script.heard))
    heard = tuple((each.method, each.target, each.status, body(each)) for each in watching.heard.exchanges)
    assert heard == script.heard


def body(observed: ObservedExchange) -> bytes:
    return bytes(observed.answer.body) if observed.answer is not None else b""


LOST = {
    "a request is no HTTP/1.1": ((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00"),),
    "an answer is no HTTP/1.1": ((GET, b"SSH-2.0-x\r\n\r\n"),),
    "the connection goes on in another protocol": (
        (GET, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        (b"\x81\x00", b"\x81\x01a"),
    ),
    "a chunk has no size": ((GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n"),),
    "Content-Length is no single number": (
        (GET, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ),
    "a header has no colon": ((GET, b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n"),),
    "an answer came without a request": ((b"", OK),),
    "a request has an unknown Transfer-Encoding": ((b"POST /a HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", OK),),
    "there is no end of a line or head within 65536 bytes": ((b"GET /" + b"a" * 70000, b"x"),),
}


@pytest.mark.parametrize("reason", LOST)
def test_where_the_thread_is_lost_that_is_said_and_the_bytes_go_on(
    play: Play, watch: Watch, real_authority: Authority, reason: str
) -> None:
    script = Script(steps=LOST[reason], heard=())
    host = play(script)
    direct = said(directly(host, real_authority), script)
    watching = watch(host.port)

    passed = said(watching.connect(), script)

    assert passed.data == direct.data
    watching.heard.wait(lambda: watching.heard.losses)
    assert watching.heard.losses == [(INT, reason)]


def test_a_large_body_passes_whole_and_is_not_kept(play: Play, watch: Watch) -> None:
    large = b"x" * 3_000_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(large), large)
    script = Script(steps=((GET, answer),), heard=())
    watching = watch(play(script).port)

    got = said(watching.connect(), script)

    watching.heard.wait(lambda: watching.heard.exchanges)
    answered = watching.heard.exchanges[0].answer
    assert got.data == answer
    assert answered is not None
    assert (answered.is_whole, len(answered.body) < 300_000) == (False, True)


def test_a_host_that_breaks_off_is_heard_with_what_it_said(play: Play, watch: Watch) -> None:
    script = Script(steps=((GET, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),), farewell=False, heard=())
    watching = watch(play(script).port)

    said(watching.connect(), script)

    watching.heard.wait(lambda: watching.heard.exchanges)
    answer = watching.heard.exchanges[0].answer
    assert answer is not None
    assert (bytes(answer.body), answer.is_whole) == (b"half", False)


def test_a_request_without_an_answer_is_heard(play: Play, watch: Watch) -> None:
    script = Script(steps=((GET, b""),), heard=())
    watching = watch(play(script).port)

    said(watching.connect(), script)

    watching.heard.wait(lambda: watching.heard.exchanges)
    assert [(each.method, each.status) for each in watching.heard.exchanges] == [("GET", 0)]


def test_a_host_that_resets_the_connection_is_heard_as_without_an_answer(
    play: Play, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "_play", reset)
    watching = watch(play(Script(steps=((GET, b""),), heard=())).port)

    with watching.connect() as sock, contextlib.suppress(OSError):
        sock.sendall(GET)
        sock.recv(100)

    watching.heard.wait(lambda: watching.heard.exchanges)
    assert [(each.method, each.status) for each in watching.heard.exchanges] == [("GET", 0)]


def reset(host: Host, sock: socket.socket) -> None:
    sock.settimeout(PATIENCE)
    with host._shaken(sock) as tls:  # noqa: SLF001 - the host's own
        exactly(tls, len(GET))
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_client_that_goes_away_is_heard_with_what_it_was_reported(play: Play, watch: Watch) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    script = Script(steps=((GET, half), (GET, b"")), heard=())
    watching = watch(play(script).port)

    with watching.connect() as sock:
        sock.sendall(GET)
        exactly(sock, len(half))

    watching.heard.wait(lambda: watching.heard.exchanges)
    answer = watching.heard.exchanges[0].answer
    assert answer is not None
    assert (bytes(answer.body), answer.is_whole) == (b"half", False)


# bad input


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def test_a_host_that_is_down_is_a_502_that_says_so(watch: Watch) -> None:
    port = free_port()
    watching = watch(port)

    status = watching.answer_to(f"{INT}:443").split(b"\r\n")[0].decode()

    assert status == f"HTTP/1.1 502 127.0.0.1:{port} cannot be reached (Connection refused)"
    assert watching.heard.otherwise == ["Without nhsauth your program would have met the same."]
    assert watching.heard.failures == [(INT, f"127.0.0.1:{port} cannot be reached (Connection refused)")]


def test_a_certificate_that_does_not_hold_is_a_502_that_says_so(play: Play, watch: Watch) -> None:
    host = play(Script(steps=((GET, OK),), heard=()))
    watching = watch(host.port, verify=None)

    status = watching.answer_to(f"{INT}:443").split(b"\r\n")[0].decode()

    assert status.startswith(f"HTTP/1.1 502 the certificate of 127.0.0.1:{host.port} does not hold for {INT}: ")
    assert watching.heard.otherwise[0].startswith("Without nhsauth your program would have met a certificate error")
    assert host.got == []


def test_a_certificate_that_has_expired_is_a_502_that_says_so(play: Play, watch: Watch) -> None:
    long_ago = real_time() - timedelta(days=LEAF_DAYS + 2)
    host = play(Script(steps=((GET, OK),), heard=()), now=lambda: long_ago)

    status = watch(host.port).answer_to(f"{INT}:443").split(b"\r\n")[0].decode()

    assert status.startswith(f"HTTP/1.1 502 the certificate of 127.0.0.1:{host.port} does not hold for {INT}: ")
    assert "certificate has expired" in status
    assert host.got == []


def test_a_host_that_speaks_no_tls_is_a_502_that_says_so(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]

        def greet() -> None:
            sock, _ = plain.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        status = watch(port).answer_to(f"{INT}:443").split(b"\r\n")[0].decode()
        thread.join()

    assert status == f"HTTP/1.1 502 127.0.0.1:{port} speaks no TLS with us (wrong version number)"


def test_production_is_refused_unless_asked_for(watch: Watch) -> None:
    watching = watch(free_port())

    status = watching.answer_to("api.service.nhs.uk:443").split(b"\r\n")[0].decode()

    what_it_wants = (
        "To reach it start nhsauth watch with --production. No value is kept then, and no file can be written."
    )
    assert status == f"HTTP/1.1 403 api.service.nhs.uk is production: {what_it_wants}"
    assert watching.heard.failures == [("api.service.nhs.uk", "it is production")]


def test_a_program_that_does_not_trust_our_authority_is_reported_of(play: Play, watch: Watch) -> None:
    watching = watch(play(Script(steps=((GET, OK),), heard=())).port)
    sock = watching.tunnel()
    exactly_plain(sock, b"\r\n\r\n")

    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(sock, server_hostname=INT)

    watching.heard.wait(lambda: watching.heard.mistrust)
    assert watching.heard.mistrust == [(INT, "tlsv1 alert unknown ca")]


def test_a_host_that_wants_a_certificate_of_the_program_is_reported_of(watch: Watch, real_authority: Authority) -> None:
    context = contexts(real_authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=real_authority.pem.decode())
    context.sni_callback = None
    host = Host(certified(context, real_authority), Script(steps=((GET, OK),), heard=()))
    watching = watch(host.port)

    with contextlib.suppress(OSError), watching.connect() as sock:
        sock.sendall(GET)
        sock.recv(100)

    watching.heard.wait(lambda: watching.heard.failures)
    host.close()
    assert watching.heard.failures == [(INT, "it broke off TLS (tlsv13 alert certificate required)")]


def certified(context: ssl.SSLContext, authority: Authority) -> ssl.SSLContext:
    """Give a context the certificate that it would else choose by the name that a client asks for."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(authority.leaf([INT], real_time()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def test_another_host_is_tunnelled_untouched_and_counted(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        authority = f"127.0.0.1:{plain.getsockname()[1]}"
        watching = watch(free_port())
        with watching.tunnel(authority) as sock:
            exactly_plain(sock, b"\r\n\r\n")
            other, _ = plain.accept()
            with other:
                sock.sendall(b"\x00anything")
                got = other.recv(100)
                other.sendall(b"else")
                back = sock.recv(100)

    assert (got, back, dict(watching.proxy.tunnelled)) == (b"\x00anything", b"else", {authority: 1})


def test_beyond_a_bound_of_connections_it_says_so(play: Play, watch: Watch) -> None:
    watching = watch(play(Script(steps=((GET, OK),), heard=())).port, most=1)
    with watching.tunnel() as first:
        exactly_plain(first, b"\r\n\r\n")

        status = watching.answer_to(f"{INT}:443").split(b"\r\n")[0].decode()

    assert status == "HTTP/1.1 503 1 connections are open already: close some, and try again"


def test_the_environments_own_proxy_is_gone_through(play: Play, watch: Watch) -> None:
    host = play(Script(steps=((GET, OK),), heard=()))
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def lead_on() -> None:
            sock, _ = listening.accept()
            asked.append(exactly_plain(sock, b"\r\n\r\n"))
            with sock, socket.create_connection(("127.0.0.1", host.port)) as outside:
                sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=pump, args=[outside, sock])
                back.start()
                pump(sock, outside)
                back.join()

        thread = threading.Thread(target=lead_on)
        thread.start()
        proxy = OwnProxy(url=f"http://me:pass%20word@127.0.0.1:{listening.getsockname()[1]}", bypass="other.example")
        got = said(watch(host.port, proxy=proxy).connect(), Script(steps=((GET, OK),), heard=()))
        thread.join()

    assert got.data == OK
    assert asked[0].split(b"\r\n")[0] == f"CONNECT 127.0.0.1:{host.port} HTTP/1.1".encode()
    assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in asked[0]


def pump(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("bypass", "goes_past"),
    [
        ("", False),
        ("*", True),
        (INT, True),
        (".service.nhs.uk", True),
        ("*.nhs.uk", True),
        (f"{INT}:443", True),
        (f"{INT}:8443", False),
        ("t.api.service.nhs.uk", False),
        (" a.example , nhs.uk ", True),
    ],
)
def test_no_proxy_is_heeded(bypass: str, goes_past: bool) -> None:  # noqa: FBT001 - a table
    proxy = OwnProxy(url="http://proxy.example:3128", bypass=bypass)

    assert (proxy.for_host(INT, 443) is None) is goes_past


def test_a_proxy_that_refuses_is_a_502_that_says_so(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def refuse() -> None:
            sock, _ = listening.accept()
            with sock:
                exactly_plain(sock, b"\r\n\r\n")
                sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        target = free_port()
        watching = watch(target, proxy=OwnProxy(url=f"http://127.0.0.1:{port}"))
        status = watching.answer_to(f"{INT}:443").split(b"\r\n")[0].decode()
        thread.join()

    said = f"the proxy 127.0.0.1:{port} answered CONNECT 127.0.0.1:{target} by 407 Proxy Authentication Required"
    assert status == f"HTTP/1.1 502 {said}"
