"""Serves a platform under the real host names: its certificate authority, its proxy, and the variables for clients.

A mock that is called only by its own names neither makes nor imports any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mock_servers.http.forward_proxy import ForwardProxy
from mock_servers.http.server import Server
from mock_servers.platform.platform import Platform
from mock_servers.real_hosts import certificate, trust_store
from mock_servers.real_hosts.certificate import Authority, Contexts, Now, real_time
from mock_servers.real_hosts.trust_store import TrustStore
from mock_servers.real_hosts.variables import RealNames
from mock_servers.wire.origins import is_loopback

_RESERVED: Final = ("example", "example.com", "example.net", "example.org", "test")
"""Names that are nobody's (RFC 2606): a redirect URI there may be registered once the authority is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a server needs to be reached by real names, and what its clients need."""

    platform: Platform
    proxy: ForwardProxy
    store: TrustStore

    def open_at(self, server: Server) -> RealNames:
        """Make a server of the platform reachable under real names, too, and return the settings that clients need."""
        names = (*(host.name for host in self.platform.names.hosts), *sorted(self.platform.names.client_hosts))
        known = RealNames(url=server.url, store=self.store, hosts=names)
        server.set_proxy(self.proxy)
        self.platform.reached_by_real_names(known)
        return known

    def close_at(self, server: Server) -> None:
        """Make the server reachable only by its own names again."""
        self.platform.reached_by_real_names(None)
        server.set_proxy(None)


def throwaway(platform: Platform, folder: Path, allowed: Iterable[str] = (), now: Now = real_time) -> Prepared:
    """Make an authority that lives as long as this process; its public files are put into `folder`."""

    def make() -> tuple[Authority, TrustStore]:
        authority = certificate.make_authority(_constrained_to(platform), now())
        return authority, trust_store.export(authority, folder)

    return _prepared(platform, make, allowed, now)


def kept(platform: Platform, cache: Path, allowed: Iterable[str] = (), now: Now = real_time) -> Prepared:
    """Use the authority that the cache keeps for these names. Raises OSError where none can be kept."""
    return _prepared(platform, lambda: trust_store.kept(_constrained_to(platform), cache, now()), allowed, now)


def _prepared(
    platform: Platform, make: Callable[[], tuple[Authority, TrustStore]], allowed: Iterable[str], now: Now
) -> Prepared:
    authority, store = make()
    hosts = platform.names.hosts
    contexts = Contexts(
        authority,
        _own_names(platform),
        lambda name: hosts.find(name) is not None or any(each.is_clients_host(name) for each in platform.all_names()),
        now,
        renewed=lambda: make()[0],
    )
    proxy = ForwardProxy(
        hosts=platform.names.hosts,
        tls=contexts.server(),
        allowed=frozenset({*platform.configuration.allow_hosts, *allowed}),
        is_own=platform.names.is_called,
        is_clients=lambda origin: any(each.is_clients(origin, through_proxy=True) for each in platform.all_names()),
        is_world=platform.is_world,
        speaks_for=lambda name: name in platform.names.client_hosts or _is_reserved(name),
    )
    return Prepared(platform=platform, proxy=proxy, store=store)


def _constrained_to(platform: Platform) -> list[str]:
    return [*(host.name for host in platform.names.hosts), *_own_names(platform), *_RESERVED]


def _own_names(platform: Platform) -> list[str]:
    """Return the hosts of `public_urls` and of clients' pages. Loopback is left out: every certificate may name it."""
    names = [urlsplit(url).hostname or "" for url in platform.configuration.public_urls]
    names += sorted(platform.names.client_hosts)
    return [name for name in dict.fromkeys(names) if name and not is_loopback(name)]


def _is_reserved(name: str) -> bool:
    return any(f".{name}".endswith(f".{reserved}") for reserved in _RESERVED)
