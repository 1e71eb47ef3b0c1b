"""What a careless or hostile client sends: refused at once, bounded, and nobody else's trouble."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from mock_servers.http.bounds import Bounds
from mock_servers.http.server import Server, start
from mock_servers.jose.keys import KeyRing
from mock_servers.platform import real_names
from mock_servers.platform.platform import Platform
from tests.mock_servers.http.talking import connect, read_to_end

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MIB = 1 << 20
PATIENCE = 30
CLOSE = b"Host: mock.example\r\nConnection: close\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def length_of_body(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    answer = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


@contextlib.contextmanager
def running(application: Any = length_of_body, *, quick: bool = True, **more: Any) -> Iterator[Server]:
    server = start(application, is_quick=lambda _: quick, **more)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(params=[True, False], ids=["whole", "as it comes"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server whose application gets bodies as a whole, and one that reads them as they come."""
    with running(quick=request.param) as server:
        yield server


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def say(server: Server, *pieces: bytes) -> str:
    """Send bytes, and return the status line that comes back; empty when the connection ends without one."""
    with connect(server) as sock:
        for piece in pieces:
            sock.sendall(piece)
        return read_to_end(sock).partition(b"\r\n")[0].decode()


def pump(sock: socket.socket, *pieces: bytes) -> None:
    """Send bytes as far as they are taken."""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for piece in pieces:
            sock.sendall(piece)


def ask(server: Server) -> str:
    return say(server, b"GET / HTTP/1.1\r\n" + CLOSE)


# framing


@pytest.mark.parametrize("size", ["+4", "-2", "0x4", "1_0", " 4", "4 4", "", "g", "0" * 15 + "4", "f" * 16, "f" * 17])
def test_a_chunk_size_is_hexadecimal_digits_and_not_many(server: Server, size: str) -> None:
    with connect(server) as sock:
        sock.sendall(CHUNKED + size.encode() + b"\r\nabcd\r\n0\r\n\r\n")
        answer = read_to_end(sock)

    assert b"200 OK" not in answer
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("size", ["+4", "0x4", "1_0", "-2", "f" * 16])
@pytest.mark.parametrize("cut", [1, 3, 8])
def test_a_chunk_size_that_is_refused_is_reported_however_it_arrives(size: str, cut: int) -> None:
    chunk = size.encode() + b"\r\nabcd\r\n0\r\n\r\n"
    with running() as server:
        assert say(server, CHUNKED + b"1\r\na\r\n", chunk[:cut], chunk[cut:]) == "HTTP/1.1 400 Bad Request"


def test_fifteen_digits_are_a_size(server: Server) -> None:
    assert say(server, CHUNKED + b"0" * 14 + b"4\r\nabcd\r\n0\r\n\r\n") == "HTTP/1.1 200 OK"


def test_a_request_of_http_1_1_names_its_host(server: Server) -> None:
    assert say(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n") == "HTTP/1.1 400 Bad Request"


def test_a_request_of_http_1_0_need_not(server: Server) -> None:
    assert say(server, b"GET / HTTP/1.0\r\n\r\n") == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"identity", b"chunked, chunked"])
def test_of_transfer_codings_chunked_alone_is_read(server: Server, coding: bytes) -> None:
    answer = say(server, b"POST / HTTP/1.1\r\nTransfer-Encoding: " + coding + b"\r\n" + CLOSE + b"0\r\n\r\n")

    assert answer == "HTTP/1.1 501 Not Implemented"


def test_two_hundred_headers_are_taken_and_no_more(server: Server) -> None:
    def headers(count: int) -> bytes:
        return b"".join(b"X-%d: a\r\n" % number for number in range(count))

    answers = [say(server, b"GET / HTTP/1.1\r\n" + headers(count) + CLOSE) for count in (198, 199)]

    assert answers == ["HTTP/1.1 200 OK", "HTTP/1.1 431 Request Header Fields Too Large"]


@pytest.mark.parametrize(
    ("trailers", "expected"),
    [
        (b"X: y\r\n" * 200, "HTTP/1.1 200 OK"),
        (b"X: y\r\n" * 201, "HTTP/1.1 431 Request Header Fields Too Large"),
        (b"X: %b\r\n" % (b"y" * 60_000), "HTTP/1.1 200 OK"),
        (b"X: %b\r\n" % (b"y" * 66_000), "HTTP/1.1 431 Request Header Fields Too Large"),
    ],
    ids=["200", "201", "60 kB", "66 kB"],
)
def test_trailers_count_as_headers_do(trailers: bytes, expected: str) -> None:
    with running() as server:
        answered = say(server, CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers + b"\r\n")

    assert answered == expected


