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
from mock_servers.pipeline.service import Served
from mock_servers.wire.routes import Routes

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    import flask

    from mock_servers.diagnosis.case import Known

Guard = Callable[[], "flask.Response | None"]
_ORGANIZATION: Final = "/<organization>"
VIEWS: Final = {
    "developer_apps": ("/<organization>/developers/<developer>/apps", "List or create the apps of a developer."),
    "developer_app": (f"{_ORGANIZATION}{APP}", "Show, change, approve, revoke or delete an app."),
    "app_attributes": (f"{_ORGANIZATION}{APP}/attributes", "Show or replace all attributes of an app."),
    "app_attribute": (f"{_ORGANIZATION}{APP}/attributes/<attribute>", "Show, set or remove an attribute of an app."),
    "app_by_id": ("/<organization>/apps/<app_id>", "Show or delete an app by its id."),
    "imported_key": (f"{_ORGANIZATION}{APP}/keys/create", "Import a key and a secret for an app."),
    "key": (f"{_ORGANIZATION}{KEY}", "Show, approve, revoke, change or delete a key."),
    "key_product": (f"{_ORGANIZATION}{KEY}/apiproducts/<product>", "Approve, revoke or remove a product of a key."),
    "products": ("/<organization>/apiproducts", "List or create products."),
    "product": ("/<organization>/apiproducts/<product>", "Show, change or delete a product."),
    "product_attributes": (
        "/<organization>/apiproducts/<product>/attributes",
        "Show or replace all attributes of a product.",
    ),
    "product_attribute": (
        "/<organization>/apiproducts/<product>/attributes/<attribute>",
        "Show, set or remove an attribute of a product.",
    ),
    "deployments": ("/<organization>/apis/<proxy>/deployments", "Show where a proxy is deployed."),
    "revision": ("/<organization>/apis/<proxy>/revisions/<revision>", "Show a revision of a proxy."),
    "debug_sessions": (f"{_ORGANIZATION}{SESSIONS}", "List or begin debug sessions."),
    "debug_session": (f"{_ORGANIZATION}{SESSIONS}/<session>", "End a debug session."),
    "transactions": (f"{_ORGANIZATION}{SESSIONS}/<session>/data", "List the calls that a debug session has recorded."),
    "transaction": (
        f"{_ORGANIZATION}{SESSIONS}/<session>/data/<transaction>",
        "Show a call that a debug session has recorded.",
    ),
    "access_token": (
        "/<organization>/oauth2/accesstokens/<token>",
        "Show, change, approve, revoke or delete an access token.",
    ),
    "search": ("/<organization>/oauth2/search", "Find the access tokens of an app or a person."),
    "revoke": ("/<organization>/oauth2/revoke", "Revoke the access tokens of an app or a person."),
}
"""The views by name: the path of each, and what it does."""


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
    app.bind(VIEWS)
    return app


def create_log_in_app(service: Service, guard: Guard = lambda: None) -> ServiceApp[Exchange]:
    """Return the log-in of the management API as a `flask.Flask`, for `/oauth/token`. `guard` runs before each call."""
    app = ServiceApp(__name__, _served(service, "management log-in", log_in.ROUTES, mount="/oauth/token"))
    app.before_request(guard)
    app.bind({"token": ("/", "Issue a bearer for the management API to any person.")})
    return app


def _served(service: Service, name: str, routes: Routes[Exchange], *, mount: str) -> Served[Exchange]:
    return Served(
        name=name,
        mount=mount,
        routes=routes,
        exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
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
