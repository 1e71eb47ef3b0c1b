"""Plain requests and answers are read and written without h11: to the byte as h11 does, and everything else by h11."""

from __future__ import annotations

from typing import Any, Final

import h11
import pytest

from mock_servers.http import framing
from mock_servers.http.framing import BadRequestError, Head, KnownHead, Message

BODY: Final = b"a=1&b=2"
HEAD: Final = "POST /oauth2/token?x=%20 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 7\r\n{}\r\n"
REQUESTS: Final = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nhost:\t a \r\nX-Empty:\r\nX-Two: a  b\r\nX-\xc4: \xe4\r\n\r\n",
    "GET http://b/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET // HTTP/1.1\r\nHost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    HEAD.format(""),
    HEAD.format("Connection: keep-alive\r\n"),
    HEAD.format("Connection: close\r\n"),
    HEAD.format("Connection: Upgrade\r\nUpgrade: h2c\r\n"),
    HEAD.format("Expect: 100-continue\r\n"),
    HEAD.format("Transfer-Encoding: chunked\r\n"),
    HEAD.format("Transfer-Encoding: gzip\r\n"),
    HEAD.format("Content-Length: 7\r\n"),
    HEAD.format("Content-Length: 8\r\n"),
    HEAD.format("Content_Length: 7\r\n"),
    HEAD.format("X: a\x0bb\r\n"),
    HEAD.format("X: a\x0cb\r\n"),
    HEAD.format("X: a\x01b\r\n"),
    HEAD.format("X: \x85\xa0\r\n"),
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +7\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000007\r\n\r\n",
    f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {'0' * 30}7\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
]
ANSWERS: Final[list[tuple[str, list[tuple[str, str]], bytes]]] = [
    ("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")], b"ok"),
    ("200 OK", [("content-length", "2"), ("X-\xe4", "y")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("X", "\xe4")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("Host", "a")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("Connection", "close")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("X", "a\r\nSet-Cookie: b")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("X", " a")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("X", "")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("X", "€")], b"ok"),
    ("200 OK", [("Content-Length", "3")], b"ok"),
    ("200 OK", [("Content-Length", "1")], b"ok"),
    ("200 OK", [("Content-Length", "2"), ("Content-Length", "2")], b"ok"),
    ("200 OK", [("Content-Type", "text/plain")], b"ok"),
    ("200 OK", [("Transfer-Encoding", "chunked")], b"ok"),
    ("204 No Content", [("Content-Length", "0")], b""),
    ("304 Not Modified", [("Content-Length", "2")], b"ok"),
    ("404", [("Content-Length", "0")], b""),
    ("404 Nö", [("Content-Length", "0")], b""),
    ("404 No\r\nX: y", [("Content-Length", "0")], b""),
    ("99 Odd", [("Content-Length", "0")], b""),
]


def whole(request: str, known: KnownHead | None = None) -> tuple[Head, bytes, Message] | str:
    """Read a request and its body, which comes in two pieces with something behind it; or say why it is none."""
    raw = request.encode("latin-1")
    try:
        message = Message.from_head(raw + BODY[:3], len(raw), known)
        body = message.read() or b""
        message.feed(BODY[3:] + b"GET")
        while (piece := message.read()) is not None:
            body += piece
    except BadRequestError as error:
        return f"{error.status} {error}"
    return message.head, body, message


def state(message: Message) -> tuple[Any, ...]:
    """Return all members of a message."""
    reported = (message.received, message.is_whole, message.rest, message.awaits_100, message.can_be_followed)
    return (*reported, message.can_be_read_on, message.is_answered)


def read_parts(read: tuple[Head, bytes, Message] | str) -> tuple[Any, ...] | str:
    """Return what can be compared of a request that was read, or of why none was."""
    return read if isinstance(read, str) else (read[0], read[1], state(read[2]))


def sent(message: Message, answer: tuple[str, list[tuple[str, str]], bytes]) -> bytes | str:
    """Write an answer, or say of what kind the objection is."""
    status, headers, body = answer
    try:
        return message.sent((status, headers), body, ends=True)
    except Exception as error:  # noqa: BLE001 - which one is compared
        return type(error).__name__


@pytest.fixture
def only_h11(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let h11 read and write everything."""
    monkeypatch.setattr(framing, "_plain_head", lambda _: None)
    return monkeypatch


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_is_read_as_h11_reads_it(request_: str, only_h11: pytest.MonkeyPatch) -> None:
    expected = whole(request_)
    only_h11.undo()

    actual = whole(request_)

    assert read_parts(actual) == read_parts(expected)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("request_", [REQUESTS[0], REQUESTS[5], HEAD.format(""), HEAD.format("Connection: close\r\n")])
def test_an_answer_is_written_as_h11_writes_it(
    request_: str, answer: tuple[str, list[tuple[str, str]], bytes], only_h11: pytest.MonkeyPatch
) -> None:
    by_h11 = whole(request_)
    assert not isinstance(by_h11, str)
    expected = (sent(by_h11[2], answer), state(by_h11[2]))
    only_h11.undo()
    plain = whole(request_)
    assert not isinstance(plain, str)

    actual = (sent(plain[2], answer), state(plain[2]))

    assert actual == expected


def test_an_answer_before_the_body_is_whole_leaves_the_rest_to_be_read(only_h11: pytest.MonkeyPatch) -> None:
    def answered() -> tuple[Any, ...]:
        raw = HEAD.format("").encode()
        message = Message.from_head(raw + BODY[:3], len(raw))
        message.read()
        written = message.sent(ANSWERS[0][:2], ANSWERS[0][2], ends=True)
        message.feed(BODY[3:])
        return written, state(message), message.read(), message.read(), state(message)

    expected = answered()
    only_h11.undo()

    assert answered() == expected


def test_a_plain_request_and_answer_need_no_h11(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(h11, "Connection")

    read = whole(HEAD.format("Connection: keep-alive\r\n"))

    assert not isinstance(read, str)
    assert sent(read[2], ANSWERS[0]) == b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("before", REQUESTS)
def test_a_request_is_read_alike_after_any_other(before: str) -> None:
    first = whole(before)
    known = None if isinstance(first, str) else first[2].known

    for request in REQUESTS:
        assert read_parts(whole(request, known)) == read_parts(whole(request))


def test_the_same_head_is_read_once() -> None:
    first, long = whole(HEAD.format("")), whole(HEAD.format(f"X: {'x' * 5000}\r\n"))
    assert not isinstance(first, str)
    assert not isinstance(long, str)

    again = whole(HEAD.format(""), first[2].known)

    assert not isinstance(again, str)
    assert again[0] is first[0]
    assert long[2].known is None
