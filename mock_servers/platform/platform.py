"""The platform as tests, people and the control API use it: its services, its state, and the tokens it signs."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import TYPE_CHECKING

from mock_servers.gateway.service import find_api
from mock_servers.http import server as http_server
from mock_servers.http.server import ExtraWorker, Server
from mock_servers.jose.jwks import UnreachableError
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.platform import initial_state
from mock_servers.platform.outage import Outage
from mock_servers.platform.shared_parts import initial_content, parts_of
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state import seed_data
from mock_servers.state.app import App, own_key_name
from mock_servers.state.clock import KEY, Clock
from mock_servers.state.configuration import READY_MADE_APP, Api, Configuration
from mock_servers.state.log_in import LogInError
from mock_servers.state.person import Person
from mock_servers.state.table import Backend, Content, StateError
from mock_servers.wire.wsgi import CONTROL, below

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.apim.service import Service as TokenService
    from mock_servers.identity_provider.log_ins import LogInRequest
    from mock_servers.identity_provider.service import Service as ProviderService
    from mock_servers.journal.provenance import OtherWorld
    from mock_servers.platform.app import PlatformApp
    from mock_servers.platform.environments import Environments
    from mock_servers.platform.host_names import HostNames
    from mock_servers.platform.in_process import InProcess
    from mock_servers.platform.worlds import Worlds
    from mock_servers.real_hosts.variables import RealNames
    from mock_servers.state.world import World


class ApiExistsError(ValueError):
    """Another API is at this path already."""


class Platform:
    """One mock platform. Two with different configurations can run side by side, independent of each other.

    `names` says where it is served (or, before that, where `nhsauth serve` would serve it) and how else it is called.
    `random` seeds every fresh value, `ring` holds the keys, `providers` its identity providers; `leaving`: it stops.
    As a `world` it answers below a path of a server's, real hosts' own URLs apart; `root` has the `worlds`.
    """

    worlds: Worlds[Platform] | None = None
    _server: Server | None = None
    _made: Environments | None = None
    _app: PlatformApp | None = None

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        ring: KeyRing | None = None,
        providers: tuple[Provider, ...] = PROVIDERS,
        world: World | None = None,
        backend: Backend | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.clock = clock or Clock()
        parts = parts_of(
            self.configuration,
            clock=self.clock,
            random=random,
            ring=ring or KeyRing(),
            providers=providers,
            world=world,
            backend=backend,
            elsewhere=self.elsewhere,
        )
        self.ring, self.names, self.store = parts.ring, parts.names, parts.store
        self.exchanges = parts.exchanges
        self.faults = parts.faults
        self.apps, self.developer_apps = parts.apps, parts.developer_apps
        self.identifiers = parts.identifiers
        self._parts, self._making = parts, threading.RLock()
        self.root, self.world, self.leaving = self, world, threading.Event()
        self.outage = Outage(self.store.backend.probe)
        initial = initial_content(parts)
        if self.configuration.key_files:
            self._environments  # noqa: B018 - so that a key which cannot be used is reported at the start
        self._ready_made: App | None = dict(initial["apps"]).get(READY_MADE_APP.client_id)
        self._start = {**initial, "clock": [(KEY, self.clock.snapshot())]}
        self.snapshots = initial_state.Snapshots(self.store)

    @property
    def url(self) -> str:
        """Where it is served, without a slash at its end."""
        return self.names.url

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.url}/oauth2/token"

    @property
    def death(self) -> str | None:
        """Why its server died, in a sentence; `None` while it runs."""
        failure = self._server.failure if self._server is not None else None
        if failure is None:
            return None
        return f"The mock's server has died of {failure!r}: nothing answers at {self.url} any more."

    @property
    def in_process(self) -> InProcess:
        """Calls its URLs without a socket."""
        return self._environments.services.in_process

    @property
    def _environments(self) -> Environments:
        """All services; made for the first request, or the first call that needs one."""
        if self._made is not None:
            return self._made
        # 20 ms that a test without a request spares
        from mock_servers.platform.environments import Environments  # noqa: PLC0415 - see above
        from mock_servers.platform.in_process import InProcess  # noqa: PLC0415 - see above
        from mock_servers.platform.service_wiring import Services  # noqa: PLC0415 - see above

        with self._making:
            if self._made is None:
                self._made = Environments(Services(self._parts, InProcess(self, self.names.script_of)))
            return self._made

    @property
    def app(self) -> PlatformApp:
        """The whole of it as one `flask.Flask`, made when first asked for."""
        if self._app is not None:
            return self._app
        # Flask takes 90 ms that a test without a request spares
        from mock_servers.platform.app import PlatformApp  # noqa: PLC0415 - see above
        from mock_servers.platform.routing import Mounts  # noqa: PLC0415 - see above

        with self._making:
            if self._app is None:
                self._app = PlatformApp(
                    self.names,
                    self.outage,
                    Mounts(self._environments, self.control_app),
                    trusted_proxies=self.configuration.trusted_proxies,
                    world_of=self.world_app,
                    whole=self.whole_app(),
                )
                self._app.extensions["nhsauth"] = self
            return self._app

    # services and people

    @property
    def providers(self) -> Mapping[str, ProviderService]:
        """The identity providers of the configured environment, and all realms, by their words."""
        return self._environments.services.providers

    @property
    def token_services(self) -> Sequence[TokenService]:
        """The deployments of the token service in the configured environment."""
        return self._environments.services.token_services

    def provider(self, name: str) -> ProviderService:
        """Return an identity provider by its word. Raises LookupError, listing those there are."""
        if name not in self.providers:
            raise LookupError(f"provider {name!r} is none of {', '.join(self.providers)}")
        return self.providers[name]

    def provider_at(self, origin: str) -> ProviderService:
        """Return the provider of a real host. Raises LookupError for any other origin."""
        return self._environments.provider_at(origin)

    def token_services_at(self, url: str) -> Sequence[TokenService]:
        """Return the token services at a URL: those of the environment if it is a real host's, else all."""
        return self._environments.token_services_at(url)

    def provider_urls(self, name: str, *, base: str | None = None) -> Mapping[str, str]:
        """Return a provider's `issuer`, `discovery`, `authorize`, `token`, `userinfo`, `jwks`, and any `end_session`.

        They are below `base`, the platform's own URL unless given. Raises LookupError.
        """
        provider, base = self.provider(name).provider, base or self.url
        words = ("authorize", "token", "userinfo", "jwks", "end_session")
        endpoints = {word: f"{base}{provider.endpoint(word)}" for word in words if word in provider.endpoints}
        return {"issuer": f"{base}{provider.path}", "discovery": f"{base}{provider.discovery_path}", **endpoints}

    def people(self) -> list[Person]:
        """Return all people who can log in."""
        return self.store.people.values()

    def put_person(self, person: Person) -> None:
        """Add a person; it replaces one with the same provider and id."""
        self.store.people.put((person.provider, person.id), person)

    def add_api(self, api: Api) -> Api:
        """Add a team's own API behind the gateway, with a product of its own. Raises ApiExistsError."""
        if not self.store.apis.add(api.path, api):
            raise ApiExistsError(f"an API is at {api.path!r} already: choose another path, or remove that one")
        for product in seed_data.products(self.names.environments, [(api.path, api.scopes)]):
            self.store.products.add(product.name, product)
        return api

    def made_key_of(self, app: App) -> bool:
        """Whether the mock made the key of an app itself, rather than read it from a file of the user's."""
        return app.key_name not in (None, own_key_name(app.client_id))

    def elsewhere(self, key: bytes) -> OtherWorld | None:  # noqa: ARG002 - who has worlds looks there
        """Find a value that another world of the same server issued, by its hash; without worlds, `None`."""
        return None

    # codes, tokens and log-ins

    def issue_code(self, provider: str, wanted: LogInRequest, redirect_uri: str) -> str:
        """Log a person in without a form, and return the authorization code."""
        from mock_servers.identity_provider import log_ins  # noqa: PLC0415 - for who logs anybody in

        service = self.provider(provider)
        return log_ins.issue_code(service, log_ins.log_in(service, wanted), redirect_uri)

    def id_token(
        self, provider: str, wanted: LogInRequest, alterations: Alterations = UNALTERED, *, base: str | None = None
    ) -> str:
        """Return an id token, as after a log-in. `base` is the provider's base URL; by default one of the mock's names.

        The mock also starts its session, so the id token can be used as `id_token_hint` of a logout.
        """
        from mock_servers.identity_provider import log_ins  # noqa: PLC0415 - the same

        service = self.provider(provider)
        login, own = log_ins.log_in(service, wanted), self.names.of_provider(service.provider)
        log_ins.begin_session(service, login)
        return log_ins.issue_id_token(service, base or own, login, alterations=alterations)

    def client_assertion(
        self,
        client_id: str,
        *,
        token_url: str | None = None,
        key: KeyPair | None = None,
        alterations: Alterations = UNALTERED,
    ) -> str:
        """Return a client assertion of an app, signed with `key` or the app's own. Raises LookupError without a key."""
        from mock_servers.apim import assertions  # noqa: PLC0415 - for who lets the mock sign

        assertion = assertions.sign(
            client_id=client_id,
            audience=token_url or self.names.audience,
            key=key or self.apps.key_pair(client_id),
            now=self.clock.now(),
            jti=self.identifiers.uuid(),
            alterations=alterations,
        )
        assertions.remember(self.store, assertion, client_id=client_id, now=self.clock.now())
        return assertion

    def log_in(self, authorize_url: str, *, user: str, outcome: str = "ok", level: str | None = None) -> str:
        """Log a person in as a browser would, in process; return the redirect at the end of the log-in.

        Raises ValueError for a URL that is not the mock's, LogInError for a log-in that does not end.
        """
        names, visit = self.names, self.in_process.visit
        if not names.is_called(authorize_url):
            raise ValueError(f"{authorize_url!r} is no URL of this mock, which is {', '.join(names.origins)}")
        from mock_servers.identity_provider import headless  # noqa: PLC0415 - a parser of pages, for who logs in so

        try:
            return headless.log_in(visit, authorize_url, user, is_own=names.is_way, outcome=outcome, level=level)
        except UnreachableError as reason:
            raise LogInError(f"The log-in was broken off: {reason}") from None

    def own(self, url: str) -> tuple[int, bytes] | None:
        """Answer a GET for a URL of the mock itself, in process; `None` for any other URL."""
        return self._environments.services.own(url)

    # its state

    def snapshot(self) -> Content:
        """Return the state of store and clock, for `restore`; keys stay as they are."""
        content = self.store.snapshot()
        return content if self.store.backend.is_shared else {**content, "clock": [(KEY, self.clock.snapshot())]}

    def restore(self, state: Content) -> None:
        """Empty the journal, restore an earlier state of store and clock, and end the delays of faults."""
        self.let_go()
        self.exchanges.clear()  # first: what explains an exchange is the state that it met
        spoilt, self.faults.spoilt_keys = self.faults.spoilt_keys, False
        kept = {} if spoilt else initial_state.own_key_sets(self.store, state, self.url)
        content = {**state, "jwks": [*{**dict(state["jwks"]), **kept}.items()]}
        if not self.store.backend.is_shared:
            self.clock.restore(dict(content.pop("clock"))[KEY])
        self.store.restore(content)

    def reset(self) -> None:
        """Return to the state after start."""
        shared = initial_state.load_initial(self.store) if self.store.backend.is_shared else None
        self.restore(self._start if shared is None else shared)
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

    def start(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | socket.socket = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Server:
        """Serve the platform until it is stopped. Takes and raises what `http.server.start` does."""
        pause = self.faults.pause
        server = self._server = http_server.start(
            self, host=host, port=port, tls=tls, while_stopping=self.stopping, is_quick=self.is_quick
        )
        pause.served_by(server.extra_worker)
        self.served_at(server.url)
        return server

    def start_control(self, *, host: str = "127.0.0.1", port: int | socket.socket = 0) -> Server:
        """Serve the control API on a port of its own, and no longer beside the services. Call it before `start`."""
        server = http_server.start(self._only_control, host=host, port=port)
        self.names.control_url = server.url
        return server

    def _only_control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[CONTROL] = True
        return self(environ, start_response)

    def served_at(self, url: str) -> None:
        """Set where the platform is served. The ready-made app's callback moves there, unless the app was changed."""
        self.names.served_at(url)
        initial_state.call_back_at(self.store, self._ready_made, url)

    def reached_by_real_names(self, known: RealNames | None) -> None:
        """Set how clients also reach the platform under the names of its real hosts; `None`: not any more."""
        self.names.reached_by_real_names(known)

    def is_world(self, name: str) -> bool:
        """Whether there may be a world of this name; the thread that serves all clients asks no shared state."""
        return self.store.backend.is_shared or (self.worlds is not None and self.worlds.get(name) is not None)

    def all_names(self) -> list[HostNames]:
        """Return the names of the platform, and of each of its worlds."""
        return [self.names, *(each.names for each in self._worlds_made())]

    def _worlds_made(self) -> list[Platform]:
        return self.worlds.platforms() if self.worlds is not None else []

    def stopping(self, extra_worker: ExtraWorker) -> AbstractContextManager[None]:
        """Return a context for the time in which a server stops: it ends the delays of faults."""
        return self.faults.pause.stopping(extra_worker)

    def let_go(self) -> None:
        """End the delays of faults and the waits for a team's own API."""
        self.faults.pause.end_all()

    def is_quick(self, environ: WSGIEnvironment) -> bool:
        """Whether this process alone can answer a request: not a team's own API, nor a state on another server."""
        try:
            return self.store.backend.is_near and find_api(self.store, below(environ, self.names.prefix)) is None
        except StateError:  # which the application meets again, and reports
            return True

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        return self.app(environ, start_response)

    def world_app(self, environ: WSGIEnvironment) -> WSGIApplication | None:  # noqa: ARG002 - a mock looks for one
        """Return the application of the world that a request calls; a platform without worlds returns `None`."""
        return None

    def whole_app(self) -> PlatformApp | None:
        """Return the application whose routes and hooks also apply here; `None` if there is no other."""
        return None

    def control_app(self) -> WSGIApplication:
        """Return the application of the control API; here one that answers 404 to everything."""
        from mock_servers.platform.routing import nothing  # noqa: PLC0415 - Flask is loaded by now

        return nothing