def test_a_compressed_body_is_refused() -> None:
    bomb = gzip.compress(bytes(64 * MIB))
    with running() as server:
        answer = say(server, b"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n" % len(bomb) + CLOSE)

    assert answer == "HTTP/1.1 415 Unsupported Media Type"


def test_a_body_that_says_it_is_not_compressed_is_taken() -> None:
    with running() as server:
        answer = say(server, b"POST / HTTP/1.1\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n" + CLOSE + b"a")

    assert answer == "HTTP/1.1 200 OK"


def test_many_chunks_have_some_bytes_each(server: Server) -> None:
    small, large = ((b"%x\r\n" % size + bytes(size) + b"\r\n") * 5000 for size in (1, 32))
    answers = []
    for chunks in (small, large):
        with connect(server) as sock:
            pump(sock, CHUNKED + chunks + b"0\r\n\r\n")
            answers.append(read_to_end(sock)[:13])

    assert answers[0] in (b"", b"HTTP/1.1 400 ")  # the application that reads has no more than a body broken off
    assert answers[1] == b"HTTP/1.1 200 "


# bodies that are too large


def test_of_too_large_a_body_the_application_sees_too_much_and_no_more() -> None:
    with running(bounds=Bounds(largest_body=1000)) as server, connect(server) as sock:
        sock.sendall(CHUNKED + b"%x\r\n" % (600 * MIB) + bytes(1001))
        answer = read_to_end(sock)

    assert 1000 < int(answer.rpartition(b"\r\n\r\n")[2]) <= 65536


def test_a_length_that_is_too_large_is_not_waited_for() -> None:
    with running(bounds=Bounds(largest_body=1000)) as server, connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        answer = read_to_end(sock)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n0")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, int]]:
    """A server as people start it, in a process of its own: its host, its port, its number."""
    command = [sys.executable, "-m", "mock_servers", "serve", "--port", "0", "--json"]
    folder = tmp_path_factory.mktemp("serve")
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            parts = urlsplit(ready["url"])
            yield str(parts.hostname), int(parts.port or 0), ready["pid"]
        finally:
            process.kill()


