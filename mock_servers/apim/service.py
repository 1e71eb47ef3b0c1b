"""Everything that a token service judges by, in one value: two with different values live side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mock_servers.clock import Clock
from mock_servers.identifiers import Identifiers
from mock_servers.identity_provider.provider import Provider
from mock_servers.jwks import Fetcher
from mock_servers.keys import KeyPair
from mock_servers.origins import Origins, canonical
from mock_servers.records import Journal
from mock_servers.registered_app import App
from mock_servers.settings import ApimSettings
from mock_servers.store import Store


class Caller(Protocol):
    """Calls the mock itself, in process: a GET, or a POST of `form`; gives status and body."""

    def __call__(self, url: str, form: Mapping[str, str] | None = None, bearer: str | None = None) -> tuple[int, bytes]:
        """Call a URL below one of the mock's own origins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A token service at `mount` (`/oauth2`, `/oauth2-mock`), trusting `providers`.

    `jwks_url_of` tells where an app's key set is, the mock's own sets included. `call` reaches the providers, and
    `own_key` is what the platform signs with when it is their client.
    """

    mount: str
    settings: ApimSettings
    providers: tuple[Provider, ...]
    clock: Clock
    store: Store
    identifiers: Identifiers
    fetch: Fetcher
    origins: Origins
    journal: Journal
    jwks_url_of: Callable[[App], str]
    call: Caller
    own_key: Callable[[], KeyPair]

    @property
    def environment(self) -> str:
        """The environment of the platform that is played, as `int`."""
        return self.settings.environment

    def provider_of(self, issuer: object) -> tuple[Provider, str] | None:
        """Return the trusted provider with this issuer, and the origin that the issuer names."""
        if not isinstance(issuer, str):
            return None
        for provider in self.providers:
            origin = issuer.removesuffix(provider.path)
            if issuer == provider.issuer(origin) and origin in self.origins:
                return provider, origin
        return None

    def origin_of(self, issuer: object, provider: Provider) -> str | None:
        """Return the origin that an issuer names, whatever its case; `None` when it is not this provider's."""
        if not isinstance(issuer, str):
            return None
        origin = issuer.lower()[: len(issuer) - len(provider.path)]
        if issuer.lower() != provider.issuer(origin).lower():
            return None
        return next((known for known in self.origins if known.lower() == canonical(origin)), None)

    def issuers(self) -> list[str]:
        """Return every issuer that is trusted, under each of the mock's names."""
        return [provider.issuer(origin) for origin in self.origins for provider in self.providers]
