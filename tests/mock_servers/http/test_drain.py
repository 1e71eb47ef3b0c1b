"""A server before it stops: each connection ends with its next answer, and nobody who is connected is reset."""

import socket
import threading
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from mock_servers.http.server import Server, start
from tests.mock_servers.http.talking import CLOSE, connect, read_to_end

GET = b"GET / HTTP/1.1\r\nHost: mock.example\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: mock.example\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: mock.example\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE = 30.0


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read() or b"hello"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(params=[True, False], ids=["quick", "in a thread"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    running = start(hello, is_quick=lambda _: bool(request.param))
    yield running
    running.stop()


def answer(sock: socket.socket) -> bytes:
    """Read one answer of a connection that is kept."""
    received = b""
    while not received.endswith(b"hello"):
        piece = sock.recv(4096)
        assert piece
        received += piece
    return received


def test_a_connection_that_was_kept_ends_with_its_next_answer(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(GET)
        first = answer(sock)
        server.drain()
        sock.sendall(GET)
        second = read_to_end(sock)

    assert b"Connection" not in first
    assert b"\r\nConnection: close\r\n" in second
    assert second.endswith(b"hello")


@pytest.mark.parametrize(
    "request_",
    [GET, POST + b"body", CHUNKED + b"4\r\nbody\r\n0\r\n\r\n", GET[:-2] + CLOSE[-21:]],
    ids=["GET", "POST", "chunked", "it asks for that"],
)
def test_a_new_connection_is_accepted_and_ends_with_its_answer(server: Server, request_: bytes) -> None:
    server.drain()
    with connect(server) as sock:
        sock.sendall(request_)
        received = read_to_end(sock)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.lower().count(b"\r\nconnection: close\r\n") == 1
    assert received.endswith((b"hello", b"body"))


def test_a_body_that_comes_in_pieces_is_read_to_its_end(server: Server) -> None:
    server.drain()
    with connect(server) as sock:
        sock.sendall(POST)
        sock.sendall(b"bo")
        sock.sendall(b"dy")

        assert read_to_end(sock).endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    ("begun", "rest"),
    [(POST + b"bo", b"dy"), (CHUNKED + b"2\r\nbo\r\n", b"2\r\ndy\r\n0\r\n\r\n")],
    ids=["POST", "chunked"],
)
def test_a_request_whose_head_was_read_before_ends_its_connection(server: Server, begun: bytes, rest: bytes) -> None:
    with connect(server) as half, connect(server) as other:
        half.sendall(begun)
        for _ in range(2):  # the second is answered once all has been read that came before the first
            other.sendall(GET)
            answer(other)
        server.drain()
        half.sendall(rest)
        received = read_to_end(half)

    assert b"\r\nConnection: close\r\n" in received
    assert received.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("is_quick", [True, False], ids=["quick", "in a thread"])
def test_an_answer_that_is_being_made_ends_its_connection(*, is_quick: bool) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun.set()
        assert may_end.wait(PATIENCE)
        return hello(environ, start_response)

    server = start(slow, is_quick=lambda _: is_quick)
    with connect(server) as sock:
        sock.sendall(GET)
        assert begun.wait(PATIENCE)
        server.drain()
        may_end.set()
        received = read_to_end(sock)
    server.stop()

    assert b"\r\nConnection: close\r\n" in received


def stopping(server: Server) -> threading.Thread:
    thread = threading.Thread(target=server.stop, args=(PATIENCE,))
    thread.start()
    return thread


def test_who_is_connected_when_it_stops_is_still_answered(server: Server) -> None:
    with connect(server) as fresh, connect(server) as half, connect(server) as kept:
        kept.sendall(GET)
        answer(kept)
        half.sendall(POST + b"bo")
        thread = stopping(server)
        until_refused(server)
        kept.sendall(GET)
        half.sendall(b"dy")
        fresh.sendall(GET)
        answers = [read_to_end(each) for each in (kept, half, fresh)]
    thread.join(PATIENCE)

    assert [each[:15] for each in answers] == [b"HTTP/1.1 200 OK"] * 3
    assert not thread.is_alive()


def until_refused(server: Server) -> None:
    """Wait until nobody can connect any more."""
    while can_connect(server):
        pass


def can_connect(server: Server) -> bool:
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
    except OSError:
        return False
    return True


def test_once_all_are_gone_it_waits_no_longer(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(GET)
        answer(sock)
        thread = stopping(server)
        until_refused(server)
    thread.join(PATIENCE / 2)

    assert not thread.is_alive()


def test_a_server_that_nobody_has_called_stops_at_once(server: Server) -> None:
    server.drain()
    thread = stopping(server)
    thread.join(PATIENCE / 2)

    assert not thread.is_alive()


def test_who_sends_nothing_is_waited_for_no_longer_than_was_said() -> None:
    running = start(hello)
    with connect(running) as sock:
        sock.sendall(GET)
        answer(sock)
        running.stop(0.3)

        assert read_to_end(sock) == b""
