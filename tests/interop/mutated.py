"""Requests that were right until something in them was changed: what two parsers of HTTP may read in two ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from mock_servers.http.framing import BadRequestError, Message

_HEADS = (
    b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"POST /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
    b"HEAD /e?q=%20 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nX-List: 1\r\nX-List: 2\r\n\r\n",
    b"PUT http://a/f HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
)
_NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
_BYTES = b"\r\n\t \0\x0b\x0c:;,\"'+-_0159aAxfGZ\x7f\x80\xff/?#%*"
_LINES = (
    b"Content-Length: 5",
    b"Content-Length: 3",
    b"Content-Length: +5",
    b"Content-Length: 5, 5",
    b"Content-Length : 5",
    b"Content_Length: 3",
    b"Content-Length: 0x5",
    b"Content-Length:",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\tchunked",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked;q=1",
    b"Transfer_Encoding: chunked",
    b"Host: b",
    b"Host:",
    b" folded: yes",
    b"X: y\n",
    b"Connection: close",
    b"Connection: Upgrade\r\nUpgrade: websocket",
    b"NoColon",
    b": empty",
)


def _insert(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) + 1)
    return raw[:at] + bytes([random.choice(_BYTES)]) + raw[at:]


def _remove(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw))
    return raw[:at] + raw[at + 1 :]


def _replace(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw))
    return raw[:at] + bytes([random.choice(_BYTES)]) + raw[at + 1 :]


def _line(raw: bytes, random: Random) -> bytes:
    line, _, rest = raw.partition(b"\r\n")
    return line + b"\r\n" + random.choice(_LINES) + b"\r\n" + rest


def _double(raw: bytes, random: Random) -> bytes:
    at, length = random.randrange(len(raw)), random.randrange(1, 9)
    return raw[:at] + raw[at : at + length] + raw[at:]


def _swap(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) - 1)
    return raw[:at] + raw[at + 1 : at + 2] + raw[at : at + 1] + raw[at + 2 :]


_MUTATIONS: Sequence[Callable[[bytes, Random], bytes]] = (_insert, _remove, _replace, _line, _line, _double, _swap)


def mutated(number: int, seed: int) -> list[bytes]:
    """Return so many requests, each changed once to three times and followed by a good one; the same for a seed."""
    random = Random(seed)
    found = []
    for _ in range(number):
        raw = random.choice(_HEADS)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            raw = random.choice(_MUTATIONS)(raw, random)
        found.append(raw + _NEXT)
    return found


Framed = tuple[list[list[str]], str]
"""The whole requests (method, target, body), and why there are no more: a refusal's words, or nothing."""


def framed(raw: bytes) -> Framed:
    """Return how our own server frames what comes on one connection."""
    messages: list[list[str]] = []
    while raw := raw.removeprefix(b"\r\n"):
        end = raw.find(b"\r\n\r\n") + 4
        if end < 4:
            break
        try:
            message = Message.from_head(raw, end)
            body = b"".join(iter(message.read, None))
        except BadRequestError as error:
            return messages, str(error)
        if not message.is_whole:
            break
        messages.append([message.head.method, message.head.target, body.decode("latin-1")])
        message.sent(("200 OK", [("Content-Length", "0")]), b"", ends=True)
        if not message.can_be_followed:
            break
        raw = message.rest
    return messages, ""


class Kind(NamedTuple):
    """A difference that is meant: which of the two refuses what the other takes, by what it says, and why."""

    name: str
    refused_by: str
    says: tuple[str, ...]
    shows: bytes
    """What the request holds then, in lower case."""
    reason: str


KINDS: Final = (
    Kind("no host, or two", "ours", ("Missing mandatory Host", "Found multiple Host"), b"", "RFC 9112, 3.2: 400"),
    Kind(
        "an underscore in a framing header",
        "ours",
        ("Malformed header name",),
        b"_",
        "in a WSGI environ Content_Length is Content-Length: two layers would read two lengths",
    ),
    Kind(
        "a transfer coding but chunked",
        "ours",
        ("Only Transfer-Encoding: chunked", "multiple Transfer-Encoding"),
        b"transfer-encoding",
        "RFC 9112, 6.1: what is not understood is 501; llhttp leaves it to who uses it",
    ),
    Kind(
        "a request line or header that is malformed",
        "ours",
        ("Malformed request line or headers",),
        b"",
        "RFC 9112, 3 and 5: llhttp knows no version in the line, and bytes below a blank in a value",
    ),
    Kind("a target of no form", "ours", ("The target is", "Malformed target"), b"", "RFC 9112, 3.2 has four forms"),
    Kind(
        "another method", "theirs", ("HPE_INVALID_METHOD",), b"", "any token is one (RFC 9110, 9.1); llhttp has a list"
    ),
    Kind(
        "a length said twice alike",
        "theirs",
        ("HPE_UNEXPECTED_CONTENT_LENGTH",),
        b"content-length",
        "RFC 9110, 8.6 lets a server take it",
    ),
    Kind(
        "a delete character in a header",
        "theirs",
        ("HPE_INVALID_HEADER_TOKEN",),
        b"\x7f",
        "h11 takes it in a value; it ends nothing",
    ),
    Kind(
        "how lines end in trailers and chunk extensions",
        "theirs",
        ("HPE_INVALID_HEADER_TOKEN", "HPE_STRICT", "HPE_CR_EXPECTED", "HPE_INVALID_CHUNK_SIZE", "HPE_LF_EXPECTED"),
        b"transfer-encoding",
        "h11 takes a line feed alone there (RFC 9112, 2.2), and reads nothing of either",
    ),
    Kind("a mark in a target", "theirs", ("HPE_INVALID_URL",), b"", "it is passed on as sent, and answered by 404"),
)
UPGRADE: Final = "after an upgrade llhttp reads no HTTP; our server upgrades nothing, and reads on"
OLD: Final = "HTTP/1.0 keeps no connection here, even if it asks for that"


def kind_of(raw: bytes, ours: Framed, theirs: Framed) -> str | None:
    """Return what kind of difference there is; empty for none, `None` for one that no rule describes."""
    (our, our_words), (their, their_words) = ours, theirs
    if our == their and bool(our_words) == bool(their_words):
        return ""
    common = min(len(our), len(their))
    if our[:common] != their[:common]:
        return None
    lower = raw.lower()
    if b"upgrade:" in lower and not their_words and len(their) <= len(our):
        return UPGRADE
    if len(our) < len(their) or (len(our) == len(their) and our_words):
        side, words = "ours", our_words
    else:
        side, words = "theirs", their_words
    if words:
        return next(
            (k.name for k in KINDS if k.refused_by == side and k.shows in lower and words.startswith(k.says)), None
        )
    return OLD if side == "ours" and b" http/1.0\r\n" in lower else None
