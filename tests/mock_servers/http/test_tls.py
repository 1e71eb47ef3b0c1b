"""The same over TLS, and what comes of clients that do not speak it."""

import contextlib
import http.client
import io
import json
import logging
import socket
import ssl

import pytest

from mock_servers.http.server import Server
from tests.mock_servers.http.talking import (
    CLOSE,
    connect,
    exchange,
    read_to_end,
    status,
)


def test_a_tls_url_says_https(tls_server: Server) -> None:
    assert tls_server.url == f"https://127.0.0.1:{tls_server.port}"


def test_requests_pipelined_in_one_tls_record_are_all_answered(tls_server: Server, trusting: ssl.SSLContext) -> None:
    start_of_first = b"GET / HTTP/1.1\r\nHost: a\r\nX-Padding: "
    first = start_of_first + b"x" * (io.DEFAULT_BUFFER_SIZE - len(start_of_first) - 4) + b"\r\n\r\n"
    with trusting.wrap_socket(connect(tls_server), server_hostname="127.0.0.1") as sock:
        sock.sendall(first + b"GET / HTTP/1.1\r\n" + CLOSE)
        answer = read_to_end(sock)

    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_ten_tls_clients_that_say_nothing_do_not_hold_up_the_eleventh(
    tls_server: Server, trusting: ssl.SSLContext
) -> None:
    def ask(sock: socket.socket) -> str:
        with trusting.wrap_socket(sock, server_hostname="127.0.0.1") as wrapped:
            wrapped.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
            return status(read_to_end(wrapped))

    with contextlib.ExitStack() as clients:
        silent = [clients.enter_context(connect(tls_server)) for _ in range(10)]
        eleventh = ask(connect(tls_server))
        late = [ask(sock) for sock in silent]

    assert eleventh == "HTTP/1.1 200 OK"
    assert late == ["HTTP/1.1 200 OK"] * 10


def test_requests_are_answered_over_tls(tls_server: Server, trusting: ssl.SSLContext) -> None:
    with contextlib.closing(http.client.HTTPSConnection(tls_server.host, tls_server.port, context=trusting)) as client:
        client.request("POST", "/token", body=b"x" * 40000)
        answer = json.load(client.getresponse())

    assert (answer["wsgi.url_scheme"], len(answer["body"])) == ("https", 40000)


def test_a_client_that_does_not_trust_the_certificate_alarms_nobody(
    tls_server: Server, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), connect(tls_server) as sock:
        ssl.create_default_context().wrap_socket(sock, server_hostname="127.0.0.1")
    with trusting.wrap_socket(connect(tls_server), server_hostname="127.0.0.1") as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        after = read_to_end(sock)
    tls_server.stop()

    assert status(after) == "HTTP/1.1 200 OK"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_client_that_falls_back_to_plain_text_alarms_nobody(
    tls_server: Server, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    with trusting.wrap_socket(connect(tls_server), server_hostname="127.0.0.1") as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        socket.socket.send(sock, CLOSE)
        socket.socket.shutdown(sock, socket.SHUT_WR)
        while socket.socket.recv(sock, 65536):
            pass
    tls_server.stop()

    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_plain_http_on_a_tls_port_is_reported_so(tls_server: Server) -> None:
    answer = exchange(tls_server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"
    assert answer.endswith(b"This port speaks TLS: say https")
