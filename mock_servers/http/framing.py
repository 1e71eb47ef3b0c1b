"""How a request is framed: what h11 reads, and where we are stricter, since host and length must never be in doubt.

h11 keeps the rules of HTTP/1.1 and is lenient where old clients need it. A mock need not be: what one server takes and
another does not is what a client should hear of. Most requests are plain (HTTP/1.1, one Host, at most one length,
nothing else that frames them), and so are most answers. These are read and written here, a fifth of a request's time
less. h11 reads all others from their first byte on. It is loaded for the first of these.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    import h11

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request line and its headers."""
MOST_HEADERS: Final = 200
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Z-]+ [!-~]+ HTTP/1\.[01]\r\n(?:" + _TOKEN + rb":[^\0\r\n]*\r\n)*\r\n")
_LISTED_LENGTH: Final = re.compile(rb"\r\ncontent-length:[^\r\n]*,", re.IGNORECASE)
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_LONG_SIZE: Final = re.compile(rb"(?:\r\n)?[0-9A-Fa-f]{16}")
"""Of a chunk: h11 takes up to twenty digits, which no client means."""
_CHUNKS: Final = 1000
"""How many chunks may have any size; of more, each must have some bytes on average: a chunk costs more than a byte."""
_SMALL_CHUNK: Final = 16
_FRAMING: Final = frozenset(["content-length", "transfer-encoding"])
_UNPLAIN: Final = frozenset(["transfer-encoding", "expect", "upgrade"])
_ANSWERS_FRAMING: Final = frozenset(["content-length", "transfer-encoding", "connection", "host"])
_PLAIN_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_PLAIN_ANSWER: Final = re.compile(
    rb"HTTP/1\.1 (?!204|304)[2-5][0-9]{2} [^\0\r\n\f\v]*\r\n(?:" + _TOKEN + rb": [^\0\s]+(?:[ \t]+[^\0\s]+)*\r\n)*\r\n"
)
_PIECE: Final = 1 << 16
_LONGEST_KNOWN: Final = 1 << 12
"""Bytes of a head that a connection keeps, in case the next request has the same."""


