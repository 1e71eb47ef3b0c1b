"""The tables of one platform: what each one holds, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mock_servers.jose.jwks import FetchedJwks
from mock_servers.state import indexes
from mock_servers.state.app import App
from mock_servers.state.clock import Reading
from mock_servers.state.configuration import Api
from mock_servers.state.debug_session import DebugSession
from mock_servers.state.developer_app import DeveloperApp, Product
from mock_servers.state.fault import Fault
from mock_servers.state.grant import (
    AccessToken,
    AuthorizationCode,
    BrowserSession,
    Issued,
    PendingAuthorization,
    PlatformCode,
    ProviderAccessToken,
    ProviderRefreshToken,
    ProviderSession,
    RefreshToken,
)
from mock_servers.state.indexes import Indexes
from mock_servers.state.log_in import LogIn
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.person import Person
from mock_servers.state.table import LIMIT, Backend, Content, Entry, Kind, Table
from mock_servers.state.world import World

_NONE: Final[Indexes] = {}


def _of(
    value: Any, *, key: Any = str, limit: int | None = LIMIT, indexes: Indexes = _NONE, stays: bool = False
) -> dict[str, Any]:
    """Say what a table of a store holds, and whether it stays as it is when an earlier state is restored."""
    return {"kind": Kind(value=value, key=key, limit=limit, indexes=indexes), "stays": stays}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """The content a state started with: the place below it where that is kept, and its digest."""

    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of one platform.

    Keys: `apps` by client id, `people` by provider and id, `jtis` by the hash of environment, subject and jti (until
    when they are remembered), `client_metadata` by provider, client id and person, `quotas` by what is limited, client
    id and minute, `jwks` by purpose and URL, `faults` by number, `apis` by path, `issued` by the value's hash,
    `pending` by the platform's state, `browser_sessions` by environment, provider and sid, `vouchable` (log-ins that
    another client may vouch for) by provider, client id and the id token's jti, `developer_apps` by developer and
    name, `app_ids` (those two) by the app's id, `developers` (the names of their apps) by developer, `products` by
    name, `counters` (numbers that only rise) by what is counted, `clock` by the one word there is, `origins` (names
    learned from requests) by the name, `seals` (what seals forms and cookies) by what is sealed, `keys` (private ones,
    as PEM) by name and size, `snapshots` (when they were taken) by name, `runs` (flows that somebody tries on a page)
    by the browser, `seeded` by one word, `worlds` by name, the rest by the value itself.
    """

    backend: Backend = field(repr=False)
    apps: Table[App] = field(metadata=_of(App, limit=None, indexes=indexes.APPS))
    people: Table[Person] = field(metadata=_of(Person, key=tuple[str, str], limit=None, indexes=indexes.PEOPLE))
    jtis: Table[float] = field(metadata=_of(float, key=bytes, limit=2 * LIMIT))
    quotas: Table[int] = field(metadata=_of(int, key=tuple[Any, ...]))
    jwks: Table[FetchedJwks] = field(metadata=_of(FetchedJwks, key=tuple[str, str], indexes=indexes.JWKS))
    codes: Table[AuthorizationCode] = field(metadata=_of(AuthorizationCode, indexes=indexes.CODES))
    provider_access_tokens: Table[ProviderAccessToken] = field(metadata=_of(ProviderAccessToken))
    provider_refresh_tokens: Table[ProviderRefreshToken] = field(
        metadata=_of(ProviderRefreshToken, indexes=indexes.OF_PROVIDER)
    )
    provider_sessions: Table[ProviderSession] = field(metadata=_of(ProviderSession))
    client_metadata: Table[str] = field(metadata=_of(str, key=tuple[str, str, str]))
    access_tokens: Table[AccessToken] = field(metadata=_of(AccessToken, indexes=indexes.ACCESS_TOKENS))
    refresh_tokens: Table[RefreshToken] = field(metadata=_of(RefreshToken, indexes=indexes.REFRESH_TOKENS))
    pending: Table[PendingAuthorization] = field(metadata=_of(PendingAuthorization, indexes=indexes.PENDING))
    platform_codes: Table[PlatformCode] = field(metadata=_of(PlatformCode, indexes=indexes.CODES))
    browser_sessions: Table[BrowserSession] = field(metadata=_of(BrowserSession, key=tuple[str, str, str]))
    vouchable: Table[LogIn] = field(metadata=_of(LogIn, key=tuple[str, str, str]))
    issued: Table[Issued] = field(metadata=_of(Issued, key=bytes))
    developer_apps: Table[DeveloperApp] = field(
        metadata=_of(DeveloperApp, key=tuple[str, str], limit=None, indexes=indexes.DEVELOPER_APPS)
    )
    app_ids: Table[tuple[str, str]] = field(metadata=_of(tuple[str, str], limit=None))
    developers: Table[tuple[str, ...]] = field(metadata=_of(tuple[str, ...], limit=None))
    products: Table[Product] = field(metadata=_of(Product, limit=None))
    faults: Table[Fault] = field(metadata=_of(Fault, key=int, limit=None, indexes=indexes.FAULTS))
    apis: Table[Api] = field(metadata=_of(Api, limit=None))
    clock: Table[Reading] = field(metadata=_of(Reading, limit=None))
    origins: Table[int] = field(metadata=_of(int, limit=None, stays=True))
    seals: Table[bytes] = field(metadata=_of(bytes, limit=None, stays=True))
    keys: Table[str] = field(metadata=_of(str, limit=None, stays=True))
    snapshots: Table[float] = field(metadata=_of(float, limit=None, stays=True))
    seeded: Table[Seeded] = field(metadata=_of(Seeded, limit=None, stays=True))
    counters: Table[int] = field(metadata=_of(int, limit=None, stays=True))
    runs: Table[str] = field(metadata=_of(str))
    worlds: Table[World] = field(metadata=_of(World, limit=None, stays=True))
    debug_sessions: Table[tuple[DebugSession, ...]] = field(
        metadata=_of(tuple[DebugSession, ...], key=tuple[str, str], limit=None)
    )

    @classmethod
    def over(cls, backend: Backend) -> Store:
        """Return the store whose tables are in a backend."""
        return cls(backend=backend, **{name: backend.table(name, kind) for name, kind in KINDS.items()})

    def commit(self, expected: Iterable[Entry], written: Iterable[Entry]) -> bool:
        """Write entries of several tables in one step if each expected entry is there; return whether they were."""
        return self.backend.commit(expected, written)

    def snapshot(self) -> Content:
        """Return the state, for `restore`."""
        return self.backend.snapshot(STATE)

    def restore(self, content: Content) -> None:
        """Restore an earlier state."""
        self.backend.restore(content)


_TABLES: Final = {each.name: each.metadata for each in fields(Store) if each.metadata}
KINDS: Final[Mapping[str, Kind[Any]]] = {name: each["kind"] for name, each in _TABLES.items()}
"""What each table of a store holds, by its name."""
STATE: Final = tuple(name for name, each in _TABLES.items() if not each["stays"])
"""The tables that are restored with an earlier state."""


def in_memory() -> Store:
    """Return a separate store in memory."""
    return Store.over(MemoryBackend())
