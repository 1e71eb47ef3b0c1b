"""Local ports that forward through the mock's proxy into a world: for clients without a proxy setting."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mock_servers.real_hosts.variables import RealNames

_PIECE: Final = 65536
_LONGEST: Final = 8192
"""Bytes of the proxy's answer that are read."""
_PATIENCE: Final = 10.0  # seconds


class Tunnels:
    """A port for each host, opened when the host is first looked up. Safe for many threads."""

    def __init__(self, known: RealNames) -> None:
        self._known = known
        self._opening = threading.Lock()
        self._servers: dict[str, _Server] = {}

    def port_of(self, host: str) -> int:
        """Return the port of this machine that forwards to a host."""
        with self._opening:
            if host not in self._servers:
                self._servers[host] = server = _Server(host, self._known)
                threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            return int(self._servers[host].server_address[1])

    def close(self) -> None:
        """End all connections, and let nothing run on."""
        for server in self._servers.values():
            server.shutdown()
            server.let_go()
            server.server_close()


@contextmanager
def opened(known: RealNames) -> Iterator[Tunnels]:
    """Close the tunnels at the end of the block."""
    tunnels = Tunnels(known)
    try:
        yield tunnels
    finally:
        tunnels.close()


class _Server(socketserver.ThreadingTCPServer):
    """Forwards each connection to one host through the proxy."""

    def __init__(self, host: str, known: RealNames) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        user = base64.b64encode(f"{known.world}:x".encode()).decode()
        lines = (f"CONNECT {host}:443 HTTP/1.1", f"Host: {host}:443", f"Proxy-Authorization: Basic {user}", "", "")
        self.asks = "\r\n".join(lines).encode()
        self.proxy = urlsplit(known.url)
        self.open: set[socket.socket] = set()

    def let_go(self) -> None:
        """End the open connections, and so the threads that serve them."""
        for each in list(self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        own, proxy = self.request, self.server.proxy
        with (
            suppress(OSError),  # the mock is gone: so is the client's connection
            socket.create_connection((proxy.hostname or "", proxy.port or 80), timeout=_PATIENCE) as mock,
        ):
            mock.sendall(self.server.asks)
            if not _head(mock).startswith(b"HTTP/1.1 200"):
                return
            mock.settimeout(None)
            self.server.open |= {own, mock}
            back = threading.Thread(target=_carry, args=(mock, own), daemon=True)
            back.start()
            _carry(own, mock)
            back.join()
            self.server.open -= {own, mock}


def _head(mock: socket.socket) -> bytes:
    """Read the proxy's answer, and nothing of what follows it."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST and (byte := mock.recv(1)):
        head += byte
    return head


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
