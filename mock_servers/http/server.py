"""Serves a WSGI application on a tuned cheroot server, in threads of this process.

What holds for one connection is decided in `connections`; here it is threads, stopping, and why nobody could listen.
"""
# mypy: allow-untyped-calls
# (cheroot's stubs name its functions and do not type them)

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.connections import ConnectionManager
from cheroot.workers import threadpool

from mock_servers.http.connections import TLS, Connection, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from mock_servers.http.forward_proxy import ForwardProxy

_LOG = logging.getLogger(__name__)
_WORKERS_AT_START = 4
_BETWEEN_COMPLAINTS = 10.0  # seconds: it tries again a hundred times a second
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


Spare = Callable[[], contextlib.AbstractContextManager[None]]
WhileStopping = Callable[[Spare], contextlib.AbstractContextManager[None]]


class CannotListenError(OSError):
    """The address cannot be listened on; the text is one line that says which and why."""


class PortInUseError(CannotListenError):
    """Something else listens there; the text says what to do."""


class _Workers(threadpool.ThreadPool):
    """Grows when more requests wait than workers do: to start all at once takes a busy machine 50 ms."""

    _threads: list[threading.Thread]

    def __init__(self, server: Any, most: int) -> None:
        super().__init__(server, min(_WORKERS_AT_START, most), most)
        self._growing = threading.Lock()
        self._stopping = False

    def put(self, obj: Any) -> None:
        """Give a connection to a worker; only the thread that accepts connections calls this."""
        with self._growing:
            if self.qsize >= self.idle:
                self._grow_by_one()
        super().put(obj)

    @contextlib.contextmanager
    def spare(self) -> Iterator[None]:
        """Have one worker more than usual while one of them only waits, and at once if somebody waits for it."""
        with self._growing:
            self.max += 1
            if self.qsize > self.idle:
                self._grow_by_one()
        try:
            yield
        finally:
            with self._growing:
                self.max -= 1

    def _grow_by_one(self) -> None:
        if len(self._threads) < self.max and not self._stopping:
            self.grow(1)

    def grow(self, amount: int) -> None:
        """Start daemons, lest a forgotten stop hold up the exit, and wait for none to begin: cheroot would nap."""
        for _ in range(amount):
            worker = threadpool.WorkerThread(self.server)
            worker.name, worker.daemon = f"{__name__} {worker.name}", True
            worker.start()
            self._threads.append(worker)

    def stop(self, timeout: float | None = None) -> None:  # noqa: ARG002 - cheroot's, after which it would cut answers
        """Wait for requests that run, as long as they take, and for nothing that a client has yet to send."""
        with self._growing:
            self._stopping = True
        for connection in self.server.open_connections.copy():
            connection.stop_reading()
        super().stop(None)  # type: ignore[arg-type]


class _Connections(ConnectionManager):
    """Serves those who are connected while there is no room for a newcomer, whom cheroot would try first, forever."""

    def _from_server_socket(self, server_socket: socket.socket) -> Any:
        try:
            return super()._from_server_socket(server_socket)  # type: ignore[misc] # the stubs leave it out
        except OSError:
            self.server.complain()
            return None


