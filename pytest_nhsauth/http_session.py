"""The HTTP session of the fixtures' own clients: the part of requests.Session that they use, without loading requests.

It uses plain HTTP, without a proxy, and keeps connections; a session of requests handles https URLs. It writes to a
socket, so that libraries which replace servers or HTTP clients do not interfere.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import SplitResult, urlencode, urlsplit

if TYPE_CHECKING:
    from requests import Response, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, under the names that requests has for it."""

    status_code: int
    headers: HTTPMessage
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether it is no error."""
        return self.status_code < 400  # noqa: PLR2004 - where errors begin

    @property
    def is_redirect(self) -> bool:
        """Whether it redirects."""
        return self.status_code in (301, 302, 303, 307, 308) and "Location" in self.headers

    def json(self) -> Any:
        """Return the content as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.content)


class KeptSession:
    """Keeps connections for the next request of any thread."""

    def __init__(self) -> None:
        self._idle: list[tuple[str, socket.socket]] = []

    def post(
        self,
        url: str,
        data: Mapping[str, str],
        *,
        headers: Mapping[str, str] = {},
        timeout: float,
        allow_redirects: bool = False,
    ) -> Answer | Response:
        """Post a form. Raises OSError without a whole answer: `timeout` seconds are for each step of the way."""
        parts = urlsplit(url)
        if parts.scheme != "http" or allow_redirects:
            return self._elsewhere.post(url, data, headers=headers, timeout=timeout, allow_redirects=allow_redirects)
        sock = self._connection(parts, timeout)
        response, is_whole = HTTPResponse(sock, method="POST"), False
        try:
            sock.sendall(_written(parts, urlencode(data), headers))
            response.begin()
            answer = Answer(status_code=response.status, headers=response.headers, content=response.read())
            is_whole = True
        except HTTPException as error:
            raise ConnectionError(str(error) or type(error).__name__) from None  # it adds nothing
        finally:
            response.close()
            if is_whole and not response.will_close:
                self._idle.append((parts.netloc, sock))
            else:
                sock.close()
        return answer

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop()[1].close()
        if "_elsewhere" in self.__dict__:
            self._elsewhere.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _elsewhere(self) -> Session:
        from pytest_nhsauth.control_api import session  # noqa: PLC0415 - not for a mock in this process

        return session()

    def _connection(self, to: SplitResult, timeout: float) -> socket.socket:
        """Return a kept connection that the mock has not ended meanwhile, or a new one."""
        while self._idle:
            netloc, sock = self._idle.pop()
            if netloc == to.netloc and _is_open(sock):
                sock.settimeout(timeout)
                return sock
            sock.close()
        sock = socket.create_connection((to.hostname or "", to.port or 80), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


def _is_open(sock: socket.socket) -> bool:
    """Whether a connection is silent: it is not if the mock has ended it or sends something unexpected."""
    sock.settimeout(0)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _written(to: SplitResult, body: str, headers: Mapping[str, str]) -> bytes:
    own = {"Host": to.netloc, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in (own | dict(headers)).items()]
    path = to.path + (f"?{to.query}" if to.query else "")
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", body]).encode("ascii")
