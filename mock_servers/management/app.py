"""The management API over HTTP: what the one front needs to know of it."""

from __future__ import annotations

from flask import Flask

from mock_servers import front
from mock_servers.diagnosis.case import Known
from mock_servers.management import errors
from mock_servers.management.flows import FLOWS, render
from mock_servers.management.service import Exchange, Service


def create_app(service: Service) -> Flask:
    """Return the WSGI application of the management API; mount it at `/v1/organizations`."""
    return front.create_app(
        front.Front(
            name="management",
            flows=FLOWS,
            exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
            render=render,
            write=front.compact,
            message_id=service.identifiers.message_id,
            known=Known(store=service.store, journal=service.journal, environment=service.settings.environment),
            fault=errors.FAULT,
            journal=service.journal,
            keeps_successes=False,
        ),
        __name__,
    )
