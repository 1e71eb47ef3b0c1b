"""Everything that an identity provider answers by, in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mock_servers.clock import Clock
from mock_servers.grants import AuthorizationCode
from mock_servers.identifiers import Identifiers
from mock_servers.identity_provider.id_tokens import Minting
from mock_servers.identity_provider.provider import Provider
from mock_servers.keys import KeyPair
from mock_servers.records import Journal
from mock_servers.request import Request
from mock_servers.settings import ProviderSettings
from mock_servers.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An identity provider at work. `key` loads or makes its key pair, at first use."""

    provider: Provider
    settings: ProviderSettings
    clock: Clock
    store: Store
    identifiers: Identifiers
    journal: Journal
    key: Callable[[], KeyPair]

    def issuer(self, origin: str) -> str:
        """Return the issuer under one of the mock's names."""
        return f"{origin}{self.provider.path}"

    def minting(self, origin: str) -> Minting:
        """Return what is needed to mint an id token now."""
        return Minting(
            provider=self.provider,
            issuer=self.issuer(origin),
            key=self.key(),
            identifiers=self.identifiers,
            now=self.clock.now(),
            levels_as_text=self.settings.assurance_levels == "string",
        )


@dataclass(slots=True)
class Exchange:
    """One request to a provider, and what it has taught us so far."""

    request: Request
    service: Service
    now: float
    client_id: str = field(init=False)
    code: AuthorizationCode = field(init=False)

    def form(self, name: str) -> str | None:
        """Return a form parameter; an empty one counts as absent (I)."""
        return self.request.form.get(name)
