"""Reads HTTP/1.1 that passes by, and never touches it: others send and receive it.

It takes what both sides may take. Where it loses the thread it stops listening, and says why; the bytes go on.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mock_servers.http.framing import LARGEST_HEAD

LARGEST_KEPT: Final = 1 << 18
"""Bytes of a body that are kept; more of it passes by unread."""
READ_DELAY: Final = 0.01
"""Seconds for which bytes are only passed on, before they are read."""
_MOST_UNREAD: Final = 1 << 16
"""Bytes that wait to be read while others pass by."""
_BLANK: Final = re.compile(rb"\n\r?\n")
_REQUEST: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_ANSWER: Final = re.compile(r"HTTP/1\.[01] (\d{3})(?: .*)?")
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_FOLD: Final = re.compile(r"\n[ \t]+")
_LONGEST_LINE: Final = 4096
_SWITCHING: Final = 101
_FIRST_FINAL: Final = 200
_BODILESS: Final = (204, 304)

Pairs = tuple[tuple[str, str], ...]


class NotHttpError(ValueError):
    """What passes by is not HTTP/1.1, or is none any more; the message says what was seen."""


@dataclass(slots=True)
class Message:
    """A request or an answer: its first line, its headers as they were written, and its body without the framing.

    `is_whole`: the body has ended, and all of it is here.
    """

    first: str
    headers: Pairs
    body: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    began_at: float = 0.0
    _first: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._first = {name.lower(): value for name, value in reversed(self.headers)}

    def header(self, name: str) -> str:
        """Return the first header of a name in lower case; empty when there is none."""
        return self._first.get(name, "")

    def values(self, name: str) -> set[str]:
        """Return all values that the headers of a name in lower case have."""
        return {value for each, value in self.headers if each.lower() == name} if name in self._first else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedExchange:
    """One exchange with a host: what was asked, and what was answered; `None` when nothing was.

    `ended_at` is when the last byte of the answer passed by, in seconds since 1970.
    """

    host: str
    asked: Message
    answer: Message | None
    ended_at: float

    @property
    def method(self) -> str:
        """The method."""
        return self.asked.first.partition(" ")[0]

    @property
    def target(self) -> str:
        """The target, as it was written."""
        return self.asked.first.split(" ")[1]

    @property
    def status(self) -> int:
        """The status; 0 without an answer."""
        return _status(self.answer) if self.answer is not None else 0


class HttpObserver:
    """Listens to one connection; each exchange is reported when its answer has passed by, or will not come.

    What is said is kept until `catch_up` reads it: the thread that passes bytes on must not wait for that.
    """

    def __init__(
        self,
        host: str,
        tell: Callable[[ObservedExchange], None],
        lost: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._host = host
        self._tell = tell
        self._lost = lost
        self._clock = clock
        self._unheard: list[tuple[_Reader, bytes, float]] = []
        self._unheard_bytes = 0
        self._moment = 0.0
        self._waiting: deque[Message] = deque()
        self._requests = _Reader(self._begin_request, self._ignore)
        self._answers = _Reader(self._begin_answer, self._finish_answer)
        self.is_listening = True

    def asked(self, data: bytes) -> None:
        """Take what the client said."""
        self._keep(self._requests, data)

    def answered(self, data: bytes) -> None:
        """Take what the host said."""
        self._keep(self._answers, data)

    def catch_up(self) -> None:
        """Read what was said."""
        unheard, self._unheard, self._unheard_bytes = self._unheard, [], 0
        for reader, data, self._moment in unheard:
            self._listen(reader, data)

    def ended(self) -> None:
        """Know that the host will say nothing more."""
        self.catch_up()
        if not self.is_listening:
            return
        self.is_listening = False
        self._moment = self._clock()
        self._answers.end()
        for left in self._waiting:
            self._say(left, None)

    def _keep(self, reader: _Reader, data: bytes) -> None:
        if not self.is_listening:
            return
        self._unheard.append((reader, data, self._clock()))
        self._unheard_bytes += len(data)
        if self._unheard_bytes > _MOST_UNREAD:
            self.catch_up()

    def _listen(self, reader: _Reader, data: bytes) -> None:
        if not self.is_listening:
            return
        try:
            reader.feed(data)
        except NotHttpError as reason:
            self.is_listening = False
            self._lost(str(reason))

    def _begin_request(self, message: Message) -> _Body:
        found = _REQUEST.fullmatch(message.first)
        if found is None:
            raise NotHttpError("a request is no HTTP/1.1")
        message.began_at = self._moment
        self._waiting.append(message)
        coding = message.header("transfer-encoding").lower()
        if coding and coding != "chunked":
            raise NotHttpError("a request has an unknown Transfer-Encoding")
        return _Body(is_chunked=bool(coding), left=_length(message) or 0)

    def _begin_answer(self, message: Message) -> _Body:
        if _ANSWER.fullmatch(message.first) is None:
            raise NotHttpError("an answer is no HTTP/1.1")
        if not self._waiting:
            raise NotHttpError("an answer came without a request")
        status, message.began_at = _status(message), self._moment
        if status == _SWITCHING or (self._method == "CONNECT" and status // 100 == 2):  # noqa: PLR2004 - success
            raise NotHttpError("the connection goes on in another protocol")
        if status < _FIRST_FINAL or status in _BODILESS or self._method == "HEAD":
            return _Body()
        if message.header("transfer-encoding").lower().endswith("chunked"):
            return _Body(is_chunked=True)
        length = None if message.header("transfer-encoding") else _length(message)
        return _Body(left=length or 0, until_end=length is None)

    @property
    def _method(self) -> str:
        return self._waiting[0].first.partition(" ")[0]

    def _finish_answer(self, message: Message) -> None:
        if _status(message) >= _FIRST_FINAL:
            self._say(self._waiting.popleft(), message)

    def _say(self, asked: Message, answer: Message | None) -> None:
        self._tell(ObservedExchange(host=self._host, asked=asked, answer=answer, ended_at=self._moment))

    def _ignore(self, _: Message) -> None:
        """Do nothing at the end of a request: its answer reports it."""


@dataclass(slots=True)
class _Body:
    """How a body ends: after so many bytes, with its last chunk, or with the connection."""

    left: int = 0
    is_chunked: bool = False
    until_end: bool = False


class _Reader:
    """Takes one direction apart: `begin` is given each head and says how its body ends, `finish` the whole message."""

    def __init__(self, begin: Callable[[Message], _Body], finish: Callable[[Message], None]) -> None:
        self._begin = begin
        self._finish = finish
        self._buffer = bytearray()
        self._message: Message | None = None
        self._body = _Body()
        self._in_trailers = False

    def feed(self, data: bytes) -> None:
        """Take more. Raises LostError."""
        self._buffer += data
        while self._buffer and self._went_on():
            pass

    def end(self) -> None:
        """Take it that nothing more will come: what ends with the connection is whole now."""
        if self._message is not None:
            self._conclude(is_whole=self._body.until_end)

    def _went_on(self) -> bool:
        """Take the next part off the buffer; whether it was there."""
        if self._message is None:
            return self._take_head()
        if self._body.left or self._body.until_end:
            return self._take_bytes(self._message)
        return self._take_line(self._message)

    def _take_head(self) -> bool:
        while self._buffer.startswith((b"\r", b"\n")):  # which old clients send after a body
            del self._buffer[:1]
        end = _BLANK.search(self._buffer)
        if end is None or end.end() > LARGEST_HEAD:
            _check(len(self._buffer), LARGEST_HEAD)
            return False
        first, *lines = _lines(self._buffer[: end.start()])
        del self._buffer[: end.end()]
        message = Message(first, tuple([_header(line) for line in lines]))
        self._body = self._begin(message)
        self._message = message
        if not (self._body.left or self._body.is_chunked or self._body.until_end):
            self._conclude()
        return True

    def _take_bytes(self, message: Message) -> bool:
        body = self._body
        size = len(self._buffer) if body.until_end else min(body.left, len(self._buffer))
        room = LARGEST_KEPT + 1 - len(message.body)
        message.body += self._buffer[: min(size, room)]
        del self._buffer[:size]
        if body.until_end:
            return True
        body.left -= size
        if not body.left and not body.is_chunked:
            self._conclude()
        return True

    def _take_line(self, message: Message) -> bool:
        """Take a line between chunks: the end of one, the size of the next, a trailer."""
        line, newline, _ = self._buffer[: _LONGEST_LINE + 1].partition(b"\n")
        if not newline:
            _check(len(line), _LONGEST_LINE)
            return False
        del self._buffer[: len(line) + 1]
        text = bytes(line).rstrip(b"\r")
        if self._in_trailers:
            if not text:
                self._conclude()
            return True
        if not text and message.body:  # the end of the chunk before
            return True
        found = _SIZE.fullmatch(text)
        if found is None:
            raise NotHttpError("a chunk has no size")
        self._body.left = int(found[1], 16)
        self._in_trailers = not self._body.left
        return True

    def _conclude(self, *, is_whole: bool = True) -> None:
        message, self._message, self._in_trailers = self._message, None, False
        if message is not None:
            message.is_whole = is_whole and len(message.body) <= LARGEST_KEPT
            self._finish(message)


def _lines(head: bytearray) -> list[str]:
    """Return the lines of a head; a line that goes on belongs to the one before."""
    text = head.removesuffix(b"\r").decode("latin-1").replace("\r\n", "\n")
    return (_FOLD.sub(" ", text) if "\n " in text or "\n\t" in text else text).split("\n")


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name:
        raise NotHttpError("a header has no colon")
    return name, value.strip(" \t")


def _length(message: Message) -> int | None:
    found = message.values("content-length")
    if not found:
        return None
    length = found.pop()
    if found or not re.fullmatch(r"[0-9]{1,15}", length):
        raise NotHttpError("Content-Length is no single number")
    return int(length)


def _status(answer: Message) -> int:
    return int(answer.first.split(" ")[1])


def _check(length: int, most: int) -> None:
    if length > most:
        raise NotHttpError(f"there is no end of a line or head within {most} bytes")
