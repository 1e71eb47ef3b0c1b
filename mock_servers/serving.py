"""Serves a WSGI application on a tuned cheroot server, in threads of this process.

Decides what holds for every request: framing, targets, headers that repeat, failures. All else is the application's.
"""
# mypy: allow-untyped-calls
# (cheroot's stubs name its functions and do not type them)

from __future__ import annotations

import contextlib
import errno
import io
import logging
import re
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot import errors, makefile, server, wsgi
from cheroot.workers import threadpool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

_LOG = logging.getLogger(__name__)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~\w-]+):([^\0\r\n]*)\r\n")
_FRAMING = {b"Content-Length", b"Transfer-Encoding"}
_PIECE = 64 * 1024  # bytes
_WORKERS_AT_START = 4
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
_SPEAK_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 31\r\n\r\nThis port speaks TLS: say https"
)


class CannotListenError(OSError):
    """The address cannot be listened on; the text is one line that says which and why."""


class PortInUseError(CannotListenError):
    """Something else listens there; the text says what to do."""


class _HeaderReader(server.HeaderReader):
    """Joins headers that repeat, and refuses those that would make the host or the length ambiguous."""

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        headers = {} if hdict is None else hdict
        for line in iter(rfile.readline, b"\r\n"):
            _add(headers, line)
        if headers.keys() >= _FRAMING:
            raise ValueError("Content-Length and Transfer-Encoding exclude each other.")
        if not headers.get(b"Content-Length", b"0").isdigit():
            raise ValueError("Malformed Content-Length header.")
        return headers


def _add(headers: dict[bytes, bytes], line: bytes) -> None:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise ValueError("Malformed header line.")
    name, value = match[1].title(), match[2].strip(b" \t")
    if b"_" in name and name.replace(b"_", b"-") in _FRAMING:  # in a WSGI environ they are one name
        raise ValueError("Malformed header name.")
    if name not in headers:
        headers[name] = value
    elif name == b"Host" or (name == b"Content-Length" and value != headers[name]):
        raise ValueError(f"Repeated {name.decode()} header.")
    elif name != b"Content-Length":
        headers[name] += b", " + value


class _Request(server.HTTPRequest):
    """Takes absolute-form targets as well, and leaves nothing of a body to be read as the next request."""

    header_reader = _HeaderReader()

    def __init__(self, server: Any, conn: Any) -> None:
        super().__init__(server, conn, proxy_mode=True)

    def read_request_line(self) -> bool:
        try:
            understood = super().read_request_line()
        except ValueError as error:
            self.simple_response("400 Bad Request", str(error))
            return False
        if not understood:
            return False
        if self.method == b"CONNECT":
            self.simple_response("405 Method Not Allowed")
            return False
        self._take_target()
        return True

    def _take_target(self) -> None:
        """Split the target anew: cheroot takes "//token" for a host, keeps "%2F" and believes a client's scheme."""
        absolute = not self.uri.startswith(b"/")
        _, authority, path, self.qs, _ = urlsplit(self.uri if absolute else b"//origin" + self.uri)
        self.authority = authority if absolute else b""
        self.path = unquote_to_bytes(path if path.startswith(b"/") else b"/" + path)
        self.scheme = b"https" if self.server.ssl_adapter else b"http"

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer a request that no application sees; say that the connection ends, as cheroot forgets to."""
        super().simple_response(f"{status}\r\nConnection: close", msg)

    def ensure_headers_sent(self) -> None:
        if self.sent_headers:
            return
        if not self.discard_body():
            self.close_connection = True
        self.send_headers()
        self.sent_headers = True

    def discard_body(self) -> bool:
        """Read piece by piece what the application has left of the body; say whether that could be done."""
        try:
            while self.rfile.read(_PIECE):
                pass
            for _ in self.rfile.read_trailer_lines() if self.chunked_read else ():
                pass
        except (OSError, ValueError):
            return False
        return True


class _Body(io.RawIOBase):
    """A request's body as a stream that ends where the body ends, or raises where the client broke it off."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._source.read(len(buffer))
        except (OSError, ValueError) as error:  # ValueError: malformed chunks
            raise _broken_off(error) from error
        if not piece and getattr(self._source, "remaining", 0) > 0:
            raise _broken_off("the body ended early")
        buffer[: len(piece)] = piece
        return len(piece)


