"""The platform whole: token services, identity providers, an API behind them and the mock's own API, on one port."""

from __future__ import annotations

import io
import json
import re
import ssl
import threading
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from wsgiref.util import setup_testing_defaults

from mock_servers.apim import assertions, platform_client
from mock_servers.apim.service import Service as TokenService
from mock_servers.faults import foreign_key_set
from mock_servers.faults.fetching import FaultyFetcher
from mock_servers.faults.ordered import Faults
from mock_servers.gateway.service import Service as Gateway
from mock_servers.gateway.service import passing_on
from mock_servers.http import server as serving
from mock_servers.http.server import Server
from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.cis2 import CIS2
from mock_servers.identity_provider.client import Client, client_of
from mock_servers.identity_provider.log_ins import Wanted
from mock_servers.identity_provider.nhs_login import NHS_LOGIN
from mock_servers.identity_provider.realms import mock_realms
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.jose.jwks import FetchedJwks, HttpFetcher, UnreachableError
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair, KeyRing, read_private_key
from mock_servers.journal.journal import Journal
from mock_servers.platform import mounts as applications
from mock_servers.platform.environments import Environments
from mock_servers.state import seeds
from mock_servers.state.app import App, own_key_name
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, REALMS, Api, Configuration
from mock_servers.state.portfolio import DeveloperApps
from mock_servers.state.provider import Provider
from mock_servers.state.real_host import Hosts, Plays, trust_of
from mock_servers.state.registration import Apps
from mock_servers.state.settings import ApimSettings, ProviderSettings
from mock_servers.state.store import Store, Table
from mock_servers.wire.deferred import Deferred
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.origins import Origins
from mock_servers.wire.wsgi import FAULT, IN_PROCESS, PATIENCE, host

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.management.service import Service as Management
    from mock_servers.real_hosts.variables import RealNames

SNAPSHOTS: Final = 20
"""States that are remembered for who asks over HTTP; the oldest go first."""

PROVIDER_BITS: Final = 2048
"""What the providers' own keys have; enough for RS256 and RS512, and quick to make."""

FETCH_TIMEOUT: Final = 5.0
"""Seconds for which a service waits for a key set."""

_LARGEST_GOOD: Final = 399
_SLASHES: Final = re.compile(r"//+")


class ApiExistsError(ValueError):
    """Another API is at this path already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Where an application lives: `prefix` is what its own paths lie below, `paths` which of them lead to it."""

    prefix: str
    paths: tuple[str, ...]
    application: WSGIApplication