def peak_of(pid: int) -> float:
    """Return the most memory that a process has had, in MiB."""
    file = Path(f"/proc/{pid}/status")
    if not file.exists():
        pytest.skip("needs /proc, as on Linux")
    found = re.search(r"VmHWM:\s+(\d+) kB", file.read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.parametrize("framing", ["chunk", "chunks", "length"])
def test_six_hundred_mebibytes_are_neither_kept_nor_waited_for(process: tuple[str, int, int], framing: str) -> None:
    host, port, pid = process
    begin = {
        "chunk": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (600 * MIB),
        "chunks": b"Transfer-Encoding: chunked\r\n\r\n" + (b"20\r\n" + bytes(32) + b"\r\n") * (2 * MIB // 32),
        "length": b"Content-Length: %d\r\n\r\n" % (600 * MIB),
    }
    for _ in range(2):  # what the first answer loads is not the body's
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        connection.request("POST", "/oauth2/token", "grant_type=client_credentials")
        connection.getresponse().read()
        connection.close()
    before = peak_of(pid)

    with socket.create_connection((host, port), timeout=PATIENCE) as sock:
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\n"
        writer = threading.Thread(target=pump, args=(sock, head, begin[framing], *[bytes(MIB)] * 600))
        writer.start()
        answer = read_to_end(sock)
        writer.join()

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert peak_of(pid) - before < 16


# clients that are slow


HALF = {
    "half a line": b"GET / HT",
    "half a head": b"GET / HTTP/1.1\r\nHost: a\r\n",
    "half a body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    "half a chunk": CHUNKED + b"9\r\nhalf",
}


@pytest.mark.parametrize("half", HALF.values(), ids=HALF)
def test_a_request_half_sent_has_ten_seconds(ticks: Ticks, half: bytes) -> None:
    with running(ticks=ticks) as server, connect(server) as sock:
        sock.sendall(half)
        ask(server)
        ticks.now += 10.1
        answer = read_to_end(sock)

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_one_that_drips_has_no_more_than_that(ticks: Ticks) -> None:
    with running(ticks=ticks) as server, connect(server) as sock:
        for byte in b"GET / HTTP/1.1":
            sock.sendall(bytes([byte]))
            ask(server)  # by now it has arrived
            ticks.now += 1
        answer = read_to_end(sock)

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_body_has_a_lowest_speed(ticks: Ticks) -> None:
    with running(ticks=ticks, bounds=Bounds(lowest=100)) as server:
        slow, slower = connect(server), connect(server)
        for sock, size in ((slow, 1000), (slower, 100)):
            sock.sendall(
                b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1001\r\n\r\n" + bytes(size)
            )
        ask(server)
        ticks.now += 15
        reported = read_to_end(slower)
        slow.sendall(b"a")
        answer = read_to_end(slow)
        slow.close()
        slower.close()

    assert reported.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_application_that_reads_a_body_as_it_comes_is_reported_that_none_came(ticks: Ticks) -> None:
    failures: list[ConnectionAbortedError] = []

    def patient(environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
        try:
            return [environ["wsgi.input"].read()]
        except ConnectionAbortedError as failure:
            failures.append(failure)
            raise

    with running(patient, quick=False, ticks=ticks) as server, connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n" + CLOSE + b"half")
        while not ticks.now > 1010:
            with connect(server) as other:
                other.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
                read_to_end(other)
            ticks.now += 11
        answer = read_to_end(sock)

    assert (answer, [failure.strerror for failure in failures][-1:]) == (b"", ["the body timed out"])


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"], ids=["silent", "kept"])
def test_a_connection_without_a_request_ends_after_a_minute(ticks: Ticks, before: bytes) -> None:
    with running(ticks=ticks) as server, connect(server) as sock:
        sock.sendall(before)
        first = sock.recv(65536) if before else b""
        ask(server)
        ticks.now += 59
        ask(server)
        sock.sendall(b"G")
        ask(server)
        ticks.now += 10.1
        answer = read_to_end(sock)

    assert first.startswith(b"HTTP/1.1 200 OK") or not before
    assert answer.startswith(b"HTTP/1.1 408 ")  # so it was there to be written to


def test_a_silent_connection_is_closed_without_a_word(ticks: Ticks) -> None:
    with running(ticks=ticks) as server, connect(server) as sock:
        ask(server)
        ticks.now += 61
        answer = read_to_end(sock)

    assert answer == b""


def test_beyond_a_number_of_connections_the_oldest_that_waits_makes_room() -> None:
    with running(bounds=Bounds(connections=3)) as server, ExitStack() as stack:
        old, young, newest = (stack.enter_context(connect(server)) for _ in range(3))
        for sock in (old, young, newest):
            sock.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            sock.recv(1000)
        fresh = ask(server)
        ended = read_to_end(old)
        young.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        answer = read_to_end(young)

    assert (fresh, ended) == ("HTTP/1.1 200 OK", b"")
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_takes_no_answer_is_let_go(ticks: Ticks) -> None:
    def large(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(32 * MIB))])
        return [bytes(32 * MIB)]

    with running(large, ticks=ticks) as server, connect(server) as sock:
        sock.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        begun = b""
        while begun.count(b"HTTP/1.1 200 OK") < 2:
            begun += sock.recv(1000)
        say(server, b"HEAD / HTTP/1.1\r\n" + CLOSE)
        ticks.now += 10 + 32 * MIB / 1024 + 1
        say(server, b"HEAD / HTTP/1.1\r\n" + CLOSE)  # by now the server has looked for slow clients
        received = read_to_end(sock)

    assert len(received) < 32 * MIB


def test_an_application_whose_client_takes_nothing_is_let_go(ticks: Ticks) -> None:
    ended = threading.Event()

    def endless(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield bytes(65536)
        finally:
            ended.set()

    with running(endless, quick=False, ticks=ticks) as server, connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        sock.recv(10, socket.MSG_WAITALL)
        while not ended.wait(0.01):
            ticks.now += 100

    assert ended.is_set()


def test_a_client_that_asks_and_takes_no_answers_is_not_answered_for_ever() -> None:
    answered = 0

    def large(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal answered
        answered += 1
        start_response("200 OK", [("Content-Length", str(4 * MIB))])
        return [bytes(4 * MIB)]

    with running(large) as server, connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        sock.recv(10, socket.MSG_WAITALL)
        with connect(server) as other:
            other.sendall(b"HEAD / HTTP/1.1\r\n" + CLOSE)
            read_to_end(other)

    assert answered < 10


@pytest.fixture
def proxy(ring: KeyRing, tmp_path: Path, ticks: Ticks) -> Iterator[Server]:
    """A server of the platform that speaks TLS, and lets its time be moved."""
    platform = Platform(ring=ring)
    with running(platform, ticks=ticks) as server:
        prepared = real_names.throwaway(platform, tmp_path)
        prepared.open_at(server)
        yield server


TUNNEL = b"CONNECT int.api.service.nhs.uk:443 HTTP/1.1\r\nHost: int.api.service.nhs.uk\r\n\r\n"


@pytest.mark.parametrize("half", [TUNNEL, b"\x16\x03\x01\x02\x00"], ids=["none", "half"])
def test_a_handshake_has_ten_seconds(proxy: Server, ticks: Ticks, half: bytes) -> None:
    with connect(proxy) as sock:
        sock.sendall(half)
        sock.recv(len(b"HTTP/1.1 200 Connection established\r\n\r\n"), socket.MSG_WAITALL) if half == TUNNEL else None
        say(proxy, b"GET /oauth2/_ping HTTP/1.1\r\n" + CLOSE)
        ticks.now += 10.1
        answer = read_to_end(sock)

    assert answer == b""


def test_after_the_handshake_there_is_a_minute(proxy: Server, ticks: Ticks) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(proxy) as sock, context.wrap_socket(sock, server_hostname="localhost") as wrapped:
        say(proxy, b"GET /oauth2/_ping HTTP/1.1\r\n" + CLOSE)
        ticks.now += 20
        say(proxy, b"GET /oauth2/_ping HTTP/1.1\r\n" + CLOSE)
        wrapped.sendall(b"GET /oauth2/_ping HTTP/1.1\r\n" + CLOSE)
        answer = read_to_end(wrapped)

    assert answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.slow
@pytest.mark.usefixtures("_many_descriptors")
def test_a_thousand_slow_clients_hold_up_nobody(process: tuple[str, int, int]) -> None:
    host, port, _ = process
    with ExitStack() as stack:

        def many(count: int, begin: bytes) -> list[socket.socket]:
            made = [stack.enter_context(socket.create_connection((host, port), timeout=PATIENCE)) for _ in range(count)]
            for sock in made:
                sock.sendall(begin)
            return made

        many(500, b"")
        many(50, b"\x16\x03\x01")
        many(400, b"GET /oauth2/_ping HTTP/1.1\r\nHost: a\r\n")
        dripping = many(200, b"G")
        statuses = []
        for byte in b"ET /oau":
            for sock in dripping:
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    sock.sendall(bytes([byte]))
            with contextlib.closing(http.client.HTTPConnection(host, port, timeout=5)) as connection:
                connection.request("GET", "/oauth2/_ping")
                statuses.append(connection.getresponse().status)

    assert statuses == [200] * 7


# who waits lets others go on


def test_a_call_that_waits_without_a_word_holds_up_nobody() -> None:
    go_on = threading.Event()

    def waits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/waits":
            go_on.wait(PATIENCE)
        return length_of_body(environ, start_response)

    with running(waits) as server, connect(server) as sock:
        sock.sendall(b"GET /waits HTTP/1.1\r\n" + CLOSE)
        others = [ask(server) for _ in range(3)]
        go_on.set()
        answer = read_to_end(sock)

    assert others == ["HTTP/1.1 200 OK"] * 3
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_forty_calls_that_wait_are_all_answered_in_the_end() -> None:
    go_on = threading.Event()
    extra_worker: list[Callable[[], Any]] = []

    def waits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/waits":
            with extra_worker[0]():
                go_on.wait(PATIENCE)
        return length_of_body(environ, start_response)

    with running(waits) as server, ExitStack() as stack:
        extra_worker.append(server.extra_worker)
        waiting = [stack.enter_context(connect(server)) for _ in range(40)]
        for sock in waiting:
            sock.sendall(b"GET /waits HTTP/1.1\r\n" + CLOSE)
        others = [ask(server) for _ in range(3)]
        go_on.set()
        answers = [read_to_end(sock)[:15] for sock in waiting]

    assert others == ["HTTP/1.1 200 OK"] * 3
    assert answers == [b"HTTP/1.1 200 OK"] * 40


def test_a_fetch_lets_others_go_on(ring: KeyRing) -> None:
    """A key set that never comes, asked for by an assertion, while others are answered by the same server."""
    platform = Platform(ring=ring)
    with socket.create_server(("127.0.0.1", 0)) as silent, platform.serving() as server:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/jwks"
        platform.apps.change("nhsauth-app", jwks_url=url, jwks=None)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": platform.client_assertion("nhsauth-app"),
        }
        asking = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        asking.request("POST", "/oauth2/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        fetching, _ = silent.accept()
        others = [say(server, b"GET /oauth2/_ping HTTP/1.1\r\n" + CLOSE) for _ in range(3)]
        fetching.close()
        status = asking.getresponse().status
        asking.close()

    assert others == ["HTTP/1.1 200 OK"] * 3
    assert status == 403