def _broken_off(reason: object) -> ConnectionAbortedError:
    # The number is how cheroot knows that there is nobody left to answer.
    return ConnectionAbortedError(errno.ECONNABORTED, str(reason))


class _Gateway(wsgi.Gateway_10):
    """Calls the application; whatever that raises ends in the log and in a 500, and never reaches a thread."""

    def __init__(self, req: Any) -> None:
        super().__init__(req)
        self.env["SERVER_NAME"] = req.server.bind_addr[0]
        self.env["wsgi.input"] = io.BufferedReader(_Body(req.rfile))
        if req.authority:  # an absolute target overrides Host (RFC 9112, 3.2.2)
            self.env["HTTP_HOST"] = req.authority.decode("latin-1")

    def respond(self) -> None:
        try:
            self._answer()
        except ConnectionAbortedError as error:
            raise _broken_off(error) from error
        except BaseException as error:
            _LOG.exception("The application failed on %s %s", self.env["REQUEST_METHOD"], self.env["PATH_INFO"])
            if self.req.sent_headers:
                raise _broken_off(error) from error
            self._apologise()

    def _apologise(self) -> None:
        self.req.outheaders, self.started_response = [], False
        self.start_response("500 Internal Server Error", [("Content-Type", "text/plain"), ("Content-Length", "36")])
        self.write(b"The application failed; see the log.")

    def _answer(self) -> None:
        response = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            for chunk in filter(None, response):
                self.write(bytes(chunk))
            self.write(b"")
        finally:
            if hasattr(response, "close"):
                response.close()
        if self.remaining_bytes_out and not self._bodiless():
            raise _broken_off("the answer is shorter than its Content-Length")

    def _bodiless(self) -> bool:
        return self.req.method == b"HEAD" or self.req.status[:3] in {b"204", b"304"}

    def write(self, chunk: bytes) -> None:
        """Send the headers unless sent, and a piece of the body unless there is to be none."""
        if not self.started_response:
            raise RuntimeError("There is no answer without start_response")
        if self.remaining_bytes_out is not None:
            self.remaining_bytes_out -= len(chunk)
            if self.remaining_bytes_out < 0:
                raise ValueError("The answer is longer than its Content-Length")
        try:
            self.req.ensure_headers_sent()
            self.req.write(b"" if self._bodiless() else chunk)
        except OSError as error:
            raise _broken_off(error) from error


class _TLS:
    """cheroot's adapter for a ready-made context, without the handshake: a silent client would stall all others."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        try:
            wrapped = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as error:
            raise errors.FatalSSLAlert(*error.args) from error
        return wrapped, {"HTTPS": "on"}

    makefile = staticmethod(makefile.MakeFile)


class _Connection(server.HTTPConnection):
    RequestHandlerClass = _Request
    rbufsize = 16 * 1024  # a whole TLS record: what ssl kept back, no selector would see

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = makefile.MakeFile) -> None:
        super().__init__(server, sock, makefile)
        server.open_connections.add(self)

    def communicate(self) -> bool:
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.version() is None:
            return self._shake_hands(self.socket)
        return bool(super().communicate())

    def _shake_hands(self, sock: ssl.SSLSocket) -> bool:
        try:
            sock.do_handshake()
        except OSError as error:
            _LOG.info("TLS handshake with %s failed: %s", self.remote_addr, error)
            if getattr(error, "reason", None) == "HTTP_REQUEST":
                socket.socket.send(sock, _SPEAK_TLS)
            return False
        return True

    def stop_reading(self) -> None:
        """End the wait for a client; an answer under way still goes out."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RD)  # ssl's own would go on in plain text

    def close(self) -> None:
        self.server.open_connections.discard(self)
        with contextlib.suppress(OSError, ValueError):
            self.wfile.close()  # or what a lost client has not taken would be tried again at collection
        with contextlib.suppress(OSError):
            super().close()
        self.socket.close()


