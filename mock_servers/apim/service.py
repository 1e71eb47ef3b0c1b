"""Everything that a token service judges by, in one value: two with different values live side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mock_servers.clock import Clock
from mock_servers.identifiers import Identifiers
from mock_servers.identity_provider.provider import Provider
from mock_servers.jwks import Fetcher
from mock_servers.origins import Origins
from mock_servers.records import Journal
from mock_servers.registered_app import App
from mock_servers.settings import ApimSettings
from mock_servers.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A token service at `mount` (`/oauth2`, `/oauth2-mock`), trusting `providers`.

    `jwks_url_of` tells where an app's key set is, the mock's own sets included.
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
            if issuer == f"{origin}{provider.path}" and origin in self.origins:
                return provider, origin
        return None

    def issuers(self) -> list[str]:
        """Return every issuer that is trusted, under each of the mock's names."""
        return [f"{origin}{provider.path}" for origin in self.origins for provider in self.providers]
