"""A load balancer that passes each connection to the next of several servers."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

PIECE = 1 << 16


class Balancer:
    """Listens on a free port; `passed` counts the connections that each server was given. A dead one is passed over."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.passed: Counter[str] = Counter()
        self._urls = urls
        self._turn = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def run(self) -> None:
        """Lead on until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _lead(self, client: socket.socket) -> None:
        with client:
            server = self._next()
            if server is None:
                return
            with server:
                self._open |= {client, server}
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join()
                self._open -= {client, server}

    def _next(self) -> socket.socket | None:
        for _ in self._urls:
            with self._lock:
                url = self._urls[self._turn % len(self._urls)]
                self._turn += 1
            address = urlsplit(url)
            with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
                sock = socket.create_connection((address.hostname, address.port or 0))
                self.passed[url] += 1
                return sock
        return None


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(PIECE):
            other.sendall(piece)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def balanced(urls: Sequence[str]) -> Iterator[Balancer]:
    """Run a balancer before these servers until the block ends."""
    balancer = Balancer(urls)
    thread = threading.Thread(target=balancer.run, daemon=True)
    thread.start()
    try:
        yield balancer
    finally:
        balancer.close()
        thread.join()