class _Workers(threadpool.ThreadPool):
    """Grows when more requests wait than workers do: to start all at once takes a busy machine 50 ms."""

    _threads: list[threading.Thread]

    def __init__(self, server: Any, most: int) -> None:
        super().__init__(server, min(_WORKERS_AT_START, most), most)

    def put(self, obj: Any) -> None:
        """Give a connection to a worker; only the thread that accepts connections calls this."""
        if self.qsize >= self.idle and len(self._threads) < self.max:
            self.grow(1)
        super().put(obj)

    def grow(self, amount: int) -> None:
        """Start daemons, lest a forgotten stop hold up the exit, and wait for none to begin: cheroot would nap."""
        for _ in range(amount):
            worker = threadpool.WorkerThread(self.server)
            worker.name, worker.daemon = f"{__name__} {worker.name}", True
            worker.start()
            self._threads.append(worker)

    def stop(self, timeout: float | None = None) -> None:  # noqa: ARG002 - cheroot's, after which it would cut answers
        """Wait for requests that run, as long as they take, and for nothing that a client has yet to send."""
        for connection in self.server.open_connections.copy():
            connection.stop_reading()
        super().stop(None)  # type: ignore[arg-type]


class _Engine(wsgi.Server):
    """cheroot, tuned; it knows its open connections, so that none outlives it."""

    ConnectionClass = _Connection
    expiration_interval = 0.008  # seconds; a stop waits for it, and in naps of 10 ms
    keep_alive_conn_limit = 400  # select() on Windows takes 512 sockets
    max_request_header_size = 64 * 1024  # bytes
    _connections: Any

    def __init__(self, address: tuple[str, int], application: WSGIApplication, threads: int) -> None:
        super().__init__(address, application, threads, request_queue_size=128, timeout=5)
        self.requests = _Workers(self, threads)
        self.gateway = _Gateway
        self.open_connections: set[_Connection] = set()
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
            _LOG.warning("Cannot accept connections for now", exc_info=True)
            time.sleep(self.expiration_interval)

    def process_conn(self, conn: _Connection) -> None:
        """Leave a new connection to the selector until its client speaks: silent ones take no worker."""
        if conn.last_used is None:
            self.put_conn(conn)
        else:
            super().process_conn(conn)

    def put_conn(self, conn: _Connection) -> None:
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
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: `host` as asked for, `port` as bound, `url` without a slash at its end."""

    host: str
    port: int
    url: str
    _engine: _Engine = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def stop(self) -> None:
        """End all but requests that run, wait for these, and leave no thread and no socket. More often is no harm."""
        self._engine.stop()
        if self._thread is not threading.current_thread():
            self._thread.join()

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
) -> Server:
    """Serve until stopped; port 0 picks a free one. Raises PortInUseError or CannotListenError.

    What the application raises is logged and answered with a 500; but ConnectionAbortedError drops the connection
    without (the rest of) an answer.
    """
    try:
        engine = _Engine((host, port), application, threads)
        engine.ssl_adapter = tls and _TLS(tls)
        engine.prepare()
    except (OSError, OverflowError, ValueError) as error:
        raise _explained(host, port, error) from error
    thread = threading.Thread(target=engine.serve, name=__name__, daemon=True)
    thread.start()
    port = engine.bind_addr[1]
    return Server(
        host=host, port=port, url=_url(host, port, "https" if tls else "http"), _engine=engine, _thread=thread
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
