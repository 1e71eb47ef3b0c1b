"""The way to an API and back over real connections: piece by piece, in both directions, and broken off."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from mock_servers.gateway.reply import BrokenUpstreamError, SlowUpstreamError
from mock_servers.gateway.upstream import Upstream
from mock_servers.http import server as serving
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import Api
from mock_servers.wire.request import Request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PIECE = b"x" * 100_000
PATIENCE = 20


@contextmanager
def behind(ring: KeyRing, application: "WSGIApplication") -> Iterator[http.client.HTTPConnection]:
    """A connection to a mock that has an application behind its gateway, at /my-api."""
    platform = Mock(ring=ring)
    with serving.serve(application) as api, platform.serving() as server:
        platform.add_api(Api(path="/my-api", upstream=api.url, open=True))
        connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        try:
            yield connection
        finally:
            connection.close()


def test_an_answer_comes_back_piece_by_piece(ring: KeyRing) -> None:
    go_on = threading.Event()

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        yield b"data: 1\n\n"
        assert go_on.wait(PATIENCE)  # for who asks to have read the first
        yield b"data: 2\n\n"

    with behind(ring, app) as connection:
        connection.request("GET", "/my-api/events")
        answer = connection.getresponse()
        first = answer.read1(100)
        go_on.set()
        rest = answer.read()

    assert (first, rest) == (b"data: 1\n\n", b"data: 2\n\n")


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_is_passed_on_piece_by_piece(ring: KeyRing, framing: str) -> None:
    arrived = threading.Event()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun = environ["wsgi.input"].read(50_000)
        arrived.set()
        length = len(begun) + len(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(length).encode()]

    def pieces() -> Iterator[bytes]:
        yield PIECE
        assert arrived.wait(PATIENCE)  # at the API, before the rest has been sent
        yield PIECE

    with behind(ring, app) as connection:
        headers = {"Content-Length": str(2 * len(PIECE))} if framing == "length" else {}
        connection.request("POST", "/my-api/upload", pieces(), headers, encode_chunked=framing == "chunks")
        reported = connection.getresponse().read()

    assert reported == b"200000"


def test_a_body_larger_than_the_mock_reads_itself_is_passed_on(ring: KeyRing) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(1 << 16), b""))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(length).encode()]

    with behind(ring, app) as connection:
        connection.request("PUT", "/my-api/large", b"y" * 3_000_000)
        reported = connection.getresponse().read()

    assert reported == b"3000000"


def test_an_empty_body_has_the_length_nought(ring: KeyRing) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(environ.get("CONTENT_LENGTH")).encode()]

    with behind(ring, app) as connection:
        connection.request("POST", "/my-api/x", b"")
        reported = connection.getresponse().read()

    assert reported == b"0"


def test_an_answer_that_breaks_off_is_broken_off(ring: KeyRing) -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "100")])
        yield b"ten bytes."
        raise ConnectionAbortedError

    with behind(ring, app) as connection:
        connection.request("GET", "/my-api/")
        with pytest.raises(http.client.IncompleteRead) as cut:
            connection.getresponse().read()

    assert cut.value.partial == b"ten bytes."


def test_the_next_call_over_the_same_connection_is_answered(ring: KeyRing) -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with behind(ring, app) as connection:
        lines = []
        for _ in range(3):
            connection.request("POST", "/my-api/", b"body")
            lines.append(connection.getresponse().read())

    assert lines == [b"ok"] * 3


def test_an_answer_without_a_body_has_none(ring: KeyRing) -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("204 No Content", [("X-Own", "1")])
        return []

    with behind(ring, app) as connection:
        connection.request("DELETE", "/my-api/x")
        answer = connection.getresponse()

    assert (answer.status, answer.read(), answer.headers["X-Own"]) == (204, b"", "1")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("end", ["stop", "restore"])
def test_an_api_that_never_finishes_holds_up_neither_a_stop_nor_the_next_test(
    ring: KeyRing, *, begun: bool, end: str
) -> None:
    asked, finish = threading.Event(), threading.Event()

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/event-stream"), ("Connection", "close")])
        if begun:
            yield b"data: 1\n\n"
        asked.set()
        finish.wait(PATIENCE)

    platform = Mock(ring=ring)
    with serving.serve(app) as api:
        server = platform.start()
        state = platform.snapshot()
        platform.add_api(Api(path="/my-api", upstream=api.url, open=True))
        connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        connection.request("GET", "/my-api/events")
        assert asked.wait(PATIENCE)
        first = connection.getresponse() if begun else None
        reported = first.read1(100) if first else b""

        server.stop() if end == "stop" else platform.restore(state)
        with first or connection.getresponse() as answer, suppress(http.client.IncompleteRead):
            answer.read()
        finish.set()
        connection.close()
        server.stop()

    assert (answer.status, reported) == ((200, b"data: 1\n\n") if begun else (502, b""))


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of an API that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _request(**changes: Any) -> Request:
    return Request(**{"method": "GET", "base": "http://mock", "target": "/my-api/x", "path": "/my-api/x", **changes})


def test_an_api_that_says_nothing_is_given_up(silent: str) -> None:
    with pytest.raises(SlowUpstreamError, match=r"it sent nothing for 0.05 s"):
        Upstream(read=0.05).send(Api(path="/my-api", upstream=silent), _request())


def test_an_api_has_longer_to_answer_than_to_take_the_connection(raw: Callable[[bytes], str]) -> None:
    waited = list[float | None]()

    @contextmanager
    def waiting(end: Callable[[], None]) -> Iterator[None]:
        waited.append(end.args[0].gettimeout())  # type: ignore[attr-defined] # the connection that is shut
        yield

    url = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    reply = Upstream(connect=5, read=50, waiting=waiting).send(Api(path="/my-api", upstream=url), _request())
    reply.pieces.close()

    assert (reply.status, waited) == (200, [50])


@pytest.fixture
def raw() -> Iterator[Callable[[bytes], str]]:
    """An API that answers every request with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(answer: bytes) -> str:
            def once() -> None:
                client, _ = listening.accept()
                with client:
                    client.recv(65536)
                    client.sendall(answer)

            threading.Thread(target=once, daemon=True).start()
            return f"http://127.0.0.1:{listening.getsockname()[1]}"

        yield serve


def test_headers_that_repeat_come_back_in_their_order(raw: Callable[[bytes], str]) -> None:
    url = raw(
        b"HTTP/1.1 200 OK\r\nVary: a\r\nSet-Cookie: b=1\r\nvary: c\r\nSet-Cookie: d=2\r\nContent-Length: 0\r\n\r\n"
    )

    reply = Upstream().send(Api(path="/my-api", upstream=url), _request())
    rest = list(reply.pieces)
    reply.pieces.close()

    assert rest == []
    assert reply.headers == (
        ("Vary", "a"),
        ("Set-Cookie", "b=1"),
        ("vary", "c"),
        ("Set-Cookie", "d=2"),
        ("Content-Length", "0"),
    )


def test_what_is_not_http_is_broken(raw: Callable[[bytes], str]) -> None:
    with pytest.raises(BrokenUpstreamError, match="BadStatusLine"):
        Upstream().send(Api(path="/my-api", upstream=raw(b"SSH-2.0-OpenSSH_9.9\r\n")), _request())
