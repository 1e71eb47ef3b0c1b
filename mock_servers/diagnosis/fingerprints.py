"""Recognises the client library of a request by its traits. A hint, never proof.

An ambiguous request has at most three libraries, a more ambiguous one none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mock_servers.diagnosis.client_traits import Traits
from mock_servers.diagnosis.libraries import AGENTS, HTTP_CLIENTS, LIBRARIES, UUID, Library

_MOST: Final = 3
_ENOUGH: Final = 2
"""Points below which a library is not named: the order of two header members is one point, and proves nothing."""
_NEAR: Final = 2
"""Seconds by which a lifetime may differ from the default: signing takes time, and clocks are read twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """The libraries that a request looks like, and the change of code in their words."""

    libraries: tuple[str, ...]
    change: str

    def __str__(self) -> str:
        return f"This looks like {_listed(self.libraries)}: {self.change}"


def recognise(seen: Traits) -> tuple[Library, ...]:
    """Return the libraries that a request looks like: one, a few similar ones, or none."""
    scored = [(_points(library, seen), library) for library in LIBRARIES]
    best = max(points for points, _ in scored)
    alike = [library for points, library in scored if points == best]
    return tuple(alike) if best >= _ENOUGH and len(alike) <= _MOST else ()


def hint(seen: Traits, mistake: str) -> Hint | None:
    """Return the change that cures a mistake, in the words of the library that a request looks like.

    `mistake` is the id of a finding; `None` if no library is recognised, or it has no change for this mistake.
    """
    makers = [library for library in recognise(seen) if mistake in library.changes]
    carriers = [
        client for client in HTTP_CLIENTS if mistake in client.changes and _matches(client.user_agent, seen.user_agent)
    ]
    speakers = makers or carriers
    if not speakers:
        return None
    names = tuple(library.name for library in speakers)
    return Hint(libraries=names, change=_change(speakers, mistake))


def _change(speakers: Sequence[Library], mistake: str) -> str:
    said = list(dict.fromkeys(library.changes[mistake] for library in speakers))
    if len(said) == 1:
        return said[0]
    return "; ".join(f"{library.name}: {library.changes[mistake]}" for library in speakers)


def _points(library: Library, seen: Traits) -> int:
    """Return the points in favour of a library; zero as soon as one trait contradicts it."""
    if any(fits is False for fits in _excluding(library, seen)):
        return 0
    evidence = (
        (8, library.sku, _matches(library.sku, seen.sku)),
        (8, library.client_info, seen.client_info),
        (6, library.user_agent, _matches(library.user_agent, seen.user_agent)),
        (3, library.jti != UUID and library.jti, _matches(library.jti, seen.jti)),
        (2, library.claims, _matches(library.claims, seen.claims)),
        (2, library.kid, _matches(library.kid, seen.kid)),
        (2, library.fraction, seen.fraction),
        (2, library.audience == "list", seen.audience == "list"),
        (1, library.header, _matches(library.header, seen.header)),
        (1, library.content_type, _matches(library.content_type, seen.content_type)),
        (1, library.language, _language(seen.user_agent) == library.language),
        (1, library.basic, seen.basic),
    )
    return sum(points for points, known, fits in evidence if known and fits) + _of_lifetime(library, seen)


def _of_lifetime(library: Library, seen: Traits) -> int:
    """A default that was kept speaks for a library, and one that was not against it: few change it."""
    if library.lifetime is None or seen.lifetime is None:
        return 0
    return 1 if abs(seen.lifetime - library.lifetime) <= _NEAR else -2


def _excluding(library: Library, seen: Traits) -> Iterable[bool]:
    """The traits that decide; with an Authorization header alone the form of the request decides."""
    yield not library.header or _matches(library.header, seen.header)
    yield not library.claims or _matches(library.claims, seen.claims)
    yield not library.writes or library.writes in seen.claims.split()
    yield not library.jti or _matches(library.jti, seen.jti)
    yield not library.kid or _matches(library.kid, seen.kid)
    yield not library.fraction or seen.fraction
    yield not library.sku or _matches(library.sku, seen.sku)
    yield not library.client_info or (seen.client_info and bool(library.sku) == bool(seen.sku))
    yield not library.audience or library.audience == seen.audience
    spoken = _language(seen.user_agent)
    yield not (spoken and library.language) or spoken == library.language
    if library.basic:
        yield seen.basic and not seen.header and spoken == library.language
        yield _matches(library.content_type, seen.content_type) or not library.content_type
        yield _matches(library.user_agent, seen.user_agent) or not library.user_agent


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _language(user_agent: str) -> str:
    return next((name for start, name in AGENTS.items() if re.match(start, user_agent, re.IGNORECASE)), "")


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
