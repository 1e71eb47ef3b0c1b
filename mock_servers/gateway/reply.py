"""The answer of a team's own API, or why there is none; `upstream` sends the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mock_servers.state.configuration import Api
from mock_servers.wire.request import Request

Headers = tuple[tuple[str, str], ...]

Waiting = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Reports for the length of a block that a request waits for an API, and how to end that."""


class Pieces(Protocol):
    """The pieces of an answer as they come. Close it even if no piece was read."""

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None:
        """Close the connection; no piece can be read any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An API's answer: headers that may repeat, and the pieces of its body as they come."""

    status: int
    headers: Headers
    pieces: Pieces


Send = Callable[[Api, Request], Reply]
"""Passes a request on to an API. Raises UpstreamError."""


class UpstreamError(Exception):
    """The API gave no answer. The message says what the attempt met."""


class UnreachableUpstreamError(UpstreamError):
    """No connection to the API was possible."""


class SlowUpstreamError(UpstreamError):
    """The API did not start to answer in time."""


class BrokenUpstreamError(UpstreamError):
    """The API closed the connection without an answer, or with one that is not HTTP."""
