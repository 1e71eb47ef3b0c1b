"""The gateway as Flask applications: one for each API behind it, and one for a team's own APIs and all that is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mock_servers.faults.ordered import Faults
from mock_servers.gateway import canary, flows, mock_jwks, own_api
from mock_servers.gateway.advice import advise
from mock_servers.gateway.flows import ELSEWHERE, FAULT, render, returned
from mock_servers.gateway.service import Exchange, Service, find_api
from mock_servers.journal import debug_session_trace
from mock_servers.pipeline.render import compact
from mock_servers.pipeline.service import Served
from mock_servers.rules import Flow
from mock_servers.wire.request import Answer, Request, Seen
from mock_servers.wire.routes import ANYWHERE, Routes

if TYPE_CHECKING:
    from mock_servers.diagnosis.case import Known
    from mock_servers.pipeline.application import ServiceApp, Views


_APIS: Final[Mapping[str, tuple[Routes[Exchange], Views]]] = {
    "hello-world": (
        flows.ROUTES,
        {
            "hello_world": ("/hello/world", "Greet anybody."),
            "hello_application": ("/hello/application", "Greet an application that sends an API key or a token."),
            "hello_user": ("/hello/user", "Greet a person whose token is sent."),
        },
    ),
    "mock-jwks": (
        mock_jwks.ROUTES,
        {
            "ping": ("/_ping", "Return the deployed version."),
            "status": ("/_status", "Return the proxy's health to callers with the status key."),
            "status_endpoint_api_key": (
                "/status-endpoint-api-key",
                "Return the status key to the proxies of the platform.",
            ),
            "keycloak_client_credentials": (
                "/keycloak-client-credentials",
                "Return the platform's client id and secret at the mock realms.",
            ),
            **{
                path.strip("/").replace("/", "_"): (path, "Let a caller in who has the access that the path names.")
                for path in mock_jwks.TEST_AUTH
            },
            "root": ("/", "Return what is in the path, decoded from base64."),
            "decoded": (ANYWHERE, "Return what is in the path, decoded from base64."),
        },
    ),
    "canary-api": (
        canary.ROUTES,
        {
            "ping": ("/_ping", "Return the deployed version."),
            "status": ("/_status", "Return the proxy's health to callers with the status key."),
            "tweet": ("/tweet", "Answer a caller whose token is good for this API."),
            "root": ("/", "Greet a caller whose token is good for this API."),
            "greeting": (ANYWHERE, "Greet a caller whose token is good for this API."),
        },
    ),
    "": (
        own_api.ROUTES,
        {
            "root": ("/", "Judge the token or API key, and pass the request on to the API."),
            "own_api_or_nothing": (ANYWHERE, "Judge the token or API key, and pass the request on to the API."),
        },
    ),
}
"""The table of each API, and its views by name: the path of each, and what it does."""


def create_app(service: Service, api: str = "", faults: Faults | None = None) -> ServiceApp[Exchange]:
    """Return an API of the platform as a `flask.Flask`; mount it at its name. `faults` are those that it may meet.

    Without a name it is what is left of the platform: a team's own APIs, and Apigee's 404 for any other path.
    """
    from mock_servers.pipeline.application import ServiceApp  # noqa: PLC0415 - judging offline loads no Flask

    routes, views = _APIS[api]
    mount = f"/{api}" if api else ""
    app = ServiceApp(__name__, served(service, routes, faults, mount=mount, reads_body=bool(api)))
    app.bind(views)
    return app


def served(
    service: Service,
    routes: Routes[Exchange],
    faults: Faults | None = None,
    *,
    mount: str = "",
    reads_body: bool = True,
) -> Served[Exchange]:
    """Return an API behind the gateway as the pipeline sees it, without Flask.

    Without `reads_body` it is for a team's own API: a body of any size is passed on unread.
    """

    def exchange(request: Request) -> Exchange:
        found = None if reads_body else find_api(service.store, request.path)
        return Exchange(request=request, service=service, now=service.clock.now(), found_api=found)

    return Served(
        name="gateway",
        mount=mount,
        routes=routes,
        exchange=exchange,
        render=render,
        write=_write,
        message_id=service.identifiers.message_id,
        store=service.store,
        known=lambda: _known_of(service),
        fault=FAULT,
        journal=service.journal,
        faults=faults,
        reads_body=reads_body,
        place=_place,
        trace=_trace,
        headers=returned,
        advise=advise,
    )


def _write(body: Mapping[str, Any]) -> str:
    """Write an answer's JSON; Apigee escapes the slashes of its faults (Q)."""
    text = compact(body)
    return text.replace("/", r"\/") if "fault" in body else text


def _known_of(service: Service) -> Known:
    from mock_servers.diagnosis.case import Known  # noqa: PLC0415 - for refusals alone

    return Known(
        store=service.store,
        journal=service.journal,
        environment=service.settings.environment,
        elsewhere=service.elsewhere,
    )


def _place(_: Exchange, flow: Flow[Exchange, Answer]) -> str | None:
    return None if flow in ELSEWHERE else "api"


def _trace(exchange: Exchange, seen: Seen) -> None:
    """Let the debug sessions of an API record a call's status; of a fault its body as well."""
    service = exchange.service
    fault = {"error.status.code": seen.status, "error.content": seen.body} if seen.refused else {}
    debug_session_trace.record(
        service.store,
        (service.settings.environment, exchange.proxy),
        exchange.request,
        now=exchange.now,
        identifiers=service.identifiers,
        variables=lambda: {**fault, "message.status.code": seen.status},
    )
