"""What the mock remembers, behind one small interface. Every test-and-set is one atomic step of a table.

It is in memory; a table in a database would offer the same few calls.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Generic, TypeVar

from mock_servers.jose.jwks import FetchedJwks
from mock_servers.state.app import App
from mock_servers.state.authorization import BrowserSession, PendingAuthorization, PlatformCode
from mock_servers.state.configuration import Api
from mock_servers.state.debug_session import DebugSession
from mock_servers.state.developer_app import DeveloperApp, Product
from mock_servers.state.fault import Fault
from mock_servers.state.grant import (
    AccessToken,
    AuthorizationCode,
    Issued,
    ProviderAccessToken,
    ProviderRefreshToken,
    ProviderSession,
    RefreshToken,
)
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import Person

V = TypeVar("V")
D = TypeVar("D")

LIMIT: Final = 10_000
"""Entries a table keeps at most; the oldest tenth goes first, so that a server that runs for weeks does not grow."""


class Table(Generic[V]):
    """Values by key, in the order in which they came; values are frozen and shared."""

    def __init__(self, limit: int | None = LIMIT) -> None:
        self._values: dict[Hashable, V] = {}
        self._limit = limit
        self._lock = threading.Lock()
        self._derived: dict[Callable[[Iterable[V]], Any], Any] = {}

    def get(self, key: Hashable) -> V | None:
        """Return the value at `key`."""
        return self._values.get(key)

    def add(self, key: Hashable, value: V) -> bool:
        """Set unless there; whether it was set. Of many at once exactly one is told yes."""
        with self._lock:
            if key in self._values:
                return False
            self._set(key, value)
            return True

    def put(self, key: Hashable, value: V) -> None:
        """Set, whatever was there."""
        with self._lock:
            self._set(key, value)

    def swap(self, key: Hashable, old: V, new: V) -> bool:
        """Set to `new` when `old` itself is still there; whether it was. Of many at once exactly one is told yes."""
        with self._lock:
            if self._values.get(key) is not old:
                return False
            self._set(key, new)
            return True

    def update(self, key: Hashable, change: Callable[[V | None], V]) -> V:
        """Set to what `change` makes of the present value, and return that."""
        with self._lock:
            value = change(self._values.get(key))
            self._set(key, value)
            return value

    def take(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it."""
        with self._lock:
            self._derived.clear()
            return self._values.pop(key, None)

    def values(self) -> list[V]:
        """Return all values, the oldest first."""
        with self._lock:
            return list(self._values.values())

    def derived(self, derive: Callable[[Iterable[V]], D]) -> D:
        """Return what `derive` makes of all values; it is asked again once one of them has changed."""
        with self._lock:
            if derive not in self._derived:
                self._derived[derive] = derive(self._values.values())
            return self._derived[derive]  # type: ignore[no-any-return] # what this function gave

    def snapshot(self) -> Mapping[Hashable, V]:
        """Return the present content, for `restore`."""
        with self._lock:
            return dict(self._values)

    def restore(self, content: Mapping[Hashable, V]) -> None:
        """Put back an earlier content."""
        with self._lock:
            self._derived.clear()
            self._values = dict(content)

    def _set(self, key: Hashable, value: V) -> None:
        self._derived.clear()
        self._values[key] = value
        if self._limit is not None and len(self._values) > self._limit:
            # A tenth at a time: the front of a dict from which much was removed is slow to find.
            for oldest in list(itertools.islice(self._values, max(self._limit // 10, 1))):
                del self._values[oldest]


def _unlimited() -> Table[Any]:
    return Table(limit=None)


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of one platform.

    Keys: `apps` by client id, `people` by provider and id, `jtis` by environment, subject and jti (until when they are
    remembered), `client_metadata` by provider, client id and person, `quotas` by what is limited, client id and minute,
    `jwks` by purpose and URL, `faults` by number, `apis` by path, `issued` by the value's hash, `pending` by the
    platform's state, `browser_sessions` by environment, provider and sid, `vouchable` (log-ins that another client may
    be told of) by provider, client id and the id token's jti, `developer_apps` by developer and name, `app_ids` (those
    two) by the app's id, `developers` (the names of their apps) by developer, `products` by name, the rest by the value
    itself.
    """

    apps: Table[App] = field(default_factory=_unlimited)
    people: Table[Person] = field(default_factory=_unlimited)
    jtis: Table[float] = field(default_factory=lambda: Table(limit=2 * LIMIT))
    quotas: Table[int] = field(default_factory=Table)
    jwks: Table[FetchedJwks] = field(default_factory=Table)
    codes: Table[AuthorizationCode] = field(default_factory=Table)
    provider_access_tokens: Table[ProviderAccessToken] = field(default_factory=Table)
    provider_refresh_tokens: Table[ProviderRefreshToken] = field(default_factory=Table)
    provider_sessions: Table[ProviderSession] = field(default_factory=Table)
    client_metadata: Table[str] = field(default_factory=Table)
    access_tokens: Table[AccessToken] = field(default_factory=Table)
    refresh_tokens: Table[RefreshToken] = field(default_factory=Table)
    pending: Table[PendingAuthorization] = field(default_factory=Table)
    platform_codes: Table[PlatformCode] = field(default_factory=Table)
    browser_sessions: Table[BrowserSession] = field(default_factory=Table)
    vouchable: Table[LogIn] = field(default_factory=Table)
    issued: Table[Issued] = field(default_factory=Table)
    developer_apps: Table[DeveloperApp] = field(default_factory=_unlimited)
    app_ids: Table[tuple[str, str]] = field(default_factory=_unlimited)
    developers: Table[tuple[str, ...]] = field(default_factory=_unlimited)
    products: Table[Product] = field(default_factory=_unlimited)
    faults: Table[Fault] = field(default_factory=_unlimited)
    apis: Table[Api] = field(default_factory=_unlimited)
    debug_sessions: Table[tuple[DebugSession, ...]] = field(default_factory=_unlimited)

    def snapshot(self) -> Mapping[str, Mapping[Hashable, Any]]:
        """Return the content of every table, for `restore`."""
        return {each.name: getattr(self, each.name).snapshot() for each in fields(self)}

    def restore(self, content: Mapping[str, Mapping[Hashable, Any]]) -> None:
        """Put every table back to an earlier content."""
        for name, values in content.items():
            getattr(self, name).restore(values)
