"""Faults on real connections: dropped, cut off, held back; and a server that still answers and stops at once."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from mock_servers.configuration import members
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.fault import Fault

HELLO = "/hello-world/hello/world"
MOST_WORKERS = 32


@pytest.fixture
def platform(ring: KeyRing) -> Iterator[Mock]:
    """A platform on a port of its own."""
    platform = Mock(ring=ring)
    with platform.serving():
        yield platform


def order(platform: Mock, do: str, **more: Any) -> None:
    platform.faults.order(members.read(Fault, {"on": "api", "do": do, "times": None, **more}))


def hold(platform: Mock, count: int) -> list[threading.Thread]:
    """Let so many clients wait for their answers; they may be ended without one."""

    def ask() -> None:
        with requests.Session() as session:
            try:
                session.get(platform.url + HELLO, timeout=60)
            except requests.ConnectionError:
                return

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while len(platform.exchanges) < count:  # each is in the journal before it waits
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)
    return threads


def test_a_dropped_connection_is_closed_without_a_byte(platform: Mock) -> None:
    order(platform, "drop")
    parts = urlsplit(platform.url)

    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        client.sendall(f"GET {HELLO} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        received = client.recv(1000)

    assert received == b""


def test_a_truncated_answer_ends_before_its_length(platform: Mock) -> None:
    order(platform, "malformed", kind="truncated")
    parts = urlsplit(platform.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", HELLO)
    answer = connection.getresponse()

    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()

    assert answer.headers["Content-Length"] == "26"
    assert cut.value.partial == b'{"message":"H'
    connection.close()


def test_the_next_request_after_a_drop_is_answered(platform: Mock) -> None:
    platform.faults.order(members.read(Fault, {"on": "api", "do": "drop"}))
    with pytest.raises(requests.ConnectionError):
        requests.get(platform.url + HELLO, timeout=10)

    assert requests.get(platform.url + HELLO, timeout=10).status_code == 200


def test_control_calls_are_answered_while_more_clients_wait_than_there_are_workers(platform: Mock) -> None:
    order(platform, "delay", seconds=50)
    threads = hold(platform, MOST_WORKERS + 8)

    status = requests.get(f"{platform.url}/_nhsauth/status", timeout=10).status_code
    removed = requests.delete(f"{platform.url}/_nhsauth/faults", timeout=10).status_code
    for thread in threads:
        thread.join(10)

    assert (status, removed) == (200, 204)
    assert not any(thread.is_alive() for thread in threads)


def test_a_server_stops_at_once_however_long_an_answer_would_wait(ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    server = platform.start()
    order(platform, "delay", seconds=50)
    threads = hold(platform, 3)

    begun = time.monotonic()
    server.stop()
    took = time.monotonic() - begun
    for thread in threads:
        thread.join(10)

    assert took < 5
    assert not any(thread.is_alive() for thread in threads)


def test_the_end_of_a_test_lets_held_answers_go(platform: Mock) -> None:
    state = platform.snapshot()
    order(platform, "delay", seconds=50)
    threads = hold(platform, 2)

    platform.restore(state)
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)
