"""The session of the fixtures' own clients: it keeps a connection while it is good, and fails as a client expects."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_nhsauth.http_session import KeptSession

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}'
CLOSING = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
CUT_OFF = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a'
NO_HTTP = b"what?\r\n\r\n"


@contextmanager
def answering(*connections: list[bytes]) -> Iterator[tuple[str, list[bytes], threading.Semaphore]]:
    """Answer on each connection in turn with these bytes, one request each, then close it.

    Yields the URL, the requests, and what can be acquired as often as a connection was closed.
    """
    heard: list[bytes] = []
    closed = threading.Semaphore(0)

    def serve() -> None:
        for answers in connections:
            sock, _ = listening.accept()
            with sock:
                for answer in answers:
                    heard.append(sock.recv(65536))
                    sock.sendall(answer)
            closed.release()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard, closed
        thread.join()


def test_a_form_is_posted_and_the_answer_read() -> None:
    with answering([GOOD]) as (url, heard, _), KeptSession() as session:
        answer = session.post(f"{url}/oauth2/token?x=1", {"a": "b c"}, headers={"Accept": "a/b"}, timeout=5)

    assert (answer.status_code, answer.ok, answer.json(), answer.is_redirect) == (200, True, {"a": 1}, False)
    assert heard[0].startswith(b"POST /oauth2/token?x=1 HTTP/1.1\r\n")
    assert b"\r\nAccept: a/b\r\n" in heard[0]
    assert heard[0].endswith(b"\r\n\r\na=b+c")


def test_a_connection_is_kept_for_the_next_request() -> None:
    with answering([GOOD, GOOD]) as (url, heard, _), KeptSession() as session:
        for _ in range(2):
            session.post(url, {}, timeout=5)

    assert len(heard) == 2


@pytest.mark.parametrize("first", [[GOOD], [CLOSING]], ids=["ended without a word", "announced"])
def test_a_connection_that_has_ended_is_not_used_again(first: list[bytes]) -> None:
    with answering(first, [GOOD]) as (url, heard, closed), KeptSession() as session:
        session.post(url, {}, timeout=5)
        assert closed.acquire(timeout=60)
        answer = session.post(url, {}, timeout=5)

    assert answer.status_code == 200
    assert len(heard) == 2


@pytest.mark.parametrize("answer", [b"", CUT_OFF, NO_HTTP], ids=["none", "cut off", "no HTTP"])
def test_without_a_whole_answer_there_is_an_error_of_the_network(answer: bytes) -> None:
    with answering([answer]) as (url, *_), KeptSession() as session, pytest.raises(OSError):  # noqa: PT011 - any of them
        session.post(url, {}, timeout=5)
