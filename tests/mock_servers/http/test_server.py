from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import gc
import http.client
import io
import ipaddress
import json
import logging
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mock_servers.http import engine
from mock_servers.http.connections import Bounds
from mock_servers.http.crew import Crew, Task
from mock_servers.http.server import CannotListenError, PortInUseError, Server, serve, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

TEXT_KEYS = (
    "CONTENT_LENGTH",
    "HTTP_HOST",
    "HTTP_TRACE_ID",
    "HTTP_X_LIST",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SERVER_NAME",
    "wsgi.input_terminated",
    "wsgi.url_scheme",
)
CLOSE = b"Host: mock.example\r\nConnection: close\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    seen = {key: environ[key] for key in TEXT_KEYS if key in environ}
    answer = json.dumps(seen | {"body": environ["wsgi.input"].read().decode()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def deaf(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the method, without a look at the body."""
    method = environ["REQUEST_METHOD"].encode()
    start_response("200 OK", [("Content-Length", str(len(method)))])
    return [method]


def connect(server: Server) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=30)


def read_to_end(sock: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            received += piece
    return received


def exchange(server: Server, *pieces: bytes | memoryview) -> bytes:
    """Send raw bytes on a connection of their own; return all that comes back until the server ends it."""
    with connect(server) as sock:
        for piece in pieces:
            sock.sendall(piece)
        return read_to_end(sock)


def seen(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK"), answer
    return dict(json.loads(body))


def bodies(answer: bytes) -> list[bytes]:
    """Of several answers, all 200, on one connection."""
    return [one.partition(b"\r\n\r\n")[2] for one in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]


def status(answer: bytes) -> str:
    return answer.partition(b"\r\n")[0].decode()


def threads_of_servers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("mock_servers.http.server")}


def open_sockets() -> set[socket.socket]:
    return {thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() != -1}


@contextlib.contextmanager
def serve_one_at_a_time(application: WSGIApplication) -> Iterator[Server]:
    """Serve with one worker: were its thread to die, there would be no second answer."""
    running = start(application, bounds=Bounds(threads=1))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(echo) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mock")])
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mock.txt"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(echo, tls=context) as running:
        yield running


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def test_port_0_picks_a_free_port_that_the_url_names(server: Server) -> None:
    assert server.port > 0
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_a_tls_url_says_https(tls_server: Server) -> None:
    assert tls_server.url == f"https://127.0.0.1:{tls_server.port}"


def test_an_ipv6_host_is_bracketed_in_the_url() -> None:
    try:
        running = start(echo, host="::1")
    except CannotListenError as error:
        pytest.skip(str(error))
    running.stop()

    assert running.url == f"http://[::1]:{running.port}"


def test_the_url_of_a_wildcard_is_one_that_can_be_called() -> None:
    with serve(echo, host="0.0.0.0") as running:  # noqa: S104
        url = running.url

    assert url == f"http://127.0.0.1:{running.port}"


def test_a_port_in_use_is_told_in_one_line(server: Server) -> None:
    with pytest.raises(PortInUseError) as caught:
        start(echo, port=server.port)

    assert str(caught.value) == f"Port {server.port} of 127.0.0.1 is in use: choose another with --port"


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("a..b", 0), ("", 0), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_had_is_told_in_one_line(host: str, port: int) -> None:
    with pytest.raises(CannotListenError, match=rf"\ACannot listen on port {port} of {host or 'no host'}: [^\n]+\Z"):
        start(echo, host=host, port=port)


def test_a_refused_start_leaves_no_thread_and_no_socket(server: Server) -> None:
    threads, sockets = threads_of_servers(), open_sockets()
    with pytest.raises(PortInUseError):
        start(echo, port=server.port)

    assert threads_of_servers() == threads
    assert open_sockets() == sockets


def test_stop_leaves_no_thread() -> None:
    before = threads_of_servers()
    with serve(echo) as running, connect(running) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: mock.example\r\n\r\n")
        during = threads_of_servers() - before
        running.stop()

    assert during
    assert threads_of_servers() == before


def test_stop_leaves_no_socket() -> None:
    with contextlib.ExitStack() as clients:
        before = open_sockets()
        running = start(echo)
        kept = http.client.HTTPConnection(running.host, running.port)
        kept.request("GET", "/")
        kept.getresponse().read()
        silent = clients.enter_context(connect(running))
        half = clients.enter_context(connect(running))
        half.sendall(b"GET / HT")
        running.stop()
        ours = {kept.sock, silent, half}
        after = open_sockets()
        kept.close()

    assert after - before == ours


def test_stop_ends_kept_connections(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(b"HEAD / HTTP/1.1\r\nHost: mock.example\r\n\r\n")
        first = sock.recv(1)
        server.stop()
        rest = read_to_end(sock)

    assert (first + rest).startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"\r\n\r\n")


def test_after_a_stop_connections_are_refused(server: Server) -> None:
    server.stop()

    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_after_a_stop_the_port_can_be_had_again(server: Server) -> None:
    exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)
    server.stop()

    with serve(echo, port=server.port) as second:
        assert seen(exchange(second, b"GET /second HTTP/1.1\r\n" + CLOSE))["PATH_INFO"] == "/second"


def test_stopping_twice_is_stopping_once(server: Server) -> None:
    server.stop()
    server.stop()

    assert server.failure is None


def test_a_request_that_runs_gets_its_answer_though_the_server_stops() -> None:
    running, finish = threading.Event(), threading.Event()

    def slow(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        running.set()
        finish.wait(30)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    server = start(slow)
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        running.wait(30)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        finish.set()
        answer = read_to_end(sock)
    stopping.join()

    assert answer.endswith(b"\r\n\r\ndone")


def test_a_request_half_sent_is_not_waited_for_by_a_stop(server: Server) -> None:
    with connect(server) as sock:
        sock.sendall(b"HEAD / HTTP/1.1\r\nHost: mock.example\r\n\r\nGET / HT")
        sock.recv(1)
        server.stop()
        answer = read_to_end(sock)

    assert b"408 Request Timeout" not in answer


def test_a_body_half_sent_is_not_waited_for_by_a_stop() -> None:
    left = threading.Event()

    def patient(environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
        try:
            return [environ["wsgi.input"].read()]
        except ConnectionAbortedError as error:
            if "timed out" not in str(error):
                left.set()
            raise

    server = start(patient)
    with connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n" + CLOSE)
        sock.recv(1)
        server.stop()

    assert left.is_set()


def test_a_server_that_nobody_stops_does_not_hold_up_the_exit() -> None:
    code = "from mock_servers.http.server import start; server = start(None); print(server.url)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stopped_server_frees_its_application() -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return echo(environ, start_response)

    witness = weakref.ref(application)
    with serve(application) as running:
        exchange(running, b"GET / HTTP/1.1\r\n" + CLOSE)
    del application, running
    gc.collect()

    assert witness() is None


def test_a_server_that_runs_has_no_failure(server: Server) -> None:
    assert server.failure is None


def test_a_death_of_the_serving_thread_is_told_and_ends_all_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    death = RuntimeError("no more")

    def die(*_: object) -> None:
        raise death

    before = threads_of_servers()
    monkeypatch.setattr(asyncio.SelectorEventLoop, "run_forever", die)
    server = start(echo)
    for thread in threads_of_servers() - before:
        thread.join()

    assert server.failure is death
    with pytest.raises(ConnectionRefusedError):
        connect(server)


@pytest.mark.parametrize("failure", [OSError(errno.EMFILE, "Too many open files"), RuntimeError("no sockets in tests")])
def test_a_passing_failure_to_accept_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    accept = socket.socket.accept
    failures = iter([failure])

    def fail_once(listening: socket.socket) -> tuple[socket.socket, Any]:
        for each in failures:
            raise each
        return accept(listening)

    monkeypatch.setattr(socket.socket, "accept", fail_once)
    with serve(echo) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 200 OK"
    assert [record.getMessage() for record in caplog.records] == ["Cannot accept connections for now"]


def test_a_connection_is_kept_from_request_to_request(server: Server) -> None:
    with contextlib.closing(http.client.HTTPConnection(server.host, server.port)) as client:
        ports = set()
        for _ in range(50):
            client.request("GET", "/")
            ports.add(json.load(client.getresponse())["REMOTE_PORT"])

    assert len(ports) == 1


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
        (ours,) = {sock for sock in open_sockets() - before if sock.getsockname()[1] == server.port}
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


def test_requests_pipelined_in_one_tls_record_are_all_answered(tls_server: Server, trusting: ssl.SSLContext) -> None:
    start_of_first = b"GET / HTTP/1.1\r\nHost: a\r\nX-Padding: "
    first = start_of_first + b"x" * (io.DEFAULT_BUFFER_SIZE - len(start_of_first) - 4) + b"\r\n\r\n"
    with trusting.wrap_socket(connect(tls_server), server_hostname="127.0.0.1") as sock:
        sock.sendall(first + b"GET / HTTP/1.1\r\n" + CLOSE)
        answer = read_to_end(sock)

    assert answer.count(b"HTTP/1.1 200 OK") == 2


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


def test_plain_http_on_a_tls_port_is_told_so(tls_server: Server) -> None:
    answer = exchange(tls_server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"
    assert answer.endswith(b"This port speaks TLS: say https")


def test_repeated_headers_are_joined(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nX-List: a\r\nx-list:  b \r\n" + CLOSE)

    assert seen(answer)["HTTP_X_LIST"] == "a, b"


def test_names_with_underscores_arrive(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\ntrace_id: 1234\r\n" + CLOSE)

    assert seen(answer)["HTTP_TRACE_ID"] == "1234"


def test_a_content_length_said_twice_alike_counts_once(server: Server) -> None:
    answer = exchange(server, b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n" + CLOSE + b"ab")

    assert (seen(answer)["CONTENT_LENGTH"], seen(answer)["body"]) == ("2", "ab")


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2, 2\r\n",
        b"Content-Length: -2\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: \r\n",
        b"Content_Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer_Encoding: chunked\r\n",
        b"Host: mock.example\r\n",
        b"Host: other.example\r\n",
        b"Name : value\r\n",
        b" folded\r\n",
        b"X-List: a\r\n folded\r\n",
        b"X-List: a\rb\r\n",
        b"X-List: a\0b\r\n",
        b"X-List: a\n",
        b"no colon\r\n",
    ],
)
def test_headers_that_leave_host_or_length_in_doubt_are_refused(server: Server, headers: bytes) -> None:
    answer = exchange(server, b"POST / HTTP/1.1\r\n" + headers + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"


def test_a_refusal_says_that_the_connection_ends(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")

    assert b"\r\nConnection: close\r\n" in answer


def test_headers_of_63_kib_are_taken(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nX-List: " + b"a" * 63 * 1024 + b"\r\n" + CLOSE)

    assert len(seen(answer)["HTTP_X_LIST"]) == 63 * 1024


@pytest.mark.parametrize("line", [b"X-List: " + b"a" * 65 * 1024 + b"\r\n", b"X-List: a\r\n" * 6000])
def test_headers_beyond_64_kib_are_refused(server: Server, line: bytes) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\n" + line + CLOSE)

    assert status(answer) == "HTTP/1.1 431 Request Header Fields Too Large"


def test_a_target_beyond_64_kib_is_refused(server: Server) -> None:
    answer = exchange(server, b"GET /" + b"a" * 65 * 1024 + b" HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 414 URI Too Long"


def test_the_raw_target_is_kept_in_request_uri(server: Server) -> None:
    answer = exchange(server, b"GET /a%2Fb%20c?q=%41 HTTP/1.1\r\n" + CLOSE)

    assert seen(answer)["REQUEST_URI"] == "/a%2Fb%20c?q=%41"


def test_the_path_is_decoded_and_the_query_is_not(server: Server) -> None:
    answer = seen(exchange(server, b"GET /a%2Fb%20c?q=%41 HTTP/1.1\r\n" + CLOSE))

    assert (answer["PATH_INFO"], answer["QUERY_STRING"]) == ("/a/b c", "q=%41")


def test_a_path_that_starts_with_two_slashes_is_a_path(server: Server) -> None:
    answer = seen(exchange(server, b"GET //oauth2/token?q HTTP/1.1\r\n" + CLOSE))

    assert (answer["PATH_INFO"], answer["HTTP_HOST"]) == ("//oauth2/token", "mock.example")


def test_an_absolute_target_gives_path_and_host(server: Server) -> None:
    answer = seen(exchange(server, b"POST http://int.example:80/oauth2/token?q=1 HTTP/1.1\r\n" + CLOSE))

    assert (answer["HTTP_HOST"], answer["PATH_INFO"], answer["QUERY_STRING"]) == (
        "int.example:80",
        "/oauth2/token",
        "q=1",
    )


def test_the_scheme_is_the_connections_whatever_the_target_says(server: Server) -> None:
    answer = exchange(server, b"GET https://int.example/ HTTP/1.1\r\n" + CLOSE)

    assert seen(answer)["wsgi.url_scheme"] == "http"


def test_an_absolute_target_without_path_means_the_root(server: Server) -> None:
    assert seen(exchange(server, b"GET http://int.example HTTP/1.1\r\n" + CLOSE))["PATH_INFO"] == "/"


def test_options_takes_a_path_like_any_method(server: Server) -> None:
    assert seen(exchange(server, b"OPTIONS /token HTTP/1.1\r\n" + CLOSE))["PATH_INFO"] == "/token"


@pytest.mark.parametrize(
    "line", [b"GET //[ HTTP/1.1", b"GET token HTTP/1.1", b"get / HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET /"]
)
def test_a_malformed_request_line_is_refused_quietly(
    server: Server, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = exchange(server, line + b"\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"
    assert caplog.records == []


def test_connect_is_refused(server: Server) -> None:
    answer = exchange(server, b"CONNECT int.example:443 HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 405 Method Not Allowed"


def test_without_a_host_the_server_is_named_by_its_address(server: Server) -> None:
    assert seen(exchange(server, b"GET / HTTP/1.0\r\n\r\n"))["SERVER_NAME"] == "127.0.0.1"


def test_a_client_that_expects_100_continue_is_told_to_go_on(server: Server) -> None:
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


def test_an_answer_to_head_has_no_body(server: Server) -> None:
    answer = exchange(server, b"HEAD / HTTP/1.1\r\n" + CLOSE)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: " in head
    assert body == b""


def test_after_head_the_connection_is_kept(server: Server) -> None:
    answer = exchange(server, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n" + CLOSE)

    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["PATH_INFO"] == "/next"


def test_an_answer_of_unknown_length_is_chunked() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"abc", b"", b"de"]

    with serve(application) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert answer.endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")


def test_an_answer_shorter_than_its_length_ends_the_connection() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "9")])
        return [b"half"]

    with serve(application) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)

    assert bodies(answer) == [b"half"]


def test_an_answer_longer_than_its_length_is_cut_where_that_ends() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "5")])
        return [b"first", b"second"]

    with serve(application) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)

    assert bodies(answer) == [b"first"]


def raises(error: BaseException) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/fails":
            return echo(environ, start_response)
        raise error

    return application


def raises_while_iterated(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    yield b""
    raise RuntimeError("gone wrong")


def never_starts(_: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    return [b"body"]


def gives_no_status(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("fine", [])
    return [b"body"]


def answers_with_text(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[Any]:
    start_response("200 OK", [])
    return ["text"]


def exceeds_its_length(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "1")])
    return [b"body"]


FAILING = [
    raises(RuntimeError("gone wrong")),
    raises(ConnectionRefusedError(errno.ECONNREFUSED, "another server refuses")),
    raises(TimeoutError("timed out")),
    raises(OSError()),
    raises(SystemExit(1)),
    raises_while_iterated,
    never_starts,
    gives_no_status,
    answers_with_text,
    exceeds_its_length,
]


@pytest.mark.parametrize("application", FAILING)
def test_an_application_that_fails_is_answered_with_a_500(application: WSGIApplication) -> None:
    with serve_one_at_a_time(application) as server:
        answer = exchange(server, b"GET /fails HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 500 Internal Server Error"


@pytest.mark.parametrize("application", FAILING)
def test_the_500_is_a_whole_answer_and_has_nothing_of_the_applications(application: WSGIApplication) -> None:
    with serve_one_at_a_time(application) as server:
        answer = exchange(server, b"GET /fails HTTP/1.1\r\n" + CLOSE)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"The application failed; see the log."
    assert [line for line in head.splitlines() if line.startswith(b"Content-Length")] == [b"Content-Length: 36"]


@pytest.mark.parametrize("application", FAILING)
def test_an_application_that_fails_is_logged_with_its_traceback(
    application: WSGIApplication, caplog: pytest.LogCaptureFixture
) -> None:
    with serve_one_at_a_time(application) as server:
        exchange(server, b"GET /fails HTTP/1.1\r\n" + CLOSE)

    (record,) = caplog.records
    assert (record.name, record.getMessage()) == ("mock_servers.http", "The application failed on GET /fails")
    assert record.exc_info is not None


def test_an_application_that_fails_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serve_one_at_a_time(raises(RuntimeError("gone wrong"))) as server:
        exchange(server, b"GET /fails HTTP/1.1\r\n" + CLOSE)

    assert capfd.readouterr() == ("", "")


def test_after_a_failure_the_connection_and_the_thread_serve_on() -> None:
    with serve_one_at_a_time(raises(SystemExit(1))) as server:
        answer = exchange(server, b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n" + CLOSE)

    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["PATH_INFO"] == "/next"


@pytest.mark.parametrize("number", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_content_has_no_body_and_keeps_the_connection(number: str) -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(number, [("ETag", "1")])
        return [b"body"]

    with serve(application) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n" + CLOSE)

    assert answer.count(number.encode()) == 2
    assert b"body" not in answer


def test_a_failure_in_mid_answer_leaves_the_answer_visibly_cut() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"half"
        raise RuntimeError("gone wrong")

    with serve(application) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n4\r\nhalf\r\n")


def test_an_application_can_drop_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    with serve_one_at_a_time(raises(ConnectionAbortedError())) as server:
        answer = exchange(server, b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answer == b""
    assert caplog.records == []


def test_an_answer_is_closed_even_if_it_fails() -> None:
    class Answer:
        closed = threading.Event()

        def __iter__(self) -> Iterator[bytes]:
            raise RuntimeError("gone wrong")

        def close(self) -> None:
            self.closed.set()

    with serve(lambda _environ, _start_response: Answer()) as server:
        exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert Answer.closed.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_stop_in_a_forked_child_stops_nothing_here(server: Server) -> None:
    with connect(server) as kept:
        kept.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        kept.recv(1)
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        _, code = os.waitpid(child, 0)
        kept.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        answer = read_to_end(kept)
        other = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert code == 0
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert status(other) == "HTTP/1.1 200 OK"


def test_an_application_may_run_an_event_loop_of_its_own() -> None:
    """The loop that serves is not one that the application is called in."""

    async def one() -> bytes:
        return b"1"

    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "1")])
        return [asyncio.run(one())]

    running = start(application, is_quick=lambda _: True)
    answer = exchange(running, b"GET / HTTP/1.1\r\n" + CLOSE)
    running.stop()

    assert answer.endswith(b"\r\n\r\n1")


class LateCrew(Crew):
    """A crew of which nobody keeps watch before the server has ended."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.late: list[Task] = []

    def give(self, task: Task) -> None:
        if getattr(task, "__name__", "") == "_keep_watch":
            self.late.append(task)
        else:
            super().give(task)

    def end(self) -> None:
        for task in self.late:
            super().give(task)
        super().end()


def test_a_stop_ends_though_the_thread_that_keeps_watch_begins_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Crew", LateCrew)
    server = start(echo, is_quick=lambda _: True)
    exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    stopping = threading.Thread(target=server.stop, daemon=True)

    stopping.start()
    stopping.join(10)

    assert not stopping.is_alive()
