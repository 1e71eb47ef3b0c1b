"""The dependencies of the gateway, in one value; and one request to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pkgutil import resolve_name

from mock_servers.gateway.reply import Reply, Send, UnreachableUpstreamError, UpstreamError
from mock_servers.journal.journal import Journal
from mock_servers.journal.provenance import FindInOtherWorlds, no_other_world
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.rules import Flow
from mock_servers.settings.sections import ApimSettings
from mock_servers.state import seed_data
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Api
from mock_servers.state.grant import AccessToken
from mock_servers.state.store import Store
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.request import Answer, Request


def _nowhere(api: Api, _: Request) -> Reply:
    raise UnreachableUpstreamError(f"this gateway was given no way to call {api.upstream}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The gateway in front of the APIs of one environment.

    `send` passes a request on to a team's own API; `providers` are where people log in. `has_page`: the mock's own page
    is here, too.
    """

    settings: ApimSettings
    clock: Clock
    store: Store
    identifiers: Identifiers
    journal: Journal
    send: Send = _nowhere
    providers: tuple[Provider, ...] = PROVIDERS
    elsewhere: FindInOtherWorlds = no_other_world
    has_page: Callable[[], bool] = lambda: True


def flows_named(name: str) -> Sequence[Flow[Exchange, Answer]]:
    """Return the flows of an API of the mock by `module:name`, imported at their first use."""
    found: Sequence[Flow[Exchange, Answer]] = resolve_name(f"{__package__}.{name}")
    return found


def find_api(store: Store, path: str) -> Api | None:
    """Return the team's own API for a path: of those that fit, the one with the longest path."""
    parts = path.split("/")
    longest = min(len(parts), store.apis.derived(_most_parts))
    fitting = (store.apis.get("/".join(parts[:size])) for size in range(longest, 1, -1))
    return next(filter(None, fitting), None)


def _most_parts(apis: Iterable[Api]) -> int:
    return max((len(api.path.split("/")) for api in apis), default=0)


@dataclass(slots=True)
class Exchange:
    """One call of an API, and what the rules have learned of it; `found_api` is the team's own API, if it is one."""

    request: Request
    service: Service
    now: float
    found_api: Api | None = None
    bearer: str = field(init=False)
    token: AccessToken = field(init=False)
    reply: Reply = field(init=False)
    failure: UpstreamError | None = field(init=False)

    @property
    def api(self) -> Api:
        """The team's own API; AttributeError without one, as for any field that no rule has set."""
        found = self.found_api
        if found is None:
            raise AttributeError(f"no API is at {self.request.path!r}", name="api", obj=self)
        return found

    @property
    def app(self) -> App:
        """The app of the token, or of the API key; AttributeError without one."""
        token: AccessToken | None = getattr(self, "token", None)
        client_id = token.client_id if token else self.request.headers.get("apikey", "")
        app = self.service.store.apps.get(client_id)
        if app is None:
            raise AttributeError(f"no app {client_id!r} is known", name="app", obj=self)
        return app

    @property
    def proxy(self) -> str:
        """The name of the called API in products: `hello-world-internal-dev`."""
        own = self.found_api
        if own is not None:
            return seed_data.proxy_name(seed_data.name_of(own.path), self.service.settings.environment)
        return seed_data.proxy_of(self.request.target.partition("?")[0], self.service.settings.environment)
