"""A server takes an address, reports it, and leaves nothing when it stops or dies."""

import contextlib
import errno
import gc
import http.client
import os
import socket
import threading
import weakref
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from mock_servers.http import engine
from mock_servers.http import server as serving
from mock_servers.http.connections import Connection
from mock_servers.http.engine import Engine
from mock_servers.http.server import CannotListenError, PortInUseError, Server, listen, serve, start
from mock_servers.http.thread_pool import Task, ThreadPool
from tests.mock_servers.http.talking import (
    CLOSE,
    connect,
    deaf,
    echo,
    exchange,
    open_sockets,
    read_to_end,
    seen,
    status,
    threads_of_servers,
)
from tests.processes import python


def test_port_0_picks_a_free_port_that_the_url_names(server: Server) -> None:
    assert server.port > 0
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_an_ipv6_host_is_bracketed_in_the_url() -> None:
    try:
        running = start(echo, host="::1")
    except CannotListenError as error:
        pytest.skip(str(error))
    running.stop()

    assert running.url == f"http://[::1]:{running.port}"


def test_the_url_of_a_wildcard_is_one_that_can_be_called() -> None:
    with serve(echo, host="0.0.0.0") as running:  # noqa: S104 - what is tested
        url = running.url

    assert url == f"http://127.0.0.1:{running.port}"


def test_a_port_in_use_is_reported_in_one_line(server: Server) -> None:
    with pytest.raises(PortInUseError) as caught:
        start(echo, port=server.port)

    assert str(caught.value) == f"Port {server.port} of 127.0.0.1 is in use: choose another with --port"


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("a..b", 0), ("", 0), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_had_is_reported_in_one_line(host: str, port: int) -> None:
    with pytest.raises(CannotListenError, match=rf"\ACannot listen on port {port} of {host or 'no host'}: [^\n]+\Z"):
        start(echo, host=host, port=port)


def test_a_refused_start_leaves_no_thread_and_no_socket(server: Server) -> None:
    threads, sockets = threads_of_servers(), open_sockets()
    with pytest.raises(PortInUseError):
        start(echo, port=server.port)

    assert threads_of_servers() - threads == set()
    assert open_sockets() - sockets == set()


def test_stop_leaves_no_thread() -> None:
    before = threads_of_servers()
    with serve(echo) as running, connect(running) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: mock.example\r\n\r\n")
        during = threads_of_servers() - before
        running.stop()

    assert during
    assert threads_of_servers() - before == set()


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


def test_two_servers_serve_one_socket_and_the_port_outlives_one_of_them() -> None:
    with listen("127.0.0.1", 0) as listening:
        one, other = (start(deaf, port=listening.dup()) for _ in range(2))
        answers = [exchange(one, b"GET / HTTP/1.1\r\n" + CLOSE) for _ in range(4)]
        one.stop()
        answers += [exchange(one, b"GET / HTTP/1.1\r\n" + CLOSE) for _ in range(4)]
        other.stop()

    assert one.url == other.url
    assert [status(answer) for answer in answers] == ["HTTP/1.1 200 OK"] * 8


def test_a_shared_socket_never_blocks_who_comes_too_late_to_accept() -> None:
    with listen("127.0.0.1", 0) as listening:
        running = start(deaf, port=listening.dup())
        running.stop()

        assert not os.get_blocking(listening.fileno())


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
    done = python(code)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stopped_server_frees_its_application() -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return echo(environ, start_response)

    alive = weakref.ref(application)
    with serve(application) as running:
        exchange(running, b"GET / HTTP/1.1\r\n" + CLOSE)
    del application, running
    gc.collect()

    assert alive() is None


def test_a_server_that_runs_has_no_failure(server: Server) -> None:
    assert server.failure is None


