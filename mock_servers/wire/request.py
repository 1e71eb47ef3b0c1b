"""A frozen view of an HTTP request, and the type of an answer, for every service. HTTP itself is elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlsplit


class Parameters:
    """Form or query parameters in their order. The first of a repeated one counts; an empty one is absent (I)."""

    __slots__ = ("_first", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)
        self._first = dict(reversed(self.pairs))

    def get(self, name: str) -> str | None:
        """Return the first value of `name`; `None` if it is absent or empty."""
        return self._first.get(name) or None

    def __contains__(self, name: object) -> bool:
        return bool(self._first.get(name)) if isinstance(name, str) else False

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def lacking(self, name: str) -> str | None:
        """Name a parameter if it is missing: `no code`, or `an empty code` for one without a value."""
        if name in self:
            return None
        return f"an empty {name}" if name in self._first else f"no {name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the client made it.

    `base` is the beginning of every URL of the mock: scheme and host as the client wrote them, and any prefix. `target`
    is the raw path and query string below it, `path` the part of it below the service; header names are in lower case.
    `oversized`: the body was larger than what is read. `stream` reads up to that many bytes of a body that was not
    read, to pass it on.
    """

    method: str
    base: str
    target: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Parameters = field(default_factory=Parameters)
    form: Parameters = field(default_factory=Parameters)
    body: bytes = b""
    stream: Callable[[int], bytes] | None = None
    oversized: bool = False

    @property
    def prefix(self) -> str:
        """The path of the base, with which every link begins; empty at the root."""
        return urlsplit(self.base).path

    @property
    def url(self) -> str:
        """The exact URL that was requested: scheme, host, path and query string."""
        return f"{self.base}{self.target}"

    @property
    def basic(self) -> tuple[str, str] | None:
        """Client id and secret of a Basic header; two empty texts if it cannot be read, `None` without one.

        Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
        """
        scheme, _, sent = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, secret = base64.b64decode(sent.strip(), validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return unquote_plus(user), unquote_plus(secret)

    @property
    def content_type(self) -> str:
        """The whole `Content-Type` header; empty without one."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer. A mapping becomes JSON with its members in their order; text is sent as it is.

    An answer that is passed on has `pieces` instead of a body, and `pairs` instead of headers: they may repeat.
    """

    status: int
    body: Mapping[str, Any] | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    pieces: Iterator[bytes] | None = None
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The result of an exchange: the name of its flow, whether a rule refused it, and status and body as sent."""

    flow: str
    refused: bool
    status: int
    body: str
