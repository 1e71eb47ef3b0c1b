"""Calls a WSGI application: makes its environ from a request, and writes its answer."""

from __future__ import annotations

import errno
import io
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from mock_servers.http.framing import Head, Message
from mock_servers.http.socket_channel import MOST_UNSENT
from mock_servers.state.world import named_in
from mock_servers.wire.wsgi import PROXY_USER, THROUGH_PROXY

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

_LOG: Final = logging.getLogger(__package__)
_FAILED: Final = b"The application failed; see the log."
_ENOUGH: Final = 256 * 1024  # bytes of a body that are kept for an application which has yet to ask for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The two ends of a connection: the server's address and the client's, and whether it comes through a proxy.

    `user` is the user name that the client sent to the proxy; empty without one.
    """

    server: tuple[str, int]
    client: tuple[str, int]
    through_proxy: bool = False
    user: str = ""


def environ_of(head: Head, place: Place, *, scheme: str) -> WSGIEnvironment:
    """Return the environ of a request, without the body, `wsgi.input`."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": head.path,
        "QUERY_STRING": head.query,
        "REQUEST_URI": head.target,
        "SERVER_NAME": place.server[0],
        "SERVER_PORT": str(place.server[1]),
        "SERVER_PROTOCOL": f"HTTP/{head.version}",
        "SERVER_SOFTWARE": "nhsauth",
        "REMOTE_ADDR": place.client[0],
        "REMOTE_PORT": str(place.client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in head.headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {value}" if key in environ else value
    if place.through_proxy:
        environ[THROUGH_PROXY] = True
    if place.user:
        environ[PROXY_USER] = place.user
    if head.authority:  # an absolute target overrides Host (RFC 9112, 3.2.2)
        environ["HTTP_HOST"] = head.authority
    return environ


def broken_off(reason: object) -> ConnectionAbortedError:
    """Return the error that an application gets whose client is gone."""
    return ConnectionAbortedError(errno.ECONNABORTED, str(getattr(reason, "strerror", None) or reason))


class Body(io.RawIOBase):
    """A body as a stream that ends where the body ends, or raises where the client broke it off. Safe for two threads.

    `wanted` is called when the application waits, or has read enough for more to be taken from the client; it says for
    how many seconds the client may still be waited for.
    """

    def __init__(self, wanted: Callable[[], object]) -> None:
        self._wanted = wanted
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._kept = 0
        self._is_whole = False
        self._failure: Exception | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next bytes of the body, and fill the buffer with them."""
        with self._changed:
            if not (self._pieces or self._is_whole or self._failure):
                self._wanted()
                self._changed.wait_for(lambda: self._pieces or self._is_whole or self._failure)
            if not self._pieces:
                if self._failure is not None:
                    raise broken_off(self._failure) from self._failure
                return 0
            return self._take(buffer)

    def _take(self, buffer: Any) -> int:
        piece = self._pieces.popleft()
        taken = min(len(piece), len(buffer))
        buffer[:taken] = piece[:taken]
        if taken < len(piece):
            self._pieces.appendleft(piece[taken:])
        was_enough, self._kept = self._kept >= _ENOUGH, self._kept - taken
        if was_enough and self._kept < _ENOUGH:
            self._wanted()
        return taken

    # what the loop does

    def add(self, piece: bytes) -> bool:
        """Take a piece from the client; returns whether more may follow at once."""
        with self._changed:
            self._pieces.append(piece)
            self._kept += len(piece)
            self._changed.notify_all()
            return self._kept < _ENOUGH

    def finish(self, failure: Exception | None = None) -> None:
        """Note that nothing more will come: the body is complete, or `failure` says why it never will be."""
        with self._changed:
            if not self._is_whole and self._failure is None:
                self._is_whole, self._failure = failure is None, failure
            self._changed.notify_all()


@dataclass(slots=True)
class Answer:
    """An application's answer, as far as it got. `is_broken`: the connection ends where the pieces end."""

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    is_broken: bool = False


class Call:
    """One call of an application, whose answer is taken in pieces, or whole."""

    def __init__(self, application: WSGIApplication, environ: WSGIEnvironment) -> None:
        self._application = application
        self._environ = environ
        self._result: Iterable[bytes] = ()
        self._written: list[bytes] = []
        self.status = ""
        self.headers: list[tuple[str, str]] = []

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _: object = None
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return self._written.append

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces of the body. Raises what the application raises."""
        self._result = self._application(self._environ, self._start_response)
        for piece in self._result:
            self._written.append(piece)
            yield from self._drained()
        yield from self._drained()
        if not self.status:
            raise RuntimeError("There is no answer without start_response")

    def _drained(self) -> Iterator[bytes]:
        """Yield what the application wrote by the `write` of `start_response`."""
        while self._written:
            piece = bytes(self._written.pop(0))
            if piece and not self.status:
                raise RuntimeError("There is no answer without start_response")
            if piece:
                yield piece

    def whole(self) -> Answer:
        """Return the complete answer. Raises what the application raises, unless it cuts the answer off on purpose."""
        pieces: list[bytes] = []
        is_broken = False
        try:
            pieces.extend(self.pieces())
        except ConnectionAbortedError:
            is_broken = True
        return Answer(status=self.status, headers=self.headers, pieces=pieces, is_broken=is_broken)

    def log(self, error: BaseException) -> None:
        """Log what the application has raised."""
        log_failure(self._environ["REQUEST_METHOD"], self._environ["PATH_INFO"], error)

    def close(self) -> None:
        """Let the application tidy up, once its answer has left."""
        try:
            getattr(self._result, "close", lambda: None)()
        except ConnectionAbortedError:
            pass
        except BaseException as error:  # noqa: BLE001 - any failure is the application's
            self.log(error)


class Outlet:
    """Limits how far an answer in pieces may run ahead of a client that reads slowly. Safe for two threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ahead = 0
        self._is_closed = False

    def add(self, length: int) -> None:
        """Wait until there is room for so many bytes more. Raises ConnectionAbortedError when the client is gone."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._ahead <= MOST_UNSENT)
            if self._is_closed:
                raise broken_off("the client is gone")
            self._ahead += length

    def take_all(self) -> None:
        """Note that the client has read all that was sent."""
        with self._changed:
            self._ahead = 0
            self._changed.notify_all()

    def close(self) -> None:
        """Release the thread that waits: the client reads nothing more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


def log_failure(method: str, path: str, error: BaseException) -> None:
    """Log an exception of an application, or why its answer cannot be sent."""
    _LOG.error("The application failed on %s %s", method, path, exc_info=error, extra={"world": named_in(path)})


def refusal(status: str, text: str) -> Answer:
    """Return the answer to a request that no application sees."""
    body = text.encode()
    headers = [("Connection", "close"), ("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    challenge = [("Proxy-Authenticate", 'Basic realm="nhsauth"')] if status.startswith("407") else []
    return Answer(status=status, headers=[*headers, *challenge], pieces=[body])


def raw(answer: Answer) -> bytes:
    """Write an answer to bytes that are not a request, or to a request whose own answer cannot be sent."""
    lines = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in dated(answer.headers)), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"".join(answer.pieces)


def rendered(message: Message, answer: Answer) -> bytes:
    """Write a complete answer. Raises h11.LocalProtocolError or ValueError for one that cannot be sent."""
    if answer.is_broken and not answer.pieces:
        return b""
    return message.sent((answer.status, dated(answer.headers)), b"".join(answer.pieces), ends=not answer.is_broken)


def apology() -> Answer:
    """Return the answer to a request on which the application failed."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(_FAILED)))]
    return Answer(status="500 Internal Server Error", headers=headers, pieces=[_FAILED])


class _Today:
    """The value of `Date`, made once a second."""

    def __init__(self) -> None:
        self._made: tuple[int, str] = (0, "")

    def __call__(self) -> str:
        now = int(time.time())
        if self._made[0] != now:
            self._made = now, formatdate(now, usegmt=True)
        return self._made[1]


_today: Final = _Today()


def dated(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers with a `Date` among them."""
    if any(name.lower() == "date" for name, _ in headers):
        return headers
    return [*headers, ("Date", _today())]
