"""The whole platform as one Flask application: which service a request is for, and what a team adds to all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

import flask
from werkzeug.routing import Map, MapAdapter
from werkzeug.routing import Rule as FlaskRoute

from mock_servers.platform import outage
from mock_servers.platform.host_names import HostNames
from mock_servers.platform.outage import Outage
from mock_servers.platform.routing import CALLBACK, CONTROL_PATH, Mount, Mounts, empty_page
from mock_servers.state.table import StateError
from mock_servers.state.world import PREFIX as WORLDS
from mock_servers.wire.wsgi import CONTROL, IN_PROCESS, PREFIX, PROXY_USER, THROUGH_PROXY, below, host, origin

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_OWN: Final = "/_nhsauth/"
"""Below it the control API itself says that the state is out of reach, as it says everything."""
_PUBLIC: Final = re.compile(rf"{CONTROL_PATH}/(callback|health|apps/.+/jwks)")
"""What of it is for people, probes and services: the page that ends a log-in, the health, the key set of an app."""

_TRANSPORT_SECURITY: Final = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


class _Map(Map):
    """The routes that a team adds, to which `iter_rules` adds those of all services."""

    services: Callable[[], Iterable[FlaskRoute]] = tuple

    def iter_rules(self, endpoint: str | None = None) -> Iterator[FlaskRoute]:
        """Return every route, for `flask routes`."""
        yield from super().iter_rules(endpoint)
        yield from (route for route in self.services() if endpoint in (None, route.endpoint))


class PlatformApp(flask.Flask):
    """All services of one mock. A route, hook or error handler that is added here holds for each of them.

    A request goes straight to the application of its service, by a table of hosts and prefixes. This application takes
    part in it where a team has added a route. `world_of` finds the application of the world that a request is for,
    `whole` is the application whose routes and hooks hold here: that of the root mock, for a world.
    """

    url_map_class = _Map

    def __init__(
        self,
        names: HostNames,
        outage: Outage,
        mounts: Mounts,
        *,
        trusted_proxies: Iterable[str],
        world_of: Callable[[WSGIEnvironment], WSGIApplication | None],
        whole: PlatformApp | None,
    ) -> None:
        self.has_routes = False
        super().__init__(__name__, static_folder=None, template_folder=None)
        self._names = names
        self._outage = outage
        self._mounts = mounts
        self._trusted_proxies = [ip_network(each) for each in trusted_proxies]
        self._world_of = world_of
        self._whole = whole or self
        self.url_map.services = mounts.flask_routes  # type: ignore[attr-defined] # it is a _Map
        self.on_first_base: Callable[[str], object] | None = None
        mounts.outer = self._whole

    def add_url_rule(self, *args: Any, **kwargs: Any) -> None:
        """Add a route, as any Flask application does; it comes before those of the services."""
        super().add_url_rule(*args, **kwargs)
        self.has_routes = True

    def service(self, path: str) -> flask.Flask:
        """Return the application of the service at a path such as `/oauth2`. Raises LookupError, listing the paths."""
        return self._mounts.service(path)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Answer as a WSGI application; while the state is out of reach, as the mock itself."""
        if IN_PROCESS in environ:  # what it meets is for the request that this call is made for
            return self._routed(environ, start_response)
        try:
            if self._outage.lasts and _OWN not in environ["PATH_INFO"]:
                self._outage.check()
            return self._routed(environ, start_response)
        except StateError as error:
            self._outage.note(error)
            return outage.answer(error, start_response)

    def _routed(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if PROXY_USER in environ or WORLDS in environ["PATH_INFO"]:
            world = self._world_of(environ)
            if world is not None:
                return world(environ, start_response)
        if self._trusted_proxies:
            self._believe_proxy(environ)
        if CONTROL in environ:
            return self._answer_control(environ, start_response)
        return self._answer(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        names, called, script = self._names, origin(environ), environ.get("SCRIPT_NAME", "")
        real = names.hosts.of_origin(called)
        environ[PREFIX] = prefix = "" if real is not None else f"{script}{names.prefix}"
        by_proxy = THROUGH_PROXY in environ
        if (by_proxy or names.client_hosts) and names.is_clients(f"{called}{prefix}", through_proxy=by_proxy):
            return empty_page(environ, start_response)
        names.origins.learn(f"{called}{prefix}")
        if script:
            names.scripts.add(script)
        if self.on_first_base is not None:
            self._follow(f"{called}{prefix}")
        path = below(environ, names.prefix if real is None else "")
        if self._whole.has_routes and self._whole.takes(environ, prefix, path):
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path
            return self._whole.answer_itself(environ, start_response)
        mounts = self._mounts.platform if real is None else self._mounts.at_host(real)
        is_open = names.control_url is None or _is_public(path, environ) or IN_PROCESS in environ
        mount = next(
            each
            for each in mounts
            if (path in each.paths or path.startswith(each.below)) and (is_open or not each.is_control)
        )
        if real is not None and real.plays == "platform" and not mount.is_control:
            start_response = _with_transport_security(start_response)
        return self._called(mount, environ, start_response, path)

    def _called(
        self, mount: Mount, environ: WSGIEnvironment, start_response: StartResponse, path: str
    ) -> Iterable[bytes]:
        """Answer as a mounted application does."""
        application = mount.application or self._mounts.made(mount)
        environ["SCRIPT_NAME"] = f"{environ[PREFIX]}{mount.prefix}"
        environ["PATH_INFO"] = path[len(mount.prefix) :] or "/"
        return application(environ, start_response)

    def takes(self, environ: WSGIEnvironment, prefix: str, path: str) -> bool:
        """Whether a team's own route has this path."""
        adapter = MapAdapter(
            self.url_map,
            server_name=host(environ),
            script_name=f"{prefix}/",
            subdomain="",
            url_scheme=environ["wsgi.url_scheme"],
            path_info=path,
            default_method=environ["REQUEST_METHOD"],
        )
        return adapter.test() or bool(adapter.allowed_methods())

    def answer_itself(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by a route of a team's own, as any Flask application does."""
        return super().wsgi_app(environ, start_response)

    def _follow(self, own: str) -> None:
        """Take the base URL of the first request as the place where the mock is served, if no server of ours set it."""
        follow, self.on_first_base = self.on_first_base, None
        if follow is not None:
            follow(own)

    def _answer_control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request at the control API's own port."""
        environ[PREFIX] = f"{environ.get('SCRIPT_NAME', '')}{self._names.prefix}"
        path = below(environ, self._names.prefix)
        mount = next(each for each in self._mounts.control if path in each.paths or path.startswith(each.below))
        return self._called(mount, environ, start_response, path)

    def _believe_proxy(self, environ: WSGIEnvironment) -> None:
        if not self._is_trusted(environ.get("REMOTE_ADDR", "")):
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
        mapped = getattr(address, "ipv4_mapped", None)  # how a socket of IPv6 reports a client of IPv4
        return any((mapped or address) in network for network in self._trusted_proxies)


def _with_transport_security(start_response: StartResponse) -> StartResponse:
    """Add the header that the platform sends with every answer (Q), unless an API has set it. A real name is TLS."""

    def begin(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
        is_there = any(name.lower() == _TRANSPORT_SECURITY[0].lower() for name, _ in headers)
        return start_response(status, headers if is_there else [*headers, _TRANSPORT_SECURITY], *exc_info)

    return begin


def _is_public(path: str, environ: WSGIEnvironment) -> bool:
    return _PUBLIC.fullmatch(path) is not None and (path == CALLBACK or environ["REQUEST_METHOD"] in ("GET", "HEAD"))