class Platform:
    """One mock platform; two with different configurations live side by side without seeing each other.

    `url` is where it is served (or, before that, where `nhsauth serve` would serve it). `random` seeds every fresh
    value, `ring` holds the keys.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        ring: KeyRing | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.clock = clock or Clock()
        self.url = "http://127.0.0.1:8080"
        self.store = Store()
        self.exchanges = Journal(explains=self.configuration.diagnosis)
        self.identifiers = Identifiers(random)
        self.ring = ring or KeyRing()
        self.faults = Faults(self.store, self.ring)
        self.origins = Origins(self.configuration.public_urls)
        self.hosts = Hosts(self.configuration.more_hosts)
        self.real_names: RealNames | None = None
        self.apps = Apps(self.store, self.ring, self.identifiers)
        self.developer_apps = DeveloperApps(self.store)
        self.providers = {service.provider.name: service for service in self._provider_services()}
        self._register()
        self.token_services = self._token_services()
        self._control_application: WSGIApplication | None = None
        self._control_made = threading.Lock()
        self._mounts = self._all_mounts()
        self._environments = Environments(self)
        self._start = self.snapshot()
        self.snapshots: Table[Any] = Table(limit=SNAPSHOTS)

    # what a test or the control API does

    def provider(self, name: str) -> ProviderService:
        """Return an identity provider by its word. Raises LookupError, listing those there are."""
        if name not in self.providers:
            raise LookupError(f"provider {name!r} is none of {', '.join(self.providers)}")
        return self.providers[name]

    def log_in(self, provider: str, wanted: Wanted, redirect_uri: str) -> str:
        """Log a person in without a form, and return the authorization code."""
        service = self.provider(provider)
        return log_ins.issue_code(service, log_ins.log_in(service, wanted), redirect_uri)

    def id_token(
        self, provider: str, wanted: Wanted, alterations: Alterations = UNALTERED, *, origin: str | None = None
    ) -> str:
        """Return an id token, as after a log-in under one of the mock's names; `origin` is the provider's own."""
        service = self.provider(provider)
        login, own = log_ins.log_in(service, wanted), self.origin_of(service.provider)
        return log_ins.issue_id_token(service, origin or own, login, alterations=alterations)

    def client_assertion(
        self,
        client_id: str,
        *,
        token_url: str | None = None,
        key: KeyPair | None = None,
        alterations: Alterations = UNALTERED,
    ) -> str:
        """Return a client assertion of an app whose key the mock made. Raises LookupError."""
        app = self.apps.get(client_id)
        pair = key or self.apps.key(app)
        if pair is None:
            raise LookupError(f"the mock has no private key of app {client_id!r}: it was registered with a key set")
        assertion = assertions.sign(
            client_id=client_id,
            audience=token_url or self._audience(),
            key=pair,
            now=self.clock.now(),
            jti=self.identifiers.uuid(),
            alterations=alterations,
        )
        assertions.remember(self.store, assertion, client_id=client_id, now=self.clock.now())
        return assertion

    def add_api(self, api: Api) -> Api:
        """Put a team's own API behind the gateway, with a product of its own. Raises ApiExistsError."""
        if not self.store.apis.add(api.path, api):
            raise ApiExistsError(f"an API is at {api.path!r} already: choose another path, or remove that one")
        for product in seeds.products(self._played(), [(api.path, api.scopes)]):
            self.developer_apps.add_product(product)
        return api

    def made_key_of(self, app: App) -> bool:
        """Whether the mock made the key of an app itself, rather than read it from a file of the user's."""
        return app.key_name not in (None, own_key_name(app.client_id))

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.url}/oauth2/token"

    def _audience(self) -> str:
        """Return the token URL that clients call: the environment's real one, where they use the real names."""
        real = self.hosts.names_of("platform", self.configuration.apim.environment)
        return f"https://{real[0]}/oauth2/token" if self.real_names is not None and real else self.token_url

    def snapshot(self) -> tuple[Any, Any]:
        """Return the state of store and clock, for `restore`; keys stay as they are."""
        return self.store.snapshot(), self.clock.snapshot()

    def restore(self, state: tuple[Any, Any]) -> None:
        """Put store and clock back to an earlier state, empty the journal, and let those go on whom a fault holds."""
        content, reading = state
        self.faults.pause.end_all()
        self.store.restore({**content, "jwks": {**content["jwks"], **self._own_key_sets(content)}})
        self.clock.restore(reading)
        self.exchanges.clear()

    def _own_key_sets(self, content: Mapping[str, Mapping[Hashable, Any]]) -> dict[Hashable, FetchedJwks]:
        """Tell which key sets need not be fetched again: the mock's own, while its apps are the same."""
        spoilt, self.faults.spoilt_keys = self.faults.spoilt_keys, False
        if spoilt or content["apps"] != self.store.apps.snapshot():
            return {}
        return {key: kept for key, kept in self.store.jwks.snapshot().items() if kept.url.startswith(f"{self.url}/")}

    def reset(self) -> None:
        """Return to the state after start."""
        self.restore(self._start)
        self.served_at(self.url)

    # HTTP

    @contextmanager
    def serving(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
        """Serve the platform until the block ends; port 0 picks a free one."""
        server = self.start(host=host, port=port, tls=tls)
        try:
            yield server
        finally:
            server.stop()

    def start(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Server:
        """Serve the platform until it is stopped. Raises what `serving.start` raises."""
        pause = self.faults.pause
        server = serving.start(self, host=host, port=port, tls=tls, while_stopping=pause.stopping)
        pause.served_by(server.spare)
        self.served_at(server.url)
        return server

    def served_at(self, url: str) -> None:
        """Say where the platform is served; the ready-made app's callback follows."""
        self.url = url
        self.origins.add(url)
        known = self.store.apps.get(READY_MADE_APP.client_id)
        if known is not None and known is self._ready_made and known.redirect_uris is READY_MADE_APP.redirect_uris:
            self.apps.change(READY_MADE_APP.client_id, redirect_uris=(f"{url}/_nhsauth/callback",))

    def provider_at(self, origin: str) -> ProviderService:
        """Return the provider of a real host. Raises LookupError for any other origin."""
        real = self.hosts.of_origin(origin)
        if real is None or real.plays not in ("cis2", "nhs_login"):
            raise LookupError(f"{origin!r} is no identity provider's host")
        return self._environments.provider(real.plays, real.environment)

    def token_services_at(self, url: str) -> Sequence[TokenService]:
        """Return the token services that answer where a URL leads: those of a real host's environment, else all."""
        real = self.hosts.of_origin("://".join(urlsplit(url)[:2]))
        if real is None or real.plays != "platform":
            return self.token_services
        return self._environments.token_services(real.environment)

    def reached_by_real_names(self, known: RealNames | None) -> None:
        """Say that clients reach the platform by the names of its real hosts, too, and how; `None`: no longer."""
        self.real_names = known
        tell = self.origins.add if known is not None else self.origins.remove
        for each in self.hosts:
            tell(each.origin)

    def origin_of(self, provider: Provider) -> str:
        """Return under which name people log in at a provider: its real one, where clients use the real names."""
        real = f"https://{provider.hosts[0]}" if provider.hosts else self.url
        return real if self.real_names is not None else self.url

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application: at a real host's own URL what is there, else all the services at once."""
        self._believe_proxy(environ)
        origin = f"{environ['wsgi.url_scheme']}://{host(environ)}"
        self.origins.learn(origin)
        path = _SLASHES.sub("/", environ.get("PATH_INFO", "") or "/")
        real = self.hosts.of_origin(origin)
        mounts = self._mounts if real is None else self._environments.mounts(real)
        mount = next(mount for mount in mounts if _leads(mount, path))
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = mount.prefix, path[len(mount.prefix) :] or "/"
        return mount.application(environ, start_response)

    def _control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._control_made:
            if self._control_application is None:
                from mock_servers.control.app import create_app  # noqa: PLC0415 - 30 ms of a start, for its first call

                self._control_application = create_app(self)
        return self._control_application(environ, start_response)

    def _management(self) -> WSGIApplication:
        from mock_servers.platform.management import create_app  # noqa: PLC0415 - few ever call it: not a start's business

        return create_app(self._management_service())

    def _management_log_in(self) -> WSGIApplication:
        from mock_servers.platform.management import create_log_in_app  # noqa: PLC0415 - the same

        return create_log_in_app(self._management_service())

    def _management_service(self) -> Management:
        from mock_servers.management.service import Service as Management  # noqa: PLC0415 - the same

        return Management(
            settings=self.configuration.apim,
            clock=self.clock,
            store=self.store,
            identifiers=self.identifiers,
            journal=self.exchanges,
            apps=self.developer_apps,
            proxies=seeds.proxies(self._played(), (api.path for api in self.configuration.apis)),
        )

    def _believe_proxy(self, environ: WSGIEnvironment) -> None:
        if environ.get("REMOTE_ADDR") not in self.configuration.trusted_proxies:
            return
        forwarded = {"wsgi.url_scheme": "HTTP_X_FORWARDED_PROTO", "HTTP_HOST": "HTTP_X_FORWARDED_HOST"}
        for name, header in forwarded.items():
            value = environ.get(header, "").partition(",")[0].strip()
            if value:
                environ[name] = value

    def own(self, url: str) -> tuple[int, bytes] | None:
        """Answer a GET for a URL of the mock itself, in process: no socket, no deadlock of the pool."""
        if not self._is_own(url):
            return None
        parts = urlsplit(url)
        for app in self.apps.all() if parts.path.endswith("/jwks") else ():
            if parts.path == self.apps.jwks_path(app):
                return 200, json.dumps(self.apps.jwks(app)).encode()
        return self.call(url, patience=FETCH_TIMEOUT)

    def walk(self, authorize_url: str, user: str, *, outcome: str = "ok", level: str | None = None) -> str:
        """Log a person in as a browser would, in process; returns the redirect that ends the log-in.

        Raises ValueError for a URL that is not the mock's, LogInError for a log-in that comes to no end.
        """
        if not self.is_called(authorize_url):
            raise ValueError(f"{authorize_url!r} is no URL of this mock, which is {', '.join(self.origins)}")
        from mock_servers.identity_provider import headless  # noqa: PLC0415 - a parser of pages, for who logs in so

        try:
            return headless.log_in(self.visit, authorize_url, user, is_own=self._is_own, outcome=outcome, level=level)
        except UnreachableError as reason:
            raise headless.LogInError(f"The log-in was broken off: {reason}") from None

    def is_called(self, url: str) -> bool:
        """Whether a URL is below a name by which this mock was called, or is configured."""
        origin = _origin(url)
        return origin in self.origins or origin == self.url

    def _is_own(self, url: str) -> bool:
        """Whether the mock answers a URL: real hosts are its own for its own calls, whoever else can reach them."""
        return self.is_called(url) or self.hosts.of_origin(_origin(url)) is not None

    def call(
        self,
        url: str,
        form: Mapping[str, str] | None = None,
        bearer: str | None = None,
        *,
        patience: float | None = None,
    ) -> tuple[int, bytes]:
        """Call a URL of the mock itself, in process: a GET, or a POST of `form`; returns status and body.

        `patience` is for how many seconds the caller waits. Raises UnreachableError for a fault that leaves no answer
        of the service, or one that says that it is not well.
        """
        environ = _environ(url, form, bearer)
        if patience is not None:
            environ[PATIENCE] = patience
        status, _, body = self._answered(environ)
        if FAULT in environ and status > _LARGEST_GOOD:
            raise UnreachableError(f"it answered {status}, {environ[FAULT]}", status)
        return status, body

    def visit(
        self, url: str, form: Mapping[str, str] | None = None, bearer: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Call a URL of the mock itself as a browser does; returns status, headers and body, and follows no redirect.

        Raises UnreachableError when the connection is dropped.
        """
        return self._answered(_environ(url, form, bearer))

    def _answered(self, environ: WSGIEnvironment) -> tuple[int, dict[str, str], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = self(environ, lambda status, headers, *_: started.append((status, headers)))  # type: ignore[arg-type]
        try:
            answer = b"".join(body)
        except ConnectionAbortedError as broken:
            raise UnreachableError(f"it gave no whole answer, {environ.get(FAULT, broken)}") from broken
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        (status, headers) = started[0]
        return int(status.partition(" ")[0]), dict(headers), answer

    # wiring

    def _register(self) -> None:
        for client_id, path in self.configuration.private_keys.items():
            self.ring.add(own_key_name(client_id), read_private_key(path), own_key_name(client_id))
        for app in self.configuration.apps:
            self.apps.add(app)
        for person in self.configuration.people:
            self.store.people.put((person.provider, person.id), person)
        own = [(api.path, api.scopes) for api in self.configuration.apis]
        for product in seeds.products(self._played(), own):
            self.developer_apps.add_product(product)
        for api in self.configuration.apis:
            self.store.apis.put(api.path, api)
        self._subscribe_ready_made()

    def _subscribe_ready_made(self) -> None:
        """Let the ready-made app call every configured API: with no other to register, it is the team's own."""
        scopes = [scope for api in self.configuration.apis for scope in api.scopes]
        if scopes and READY_MADE_APP in self.configuration.apps:
            self.apps.change(READY_MADE_APP.client_id, scopes=(*READY_MADE_APP.scopes, *dict.fromkeys(scopes)))
        self._ready_made = self.store.apps.get(READY_MADE_APP.client_id)

    def _played(self) -> list[str]:
        """List the environments of the platform, the configured one first."""
        of_hosts = (host.environment for host in self.hosts if host.plays == "platform")
        return list(dict.fromkeys([self.configuration.apim.environment, *of_hosts]))

    def _provider_services(self) -> list[ProviderService]:
        realms: Mapping[str, ProviderSettings] = self.configuration.realms
        trust = trust_of(self.configuration.apim.environment)
        configured = [
            (replace(CIS2, hosts=self.hosts.names_of("cis2", trust.cis2[0])), self.configuration.cis2),
            (
                replace(NHS_LOGIN, hosts=self.hosts.names_of("nhs_login", trust.nhs_login[0])),
                self.configuration.nhs_login,
            ),
        ]
        of_realms = self.hosts.names_of("realms")
        environments = dict.fromkeys([REALMS, *(_environment(name) for name in realms)])
        for environment in environments:
            configured += [
                (replace(realm, hosts=of_realms), realms.get(realm.name, ProviderSettings()))
                for realm in mock_realms(environment)
            ]
        return [self.provider_service(provider, settings) for provider, settings in configured]

    def provider_service(self, provider: Provider, settings: ProviderSettings) -> ProviderService:
        """Wire a provider."""
        if settings.signing_key is not None:
            self.ring.add(provider.name, read_private_key(settings.signing_key), settings.kid)
        lifetimes = {
            name: value
            for name in ("id_token_lifetime", "access_token_lifetime", "refresh_token_lifetime", "code_lifetime")
            if (value := getattr(settings, name)) is not None
        }
        return ProviderService(
            provider=replace(provider, **lifetimes),
            settings=settings,
            clock=self.clock,
            store=self.store,
            identifiers=self.identifiers,
            journal=self.exchanges,
            key=lambda: self.ring.pair(provider.name, bits=PROVIDER_BITS, kid=settings.kid),
            find_client=lambda client_id: self._client(provider, client_id),
            fetch=self._fetch,
            send=self._send,
        )

    def _client(self, provider: Provider, client_id: str) -> Client | None:
        if client_id == platform_client.client_id_at(provider):
            return platform_client.platform_client(
                provider,
                "/oauth2-mock" if provider.hosts == self.hosts.names_of("realms") else "/oauth2",
                url=self.url,
                own_key=self._platform_key,
                is_own=self._is_own,
            )
        app = self.store.apps.get(client_id)
        if app is None:
            return None
        of_realms = {"cis2": app.cis2_realm_secret, "nhs_login": app.nhs_login_realm_secret}
        secret = of_realms[provider.people] if provider.name != provider.people else None
        return client_of(app, jwks_url=self._jwks_url(app) if app.has_keys else None, secret=secret)

    def _jwks_url(self, app: App) -> str:
        return app.jwks_url or f"{self.url}{self.apps.jwks_path(app)}"

    @property
    def _fetch(self) -> FaultyFetcher:
        return FaultyFetcher(
            fetch=self._fetcher(), faults=self.faults, owner=self._owner_of_key_set, timeout=FETCH_TIMEOUT
        )

    def _owner_of_key_set(self, url: str) -> str | None:
        return next((app.client_id for app in self.apps.all() if self._jwks_url(app) == url), None)

    def _fetcher(self) -> HttpFetcher:
        return HttpFetcher(own=self.own, allow_hosts=self.configuration.allow_hosts, timeout=FETCH_TIMEOUT)

    def _send(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Post a form: to the mock's own URLs in process, else within the fetcher's bounds. Raises UnreachableError."""
        return self.call(url, form) if self._is_own(url) else self._fetcher().post(url, form)

    def token_service(
        self,
        mount: str,
        settings: ApimSettings,
        providers: Iterable[ProviderService],
        *,
        also: Iterable[ProviderService] = (),
        is_real: bool = False,
    ) -> TokenService:
        """Wire a deployment of the token service."""
        return TokenService(
            mount=mount,
            settings=settings,
            providers=tuple(service.provider for service in providers),
            also=tuple(service.provider for service in also),
            is_real=is_real,
            hosts=self.hosts,
            clock=self.clock,
            store=self.store,
            identifiers=self.identifiers,
            fetch=self._fetch,
            origins=self.origins,
            journal=self.exchanges,
            jwks_url_of=self._jwks_url,
            call=self.call,
            own_key=self._platform_key,
            loaded_keys=self.ring.loaded,
        )

    def _platform_key(self) -> KeyPair:
        return self.ring.pair(platform_client.KEY_NAME, bits=platform_client.KEY_BITS)

    def _token_services(self) -> tuple[TokenService, ...]:
        real = [self.providers["cis2"], self.providers["nhs_login"]]
        realms = [service for name, service in self.providers.items() if name not in ("cis2", "nhs_login")]
        settings = self.configuration.apim
        return self.token_service("/oauth2", settings, real), self.token_service("/oauth2-mock", settings, realms)

    def _all_mounts(self) -> list[Mount]:
        *own, elsewhere = self.platform_mounts(self.token_services)
        managed = [*self._management_mounts(), *self._log_in_mounts()]
        return [*own, *managed, *_provider_mounts(self.providers.values(), self.faults), elsewhere]

    def _management_mounts(self) -> list[Mount]:
        return [_mount("/v1/organizations", Deferred(self._management))]

    def _log_in_mounts(self) -> list[Mount]:
        return [_mount("/oauth/token", Deferred(self._management_log_in))]

    def test_suite_mounts(self, plays: Plays) -> list[Mount]:
        """Return what answers at a host that only public test suites call; most have nothing to say."""
        answering = {
            "management": self._management_mounts(),
            "management_log_in": self._log_in_mounts(),
            "key_sets": [_mount("", foreign_key_set.application(self.ring))],
        }
        return [*self._own_mounts(), *answering.get(plays, []), _mount("", _nothing)]

    def platform_mounts(self, token_services: Sequence[TokenService]) -> list[Mount]:
        """Return what answers at the platform's hosts: the token services of one environment, and the APIs."""
        gateway = Gateway(
            settings=token_services[0].settings,
            clock=self.clock,
            store=self.store,
            identifiers=self.identifiers,
            journal=self.exchanges,
            send=passing_on(self.configuration.allow_hosts, self.faults.pause.elsewhere),
        )
        return [
            *self._own_mounts(),
            *(_mount(each.mount, applications.token_service(each, self.faults)) for each in token_services),
            *(_mount(*each) for each in applications.apis(gateway, self.faults)),
        ]

    def provider_mounts(self, services: Sequence[ProviderService]) -> list[Mount]:
        """Return what answers at a host of these providers."""
        return [
            *self._own_mounts(),
            *_provider_mounts(services, self.faults),
            _mount("", applications.provider(services[0], nowhere=True)),
        ]

    def empty_mounts(self) -> list[Mount]:
        """Return what answers at a host that has nothing to say."""
        return [*self._own_mounts(), _mount("", _nothing)]

    def _own_mounts(self) -> list[Mount]:
        pages = [_mount(path, applications.page_file(path)) for path in applications.PAGE_FILES]
        return [*pages, _mount("/_nhsauth", self._control)]


def _environ(url: str, form: Mapping[str, str] | None, bearer: str | None) -> WSGIEnvironment:
    parts, body = urlsplit(url), urlencode(form or {}).encode()
    environ: WSGIEnvironment = {
        IN_PROCESS: True,
        "REQUEST_METHOD": "GET" if form is None else "POST",
        "wsgi.url_scheme": parts.scheme,
        "HTTP_HOST": parts.netloc,
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if form is not None else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    if bearer is not None:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {bearer}"
    setup_testing_defaults(environ)
    return environ


def _mount(prefix: str, application: WSGIApplication) -> Mount:
    return Mount(prefix=prefix, paths=(prefix,), application=application)


def _provider_mount(service: ProviderService, faults: Faults) -> Mount:
    provider = service.provider
    own = (provider.path,) if provider.path else (provider.discovery_path, *provider.endpoints.values())
    return Mount(prefix=provider.path, paths=own, application=applications.provider(service, faults))


def _provider_mounts(services: Collection[ProviderService], faults: Faults) -> list[Mount]:
    realms = [_realms_mount(service) for service in services if service.provider.realms_path]
    return [*(_provider_mount(service, faults) for service in services), *realms]


def _realms_mount(service: ProviderService) -> Mount:
    """Lead to a provider what its product would answer for realms that do not exist."""
    return Mount(prefix="", paths=(service.provider.realms_path,), application=applications.provider(service))


def _leads(mount: Mount, path: str) -> bool:
    return any(path == own or path.startswith(f"{own}/") for own in mount.paths)


def _nothing(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _environment(realm: str) -> str:
    return realm.partition("-mock-")[2]
