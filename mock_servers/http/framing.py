"""How a request is framed: what h11 reads, and where we are stricter, since host and length must never be in doubt.

h11 keeps the rules of HTTP/1.1 and is lenient where old clients need it. A mock need not be: what one server takes and
another does not is what a client should hear of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

import h11

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request line and its headers."""
MOST_HEADERS: Final = 200
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Z-]+ [!-~]+ HTTP/1\.[01]\r\n(?:" + _TOKEN + rb":[^\0\r\n]*\r\n)*\r\n")
_LISTED_LENGTH: Final = re.compile(rb"\r\ncontent-length:[^\r\n]*,", re.IGNORECASE)
_LONG_SIZE: Final = re.compile(rb"(?:\r\n)?[0-9A-Fa-f]{16}")
"""Of a chunk: h11 takes up to twenty digits, which no client means."""
_CHUNKS: Final = 1000
"""How many chunks may have any size; of more, each must have some bytes on average: a chunk costs more than a byte."""
_SMALL_CHUNK: Final = 16
_FRAMING: Final = frozenset([b"content-length", b"transfer-encoding"])


class BadRequestError(Exception):
    """What a client sent is no request; `status` and the message are the answer."""

    def __init__(self, status: str, message: str = "") -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A request line and its headers. `authority` is that of an absolute target, which overrides Host."""

    method: str
    target: str
    authority: str
    path: str
    query: str
    version: str
    headers: tuple[tuple[str, str], ...]
    length: int | None
    is_chunked: bool

    @property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return self.is_chunked or bool(self.length)

    @property
    def is_compressed(self) -> bool:
        """Whether the body is encoded: some bytes of it may mean any number."""
        return self.has_body and any(
            name == "content-encoding" and value.strip().lower() not in ("", "identity") for name, value in self.headers
        )


@dataclass(slots=True)
class Message:
    """One request as h11 reads it, and the answer as h11 writes it."""

    head: Head
    is_whole: bool = False
    received: int = 0
    _http: h11.Connection = field(repr=False, kw_only=True)
    _at_chunk: bool = True
    _chunks: int = 0
    _is_answered: bool = False
    _is_bodiless: bool = False

    @classmethod
    def begun(cls, raw: bytes, end: int) -> Message:
        """Read a request whose head ends before `end`. Raises BadRequestError."""
        _check_head(raw, end)
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * LARGEST_HEAD)
        http.receive_data(raw)
        try:
            event = http.next_event()
        except h11.RemoteProtocolError as error:
            raise _refused(error) from error
        if not isinstance(event, h11.Request):
            raise BadRequestError("400 Bad Request", "Malformed request")
        return cls(_head(event), _http=http)

    def feed(self, data: bytes) -> None:
        """Take more of what the client sent; nothing says that its connection has ended."""
        self._http.receive_data(data)

    def read(self) -> bytes | None:
        """Return the next piece of the body; `None` when there is none yet, or no more. Raises BadRequestError."""
        if self.is_whole:
            return None
        if self._at_chunk and self.head.is_chunked and _LONG_SIZE.match(self.rest):
            raise BadRequestError("400 Bad Request", "Malformed chunk size")
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise _refused(error) from error
        if isinstance(event, h11.Data):
            self._count(event)
            return bytes(event.data)
        self.is_whole = isinstance(event, h11.EndOfMessage)
        return None

    def _count(self, event: h11.Data) -> None:
        self.received += len(event.data)
        self._at_chunk = event.chunk_end
        self._chunks += event.chunk_start
        if self._chunks > _CHUNKS + self.received // _SMALL_CHUNK:
            raise BadRequestError("400 Bad Request", "The chunks are too small")

    @property
    def rest(self) -> bytes:
        """What the client has sent and nobody has read: after a whole request, the next one."""
        return self._http.trailing_data[0]

    @property
    def awaits_100(self) -> bool:
        """Whether the client waits to be told that its body is wanted."""
        return self._http.they_are_waiting_for_100_continue

    @property
    def can_be_followed(self) -> bool:
        """Whether another request may come on the same connection, once this one is answered."""
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    def go_on(self) -> bytes:
        """Return what tells the client to send its body."""
        return self._http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")) or b""

    @property
    def can_be_read_on(self) -> bool:
        """Whether what is left of the body can still be read."""
        return not self.is_whole and self._http.our_state is h11.DONE and self._http.their_state is h11.SEND_BODY

    @property
    def is_answered(self) -> bool:
        """Whether the head of an answer has been written."""
        return self._is_answered

    def sent(self, head: tuple[str, list[tuple[str, str]]] | None, data: bytes, *, ends: bool) -> bytes:
        """Return the next of an answer as it travels. Raises h11.LocalProtocolError, ValueError for what cannot be."""
        out = b"" if head is None else self._started(*head)
        if data and not self._is_bodiless:
            out += self._written(h11.Data(data=data))
        if ends:
            out += self._written(h11.EndOfMessage())
        self._is_answered = True
        return out

    def _started(self, status: str, headers: list[tuple[str, str]]) -> bytes:
        code, _, reason = status.partition(" ")
        self._is_bodiless = self.head.method == "HEAD" or code in ("204", "304")
        return self._written(
            h11.Response(
                status_code=int(code),
                reason=reason.encode("latin-1"),
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            )
        )

    def _written(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""


def _check_head(raw: bytes, end: int) -> None:
    if _HEAD.fullmatch(raw, 0, end) is None:
        raise BadRequestError("400 Bad Request", "Malformed request line or headers")
    if raw.count(b"\r\n", 0, end) - 2 > MOST_HEADERS:
        raise BadRequestError("431 Request Header Fields Too Large", f"More than {MOST_HEADERS} headers")
    if _LISTED_LENGTH.search(raw, 0, end):
        raise BadRequestError("400 Bad Request", "Malformed Content-Length")


def _refused(error: h11.RemoteProtocolError) -> BadRequestError:
    status = "501 Not Implemented" if error.error_status_hint == 501 else "400 Bad Request"  # noqa: PLR2004
    return BadRequestError(status, str(error))


def _head(event: h11.Request) -> Head:
    names = {name for name, _ in event.headers}
    if names >= _FRAMING:
        raise BadRequestError("400 Bad Request", "Content-Length and Transfer-Encoding exclude each other")
    if any(b"_" in name and name.replace(b"_", b"-") in _FRAMING for name in names):  # in a WSGI environ they are one
        raise BadRequestError("400 Bad Request", "Malformed header name")
    target, method = event.target.decode("ascii"), event.method.decode("ascii")
    authority, path, query = ("", "", "") if method == "CONNECT" else _split(target)
    length = next((int(value) for name, value in event.headers if name == b"content-length"), None)
    return Head(
        method=method,
        target=target,
        authority=authority,
        path=path,
        query=query,
        version=event.http_version.decode("ascii"),
        headers=tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers),
        length=length,
        is_chunked=b"transfer-encoding" in names,
    )


def _split(target: str) -> tuple[str, str, str]:
    """Split a target: what begins with a slash is a path, however many slashes there are."""
    is_absolute = not target.startswith("/")
    try:
        urlsplit(target)  # as others will, who must not fail on it
        parts = urlsplit(target if is_absolute else f"//origin{target}")
    except ValueError as error:
        raise BadRequestError("400 Bad Request", "Malformed target") from error
    if is_absolute and not (parts.scheme and parts.netloc) and target != "*":
        raise BadRequestError("400 Bad Request", "The target is neither a path nor a URL")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return parts.netloc if is_absolute else "", unquote_to_bytes(path).decode("latin-1"), parts.query
