"""The fixtures. The modules that they import at their first use do the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, cast

import pytest

from pytest_nhsauth import logs, markers, report, settings

if TYPE_CHECKING:
    from requests import Session

    from mock_servers.client import Client
    from mock_servers.real_hosts.variables import RealNames
    from mock_servers.state.configuration import Configuration
    from pytest_nhsauth.access import Access
    from pytest_nhsauth.clock import Clock
    from pytest_nhsauth.exchanges import Exchanges
    from pytest_nhsauth.faults import Faults
    from pytest_nhsauth.gateway import Gateway
    from pytest_nhsauth.platform import Platform
    from pytest_nhsauth.registered_app import AppFactory, ClientAssertionFactory, IdTokenFactory, RegisteredApp
    from pytest_nhsauth.settings import Settings
    from pytest_nhsauth.target import Target


@pytest.fixture(scope="session")
def nhsauth_settings(pytestconfig: pytest.Config) -> Settings:
    """The configuration of the mock; override it in a conftest to configure from Python.

    Return `pytest_nhsauth.Settings(configuration=pytest_nhsauth.Configuration(…))`.
    """
    return pytestconfig.stash[settings.SETTINGS]


@pytest.fixture(scope="session")
def nhsauth_platform(nhsauth_settings: Settings, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """The mock platform of the whole session, on a free port; never reset by itself.

    For fixtures wider than a test, and for tests with `@given`; every other test uses `nhsauth`.
    """
    from pytest_nhsauth.platform import Platform  # noqa: PLC0415 - the servers are loaded only from here on

    of_session = pytestconfig.stash[settings.SETTINGS]
    target = nhsauth_settings.target.value or of_session.target.value
    token = nhsauth_settings.target_token or of_session.target_token
    with ExitStack() as stack:
        if not pytestconfig.getini(logs.PROPAGATE):
            stack.enter_context(logs.kept_apart())
        own = nhsauth_settings.configuration if nhsauth_settings is not of_session else None
        started = stack.enter_context(
            _connected(target, token, own, pytestconfig) if target else _served(nhsauth_settings)
        )
        pytestconfig.stash[report.PLATFORM] = platform = Platform(started)
        stack.callback(platform.close)
        yield platform


@pytest.fixture
def nhsauth(nhsauth_platform: Platform, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The mock of the API platform, CIS2 and NHS login; after each test it is as before.

    Its URLs, `apps`, `users`, `exchanges`, `clock` and `faults`. What wider fixtures have added stays; the journal
    starts empty.
    """
    from pytest_nhsauth.target import ServerDiedError  # noqa: PLC0415 - as above

    if nhsauth_platform.death:
        pytest.fail(nhsauth_platform.death, pytrace=False)
    try:
        with nhsauth_platform.isolated(), nhsauth_platform.faults.warned_of():
            yield nhsauth_platform
            report.keep(request.node, nhsauth_platform.exchanges)
    except ServerDiedError as died:
        raise pytest.fail.Exception(str(died), pytrace=False) from None


@pytest.fixture
def nhsauth_app(nhsauth: Platform) -> RegisteredApp:
    """The registered app: `client_id`, `client_secret`, `private_key_pem`, `kid`, `jwks`, `redirect_uri`."""
    try:
        return nhsauth.app()
    except LookupError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def nhsauth_new_app(nhsauth: Platform) -> AppFactory:
    """Registers more apps, for this test: `nhsauth_new_app(scopes=[…]) -> app`; members as in the configuration."""
    return nhsauth.new_app


@pytest.fixture(scope="session")
def _nhsauth_http() -> Iterator[Session]:
    """One kept connection for the clients of all tests: a new one would take as long as an exchange."""
    from pytest_nhsauth.http_session import KeptSession  # noqa: PLC0415 - as above

    with KeptSession() as http:
        yield cast("Session", http)


@pytest.fixture
def nhsauth_client(nhsauth: Platform, nhsauth_app: RegisteredApp, _nhsauth_http: Session) -> Client:
    """A correct client of the registered app: `client_credentials()`, `token_exchange(id_token)`, `refresh(token)`.

    It keeps a token until that is nearly over by the mock's clock; after `forget()` the next call asks for a new one.
    """
    try:
        return nhsauth.client(nhsauth_app, session=_nhsauth_http)
    except LookupError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def nhsauth_client_assertion(nhsauth_app: RegisteredApp) -> ClientAssertionFactory:
    """Signs client assertions of the registered app: `(claims={}, headers={}, without=(), key=None) -> str`.

    `without` names members to leave out (`exp`, `header.kid`); `key` signs instead of the app's own.
    """
    return nhsauth_app.client_assertion


@pytest.fixture
def nhsauth_id_token(nhsauth_app: RegisteredApp) -> IdTokenFactory:
    """Gives id tokens for the registered app: `(user, provider="cis2", level, claims={}, headers={}, without=())`.

    Without `user` the provider's first person who reaches `level` logs in.
    """
    return nhsauth_app.id_token


