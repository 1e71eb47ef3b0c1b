"""The platform as tests use it: its URLs, what it knows, what it was asked, and what it signs for a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mock_servers import members
from mock_servers.apps import Apps
from mock_servers.clock import Clock
from mock_servers.configuration import Configuration
from mock_servers.keys import KeyRing, cache_folder
from mock_servers.platform import Platform as MockPlatform
from mock_servers.registered_app import App
from mock_servers.serving import Server
from pytest_nhsauth.blame import blames_caller
from pytest_nhsauth.exchanges import Exchanges
from pytest_nhsauth.registered_app import RegisteredApp
from pytest_nhsauth.users import Users


class ServerDiedError(RuntimeError):
    """The thread that serves the mock has died, so that nothing answers any more; the message says of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An identity provider's issuer and URLs, as its discovery document gives them."""

    name: str
    issuer: str
    discovery_url: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    jwks_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A running mock of the API platform, CIS2 and NHS login. URLs have no slash at their end."""

    _mock: MockPlatform = field(repr=False)
    _server: Server = field(repr=False)

    def __repr__(self) -> str:
        return f"Platform(url={self._mock.url!r})"

    @property
    def url(self) -> str:
        """Where everything is served: `http://127.0.0.1:…`. Raises ServerDiedError."""
        __tracebackhide__ = True
        death = self.death
        if death is not None:
            raise ServerDiedError(death)
        return self._mock.url

    @property
    def death(self) -> str | None:
        """What the mock's server has died of, in a sentence; None while it answers."""
        failure = self._server.failure
        if failure is None:
            return None
        return f"The mock's server has died of {failure!r}: nothing answers at {self._mock.url} any more."

    @property
    def token_url(self) -> str:
        """The platform's token endpoint, and the `aud` of client assertions."""
        return f"{self.url}/oauth2/token"

    @property
    def authorize_url(self) -> str:
        """Where the platform's own browser flow begins."""
        return f"{self.url}/oauth2/authorize"

    @property
    def userinfo_url(self) -> str:
        """The platform's userinfo endpoint."""
        return f"{self.url}/oauth2/userinfo"

    @property
    def jwks_url(self) -> str:
        """Where the platform fetches the public keys of the registered app."""
        return self.app().jwks_url

    @property
    def gateway(self) -> str:
        """The origin of the APIs behind the platform: `{gateway}/hello-world/hello/user`."""
        return self.url

    @property
    def cis2(self) -> IdentityProvider:
        """CIS2, for people who work in health and care."""
        return self.provider("cis2")

    @property
    def nhs_login(self) -> IdentityProvider:
        """NHS login, for patients and the public."""
        return self.provider("nhs_login")

    @blames_caller
    def provider(self, name: str) -> IdentityProvider:
        """Return an identity provider: `cis2`, `nhs_login` or a mock realm. Raises LookupError, listing them."""
        provider, origin = self._mock.provider(name).provider, self.url
        return IdentityProvider(
            name=name,
            issuer=f"{origin}{provider.path}",
            discovery_url=f"{origin}{provider.discovery_path}",
            authorize_url=f"{origin}{provider.endpoint('authorize')}",
            token_url=f"{origin}{provider.endpoint('token')}",
            userinfo_url=f"{origin}{provider.endpoint('userinfo')}",
            jwks_url=f"{origin}{provider.endpoint('jwks')}",
        )

    @property
    def apps(self) -> Apps:
        """The registered apps: `add`, `create`, `get`, `all`, `change`, `remove`."""
        return self._mock.apps

    @property
    def users(self) -> Users:
        """The people who can log in: `add`, `get`, `all`."""
        return Users(self._mock)

    @property
    def exchanges(self) -> Exchanges:
        """What the mock was asked and what it answered."""
        return Exchanges(self._mock.exchanges)

    @property
    def clock(self) -> Clock:
        """The service's time: `now`, `set`, `advance`, `freeze`, `reset`. What fixtures sign follows it."""
        return self._mock.clock

    @blames_caller
    def app(self, client_id: str | None = None) -> RegisteredApp:
        """Return a registered app; without a client id the first. Raises LookupError."""
        app = self._first_app() if client_id is None else self.apps.get(client_id)
        return RegisteredApp(client_id=app.client_id, _mock=self._mock)

    @blames_caller
    def new_app(self, *, make_key: bool = True, **given: Any) -> RegisteredApp:
        """Register an app of these members, named as in the configuration; what is not given is made up.

        It gets a key pair unless `jwks` or `jwks_url` is given. Raises ValueError for a member that does not exist or
        does not fit, and for a client id that is taken.
        """
        read = members.read_partial(App, given, where="app", omit=("key_name", "registration"))
        return self.app(self.apps.create(make_key=make_key, **read).client_id)

    @blames_caller
    def log_in(self, authorize_url: str, *, user: str, outcome: str = "ok", level: str | None = None) -> str:
        """Log a person in without a browser, and return the redirect that ends it: the client's URI with a code.

        `authorize_url` is the platform's, or a provider's. `outcome` is one of `ok`, `cancelled`, `consent_refused`,
        `level_too_low`, `provider_error`, `slow`; `level` one that the person reaches, else their own. Raises
        ValueError for a URL that is not the mock's, LogInError for a log-in that comes to no end: a refused request, an
        unknown user.
        """
        return self._mock.walk(authorize_url, user, outcome=outcome, level=level)

    def _first_app(self) -> App:
        first = next(iter(self.apps.all()), None)
        if first is None:
            raise LookupError("no app is registered: name one under [[apps]], or no list at all for the ready-made app")
        return first

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Begin with an empty journal, and put apps, people, tokens and clock back as they were at the end.

        The fixture `nhsauth` does so for each test; a test with `@given` may for each example.
        """
        state = self._mock.snapshot()
        self._mock.exchanges.clear()
        try:
            yield
        finally:
            self._mock.restore(state)


def build(configuration: Configuration | None) -> MockPlatform:
    """Return a platform that keeps its keys in the user's cache. Raises ValueError for what is configured amiss."""
    return MockPlatform(configuration, ring=KeyRing(cache_folder(os.environ)))


@contextmanager
def served(mock: MockPlatform) -> Iterator[Platform]:
    """Serve a platform on a free port until the block ends; neither a thread nor a socket is left over."""
    with mock.serving() as server:
        yield Platform(_mock=mock, _server=server)
