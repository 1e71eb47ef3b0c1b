"""The platform for tests: its URLs, its data, its exchanges, and what it signs for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mock_servers.state.configuration import Api
from pytest_nhsauth.apps import Apps
from pytest_nhsauth.clock import Clock
from pytest_nhsauth.error_location import blames_caller
from pytest_nhsauth.exchanges import Exchanges
from pytest_nhsauth.explanation import Explanation
from pytest_nhsauth.faults import Faults
from pytest_nhsauth.registered_app import RegisteredApp
from pytest_nhsauth.target import ServerDiedError, Target
from pytest_nhsauth.users import Users

if TYPE_CHECKING:
    from requests import Session

    from mock_servers.client import Client
    from mock_servers.real_hosts.variables import RealNames
    from pytest_nhsauth.http_session import KeptSession


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An identity provider's issuer and URLs, as in its discovery document.

    `end_session_url` is None without such an endpoint: NHS login and the mock realms end no session.
    """

    name: str
    issuer: str
    discovery_url: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    jwks_url: str
    end_session_url: str | None


class Platform:
    """A running mock of the API platform, CIS2 and NHS login, in this process or another.

    URLs have no slash at their end. `apps` are the registered apps, `users` the people who can log in, `exchanges` the
    requests and answers, `clock` the service's time, which the fixtures' signatures follow, `faults` the ordered
    faults. Every call of the mock raises ServerDiedError once it no longer answers.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self.apps = Apps(target.apps)
        self.users = Users(target)
        self.exchanges = Exchanges(target.exchanges)
        self.clock = Clock(target.clock)
        self.faults = Faults(target.faults)
        self._http: KeptSession | None = None

    def __repr__(self) -> str:
        return f"Platform(url={self._target.url!r})"

    @property
    def url(self) -> str:
        """The base of all URLs: `http://127.0.0.1:…`. Raises ServerDiedError."""
        __tracebackhide__ = True
        death = self.death
        if death is not None:
            raise ServerDiedError(death)
        return self._target.url

    @property
    def control_url(self) -> str:
        """The page and the control API: `http://127.0.0.1:…/_nhsauth`; a running mock may have them at another port."""
        return self._target.control_url

    @property
    def death(self) -> str | None:
        """Why the mock no longer answers, in a sentence; None while it answers, as far as is known."""
        return self._target.death

    def real_names(self, folder: Path) -> AbstractContextManager[RealNames]:
        """Be reached by the real host names until the block ends; files may go into `folder`. Raises LookupError."""
        return self._target.real_names(folder)

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
        urls = self._target.provider_urls(name)
        return IdentityProvider(
            name=name,
            issuer=urls["issuer"],
            discovery_url=urls["discovery"],
            authorize_url=urls["authorize"],
            token_url=urls["token"],
            userinfo_url=urls["userinfo"],
            jwks_url=urls["jwks"],
            end_session_url=urls.get("end_session"),
        )

    @blames_caller
    def app(self, client_id: str | None = None) -> RegisteredApp:
        """Return a registered app; without a client id the first. Raises LookupError."""
        app = self.apps.get(client_id) if client_id is not None else next(iter(self.apps.all()), None)
        if app is None:
            raise LookupError("no app is registered: name one under [[apps]], or no list at all for the ready-made app")
        return RegisteredApp(client_id=app.client_id, _target=self._target)

    @blames_caller
    def new_app(self, *, make_key: bool = True, **given: Any) -> RegisteredApp:
        """Register an app with these members, named as in the configuration; missing ones are generated.

        It gets a key pair unless `jwks` or `jwks_url` is given. Raises ValueError for an unknown or invalid member, and
        for a client id that is taken.
        """
        return self.app(self.apps.create(make_key=make_key, **given).client_id)

    @blames_caller
    def client(self, app: RegisteredApp | str | None = None, *, session: Session | None = None) -> Client:
        """Return a correct client of an app, by default the first, or that of a client id.

        It goes by the mock's clock and keeps a token until that is nearly over; after its `forget()` the next call asks
        for a new one. Raises LookupError for an unknown app, and for a private key that the mock does not hold.
        """
        from pytest_nhsauth.client import Client  # noqa: PLC0415 - cryptography is loaded for who asks for tokens

        of = self.app(app) if app is None or isinstance(app, str) else app
        return Client(
            token_url=self.token_url,
            client_id=of.client_id,
            private_key=of.private_key,
            kid=of.kid,
            client_secret=of.client_secret,
            session=session or self._kept_session(),
            now=self.clock.now,
        )

    def _kept_session(self) -> Session:
        from pytest_nhsauth.http_session import KeptSession  # noqa: PLC0415 - the same

        if self._http is None:
            self._http = KeptSession()
        return cast("Session", self._http)

    def close(self) -> None:
        """Close the connections of the clients that `client` has made; the mock itself runs on."""
        if self._http is not None:
            self._http.close()

    def add_api(self, api: Api) -> None:
        """Put an API of your own behind the gateway, as `[[apis]]` does. Raises ValueError when its path is taken."""
        self._target.add_api(api)

    @blames_caller
    def log_in(self, authorize_url: str, *, user: str, outcome: str = "ok", level: str | None = None) -> str:
        """Log a person in without a browser, and return the last redirect: the client's URI with a code.

        `authorize_url` is the platform's, or a provider's. `outcome` is one of `ok`, `cancelled`, `consent_refused`,
        `level_too_low`, `provider_error`, `slow`; `level` one that the person reaches, by default their highest. Raises
        ValueError for a URL that is not the mock's, LogInError for a log-in that does not end: a refused request, an
        unknown user.
        """
        return self._target.log_in(authorize_url, user=user, outcome=outcome, level=level)

    @blames_caller
    def explain(self, value: str, as_: str | None = None, *, token_url: str | None = None) -> Explanation:
        """Say what a value is (a token, code, key, secret or message id), and how the service would judge it.

        `as_` is the parameter that it would be sent as, by default the one that it is made for: `client_assertion`,
        `subject_token`, `refresh_token`, `code`, `access_token` or `apikey`. `token_url` is where it would be posted.
        Nothing is used up. Raises ValueError for another parameter.
        """
        return Explanation.read(self._target.explain(value, role=as_, token_url=token_url))

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Begin with an empty journal, and put apps, people, tokens and clock back as they were at the end.

        The fixture `nhsauth` does so for each test; a test with `@given` may for each example.
        """
        state = self._target.snapshot()
        self._target.exchanges.clear()
        try:
            yield
        finally:
            self._target.restore(state)