def test_a_death_of_the_serving_thread_is_reported_and_ends_all_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    death = RuntimeError("no more")

    def die(*_: object) -> None:
        raise death

    class Dying(Engine):
        def __init__(self, *arguments: Any, **given: Any) -> None:
            super().__init__(*arguments, **given)
            monkeypatch.setattr(self.loop, "run_forever", die)  # of this server alone: others in this process live on

    before = threads_of_servers()
    monkeypatch.setattr(engine, "Engine", Dying)
    server = start(echo)
    with contextlib.suppress(ConnectionResetError), connect(server):  # which is where it dies
        pass
    while started := {each for each in threads_of_servers() - before if each.ident is not None}:
        for thread in started:  # starting another one waits until it has begun
            thread.join()

    assert server.failure is death
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_a_fault_in_sending_an_answer_ends_that_connection_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([RuntimeError("a fault of ours")])

    class Failing(Connection):
        def deliver(self, data: bytes, *, is_broken: bool) -> None:
            for each in failures:
                raise each
            super().deliver(data, is_broken=is_broken)

    monkeypatch.setattr(engine, "Connection", Failing)
    server = start(echo, is_quick=lambda _: True)
    first, second = (exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE) for _ in range(2))
    failure = server.failure
    server.stop()

    assert first == b""
    assert status(second) == "HTTP/1.1 200 OK"
    assert [record.getMessage() for record in caplog.records] == ["A connection failed"]
    assert failure is None


def test_nothing_that_only_clients_need_is_loaded_before_one_comes() -> None:
    code = (
        "import sys\n"
        "from mock_servers.mock import Mock\n"
        "with Mock().serving():\n"
        "    print(sorted({'asyncio', 'h11', 'flask', 'werkzeug', 'jinja2', 'requests'} & sys.modules.keys()))\n"
    )

    assert python(code).stdout == "[]\n"


def test_what_reads_odd_requests_is_loaded_for_the_first_of_them() -> None:
    code = (
        "import http.client, sys\n"
        "from mock_servers.mock import Mock\n"
        "with Mock().serving() as server:\n"
        "    connection = http.client.HTTPConnection(server.host, server.port)\n"
        "    connection.request('GET', '/oauth2/_ping')\n"
        "    print(connection.getresponse().status, 'h11' in sys.modules)\n"
        "    connection.close()\n"
        "    connection.putrequest('GET', '/oauth2/_ping')\n"
        "    connection.putheader('Transfer-Encoding', 'chunked')\n"
        "    connection.endheaders()\n"
        "    connection.send(b'0' + b'\\r\\n' * 2)\n"
        "    print(connection.getresponse().status, 'h11' in sys.modules)\n"
    )

    assert python(code).stdout == "200 False\n200 True\n"


def test_a_server_that_nobody_calls_leaves_no_thread_and_no_socket() -> None:
    threads, sockets = threads_of_servers(), open_sockets()
    server = start(echo)
    server.stop()
    server.stop()

    assert threads_of_servers() - threads == set()
    assert open_sockets() - sockets == set()


def test_a_failure_to_begin_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a library that lets tests open no socket, while another process calls the mock."""
    failures = iter([RuntimeError("no sockets in tests"), OSError(errno.EMFILE, "Too many open files")])

    class Failing(Engine):
        def __init__(self, *arguments: Any, **given: Any) -> None:
            for each in failures:
                raise each
            super().__init__(*arguments, **given)

    monkeypatch.setattr(engine, "Engine", Failing)
    with serve(echo) as server:
        answer = exchange(server, b"GET / HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 200 OK"
    assert list(failures) == []


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


class LateCrew(ThreadPool):
    """A pool in which no thread keeps watch before the server has ended."""

    def __init__(self, name: str, *, is_silent: bool = True) -> None:
        super().__init__(name, is_silent=is_silent)
        self.late: list[Task] = []

    def submit(self, task: Task) -> None:
        if getattr(task, "__name__", "") == "_keep_watch":
            self.late.append(task)
        else:
            super().submit(task)

    def end(self) -> None:
        for task in self.late:
            super().submit(task)
        super().end()


def test_a_stop_ends_though_the_thread_that_keeps_watch_begins_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "ThreadPool", LateCrew)
    server = start(echo, is_quick=lambda _: True)
    exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    stopping = threading.Thread(target=server.stop, daemon=True)

    stopping.start()
    stopping.join(10)

    assert not stopping.is_alive()
