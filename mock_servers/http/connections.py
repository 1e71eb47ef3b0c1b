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
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot import errors, makefile, server, wsgi

if TYPE_CHECKING:
    from mock_servers.http.forward_proxy import Refusal

_LOG = logging.getLogger("mock_servers.http.server")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~\w-]+):([^\0\r\n]*)\r\n")
_FRAMING = {b"Content-Length", b"Transfer-Encoding"}
_PIECE = 64 * 1024  # bytes
_CLIENT_HELLO = b"\x16"  # the first byte of a TLS record that holds one
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_UNREACHED = b"HTTP/1.1 502 The host cannot be reached; see the log of nhsauth\r\nContent-Length: 0\r\n\r\n"
_SPEAK_PLAINLY = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 38\r\n\r\nThis port speaks plain HTTP: say http:"
)
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
            return self._take_tunnel()
        self._take_target()
        return not self._is_elsewhere()

    def _take_tunnel(self) -> bool:
        """Say whether a tunnel may be opened; once the headers are read, `respond` opens it."""
        if self.server.proxy is None or self.conn.is_encrypted:
            self.simple_response("405 Method Not Allowed")
            return False
        authority = self.uri.decode("latin-1")
        return not self._refused(self.server.proxy.refusal(authority, tunnels=len(self.server.open_connections)))

    def _is_elsewhere(self) -> bool:
        """Refuse what a client sends to a proxy for plain HTTP, and is not for the mock."""
        if self.server.proxy is None or not self.authority:
            return False
        scheme = urlsplit(self.uri).scheme.decode("latin-1")
        refused = self._refused(self.server.proxy.refusal_of_plain(scheme, self.authority.decode("latin-1")))
        self.scheme = scheme.encode()
        return refused

    def _refused(self, refusal: Refusal | None) -> bool:
        if refusal is not None:
            # Most clients show the phrase of a proxy's status line, and nothing else.
            self.simple_response(f"{refusal.status} {refusal.sentence}", f"nhsauth: {refusal.sentence}.\n")
        return refusal is not None

    def respond(self) -> None:
        """Answer by the application, or open a tunnel."""
        if self.method == b"CONNECT":
            self.close_connection = not self.conn.open_tunnel(self.uri.decode("latin-1"))
        else:
            super().respond()

    def _take_target(self) -> None:
        """Split the target anew: cheroot takes "//token" for a host, keeps "%2F" and believes a client's scheme."""
        absolute = not self.uri.startswith(b"/")
        _, authority, path, self.qs, _ = urlsplit(self.uri if absolute else b"//origin" + self.uri)
        self.authority = authority if absolute else b""
        self.path = unquote_to_bytes(path if path.startswith(b"/") else b"/" + path)
        self.scheme = b"https" if self.conn.is_encrypted else b"http"

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
    _ticks = staticmethod(time.perf_counter)  # kept here, where no library that stops time looks for it
    _waits_since: float | None = None
    rbufsize = 16 * 1024  # a whole TLS record: what ssl kept back, no selector would see

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = makefile.MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self._is_fresh = True
        self._is_relayed = False
        server.open_connections.add(self)

    @property
    def is_encrypted(self) -> bool:
        """Whether the client speaks TLS."""
        return isinstance(self.socket, ssl.SSLSocket)

    @property
    def last_used(self) -> float | None:
        """When the server last waited for this client, by the clock that cheroot compares it with.

        Only how long ago that is counts: a test that moves its process's time must not end connections.
        """
        return None if self._waits_since is None else time.time() - (self._ticks() - self._waits_since)

    @last_used.setter
    def last_used(self, _: float) -> None:
        self._waits_since = self._ticks()

    def communicate(self) -> bool:
        """Answer one request, or shake hands first; whether the connection stays open."""
        fresh, self._is_fresh = self._is_fresh, False
        if fresh and not self.is_encrypted and self._begins_with_tls() and not self._take_tls():
            return False
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.version() is None:
            return self._shake_hands(self.socket)
        return bool(super().communicate())

    def _begins_with_tls(self) -> bool:
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK) == _CLIENT_HELLO)
        except OSError:
            return False

    def _take_tls(self) -> bool:
        """Speak TLS on a port that speaks both, or say that this one does not: as a line, in which no client waits."""
        if self.server.proxy is not None:
            self._encrypt()
            return True
        _LOG.warning(
            "%s spoke TLS to a port that speaks plain HTTP: say http://, or start with --tls", self.remote_addr
        )
        with contextlib.suppress(OSError):
            self.socket.sendall(_SPEAK_PLAINLY)
        return False

    def _encrypt(self) -> None:
        self.socket, self.ssl_env = TLS(self.server.proxy.tls).wrap(self.socket)
        self.rfile = makefile.MakeFile(self.socket, "rb", self.rbufsize)
        self.wfile = makefile.MakeFile(self.socket, "wb", self.wbufsize)

    def open_tunnel(self, authority: str) -> bool:
        """Answer a CONNECT that may lead on: to the mock, in this very connection, or out. Whether it stays open."""
        if self.rfile.has_data():
            _LOG.warning("%s spoke into its tunnel to %s before there was one", self.remote_addr, authority)
            return False
        if not self.server.proxy.is_played(authority):
            self._relay(authority)
            return False
        self.wfile.write(ESTABLISHED)
        self._encrypt()
        return True

    def _relay(self, authority: str) -> None:
        outside = self.server.proxy.reach(authority)
        if outside is None:
            self.wfile.write(_UNREACHED)
            return
        self.wfile.write(ESTABLISHED)
        self._is_relayed = True
        self.server.proxy.relay(self.socket, outside, self.end_relay)

    def end_relay(self) -> None:
        """Close a connection that may be relayed; its relay ends with it."""
        self._is_relayed = False
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        self.close()

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
        """Close, whatever the client has not taken; a connection that is relayed ends with its relay."""
        if self._is_relayed:
            return
        self.server.open_connections.discard(self)
        with contextlib.suppress(OSError, ValueError):
            self.wfile.close()  # or what a lost client has not taken would be tried again at collection
        with contextlib.suppress(OSError):
            super().close()
        self.socket.close()
