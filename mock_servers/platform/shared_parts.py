"""The parts that all services of one mock share, and what is registered in them at the start."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from mock_servers.faults.ordered import Faults
from mock_servers.jose.keys import KeyRing, read_private_key
from mock_servers.journal.journal import LIMIT, Journal
from mock_servers.journal.provenance import FindInOtherWorlds, no_other_world
from mock_servers.platform import initial_state
from mock_servers.platform.host_names import HostNames
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state import seed_data
from mock_servers.state.app import own_key_name
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from mock_servers.state.developer_apps import DeveloperApps
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.person import everybody
from mock_servers.state.registration import Apps
from mock_servers.state.store import Store
from mock_servers.state.table import Backend, Content
from mock_servers.state.world import EXCHANGES, ROOT, World
from mock_servers.wire.identifiers import Identifiers

_FORMS: Final = "forms"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedParts:
    """The parts that all services of one mock share: clock, keys, random ids, store, journal, faults, and names."""

    configuration: Configuration
    clock: Clock
    ring: KeyRing
    identifiers: Identifiers
    names: HostNames
    store: Store
    exchanges: Journal
    faults: Faults
    apps: Apps
    developer_apps: DeveloperApps
    providers: tuple[Provider, ...]
    seal: bytes
    elsewhere: FindInOtherWorlds


def parts_of(
    configuration: Configuration,
    *,
    clock: Clock,
    random: Random | None,
    ring: KeyRing,
    providers: tuple[Provider, ...] = PROVIDERS,
    world: World | None = None,
    backend: Backend | None = None,
    elsewhere: FindInOtherWorlds = no_other_world,
) -> SharedParts:
    """Return the parts of a mock with this configuration. Nothing is registered in them yet."""
    store, identifiers = Store.over(backend or MemoryBackend()), Identifiers(random)
    if store.backend.is_shared:
        clock.lie_in(store.clock)
    if store.backend.is_shared and world is None:
        ring = ring.sharing(store.keys)
    exchanges = _journal(store, world, explains=configuration.diagnosis)
    return SharedParts(
        configuration=configuration,
        clock=clock,
        ring=ring,
        identifiers=identifiers,
        names=_names(configuration, store, world),
        store=store,
        exchanges=exchanges,
        faults=Faults(store, ring, counts=exchanges.counts),
        apps=Apps(store, ring, identifiers),
        developer_apps=DeveloperApps(store),
        providers=providers,
        seal=_seal(store),
        elsewhere=elsewhere,
    )


def _names(configuration: Configuration, store: Store, world: World | None) -> HostNames:
    origins = store.origins if store.backend.is_shared else None
    names = HostNames(configuration, world.prefix if world is not None else "", origins)
    names.is_page = lambda page: bool(store.apps.find("page", page))
    names.is_page_host = lambda host: bool(store.apps.find("page host", host))
    return names


def _journal(store: Store, world: World | None, *, explains: bool) -> Journal:
    limit, name = (LIMIT, ROOT) if world is None else (EXCHANGES, world.name)
    if store.backend.is_shared:
        from mock_servers.journal.shared_journal import SharedJournal  # noqa: PLC0415 - in memory nobody needs it

        return SharedJournal(store, limit, explains=explains, world=name)
    return Journal(limit, explains=explains, world=name)


def _seal(store: Store) -> bytes:
    """Return the key that seals log-in forms and cookies; all servers that share the state use the same."""
    store.seals.add(_FORMS, secrets.token_bytes(32))
    return store.seals.get(_FORMS) or b""


def initial_content(parts: SharedParts) -> Content:
    """Seed the state if it is new, and return the entries with which this configuration seeds it."""
    if not parts.store.backend.is_shared:
        register_configured(parts)
        return parts.store.snapshot()

    def seed(store: Store) -> None:
        register_configured(replace(parts, store=store, apps=Apps(store, parts.ring, parts.identifiers)))

    return initial_state.seed_once(parts.store, seed, parts.identifiers.uuid)


def register_configured(parts: SharedParts) -> None:
    """Register the configured keys, apps, people, APIs and their products."""
    configuration, store = parts.configuration, parts.store
    for client_id, path in configuration.private_keys.items():
        key = read_private_key(path, configuration.key_files.get(path, ""))
        parts.ring.add(own_key_name(client_id), key, own_key_name(client_id))
    for app in configuration.apps:
        parts.apps.add(app)
    for person in everybody(parts.providers, configuration.users):
        store.people.put((person.provider, person.id), person)
    own = [(api.path, api.scopes) for api in configuration.apis]
    for product in seed_data.products(parts.names.environments, own):
        store.products.add(product.name, product)
    for api in configuration.apis:
        store.apis.put(api.path, api)
    _subscribe_ready_made(parts)


def _subscribe_ready_made(parts: SharedParts) -> None:
    """Subscribe the ready-made app to every configured API: if no other app is configured, it is the team's own."""
    scopes = [scope for api in parts.configuration.apis for scope in api.scopes]
    if scopes and READY_MADE_APP in parts.configuration.apps:
        parts.apps.change(READY_MADE_APP.client_id, scopes=(*READY_MADE_APP.scopes, *dict.fromkeys(scopes)))
