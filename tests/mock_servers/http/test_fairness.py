"""Who asks much at once: everybody else waits for one request of each such client at most, counted, not timed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mock_servers.http.bounds import Bounds
from mock_servers.http.server import Server, start
from mock_servers.http.thread_pool import Lane
from tests.mock_servers.http.talking import CLOSE, connect, exchange, read_to_end, status

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

GREEDY = 5
EACH = 200
ASKED = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
OTHER = b"GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Turns:
    """An application that lets another client ask once all the greedy ones are at it, and keeps who was answered."""

    def __init__(self, size: int) -> None:
        self.answered: list[str] = []
        self.server: Server | None = None
        self.other: socket.socket | None = None
        self.is_done = threading.Event()
        self._size = size
        self._since: int | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.answered.append(path)
        if self._since is None and len(set(self.answered)) == GREEDY:
            self._let_another_ask()
        if path == "/other":
            self.is_done.set()
        start_response("200 OK", [("Content-Length", str(self._size))])
        return [bytes(self._size)]

    def _let_another_ask(self) -> None:
        assert self.server is not None
        self.other = self.other or connect(self.server)
        self.other.sendall(OTHER)
        self._since = len(self.answered)

    def before_the_other(self) -> Counter[str]:
        """How many requests of each greedy client were answered while the other one waited."""
        return Counter(self.answered[self._since : self.answered.index("/other")])


@contextlib.contextmanager
def beside_the_greedy(turns: Turns, *, is_kept: bool) -> Iterator[None]:
    """Have many requests of each greedy client sent at once, and wait until the other one was answered."""
    server = turns.server = start(turns, is_quick=lambda _: True)
    with ExitStack() as stack:
        stack.callback(server.stop)
        greedy = [stack.enter_context(connect(server)) for _ in range(GREEDY)]
        if is_kept:
            turns.other = connect(server)
        for number, sock in enumerate(greedy):
            sock.sendall(ASKED % number * EACH)
        assert turns.is_done.wait(30)
        if turns.other is not None:
            stack.callback(turns.other.close)
        yield


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept connection", "new connection"])
@pytest.mark.parametrize("size", [2, 1 << 20], ids=["short answers", "large answers that nobody takes"])
def test_a_request_waits_for_one_request_of_each_client_that_pipelines(size: int, *, is_kept: bool) -> None:
    turns = Turns(size)

    with beside_the_greedy(turns, is_kept=is_kept):
        waited_for = turns.before_the_other()

    assert max(waited_for.values(), default=0) <= 1


def test_any_caller_that_pipelines_is_answered_whole_and_in_order_though_it_has_ended() -> None:
    seen: list[str] = []

    def numbered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = start(numbered, is_quick=lambda _: True)
    with contextlib.closing(connect(server)) as sock:
        sock.sendall(b"".join(ASKED % number for number in range(EACH)))
        sock.shutdown(socket.SHUT_WR)
        answer = read_to_end(sock)
    server.stop()

    assert answer.count(b"HTTP/1.1 200 OK") == EACH
    assert seen == [f"/{number}" for number in range(EACH)]


def test_a_stop_does_not_wait_for_what_is_pipelined() -> None:
    begun, go_on = threading.Event(), threading.Event()
    asked: list[Any] = []

    def held(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        begun.set()
        go_on.wait(30)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = start(held, is_quick=lambda _: True)
    with contextlib.closing(connect(server)) as sock:
        sock.sendall(ASKED % 1 * EACH)
        assert begun.wait(30)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        with contextlib.suppress(OSError):  # until nobody listens
            while True:
                connect(server).close()
        go_on.set()
        answer = read_to_end(sock)
        stopping.join()

    assert answer.count(b"HTTP/1.1 200 OK") == len(asked) == 1


LARGE = 8 << 20


def large(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", str(LARGE))])
    return [bytes(LARGE)]


def test_of_answers_that_nobody_takes_so_much_is_kept_and_the_slowest_goes_first() -> None:
    server = start(large, is_quick=lambda _: True, bounds=Bounds(unsent=3 * LARGE))
    with ExitStack() as stack:
        stack.callback(server.stop)
        slow = [stack.enter_context(socket.socket()) for _ in range(10)]
        for sock in slow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the rest waits with the server
            sock.settimeout(30)
            sock.connect((server.host, server.port))
            sock.sendall(OTHER)
            sock.recv(10, socket.MSG_WAITALL)  # its answer has begun
        for sock in slow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE)
        whole = [len(read_to_end(sock)) >= LARGE for sock in slow]

    assert whole == sorted(whole)
    assert (whole[0], whole[-1]) == (False, True)


def test_a_single_answer_may_be_larger_than_that() -> None:
    server = start(large, is_quick=lambda _: True, bounds=Bounds(unsent=1 << 20))
    with contextlib.closing(connect(server)) as sock:
        sock.sendall(OTHER)
        received = len(read_to_end(sock))
    server.stop()

    assert received > LARGE


def test_calls_of_a_path_that_computes_for_long_run_beside_the_others_two_at_once() -> None:
    done: list[str] = []
    waiting: list[str] = []
    go_on = threading.Event()

    def computing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/long" and not done:
            spent = time.thread_time() + 0.05
            while time.thread_time() < spent:
                pass
        elif path == "/long":
            waiting.append(path)
            go_on.wait(30)
        done.append(path)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = start(computing, is_quick=lambda _: True)
    with ExitStack() as stack:
        stack.callback(server.stop)
        stack.callback(go_on.set)
        exchange(server, b"GET /long HTTP/1.1\r\n" + CLOSE)
        longer = [stack.enter_context(connect(server)) for _ in range(5)]
        for sock in longer:
            sock.sendall(b"GET /long HTTP/1.1\r\n" + CLOSE)
        other = exchange(server, OTHER)
        at_once = len(waiting)
        go_on.set()
        answers = [status(read_to_end(sock)) for sock in longer]

    assert status(other) == "HTTP/1.1 200 OK"
    assert done == ["/long", "/other", *["/long"] * 5]
    assert at_once <= 2
    assert answers == ["HTTP/1.1 200 OK"] * 5


class Threads:
    """A thread pool whose threads start when the test says so."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], None]] = []

    def submit(self, task: Callable[[], None]) -> None:
        self.tasks.append(task)


def test_in_a_lane_kinds_take_turns() -> None:
    done: list[str] = []
    threads = Threads()
    lane = Lane(threads, 1)  # type: ignore[arg-type] # all of a pool that a lane calls
    for kind in "aaabbc":
        lane.submit(partial(done.append, kind), kind)

    (only,) = threads.tasks
    only()

    assert done == ["a", "a", "b", "c", "a", "b"]


def test_any_caller_that_waits_in_a_lane_gives_up_its_place_meanwhile() -> None:
    threads = Threads()
    lane = Lane(threads, 1)  # type: ignore[arg-type] # all of a pool that a lane calls
    seen: list[int] = []

    def waits() -> None:
        seen.append(len(threads.tasks))
        with lane.extra_worker():
            seen.append(len(threads.tasks))

    lane.submit(waits)
    lane.submit(lambda: None)
    threads.tasks[0]()

    assert seen == [1, 2]
