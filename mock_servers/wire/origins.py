"""The names (scheme, host and prefix) under which this mock is called. A token of one is valid at all."""

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
    """Return scheme, host and port of a URL, as written."""
    scheme, mark, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}{mark}{host}"


def parts_of(url: str) -> SplitResult | None:
    """Return the parts of a URL; `None` if it is no valid URL or has no valid port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or by the name that every machine has for itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_plain_http(uri: str) -> bool:
    """Whether a redirect URI sends a code over the network in the clear: http, but not to this machine."""
    parts = parts_of(uri)
    return parts is not None and parts.scheme == "http" and not is_loopback(parts.hostname or "")


class Noted(Protocol):
    """Names that several processes share, as a table of the state has them."""

    def get(self, key: str) -> int | None:
        """Return 1 for a known name."""

    def put(self, key: str, value: int) -> None:
        """Add a name, with the value 1."""

    def take(self, key: str) -> int | None:
        """Remove a name."""

    def items(self) -> list[tuple[str, int]]:
        """Return the names, of which there are few."""

    def size(self) -> int:
        """Return the number of names."""


class Origins:
    """The configured names, and those that requests have used. A port that the scheme implies makes no difference.

    `noted` has those that other processes of the same mock have learned.
    """

    def __init__(self, configured: Iterable[str] = (), noted: Noted | None = None) -> None:
        self._noted = noted
        self._known: dict[str, None] = {canonical(origin.rstrip("/")): None for origin in configured}
        self._configured = frozenset(self._known)
        self._learned = 0
        self._lock = threading.Lock()

    def add(self, origin: str) -> None:
        """Add a name to the mock's own."""
        name = canonical(origin.rstrip("/"))
        if self._noted is not None:
            self._noted.put(name, 1)
        with self._lock:
            self._known[name] = None

    def remove(self, origin: str) -> None:
        """Remove a name from the mock's own, unless it is configured."""
        name = canonical(origin.rstrip("/"))
        with self._lock:
            if name not in self._configured:
                self._known.pop(name, None)
        if self._noted is not None:
            self._noted.take(name)

    def learn(self, origin: str) -> None:
        """Add a name that a request used, while there is room."""
        name = canonical(origin)
        if name in self._known:
            return
        if self._noted is not None and self._noted.size() < 2 * _MOST:
            self._noted.put(name, 1)  # first: if this fails, the next request adds it
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
