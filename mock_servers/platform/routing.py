"""Routes requests to applications: one table of prefixes for the mock's own names, and one for each real host.

Each application is imported and made at its first call, because few test runs call them all.
"""
# ruff: noqa: PLC0415 - which is why they are imported here, and there alone

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import flask
from werkzeug.routing import Rule as FlaskRoute

from mock_servers.pipeline.application import MountedApp
from mock_servers.platform.environments import Environments
from mock_servers.settings.real_host import TEST_SUITE_HOSTS, Hosts, Plays, RealHost
from mock_servers.state.seed_data import APIS
from mock_servers.wire.wsgi import PREFIX

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.apim.service import Service as TokenService
    from mock_servers.gateway.service import Service as Gateway
    from mock_servers.identity_provider.service import Service as ProviderService

CONTROL_PATH: Final = "/_nhsauth"
CALLBACK: Final = f"{CONTROL_PATH}/callback"
"""The page that clients' log-ins end at."""
_PAGE_FILES: Final = ("/_nhsauth/style.css", "/_nhsauth/journal.js", "/_nhsauth/console.js")
"""Where pages find their style and their scripts, below every name of the mock."""


class Mount:
    """An application below a `prefix`. It gets requests to its `paths` and to all paths below them.

    `application` is `None` until its first call.
    """

    __slots__ = ("application", "below", "is_control", "make", "paths", "prefix")

    def __init__(
        self,
        prefix: str,
        make: Callable[[], WSGIApplication],
        paths: Sequence[str] | None = None,
        *,
        is_control: bool = False,
    ) -> None:
        self.prefix = prefix
        self.make = make
        self.paths = tuple(paths) if paths is not None else (prefix,)
        self.below = tuple(f"{path}/" for path in self.paths)
        self.is_control = is_control
        self.application: WSGIApplication | None = None


