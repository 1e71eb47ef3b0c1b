"""Many clients of one server at once, in one thread: what they take of the machine is the same for every server."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final
from urllib.parse import urlsplit

from benchmarks.exchanging import PATH

_HEAD: Final = (
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nUser-Agent: benchmarks\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)
_GOOD: Final = b"HTTP/1.1 200 "
_PIECE: Final = 1 << 16


def took(url: str, bodies: list[bytes], connections: int) -> float:
    """Post token requests on so many kept connections, one at a time on each; returns seconds until all are answered.

    Only success counts as an answer.
    """
    address = urlsplit(url)
    requests = iter([_HEAD.format(path=PATH, host=address.netloc, length=len(each)).encode() + each for each in bodies])
    sockets: dict[int, socket.socket] = {}
    with ExitStack() as stack:
        waiting = stack.enter_context(selectors.DefaultSelector())
        for _ in range(connections):
            sock = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(sock, selectors.EVENT_READ)
            sockets[sock.fileno()] = sock
        start = time.perf_counter()
        live = sum(_asked(sock, requests) for sock in sockets.values())
        while live:
            for key, _ in waiting.select():
                _answered(sockets[key.fd])
                if not _asked(sockets[key.fd], requests):
                    live -= 1
        return time.perf_counter() - start


def _asked(sock: socket.socket, requests: Iterator[bytes]) -> bool:
    """Send the next request, if there is one."""
    request = next(requests, None)
    if request is not None:
        sock.sendall(request)
    return request is not None


def _answered(sock: socket.socket) -> None:
    answer = b""
    while not _is_whole(answer):
        answer += sock.recv(_PIECE)
    assert answer.startswith(_GOOD), answer[:400]


def _is_whole(answer: bytes) -> bool:
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(blank) and len(body) >= int(length)
