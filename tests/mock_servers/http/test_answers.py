"""Answers, of every length and none; and what a client sees of an application that fails."""

import asyncio
import contextlib
import errno
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from mock_servers.http import engine
from mock_servers.http.server import Server, serve, start
from tests.mock_servers.http.talking import (
    CLOSE,
    bodies,
    connect,
    echo,
    exchange,
    read_to_end,
    serve_one_at_a_time,
    status,
)


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


def test_of_clients_that_ask_at_once_each_has_its_answer_before_the_application_tidies_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 60)  # seconds of a call after which another thread would lead
    done: list[str] = []

    class Answer(list[bytes]):
        def __init__(self, path: str) -> None:
            super().__init__([path.encode()])
            self._path = path

        def close(self) -> None:
            done.append(f"tidied up after {self._path}")

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/first":
            for number, sock in enumerate(others):
                sock.sendall(b"GET /%d HTTP/1.1\r\n" % number + CLOSE)
        done.append(f"answered {path}")
        start_response("200 OK", [("Content-Length", str(len(path)))])
        return Answer(path)

    running = start(application, is_quick=lambda _: True)
    with contextlib.ExitStack() as clients:
        others = [clients.enter_context(connect(running)) for _ in range(2)]
        first = exchange(running, b"GET /first HTTP/1.1\r\n" + CLOSE)
        answers = [read_to_end(sock) for sock in others]
    running.stop()

    assert [answer.rpartition(b"\r\n\r\n")[2] for answer in (first, *answers)] == [b"/first", b"/0", b"/1"]
    assert done == [
        *("answered /first", "tidied up after /first"),
        *("answered /0", "answered /1", "tidied up after /0", "tidied up after /1"),
    ]
