"""Lets the debug sessions of an API behind the gateway record a call."""

from __future__ import annotations

from mock_servers.gateway.service import Exchange
from mock_servers.journal import tracing
from mock_servers.wire.request import Seen


def trace(exchange: Exchange, seen: Seen) -> None:
    """Record the call's status; of a fault its body as well."""
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