class _Engine(wsgi.Server):
    """cheroot, tuned; it knows its open connections, so that none outlives it."""

    ConnectionClass = Connection
    expiration_interval = 0.008  # seconds; a stop waits for it, and in naps of 10 ms
    keep_alive_conn_limit = 400  # select() on Windows takes 512 sockets
    max_request_header_size = 64 * 1024  # bytes
    proxy: ForwardProxy | None = None
    _connections: Any
    _complain_at = 0.0

    def __init__(self, address: tuple[str, int], application: WSGIApplication, threads: int) -> None:
        super().__init__(address, application, threads, request_queue_size=128, timeout=5)
        self.requests = _Workers(self, threads)
        self.gateway = Gateway
        self.open_connections: set[Connection] = set()
        self.refusal: Exception | None = None

    def clear_stats(self) -> None:
        super().clear_stats()
        # cheroot keeps every server's figures, and with them the server, for the life of the process.
        getattr(logging, "statistics", {}).pop(f"Cheroot HTTPServer {id(self)}", None)

    def prepare(self) -> None:
        try:
            super().prepare()
        except OSError as error:
            raise self.refusal or error from error
        self._connections.close()
        self._connections = _Connections(self)

    def bind_socket(self, socket_: socket.socket, bind_addr: Any) -> socket.socket:  # type: ignore[override]
        """Bind and listen; cheroot would lose the reason of a refusal, and leave the socket open."""
        try:
            socket_.bind(bind_addr)
            if sys.platform != "win32":  # where it means something else; before bind it could share a free port
                socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            socket_.listen(self.request_queue_size)
        except (OSError, OverflowError) as error:
            socket_.close()
            self.refusal = error
            raise
        return socket_

    def serve(self) -> None:
        """Do without cheroot's thread for connections that a full queue refuses: this queue is never full."""
        try:
            while self.ready:
                self._accept()
        except BaseException as error:  # noqa: BLE001 - kept for whoever asks
            _LOG.exception("The serving thread died")
            self.interrupt = error  # which stops all the rest

    def _accept(self) -> None:
        try:
            self._connections.run(self.expiration_interval)
        except OSError:
            self.complain()

    def complain(self) -> None:
        """Say that nobody can be accepted, not at each try; and wait a moment."""
        if time.monotonic() >= self._complain_at:
            self._complain_at = time.monotonic() + _BETWEEN_COMPLAINTS
            _LOG.warning("Cannot accept connections for now", exc_info=True)
        time.sleep(self.expiration_interval)

    def process_conn(self, conn: Connection) -> None:
        """Leave a new connection to the selector until its client speaks: silent ones take no worker."""
        if conn.last_used is None:
            self.put_conn(conn)
        else:
            super().process_conn(conn)

    def put_conn(self, conn: Connection) -> None:
        try:
            super().put_conn(conn)
        except (OSError, LookupError, ValueError):  # the selector was closed meanwhile
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002
        """Log; an OSError that got as far as this is a client's doing, and no cause for alarm."""
        if isinstance(sys.exception(), OSError):
            level, traceback = logging.INFO, False
        _LOG.log(level, "%s", msg, exc_info=traceback)

    def stop(self) -> None:
        if not self.ready:
            return
        super().stop()
        for connection in self.open_connections.copy():
            connection.end_relay()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: `host` as asked for, `port` as bound, `url` without a slash at its end."""

    host: str
    port: int
    url: str
    _engine: _Engine = field(repr=False)
    _thread: threading.Thread = field(repr=False)
    _while_stopping: WhileStopping = field(repr=False)

    def stop(self) -> None:
        """End all but requests that run, wait for these, and leave no thread and no socket. More often is no harm."""
        with self._while_stopping(self.spare):
            self._engine.stop()
            if self._thread is not threading.current_thread():
                self._thread.join()

    def spare(self) -> contextlib.AbstractContextManager[None]:
        """Have one worker more than usual for the length of a block, in which a request only waits."""
        workers: _Workers = self._engine.requests
        return workers.spare()

    def be_proxy(self, proxy: ForwardProxy | None) -> None:
        """Speak TLS on the port as well, and be a forward proxy; with `None`, no longer for who comes from now on."""
        self._engine.proxy = proxy

    @property
    def failure(self) -> BaseException | None:
        """Why the serving thread died, if it did; all the rest has stopped with it, so that clients are refused."""
        failure: BaseException | None = self._engine.interrupt
        return failure


def start(
    application: WSGIApplication,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    threads: int = 32,
    while_stopping: WhileStopping = lambda _: contextlib.nullcontext(),
) -> Server:
    """Serve until stopped; port 0 picks a free one. Raises PortInUseError or CannotListenError.

    What the application raises is logged and answered with a 500; but ConnectionAbortedError drops the connection
    without (the rest of) an answer. `while_stopping` is given the server's `spare`, and entered while it stops.
    """
    try:
        engine = _Engine((host, port), application, threads)
        engine.ssl_adapter = tls and TLS(tls)
        engine.prepare()
    except (OSError, OverflowError, ValueError) as error:
        raise _explained(host, port, error) from error
    thread = threading.Thread(target=engine.serve, name=__name__, daemon=True)
    thread.start()
    port = engine.bind_addr[1]
    return Server(
        host=host,
        port=port,
        url=_url(host, port, "https" if tls else "http"),
        _engine=engine,
        _thread=thread,
        _while_stopping=while_stopping,
    )


@contextlib.contextmanager
def serve(
    application: WSGIApplication, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Start, and stop at the end of the block; raises what `start` raises."""
    running = start(application, host=host, port=port, tls=tls)
    try:
        yield running
    finally:
        running.stop()


def _url(host: str, port: int, scheme: str) -> str:
    """Name an address that this machine can call; of a wildcard, that is the loopback."""
    name = _LOOPBACK_OF.get(host, host)
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def _explained(host: str, port: int, error: Exception) -> CannotListenError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return PortInUseError(f"Port {port} of {host} is in use: choose another with --port")
    reason = getattr(error, "strerror", None) or error
    return CannotListenError(f"Cannot listen on port {port} of {host or 'no host'}: {reason}")
