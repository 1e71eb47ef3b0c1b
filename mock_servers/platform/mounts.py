"""Which application a request is for: at a real host's own URL what is there, else all the services at once.

Each application is made and imported at its first call: few sessions call them all.
"""
# ruff: noqa: PLC0415 - which is why they are imported here, and there alone

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from mock_servers.gateway.service import find_api, flows_named
from mock_servers.http.guard import guarded
from mock_servers.platform.environments import Environments
from mock_servers.platform.services import Services
from mock_servers.state.real_host import TEST_SUITE_HOSTS, Hosts, Plays, RealHost
from mock_servers.state.seeds import APIS
from mock_servers.wire.deferred import Deferred
from mock_servers.wire.wsgi import CONTROL, IN_PROCESS, PREFIX, THROUGH_PROXY, base, origin

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.apim.service import Service as TokenService
    from mock_servers.gateway.service import Service as Gateway
    from mock_servers.identity_provider.service import Service as ProviderService

_SLASHES: Final = re.compile(r"//+")
_OWN: Final = "/_nhsauth"
_CALLBACK: Final = f"{_OWN}/callback"
"""The page that clients' log-ins end at."""
_PAGE_FILES: Final = ("/_nhsauth/style.css", "/_nhsauth/journal.js")
"""Where pages find their style and their script, below every name of the mock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Where an application lives: `prefix` is what its own paths lie below, `paths` which of them lead to it."""

    prefix: str
    paths: tuple[str, ...]
    application: WSGIApplication

    def leads(self, path: str) -> bool:
        """Whether a path leads there."""
        return any(path == own or path.startswith(f"{own}/") for own in self.paths)

    def called(
        self, environ: WSGIEnvironment, start_response: StartResponse, prefix: str, path: str
    ) -> Iterable[bytes]:
        """Answer as the application does, for a path below the mock's own prefix."""
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = f"{prefix}{self.prefix}", path[len(self.prefix) :] or "/"
        return self.application(environ, start_response)


