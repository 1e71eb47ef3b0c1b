"""Passes a request on to a team's own API unchanged, and returns its answer piece by piece.

It uses the standard library's client: a higher one would rewrite the target and add headers of its own.
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
import string
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from mock_servers.gateway.reply import (
    BrokenUpstreamError,
    Headers,
    Reply,
    SlowUpstreamError,
    UnreachableUpstreamError,
    Waiting,
)
from mock_servers.jose import destination
from mock_servers.state.configuration import Api
from mock_servers.wire.request import Request

_PIECE: Final = 1 << 16
_HOP_BY_HOP: Final = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
"""For one connection only (RFC 9110, section 7.6.1)."""
_NOT_SENT: Final = _HOP_BY_HOP | {"host", "expect"}
_PORTS: Final = {"http": 80, "https": 443}
_SLASHES: Final = re.compile(r"^/{2,}")


class Pieces:
    """The pieces of an answer as they come. Close it even if no piece was read."""

    def __init__(self, answer: http.client.HTTPResponse, held: ExitStack) -> None:
        self._answer = answer
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._answer.read1(_PIECE)
            if not piece and self._answer.length:
                raise http.client.IncompleteRead(b"", self._answer.length)
        except (http.client.HTTPException, OSError) as failure:
            raise ConnectionAbortedError(
                errno.ECONNABORTED, f"the API broke off its answer: {_reason(failure)}"
            ) from failure
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the connection; no piece can be read any more."""
        self._answer.close()
        self._held.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Calls APIs on loopback, private and listed hosts only.

    `connect` and `read` are seconds, for a connection and for the next piece of an answer: the defaults in Apigee's
    documentation; the platform's own are not known (I). `waiting` allows ending it early.
    """

    allow_hosts: Collection[str] = ()
    connect: float = 3.0
    read: float = 55.0
    waiting: Waiting = lambda _: nullcontext()

    def send(self, api: Api, request: Request) -> Reply:
        """Pass a request on. Raises UpstreamError."""
        parts = urlsplit(api.upstream)
        with ExitStack() as stack:
            connection = stack.enter_context(closing(self._connected(parts)))
            stack.enter_context(self.waiting(partial(_shut, connection.sock)))
            answer = self._answer(connection, target_of(api, request), parts.netloc, request)
            pieces = Pieces(answer, stack.pop_all())
        return Reply(status=answer.status, headers=kept(answer.getheaders()), pieces=pieces)

    def _connected(self, parts: SplitResult) -> http.client.HTTPConnection:
        """Return a connection to a checked address; the certificate is still that of the name."""
        host = parts.hostname or ""
        try:
            port = parts.port or _PORTS[parts.scheme]
            connected = destination.connected(host, port, self.allow_hosts, self.connect)
            if parts.scheme == "https":
                connected = _secured(connected, host)
        except destination.ForbiddenHostError as forbidden:
            raise UnreachableUpstreamError(str(forbidden)) from None
        except (OSError, ValueError) as failure:
            raise UnreachableUpstreamError(_reason(failure)) from failure
        connected.settimeout(self.read)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = connected
        return connection

    def _answer(
        self, connection: http.client.HTTPConnection, target: str, host: str, request: Request
    ) -> http.client.HTTPResponse:
        try:
            _send(connection, target, host, request)
            return connection.getresponse()
        except TimeoutError as failure:
            raise SlowUpstreamError(f"it sent nothing for {self.read:g} s") from failure
        except (http.client.HTTPException, OSError, ValueError) as failure:
            raise BrokenUpstreamError(_reason(failure)) from failure


def target_of(api: Api, request: Request) -> str:
    """Return the target for the API: the path below its own, and the query, as the client wrote them."""
    path, mark, query = _SLASHES.sub("/", request.target).partition("?")
    rest = path[len(api.path) :] if path.startswith(api.path) else quote(request.path[len(api.path) :])
    whole = f"{urlsplit(api.upstream).path.rstrip('/')}{rest}" or "/"
    return quote(f"{whole}{mark}{query}", safe=string.punctuation)


def kept(headers: Iterable[tuple[str, str]], dropped: frozenset[str] = _HOP_BY_HOP) -> Headers:
    """Return the headers that are passed on: not those of one connection, nor those that `Connection` names."""
    pairs = tuple(headers)
    listed = ",".join(value for name, value in pairs if name.lower() == "connection")
    left_out = dropped | {word.strip().lower() for word in listed.split(",")}
    return tuple((name, value) for name, value in pairs if name.lower() not in left_out)


def _secured(connected: socket.socket, host: str) -> socket.socket:
    try:
        return ssl.create_default_context().wrap_socket(connected, server_hostname=host)
    except BaseException:
        connected.close()
        raise


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):  # the API may have closed it in this very moment
        connected.shutdown(socket.SHUT_RDWR)


def _send(connection: http.client.HTTPConnection, target: str, host: str, request: Request) -> None:
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host)
    for name, value in kept(request.headers.items(), _NOT_SENT):
        connection.putheader(name, value)
    chunked = "transfer-encoding" in request.headers
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    try:
        connection.endheaders(_body(request), encode_chunked=chunked)
    except (BrokenPipeError, ConnectionResetError):
        return  # an API that has read enough may have answered anyway


def _body(request: Request) -> Iterator[bytes] | None:
    if request.stream is None or not {"content-length", "transfer-encoding"} & request.headers.keys():
        return None
    return iter(lambda: request.stream(_PIECE), b"")  # type: ignore[misc] # it is there


def _reason(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"[:300]
