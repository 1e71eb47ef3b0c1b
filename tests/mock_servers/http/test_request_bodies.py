"""Bodies: asked for, in chunks, cut short, or read by nobody."""

import io
import socket
import tracemalloc
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from mock_servers.http.server import Server, serve
from mock_servers.pipeline.parse import parsed
from mock_servers.wire.request import Parameters
from tests.mock_servers.http.talking import (
    CLOSE,
    bodies,
    connect,
    deaf,
    echo,
    exchange,
    read_to_end,
    seen,
    serve_one_at_a_time,
)


def test_a_client_that_expects_100_continue_is_reported_to_go_on(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n" + CLOSE)
        interim = sock.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n"), socket.MSG_WAITALL)
        sock.sendall(b"body")
        answer = read_to_end(sock)

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert seen(answer)["body"] == "body"


def test_a_chunked_body_arrives(server: Server) -> None:
    answer = exchange(
        server, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE, b"3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n"
    )

    assert (seen(answer)["body"], seen(answer)["wsgi.input_terminated"]) == ("abcde", True)


@pytest.mark.parametrize("application", [echo, deaf])
def test_after_a_chunked_body_with_trailers_the_connection_is_kept(application: WSGIApplication) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\nTrailer: x\r\n\r\n"
    with serve_one_at_a_time(application) as server:
        answer = exchange(server, chunked + chunked + b"GET / HTTP/1.1\r\n" + CLOSE)

    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"HTTP/1.1") == 3


@pytest.mark.parametrize("way", [lambda body: [body.read(-1)], lambda body: [body.read(99)], list])
def test_every_way_of_reading_a_chunked_body_ends_where_it_ends(way: Callable[[object], list[bytes]]) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        return way(environ["wsgi.input"])

    with serve(application) as server:
        answer = exchange(
            server, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"4\r\na\nb\n\r\n0\r\n\r\n"
        )

    assert answer.endswith(b"\r\n\r\na\nb\n")


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"3\r\nabcde\r\n0\r\n\r\n"])
def test_malformed_chunks_alarm_nobody(chunks: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with serve(echo) as server:
        answer = exchange(server, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE + chunks)

    assert b"200" not in answer
    assert caplog.records == []


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n" + CLOSE + b"half")
        sock.shutdown(socket.SHUT_WR)
        answer = read_to_end(sock)

    assert answer == b""


def test_a_body_that_nobody_read_is_not_taken_for_the_next_request() -> None:
    with serve(deaf) as server:
        answer = exchange(
            server,
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\nPUT / HTTP/1.1\r\nGET / HTTP/1.1\r\n" + CLOSE,
        )

    assert bodies(answer) == [b"POST", b"GET"]


def test_a_large_body_that_nobody_read_is_never_held_in_memory() -> None:
    body = memoryview(bytes(16 * 1024 * 1024))
    with serve(deaf) as server:
        tracemalloc.start()
        try:
            answer = exchange(server, b"POST / HTTP/1.1\r\nContent-Length: %d\r\n" % len(body) + CLOSE, body)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert answer.endswith(b"\r\n\r\nPOST")
    assert peak < 1024 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&&grant_type=a%20b+c&=&x&y=&z=1=2&grant_type=a%20b+c",
        b"grant_type=" + b"x" * 200 + b"&subject_token_type=%FF",
        b"&".join(b"grant_type=%d" % number for number in range(40)),
    ],
)
def test_a_form_is_read_as_python_reads_one(body: bytes) -> None:
    assert [*form_of(body).pairs] == parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    assert form_of(body).pairs == form_of(body).pairs


def test_of_long_values_of_the_protocols_parameters_none_is_kept() -> None:
    tracemalloc.start()
    try:
        for number in range(8):
            form_of(b"grant_type=%d" % number + b"x" * 500_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 500_000


def form_of(body: bytes) -> Parameters:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oauth2/token",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    return parsed(environ, reads_body=True).form
