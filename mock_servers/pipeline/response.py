"""An answer on its way out, as WSGI wants it: the headers that follow from its body, and what is left to do at its end.

Flask's response takes as long to make as half of the rules take to judge: it is made of this where a hook asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_OF_A_BODY: Final = frozenset(
    (
        *("allow", "content-encoding", "content-language", "content-length", "content-md5", "content-range"),
        *("content-type", "last-modified"),
    )
)
"""Headers that an answer without change (304) leaves out."""


class Outgoing:
    """`status` is the code and its phrase; headers go out in their order. `pieces` may have a `close` of their own."""

    __slots__ = ("_at_end", "headers", "pieces", "status")

    def __init__(self, status: str, headers: Iterable[tuple[str, str]], pieces: Iterable[bytes]) -> None:
        self.status = status
        self.headers = list(headers)
        self.pieces = pieces
        self._at_end: list[Callable[[], object]] = []

    def has(self, name: str) -> bool:
        """Whether a header is there, its name in any case."""
        return any(own.lower() == name.lower() for own, _ in self.headers)

    def put(self, name: str, value: str) -> None:
        """Set a header in its place, or behind the others."""
        for number, (own, _) in enumerate(self.headers):
            if own.lower() == name.lower():
                self.headers[number] = (own, value)
                return
        self.headers.append((name, value))

    def replace(self, pieces: Iterable[bytes]) -> None:
        """Send other pieces; those that there were are closed at the end all the same."""
        self.at_end(getattr(self.pieces, "close", lambda: None))
        self.pieces = pieces

    def at_end(self, call: Callable[[], object]) -> None:
        """Do something once the answer has left."""
        self._at_end.append(call)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        code, headers = int(self.status.partition(" ")[0]), self.headers
        if code == HTTPStatus.NOT_MODIFIED:
            headers = [(name, value) for name, value in headers if name.lower() not in _OF_A_BODY]
        has_none = code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED) or code // 100 == 1
        if has_none:
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        if has_none or environ["REQUEST_METHOD"] == "HEAD":
            self.replace(())
        start_response(self.status, headers)
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        """Do what is to be done at the end."""
        getattr(self.pieces, "close", lambda: None)()
        for call in self._at_end:
            call()


def whole(status: str, headers: Iterable[tuple[str, str]], body: bytes, content_type: str) -> Outgoing:
    """Return an answer that is known whole."""
    made = Outgoing(status, headers, [body])
    made.put("Content-Type", content_type)
    made.put("Content-Length", str(len(body)))
    return made