class Mounts:
    """All applications of one mock, as one WSGI application; `own_api` is what answers below `/_nhsauth`."""

    def __init__(self, services: Services, environments: Environments, own_api: WSGIApplication) -> None:
        self._services = services
        self._environments = environments
        self._names = services.parts.names
        self._trusted_proxies = [ip_network(each) for each in services.parts.configuration.trusted_proxies]
        self._faults = services.parts.faults
        self._own = _mount(_OWN, own_api)
        self._of_hosts: dict[str, list[Mount]] = {}
        self._lock = threading.Lock()
        *platform, elsewhere = self._of_platform(self._services.token_services)
        managed = [*self._management(), *self._management_log_in()]
        self._all = [*platform, *managed, *self._at_own_paths(list(self._services.providers.values())), elsewhere]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does that the request is for."""
        self._believe_proxy(environ)
        if CONTROL in environ:
            return self._answer_control(environ, start_response)
        real = self._names.hosts.of_origin(origin(environ))
        environ[PREFIX] = prefix = "" if real is not None else self._names.prefix
        own = base(environ)
        if self._names.is_clients(own, through_proxy=THROUGH_PROXY in environ):
            return _empty_page(environ, start_response)
        self._names.origins.learn(own)
        path = self._path(environ)
        mounts, is_open = self._all if real is None else self._of(real), self._is_open(environ, path)
        mount = next(mount for mount in mounts if mount.leads(path) and (is_open or mount is not self._own))
        return mount.called(environ, start_response, prefix, path)

    def _is_open(self, environ: WSGIEnvironment, path: str) -> bool:
        """Whether the control API answers beside the services: all of it does unless it has a port of its own."""
        return self._names.control_url is None or path == _CALLBACK or IN_PROCESS in environ

    def _answer_control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer at the port that has the control API alone."""
        environ[PREFIX] = prefix = self._names.prefix
        path = self._path(environ)
        mounts = (*self._own_mounts(), _mount("", partial(_nothing_else, f"{prefix}{_OWN}/")))
        mount = next(mount for mount in mounts if mount.leads(path))
        return mount.called(environ, start_response, prefix, path)

    def is_quick(self, environ: WSGIEnvironment) -> bool:
        """Whether a request is answered from what is here; a team's own API takes its time, and bodies as they come."""
        return find_api(self._services.parts.store, self._path(environ)) is None

    def _path(self, environ: WSGIEnvironment) -> str:
        """Return the path below the prefix; at a real host nothing has one."""
        path = _SLASHES.sub("/", environ.get("PATH_INFO", "") or "/")
        return path.removeprefix(environ.get(PREFIX, self._names.prefix)) or "/"

    def _believe_proxy(self, environ: WSGIEnvironment) -> None:
        if not self._trusted_proxies or not self._is_trusted(environ.get("REMOTE_ADDR", "")):
            return
        forwarded = {"wsgi.url_scheme": "HTTP_X_FORWARDED_PROTO", "HTTP_HOST": "HTTP_X_FORWARDED_HOST"}
        for name, header in forwarded.items():
            value = environ.get(header, "").partition(",")[0].strip()
            if value:
                environ[name] = value

    def _is_trusted(self, remote: str) -> bool:
        try:
            address = ip_address(remote)
        except ValueError:  # the mock's own call, or a test's
            return False
        mapped = getattr(address, "ipv4_mapped", None)  # how a socket of IPv6 tells of a client of IPv4
        return any((mapped or address) in network for network in self._trusted_proxies)

    def _of(self, real: RealHost) -> list[Mount]:
        """Return the applications of a real host, the last of which takes what is left."""
        found = self._of_hosts.get(real.name)
        if found is not None:
            return found
        with self._lock:
            if real.name not in self._of_hosts:
                self._of_hosts[real.name] = self._made(real)
            return self._of_hosts[real.name]

    def _made(self, real: RealHost) -> list[Mount]:
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
            *(_mount(each.mount, self._token_service(each)) for each in token_services),
            *(_mount(f"/{api.api}", self._api(gateway, api.flows, with_faults=api.with_faults)) for api in APIS),
            _mount("", self._api(gateway, "own_api:FLOWS", own_apis=True)),
        ]

    def _of_providers(self, services: Sequence[ProviderService]) -> list[Mount]:
        nowhere = _mount("", self._provider(services[0], nowhere=True))
        return [*self._own_mounts(), *self._at_own_paths(services), nowhere]

    def _of_test_suites(self, plays: Plays) -> list[Mount]:
        """Return what answers at a host that only public test suites call; most have nothing to say."""
        answering = {
            "management": self._management,
            "management_log_in": self._management_log_in,
            "key_sets": self._foreign_key_set,
        }
        return [*self._own_mounts(), *answering.get(plays, list)(), _mount("", _nothing)]

    def _own_mounts(self) -> list[Mount]:
        pages = [_mount(path, _page_file(path)) for path in _PAGE_FILES]
        return [*pages, self._own]

    def _at_own_paths(self, services: Sequence[ProviderService]) -> list[Mount]:
        """Return providers below their paths, and what their product answers for realms that do not exist."""
        realms = [(service, service.provider.realms_path) for service in services if service.provider.realms_path]
        return [
            *(self._at_own_path(service) for service in services),
            *(Mount(prefix="", paths=(path,), application=self._provider(service)) for service, path in realms),
        ]

    def _at_own_path(self, service: ProviderService) -> Mount:
        provider = service.provider
        own = (provider.path,) if provider.path else (provider.discovery_path, *provider.endpoints.values())
        return Mount(prefix=provider.path, paths=own, application=self._provider(service, with_faults=True))

    def _token_service(self, service: TokenService) -> WSGIApplication:
        def make() -> WSGIApplication:
            from mock_servers.platform.token_service import create_app

            return create_app(service, self._faults)

        return Deferred(make)

    def _provider(
        self, service: ProviderService, *, with_faults: bool = False, nowhere: bool = False
    ) -> WSGIApplication:
        def make() -> WSGIApplication:
            from mock_servers.platform.identity_provider import create_app

            return create_app(service, self._faults if with_faults else None, nowhere=nowhere)

        return Deferred(make)

    def _api(
        self, gateway: Gateway, flows: str, *, with_faults: bool = True, own_apis: bool = False
    ) -> WSGIApplication:
        def make() -> WSGIApplication:
            from mock_servers.platform.gateway import create_app

            return create_app(
                gateway,
                flows_named(flows),
                self._faults if with_faults else None,
                own_apis=own_apis,
            )

        return Deferred(make)

    def _management(self) -> list[Mount]:
        def make() -> WSGIApplication:
            from mock_servers.platform.management import create_app

            return create_app(self._services.management())

        return [self._guarded_mount("/v1/organizations", make)]

    def _management_log_in(self) -> list[Mount]:
        def make() -> WSGIApplication:
            from mock_servers.platform.management import create_log_in_app

            return create_log_in_app(self._services.management())

        return [self._guarded_mount("/oauth/token", make)]

    def _guarded_mount(self, prefix: str, make: Callable[[], WSGIApplication]) -> Mount:
        names, public_urls = self._names, self._services.parts.configuration.public_urls
        real = Hosts((*TEST_SUITE_HOSTS, *names.hosts))
        return _mount(prefix, guarded(Deferred(make), lambda: (*public_urls, names.url), real))

    def _foreign_key_set(self) -> list[Mount]:
        from mock_servers.faults.foreign_key_set import application

        return [_mount("", application(self._services.parts.ring))]


def _mount(prefix: str, application: WSGIApplication) -> Mount:
    return Mount(prefix=prefix, paths=(prefix,), application=application)


def _page_file(path: str) -> WSGIApplication:
    def make() -> WSGIApplication:
        from mock_servers import pages

        return {pages.STYLE_PATH: pages.style, pages.SCRIPT_PATH: pages.script}[path]

    return Deferred(make)


def _nothing(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]


def _nothing_else(page: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Lead a person from the front door of a port to the page, the one thing that is there; tell all others so."""
    if environ["PATH_INFO"] == "/":
        start_response("302 Found", [("Location", page), ("Content-Length", "0")])
        return [b""]
    detail = f"This port has the control API alone, below {page}"
    body = json.dumps({"type": "about:blank", "title": "Not Found", "status": 404, "detail": detail}).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start_response("404 Not Found", headers)
    return [body]


def _empty_page(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer in the place of a client's page, for whoever follows a redirect to its end."""
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")])
    return [b""]
