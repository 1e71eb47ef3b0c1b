"""A world that is known in part: tables that refuse to answer, and a request with parts that are not known.

Where a table of the mock would say "none", these raise UnknownError: nothing here is ever taken for nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from mock_servers.jose.keys import KeyRing
from mock_servers.platform.platform import Platform
from mock_servers.reading.captured import Captured
from mock_servers.rules import UnknownError
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from mock_servers.state.memory import MemoryTable
from mock_servers.state.store import KINDS, Store, in_memory
from mock_servers.wire.request import Parameters, Request

_KNOWN_EMPTY: Final = ("jwks", "issued", "faults")
"""Tables that are empty indeed: what was fetched, what this process has issued, what was ordered to fail."""
_WORDS: Final = {
    "apps": "which apps are registered",
    "jtis": "which jtis were sent before",
    "quotas": "how many requests there were in this minute",
    "access_tokens": "which access tokens were issued",
    "refresh_tokens": "which refresh tokens were issued",
    "codes": "which codes were issued",
    "platform_codes": "which codes were issued",
    "pending": "which log-ins are under way",
    "apis": "which APIs there are",
}
_REST: Final = "what the service remembers"


KEY_SET: Final = "https://key-set.invalid/"
"""Where an app's key set is taken to be; nobody calls it."""


def clock_at(now: float) -> Clock:
    """Return a clock that stands at `now`, in seconds since 1970."""
    clock = Clock()
    clock.set(now, frozen=True)
    return clock


def platform_at(now: float) -> Platform:
    """Return a platform without any app or person, whose clock stands at `now`, in seconds since 1970."""
    return Platform(Configuration(apps=(), users=()), clock=clock_at(now), ring=KeyRing())


@functools.cache
def any_platform() -> Platform:
    """Return one that all judging shares: of its services each judgement takes a copy with its own clock and store."""
    return platform_at(0)


class _UnknownTable(MemoryTable[Any]):
    """A table whose rows are unknown."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownError(self._words)

    get = values = items = newest = find = entries = size = derived = add = put = swap = count = take = clear = _refuse  # type: ignore[assignment] # none returns


@functools.cache
def _unknown_tables() -> Mapping[str, Any]:
    return {name: _UnknownTable(_WORDS.get(name, _REST)) for name in KINDS if name not in _KNOWN_EMPTY}


def open_store() -> Store:
    """Return the store of a service of which nothing is known."""
    return replace(in_memory(), **_unknown_tables())


class _OpenParameters(Parameters):
    """Parameters of which some are not known; where a name may be missing because a part is not known, none is."""

    __slots__ = ("_why",)

    def __init__(self, pairs: Iterable[tuple[str, str]], why: Callable[[str], str | None]) -> None:
        super().__init__(pairs)
        self._why = why

    def get(self, name: str) -> str | None:
        value = super().get(name)
        why = self._why(value) if value is not None else next(filter(None, map(self._why, self)), None)
        if why is not None:
            raise UnknownError(why)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (super().__contains__(name) or self.get(name) is not None)


class _OpenHeaders(dict[str, str]):
    """Headers of which some are not known."""

    def __init__(self, headers: Mapping[str, str], why: Callable[[str], str | None]) -> None:
        super().__init__(headers)
        self._why = why

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        why = self._why(value)
        if why is not None:
            raise UnknownError(why)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def request_of(captured: Captured, prefix: str) -> Request:
    """Return a captured request as the service below `prefix` gets it; what is a gap cannot be read."""

    def why(text: str) -> str | None:
        gap = captured.gap_in(text)
        return gap.words if gap is not None else None

    parts = urlsplit(captured.url)
    headers = {name.lower(): value for name, value in reversed(captured.headers)}
    is_form = "application/x-www-form-urlencoded" in headers.get("content-type", "")
    query, form = _pairs(parts.query), _pairs(captured.body.decode(errors="replace")) if is_form else []
    return Request(
        method=captured.method,
        base=f"{parts.scheme}://{headers.get('host') or parts.netloc.rpartition('@')[2]}",
        target=f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
        path=unquote(parts.path)[len(prefix) :] or "/",
        headers=_OpenHeaders(headers, why) if captured.gaps else headers,
        query=_OpenParameters(query, why) if captured.gaps else Parameters(query),
        form=_OpenParameters(form, why) if captured.gaps else Parameters(form),
        body=captured.body,
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)
