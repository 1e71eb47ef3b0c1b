"""One connection to the server: framing, targets, headers that repeat, and what becomes of an application's failure.

Listening, threads and stopping are `serving`'s business.
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
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot import errors, makefile, server, wsgi

_LOG = logging.getLogger("mock_servers.serving")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~\w-]+):([^\0\r\n]*)\r\n")
_FRAMING = {b"Content-Length", b"Transfer-Encoding"}
_PIECE = 64 * 1024  # bytes
_SPEAK_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 31\r\n\r\nThis port speaks TLS: say https"
)


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


class Gateway(wsgi.Gateway_10):
    """Calls the application; whatever that raises ends in the log and in a 500, and never reaches a thread."""

    def __init__(self, req: Any) -> None:
        super().__init__(req)
        self.env["SERVER_NAME"] = req.server.bind_addr[0]
        self.env["wsgi.input"] = io.BufferedReader(_Body(req.rfile))
        if req.authority:  # an absolute target overrides Host (RFC 9112, 3.2.2)
            self.env["HTTP_HOST"] = req.authority.decode("latin-1")

    def respond(self) -> None:
        """Answer by the application, or by a 500 when it fails."""
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


class TLS:
    """cheroot's adapter for a ready-made context, without the handshake: a silent client would stall all others."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        """Leave the listening socket as it is."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Wrap a client's socket; the handshake is its connection's business."""
        try:
            wrapped = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as error:
            raise errors.FatalSSLAlert(*error.args) from error
        return wrapped, {"HTTPS": "on"}

    makefile = staticmethod(makefile.MakeFile)


class Connection(server.HTTPConnection):
    """A client's connection, which its server can end at once without cutting an answer."""

    RequestHandlerClass = _Request
    rbufsize = 16 * 1024  # a whole TLS record: what ssl kept back, no selector would see

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = makefile.MakeFile) -> None:
        super().__init__(server, sock, makefile)
        server.open_connections.add(self)

    def communicate(self) -> bool:
        """Answer one request, or shake hands first; whether the connection stays open."""
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
        """Close, whatever the client has not taken."""
        self.server.open_connections.discard(self)
        with contextlib.suppress(OSError, ValueError):
            self.wfile.close()  # or what a lost client has not taken would be tried again at collection
        with contextlib.suppress(OSError):
            super().close()
        self.socket.close()
