"""The gateway over HTTP: what the one front needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_servers.diagnosis.case import Known
from mock_servers.faults.ordered import Faults
from mock_servers.gateway.advice import advise
from mock_servers.gateway.flows import ELSEWHERE, FAULT, render
from mock_servers.gateway.service import Exchange, Service, find_api
from mock_servers.http import front
from mock_servers.http.front import Front
from mock_servers.journal import tracing
from mock_servers.rules import Flow, choose
from mock_servers.wire.request import Answer, Request, Seen

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def create_app(
    service: Service,
    flows: Sequence[Flow[Exchange, Answer]] = (),
    faults: Faults | None = None,
    *,
    own_apis: bool = False,
) -> WSGIApplication:
    """Return the WSGI application of the APIs that `flows` lead to; any other path is Apigee's own 404.

    With `own_apis` it is for a team's own: bodies are left to be passed on, whatever their size.
    """
    return front.create_app(front_of(service, flows, faults, own_apis=own_apis))


def front_of(
    service: Service,
    flows: Sequence[Flow[Exchange, Answer]] = (),
    faults: Faults | None = None,
    *,
    own_apis: bool = False,
) -> Front[Exchange]:
    """Return the gateway as HTTP sees it; arguments as for `create_app`."""
    all_flows = (*flows, *ELSEWHERE)

    def exchange(request: Request) -> Exchange:
        found = find_api(service.store, request.path) if own_apis else None
        return Exchange(request=request, service=service, now=service.clock.now(), found_api=found)

    return Front(
        name="gateway",
        flows=all_flows,
        exchange=exchange,
        render=render,
        write=front.compact,
        message_id=service.identifiers.message_id,
        known=Known(
            store=service.store,
            journal=service.journal,
            environment=service.settings.environment,
            elsewhere=service.elsewhere,
        ),
        fault=FAULT,
        journal=service.journal,
        faults=faults,
        reads_body=not own_apis,
        place=lambda exchange: None if choose(all_flows, exchange) in ELSEWHERE else "api",
        trace=_trace,
        advise=advise,
    )


def _trace(exchange: Exchange, seen: Seen) -> None:
    """Let the debug sessions of an API record a call's status; of a fault its body as well."""
    service = exchange.service
    fault = {"error.status.code": seen.status, "error.content": seen.body} if seen.refused else {}
    tracing.record(
        service.store,
        (service.settings.environment, exchange.proxy),
        exchange.request,
        now=exchange.now,
        identifiers=service.identifiers,
        variables=lambda: {**fault, "message.status.code": seen.status},
    )