class BadRequestError(Exception):
    """What a client sent is no request; `status` and the message are the answer. The proxy logs what it refuses."""

    def __init__(self, status: str, message: str = "", *, by_proxy: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.by_proxy = by_proxy


def unsendable() -> tuple[type[Exception], ...]:
    """Return what is raised for an answer that cannot be sent."""
    import h11

    return h11.LocalProtocolError, ValueError


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
    def proxy_user(self) -> str | None:
        """The user name by which a client calls a proxy: empty without one, `None` where it cannot be read."""
        sent = next((value for name, value in self.headers if name == "proxy-authorization"), None)
        if sent is None:
            return ""
        scheme, _, credentials = sent.strip().partition(" ")
        try:
            user = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
        except ValueError:
            return None
        return user if scheme.lower() == "basic" else None

    @property
    def is_compressed(self) -> bool:
        """Whether the body is encoded: some bytes of it may mean any number."""
        return self.has_body and any(
            name == "content-encoding" and value.strip().lower() not in ("", "identity") for name, value in self.headers
        )


KnownHead: TypeAlias = tuple[bytes, Head]
"""A plain head as it was sent, and as it was read."""


@dataclass(slots=True)
class Message:
    """One request, and its answer as it is written: h11's work, unless both are plain."""

    head: Head
    is_whole: bool = False
    received: int = 0
    _began: bytes = field(repr=False, kw_only=True)
    _unread: bytearray = field(repr=False, kw_only=True)
    _connection: h11.Connection | None = field(default=None, repr=False, kw_only=True)
    _at_chunk: bool = True
    _chunks: int = 0
    _is_answered: bool = False
    _is_bodiless: bool = False
    _is_last: bool = False

    @classmethod
    def from_head(cls, raw: bytes, end: int, known: KnownHead | None = None) -> Message:
        """Read a request whose head ends before `end`; `known` is that of an earlier one. Raises BadRequestError."""
        began = raw[:end]
        if known is not None and known[0] == began:
            return cls(known[1], _began=began, _unread=bytearray(raw[end:]))
        _check_head(raw, end)
        plain = _plain_head(began)
        if plain is not None:
            return cls(plain, _began=began, _unread=bytearray(raw[end:]))
        import h11

        http = _new_connection()
        http.receive_data(raw)
        try:
            event = http.next_event()
        except h11.RemoteProtocolError as error:
            raise _refused(error) from error
        if not isinstance(event, h11.Request):
            raise BadRequestError("400 Bad Request", "Malformed request")
        return cls(_head(event), _began=b"", _unread=bytearray(), _connection=http)

    @property
    def known(self) -> KnownHead | None:
        """What spares reading its head if another request has the same, as most on one connection have; else None."""
        return (self._began, self.head) if 0 < len(self._began) <= _LONGEST_KNOWN else None

    @property
    def _http(self) -> h11.Connection:
        """What h11 knows of the request; of a plain one all that has happened so far."""
        if self._connection is None:
            self._connection = http = _new_connection()
            http.receive_data(self._began)
            http.next_event()
            for start in range(0, self.received, _PIECE):
                http.receive_data(bytes(min(_PIECE, self.received - start)))  # it counts them, and no more
                http.next_event()
            if self.is_whole:
                http.next_event()
            if self._unread:  # of nothing it would think that the client has ended
                http.receive_data(bytes(self._unread))
                self._unread.clear()
        return self._connection

    def feed(self, data: bytes) -> None:
        """Take more of what the client sent; nothing says that its connection has ended."""
        if self._connection is None:
            self._unread += data
        else:
            self._connection.receive_data(data)

    def read(self) -> bytes | None:
        """Return the next piece of the body; `None` when there is none yet, or no more. Raises BadRequestError."""
        if self.is_whole:
            return None
        if self._connection is None:
            return self._read_plain()
        import h11

        if self._at_chunk and self.head.is_chunked and _LONG_SIZE.match(self.rest):
            raise BadRequestError("400 Bad Request", "Malformed chunk size")
        try:
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise _refused(error) from error
        if isinstance(event, h11.Data):
            self._count(event)
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            _check_trailers(event)
            self.is_whole = True
        return None

    def _read_plain(self) -> bytes | None:
        piece = bytes(self._unread[: (self.head.length or 0) - self.received])
        del self._unread[: len(piece)]
        self.received += len(piece)
        self.is_whole = not piece and self.received == (self.head.length or 0)
        return piece or None

    def _count(self, event: h11.Data) -> None:
        self.received += len(event.data)
        self._at_chunk = event.chunk_end
        self._chunks += event.chunk_start
        if self._chunks > _CHUNKS + self.received // _SMALL_CHUNK:
            raise BadRequestError("400 Bad Request", "The chunks are too small")

    @property
    def rest(self) -> bytes:
        """What the client has sent and nobody has read: after a whole request, the next one."""
        return bytes(self._unread) if self._connection is None else self._connection.trailing_data[0]

    @property
    def awaits_100(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends its body."""
        return self._connection is not None and self._connection.they_are_waiting_for_100_continue

    @property
    def can_be_followed(self) -> bool:
        """Whether another request may come on the same connection, once this one is answered."""
        if self._connection is None:
            return self._is_answered and self.is_whole
        import h11

        return self._connection.our_state is h11.DONE and self._connection.their_state is h11.DONE

    def be_last(self) -> None:
        """Let the answer say that the connection is closed after it. Call this before `sent`."""
        self._is_last = True
        _ = self._http  # since h11 writes such an answer

    def go_on(self) -> bytes:
        """Return a `100 Continue`, which asks the client for its body."""
        import h11

        return self._http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")) or b""

    @property
    def can_be_read_on(self) -> bool:
        """Whether what is left of the body can still be read."""
        import h11

        return not self.is_whole and self._http.our_state is h11.DONE and self._http.their_state is h11.SEND_BODY

    @property
    def is_answered(self) -> bool:
        """Whether the head of an answer has been written."""
        return self._is_answered

    def sent(self, head: tuple[str, list[tuple[str, str]]] | None, data: bytes, *, ends: bool) -> bytes:
        """Return the next of an answer as it travels. Raises h11.LocalProtocolError, ValueError for what cannot be."""
        if head is not None and ends and self._connection is None and self.is_whole:
            plain = _plain_answer(self.head.method, *head, data)
            if plain is not None:
                self._is_answered = True
                return plain
        import h11

        out = b"" if head is None else self._started(*head)
        if data and not self._is_bodiless:
            out += self._written(h11.Data(data=data))
        if ends:
            out += self._written(h11.EndOfMessage())
        self._is_answered = True
        return out

    def _started(self, status: str, headers: list[tuple[str, str]]) -> bytes:
        import h11

        code, _, reason = status.partition(" ")
        self._is_bodiless = self.head.method == "HEAD" or code in ("204", "304")
        if self._is_last:
            headers = [*headers, ("Connection", "close")]
        return self._written(
            h11.Response(
                status_code=int(code),
                reason=reason.encode("latin-1"),
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            )
        )

    def _written(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""


def unread_head(began: bytes) -> Head:
    """Return what the first line of an unreadable request shows; its method and path are `-` where it shows none."""
    words = began.partition(b"\r\n")[0][:LARGEST_HEAD].decode("latin-1").split(" ")
    method, target = (words[0], words[1]) if len(words) > 1 and _METHOD.fullmatch(words[0]) else ("-", "-")
    path, _, query = target.partition("?")
    return Head(
        method=method,
        target=target,
        authority="",
        path=path,
        query=query,
        version="1.1",
        headers=(),
        length=None,
        is_chunked=False,
    )


def _new_connection() -> h11.Connection:
    import h11

    return h11.Connection(h11.SERVER, max_incomplete_event_size=2 * LARGEST_HEAD)


def _check_head(raw: bytes, end: int) -> None:
    if _HEAD.fullmatch(raw, 0, end) is None:
        raise BadRequestError("400 Bad Request", "Malformed request line or headers")
    if raw.count(b"\r\n", 0, end) - 2 > MOST_HEADERS:
        raise BadRequestError("431 Request Header Fields Too Large", f"More than {MOST_HEADERS} headers")
    if _LISTED_LENGTH.search(raw, 0, end):
        raise BadRequestError("400 Bad Request", "Malformed Content-Length")


def _check_trailers(event: h11.EndOfMessage) -> None:
    fields = list(event.headers)
    if len(fields) > MOST_HEADERS:
        raise BadRequestError("431 Request Header Fields Too Large", f"More than {MOST_HEADERS} trailers")
    if sum(len(name) + len(value) + 4 for name, value in fields) > LARGEST_HEAD:  # with colon, blank and line break
        raise BadRequestError(
            "431 Request Header Fields Too Large", f"The trailers have more than {LARGEST_HEAD} bytes"
        )


def _refused(error: h11.RemoteProtocolError) -> BadRequestError:
    status = "501 Not Implemented" if error.error_status_hint == 501 else "400 Bad Request"  # noqa: PLR2004 - h11 suggests it where a transfer coding is unknown
    return BadRequestError(status, str(error))


def _plain_head(raw: bytes) -> Head | None:
    """Read a head that is as it should be; `None` for one that only h11 can judge."""
    line, *lines = raw[:-4].decode("latin-1").split("\r\n")
    method, target, version = line.split(" ")
    fields = [(name.lower(), value.strip(" \t")) for name, _, value in (each.partition(":") for each in lines)]
    headers = dict(fields)
    is_plain = (
        version == "HTTP/1.1"
        and method != "CONNECT"
        and "host" in headers
        and len(fields) == len(headers)
        and _UNPLAIN.isdisjoint(headers)
        and headers.get("connection", "keep-alive").lower() == "keep-alive"
        and _PLAIN_LENGTH.fullmatch(headers.get("content-length", "0")) is not None
        and b"\f" not in raw
        and b"\v" not in raw
    )
    return _checked(method, target, version[5:], tuple(fields)) if is_plain else None


def _head(event: h11.Request) -> Head:
    fields = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers)
    return _checked(event.method.decode("ascii"), event.target.decode("ascii"), event.http_version.decode(), fields)


def _checked(method: str, target: str, version: str, headers: tuple[tuple[str, str], ...]) -> Head:
    names = {name for name, _ in headers}
    if names >= _FRAMING:
        raise BadRequestError("400 Bad Request", "Content-Length and Transfer-Encoding exclude each other")
    if any("_" in name and name.replace("_", "-") in _FRAMING for name in names):  # in a WSGI environ they are one
        raise BadRequestError("400 Bad Request", "Malformed header name")
    authority, path, query = ("", "", "") if method == "CONNECT" else _split(target)
    length = next((int(value) for name, value in headers if name == "content-length"), None)
    return Head(
        method=method,
        target=target,
        authority=authority,
        path=path,
        query=query,
        version=version,
        headers=headers,
        length=length,
        is_chunked="transfer-encoding" in names,
    )


def _plain_answer(method: str, status: str, headers: list[tuple[str, str]], data: bytes) -> bytes | None:
    """Write an answer that has all it needs; `None` for one to which only h11 knows what to add, or to object."""
    framing = [(name.lower(), value) for name, value in headers if name.lower() in _ANSWERS_FRAMING]
    if method == "HEAD" or framing != [("content-length", str(len(data)))]:
        return None
    head = "\r\n".join([f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""])
    written = head.encode("latin-1")
    is_one_line_each = head.count("\n") == len(headers) + 2  # no value has a line break
    return written + data if is_one_line_each and _PLAIN_ANSWER.fullmatch(written) else None


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
