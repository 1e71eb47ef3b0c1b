"""An identity provider over HTTP: what the one front needs to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_servers.diagnosis.case import Known
from mock_servers.faults.fetching import without_faults
from mock_servers.faults.ordered import Faults
from mock_servers.http import front
from mock_servers.http.front import Front
from mock_servers.identity_provider.advice import advise
from mock_servers.identity_provider.flows import FLOWS, NOWHERE
from mock_servers.identity_provider.render import render, row_of
from mock_servers.identity_provider.service import Exchange, Service
from mock_servers.provider import errors

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_DISCOVERY: Final = "/.well-known/openid-configuration"


def create_app(service: Service, faults: Faults | None = None, *, nowhere: bool = False) -> WSGIApplication:
    """Return the WSGI application of a provider; mount it at `service.provider.path`.

    With `nowhere` it is for all other paths of the provider's host, which answers nothing there.
    """
    return front.create_app(front_of(service, faults, nowhere=nowhere))


def front_of(service: Service, faults: Faults | None = None, *, nowhere: bool = False) -> Front[Exchange]:
    """Return a provider as HTTP sees it; `nowhere` as for `create_app`."""
    return Front(
        name=service.provider.name,
        flows=NOWHERE if nowhere else (*FLOWS[:-1], *NOWHERE),
        exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
        render=render,
        row=row_of,
        advise=advise,
        write=front.compact,
        message_id=service.identifiers.message_id,
        known=Known(
            store=service.store,
            journal=service.journal,
            providers=(service.provider,),
            fetch=without_faults(service.fetch),
            elsewhere=service.elsewhere,
        ),
        fault=errors.FAULT,
        journal=service.journal,
        faults=faults,
        place=_place,
    )


def _place(exchange: Exchange) -> str | None:
    """An endpoint below the word of the provider's people: a mock realm fails with whom it stands for."""
    provider, path = exchange.service.provider, exchange.request.path
    words = {own: name for name, own in provider.endpoints.items()} | {_DISCOVERY: "discovery"}
    word = words.get(path)
    return f"{provider.people}.{'authorize' if word == 'log_in' else word}" if word else None
