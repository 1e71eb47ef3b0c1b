"""The management API and its log-in, as Flask applications. Both return secrets, so a guard runs before each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from mock_servers.management import errors, log_in
from mock_servers.management.flows import APP, KEY, ROUTES, SESSIONS, render
from mock_servers.management.service import Exchange, Service
from mock_servers.pipeline import parse
from mock_servers.pipeline.application import ServiceApp
from mock_servers.pipeline.render import compact
from mock_servers.pipeline.response import Outgoing
from mock_servers.pipeline.service import Served
from mock_servers.wire.request import Request
from mock_servers.wire.routes import Route, Routes

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    import flask

    from mock_servers.diagnosis.case import Known

Guard = Callable[[], "flask.Response | None"]
_ORGANIZATION: Final = "/<organization>"


class ManagementApp(ServiceApp[Exchange]):
    """Routes by the path as it was written: a name may hold an escaped slash, and a doubled slash makes no part."""

    def path_of(self, environ: WSGIEnvironment) -> str:
        """Return the path below the mount, each part escaped in one way."""
        parts = [part for part in urlsplit(parse.target_of(environ)).path.split("/") if part]
        mounted = len(self.served.mount.split("/")) - 1 if environ["SCRIPT_NAME"].endswith(self.served.mount) else 0
        return "/" + "/".join(quote(unquote(part), safe="") for part in parts[mounted:])


def create_app(service: Service, guard: Guard = lambda: None) -> ServiceApp[Exchange]:
    """Return the management API as a `flask.Flask`; mount it at `/v1/organizations`. `guard` runs before each call."""
    app = ManagementApp(__name__, _served(service, "management", ROUTES, mount="/v1/organizations"))
    app.before_request(guard)
    for bind in (_apps, _keys, _products, _proxies, _debug_sessions, _access_tokens):
        bind(app)
    return app


def _apps(app: ServiceApp[Exchange]) -> None:
    @app.at("/<organization>/developers/<developer>/apps")
    def developer_apps(route: Route[Exchange]) -> Outgoing:
        """List or create the apps of a developer."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{APP}")
    def developer_app(route: Route[Exchange]) -> Outgoing:
        """Show, change, approve, revoke or delete an app."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{APP}/attributes")
    def app_attributes(route: Route[Exchange]) -> Outgoing:
        """Show or replace all attributes of an app."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{APP}/attributes/<attribute>")
    def app_attribute(route: Route[Exchange]) -> Outgoing:
        """Show, set or remove an attribute of an app."""
        return app.answer(route)

    @app.at("/<organization>/apps/<app_id>")
    def app_by_id(route: Route[Exchange]) -> Outgoing:
        """Show or delete an app by its id."""
        return app.answer(route)


def _keys(app: ServiceApp[Exchange]) -> None:
    @app.at(f"{_ORGANIZATION}{APP}/keys/create")
    def imported_key(route: Route[Exchange]) -> Outgoing:
        """Import a key and a secret for an app."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{KEY}")
    def key(route: Route[Exchange]) -> Outgoing:
        """Show, approve, revoke, change or delete a key."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{KEY}/apiproducts/<product>")
    def key_product(route: Route[Exchange]) -> Outgoing:
        """Approve, revoke or remove a product of a key."""
        return app.answer(route)


def _products(app: ServiceApp[Exchange]) -> None:
    @app.at("/<organization>/apiproducts")
    def products(route: Route[Exchange]) -> Outgoing:
        """List or create products."""
        return app.answer(route)

    @app.at("/<organization>/apiproducts/<product>")
    def product(route: Route[Exchange]) -> Outgoing:
        """Show, change or delete a product."""
        return app.answer(route)

    @app.at("/<organization>/apiproducts/<product>/attributes")
    def product_attributes(route: Route[Exchange]) -> Outgoing:
        """Show or replace all attributes of a product."""
        return app.answer(route)

    @app.at("/<organization>/apiproducts/<product>/attributes/<attribute>")
    def product_attribute(route: Route[Exchange]) -> Outgoing:
        """Show, set or remove an attribute of a product."""
        return app.answer(route)


def _proxies(app: ServiceApp[Exchange]) -> None:
    @app.at("/<organization>/apis/<proxy>/deployments")
    def deployments(route: Route[Exchange]) -> Outgoing:
        """Show where a proxy is deployed."""
        return app.answer(route)

    @app.at("/<organization>/apis/<proxy>/revisions/<revision>")
    def revision(route: Route[Exchange]) -> Outgoing:
        """Show a revision of a proxy."""
        return app.answer(route)


def _debug_sessions(app: ServiceApp[Exchange]) -> None:
    @app.at(f"{_ORGANIZATION}{SESSIONS}")
    def debug_sessions(route: Route[Exchange]) -> Outgoing:
        """List or begin debug sessions."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{SESSIONS}/<session>")
    def debug_session(route: Route[Exchange]) -> Outgoing:
        """End a debug session."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{SESSIONS}/<session>/data")
    def transactions(route: Route[Exchange]) -> Outgoing:
        """List the calls that a debug session has recorded."""
        return app.answer(route)

    @app.at(f"{_ORGANIZATION}{SESSIONS}/<session>/data/<transaction>")
    def transaction(route: Route[Exchange]) -> Outgoing:
        """Show a call that a debug session has recorded."""
        return app.answer(route)


def _access_tokens(app: ServiceApp[Exchange]) -> None:
    @app.at("/<organization>/oauth2/accesstokens/<token>")
    def access_token(route: Route[Exchange]) -> Outgoing:
        """Show, change, approve, revoke or delete an access token."""
        return app.answer(route)

    @app.at("/<organization>/oauth2/search")
    def search(route: Route[Exchange]) -> Outgoing:
        """Find the access tokens of an app or a person."""
        return app.answer(route)

    @app.at("/<organization>/oauth2/revoke")
    def revoke(route: Route[Exchange]) -> Outgoing:
        """Revoke the access tokens of an app or a person."""
        return app.answer(route)


def create_log_in_app(service: Service, guard: Guard = lambda: None) -> ServiceApp[Exchange]:
    """Return the log-in of the management API as a `flask.Flask`, for `/oauth/token`. `guard` runs before each call."""
    app = ServiceApp(__name__, _served(service, "management log-in", log_in.ROUTES, mount="/oauth/token"))
    app.before_request(guard)

    @app.at("/")
    def token(route: Route[Exchange]) -> Outgoing:
        """Issue a bearer for the management API to any person."""
        return app.answer(route)

    return app


def _served(service: Service, name: str, routes: Routes[Exchange], *, mount: str) -> Served[Exchange]:
    def exchange(request: Request) -> Exchange:
        return Exchange(request=request, service=service, now=service.clock.now())

    return Served(
        name=name,
        mount=mount,
        routes=routes,
        exchange=exchange,
        render=render,
        write=compact,
        message_id=service.identifiers.message_id,
        store=service.store,
        known=lambda: _known_of(service),
        fault=errors.FAULT,
        journal=service.journal,
        keeps_successes=False,
    )


def _known_of(service: Service) -> Known:
    from mock_servers.diagnosis.case import Known  # noqa: PLC0415 - for refusals alone

    return Known(store=service.store, journal=service.journal, environment=service.settings.environment)
