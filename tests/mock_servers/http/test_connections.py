"""Connections: kept, many at once, silent, half used, reset."""

import contextlib
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from mock_servers.http.server import Server
from tests.mock_servers.http.talking import (
    CLOSE,
    RESET_ON_CLOSE,
    bodies,
    connect,
    echo,
    exchange,
    open_sockets,
    read_to_end,
    serve_one_at_a_time,
    status,
)


def test_a_connection_is_kept_from_request_to_request(server: Server) -> None:
    with contextlib.closing(http.client.HTTPConnection(server.host, server.port)) as client:
        ports = set()
        for _ in range(50):
            client.request("GET", "/")
            ports.add(json.load(client.getresponse())["REMOTE_PORT"])

    assert len(ports) == 1


def test_each_request_of_a_connection_is_answered_by_its_own_head_and_body(server: Server) -> None:
    with contextlib.closing(http.client.HTTPConnection(server.host, server.port)) as client:
        asked = [("/a", b"1"), ("/a", b"2"), ("/b", b"3"), ("/a", b"44"), ("/a", b"55")]
        answered = []
        for path, body in asked:
            client.request("POST", path, body)
            reported = json.load(client.getresponse())
            answered.append((reported["PATH_INFO"], reported["body"].encode()))

    assert answered == asked


def test_a_connection_is_kept_over_a_jump_of_the_process_s_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, connection = time.time, http.client.HTTPConnection
    with (
        contextlib.closing(connection(server.host, server.port)) as kept,
        contextlib.closing(connection(server.host, server.port)) as other,
    ):
        kept.request("GET", "/")
        kept.getresponse().read()
        sock = kept.sock
        monkeypatch.setattr(time, "time", lambda: real() + 3600)

        for _ in range(50):  # each is a turn of the loop that ends connections
            other.request("GET", "/")
            other.getresponse().read()
        kept.request("GET", "/")

        assert (kept.getresponse().status, kept.sock) == (200, sock)


def test_small_answers_leave_at_once(server: Server) -> None:
    before = open_sockets()
    with contextlib.closing(http.client.HTTPConnection(server.host, server.port)) as client:
        client.request("GET", "/")
        client.getresponse().read()
        new = {sock for sock in open_sockets() - before if sock.family == socket.AF_INET}
        (ours,) = {sock for sock in new if sock.getsockname()[1] == server.port}
        nodelay = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert nodelay


def test_forty_connections_are_kept_at_once(server: Server) -> None:
    with contextlib.ExitStack() as clients:
        kept = [http.client.HTTPConnection(server.host, server.port) for _ in range(40)]
        for client in kept:
            clients.callback(client.close)
            client.request("GET", "/")
            client.getresponse().read()
        still_open = [client.sock is not None for client in kept]

    assert all(still_open)


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    answer = exchange(
        server, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\n" + CLOSE
    )

    assert [json.loads(body)["PATH_INFO"] for body in bodies(answer)] == ["/1", "/2", "/3"]


def test_ten_requests_half_sent_do_not_hold_up_the_eleventh(server: Server) -> None:
    with contextlib.ExitStack() as clients:
        halves = [clients.enter_context(connect(server)) for _ in range(10)]
        for half in halves:
            half.sendall(b"GET /half HTTP/1.1\r\n")
        eleventh = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)
        for half in halves:
            half.sendall(CLOSE)
        # A server that let the eleventh wait would by now have given up the ten, with a 408.
        late = [status(read_to_end(half)) for half in halves]

    assert status(eleventh) == "HTTP/1.1 200 OK"
    assert late == ["HTTP/1.1 200 OK"] * 10


def test_forty_silent_connections_do_not_hold_up_the_next(server: Server) -> None:
    with contextlib.ExitStack() as clients:
        silent = [clients.enter_context(connect(server)) for _ in range(40)]
        next_one = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)
        for sock in silent:
            sock.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        late = [status(read_to_end(sock)) for sock in silent]

    assert status(next_one) == "HTTP/1.1 200 OK"
    assert late == ["HTTP/1.1 200 OK"] * 40


def test_a_client_that_resets_its_connection_alarms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with serve_one_at_a_time(echo) as server:
        for part in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"):
            with connect(server) as sock:
                sock.sendall(part)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        after = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert status(after) == "HTTP/1.1 200 OK"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_client_that_leaves_during_the_answer_alarms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    begun, left = threading.Event(), threading.Event()

    def endless(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        begun.set()
        left.wait(30)
        while True:
            yield bytes(65536)

    with serve_one_at_a_time(endless) as server:
        with connect(server) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            begun.wait(30)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        left.set()

    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_an_answer_goes_on_once_a_slow_client_has_taken_what_was_sent() -> None:
    length, piece, made, ended = 32 * 1024 * 1024, bytes(65536), list[int](), threading.Event()

    def large(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(length))])
        for each in range(length // len(piece)):
            made.append(each)
            yield piece
        ended.set()

    with serve_one_at_a_time(large) as server, connect(server) as sock:
        sock.settimeout(10)
        sock.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        before = -1
        while len(made) != before:  # until the application waits for the client
            before = len(made)
            ended.wait(0.2)
        pieces = list(iter(lambda: sock.recv(65536), b""))

    assert before < length // len(piece)
    assert len(b"".join(pieces).partition(b"\r\n\r\n")[2]) == length
