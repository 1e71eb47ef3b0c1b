"""The dependencies of a token service, in one value: two with different values can run side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mock_servers.jose.jwks import Fetcher
from mock_servers.jose.keys import KeyPair
from mock_servers.journal.journal import Journal
from mock_servers.journal.provenance import FindInOtherWorlds, no_other_world
from mock_servers.provider.provider import Provider
from mock_servers.settings.real_host import Hosts
from mock_servers.settings.sections import ApimSettings
from mock_servers.state import seed_data
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.store import Store
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.origins import Origins, canonical


class Caller(Protocol):
    """Calls the mock itself, in process: a GET, or a POST of `form`; gives status and body.

    Raises UnreachableError when a fault that was ordered leaves no answer of the called service.
    """

    def __call__(self, url: str, form: Mapping[str, str] | None = None, bearer: str | None = None) -> tuple[int, bytes]:
        """Call a URL below one of the mock's own origins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A token service at `mount` (`/oauth2`, `/oauth2-mock`) that trusts `providers`, and `also` for id tokens.

    `is_real`: it is called by a real host name, and people log in at the providers' real hosts in `hosts`.
    `jwks_url_of` returns where an app's key set is, the mock's own sets included. `call` reaches the providers, and
    `own_key` is the platform's signing key as their client; `loaded_keys` are the key pairs in the mock's memory, by
    name.
    """

    mount: str
    settings: ApimSettings
    providers: tuple[Provider, ...]
    also: tuple[Provider, ...] = ()
    is_real: bool = False
    hosts: Hosts = field(default_factory=Hosts)
    clock: Clock
    store: Store
    identifiers: Identifiers
    fetch: Fetcher
    origins: Origins
    journal: Journal
    jwks_url_of: Callable[[App], str]
    call: Caller
    own_key: Callable[[], KeyPair]
    loaded_keys: Callable[[], Mapping[str, KeyPair]] = dict
    elsewhere: FindInOtherWorlds = no_other_world

    @property
    def environment(self) -> str:
        """The environment of the platform that is played, as `int`."""
        return self.settings.environment

    @property
    def proxy(self) -> str:
        """What the platform calls this token service, and products cover: `identity-service-mock-internal-dev`."""
        api = "identity-service-mock" if self.mount == "/oauth2-mock" else "identity-service"
        return seed_data.proxy_name(api, self.environment)

    def provider_of(self, issuer: object) -> tuple[Provider, str] | None:
        """Return the trusted provider with this issuer, and the base that the issuer names."""
        if not isinstance(issuer, str):
            return None
        for provider in (*self.providers, *self.also):
            base = issuer.removesuffix(provider.path)
            if issuer == provider.issuer(base) and self._is_name_of(provider, base):
                return provider, base
        return None

    def origin_of(self, issuer: object, provider: Provider) -> str | None:
        """Return the base of an issuer, in any case; `None` if it is not this provider's."""
        if not isinstance(issuer, str):
            return None
        base = issuer.lower()[: len(issuer) - len(provider.path)]
        if issuer.lower() != provider.issuer(base).lower():
            return None
        return next((known for known in self._names_of(provider) if known.lower() == canonical(base)), None)

    def issuers(self) -> list[str]:
        """Return every issuer that is trusted, under each of the mock's names; a real one is the provider's alone."""
        trusted = (*self.providers, *self.also)
        real = [provider.issuer(base) for provider in trusted for base in self._real_names_of(provider)]
        called = [provider.issuer(base) for base in self.origins for provider in trusted if self._is_free(base)]
        return [*real, *called]

    def origin_of_log_in(self, provider: Provider, asked: str) -> str:
        """Return the origin of the log-in page for a client that called the platform at `asked`: it or a real host."""
        return next(iter(self._real_names_of(provider)), asked) if self.is_real else asked

    def _is_name_of(self, provider: Provider, base: str) -> bool:
        return canonical(base) in self._real_names_of(provider) or (self._is_free(base) and base in self.origins)

    def _names_of(self, provider: Provider) -> list[str]:
        return [*self._real_names_of(provider), *(base for base in self.origins if self._is_free(base))]

    def _real_names_of(self, provider: Provider) -> list[str]:
        """Return the provider's real hosts as origins: at a service without a real name, those that were called."""
        names = [f"https://{host}" for host in provider.hosts]
        return names if self.is_real else [name for name in names if name in self.origins]

    def _is_free(self, base: str) -> bool:
        """Whether a name is no real host's, and so any provider's."""
        return self.hosts.of_origin(base) is None
