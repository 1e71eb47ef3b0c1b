"""Serves a WSGI application, in threads of this process.

How it goes on is the engine's business; here it is an address to listen on, why nobody could, and stopping.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mock_servers.http.bounds import Bounds
from mock_servers.http.lazy_server import LazyServer
from mock_servers.http.thread_pool import ThreadPool

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

    from mock_servers.http.connections import Proxy
    from mock_servers.http.engine import Engine, IsQuick, OnRefused, Ticks

_LOOPBACK_OF: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
_BACKLOG: Final = 128
_BOUNDS: Final = Bounds()

ExtraWorker = Callable[[], contextlib.AbstractContextManager[None]]
WhileStopping = Callable[[ExtraWorker], contextlib.AbstractContextManager[None]]


class CannotListenError(OSError):
    """The address cannot be listened on; the text is one line that says which and why."""


class PortInUseError(CannotListenError):
    """Something else listens there; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: `host` as asked for, `port` as bound, `url` without a slash at its end."""

    host: str
    port: int
    url: str
    _engine: LazyServer = field(repr=False)
    _while_stopping: WhileStopping = field(repr=False)

    def drain(self) -> None:
        """Close each connection after its next answer, which says so, until `stop`; new ones are accepted as before."""
        self._engine.drain()

    def stop(self, patience: float = 0.0) -> None:
        """End all but requests that run, wait for these, and leave no thread and no socket. More often is no harm.

        Nobody can connect any more. Clients that are connected have `patience` seconds to send a request, which is
        still answered.
        """
        with self._while_stopping(self.extra_worker):
            self._engine.stop(patience)

    def extra_worker(self) -> contextlib.AbstractContextManager[None]:
        """Let other requests be answered for the length of a block, in which one only waits."""
        return self._engine.extra_worker()

    def set_proxy(self, proxy: Proxy | None) -> None:
        """Answer TLS on the port as well, and be a forward proxy; with `None`, new connections get neither."""
        self._engine.set_proxy(proxy)

    def report_refused(self, report: OnRefused) -> None:
        """Call `report` with status, text and environ of each request that the server itself refuses, in a thread."""
        self._engine.report_refused(report)

    @property
    def failure(self) -> BaseException | None:
        """Why the serving thread died, if it did; all the rest has stopped with it, so that clients are refused."""
        return self._engine.failure


def start(  # noqa: PLR0913 - each is a decision of its own
    application: WSGIApplication,
    *,
    host: str = "127.0.0.1",
    port: int | socket.socket = 0,
    tls: ssl.SSLContext | None = None,
    while_stopping: WhileStopping = lambda _: contextlib.nullcontext(),
    is_quick: IsQuick = lambda _: False,
    bounds: Bounds = _BOUNDS,
    ticks: Ticks = time.perf_counter,  # kept here, where no library that stops time looks for it
    is_silent: bool = True,
) -> Server:
    """Serve until stopped; port 0 picks a free one. Raises PortInUseError or CannotListenError.

    In place of a port there may be a socket of `listen`, which other processes serve as well.

    What the application raises is logged and answered with a 500; but ConnectionAbortedError drops the connection
    without (the rest of) an answer. `while_stopping` is given the server's `extra_worker`, and entered while it stops.

    The thread that serves all clients answers a request that `is_quick`, and reads its body beforehand; the application
    enters `extra_worker` when it waits. Any other request has a thread of its own, and its body is read as it comes.
    `ticks` returns seconds since some moment; `bounds` are measured by it. Threads that are not silent are for an
    application of others, whose log is theirs to see.
    """
    shares = isinstance(port, socket.socket)
    listening = port if isinstance(port, socket.socket) else listen(host, port)

    def make(standby: LazyServer) -> Engine:
        from mock_servers.http import engine  # noqa: PLC0415 - 25 ms that only who is called takes

        pool, limits = standby.pool, standby.bounds
        return engine.Engine(
            listening, application, pool=pool, tls=tls, is_quick=is_quick, bounds=limits, ticks=ticks, shares=shares
        )

    standby = LazyServer(listening, bounds, ThreadPool(__name__, is_silent=is_silent), make)
    standby.start()
    url = url_of(host, listening, "https" if tls else "http")
    bound = listening.getsockname()[1]
    return Server(host=host, port=bound, url=url, _engine=standby, _while_stopping=while_stopping)


@contextlib.contextmanager
def serve(
    application: WSGIApplication,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    is_silent: bool = True,
) -> Iterator[Server]:
    """Start, and stop at the end of the block; raises what `start` raises."""
    running = start(application, host=host, port=port, tls=tls, is_silent=is_silent)
    try:
        yield running
    finally:
        running.stop()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises PortInUseError or CannotListenError."""
    try:
        return _listening(host, port)
    except (OSError, OverflowError, ValueError) as error:
        raise _explained(host, port, error) from error


def url_of(host: str, listening: socket.socket, scheme: str = "http") -> str:
    """Return the URL at which this machine can call a listening socket; for a wildcard host, that of the loopback."""
    name, port = _LOOPBACK_OF.get(host, host), listening.getsockname()[1]
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def _listening(host: str, port: int) -> socket.socket:
    if not host:
        raise ValueError("name an address, such as 127.0.0.1")
    refusal: OSError | None = None
    for family, _, _, _, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
        try:
            return _bound(family, (address[0], port, *address[2:]))
        except OSError as error:
            refusal = refusal or error
    raise refusal or OSError(errno.EADDRNOTAVAIL, "it has no address")


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6 and hasattr(socket, "IPV6_V6ONLY"):
            with contextlib.suppress(OSError):  # :: is for IPv4 as well, where the system can
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if address[1]:  # a free port could be shared with another that is not yet listened on
            _allow_address_reuse(sock)
        sock.bind(address)
        _allow_address_reuse(sock)
        sock.listen(_BACKLOG)
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


def _allow_address_reuse(sock: socket.socket) -> None:
    """Let a port be listened on though connections of its last server have yet to fade."""
    if sys.platform != "win32":  # where it would let two servers share the port
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _explained(host: str, port: int, error: Exception) -> CannotListenError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return PortInUseError(f"Port {port} of {host} is in use: choose another with --port")
    reason = getattr(error, "strerror", None) or error
    return CannotListenError(f"Cannot listen on port {port} of {host or 'no host'}: {reason}")
