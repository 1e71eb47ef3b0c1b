"""The token service over HTTP: what the one front needs to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_servers.apim import errors
from mock_servers.apim.advice import advise
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.flows import FLOWS, reach_quota
from mock_servers.apim.logging_fields import trace
from mock_servers.apim.render import render, write
from mock_servers.apim.service import Service
from mock_servers.diagnosis.case import Known
from mock_servers.faults.fetching import without_faults
from mock_servers.faults.ordered import Faults
from mock_servers.http import front
from mock_servers.http.front import Front

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_PLACES = ("token", "authorize", "callback", "userinfo")


def create_app(service: Service, faults: Faults | None = None) -> WSGIApplication:
    """Return the WSGI application of a token service; mount it at `service.mount`."""
    return front.create_app(front_of(service, faults))


def front_of(service: Service, faults: Faults | None = None) -> Front[Exchange]:
    """Return a token service as HTTP sees it."""
    return Front(
        name=service.mount.strip("/"),
        flows=FLOWS,
        exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
        render=render,
        write=write,
        message_id=service.identifiers.message_id,
        known=known_of(service),
        fault=errors.SCRIPT_FAULT,
        journal=service.journal,
        faults=faults,
        place=_place,
        reach_quota=reach_quota,
        advise=advise,
        trace=trace,
    )


def known_of(service: Service) -> Known:
    """Return what finders may look up of a token service."""
    return Known(
        store=service.store,
        journal=service.journal,
        environment=service.environment,
        origins=service.origins,
        hosts=service.hosts,
        audiences=service.settings.audiences,
        providers=service.providers,
        jwks_url_of=service.jwks_url_of,
        fetch=without_faults(service.fetch),
        issuers=service.issuers,
        loaded_keys=service.loaded_keys,
        elsewhere=service.elsewhere,
    )


def _place(exchange: Exchange) -> str | None:
    word = exchange.request.path.removeprefix("/")
    return word if word in _PLACES else None
