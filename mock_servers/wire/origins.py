"""Under which names (scheme, host and prefix) this mock is called: a token got under one is good under another."""

from __future__ import annotations

import ipaddress
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Final, Protocol
from urllib.parse import SplitResult, urlsplit

_MOST: Final = 64
"""Names learned from requests; a client that invents hosts must not make the list grow."""
_IMPLIED_PORTS: Final = {"http": ":80", "https": ":443"}


def canonical(origin: str) -> str:
    """Return a name without the port that its scheme implies."""
    scheme, mark, rest = origin.partition("://")
    host, slash, below = rest.partition("/")
    return f"{scheme}{mark}{host.removesuffix(_IMPLIED_PORTS.get(scheme, ''))}{slash}{below}"


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as they are written in it."""
    scheme, mark, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}{mark}{host}"


def parts_of(url: str) -> SplitResult | None:
    """Return the parts of a URL; `None` where it, or its port, is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its address, or by the name that every machine has for itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Noted(Protocol):
    """Names that several processes know, as a table of the state has them."""

    def get(self, key: str) -> int | None:
        """Return 1 for a name that is there."""

    def put(self, key: str, value: int) -> None:
        """Note a name, by 1."""

    def take(self, key: str) -> int | None:
        """Forget a name."""

    def items(self) -> list[tuple[str, int]]:
        """Return the names; they are few."""

    def size(self) -> int:
        """Return how many there are."""


class Origins:
    """The configured names, and those that requests have used; a port that the scheme implies makes no other name.

    What other processes have learned of the same mock is in `noted`.
    """

    def __init__(self, configured: Iterable[str] = (), noted: Noted | None = None) -> None:
        self._noted = noted
        self._known: dict[str, None] = {canonical(origin.rstrip("/")): None for origin in configured}
        self._configured = frozenset(self._known)
        self._learned = 0
        self._lock = threading.Lock()

    def add(self, origin: str) -> None:
        """Count a name among the mock's own."""
        name = canonical(origin.rstrip("/"))
        if self._noted is not None:
            self._noted.put(name, 1)
        with self._lock:
            self._known[name] = None

    def remove(self, origin: str) -> None:
        """Count a name no longer among the mock's own, unless it is configured."""
        name = canonical(origin.rstrip("/"))
        with self._lock:
            if name not in self._configured:
                self._known.pop(name, None)
        if self._noted is not None:
            self._noted.take(name)

    def learn(self, origin: str) -> None:
        """Count a name that a request used among the mock's own, while there is room."""
        name = canonical(origin)
        if name in self._known:
            return
        if self._noted is not None and self._noted.size() < 2 * _MOST:
            self._noted.put(name, 1)  # first: what cannot be noted is learned from the next request
        with self._lock:
            if self._learned < _MOST:
                self._known[name] = None
                self._learned += 1

    def __contains__(self, origin: object) -> bool:
        return isinstance(origin, str) and self._has(canonical(origin))

    def _has(self, name: str) -> bool:
        return name in self._known or (self._noted is not None and self._noted.get(name) is not None)

    def __iter__(self) -> Iterator[str]:
        noted = [name for name, _ in self._noted.items()] if self._noted is not None else []
        return iter(list(dict.fromkeys([*self._known, *noted])))
