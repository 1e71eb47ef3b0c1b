"""The management API over HTTP: what the one front needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_servers.diagnosis.case import Known
from mock_servers.http import front
from mock_servers.management import errors, log_in
from mock_servers.management.flows import FLOWS, render
from mock_servers.management.service import Exchange, Service
from mock_servers.rules import Flow
from mock_servers.wire.request import Answer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def create_app(service: Service) -> WSGIApplication:
    """Return the WSGI application of the management API; mount it at `/v1/organizations`."""
    return _app(service, "management", FLOWS)


def create_log_in_app(service: Service) -> WSGIApplication:
    """Return the WSGI application of the log-in before it; mount it at `/oauth/token`."""
    return _app(service, "management log-in", log_in.FLOWS)


def _app(service: Service, name: str, flows: Sequence[Flow[Exchange, Answer]]) -> WSGIApplication:
    return front.create_app(
        front.Front(
            name=name,
            flows=flows,
            exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
            render=render,
            write=front.compact,
            message_id=service.identifiers.message_id,
            known=Known(store=service.store, journal=service.journal, environment=service.settings.environment),
            fault=errors.FAULT,
            journal=service.journal,
            keeps_successes=False,
        ),
    )