class Mounts:
    """The tables of one mock. `control` makes the application of the control API; hooks of `outer` hold in all."""

    outer: flask.Flask

    def __init__(self, environments: Environments, control: Callable[[], WSGIApplication]) -> None:
        self._services = environments.services
        self._environments = environments
        self._names = self._services.parts.names
        self._faults = self._services.parts.faults
        self._control = Mount(CONTROL_PATH, control, is_control=True)
        self._of_hosts: dict[str, list[Mount]] = {}
        self._lock = threading.RLock()
        *platform, elsewhere = self._of_platform(self._services.token_services)
        managed = [*self._management(), *self._management_log_in()]
        providers = self._at_own_paths(list(self._services.providers.values()))
        self.platform: Sequence[Mount] = (*platform, *managed, *providers, elsewhere)
        """What is at the mock's own names; the last takes what is left."""
        self.control: Sequence[Mount] = (*self._own_mounts(), Mount("", lambda: _nothing_else))
        """What is at the port of the control API, where that has one of its own."""

    def made(self, mount: Mount) -> WSGIApplication:
        """Return the application of a mount, made once."""
        with self._lock:
            if mount.application is None:
                application = mount.make()
                if isinstance(application, MountedApp):
                    application.share_hooks_of(self.outer)
                mount.application = application
            return mount.application

    def service(self, path: str) -> flask.Flask:
        """Return the Flask application at a path. Raises LookupError, listing the paths there are."""
        found = {mount.prefix or "/": mount for mount in self.platform if mount.prefix not in _PAGE_FILES}
        application = self.made(found[path]) if path in found else None
        if isinstance(application, flask.Flask):
            return application
        raise LookupError(f"no service is at {path!r}; there are {', '.join(sorted(found))}")

    def flask_routes(self) -> Iterator[FlaskRoute]:
        """Return the routes of all services at the mock's own names, as their applications have them."""
        for mount in self.platform:
            application = self.made(mount)
            if isinstance(application, flask.Flask):
                name = application.import_name.split(".")[-2]
                for route in application.url_map.iter_rules():
                    if route.methods is not None:
                        yield FlaskRoute(
                            f"{mount.prefix}{route.rule}", endpoint=f"{name}.{route.endpoint}", methods=route.methods
                        )

    def at_host(self, real: RealHost) -> Sequence[Mount]:
        """Return the mounts at a real host; the last takes all other paths."""
        found = self._of_hosts.get(real.name)
        if found is not None:
            return found
        with self._lock:
            if real.name not in self._of_hosts:
                self._of_hosts[real.name] = self._of_host(real)
            return self._of_hosts[real.name]

    def _of_host(self, real: RealHost) -> list[Mount]:
        if real.plays == "platform":
            return self._of_platform(self._environments.token_services(real.environment))
        if self._environments.is_provider(real.plays):
            return self._of_providers(self._environments.providers(real.plays, real.environment))
        if real.plays == "realms":
            return self._of_providers(self._environments.all_realms())
        return self._of_test_suites(real.plays)

    def _of_platform(self, token_services: Sequence[TokenService]) -> list[Mount]:
        gateway = self._services.gateway(token_services[0].settings)
        return [
            *self._own_mounts(),
            *(Mount(each.mount, partial(self._token_service, each)) for each in token_services),
            *(
                Mount(f"/{each.api}", partial(self._api, gateway, each.api, with_faults=each.with_faults))
                for each in APIS
            ),
            Mount("", partial(self._api, gateway)),
        ]

    def _of_providers(self, services: Sequence[ProviderService]) -> list[Mount]:
        nowhere = Mount("", partial(self._provider, services[0], nowhere=True))
        return [*self._own_mounts(), *self._at_own_paths(services), nowhere]

    def _of_test_suites(self, plays: Plays) -> list[Mount]:
        """Return the mounts at a host that only public test suites call."""
        answering = {
            "management": self._management,
            "management_log_in": self._management_log_in,
            "key_sets": self._foreign_key_set,
        }
        return [*self._own_mounts(), *answering.get(plays, list)(), Mount("", lambda: nothing)]

    def _own_mounts(self) -> list[Mount]:
        return [*(Mount(path, partial(_page_file, path)) for path in _PAGE_FILES), self._control]

    def _at_own_paths(self, services: Sequence[ProviderService]) -> list[Mount]:
        """Return the providers at their paths, and the answers of their product for realms that do not exist."""
        realms = [(service, service.provider.realms_path) for service in services if service.provider.realms_path]
        return [
            *(self._at_own_path(service) for service in services),
            *(Mount("", partial(self._provider, service, nowhere=True), [path]) for service, path in realms),
        ]

    def _at_own_path(self, service: ProviderService) -> Mount:
        provider = service.provider
        own = (provider.path,) if provider.path else (provider.discovery_path, *provider.endpoints.values())
        return Mount(provider.path, partial(self._provider, service, with_faults=True), own)

    # what makes each application

    def _token_service(self, service: TokenService) -> WSGIApplication:
        from mock_servers.apim.app import create_app

        return create_app(service, self._faults)

    def _provider(
        self, service: ProviderService, *, with_faults: bool = False, nowhere: bool = False
    ) -> WSGIApplication:
        from mock_servers.identity_provider.app import create_app

        return create_app(service, self._faults if with_faults else None, nowhere=nowhere)

    def _api(self, gateway: Gateway, api: str = "", *, with_faults: bool = True) -> WSGIApplication:
        from mock_servers.gateway.app import create_app

        return create_app(gateway, api, self._faults if with_faults else None)

    def _management(self) -> list[Mount]:
        def make() -> WSGIApplication:
            from mock_servers.management.app import create_app

            return create_app(self._services.management(), self._guard())

        return [Mount("/v1/organizations", make)]

    def _management_log_in(self) -> list[Mount]:
        def make() -> WSGIApplication:
            from mock_servers.management.app import create_log_in_app

            return create_log_in_app(self._services.management(), self._guard())

        return [Mount("/oauth/token", make)]

    def _guard(self) -> Callable[[], flask.Response | None]:
        from mock_servers.pipeline import guard

        names, public_urls = self._names, self._services.parts.configuration.public_urls
        real = Hosts((*TEST_SUITE_HOSTS, *names.hosts))
        return guard.before_request(lambda: (*public_urls, names.url), real)

    def _foreign_key_set(self) -> list[Mount]:
        from mock_servers.faults.foreign_key_set import application

        return [Mount("", lambda: application(self._services.parts.ring))]


def _page_file(path: str) -> WSGIApplication:
    from mock_servers import pages

    files = {pages.STYLE_PATH: pages.style, pages.SCRIPT_PATH: pages.script, pages.COPY_PATH: pages.copy_script}
    return files[path]


def nothing(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer 404."""
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]


def _nothing_else(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """At a port with the control API alone: redirect a browser from the root to the page; answer others with 404."""
    page = f"{environ[PREFIX]}{CONTROL_PATH}/"
    if environ["PATH_INFO"] == "/":
        start_response("302 Found", [("Location", page), ("Content-Length", "0")])
        return [b""]
    detail = f"This port has the control API alone, below {page}"
    body = json.dumps({"type": "about:blank", "title": "Not Found", "status": 404, "detail": detail}).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start_response("404 Not Found", headers)
    return [body]


def empty_page(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer in the place of a client's page, for a program that follows a redirect to its end."""
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")])
    return [b""]
