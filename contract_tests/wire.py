"""HTTP on kept connections, one for each thread: no redirects, no decoding, no added headers except the length."""

import json
import threading
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import SSLError
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_TIMEOUT = 30.0
_HTTPS = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as it goes out; `path` begins with a slash and holds the query string."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as it came in; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object, its members in their order; empty for another body."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


class Wire:
    """Connections to one origin, such as `http://127.0.0.1:8080`; raises OSError without an answer.

    Head and body are sent in one piece. A library for requests, or two pieces, would take longer than the service, and
    the order tests send thousands of requests. An https origin is reached through the environment's proxy.
    """

    def __init__(self, origin: str, timeout: float = _TIMEOUT) -> None:
        self._timeout = timeout
        parts = urlsplit(origin)
        self._scheme, self._netloc = parts.scheme, parts.netloc
        self._of_thread = threading.local()
        self._connections: list[HTTPConnection] = []
        self.last: Answer | None = None
        self.last_request: HttpRequest | None = None

    def send(self, request: HttpRequest) -> Answer:
        """Send a request, on a new connection when the other side has closed the kept one."""
        connection = self._connection()
        if connection.sock is None:
            return self._exchange(connection, request)
        try:
            return self._exchange(connection, request)
        except (ConnectionError, SSLError):  # the second is how TLS may say that the other side has gone
            return self._exchange(connection, request)

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def _exchange(self, connection: HTTPConnection, request: HttpRequest) -> Answer:
        if connection.sock is None:
            connection.connect()
        try:
            connection.sock.sendall(self._written(request))
            with HTTPResponse(connection.sock, method=request.method) as response:
                response.begin()
                answer = _read(response)
        except (OSError, HTTPException):
            connection.close()
            raise
        if response.will_close:
            connection.close()
        self.last, self.last_request = answer, request
        return answer

    def _written(self, request: HttpRequest) -> bytes:
        body = request.body.encode()
        headers = {"Host": self._netloc, "Content-Length": str(len(body)), **request.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{request.method} {request.path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def _connection(self) -> HTTPConnection:
        with suppress(AttributeError):
            kept: HTTPConnection = self._of_thread.connection
            return kept
        connection = self._made()
        self._of_thread.connection = connection
        self._connections.append(connection)
        return connection

    def _made(self) -> HTTPConnection:
        if self._scheme != "https":
            return HTTPConnection(self._netloc, timeout=self._timeout)
        proxy = _proxy(self._netloc)
        if proxy is None:
            return HTTPSConnection(self._netloc, timeout=self._timeout)
        connection = HTTPSConnection(proxy.netloc.rpartition("@")[2], timeout=self._timeout)
        parts = urlsplit(f"https://{self._netloc}")
        connection.set_tunnel(parts.hostname or "", parts.port or _HTTPS, _proof(proxy))
        return connection


def _proxy(netloc: str) -> SplitResult | None:
    """Return the environment's proxy for https; `None` without one, or for an exempt host."""
    url = getproxies().get("https")
    if not url or proxy_bypass(netloc):
        return None
    return urlsplit(url if "//" in url else f"//{url}")


def _proof(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _read(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=headers, text=response.read().decode(errors="replace"))
