"""Everything that the gateway judges by, in one value; and one request to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_servers import seeds
from mock_servers.clock import Clock
from mock_servers.grants import AccessToken
from mock_servers.identifiers import Identifiers
from mock_servers.records import Journal
from mock_servers.request import Request
from mock_servers.settings import ApimSettings
from mock_servers.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The gateway before the APIs of one environment."""

    settings: ApimSettings
    clock: Clock
    store: Store
    identifiers: Identifiers
    journal: Journal


@dataclass(slots=True)
class Exchange:
    """One call of an API, and what it has taught us so far."""

    request: Request
    service: Service
    now: float
    bearer: str = field(init=False)
    token: AccessToken = field(init=False)

    @property
    def proxy(self) -> str:
        """The name of the API that is called, as products have it: `hello-world-internal-dev`."""
        return seeds.proxy_of(self.request.target.partition("?")[0], self.service.settings.environment)
