"""The dependencies of an identity provider, in one value."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mock_servers.identity_provider.client import Client, client_of
from mock_servers.identity_provider.id_tokens import Minting
from mock_servers.jose.jwks import Fetcher, UnreachableError
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.keys import KeyPair
from mock_servers.journal.journal import Journal
from mock_servers.journal.provenance import FindInOtherWorlds, no_other_world
from mock_servers.provider.provider import Provider
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.clock import Clock
from mock_servers.state.grant import AuthorizationCode, ProviderAccessToken, ProviderRefreshToken, ProviderSession
from mock_servers.state.person import Person
from mock_servers.state.store import Store
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.request import Parameters, Request
from mock_servers.wire.wording import shown


def _offline(url: str) -> bytes:
    raise UnreachableError(f"this provider was given no way to fetch {url}")


def _silent(url: str, _: Mapping[str, str]) -> tuple[int, bytes]:
    raise UnreachableError(f"this provider was given no way to post to {url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A provider and its dependencies.

    `key` loads or makes its key pair, at its first use. `find_client` finds a client, else the store's apps are the
    clients. `fetch` gets clients' key sets; `send` posts a form to a client's URL and returns status and body, and
    raises UnreachableError. `form_key` seals log-in forms and session cookies.
    """

    provider: Provider
    settings: ProviderSettings
    clock: Clock
    store: Store
    identifiers: Identifiers
    journal: Journal
    key: Callable[[], KeyPair]
    find_client: Callable[[str], Client | None] | None = None
    fetch: Fetcher = _offline
    send: Callable[[str, Mapping[str, str]], tuple[int, bytes]] = _silent
    form_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    elsewhere: FindInOtherWorlds = no_other_world

    def client(self, client_id: str) -> Client | None:
        """Return the client with this id, apps and the platform itself alike."""
        if self.find_client is not None:
            return self.find_client(client_id)
        app = self.store.apps.get(client_id)
        return client_of(app) if app is not None and app.known_at(self.provider.knows_as) else None

    def not_a_client(self, client_id: str) -> str:
        """Say that this is no client's id: not registered at all, or at other services alone."""
        app, title = self.store.apps.get(client_id), self.provider.title
        if app is None:
            return f"client_id {shown(client_id)} is no client of {title}: register the app."
        return (
            f"client_id {shown(client_id)} is app {shown(app.name)}, which is no client of {title}: send the client id "
            f"of {title}, or name {self.provider.knows_as} in the app's `services`."
        )

    def issuer(self, base: str) -> str:
        """Return the issuer under one of the mock's names."""
        return self.provider.issuer(base)

    def minting(self, base: str) -> Minting:
        """Return the data for issuing an id token now."""
        return Minting(
            provider=self.provider,
            issuer=self.issuer(base),
            key=self.key(),
            identifiers=self.identifiers,
            now=self.clock.now(),
            levels_as_text=self.settings.assurance_levels == "string",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """An allowed level, and the client's word for it."""

    level: str
    acr: str | None = None
    vector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The choices of a person, or of a test in their place; `None` if not chosen."""

    username: str | None = None
    outcome: str = "ok"
    level: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How a client proves itself: `method` is the registered name of the way, `proof` the secret or the assertion."""

    method: str
    client_id: str | None
    proof: str


@dataclass(slots=True)
class Exchange:
    """One request to a provider, and what the rules have learned of it."""

    request: Request
    service: Service
    now: float
    client_id: str = field(init=False)
    client: Client = field(init=False)
    redirect_uri: str = field(init=False)
    scopes: tuple[str, ...] = field(init=False)
    assurances: Sequence[Assurance] | None = field(init=False)
    person: Person = field(init=False)
    role: str | None = field(init=False)
    assurance: Assurance = field(init=False)
    session: ProviderSession | None = field(init=False)
    credentials: Credentials = field(init=False)
    assertion: Jwt | None = field(init=False)
    jwks: Sequence[Mapping[str, object]] = field(init=False)
    code: AuthorizationCode = field(init=False)
    refresh_token: ProviderRefreshToken = field(init=False)
    access_token: ProviderAccessToken = field(init=False)
    metadata: str = field(init=False)
    hint: Jwt = field(init=False)
    asserted: Jwt = field(init=False)

    @property
    def asked(self) -> Parameters:
        """The authorization request: the query of a GET, the form of a POST; a realm's form has it in its action."""
        request = self.request
        return request.form if request.method == "POST" and "client_id" in request.form else request.query

    def form(self, name: str) -> str | None:
        """Return a form parameter; an empty one counts as absent (I)."""
        return self.request.form.get(name)

    def ask(self, name: str) -> str | None:
        """Return a parameter of the authorization request; an empty one counts as absent (I)."""
        return self.asked.get(name)