@pytest.fixture
def nhsauth_access_token(nhsauth: Platform, request: pytest.FixtureRequest, _nhsauth_http: Session) -> str:
    """The access token that the marker asks for: `@pytest.mark.nhsauth(access="healthcare_worker", level="aal3")`.

    A fresh one from the token service; the journal shows the request. Without a marker, and for level0, an error.
    """
    from pytest_nhsauth import access  # noqa: PLC0415 - as above

    try:
        wanted = _asked_for(request)
        return access.token(nhsauth, _named_app(nhsauth, wanted, request), wanted, _nhsauth_http)
    except (LookupError, ValueError, access.NoAccessError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def nhsauth_auth_headers(nhsauth: Platform, request: pytest.FixtureRequest) -> dict[str, str]:
    """The headers that the marker asks for: `{"Authorization": "Bearer …"}`, or `{"apikey": …}` for level0."""
    wanted = _asked_for(request)
    if not wanted.by_api_key:
        return {"Authorization": f"Bearer {request.getfixturevalue('nhsauth_access_token')}"}
    try:
        return {"apikey": _named_app(nhsauth, wanted, request).client_id}
    except LookupError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _named_app(platform: Platform, wanted: Access, request: pytest.FixtureRequest) -> RegisteredApp:
    """Return the app that a marker names, else the fixture's: a conftest may have replaced it."""
    app: RegisteredApp = platform.app(wanted.app) if wanted.app else request.getfixturevalue("nhsauth_app")
    return app


def _asked_for(request: pytest.FixtureRequest) -> Access:
    wanted = markers.wanted(request.node)
    if wanted is None:
        pytest.fail(
            f"{request.fixturename} gives what a marker asks for, as @pytest.mark.{markers.EXAMPLE}", pytrace=False
        )
    return wanted


@pytest.fixture
def nhsauth_env(
    nhsauth: Platform,
    nhsauth_app: RegisteredApp,
    nhsauth_settings: Settings,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """Sets the environment variables that the ini's `nhsauth_env` names, for this test, and returns them.

    A line is `NAME=value`, with `{token_url}` and the like filled in: the platform's and the registered app's.
    """
    from pytest_nhsauth import env  # noqa: PLC0415 - as above

    templates = nhsauth_settings.env or pytestconfig.stash[settings.SETTINGS].env
    if not templates:
        pytest.fail("the ini names no variables: nhsauth_env = NAME={token_url}, one a line", pytrace=False)
    try:
        values = env.filled(templates, nhsauth, nhsauth_app, tmp_path_factory.mktemp("nhsauth"))
    except LookupError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in values.items():
            patch.setenv(variable, value)
        yield values


@pytest.fixture
def nhsauth_real_names(nhsauth: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNames]:
    """Directs this test's clients, and the programs it starts, to the mock when they call the real host names.

    `https://int.api.service.nhs.uk` and the others, by the environment's proxy variables and by name look-ups. What the
    fixtures sign has the real URLs. `url`, `hosts` and `store`, the files with which clients trust the mock.
    """
    from pytest_nhsauth.real_names import reached  # noqa: PLC0415 - as above

    with ExitStack() as stack:
        try:
            known = stack.enter_context(nhsauth.real_names(tmp_path_factory.mktemp("nhsauth-tls")))
        except LookupError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        yield stack.enter_context(reached(known))


@pytest.fixture
def nhsauth_clock(nhsauth: Platform) -> Clock:
    """The mock's time: `now`, `set`, `advance`, `freeze`, `reset`. The machine's own time stays as it is."""
    return nhsauth.clock


@pytest.fixture
def nhsauth_faults(nhsauth: Platform) -> Faults:
    """The faults of this test: `next("token", status=503)`, `down("cis2")`. Unused ones cause a warning."""
    return nhsauth.faults


@pytest.fixture
def nhsauth_gateway(nhsauth: Platform) -> Iterator[Gateway]:
    """Puts your API behind the platform's gateway: `(upstream, scopes=(), open=False, path=…) -> url`.

    `upstream` is its URL, or a WSGI application.
    """
    from pytest_nhsauth.gateway import gateway  # noqa: PLC0415 - as above

    with gateway(nhsauth) as put:
        yield put


@pytest.fixture
def nhsauth_exchanges(nhsauth: Platform) -> Exchanges:
    """The mock's exchanges in this test: a sequence with `last`, `refused`, `where`, `assert_one`, `assert_none`."""
    return nhsauth.exchanges


@contextmanager
def _served(chosen: Settings) -> Iterator[Target]:
    from pytest_nhsauth.target import served  # noqa: PLC0415 - as above

    with _entered(served(chosen.configuration), "the mock cannot be started", OSError, ValueError) as target:
        yield target


@contextmanager
def _connected(
    url: str, token: str | None, configuration: Configuration | None, config: pytest.Config
) -> Iterator[Target]:
    from mock_servers.state.world import PREFIX as WORLDS  # noqa: PLC0415 - as above
    from pytest_nhsauth.control_api import NotAMockError  # noqa: PLC0415 - as above
    from pytest_nhsauth.remote import connected  # noqa: PLC0415 - as above
    from pytest_nhsauth.target import ServerDiedError  # noqa: PLC0415 - as above

    words = "the target cannot be used"
    with _entered(
        connected(url, token, configuration=configuration), words, ServerDiedError, NotAMockError, ValueError
    ) as target:
        workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
        if workers > 1 and (WORLDS in url or WORLDS not in target.url):
            pytest.fail(
                f"{workers} workers share {url}, and each would undo what the others do: run with -n 1, or name a "
                "mock that makes a world for each",
                pytrace=False,
            )
        yield target


@contextmanager
def _entered(context: AbstractContextManager[Target], words: str, *errors: type[Exception]) -> Iterator[Target]:
    """Enter a context. If that raises one of these errors, the test fails with one line."""
    with ExitStack() as stack:
        try:
            target = stack.enter_context(context)
        except errors as error:
            raise pytest.fail.Exception(f"{words}: {error}", pytrace=False) from None
        yield target
